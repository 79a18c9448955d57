"""Delimited files (CSV, TSV) as rows of cells: RFC 4180 with the dialects of CSV on the Web."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kclod.errors import Problem
from kclod.rml.model import LogicalSource
from kclod.rml.unreadable import SourceError, refuse


class Table:
    """The rows of a delimited file after its header; `line` is the one on which the row ends that was read last.

    Rows with too few or too many cells are left out and told to `report`, as is what ends the reading.
    """

    def __init__(self, path: Path, source: LogicalSource, report: Callable[[Problem], None]) -> None:
        self._path, self._source, self._report = path, source, report
        self._line: Callable[[], int] = lambda: 0

    @property
    def line(self) -> int:
        """The line on which the row ends that was read last."""
        return self._line()

    def header(self) -> tuple[str, ...]:
        """The names of the columns. SourceError when there are none or two are the same."""
        problems: list[Problem] = []
        with Table(self._path, self._source, problems.append)._reader() as reader:
            names = next(reader, [])
        if problems:
            raise SourceError(problems[0].rule, problems[0].message, problems[0].fix, problems[0])
        if not names:
            refuse(
                self._path, "source.header", "the file has no header row", "name the columns in the first row", line=1
            )
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"two columns are named {', '.join(map(repr, twice))}"
            refuse(self._path, "source.header", message, "rename one", line=1)
        return tuple(names)

    def __iter__(self) -> Iterator[list[str]]:
        with self._reader() as rows:
            width = len(next(rows, []))
            for cells in rows:
                if len(cells) == width:
                    yield cells
                else:
                    message = f"the row has {len(cells)} cells where the header has {width}"
                    fix = "give it one cell for each column"
                    self._report(Problem("source.row", message, fix, str(self._path), self.line))

    @contextmanager
    def _reader(self) -> Iterator[Iterator[list[str]]]:
        """All rows; empty lines are none. What ends the reading is told."""
        dialect = self._source.dialect
        delimiter = dialect.delimiter or ("\t" if self._path.suffix.lower() in {".tsv", ".tab"} else ",")
        try:
            with self._path.open(encoding=self._source.encoding, newline="") as file:
                reader = csv.reader(file, delimiter=delimiter, quotechar=dialect.quote, strict=True)
                self._line = lambda: reader.line_num
                filled = filter(None, reader)
                yield ([cell.strip() for cell in cells] for cells in filled) if dialect.trim else filled
        except (csv.Error, UnicodeDecodeError, OSError) as error:
            message = f"the delimited file cannot be read: {error}"
            self._report(Problem("source.csv", message, "correct the file", str(self._path)))
