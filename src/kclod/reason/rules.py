"""The rules of OWL 2 RL as a table: OWL 2 Profiles, section 4.3, tables 4 to 9, in the order of the specification.

A rule has an axiom part, which is matched against the ontology, and a body, which is matched against the data. Each
match of the axiom part gives one specialised rule: `?p rdfs:domain ?c` with `?x ?p ?y` makes, for the axiom
`:signs rdfs:domain :Party`, the rule "whatever has :signs is a :Party".

Not in the table, because the engine does it otherwise: eq-ref (noise), eq-sym, eq-trans and eq-rep-* (union-find),
eq-diff1 to eq-diff3 (checked once at the end), dt-type2, dt-eq, dt-diff and dt-not-type (literal values are known when
they are read), dt-type1 and prp-ap (facts about the vocabulary itself, without any consequence).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache

PREFIXES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


class Over(Enum):
    """What a rule does with the list that its axiom part calls `?l`."""

    EACH = "one rule a member, ?m"
    PAIRS = "one rule a pair of members, ?m1 and ?m2"
    INTERSECTION = "the body asks ?x to be in every member"
    CHAIN = "the body is a path over the members, from ?x0 to ?xn"
    KEY = "the body asks ?x and ?y to share a value of every member"


@dataclass(frozen=True, slots=True)
class Template:
    """A rule of the specification. Patterns are Turtle-like triples with `?variables`, set apart by ` . `."""

    name: str
    axiom: str
    body: str
    head: str = ""
    """What follows; empty where the specification says `false`."""
    message: str = ""
    """What is wrong, for a rule that ends in `false`; the variables in braces."""
    over: Over | None = None
    unique: bool = False
    """At most one `?y` for an `?x`: the body is the half about ?y, and any two answers are the same thing."""


_ONE = "owl:maxCardinality 1 . ?c owl:onProperty ?p"
_QUALIFIED = "?c owl:maxQualifiedCardinality {} . ?c owl:onProperty ?p . ?c owl:onClass {}"

TEMPLATES: tuple[Template, ...] = (
    # table 5: axioms about properties
    Template("prp-dom", "?p rdfs:domain ?c", "?x ?p ?y", "?x a ?c"),
    Template("prp-rng", "?p rdfs:range ?c", "?x ?p ?y", "?y a ?c"),
    Template("prp-fp", "?p a owl:FunctionalProperty", "?x ?p ?y", "?y owl:sameAs ?z", unique=True),
    Template("prp-ifp", "?p a owl:InverseFunctionalProperty", "?y ?p ?x", "?y owl:sameAs ?z", unique=True),
    Template(
        "prp-irp", "?p a owl:IrreflexiveProperty", "?x ?p ?x", "", "{x} has the irreflexive property {p} to itself"
    ),
    Template("prp-symp", "?p a owl:SymmetricProperty", "?x ?p ?y", "?y ?p ?x"),
    Template(
        "prp-asyp",
        "?p a owl:AsymmetricProperty",
        "?x ?p ?y . ?y ?p ?x",
        "",
        "{x} and {y} have the asymmetric property {p} to each other",
    ),
    Template("prp-trp", "?p a owl:TransitiveProperty", "?x ?p ?y . ?y ?p ?z", "?x ?p ?z"),
    Template("prp-spo1", "?p1 rdfs:subPropertyOf ?p2", "?x ?p1 ?y", "?x ?p2 ?y"),
    Template("prp-spo2", "?p owl:propertyChainAxiom ?l", "", "?x0 ?p ?xn", over=Over.CHAIN),
    Template("prp-eqp1", "?p1 owl:equivalentProperty ?p2", "?x ?p1 ?y", "?x ?p2 ?y"),
    Template("prp-eqp2", "?p1 owl:equivalentProperty ?p2", "?x ?p2 ?y", "?x ?p1 ?y"),
    Template(
        "prp-pdw",
        "?p1 owl:propertyDisjointWith ?p2",
        "?x ?p1 ?y . ?x ?p2 ?y",
        "",
        "{x} has both {p1} and {p2} to {y}, and the two are disjoint",
    ),
    Template(
        "prp-adp",
        "?n a owl:AllDisjointProperties . ?n owl:members ?l",
        "?x ?m1 ?y . ?x ?m2 ?y",
        "",
        "{x} has both {m1} and {m2} to {y}, and the two are disjoint",
        over=Over.PAIRS,
    ),
    Template("prp-inv1", "?p1 owl:inverseOf ?p2", "?x ?p1 ?y", "?y ?p2 ?x"),
    Template("prp-inv2", "?p1 owl:inverseOf ?p2", "?x ?p2 ?y", "?y ?p1 ?x"),
    Template("prp-key", "?c owl:hasKey ?l", "", "?x owl:sameAs ?y", over=Over.KEY),
    Template(
        "prp-npa1",
        "?n owl:sourceIndividual ?i . ?n owl:assertionProperty ?p . ?n owl:targetIndividual ?j",
        "?i ?p ?j",
        "",
        "{i} has {p} to {j}, which is denied",
    ),
    Template(
        "prp-npa2",
        "?n owl:sourceIndividual ?i . ?n owl:assertionProperty ?p . ?n owl:targetValue ?j",
        "?i ?p ?j",
        "",
        "{i} has {p} {j}, which is denied",
    ),
    # table 6: classes
    Template("cls-thing", "", "", "owl:Thing a owl:Class"),
    Template("cls-nothing1", "", "", "owl:Nothing a owl:Class"),
    Template("cls-nothing2", "", "?x a owl:Nothing", "", "{x} is in owl:Nothing, the empty class"),
    Template("cls-int1", "?c owl:intersectionOf ?l", "", "?x a ?c", over=Over.INTERSECTION),
    Template("cls-int2", "?c owl:intersectionOf ?l", "?x a ?c", "?x a ?m", over=Over.EACH),
    Template("cls-uni", "?c owl:unionOf ?l", "?x a ?m", "?x a ?c", over=Over.EACH),
    Template(
        "cls-com",
        "?c1 owl:complementOf ?c2",
        "?x a ?c1 . ?x a ?c2",
        "",
        "{x} is in {c1} and in {c2}, its complement",
    ),
    Template("cls-svf1", "?c owl:someValuesFrom ?d . ?c owl:onProperty ?p", "?x ?p ?y . ?y a ?d", "?x a ?c"),
    Template("cls-svf2", "?c owl:someValuesFrom owl:Thing . ?c owl:onProperty ?p", "?x ?p ?y", "?x a ?c"),
    Template("cls-avf", "?c owl:allValuesFrom ?d . ?c owl:onProperty ?p", "?x a ?c . ?x ?p ?y", "?y a ?d"),
    Template("cls-hv1", "?c owl:hasValue ?v . ?c owl:onProperty ?p", "?x a ?c", "?x ?p ?v"),
    Template("cls-hv2", "?c owl:hasValue ?v . ?c owl:onProperty ?p", "?x ?p ?v", "?x a ?c"),
    Template(
        "cls-maxc1",
        "?c owl:maxCardinality 0 . ?c owl:onProperty ?p",
        "?x a ?c . ?x ?p ?y",
        "",
        "{x} may have no {p} at all, and has {y}",
    ),
    Template("cls-maxc2", f"?c {_ONE}", "?x a ?c . ?x ?p ?y", "?y owl:sameAs ?z", unique=True),
    Template(
        "cls-maxqc1",
        _QUALIFIED.format("0", "?d"),
        "?x a ?c . ?x ?p ?y . ?y a ?d",
        "",
        "{x} may have no {p} in {d}, and has {y}",
    ),
    Template(
        "cls-maxqc2",
        _QUALIFIED.format("0", "owl:Thing"),
        "?x a ?c . ?x ?p ?y",
        "",
        "{x} may have no {p} at all, and has {y}",
    ),
    Template(
        "cls-maxqc3", _QUALIFIED.format("1", "?d"), "?x a ?c . ?x ?p ?y . ?y a ?d", "?y owl:sameAs ?z", unique=True
    ),
    Template("cls-maxqc4", _QUALIFIED.format("1", "owl:Thing"), "?x a ?c . ?x ?p ?y", "?y owl:sameAs ?z", unique=True),
    Template("cls-oo", "?c owl:oneOf ?l", "", "?m a ?c", over=Over.EACH),
    # table 7: class axioms
    Template("cax-sco", "?c1 rdfs:subClassOf ?c2", "?x a ?c1", "?x a ?c2"),
    Template("cax-eqc1", "?c1 owl:equivalentClass ?c2", "?x a ?c1", "?x a ?c2"),
    Template("cax-eqc2", "?c1 owl:equivalentClass ?c2", "?x a ?c2", "?x a ?c1"),
    Template(
        "cax-dw",
        "?c1 owl:disjointWith ?c2",
        "?x a ?c1 . ?x a ?c2",
        "",
        "{x} is in both {c1} and {c2}, and the two are disjoint",
    ),
    Template(
        "cax-adc",
        "?n a owl:AllDisjointClasses . ?n owl:members ?l",
        "?x a ?m1 . ?x a ?m2",
        "",
        "{x} is in both {m1} and {m2}, and the two are disjoint",
        over=Over.PAIRS,
    ),
    # table 9: schema vocabulary
    Template("scm-cls", "", "?c a owl:Class", "?c rdfs:subClassOf ?c"),
    Template("scm-cls", "", "?c a owl:Class", "?c owl:equivalentClass ?c"),
    Template("scm-cls", "", "?c a owl:Class", "?c rdfs:subClassOf owl:Thing"),
    Template("scm-cls", "", "?c a owl:Class", "owl:Nothing rdfs:subClassOf ?c"),
    Template("scm-sco", "", "?c1 rdfs:subClassOf ?c2 . ?c2 rdfs:subClassOf ?c3", "?c1 rdfs:subClassOf ?c3"),
    Template("scm-eqc1", "", "?c1 owl:equivalentClass ?c2", "?c1 rdfs:subClassOf ?c2"),
    Template("scm-eqc1", "", "?c1 owl:equivalentClass ?c2", "?c2 rdfs:subClassOf ?c1"),
    Template("scm-eqc2", "", "?c1 rdfs:subClassOf ?c2 . ?c2 rdfs:subClassOf ?c1", "?c1 owl:equivalentClass ?c2"),
    Template("scm-op", "", "?p a owl:ObjectProperty", "?p rdfs:subPropertyOf ?p"),
    Template("scm-op", "", "?p a owl:ObjectProperty", "?p owl:equivalentProperty ?p"),
    Template("scm-dp", "", "?p a owl:DatatypeProperty", "?p rdfs:subPropertyOf ?p"),
    Template("scm-dp", "", "?p a owl:DatatypeProperty", "?p owl:equivalentProperty ?p"),
    Template("scm-spo", "", "?p1 rdfs:subPropertyOf ?p2 . ?p2 rdfs:subPropertyOf ?p3", "?p1 rdfs:subPropertyOf ?p3"),
    Template("scm-eqp1", "", "?p1 owl:equivalentProperty ?p2", "?p1 rdfs:subPropertyOf ?p2"),
    Template("scm-eqp1", "", "?p1 owl:equivalentProperty ?p2", "?p2 rdfs:subPropertyOf ?p1"),
    Template(
        "scm-eqp2", "", "?p1 rdfs:subPropertyOf ?p2 . ?p2 rdfs:subPropertyOf ?p1", "?p1 owl:equivalentProperty ?p2"
    ),
    Template("scm-dom1", "", "?p rdfs:domain ?c1 . ?c1 rdfs:subClassOf ?c2", "?p rdfs:domain ?c2"),
    Template("scm-dom2", "", "?p2 rdfs:domain ?c . ?p1 rdfs:subPropertyOf ?p2", "?p1 rdfs:domain ?c"),
    Template("scm-rng1", "", "?p rdfs:range ?c1 . ?c1 rdfs:subClassOf ?c2", "?p rdfs:range ?c2"),
    Template("scm-rng2", "", "?p2 rdfs:range ?c . ?p1 rdfs:subPropertyOf ?p2", "?p1 rdfs:range ?c"),
    Template(
        "scm-hv",
        "",
        "?c1 owl:hasValue ?i . ?c1 owl:onProperty ?p1 . ?c2 owl:hasValue ?i . ?c2 owl:onProperty ?p2"
        " . ?p1 rdfs:subPropertyOf ?p2",
        "?c1 rdfs:subClassOf ?c2",
    ),
    Template(
        "scm-svf1",
        "",
        "?c1 owl:someValuesFrom ?y1 . ?c1 owl:onProperty ?p . ?c2 owl:someValuesFrom ?y2 . ?c2 owl:onProperty ?p"
        " . ?y1 rdfs:subClassOf ?y2",
        "?c1 rdfs:subClassOf ?c2",
    ),
    Template(
        "scm-svf2",
        "",
        "?c1 owl:someValuesFrom ?y . ?c1 owl:onProperty ?p1 . ?c2 owl:someValuesFrom ?y . ?c2 owl:onProperty ?p2"
        " . ?p1 rdfs:subPropertyOf ?p2",
        "?c1 rdfs:subClassOf ?c2",
    ),
    Template(
        "scm-avf1",
        "",
        "?c1 owl:allValuesFrom ?y1 . ?c1 owl:onProperty ?p . ?c2 owl:allValuesFrom ?y2 . ?c2 owl:onProperty ?p"
        " . ?y1 rdfs:subClassOf ?y2",
        "?c1 rdfs:subClassOf ?c2",
    ),
    Template(
        "scm-avf2",
        "",
        "?c1 owl:allValuesFrom ?y . ?c1 owl:onProperty ?p1 . ?c2 owl:allValuesFrom ?y . ?c2 owl:onProperty ?p2"
        " . ?p1 rdfs:subPropertyOf ?p2",
        "?c2 rdfs:subClassOf ?c1",
    ),
    Template("scm-int", "?c owl:intersectionOf ?l", "", "?c rdfs:subClassOf ?m", over=Over.EACH),
    Template("scm-uni", "?c owl:unionOf ?l", "", "?m rdfs:subClassOf ?c", over=Over.EACH),
)

Pattern = tuple[str, str, str]


@cache
def patterns(text: str) -> tuple[Pattern, ...]:
    """The triple patterns of a rule's text."""
    triples = [tuple(part.split()) for part in text.split(" . ")] if text else []
    return tuple((s, p, o) for s, p, o in triples)


@cache
def constant(name: str) -> str:
    """The term that a name of the table stands for: `a`, a number, or a prefixed name."""
    if name == "a":
        return f"<{PREFIXES['rdf']}type>"
    if name.isdigit():
        # cardinalities are compared by value, and this represents it
        return f'"{name}"^^<{PREFIXES["xsd"]}integer>'
    prefix, local = name.split(":")
    return f"<{PREFIXES[prefix]}{local}>"


def vocabulary() -> list[str]:
    """Every constant that the table mentions, in a stable order."""
    texts = [text for t in TEMPLATES for text in (t.axiom, t.body, t.head)]
    names = [name for text in texts for triple in patterns(text) for name in triple if not name.startswith("?")]
    return list(dict.fromkeys(map(constant, names)))
