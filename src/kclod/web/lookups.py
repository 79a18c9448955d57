"""Look-ups: from an identifier that an outside registry gives, or the address of its record, to our thing."""

from __future__ import annotations

import json
from http import HTTPStatus
from urllib.parse import unquote

import flask

from kclod.schemes import Scheme
from kclod.web.http.negotiation import HTML, Offer
from kclod.web.http.responses import ProblemError, answer, local_path, negotiate, redirect
from kclod.web.identified import Match, Meant, NotUnderstoodError
from kclod.web.pages import page
from kclod.web.present import Presenter
from kclod.web.publication import current

blueprint = flask.Blueprint("lookups", __name__)

_JSON = Offer("application/json")
OFFERS = (HTML, _JSON)
_LONGEST = 500
"""Characters of an identifier or address."""


@blueprint.get("/lookup")
def lookup() -> flask.Response:
    """303 to the thing that has the identifier `id` of `scheme`, or of the address `id` alone; JSON by Accept.

    Without `id` a form with the list of the schemes.
    """
    text = flask.request.args.get("id", "").strip()
    if not text:
        return _form()
    return _found(flask.request.args.get("scheme", "").strip(), text)


@blueprint.get("/id/by/<scheme>/<path:text>")
def by(scheme: str, text: str) -> flask.Response:
    """The same with everything in the path."""
    return _found(scheme, text)


def _form() -> flask.Response:
    choice = negotiate(OFFERS)
    presenter, identified = Presenter.of_request(), current().identified
    counts = identified.counts()
    if choice.offer == HTML:
        return page("lookup.html", presenter, choice, schemes=identified.schemes, counts=counts)
    listed = [_scheme(scheme, presenter) | {"count": counts.things[scheme.name]} for scheme in identified.schemes]
    body = json.dumps({"schemes": listed, "countsAreLeast": counts.cut}, ensure_ascii=False, indent=1) + "\n"
    return answer(body, _JSON.media_type, language=presenter.language)


def _found(name: str, text: str) -> flask.Response:
    """303 where one thing is the same; what is only near is told, but never taken for it."""
    choice = negotiate(OFFERS)
    meant = _meant(name, text)
    matches = current().identified.matches(meant)
    same = [match for match in matches if match.exact]
    if same and choice.offer == _JSON:
        presenter = Presenter.of_request()
        body = json.dumps(_as_json(text, meant, matches, presenter), ensure_ascii=False, indent=1) + "\n"
        return answer(body, _JSON.media_type, language=presenter.language)
    if len(same) == 1:
        return redirect(_address(same[0].thing.value), 303)
    raise _not_one(text, meant, matches, same)


def _meant(name: str, text: str) -> Meant:
    """What the request means; 404 for a scheme that there is not, 400 for what is no identifier."""
    identified = current().identified
    if len(text) > _LONGEST:
        raise ProblemError(400, "too-long", f"an identifier has at most {_LONGEST} characters")
    scheme = identified.scheme(name) if name else None
    if name and scheme is None:
        names = [scheme.name for scheme in identified.schemes]
        detail = f"there is no scheme `{name[:_LONGEST]}`; there are: {', '.join(names) or 'none'}"
        raise ProblemError(404, "unknown-scheme", detail, extra={"schemes": names})
    try:
        return identified.meant(scheme, text)
    except NotUnderstoodError as error:
        extra = {"query": text, "schemes": list(error.names)}
        raise ProblemError(400, "bad-identifier", str(error), extra=extra) from None


def _not_one(text: str, meant: Meant, matches: tuple[Match, ...], same: list[Match]) -> ProblemError:
    """Several things are the same (300), something is near (404), or nothing is known (404)."""
    understood = f"`{meant.scheme.name}` `{meant.value}`" + (f" (<{meant.record}>)" if meant.record else "")
    extra = _as_json(text, meant, matches, Presenter.of_request())
    extra["similar"] = [match.thing.value for match in matches]
    if same:
        detail = f"several things here have the identifier {understood}"
        return ProblemError(HTTPStatus.MULTIPLE_CHOICES, "several-things", detail, extra=extra)
    if matches:
        detail = f"no thing here is the same as {understood}; what is near is listed, with how it is related"
        return ProblemError(404, "only-similar", detail, extra=extra)
    return ProblemError(404, "unknown-identifier", f"no thing here has the identifier {understood}", extra=extra)


def _as_json(text: str, meant: Meant, matches: tuple[Match, ...], presenter: Presenter) -> dict[str, object]:
    return {
        "query": text,
        "scheme": meant.scheme.name,
        "id": meant.value,
        "record": meant.record,
        "matches": [
            {
                "iri": match.thing.value,
                "label": (label := presenter.publication.labels.of(match.thing.value, presenter.language)).text,
                "language": label.language,
                "relation": match.relation,
                "predicate": match.predicate.value,
                "href": presenter.href(match.thing.value),
            }
            for match in matches
        ],
    }


def _scheme(scheme: Scheme, presenter: Presenter) -> dict[str, object]:
    return {
        "name": scheme.name,
        "iri": scheme.iri,
        "label": presenter.text(scheme.labels).text,
        "registry": presenter.text(scheme.titles).text,
        "homepage": scheme.homepage,
        "pattern": scheme.pattern,
        "template": scheme.template,
    }


def _address(iri: str) -> str:
    """Where this site answers for a thing of its own; a place of this site and no other."""
    path = iri.removeprefix(current().release.site.base_iri).partition("#")[0]
    if path.startswith("id/"):
        return local_path("documents.thing", {"path": unquote(path.removeprefix("id/"))})
    return local_path("documents.other_thing", {"path": unquote(path)})
