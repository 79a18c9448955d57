"""From shapes and ontology to the layout of pages."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from kclod.layout import Arrangement, Fact, FactGroup, Layout, Path, Step
from kclod.project import Description
from kclod.vocab import DASH, OWL, PUB, RDF, RDFS, SCHEMA, SH, SKOS

_STEPS = {
    SH["inversePath"]: Step.INVERSE,
    SH["zeroOrMorePath"]: Step.ZERO_OR_MORE,
    SH["oneOrMorePath"]: Step.ONE_OR_MORE,
    SH["zeroOrOnePath"]: Step.ZERO_OR_ONE,
}
_DISPLAYED = (SH["group"], SH["order"], DASH["viewer"], DASH["propertyRole"])
"""What makes a property shape say something to pages."""
_SAME = (
    OWL["equivalentClass"],
    OWL["equivalentProperty"],
    RDFS["subClassOf"],
    RDFS["subPropertyOf"],
    SKOS["exactMatch"],
    SKOS["closeMatch"],
    SKOS["broadMatch"],
)
"""How a term may be mapped to one of schema.org's, the closest relation first."""
_SCHEMA = (str(SCHEMA), "http://schema.org/")


def read_layout(shapes: Iterable[ox.Triple], ontology: Iterable[ox.Triple]) -> Layout:
    """The layout that shapes declare, and the ontology's mappings to schema.org.

    A property shape counts when it has a sh:group, sh:order, dash:viewer or dash:propertyRole, and is not hidden
    (dash:hidden) or deactivated. Everything is in one order, whatever the order of the files.
    """
    about = Description(shapes)
    arrangements = [
        Arrangement(facts, *targets)
        for node in sorted(set(about.subjects(RDF["type"], SH["NodeShape"])))
        if any(targets := _targets(about, node)) and (facts := _facts(about, node))
    ]
    groups = [
        FactGroup(iri, about.texts(iri, RDFS["label"]), _number(about.value(iri, SH["order"])))
        for iri in set(about.subjects(RDF["type"], SH["PropertyGroup"]))
    ]
    return Layout(
        tuple(sorted(groups, key=lambda group: (group.order, group.iri))), tuple(arrangements), _schema_terms(ontology)
    )


def _targets(about: Description, node: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    classes = set(about.values(node, SH["targetClass"]))
    if RDFS["Class"].value in about.values(node, RDF["type"]):  # an implicit class target (SHACL 1.0, section 2.1.3.3)
        classes.add(node)
    return tuple(sorted(classes)), tuple(sorted(set(about.values(node, SH["targetSubjectsOf"]))))


def _facts(about: Description, node: str) -> tuple[Fact, ...]:
    if _is_true(about, node, SH["deactivated"]):
        return ()
    facts = [_fact(about, shape) for shape in about.values(node, SH["property"]) if _shown(about, shape)]
    return tuple(sorted(facts, key=lambda fact: (fact.order, fact.iri or "", fact.path.sparql())))


def _shown(about: Description, shape: str) -> bool:
    hidden = any(_is_true(about, shape, flag) for flag in (SH["deactivated"], DASH["hidden"]))
    return not hidden and any(about.values(shape, said) for said in _DISPLAYED)


def _fact(about: Description, shape: str) -> Fact:
    path = next(iter(about.objects(shape, SH["path"])))
    return Fact(
        _path(about, path),
        about.texts(shape, SH["name"]),
        None if shape.startswith("_:") else shape,
        _number(about.value(shape, SH["order"])),
        about.value(shape, SH["group"]),
        about.value(shape, DASH["viewer"]),
        tuple(sorted(about.values(shape, DASH["propertyRole"]))),
        tuple(sorted(about.values(shape, PUB["only"]))),
    )


def _path(about: Description, term: object) -> Path:
    if isinstance(term, ox.NamedNode):
        return Path(Step.PREDICATE, term.value)
    node = str(term)
    for said, step in _STEPS.items():
        if inner := about.objects(node, said):
            return Path(step, parts=(_path(about, inner[0]),))
    if alternatives := about.value(node, SH["alternativePath"]):
        return Path(Step.ALTERNATIVE, parts=_members(about, alternatives))
    return Path(Step.SEQUENCE, parts=_members(about, node))


def _members(about: Description, head: str) -> tuple[Path, ...]:
    members: list[Path] = []
    while head != RDF["nil"].value and (first := about.objects(head, RDF["first"])):
        members.append(_path(about, first[0]))
        head = about.value(head, RDF["rest"]) or RDF["nil"].value
    return tuple(members)


def _schema_terms(ontology: Iterable[ox.Triple]) -> dict[str, str]:
    found: dict[str, tuple[int, str]] = {}
    for triple in ontology:
        if not isinstance(triple.subject, ox.NamedNode) or not isinstance(triple.object, ox.NamedNode):
            continue
        namespace = next((name for name in _SCHEMA if triple.object.value.startswith(name)), None)
        if namespace and triple.predicate in _SAME:
            candidate = (_SAME.index(triple.predicate), triple.object.value.removeprefix(namespace))
            known = found.get(triple.subject.value)
            found[triple.subject.value] = min(candidate, known) if known else candidate
    return {iri: term for iri, (_, term) in sorted(found.items())}


def _is_true(about: Description, node: str, flag: ox.NamedNode) -> bool:
    return any(value in ("true", "1") for value in about.values(node, flag))


def _number(text: str | None) -> float:
    """An order; 0 where there is none (SHACL 1.0, section 2.3.2.3) or it is no number, which validation tells."""
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
