"""Answers that are kept ready in front of Flask: the same as Flask's, for those who ask the same, and nobody else."""

from __future__ import annotations

import gzip
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import brotli
import flask
import pytest
from bounds import LIMITS
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from lights import BASE
from werkzeug.test import TestResponse

from kclod.release import Release
from kclod.vocab import PUB
from kclod.web import journal
from kclod.web.app import close, create_app
from kclod.web.http.front import Front
from kclod.web.versions.archive import Archive

PAGE, DATA, QUERY = "/page/light/alpha", "/data/light/alpha.ttl", f"/sparql?query={quote('ASK { ?s ?p ?o }')}"

LASTING = ("/id/light/alpha", "/", "/ontology", "/dumps/", "/id/light/alpha/")
PASSING = ("/id/light/none", "/health", "/dumps/lights.nq", "/sparql?query=nonsense", "/robots.txt")


def front_of(app: flask.Flask) -> Front:
    archive = app.wsgi_app
    assert isinstance(archive, Archive)
    assert isinstance(archive.inner, Front)
    return archive.inner


@pytest.fixture
def fresh(release: Release) -> Iterator[flask.Flask]:
    app = create_app(release, limits=LIMITS)
    yield app
    close(app)


@pytest.fixture(scope="module")
def ready(release: Release) -> Iterator[FlaskClient]:
    app = create_app(release, limits=LIMITS)
    yield app.test_client()
    close(app)


@pytest.fixture(scope="module")
def bare(release: Release) -> Iterator[FlaskClient]:
    """The application without ready answers."""
    app = create_app(release, limits=replace(LIMITS, ready_bytes=0))
    yield app.test_client()
    close(app)


def asked(app: flask.Flask) -> list[str]:
    """The requests that reach Flask from now on."""
    reached: list[str] = []
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: reached.append(flask.request.full_path))
    return reached


def comparable(response: TestResponse) -> tuple[object, ...]:
    headers = {name: value for name, value in response.headers if name not in ("Date", "Cache-Status")}
    return response.status, headers, response.data


@pytest.mark.parametrize("address", [PAGE, DATA, QUERY, *LASTING])
def test_an_answer_is_made_once(fresh: flask.Flask, address: str) -> None:
    reached, client = asked(fresh), fresh.test_client()
    first = client.get(address)
    for _ in range(3):
        assert comparable(client.get(address)) == comparable(first)
        head = client.head(address)
        assert (head.headers.get("ETag"), head.headers["Vary"] if "Vary" in first.headers else None, head.data) == (
            first.headers.get("ETag"),
            first.headers.get("Vary"),
            b"",
        )
        if "ETag" in first.headers:
            assert client.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert len(reached) == 1


@pytest.mark.parametrize("address", PASSING)
def test_what_does_not_last_is_made_each_time(fresh: flask.Flask, address: str) -> None:
    reached, client = asked(fresh), fresh.test_client()
    assert len({client.get(address).status_code for _ in range(3)}) == 1
    assert len(reached) == 3


def test_queries_that_change_and_streams_are_not_kept(fresh: flask.Flask) -> None:
    reached, client = asked(fresh), fresh.test_client()
    for query, more in (("SELECT (RAND() AS ?r) {}", ""), ("SELECT ?s { ?s ?p ?o }", "&stream=true")):
        for _ in range(2):
            assert client.get(f"/sparql?query={quote(query)}{more}").status_code == 200
    assert len(reached) == 4
    assert client.post("/sparql", data={"query": "ASK {}"}).status_code == 200
    assert client.post("/sparql", data={"query": "ASK {}"}).status_code == 200
    assert len(reached) == 6, "POST is the application's"


@pytest.mark.parametrize(("coding", "decode"), [("gzip", gzip.decompress), ("br", brotli.decompress)])
@pytest.mark.parametrize("address", [PAGE, DATA, "/ontology.nt"])
def test_codings(fresh: flask.Flask, address: str, coding: str, decode: object) -> None:
    client = fresh.test_client()
    plain = client.get(address)
    coded = client.get(address, headers={"Accept-Encoding": coding})
    assert callable(decode)
    assert coded.headers["Content-Encoding"] == coding
    assert decode(coded.data) == plain.data
    assert len(coded.data) == int(coded.headers["Content-Length"]) < len(plain.data)
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert coded.headers["Vary"] == plain.headers["Vary"]
    assert coded.headers["ETag"] not in (plain.headers["ETag"], f"W/{plain.headers['ETag']}")
    again = client.get(address, headers={"Accept-Encoding": coding, "If-None-Match": coded.headers["ETag"]})
    assert (again.status_code, again.headers["ETag"]) == (304, coded.headers["ETag"])
    assert "Content-Encoding" not in again.headers
    other = {"Accept-Encoding": coding, "If-None-Match": plain.headers["ETag"]}
    assert client.get(address, headers=other).status_code == 200, "the tag of another coding"
    assert client.get(address, headers={"Accept-Encoding": coding}).data == coded.data, "the same bytes each time"


