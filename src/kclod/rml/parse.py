"""From mapping documents to the model: shortcuts and the older vocabulary resolved, and all that is wrong reported.

Follows RML-Core (https://kg-construct.github.io/rml-core/spec/docs/) for triples maps and term maps; the logical
sources are read by `kclod.rml.sourceparse`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyoxigraph as ox

from kclod.errors import Problem
from kclod.rdf import is_iri
from kclod.rml.document import Document, Resource, Value, load, name_in_rml
from kclod.rml.model import (
    Constant,
    Expression,
    Join,
    LogicalSource,
    Place,
    PredicateObjectMap,
    ReferencingObjectMap,
    TermMap,
    TriplesMap,
)
from kclod.rml.sourceparse import SourceReader
from kclod.rml.termparse import TermReader


def parse_mappings(paths: Sequence[Path]) -> tuple[list[TriplesMap], list[Problem]]:
    """The triples maps of all files taken together, in document order, and every problem found.

    A triples map with a problem is left out of the list where it could not be read. RefusedError when a file is not
    well-formed RDF, UsageError when it cannot be read.
    """
    return _Reader(load(paths)).read()


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._problems: list[Problem] = []
        self._sources = SourceReader(document, self._problem)
        self._terms = TermReader(document, self._problem)
        self._known: set[Resource] = set()
        # the triples map that is being read
        self._name = ""
        self._place = Place("", None)
        self._source: LogicalSource | None = None

    def read(self) -> tuple[list[TriplesMap], list[Problem]]:
        maps = [r for r in self._document.resources() if self._is_triples_map(r)]
        self._known.update(maps)
        if not maps:
            file = str(next(self._document.files()))
            self._problems.append(
                Problem("rml.no-triples-map", "there is no triples map", "describe at least one rml:TriplesMap", file)
            )
        found = [self._triples_map(resource) for resource in maps]
        return [triples_map for triples_map in found if triples_map is not None], self._problems

    def _is_triples_map(self, resource: Resource) -> bool:
        properties = self._document.properties(resource)
        typed = any(
            isinstance(t, ox.NamedNode) and name_in_rml(t.value) == "TriplesMap" for t in properties.get("a", ())
        )
        return typed or not properties.keys().isdisjoint({"subjectMap", "predicateObjectMap", "logicalSource"})

    # Triples maps and their parts

    def _triples_map(self, resource: Resource) -> TriplesMap | None:
        document, properties = self._document, self._document.properties(resource)
        self._name, self._place = document.short_name(resource), document.described_at(resource)
        self._source = None
        self._terms.near = self._place
        if "logicalTable" in properties:
            self._problem(
                "rml.unsupported",
                "rr:logicalTable is a database table",
                "use rml:logicalSource over a file",
                self._place,
            )
            return None
        self._terms.check_properties("triples map", resource)
        sources = properties.get("logicalSource", [])
        read_source = self._sources.read(sources, resource, self._place)
        if sources and read_source is None:
            return None
        if read_source is not None:
            self._source = read_source.source
        subject = self._subject(resource)
        predicate_objects = [
            self._predicate_object(value, resource) for value in properties.get("predicateObjectMap", ())
        ]
        base_iri = self._base_iri(properties.get("baseIRI", ()), resource)
        if subject is None:
            return None
        term_map, classes, graphs = subject
        place = read_source.place if read_source else self._place
        triples_map = TriplesMap(
            key=str(resource),
            name=self._name,
            place=self._place,
            source=self._source,
            source_place=place,
            iterator_place=read_source.iterator_place if read_source else place,
            base_iri=base_iri,
            default_base=self._default_base(resource),
            subject=term_map,
            classes=classes,
            graphs=graphs,
            predicate_objects=tuple(predicate_objects),
        )
        if self._source is None and not _needs_no_source(triples_map):
            self._problem(
                "rml.logical-source",
                "it has references but no logical source",
                "add one rml:logicalSource",
                self._place,
            )
        return triples_map

    def _default_base(self, resource: Resource) -> str | None:
        base = self._document.declared_base(resource)
        is_older = self._source is not None and not self._source.typed
        return base if is_older and base is not None and is_iri(base) else None

    def _base_iri(self, values: Sequence[Value], resource: Resource) -> str | None:
        if len(values) > 1:
            self._problem("rml.base-iri", "it has more than one rml:baseIRI", "keep one", self._place)
        if not values:
            return None
        value = values[0]
        text = value.value
        if isinstance(value, ox.BlankNode) or not is_iri(text):
            place = self._document.said_at(value, resource, self._place)
            self._problem("rml.base-iri", f"{text!r} is not an absolute IRI", "give rml:baseIRI an absolute IRI", place)
            return None
        return text

    def _subject(self, resource: Resource) -> tuple[TermMap, tuple[ox.NamedNode, ...], tuple[TermMap, ...]] | None:
        properties = self._document.properties(resource)
        shortcuts, nodes = properties.get("subject", []), properties.get("subjectMap", [])
        if len(shortcuts) + len(nodes) != 1:
            found = "no subject map" if not shortcuts and not nodes else "more than one subject map"
            self._problem(
                "rml.subject-map", f"it has {found}", "give it exactly one rml:subjectMap or rml:subject", self._place
            )
            return None
        if shortcuts:
            term_map = self._terms.constant_map(shortcuts[0], resource, "subject")
            return (term_map, (), ()) if term_map else None
        node = nodes[0]
        term_map = self._terms.term_map(node, resource, "subject")
        classes = self._classes(node)
        graphs = self._terms.term_maps(node, "graph")
        return (term_map, classes, graphs) if term_map else None

    def _classes(self, node: Value) -> tuple[ox.NamedNode, ...]:
        classes = []
        for value in self._document.properties(node).get("class", ()):
            if isinstance(value, ox.NamedNode):
                classes.append(value)
            else:
                self._problem(
                    "rml.class", f"the class {value} is not an IRI", "name an IRI", self._terms.place_of(value, node)
                )
        return tuple(classes)

    def _predicate_object(self, node: Value, parent: Resource) -> PredicateObjectMap:
        place = self._terms.place_of(node, parent)
        if isinstance(node, ox.Literal):
            self._problem(
                "rml.predicate-object-map", f"{node} is not a predicate-object map", "describe a resource", place
            )
            return PredicateObjectMap((), (), ())
        self._terms.check_properties("predicate-object map", node)
        properties = self._document.properties(node)
        predicates = self._terms.term_maps(node, "predicate")
        graphs = self._terms.term_maps(node, "graph")
        objects: list[TermMap | ReferencingObjectMap | None] = [
            self._terms.constant_map(value, node, "object") for value in properties.get("object", ())
        ]
        for value in properties.get("objectMap", ()):
            if not isinstance(value, ox.Literal) and "parentTriplesMap" in self._document.properties(value):
                objects.append(self._referencing(value))
            else:
                objects.append(self._terms.term_map(value, node, "object"))
        for kind, name in (("predicate", "predicate"), ("object", "object")):
            if not {kind, f"{kind}Map"} & properties.keys():
                where = self._terms.first_place(node, place)
                self._problem(
                    "rml.predicate-object-map", f"it has no {name} map", f"add rml:{kind} or rml:{kind}Map", where
                )
        return PredicateObjectMap(predicates, tuple(o for o in objects if o is not None), graphs)

    def _referencing(self, node: Resource) -> ReferencingObjectMap | None:
        self._terms.check_properties("referencing object map", node)
        properties = self._document.properties(node)
        parents = properties["parentTriplesMap"]
        place = self._terms.place_of(parents[0], node)
        if len(parents) != 1:
            self._problem("rml.parent-triples-map", "it has more than one rml:parentTriplesMap", "keep one", place)
        target = parents[0]
        if isinstance(target, ox.Literal) or target not in self._known:
            self._problem(
                "rml.parent-triples-map",
                f"the parent triples map {target} is not described",
                "correct the IRI, or give the file that describes it as well",
                place,
            )
            return None
        joins = [self._join(value, node) for value in properties.get("joinCondition", ())]
        return ReferencingObjectMap(str(target), tuple(j for j in joins if j is not None), place)

    def _join(self, node: Value, parent: Resource) -> Join | None:
        place = self._terms.place_of(node, parent)
        if isinstance(node, ox.Literal):
            self._problem("rml.join-condition", f"{node} is not a join condition", "describe a resource", place)
            return None
        self._terms.check_properties("join condition", node)
        sides = [self._join_side(node, side, place) for side in ("child", "parent")]
        child, parent_side = sides
        return Join(child, parent_side) if child is not None and parent_side is not None else None

    def _join_side(self, node: Resource, side: str, place: Place) -> Expression | None:
        properties = self._document.properties(node)
        shortcuts, maps = properties.get(side, []), properties.get(f"{side}Map", [])
        if len(shortcuts) + len(maps) != 1:
            self._problem(
                "rml.join-condition", f"it needs exactly one {side}", f"give one rml:{side} or rml:{side}Map", place
            )
            return None
        if shortcuts:
            return self._terms.reference(shortcuts[0], node)
        self._terms.check_properties("expression map", maps[0])
        return self._terms.expression(maps[0], node, f"{side} map")

    def _problem(self, rule: str, message: str, fix: str, place: Place) -> None:
        self._problems.append(Problem(rule, message, fix, place.file, place.line, item=self._name))


def _needs_no_source(triples_map: TriplesMap) -> bool:
    """RML-Core, section 7: a source may be missing when no term map looks at an iteration."""

    def constant(maps: Iterable[TermMap | ReferencingObjectMap]) -> bool:
        return all(isinstance(m, TermMap) and isinstance(m.expression, (Constant, type(None))) for m in maps)

    return constant((triples_map.subject, *triples_map.graphs)) and all(
        constant((*p.predicates, *p.objects, *p.graphs)) for p in triples_map.predicate_objects
    )
