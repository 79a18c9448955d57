"""Parts of names as numbers, for many names at once: what an index looks names up by.

A part is a word, two words in a row, three letters in a row (two characters of Hangul, Han and the like), the whole
name without regard to the order of its words, or an acronym. Numbers are hashes of 64 bits, the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Owners = NDArray[np.int32]

_BASE = np.uint64(0x9E3779B97F4A7C15)
_SALT = {"word": 1, "pair": 2, "letters": 3, "characters": 4, "whole": 5, "acronym": 6}
_SPACE = 32
_DENSE = 0x1100
"""From here on a character says as much as two letters."""


class Parts(NamedTuple):
    """The parts of names: `hashes[i]` is a part of the name with the number `owners[i]`."""

    hashes: Hashes
    owners: Owners


def parts(keys: Sequence[str], acronyms: Sequence[Sequence[str]]) -> Parts:
    """The parts of names, given as their words with spaces between, and of the acronyms that each has or may have."""
    spelled, owner = _flat([f" {key} " for key in keys])
    found = [
        _mixed(spelled[:-2] * _BASE * _BASE + spelled[1:-1] * _BASE + spelled[2:], owner[2:], "letters", owner[:-2]),
        _dense(spelled, owner),
    ]
    hashes, word_owner = word_hashes(keys)
    found.append(_mixed(hashes, word_owner, "word"))
    found.append(_mixed(hashes[:-1] * _BASE + hashes[1:], word_owner[1:], "pair", word_owner[:-1]))
    ordered = [" ".join(sorted(key.split())).replace(" ", "\x1f") for key in keys]
    found.append(_mixed(*word_hashes(ordered), "whole"))
    flat = [(acronym, number) for number, each in enumerate(acronyms) for acronym in each]
    numbers = np.fromiter((number for _, number in flat), np.int32, len(flat))
    hashes, which = word_hashes([acronym for acronym, _ in flat])
    found.append(_mixed(hashes, numbers[which], "acronym"))
    return Parts(np.concatenate([part.hashes for part in found]), np.concatenate([part.owners for part in found]))


def word_hashes(keys: Sequence[str]) -> Parts:
    """A number for each word of each key, in order."""
    spelled, owner = _flat([f"{key} " for key in keys])
    ends = np.flatnonzero(spelled == _SPACE)
    if not len(ends):
        return Parts(np.empty(0, np.uint64), np.empty(0, np.int32))
    starts = np.concatenate(([0], ends[:-1] + 1))
    place = np.arange(len(spelled)) - np.repeat(starts, np.diff(np.concatenate((starts, [len(spelled)]))))
    powers = np.cumprod(np.full(int(place.max()) + 1, _BASE, np.uint64), dtype=np.uint64)
    values = np.where(spelled == _SPACE, np.uint64(0), spelled * powers[place])
    real = ends > starts  # an empty key has no word
    return Parts(np.add.reduceat(values, starts)[real], owner[starts][real])


def _flat(texts: Sequence[str]) -> tuple[Hashes, Owners]:
    """The characters of all texts one after the other, and to which each belongs."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    characters = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    return characters, np.repeat(np.arange(len(texts), dtype=np.int32), lengths)


def _dense(spelled: Hashes, owner: Owners) -> Parts:
    here = np.flatnonzero((spelled[:-1] >= _DENSE) & (spelled[1:] >= _DENSE) & (owner[:-1] == owner[1:]))
    return _mixed(spelled[here] * _BASE + spelled[here + 1], owner[here], "characters")


def _mixed(hashes: Hashes, owner: Owners, kind: str, before: Owners | None = None) -> Parts:
    """Hashes whose upper bits depend on all of them; without those that reach from one name into the next."""
    if before is not None:
        inside = before == owner
        hashes, owner = hashes[inside], owner[inside]
    mixed = hashes + np.full(1, _SALT[kind], np.uint64) * _BASE
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return Parts(mixed ^ (mixed >> np.uint64(31)), owner)
