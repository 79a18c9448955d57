"""The concept schemes that an ontology publishes with it: their concepts as trees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice

import pyoxigraph as ox

from kclod.rdf import DEFAULT_GRAPH
from kclod.vocab import RDF, SKOS
from kclod.web.ontology.axioms import Statements
from kclod.web.ontology.terms import DEFINITIONS, Branch
from kclod.web.things.labels import folded
from kclod.web.things.reader import Reader

_MOST = 400
"""Concepts of one scheme that are listed."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scheme: what it is for, its concepts, and whether it has more than are listed."""

    iri: str
    definitions: Mapping[str, str]
    branches: tuple[Branch, ...]
    total: int
    more: bool


def schemes(about: Statements, reader: Reader, name: Callable[[str], str]) -> list[Scheme]:
    """The schemes that the ontology's graph declares, by name; their concepts from all of the data."""
    found = [iri for iri in about.having(RDF["type"], SKOS["ConceptScheme"].value) if not iri.startswith("_:")]
    return [_scheme(iri, about, reader, name) for iri in sorted(found, key=lambda iri: (folded(name(iri)), iri))]


def _scheme(iri: str, about: Statements, reader: Reader, name: Callable[[str], str]) -> Scheme:
    quads = list(islice(reader.incoming(ox.NamedNode(iri), SKOS["inScheme"]), _MOST + 1))
    members = {q.subject.value for q in quads[:_MOST] if isinstance(q.subject, ox.NamedNode)}
    broader = {member: _broader(reader, member) & members for member in members}

    ordered = sorted(members, key=lambda m: (folded(name(m)), m))
    opened: set[str] = set()

    def branch(concept: str) -> Branch:
        if concept in opened:  # below another one too: what is below it is listed once
            return Branch(concept, ())
        opened.add(concept)
        return Branch(concept, tuple(branch(m) for m in ordered if concept in broader[m]))

    branches = [branch(m) for m in ordered if not broader[m]]
    branches += [branch(m) for m in ordered if m not in opened]  # in a circle, below nothing else
    return Scheme(iri, about.texts(iri, DEFINITIONS), tuple(branches), len(members), len(quads) > _MOST)


def _broader(reader: Reader, concept: str) -> set[str]:
    quads = reader.store.quads_for_pattern(ox.NamedNode(concept), SKOS["broader"], None, DEFAULT_GRAPH)
    return {q.object.value for q in quads if isinstance(q.object, ox.NamedNode)}


def definitions(reader: Reader, concept: str) -> dict[str, str]:
    """The definition of a concept, by language."""
    for predicate in DEFINITIONS:
        quads = islice(reader.store.quads_for_pattern(ox.NamedNode(concept), predicate, None, DEFAULT_GRAPH), 20)
        texts = {q.object.language or "": q.object.value for q in quads if isinstance(q.object, ox.Literal)}
        if texts:
            return texts
    return {}
