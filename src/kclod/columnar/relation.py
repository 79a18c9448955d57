"""Solutions as columns, and the operations of the SPARQL algebra on them (SPARQL 1.1 Query, section 18.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from kclod.columnar.algebra import UnsupportedError
from kclod.columnar.dictionary import UNBOUND, Ids

Places = NDArray[np.int64]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]
NO_NUMBER = np.iinfo(np.int64).min
"""Stands in a column of numbers where there is none."""
MOST_ROWS = 8_000_000
"""Of any intermediate result; what would be larger is left to the store, which looks at one solution at a time."""


def are_ids(column: Ids | Numbers) -> TypeGuard[Ids]:
    """Whether a column holds terms."""
    return column.dtype == np.int32


def are_numbers(column: Ids | Numbers) -> TypeGuard[Numbers]:
    """Whether a column holds integers."""
    return column.dtype == np.int64


def bound_in(column: Ids | Numbers) -> Mask:
    """Which values of a column are there."""
    return np.not_equal(column, UNBOUND if are_ids(column) else NO_NUMBER)


class TooLargeError(UnsupportedError):
    """More rows than columns are good for."""


@dataclass(frozen=True)
class Relation:
    """Solutions: `size` of them, in columns by variable.

    Columns of `Ids` hold terms; those of `Numbers` integers that a function or an aggregate gave. `certain` are the
    variables that have a value in every solution.
    """

    size: int
    columns: dict[str, Ids | Numbers]
    certain: frozenset[str]

    def ids(self, name: str) -> Ids:
        """A column of terms. UnsupportedError when it has numbers."""
        column = self.columns[name]
        if not are_ids(column):
            raise UnsupportedError("a computed number where a term was expected")
        return column

    def take(self, places: Places | slice) -> Relation:
        """The solutions at these places."""
        columns = {name: column[places] for name, column in self.columns.items()}
        size = len(range(*places.indices(self.size))) if isinstance(places, slice) else len(places)
        return Relation(size, columns, self.certain)

    def where(self, mask: Mask) -> Relation:
        """The solutions for which the mask is true."""
        return self if mask.all() else self.take(np.flatnonzero(mask))

    def having(self, name: str, column: Ids | Numbers, *, certain: bool = True) -> Relation:
        """With one more variable."""
        more = self.certain | {name} if certain else self.certain
        return Relation(self.size, {**self.columns, name: column}, more)

    def only(self, names: Iterable[str]) -> Relation:
        """With these variables alone, and repetitions as they are."""
        kept = {name: self.columns[name] for name in names if name in self.columns}
        return Relation(self.size, kept, self.certain.intersection(kept))


UNIT = Relation(1, {}, frozenset())
"""One solution that binds nothing."""


def expand(low: Ids, high: Ids) -> tuple[Places | None, Places]:
    """For every row a range of matches: the row of each match, None when every row has just one, and its place.

    TooLargeError when there are too many.
    """
    counts = high - low
    total = int(counts.sum(dtype=np.int64))
    if total > MOST_ROWS:
        raise TooLargeError("an intermediate result")
    most = int(counts.max(initial=0))
    if most <= 1:
        if total == len(counts):
            return None, low.astype(np.int64)
        rows = np.flatnonzero(counts)
        return rows, low[rows].astype(np.int64)
    rows = np.repeat(np.arange(len(counts)), counts)
    firsts = np.cumsum(counts, dtype=np.int64) - counts
    return rows, np.arange(total) - (firsts - low)[rows]


def code(columns: Sequence[Ids | Numbers]) -> tuple[Numbers, int]:
    """One number for each row, equal for rows that are equal in all columns, and a bound of these numbers."""
    found, bound = _dense(columns[0])
    for column in columns[1:]:
        more, size = _dense(column)
        if bound * size >= 1 << 62:
            _, found = np.unique(found, return_inverse=True)
            bound = len(found)
            if bound * size >= 1 << 62:
                raise TooLargeError("keys")
        found = found * size + more
        bound *= size
    return found, bound


def _dense(column: Ids | Numbers) -> tuple[Numbers, int]:
    if are_ids(column):
        return column.astype(np.int64) + 1, int(column.max(initial=UNBOUND)) + 2
    _, inverse = np.unique(column, return_inverse=True)
    return inverse, int(inverse.max(initial=0)) + 1


def grouped(columns: Sequence[Ids | Numbers]) -> tuple[Places, Places]:
    """The first row of each group of rows that are equal in all columns, and the group of each row."""
    keys, bound = code(columns)
    if bound <= max(4 * len(keys), 1 << 16):  # a table of all keys is quicker than sorting them
        seen = np.zeros(bound, np.bool_)
        seen[keys] = True
        numbers = np.cumsum(seen, dtype=np.int64) - 1
        groups = numbers[keys]
        firsts = np.zeros(int(numbers[-1]) + 1 if bound else 0, np.int64)
        firsts[groups[::-1]] = np.arange(len(keys))[::-1]
        return firsts, groups
    _, firsts, groups = np.unique(keys, return_index=True, return_inverse=True)
    return firsts, groups


def distinct(relation: Relation) -> Relation:
    """Each solution once."""
    if not relation.columns:
        return relation.take(slice(0, 1))
    firsts, _ = grouped(list(relation.columns.values()))
    return relation if len(firsts) == relation.size else relation.take(np.sort(firsts))


def join(left: Relation, right: Relation) -> Relation:
    """The compatible pairs. UnsupportedError where a variable that they share may be unbound."""
    shared = [name for name in left.columns if name in right.columns]
    if not shared:
        return product(left, right)
    rows, places = _pairs(left, right, shared)
    fresh = {name: column[places] for name, column in right.columns.items() if name not in left.columns}
    kept = left.take(rows)
    return Relation(kept.size, {**kept.columns, **fresh}, left.certain | right.certain)


def product(left: Relation, right: Relation) -> Relation:
    """All pairs."""
    if left.size * right.size > MOST_ROWS:
        raise TooLargeError("a product")
    if right.size == 1 and not right.columns:
        return left
    if left.size == 1:
        repeated = left.take(np.zeros(right.size, np.int64))
        return Relation(right.size, {**repeated.columns, **right.columns}, left.certain | right.certain)
    a = left.take(np.repeat(np.arange(left.size), right.size))
    b = right.take(np.tile(np.arange(right.size), left.size))
    return Relation(a.size, {**a.columns, **b.columns}, left.certain | right.certain)


def minus(left: Relation, right: Relation) -> Relation:
    """The solutions of the left that are compatible with none of the right that shares a variable."""
    shared = [name for name in left.columns if name in right.columns]
    if not shared or not right.size:
        return left
    rows, _ = _pairs(left, right, shared)
    kept = np.ones(left.size, np.bool_)
    kept[rows] = False
    return left.where(kept)


def _pairs(left: Relation, right: Relation, shared: list[str]) -> tuple[Places, Places]:
    if not (left.certain.issuperset(shared) and right.certain.issuperset(shared)):
        raise UnsupportedError("a shared variable that may be unbound")
    names = len(shared)
    both = [np.concatenate((left.ids(name), right.ids(name))) for name in shared]
    keys = both[0] if names == 1 else code(both)[0]
    ours, theirs = keys[: left.size], keys[left.size :]
    order = np.argsort(theirs, kind="stable")
    ordered = theirs[order]
    low, high = ordered.searchsorted(ours, "left"), ordered.searchsorted(ours, "right")
    rows, places = expand(low.astype(np.int32), high.astype(np.int32))
    return (np.arange(left.size) if rows is None else rows), order[places]


def union(parts: Sequence[Relation]) -> Relation:
    """All solutions of all parts."""
    names = list(dict.fromkeys(name for part in parts for name in part.columns))
    columns: dict[str, Ids | Numbers] = {}
    for name in names:
        found = [_padded(part, name) for part in parts]
        if ids := [column for column in found if are_ids(column)]:
            if len(ids) < len(found):
                raise UnsupportedError("a variable with terms here and numbers there")
            columns[name] = np.concatenate(ids)
        else:
            columns[name] = np.concatenate([column for column in found if are_numbers(column)])
    certain = frozenset[str].intersection(*(part.certain for part in parts))
    return Relation(sum(part.size for part in parts), columns, certain)


def _padded(part: Relation, name: str) -> Ids | Numbers:
    column = part.columns.get(name)
    return np.full(part.size, UNBOUND, np.int32) if column is None else column
