"""Which declared facts a thing has, and what the layout says of its values: dates, kinds, the columns of tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from itertools import islice

import pyoxigraph as ox

from kclod.layout import Fact, Layout, Path
from kclod.rdf import DEFAULT_GRAPH, Term
from kclod.vocab import DASH, PUB, RDFS
from kclod.web.things.paths import Hit, follow
from kclod.web.things.reader import TYPE, Reader, Subject

KEY, LEAD = DASH["KeyInfoRole"].value, DASH["DescriptionRole"].value
DATE, COLUMN = PUB["DateRole"].value, PUB["ColumnRole"].value
"""The roles of property shapes that pages know: what comes first, what introduces a thing, what dates it, what stands
beside it in tables."""
TABLE, DETAILS, TREE = DASH["ValueTableViewer"].value, DASH["DetailsViewer"].value, PUB["TreeViewer"].value
_TYPES = 100
_MOST_COLUMNS = 4
_KEPT = 4_096
_TYPES_KEPT = 65_536


class Arranger:
    """The layout of a site over one store, which does not change."""

    def __init__(self, layout: Layout, reader: Reader) -> None:
        self._reader = reader
        self._by_class: dict[str, list[Fact]] = {}
        self._by_property: dict[str, list[Fact]] = {}
        for arrangement in layout.arrangements:
            for keys, index in (
                (arrangement.classes, self._by_class),
                (arrangement.subjects_of, self._by_property),
            ):
                for key in keys:
                    index.setdefault(key, []).extend(arrangement.facts)
        self._dating = tuple(
            ox.NamedNode(key) for key, facts in self._by_property.items() if any(DATE in fact.roles for fact in facts)
        )
        self._rank = {group.iri: number for number, group in enumerate(layout.groups)}
        self.declared = bool(layout.arrangements)
        self._chosen = lru_cache(maxsize=_KEPT)(self._choose)
        self.types = lru_cache(maxsize=_TYPES_KEPT)(self._types)

    def facts(self, types: Iterable[str], predicates: Iterable[str]) -> tuple[Fact, ...]:
        """The facts of a thing by its classes and properties, in order; of one path one, with all roles."""
        keys = frozenset(t for t in types if t in self._by_class)
        return self._chosen(keys, frozenset(p for p in predicates if p in self._by_property))

    def facts_of(self, node: Term) -> tuple[Fact, ...]:
        """The facts of a thing that is not known yet."""
        if not self.declared or not isinstance(node, ox.NamedNode | ox.BlankNode):
            return ()
        return self.facts(self.types(node), self._said_of(node) if self._by_property else ())

    def _types(self, node: Subject) -> frozenset[str]:
        """The classes of a thing, inferred ones too."""
        quads = islice(self._reader.store.quads_for_pattern(node, TYPE, None, DEFAULT_GRAPH), _TYPES)
        return frozenset(quad.object.value for quad in quads if isinstance(quad.object, ox.NamedNode))

    def kinds(self, node: Subject) -> tuple[ox.NamedNode, ...]:
        """The most special of the classes that somebody states; of classes with as many members the first by IRI."""
        counts = self._reader.classes()
        stated = {
            quad.object
            for quad in islice(self._reader.store.quads_for_pattern(node, TYPE, None, None), _TYPES)
            if isinstance(quad.object, ox.NamedNode)
            and isinstance(quad.graph_name, ox.NamedNode)
            and self._reader.roles.get(quad.graph_name.value) != "inferred"
            and quad.object.value in counts
        }
        return tuple(sorted(stated, key=lambda kind: (counts[kind.value], kind.value))[:1])

    def wider(self, kinds: Iterable[Term]) -> frozenset[Term]:
        """Those of some classes that another of them is below, and that are not below it."""
        above = {kind: self._above(kind) for kind in kinds}
        return frozenset(
            wide for kind, found in above.items() for wide in found if kind not in above.get(wide, frozenset((kind,)))
        )

    def _above(self, kind: Term) -> frozenset[Term]:
        """The superclasses of a class, whoever states them; not more than a few."""
        found, open_ = {kind}, [kind]
        while open_ and len(found) < _TYPES:
            below = open_.pop()
            if isinstance(below, ox.NamedNode):
                quads = self._reader.store.quads_for_pattern(below, RDFS["subClassOf"], None, None)
                new = {quad.object for quad in islice(quads, _TYPES)} - found
                found |= new
                open_ += new
        return frozenset(found - {kind})

    def date(self, node: Term) -> ox.Literal | None:
        """What dates a thing: the first value of the first property that is declared to."""
        if not self.declared or not isinstance(node, ox.NamedNode | ox.BlankNode):
            return None
        store = self._reader.store
        keys = [key for key in self._dating if next(store.quads_for_pattern(node, key, None, DEFAULT_GRAPH), None)]
        for fact in self.facts(self.types(node), (key.value for key in keys)):
            if DATE in fact.roles:
                for hit in islice(follow(self._reader, node, fact.path), 1):
                    if isinstance(hit.value, ox.Literal):
                        return hit.value
        return None

    def columns(self, nodes: Iterable[Term], parent: Term, *, named: bool) -> tuple[Fact, ...]:
        """The columns of a table of things: of those without a name all facts, of others those that are declared to.

        What only leads back to the thing on whose page they are, `parent`, is no column.
        """
        found: dict[Path, Fact] = {}
        for node in nodes:
            for fact in self.facts_of(node):
                fits = (not named or COLUMN in fact.roles) and fact.path not in found
                if fits and any(True for _ in islice(self.cell(node, fact, parent), 1)):
                    found[fact.path] = fact
        ordered = sorted(found.values(), key=self._place)
        return tuple(ordered[:_MOST_COLUMNS] if named else ordered)

    def cell(self, node: Term, fact: Fact, parent: Term) -> Iterable[Hit]:
        """The values of a fact of a thing in a table, but for those that lead by the page's own thing."""
        return (hit for hit in follow(self._reader, node, fact.path) if not hit.passes(parent))

    def _place(self, fact: Fact) -> tuple[int, float, str]:
        return (self._rank.get(fact.group or "", len(self._rank)), fact.order, fact.iri or fact.path.sparql())

    def _choose(self, types: frozenset[str], predicates: frozenset[str]) -> tuple[Fact, ...]:
        facts = [fact for key in types for fact in self._by_class[key]]
        facts += [fact for key in predicates for fact in self._by_property[key]]
        chosen: dict[tuple[object, ...], Fact] = {}
        for fact in sorted(facts, key=self._place):
            known = chosen.setdefault((fact.path, fact.only), fact)  # what several shapes say of one path is one
            roles = tuple(sorted({*known.roles, *fact.roles}))
            chosen[fact.path, fact.only] = replace(known, roles=roles, viewer=known.viewer or fact.viewer)
        return tuple(chosen.values())

    def _said_of(self, node: Subject) -> frozenset[str]:
        quads = islice(self._reader.store.quads_for_pattern(node, None, None, DEFAULT_GRAPH), _TYPES)
        return frozenset(quad.predicate.value for quad in quads)