def test_small_answers_are_not_coded(fresh: flask.Flask) -> None:
    response = fresh.test_client().get(QUERY, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers
    assert "Accept-Encoding" not in response.vary


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_first_request_may_have_conditions(release: Release, fresh: flask.Flask, method: str) -> None:
    client = fresh.test_client()
    tag = client.get(PAGE, headers={"Accept-Encoding": "gzip"}).headers["ETag"]
    app = create_app(release, limits=LIMITS)
    try:
        client, reached = app.test_client(), asked(app)
        headers = {"Accept-Encoding": "gzip", "If-None-Match": tag}
        first = client.open(PAGE, method=method, headers=headers)
        assert (first.status_code, first.headers["ETag"], first.data) == (304, tag, b"")
        assert client.open(DATA, method=method, headers={"If-Match": '"x"'}).status_code == 412
        assert client.get(DATA).status_code == client.get(PAGE).status_code == 200
        assert len(reached) <= 4
    finally:
        close(app)


HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Accept": st.sampled_from(
            ["*/*", "text/html", "text/turtle", "application/trig, text/html;q=0.4", "image/png"]
        ),
        "Accept-Language": st.sampled_from(["ko", "fr-CA", "xx", "en;q=0.1, ko;q=0.2"]),
        "Accept-Profile": st.sampled_from([f"<{PUB}profilePlain>", f"<{PUB}profileEvidence>", "<urn:x>"]),
        "Accept-Encoding": st.sampled_from(["gzip", "br", "identity", "gzip;q=0, *"]),
        "Prefer": st.sampled_from(["stream", "return=minimal"]),
        "X-Forwarded-Host": st.just("evil.example"),
        "Cookie": st.just("a=b"),
    },
)
ADDRESSES = st.sampled_from(
    [
        *(PAGE, f"{PAGE}?lang=ko", DATA, "/data/light/alpha.trig", "/id/light/alpha", "/id/light/none", "/ontology"),
        *("/", QUERY, f"/sparql?query={quote('SELECT ?s { ?s ?p ?o } LIMIT 40')}", "/sparql", "/dumps/"),
        "/.well-known/void",
    ]
)


@settings(max_examples=150)
@given(address=ADDRESSES, headers=HEADERS)
def test_ready_answers_are_those_of_the_application(
    ready: FlaskClient, bare: FlaskClient, address: str, headers: dict[str, str]
) -> None:
    ours, theirs = ready.get(address, headers=headers), bare.get(address, headers=headers)
    body = {"gzip": gzip.decompress, "br": brotli.decompress}.get(ours.headers.get("Content-Encoding", ""), bytes)(
        ours.data
    )
    assert (ours.status_code, body) == (theirs.status_code, theirs.data)
    for name in ("Content-Type", "Content-Language", "Location", "Link", "Content-Profile", "Cache-Control", "Allow"):
        assert ours.headers.get(name) == theirs.headers.get(name), name
    assert set(ours.vary) - {"Accept-Encoding"} == set(theirs.vary)


def test_ready_answers_are_bounded(release: Release) -> None:
    app = create_app(release, limits=replace(LIMITS, ready_bytes=200_000))
    try:
        client, front, reached = app.test_client(), front_of(app), asked(app)
        client.get(PAGE)
        for number in range(60):
            client.get(f"/page/buoy/{number}")
            client.get(PAGE)
            assert front.size <= 200_000
        assert reached.count(f"{PAGE}?") == 1, "what is asked for stays"
        assert front.size > 100_000
        client.get("/page/buoy/0")
        assert reached.count("/page/buoy/0?") == 2, "what is not goes"
        client.get("/ontology")
        assert front.size <= 200_000
    finally:
        close(app)


def test_headers_that_choose_the_same_share_its_bytes(fresh: flask.Flask) -> None:
    client, front = fresh.test_client(), front_of(fresh)
    size = len(client.get("/ontology").data)
    before = front.size
    for number in range(20):
        client.get("/ontology", headers={"Accept": f"text/html;q=0.9, image/x-{number}"})
    assert front.size - before < 20 * size / 4


def test_kept_answers_are_fair(release: Release) -> None:
    app = create_app(release, limits=replace(LIMITS, client_errors=3))
    try:
        client = app.test_client()
        assert client.get(QUERY).status_code == 200
        for _ in range(4):
            client.get("/sparql?query=nonsense")
        refused = client.get(QUERY)
        assert (refused.status_code, refused.json["code"]) == (429, "too-many-requests")
        assert "Retry-After" in refused.headers
        other = client.get(QUERY, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
        assert (other.status_code, other.headers["Cache-Status"]) == (200, "kclod; hit")
        assert client.get(PAGE).status_code == client.get(PAGE).status_code == 200, "pages are for all"
    finally:
        close(app)


def test_queries_are_logged_each_time(fresh: flask.Flask, caplog: pytest.LogCaptureFixture) -> None:
    client = fresh.test_client()
    with caplog.at_level(logging.INFO, logger=journal.NAME):
        for _ in range(3):
            assert client.get(QUERY).status_code == 200
    assert [record.getMessage().count('"outcome"') for record in caplog.records] == [1, 1, 1]


def test_prefixes_are_kept_apart(fresh: flask.Flask) -> None:
    client = fresh.test_client()
    assert client.get("/id/light/alpha").headers["Location"] == "/page/light/alpha"
    below = client.get("/id/light/alpha", environ_overrides={"SCRIPT_NAME": "/sub"})
    assert below.headers["Location"] == "/sub/page/light/alpha"


def test_many_threads(fresh: flask.Flask) -> None:
    expected = {f"/data/buoy/{n}.nt": f"<{BASE}id/buoy/{n}>" for n in range(12)}
    wrong: list[str] = []

    def ask() -> None:
        client = fresh.test_client()
        for _ in range(5):
            for address, iri in expected.items():
                response = client.get(address, headers={"Accept-Encoding": "gzip"})
                text = gzip.decompress(response.data) if "Content-Encoding" in response.headers else response.data
                if iri.encode() not in text:
                    wrong.append(address)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
