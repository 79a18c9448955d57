"""The release before, looked into without reading it whole: its sorted dump in mapped memory, and its store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable
from functools import lru_cache

import pyoxigraph as ox

from kclod.rdf import DEFAULT_GRAPH, Statement, split_line, triples_from
from kclod.sorted_dump import SortedLines
from kclod.view import View


class GraphsView:
    """A View of the union of some graphs of a release."""

    def __init__(self, lines: SortedLines, store: ox.Store, graphs: Collection[str]) -> None:
        """`graphs` are IRIs; the default graph is the empty text."""
        self._store, self._graphs = store, graphs
        self._names = [ox.NamedNode(name) if name else DEFAULT_GRAPH for name in graphs]

        @lru_cache(maxsize=1 << 16)
        def about(subject: str) -> dict[str, dict[str, None]]:
            found: dict[str, dict[str, None]] = {}
            for line in lines.starting(f"{subject} "):
                statement, graph = split_line(line)
                if graph in graphs:
                    _, predicate, value = statement.split(" ", 2)
                    found.setdefault(predicate, {})[value] = None
            return found

        self._about = about

    def objects(self, subject: str, predicate: str) -> Collection[str]:
        """The objects of a subject and a predicate."""
        return self._about(subject).get(predicate, {}).keys()

    def subjects(self, predicate: str, object: str) -> Collection[str]:  # noqa: A002  # what RDF calls it
        """The subjects of a predicate and an object."""
        if object.startswith("_:"):  # of the ontology, which those who ask know themselves
            return ()
        term = ox.NamedNode(object[1:-1]) if object.startswith("<") else triples_from([f"<x:> <x:> {object}"])[0].object
        property_ = ox.NamedNode(predicate[1:-1])
        found = {
            str(quad.subject): None
            for name in self._names
            for quad in self._store.quads_for_pattern(None, property_, term, name)
        }
        if isinstance(term, ox.NamedNode):
            return found.keys()
        return [s for s in found if object in self._about(s).get(predicate, {})]  # the store knows values, not forms

    def about(self, subject: str) -> Iterable[Statement]:
        """The statements with a subject."""
        return [f"{subject} {predicate} {o}" for predicate, objects in self._about(subject).items() for o in objects]

    def __contains__(self, statement: Statement) -> bool:
        subject, predicate, value = statement.split(" ", 2)
        return value in self._about(subject).get(predicate, {})


class Union:
    """Several views as one."""

    def __init__(self, *views: View) -> None:
        self._views = views

    def objects(self, subject: str, predicate: str) -> Collection[str]:
        """The objects of a subject and a predicate."""
        return {o for view in self._views for o in view.objects(subject, predicate)}

    def subjects(self, predicate: str, object: str) -> Collection[str]:  # noqa: A002  # what RDF calls it
        """The subjects of a predicate and an object."""
        return {s for view in self._views for s in view.subjects(predicate, object)}

    def about(self, subject: str) -> Iterable[Statement]:
        """The statements with a subject."""
        return {statement for view in self._views for statement in view.about(subject)}

    def __contains__(self, statement: Statement) -> bool:
        return any(statement in view for view in self._views)


class Asserted(Container[Statement]):
    """The statements of some graphs of a release, of which one asks only whether one is there."""

    def __init__(self, lines: SortedLines, includes: Callable[[str], bool]) -> None:
        self._lines, self._includes = lines, includes

    def graphs(self, statement: Statement) -> set[str]:
        """The graphs that have a statement."""
        found = map(split_line, self._lines.starting(f"{statement} "))
        return {graph for other, graph in found if other == statement}

    def __contains__(self, statement: object) -> bool:
        return isinstance(statement, str) and any(map(self._includes, self.graphs(statement)))
