"""What is wrong with a source that cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from kclod.errors import Problem


class SourceError(Exception):
    """A source that cannot be read; `problem` where the fault is in the data file, not in the mapping."""

    def __init__(self, rule: str, message: str, fix: str, problem: Problem | None = None) -> None:
        super().__init__(message)
        self.rule, self.message, self.fix, self.problem = rule, message, fix, problem


def refuse(
    path: Path, rule: str, message: str, fix: str, *, line: int | None = None, column: int | None = None
) -> NoReturn:
    """Raise a SourceError for a place in a data file."""
    raise SourceError(rule, message, fix, Problem(rule, message, fix, str(path), line, column))
