"""What rules have to know of an export: kinds of addresses, media types, headers; the same for every web server."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from kclod.rdf import RDF_FORMATS
from kclod.site_files.kinds import Place, needs_server, representations
from kclod.site_files.linking import Gathered
from kclod.site_files.places import ACCEPT, ERRORS, LANG, PROFILE, SELECTED
from kclod.site_files.work import Done
from kclod.web.facets import PREFIX
from kclod.web.http.profiles import PROFILES, available
from kclod.web.http.responses import POLICY
from kclod.web.http.table import TABLE

FILE, DATA, LINKSET, CITE, DESCRIBE, THING, SERVER = "file", "data", "linkset", "cite", "describe", "thing", "server"
_BY_ENDPOINT = {
    "documents.data": DATA,
    "documents.links": LINKSET,
    "citing.cite": CITE,
    "documents.describe": DESCRIBE,
}
_OFFERED = {
    frozenset({"html"}): "h",
    frozenset({"html", "json"}): "hj",
    frozenset(f.name for f in RDF_FORMATS): "r",
    frozenset({"html", *(f.name for f in RDF_FORMATS)}): "hr",
}
ALWAYS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Cache-Status, Content-Location, Content-Profile, ETag, Link, Location, "
    "Preference-Applied, Retry-After",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": POLICY,
}
"""Fields of every answer."""
OF_OPTIONS = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Accept-Profile, Content-Type, If-Modified-Since, "
    "If-None-Match, Prefer",
    "Access-Control-Max-Age": "86400",
}
ENDPOINTS = {
    "h": "overview.home",
    "hr": "ontology.page",
    "r": "wellknown.void",
    "hj": "downloads.listing",
    THING: "documents.thing",
    DATA: "documents.data",
    CITE: "citing.cite",
    DESCRIBE: "documents.describe",
}
"""Kinds of addresses whose answers depend on what is asked, by an endpoint that says on what."""
ASKED = "sparql|reconcile|lookup|id/by|releases|timegate|timemap|ldes"
"""Where what needs a server begins, as a pattern; files below have addresses of their own."""
ALLOW = "GET, HEAD, OPTIONS"
NARROWED = PREFIX
"""What parameters begin with that only a server can answer."""
STATIC = "/static/built/"
"""Files that may be kept for ever."""
INSIDE = f"(?:(?:{LANG}|{ACCEPT}|{PROFILE}|{SELECTED}|{ERRORS}|_rules|_kind)/|_site.json$)"
"""What is found by rules and has no address of its own, as a pattern."""
FORMATS = tuple(fmt.name for fmt in RDF_FORMATS)
TOKENS = tuple(profile.token for profile in PROFILES)
IRIS = {profile.token: profile.iri for profile in PROFILES}
DEFAULT_PROFILE = {fmt.name: available(fmt)[0].token for fmt in RDF_FORMATS}
POSSIBLE = {fmt.name: tuple(one.token for one in available(fmt)) for fmt in RDF_FORMATS}


@dataclass(frozen=True)
class Known:
    """What an export holds that rules speak of. Paths are decoded and without the prefix of the site."""

    prefix: str
    base_iri: str
    public_url: str
    kinds: Mapping[str, str]
    """By path the kind of an address that has one of its own; things, pages and data documents are told by their
    paths."""
    types: Mapping[str, Mapping[str, str]]
    """By kind the Content-Type of files by their extension."""
    odd: Mapping[str, str]
    """The Content-Type of files without an extension, by path."""
    links: Gathered
    spelled: Mapping[str, str]
    """Decomposed paths and the addresses (percent-encoded, without prefix) that they stand for."""


def known(
    prefix: str, base_iri: str, public_url: str, *, done: Done, links: Gathered, places: Iterable[Place]
) -> Known:
    """Look through the addresses of an export."""
    kinds: dict[str, str] = {}
    groups = _groups(done.types)
    for endpoint, row in TABLE.items():
        if not needs_server(endpoint):
            continue
        path = row.address.partition("?")[0]
        if not any(c.isupper() for c in path):  # what stands for something else is written in capitals
            kinds[path] = SERVER
    spelled: dict[str, str] = {}
    for place in places:
        if place.endpoint == "documents.page":
            document = place.path.removeprefix("/page/")
            for path in (place.path, f"/id/{document}", f"/{document}"):
                apart = unicodedata.normalize("NFD", path)
                if apart != path:
                    spelled[apart] = quote(path, safe="!$&'()*+,/:;=@")
        elif place.endpoint not in _BY_ENDPOINT:
            kinds[place.path] = _kind(place, groups)
    kinds["/cite"], kinds["/describe"] = CITE, DESCRIBE
    types: dict[str, dict[str, str]] = {}
    odd: dict[str, str] = {}
    for (endpoint, extension), value in done.types.items():
        if extension.startswith("/"):
            odd[extension] = value
        else:
            kind = _BY_ENDPOINT.get(endpoint) or (f"{FILE}{groups[endpoint]}" if endpoint in groups else "")
            types.setdefault(kind, {})[extension] = value
    return Known(prefix, base_iri, public_url, kinds, types, odd, links, spelled)


def worded(path: str) -> str:
    """The fields that decide what a plain file says, where one is the language."""
    if path.startswith("/pictures/"):
        return ", ".join(TABLE["drawn.picture"].vary)
    rows = (row for row in TABLE.values() if row.address.partition("?")[0] == path and "Accept-Language" in row.vary)
    return ", ".join(next((row.vary for row in rows), ()))


def _kind(place: Place, groups: Mapping[str, int]) -> str:
    found = frozenset(one.extension for one in representations(place))
    return _OFFERED.get(found) or f"{FILE}{groups.get(place.endpoint, 0)}"


def _groups(types: Mapping[tuple[str, str], str]) -> dict[str, int]:
    """Endpoints of plain files in groups in which an extension has one media type."""
    by_endpoint: dict[str, dict[str, str]] = {}
    for (endpoint, extension), value in sorted(types.items()):
        plain = not TABLE[endpoint].offers or endpoint == "drawn.picture"
        if plain and endpoint not in _BY_ENDPOINT and not extension.startswith("/"):
            by_endpoint.setdefault(endpoint, {})[extension] = value
    groups: list[dict[str, str]] = [{}]
    found: dict[str, int] = {}
    for endpoint, told in by_endpoint.items():
        place = next(
            (n for n, group in enumerate(groups) if all(group.get(e, v) == v for e, v in told.items())), len(groups)
        )
        if place == len(groups):
            groups.append({})
        groups[place] |= told
        found[endpoint] = place
    return found
