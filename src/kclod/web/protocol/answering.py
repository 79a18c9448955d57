"""From what is asked to its answer: kept, shared with others who ask the same, or found by a query worker."""

from __future__ import annotations

import time
from collections.abc import Hashable
from contextlib import ExitStack
from dataclasses import replace
from http import HTTPStatus

from kclod.web import journal
from kclod.web.engine import outcomes
from kclod.web.engine.wire import Job
from kclod.web.engine.workers import Spend, Stream
from kclod.web.http.cache import Found
from kclod.web.http.clients import ShareError
from kclod.web.http.responses import ProblemError
from kclod.web.limits import Limits
from kclod.web.protocol.asked import GRAPHS, RESULTS, Asked, read_only
from kclod.web.protocol.federation import ServiceFailedError, ServiceRefusedError, federated
from kclod.web.protocol.guard import Refusal, form_of, refusal
from kclod.web.protocol.normal import normalised
from kclod.web.publication import Publication

_GRAPH_FORMS = frozenset({"construct", "describe"})
_RESULT_FORMS = frozenset({"select", "ask"})
_BLAMELESS = frozenset(
    {"busy", "worker-died", "too-many-requests", "query-failed", "store-unavailable", "store-failed"}
)
"""Refusals that are not charged to the client as errors."""


def answer_fairly(publication: Publication, asked: Asked, client: str) -> Found | Stream:
    """The answer, or what streams it. ProblemError says why there is none; 429 when the client had its share."""
    service = _judge(asked.query, publication.limits)
    key = None if service else _key(asked)
    if key is not None and (kept := publication.cache.get(key)) is not None:
        return Found(kept, "hit")
    try:
        with ExitStack() as running:
            running.enter_context(publication.shares.running(client))
            found = _evaluate(publication, asked, client, key, service=service)
            if isinstance(found, Stream):
                found.when_closed(running.pop_all().close)
            return found
    except ShareError as error:
        raise too_many(error) from None


def blame(error: ProblemError) -> bool:
    """Whether a refusal counts as an error of the client."""
    return error.code not in _BLAMELESS


def too_many(error: ShareError) -> ProblemError:
    """The refusal of a client that had its share (RFC 6585, section 4)."""
    detail = f"this client {error.reason}; ask again in {error.seconds} s"
    return ProblemError(429, "too-many-requests", detail, headers={"Retry-After": str(error.seconds)})


def _judge(query: str, limits: Limits) -> bool:
    """Whether the query has a SERVICE clause that may be evaluated; ProblemError when it must not run."""
    match refusal(query):
        case Refusal.UPDATE:
            raise read_only()
        case Refusal.SERVICE:
            if not limits.services:
                message = "SERVICE is not evaluated here: this endpoint asks no other one"
                raise ProblemError(403, "service-refused", message)
            return True
    return False


def _key(asked: Asked) -> Hashable | None:
    """What decides the bytes of an answer, as the release is always the same; None when nothing decides them."""
    text = normalised(asked.query)
    if text is None:
        return None
    results, graphs = asked.names
    form = form_of(asked.query)
    if form in _GRAPH_FORMS:
        results = None
    elif form in _RESULT_FORMS:
        graphs = None
    dataset = tuple(g if g is None else tuple(sorted(set(g))) for g in (asked.default_graphs, asked.named_graphs))
    return text, results, graphs, dataset


def _evaluate(
    publication: Publication, asked: Asked, client: str, key: Hashable | None, *, service: bool
) -> Found | Stream:
    limits = publication.limits

    def spend(seconds: float) -> None:
        publication.shares.spent(client, seconds)

    job = Job(
        asked.query,
        publication.release.site.base_iri,
        *asked.names,
        asked.default_graphs,
        asked.named_graphs,
        limits.max_result_bytes,
        limits.table_rows,
        limits.max_rows,
        count=journal.enabled(),
    )
    until = time.monotonic() + asked.seconds
    try:
        if service:
            job = replace(job, query=_with_solutions(publication, job, until, spend))
        seconds = max(until - time.monotonic(), 0.001)
        if asked.stream:
            result = publication.pool.stream(job, seconds, spend)
            return result if isinstance(result, Stream) else Found(result, "bypass")
        if key is None:
            return Found(publication.pool.run(job, seconds, spend), "bypass")

        def run() -> outcomes.Answer:
            """Within what is left of the time: this may come after waiting for another's run."""
            return publication.pool.run(job, max(until - time.monotonic(), 0.001), spend)

        return publication.cache.get_or_run(key, seconds, run)
    except ServiceRefusedError as error:
        raise ProblemError(403, "service-refused", str(error)) from None
    except ServiceFailedError as error:
        raise ProblemError(502, "service-failed", str(error)) from None
    except outcomes.QueryError as error:
        raise _told(error, asked.seconds, limits) from None


