"""The SPARQL 1.1 Protocol (query operation), and what is refused."""

from __future__ import annotations

import json
import re
import threading
import time
from urllib.parse import quote

import flask
import pyoxigraph as ox
import pytest
from bounds import LIMITS
from flask.testing import FlaskClient
from lights import BASE
from test_guard import SERVICES, UPDATES
from test_workers import BOMB, CROSS

SELECT = "SELECT ?s { ?s ?p ?o } LIMIT 2"
ASK, CONSTRUCT, DESCRIBE = "ASK {}", "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 2", f"DESCRIBE <{BASE}id/light/alpha>"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def query(client: FlaskClient, text: str, **headers: str):
    return client.get("/sparql", query_string={"query": text}, headers=headers)


@pytest.mark.parametrize(
    ("text", "accept", "media_type"),
    [
        (SELECT, None, "application/sparql-results+json"),
        (SELECT, "application/sparql-results+xml", "application/sparql-results+xml; charset=utf-8"),
        (SELECT, "text/csv", "text/csv; charset=utf-8"),
        (SELECT, "text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        (SELECT, "application/json", "application/json"),
        (SELECT, BROWSER, "text/html; charset=utf-8"),
        (ASK, "*/*", "application/sparql-results+json"),
        (ASK, "text/csv", "text/csv; charset=utf-8"),
        (ASK, BROWSER, "text/html; charset=utf-8"),
        (CONSTRUCT, None, "text/turtle; charset=utf-8"),
        (CONSTRUCT, "application/n-triples", "application/n-triples"),
        (CONSTRUCT, "application/ld+json", "application/ld+json"),
        (CONSTRUCT, "application/rdf+xml", "application/rdf+xml; charset=utf-8"),
        (CONSTRUCT, "application/n-quads", "application/n-quads"),
        (CONSTRUCT, "application/trig", "application/trig"),
        (CONSTRUCT, BROWSER, "text/html; charset=utf-8"),
        (DESCRIBE, "text/turtle", "text/turtle; charset=utf-8"),
    ],
)
def test_formats(client: FlaskClient, text: str, accept: str | None, media_type: str) -> None:
    response = query(client, text, **({"Accept": accept} if accept else {}))
    assert response.status_code == 200
    assert response.content_type == media_type
    assert "Accept" in response.vary
    assert response.data


@pytest.mark.parametrize("name", ["json", "xml", "csv", "tsv", "html"])
def test_format_parameter_beside_accept(client: FlaskClient, name: str) -> None:
    response = client.get("/sparql", query_string={"query": SELECT, "format": name}, headers={"Accept": "image/png"})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("turtle", "text/turtle"),
        ("json", "application/ld+json"),
        ("xml", "application/rdf+xml"),
        ("rdf+xml", "application/rdf+xml"),
        ("application/n-triples", "application/n-triples"),
    ],
)
def test_names_that_clients_send(client: FlaskClient, name: str, media_type: str) -> None:
    response = client.get("/sparql", query_string={"query": CONSTRUCT, "format": name, "output": name, "results": name})
    assert (response.status_code, response.mimetype) == (200, media_type)


@pytest.mark.parametrize("name", ["ttl", "nt", "jsonld", "rdf", "nq", "trig"])
def test_graphs_parse_in_every_format(client: FlaskClient, name: str) -> None:
    response = client.get("/sparql", query_string={"query": DESCRIBE, "format": name})
    assert len(list(ox.parse(response.data, ox.RdfFormat.from_extension(name)))) > 5


def test_the_three_ways_give_the_same(client: FlaskClient) -> None:
    got = query(client, SELECT).data
    form = client.post("/sparql", data={"query": SELECT}).data
    direct = client.post("/sparql", data=SELECT, content_type="application/sparql-query; charset=UTF-8").data
    assert got == form == direct
    assert len(json.loads(got)["results"]["bindings"]) == 2


