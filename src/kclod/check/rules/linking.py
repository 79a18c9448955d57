"""Web links: RFC 8288, FAIR Signposting, and links in the head of pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from kclod.check.client import Exchange
from kclod.check.links import Link, links, of_header
from kclod.check.rules.rule import Finding, Group, Level, Try, holds
from kclod.check.site import Entity, format_of

_GROUP = Group("links")
_SIGNPOSTING = "FAIR Signposting Profile"


@_GROUP.rule("well-formed", Level.MUST, "the Link field is well-formed", "RFC 8288, 3")
def _well_formed(entity: Entity) -> Iterator[Finding]:
    for got in (entity.page, entity.data):
        if got is not None and got.get("Link"):
            wrong = of_header(got)[1]
            yield holds(wrong is None, got, f"at: {wrong}")


@_GROUP.rule(
    "alternate",
    Level.GOOD,
    "the page links to the data: rel=alternate or describedby, with the media type",
    "RFC 8288; HTML, 4.6.7.1",
)
def _alternate(entity: Entity) -> Iterator[Finding]:
    if entity.page is None:
        yield Finding(None)
        return
    found = [one for one in links(entity.page) if one.relation in ("alternate", "describedby")]
    yield holds(any(format_of(one.media_type or "") for one in found), entity.page, "no link to RDF")


@_GROUP.rule("live", Level.MUST, "links to representations lead to what their type says", "RFC 8288, 3.4.1")
def _live(entity: Entity) -> Iterator[Finding]:
    for one in [one for one in entity.others() if one.media_type][:8]:
        got = entity.client.follow(one.target.partition("#")[0], Accept=f"{one.media_type}, */*;q=0.1")[-1]
        yield holds(
            got.status == 200 and got.media_type == one.media_type,
            got,
            f"{got.status} {got.media_type} for {one.media_type}",
        )


@_GROUP.rule(
    "same-site",
    Level.GOOD,
    "links to representations stay on the site, also behind a proxy",
    "RFC 8288, 3.1; RFC 9110, 7.2",
)
def _same_site(entity: Entity) -> Iterator[Finding]:
    hosts = {urlsplit(entity.url).netloc, urlsplit(entity.iri or "").netloc}
    for one in entity.others():
        shown = entity.page or entity.data
        if shown is not None:
            yield holds(urlsplit(one.target).netloc in hosts, shown, f"leads to {one.target}")


def _signpost(relation: str) -> Try:
    def tries(entity: Entity) -> Iterator[Finding]:
        shown = entity.page or entity.data
        if shown is None:
            yield Finding(None)
        else:
            yield holds(any(one.relation == relation for one in of_header(shown)[0]), shown, f"no {relation} in Link")

    return tries


for _relation, _what in (
    ("cite-as", "the persistent IRI to cite"),
    ("describedby", "the metadata"),
    ("type", "the types"),
    ("license", "the licence"),
):
    _GROUP.rule(f"signpost-{_relation}", Level.GOOD, f"Link names {_what}: {_relation}", f"{_SIGNPOSTING}, level 1")(
        _signpost(_relation)
    )


@_GROUP.rule(
    "cite-as", Level.MUST, "what is to be cited is the IRI that the data is about", f"{_SIGNPOSTING}; RFC 8574"
)
def _cite_as(entity: Entity) -> Iterator[Finding]:
    for got in (entity.page, entity.data):
        cited = [one.target for one in links(got) if one.relation == "cite-as"] if got is not None else []
        if got is not None and cited and entity.iri:
            yield holds(unquote(entity.iri) in map(unquote, cited), got, f"cites {', '.join(cited)}, not {entity.iri}")


@_GROUP.rule(
    "describes",
    Level.GOOD,
    "the data links back to what it describes: describes or collection",
    f"{_SIGNPOSTING}, level 1; RFC 6892",
)
def _describes(entity: Entity) -> Iterator[Finding]:
    if entity.data is None:
        yield Finding(None)
        return
    found = {one.relation for one in of_header(entity.data)[0]}
    yield holds(found & {"describes", "collection", "cite-as"}, entity.data, "no describes in Link")


@_GROUP.rule("linkset", Level.GOOD, "a link set has all links in one document", f"{_SIGNPOSTING}, level 2; RFC 9264")
def _linkset(entity: Entity) -> Iterator[Finding]:
    shown = entity.page or entity.data
    sets = [one for one in of_header(shown)[0] if one.relation == "linkset"] if shown is not None else []
    if not sets and shown is not None:
        yield Finding(False, shown, "no linkset in Link")
    for one in sets:
        got = entity.client.follow(one.target, Accept=one.media_type or "application/linkset+json")[-1]
        yield _good_set(one, got)


def _good_set(one: Link, got: Exchange) -> Finding:
    if got.status != 200 or not got.media_type.startswith("application/linkset"):
        return holds(False, got, f"{got.status} {got.media_type}")
    if got.media_type == "application/linkset":
        return holds(
            of_header(Exchange("GET", got.url, (), headers=(("Link", " ".join(got.body.decode().split())),)))[1]
            is None,
            got,
            "not well-formed",
        )
    try:
        sets = json.loads(got.body)["linkset"]
        good = bool(sets) and all(
            isinstance(context, dict) and isinstance(v, list | str) for context in sets for v in context.values()
        )
    except (ValueError, KeyError, TypeError):
        good = False
    return holds(good, got, f"no link set of RFC 9264, 4.2, as {one.media_type}")


RULES = tuple(_GROUP.rules)
