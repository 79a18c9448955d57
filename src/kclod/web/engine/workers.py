"""The pool of query workers as the web process sees it: a bounded queue, a hard deadline, replacement of the dead."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from kclod.web.engine import wire
from kclod.web.engine.keeping import Keeper, Worker
from kclod.web.engine.outcomes import (
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
from kclod.web.engine.streams import Stream
from kclod.web.engine.wire import Job
from kclod.web.limits import Limits

__all__ = (
    "Answer",
    "BusyError",
    "DeadlineError",
    "Load",
    "MalformedQueryError",
    "MemoryLimitError",
    "Pool",
    "QueryError",
    "QueryFailedError",
    "ResultTooLargeError",
    "Spend",
    "Stream",
    "TooManyRowsError",
    "UnacceptableError",
    "WorkerDiedError",
)
_TOO_SOON_TO_BLAME = 0.05
"""Seconds within which the death of a worker is laid to what came before its query."""
_TICK = 0.02
"""What the system's account of processor time may lag behind."""
Spend = Callable[[float], None]
"""Told how many seconds a worker was at work."""


def _free_of_charge(seconds: float) -> None:
    """Nobody pays."""


class _Lane(Enum):
    """Where a query runs: every one in the first at first, and those that take long in the second."""

    QUICK = "quick"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Load:
    """What the pool does at a moment: queries that are tried, that run long, that are streamed, and all of those with
    what waits for them; workers that wait; and since the start, workers that were begun and killed."""

    quick: int
    long: int
    streams: int
    inside: int
    idle: int
    started: int
    killed: int


@dataclass(slots=True)
class _Turn:
    """The place that a query has, and who pays for its time."""

    spend: Spend
    lane: _Lane | None = None
    began: float = 0.0