def test_dataset_of_the_protocol(client: FlaskClient) -> None:
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    named = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    graph, other = f"{BASE}claim/news-1/a", f"{BASE}claim/news-1/b"

    def number(text: str, *pairs: tuple[str, str]) -> int:
        response = client.get("/sparql", query_string=[("query", text), ("format", "csv"), *pairs])
        assert response.status_code == 200, response.text
        return int(response.text.split()[1])

    assert number(count, ("default-graph-uri", graph)) == 4
    assert number(count, ("default-graph-uri", graph), ("default-graph-uri", other)) == 6
    assert number(named, ("default-graph-uri", graph)) == 0
    assert number(named, ("named-graph-uri", other)) == 2
    assert number(count, ("named-graph-uri", other)) == 0
    assert number(count.replace("{", f"FROM <{other}> {{", 1), ("default-graph-uri", graph)) == 4
    assert number(count.replace("{", f"FROM <{other}> {{", 1)) == 2
    assert number(count.replace("{", "FROM <http://127.0.0.1:9/never-fetched> {", 1)) == 0
    form = client.post("/sparql", data={"query": count, "default-graph-uri": graph, "format": "csv"})
    assert int(form.text.split()[1]) == 4


def test_korean_is_exact(client: FlaskClient) -> None:
    text = f"SELECT ?l {{ <{BASE}id/light/한글등대> <http://www.w3.org/2004/02/skos/core#prefLabel> ?l }}"
    assert query(client, text, Accept="text/csv").data == "l\r\n한글 등대\r\n".encode()


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ([("query", "SELECT * { ?s ?p }")], 400, "malformed-query"),
        ([("query", "")], 400, "malformed-query"),
        ([("format", "json")], 400, "missing-query"),
        ([("default-graph-uri", BASE)], 400, "missing-query"),
        ([("query", ASK), ("query", ASK)], 400, "duplicate-parameter"),
        ([("query", ASK), ("format", "pdf")], 400, "unknown-format"),
        ([("query", ASK), ("format", "ttl")], 406, "not-acceptable"),
        ([("query", CONSTRUCT), ("format", "csv")], 406, "not-acceptable"),
        ([("query", ASK), ("timeout", "-1")], 400, "bad-parameter"),
        ([("query", ASK), ("timeout", "0")], 400, "bad-parameter"),
        ([("query", ASK), ("timeout", "nan")], 400, "bad-parameter"),
        ([("query", ASK), ("default-graph-uri", "relative")], 400, "bad-graph-iri"),
        ([("query", ASK), ("named-graph-uri", "http://a b")], 400, "bad-graph-iri"),
        ([("update", "CLEAR ALL")], 403, "read-only"),
        ([("query", ASK), ("update", "CLEAR ALL")], 403, "read-only"),
    ],
)
def test_bad_requests(client: FlaskClient, parameters: list[tuple[str, str]], status: int, code: str) -> None:
    for response in (
        client.get("/sparql", query_string=parameters),
        client.post(
            "/sparql",
            data="&".join(f"{n}={quote(v)}" for n, v in parameters),
            content_type="application/x-www-form-urlencoded",
        ),
    ):
        assert (response.status_code, response.json["code"]) == (status, code)
        assert response.content_type == "application/problem+json"
        assert response.json["status"] == status


def test_malformed_names_the_place(client: FlaskClient) -> None:
    problem = query(client, "SELECT *\n{ ?s ?p }").json
    assert (problem["line"], problem["column"]) == (2, 10)  # where the engine noticed: after the brace
    assert "line 2, column 10" in problem["detail"]
    page = query(client, "SELECT *\n{ ?s ?p }", Accept=BROWSER)
    assert page.status_code == 400
    assert "line 2, column 10" in page.text


@pytest.mark.parametrize("text", SERVICES)
def test_service_is_refused(client: FlaskClient, text: str) -> None:
    response = client.post("/sparql", data={"query": text})
    assert (response.status_code, response.json["code"]) == (403, "service-refused")


