"""Kept answers: never another query's, within bounds, and found once for all who ask at the same time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import flask
import pyoxigraph as ox
import pytest
from bounds import LIMITS
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from lights import quads

from kclod.release import Release
from kclod.web.app import close, create_app
from kclod.web.engine.outcomes import Answer, BusyError, DeadlineError, MemoryLimitError
from kclod.web.http.cache import Cache
from kclod.web.protocol.normal import normalised

STORE = ox.Store()
STORE.extend(quads()[:200])


def answer(size: int) -> Answer:
    return Answer("bindings", "csv", b"x" * size)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ASK {}", " ASK\t {}  "),
        ("ASK { ?s ?p ?o }", "ASK { # all\n?s ?p ?o }".replace("\n", "\n ").replace("?s", "?s", 1)),
        ("SELECT * { ?s ?p 'a  b' }", "SELECT *  {  ?s ?p 'a  b'  }"),
        ("ASK {\n?s ?p ?o }", "ASK {\r\n\r\n  ?s  ?p ?o }# end"),
    ],
)
def test_layout_is_no_difference(one: str, other: str) -> None:
    first, second = normalised(one), normalised(other)
    assert first is not None
    assert second is not None
    assert first.split() == second.split()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT * { ?s ?p 'a b' }", "SELECT * { ?s ?p 'a  b' }"),
        ("SELECT * { ?s ?p '''a\nb''' }", "SELECT * { ?s ?p '''a\n b''' }"),
        ("SELECT * { ?s ?p 'a#b' }", "SELECT * { ?s ?p 'a' }"),
        ("SELECT * { ?s <http://a#b> ?o }", "SELECT * { ?s <http://a> ?o }"),
        ("SELECT * { ?s ?p 'A' }", "SELECT * { ?s ?p 'a' }"),
        ("SELECT * { ?s ?p ?oo }", "SELECT * { ?s ?p ?o o }"),
        ("ASK { ?s ?p ?o # }\n}", "ASK { ?s ?p ?o }"),
        (
            "PREFIX ex: <e:> SELECT * { FILTER(?a <ex:b#c>\n&& ?x) }",
            "PREFIX ex: <e:> SELECT * { FILTER(?a <ex:b#c> && ?x) }",
        ),
    ],
)
def test_other_queries_have_another_normal_form(one: str, other: str) -> None:
    assert normalised(one) is None or normalised(one) != normalised(other) or one.endswith("# }\n}")
    if one.endswith("# }\n}"):  # the comment is none of the query
        assert normalised(one).split() == normalised(other).split()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (NOW() AS ?t) {}",
        "SELECT (rand() AS ?t) {}",
        "SELECT (STRUUID() AS ?t) {}",
        "SELECT * { BIND(UUID() AS ?t) }",
        "SELECT * { FILTER(?a<?b&&RAND()>?c) }",
        "SELECT * { FILTER(?a<'x>  y') }",
        "PREFIX ex: <e:> SELECT * { FILTER(?a<ex:b#c>\n) }",
        "SELECT * { FILTER(?a<?b)BIND(NOW()AS?c)#>\n}",
        "SELECT (\\u004eOW() AS ?t) {}",
        "SELECT * { ?s ?p 'never closed }",
        "SELECT *\u00a0{ ?s ?p ?o }",
    ],
)
def test_what_is_not_sure_is_not_kept(query: str) -> None:
    assert normalised(query) is None


PIECES = st.sampled_from(
    [
        *("?a", "?b", "<", ">", "=", "&&", "(", ")", "{", "}", " ", "  ", "\n", "#", "'", '"', "'''", '"""'),
        *("<http://a/b#c>", "ex:b", "#c>", "<ex:b", "<?b", "FILTER", "BIND", " AS ", "true", "1", ".", ";", "'x'"),
        *("'x  y'", "\\", "\t", "\r", "SELECT * {", "ASK {", "PREFIX ex: <e:>\n", "?s ?p ?o", "OPTIONAL {", "UNION"),
        *("@en", "^^", "/", "*", "+", "!", "|"),
    ]
)


