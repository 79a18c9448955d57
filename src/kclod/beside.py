"""Work that a process of its own does while this one does something else."""

from __future__ import annotations

import subprocess
import sys
from typing import Self


class Beside:
    """A script of ours, started with some arguments when the context begins, and killed where it outlives that.

    A new process, not a fork: RocksDB's threads do not survive a fork of a process that has used it.
    """

    def __init__(self, script: str, *arguments: object) -> None:
        self._command = [sys.executable, "-c", script, *map(str, arguments)]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)  # noqa: S603  # our own code
        return self

    def __exit__(self, *_: object) -> None:
        with self._process as process:
            process.kill()

    def failure(self) -> str | None:
        """Wait for its end; the last line that it wrote of an error, or None where all went well."""
        _, errors = self._process.communicate()
        return errors.strip().rpartition("\n")[2] if self._process.returncode else None
