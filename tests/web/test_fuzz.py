"""Whatever is sent: an answer that HTTP and the protocol allow, told in full, and never an incident."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator

import flask
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import Running, received, running
from test_guard import INNOCENT, SERVICES, UPDATES

from kclod.release import Release

FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"
NAMES = st.sampled_from(["query", "default-graph-uri", "named-graph-uri", "format", "timeout", "stream", "update", "x"])
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from([*SERVICES, *INNOCENT, *UPDATES, "ASK {}", "json", "ttl", "0.1", "true", "http://a.example/g"]),
)
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)
EXPECTED = {200, 304, 400, 403, 406, 413, 415}
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(response: object) -> None:
    assert response.status_code in EXPECTED, response.text
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    if response.status_code >= 400 and response.mimetype == "application/problem+json":
        problem = json.loads(response.data)
        assert problem["status"] == response.status_code
        assert problem["detail"]
        assert problem["title"]


@relaxed
@given(
    st.lists(st.tuples(NAMES, VALUES), max_size=5),
    st.dictionaries(st.sampled_from(["Accept", "Prefer", "If-None-Match", "X-Forwarded-For"]), HEADER),
)
def test_parameters_and_headers(client: FlaskClient, pairs: list[tuple[str, str]], headers: dict[str, str]) -> None:
    check(client.get("/sparql", query_string=pairs, headers=headers))
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    check(client.post("/sparql", data=form, content_type=FORM, headers=headers))


@relaxed
@given(
    st.binary(max_size=200),
    st.sampled_from([FORM, DIRECT, f"{DIRECT}; charset=utf-8", "text/plain", "", "a/b; charset"]),
)
def test_bodies(client: FlaskClient, body: bytes, kind: str) -> None:
    check(client.post("/sparql", data=body, content_type=kind))


@relaxed
@given(st.binary(max_size=60))
def test_query_strings(client: FlaskClient, raw: bytes) -> None:
    text = "".join(f"%{byte:02X}" if byte < 33 or byte > 126 or byte in b"#?" else chr(byte) for byte in raw)
    check(client.get(f"/sparql?query={text}"))


@pytest.fixture(scope="module")
def server(release: Release) -> Iterator[Running]:
    with running(release, workers=1, client_errors=10_000) as made:
        yield made


QUERY = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\n"
POST = b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\n"
RAW = {
    "truncated body": POST + b"Content-Length: 900\r\n\r\nASK {",
    "truncated chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nFF\r\nASK",
    "bad chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nASK",
    "bad length": POST + b"Content-Length: many\r\n\r\nASK {}",
    "two lengths": POST + b"Content-Length: 3\r\nContent-Length: 6\r\n\r\nASK {}",
    "no host": QUERY + b"\r\n",
    "two hosts": QUERY + b"Host: a\r\nHost: b\r\n\r\n",
    "no http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "long header": QUERY + b"Host: a\r\nX: " + b"x" * 500_000 + b"\r\n\r\n",
    "many headers": QUERY + b"Host: a\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
    "bytes in headers": QUERY + b"Host: a\r\nAccept: \xff\xfe\x80\r\nX-Forwarded-For: \xff\r\n\r\n",
    "bytes in the address": b"GET /sparql?query=\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    "nul": b"GET /sparql?query=ASK%7B%7D%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "long address": b"GET /sparql?query=" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "odd method": b"BREW /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: a\r\n\r\n",
}


@pytest.mark.parametrize("name", RAW)
def test_bytes(server: Running, name: str) -> None:
    """The server answers with an error or not at all, and goes on answering others."""
    with server.connect() as connection:
        connection.settimeout(5)
        with contextlib.suppress(OSError):  # the server may have had enough before the end
            connection.sendall(RAW[name])
            connection.shutdown(socket.SHUT_WR)
        answer = received(connection)
    status = int(answer.split(b" ", 2)[1]) if answer else 0
    assert status in {0, 200, 400, 404, 405, 408, 413, 414, 431}, answer[:300]
    if name in ("truncated body", "truncated chunk", "bad chunk"):
        assert status != 200
    assert server.query("ASK {}")[0] == 200


@pytest.mark.parametrize(
    "text",
    ["한글 등대", "e\u0301 é", "👩‍🚀 𝔸\U0010ffff", "\u202eright to left", "tab\tand 'quote'", "\ufeffbom", "\u00a0"],
)
def test_unicode_is_exact(client: FlaskClient, app: flask.Flask, text: str) -> None:
    """Not normalised, not cut, not escaped: by every way in and every way out."""
    literal = json.dumps(text, ensure_ascii=False)
    query = f"SELECT ?x {{ VALUES ?x {{ {literal} }} }}"
    ways = [
        client.get("/sparql", query_string={"query": query, "format": "json"}),
        client.post("/sparql", data={"query": query, "format": "json"}),
        client.post("/sparql?format=json", data=query.encode(), content_type=f"{DIRECT}; charset=utf-8"),
    ]
    for response in ways:
        assert json.loads(response.data)["results"]["bindings"] == [{"x": {"type": "literal", "value": text}}]
    iri = f"http://e.example/{text}".replace(" ", "").replace("\t", "").replace("'", "").replace("\u202e", "")
    iri = iri.replace("\u00a0", "").replace("\ufeff", "").replace("\U0010ffff", "")
    response = client.get(
        "/sparql", query_string={"query": f"SELECT ?x {{ VALUES ?x {{ <{iri}> }} }}", "format": "csv"}
    )
    assert response.data.decode() == f"x\r\n{iri}\r\n"
