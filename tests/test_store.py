"""The embedded store is read by many processes at once; a remote endpoint's every failure is told in words."""

from __future__ import annotations

import json
import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
import pytest

from kclod import rdf
from kclod.errors import UsageError
from kclod.remote.asking import remote_query
from kclod.store import Loading, load_store, memory_store, open_read_only

A, P = ox.NamedNode("http://l.example/a"), ox.NamedNode("http://l.example/p")
QUADS = [ox.Quad(A, P, ox.Literal("x")), ox.Quad(A, P, ox.Literal("y"), ox.NamedNode("http://l.example/g"))]
JSON = "application/sparql-results+json"
EMPTY = b'{"head": {"vars": []}, "results": {"bindings": []}}'


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "dump.nq"
    path.write_bytes(rdf.canonical(QUADS))
    return path


def test_a_store_reads_back_what_was_loaded(tmp_path: Path, dump: Path) -> None:
    load_store(tmp_path / "store", dump)
    assert set(open_read_only(tmp_path / "store")) == set(QUADS) == set(memory_store(QUADS))


def test_a_store_opened_for_reading_cannot_be_changed(tmp_path: Path, dump: Path) -> None:
    load_store(tmp_path / "store", dump)
    before = {p.name: p.read_bytes() for p in (tmp_path / "store").iterdir()}
    with pytest.raises(RuntimeError):
        open_read_only(tmp_path / "store").add(QUADS[0])
    assert {p.name: p.read_bytes() for p in (tmp_path / "store").iterdir()} == before


def test_a_store_made_by_another_process_can_be_added_to(tmp_path: Path, dump: Path) -> None:
    more = ox.Quad(A, P, A)
    with Loading(tmp_path / "store", dump) as loading:
        store = loading.opened()
        store.extend([more])
        store.flush()
        del store
    assert set(open_read_only(tmp_path / "store")) == {*QUADS, more}


def test_a_process_that_fails_to_make_a_store_is_a_usage_error(tmp_path: Path) -> None:
    with Loading(tmp_path / "store", tmp_path / "none.nq") as loading, pytest.raises(UsageError, match="unwritable"):
        loading.opened()


def count(path: Path) -> int:
    return len(open_read_only(path))


def test_many_processes_read_one_store_at_once(tmp_path: Path, dump: Path) -> None:
    load_store(tmp_path / "store", dump)
    here = open_read_only(tmp_path / "store")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(count, [tmp_path / "store"] * 4) == [2, 2, 2, 2]
    assert len(here) == 2


def test_a_store_is_made_once(tmp_path: Path, dump: Path) -> None:
    load_store(tmp_path / "store", dump)
    with pytest.raises(UsageError, match=r"store\.exists"):
        load_store(tmp_path / "store", dump)
    assert len(open_read_only(tmp_path / "store")) == 2


def test_a_store_that_cannot_be_written_is_a_usage_error(tmp_path: Path, dump: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"store\.unwritable"):
        load_store(tmp_path / "file" / "store", dump)


def test_a_store_that_is_not_there_or_is_none_is_a_usage_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(UsageError, match=r"store\.unreadable"):
            open_read_only(path)
    assert list(tmp_path.iterdir()) == []


# Remote


