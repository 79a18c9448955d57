"""Results in full or visibly broken: what is streamed, what breaks, and what a slow reader may hold up."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from bounds import LIMITS
from flask.testing import FlaskClient
from running import Running, received, running
from test_workers import job

from kclod.release import Release
from kclod.web.engine import workers
from kclod.web.engine.workers import Pool, Stream

LARGE = "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 20000"
ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@pytest.fixture(scope="module")
def server(release: Release) -> Iterator[Running]:
    limits = {"deadline_seconds": 10.0, "stream_seconds": 2.0, "workers": 2, "reader_seconds": 1.0}
    with running(release, **limits, max_result_bytes=1 << 20, client_seconds=10_000) as made:
        yield made


def request(query: str, *, version: str = "1.1") -> bytes:
    """For a stream in CSV."""
    path = f"/sparql?query={quote(query)}&format=csv&stream=true"
    return f"GET {path} HTTP/{version}\r\nHost: localhost\r\n\r\n".encode()


def test_a_large_result_is_refused_or_streamed_whole(server: Running) -> None:
    status, _, body = server.query(LARGE, more="&format=csv")
    assert status == 503
    assert b"result-too-large" in body
    assert b"OFFSET" in body
    assert b"stream=true" in body
    status, headers, body = server.query(LARGE, more="&format=csv&stream=true")
    assert (status, headers["preference-applied"], headers["cache-control"]) == (200, "stream", "no-store")
    assert body.count(b"\r\n") == 20_001
    again = server.query(LARGE, more="&format=csv", Prefer='respond-async, Stream; x="1"')[2]
    assert again.count(b"\r\n") == 20_001  # perhaps others: no order was asked for


def test_every_format_streams(server: Running) -> None:
    construct = "CONSTRUCT { ?a ?b ?c . ?d ?e ?f } { ?a ?b ?c . ?d ?e ?f } LIMIT 20000"
    sizes = set()
    for name in ("ttl", "nt", "rdf", "jsonld", "trig", "nq"):
        status, headers, body = server.query(construct, more=f"&format={name}&stream=true")
        assert (status, headers.get("preference-applied")) == (200, "stream"), name
        sizes.add(len({str(q) for q in ox.parse(body, ox.RdfFormat.from_extension(name))} - {""}))
    assert len(sizes) == 1
    assert sizes.pop() > 1000
    for name in ("json", "xml", "csv", "tsv"):
        status, _, body = server.query(LARGE, more=f"&format={name}&stream=true")
        assert status == 200
        assert len(body) > 1 << 20


def test_a_small_streamed_result_is_an_ordinary_answer(server: Running) -> None:
    status, headers, body = server.query("ASK {}", more="&stream=true")
    assert (status, body) == (200, b'{"head":{},"boolean":true}')
    assert headers["content-length"] == str(len(body))
    assert "prefer" in server.query("ASK {}")[1]["vary"].lower()


@pytest.mark.parametrize("value", ["yes", "1", ""])
def test_stream_is_true_or_false(client: FlaskClient, value: str) -> None:
    response = client.get("/sparql", query_string={"query": "ASK {}", "stream": value})
    assert (response.status_code, response.json["code"]) == (400, "bad-parameter")


def test_errors_before_the_first_part_are_told(server: Running) -> None:
    assert server.query("SELECT", more="&stream=true")[0] == 400
    assert (
        server.query("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", more="&stream=true&timeout=1")[0]
        == 503
    )


def test_a_stream_past_its_time_breaks_the_connection(server: Running) -> None:
    started = time.monotonic()
    answer = server.raw(request(ENDLESS))
    assert 1.5 < time.monotonic() - started < 10
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"transfer-encoding: chunked" in head.lower()
    assert len(body) > 1 << 20
    assert not body.endswith(b"0\r\n\r\n")


def test_a_worker_killed_in_the_middle_breaks_the_connection(server: Running) -> None:
    with server.connect() as connection:
        connection.sendall(request(ENDLESS))
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        os.kill(busiest(server.pid), signal.SIGKILL)
        rest = received(connection)
    assert rest
    assert not rest.endswith(b"0\r\n\r\n")
    assert server.query("ASK {}")[0] == 200


def busiest(pid: int) -> int:
    """The descendant that has used most processor time: the query worker at work."""
    parents, times = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)], times[int(entry.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
    below: set[int] = set()
    frontier = {pid}
    while frontier:
        frontier = {child for child, parent in parents.items() if parent in frontier}
        below |= frontier
    leaves = below - {parents[child] for child in below}
    return max(leaves, key=times.__getitem__)


def test_http_1_0_cannot_tell_an_end_and_gets_no_stream(server: Running) -> None:
    answer = server.raw(request(LARGE, version="1.0"))
    assert answer.startswith(b"HTTP/1.0 503")
    assert b"result-too-large" in answer


def test_a_reader_that_takes_nothing_holds_up_nobody(server: Running) -> None:
    """Its worker is killed when the time of the stream is over, and its connection dropped by the system."""
    with server.connect() as stalled:
        stalled.sendall(request(ENDLESS))
        assert stalled.recv(10) == b"HTTP/1.1 2"
        assert server.query(LARGE, more="&format=csv&stream=true")[0] == 503  # one stream at a time with two workers
        assert server.query("ASK {}")[0] == 200
        until = time.monotonic() + 20
        while server.query(LARGE, more="&format=csv&stream=true")[0] != 200:
            assert time.monotonic() < until
            time.sleep(0.1)
        assert not received(stalled).endswith(b"0\r\n\r\n")


def test_head_is_never_streamed(server: Running) -> None:
    answer = server.raw(
        f"HEAD /sparql?query={quote(LARGE)}&stream=true HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
    )
    assert answer.startswith(b"HTTP/1.1 503")


def test_closing_a_stream_gives_its_place_back(release: Release) -> None:
    pool = Pool(release.store_path, LIMITS)
    try:
        for _ in range(5):
            stream = pool.stream(job(ENDLESS, "csv"), 5)
            assert isinstance(stream, Stream)
            parts = iter(stream)
            assert next(parts)
            with pytest.raises(workers.BusyError):
                pool.stream(job(ENDLESS, "csv"), 5)
            stream.close()
            stream.close()
        assert pool.run(job("ASK {}"), 5).body
        whole = pool.stream(job("SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 50000", "csv"), 5)
        assert isinstance(whole, Stream)
        assert b"".join(whole).count(b"\r\n") == 50_001
        assert pool.run(job("ASK {}"), 5).body
        assert isinstance(pool.stream(job("ASK {}"), 5), workers.Answer)
    finally:
        pool.close()
