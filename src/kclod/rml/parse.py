"""From mapping documents to the model: shortcuts and the older vocabulary resolved, and all that is wrong reported.

Follows RML-Core (https://kg-construct.github.io/rml-core/spec/docs/) for triples maps and term maps; the logical
sources are read by `kclod.rml.sourceparse`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyoxigraph as ox

from kclod.errors import Problem
from kclod.rml import xsd
from kclod.rml.document import Document, Resource, Value, load, name_in_rml
from kclod.rml.model import (
    Constant,
    Expression,
    Join,
    LogicalSource,
    Place,
    PredicateObjectMap,
    Reference,
    ReferencingObjectMap,
    Template,
    TermMap,
    TermType,
    TriplesMap,
)
from kclod.rml.sourceparse import SourceReader
from kclod.rml.template import TemplateError, split

_IRI_TYPES = frozenset({TermType.IRI, TermType.URI, TermType.UNSAFE_IRI, TermType.UNSAFE_URI})
_TERM_TYPES = {
    "subject": _IRI_TYPES | {TermType.BLANK_NODE},
    "predicate": _IRI_TYPES,
    "object": _IRI_TYPES | {TermType.BLANK_NODE, TermType.LITERAL},
    "graph": _IRI_TYPES | {TermType.BLANK_NODE},
    "datatype": _IRI_TYPES,
}
_EXPRESSIONS = ("constant", "reference", "template")
_TERM_MAP = frozenset({"a", *_EXPRESSIONS, "termType"})
_ALLOWED = {
    "triples map": frozenset({"a", "logicalSource", "subject", "subjectMap", "predicateObjectMap", "baseIRI"}),
    "predicate-object map": frozenset({"a", "predicate", "predicateMap", "object", "objectMap", "graph", "graphMap"}),
    "subject map": _TERM_MAP | {"class", "graph", "graphMap"},
    "predicate map": _TERM_MAP,
    "graph map": _TERM_MAP,
    "datatype map": _TERM_MAP,
    "object map": _TERM_MAP | {"language", "languageMap", "datatype", "datatypeMap"},
    "expression map": frozenset({"a", *_EXPRESSIONS}),
    "referencing object map": frozenset({"a", "parentTriplesMap", "joinCondition"}),
    "join condition": frozenset({"a", "child", "childMap", "parent", "parentMap"}),
}


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
        if "logicalTable" in properties:
            self._problem(
                "rml.unsupported",
                "rr:logicalTable is a database table",
                "use rml:logicalSource over a file",
                self._place,
            )
            return None
        self._check_properties("triples map", resource)
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
            term_map = self._constant_map(shortcuts[0], resource, "subject")
            return (term_map, (), ()) if term_map else None
        node = nodes[0]
        term_map = self._term_map(node, resource, "subject")
        classes = self._classes(node)
        graphs = self._term_maps(node, "graph")
        return (term_map, classes, graphs) if term_map else None

    def _classes(self, node: Value) -> tuple[ox.NamedNode, ...]:
        classes = []
        for value in self._document.properties(node).get("class", ()):
            if isinstance(value, ox.NamedNode):
                classes.append(value)
            else:
                self._problem(
                    "rml.class", f"the class {value} is not an IRI", "name an IRI", self._place_of(value, node)
                )
        return tuple(classes)

    def _predicate_object(self, node: Value, parent: Resource) -> PredicateObjectMap:
        place = self._place_of(node, parent)
        if isinstance(node, ox.Literal):
            self._problem(
                "rml.predicate-object-map", f"{node} is not a predicate-object map", "describe a resource", place
            )
            return PredicateObjectMap((), (), ())
        self._check_properties("predicate-object map", node)
        properties = self._document.properties(node)
        predicates = self._term_maps(node, "predicate")
        graphs = self._term_maps(node, "graph")
        objects: list[TermMap | ReferencingObjectMap | None] = [
            self._constant_map(value, node, "object") for value in properties.get("object", ())
        ]
        for value in properties.get("objectMap", ()):
            if not isinstance(value, ox.Literal) and "parentTriplesMap" in self._document.properties(value):
                objects.append(self._referencing(value))
            else:
                objects.append(self._term_map(value, node, "object"))
        for kind, name in (("predicate", "predicate"), ("object", "object")):
            if not {kind, f"{kind}Map"} & properties.keys():
                where = self._first_place(node, place)
                self._problem(
                    "rml.predicate-object-map", f"it has no {name} map", f"add rml:{kind} or rml:{kind}Map", where
                )
        return PredicateObjectMap(predicates, tuple(o for o in objects if o is not None), graphs)

    def _referencing(self, node: Resource) -> ReferencingObjectMap | None:
        self._check_properties("referencing object map", node)
        properties = self._document.properties(node)
        parents = properties["parentTriplesMap"]
        place = self._place_of(parents[0], node)
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
        place = self._place_of(node, parent)
        if isinstance(node, ox.Literal):
            self._problem("rml.join-condition", f"{node} is not a join condition", "describe a resource", place)
            return None
        self._check_properties("join condition", node)
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
            return self._reference(shortcuts[0], node)
        self._check_properties("expression map", maps[0])
        return self._expression(maps[0], node, f"{side} map")

    # Term maps

    def _term_maps(self, node: Value, role: str) -> tuple[TermMap, ...]:
        """The term maps of one role that a resource has, shortcuts first."""
        if isinstance(node, ox.Literal):
            return ()
        properties = self._document.properties(node)
        found = [self._constant_map(value, node, role) for value in properties.get(role, ())]
        found += [self._term_map(value, node, role) for value in properties.get(f"{role}Map", ())]
        return tuple(term_map for term_map in found if term_map is not None)

    def _constant_map(self, value: Value, parent: Resource, role: str) -> TermMap | None:
        place = self._place_of(value, parent)
        constant = self._constant(value, role, place)
        return TermMap(constant, _type_of(constant.term), place) if constant else None

    def _constant(self, value: Value, role: str, place: Place) -> Constant | None:
        literal_is_fine = role in {"object", "expression"}
        if isinstance(value, ox.NamedNode) or (isinstance(value, ox.Literal) and literal_is_fine):
            if isinstance(value, ox.Literal) and not well_typed(value):
                self._problem("rml.constant", f"{value} is ill-typed", "correct the value or its datatype", place)
                return None
            return Constant(value)
        wanted = "an IRI or a literal" if literal_is_fine else "an IRI"
        self._problem("rml.constant", f"the constant {value} of a {role} map is not {wanted}", f"give {wanted}", place)
        return None

    def _term_map(self, node: Value, parent: Resource, role: str) -> TermMap | None:
        place = self._place_of(node, parent)
        if isinstance(node, ox.Literal):
            self._problem(
                "rml.term-map",
                f"{node} is not a {role} map",
                f"describe a resource, or use rml:{role} for a constant",
                place,
            )
            return None
        self._check_properties(f"{role} map", node)
        properties = self._document.properties(node)
        place = self._first_place(node, place)
        given = self._given_term_type(properties.get("termType", ()), node, role)
        if given is TermType.BLANK_NODE and properties.keys().isdisjoint(_EXPRESSIONS):
            return TermMap(None, TermType.BLANK_NODE, place)
        expression = self._expression(node, parent, f"{role} map", role)
        if expression is None:
            return None
        language, datatype = self._language(node, place), self._datatype(node, place)
        term_type = given or self._default_type(expression, role, specified=bool(language or datatype))
        if isinstance(expression, Constant):
            term_type = _type_of(expression.term)  # a constant has no term type (8.4.2)
        if (language or datatype) and (isinstance(expression, Constant) or term_type is not TermType.LITERAL):
            what = "rml:language" if language else "rml:datatype"
            self._problem(
                "rml.term-map", f"{what} has no effect on this object map", "remove it, or make literals", place
            )
        if language and datatype:
            self._problem("rml.term-map", "it has both a language and a datatype", "keep one", place)
        return TermMap(expression, term_type, place, language, datatype)

    @staticmethod
    def _default_type(expression: Expression, role: str, *, specified: bool) -> TermType:
        literal = role == "object" and (isinstance(expression, Reference) or specified)
        return TermType.LITERAL if literal else TermType.IRI

    def _given_term_type(self, values: Sequence[Value], node: Resource, role: str) -> TermType | None:
        if not values:
            return None
        value = values[0]
        local = name_in_rml(value.value) if isinstance(value, ox.NamedNode) else None
        found = next((t for t in _TERM_TYPES[role] if t.value == local), None)
        if found is None or len(values) > 1:
            allowed = ", ".join(sorted(f"rml:{t.value}" for t in _TERM_TYPES[role]))
            self._problem(
                "rml.term-type",
                f"{' and '.join(map(str, values))} cannot be the term type of a {role} map",
                f"use one of {allowed}",
                self._place_of(value, node),
            )
        return found

    def _language(self, node: Resource, place: Place) -> Expression | None:
        properties = self._document.properties(node)
        shortcuts, maps = properties.get("language", []), properties.get("languageMap", [])
        if len(shortcuts) + len(maps) > 1:
            self._problem("rml.language", "it has more than one language map", "keep one", place)
        if shortcuts:
            expression: Expression | None = self._constant(
                shortcuts[0], "expression", self._place_of(shortcuts[0], node)
            )
        elif maps:
            self._check_properties("expression map", maps[0])
            expression = self._expression(maps[0], node, "language map")
        else:
            return None
        if isinstance(expression, Constant) and not is_language(expression.term.value):
            tag = expression.term.value
            where = self._place_of(shortcuts[0] if shortcuts else maps[0], node)
            self._problem("rml.language", f"{tag!r} is not a well-formed language tag", "use a tag of BCP 47", where)
        return expression

    def _datatype(self, node: Resource, place: Place) -> TermMap | None:
        maps = self._term_maps(node, "datatype")
        if len(maps) > 1:
            self._problem("rml.datatype", "it has more than one datatype map", "keep one", place)
        return maps[0] if maps else None

    # Expressions

    def _expression(self, node: Value, parent: Resource, what: str, role: str = "expression") -> Expression | None:
        properties = self._document.properties(node)
        given = [(name, value) for name in _EXPRESSIONS for value in properties.get(name, ())]
        if len(given) != 1 or isinstance(node, ox.Literal):
            self._problem(
                "rml.expression",
                f"a {what} has {'no expression' if not given else 'more than one expression'}",
                "give exactly one of rml:constant, rml:reference and rml:template",
                self._place_of(node, parent) if isinstance(node, ox.Literal) else self._first_place(node, self._place),
            )
            return None
        ((name, value),) = given
        if name == "constant":
            return self._constant(value, role, self._place_of(value, node))
        return self._reference(value, node) if name == "reference" else self._template(value, node)

    def _reference(self, value: Value, node: Resource) -> Reference | None:
        place = self._place_of(value, node)
        if not isinstance(value, ox.Literal):
            self._problem("rml.reference", f"the reference {value} is not a string", "write it as a string", place)
            return None
        return Reference(value.value, place)

    def _template(self, value: Value, node: Resource) -> Template | None:
        place = self._place_of(value, node)
        if not isinstance(value, ox.Literal):
            self._problem("rml.template", f"the template {value} is not a string", "write it as a string", place)
            return None
        try:
            literals, texts = split(value.value)
        except TemplateError as error:
            self._problem("rml.template", f"{value.value!r} is not a valid template: {error}", "correct it", place)
            return None
        references = tuple(Reference(text, place) for text in texts)
        return Template(value.value, literals, references, place)

    # Places and problems

    def _place_of(self, value: Value, within: Value) -> Place:
        if isinstance(within, ox.Literal):
            return self._place
        near = self._document.described_at(within) if isinstance(within, ox.NamedNode) else self._place
        return self._document.said_at(value, within, near)

    def _first_place(self, node: Resource, default: Place) -> Place:
        """Where a term map is written: at its expression, for it has often no name of its own."""
        if isinstance(node, ox.NamedNode):
            return self._document.described_at(node)
        for values in self._document.properties(node).values():
            for value in values:
                if isinstance(value, ox.Literal):
                    return self._place_of(value, node)
        return default

    def _check_properties(self, what: str, node: Value) -> None:
        """Report properties of RML that mean nothing here: a misspelt one must not be passed over in silence."""
        if isinstance(node, ox.Literal):
            return
        for name in self._document.properties(node).keys() - _ALLOWED[what]:
            if name.startswith("csvw:"):
                continue
            self._problem(
                "rml.unknown-property",
                f"rml:{name} is not understood on a {what}",
                f"use one of {', '.join(sorted(f'rml:{n}' for n in _ALLOWED[what] - {'a'}))}",
                self._document.property_at(name, node, self._place),
            )

    def _problem(self, rule: str, message: str, fix: str, place: Place) -> None:
        self._problems.append(Problem(rule, message, fix, place.file, place.line, item=self._name))


def is_iri(text: str) -> bool:
    """Whether a text is an absolute IRI (RFC 3987, section 2.2, without the ban on fragments, as in RDF)."""
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


def is_language(text: str) -> bool:
    """Whether a text is a well-formed language tag (BCP 47)."""
    try:
        ox.Literal("", language=text)
    except ValueError:
        return False
    return True


def well_typed(literal: ox.Literal) -> bool:
    """Whether the lexical form of a literal fits its datatype, as far as that is checked."""
    check = xsd.check_for(literal.datatype.value)
    return check is None or check(literal.value)


def _type_of(term: ox.NamedNode | ox.Literal) -> TermType:
    return TermType.LITERAL if isinstance(term, ox.Literal) else TermType.IRI


def _needs_no_source(triples_map: TriplesMap) -> bool:
    """RML-Core, section 7: a source may be missing when no term map looks at an iteration."""

    def constant(maps: Iterable[TermMap | ReferencingObjectMap]) -> bool:
        return all(isinstance(m, TermMap) and isinstance(m.expression, (Constant, type(None))) for m in maps)

    return constant((triples_map.subject, *triples_map.graphs)) and all(
        constant((*p.predicates, *p.objects, *p.graphs)) for p in triples_map.predicate_objects
    )