class Endpoint(BaseHTTPRequestHandler):
    """Answers as the path says, and keeps what it was asked."""

    asked: list[tuple[str, dict[str, list[str]], str | None]]

    def answer(self, parameters: dict[str, list[str]]) -> None:
        type(self).asked.append((self.command, parameters, self.headers["Accept"]))
        what = urlsplit(self.path).path.strip("/")
        if what.isdigit():
            self.reply(int(what), "text/plain; charset=utf-8", "틀렸다 line 1".encode())
        elif what == "html":
            self.reply(200, "text/html", b"<h1>hello</h1>")
        elif what == "slow":
            time.sleep(20)
        elif what == "drip":
            self.send_response(200)
            self.send_header("Content-Type", JSON)
            self.end_headers()
            for _ in range(200):
                time.sleep(0.1)
                self.wfile.write(b" ")
        elif what == "cut":
            self.reply(200, JSON, b"{", length=100)
        elif what == "garbage":
            self.wfile.write(b"no http at all\r\n\r\n")
        else:
            self.reply(200, f"{JSON.upper()}; charset=utf-8", EMPTY)

    def reply(self, status: int, media_type: str, body: bytes, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.answer(parse_qs(urlsplit(self.path).query))

    def do_POST(self) -> None:
        self.answer(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))

    def log_message(self, *args: object) -> None:
        pass


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, *args: object) -> None:
        """A client that gave up is what is tested."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    Endpoint.asked = []
    server = QuietServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_answer_comes_as_it_was_sent(endpoint: str) -> None:
    media_type, body = remote_query(endpoint, "SELECT * { ?s ?p '등대' }", JSON, 5)
    assert (media_type, body) == (JSON, EMPTY)
    assert Endpoint.asked == [("GET", {"query": ["SELECT * { ?s ?p '등대' }"]}, JSON)]


def test_a_long_query_is_posted(endpoint: str) -> None:
    query = f"SELECT * {{ ?s ?p '{'x' * 3000}' }}"
    remote_query(endpoint, query, f"{JSON}, text/csv;q=0.5", 5)
    assert Endpoint.asked == [("POST", {"query": [query]}, f"{JSON}, text/csv;q=0.5")]


@pytest.mark.parametrize("accept", ["*/*", "text/turtle, */*;q=0.1", "application/*", JSON.upper()])
def test_the_accepted_media_types_may_be_ranges(endpoint: str, accept: str) -> None:
    assert json.loads(remote_query(endpoint, "ASK {}", accept, 5)[1])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 414, 429, 500, 503])
def test_an_http_error_shows_the_servers_words(endpoint: str, status: int) -> None:
    with pytest.raises(UsageError, match=rf"remote\.http.*HTTP Error {status}: .*틀렸다 line 1"):
        remote_query(f"{endpoint}{status}", "SELECT * {}", JSON, 5)


def test_another_media_type_than_asked_for_is_refused(endpoint: str) -> None:
    with pytest.raises(UsageError, match=r"remote\.media-type.*text/html.*<h1>hello</h1>"):
        remote_query(f"{endpoint}html", "SELECT * {}", JSON, 5)


@pytest.mark.parametrize("path", ["slow", "drip"])
def test_the_time_is_for_the_whole_answer(endpoint: str, path: str) -> None:
    began = time.monotonic()
    with pytest.raises(UsageError, match=r"remote\.timeout.*within 1 s"):
        remote_query(f"{endpoint}{path}", "SELECT * {}", JSON, 1)
    assert time.monotonic() - began < 10  # both go on for twenty


@pytest.mark.parametrize("path", ["cut", "garbage"])
def test_a_broken_answer_is_a_usage_error(endpoint: str, path: str) -> None:
    with pytest.raises(UsageError, match=r"remote\.network"):
        remote_query(f"{endpoint}{path}", "SELECT * {}", JSON, 5)


def test_a_refused_connection_is_a_usage_error() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(UsageError, match=r"remote\.refused.*nothing listens"):
        remote_query(f"http://127.0.0.1:{port}/", "SELECT * {}", JSON, 5)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://l.example/", "l.example", "http://", ""])
def test_only_http_addresses_are_asked(address: str) -> None:
    with pytest.raises(UsageError, match=r"remote\.address"):
        remote_query(address, "SELECT * {}", JSON, 5)


@pytest.mark.parametrize("update", ["INSERT DATA { <a:b> <a:b> <a:b> }", "PREFIX a: <a:> DROP ALL", "#\nCLEAR DEFAULT"])
def test_updates_are_not_sent(endpoint: str, update: str) -> None:
    with pytest.raises(UsageError, match=r"remote\.update"):
        remote_query(endpoint, update, JSON, 5)
    assert Endpoint.asked == []
