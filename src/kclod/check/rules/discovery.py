"""What a machine finds without being told: VoID, the SPARQL endpoint, robots.txt."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urljoin

import pyoxigraph as ox

from kclod.check.client import Exchange
from kclod.check.discover import endpoint, void
from kclod.check.rules.rule import Finding, Group, Level, holds
from kclod.check.site import Entity, parse
from kclod.vocab import RDF, VOID

_GROUP = Group("discovery")
_PROTOCOL = "SPARQL 1.1 Protocol"
_JSON = "application/sparql-results+json"


def _start(entity: Entity) -> str:
    return entity.start or urljoin(entity.url, "/")


def _query(entity: Entity, text: str, accept: str = _JSON) -> Exchange | None:
    where = endpoint(entity.client, _start(entity))
    return entity.client.ask(f"{where}?query={quote(text)}", Accept=accept) if where else None


@_GROUP.rule("void", Level.GOOD, "/.well-known/void describes the dataset", "VoID, 7.2; RFC 8615")
def _void(entity: Entity) -> Iterator[Finding]:
    got = void(entity.client, _start(entity))
    quads = parse(got) if got.status == 200 else []
    told = isinstance(quads, list) and any(q.predicate == RDF["type"] and q.object == VOID["Dataset"] for q in quads)
    yield holds(told, got, f"{got.status} {got.media_type}: no void:Dataset")


@_GROUP.rule("robots", Level.GOOD, "robots.txt is text, or is not there", "RFC 9309, 2.3")
def _robots(entity: Entity) -> Iterator[Finding]:
    got = entity.client.ask(urljoin(entity.url, "/robots.txt"))
    yield holds(
        got.status in (404, 410) or (got.status == 200 and got.media_type == "text/plain"),
        got,
        f"{got.status} {got.media_type}",
    )


@_GROUP.rule(
    "service-description", Level.SHOULD, "the endpoint describes itself in RDF", "SPARQL 1.1 Service Description, 2"
)
def _service(entity: Entity) -> Iterator[Finding]:
    where = endpoint(entity.client, _start(entity))
    if where is None:
        yield Finding(None)
        return
    got = entity.client.follow(where, Accept="text/turtle")[-1]
    quads = parse(got) if got.status == 200 else []
    service = ox.NamedNode("http://www.w3.org/ns/sparql-service-description#Service")
    yield holds(
        isinstance(quads, list) and any(q.object == service for q in quads), got, f"{got.status} {got.media_type}"
    )


@_GROUP.rule("malformed-query", Level.MUST, "a malformed query gets 400", f"{_PROTOCOL}, 2.1.6")
def _malformed(entity: Entity) -> Iterator[Finding]:
    got = _query(entity, "SELECT WHERE {{")
    yield Finding(None) if got is None else holds(got.status == 400, got, str(got.status))


@_GROUP.rule("query-formats", Level.SHOULD, "results are negotiated: JSON, XML, CSV, TSV", f"{_PROTOCOL}, 2.1.5")
def _formats(entity: Entity) -> Iterator[Finding]:
    for accept in (_JSON, "application/sparql-results+xml", "text/csv", "text/tab-separated-values"):
        got = _query(entity, "SELECT ?x WHERE { BIND(1 AS ?x) }", accept)
        yield (
            Finding(None)
            if got is None
            else holds(got.status == 200 and got.media_type == accept, got, f"{got.status} {got.media_type}")
        )


@_GROUP.rule("query-vary", Level.SHOULD, "a result that Accept chose says so in Vary", "RFC 9110, 12.5.5")
def _vary(entity: Entity) -> Iterator[Finding]:
    got = _query(entity, "SELECT ?x WHERE { BIND(1 AS ?x) }")
    yield Finding(None) if got is None else holds(got.names("Vary") & {"accept", "*"}, got, "Vary does not name Accept")


RULES = tuple(_GROUP.rules)
