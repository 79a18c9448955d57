"""Makes the catalogue of a dump in a process of its own, while other files of the release are written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kclod.beside import Beside
from kclod.errors import Problem, UsageError

FOLDER = "entities"


class Making(Beside):
    """A catalogue that is being made by a process of its own, while this one does something else."""

    def __init__(self, dump: Path, folder: Path, base_iri: str) -> None:
        super().__init__(_MAKE, dump, folder, base_iri)
        self._folder = folder

    def finish(self) -> Sequence[Path]:
        """Wait for the files, and name them. UsageError when they could not be made."""
        if (failure := self.failure()) is not None:
            message = f"cannot make the index of entities: {failure}"
            raise UsageError(Problem("entities.failed", message, "check space and memory", str(self._folder)))
        return sorted(self._folder.glob("*"))


_MAKE = """
import sys, pathlib
from kclod.entity_index.entities import make
make(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3])
"""
