"""A release on another's server: published in one step, read exactly or not at all, whatever becomes of the server."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import flask
import pyoxigraph as ox
import pytest
from bounds import LIMITS
from lights import BASE, quads, site
from stores import put, secret
from tests.servers import KINDS, Server, missing, oxigraph, server, virtuoso

from kclod.cli.publishing import published_release
from kclod.errors import RefusedError, UsageError
from kclod.rdf import RDF_FORMATS
from kclod.release import Release, publish
from kclod.remote import publishing
from kclod.remote.asking import Client, credentials
from kclod.remote.published import OURS, repaired, rows
from kclod.remote.publishing import publish_to
from kclod.remote.reading import Reading
from kclod.remote.target import Target, Writer, find_target
from kclod.store import open_read_only
from kclod.web.app import close, create_app
from kclod.web.engine import relayed

NEXT = f"{BASE}graph/next"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
JSON = "application/sparql-results+json"
ANNS = f"SELECT ?n {{ <{BASE}id/keeper/ann> <http://www.w3.org/2004/02/skos/core#prefLabel> ?n }}"


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Release, Release]:
    """Two releases of one dataset: in the second, Ann has another name, one graph is gone and another one new."""
    folder = tmp_path_factory.mktemp("releases")
    made = []
    for number, said in enumerate((quads(), list(changed()))):
        source: Path = tmp_path_factory.mktemp("input") / "source.txt"
        source.write_text(str(number), encoding="utf-8")
        made.append(publish(folder, site(), said, inputs={"source.txt": source}, stages={}))
    return made[0], made[1]


def changed() -> Iterator[ox.Quad]:
    for quad in quads():
        graph = quad.graph_name
        if isinstance(graph, ox.NamedNode) and graph.value == f"{BASE}claim/news-1/b":
            continue
        value = ox.Literal("Anna", language="en") if quad.object == ox.Literal("Ann", language="en") else quad.object
        yield ox.Quad(quad.subject, quad.predicate, value, graph)
    yield ox.Quad(ox.NamedNode(f"{BASE}id/x"), ox.NamedNode(f"{BASE}p"), ox.Literal("\\u0041 \\"), ox.NamedNode(NEXT))


@pytest.fixture(scope="module", params=KINDS)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if reason := missing(request.param):
        pytest.skip(reason)
    with server(request.param, tmp_path_factory.mktemp("server") / "data") as started:
        yield started


@pytest.fixture
def running(shared: Server) -> Iterator[Server]:
    """A server that is as it was made, before a test and after it."""
    before = graphs(shared)
    yield shared
    target = find_target(shared.query, secret(shared), 30, update=None, graph_store=None)
    drops = [f"DROP SILENT GRAPH <{name}>" for name in graphs(shared) - before]
    drops += ["DROP DEFAULT"] if shared.kind == "oxigraph" else []
    if drops:
        Writer(target, secret(shared), 30).update(";".join(drops))
    assert graphs(shared) == before


def graphs(there: Server) -> set[str]:
    found = rows(Client(there.query).ask("SELECT ?g { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g", JSON, 30))
    return {str(row["g"])[1:-1] for row in found}


def told(body: bytes) -> list[str]:
    """The solutions of an answer, in order of their text."""
    return sorted(map(str, ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)))


def holds(there: Server, release: Release) -> None:
    """Asserts that the server holds exactly the release, as its own store has it."""
    reading = Reading.open(there.query, None, release.version)
    store = open_read_only(release.store_path)
    named = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
    for query in (COUNT, named, ANNS):
        names = reading.names() if relayed.lists_graphs(query, reading.published) else ()
        asked = relayed.asked(query, BASE, None, None, published=reading.published, names=names)
        reply = reading.ask(asked.text, JSON, 30, dataset=asked.dataset)
        assert told(reply.body) == sorted(map(str, store.query(query))), query


def test_a_release_takes_the_place_of_another(running: Server, releases: tuple[Release, Release]) -> None:
    first, second = releases
    before = graphs(running)
    done = put(first, running)
    assert (done.new, done.named_graphs, done.quads) == (True, 7, first.manifest["counts"]["quads"])
    holds(running, first)
    assert not put(first, running).new, "what is there is left as it is"
    put(second, running)
    holds(running, second)
    with pytest.raises(UsageError, match=r"store\.other-release.*holds the release"):
        create_app(first, store=running.query)
    put(first, running)
    holds(running, first)
    left = {g for g in graphs(running) - before if g.startswith(OURS)} - {f"{OURS}default"}
    assert left == {f"{OURS}published", f"{OURS}published:graphs"}, "nothing is left of the loading"


SAME = (
    *("/", "/browse", "/page/light/alpha", "/page/light/beta", "/page/keeper/ann", "/page/claim/news-1/a"),
    *("/page/claim/news-1/b", "/page/article/news-1", "/page/light/한글등대", "/page/light/none", "/dumps/"),
    *(f"/data/{thing}.{fmt.name}" for thing in ("light/alpha", "claim/news-1/b") for fmt in RDF_FORMATS),
)


def test_pages_have_the_bytes_of_the_embedded_store(running: Server, releases: tuple[Release, Release]) -> None:
    put(releases[0], running)
    here, there = create_app(releases[0], limits=LIMITS), create_app(releases[0], limits=LIMITS, store=running.query)
    try:
        for address in SAME:
            one, other = (app.test_client().get(address, headers={"Accept": "text/html"}) for app in (here, there))
            for response in (one, other):
                response.headers.pop("Date", None)
            assert (one.status_code, one.headers) == (other.status_code, other.headers), address
            assert one.data == other.data, address
    finally:
        close(here)
        close(there)


PREFIXES = f"""
PREFIX : <{BASE}ontology#> PREFIX id: <{BASE}id/> PREFIX g: <{BASE}graph/> PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
CLAIM = f"<{BASE}claim/news-1/b>"
QUERIES = (
    COUNT,
    "SELECT (COUNT(*) AS ?n) { GRAPH g:registry { ?s ?p ?o } }",
    "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
    "SELECT DISTINCT ?g { graph $g { ?s ?p ?o } } # GRAPH ?g { ?s ?p ?o }",
    "SELECT ?s ?n { ?s a :Light OPTIONAL { ?s skos:prefLabel ?n FILTER(LANG(?n) = 'ko') } }",
    "SELECT ?s { { ?s a :Light } UNION { ?s a :Keeper } }",
    "SELECT ?s { ?s a :Light FILTER NOT EXISTS { ?s :tending ?t } }",
    "SELECT ?s { ?s a :Light MINUS { ?s :tending ?t } }",
    "SELECT ?s ?c { { SELECT ?s (COUNT(?o) AS ?c) { ?s :near ?o } GROUP BY ?s } ?s a :Light }",
    "SELECT ?a ?k { ?a :tending/:keeper ?k }",
    "SELECT ?a { ?a :near+ <light/alpha> }",
    "SELECT ?c ?s { GRAPH ?c { ?s :tending ?t } GRAPH g:provenance { ?c prov:hadPrimarySource ?x } }",
    "SELECT ?c ?h ?l { GRAPH ?c { ?s :height ?h } ?s skos:prefLabel ?l }",
    "SELECT ?c ?m { GRAPH g:provenance { ?c :mode ?m FILTER NOT EXISTS { ?c :confidence ?x } } }",
    "SELECT ?s ?v { VALUES ?s { <id/light/alpha> <id/light/beta> } ?s :height ?v }",
    "SELECT ?s ?v { ?s :height ?v } VALUES ?s { <id/light/alpha> <id/light/beta> }",
    "SELECT ?y { ?s :lit ?d BIND(SUBSTR(STR(?d), 1, 4) AS ?y) }",
    "SELECT ?s { ?s a :Light } ORDER BY ?s LIMIT 2 OFFSET 1",
    "SELECT ?x { GRAPH ?g { ?x a :Light } FILTER(?g = g:registry) }",
    "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p HAVING (COUNT(*) > 2)",
    "SELECT ?n { ?s skos:prefLabel ?n FILTER(CONTAINS(?n, '등대')) }",
    "SELECT ?n { ?s skos:prefLabel ?n FILTER(REGEX(?n, 'light', 'i')) }",
    "SELECT ?s ?h ?a { ?s :height ?h ; :automatic ?a FILTER(?h > 30) }",
    "SELECT ?g ?o { <id/light/alpha> :height ?h . GRAPH ?g { <id/light/alpha> :height ?o } }",
    "SELECT ?r { :Light rdfs:subClassOf ?b . ?b owl:onProperty ?r }",
    "SELECT ?s { ?s a :Light FILTER EXISTS { GRAPH ?g { ?s :tending ?t } } }",
    "SELECT ?h { GRAPH ?g { ?x :near ?y GRAPH ?h { ?s :tending ?t } } FILTER(?g = g:inferred) }",
    f"SELECT ?s FROM {CLAIM} {{ ?s ?p ?o }}",
    f"SELECT ?g FROM {CLAIM} {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    f"SELECT ?g ?s FROM NAMED {CLAIM} {{ {{ GRAPH ?g {{ ?s ?p ?o }} }} UNION {{ ?s ?p ?o }} }}",
)