@pytest.mark.parametrize("text", UPDATES)
def test_updates_are_refused(client: FlaskClient, text: str) -> None:
    assert client.post("/sparql", data=text, content_type="application/sparql-update").status_code == 403
    assert client.post("/sparql", data={"update": text}).status_code == 403
    assert query(client, text).status_code == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "", "application/sparql-query; charset=utf-16"])
def test_unsupported_bodies(client: FlaskClient, kind: str) -> None:
    response = client.post("/sparql", data=ASK.encode(), content_type=kind)
    assert response.status_code == 415
    assert "application/sparql-query" in response.headers["Accept-Post"]


def test_not_utf_8(client: FlaskClient) -> None:
    direct = client.post("/sparql", data=b"ASK { ?s ?p '\xff' }", content_type="application/sparql-query")
    form = client.post("/sparql", data=b"query=ASK%7B%7D%FF", content_type="application/x-www-form-urlencoded")
    got = client.get("/sparql?query=ASK%7B%7D%FF")
    assert [r.status_code for r in (direct, form, got)] == [400, 400, 400]
    assert {r.json["code"] for r in (direct, form, got)} == {"not-utf-8"}


def test_sizes(client: FlaskClient) -> None:
    long = "ASK {} #" + "x" * 7_000
    assert client.get("/sparql", query_string={"query": long}).status_code == 200
    longer = "ASK {} #" + "x" * 240_000
    assert client.post("/sparql", data=longer, content_type="application/sparql-query").status_code == 200
    assert client.post("/sparql", data={"query": longer}).status_code == 200
    too_long = client.post("/sparql", data="ASK {} #" + "x" * 300_000, content_type="application/sparql-query")
    assert (too_long.status_code, too_long.content_type) == (413, "application/problem+json")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods(client: FlaskClient, method: str) -> None:
    response = client.open("/sparql", method=method)
    assert response.status_code == 405
    assert {"GET", "HEAD", "POST", "OPTIONS"} == set(response.allow)
    assert response.content_type == "application/problem+json"


def test_head_and_options(client: FlaskClient) -> None:
    head = client.head("/sparql", query_string={"query": ASK})
    assert (head.status_code, head.data) == (200, b"")
    assert int(head.headers["Content-Length"]) > 0
    options = client.options(
        "/sparql", headers={"Origin": "https://x.example", "Access-Control-Request-Method": "POST"}
    )
    assert options.status_code == 200
    assert options.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in options.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in options.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in options.headers


def test_not_acceptable_lists_what_there_is(client: FlaskClient) -> None:
    response = query(client, SELECT, Accept="image/png")
    assert response.status_code == 406
    assert "text/csv" in response.json["available"]
    assert "text/turtle" in query(client, CONSTRUCT, Accept="text/csv").json["available"]


