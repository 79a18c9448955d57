"""How much one query, one client, and all of them together may take; and whom the endpoint trusts and asks."""

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
    """Queries that run to their end at a time, each in its own process; twice as many are tried beside them."""
    quick_seconds: float = 0.05
    """Of a processor, for which a query is tried beside those that take long."""
    queue: int = 16
    """Queries that may wait for a worker; the next one is answered 503 at once."""
    max_result_bytes: int = 64 << 20
    """Of the serialised result; a larger one is refused, never cut."""
    max_rows: int = 1_000_000
    """Solutions or triples of a result; one with more is refused, never cut."""
    stream_seconds: float = 60.0
    """From the first byte of a streamed result to its last; then the connection is broken."""
    reader_seconds: float = 30.0
    """For which a client may take nothing of what it is sent; then the connection is dropped."""
    store_bytes: int = 1 << 30
    """Of memory for the store: one that would take more is read from disk."""
    max_query_bytes: int = 1 << 20
    """Of a request's body."""
    table_rows: int = 1000
    """Rows of a result that the page for browsers shows; it says so, and links to the whole."""
    cache_bytes: int = 64 << 20
    """Of results that are kept for the next asker; 0 keeps none."""
    ready_bytes: int = 64 << 20
    """Of whole answers, pages and data, that are kept ready with their compressed forms; 0 keeps none."""
    followers: int = 64
    """Requests that may wait for the result of the same query that another one has begun; the next is answered 503."""
    client_queries: int = 8
    """Queries of one client at a time."""
    client_seconds: float = 60.0
    """Query seconds that a client may use a minute; what is not used is kept, up to this."""
    client_errors: int = 60
    """Refused or failed requests of a client a minute, after which it has to wait."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose X-Forwarded-For is believed."""
    metrics_readers: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Addresses or networks that may read /metrics."""
    services: tuple[str, ...] = ()
    """Endpoints that a SERVICE clause may name; every other one is refused."""
    service_bytes: int = 8 << 20
    """Of the answer of one SERVICE clause."""
    service_rows: int = 10_000
    """Solutions of one SERVICE clause."""
    reconcile_queries: int = 1_000
    """Queries of a reconciliation batch, and entities of a data extension query: the batchSize of the manifest."""
    reconcile_seconds: float = 10.0
    """For which a batch is worked on; one that takes longer is refused, never answered in part."""
    reconcile_bytes: int = 4 << 20
    """Of a posted batch."""
    reconcile_batches: int = 2
    """Batches that are answered at a time; the next ones wait a second and are then answered 503."""

    @property
    def quick(self) -> int:
        """Queries that are tried at a time."""
        return 2 * self.workers

    @property
    def streams(self) -> int:
        """Results that are streamed at a time: half of the workers, so that a slow reader never has them all."""
        return max(1, self.workers // 2)
