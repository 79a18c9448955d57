"""Finds things to try the rules on: the address given, VoID, the sitemap, links of the home page, the endpoint."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import pyoxigraph as ox

from kclod.check.client import Client, Exchange, absolute, uri
from kclod.check.links import links, of_page
from kclod.check.site import ABOUT, Entity, format_of, parse
from kclod.vocab import OWL, RDF, VOID

_RDF = "text/turtle, application/n-triples;q=0.9, application/rdf+xml;q=0.8, application/ld+json;q=0.7"
_LOC = re.compile(r"<loc>\s*([^<\s]+)\s*</loc>")
_DOCUMENTS = {
    OWL["Ontology"],
    VOID["DatasetDescription"],
    ox.NamedNode("http://www.w3.org/ns/sparql-service-description#Service"),
}
_EACH = 12
"""Addresses of one kind of place that are tried."""
_SEARCH = 60
"""Requests after which nothing more is looked for, when there are enough things."""
_FOLDERS = 3
"""Folders that may be missing in front of a path, and one more."""
_SOME = "SELECT DISTINCT ?s WHERE { ?s a ?type FILTER(isIRI(?s)) } LIMIT 40"


def entities(client: Client, start: str, wanted: int) -> list[Entity]:
    """Up to `wanted` things that the site describes in RDF, one with other letters than ASCII if there is one."""
    found: dict[str, Entity] = {}
    before, seen = client.made, set[str]()
    named = Entity(start, client)
    if named.data is not None and (named.iri is not None or urlsplit(start).path not in ("", "/")):
        return [named]  # it alone is meant
    for place in _addresses(client, start):
        full = len(found) >= wanted
        if full and (client.made - before > _SEARCH or not _ascii(found)):
            break
        if full and unquote(place).isascii():
            continue
        for address in _behind(client, start, place):
            if address not in seen:
                seen.add(address)
                entity = Entity(address, client, start)
                if _is_thing(entity):
                    _add(found, entity, wanted)
    return list(found.values())


def _add(found: dict[str, Entity], entity: Entity, wanted: int) -> bool:
    """Take a thing that has data into those found, or in place of the last; False if it has none."""
    if entity.data is None or entity.iri is None or entity.iri in found:
        return False
    if len(found) >= wanted and (not _ascii(found) or unquote(entity.url).isascii()):
        return False
    if len(found) >= wanted:
        found.popitem()
    found[entity.iri] = entity
    return True


def _is_thing(entity: Entity) -> bool:
    """Whether the data says something of it, and not that it is a document of the kind that needs no other."""
    quads = parse(entity.data) if entity.data is not None else None
    if not isinstance(quads, list):
        return False
    said = [q for q in quads if isinstance(q.subject, ox.NamedNode) and q.subject.value == entity.iri]
    return bool(said) and not any(q.predicate == RDF["type"] and q.object in _DOCUMENTS for q in said)


def _ascii(found: dict[str, Entity]) -> bool:
    return all(unquote(entity.url).isascii() for entity in found.values())


def endpoint(client: Client, start: str) -> str | None:
    """The address of the site's SPARQL endpoint: what VoID says, else the usual ones that answer ASK."""
    described = _void(client, start)
    told = [o.value for _, p, o in described if p == VOID["sparqlEndpoint"] and isinstance(o, ox.NamedNode)]
    for address in dict.fromkeys(
        [*(a for one in told for a in _here(start, one)), *(_below(start, n) for n in ("sparql", "query"))]
    ):
        got = client.ask(f"{address}?query={quote('ASK {}')}", Accept="application/sparql-results+json")
        if got.status == 200 and got.media_type in ("application/sparql-results+json", "application/json"):
            return address
    return None


def void(client: Client, start: str) -> Exchange:
    """The answer at the well-known address of VoID (VoID, section 7.2; RFC 8615)."""
    return client.follow(_below(start, ".well-known/void"), Accept=_RDF)[-1]


def _has_data(client: Client, address: str) -> bool:
    got = client.follow(address, Accept=_RDF)[-1]
    return got.status == 200 and format_of(got.media_type) is not None


