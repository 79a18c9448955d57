"""The columns of a graph that differs little from another one, made from those of that one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from kclod.columnar.build import Columns, arrange, split, stored_terms
from kclod.columnar.dictionary import Dictionary, Ids, Term, order_of_kind
from kclod.columnar.table import Table
from kclod.rdf import Statement


def updated(
    table: Table, removed: Iterable[Statement], added: Iterable[Statement], still: Callable[[Statement], bool]
) -> Columns:
    """The columns without the statements removed and with those added, equal to those of the whole graph.

    `still` tells whether a removed statement is in the graph all the same: literals of one value written in two ways
    are one term here. NoColumnsError as of `columns_of`.
    """
    gone = split([statement for statement in removed if not still(statement)])
    new = split(added)
    terms = stored_terms(dict.fromkeys(text for column in (*gone, *new) for text in column))
    dictionary, count = table.dictionary, len(table.dictionary)
    numbers = {text: dictionary.number(term) for text, term in terms.items()}
    unknown = {terms[text] for column in new for text in column if numbers[text] is None}
    fresh = sorted(unknown, key=lambda term: (order_of_kind(term.kind), term.value))
    places = {term: count + place for place, term in enumerate(fresh)}

    def numbered(columns: Sequence[Sequence[str]]) -> tuple[Ids, Ids, Ids]:
        found = [
            [n if (n := numbers[text]) is not None else places[terms[text]] for text in column] for column in columns
        ]
        subjects, predicates, objects = (np.array(column, np.int32) for column in found)
        return subjects, predicates, objects

    kept = np.ones(len(table), np.bool_)
    for triple in zip(*gone, strict=True):
        known = [numbers[text] for text in triple]
        if None not in known:
            kept[_position(table, *known)] = False  # type: ignore[arg-type]  # none is None
    old = (table.subjects[kept], table.every_predicate[kept], table.objects[kept])
    triples = [np.concatenate(pair) for pair in zip(old, numbered(new), strict=True)]
    used = np.zeros(count + len(fresh), np.bool_)
    for column in triples:
        used[column] = True
    kinds, starts, values, offsets, order = _merged(dictionary, used[:count], fresh)
    subjects, predicates, objects = (order[column] for column in triples)
    return arrange(kinds, starts, values, offsets, (subjects, predicates, objects))


def _position(table: Table, subject: int, predicate: int, value: int) -> slice:
    """Where a triple is; an empty slice where it is not."""
    found = table.predicates.get(predicate)
    if found is None:
        return slice(0, 0)
    keys = table.subjects[found.start : found.stop]
    low = found.start + int(keys.searchsorted(np.int32(subject), "left"))
    high = found.start + int(keys.searchsorted(np.int32(subject), "right"))
    objects = table.objects[low:high]
    begin, end = objects.searchsorted(np.int32(value), "left"), objects.searchsorted(np.int32(value), "right")
    return slice(low + int(begin), low + int(end))


def _merged(
    dictionary: Dictionary, used: NDArray[np.bool_], fresh: Sequence[Term]
) -> tuple[list[str], list[int], bytes, NDArray[np.int64], Ids]:
    """A dictionary of the used terms and the fresh ones: kinds, starts, values, offsets, and the new numbers of all."""
    inserts = np.array([_place(dictionary, term) for term in fresh], np.int64)
    before: NDArray[np.int64] = np.concatenate((np.zeros(1, np.int64), np.cumsum(used, dtype=np.int64)))
    ranks = before[:-1] + inserts.searchsorted(np.arange(len(used)), "right")
    order = np.concatenate((ranks, before[inserts] + np.arange(len(fresh)))).astype(np.int32)
    new = [term.value.encode() + b"\0" for term in fresh]
    lengths = np.zeros(int(used.sum()) + len(fresh), np.int64)
    lengths[ranks[used]] = np.diff(dictionary.offsets)[used]
    lengths[order[len(used) :]] = [len(value) for value in new]
    offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    kinds = sorted({*dictionary.kinds, *(term.kind for term in fresh)}, key=order_of_kind)
    counts = {kind: int(used[slice(*dictionary.range_of(kind))].sum()) for kind in kinds}
    for term in fresh:
        counts[term.kind] += 1
    present = [kind for kind in kinds if counts[kind]]
    sizes = np.cumsum([counts[kind] for kind in present], dtype=np.int64)
    return present, [0, *sizes.tolist()], _values(dictionary, used, inserts, new), offsets, order


def _place(dictionary: Dictionary, term: Term) -> int:
    """The number of the first old term that comes after a fresh one."""
    if term.kind in dictionary.kinds:
        return dictionary.position(term.kind, term.value.encode())
    above = [k for k, kind in enumerate(dictionary.kinds) if order_of_kind(kind) > order_of_kind(term.kind)]
    return dictionary.starts[above[0]] if above else len(dictionary)


def _values(dictionary: Dictionary, used: NDArray[np.bool_], inserts: NDArray[np.int64], new: Sequence[bytes]) -> bytes:
    """The old values that are used, and the fresh ones between them, in order."""
    dropped = np.flatnonzero(~used).tolist()
    edits = sorted(
        [
            *((place, 0, b"") for place in dropped),
            *((int(i), -1, value) for i, value in zip(inserts, new, strict=True)),
        ],
        key=_by_place,
    )
    parts: list[bytes] = []
    place = 0
    offsets = dictionary.offsets
    for number, kind, value in edits:
        start = int(offsets[number])
        parts.append(dictionary.values[place:start])
        if kind < 0:
            parts.append(value)
            place = start
        else:
            place = int(offsets[number + 1])
    parts.append(dictionary.values[place : int(offsets[-1])])
    return b"".join(parts)


def _by_place(edit: tuple[int, int, bytes]) -> tuple[int, int]:
    """Fresh terms stand before the old one that comes after them, in the order that they have."""
    return edit[0], edit[1]
