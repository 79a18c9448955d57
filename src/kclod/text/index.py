"""The index as it is read: literals that match a text."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kclod.errors import Problem, UsageError
from kclod.text.query import expression
from kclod.text.schema import FORMAT

FILE = "text.sqlite"
"""Its name in the folder of a release."""
MOST_MATCHES = 10_000
"""Literals that a text may match in a query; a larger result is refused, never cut."""
_MOST_CHARACTERS = 8 << 20
"""Of all of them."""


_STEPS = 10_000
"""Of SQLite's machine between looks at the clock; well below a millisecond."""


class OutOfTimeError(Exception):
    """A search that takes longer than it may."""


class TooManyMatchesError(Exception):
    """A text that matches more than may be taken into a query."""


@dataclass(frozen=True, slots=True)
class Match:
    """A literal as N-Triples writes it, and how well it matches where that was asked (BM25; more is better)."""

    term: str
    score: float = 0.0


class TextIndex:
    """An index that nobody changes any more. Safe for threads, each of which has its own connection."""

    def __init__(self, path: Path) -> None:
        """UsageError when there is none, or it is of another form, or this Python's SQLite cannot read it."""
        self.path = path
        self._local = threading.local()
        try:
            row = self.connection.execute("SELECT value FROM about WHERE name = 'format'").fetchone()
            self.connection.execute("SELECT 1 FROM text LIMIT 0")
        except sqlite3.Error as error:
            raise _unreadable(path, str(error)) from None
        if row != (FORMAT,):
            raise _unreadable(path, f"its form is {row[0] if row else 'unknown'}, read here is {FORMAT}")

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection, which can only read."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            if not self.path.is_file():
                raise _unreadable(self.path, "this release has none")
            found = sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
            self._local.connection = found
        return found

    @contextmanager
    def within(self, seconds: float) -> Iterator[sqlite3.Connection]:
        """This thread's connection, for so long; then what is asked ends with OutOfTimeError."""
        until = time.monotonic() + seconds
        connection = self.connection
        connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
        try:
            yield connection
        except sqlite3.OperationalError as error:
            if "interrupted" not in str(error):
                raise
            raise OutOfTimeError from None
        finally:
            connection.set_progress_handler(None, 0)

    def matches(
        self, text: str, language: str | None = None, scored: bool = False, most: int = MOST_MATCHES
    ) -> list[Match]:
        """The literals that match a text, those of a language (RFC 4647, basic filtering) where one is given.

        In the order of the terms; `scored` has their scores told, which takes three times as long. TextQueryError for a
        malformed text, TooManyMatchesError where there are more than `most`.
        """
        wish = (language or "").lower()
        where, more = ("", ()) if not wish else (" AND (tag = ? OR tag LIKE ?)", (wish, f"{wish}-%"))
        score = "rank" if scored else "0"
        rows = self.connection.execute(
            f"SELECT term, {score} FROM text JOIN literal ON literal.id = text.rowid"  # noqa: S608  # constants
            f" WHERE text MATCH ?{where} LIMIT ?",
            (expression(text), *more, most + 1),
        )
        found: list[Match] = []
        characters = 0
        for term, rank in rows:
            characters += len(term)
            if len(found) == most or characters > _MOST_CHARACTERS:
                raise TooManyMatchesError
            found.append(Match(term, round(-rank, 6)))
        return sorted(found, key=lambda match: match.term)

    def best(self, text: str, most: int, seconds: float) -> Sequence[Match]:
        """The literals that match best, in that order. TextQueryError for a malformed text, OutOfTimeError."""
        with self.within(seconds) as connection:
            rows = connection.execute(
                "SELECT term, rank FROM text JOIN literal ON literal.id = text.rowid"
                " WHERE text MATCH ? ORDER BY rank, term LIMIT ?",
                (expression(text), most),
            ).fetchall()
        return [Match(term, round(-rank, 6)) for term, rank in rows]


def _unreadable(path: Path, reason: str) -> UsageError:
    return UsageError(Problem("text.unreadable", f"no text index: {reason}", "build the release again", str(path)))
