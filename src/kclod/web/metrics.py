"""What the site does, in numbers: a registry of Prometheus metrics of its own, read by /metrics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from kclod.release import Release
from kclod.web.engine.workers import Load
from kclod.web.http.cache import Cache
from kclod.web.http.clients import networks
from kclod.web.limits import Limits

_REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_QUERY_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class _Loaded(Protocol):
    """What answers queries."""

    def load(self) -> Load: ...


class Metrics:
    """Counts as requests and queries end; what is true of a moment is looked up when the metrics are read.

    Labels have few values, and none that a client chooses: the names of the site's functions, statuses, and the
    outcomes of queries. UsageError where a reader is no address.
    """

    def __init__(self, limits: Limits) -> None:
        self.readers = networks(limits.metrics_readers)
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "kclod_requests", "Requests, by function and status.", ("kind", "status"), registry=self.registry
        )
        self._request_seconds = Histogram(
            "kclod_request_seconds",
            "Seconds from a request to the head of its answer, by function.",
            ("kind",),
            buckets=_REQUEST_SECONDS,
            registry=self.registry,
        )
        self._queries = Counter(
            "kclod_queries",
            "Queries, by outcome: hit, miss, collapsed, bypass, stream, or the code of a refusal.",
            ("outcome",),
            registry=self.registry,
        )
        self._hits = self._queries.labels("hit")
        self._ready = Counter(
            "kclod_ready_answers",
            "Answers that were ready, given before any function is asked; they are no requests of the others.",
            registry=self.registry,
        )
        self._query_seconds = Histogram(
            "kclod_query_seconds",
            "Seconds from a query to its answer or refusal.",
            buckets=_QUERY_SECONDS,
            registry=self.registry,
        )
        self._query_bytes = Counter(
            "kclod_query_bytes", "Bytes of answers to queries, streamed ones apart.", registry=self.registry
        )
        self._switches = Counter("kclod_switches", "Moves to another release while serving.", registry=self.registry)
        self._moment: _Moment | None = None
        ProcessCollector(registry=self.registry)

    def turn_to(self, release: Release, pool: _Loaded, cache: Cache) -> None:
        """Tell of this release, its workers and its cache, in place of another's."""
        if self._moment is not None:
            self.registry.unregister(self._moment)
            self._switches.inc()
        self._moment = _Moment(release, pool, cache)
        self.registry.register(self._moment)

    def request(self, kind: str, status: int, seconds: float) -> None:
        """Count a request that has been answered."""
        self._requests.labels(kind, str(status)).inc()
        self._request_seconds.labels(kind).observe(seconds)

    def ready(self, is_query: bool) -> None:
        """Count an answer that was ready, of the endpoint or a page; the endpoint's are hits too."""
        self._ready.inc()
        if is_query:
            self._hits.inc()

    def query(self, outcome: str, seconds: float, size: int = 0) -> None:
        """Count a query that has been answered or refused; `size` is the bytes of its answer."""
        self._queries.labels(outcome).inc()
        self._query_seconds.observe(seconds)
        self._query_bytes.inc(size)


class _Moment(Collector):
    """Workers, queue and cache as they are when somebody reads."""

    def __init__(self, release: Release, pool: _Loaded, cache: Cache) -> None:
        self._release, self._pool, self._cache = release, pool, cache

    def collect(self) -> Iterator[Metric]:
        """The metrics, made anew."""
        release, load = self._release, self._pool.load()
        yield InfoMetricFamily(
            "kclod_release",
            "The release that is served.",
            value={"version": release.version, "dataset": release.site.dataset_iri},
        )
        workers = GaugeMetricFamily(
            "kclod_workers", "Query processes that wait, try a query, or run a long one.", labels=("state",)
        )
        for state, number in (("idle", load.idle), ("quick", load.quick), ("long", load.long)):
            workers.add_metric((state,), number)
        yield workers
        waiting = max(load.inside - load.quick - load.long, 0)
        yield GaugeMetricFamily("kclod_queries_waiting", "Queries that wait for a process.", value=waiting)
        yield GaugeMetricFamily("kclod_streams", "Results that are being streamed.", value=load.streams)
        yield CounterMetricFamily("kclod_workers_started", "Query processes that were begun.", value=load.started)
        yield CounterMetricFamily(
            "kclod_workers_killed",
            "Query processes that were ended: at a deadline, at a limit, or after a long query.",
            value=load.killed,
        )
        yield GaugeMetricFamily("kclod_cache_bytes", "Bytes of answers that are kept.", value=self._cache.size)
        yield GaugeMetricFamily("kclod_cache_answers", "Answers that are kept.", value=self._cache.entries)
