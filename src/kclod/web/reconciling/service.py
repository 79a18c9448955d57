"""The reconciliation service of a release: made when it is first asked, then the same for every request."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pyoxigraph as ox

from kclod.entity_index.entities import Catalogue, said_in
from kclod.errors import UsageError
from kclod.match import Entity, Name
from kclod.release import Release
from kclod.web.engine.outcomes import BusyError
from kclod.web.limits import Limits
from kclod.web.reconciling.extending import Extender
from kclod.web.reconciling.matching import Matcher
from kclod.web.reconciling.schema import Kind, Schema
from kclod.web.reconciling.spaces import Spaces
from kclod.web.reconciling.suggesting import Names
from kclod.web.reconciling.told import Teller
from kclod.web.reconciling.values import Comparer
from kclod.web.searching import Search
from kclod.web.things.labels import Labels
from kclod.web.things.reader import Reader
from kclod.web.turns import Turns

_PATIENCE = 1.0
"""Seconds for which a batch waits for others."""


@dataclass(frozen=True)
class Service:
    """What answers: entities by name, types and properties, and how each is told."""

    catalogue: Catalogue
    schema: Schema
    matcher: Matcher
    teller: Teller
    extender: Extender
    names: Names
    spaces: Spaces
    search: Search

    @classmethod
    def of(cls, release: Release, reader: Reader, labels: Labels, search: Search) -> Service:
        """With the entities as the release has them, else read from the default graph."""
        spaces, store = Spaces(release.site), reader.store
        try:
            catalogue = Catalogue.open(release.entities_path)
        except UsageError:  # of a small graph, or made by an older version
            catalogue = Catalogue.of(said_in(store), release.site.base_iri)
        schema = Schema(reader, spaces, catalogue)
        teller = Teller(store, labels, schema, spaces)
        return cls(
            catalogue,
            schema,
            Matcher(catalogue, schema, spaces, Comparer(store, spaces)),
            teller,
            Extender(store, schema, spaces, teller, catalogue),
            Names(store),
            spaces,
            search,
        )

    def entity(self, identifier: str) -> str | None:
        """The IRI of the entity of an identifier; None where there is none."""
        iri = self.spaces.iri(identifier)
        return iri if iri is not None and iri in self.catalogue else None

    def entities_begun(self, prefix: str, kind: Kind | None, most: int, language: str) -> list[str]:
        """The IRIs of the entities of a type (None: of any) whose names match what is typed. BusyError."""
        exact = self.entity(prefix.strip())
        wanted = 4 * most if kind else 2 * most  # what is found may be no entity, or of another type
        if self.search.available:
            found = [thing.node.value for thing in self.search.things(prefix, wanted, language).things]
        else:  # a release of an older version
            found = [m.entity.id for m in self.catalogue.index.match(Entity("", (Name(prefix),)), wanted)]
        iris = dict.fromkeys([*([exact] if exact else []), *found])
        allowed = self.schema.below(kind.iri) if kind else None
        kept = (iri for iri in iris if iri in self.catalogue)
        return [iri for iri in kept if allowed is None or self._is_of(iri, allowed)][:most]

    def properties_begun(self, prefix: str, kind: Kind | None) -> list[str]:
        """The IRIs of the properties whose names match what is typed, those of entities of a type first."""
        order = dict.fromkeys([*(self.schema.proposed(kind.iri) if kind else ()), *self.schema.properties])
        known = [(iri, self.schema.properties[iri]) for iri in order if iri in self.schema.properties]
        return self.names.matching(prefix, known)

    def kinds_begun(self, prefix: str) -> list[Kind]:
        """The types whose names match what is typed."""
        kinds = self.schema.kinds
        return [kinds[iri] for iri in self.names.matching(prefix, [(iri, kind.id) for iri, kind in kinds.items()])]

    def _is_of(self, iri: str, classes: frozenset[str]) -> bool:
        return any(kind.iri in classes for kind in self.schema.kinds_of(ox.NamedNode(iri)))


class Reconciliation:
    """The service of a release, and the places for those who ask it for much. Safe for threads."""

    def __init__(self, release: Release, reader: Reader, labels: Labels, search: Search, limits: Limits) -> None:
        self._parts = release, reader, labels, search
        self._service: Service | None = None
        self._making = threading.Lock()
        self.turns = Turns(limits.reconcile_batches, _PATIENCE)
        """Of those whose batch is being answered."""

    def service(self, patience: float = -1) -> Service:
        """The service, made now if it is not yet. BusyError when another is making it for longer than the patience."""
        if self._service is None:
            if not self._making.acquire(timeout=patience):
                raise BusyError
            try:
                self._service = self._service or Service.of(*self._parts)
            finally:
                self._making.release()
        return self._service
