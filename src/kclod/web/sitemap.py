"""The sitemap (sitemaps.org 0.9): the pages of all members of classes, for crawlers; an index where they are many."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

import flask

from kclod.web.http.responses import ProblemError, answer, ascii_uri, local_path
from kclod.web.publication import Publication, current

blueprint = flask.Blueprint("sitemap", __name__)
_MOST = 50_000
"""Addresses that one file may list."""
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XML = "application/xml"


@blueprint.get("/sitemap.xml")
def whole() -> flask.Response:
    """All pages, or the parts of the list where there are more than one file may hold."""
    pages = _pages()
    if len(pages) <= _MOST:
        return _written("urlset", "url", pages)
    parts = range(1, -(-len(pages) // _MOST) + 1)
    return _written("sitemapindex", "sitemap", [local_path(".part", {"number": number}) for number in parts])


@blueprint.get("/sitemap/<int:number>.xml")
def part(number: int) -> flask.Response:
    """One part of a long list; 404 past the last."""
    pages = _pages()
    found = pages[(number - 1) * _MOST : number * _MOST] if number > 0 and len(pages) > _MOST else ()
    if not found:
        raise ProblemError(404, "no-such-page", "the sitemap has no such part; see /sitemap.xml")
    return _written("urlset", "url", found)


def _written(outer: str, inner: str, paths: Sequence[str]) -> flask.Response:
    public, root = current().public_url, flask.request.script_root
    places = (escape(public + ascii_uri(path.removeprefix(root).removeprefix("/"))) for path in paths)
    lines = (f"<{inner}><loc>{place}</loc></{inner}>" for place in places)
    text = "\n".join(
        ('<?xml version="1.0" encoding="UTF-8"?>', f'<{outer} xmlns="{_NAMESPACE}">', *lines, f"</{outer}>", "")
    )
    return answer(text, _XML)


def _pages() -> Sequence[str]:
    """The local paths of the pages, sorted; listed once, as a release does not change."""
    root = flask.request.script_root
    kept: dict[str, Sequence[str]] = flask.current_app.extensions.setdefault("kclod.sitemap", {})
    if root not in kept:
        paths = sorted(_documents(current()))
        kept[root] = [
            local_path("overview.home", {}),
            *(local_path("documents.page", {"path": path}) for path in paths),
        ]
    return kept[root]


def _documents(publication: Publication) -> set[str]:
    found: set[str] = set()
    for class_iri in publication.reader.classes():
        for member in publication.reader.members(class_iri):
            address = publication.addresses.of(member.value)
            if address is not None:
                found.add(address.path)
    return found
