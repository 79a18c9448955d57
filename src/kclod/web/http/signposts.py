"""FAIR Signposting (signposting.org, levels 1 and 2): Link headers, and link sets (RFC 9264)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import pyoxigraph as ox

from kclod.rdf import DEFAULT_GRAPH, JSON_LD, TURTLE
from kclod.vocab import RDF, SCHEMA
from kclod.web.http.responses import ascii_uri, link
from kclod.web.publication import Publication

LINKSET, LINKSET_JSON = "application/linkset", "application/linkset+json"
_TYPES = 8
_SINGLE = ("type", "title", "media")
_VALUE = re.compile(r'<([^>]*)>((?:\s*;\s*[\w*-]+="[^"]*")*)')
_ATTRIBUTE = re.compile(r';\s*([\w*-]+)="([^"]*)"')


def of_page(publication: Publication, node: ox.NamedNode, documents: Mapping[str, str]) -> Iterator[str]:
    """The links of a landing page: what to cite, its metadata, who made it, licence, types, parts and collection."""
    site = publication.release.site
    yield link(node.value, "cite-as")
    for fmt in (TURTLE, JSON_LD):
        yield link(documents[fmt.name], "describedby", fmt.media_type)
    for author in publication.authors:
        yield link(author, "author")
    if site.licence:
        yield link(site.licence, "license")
    yield link(SCHEMA["AboutPage"].value, "type")
    for kind in _types(publication, node):
        yield link(kind, "type")
    if node.value != site.dataset_iri:
        yield link(site.dataset_iri, "collection")


def of_data(publication: Publication, node: ox.NamedNode, page: str) -> Iterator[str]:
    """The links of a metadata resource: what it describes, its landing page, and the licence."""
    yield link(node.value, "describes")
    yield link(page, "collection", "text/html")
    if publication.release.site.licence:
        yield link(publication.release.site.licence, "license")


def _types(publication: Publication, node: ox.NamedNode) -> list[str]:
    """The classes that the release vouches for, in their order."""
    quads = islice(publication.reader.store.quads_for_pattern(node, RDF["type"], None, DEFAULT_GRAPH), _TYPES)
    return sorted(q.object.value for q in quads if isinstance(q.object, ox.NamedNode))


def linkset(contexts: Mapping[str, Iterable[str]]) -> str:
    """Link values by their context as `application/linkset` (section 4.1): as in the header, with an anchor each."""
    values = [
        value if "anchor=" in value else f'{value}; anchor="{ascii_uri(anchor)}"'
        for anchor, links in contexts.items()
        for value in links
    ]
    return ",\n".join(values) + "\n"


def linkset_json(contexts: Mapping[str, Iterable[str]]) -> str:
    """Link values by their context as `application/linkset+json` (section 4.2).

    Target attributes that RFC 8288 does not define have lists as values (section 4.2.4.3).
    """
    found: dict[str, dict[str, list[dict[str, object]]]] = {}
    for context, links in contexts.items():
        for value in links:
            for target, attributes in _VALUE.findall(value):
                named = dict(_ATTRIBUTE.findall(attributes))
                relations = found.setdefault(named.pop("anchor", None) or ascii_uri(context), {})
                relation = named.pop("rel")
                more = {name: text if name in _SINGLE else [text] for name, text in named.items()}
                relations.setdefault(relation, []).append({"href": target, **more})
    sets = [{"anchor": anchor} | relations for anchor, relations in found.items()]
    return json.dumps({"linkset": sets}, ensure_ascii=False, indent=1) + "\n"
