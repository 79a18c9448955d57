"""Malformed shapes, found before anything is validated by them: SHACL's syntax rules (Appendix C), table by table.

A validator passes over what it does not understand, and then everything conforms. So a term of the SHACL namespace
that SHACL does not have, a shape that is referred to and not there, and a feature that is not supported are problems
here as much as a value of the wrong kind.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from kclod.errors import Problem
from kclod.rdf import Term
from kclod.shacl.paths import list_items, path_fault
from kclod.shacl.shapes import Shapes
from kclod.vocab import RDF, SH, XSD

_STRINGS = (XSD["string"], RDF["langString"])
_NODE_KINDS = {SH[k] for k in ("BlankNode", "IRI", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral")}
_DIGITS = re.compile(r"\+?[0-9]+")


def _of_type(*datatypes: ox.NamedNode) -> Callable[[Term], bool]:
    return lambda term: isinstance(term, ox.Literal) and term.datatype in datatypes


def _is_count(term: Term) -> bool:
    return (
        isinstance(term, ox.Literal) and term.datatype == XSD["integer"] and _DIGITS.fullmatch(term.value) is not None
    )


def _is_boolean(term: Term) -> bool:
    return (
        isinstance(term, ox.Literal) and term.datatype == XSD["boolean"] and term.value in ("true", "false", "1", "0")
    )


def _is_iri(term: Term) -> bool:
    return isinstance(term, ox.NamedNode)


def _is_literal(term: Term) -> bool:
    return isinstance(term, ox.Literal)


def _is_node(term: Term) -> bool:
    return not isinstance(term, ox.Literal)


_IRI = (_is_iri, "an IRI")
_COUNT = (_is_count, "a non-negative xsd:integer")
_BOOLEAN = (_is_boolean, "true or false (xsd:boolean)")
_LITERAL = (_is_literal, "a literal")
_TEXT = (_of_type(*_STRINGS), "a text, with or without a language")
_STRING = (_of_type(XSD["string"]), "a text without a language")
_SHAPE = (_is_node, "a shape")
_LIST = (_is_node, "an RDF list")

_VALUES: Mapping[str, tuple[Callable[[Term], bool], str]] = {
    **dict.fromkeys(("targetClass", "targetSubjectsOf", "targetObjectsOf", "class", "datatype", "severity"), _IRI),
    **dict.fromkeys(("equals", "disjoint", "lessThan", "lessThanOrEquals"), _IRI),
    **dict.fromkeys(("minCount", "maxCount", "minLength", "maxLength"), _COUNT),
    **dict.fromkeys(("qualifiedMinCount", "qualifiedMaxCount"), _COUNT),
    **dict.fromkeys(("uniqueLang", "closed", "deactivated", "qualifiedValueShapesDisjoint"), _BOOLEAN),
    **dict.fromkeys(("minExclusive", "minInclusive", "maxExclusive", "maxInclusive"), _LITERAL),
    **dict.fromkeys(("message", "name", "description"), _TEXT),
    **dict.fromkeys(("pattern", "flags", "select", "ask"), _STRING),
    **dict.fromkeys(("node", "not", "property", "qualifiedValueShape"), _SHAPE),
    **dict.fromkeys(("and", "or", "xone", "in", "languageIn", "ignoredProperties"), _LIST),
    "targetNode": (lambda term: not isinstance(term, ox.BlankNode), "an IRI or a literal"),
    "nodeKind": (
        lambda term: term in _NODE_KINDS,
        "one of " + ", ".join(sorted(f"sh:{k.value[len(SH) :]}" for k in _NODE_KINDS)),
    ),
    "order": (_of_type(XSD["integer"], XSD["decimal"]), "a number"),
    "sparql": (_is_node, "a SPARQL constraint"),
    "prefixes": (_is_node, "a node with sh:declare"),
}
"""Parameter (in the SHACL namespace) → what its values must be, as a test and in words."""

_ONCE = (
    *("datatype", "nodeKind", "minCount", "maxCount", "minLength", "maxLength", "flags", "languageIn", "uniqueLang"),
    *("minExclusive", "minInclusive", "maxExclusive", "maxInclusive", "qualifiedMinCount", "qualifiedMaxCount"),
    *("qualifiedValueShape", "closed", "ignoredProperties", "in", "deactivated", "severity", "order", "path"),
    *("select", "ask"),
)
_PROPERTY_SHAPES_ONLY = ("minCount", "maxCount", "lessThan", "lessThanOrEquals", "uniqueLang", "qualifiedValueShape")
_NO_KEYWORD = re.compile(r"""<[^<>\s]*>|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|#[^\n]*|[?$]\w+|\w*:\w*""", re.DOTALL)
_FROM = re.compile(r"\bFROM\b", re.IGNORECASE)
_COMPANIONS = {
    **dict.fromkeys(("qualifiedMinCount", "qualifiedMaxCount", "qualifiedValueShapesDisjoint"), "qualifiedValueShape"),
    "flags": "pattern",
    "ignoredProperties": "closed",
}
"""Parameter → the mandatory parameter of its component, without which it says nothing."""
_LIST_ITEMS: Mapping[str, tuple[Callable[[Term], bool], str]] = {
    "and": _SHAPE,
    "or": _SHAPE,
    "xone": _SHAPE,
    "languageIn": _STRING,
    "ignoredProperties": _IRI,
}
_REFERENCES = ("node", "not", "property", "qualifiedValueShape")
_REFERENCE_LISTS = ("and", "or", "xone")
_UNSUPPORTED = {
    "entailment": "validate data that hold the inferences already",
    "target": "use sh:targetClass, sh:targetNode, sh:targetSubjectsOf or sh:targetObjectsOf",
    "js": "write the constraint in SPARQL (sh:sparql)",
}


