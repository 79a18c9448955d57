"""How a refusal is told: as RFC 9457 problem details, or as a page where the client asks for HTML."""

from __future__ import annotations

import json
import logging
import secrets
from http import HTTPStatus

import flask
from werkzeug.exceptions import HTTPException

from kclod.web.http.negotiation import HTML, PROBLEM, choose
from kclod.web.http.responses import ProblemError
from kclod.web.pages import error_page
from kclod.web.present import Presenter

_log = logging.getLogger(__name__)
_DETAILED = "en"
"""The language of every `detail`."""
_CODES = {413: "content-too-large"}
"""Where Python's name of a status has changed from version to version."""


def refused(error: ProblemError) -> flask.Response:
    """The answer that tells a refusal; its title in the language of the request (RFC 9457, section 3.1.3)."""
    title, presenter = HTTPStatus(error.status).phrase, Presenter.of_request()
    spoken = presenter.language
    if spoken != _DETAILED:  # "it MAY be localized" (RFC 9457, section 4.2.1)
        title = presenter.word_or(f"error.{error.status}", title)
    members = {
        "type": "about:blank",
        "title": title,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        **error.extra,
    }
    flask.g.negotiated = True
    choice = choose(flask.request.headers.get("Accept"), (PROBLEM, HTML))
    if choice is not None and choice.offer == HTML:
        response = flask.Response(
            error_page(members), status=error.status, content_type=f"{choice.media_type}; charset=utf-8"
        )
    else:
        text = json.dumps(members, ensure_ascii=False, indent=1) + "\n"
        spoken = ", ".join(dict.fromkeys((spoken, _DETAILED)))
        response = flask.Response(text, status=error.status, content_type="application/problem+json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = spoken
    response.headers.update(error.headers)
    flask.g.worded = True  # a page's words, whichever of the two this is
    return response


def refused_by_framework(error: HTTPException) -> flask.Response:
    """Flask's and Werkzeug's own refusals (404, 405, 413 …) in the same form, their headers kept."""
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return flask.make_response(error.get_response())
    phrase = HTTPStatus(error.code).phrase
    headers = {
        name: value for name, value in error.get_headers() if name.lower() not in ("content-type", "content-length")
    }
    code = _CODES.get(error.code) or phrase.lower().replace(" ", "-")
    problem = ProblemError(error.code, code, error.description or phrase, headers=headers)
    return refused(problem)


def failed(error: Exception) -> flask.Response:
    """The last resort: logged under an incident number, and told without its inside."""
    incident = secrets.token_hex(6)
    _log.exception("incident %s: %s %s", incident, flask.request.method, flask.request.path, exc_info=error)
    detail = "the server failed at this request; the incident is logged"
    return refused(ProblemError(500, "internal-error", detail, extra={"incident": incident}))
