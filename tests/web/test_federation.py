"""SERVICE for endpoints that the operator named: against a second real server, and against endpoints that misbehave."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pyoxigraph as ox
import pytest
from bounds import LIMITS
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from lights import BASE
from running import Running, running
from test_guard import SERVICES

from kclod.release import Release
from kclod.web.app import close, create_app
from kclod.web.protocol.federation import ServiceRefusedError, federated
from kclod.web.protocol.guard import refusal

LABEL = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
ALPHA, KOREAN = f"<{BASE}id/light/alpha>", f"<{BASE}id/light/한글등대>"


@pytest.fixture(scope="module")
def second(release: Release) -> Iterator[Running]:
    with running(release, workers=1, client_errors=10_000, client_seconds=10_000) as made:
        yield made


@pytest.fixture(scope="module")
def client(release: Release, second: Running) -> Iterator[FlaskClient]:
    app = create_app(release, limits=replace(LIMITS, services=(second.endpoint,), deadline_seconds=8.0))
    yield app.test_client()
    close(app)


def rows(client: FlaskClient, query: str) -> list[str]:
    response = client.get("/sparql", query_string={"query": query, "format": "csv"})
    assert response.status_code == 200, response.text
    return sorted(response.text.split("\r\n")[1:-1])


def test_solutions_are_joined(client: FlaskClient, second: Running) -> None:
    there = f"SERVICE <{second.endpoint}> {{ ?s {LABEL} ?l }}"
    assert rows(client, f"SELECT ?l {{ VALUES ?s {{ {KOREAN} }} {there} }}") == ["한글 등대"]
    assert rows(client, f"SELECT ?l {{ {KOREAN} ?p ?o . {there} FILTER(?s = {KOREAN}) }}").count("한글 등대") >= 1
    assert rows(client, f"SELECT ?l {{ BIND({ALPHA} AS ?s) OPTIONAL {{ {there} }} }}") == ["Alpha Light", "알파 등대"]
    assert rows(client, f"SELECT ?s {{ {{ SELECT ?s {{ {there} FILTER(LANG(?l) = 'ko') }} }} }}") == sorted(
        [ALPHA[1:-1], KOREAN[1:-1]]
    )
    named = f"SELECT ?s {{ ?s a <{BASE}ontology#Light> FILTER EXISTS {{ {there} FILTER(LANG(?l) = 'ko') }} }}"
    assert rows(client, named) == sorted([ALPHA[1:-1], KOREAN[1:-1]])
    unnamed = named.replace("EXISTS", "NOT EXISTS")
    assert rows(client, unnamed) == [f"{BASE}id/light/beta"]


def test_the_same_as_asking_here(client: FlaskClient, second: Running) -> None:
    """Both servers hold the same data, so a group gives the same here and there."""
    groups = [
        f"{{ ?s {LABEL} ?l }}",
        f"{{ ?s {LABEL} ?l OPTIONAL {{ ?s <{BASE}ontology#height> ?h }} }}",
        f"{{ ?s <{BASE}ontology#height> ?h FILTER(?h > 1) }}",
        f"{{ {ALPHA} <{BASE}ontology#automatic> true }}",
        "{ ?s <http://nothing.example/> ?o }",
        f'{{ ?s {LABEL} ?l FILTER(CONTAINS(?l, "}}") || STRLEN(?l) > 3) }} # }} SERVICE'.replace("# } SERVICE", ""),
        f"{{ SELECT ?s (COUNT(?l) AS ?n) {{ ?s {LABEL} ?l }} GROUP BY ?s }}",
        "{ GRAPH ?g { ?s <http://www.w3.org/ns/prov#hadPrimarySource> ?o } }",
    ]
    for group in groups:
        assert rows(client, f"SELECT * {{ SERVICE <{second.endpoint}> {group} }}") == rows(client, f"SELECT * {group}")


def test_prefixes_and_base_go_along(client: FlaskClient, second: Running) -> None:
    prologue = f"PREFIX there: <{second.address}> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n"
    query = "SELECT ?l { SERVICE there:sparql { <id/light/한글등대> skos:prefLabel ?l } }"
    assert rows(client, prologue + query) == ["한글 등대"]
    moved = f"BASE <{BASE}id/>\n{prologue}" + query.replace("<id/", "<")
    assert rows(client, moved) == ["한글 등대"]


def test_two_services_and_other_forms(client: FlaskClient, second: Running) -> None:
    one = f"SERVICE <{second.endpoint}> {{ ?s {LABEL} ?l }}"
    two = f"SERVICE SILENT <{second.endpoint}> {{ ?s <{BASE}ontology#height> ?h }}"
    assert rows(client, f"SELECT ?l ?h {{ {one} {two} }}") == ["Alpha Light,31.5", "알파 등대,31.5"]
    asked = client.get("/sparql", query_string={"query": f"ASK {{ {one} }}"})
    assert asked.json["boolean"] is True
    built = client.get("/sparql", query_string={"query": f"CONSTRUCT {{ ?s {LABEL} ?l }} {{ {one} }}", "format": "nt"})
    assert "한글 등대" in built.text
    assert asked.headers["Cache-Status"] == "kclod; fwd=bypass"


def test_blank_nodes_become_iris(client: FlaskClient, second: Running) -> None:
    restriction = "?b a <http://www.w3.org/2002/07/owl#Restriction>"
    (found,) = rows(client, f"SELECT ?b {{ SERVICE <{second.endpoint}> {{ {restriction} }} }}")
    assert found.startswith("urn:kclod:blank:")


@pytest.mark.parametrize("query", SERVICES)
def test_no_other_endpoint_is_asked(client: FlaskClient, query: str) -> None:
    response = client.post("/sparql", data={"query": query})
    assert (response.status_code, response.json["code"]) == (403, "service-refused")


def test_what_stays_refused_of_an_allowed_one(client: FlaskClient, second: Running) -> None:
    endpoint = second.endpoint
    for query in (
        f"SELECT * {{ SERVICE ?e {{ ?s ?p ?o }} VALUES ?e {{ <{endpoint}> }} }}",
        f"SELECT * {{ SERVICE <{endpoint}> {{ SERVICE <{endpoint}> {{ ?s ?p ?o }} }} }}",
        f"SELECT * {{ SERVICE <{endpoint}> {{ ?s ?p ?o }} SERVICE <http://127.0.0.1:9/> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ SERVICE <{endpoint}?x> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ SERVICE <{endpoint}/../x> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ SERVICE <{endpoint}> {{ ?s ?p ?o }} FILTER(?a<?b)SERVICE#>\n<http://127.0.0.1:9/>{{?s ?p ?o}} }}",
        f"SELECT * {{ \\u0053ERVICE <{endpoint}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ SERVICE <{endpoint}> {{ ?s ?p ?o ",
    ):
        response = client.get("/sparql", query_string={"query": query})
        assert (response.status_code, response.json["code"]) == (403, "service-refused"), query


@contextmanager
def endpoint(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[tuple[str, list[str]]]:
    """An endpoint on loopback that answers as told, and what it was asked."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            answer(self)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/sparql", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def send(handler: http.server.BaseHTTPRequestHandler, body: bytes, kind: str, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


JSON = "application/sparql-results+json"


def bindings(count: int) -> bytes:
    solutions = [{"x": {"type": "literal", "value": str(n)}} for n in range(count)]
    return json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": solutions}}).encode()


MISBEHAVIOURS: dict[str, Callable[[http.server.BaseHTTPRequestHandler], None]] = {
    "error": lambda h: send(h, b"out of order", "text/plain", 500),
    "html": lambda h: send(h, b"<html>", "text/html"),
    "broken": lambda h: send(h, b'{"head":{"vars":["x"]},"results":{"bindings":[{', JSON),
    "boolean": lambda h: send(h, b'{"head":{},"boolean":true}', JSON),
    "bad-iri": lambda h: send(
        h, b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"uri","value":"a b> } #"}}]}}', JSON
    ),
    "bad-variable": lambda h: send(h, b'{"head":{"vars":["x) {} } #"]},"results":{"bindings":[]}}', JSON),
    "too-large": lambda h: send(h, b" " * 300_000 + bindings(1), JSON),
    "too-many": lambda h: send(h, bindings(101), JSON),
    "silent": lambda h: time.sleep(20),
}


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_endpoints_that_fail(release: Release, name: str) -> None:
    with endpoint(MISBEHAVIOURS[name]) as (address, asked):
        limits = replace(LIMITS, services=(address,), service_bytes=200_000, service_rows=100)
        app = create_app(release, limits=limits)
        try:
            client = app.test_client()
            query = f"SELECT * {{ VALUES ?y {{ 1 }} SERVICE <{address}> {{ ?x ?p ?o }} }}"
            started = time.monotonic()
            seconds = 2 if name == "silent" else 10
            response = client.get("/sparql", query_string={"query": query, "timeout": seconds})
            assert (response.status_code, response.json["code"]) == (502, "service-failed"), response.text
            assert address in response.json["detail"]
            assert time.monotonic() - started < 9
            assert asked
            silent = query.replace("SERVICE", "SERVICE SILENT")
            if name == "silent":  # nothing of the query's time is left
                assert client.get("/sparql", query_string={"query": silent, "timeout": 1}).status_code == 503
            else:
                assert rows(client, silent.replace("*", "?y", 1)) == ["1"]
        finally:
            close(app)


