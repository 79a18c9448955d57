"""Answers by RFC 9110: negotiation, validators, and the headers that every answer has; refusals as an exception."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import flask

from kclod.web.http.negotiation import Choice, Offer, choose
from kclod.web.http.table import varies
from kclod.web.http.tags import tag_of
from kclod.web.publication import current
from kclod.web.versions.archive import PLACE

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
"""Content Security Policy Level 3: scripts and styles are files of this site, nothing is inline, nothing is evaluated,
and a page asks no other host for anything. Scripts set styles through the object model, which the policy allows."""

FRAMED_POLICY = POLICY.replace(" frame-ancestors 'none';", "")
"""For a page that is made to be shown inside another's, and has nothing to click on but links. Any page may frame it:
`frame-ancestors *` would leave out those without a network address, such as a program's own."""

ACCEPT_DATETIME = "Accept-Datetime"
"""RFC 7089, section 2.1.1."""
LASTING = "kclod.lasting"
"""Set in the WSGI environment of an answer that may be given again to a request that Vary does not tell apart."""
_PATHS, _MOST_PATHS, _LONGEST_PATH = "kclod.paths", 8192, 1000
_KEPT = (200, 303, 304, 308, 412)
"""Statuses of answers that last: with 304 and 412 it is the answer that the conditions are about."""
_CONSULTED = {
    "negotiated": "Accept",
    "profiled": "Accept-Profile",
    "preferred": "Prefer",
    "worded": "Accept-Language",
}
"""What was looked at to make an answer, by the flags that tell it."""


class ProblemError(Exception):
    """A request that is refused. `code` is a short stable name; `extra` are further members of the problem object."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        extra: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.extra, self.headers = dict(extra or {}), dict(headers or {})


def negotiate(offers: Sequence[Offer], links: Iterable[tuple[str, str]] = ()) -> Choice:
    """The representation to send for this request; a 406 that lists what there is when none is acceptable.

    `links` gives addresses of representations and their media types, for the client that was refused.
    """
    flask.g.negotiated = True
    choice = choose(flask.request.headers.get("Accept"), offers)
    if choice is None:
        raise not_acceptable(offers, links)
    return choice


def not_acceptable(offers: Sequence[Offer], links: Iterable[tuple[str, str]] = ()) -> ProblemError:
    """The 406 of a request that accepts nothing of what there is; `links` as in `negotiate`."""
    listed = [offer.media_type for offer in offers]
    there = dict(links)
    alternates = ", ".join(f'<{href}>; rel="alternate"; type="{kind}"' for href, kind in there.items())
    return ProblemError(
        HTTPStatus.NOT_ACCEPTABLE,
        "not-acceptable",
        f"none of the media types in the Accept header can be sent; there are: {', '.join(listed)}",
        extra={"available": listed, "alternates": [{"href": href, "type": kind} for href, kind in there.items()]},
        headers={"Link": alternates} if alternates else None,
    )


def answer(
    body: bytes | str,
    media_type: str,
    *,
    language: str | None = None,
    location: str | None = None,
    links: Sequence[str] = (),
    etag: str | None = None,
    lasting: bool = True,
) -> flask.Response:
    """A 200 with a strong ETag of the bytes and the time since when they may have changed, or the 304 or 412 that the
    request's conditions ask for (RFC 9110, section 13.2.2).

    `location` is the Content-Location; `links` are whole Link values; `etag` is `tag_of` the bytes where it is known.
    `lasting` says that nothing but the release, the address and what Vary names decides the answer.
    """
    data = body.encode() if isinstance(body, str) else body
    response = flask.Response(data, content_type=media_type_of(media_type))
    if language:
        response.headers["Content-Language"] = language
    if location:
        response.headers["Content-Location"] = location
    if links:
        response.headers["Link"] = ", ".join(links)
    response.headers["Cache-Control"] = (
        "no-cache"  # kept, but asked for again: the release behind an address may change
    )
    response.set_etag(etag or tag_of(data))
    flask.g.lasting = lasting
    if lasting:
        response.last_modified = current().modified
    return response.make_conditional(flask.request)  # type: ignore[return-value]  # it is the same response


def redirect(target: str, status: int) -> flask.Response:
    """303 See Other, or 308 where another spelling of the address is the one to use."""
    response = flask.Response(status=status, content_type="text/plain; charset=utf-8")
    response.headers["Location"] = target
    response.headers["Cache-Control"] = "no-cache"
    flask.g.lasting = True
    return response


def media_type_of(media_type: str) -> str:
    """The Content-Type, with a charset where it would be guessed otherwise."""
    text = media_type.startswith("text/") or media_type.endswith("+xml")
    return f"{media_type}; charset=utf-8" if text else media_type


def local_path(endpoint: str, values: Mapping[str, Any]) -> str:
    """A path of this site. What is made of texts or lists of texts is kept: pages have the same links over and over."""
    parts = [(name, tuple(value) if isinstance(value, list) else value) for name, value in values.items()]
    if endpoint.startswith(".") or any(type(value) not in (str, tuple, type(None)) for _, value in parts):
        return flask.url_for(endpoint, **values)
    key = (endpoint, flask.request.script_root, *parts)
    if len(str(key)) > _LONGEST_PATH:
        return flask.url_for(endpoint, **values)
    kept: dict[tuple[object, ...], str] = flask.current_app.extensions.setdefault(_PATHS, {})
    found = kept.get(key)
    if found is None:  # other threads may clear it meanwhile
        if len(kept) >= _MOST_PATHS:
            kept.clear()
        found = kept[key] = flask.url_for(endpoint, **values)
    return found


def link(target: str, relation: str, media_type: str | None = None, **attributes: str) -> str:
    """One value of a Link header (RFC 8288); an IRI is written as the URI it stands for."""
    named = ({"type": media_type} if media_type else {}) | attributes
    return f'<{ascii_uri(target)}>; rel="{relation}"' + "".join(f'; {name}="{value}"' for name, value in named.items())


def ascii_uri(iri: str) -> str:
    """The URI of an IRI (RFC 3987, section 3.1), safe inside a header."""
    return quote(iri, safe=":/?#[]@!$&'()*+,;=%~-._")


def finish(response: flask.Response) -> flask.Response:
    """Headers that every answer has: what may be shared, what depends on what, what a browser may do with it."""
    headers = response.headers
    if not flask.g.get("private"):
        headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Expose-Headers"] = (
        "Cache-Status, Content-Location, Content-Profile, ETag, Link, Location, Memento-Datetime, "
        "Preference-Applied, Retry-After"
    )
    if flask.request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = headers.get("Allow", "GET, HEAD, OPTIONS")
        headers["Access-Control-Allow-Headers"] = (
            "Accept, Accept-Datetime, Accept-Language, Accept-Profile, Content-Type, If-Modified-Since, "
            "If-None-Match, Prefer"
        )
        headers["Access-Control-Max-Age"] = "86400"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Content-Security-Policy"] = FRAMED_POLICY if flask.g.get("framed") else POLICY
    response.vary.update(field for flag, field in _CONSULTED.items() if flask.g.get(flag))
    if response.status_code < HTTPStatus.BAD_REQUEST:
        response.vary.update(varies(flask.request.endpoint, {**flask.request.args, **(flask.request.view_args or {})}))
        if PLACE in flask.request.environ:  # an address that names a release asks for no other
            response.vary.discard(ACCEPT_DATETIME.lower())
    if flask.g.get("lasting") and response.status_code in _KEPT:
        flask.request.environ[LASTING] = True
    return response
