"""The pool of query workers as the web process sees it: a bounded queue, a hard deadline, replacement of the dead."""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from kclod.web import wire
from kclod.web.limits import Limits
from kclod.web.wire import Job

_log = logging.getLogger(__name__)
_TOO_SOON_TO_BLAME = 0.05
"""Seconds within which the death of a worker is laid to what came before its query."""


class QueryError(Exception):
    """A query that gets no result."""


class BusyError(QueryError):
    """The queue is full, or no worker became free before the deadline."""


class DeadlineError(QueryError):
    """The query ran until its deadline and was killed."""


class MemoryLimitError(QueryError):
    """The query wanted more memory than it may have."""


class WorkerDiedError(QueryError):
    """The worker ended in the middle of the query, and not for its deadline or memory."""


class ResultTooLargeError(QueryError):
    """The serialised result is larger than the limit."""


class QueryFailedError(QueryError):
    """The engine could not finish the query; the message is the engine's."""


class UnacceptableError(QueryError):
    """The result is of a kind (bindings, boolean, graph) for which no format was acceptable."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class MalformedQueryError(QueryError):
    """Not a SPARQL 1.1 query. Line and column count from 1 and are None where the engine does not tell."""

    def __init__(self, message: str, line: int | None, column: int | None) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole result: its kind (`bindings`, `boolean`, `graph`), the name of its format, and its bytes."""

    kind: str
    format: str
    body: bytes


@dataclass(eq=False, slots=True)
class _Worker:
    pid: int
    channel: socket.socket

    def idle(self) -> bool:
        """Alive, as far as can be seen: a worker that waits has sent nothing, and a dead one has closed its end."""
        return not select.select([self.channel], [], [], 0)[0]


class Pool:
    """Runs queries in worker processes. Safe for any number of threads; `close` ends every process."""

    def __init__(self, store_path: Path, limits: Limits) -> None:
        self.limits = limits
        self._keeper = _Keeper(store_path, limits.memory_bytes)
        self._idle: deque[_Worker] = deque()
        self._free = limits.workers
        self._waiting = 0
        self._turn = threading.Condition()
        self._closed = False

    def run(self, job: Job, seconds: float) -> Answer:
        """The result of a query within `seconds` from now; one of the errors above otherwise."""
        until = time.monotonic() + seconds
        self._enter(until)
        try:
            asked = time.monotonic()
            try:
                return self._answer(self._take(), job, until)
            except WorkerDiedError:
                # A worker that was killed while it waited may be taken before that shows; the query is not to blame.
                if self._closed or time.monotonic() - asked > _TOO_SOON_TO_BLAME:
                    raise
                return self._answer(self._keeper.start(), job, until)
        finally:
            with self._turn:
                self._free += 1
                self._turn.notify()

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

    def _answer(self, worker: _Worker, job: Job, until: float) -> Answer:
        try:
            worker.channel.settimeout(max(until - time.monotonic(), 0.001))
            wire.send(worker.channel, asdict(replace(job, query="")), job.query.encode())
            reply, body = wire.receive(worker.channel, until)
        except TimeoutError:
            worker.channel.close()
            self._keeper.kill(worker.pid)
            raise DeadlineError from None
        except (EOFError, OSError):
            raise _cause_of_death(self._bury(worker)) from None
        with self._turn:
            self._idle.append(worker)
        return _read(reply, body)

    def _take(self) -> _Worker:
        while True:
            with self._turn:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return self._keeper.start()
            if worker.idle():
                return worker
            self._bury(worker)

    def _bury(self, worker: _Worker) -> int | None:
        worker.channel.close()
        return self._keeper.end(worker.pid)


def _cause_of_death(status: int | None) -> QueryError:
    """The engine aborts when it cannot allocate; other signals come from outside or from a fault."""
    if status is not None and os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGABRT:
            return MemoryLimitError()
        return WorkerDiedError(f"ended by {signal.Signals(number).name}")
    return WorkerDiedError("ended")


def _read(reply: dict[str, object], body: bytes) -> Answer:
    match reply:
        case {"outcome": "answer", "kind": str(kind), "format": str(name)}:
            return Answer(kind, name, body)
        case {"outcome": "malformed", "message": str(message), "line": int(line), "column": int(column)}:
            raise MalformedQueryError(message, line, column)
        case {"outcome": "malformed", "message": str(message)}:
            raise MalformedQueryError(message, None, None)
        case {"outcome": "unacceptable", "kind": str(kind)}:
            raise UnacceptableError(kind)
        case {"outcome": "too-large"}:
            raise ResultTooLargeError
        case {"outcome": "memory"}:
            raise MemoryLimitError
    raise QueryFailedError(str(reply.get("message")))


class _Keeper:
    """The keeper process; started again should it die."""

    def __init__(self, store_path: Path, memory_bytes: int) -> None:
        self._arguments = (str(store_path), str(memory_bytes))
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False

    def alive(self) -> bool:
        """Whether it runs, or could be started now."""
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                self._drop()
            try:
                self._connected()
            except (EOFError, OSError, WorkerDiedError):
                return False
            return True

    def start(self) -> _Worker:
        """A new worker, which opens its store while its first query is on the way."""
        with self._lock:
            for _ in range(2):
                control = self._connected()
                try:
                    wire.send(control, {"do": "start"})
                    reply, _ = wire.receive(control)
                    _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
                    return _Worker(int(str(reply["pid"])), socket.socket(fileno=descriptors[0]))
                except (EOFError, OSError):
                    self._drop()
            raise WorkerDiedError("cannot be started")

    def end(self, pid: int) -> int | None:
        """Kill a worker; its wait status, or None when the keeper is gone, and the worker with it."""
        status = self._tell({"do": "end", "pid": pid}).get("status")
        return status if isinstance(status, int) else None

    def kill(self, pid: int) -> None:
        """Kill a worker, and do not wait until it has ended."""
        self._tell({"do": "kill", "pid": pid})

    def _tell(self, request: dict[str, object]) -> dict[str, object]:
        with self._lock:
            if self._control is None:
                return {}
            try:
                wire.send(self._control, request)
                return wire.receive(self._control)[0]
            except (EOFError, OSError):
                self._drop()
                return {}

    def close(self) -> None:
        """End it for good."""
        with self._lock:
            self._ended = True
            self._drop()

    def _connected(self) -> socket.socket:
        if self._ended:
            raise WorkerDiedError("the pool is closed")
        if self._control is not None:
            return self._control
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 # our own module and our own paths
                [sys.executable, "-m", "kclod.web.keeper", *self._arguments],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # the terminal's Ctrl-C is the web process's to handle
            )
        self._control = ours
        greeting, _ = wire.receive(ours)
        if greeting.get("network") != "closed":
            _log.warning("this system cannot close the network to query workers; SERVICE is refused by parsing alone")
        return ours

    def _drop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
