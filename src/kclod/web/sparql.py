"""The SPARQL endpoint: SPARQL 1.1 Protocol, section 2 (query operation); without a query, its service description."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus

import flask
import pyoxigraph as ox
from werkzeug.datastructures import MultiDict

from kclod import rdf
from kclod.rdf import RDF_FORMATS, RESULT_FORMATS
from kclod.web import workers
from kclod.web.guard import Refusal, refusal
from kclod.web.negotiation import HTML, Choice, choose, offers_of
from kclod.web.pages import page
from kclod.web.present import Presenter
from kclod.web.publication import Publication, current
from kclod.web.responses import ProblemError, answer, negotiate
from kclod.web.service import describe_service
from kclod.web.wire import Job
from kclod.web.writing import write_triples

blueprint = flask.Blueprint("sparql", __name__)

_FORM, _DIRECT, _UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"
_PARAMETERS = ("query", "default-graph-uri", "named-graph-uri", "format", "timeout")
_ONCE = ("query", "format", "timeout")
_RESULTS = (*offers_of(RESULT_FORMATS), HTML)
_GRAPHS = (*offers_of(RDF_FORMATS), HTML)
_DESCRIPTIONS = offers_of(RDF_FORMATS)
_SHORT_NAMES = {"html": HTML} | {o.format.name: o for o in (*_RESULTS, *_GRAPHS) if o.format is not None}
_FOR_GRAPHS = {"json": rdf.JSON_LD.name, "xml": rdf.RDF_XML.name}
_OTHER_NAMES = {
    "turtle": rdf.TURTLE.name,
    "n3": rdf.TURTLE.name,
    "ntriples": rdf.N_TRIPLES.name,
    "n-triples": rdf.N_TRIPLES.name,
    "json-ld": rdf.JSON_LD.name,
    "rdf+xml": rdf.RDF_XML.name,
    "rdf/xml": rdf.RDF_XML.name,
    "nquads": rdf.N_QUADS.name,
    "n-quads": rdf.N_QUADS.name,
} | {o.media_type: o.format.name for o in (*_RESULTS, *_GRAPHS) if o.format is not None}
"""What clients such as SPARQLWrapper send as `format`, beside the Accept header."""
_SECONDS = re.compile(r"\d{1,6}(\.\d{1,6})?")
_TABLE = "table"


@dataclass(frozen=True, slots=True)
class _Request:
    query: str
    parameters: MultiDict[str, str]


@blueprint.get("/sparql")
def ask() -> flask.Response:
    """Query by GET; the service description, or the form for browsers, when there is no query."""
    parameters = flask.request.args
    if not any(name in parameters for name in (*_PARAMETERS, "update")):
        return _self_description()
    return _run(_Request(_the_query(parameters), parameters))


@blueprint.post("/sparql")
def post() -> flask.Response:
    """Query by URL-encoded POST (section 2.1.2) or POST directly (2.1.3)."""
    body = flask.request.get_data()
    parameters: MultiDict[str, str] = MultiDict(flask.request.args)
    kind = flask.request.mimetype
    charset = flask.request.mimetype_params.get("charset", "utf-8").lower()
    if kind == _UPDATE:
        raise _read_only()
    if kind not in (_FORM, _DIRECT) or charset not in ("utf-8", "utf8", "us-ascii"):
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            f"a query is posted as {_FORM} or {_DIRECT}, in UTF-8",
            headers={"Accept-Post": f"{_FORM}, {_DIRECT}"},
        )
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProblemError(400, "not-utf-8", f"the body is not UTF-8: byte {error.start}") from None
    if kind == _FORM:
        _check_escapes(text)
        parameters.update(flask.request.form)
    else:
        parameters.add("query", text)
    return _run(_Request(_the_query(parameters), parameters))


def _the_query(parameters: MultiDict[str, str]) -> str:
    if "update" in parameters:
        raise _read_only()
    _check_escapes(flask.request.query_string.decode("ascii", "replace"))
    for name in _ONCE:
        if len(parameters.getlist(name)) > 1:
            raise ProblemError(400, "duplicate-parameter", f"`{name}` may be given once")
    if "query" not in parameters:
        raise ProblemError(400, "missing-query", "there is no `query` parameter")
    return parameters["query"]


def _check_escapes(text: str) -> None:
    """Percent-encoded bytes that are no UTF-8 would otherwise be replaced silently."""
    raw = re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes((int(match[1], 16),)), text.encode())
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ProblemError(400, "not-utf-8", "the percent-encoded parameters are not UTF-8") from None


def _run(request: _Request) -> flask.Response:
    publication, query = current(), request.query
    match refusal(query):
        case Refusal.SERVICE:
            raise ProblemError(403, "service-refused", "SERVICE is not evaluated here: this endpoint asks no other one")
        case Refusal.UPDATE:
            raise _read_only()
    results, graphs = _formats(request.parameters)
    seconds = _seconds(request.parameters, publication)
    job = Job(
        query,
        publication.release.site.base_iri,
        _name(results),
        _name(graphs),
        *_dataset(request.parameters),
        publication.limits.max_result_bytes,
        publication.limits.table_rows,
    )
    found = _evaluate(publication, job, seconds)
    choice = graphs if found.kind == "graph" else results
    if choice is None:
        raise _unacceptable(found.kind)
    if found.format == _TABLE:
        return _table(query, found, choice)
    return answer(found.body, choice.media_type)


def _formats(parameters: MultiDict[str, str]) -> tuple[Choice | None, Choice | None]:
    """How bindings or a boolean would be sent, and how a graph would: which it is only the engine tells."""
    name = parameters.get("format")
    if name is not None:
        short = _OTHER_NAMES.get(name.lower(), name.lower())
        if short not in _SHORT_NAMES:
            raise ProblemError(400, "unknown-format", f"`format` is one of {', '.join(_SHORT_NAMES)}")
        result, graph = _SHORT_NAMES[short], _SHORT_NAMES[_FOR_GRAPHS.get(short, short)]
        return (
            Choice(result, result.media_type) if result in _RESULTS else None,
            Choice(graph, graph.media_type) if graph in _GRAPHS else None,
        )
    accept = flask.request.headers.get("Accept")
    flask.g.negotiated = True
    return choose(accept, _RESULTS), choose(accept, _GRAPHS)


def _name(choice: Choice | None) -> str | None:
    if choice is None:
        return None
    return choice.offer.format.name if choice.offer.format is not None else _TABLE


def _seconds(parameters: MultiDict[str, str], publication: Publication) -> float:
    longest = publication.limits.deadline_seconds
    text = parameters.get("timeout")
    if text is None:
        return longest
    if not _SECONDS.fullmatch(text) or float(text) == 0:
        raise ProblemError(400, "bad-parameter", "`timeout` is a number of seconds above 0, such as 2 or 0.5")
    return min(float(text), longest)


def _dataset(parameters: MultiDict[str, str]) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """Section 2.1.4: a dataset in the request takes precedence over the query's own; what it does not name is empty."""
    default, named = (tuple(parameters.getlist(name)) for name in ("default-graph-uri", "named-graph-uri"))
    for iri in (*default, *named):
        try:
            ox.NamedNode(iri)
        except ValueError:
            raise ProblemError(400, "bad-graph-iri", f"{iri!r} is not an absolute IRI") from None
    return (default, named) if default or named else (None, None)


