"""The SPARQL endpoint: SPARQL 1.1 Protocol, section 2 (query operation); without a query, its service description."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import flask
from werkzeug.exceptions import HTTPException

from kclod.rdf import RDF_FORMATS, RESULT_FORMATS
from kclod.web import journal
from kclod.web.engine.outcomes import Answer
from kclod.web.engine.wire import TABLE
from kclod.web.engine.workers import Stream
from kclod.web.http.cache import Found
from kclod.web.http.clients import ShareError, client_of
from kclod.web.http.negotiation import HTML, Choice, offers_of
from kclod.web.http.responses import ProblemError, answer, media_type_of, negotiate
from kclod.web.limits import Limits
from kclod.web.pages import page
from kclod.web.present import Presenter
from kclod.web.protocol.answering import answer_fairly, blame, too_many, unacceptable
from kclod.web.protocol.asked import PARAMETERS, Asked, by_get, by_post
from kclod.web.protocol.service import describe_service
from kclod.web.protocol.together import together
from kclod.web.publication import Publication, current
from kclod.web.writing import write_triples

blueprint = flask.Blueprint("sparql", __name__)

_DESCRIPTIONS = offers_of(RDF_FORMATS)
_CACHE_STATUS = {"hit": "hit", "miss": "fwd=uri-miss", "collapsed": "fwd=uri-miss; collapsed", "bypass": "fwd=bypass"}
"""RFC 9211, section 2."""


@blueprint.get("/sparql")
def ask() -> flask.Response:
    """Query by GET; the service description, or the form for browsers, when there is no query."""
    if not any(name in flask.request.args for name in PARAMETERS):
        return _self_description()
    return _run(by_get)


@blueprint.post("/sparql")
def post() -> flask.Response:
    """Query by URL-encoded POST (section 2.1.2) or POST directly (2.1.3)."""
    return _run(by_post)


def _run(read: Callable[[Limits], Asked]) -> flask.Response:
    publication = current()
    shares, client = publication.shares, _client(publication)
    try:
        shares.check(client)
    except ShareError as error:
        raise too_many(error) from None
    started, query = time.monotonic(), ""
    try:
        asked = read(publication.limits)
        query = asked.query
        found = answer_fairly(publication, asked, client)
        seconds = time.monotonic() - started
        if isinstance(found, Stream):
            publication.metrics.query("stream", seconds)
            journal.record(query, "stream", seconds, kind=found.kind, format=found.format)
            return _streamed(asked, found)
        got = found.answer
        size = len(got.body)
        publication.metrics.query(found.origin, seconds, size)
        journal.record(query, found.origin, seconds, kind=got.kind, format=got.format, bytes=size, rows=got.rows)
        return _whole(asked, found)
    except ProblemError as error:
        seconds = time.monotonic() - started
        publication.metrics.query(error.code, seconds)
        journal.record(query, error.code, seconds, status=error.status)
        if blame(error):
            shares.failed(client)
        raise
    except HTTPException:
        shares.failed(client)
        raise


def _client(publication: Publication) -> str:
    request = flask.request
    return client_of(request.remote_addr or "", request.headers.get("X-Forwarded-For"), publication.proxies)


def _choice(asked: Asked, kind: str) -> Choice:
    choice = asked.graphs if kind == "graph" else asked.results
    if choice is None:
        raise unacceptable(kind)
    return choice


def _whole(asked: Asked, found: Found) -> flask.Response:
    choice = _choice(asked, found.answer.kind)
    if found.answer.format == TABLE:
        response = _table(asked.query, found.answer, choice)
        flask.g.lasting = found.origin != "bypass"
    else:
        response = answer(
            found.answer.body, choice.media_type, etag=found.answer.etag, lasting=found.origin != "bypass"
        )
    response.headers["Cache-Status"] = f"kclod; {_CACHE_STATUS[found.origin]}"
    return response


def _streamed(asked: Asked, stream: Stream) -> flask.Response:
    """A 200 whose body ends early, visibly, should the rest not come: the server then breaks the connection."""
    try:
        choice = _choice(asked, stream.kind)
    except ProblemError:
        stream.close()
        raise
    response = flask.Response(iter(stream), content_type=media_type_of(choice.media_type))
    response.call_on_close(stream.close)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Preference-Applied"] = "stream"
    return response


def _self_description() -> flask.Response:
    choice = negotiate((*_DESCRIPTIONS, HTML))
    publication = current()
    fmt = choice.offer.format
    if fmt is None:
        asked_together = tuple(together(publication))
        return page("sparql.html", Presenter.of_request(), choice, query=None, table=None, federated=asked_together)
    triples = describe_service(publication)
    return answer(write_triples(triples, fmt, publication.release.site.prefixes), choice.media_type)


def _table(query: str, found: Answer, choice: Choice) -> flask.Response:
    table = json.loads(found.body)
    downloads = RDF_FORMATS if found.kind == "graph" else RESULT_FORMATS
    return page("sparql.html", Presenter.of_request(), choice, query=query, table=table, downloads=downloads)