def test_no_redirect_to_another_host(release: Release) -> None:
    with endpoint(lambda h: send(h, bindings(1), JSON)) as (elsewhere, asked):

        def redirect(handler: http.server.BaseHTTPRequestHandler) -> None:
            handler.send_response(302)
            here = f"http://127.0.0.1:{handler.server.server_address[1]}/moved"
            handler.send_header("Location", elsewhere if "moved" in handler.path else here)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        with endpoint(redirect) as (address, hops):
            app = create_app(release, limits=replace(LIMITS, services=(address,)))
            try:
                query = f"SELECT * {{ SERVICE <{address}> {{ ?x ?p ?o }} }}"
                response = app.test_client().get("/sparql", query_string={"query": query})
                assert (response.status_code, response.json["code"]) == (502, "service-failed")
                assert "redirect" in response.json["detail"]
            finally:
                close(app)
            assert len(hops) == 2  # one within the host was followed
        assert asked == []


def test_nobody_is_asked_anything_for_a_malformed_query(release: Release) -> None:
    with endpoint(lambda h: send(h, bindings(1), JSON)) as (address, asked):
        app = create_app(release, limits=replace(LIMITS, services=(address,)))
        try:
            for query, line, column in (
                (f"SELECT * {{\nSERVICE <{address}> {{ ?x ?p ?o }}\n?s ?p }}", 3, 8),
                (f"SELECT * {{\nSERVICE <{address}> {{ ?x ?p }} }}", 2, None),
            ):
                response = app.test_client().get("/sparql", query_string={"query": query})
                assert (response.status_code, response.json["code"]) == (400, "malformed-query")
                assert response.json["line"] == line
                assert column is None or response.json["column"] == column
        finally:
            close(app)
        assert asked == []


