"""The addresses of the reconciliation service. `/reconcile/LANG` and below speak one language, whoever asks.

At `/reconcile` Accept-Language decides. A program that sends none is told names in English; one that is to have others
is given the address with the language.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeVar

import flask
import markupsafe

from kclod.web.engine.outcomes import BusyError
from kclod.web.http.clients import ShareError, client_of
from kclod.web.http.negotiation import HTML, Choice, Offer
from kclod.web.http.responses import ProblemError, answer, ascii_uri, negotiate, redirect
from kclod.web.pages import page, render
from kclod.web.present import Presenter
from kclod.web.protocol.answering import blame, too_many
from kclod.web.publication import Publication, current
from kclod.web.reconciling.asked import AskedError, read_batch, read_extension
from kclod.web.reconciling.fields import ASKS, fields_of, no_jsonp, number
from kclod.web.reconciling.manifest import manifest
from kclod.web.reconciling.matching import OutOfTimeError
from kclod.web.reconciling.previewing import facts_of
from kclod.web.reconciling.schema import Kind
from kclod.web.reconciling.service import Service
from kclod.web.reconciling.told import Json

blueprint = flask.Blueprint("reconciling", __name__)

_JSON = Offer("application/json")
_FORM = "application/x-www-form-urlencoded"
_LANGUAGE = "<language:lang>"
_WHAT = "<any(entity, type, property):what>"
_SUGGESTED, _LAST = 10, 200
"""Suggestions of one answer, and how many a cursor may pass over."""
_PROPOSED, _MOST_PROPERTIES = 200, 50
_T = TypeVar("_T")


def _route(rule: str, method: str = "GET") -> Callable[[_T], _T]:
    """The route below `/reconcile`, and the one in a language."""

    def add(view: _T) -> _T:
        for start in ("/reconcile", f"/reconcile/{_LANGUAGE}"):
            blueprint.add_url_rule(f"{start}{rule}", view_func=view, methods=[method])  # type: ignore[arg-type]  # a view
        return view

    return add


@_route("")
def ask(lang: str | None = None) -> flask.Response:  # noqa: ARG001  # read by `Presenter.of_request`
    """Queries or an extension by GET; without them the manifest (section 3.1), or a page for who reads."""
    no_jsonp()
    parameters = fields_of(flask.request.query_string.decode("ascii", "replace"))
    if any(name in parameters for name in ASKS):
        return _json(_asked(parameters))
    choice = negotiate((_JSON, HTML))
    presenter = Presenter.of_request()
    service = _service(presenter.publication)
    told = manifest(presenter.publication, service, presenter.language, _root(presenter))
    return _json(told) if choice.offer == _JSON else _about(presenter, service, choice)


@_route("", "POST")
def post(lang: str | None = None) -> flask.Response:  # noqa: ARG001  # as above
    """A query batch (section 4.3) or a data extension query (7.3), URL-encoded."""
    no_jsonp()
    limits = current().limits
    flask.request.max_content_length = flask.request.max_form_memory_size = limits.reconcile_bytes
    if flask.request.mimetype != _FORM:
        detail = f"queries are posted as {_FORM}, in a field `queries`, and data extension in one called `extend`"
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail, headers={"Accept-Post": _FORM}
        )
    try:
        body = flask.request.get_data().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProblemError(400, "not-utf-8", f"the body is not UTF-8: byte {error.start}") from None
    response = flask.Response(_text(_asked(fields_of(body))), content_type=_JSON.media_type)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = Presenter.of_request().language
    return response


@_route(f"/suggest/{_WHAT}")
def suggest(what: str, lang: str | None = None) -> flask.Response:  # noqa: ARG001  # as above
    """What may be meant by `prefix` (section 6.2), after the first `cursor` of it; of entities of a `type`."""
    no_jsonp()
    presenter, prefix = Presenter.of_request(), flask.request.args.get("prefix", "")
    service, language, skipped = _service(presenter.publication), presenter.language, number("cursor", 0, _LAST)
    kind, teller, until = _kind(service), service.teller, skipped + _SUGGESTED
    found: list[Json]
    match what:
        case "entity":
            with _places_free():
                iris = service.entities_begun(prefix, kind, until, language)[skipped:]
            found = [_notable(teller.entity(iri, language)) for iri in iris]
        case "type":
            found = [teller.suggested_kind(one, language) for one in service.kinds_begun(prefix)[skipped:until]]
        case _:
            iris = service.properties_begun(prefix, kind)[skipped:until]
            found = [teller.property(iri, language) for iri in iris]
    return _json({"result": found})


@_route(f"/flyout/{_WHAT}")
def flyout(what: str, lang: str | None = None) -> flask.Response:  # noqa: ARG001  # as above
    """A small piece of HTML about an entity, type or property (section 6.5)."""
    no_jsonp()
    presenter, identifier = Presenter.of_request(), flask.request.args.get("id", "")
    service, language = _service(presenter.publication), presenter.language
    told: Json | None = None
    match what:
        case "entity":
            iri = service.entity(identifier)
            told = service.teller.entity(iri, language) if iri else None
        case "type":
            kind = service.schema.kind(identifier)
            told = service.teller.suggested_kind(kind, language) if kind else None
        case _:
            iri = service.schema.property(identifier)
            told = service.teller.property(iri, language) if iri else None
    if told is None:
        raise _unknown(what, identifier)
    return _json({"id": identifier, "html": _small(told)})


@_route("/properties")
def properties(lang: str | None = None) -> flask.Response:  # noqa: ARG001  # as above
    """The properties that entities of `type` have (section 7.2), at most `limit`, the usual ones first."""
    no_jsonp()
    presenter, named = Presenter.of_request(), flask.request.args.get("type", "")
    service, kind = _service(presenter.publication), _kind(_service(presenter.publication))
    limit = number("limit", _PROPOSED, 10_000)
    iris = service.schema.proposed(kind.iri if kind else None)[: limit or _PROPOSED]
    found: Json = {"properties": [service.teller.property(iri, presenter.language) for iri in iris], "type": named}
    return _json(found | ({"limit": limit} if "limit" in flask.request.args else {}))


@_route("/preview")
def preview(lang: str | None = None) -> flask.Response:  # noqa: ARG001  # as above
    """A page about an entity that fits into a frame of the size that the manifest tells (section 5)."""
    presenter, identifier = Presenter.of_request(), flask.request.args.get("id", "")
    service = _service(presenter.publication)
    iri = service.entity(identifier)
    flask.g.framed = True
    if iri is None:
        raise _unknown("entity", identifier)
    told = service.teller.entity(iri, presenter.language)
    body = render("preview.html", presenter, told=told, iri=iri, facts=facts_of(presenter, iri))
    return answer(body, HTML.media_type, language=presenter.language)


@_route("/view")
def view(lang: str | None = None) -> flask.Response:  # noqa: ARG001  # as above
    """303 to the entity: an identifier has a slash, which not every proxy lets through in a path when it is escaped."""
    presenter, identifier = Presenter.of_request(), flask.request.args.get("id", "")
    service = _service(presenter.publication)
    iri = service.entity(identifier)
    if iri is None:
        raise _unknown("entity", identifier)
    path = ascii_uri(iri.removeprefix(presenter.publication.addresses.base_iri))
    return redirect(
        f"{flask.request.script_root}/{path}{f'?lang={presenter.language}' if presenter.chosen else ''}", 303
    )


def _asked(parameters: dict[str, str]) -> Json:
    """The answer to queries or an extension, within the client's share, the places and the time that there are."""
    publication = current()
    client = client_of(
        flask.request.remote_addr or "", flask.request.headers.get("X-Forwarded-For"), publication.proxies
    )
    given = [name for name in ASKS if name in parameters]
    started = time.monotonic()
    try:
        publication.shares.check(client)
        if len(given) != 1:
            raise ProblemError(400, "missing-query", "send a field `queries` or a field `extend`, and not both")
        with publication.shares.running(client), _places_free(), publication.reconciliation.turns.taken():
            service = _service(publication)
            return (_queries if given[0] == "queries" else _extended)(publication, service, parameters[given[0]])
    except ShareError as error:
        raise too_many(error) from None
    except AskedError as error:
        publication.shares.failed(client)
        extra = {"pointer": error.place, **error.more}
        raise ProblemError(error.status, error.code, error.detail, extra=extra) from None
    except ProblemError as error:
        if blame(error):
            publication.shares.failed(client)
        raise
    finally:
        publication.shares.spent(client, time.monotonic() - started)


