"""The evaluation: semi-naive, until nothing new follows.

Each table of facts has a delta, and only the rules that read this table see it. Axioms are facts like others, read by
the rules that make rules; they come first on the agenda.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pyoxigraph as ox

from kclod.reason.compiler import Compiler
from kclod.reason.equality import check_different, merge
from kclod.reason.graph import Graph, Journal


def saturate(data: Iterable[ox.Triple], ontology: Iterable[ox.Triple], journal: Journal | None = None) -> Graph:
    """Everything that follows, and every clash. With a journal, why each fact is there is kept in it."""
    graph = Graph(journal)
    graph.load(ontology)
    graph.load(data)
    graph.begin()
    compiler = Compiler(graph)
    merge(graph, compiler)
    compiler.install_table()
    while True:
        while table := graph.next():
            delta: set[Any] = table.take()  # of ints or pairs, as the rules of that table take
            for rule in tuple[Callable[[set[Any]], None], ...](table.rules):
                rule(delta)
        if not graph.to_merge:
            break
        if merge(graph, compiler):
            graph.forget_rules()
            compiler = Compiler(graph)
            compiler.install_table()
    _check_literals(graph)
    check_different(graph, compiler)
    return graph


def _check_literals(graph: Graph) -> None:
    """dt-not-type: a literal has to be a value of its own datatype."""
    wrong = set(graph.terms.ill_typed)
    if not wrong:
        return
    for table in graph.relations.values():
        for s, o in sorted(table.items - table.derived):
            if o in wrong:
                message = "{value} is not in the lexical space of its datatype"
                graph.contradict("dt-not-type", message, {"value": o}, [(s, table.key, o)])
