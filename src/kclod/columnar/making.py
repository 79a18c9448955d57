"""Makes the columns of a dump's default graph in a process of its own, while other files of the release are written."""

from __future__ import annotations

from pathlib import Path

from kclod.beside import Beside
from kclod.columnar.build import NoColumnsError, columns_of
from kclod.errors import Problem, UsageError
from kclod.rdf import split_line


class Making(Beside):
    """Columns that are being made, in a folder that is there when `finish` returns, unless the graph has none."""

    def __init__(self, dump: Path, folder: Path) -> None:
        super().__init__(_MAKE, dump, folder)
        self._folder = folder

    def finish(self) -> None:
        """Wait for the files. UsageError when they could not be made."""
        if (failure := self.failure()) is not None:
            message = f"cannot make the columns: {failure}"
            raise UsageError(Problem("columns.failed", message, "check space and memory", str(self._folder)))


_MAKE = "import sys, pathlib; from kclod.columnar.making import make; make(*map(pathlib.Path, sys.argv[1:]))"


def make(dump: Path, folder: Path) -> None:
    """Write the columns of the default graph of a file of canonical N-Quads; none when it can have none."""
    statements = []
    with dump.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            statement, graph = split_line(line[:-3])
            if not graph:
                statements.append(statement)
    try:
        columns = columns_of(statements)
    except NoColumnsError:
        return
    folder.mkdir()
    for name, data in columns.files():
        (folder / name).write_bytes(data)
