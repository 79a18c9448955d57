"""What can be asked for at an address of the site, by the table of negotiation; and what files cannot do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

import flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from kclod.rdf import RDF_FORMATS
from kclod.site_files.places import SELECTING, Selected
from kclod.web.citing import TYPES as CITATIONS
from kclod.web.http.negotiation import HTML
from kclod.web.http.table import TABLE, Row

NEEDS_SERVER = frozenset(
    {
        *("sparql.ask", "sparql.post", "terms.labels", "lookups.lookup", "lookups.by", "measuring.metrics"),
        *("search.as_json", "search.suggest", "overview.health", "overview.live"),
    }
)
_BLUEPRINTS = frozenset({"reconciling", "releases", "mementos", "ldes"})
"""Endpoints that answer what nobody can foresee, or tell of a running server; parts of the site that do so, or have
what other releases said: an export is of one release."""


def needs_server(endpoint: str) -> bool:
    """Whether there are no files for an endpoint."""
    return endpoint in NEEDS_SERVER or endpoint.partition(".")[0] in _BLUEPRINTS


_ARGUMENTS = {
    "documents.page": ("in", "fact", "page"),
    "documents.data": ("page",),
    "documents.describe": ("iri", "in", "fact", "page"),
    "overview.browse": ("class", "page"),
    "citing.cite": ("iri",),
}
"""Parameters by which an endpoint has answers that pages link to, beside `lang`, `_profile` and `format`."""
_KEPT = 65_536
_UNTOLD = frozenset({"lang", "_profile", "format"})
_BY_NAME = {fmt.name: fmt for fmt in RDF_FORMATS}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """An address without what chooses among its representations: the endpoint, a decoded path, parameters."""

    endpoint: str
    path: str
    selected: Selected = ()

    @property
    def row(self) -> Row:
        """What the table says of it."""
        return TABLE[self.endpoint]


@dataclass(frozen=True, slots=True)
class Representation:
    """A representation of an address: extension of its file, how it is asked for, whether its words are translated."""

    extension: str = ""
    accept: str = ""
    query: str = ""
    worded: bool = False
    elsewhere: bool = False
    """Whether its file is that of an address of its own."""


def representations(place: Place) -> tuple[Representation, ...]:
    """What there is at an address, the default first."""
    row = place.row
    worded = "Accept-Language" in row.vary
    if place.endpoint == "citing.cite":
        return tuple(Representation(name, query=f"format={name}", worded=True) for name in CITATIONS)
    if place.endpoint == "drawn.picture" and place.path.endswith(".json"):
        return (Representation(worded=True),)
    if place.endpoint == "ontology.version" and place.path.rpartition(".")[2] in _BY_NAME:
        return (Representation(),)
    found = []
    for offer in row.offers if place.endpoint != "search.search" else (HTML,):
        name = "html" if offer == HTML else offer.format.name if offer.format else offer.media_type.rpartition("/")[2]
        by_name = "format" in row.fixed and offer.format is not None
        found.append(
            Representation(
                name,
                "" if by_name else offer.media_type,
                f"format={name}" if by_name else "",
                worded and offer.format is None,
                row.located and offer.format is not None and not by_name,
            )
        )
    return tuple(found) or (Representation(worded=worded),)


class Map:
    """The routes of the application."""

    def __init__(self, app: flask.Flask, prefix: str) -> None:
        self._adapter: MapAdapter = app.url_map.bind("localhost")
        self._prefix = prefix
        self.place = lru_cache(maxsize=_KEPT)(self._place)
        """What a local address leads to, as it stands in a page; None where that is nothing that can be a file.

        A place has parameters of those that its endpoint knows; with any other it is not what pages link to as one of
        a bounded number.
        """

    def _place(self, href: str) -> Place | None:
        path, _, query = href.partition("#")[0].partition("?")
        if not path.startswith(f"{self._prefix}/") or path.startswith("//"):
            return None
        decoded = unquote(path[len(self._prefix) :])
        try:
            endpoint, _ = self._adapter.match(decoded)
        except HTTPException:
            return None
        if needs_server(endpoint) or TABLE[endpoint].status != 200:  # OK
            return None
        known = _ARGUMENTS.get(endpoint, ())
        values: dict[str, str] = {}
        for part in filter(None, query.split("&")):
            name, _, value = part.partition("=")
            if name in known:
                values[name] = value
            elif name not in _UNTOLD:
                return None
        if values.get("page") == "1":
            del values["page"]
        selected = tuple((name, values[name]) for name in SELECTING if name in values)
        if any(segment in (".", "..") for _, value in selected for segment in value.split("/")):
            return None
        return Place(endpoint, decoded, selected)
