"""Who says a triple, whether it is vouched for, and what an inferred one follows from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

import pyoxigraph as ox

from kclod.rdf import DEFAULT_GRAPH, Term
from kclod.reason.local import Node
from kclod.web.things.reader import Reader
from kclod.web.things.statements import Derivation, Origin, Premise, Statement, union

INFERRED = "inferred"
CLAIMS = 4
"""Most claims that are read for one statement: of a fact that everybody reports, there may be thousands."""
Graphs = Iterable[ox.NamedNode | None]


class Witness:
    """Asks one reader; what it has found is kept for the life of a page."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._graphs: dict[ox.Triple, list[ox.NamedNode | None]] = {}

    def origins(self, graphs: Graphs) -> tuple[Origin, ...]:
        """The origins that a statement's graphs stand for: the first few claims, then graphs of the publisher's."""
        reader = self._reader
        named = sorted((g for g in graphs if g is not None), key=lambda g: g.value)
        own = [g for g in named if g.value in reader.roles]
        others = [g for g in named if g.value not in reader.roles][:CLAIMS]
        claims = (Origin(g, reader.claim(g), None, reader.accepted(g)) for g in others)
        return union((*claims, *(Origin(g, None, reader.roles[g.value]) for g in own)))

    def _beyond(self, trail: Iterable[ox.Triple], origins: Collection[Origin]) -> int:
        """How many graphs that are not the publisher's state triples, beside those among the origins."""
        graphs = {g.value for triple in trail for g in self.graphs_of(triple) if g is not None}
        return len(graphs - self._reader.roles.keys() - {origin.graph.value for origin in origins})

    def doubted(self, graphs: Graphs) -> bool:
        """Stated in claims only, none of them accepted."""
        graphs = list(graphs)
        return None not in graphs and all(g is not None and self._reader.claim(g) is not None for g in graphs)

    def graphs_of(self, triple: ox.Triple) -> list[ox.NamedNode | None]:
        """The graphs that state a triple (None: the default graph)."""
        found = self._graphs.get(triple)
        if found is None:
            found = self._graphs[triple] = self._reader.graphs_of(triple.subject, triple.predicate, triple.object)
        return found

    def statement(self, value: Term, trail: Sequence[ox.Triple]) -> Statement:
        """A value with the origins of all triples that lead to it."""
        origins = [self.origins(self.graphs_of(triple)) for triple in trail]
        derived = [t for t, each in zip(trail, origins, strict=True) if each and all(o.role == INFERRED for o in each)]
        every = union(*origins)
        more = self._beyond(trail, every)
        return Statement(value, every, inferred=bool(derived), derived=derived[0] if derived else None, more=more)

    def pending(self, value: Term, triple: ox.Triple, graphs: Sequence[ox.NamedNode | None]) -> Statement:
        """A value that may never be shown: what tells it apart from others, and how to `complete` it."""
        self._graphs[triple] = list(graphs)
        return Statement(value, (), inferred=self.is_inferred(triple), pending=triple)

    def complete(self, statement: Statement) -> Statement:
        """The statement with its origins."""
        if statement.pending is None:
            return statement
        found = self.statement(statement.value, (statement.pending,))
        return replace(statement, origins=found.origins, derived=found.derived, more=found.more, pending=None)

    def derivation(self, triple: ox.Triple) -> Derivation | None:
        """What a triple was inferred from; None where no rule but those of equality leads to it."""
        steps = self._reader.rules().proof(triple, self._match, self.is_inferred)
        if not steps:
            return None
        concluded = {step.triple for step in steps}
        premises = dict.fromkeys(p for step in steps for p in step.premises if p not in concluded)
        return Derivation(
            tuple(dict.fromkeys(step.rule for step in steps)),
            tuple(Premise(premise, self.origins(self.graphs_of(premise))) for premise in premises),
        )

    def _match(
        self, subject: Node | None, predicate: ox.NamedNode, value: Node | ox.Literal | None
    ) -> Iterator[ox.Triple]:
        quads = self._reader.store.quads_for_pattern(subject, predicate, value, DEFAULT_GRAPH)
        return (quad.triple for quad in quads)

    def is_inferred(self, triple: ox.Triple) -> bool:
        """Whether nobody but the reasoner states a triple."""
        graphs = [graph for graph in self.graphs_of(triple) if graph is not None]
        return bool(graphs) and all(self._reader.roles.get(graph.value) == INFERRED for graph in graphs)
