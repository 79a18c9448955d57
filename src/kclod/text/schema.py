"""The tables of the index, and what is written into them of one literal."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from kclod.errors import Problem, UsageError
from kclod.text.tokens import spelled, tokens
from kclod.vocab import NAMES, OTHER_NAMES

FORMAT = "1"
PREFERRED, ALTERNATIVE = 0, 1
KINDS = {str(p): PREFERRED for p in NAMES} | {str(p): ALTERNATIVE for p in OTHER_NAMES}
"""Which statements name their subject, by predicate as N-Triples writes it."""
TABLES = """
PRAGMA page_size = 4096;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE literal (id INTEGER PRIMARY KEY, term TEXT NOT NULL UNIQUE, tag TEXT NOT NULL);
CREATE VIRTUAL TABLE text USING fts5(tokens, content = '', tokenize = 'ascii');
CREATE TABLE name (id INTEGER PRIMARY KEY, literal INTEGER NOT NULL, key TEXT NOT NULL);
CREATE INDEX name_by_key ON name (key);
CREATE VIRTUAL TABLE words
    USING fts5(spelling, content = '', tokenize = 'ascii', detail = none, columnsize = 0, prefix = '1 2 3');
CREATE TABLE word (word TEXT PRIMARY KEY, names INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE gram (gram TEXT, word TEXT, PRIMARY KEY (gram, word)) WITHOUT ROWID;
"""
"""Numbers of names are in the order in which they are shown: preferred ones, then short ones, before others."""
_TERM = re.compile(r'"((?:[^"\\]|\\.)*)"(?:@([A-Za-z0-9-]+))?')
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_CONTROLS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_RANK = 60
_AT_A_TIME = 10_000
LONGEST_NAME = 500
"""Characters; what is longer is a text that names nothing, found as other texts are."""
_LONGEST_WORD = 60
"""Letters of a word for which another spelling of it is looked for."""


def value_of(term: str) -> tuple[str, str] | None:
    """The value and the language of a literal as N-Triples writes it; None for a literal of another datatype."""
    match = _TERM.fullmatch(term)
    if match is None:
        return None
    value = _ESCAPE.sub(_character, match[1]) if "\\" in match[1] else match[1]
    return value, (match[2] or "").lower()


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _CONTROLS.get(match[3], match[3])


def grams(word: str) -> set[str]:
    """The overlapping triples of letters of a word, with signs for its begin and its end."""
    padded = f"^^{word}$"
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


def writable(path: Path, *, fresh: bool) -> sqlite3.Connection:
    """The index to be written. UsageError where this Python's SQLite has no FTS5."""
    require_fts5()
    connection = sqlite3.connect(path, isolation_level=None)
    if fresh:
        connection.executescript(TABLES)
        connection.execute("INSERT INTO about VALUES ('format', ?)", (FORMAT,))
    else:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
    return connection


def require_fts5() -> None:
    """UsageError where this Python's SQLite has no FTS5."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE tried USING fts5(tokens)")
        except sqlite3.OperationalError:
            message = f"the SQLite {sqlite3.sqlite_version} of this Python has no full-text search (FTS5)"
            fix = "use a Python whose SQLite is built with FTS5, as most are"
            raise UsageError(Problem("text.no-fts5", message, fix)) from None


class Writer:
    """Adds literals to the tables and takes them out; `finish` writes what is left, and what is counted of them all."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._ask = connection.execute
        self._many = connection.executemany
        (self._last,) = self._ask("SELECT coalesce(max(id), 0) FROM literal").fetchone()
        self._numbers = {number for (number,) in self._ask("SELECT id FROM name")}
        self._words: Counter[str] = Counter()
        self._literals: list[tuple[int, str, str]] = []
        self._tokens: list[tuple[int, str]] = []
        self._names: list[tuple[int, int, str]] = []

    def add(self, term: str, kind: int | None) -> None:
        """Take a literal in. `kind` is None for one that names nothing."""
        found = value_of(term)
        if found is None:
            return
        value, tag = found
        self._last += 1
        self._literals.append((self._last, term, tag))
        self._tokens.append((self._last, " ".join(tokens(value))))
        if kind is not None and len(value) <= LONGEST_NAME and (words := spelled(value)):
            key = " ".join(words)
            self._names.append((self._free_number(kind, key, term), self._last, key))
            self._words.update(set(words))
        if len(self._literals) >= _AT_A_TIME:
            self._write()

    def remove(self, term: str) -> None:
        """Take a literal out, if it is there."""
        self._write()
        row = self._ask("SELECT id FROM literal WHERE term = ?", (term,)).fetchone()
        found = value_of(term)
        if row is None or found is None:
            return
        value, _ = found
        gone = (row[0], " ".join(tokens(value)))
        self._ask("INSERT INTO text (text, rowid, tokens) VALUES ('delete', ?, ?)", gone)
        self._ask("DELETE FROM literal WHERE id = ?", row)
        words = spelled(value)
        key = " ".join(words)
        for (number,) in self._ask("SELECT id FROM name WHERE key = ? AND literal = ?", (key, row[0])).fetchall():
            self._ask("DELETE FROM name WHERE id = ?", (number,))
            self._ask("INSERT INTO words (words, rowid, spelling) VALUES ('delete', ?, ?)", (number, key))
            self._numbers.discard(number)
            self._words.subtract(set(words))

    def _write(self) -> None:
        self._many("INSERT INTO literal VALUES (?, ?, ?)", self._literals)
        self._many("INSERT INTO text (rowid, tokens) VALUES (?, ?)", self._tokens)
        self._many("INSERT INTO name VALUES (?, ?, ?)", self._names)
        self._many("INSERT INTO words (rowid, spelling) VALUES (?, ?)", ((n, key) for n, _, key in self._names))
        for rows in (self._literals, self._tokens, self._names):
            rows.clear()

    def finish(self) -> None:
        """Write how many names each word is in, and the parts of the words that are new."""
        self._write()
        counts = {word: change for word, change in sorted(self._words.items()) if change}
        self._words.clear()
        for word, change in counts.items():
            row = self._ask("SELECT names FROM word WHERE word = ?", (word,)).fetchone()
            before = row[0] if row else 0
            if before + change == 0:
                self._ask("DELETE FROM word WHERE word = ?", (word,))
                self._many("DELETE FROM gram WHERE gram = ? AND word = ?", _grams(word))
            else:
                self._ask("INSERT OR REPLACE INTO word VALUES (?, ?)", (word, before + change))
                if before == 0:
                    self._many("INSERT INTO gram VALUES (?, ?)", _grams(word))

    def _free_number(self, kind: int, key: str, term: str) -> int:
        number = (kind << _RANK) | (min(len(key), 1023) << 50) | (_number(term) >> 14)
        while number in self._numbers:
            number += 1
        self._numbers.add(number)
        return number


def _grams(word: str) -> Iterable[tuple[str, str]]:
    return ((gram, word) for gram in sorted(grams(word))) if len(word) <= _LONGEST_WORD else ()


def _number(term: str) -> int:
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "big")


def kinds_of(statements: Iterable[tuple[str, str]]) -> dict[str, int | None]:
    """Literals with their kinds, of predicates and literals."""
    kinds: dict[str, int | None] = {}
    for predicate, term in statements:
        kind, known = KINDS.get(predicate), kinds.get(term)
        kinds[term] = known if kind is None else kind if known is None else min(kind, known)
    return kinds


def kind_of(number: int) -> int:
    """The kind of a name, by its number."""
    return number >> _RANK
