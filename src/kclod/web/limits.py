"""How much one query, and all of them together, may take."""

from __future__ import annotations

import os
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the SPARQL endpoint; every one of them is enforced, and told in the service description."""

    deadline_seconds: float = 5.0
    """From the arrival of a query to its answer, waiting for a worker included."""
    memory_bytes: int = 1 << 30
    """Address space that a query may take, above what an idle worker has."""
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    """Queries that run at a time, each in its own process."""
    queue: int = 16
    """Queries that may wait for a worker; the next one is answered 503 at once."""
    max_result_bytes: int = 64 << 20
    """Of the serialised result; a larger one is refused, never cut."""
    max_query_bytes: int = 1 << 20
    """Of a request's body."""
    table_rows: int = 1000
    """Rows of a result that the page for browsers shows; it says so, and links to the whole."""
