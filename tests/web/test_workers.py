"""The pool: deadlines, memory, replacement, the queue; and workers that reach no network."""

from __future__ import annotations

import http.server
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from bounds import LIMITS, until

from kclod.release import Release
from kclod.web.engine import workers
from kclod.web.engine.wire import Job
from kclod.web.engine.workers import Pool

CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
BOMB = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a ?d ?g"


def job(query: str, results: str | None = "json", graphs: str | None = "nt") -> Job:
    return Job(query, "https://b.example/", results, graphs, None, None, LIMITS.max_result_bytes, LIMITS.table_rows)


@pytest.fixture(scope="module")
def pool(release: Release) -> Iterator[Pool]:
    made = Pool(release.store_path, LIMITS)
    made.warm()
    yield made
    made.close()


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_answers(pool: Pool) -> None:
    found = pool.run(job("ASK {}"), 5)
    assert (found.kind, found.format, found.body) == ("boolean", "json", b'{"head":{},"boolean":true}')


def test_malformed_with_its_place(pool: Pool) -> None:
    with pytest.raises(workers.MalformedQueryError) as caught:
        pool.run(job("SELECT *\n{ ?s ?p }"), 5)
    assert (caught.value.line, caught.value.column) == (2, 10)  # where the engine noticed: after the brace


def test_deadline_is_kept_and_the_worker_replaced(pool: Pool) -> None:
    before = set(pool.processes())
    started = time.monotonic()
    with pytest.raises(workers.DeadlineError):
        pool.run(job(CROSS), 0.4)
    assert 0.4 <= time.monotonic() - started < 5
    assert pool.run(job("ASK {}"), 5).body
    assert pool.run(job("ASK {}"), 5).body
    dead = before - set(pool.processes())
    assert len(dead) == 1
    until(lambda: not any(map(alive, dead)))  # it was killed; on a busy machine it takes its time to end


def test_memory_bomb_ends_only_its_worker(pool: Pool) -> None:
    with pytest.raises(workers.MemoryLimitError):
        pool.run(job(BOMB), 20)
    assert pool.run(job("ASK {}"), 5).body


def test_large_results_are_refused_whole(pool: Pool) -> None:
    with pytest.raises((workers.ResultTooLargeError, workers.TooManyRowsError)):
        pool.run(job("SELECT * { ?a ?b ?c . ?d ?e ?f }"), 20)
    with pytest.raises(workers.ResultTooLargeError):
        pool.run(job("SELECT * { GRAPH ?x { ?a ?b ?c } GRAPH ?y { ?d ?e ?f } }"), 20)
    with pytest.raises(workers.ResultTooLargeError):
        pool.run(replace(job("SELECT * { ?a ?b ?c }"), max_bytes=1000), 20)
    assert pool.run(job("ASK {}"), 5).body


def test_a_killed_worker_does_not_fail_the_next_query(pool: Pool) -> None:
    pool.warm()
    for pid in pool.processes():
        os.kill(pid, signal.SIGKILL)
    assert pool.run(job("ASK {}"), 5).body


def test_a_worker_killed_at_work_is_told(pool: Pool) -> None:
    pool.warm()
    idle = set(pool.processes())
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(pool.run, job(CROSS), 10)
        until(lambda: idle - set(pool.processes()) != set())
        time.sleep(0.3)  # what dies at once is not blamed on its query
        (busy,) = idle - set(pool.processes())
        os.kill(busy, signal.SIGKILL)
        with pytest.raises(workers.WorkerDiedError, match="SIGKILL"):
            running.result(5)


def test_a_full_queue_is_refused_at_once(pool: Pool) -> None:
    places = LIMITS.workers + LIMITS.queue
    with ThreadPoolExecutor(places) as threads:
        running = [threads.submit(pool.run, job(CROSS), 2.0) for _ in range(places)]
        until(lambda: pool.load().inside == places)
        started = time.monotonic()
        with pytest.raises(workers.BusyError):
            pool.run(job("ASK {}"), 20)
        assert time.monotonic() - started < 1
        outcomes = {type(future.exception()) for future in running}
    assert outcomes <= {workers.DeadlineError, workers.BusyError}
    assert pool.run(job("ASK {}"), 5).body


def test_the_keeper_may_die_too(release: Release) -> None:
    pool = Pool(release.store_path, LIMITS)
    pool.warm()
    children = pool.processes()
    keeper = int(Path(f"/proc/{children[0]}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    os.kill(keeper, signal.SIGKILL)
    assert pool.run(job("ASK {}"), 5).body
    assert pool.healthy()
    pool.close()
    until(lambda: not any(map(alive, children)))
    assert not pool.healthy()


def test_what_is_closed_answers_nothing(release: Release) -> None:
    pool = Pool(release.store_path, LIMITS)
    pool.warm()
    children = pool.processes()
    pool.close()
    assert len(children) == LIMITS.workers
    assert not any(map(alive, children))
    with pytest.raises(workers.WorkerDiedError):
        pool.run(job("ASK {}"), 1)


def test_no_network_even_past_the_guard(pool: Pool) -> None:
    """The engine's SERVICE is live; the guard is not asked here, so this shows the second wall."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_error(500)

        def do_GET(self) -> None:
            self.do_POST()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with pytest.raises(workers.QueryFailedError):
            pool.run(job(f"SELECT * {{ SERVICE <http://127.0.0.1:{server.server_port}/> {{ ?s ?p ?o }} }}"), 5)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == []


def test_trivial_queries_are_cheap(pool: Pool) -> None:
    pool.run(job("ASK {}"), 5)
    times = []
    for _ in range(100):
        started = time.perf_counter()
        pool.run(job("ASK {}"), 5)
        times.append(time.perf_counter() - started)
    assert sorted(times)[50] < 0.02  # about 0.3 ms on a quiet machine