def _queries(publication: Publication, service: Service, text: str) -> Json:
    limits, language = publication.limits, Presenter.of_request().language
    until = time.monotonic() + limits.reconcile_seconds
    batch = read_batch(text, limits.reconcile_queries)
    try:
        found = service.matcher.answer(batch, until)
        told: Json = {}
        for key, one in found.items():
            if time.monotonic() > until:
                raise OutOfTimeError
            told[key] = service.teller.result(one, language)
    except OutOfTimeError:
        seconds = limits.reconcile_seconds
        detail = (
            f"the batch was not answered within {seconds:g} seconds and is not answered in part; send fewer queries"
        )
        raise ProblemError(
            503, "deadline", detail, extra={"seconds": seconds, "queries": len(batch)}, headers={"Retry-After": "5"}
        ) from None
    errors = {key: one for key, one in found.items() if isinstance(one, AskedError)}
    if errors and len(errors) == len(found):
        first = next(iter(errors.values()))
        detail = f"no query of the batch can be answered; the first: {first.detail} (at {first.place})"
        raise AskedError(first.code, detail, errors={key: one.told() for key, one in errors.items()})
    return told


def _extended(publication: Publication, service: Service, text: str) -> Json:
    asked = read_extension(text, publication.limits.reconcile_queries, _MOST_PROPERTIES)
    return service.extender.extend(asked, Presenter.of_request().language)