def same_answers(reading: Reading, release: Release, queries: Iterable[str] = QUERIES) -> None:
    store = open_read_only(release.store_path)
    for query in queries:
        text = PREFIXES + query
        names = reading.names() if relayed.lists_graphs(text, reading.published) else ()
        asked = relayed.asked(text, BASE, None, None, published=reading.published, names=names)
        reply = reading.ask(asked.text, JSON, 30, dataset=asked.dataset)
        assert told(repaired(reply.body)) == sorted(map(str, store.query(text, base_iri=BASE))), asked.text


def test_queries_have_the_answers_of_the_embedded_store(running: Server, releases: tuple[Release, Release]) -> None:
    put(releases[0], running)
    same_answers(Reading.open(running.query, None, releases[0].version), releases[0])


def test_text_searches_are_answered_before_the_server_is_asked(
    running: Server, releases: tuple[Release, Release]
) -> None:
    put(releases[0], running)
    here, there = create_app(releases[0], limits=LIMITS), create_app(releases[0], limits=LIMITS, store=running.query)
    search = f"{PREFIXES}SELECT ?s ?n {{ ?n <https://w3id.org/kclod/text#matches> '등대' . ?s skos:prefLabel ?n }}"
    try:
        one, other = (app.test_client().get("/sparql", query_string={"query": search}) for app in (here, there))
        assert (one.status_code, other.status_code) == (200, 200)
        assert told(one.data) == told(other.data) != []
        wrong = there.test_client().get("/sparql", query_string={"query": search.replace("'등대'", "?any")})
        assert wrong.status_code == 400
        assert wrong.json is not None
        assert wrong.json["line"] == 5
    finally:
        close(here)
        close(there)