PIECES = st.sampled_from(
    [
        *(
            "SERVICE",
            "service ",
            "SERVICE SILENT ",
            "<http://ok/>",
            "<http://bad/>",
            "{",
            "}",
            " ",
            "?s ?p ?o",
            "'",
            '"',
        ),
        *("#", "\n", "<", ">", "ok:", "bad:", "SELECT * ", "FILTER(?a<?b)", "OPTIONAL ", "GRAPH ?g ", "'}'", "\\", "."),
    ]
)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_only_allowed_endpoints_whatever_is_written(inner: str) -> None:
    query = f"PREFIX ok: <http://ok/> PREFIX bad: <http://bad/> SELECT * {{ {inner} }}"
    if refusal(query) is None:
        return
    try:
        found = federated(query, ("http://ok/",))
    except ServiceRefusedError:
        return
    assert {clause.endpoint for clause in found.clauses} == {"http://ok/"}
    asked: list[str] = []
    text = found.evaluated(lambda clause: asked.append(clause.endpoint), 10)  # type: ignore[func-returns-value]
    assert refusal(text) is None
    assert asked
    for clause in found.clauses:
        assert refusal(found.remote(clause, "http://b/")) is None
    assert len(found.without_services) == len(query)


def test_terms_survive(client: FlaskClient, second: Running) -> None:
    terms = [
        ox.Literal('a "quoted" \\ back\nline } { # \u0007 한글 👩‍🚀'),
        ox.Literal("x", language="ko"),
        ox.Literal("2020-01-01", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")),
        ox.NamedNode("http://e.example/한글?a=1&b='2'#x"),
        ox.Literal(""),
    ]
    values = " ".join(map(str, terms))
    query = f"SELECT ?x {{ SERVICE <{second.endpoint}> {{ VALUES ?x {{ {values} }} }} }}"
    response = client.post("/sparql", data={"query": query, "format": "json"})
    assert response.status_code == 200, response.text
    found = ox.parse_query_results(response.data, format=ox.QueryResultsFormat.JSON)
    assert {str(solution["x"]) for solution in found} == set(map(str, terms))
