"""The pool of query workers as the web process sees it: a bounded queue, a hard deadline, replacement of the dead."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from kclod.web import wire
from kclod.web.keeping import Keeper, Worker
from kclod.web.limits import Limits
from kclod.web.outcomes import (
    Answer,
    BusyError,
    DeadlineError,
    MalformedQueryError,
    MemoryLimitError,
    QueryError,
    QueryFailedError,
    ResultTooLargeError,
    TooManyRowsError,
    UnacceptableError,
    WorkerDiedError,
    cause_of_death,
    read,
)
from kclod.web.wire import Job

__all__ = (
    "Answer",
    "BusyError",
    "DeadlineError",
    "MalformedQueryError",
    "MemoryLimitError",
    "Pool",
    "QueryError",
    "QueryFailedError",
    "ResultTooLargeError",
    "Stream",
    "TooManyRowsError",
    "UnacceptableError",
    "WorkerDiedError",
)
_TOO_SOON_TO_BLAME = 0.05
"""Seconds within which the death of a worker is laid to what came before its query."""
Spend = Callable[[float], None]
"""Told how many seconds a worker was at work."""


def _free_of_charge(seconds: float) -> None:
    """Nobody pays."""


class Pool:
    """Runs queries in worker processes. Safe for any number of threads; `close` ends every process."""

    def __init__(self, store_path: Path, limits: Limits) -> None:
        self.limits = limits
        self._keeper = Keeper(store_path, limits.memory_bytes)
        self._idle: deque[Worker] = deque()
        self._free = limits.workers
        self._waiting = 0
        self._streams = 0
        self._turn = threading.Condition()
        self._closed = False

    def run(self, job: Job, seconds: float, spend: Spend = _free_of_charge) -> Answer:
        """The result of a query within `seconds` from now; one of the errors above otherwise."""
        until = time.monotonic() + seconds
        self._enter(until)
        began = time.monotonic()
        try:
            worker, reply, body = self._first(job, until)
            self._keep(worker)
        finally:
            self._leave()
            spend(time.monotonic() - began)
        return read(reply, body)

    def stream(self, job: Job, seconds: float, spend: Spend = _free_of_charge) -> Answer | Stream:
        """The result of a query in parts, the first within `seconds` from now; whole when it fits into one.

        Errors as of `run`, and BusyError when as many results are streamed as may be.
        """
        until = time.monotonic() + seconds
        with self._turn:
            if self._streams >= self.limits.streams:
                raise BusyError
            self._streams += 1
        try:
            self._enter(until)
        except BusyError:
            self._end_stream()
            raise
        began = time.monotonic()

        def release(kept: Worker | None) -> None:
            """Make room for the next query."""
            if kept is not None:
                self._keep(kept)
            self._leave()
            spend(time.monotonic() - began)

        try:
            worker, reply, body = self._first(replace(job, stream=True), until)
            first = read(reply, body)
        except QueryError:
            release(None)
            self._end_stream()
            raise
        if reply.get("outcome") == "part":
            return Stream(
                first,
                worker,
                self._keeper,
                seconds=self.limits.stream_seconds,
                release=release,
                ended=self._end_stream,
            )
        release(worker)
        self._end_stream()
        return first

    def healthy(self) -> bool:
        """Whether a worker can be had."""
        return not self._closed and self._keeper.alive()

    def processes(self) -> tuple[int, ...]:
        """The ids of the workers that wait for a query."""
        with self._turn:
            return tuple(worker.pid for worker in self._idle)

    def warm(self) -> None:
        """Start every worker now rather than with the first queries."""
        with self._turn:
            while len(self._idle) < self._free:
                self._idle.append(self._keeper.start())

    def close(self) -> None:
        """End all workers; queries that run fail with WorkerDiedError."""
        self._closed = True
        self._keeper.close()
        with self._turn:
            while self._idle:
                self._idle.pop().channel.close()

    def _enter(self, until: float) -> None:
        with self._turn:
            if self._free <= 0 and self._waiting >= self.limits.queue:
                raise BusyError
            self._waiting += 1
            try:
                if not self._turn.wait_for(lambda: self._free > 0, until - time.monotonic()):
                    raise BusyError
            finally:
                self._waiting -= 1
            self._free -= 1

    def _leave(self) -> None:
        with self._turn:
            self._free += 1
            self._turn.notify()

    def _end_stream(self) -> None:
        with self._turn:
            self._streams -= 1

    def _keep(self, worker: Worker) -> None:
        with self._turn:
            if not self._closed:
                self._idle.append(worker)
                return
        worker.channel.close()

    def _first(self, job: Job, until: float) -> tuple[Worker, dict[str, object], bytes]:
        asked = time.monotonic()
        try:
            return self._ask(self._take(), job, until)
        except WorkerDiedError:
            # A worker that was killed while it waited may be taken before that shows; the query is not to blame.
            if self._closed or time.monotonic() - asked > _TOO_SOON_TO_BLAME:
                raise
            return self._ask(self._keeper.start(), job, until)

    def _ask(self, worker: Worker, job: Job, until: float) -> tuple[Worker, dict[str, object], bytes]:
        try:
            worker.channel.settimeout(max(until - time.monotonic(), 0.001))
            wire.send(worker.channel, asdict(replace(job, query="")), job.query.encode())
            return worker, *wire.receive(worker.channel, until)
        except TimeoutError:
            self._keeper.discard(worker)
            raise DeadlineError from None
        except (EOFError, OSError):
            raise cause_of_death(self._keeper.bury(worker)) from None

    def _take(self) -> Worker:
        while True:
            with self._turn:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return self._keeper.start()
            if worker.idle():
                return worker
            self._keeper.bury(worker)


class Stream:
    """A result in parts. Iterate over it once, and close it: an error of `Pool.run` comes where the result breaks off.

    A worker whose result is not read to its end, or not in time, is killed; so the slowest of readers keeps a thread
    of the web process, but no worker.
    """

    def __init__(
        self,
        first: Answer,
        worker: Worker,
        keeper: Keeper,
        *,
        seconds: float,
        release: Callable[[Worker | None], None],
        ended: Callable[[], None],
    ) -> None:
        self.kind, self.format = first.kind, first.format
        self._first, self._worker, self._keeper = first.body, worker, keeper
        self._release, self._ended = release, ended
        self._lock = threading.Lock()
        self._working, self._open, self._late, self._whole = True, True, False, False
        worker.channel.settimeout(None)
        self._alarm = threading.Timer(seconds, self._expire)
        self._alarm.daemon = True
        self._alarm.start()

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield self._first
            while True:
                try:
                    reply, body = wire.receive(self._worker.channel)
                except (EOFError, OSError):
                    status = self._keeper.end(self._worker.pid)
                    raise DeadlineError if self._late else cause_of_death(status) from None
                last = reply.get("outcome") != "part"
                if last:
                    self._whole = self._give_back(self._worker)
                yield read(reply, body).body
                if last:
                    return
        finally:
            self.close()

    def close(self) -> None:
        """Kill the worker unless the result was read to its end."""
        if self._give_back(None):
            self._keeper.kill(self._worker.pid)
        with self._lock:
            was_open, self._open = self._open, False
        if was_open:
            self._alarm.cancel()
            if not self._whole:
                self._worker.channel.close()
            self._ended()

    def _expire(self) -> None:
        """Only kills: another thread may be reading from the channel, and then finds its end."""
        self._late = True
        if self._give_back(None):
            self._keeper.kill(self._worker.pid)

    def _give_back(self, kept: Worker | None) -> bool:
        """Make room for another query, once; False when it was done before."""
        with self._lock:
            was_working, self._working = self._working, False
        if was_working:
            self._release(kept)
        return was_working