def test_readers_see_one_release_or_none(running: Server, releases: tuple[Release, Release]) -> None:
    first, second = releases
    put(first, running)
    limits = replace(LIMITS, cache_bytes=0, ready_bytes=0, deadline_seconds=20)
    app = create_app(first, limits=limits, store=running.query)
    both = (
        f"SELECT (COUNT(*) AS ?n) (SAMPLE(?name) AS ?who) (COUNT(DISTINCT ?g) AS ?m) {{ {{ ?s ?p ?o }} UNION "
        f"{{ GRAPH ?g {{ ?s ?p ?o }} }} UNION {ANNS[ANNS.index('{') :].replace('?n', '?name')} }}"
    )
    right = {str(row) for row in open_read_only(first.store_path).query(both)}
    seen: list[tuple[int, str]] = []
    stop = threading.Event()

    def read() -> None:
        client = app.test_client()
        while not stop.is_set():
            response = client.get("/sparql", query_string={"query": both, "format": "json"})
            if response.status_code == 200:
                seen.extend((200, row) for row in told(response.data))
            else:
                seen.append((response.status_code, response.json["code"]))

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for whole in (True, False):  # an answer before the switch, and a refusal after it
        until = time.monotonic() + 20
        while time.monotonic() < until and not any((status == 200) is whole for status, _ in seen):
            time.sleep(0.02)
        if whole:
            put(second, running)
    stop.set()
    for thread in threads:
        thread.join()
    try:
        assert {row for status, row in seen if status == 200} == right
        assert {told for told in seen if told[0] != 200} == {(503, "store-unavailable")}
        page = app.test_client().get("/page/keeper/ann")
        assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
        health = app.test_client().get("/health")
        assert health.status_code == 503
        assert second.version in health.json["status"]
    finally:
        close(app)


PROGRAM = """
import json, sys
from pathlib import Path
from kclod.cli import main
main(["publish", "--release", sys.argv[1], "--to", sys.argv[2]])
"""


