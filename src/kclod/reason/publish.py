"""From the tables of a run to the triples worth publishing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import pyoxigraph as ox

from kclod.rdf import sort_key
from kclod.reason.facts import Fact, as_facts
from kclod.reason.graph import Graph
from kclod.reason.rules import PREFIXES

_BUILT_IN = tuple(PREFIXES.values())
_REFLEXIVE = ("owl:sameAs", "rdfs:subClassOf", "rdfs:subPropertyOf", "owl:equivalentClass", "owl:equivalentProperty")
# the terms of OWL that are said of data, not of axioms
_ABOUT_DATA = {PREFIXES["owl"] + name for name in ("sameAs", "differentFrom", "Thing", "Nothing", "NamedIndividual")}
_LIST = (PREFIXES["rdf"] + "first", PREFIXES["rdf"] + "rest")


def inferred(graph: Graph) -> list[ox.Triple]:
    """The derived triples in N-Triples order.

    Left out: what was asserted; what RDF 1.1 cannot say (literal subjects, predicates that are no IRIs); facts about
    anonymous class expressions, lists and axioms; what holds of everything (`x a owl:Thing`, `C rdfs:subClassOf C`,
    `C rdfs:subClassOf owl:Thing`, `owl:Nothing rdfs:subClassOf C`, `x owl:sameAs x`); facts of the RDF, RDFS, OWL and
    XSD vocabularies about themselves; the same value in another lexical form.
    """
    is_noise = _noise(graph)
    facts = (fact for fact in _new_facts(graph) if not is_noise(fact))
    return sorted(filter(None, map(graph.terms.triple, facts)), key=sort_key)


def _new_facts(graph: Graph) -> Iterator[Fact]:
    """Derived facts; of anything that is the same as something, all that is said of either (eq-rep-*)."""
    merged = graph.members
    for table in graph.tables():
        if not merged:
            yield from as_facts(table, table.derived, graph.type)
            continue
        for fact in graph.facts(table):
            s, p, o = fact
            if s in merged or p in merged or o in merged:
                alike = product(merged.get(s, (s,)), merged.get(p, (p,)), merged.get(o, (o,)))
                yield from (each for each in alike if not graph.is_asserted(each))
            elif not graph.is_asserted(fact):
                yield fact


def _expressions(graph: Graph) -> set[int]:
    """The blank nodes that stand for class expressions, lists and axioms rather than for things."""
    terms = graph.terms
    found: set[int] = set()
    for table in graph.tables():
        key = terms.term(table.key)
        if not isinstance(key, ox.NamedNode):
            continue
        if key.value in _LIST or (key.value.startswith(PREFIXES["owl"]) and key.value not in _ABOUT_DATA):
            found.update(fact[0] for fact in graph.facts(table))
    return {number for number in found if number >= 0 and isinstance(terms.term(number), ox.BlankNode)}


def _noise(graph: Graph) -> Callable[[Fact], bool]:
    hidden = _expressions(graph)
    reflexive = {graph.number(name) for name in _REFLEXIVE}
    above = {graph.number(name) for name in ("rdfs:subClassOf", "rdfs:domain", "rdfs:range", "a")}
    sub_class, thing, nothing = (graph.number(name) for name in ("rdfs:subClassOf", "owl:Thing", "owl:Nothing"))
    built_in = {
        number
        for number, term in enumerate(graph.terms.resources)
        if isinstance(term, ox.NamedNode) and term.value.startswith(_BUILT_IN)
    }
    others = graph.terms.younger

    def is_noise(fact: Fact) -> bool:
        s, p, o = fact
        return (
            s in hidden
            or o in hidden
            or (s == o and p in reflexive)
            or (o == thing and p in above)
            or (s == nothing and p == sub_class)
            or (s in built_in and o in built_in)
            or (o in others and any((s, other) in graph.relation(p).items for other in others[o]))
        )

    return is_noise
