"""A bounded number of costly pieces of work at a time, in the threads of the web process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kclod.web.engine.outcomes import BusyError


class Turns:
    """So many at a time; whoever comes in addition waits for `patience` seconds at most. Safe for threads."""

    def __init__(self, number: int, patience: float) -> None:
        self._free, self._patience = threading.BoundedSemaphore(number), patience

    @contextmanager
    def taken(self) -> Iterator[None]:
        """While the work is done. BusyError when no turn became free in time."""
        if not self._free.acquire(timeout=self._patience):
            raise BusyError
        try:
            yield
        finally:
            self._free.release()
