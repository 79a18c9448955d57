"""Limits that make the tests of the site quick."""

from __future__ import annotations

from dataclasses import replace

from kclod.web.limits import Limits

LIMITS = Limits(
    deadline_seconds=1.0,
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

PATIENT = replace(LIMITS, deadline_seconds=10)
"""For tests in which nothing is to reach its deadline: on a busy machine a worker's first query takes a second."""
