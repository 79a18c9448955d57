"""What columns answer, what they leave to the store, and that nobody can tell but by the time it takes."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kclod.columnar.algebra import UnsupportedError
from kclod.columnar.answer import Solutions, answer
from kclod.columnar.build import NoColumnsError, columns_of
from kclod.columnar.parse import parse
from kclod.columnar.table import Table, open_table
from kclod.columnar.write import write_solutions
from kclod.web.engine.columnwise import TooManySolutionsError, from_columns
from kclod.web.engine.wire import Job
from tests.columnar.asking import DATES, NUMBERS, PREFIXES, XSD, graphs, of_columns, of_store, store_of, table_of
from tests.columnar.queries import queries

JSON = ox.QueryResultsFormat.JSON
GRAPH = [
    *(
        f"<http://e/{n}> <http://e/label> {label}"
        for n, label in enumerate(('"b"@en', '"a"@en', '"가"@ko', '"ä"@de', '"plain"'))
    ),
    *(f"<http://e/{n}> <http://e/date> {date}" for n, date in enumerate(DATES)),
    *(f"<http://e/{n}> <http://e/p> <http://e/{n % 3}>" for n in range(12)),
    f'<http://e/x> <http://e/size> "1.50"^^<{XSD}decimal>',
]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return table_of(GRAPH, tmp_path / "columns")


def job(query: str, **changes: object) -> Job:
    given_ = {"base_iri": "http://e/", "results": "json", "graphs": None, "default_graphs": None, "named_graphs": None}
    return Job(**({"query": PREFIXES + query, "max_bytes": 1 << 20, "rows": 10} | given_ | changes))  # type: ignore[arg-type]


ORDERED = [
    "SELECT ?s ?l { ?s :label ?l FILTER(LANG(?l) = 'en') } ORDER BY ?l",
    "SELECT ?s ?d { ?s :date ?d } ORDER BY DESC(?d)",
    "SELECT ?s ?d { ?s :p ?t OPTIONAL { ?s :date ?d } } ORDER BY ?d ?s",
    "SELECT ?t (COUNT(?s) AS ?n) { ?s :p ?t } GROUP BY ?t ORDER BY DESC(?n) ?t",
    "SELECT ?t (COUNT(?s) AS ?n) { ?s :p ?t } GROUP BY ?t ORDER BY DESC(COUNT(?s)) DESC(?t) LIMIT 2",
    "SELECT ?s { ?s :p ?t } ORDER BY DESC(?s) LIMIT 3 OFFSET 2",
    "SELECT ?s { ?s :p ?t } ORDER BY ?s LIMIT 1",
    "SELECT DISTINCT ?t { ?s :p ?t } ORDER BY ?t OFFSET 1",
    "SELECT ?s { ?s :p ?t } ORDER BY ?s LIMIT 0",
    "SELECT ?y (COUNT(*) AS ?n) { ?s :date ?d } GROUP BY (YEAR(?d) AS ?y) ORDER BY ?y",
]  # fmt: skip


@pytest.mark.parametrize("query", ORDERED)
def test_solutions_come_in_the_order_asked_for(query: str, table: Table) -> None:
    ours = of_columns(table, PREFIXES + query)
    assert ours is not None
    assert ours == of_store(store_of(GRAPH), PREFIXES + query)


LEFT = r"""
CONSTRUCT { ?s :p ?t } { ?s :p ?t }
DESCRIBE :1
SELECT * { GRAPH ?g { ?s ?p ?o } }
SELECT * FROM :g { ?s ?p ?o }
SELECT * { ?s :p ?t } LIMIT 3
SELECT (NOW() AS ?now) { }
SELECT ?s { ?s :p* ?t }
SELECT ?s { ?s !:p ?t }
SELECT (GROUP_CONCAT(?l) AS ?all) { ?s :label ?l }
SELECT * { ?s :size ?n } ORDER BY ?n
SELECT (AVG(?n) AS ?m) { ?s :size ?n }
SELECT * { ?s :label '\u0061' }
SELECT * { ?s <relative> ?t }
SELECT * { ?s :p ?t . ?u :p ?v . ?w :p ?x . ?a :p ?b . ?c :p ?d . ?e :p ?f . ?g :p ?h }
""".strip().splitlines()


@pytest.mark.parametrize("query", LEFT)
def test_what_columns_do_not_answer_is_left_to_the_store(query: str, table: Table) -> None:
    assert from_columns(table, job(query), JSON) is None


def test_a_dataset_of_the_request_is_left_to_the_store(table: Table) -> None:
    query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    assert from_columns(table, job(query), JSON) is not None
    assert from_columns(table, job(query, default_graphs=("http://e/g",)), JSON) is None
    assert from_columns(table, job(query, named_graphs=("http://e/g",)), JSON) is None
    assert from_columns(table, job(query, stream=True), JSON) is None


def test_more_rows_than_a_job_may_give_are_refused(table: Table) -> None:
    query = "SELECT ?s ?t { ?s :p ?t }"
    assert from_columns(table, job(query, max_rows=12), JSON) is not None
    with pytest.raises(TooManySolutionsError):
        from_columns(table, job(query, max_rows=11), JSON)


def test_a_page_shows_the_first_rows_and_tells_of_more(table: Table) -> None:
    found = from_columns(table, job("SELECT ?s ?t { ?s :p ?t } ORDER BY ?s", rows=2), None)
    assert found is not None
    assert json.loads(found[1]) == {
        "columns": ["s", "t"],
        "rows": [["<http://e/0>", "<http://e/0>"], ["<http://e/1>", "<http://e/1>"]],
        "more": True,
    }


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries(), data=st.data())
def test_a_malformed_query_is_told_as_such_or_left_to_the_store(query: str, data: st.DataObject, table: Table) -> None:
    place = data.draw(st.integers(len(PREFIXES), len(query)))
    other = data.draw(
        st.sampled_from(["", "}", "{", "(", ")", ".", "?", "SELECT", "'", "\\", "AS", "<", "\x00", "가", "GROUP BY"])
    )
    changed = query[:place] + other + query[place + data.draw(st.integers(0, 3)) :]
    asked = Job(changed, "http://e/", "json", None, None, None, 1 << 20, 10)
    try:
        of_store(store_of(GRAPH), changed)
    except SyntaxError:
        assert _answered(table, asked) is not True
    else:
        assert _answered(table, asked) is not None


def _answered(table: Table, asked: Job) -> bool | None:
    """Whether columns answer, or leave it to the store; None when they find the query malformed."""
    try:
        return from_columns(table, asked, JSON) is not None
    except SyntaxError:
        return None


@pytest.mark.parametrize(
    "statement",
    [
        "<http://e/a> <http://e/p> <<( <http://e/a> <http://e/p> <http://e/b> )>>",
        '<http://e/a> <http://e/p> "a"@en--ltr',
    ],
)
def test_what_columns_cannot_hold_has_none(statement: str) -> None:
    with pytest.raises(NoColumnsError):
        columns_of([*GRAPH, statement])


def test_columns_of_another_version_are_not_read(table: Table, tmp_path: Path) -> None:
    meta = tmp_path / "columns" / "columns.json"
    meta.write_text(meta.read_text().replace('"version": 2', '"version": 1'))
    assert open_table(tmp_path / "columns") is None
    assert open_table(tmp_path / "elsewhere") is None
    assert len(table) == len(GRAPH)


def test_terms_are_those_of_the_store(table: Table) -> None:
    found = answer(table, parse(f"{PREFIXES}SELECT ?n {{ :x :size ?n }}"))
    assert isinstance(found, Solutions)
    assert json.loads(write_solutions(found, JSON))["results"]["bindings"][0]["n"]["value"] == "1.5"
    assert NUMBERS


@given(statements=graphs())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_statements_does_not_matter(statements: list[str]) -> None:
    assert dict(columns_of(statements).files()) == dict(columns_of(statements[::-1]).files())


def test_an_intermediate_result_that_is_too_large_is_left_to_the_store(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kclod.columnar.relation.MOST_ROWS", 20)
    with pytest.raises(UnsupportedError):
        answer(table, parse(f"{PREFIXES}SELECT (COUNT(*) AS ?n) {{ ?s :p ?t . ?u :p ?t }}"))