def _behind(client: Client, start: str, address: str) -> Iterator[str]:
    """What a document says that it describes, else the address itself where it has data, else where its data is."""
    data = client.follow(address, Accept=_RDF)[-1]
    page = client.follow(address, Accept="text/html")[-1]
    found = [one for got in (data, page) for one in links(got)]
    if address in (data.url, page.url):  # a redirect leads from a thing to a document, not to another thing
        told = [one.target for one in found if one.relation in ABOUT]
        things = [here for target in dict.fromkeys(told) for here in _here(start, target) if _has_data(client, here)]
        yield from things[:1]
        if things:
            return
    if _has_data(client, address):
        yield address
        return
    for one in found:
        if one.relation in ("describedby", "alternate") and format_of(one.media_type or ""):
            yield from (here for here in _here(start, one.target) if _has_data(client, here))


def _addresses(client: Client, start: str) -> Iterator[str]:
    for _, predicate, value in _void(client, start):
        if predicate == VOID["exampleResource"] and isinstance(value, ox.NamedNode):
            yield from _here(start, value.value)
    yield from _sitemap(client, start)
    home = client.follow(start, Accept="text/html")[-1]
    anchors = [*of_page(home).anchors, *(one.target for one in links(home) if one.relation in ("item", "describes"))]
    first = list(_sample(_inside(start, anchors)))
    yield from first
    for address in first:  # a home page may lead to lists only
        page = of_page(client.follow(address, Accept="text/html")[-1])
        yield from list(_sample(_inside(start, list(page.anchors))))[:4]
    where = endpoint(client, start)
    if where is not None:
        yield from _sample(_of_endpoint(client, start, where))


def _void(client: Client, start: str) -> list[tuple[object, ox.NamedNode, object]]:
    got = void(client, start)
    quads = parse(got) if got.status == 200 else []
    return [(q.subject, q.predicate, q.object) for q in quads] if isinstance(quads, list) else []


def _sitemap(client: Client, start: str) -> Iterator[str]:
    robots = client.ask(_below(start, "robots.txt"))
    told = re.findall(r"(?im)^sitemap:\s*(\S+)", robots.body.decode("utf-8", "replace")) if robots.status == 200 else []
    got = client.ask(told[0] if told else _below(start, "sitemap.xml"))
    yield from _sample(_inside(start, _LOC.findall(got.body.decode("utf-8", "replace")) if got.status == 200 else []))


def _of_endpoint(client: Client, start: str, where: str) -> list[str]:
    got = client.ask(f"{where}?query={quote(_SOME)}", Accept="application/sparql-results+json")
    try:
        rows = json.loads(got.body)["results"]["bindings"]
        named = [row["s"]["value"] for row in rows if row["s"]["type"] == "uri"]
    except (ValueError, KeyError, TypeError):
        return []
    return [address for iri in named if "#" not in iri for address in _here(start, iri)]


def _sample(addresses: list[str]) -> Iterator[str]:
    """A few, spread over all; first those with other letters than ASCII."""
    distinct = list(dict.fromkeys(addresses))
    far = [one for one in distinct if not unquote(one).isascii()][:2]
    step = max(1, len(distinct) // _EACH)
    yield from dict.fromkeys([*far, *distinct[::step][:_EACH]])


def _inside(start: str, addresses: list[str]) -> list[str]:
    """Those on the same host that are no files of another kind."""
    host = urlsplit(start).netloc
    clean = (uri(address).partition("#")[0] for address in addresses)
    return [a for a in clean if urlsplit(a).netloc == host and not re.search(r"\.(css|js|svg|png|ico|pdf|zip)$", a)]


def _here(start: str, iri: str) -> Iterator[str]:
    """The addresses at this host that an IRI may have.

    A site is tried before its IRIs lead to it: then the path is the same, or has fewer folders in front.
    """
    there, here = urlsplit(uri(iri)), urlsplit(start)
    if there.netloc == here.netloc or there.scheme not in ("http", "https"):
        yield uri(iri)
        return
    folder, parts = here.path.rpartition("/")[0], there.path.strip("/").split("/")
    for dropped in range(min(len(parts), _FOLDERS)):
        path = "/".join(parts[dropped:])
        yield urlunsplit((here.scheme, here.netloc, f"{folder}/{path}", there.query, ""))


def _below(start: str, name: str) -> str:
    return absolute(start, name if start.endswith("/") else f"/{name}")