class Pool:
    """Runs queries in worker processes. Safe for any number of threads; `close` ends every process.

    A query is tried for `quick_seconds` of a processor. One that takes longer goes on if fewer than `workers` others
    do; otherwise it is stopped, and begun again when it can run to its end. So there is always room for a short query
    soon, however many long ones there are.
    """

    def __init__(self, store_path: Path, limits: Limits, dump: Path | None = None) -> None:
        """With a dump, an N-Quads file of all that the store holds, queries are soon answered in memory."""
        self.limits = limits
        self._keeper = Keeper(store_path, limits.memory_bytes, dump, self._renew)
        self._idle: deque[Worker] = deque()
        self._free = {_Lane.QUICK: limits.quick, _Lane.LONG: limits.workers}
        self._inside = 0
        self._streams = 0
        self._turn = threading.Condition()
        self._closed = False

    def run(self, job: Job, seconds: float, spend: Spend = _free_of_charge) -> Answer:
        """The result of a query within `seconds` from now; one of the errors above otherwise."""
        with self._admitted():
            turn, worker, reply, body = self._first(job, time.monotonic() + seconds, spend)
            self._give_back(worker, turn)
            return read(reply, body)

    def stream(self, job: Job, seconds: float, spend: Spend = _free_of_charge) -> Answer | Stream:
        """The result of a query in parts, the first within `seconds` from now; whole when it fits into one.

        Errors as of `run`, and BusyError when as many results are streamed as may be.
        """
        with self._turn:
            if self._streams >= self.limits.streams:
                raise BusyError
            self._streams += 1
        try:
            with self._admitted():
                turn, worker, reply, body = self._first(replace(job, stream=True), time.monotonic() + seconds, spend)
        except QueryError:
            self._end_stream()
            raise

        def release(kept: Worker | None) -> None:
            """Make room for the next query."""
            if kept is not None:
                self._give_back(kept, turn)
            else:
                self._leave(turn)

        if reply.get("outcome") == "part":
            return Stream(
                read(reply, body),
                worker,
                seconds=self.limits.stream_seconds,
                release=release,
                ended=self._end_stream,
            )
        release(worker)
        self._end_stream()
        return read(reply, body)

    def healthy(self) -> bool:
        """Whether a worker can be had."""
        return not self._closed and self._keeper.alive()

    @property
    def in_memory(self) -> bool:
        """Whether queries are answered from a store in memory, as far as there are workers already."""
        return self._keeper.in_memory

    def processes(self) -> tuple[int, ...]:
        """The ids of the workers that wait for a query."""
        with self._turn:
            return tuple(worker.pid for worker in self._idle)

    def load(self) -> Load:
        """What it does now."""
        limits, tally = self.limits, self._keeper.tally
        with self._turn:
            quick, long = (limits.quick - self._free[_Lane.QUICK], limits.workers - self._free[_Lane.LONG])
            return Load(quick, long, self._streams, self._inside, len(self._idle), tally.begun, tally.killed)

    def warm(self) -> None:
        """Start every worker now rather than with the first queries."""
        with self._turn:
            while len(self._idle) < self.limits.workers:
                self._idle.append(self._keeper.start())

    def _renew(self) -> None:
        """Replace the workers that wait: new ones have the store in memory."""
        with self._turn:
            waiting = list(self._idle)
            self._idle.clear()
        for worker in waiting:
            worker.discard()
            self._refill()

    def close(self) -> None:
        """End all workers; queries that run fail with WorkerDiedError."""
        self._closed = True
        self._keeper.close()
        with self._turn:
            while self._idle:
                self._idle.pop().channel.close()

    @contextlib.contextmanager
    def _admitted(self) -> Iterator[None]:
        with self._turn:
            if self._inside >= self.limits.workers + self.limits.queue:
                raise BusyError
            self._inside += 1
        try:
            yield
        finally:
            with self._turn:
                self._inside -= 1

    def _enter(self, turn: _Turn, lane: _Lane, until: float) -> None:
        with self._turn:
            if not self._turn.wait_for(lambda: self._free[lane] > 0, until - time.monotonic()):
                raise BusyError
            self._free[lane] -= 1
        turn.lane, turn.began = lane, time.monotonic()

    def _move(self, turn: _Turn, worker: Worker) -> bool:
        """From the quick lane to the long one, if there is room."""
        with self._turn:
            if self._free[_Lane.LONG] <= 0:
                return False
            self._free[_Lane.LONG] -= 1
            self._free[_Lane.QUICK] += 1
            self._turn.notify_all()
        turn.lane = _Lane.LONG
        worker.yield_to_others()
        return True

    def _leave(self, turn: _Turn) -> None:
        if turn.lane is not None:
            with self._turn:
                self._free[turn.lane] += 1
                self._turn.notify_all()
            turn.lane = None
            turn.spend(time.monotonic() - turn.began)

    def _end_stream(self) -> None:
        with self._turn:
            self._streams -= 1

    def _give_back(self, worker: Worker, turn: _Turn) -> None:
        """Keep the worker for the next query, unless it has yielded to others: no process may take that back."""
        if turn.lane is _Lane.LONG or not self._keeper.started(worker):
            worker.discard()
            self._refill()
        else:
            self._keep(worker)
        self._leave(turn)

    def _keep(self, worker: Worker) -> None:
        with self._turn:
            if not self._closed:
                self._idle.append(worker)
                return
        worker.channel.close()

    def _first(self, job: Job, until: float, spend: Spend) -> tuple[_Turn, Worker, dict[str, object], bytes]:
        """The first reply, and the turn that the worker still has."""
        turn = _Turn(spend)
        try:
            if not job.stream and (found := self._tried(job, until, turn)) is not None:
                return turn, *found
            self._enter(turn, _Lane.LONG, until)
            asked = time.monotonic()
            try:
                worker = self._take()
                worker.yield_to_others()
                return turn, *self._received(self._sent(worker, job, until), until)
            except WorkerDiedError as error:
                return turn, *self._once_more(job, until, asked, error)
        except BaseException:
            self._leave(turn)
            raise

    def _tried(self, job: Job, until: float, turn: _Turn) -> tuple[Worker, dict[str, object], bytes] | None:
        """The reply in the quick lane, or in the long one after it; None when the query must begin again."""
        self._enter(turn, _Lane.QUICK, until)
        asked = time.monotonic()
        try:
            worker = self._sent(self._take(), job, until)
            if self._is_quick(worker, until) or self._move(turn, worker):
                return self._received(worker, until)
        except WorkerDiedError as error:
            return self._once_more(job, until, asked, error)
        worker.discard()
        self._refill()
        self._leave(turn)
        return None

    def _is_quick(self, worker: Worker, until: float) -> bool:
        """Whether a reply, or the deadline, comes before the worker has used its quick seconds of a processor.

        By the clock on the wall a short query would seem long where many wait for a processor.
        """
        limit = worker.processor_seconds() + self.limits.quick_seconds
        while not worker.replies(min(self.limits.quick_seconds, until - time.monotonic())):
            if time.monotonic() >= until:
                return True
            if worker.processor_seconds() >= limit - _TICK:
                return False
        return True

    def _once_more(
        self, job: Job, until: float, asked: float, error: WorkerDiedError
    ) -> tuple[Worker, dict[str, object], bytes]:
        """A worker that was killed while it waited may be taken before that shows; the query is not to blame."""
        if self._closed or time.monotonic() - asked > _TOO_SOON_TO_BLAME:
            raise error
        return self._received(self._sent(self._keeper.start(), job, until), until)

    def _sent(self, worker: Worker, job: Job, until: float) -> Worker:
        try:
            worker.channel.settimeout(max(until - time.monotonic(), 0.001))
            wire.send(worker.channel, job.head(), job.query.encode())
        except TimeoutError:
            worker.discard()
            raise DeadlineError from None
        except OSError:
            raise cause_of_death(worker.bury()) from None
        return worker

    def _received(self, worker: Worker, until: float) -> tuple[Worker, dict[str, object], bytes]:
        try:
            return worker, *wire.receive(worker.channel, until)
        except TimeoutError:
            worker.discard()
            self._refill()
            raise DeadlineError from None
        except (EOFError, OSError):
            raise cause_of_death(worker.bury()) from None

    def _refill(self) -> None:
        """Have a worker open its store now, in place of one that was killed, rather than with the next query."""
        with self._turn:
            if len(self._idle) >= self.limits.workers:
                return
        with contextlib.suppress(WorkerDiedError, OSError):  # the next query will be told
            self._keep(self._keeper.start())

    def _take(self) -> Worker:
        while True:
            with self._turn:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return self._keeper.start()
            if worker.idle() and self._keeper.started(worker):
                return worker
            worker.bury()