def _about(presenter: Presenter, service: Service, choice: Choice) -> flask.Response:
    """The page that tells people what the service is and how to use it."""
    return page(
        "reconcile.html",
        presenter,
        choice,
        root=_root(presenter),
        kinds=service.schema.kinds.values(),
        limits=presenter.publication.limits,
    )


def _service(publication: Publication) -> Service:
    with _places_free():
        return publication.reconciliation.service(publication.limits.reconcile_seconds)


@contextmanager
def _places_free() -> Iterator[None]:
    """503 where there is no place for what is asked."""
    try:
        yield
    except BusyError:
        detail = "as many batches as may be are being answered, or the service is starting; ask again soon"
        raise ProblemError(503, "busy", detail, headers={"Retry-After": "2"}) from None


def _root(presenter: Presenter) -> str:
    """The address of the service from outside, with the language where it was chosen."""
    root = f"{presenter.publication.public_url}reconcile"
    return f"{root}/{presenter.language}" if presenter.chosen else root


def _kind(service: Service) -> Kind | None:
    named = flask.request.args.get("type", "")
    kind = service.schema.kind(named) if named else None
    if named and kind is None:
        raise _unknown("type", named)
    return kind


def _unknown(what: str, identifier: str) -> ProblemError:
    return ProblemError(404, f"unknown-{what}", f"there is no {what} {identifier!r}; see suggest/{what}")


def _notable(told: Json) -> Json:
    """An entity as a suggestion has it."""
    return {("notable" if name == "type" else name): value for name, value in told.items()}


def _small(told: Json) -> str:
    kinds = ", ".join(str(kind["name"]) for kind in told.get("type", ()))  # type: ignore[attr-defined]  # a list of types
    lines = [("strong", told["name"]), ("em", kinds), ("span", told.get("description", ""))]
    return "".join(f"<p><{tag}>{markupsafe.escape(text)}</{tag}></p>" for tag, text in lines if text)


def _json(value: Json) -> flask.Response:
    return answer(_text(value), _JSON.media_type, language=Presenter.of_request().language)


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
