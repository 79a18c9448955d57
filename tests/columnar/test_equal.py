"""Columns answer as the store does, on random graphs and queries."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
from hypothesis import HealthCheck, event, given, settings

from kclod.columnar.algebra import UnsupportedError
from kclod.columnar.answer import answer
from kclod.columnar.build import columns_of
from kclod.columnar.parse import parse
from kclod.columnar.update import updated
from kclod.columnar.write import write_boolean, write_solutions
from tests.columnar.asking import graphs, of_columns, of_store, same, store_of, table_of
from tests.columnar.queries import queries

_ANSWERED: Counter[bool] = Counter()


@settings(
    max_examples=int(os.environ.get("KCLOD_EXAMPLES", "400")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(statements=graphs(), query=queries())
def test_columns_answer_as_the_store_does(statements: list[str], query: str, tmp_path: Path) -> None:
    store = store_of(statements)
    try:
        theirs = of_store(store, query)
    except SyntaxError:
        event("malformed")
        return
    ours = of_columns(table_of(statements, tmp_path / "columns"), query)
    _ANSWERED[ours is not None] += 1
    event("answered" if ours is not None else "left to the store")
    if ours is not None:
        assert same(ours, theirs), f"{query}\n{statements}\nours: {ours}\ntheirs: {theirs}"


_FORMATS = [ox.QueryResultsFormat.JSON, ox.QueryResultsFormat.XML, ox.QueryResultsFormat.CSV, ox.QueryResultsFormat.TSV]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(statements=graphs(), query=queries())
def test_results_are_written_as_the_store_writes_them(statements: list[str], query: str, tmp_path: Path) -> None:
    store = store_of(statements)
    try:
        store.query(query)
        found = answer(table_of(statements, tmp_path / "columns"), parse(query))
    except (SyntaxError, UnsupportedError):
        return
    for fmt in _FORMATS:
        theirs = store.query(query).serialize(format=fmt)  # type: ignore[union-attr]  # no query here gives a graph
        ours = write_boolean(found, fmt) if isinstance(found, bool) else write_solutions(found, fmt)
        assert theirs is not None
        assert _parts(ours, fmt) == _parts(theirs, fmt)


def _parts(body: bytes, fmt: ox.QueryResultsFormat) -> Counter[bytes]:
    """The solutions of a result in any order, and what stands around them."""
    if fmt == ox.QueryResultsFormat.JSON:
        data = json.loads(body)
        rows = data.get("results", {}).pop("bindings", [])
        return Counter(json.dumps(part, sort_keys=True).encode() for part in (data, *rows))
    if fmt == ox.QueryResultsFormat.XML:
        rows = rb"<result>.*?</result>"
        return Counter([re.sub(rows, b"", body, flags=re.DOTALL), *re.findall(rows, body, re.DOTALL)])
    return Counter(body.splitlines(keepends=True))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=graphs(), after=graphs(), both=graphs())
def test_columns_brought_up_to_date_are_those_made_anew(
    before: list[str], after: list[str], both: list[str], tmp_path: Path
) -> None:
    old, new = {*before, *both}, {*after, *both}
    store = store_of(sorted(new))

    def still(statement: str) -> bool:
        (quad,) = ox.parse(f"{statement} .", ox.RdfFormat.N_TRIPLES)
        return quad in store

    table = table_of(sorted(old), tmp_path / "columns")
    made = dict(updated(table, old - new, new - old, still).files())
    assert made == dict(columns_of(sorted(new)).files())
