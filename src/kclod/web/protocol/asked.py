"""What a request asks: the query operation of the SPARQL 1.1 Protocol (section 2.1), read exactly or refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

import flask
import pyoxigraph as ox
from werkzeug.datastructures import MultiDict

from kclod import rdf
from kclod.rdf import RDF_FORMATS, RESULT_FORMATS
from kclod.web.engine.wire import TABLE
from kclod.web.http.negotiation import HTML, Choice, choose, offers_of
from kclod.web.http.responses import ProblemError
from kclod.web.limits import Limits

_FORM, _DIRECT, _UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"
_ONCE = ("query", "format", "timeout", "stream")
PARAMETERS = (*_ONCE, "default-graph-uri", "named-graph-uri", "update")
"""The parameters that make a request one with a query; others, such as `lang`, are nobody's business here."""
RESULTS = (*offers_of(RESULT_FORMATS), HTML)
GRAPHS = (*offers_of(RDF_FORMATS), HTML)
_SHORT_NAMES = {"html": HTML} | {o.format.name: o for o in (*RESULTS, *GRAPHS) if o.format is not None}
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
} | {o.media_type: o.format.name for o in (*RESULTS, *GRAPHS) if o.format is not None}
"""What clients such as SPARQLWrapper send as `format`, beside the Accept header."""
_SECONDS = re.compile(r"\d{1,6}(\.\d{1,6})?")
_WITHOUT_CHUNKS = ("HTTP/1.0", "HTTP/1", "HTTP/0.9")
"""Protocols in which the end of a body is the end of the connection, as servers name them; granian's is the second."""
_STREAM = "stream"
"""The preference (RFC 7240) and the parameter that ask for a result of any size."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with the dataset that the request names (section 2.1.4) and the ways its result may be sent."""

    query: str
    results: Choice | None
    """How bindings or a boolean would be sent, and `graphs` how a graph would: which it is only the engine tells."""
    graphs: Choice | None
    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None
    seconds: float
    stream: bool

    @property
    def names(self) -> tuple[str | None, str | None]:
        """The names of the formats for a worker."""
        return _name(self.results), _name(self.graphs)


def by_get(limits: Limits) -> Asked:
    """The query of a GET request. ProblemError for one that is not exact, not UTF-8, or an update."""
    return _asked(flask.request.args, limits)


def by_post(limits: Limits) -> Asked:
    """The query of a URL-encoded POST (section 2.1.2) or a direct one (2.1.3). ProblemError as of `by_get`."""
    body = flask.request.get_data()
    parameters: MultiDict[str, str] = MultiDict(flask.request.args)
    kind = flask.request.mimetype
    charset = flask.request.mimetype_params.get("charset", "utf-8").lower()
    if kind == _UPDATE:
        raise read_only()
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
    return _asked(parameters, limits)


def read_only() -> ProblemError:
    """The refusal of an update."""
    return ProblemError(403, "read-only", "this endpoint answers queries; a release is never changed by an update")


def _asked(parameters: MultiDict[str, str], limits: Limits) -> Asked:
    if "update" in parameters:
        raise read_only()
    _check_escapes(flask.request.query_string.decode("ascii", "replace"))
    for name in _ONCE:
        if len(parameters.getlist(name)) > 1:
            raise ProblemError(400, "duplicate-parameter", f"`{name}` may be given once")
    if "query" not in parameters:
        raise ProblemError(400, "missing-query", "there is no `query` parameter")
    query = parameters["query"]
    seconds = _seconds(parameters, limits)
    return Asked(query, *_formats(parameters), *_dataset(parameters), seconds, _streamed(parameters))


def _check_escapes(text: str) -> None:
    """Percent-encoded bytes that are no UTF-8 would otherwise be replaced silently."""
    raw = re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes((int(match[1], 16),)), text.encode())
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ProblemError(400, "not-utf-8", "the percent-encoded parameters are not UTF-8") from None


def _formats(parameters: MultiDict[str, str]) -> tuple[Choice | None, Choice | None]:
    """How bindings or a boolean would be sent, and how a graph would: which it is only the engine tells."""
    name = parameters.get("format")
    if name is not None:
        short = _OTHER_NAMES.get(name.lower(), name.lower())
        if short not in _SHORT_NAMES:
            raise ProblemError(400, "unknown-format", f"`format` is one of {', '.join(_SHORT_NAMES)}")
        result, graph = _SHORT_NAMES[short], _SHORT_NAMES[_FOR_GRAPHS.get(short, short)]
        return (
            Choice(result, result.media_type) if result in RESULTS else None,
            Choice(graph, graph.media_type) if graph in GRAPHS else None,
        )
    accept = flask.request.headers.get("Accept")
    flask.g.negotiated = True
    return choose(accept, RESULTS), choose(accept, GRAPHS)


def _name(choice: Choice | None) -> str | None:
    if choice is None:
        return None
    return choice.offer.format.name if choice.offer.format is not None else TABLE


def _streamed(parameters: MultiDict[str, str]) -> bool:
    """Whether the result is to be sent as it is found, and can be: a client of HTTP/1.0 could not tell its end."""
    text = parameters.get(_STREAM)
    if text is None:
        flask.g.preferred = True
        members = (
            member.partition(";")[0].strip().lower() for member in flask.request.headers.get("Prefer", "").split(",")
        )
        wanted = _STREAM in members
    elif text in ("true", "false"):
        wanted = text == "true"
    else:
        raise ProblemError(400, "bad-parameter", "`stream` is true or false")
    return (
        wanted
        and flask.request.method != "HEAD"
        and flask.request.environ.get("SERVER_PROTOCOL") not in _WITHOUT_CHUNKS
    )


def _seconds(parameters: MultiDict[str, str], limits: Limits) -> float:
    longest = limits.deadline_seconds
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
