"""The named graphs of a release while it is made."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from kclod.project import Dataset
from kclod.rdf import Line, Statement, line_of, split_line


@dataclass(frozen=True)
class Graphs:
    """Graph IRI → its distinct statements, in the order in which they came."""

    dataset: Dataset
    named: dict[str, dict[Statement, None]]
    sources: dict[Line, int]
    """How many sources a line has, where they are several."""

    @classmethod
    def of(cls, dataset: Dataset, lines: Iterable[Line]) -> Graphs:
        """Lines sorted into their graphs."""
        named: dict[str, dict[Statement, None]] = {}
        sources: dict[Line, int] = {}
        for line in lines:
            statement, graph = split_line(line)
            statements = named.get(graph)
            if statements is None:
                statements = named[graph] = {}
            if statement in statements:
                sources[line] = sources.get(line, 1) + 1
            statements[statement] = None
        return cls(dataset, named, sources)

    def __getitem__(self, role: str) -> dict[Statement, None]:
        return self.named.setdefault(self.dataset.graphs[role], {})

    def add(self, role: str, statements: Iterable[Statement]) -> None:
        """Add the statements of one more source to the graph of a role such as `links`."""
        graph = self[role]
        for statement in dict.fromkeys(statements):
            if statement in graph:
                line = line_of(statement, self.dataset.graphs[role])
                self.sources[line] = self.sources.get(line, 1) + 1
            graph[statement] = None

    def vouched(self, accepted: Iterable[str]) -> dict[Statement, None]:
        """The default graph: what is mapped into it, the accepted claims, and the graphs that the dataset includes."""
        union: dict[Statement, None] = {}
        for name in ("", *sorted(accepted), *self.dataset.default_graphs):
            union.update(self.named.get(name, {}))
        return union

    def lines(self, default: Collection[Statement]) -> list[Line]:
        """The distinct lines of the whole dataset in code-point order; `default` is what the default graph holds.

        That is their canonical order: the only blank nodes are the ontology's, which have canonical labels already.
        """
        lines = list(default)
        for name, statements in self.named.items():
            if name:
                lines += [f"{statement} <{name}>" for statement in statements]
        lines.sort()
        return lines
