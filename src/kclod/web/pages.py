"""Renders templates: each page gets a presenter `p`, the site, and the links that every page has."""

from __future__ import annotations

from collections.abc import Mapping

import flask

from kclod.web import built, interface
from kclod.web.http.negotiation import Choice
from kclod.web.http.responses import answer, ascii_uri, local_path
from kclod.web.present import Presenter
from kclod.web.publication import current
from kclod.web.versions.archive import PLACE, memento


def render(template: str, presenter: Presenter, **values: object) -> str:
    """The HTML of a template."""
    return flask.render_template(
        template,
        p=presenter,
        site=presenter.publication.release.site,
        version=presenter.publication.release.version,
        languages=_languages(),
        built=built,
        archived=_archived(),
        releases=presenter.url("releases.listing").replace(flask.request.environ.get(PLACE, ""), "", 1),
        **values,
    )


def _archived() -> dict[str, object] | None:
    """Of a page of an earlier release: when that was made, and the same page now."""
    made, place = memento(), flask.request.environ.get(PLACE, "")
    if made is None or not current().archived:
        return None
    root = flask.request.script_root.removesuffix(place)
    query = flask.request.query_string.decode("ascii", "replace")
    latest = ascii_uri(f"{root}{flask.request.path}") + (f"?{query}" if query else "")
    return {"made": made, "latest": latest}


def page(
    template: str,
    presenter: Presenter,
    choice: Choice | None = None,
    *,
    links: list[str] | None = None,
    **values: object,
) -> flask.Response:
    """A page as an answer, in the media type that was negotiated."""
    media_type = choice.media_type if choice is not None else "text/html"
    return answer(render(template, presenter, **values), media_type, language=presenter.language, links=links or ())


def error_page(problem: Mapping[str, object]) -> str:
    """The page of a refusal; `problem` has status, title, code, detail and perhaps more.

    A query that was refused stays in the form, with what was wrong.
    """
    presenter = Presenter.of_request()
    query = flask.request.args.get("query")
    if flask.request.endpoint == "sparql.ask" and query:
        return render("sparql.html", presenter, problem=problem, query=query, table=None)
    return render("error.html", presenter, problem=problem)


def _languages() -> list[tuple[str, str, str]]:
    """Tag, own name and address of the present page in each language."""
    arguments = flask.request.args.to_dict(flat=False) if flask.request.method in ("GET", "HEAD") else {}
    endpoint, found = flask.request.endpoint, []
    for tag in interface.LANGUAGES:
        if endpoint is None:
            address = local_path("overview.home", {"lang": tag})
        else:
            address = local_path(endpoint, arguments | (flask.request.view_args or {}) | {"lang": tag})
        found.append((tag, interface.word(tag, "language.name"), address))
    return found
