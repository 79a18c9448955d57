"""The RDF description of a thing: its own statements, its parts, and what links to it (paged).

By profile also the names of all of those, and the claim graphs that state it with what is said of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import pyoxigraph as ox

from kclod.rdf import DEFAULT_GRAPH
from kclod.vocab import RDF, Namespace
from kclod.web.http.profiles import Profile
from kclod.web.things.labels import LABEL_PROPERTIES
from kclod.web.things.reader import Reader, is_part

HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
FOAF_TOPIC = ox.NamedNode("http://xmlns.com/foaf/0.1/primaryTopic")
INCOMING_PAGE = 1_000
_NAMED = 2_000
_PARTS = 1_000
_NAMES_EACH = 50
_CLAIM_QUADS = 1_000
_CLAIMS = 1_000


@dataclass(frozen=True, slots=True)
class Data:
    """A data document: its quads, and whether a further page of incoming links follows."""

    quads: tuple[ox.Quad, ...]
    more: bool


def describe(reader: Reader, node: ox.NamedNode, profile: Profile, document: str, page: int = 1) -> Data:
    """The description of a thing by a profile.

    `document` is the document's IRI; page 1 has the thing's own statements, and each page up to 1,000 incoming ones,
    linked by hydra:next where there are more.
    """
    contents, more = reader.recently((node, profile, page), lambda: _contents(reader, node, profile, page))
    return Data(tuple(dict.fromkeys((*contents, *_paging(node, document, page, more)))), more)


def _contents(reader: Reader, node: ox.NamedNode, profile: Profile, page: int) -> tuple[tuple[ox.Quad, ...], bool]:
    incoming = list(islice(reader.incoming(node), (page - 1) * INCOMING_PAGE, page * INCOMING_PAGE + 1))
    more = len(incoming) > INCOMING_PAGE
    quads = dict.fromkeys(incoming[:INCOMING_PAGE])
    if page == 1:
        quads.update(dict.fromkeys(_own(reader, node)))
    if profile.labels:
        quads.update(dict.fromkeys(_names(reader, quads)))
    if profile.evidence:
        claims = dict.fromkeys(islice(_claims(reader, node), _CLAIMS))
        quads.update(dict.fromkeys(_claim_quads(reader, node, claims, page)))
    return tuple(quads), more


def _own(reader: Reader, node: ox.NamedNode) -> Iterator[ox.Quad]:
    """Statements about the node and its hash children; those of provenance for a claim, as triples."""
    pending, seen = [node], {node}
    while pending and len(seen) < _PARTS:
        current = pending.pop()
        for quad in reader.store.quads_for_pattern(current, None, None, None):
            role = reader.roles.get(quad.graph_name.value) if isinstance(quad.graph_name, ox.NamedNode) else "default"
            if role is not None:  # claims' graphs are told apart: what is not accepted must not look as if it were
                yield ox.Quad(quad.subject, quad.predicate, quad.object, DEFAULT_GRAPH)
                if isinstance(quad.object, ox.NamedNode) and quad.object not in seen and is_part(quad.object, node):
                    seen.add(quad.object)
                    pending.append(quad.object)


def _names(reader: Reader, quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
    linked = dict.fromkeys(t for q in quads for t in (q.subject, q.predicate, q.object) if isinstance(t, ox.NamedNode))
    for term in islice(linked, _NAMED):
        for label_property in LABEL_PROPERTIES:
            found = list(islice(reader.store.quads_for_pattern(term, label_property, None, DEFAULT_GRAPH), _NAMES_EACH))
            yield from found
            if found:
                break


def _claims(reader: Reader, node: ox.NamedNode) -> Iterator[ox.NamedNode]:
    if reader.claim(node) is not None:
        yield node
    for pattern in ((node, None, None, None), (None, None, node, None)):
        for quad in islice(reader.store.quads_for_pattern(*pattern), _CLAIM_QUADS):
            if isinstance(quad.graph_name, ox.NamedNode) and reader.claim(quad.graph_name) is not None:
                yield quad.graph_name


def _claim_quads(reader: Reader, node: ox.NamedNode, claims: Iterable[ox.NamedNode], page: int) -> Iterator[ox.Quad]:
    """Of each claim its provenance and the statements that the node is in; all of them where the node is the claim."""
    for claim in claims:
        if claim == node:
            yield from islice(reader.store.quads_for_pattern(None, None, None, claim), _CLAIM_QUADS)
        elif page == 1:
            yield from reader.store.quads_for_pattern(node, None, None, claim)
        yield from islice(reader.store.quads_for_pattern(None, None, node, claim), _CLAIM_QUADS)
        yield from reader.provenance_of(claim)


def _paging(node: ox.NamedNode, document: str, page: int, more: bool) -> Iterator[ox.Quad]:
    whole = ox.NamedNode(document)
    yield ox.Quad(whole, FOAF_TOPIC, node, DEFAULT_GRAPH)
    if not more and page == 1:
        return
    view = ox.NamedNode(f"{document}?page={page}")
    yield ox.Quad(whole, HYDRA["view"], view, DEFAULT_GRAPH)
    yield ox.Quad(view, RDF["type"], HYDRA["PartialCollectionView"], DEFAULT_GRAPH)
    yield ox.Quad(view, HYDRA["first"], ox.NamedNode(f"{document}?page=1"), DEFAULT_GRAPH)
    if page > 1:
        yield ox.Quad(view, HYDRA["previous"], ox.NamedNode(f"{document}?page={page - 1}"), DEFAULT_GRAPH)
    if more:
        yield ox.Quad(view, HYDRA["next"], ox.NamedNode(f"{document}?page={page + 1}"), DEFAULT_GRAPH)
