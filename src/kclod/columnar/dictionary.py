"""Terms as numbers, in SPARQL order: blank nodes, IRIs, then literals by datatype or language, each kind by code point.

All terms of a kind are a range of numbers, so that a test of the kind (LANG, DATATYPE, isIRI) is a comparison of
numbers, and so is a comparison of strings, of dates or of prefixes within a kind.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from mmap import mmap
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]
"""Numbers of terms; `UNBOUND` where there is none."""
UNBOUND = -1
BLANK, IRI, STRING = "_:", "<>", ""
"""Kinds; those of other literals are `@language` and `^^<datatype>`."""
DATE = "^^<http://www.w3.org/2001/XMLSchema#date>"
_DATE_WIDTH = 11
"""Bytes of a plain date, `2025-07-31`, and the NUL after it."""
_DATE_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9)
_ESCAPED = re.compile(r'[\x00-\x1f"\\\x7f]')
_NAMES = {"\t": "\\t", "\b": "\\b", "\n": "\\n", "\r": "\\r", "\f": "\\f", '"': '\\"', "\\": "\\\\"}
_ESCAPE = re.compile(r"\\(?:([tbnrf\"'\\])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")
_PLAIN = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


class Term(NamedTuple):
    """A term: its kind, and its IRI, blank node label or lexical form."""

    kind: str
    value: str

    @property
    def literal(self) -> bool:
        """Whether it is one."""
        return self.kind not in (BLANK, IRI)


def read_term(text: str) -> Term:
    """The term of a canonical N-Triples text; no triple term."""
    if text[0] == "<":
        return Term(IRI, text[1:-1])
    if text[0] == "_":
        return Term(BLANK, text[2:])
    value, _, kind = text[1:].rpartition('"')
    return Term(kind, unescaped(value))


def write_term(term: Term) -> str:
    """A term as canonical N-Triples text."""
    if term.kind == IRI:
        return f"<{term.value}>"
    if term.kind == BLANK:
        return f"_:{term.value}"
    value = _ESCAPED.sub(_escape, term.value) if _ESCAPED.search(term.value) else term.value
    return f'"{value}"{term.kind}'


def unescaped(text: str) -> str:
    """The text of which a string in N-Triples, Turtle or SPARQL is written so."""
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


def _unescape(match: re.Match[str]) -> str:
    return _PLAIN[match[1]] if match[1] else chr(int(match[2] or match[3], 16))


def _escape(match: re.Match[str]) -> str:
    return _NAMES.get(match[0]) or f"\\u{ord(match[0]):04X}"


def order_of_kind(kind: str) -> tuple[int, str]:
    """What sorts kinds as SPARQL orders terms (SPARQL 1.1 Query, section 15.1)."""
    return (0 if kind == BLANK else 1 if kind == IRI else 2, kind)


@dataclass(frozen=True)
class Dictionary:
    """The terms by number. `values` holds the UTF-8 of all of them, each with a NUL after it.

    `offsets` tells where each begins, and where the next would; `kinds` are the kinds, of which number `k` has the
    terms from `starts[k]` up to `starts[k + 1]`. `folded` is `values` with ASCII letters in lower case.
    """

    values: bytes | mmap
    folded: bytes | mmap
    offsets: NDArray[np.int64]
    kinds: Sequence[str]
    starts: Sequence[int]
    turning_letters: bool
    """Whether a text has a letter outside of ASCII that without case is one inside, or several."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def value(self, number: int) -> bytes:
        """The UTF-8 of a term."""
        start, end = self.offsets[number : number + 2].tolist()
        return self.values[start : end - 1]

    def texts(self, numbers: Ids) -> list[str]:
        """The values of terms."""
        starts, ends = self.offsets[numbers].tolist(), self.offsets[numbers + 1].tolist()
        values = self.values
        return [values[start : end - 1].decode() for start, end in zip(starts, ends, strict=True)]

    def kind(self, number: int) -> str:
        """The kind of a term."""
        return self.kinds[bisect.bisect_right(self.starts, number) - 1]

    def term(self, number: int) -> Term:
        """The term of a number."""
        return Term(self.kind(number), self.value(number).decode())

    def range_of(self, kind: str) -> tuple[int, int]:
        """The numbers of a kind's terms: from the first up to the last, that not included."""
        try:
            place = self.kinds.index(kind)
        except ValueError:
            return 0, 0
        return self.starts[place], self.starts[place + 1]

    def position(self, kind: str, value: bytes) -> int:
        """The first number of the kind whose value is not below this one."""
        low, high = self.range_of(kind)
        while low < high:
            middle = (low + high) // 2
            if self.value(middle) < value:
                low = middle + 1
            else:
                high = middle
        return low

    def number(self, term: Term) -> int | None:
        """The number of a term, if it has one."""
        value = term.value.encode()
        found = self.position(term.kind, value)
        return found if found < self.range_of(term.kind)[1] and self.value(found) == value else None

    def prefixed(self, kind: str, prefix: bytes) -> tuple[int, int]:
        """The numbers of the kind whose values begin with these bytes."""
        low = self.position(kind, prefix)
        above = prefix.rstrip(b"\xff")
        if not above:
            return low, self.range_of(kind)[1]
        return low, self.position(kind, above[:-1] + bytes((above[-1] + 1,)))

    @cached_property
    def dates(self) -> NDArray[np.uint8] | None:
        """The bytes of all values of `xsd:date`, a row each; None when one is no plain valid date without time zone.

        Plain dates sort as their texts do.
        """
        low, high = self.range_of(DATE)
        start, end = int(self.offsets[low]), int(self.offsets[high])
        if (np.diff(self.offsets[low : high + 1]) != _DATE_WIDTH).any():
            return None
        rows = np.frombuffer(self.values[start:end], np.uint8).reshape(-1, _DATE_WIDTH)
        digits = rows[:, _DATE_DIGITS]
        if not ((digits >= 48) & (digits <= 57)).all() or not (rows[:, (4, 7)] == 45).all():
            return None
        year, month, day = (digits_of(rows, *part) for part in DATE_PARTS.values())
        if not ((year > 0) & (month > 0) & (month <= 12) & (day > 0)).all():
            return None
        leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
        return rows if (day <= _DAYS[month] + (leap & (month == 2))).all() else None


DATE_PARTS = {"YEAR": (0, 4), "MONTH": (5, 7), "DAY": (8, 10)}
"""Where the parts of a plain date stand, by the function that gives each."""
_DAYS = np.array((0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31))


_TURNING = ("\u212a", "\u0130", "\u017f", "\u1e9e")


def has_turning_letters(values: bytes) -> bool:
    """Whether there is a letter outside of ASCII that without case is one inside, or several."""
    return any(letter.encode() in values for letter in _TURNING)


def digits_of(rows: NDArray[np.uint8], start: int, stop: int) -> NDArray[np.int64]:
    """The number that the digits from one column to another write in each row."""
    found = np.zeros(len(rows), np.int64)
    for place in range(start, stop):
        found = found * 10 + (rows[:, place].astype(np.int64) - 48)
    return found
