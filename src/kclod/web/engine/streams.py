"""A result that is sent on as a worker finds it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from kclod.web.engine import wire
from kclod.web.engine.keeping import Worker
from kclod.web.engine.outcomes import Answer, DeadlineError, cause_of_death, read


class Stream:
    """A result in parts. Iterate over it once, and close it: an error of `Pool.run` comes where the result breaks off.

    A worker whose result is not read to its end, or not in time, is killed; so the slowest of readers keeps a thread
    of the web process, but no worker.
    """

    def __init__(
        self,
        first: Answer,
        worker: Worker,
        *,
        seconds: float,
        release: Callable[[Worker | None], None],
        ended: Callable[[], None],
    ) -> None:
        self.kind, self.format = first.kind, first.format
        self._first, self._worker = first.body, worker
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
                    status = self._worker.end()
                    raise DeadlineError if self._late else cause_of_death(status) from None
                last = reply.get("outcome") != "part"
                if last:
                    self._whole = self._give_back(self._worker)
                yield read(reply, body).body
                if last:
                    return
        finally:
            self.close()

    def when_closed(self, call: Callable[[], None]) -> None:
        """Have something done when the stream is over. Call it before iterating."""
        ended = self._ended

        def both() -> None:
            ended()
            call()

        self._ended = both

    def close(self) -> None:
        """Kill the worker unless the result was read to its end."""
        if self._give_back(None):
            self._worker.kill()
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
            self._worker.kill()

    def _give_back(self, kept: Worker | None) -> bool:
        """Make room for another query, once; False when it was done before."""
        with self._lock:
            was_working, self._working = self._working, False
        if was_working:
            self._release(kept)
        return was_working
