"""The evaluation: semi-naive, until nothing new follows.

Each table of facts has a delta, and only the rules that read this table see it. Axioms are facts like others, read by
the rules that make rules; they come first on the agenda. The ontology is taken first, so that the data, which come in
pieces to keep the deltas small, find their rules made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from kclod.errors import RefusedError
from kclod.rdf import Statement
from kclod.reason.compiler import Compiler
from kclod.reason.equality import check_different, merge, settle
from kclod.reason.facts import Fact, as_facts
from kclod.reason.graph import Graph, Journal
from kclod.reason.load import Loader, ill_typed
from kclod.reason.schema import schema_facts

_PIECE = 50_000


@dataclass(frozen=True)
class Ontology:
    """How things stood when only the ontology had been read: to tell what the data changed."""

    resources: int
    """How many resources there were: those with smaller numbers are the ontology's."""
    schema: int
    """How many facts about classes, properties and lists there were."""
    merged: bool
    """Whether things were the same by then."""
    derived: frozenset[Fact]
    """What followed from it alone."""


class Saturation:
    """Everything that follows, and every clash, in `graph`. With a journal, why each fact is there is kept in it.

    First the data are read in pieces after the ontology, and what no rule asks for is passed over. Where that does not
    do (axioms in the data, say), everything is read again and held at once.
    """

    graph: Graph
    compiler: Compiler
    _loader: Loader

    def __init__(
        self, data: Iterable[Statement], ontology: Iterable[Statement], journal: Journal | None = None
    ) -> None:
        if iter(data) is data or iter(ontology) is ontology:
            data, ontology = tuple(data), tuple(ontology)  # what can be read once only
        self._data, self._ontology = data, ontology
        self.ontology: Ontology | None = None
        """None when data and ontology had to be taken together."""
        if journal is not None or not self._run_in_pieces():
            self._run_at_once(journal)
        wrong = set(self.graph.terms.ill_typed)
        for table in self.graph.relations.values() if wrong else ():
            for s, o in sorted((s, o) for s, o in table.items - table.derived if o in wrong):
                ill_typed(self.graph, s, table.key, o)
        check_different(self.graph, self.compiler)

    def passed_over(self) -> Iterator[Statement]:
        """The statements of the data that are not in the graph."""
        return self._loader.passed_over(self._data)

    def _run_in_pieces(self) -> bool:
        """Whether it came to the right end."""
        self._begin(Graph())
        graph = self.graph
        try:
            self._loader.read(self._ontology)
            self._compile()
        except RefusedError:
            return False  # the rest of a list may be in the data
        self.ontology = Ontology(
            len(graph.terms.resources),
            schema_facts(graph),
            bool(graph.root),
            frozenset(fact for table in graph.tables() for fact in as_facts(table, table.derived, graph.type)),
        )
        self._loader = Loader(graph, everything=False)
        statements = iter(self._data)
        while piece := list(islice(statements, _PIECE)):
            literals = len(graph.terms.literals)
            self._loader.read(piece)
            self.compiler.admit_literals(literals)
            settle(graph)
            if schema_facts(graph) != self.ontology.schema:
                return False
            self._settle()
        return schema_facts(graph) == self.ontology.schema and not self._loader.missed()

    def _run_at_once(self, journal: Journal | None) -> None:
        self._begin(Graph(journal))
        self.ontology = None
        self._loader.read(self._ontology)
        self._loader.read(self._data)
        self._compile()

    def _begin(self, graph: Graph) -> None:
        self.graph = graph
        self.compiler = Compiler(graph)
        self._loader = Loader(graph, everything=True)

    def _compile(self) -> None:
        merge(self.graph, self.compiler)
        self.compiler.install_table()
        self._settle()

    def _settle(self) -> None:
        graph = self.graph
        while True:
            while table := graph.next():
                delta: set[Any] = table.take()  # of ints or pairs, as the rules of that table take
                for rule in tuple[Callable[[set[Any]], None], ...](table.rules):
                    rule(delta)
            if not graph.to_merge:
                return
            if merge(graph, self.compiler):
                graph.forget_rules()
                self.compiler = Compiler(graph)
                self.compiler.install_table()