def start_publishing(release: Release, there: Server) -> subprocess.Popen[bytes]:
    names = {"KCLOD_STORE_USER": there.user, "KCLOD_STORE_PASSWORD": there.password} if there.user else {}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(release.path), there.query],
        env=os.environ | names,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def test_a_publishing_that_is_killed_anywhere(running: Server, releases: tuple[Release, Release]) -> None:
    """Readers have the old release, or for the time of a switch none; the next publishing makes all right."""
    first, second = releases
    put(first, running)
    whole = start_publishing(second, running)
    started = time.monotonic()
    assert whole.wait(60) == 0
    seconds = time.monotonic() - started
    chosen = random.Random(5)
    published = second
    for round_ in range(4):
        wanted = first if published is second else second
        process = start_publishing(wanted, running)
        time.sleep(seconds * (0.4 + 0.6 * (round_ + chosen.random()) / 4))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
        time.sleep(0.3)  # the server may still be at the last request
        for release in releases:
            try:
                Reading.open(running.query, None, release.version)
            except UsageError as error:
                assert error.problems[0].rule in ("store.other-release", "store.switching")  # noqa: PT017
            else:
                holds(running, release)
        published = wanted
        put(published, running)
        holds(running, published)


def test_what_is_not_kclods_is_left_alone(running: Server, releases: tuple[Release, Release]) -> None:
    first, second = releases
    target = find_target(running.query, secret(running), 30, update=None, graph_store=None)
    writer = Writer(target, secret(running), 30)
    writer.update("INSERT DATA { GRAPH <http://theirs.example/g> { <http://a.example/> <http://a.example/p> 1 } }")
    done = put(first, running)
    assert any("http://theirs.example/g" in note for note in done.notes)
    holds(running, first)
    put(second, running)
    holds(running, second)
    assert "http://theirs.example/g" in graphs(running)
    writer.update(f"INSERT DATA {{ GRAPH <{BASE}claim/news-1/b> {{ <http://a.example/> <http://a.example/p> 1 }} }}")
    with pytest.raises(UsageError, match=r"publish\.taken.*claim/news-1/b"):
        put(first, running)


def test_a_default_graph_of_others_is_not_cleared(tmp_path: Path, releases: tuple[Release, Release]) -> None:
    with oxigraph() as there:
        target = find_target(there.query, None, 30, update=None, graph_store=None)
        Writer(target, None, 30).update("INSERT DATA { <http://a.example/> <http://a.example/p> 1 }")
        with pytest.raises(UsageError, match=r"publish\.taken.*default graph"):
            put(releases[0], there)


