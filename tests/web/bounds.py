"""Limits for the tests of the site, and patience with a busy machine."""

from __future__ import annotations

import time
from collections.abc import Callable

from kclod.web.limits import Limits

LIMITS = Limits(
    deadline_seconds=10.0,  # a busy machine takes seconds; what is to be stopped says `timeout`
    memory_bytes=256 << 20,
    workers=2,
    queue=2,
    max_result_bytes=4 << 20,
    max_query_bytes=256 << 10,
    table_rows=50,
    client_seconds=10_000,  # all tests are one client
    client_errors=10_000,
    store_bytes=0,  # a second process for each application takes time; tests of that have their own
)


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for what is to come soon, and on a busy machine does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
