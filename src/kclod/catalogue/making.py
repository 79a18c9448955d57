"""Makes the catalogue of a dump in a process of its own, while other files of the release are written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from kclod.errors import Problem, UsageError

FOLDER = "entities"


class Making:
    """A catalogue that is being made by a process of its own, while this one does something else."""

    def __init__(self, dump: Path, folder: Path, base_iri: str) -> None:
        self._folder = folder
        self._command = [sys.executable, "-c", _MAKE, str(dump), str(folder), base_iri]

    def __enter__(self) -> Making:
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)  # noqa: S603  # our own code
        return self

    def __exit__(self, *_: object) -> None:
        with self._process as process:
            process.kill()

    def finish(self) -> Sequence[Path]:
        """Wait for the files, and name them. UsageError when they could not be made."""
        _, errors = self._process.communicate()
        if self._process.returncode:
            message = f"cannot make the index of entities: {errors.strip().rpartition(chr(10))[2]}"
            raise UsageError(Problem("entities.failed", message, "check space and memory", str(self._folder)))
        return sorted(self._folder.glob("*"))


_MAKE = """
import sys, pathlib
from kclod.catalogue.entities import make
make(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3])
"""