def result(query: str) -> object:
    try:
        found = STORE.query(query)
    except SyntaxError:
        return "malformed"
    if isinstance(found, ox.QueryBoolean):
        return bool(found)
    return sorted(map(str, found))[:50]


@given(st.lists(PIECES, max_size=25).map("".join), st.data())
def test_the_engine_sees_no_difference(query: str, data: st.DataObject) -> None:
    """A normal form is itself a query with the same meaning; so two queries with the same one mean the same."""
    form = normalised(query)
    if form is not None:
        assert result(form) == result(query)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_wellformed_queries_keep_their_meaning(inner: str) -> None:
    for query in (f"PREFIX ex: <e:>\nASK {{ ?s ?p ?o FILTER({inner}) }}", f"SELECT * {{ ?s ?p ?o . {inner} }} LIMIT 3"):
        form = normalised(query)
        if form is not None:
            assert result(form) == result(query)


def test_bounds() -> None:
    cache = Cache(10_000, 4)
    for number in range(20):
        cache.get_or_run(number, 1, lambda: answer(1000))
        assert cache.size <= 10_000
    assert cache.get(0) is None
    assert cache.get(19) is not None
    cache.get_or_run("large", 1, lambda: answer(9000))
    assert cache.get("large") is None
    assert cache.get(19) is not None
    assert Cache(0, 4).get_or_run("a", 1, lambda: answer(1)).origin == "miss"


def test_the_least_recently_used_goes() -> None:
    cache = Cache(5_000, 4)
    for number in range(3):
        cache.get_or_run(number, 1, lambda: answer(1000))
    assert cache.get(0) is not None
    cache.get_or_run(3, 1, lambda: answer(1000))
    assert [cache.get(n) is not None for n in range(4)] == [True, False, True, True]


def test_one_run_for_all_who_ask_meanwhile() -> None:
    cache, runs = Cache(10_000, 16), []

    def run() -> Answer:
        runs.append(1)
        time.sleep(0.3)
        return answer(10)

    with ThreadPoolExecutor(10) as threads:
        found = [f.result() for f in [threads.submit(cache.get_or_run, "k", 5, run) for _ in range(10)]]
    assert len(runs) == 1
    assert sorted(f.origin for f in found) == ["collapsed"] * 9 + ["miss"]
    assert len({id(f.answer) for f in found}) == 1


def test_errors_are_shared_but_not_those_of_less_time() -> None:
    cache, runs = Cache(10_000, 16), []

    def fail() -> Answer:
        runs.append(1)
        time.sleep(0.5)
        raise MemoryLimitError

    with ThreadPoolExecutor(4) as threads:
        outcomes = [f.exception() for f in [threads.submit(cache.get_or_run, "m", 5, fail) for _ in range(4)]]
    assert [type(o) for o in outcomes] == [MemoryLimitError] * 4
    assert len(runs) == 1

    def late() -> Answer:
        time.sleep(0.2)
        raise DeadlineError

    with ThreadPoolExecutor(2) as threads:
        short = threads.submit(cache.get_or_run, "d", 0.2, late)
        time.sleep(0.05)
        long = threads.submit(cache.get_or_run, "d", 5, lambda: answer(3))
        assert isinstance(short.exception(), DeadlineError)
        assert long.result().origin == "miss"


def test_waiters_are_bounded_in_number_and_time() -> None:
    cache, go = Cache(10_000, 1), threading.Event()

    def run() -> Answer:
        go.wait(5)
        return answer(1)

    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(cache.get_or_run, "k", 5, run)
        time.sleep(0.05)
        second = threads.submit(cache.get_or_run, "k", 1, run)
        time.sleep(0.05)
        with pytest.raises(BusyError):
            cache.get_or_run("k", 5, run)
        assert isinstance(second.exception(), DeadlineError)
        go.set()
        assert first.result().origin == "miss"
    assert cache.get_or_run("k", 5, run).origin == "hit"


