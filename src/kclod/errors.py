"""The few kinds of error. Each names the file, the place, the rule and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one place of the input.

    `rule` is a short stable name such as `record.unknown-entity`; `fix` says what to do, as an imperative sentence.
    `line` and `column` count from 1. `item` names the record, shape or triples map within the file.
    """

    rule: str
    message: str
    fix: str = ""
    file: str | None = None
    line: int | None = None
    column: int | None = None
    item: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        parts = [f"{place}: " if place else "", f"[{self.rule}] "]
        if self.item:
            parts.append(f"{self.item}: ")
        parts.append(self.message)
        if self.fix:
            parts.append(f" → {self.fix}")
        return "".join(parts)


class KclodError(Exception):
    """Base of all errors that a user can cause; carries every problem found, not only the first."""

    exit_code = 1

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[KclodError], tuple[tuple[Problem, ...]]]:
        """As another process gets it: made of its problems again, not of the text."""
        return type(self), (self.problems,)


class RefusedError(KclodError):
    """The data was read and is refused: a bad record, an inconsistent or non-conforming graph. Exit code 1."""


class UsageError(KclodError):
    """The call cannot be carried out as given: a missing file, a bad option, a port in use. Exit code 2."""

    exit_code = 2


class UndecidedError(KclodError):
    """A check could not be decided: a malformed shape, a reasoner that failed. Exit code 2."""

    exit_code = 2
