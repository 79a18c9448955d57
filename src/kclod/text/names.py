"""Names as somebody types them: whole, by their beginning, by a part, and in another spelling."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice

from rapidfuzz.distance import OSA

from kclod.text.index import OutOfTimeError, TextIndex
from kclod.text.schema import PREFERRED, grams, kind_of
from kclod.text.tokens import spelled

_MOST_WORDS = 8
_LONGEST = 200
_EXPANSIONS = 24
"""Words of the index that may stand for one that is typed."""
_CANDIDATES = 64
"""Words that are compared with it, those that share most of their letters."""
_TOO_MANY = 2_000
"""Words that have all the triples of letters of a part: as many are looked at."""
_HIGHEST = "\U0010ffff"


class Nearness(IntEnum):
    """How a name matches, the nearest first."""

    WHOLE = 0
    BEGINNING = 1
    WORDS = 2
    PART = 3
    SPELLING = 4
    """With a letter changed, left out, added, or with two exchanged."""
    RESEMBLANCE = 5
    """With two such changes in a word."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A name that matches: the literal as N-Triples writes it, how, and whether it is anything's preferred name."""

    term: str
    nearness: Nearness
    preferred: bool


class Names:
    """The names in an index. The same search always finds the same, in the same order."""

    def __init__(self, index: TextIndex) -> None:
        self._index = index

    def search(self, text: str, most: int, seconds: float = 1.0) -> list[Hit]:
        """The names that match what has been typed, the best `most` of them.

        All words must match: as they are, the last one as a beginning, then any of them as a beginning, then as a part
        of a word, then with other letters in it (one change in words of four letters, two in those of eight). Preferred
        names come before others, short ones before long ones, in each of these ways. A search that takes longer than
        `seconds` ends with what it has found.
        """
        words = spelled(text[:_LONGEST])[:_MOST_WORDS]
        if not words:
            return []
        found: dict[int, Nearness] = {}
        with suppress(OutOfTimeError), self._index.within(seconds) as connection:
            for nearness, numbers in _ways(connection, words, most):
                for number in numbers:
                    found.setdefault(number, nearness)
                if len(found) >= most:
                    break
        ordered = sorted(found.items(), key=lambda item: (item[1], item[0]))[:most]
        terms = dict(
            self._index.connection.execute(
                "SELECT name.id, term FROM name JOIN literal ON literal.id = name.literal"  # noqa: S608  # only marks
                f" WHERE name.id IN ({', '.join('?' * len(ordered))})",
                [number for number, _ in ordered],
            )
        )
        return [Hit(terms[number], nearness, kind_of(number) == PREFERRED) for number, nearness in ordered]


def _ways(connection: sqlite3.Connection, words: Sequence[str], most: int) -> Iterator[tuple[Nearness, Iterable[int]]]:
    """The ways in which names match, the nearest first, each with the numbers of the best of them."""
    key = " ".join(words)

    def ask(sql: str, *values: object) -> list[int]:
        return [number for (number,) in connection.execute(f"{sql} ORDER BY 1 LIMIT ?", (*values, most))]

    def match(alternatives: Iterable[Iterable[str]]) -> list[int]:
        groups = [f"({' OR '.join(group)})" for group in alternatives]
        return ask("SELECT rowid FROM words WHERE words MATCH ?", " AND ".join(groups))

    yield Nearness.WHOLE, ask("SELECT id FROM name WHERE key = ?", key)
    yield Nearness.BEGINNING, ask("SELECT id FROM name WHERE key > ? AND key < ?", key, key + _HIGHEST)
    whole = [_quoted([word]) for word in words]
    yield Nearness.WORDS, match([*whole[:-1], _begun(words[-1:])])
    yield Nearness.WORDS, match(_begun([word]) for word in words)
    parts = [_with_part(connection, word) for word in words]
    if all(parts):
        yield Nearness.PART, match(map(_quoted, parts))
    for nearness, changes in ((Nearness.SPELLING, 1), (Nearness.RESEMBLANCE, 2)):
        likes = [part or _spelt_alike(connection, word, changes) for word, part in zip(words, parts, strict=True)]
        if all(likes):
            yield nearness, match(map(_quoted, likes))


def _quoted(words: Iterable[str]) -> list[str]:
    return [f'"{word}"' for word in words]


def _begun(words: Iterable[str]) -> list[str]:
    return [f'"{word}" *' for word in words]


def _with_part(connection: sqlite3.Connection, part: str) -> list[str]:
    """The words that have a part in them, the shortest of them."""
    triples = [part[i : i + 3] for i in range(len(part) - 2)]
    if not triples:
        return []
    rows = connection.execute(
        f"SELECT word FROM gram WHERE gram IN ({', '.join('?' * len(set(triples)))})"  # noqa: S608  # only marks
        " GROUP BY word HAVING count(*) = ? LIMIT ?",
        (*set(triples), len(set(triples)), _TOO_MANY),
    )
    return sorted((word for (word,) in rows if part in word), key=lambda w: (len(w), w))[:_EXPANSIONS]


def _spelt_alike(connection: sqlite3.Connection, word: str, changes: int) -> list[str]:
    """The words that differ from one in so many letters, less in a short one: the nearest of them."""
    changes = min(changes, 0 if len(word) < 4 else 1 if len(word) < 8 else 2)
    if not changes:
        return []
    sought = sorted(grams(word))
    rows = connection.execute(
        f"SELECT word FROM gram WHERE gram IN ({', '.join('?' * len(sought))})"  # noqa: S608  # only marks
        " GROUP BY word ORDER BY count(*) DESC, abs(length(word) - ?), word LIMIT ?",
        (*sought, len(word), _CANDIDATES),
    )
    near = ((OSA.distance(word, other, score_cutoff=changes), other) for (other,) in rows)
    return [other for _, other in islice(sorted(n for n in near if n[0] <= changes), _EXPANSIONS)]
