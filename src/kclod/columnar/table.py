"""The triples of a graph as columns of numbers, by predicate in both directions; read from files mapped into memory."""

from __future__ import annotations

import json
import mmap
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kclod.columnar.build import BACKWARD, FOLDED, FORWARD, META, OFFSETS, VALUES, VERSION
from kclod.columnar.dictionary import Dictionary, Ids

_FEW = 64
"""Look-ups for which a binary search each is quicker than a table of where each number begins."""
_TABLES_BYTES = 64 << 20
"""Of such tables that are kept for the next query."""


@dataclass(frozen=True, slots=True)
class Predicate:
    """Where the triples of a predicate are, and how many different subjects and objects they have."""

    start: int
    stop: int
    subjects: int
    objects: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Sorted:
    """Triples of one predicate by one side: `keys` ascends, and so do the `values` of equal keys."""

    keys: Ids
    values: Ids
    distinct: int


@dataclass(frozen=True)
class Table:
    """A graph's triples and the dictionary of their terms."""

    dictionary: Dictionary
    predicates: dict[int, Predicate]
    subjects: Ids
    objects: Ids
    inverse_objects: Ids
    inverse_subjects: Ids
    _starts: OrderedDict[tuple[int, bool], Ids] = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        return len(self.subjects)

    def by_subject(self, predicate: int) -> Sorted:
        """The triples of a predicate, subjects as keys."""
        found = self.predicates.get(predicate, _NONE)
        part = slice(found.start, found.stop)
        return Sorted(self.subjects[part], self.objects[part], found.subjects)

    def by_object(self, predicate: int) -> Sorted:
        """The triples of a predicate, objects as keys."""
        found = self.predicates.get(predicate, _NONE)
        part = slice(found.start, found.stop)
        return Sorted(self.inverse_objects[part], self.inverse_subjects[part], found.objects)

    def look_up(self, predicate: int, needles: Ids, *, inverse: bool = False) -> tuple[Sorted, Ids, Ids]:
        """Where the triples with these subjects (or objects) are: from the first up to the last, that not included."""
        found = self.by_object(predicate) if inverse else self.by_subject(predicate)
        if len(needles) < max(_FEW, len(self.dictionary) >> 6):
            low = found.keys.searchsorted(needles, "left").astype(np.int32)
            high = found.keys.searchsorted(needles, "right").astype(np.int32)
            return found, low, high
        starts = self._starts_of(predicate, found.keys, inverse=inverse)
        inside = np.where((needles >= 0) & (needles < len(self.dictionary)), needles, len(self.dictionary))
        return found, starts[inside], starts[inside + 1]

    def _starts_of(self, predicate: int, keys: Ids, *, inverse: bool) -> Ids:
        """For each number where its triples begin; an entry more for numbers that have none."""
        known = self._starts.get((predicate, inverse))
        if known is None:
            count = len(self.dictionary)
            known = np.zeros(count + 2, np.int32)
            np.cumsum(np.bincount(keys, minlength=count), out=known[1 : count + 1])
            known[count + 1] = known[count]
            self._starts[predicate, inverse] = known
            if len(self._starts) * known.nbytes > _TABLES_BYTES:
                self._starts.popitem(last=False)
        else:
            self._starts.move_to_end((predicate, inverse))
        return known

    @cached_property
    def every_predicate(self) -> Ids:
        """The predicate of each triple, in the order of `subjects`."""
        numbers = np.fromiter(self.predicates, np.int32, len(self.predicates))
        lengths = np.fromiter(map(len, self.predicates.values()), np.int64, len(self.predicates))
        return np.repeat(numbers, lengths)

    @cached_property
    def _is_node(self) -> NDArray[np.bool_]:
        seen = np.zeros(len(self.dictionary), np.bool_)
        seen[self.subjects] = True
        seen[self.objects] = True
        return seen

    @property
    def nodes(self) -> Ids:
        """All numbers that are a subject or an object."""
        return np.flatnonzero(self._is_node).astype(np.int32)

    def are_nodes(self, numbers: Ids) -> bool:
        """Whether all of them are a subject or an object."""
        if len(numbers) and (numbers.min() < 0 or numbers.max() >= len(self.dictionary)):
            return False
        return bool(self._is_node[numbers].all())


_NONE = Predicate(0, 0, 0, 0)


def open_table(folder: Path) -> Table | None:
    """The table whose files are in a folder; None when there are none, or those of another version.

    Nothing is read but what queries look at; processes that open the same files share their memory.
    """
    try:
        meta = json.loads((folder / META).read_bytes())
    except FileNotFoundError:
        return None
    if meta["version"] != VERSION:
        return None
    offsets = _map(folder / OFFSETS).view(np.int64)
    texts = _bytes(folder / VALUES), _bytes(folder / FOLDED)
    dictionary = Dictionary(*texts, offsets, meta["kinds"], meta["starts"], meta["turning"])
    predicates: dict[int, Predicate] = {}
    begin = 0
    for number, end, subjects, objects in meta["predicates"]:
        predicates[number] = Predicate(begin, end, subjects, objects)
        begin = end
    a, b, c, d = (_map(folder / name).view(np.int32) for name in (*FORWARD, *BACKWARD))
    return Table(dictionary, predicates, a, b, c, d)


def _map(path: Path) -> NDArray[Any]:
    small = path.stat().st_size < mmap.PAGESIZE
    array = np.load(path, mmap_mode=None if small else "r", allow_pickle=False)
    return np.asarray(array)  # a plain view of the same memory: quicker to slice than a memmap


def _bytes(path: Path) -> bytes | mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""
