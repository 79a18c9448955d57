"""Random graphs and queries, and results that can be compared, whoever gave them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyoxigraph as ox
from hypothesis import strategies as st

from kclod.columnar.algebra import UnsupportedError
from kclod.columnar.answer import Solutions, answer
from kclod.columnar.build import columns_of
from kclod.columnar.dictionary import UNBOUND, write_term
from kclod.columnar.parse import parse
from kclod.columnar.table import Table, open_table

PREFIXES = """PREFIX : <http://e/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""
XSD = "http://www.w3.org/2001/XMLSchema#"
NODES = [f"<http://e/{name}>" for name in ("a", "b", "c", "d", "K", "été", "한글")]
BLANKS = ["_:x", "_:y"]
PREDICATES = [f"<http://e/{name}>" for name in ("p", "q", "label", "date", "size")]
STRINGS = ['"korea"', '"Korea"', '"Kor"', '""', '"한국 연구"', '"ka\\"b\\\\c\\n"', '"É a"', '"\\u212Aelvin"']
TAGGED = ['"Korea"@en', '"한국"@ko', '"Corée"@fr', '"colour"@en-CA', '"korea"@en']
DATES = [f'"{text}"^^<{XSD}date>' for text in ("2015-01-31", "2016-02-29", "1999-12-31", "2015-06-01")]
ODD_DATES = [f'"{text}"^^<{XSD}date>' for text in ("2015-01-31Z", "2015-02-30", "2015-03-01+09:00")]
NUMBERS = [f'"{text}"^^<{XSD}integer>' for text in ("1", "02", "-3", "10")] + [f'"1.50"^^<{XSD}decimal>']
OTHERS = [
    f'"true"^^<{XSD}boolean>',
    f'"2015"^^<{XSD}gYear>',
    '"x"^^<http://e/type>',
    f'"2015-01-31T00:00:00"^^<{XSD}dateTime>',
]


@st.composite
def graphs(draw: st.DrawFn) -> list[str]:
    """Statements of a small graph, dense enough for joins."""
    literals = [*STRINGS[:4], *TAGGED, *DATES]
    for more in (STRINGS[4:], ODD_DATES, NUMBERS, OTHERS):
        if draw(st.booleans()):
            literals += more
    subject = st.sampled_from([*NODES, *BLANKS])
    links = st.tuples(subject, st.sampled_from(PREDICATES[:2]), st.sampled_from([*NODES, *BLANKS, *literals[:2]]))
    values = st.tuples(subject, st.sampled_from(PREDICATES[2:]), st.sampled_from(literals))
    found = draw(st.lists(st.one_of(links, values), max_size=40))
    return list(dict.fromkeys(" ".join(parts) for parts in found))


def table_of(statements: Sequence[str], folder: Path) -> Table:
    """The table of a graph, written and read back."""
    folder.mkdir(exist_ok=True)
    for name, data in columns_of(statements).files():
        (folder / name).write_bytes(data)
    table = open_table(folder)
    assert table is not None
    return table


def store_of(statements: Sequence[str]) -> ox.Store:
    """A store in memory of a graph."""
    store = ox.Store()
    store.extend(ox.parse("".join(f"{s} .\n" for s in statements), ox.RdfFormat.N_TRIPLES))  # keeps blank node labels
    return store


Rows = list[tuple[tuple[str, str], ...]]


def of_columns(table: Table, query: str) -> Rows | bool | None:
    """The rows of an answer, each a sorted tuple of variable and term; None when columns do not answer."""
    try:
        found = answer(table, parse(query))
    except UnsupportedError:
        return None
    return found if isinstance(found, bool) else _rows(found)


def _rows(found: Solutions) -> Rows:
    columns: dict[str, list[str | None]] = {}
    for name, column in found.relation.columns.items():
        if column.dtype == np.int32:
            bound = [
                None if n == UNBOUND else write_term(found.context.terms(np.array([n], np.int32))[0]) for n in column
            ]
        else:
            bound = [None if n == np.iinfo(np.int64).min else f'"{n}"^^<{XSD}integer>' for n in column]
        columns[name] = bound
    return [
        tuple(sorted((name, text) for name, values in columns.items() if (text := values[row]) is not None))
        for row in range(found.relation.size)
    ]


def of_store(store: ox.Store, query: str) -> Rows | bool:
    """The same of the store."""
    found = store.query(query)
    if isinstance(found, ox.QueryBoolean):
        return bool(found)
    assert isinstance(found, ox.QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [tuple(sorted((name, str(row[name])) for name in names if row[name] is not None)) for row in found]


def same(ours: Rows | bool, theirs: Rows | bool) -> bool:
    """Whether both are the same multiset."""
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    return Counter(ours) == Counter(theirs)