def status_of(client: FlaskClient, query: str, **parameters: str) -> str:
    response = client.get("/sparql", query_string={"query": query, **parameters})
    assert response.status_code == 200, response.text
    return response.headers["Cache-Status"].removeprefix("kclod; ")


def test_hits_over_http(release: Release) -> None:
    app = create_app(release, limits=replace(LIMITS, cache_bytes=1 << 20))
    client = app.test_client()
    try:
        query = "SELECT ?s { ?s ?p ?o } LIMIT 3"
        assert status_of(client, query) == "fwd=uri-miss"
        assert status_of(client, f" {query} ") == "hit"
        assert status_of(client, query, format="csv") == "fwd=uri-miss"
        assert status_of(client, query, **{"default-graph-uri": "urn:none"}) == "fwd=uri-miss"
        assert status_of(client, query, format="csv") == "hit"
        assert status_of(client, "SELECT (NOW() AS ?t) {}") == "fwd=bypass"
        first = client.get("/sparql", query_string={"query": query})
        posted = client.post("/sparql", data=query, content_type="application/sparql-query")
        assert posted.headers["Cache-Status"] == "kclod; hit"
        assert posted.data == first.data
        assert posted.headers["ETag"] == first.headers["ETag"]
        assert not first.headers["ETag"].startswith("W/")
        assert first.headers["Cache-Control"] == "no-cache"
        again = client.get("/sparql", query_string={"query": query}, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    finally:
        close(app)


def test_a_slow_query_runs_once_for_many(release: Release) -> None:
    """Twenty askers of one slow query while one worker is all there is: each has the answer in the time of one."""
    app = create_app(release, limits=replace(LIMITS, workers=1, queue=1, deadline_seconds=20.0, client_queries=30))
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c { SELECT * { ?d ?e ?f } LIMIT 400 } FILTER(?c != ?f) }"

    def ask(_: int) -> tuple[int, bytes]:
        response = app.test_client().get("/sparql", query_string={"query": query, "format": "csv"})
        return response.status_code, response.data

    try:
        with ThreadPoolExecutor(20) as threads:
            found = set(threads.map(ask, range(20)))
        assert len(found) == 1
        assert found.pop()[0] == 200
    finally:
        close(app)


def test_rows_are_counted_exactly(release: Release) -> None:
    """A literal that holds what separates rows counts for nothing."""
    app: flask.Flask = create_app(release, limits=replace(LIMITS, max_rows=3))
    client = app.test_client()
    try:
        odd = 'VALUES ?o { "},{" "a\\r\\nb\\r\\nc\\r\\nd" "<result><result><result>" }'
        for name in ("json", "xml", "csv", "tsv"):
            for query, status in ((f"SELECT * {{ {odd} }}", 200), ("SELECT * { VALUES ?o { 1 2 3 4 } }", 503)):
                response = client.get("/sparql", query_string={"query": query, "format": name})
                assert response.status_code == status, (name, query)
            empty = client.get("/sparql", query_string={"query": "SELECT * { VALUES () {()()()} }", "format": name})
            assert empty.status_code == 200
            more = client.get("/sparql", query_string={"query": "SELECT * { VALUES () {()()()()} }", "format": name})
            assert (more.status_code, more.json["rows"]) == (503, 3)
        for name in ("ttl", "nt", "rdf", "jsonld", "trig", "nq"):
            for limit, status in ((3, 200), (4, 503)):
                query = f"CONSTRUCT WHERE {{ ?s ?p ?o }} LIMIT {limit}"
                response = client.get("/sparql", query_string={"query": query, "format": name})
                assert response.status_code == status, (name, limit)
    finally:
        close(app)
