"""ORDER BY (SPARQL 1.1 Query, section 15.1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kclod.columnar.algebra import UnsupportedError
from kclod.columnar.context import Context
from kclod.columnar.dictionary import BLANK, DATE, IRI, STRING, Ids
from kclod.columnar.relation import Numbers, Relation, are_ids

Key = tuple[Ids | Numbers, bool]
"""What to sort by, and whether it descends."""


def ordered(context: Context, relation: Relation, keys: Sequence[Key], most: int | None) -> Relation:
    """The solutions sorted; only the first ones where no more are wanted. Equal ones keep their order.

    UnsupportedError where the numbers of terms do not tell their order.
    """
    columns: list[Numbers] = []
    for column, descends in keys:
        if are_ids(column):
            sortable(context, column)
        values = column.astype(np.int64)
        columns.append(-values if descends else values)
    if most is not None and most < relation.size // 8 and most > 0:
        first = columns[0]
        bound = np.partition(first, most - 1)[most - 1]
        places = np.flatnonzero(first <= bound)  # all that equal the last one too: the other keys decide among them
        relation, columns = relation.take(places), [column[places] for column in columns]
    order = np.lexsort(columns[::-1])
    return relation.take(order if most is None else order[:most])


def sortable(context: Context, column: Ids) -> None:
    """UnsupportedError when SPARQL orders terms of a column otherwise than their numbers are.

    Between literals of different kinds any order will do, but for numbers, and for dates and times.
    """
    dictionary = context.dictionary
    if (column >= len(dictionary)).any():
        raise UnsupportedError("an order of terms that the graph does not have")
    starts = np.asarray(dictionary.starts[:-1])
    present = np.unique(starts.searchsorted(column, "right") - 1)
    for place in present.tolist():
        if place < 0:
            continue
        kind = dictionary.kinds[place]
        if kind in (BLANK, IRI, STRING) or kind[0] == "@" or (kind == DATE and dictionary.dates is not None):
            continue
        raise UnsupportedError("an order of typed literals")
