"""From the tables of a run to the statements worth publishing, and those that are only worth knowing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Protocol

from kclod.rdf import Statement
from kclod.reason.engine import Saturation
from kclod.reason.facts import Fact, as_facts
from kclod.reason.graph import Graph
from kclod.reason.rules import PREFIXES
from kclod.reason.schema import expressions

_BUILT_IN = tuple(f"<{namespace}" for namespace in PREFIXES.values())
_REFLEXIVE = ("owl:sameAs", "rdfs:subClassOf", "rdfs:subPropertyOf", "owl:equivalentClass", "owl:equivalentProperty")


@dataclass(frozen=True)
class Found:
    """What was derived: statements to publish, and facts that are kept to themselves."""

    published: list[Statement]
    hidden: list[Fact]


def inferred(run: Saturation) -> Found:
    """The derived statements in N-Triples order.

    Left out: what was asserted; what RDF 1.1 cannot say (literal subjects, predicates that are no IRIs); facts about
    anonymous class expressions, lists and axioms; what holds of everything (`x a owl:Thing`, `C rdfs:subClassOf C`,
    `C rdfs:subClassOf owl:Thing`, `owl:Nothing rdfs:subClassOf C`, `x owl:sameAs x`); facts of the RDF, RDFS, OWL and
    XSD vocabularies about themselves; the same value in another lexical form. Of these, `hidden` has what was derived.
    """
    graph = run.graph
    is_noise = noise(graph, graph)
    published: list[Statement] = []
    hidden: list[Fact] = []
    for fact in _new_facts(graph):
        statement = None if is_noise(fact) else graph.terms.statement(fact)
        if statement:
            published.append(statement)
        else:
            hidden.append(fact)
    if graph.members:
        published.extend(_renamed(run))
    published.sort()
    return Found(published, hidden)


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


def _renamed(run: Saturation) -> set[Statement]:
    """eq-rep-s and eq-rep-o for what was passed over; its properties and classes are the same as no others."""
    terms, graph = run.graph.terms, run.graph
    alike = {
        terms.term(number): [terms.term(other) for other in graph.members[graph.root.get(number, number)]]
        for numbers in graph.members.values()
        for number in numbers
    }
    stated: set[Statement] = set()
    implied: set[Statement] = set()
    for statement in run.passed_over():
        s, p, o = statement.split(" ", 2)
        if s in alike or o in alike:
            stated.add(statement)
            implied.update(f"{s2} {p} {o2}" for s2 in alike.get(s, (s,)) for o2 in alike.get(o, (o,)))
    return implied - stated


class State(Protocol):
    """Which facts there are."""

    def objects_of(self, s: int, p: int) -> Collection[int]:
        """The objects of the facts with a subject and a property."""
        ...

    def is_asserted(self, fact: Fact) -> bool:
        """Whether a fact is asserted."""
        ...


def noise(graph: Graph, state: State) -> Callable[[Fact], bool]:
    """Tells the derived facts that are true and of no use; `inferred` lists them."""
    hidden = expressions(graph)
    reflexive = {graph.number(name) for name in _REFLEXIVE}
    above = {graph.number(name) for name in ("rdfs:subClassOf", "rdfs:domain", "rdfs:range", "a")}
    sub_class, thing, nothing = (graph.number(name) for name in ("rdfs:subClassOf", "owl:Thing", "owl:Nothing"))
    resources, same_value, forms = graph.terms.resources, graph.terms.same_value, graph.terms.forms

    def is_said_otherwise(s: int, p: int, o: int) -> bool:
        """Whether the value is asserted in another form, or the literal but represents the value of one that is."""
        elder = same_value.get(o, o)
        others = [each for each in state.objects_of(s, p) if each != o and same_value.get(each, each) == elder]
        return bool(others) and (o == elder or any(state.is_asserted((s, p, each)) for each in others))

    def is_noise(fact: Fact) -> bool:
        s, p, o = fact
        if s in hidden or o in hidden:
            return True
        if o < 0:
            return (o in same_value or o in forms) and is_said_otherwise(s, p, o)
        return (
            (s == o and p in reflexive)
            or (o == thing and p in above)
            or (s == nothing and p == sub_class)
            or (s >= 0 and resources[o].startswith(_BUILT_IN) and resources[s].startswith(_BUILT_IN))
        )

    return is_noise
