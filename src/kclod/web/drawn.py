"""The pictures of the overview: a page each, and the data that a browser draws, kept while the release is served."""

from __future__ import annotations

import json

import flask
import pyoxigraph as ox

from kclod.rdf import Term
from kclod.site import Section, Site
from kclod.web import interface
from kclod.web.http.negotiation import HTML
from kclod.web.http.responses import ProblemError, answer, negotiate
from kclod.web.pages import page
from kclod.web.present import Presenter, parse_term
from kclod.web.publication import current
from kclod.web.things.labels import local_name

blueprint = flask.Blueprint("drawn", __name__)
_JSON = "application/json"
_TABLE_ROWS = 500
"""Rows that the table of a page shows; the CSV document has all of them."""


@blueprint.get("/pictures/<name>")
def picture(name: str) -> flask.Response:
    """The page of a picture, with its table; 404 for a name that no picture has."""
    if name.endswith(".json"):
        return _data(_named(current().release.site, name.removesuffix(".json")))
    section = _named(current().release.site, name)
    choice = negotiate((HTML,))
    return page("picture.html", Presenter.of_request(), choice, section=section, name=name, most=_TABLE_ROWS)


def _named(site: Site, name: str) -> Section:
    for section in site.pictures:
        if local_name(section.query.iri) == name:
            return section
    raise ProblemError(404, "unknown-picture", f"there is no picture {name}")


def _data(section: Section) -> flask.Response:
    presenter = Presenter.of_request()
    kept: dict[tuple[str, str, str], str] = flask.current_app.extensions.setdefault("kclod.drawn", {})
    key = (section.query.iri, presenter.url("overview.home"), presenter.language)
    if key not in kept:
        kept[key] = json.dumps(_described(section, presenter), ensure_ascii=False, separators=(",", ":"))
    return answer(kept[key], _JSON, language=presenter.language)


def _described(section: Section, presenter: Presenter) -> dict[str, object]:
    """Each distinct term once, in `cells`; rows have its place there."""
    drawn = section.query.picture
    cells = dict.fromkeys(text for row in section.rows for text in row if text)
    places = {text: place for place, text in enumerate(cells)}
    return {
        "question": presenter.text(section.query.labels).text,
        "kind": drawn.kind.value if drawn else None,
        "parts": drawn.parts if drawn else {},
        "columns": [{"name": name, "heading": presenter.heading(section, name)} for name in section.columns],
        "cells": [cell_data(presenter, parse_term(text)) for text in cells],
        "rows": [[places[text] if text else None for text in row] for row in section.rows],
        "words": interface.words(presenter.language, "draw."),
    }


def cell_data(presenter: Presenter, term: Term) -> dict[str, str]:
    """A term for a browser: the text to show, its language where that is not the page's, where it leads, its value."""
    view = presenter.value(term)
    found = {"text": view.text, "language": view.language, "href": view.href or view.external, "iri": view.iri}
    if isinstance(term, ox.Literal):
        found["value"] = term.value
        found["datatype"] = term.datatype.value
    return {name: value for name, value in found.items() if value is not None}
