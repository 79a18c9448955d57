"""What is sent is what it is said to be, and the same in every format."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from kclod.check.rules.rule import Finding, Group, Level, holds
from kclod.check.site import Entity, parse

_GROUP = Group("data")


def _about(quads: list[ox.Quad], iri: str) -> set[str]:
    """The triples about a thing that can be compared: those without blank nodes."""
    return {
        str(q.triple)
        for q in quads
        if isinstance(q.subject, ox.NamedNode) and q.subject.value == iri and not isinstance(q.object, ox.BlankNode)
    }


@_GROUP.rule(
    "well-formed",
    Level.MUST,
    "what is sent as a format is well-formed in it",
    "RFC 9110, 8.3; the formats' specifications",
)
def _well_formed(entity: Entity) -> Iterator[Finding]:
    for got in entity.formats.values():
        quads = parse(got)
        yield (
            Finding(None, got, "not told")
            if quads is None
            else holds(not isinstance(quads, str), got, str(quads)[:300])
        )


@_GROUP.rule("not-empty", Level.MUST, "the data about a thing says something", "Linked Data, rule 3")
def _not_empty(entity: Entity) -> Iterator[Finding]:
    for got in entity.formats.values():
        quads = parse(got)
        if isinstance(quads, list):
            yield holds(bool(quads), got, "a document without a triple")


@_GROUP.rule("same", Level.GOOD, "all formats say the same of the thing", "RDF 1.1 Concepts, 1.5")
def _same(entity: Entity) -> Iterator[Finding]:
    first: set[str] | None = None
    for name, got in entity.formats.items():
        quads = parse(got)
        if not isinstance(quads, list) or entity.iri is None:
            continue
        said = _about([q for q in quads if got.media_type not in _DATASETS or _default(q)], entity.iri)
        if first is None:
            first = said
        else:
            yield holds(
                said == first, got, f"{len(said ^ first)} triples differ: {min(said ^ first, default='')[:200]}"
            )
        del name


_DATASETS = ("application/n-quads", "application/trig", "application/ld+json")


def _default(quad: ox.Quad) -> bool:
    """Whether a quad is of the default graph; the named ones may say more."""
    return isinstance(quad.graph_name, ox.DefaultGraph)


@_GROUP.rule(
    "utf-8", Level.MUST, "text is UTF-8 and is not said to be anything else", "RDF 1.1 Turtle, 5; N-Triples, 4"
)
def _utf8(entity: Entity) -> Iterator[Finding]:
    for got in (*entity.formats.values(), *([entity.page] if entity.page else [])):
        try:
            got.content.decode("utf-8")
        except UnicodeDecodeError as error:
            if not got.cut:
                yield Finding(False, got, f"byte {error.start} is no UTF-8")
                continue
        kind = (got.get("Content-Type") or "").lower()
        yield holds("charset" not in kind or "utf-8" in kind or "utf8" in kind, got, kind)


@_GROUP.rule(
    "cors",
    Level.GOOD,
    "scripts of other sites may read it: Access-Control-Allow-Origin",
    "Fetch, 3.3; Linked Data Platform Best Practices",
)
def _cors(entity: Entity) -> Iterator[Finding]:
    for got in list(entity.formats)[:1]:
        for exchange in entity.client.follow(entity.url, Accept=got, Origin="https://other.invalid"):
            allowed = exchange.get("Access-Control-Allow-Origin")
            yield holds(allowed in ("*", "https://other.invalid"), exchange, f"Access-Control-Allow-Origin: {allowed}")


RULES = tuple(_GROUP.rules)
