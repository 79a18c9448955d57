"""The types and properties of the service: the classes that entities have, and what is said of entities (section 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice

import numpy as np
import pyoxigraph as ox
from numpy.typing import NDArray

from kclod.entity_index.entities import Catalogue
from kclod.rdf import DEFAULT_GRAPH
from kclod.vocab import RDFS
from kclod.web.reconciling.spaces import Spaces
from kclod.web.things.reader import TYPE, Reader

_LOOKED_AT = 200
"""Entities of a type that are looked at for the properties that such have."""
_CLASSES_KEPT = 1_024
_STATEMENTS = 5_000
"""Statements with a property that are looked at for one about an entity."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of entities: its IRI, what it goes by, how many there are, and the classes right above that are types."""

    iri: str
    id: str
    size: int
    broader: tuple[str, ...]


class Schema:
    """Types and properties by IRI, and by what they go by. It never changes, and is safe for threads."""

    def __init__(self, reader: Reader, spaces: Spaces, catalogue: Catalogue) -> None:
        self._reader, self._spaces, self._catalogue = reader, spaces, catalogue
        self.below = lru_cache(_CLASSES_KEPT)(self._below)

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """The types by IRI, those of most entities first."""
        sizes = {iri: len(self._catalogue.members(iri)) for iri in self._catalogue.classes}
        order = sorted(sizes, key=lambda iri: (-sizes[iri], iri))
        return {
            iri: Kind(
                iri,
                self._spaces.term(iri),
                sizes[iri],
                tuple(above for above in self._right_above(iri) if above in sizes),
            )
            for iri in order
        }

    @cached_property
    def properties(self) -> Mapping[str, str]:
        """What each property of entities goes by, by its IRI."""
        return {node.value: self._spaces.term(node.value) for node in self._reader.predicates() if self._is_used(node)}

    @cached_property
    def _kinds_by_id(self) -> Mapping[str, str]:
        return {kind.id: iri for iri, kind in self.kinds.items()} | {iri: iri for iri in self.kinds}

    @cached_property
    def _properties_by_id(self) -> Mapping[str, str]:
        return {name: iri for iri, name in self.properties.items()} | {iri: iri for iri in self.properties}

    def kind(self, named: str) -> Kind | None:
        """The type that goes by a name or an IRI; None when there is none."""
        iri = self._kinds_by_id.get(named)
        return self.kinds[iri] if iri else None

    def property(self, named: str) -> str | None:
        """The IRI of the property that goes by a name or an IRI; None when there is none."""
        return self._properties_by_id.get(named)

    def _below(self, iri: str) -> frozenset[str]:
        """A class and all classes below it, of which an entity of it may be."""
        found, pending = {iri}, [iri]
        while pending:
            node = ox.NamedNode(pending.pop())
            for quad in self._reader.store.quads_for_pattern(None, RDFS["subClassOf"], node, None):
                if isinstance(quad.subject, ox.NamedNode) and quad.subject.value not in found:
                    found.add(quad.subject.value)
                    pending.append(quad.subject.value)
        return frozenset(found)

    def entities(self, iri: str) -> NDArray[np.int32]:
        """The numbers of the entities of a class and of those below it."""
        return np.unique(np.concatenate([self._catalogue.members(one) for one in self.below(iri)]))

    def proposed(self, iri: str | None) -> list[str]:
        """The properties that entities of a class have (None: any entity), those that most of them have first.

        Of a large class 200 entities are looked at, evenly chosen.
        """
        everyone = self.entities(iri) if iri else np.arange(len(self._catalogue))
        chosen = everyone[:: max(1, len(everyone) // _LOOKED_AT)].tolist()
        counts: Counter[str] = Counter()
        for entity in map(self._catalogue.iri, chosen):
            said = self._reader.store.quads_for_pattern(ox.NamedNode(entity), None, None, DEFAULT_GRAPH)
            counts.update({quad.predicate.value for quad in said})
        return sorted(counts, key=lambda one: (-counts[one], self.properties.get(one, one)))

    def range(self, iri: str) -> Kind | None:
        """The type that the ontology declares for the values of a property; None where it declares none."""
        quads = self._reader.store.quads_for_pattern(ox.NamedNode(iri), RDFS["range"], None, None)
        found = sorted(q.object.value for q in quads if isinstance(q.object, ox.NamedNode))
        return next((self.kinds[one] for one in found if one in self.kinds), None)

    def kinds_of(self, node: ox.NamedNode) -> list[Kind]:
        """The types of a thing, the most special first."""
        quads = self._reader.store.quads_for_pattern(node, TYPE, None, DEFAULT_GRAPH)
        found = {q.object.value for q in quads if isinstance(q.object, ox.NamedNode)}
        return sorted((self.kinds[iri] for iri in found if iri in self.kinds), key=lambda kind: (kind.size, kind.id))

    def _right_above(self, iri: str) -> tuple[str, ...]:
        """The types above a class without those above another of them: inferred statements lead to all of them."""
        above = self._above(iri)
        further = {one for between in above for one in self._above(between)}
        return tuple(sorted(above - further))

    def _above(self, iri: str) -> set[str]:
        quads = self._reader.store.quads_for_pattern(ox.NamedNode(iri), RDFS["subClassOf"], None, None)
        return {quad.object.value for quad in quads if isinstance(quad.object, ox.NamedNode)} - {iri}

    def _is_used(self, predicate: ox.NamedNode) -> bool:
        """Whether it is said of an entity, among the first statements that have it."""
        quads = self._reader.store.quads_for_pattern(None, predicate, None, DEFAULT_GRAPH)
        return any(
            isinstance(quad.subject, ox.NamedNode) and self._spaces.holds(quad.subject.value)
            for quad in islice(quads, _STATEMENTS)
        )