def test_unchanged(client: FlaskClient) -> None:
    first = query(client, SELECT)
    again = query(client, SELECT, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert query(client, SELECT, **{"If-None-Match": '"other"'}).status_code == 200


def test_service_description(client: FlaskClient) -> None:
    response = client.get("/sparql", headers={"Accept": "application/n-triples"})
    lines = response.text.splitlines()
    described = "http://www.w3.org/ns/sparql-service-description#"
    assert any(f"<{described}endpoint> <{BASE}sparql>" in line for line in lines)
    assert any(f"<{described}supportedLanguage> <{described}SPARQL11Query>" in line for line in lines)
    assert any(f"<{described}name> <{BASE}graph/registry>" in line for line in lines)
    assert client.get("/sparql", headers={"Accept": "image/png"}).status_code == 406


def test_service_description_tells_limits_and_statistics(client: FlaskClient) -> None:
    store = ox.Store()
    store.load(client.get("/sparql", headers={"Accept": "text/turtle"}).data, ox.RdfFormat.TURTLE)
    limits = store.query(
        """PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> PREFIX schema: <https://schema.org/>
        SELECT ?name ?value { ?service a sd:Service ; schema:additionalProperty ?limit .
                              ?limit a schema:PropertyValue ; schema:propertyID ?name ; schema:maxValue ?value }"""
    )
    found = {row["name"].value: float(row["value"].value) for row in limits}
    assert found["deadline"] == LIMITS.deadline_seconds
    assert found["result-size"] == LIMITS.max_result_bytes
    assert found["result-rows"] == LIMITS.max_rows
    assert found["query-size"] == LIMITS.max_query_bytes
    counted = store.query(
        """PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> PREFIX void: <http://rdfs.org/ns/void#>
        SELECT ?n { ?s a sd:Service ; sd:defaultDataset/sd:defaultGraph/void:triples ?n }"""
    )
    count = client.get("/sparql", query_string={"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "format": "csv"})
    assert [row["n"].value for row in counted] == [count.text.split()[1]]
    feature = "<http://www.w3.org/ns/sparql-service-description#BasicFederatedQuery>"
    assert feature not in client.get("/sparql", headers={"Accept": "application/n-triples"}).text


@pytest.mark.stores("embedded", "oxigraph")  # Virtuoso takes more than the second that there is
def test_form_for_browsers(client: FlaskClient) -> None:
    page = client.get("/sparql?lang=ko", headers={"Accept": BROWSER}).text
    assert '<textarea id="query" name="query"' in page
    assert "어떤 등대가 있나요?" in page
    assert re.findall(r'<script\b(?![^>]*\bsrc="/static/built/)[^>]*>', page) == [], "scripts are files of the site"
    result = client.get(
        "/sparql", query_string={"query": "SELECT ?s ?o { ?s ?p ?o }"}, headers={"Accept": BROWSER}
    ).text
    assert "The first 50 rows" in result
    assert result.count("<tr>") == 51
    assert 'href="/sparql?query=SELECT+?s+?o+%7B+?s+?p+?o+%7D&amp;format=csv"' in result
    assert "<script>" not in result
    assert "Yes" in query(client, ASK, Accept=BROWSER).text


def test_runaway_query_while_pages_go_on(client: FlaskClient, app: flask.Flask) -> None:
    found: list[tuple[int, str, float]] = []

    def runaway() -> None:
        started = time.monotonic()
        response = app.test_client().get("/sparql", query_string={"query": CROSS, "timeout": "1"})
        found.append((response.status_code, response.json["code"], time.monotonic() - started))

    client.get("/page/light/alpha")  # a server of another's is as busy as it is: what has been read is kept
    threads = [threading.Thread(target=runaway) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    pages = []
    while any(thread.is_alive() for thread in threads):
        started = time.monotonic()
        assert client.get("/page/light/alpha").status_code == 200
        pages.append(time.monotonic() - started)
        time.sleep(0.02)  # readers pause; without it this loop competes with the two askers for the interpreter
    assert {(status, code) for status, code, _ in found} == {(503, "deadline")}
    took = [seconds for _, _, seconds in found]
    assert min(took) >= 1.0, took
    assert max(took) < 5.0, took
    assert sorted(pages)[len(pages) // 2] < 0.5  # all but the last would wait for a second, if they had to wait
    assert query(client, ASK).status_code == 200


def test_less_time_on_request(client: FlaskClient) -> None:
    started = time.monotonic()
    response = client.get("/sparql", query_string={"query": CROSS, "timeout": "0.2"})
    assert (response.status_code, response.json["seconds"]) == (503, 0.2)
    assert time.monotonic() - started < 5  # the deadline is at ten
    assert "Retry-After" in response.headers


@pytest.mark.stores("embedded")  # a server of another's takes what memory there is, and brings the machine down
def test_memory_and_size_are_told_apart(client: FlaskClient) -> None:
    response = query(client, BOMB)
    assert response.status_code == 503
    assert response.json["code"] in ("memory", "deadline")  # whichever bound a slow machine meets first
    large = query(client, "SELECT * { ?a ?b ?c . ?d ?e ?f }")
    assert (large.status_code, large.json["code"]) == (503, "result-too-large")
    assert "LIMIT" in large.json["detail"]