def problems_of_shapes(shapes: Shapes) -> list[Problem]:
    """Every place where the shapes break a rule of SHACL's syntax or use what is not supported; by file and line."""
    return in_order(problem for check in _CHECKS for problem in check(shapes))


def idle_parameters(shapes: Shapes) -> list[ox.Triple]:
    """The triples that constrain nothing: parameters without the one they go with (section 2.1.4), and rules."""
    return [t for t in shapes.triples if _why_idle(shapes, t)]


def _why_idle(shapes: Shapes, t: ox.Triple) -> str | None:
    if not t.predicate.value.startswith(SH):
        return None
    name = t.predicate.value[len(SH) :]
    if name == "rule":
        return "sh:rule is not applied when validating"
    companion = _COMPANIONS.get(name)
    if companion is None or shapes.objects(t.subject, SH[companion]):
        return None
    return f"sh:{name} says nothing without sh:{companion}"


def warnings_of_shapes(shapes: Shapes) -> list[Problem]:
    """What the shapes say to no effect, though SHACL allows it; ordered by file and line."""
    fix = "complete it, or remove it"
    warnings = [
        problem_at(shapes, (t.subject, t.predicate), "no-effect", reason, fix)
        for t in shapes.triples
        if (reason := _why_idle(shapes, t))
    ]
    warnings.extend(
        problem_at(shapes, (t.subject, term), "no-effect", f"SHACL has no term {term}", "correct its name")
        for t, term in _unknown(shapes)
        if not _in_shape(shapes, t.subject)
    )
    return in_order(warnings)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each once, by file and line."""
    return sorted(dict.fromkeys(problems), key=lambda p: (p.file or "", p.line or 0, p.rule, p.message))


def problem_at(shapes: Shapes, place: tuple[Term, ...], rule: str, message: str, fix: str) -> Problem:
    """A problem of a shape, at the line of the first of the terms after it in `place` that can be found."""
    node = place[0]
    file, line = shapes.place(*place)
    owner = shapes.owner(node)
    path = next(iter(shapes.objects(node, SH["path"])), None)
    item = f"property {path} of {owner}" if owner != node and isinstance(path, ox.NamedNode) else str(owner)
    return Problem(f"shape.{rule}", message, fix, file, line, item=item)


def _unknown_terms(shapes: Shapes) -> Iterator[Problem]:
    for t, term in _unknown(shapes):
        if _in_shape(shapes, t.subject):
            message = f"SHACL has no term sh:{term.value[len(SH) :]}"
            yield problem_at(shapes, (t.subject, term), "unknown-term", message, "correct its name")


def _unsupported_terms(shapes: Shapes) -> Iterator[Problem]:
    for t in shapes.triples:
        name = t.predicate.value.removeprefix(SH)
        if t.predicate.value.startswith(SH) and name in _UNSUPPORTED:
            message = f"sh:{name} is not supported, and leaving it out would change the result"
            yield problem_at(shapes, (t.subject, t.predicate), "unsupported", message, _UNSUPPORTED[name])


def _unknown(shapes: Shapes) -> Iterator[tuple[ox.Triple, ox.NamedNode]]:
    known = _shacl_terms()
    for t in shapes.triples:
        for term in (t.predicate, t.object):
            if isinstance(term, ox.NamedNode) and term.value.startswith(SH) and term.value not in known:
                yield t, term


def _in_shape(shapes: Shapes, node: Term) -> bool:
    """Whether a node is a shape, is part of one, or looks like one that was not typed: uncertain counts as yes."""
    owner = shapes.owner(node)
    return not shapes.set_of_all.isdisjoint((node, owner)) or any(
        t.predicate.value in _shacl_terms() for t in shapes.by_subject.get(owner, ())
    )


@cache
def _shacl_terms() -> frozenset[str]:
    """The terms of the SHACL vocabulary, from the copy of it that pySHACL brings."""
    package = importlib.util.find_spec("pyshacl")  # which is not imported for a file of it
    assert package is not None and package.origin is not None  # noqa: S101, PT018  # kclod is installed with it
    text = (Path(package.origin).parent / "assets" / "shacl.ttl").read_bytes()
    subjects = (quad.subject for quad in ox.parse(text, ox.RdfFormat.TURTLE))
    return frozenset(s.value for s in subjects if isinstance(s, ox.NamedNode) and s.value.startswith(SH))


def _bad_values(shapes: Shapes) -> Iterator[Problem]:
    for t in shapes.triples:
        name = t.predicate.value[len(SH) :] if t.predicate.value.startswith(SH) else ""
        rule = _VALUES.get(name)
        value = t.object
        if rule is not None and not isinstance(value, ox.Triple) and not rule[0](value):
            yield problem_at(
                shapes, (t.subject, value, t.predicate), "value", f"sh:{name} is {value}", f"make it {rule[1]}"
            )
        elif name == "pattern":
            yield from _bad_pattern(shapes, t)


def _bad_pattern(shapes: Shapes, t: ox.Triple) -> Iterator[Problem]:
    assert isinstance(t.object, ox.Literal)  # noqa: S101  # its kind was looked at just before
    try:
        re.compile(t.object.value)
    except re.error as error:
        message = f"sh:pattern {t.object} is no regular expression: {error}"
        yield problem_at(shapes, (t.subject, t.object), "pattern", message, "correct the expression")


def _repeated(shapes: Shapes) -> Iterator[Problem]:
    for subject in shapes.by_subject:
        for name in _ONCE:
            values = shapes.objects(subject, SH[name])
            if len(values) > 1:
                listed = ", ".join(map(str, values))
                message = f"sh:{name} is given {len(values)} times: {listed}"
                yield problem_at(shapes, (subject, values[-1], SH[name]), "repeated", message, "give it once")


def _misplaced(shapes: Shapes) -> Iterator[Problem]:
    for subject in shapes.by_subject:
        paths = shapes.objects(subject, SH["path"])
        types = shapes.objects(subject, RDF["type"])
        if paths and SH["NodeShape"] in types:
            yield problem_at(
                shapes, (subject, paths[0]), "path", "a node shape has no sh:path", "make it a sh:PropertyShape"
            )
        if not paths and SH["PropertyShape"] in types:
            yield problem_at(shapes, (subject,), "path", "a property shape needs a sh:path", "add sh:path")
        for name in _PROPERTY_SHAPES_ONLY:
            if not paths and shapes.objects(subject, SH[name]):
                message = f"sh:{name} stands in a shape that has no sh:path"
                yield problem_at(shapes, (subject, SH[name]), "misplaced", message, "put it into a property shape")
        for value in shapes.objects(subject, SH["property"]):
            if (
                not isinstance(value, ox.Literal)
                and value in shapes.by_subject
                and not shapes.objects(value, SH["path"])
            ):
                message = f"the value {value} of sh:property has no sh:path"
                yield problem_at(shapes, (value,), "path", message, "give the property shape a sh:path")
        if shapes.objects(subject, SH["sparql"]):
            yield from _without_query(shapes, subject)


def _dataset_clauses(shapes: Shapes) -> Iterator[Problem]:
    for t in shapes.triples:
        text = t.object.value if isinstance(t.object, ox.Literal) and t.predicate in (SH["select"], SH["ask"]) else ""
        if _FROM.search(_NO_KEYWORD.sub(" ", text)):
            message = "the query has a FROM, and nothing but the data is read"
            yield problem_at(shapes, (t.subject, t.object), "query", message, "remove FROM")


def _without_query(shapes: Shapes, subject: Term) -> Iterator[Problem]:
    for constraint in shapes.objects(subject, SH["sparql"]):
        if isinstance(constraint, ox.Literal) or not shapes.objects(constraint, SH["select"]):
            yield problem_at(shapes, (subject,), "sparql", "a SPARQL constraint needs a sh:select", "add its query")


def _bad_paths(shapes: Shapes) -> Iterator[Problem]:
    for t in shapes.triples:
        if t.predicate == SH["path"] and not isinstance(t.object, ox.Triple):
            fault = path_fault(shapes, t.object)
            if fault:
                yield problem_at(
                    shapes,
                    (t.subject, SH["path"]),
                    "path",
                    f"sh:path is ill-formed: {fault}",
                    "see SHACL, section 2.3.1",
                )


def _bad_lists(shapes: Shapes) -> Iterator[Problem]:
    for name in ("and", "or", "xone", "in", "languageIn", "ignoredProperties"):
        for t in (t for t in shapes.triples if t.predicate == SH[name] and not isinstance(t.object, ox.Literal)):
            items = None if isinstance(t.object, ox.Triple) else list_items(shapes, t.object)
            if items is None or (not items and name in _REFERENCE_LISTS):
                yield problem_at(
                    shapes,
                    (t.subject, SH[name]),
                    "list",
                    f"the value of sh:{name} is no RDF list with members",
                    "write it as ( … )",
                )
                continue
            kind = _LIST_ITEMS.get(name)
            for item in items if kind else ():
                if kind and not kind[0](item):
                    yield problem_at(
                        shapes,
                        (t.subject, item, t.predicate),
                        "value",
                        f"sh:{name} lists {item}",
                        f"let each member be {kind[1]}",
                    )


def _missing_shapes(shapes: Shapes) -> Iterator[Problem]:
    for subject in shapes.by_subject:
        named = [(name, value) for name in _REFERENCES for value in shapes.objects(subject, SH[name])]
        for name in _REFERENCE_LISTS:
            for head in shapes.objects(subject, SH[name]):
                named.extend((name, item) for item in list_items(shapes, head) or ())
        for name, value in named:
            if isinstance(value, ox.NamedNode) and value not in shapes.by_subject:
                message = f"sh:{name} refers to the shape {value}, which is not in the shapes files"
                yield problem_at(
                    shapes, (subject, value), "unknown-shape", message, "correct its name, or add the file it is in"
                )


_CHECKS: tuple[Callable[[Shapes], Iterator[Problem]], ...] = (
    _unknown_terms,
    _unsupported_terms,
    _bad_values,
    _repeated,
    _misplaced,
    _bad_paths,
    _bad_lists,
    _missing_shapes,
    _dataset_clauses,
)