def _evaluate(publication: Publication, job: Job, seconds: float) -> workers.Answer:
    soon = {"Retry-After": "2"}
    limits = publication.limits
    try:
        return publication.pool.run(job, seconds)
    except workers.MalformedQueryError as error:
        place = f"line {error.line}, column {error.column}: " if error.line else ""
        extra: dict[str, object] = {"line": error.line, "column": error.column} if error.line else {}
        raise ProblemError(400, "malformed-query", f"{place}{error}", extra=extra) from None
    except workers.UnacceptableError as error:
        raise _unacceptable(error.kind) from None
    except workers.BusyError:
        detail = "all query workers are busy and the queue is full; ask again soon"
        raise ProblemError(503, "busy", detail, headers=soon) from None
    except workers.DeadlineError:
        detail = f"the query was stopped after {seconds:g} seconds; narrow it, or add LIMIT"
        raise ProblemError(503, "deadline", detail, extra={"seconds": seconds}, headers={"Retry-After": "30"}) from None
    except workers.MemoryLimitError:
        detail = f"the query needs more than the {limits.memory_bytes >> 20} MiB it may take; narrow it"
        extra = {"bytes": limits.memory_bytes}
        raise ProblemError(503, "memory", detail, extra=extra, headers={"Retry-After": "30"}) from None
    except workers.ResultTooLargeError:
        detail = (
            f"the result is larger than {limits.max_result_bytes >> 20 or 1} MiB and is not sent in part; "
            "page through it with ORDER BY, LIMIT and OFFSET, or take a dump"
        )
        raise ProblemError(503, "result-too-large", detail, extra={"bytes": limits.max_result_bytes}) from None
    except workers.WorkerDiedError as error:
        raise ProblemError(503, "worker-died", f"the query's process {error}; ask again", headers=soon) from None
    except workers.QueryFailedError as error:
        raise ProblemError(500, "query-failed", f"the engine could not finish the query: {error}") from None


def _unacceptable(kind: str) -> ProblemError:
    offers = _GRAPHS if kind == "graph" else _RESULTS
    what = "a graph" if kind == "graph" else f"a result of {kind}" if kind == "bindings" else "a boolean"
    listed = [offer.media_type for offer in offers]
    return ProblemError(
        HTTPStatus.NOT_ACCEPTABLE,
        "not-acceptable",
        f"this query gives {what}, which is sent as one of {', '.join(listed)}",
        extra={"available": listed},
    )


def _read_only() -> ProblemError:
    return ProblemError(403, "read-only", "this endpoint answers queries; a release is never changed by an update")


def _self_description() -> flask.Response:
    choice = negotiate((*_DESCRIPTIONS, HTML))
    publication = current()
    fmt = choice.offer.format
    if fmt is None:
        return page("sparql.html", Presenter.of_request(), choice, query=None, table=None)
    triples = describe_service(publication)
    return answer(write_triples(triples, fmt, publication.release.site.prefixes), choice.media_type)


def _table(query: str, found: workers.Answer, choice: Choice) -> flask.Response:
    table = json.loads(found.body)
    downloads = RDF_FORMATS if found.kind == "graph" else RESULT_FORMATS
    return page("sparql.html", Presenter.of_request(), choice, query=query, table=table, downloads=downloads)
