"""The named graphs of a release while it is made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
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
        """The default graph: the accepted claims and the graphs that the dataset includes."""
        union: dict[Statement, None] = {}
        for name in (*sorted(accepted), *self.dataset.default_graphs):
            union.update(self.named.get(name, {}))
        return union

    def lines(self, default: Collection[Statement]) -> Iterator[Line]:
        """The whole dataset; `default` is what the default graph holds."""
        for name, statements in (("", default), *self.named.items()):
            yield from [line_of(statement, name) for statement in statements]
