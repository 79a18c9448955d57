"""The real server: clients, a taken port, a prefix, SIGTERM, and nothing left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from lights import BASE
from SPARQLWrapper import CSV, JSON, POST, TURTLE, SPARQLWrapper
from test_workers import CROSS

from kclod.errors import UsageError
from kclod.release import Release
from kclod.web.serve import serve

PROGRAM = """
import sys
from pathlib import Path
from kclod.release import load
from kclod.web.limits import Limits
from kclod.web.serve import serve

limits = Limits(deadline_seconds=float(sys.argv[3]), workers=2)
serve(load(Path(sys.argv[1])), port=0, limits=limits, prefix=sys.argv[2] or None,
      announce=lambda address: print(address, flush=True))
print("ended", flush=True)
"""


def start(release: Release, prefix: str = "", deadline: float = 10.0) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(release.path), prefix, str(deadline)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:"), address
    return process, address


def descendants(pid: int) -> set[int]:
    """The processes below one, found by their parents."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(
                    (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
                )
            except OSError:
                continue
    found: set[int] = set()
    frontier = {pid}
    while frontier:
        frontier = {child for child, parent in parents.items() if parent in frontier}
        found |= frontier
    return found


def gone(pids: set[int], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.02)
    return False


@pytest.fixture(scope="module")
def address(release: Release) -> Iterator[str]:
    process, url = start(release)
    yield url
    process.terminate()
    assert process.wait(10) == 0
    assert process.stdout is not None
    assert process.stdout.read() == "ended\n"
    process.stdout.close()


def get(url: str, **headers: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_sparqlwrapper(address: str) -> None:
    client = SPARQLWrapper(f"{address}sparql")
    client.setQuery(f"SELECT ?l {{ <{BASE}id/light/한글등대> <http://www.w3.org/2004/02/skos/core#prefLabel> ?l }}")
    client.setReturnFormat(JSON)
    assert client.queryAndConvert()["results"]["bindings"][0]["l"]["value"] == "한글 등대"
    client.setMethod(POST)
    client.setReturnFormat(CSV)
    assert client.queryAndConvert().split() == [b"l", *"한글 등대".encode().split()]
    client.setQuery(f"DESCRIBE <{BASE}id/light/alpha>")
    client.setReturnFormat(TURTLE)
    assert b"Alpha Light" in client.queryAndConvert()


def test_cross_join_is_stopped_while_pages_answer(address: str) -> None:
    outcome: list[tuple[int, bytes, float]] = []

    def ask() -> None:
        started = time.monotonic()
        status, body = get(f"{address}sparql?query={urllib.request.quote(CROSS)}&timeout=1")
        outcome.append((status, body, time.monotonic() - started))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    times = []
    while any(thread.is_alive() for thread in threads):
        started = time.monotonic()
        assert get(f"{address}page/light/alpha")[0] == 200
        times.append(time.monotonic() - started)
    for thread in threads:
        thread.join()
    assert [status for status, _, _ in outcome] == [503] * 4
    assert all(b'"detail"' in body and seconds < 4.5 for _, body, seconds in outcome)
    assert sorted(times)[len(times) // 2] < 0.5
    assert get(f"{address}sparql?query=ASK%7B%7D") == (200, b'{"head":{},"boolean":true}')


def test_korean_addresses(address: str) -> None:
    status, body = get(f"{address}id/light/%ED%95%9C%EA%B8%80%EB%93%B1%EB%8C%80", Accept="application/n-triples")
    assert status == 200
    assert f"<{BASE}id/light/한글등대>".encode() in body


def test_chunked_bodies(address: str) -> None:
    request = urllib.request.Request(
        f"{address}sparql",
        data=iter([b"ASK ", b"{}"]),
        headers={"Content-Type": "application/sparql-query"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        assert response.read() == b'{"head":{},"boolean":true}'


def test_a_prefix(release: Release) -> None:
    process, url = start(release, "/lights")
    try:
        assert url.endswith("/lights/")
        status, body = get(f"{url}page/light/alpha", Accept="text/html")
        assert status == 200
        assert b'href="/lights/browse"' in body
        assert b'href="/browse"' not in body
    finally:
        process.terminate()
        assert process.wait(10) == 0
        process.communicate(timeout=5)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_everything_even_at_work(release: Release, number: signal.Signals) -> None:
    process, url = start(release)
    below = descendants(process.pid)
    assert len(below) >= 4, "web process, keeper, two workers"
    threading.Thread(
        target=lambda: get_quietly(f"{url}sparql?query={urllib.request.quote(CROSS)}&timeout=1"), daemon=True
    ).start()
    time.sleep(0.2)
    process.send_signal(number)
    assert process.wait(20) == 0
    process.communicate(timeout=5)
    assert gone(below, 10)


def test_what_was_accepted_is_answered_before_the_end(release: Release) -> None:
    """A query may take as long as it may when the server is told to stop: here, until its deadline."""
    process, url = start(release, deadline=4.0)
    answers: list[tuple[int, bytes]] = []
    asking = threading.Thread(target=lambda: answers.append(get(f"{url}sparql?query={urllib.request.quote(CROSS)}")))
    asking.start()
    time.sleep(0.3)
    process.terminate()
    asking.join()
    assert [status for status, _ in answers] == [503]
    assert b'"deadline"' in answers[0][1]
    assert process.wait(20) == 0
    process.communicate(timeout=5)


@pytest.mark.parametrize("kind", ["file", "abstract"])
def test_a_service_manager_is_told_when_the_site_answers(
    kind: str, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        name = f"kclod-{os.getpid()}-{time.monotonic_ns()}"
        manager.bind(str(tmp_path / "notify") if kind == "file" else f"\0{name}")
        manager.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify") if kind == "file" else f"@{name}")
        process, _ = start(release)
        try:
            assert manager.recv(64) == b"READY=1"
        finally:
            process.terminate()
            assert process.wait(10) == 0
            process.communicate(timeout=5)


def test_a_killed_supervisor_takes_everything_along(release: Release) -> None:
    process, _ = start(release)
    below = descendants(process.pid)
    process.kill()
    process.wait(20)
    assert gone(below, 10)
    process.communicate(timeout=5)


def get_quietly(url: str) -> None:
    try:
        get(url)
    except OSError:
        return


def test_a_taken_port(release: Release) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match=r"serve\.address.*taken"):
            serve(release, port=taken.getsockname()[1])


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("192.0.2.1", 8123), ("no.such.host.invalid", 8123)])
def test_an_impossible_address(release: Release, host: str, port: int) -> None:
    with pytest.raises(UsageError, match=r"serve\.address"):
        serve(release, host=host, port=port)