def test_counts_that_are_wrong_publish_nothing(
    running: Server, releases: tuple[Release, Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = releases
    put(first, running)
    lost = publishing._Publishing._load

    def load(self: publishing._Publishing, graphs: dict[str, list[str]]) -> None:
        lost(self, {name: s[:-1] if name.endswith(f"{BASE}graph/links") else s for name, s in graphs.items()})

    monkeypatch.setattr(publishing._Publishing, "_load", load)
    with pytest.raises(RefusedError, match=r"publish\.count.*graph/links has 0 triples, and should have 1"):
        put(second, running)
    holds(running, first)
    assert not any("staging" in name or "publishing" in name for name in graphs(running))


def test_only_who_may_publish_does(releases: tuple[Release, Release], running: Server) -> None:
    if running.kind != "virtuoso":
        pytest.skip("oxigraph serve lets everybody write")
    for user in (None, "wrong"):
        with pytest.raises(UsageError, match=r"remote\.http.*401.*KCLOD_STORE_USER") as caught:
            put(releases[0], replace(running, user=user, password="hush"))
        assert "hush" not in str(caught.value), "the password is not shown"


def test_a_token_goes_to_updates_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As QLever wants it (RFC 6750)."""
    sent: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append((self.path, self.headers["Authorization"]))
            self.send_response(204)
            self.end_headers()

        def do_GET(self) -> None:
            sent.append((self.path.partition("?")[0], self.headers["Authorization"]))
            self.send_response(200)
            self.send_header("Content-Type", JSON)
            self.end_headers()
            self.wfile.write(b'{"head":{"vars":[]},"results":{"bindings":[]}}')

        def log_message(self, *args: object) -> None:
            pass

    monkeypatch.setenv("KCLOD_STORE_TOKEN", "a token")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{listening.server_address[1]}"
        try:
            target = find_target(f"{address}/query", credentials(), 5, update=f"{address}/update", graph_store=None)
            Writer(target, credentials(), 5).update("DROP ALL")
        finally:
            listening.shutdown()
    assert sent == [("/query", None), ("/update", "Bearer a token")]


# --- other servers' ways -----------------------------------------------------------------------------------------


def test_a_server_whose_default_graph_is_the_union(releases: tuple[Release, Release]) -> None:
    """As GraphDB's and Neptune's is: the default graph has a name, and a query lists the graphs that it sees."""
    with oxigraph(union=True) as there:
        for release in releases:
            put(release, there)
            holds(there, release)
            kept = [query for query in QUERIES if "FROM" not in query]  # for which Oxigraph has no ear then
            same_answers(Reading.open(there.query, None, release.version), release, kept)
        app = create_app(releases[1], store=there.query, limits=replace(LIMITS, deadline_seconds=10))
        try:
            assert app.test_client().get("/page/light/alpha").status_code == 200
        finally:
            close(app)


def test_without_a_way_to_load_datasets(releases: tuple[Release, Release]) -> None:
    """By updates and the Graph Store Protocol alone, as with a server that kclod does not know."""
    with oxigraph() as there:
        for release in releases:
            target = Target("other", there.query, there.update, there.graph_store)
            publish_to(release, target, None, timeout=30, announce=lambda _: None, loaded=False)
            holds(there, release)
        blind = Target("other", there.query, there.update)
        with pytest.raises(UsageError, match=r"publish\.blank"):
            publish_to(releases[0], blind, None, timeout=30, announce=lambda _: None, loaded=False)


def test_graphs_that_were_loaded_by_other_means(releases: tuple[Release, Release]) -> None:
    first, _ = releases
    with oxigraph() as there:
        target = find_target(there.query, None, 30, update=None, graph_store=None)

        def verify() -> None:
            publish_to(first, target, None, timeout=30, announce=lambda _: None, loaded=True)

        with pytest.raises(RefusedError, match=r"publish\.count"):
            verify()
        dump = next(d for d in first.dumps if d.name.endswith(".nq"))
        Writer(target, None, 30).load(dump.path.read_bytes())
        verify()
        holds(there, first)


# --- answers that a server cuts, loses or does not give ----------------------------------------------------------


@pytest.fixture(scope="module")
def capped(releases: tuple[Release, Release], tmp_path_factory: pytest.TempPathFactory) -> Iterator[flask.Flask]:
    """Virtuoso that sends no more than 1,500 rows, and the site over it."""
    if reason := missing("virtuoso"):
        pytest.skip(reason)
    with virtuoso(tmp_path_factory.mktemp("capped"), rows=1_500, threads=1) as there:
        put(releases[0], there)
        app = create_app(releases[0], store=there.query, limits=replace(LIMITS, deadline_seconds=20))
        yield app
        close(app)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?s ?p ?o }",
        "SELECT * { ?s ?p ?o } LIMIT 1500",
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "CONSTRUCT WHERE { ?s ?p ?o }",
        "CONSTRUCT { <http://one.example/> a <http://two.example/> } WHERE { ?s ?p ?o }",
    ],
)
@pytest.mark.parametrize("stream", [{}, {"stream": "true"}])
def test_a_result_that_the_server_cuts_is_refused(capped: flask.Flask, query: str, stream: dict[str, str]) -> None:
    response = capped.test_client().get("/sparql", query_string={"query": query, **stream})
    assert (response.status_code, response.json["code"]) == (503, "result-too-large")
    assert response.json["rows"] == 1_500
    assert "no more than 1500 rows" in response.json["detail"]


@pytest.mark.parametrize(
    "query", ["SELECT * { ?s ?p ?o } LIMIT 1499", "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1499", "SELECT (1 AS ?x) {}"]
)
def test_a_result_that_it_does_not_cut_is_whole(capped: flask.Flask, query: str) -> None:
    accept = "text/csv" if query.startswith("SELECT") else "application/n-triples"
    response = capped.test_client().get("/sparql", query_string={"query": query}, headers={"Accept": accept})
    assert response.status_code == 200
    assert response.text.count("\n") == {"SELECT *": 1500, "CONSTRUC": 1499, "SELECT (": 2}[query[:8]]


def test_pages_read_beyond_what_the_server_sends_at_a_time(capped: flask.Flask) -> None:
    client = capped.test_client()
    page = client.get(f"/page/place/hub?in={quote(f'{BASE}ontology#near')}&page=23").text
    assert "2,301" in page
    seen: set[str] = set()
    for number in range(1, 4):
        data = client.get(f"/data/place/hub.nt?page={number}").text
        found = set(re.findall(r"^<([^>]+)> <[^>]+#near> <[^>]+/place/hub> \.$", data, re.MULTILINE))
        assert not found & seen
        seen |= found
    assert len(seen) == 2_301


@pytest.mark.parametrize(
    "query",
    [
        "PREFIX bif: <bif:> SELECT ?x { ?s ?p ?o BIND(bif:delay(20) AS ?x) }",
        "SELECT ?x { ?s ?p ?o BIND(<sql:anything>(?o) AS ?x) }",
        "PREFIX x: <bi> SELECT ?x { ?s ?p ?o BIND(x:f\\:delay(20) AS ?x) }",
        "SELECT (EXISTS { ?s ?p ?o } AS ?x) WHERE { ?s ?p ?o }",
    ],
)
def test_what_virtuoso_would_not_take_as_it_is_meant(capped: flask.Flask, query: str) -> None:
    response = capped.test_client().get("/sparql", query_string={"query": query})
    assert (response.status_code, response.json["code"]) == (502, "store-failed"), response.text


def test_a_server_that_goes_away_and_comes_back(releases: tuple[Release, Release], tmp_path: Path) -> None:
    first, _ = releases
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with oxigraph(tmp_path / "data", port=port) as there:
        put(first, there)
        app = create_app(first, store=there.query, limits=LIMITS)
        client = app.test_client()
        known = client.get("/page/light/alpha")
        answered = client.get("/sparql", query_string={"query": "ASK {}"})
        assert known.status_code == answered.status_code == 200
    try:
        assert client.get("/page/light/alpha").data == known.data
        assert client.get("/sparql", query_string={"query": "ASK {}"}).data == answered.data
        assert client.get("/dumps/").status_code == 200
        for address in ("/page/keeper/ann", "/sparql?query=ASK%7B%3Fs%20%3Fp%201%7D", "/data/keeper/ann.ttl"):
            response = client.get(address)
            assert (response.status_code, response.json["code"]) == (503, "store-unavailable"), address
            assert response.headers["Retry-After"] == "10"
        page = client.get("/page/keeper/ann", headers={"Accept": "text/html"})
        assert (page.status_code, page.mimetype) == (503, "text/html")
        assert (client.get("/health").status_code, client.get("/health/live").status_code) == (503, 200)
        malformed = client.get("/sparql", query_string={"query": "SELECT"})
        assert (malformed.status_code, malformed.json["code"]) == (400, "malformed-query")
        with oxigraph(tmp_path / "data", port=port):
            assert client.get("/page/keeper/ann").status_code == 200
            assert client.get("/health").status_code == 200
    finally:
        close(app)


def test_a_server_that_dies_in_the_middle_of_a_stream(releases: tuple[Release, Release], tmp_path: Path) -> None:
    with oxigraph() as there:
        put(releases[0], there)
        app = create_app(releases[0], store=there.query, limits=replace(LIMITS, deadline_seconds=10))
        try:
            many = {"query": "SELECT * { ?a ?b ?c . ?d ?e ?f }", "stream": "true", "format": "tsv"}
            response = app.test_client().get("/sparql", query_string=many, buffered=False)
            assert response.status_code == 200
            parts = iter(response.response)
            next(parts)
            there.process.kill()
            with pytest.raises(Exception, match=r"IncompleteRead|reset"):
                for _ in parts:
                    pass
            response.close()
        finally:
            close(app)


def test_the_server_says_which_release_is_served(releases: tuple[Release, Release], tmp_path: Path) -> None:
    first, second = releases
    for release in releases:
        shutil.copytree(release.path, tmp_path / release.version, ignore=shutil.ignore_patterns("store"))
    with oxigraph() as there:
        put(first, there)
        found, address = published_release(tmp_path, there.query)
        assert (found.version, address) == (first.version, there.query)
        app = create_app(found, store=there.query, limits=LIMITS)
        try:
            assert app.test_client().get("/page/light/alpha").status_code == 200, "the store's folder is not needed"
        finally:
            close(app)
        put(second, there)
        assert published_release(tmp_path, there.query)[0].version == second.version
        shutil.rmtree(tmp_path / second.version)
        with pytest.raises(UsageError, match=rf"store\.other-release.*{second.version}.*not here"):
            published_release(tmp_path, there.query)


def test_a_store_that_holds_nothing(releases: tuple[Release, Release], running: Server) -> None:
    with pytest.raises(UsageError, match=r"store\.empty.*kclod publish --to"):
        create_app(releases[0], store=running.query)


def test_addresses_with_a_password_are_refused(releases: tuple[Release, Release]) -> None:
    with pytest.raises(UsageError, match=r"remote\.address.*KCLOD_STORE_USER") as caught:
        create_app(releases[0], store="http://me:hush@127.0.0.1:1/sparql")
    assert "hush" not in str(caught.value)
