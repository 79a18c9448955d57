"""Answers that are kept: a release never changes, and so neither does the answer of a query while it is served."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass

from kclod.web.engine.outcomes import Answer, BusyError, DeadlineError

_OVERHEAD = 512
"""Bytes that an entry takes beside its body and key, roughly."""


@dataclass(frozen=True, slots=True)
class Found:
    """An answer and where it came from: `hit` (kept), `collapsed` (another request's run) or `miss` (this one's)."""

    answer: Answer
    origin: str


@dataclass(frozen=True, slots=True)
class _Flight:
    future: Future[Answer]
    until: float


class Cache:
    """Answers by key, the least recently used dropped when they take more than `bound` bytes. Safe for threads.

    While one request runs a query, others with the same key wait for it, at most `followers` of them.
    """

    def __init__(self, bound: int, followers: int) -> None:
        self._bound, self._places = bound, followers
        self._kept: OrderedDict[Hashable, tuple[Answer, int]] = OrderedDict()
        self._size = 0
        self._flights: dict[Hashable, _Flight] = {}
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes that the kept answers take."""
        return self._size

    @property
    def entries(self) -> int:
        """Answers that are kept."""
        return len(self._kept)

    def get(self, key: Hashable) -> Answer | None:
        """The kept answer."""
        with self._lock:
            return self._recent(key)

    def _recent(self, key: Hashable) -> Answer | None:
        entry = self._kept.get(key)
        if entry is None:
            return None
        self._kept.move_to_end(key)
        return entry[0]

    def get_or_run(self, key: Hashable, seconds: float, run: Callable[[], Answer]) -> Found:
        """The kept answer, that of a run under way, or that of `run`, within `seconds`. Errors are those of `run`.

        An error of another's run is this one's too, except that a run that had less time is tried again with more.
        BusyError when too many wait for others, DeadlineError when the time is over.
        """
        until = time.monotonic() + seconds
        while True:
            with self._lock:
                if (kept := self._recent(key)) is not None:
                    return Found(kept, "hit")
                flight = self._flights.get(key)
                if flight is None:
                    flight = self._flights[key] = _Flight(Future(), until)
                    break
                if self._places <= 0:
                    raise BusyError
                self._places -= 1
            try:
                return Found(flight.future.result(max(until - time.monotonic(), 0)), "collapsed")
            except TimeoutError:
                raise DeadlineError from None
            except DeadlineError:
                if time.monotonic() >= until or flight.until >= until:
                    raise
            finally:
                with self._lock:
                    self._places += 1
        return Found(self._fly(key, flight, run), "miss")

    def _fly(self, key: Hashable, flight: _Flight, run: Callable[[], Answer]) -> Answer:
        try:
            answer = run()
        except BaseException as error:
            with self._lock:
                del self._flights[key]
            flight.future.set_exception(error)
            raise
        with self._lock:
            self._keep(key, answer)
            del self._flights[key]
        flight.future.set_result(answer)
        return answer

    def _keep(self, key: Hashable, answer: Answer) -> None:
        size = len(answer.body) + len(repr(key)) + _OVERHEAD
        if size > self._bound // 2:  # one answer must not drive out all others
            return
        self._kept[key] = (answer, size)
        self._size += size
        while self._size > self._bound:
            _, (_, freed) = self._kept.popitem(last=False)
            self._size -= freed
