"""The store in memory: read beside the one on disk, shared by all workers, and given up when it cannot be had."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bounds import LIMITS, until

from kclod.release import Release
from kclod.web.engine import workers
from kclod.web.engine.wire import Job
from kclod.web.engine.workers import Pool
from kclod.web.publication import Publication

CROSS = "SELECT (COUNT(*) AS ?n) { GRAPH ?x { ?a ?b ?c } GRAPH ?y { ?d ?e ?f } GRAPH ?z { ?g ?h ?i } }"
IN_GRAPHS = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"


def job(query: str) -> Job:
    return Job(query, "https://b.example/", "json", None, None, None, LIMITS.max_result_bytes, LIMITS.table_rows)


def dump(release: Release) -> Path:
    (found,) = (dump.path for dump in release.dumps if dump.path.suffix == ".nq")
    return found


@pytest.fixture
def pool(release: Release) -> Iterator[Pool]:
    made = Pool(release.store_path, LIMITS, dump(release))
    made.warm()
    until(lambda: made.in_memory)
    yield made
    made.close()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_answers_are_those_of_the_store_on_disk(pool: Pool, release: Release) -> None:
    on_disk = Pool(release.store_path, LIMITS)
    try:
        assert not on_disk.in_memory
        assert pool.run(job(IN_GRAPHS), 5).body == on_disk.run(job(IN_GRAPHS), 5).body
    finally:
        on_disk.close()


def test_the_store_on_disk_is_not_looked_at_any_more(release: Release, tmp_path: Path) -> None:
    pool = Pool(tmp_path / "nothing", LIMITS, dump(release))
    try:
        with pytest.raises(workers.WorkerDiedError):
            pool.run(job(IN_GRAPHS), 5)  # until the store is in memory
        until(lambda: pool.in_memory)
        assert b"bindings" in pool.run(job(IN_GRAPHS), 5).body
    finally:
        pool.close()


def test_a_runaway_query_is_stopped_and_the_next_one_is_answered(pool: Pool) -> None:
    with pytest.raises(workers.DeadlineError):
        pool.run(job(CROSS), 0.4)
    assert pool.run(job("ASK {}"), 5).body
    assert pool.in_memory


def test_workers_that_waited_are_replaced(pool: Pool) -> None:
    pool.run(job("ASK {}"), 5)
    until(lambda: len({parent_of(pid) for pid in pool.processes()}) == 1)


def test_when_its_process_dies_the_store_on_disk_has_to_do(pool: Pool) -> None:
    pool.run(job("ASK {}"), 5)
    os.kill(parent_of(pool.processes()[0]), signal.SIGKILL)
    until(lambda: not pool.in_memory)
    assert b"bindings" in pool.run(job(IN_GRAPHS), 5).body
    assert pool.healthy()
    assert not pool.in_memory


def test_a_dump_that_cannot_be_read_is_told(release: Release, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pool = Pool(release.store_path, LIMITS, tmp_path / "nothing.nq")
    try:
        pool.warm()
        until(lambda: "could not be read into memory" in caplog.text)
        assert pool.run(job("ASK {}"), 5).body
    finally:
        pool.close()


def test_a_store_that_takes_more_than_it_may_is_left_on_disk(release: Release) -> None:
    for limits, held in ((replace(LIMITS, store_bytes=1 << 30), True), (replace(LIMITS, store_bytes=1000), False)):
        publication = Publication.open(release, limits, None)
        try:
            publication.pool.warm()
            if held:
                until(lambda pool=publication.pool: pool.in_memory)
            else:
                time.sleep(0.5)
                assert not publication.pool.in_memory
        finally:
            publication.pool.close()
