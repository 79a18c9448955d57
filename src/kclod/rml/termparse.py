"""Term maps and expressions as mappings write them (RML-Core, sections 6 and 8).

Shortcuts and default term types are resolved here, and what is wrong is reported with its place.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyoxigraph as ox

from kclod.rml import xsd
from kclod.rml.document import Document, Resource, Value, name_in_rml
from kclod.rml.model import Constant, Expression, Place, Reference, Template, TermMap, TermType
from kclod.rml.sourceparse import Report
from kclod.rml.template import TemplateError, split

_IRI_TYPES = frozenset({TermType.IRI, TermType.URI, TermType.UNSAFE_IRI, TermType.UNSAFE_URI})
_TERM_TYPES = {
    "subject": _IRI_TYPES | {TermType.BLANK_NODE},
    "predicate": _IRI_TYPES,
    "object": _IRI_TYPES | {TermType.BLANK_NODE, TermType.LITERAL},
    "graph": _IRI_TYPES | {TermType.BLANK_NODE},
    "datatype": _IRI_TYPES,
}
_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
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


class TermReader:
    """Reads term maps out of a document; what is wrong goes to `report` as rule, message, fix and place.

    `near` is the place of the triples map that is being read: text that occurs often is looked for from there.
    """

    def __init__(self, document: Document, report: Report) -> None:
        self._document = document
        self._report = report
        self.near = Place("", None)

    def term_maps(self, node: Value, role: str) -> tuple[TermMap, ...]:
        """The term maps of one role that a resource has, shortcuts first."""
        if isinstance(node, ox.Literal):
            return ()
        properties = self._document.properties(node)
        found = [self.constant_map(value, node, role) for value in properties.get(role, ())]
        found += [self.term_map(value, node, role) for value in properties.get(f"{role}Map", ())]
        return tuple(term_map for term_map in found if term_map is not None)

    def constant_map(self, value: Value, parent: Resource, role: str) -> TermMap | None:
        """The term map that a shortcut such as rml:subject stands for (8.1.2)."""
        place = self.place_of(value, parent)
        constant = self.constant(value, role, place)
        return TermMap(constant, _type_of(constant.term), place) if constant else None

    def constant(self, value: Value, role: str, place: Place) -> Constant | None:
        """A constant; it must be an IRI, or for objects and expressions a well-typed literal (8.1.1)."""
        literal_is_fine = role in {"object", "expression"}
        if isinstance(value, ox.NamedNode) or (isinstance(value, ox.Literal) and literal_is_fine):
            if isinstance(value, ox.Literal) and not well_typed(value):
                self._report("rml.constant", f"{value} is ill-typed", "correct the value or its datatype", place)
                return None
            return Constant(value)
        wanted = "an IRI or a literal" if literal_is_fine else "an IRI"
        self._report("rml.constant", f"the constant {value} of a {role} map is not {wanted}", f"give {wanted}", place)
        return None

    def term_map(self, node: Value, parent: Resource, role: str) -> TermMap | None:
        """A term map that is described as a resource of its own; `role` is subject, predicate, object, …."""
        place = self.place_of(node, parent)
        if isinstance(node, ox.Literal):
            self._report(
                "rml.term-map",
                f"{node} is not a {role} map",
                f"describe a resource, or use rml:{role} for a constant",
                place,
            )
            return None
        self.check_properties(f"{role} map", node)
        properties = self._document.properties(node)
        place = self.first_place(node, place)
        given = self._given_term_type(properties.get("termType", ()), node, role)
        if given is TermType.BLANK_NODE and properties.keys().isdisjoint(_EXPRESSIONS):
            return TermMap(None, TermType.BLANK_NODE, place)
        expression = self.expression(node, parent, f"{role} map", role)
        if expression is None:
            return None
        language, datatype = self._language(node, place), self._datatype(node, place)
        term_type = given or self._default_type(expression, role, specified=bool(language or datatype))
        if isinstance(expression, Constant):
            term_type = _type_of(expression.term)  # a constant has no term type (8.4.2)
        if (language or datatype) and (isinstance(expression, Constant) or term_type is not TermType.LITERAL):
            what = "rml:language" if language else "rml:datatype"
            self._report(
                "rml.term-map", f"{what} has no effect on this object map", "remove it, or make literals", place
            )
        if language and datatype:
            self._report("rml.term-map", "it has both a language and a datatype", "keep one", place)
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
            self._report(
                "rml.term-type",
                f"{' and '.join(map(str, values))} cannot be the term type of a {role} map",
                f"use one of {allowed}",
                self.place_of(value, node),
            )
        return found

    def _language(self, node: Resource, place: Place) -> Expression | None:
        properties = self._document.properties(node)
        shortcuts, maps = properties.get("language", []), properties.get("languageMap", [])
        if len(shortcuts) + len(maps) > 1:
            self._report("rml.language", "it has more than one language map", "keep one", place)
        if shortcuts:
            expression: Expression | None = self.constant(shortcuts[0], "expression", self.place_of(shortcuts[0], node))
        elif maps:
            self.check_properties("expression map", maps[0])
            expression = self.expression(maps[0], node, "language map")
        else:
            return None
        if isinstance(expression, Constant) and not is_language(expression.term.value):
            tag = expression.term.value
            where = self.place_of(shortcuts[0] if shortcuts else maps[0], node)
            self._report("rml.language", f"{tag!r} is not a valid language tag", "use a tag of BCP 47", where)
        return expression

    def _datatype(self, node: Resource, place: Place) -> TermMap | None:
        maps = self.term_maps(node, "datatype")
        if len(maps) > 1:
            self._report("rml.datatype", "it has more than one datatype map", "keep one", place)
        expression = maps[0].expression if maps else None
        if isinstance(expression, Constant) and expression.term.value == _LANG_STRING:
            self._report("rml.datatype", "rdf:langString needs a language tag", "use rml:language instead", place)
        return maps[0] if maps else None

    def expression(self, node: Value, parent: Resource, what: str, role: str = "expression") -> Expression | None:
        """The one expression of an expression map, which messages call `what` (6.1)."""
        properties = self._document.properties(node)
        given = [(name, value) for name in _EXPRESSIONS for value in properties.get(name, ())]
        if len(given) != 1 or isinstance(node, ox.Literal):
            self._report(
                "rml.expression",
                f"a {what} has {'no expression' if not given else 'more than one expression'}",
                "give exactly one of rml:constant, rml:reference and rml:template",
                self.place_of(node, parent) if isinstance(node, ox.Literal) else self.first_place(node, self.near),
            )
            return None
        ((name, value),) = given
        if name == "constant":
            return self.constant(value, role, self.place_of(value, node))
        return self.reference(value, node) if name == "reference" else self._template(value, node)

    def reference(self, value: Value, node: Resource) -> Reference | None:
        """A reference as it stands; whether it is valid depends on the source and is checked later."""
        place = self.place_of(value, node)
        if not isinstance(value, ox.Literal):
            self._report("rml.reference", f"the reference {value} is not a string", "write it as a string", place)
            return None
        return Reference(value.value, place)

    def _template(self, value: Value, node: Resource) -> Template | None:
        place = self.place_of(value, node)
        if not isinstance(value, ox.Literal):
            self._report("rml.template", f"the template {value} is not a string", "write it as a string", place)
            return None
        try:
            literals, texts = split(value.value)
        except TemplateError as error:
            self._report("rml.template", f"{value.value!r} is not a valid template: {error}", "correct it", place)
            return None
        references = tuple(Reference(text, place) for text in texts)
        return Template(value.value, literals, references, place)

    def place_of(self, value: Value, within: Value) -> Place:
        """Where a value is written in the description of a resource."""
        if isinstance(within, ox.Literal):
            return self.near
        near = self._document.described_at(within) if isinstance(within, ox.NamedNode) else self.near
        return self._document.said_at(value, within, near)

    def first_place(self, node: Resource, default: Place) -> Place:
        """Where a term map is written: at its expression, for it has often no name of its own."""
        if isinstance(node, ox.NamedNode):
            return self._document.described_at(node)
        for values in self._document.properties(node).values():
            for value in values:
                if isinstance(value, ox.Literal):
                    return self.place_of(value, node)
        return default

    def check_properties(self, what: str, node: Value) -> None:
        """Report properties of RML that mean nothing here: a misspelt one must not be passed over in silence."""
        if isinstance(node, ox.Literal):
            return
        for name in self._document.properties(node).keys() - _ALLOWED[what]:
            if name.startswith("csvw:"):
                continue
            self._report(
                "rml.unknown-property",
                f"rml:{name} is not understood on a {what}",
                f"use one of {', '.join(sorted(f'rml:{n}' for n in _ALLOWED[what] - {'a'}))}",
                self._document.property_at(name, node, self.near),
            )


def is_language(text: str) -> bool:
    """Whether a text can be a valid language tag (BCP 47, section 2.2.9): well-formed, of a registered language.

    No registered language has more than three letters, so that `english` is none.
    """
    try:
        ox.Literal("", language=text)
    except ValueError:
        return False
    return len(text.partition("-")[0]) <= 3


def well_typed(literal: ox.Literal) -> bool:
    """Whether the lexical form of a literal fits its datatype, as far as that is checked."""
    check = xsd.check_for(literal.datatype.value)
    return check is None or check(literal.value)


def _type_of(term: ox.NamedNode | ox.Literal) -> TermType:
    return TermType.LITERAL if isinstance(term, ox.Literal) else TermType.IRI
