"""What the facts of a graph say about classes, properties and lists, and which blank nodes stand for those."""

from __future__ import annotations

from collections.abc import Iterator

from kclod.reason.facts import Extension, Fact, Relation
from kclod.reason.graph import Graph
from kclod.reason.rules import PREFIXES, constant

_OWL = f"<{PREFIXES['owl']}"
# the terms of OWL that are said of data, not of axioms
_ABOUT_DATA = {constant(f"owl:{name}") for name in ("sameAs", "differentFrom", "Thing", "Nothing", "NamedIndividual")}
_LIST = {constant("rdf:first"), constant("rdf:rest")}


def expressions(graph: Graph) -> set[int]:
    """The blank nodes that stand for class expressions, lists and axioms rather than for things."""
    found = {fact[0] for table in graph.tables() if _is_of_axioms(graph, table.key) for fact in graph.facts(table)}
    return {number for number in found if number >= 0 and graph.terms.resources[number].startswith("_:")}


def is_schema(graph: Graph, key: int) -> bool:
    """Whether rules are made from the facts of a property or class, or facts about classes and properties follow."""
    about_data = graph.terms.term(key) in _ABOUT_DATA or key == graph.type
    return (0 <= key < graph.schema_end and not about_data) or _is_of_axioms(graph, key)


def schema_facts(graph: Graph) -> int:
    """How many facts there are about classes, properties and lists."""
    return sum(len(table.items) for table in _schema_tables(graph))


def _schema_tables(graph: Graph) -> Iterator[Relation | Extension]:
    return (table for table in graph.tables() if is_schema(graph, table.key))


def _is_of_axioms(graph: Graph, key: int) -> bool:
    if key < 0:
        return False
    name = graph.terms.resources[key]
    return name in _LIST or (name.startswith(_OWL) and name not in _ABOUT_DATA)


def is_about_schema(graph: Graph, fact: Fact) -> bool:
    """Whether a fact is one of those that `schema_facts` counts."""
    return is_schema(graph, fact[2] if fact[1] == graph.type else fact[1])
