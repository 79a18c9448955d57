"""Asks the endpoints of SERVICE clauses, all at a time, within what is left of a query's time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future

from kclod.errors import UsageError
from kclod.rdf import RESULTS_JSON
from kclod.remote.asking import remote_query
from kclod.web.engine.outcomes import BusyError
from kclod.web.limits import Limits
from kclod.web.protocol.federation import Clause, Federated, ServiceFailedError


class Endpoints:
    """The allowed endpoints, and how many of their clauses are being asked."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._places = threading.BoundedSemaphore(2 * limits.workers + limits.queue)

    def evaluate(self, query: Federated, base_iri: str, until: float) -> str:
        """The query with the solutions of its clauses in their place.

        ServiceFailedError when an endpoint has no usable answer before `until` (of `time.monotonic`), unless the
        clause is SILENT; BusyError when too many clauses are being asked.
        """
        asked = {clause: self._start(clause, query.remote(clause, base_iri), until) for clause in query.clauses}

        def answer(clause: Clause) -> bytes | None:
            try:
                return asked[clause].result(max(until - time.monotonic(), 0))
            except TimeoutError:
                message = f"<{clause.endpoint}> did not answer in the time that the query has"
            except UsageError as error:
                message = f"<{clause.endpoint}>: {error.problems[0].message}"
            if clause.silent:
                return None
            raise ServiceFailedError(message)

        return query.evaluated(answer, self._limits.service_rows)

    def _start(self, clause: Clause, text: str, until: float) -> Future[bytes]:
        if not self._places.acquire(blocking=False):
            raise BusyError
        future: Future[bytes] = Future()

        def ask() -> None:
            try:
                seconds = max(until - time.monotonic(), 0.001)
                limit = self._limits.service_bytes
                accept = RESULTS_JSON.media_type
                future.set_result(remote_query(clause.endpoint, text, accept, seconds, max_bytes=limit, stay=True)[1])
            except Exception as error:  # it is raised again where the result is waited for
                future.set_exception(error)
            finally:
                self._places.release()

        # A daemon: an endpoint that trickles must not keep the site from stopping.
        threading.Thread(target=ask, daemon=True).start()
        return future