def _with_solutions(publication: Publication, job: Job, until: float, spend: Spend) -> str:
    """The query with its SERVICE clauses evaluated. Nobody is asked anything for a malformed query."""
    query = federated(job.query, publication.limits.services)
    check = replace(job, query=query.without_services, check=True)
    publication.pool.run(check, max(until - time.monotonic(), 0.001), spend)
    return publication.endpoints.evaluate(query, job.base_iri, until)


def _told(error: outcomes.QueryError, seconds: float, limits: Limits) -> ProblemError:
    """A query's error in terms of HTTP."""
    soon, later = {"Retry-After": "2"}, {"Retry-After": "30"}
    how_to_page = (
        "page through it with ORDER BY, LIMIT and OFFSET, ask for it as a stream with stream=true, or take a dump"
    )
    match error:
        case outcomes.MalformedQueryError():
            place = f"line {error.line}, column {error.column}: " if error.line else ""
            where: dict[str, object] = {"line": error.line, "column": error.column} if error.line else {}
            return ProblemError(400, "malformed-query", f"{place}{error}", extra=where)
        case outcomes.SearchRefusedError():
            where = {"line": error.line, "column": error.column}
            return ProblemError(400, error.code, f"line {error.line}, column {error.column}: {error}", extra=where)
        case outcomes.UnacceptableError():
            return unacceptable(error.kind)
        case outcomes.BusyError():
            detail = "all query workers are busy and the queue is full; ask again soon"
            return ProblemError(503, "busy", detail, headers=soon)
        case outcomes.DeadlineError():
            detail = f"the query was stopped after {seconds:g} seconds; narrow it, or add LIMIT"
            return ProblemError(503, "deadline", detail, extra={"seconds": seconds}, headers=later)
        case outcomes.MemoryLimitError():
            detail = f"the query needs more than the {limits.memory_bytes >> 20} MiB it may take; narrow it"
            return ProblemError(503, "memory", detail, extra={"bytes": limits.memory_bytes}, headers=later)
        case outcomes.ResultTooLargeError():
            bound = limits.max_result_bytes
            detail = f"the result is larger than {bound >> 20 or 1} MiB and is not sent in part; {how_to_page}"
            return ProblemError(503, "result-too-large", detail, extra={"bytes": bound})
        case outcomes.TooManyRowsError():
            detail = f"the result has more than {limits.max_rows} rows and is not sent in part; {how_to_page}"
            return ProblemError(503, "result-too-large", detail, extra={"rows": limits.max_rows})
        case outcomes.StoreCutError():
            detail = f"the store sends no more than {error.rows} rows, and a result is not sent in part; {how_to_page}"
            return ProblemError(503, "result-too-large", detail, extra={"rows": error.rows})
        case outcomes.StoreUnavailableError():
            return store_unavailable(error)
        case outcomes.StoreFailedError():
            return ProblemError(502, "store-failed", f"the store could not answer the query: {error}")
        case outcomes.WorkerDiedError():
            return ProblemError(503, "worker-died", f"the query's process {error}; ask again", headers=soon)
    return ProblemError(500, "query-failed", f"the engine could not finish the query: {error}")


def store_unavailable(error: Exception) -> ProblemError:
    """The refusal of a request for which the server that holds the release is needed and cannot be asked."""
    detail = f"the store that holds the data cannot be asked now: {error}"
    return ProblemError(503, "store-unavailable", detail, headers={"Retry-After": "10"})


def unacceptable(kind: str) -> ProblemError:
    """The refusal of a result of a kind (bindings, boolean, graph) for which no acceptable format was named."""
    offers = GRAPHS if kind == "graph" else RESULTS
    what = "a graph" if kind == "graph" else f"a result of {kind}" if kind == "bindings" else "a boolean"
    listed = [offer.media_type for offer in offers]
    return ProblemError(
        HTTPStatus.NOT_ACCEPTABLE,
        "not-acceptable",
        f"this query gives {what}, which is sent as one of {', '.join(listed)}",
        extra={"available": listed},
    )
