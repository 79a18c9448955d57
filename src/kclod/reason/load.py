"""Reading statements into the tables, and passing over what no rule asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kclod.rdf import Statement
from kclod.reason.datatypes import IllTypedError, representative
from kclod.reason.facts import Pair
from kclod.reason.graph import Graph
from kclod.reason.rules import PREFIXES, constant

_TYPE = constant("a")
_OWL = f"<{PREFIXES['owl']}"
_LIST = (constant("rdf:first"), constant("rdf:rest"))


class Loader:
    """Takes in asserted statements.

    Unless `everything` is wanted, what is said with a property or of a class that no rule reads or writes yet is passed
    over: it can change nothing. Whether that was right is known only at the end, see `missed`.
    """

    def __init__(self, graph: Graph, *, everything: bool) -> None:
        self._graph = graph
        self._everything = everything
        self._passed: set[str] = set()
        self._passed_classes: set[str] = set()
        self._well_typed: dict[str, bool] = {}

    def read(self, statements: Iterable[Statement]) -> None:
        """Take in statements; ill-typed literals among those passed over become clashes."""
        graph, passed, passed_classes = self._graph, self._passed, self._passed_classes
        number, add = graph.terms.number.get, graph.terms.add
        pairs: dict[str, set[Pair]] = {}
        members: dict[str, set[int]] = {}
        for statement in statements:
            subject, predicate, value = statement.split(" ", 2)
            if predicate == _TYPE:
                if value in passed_classes:
                    continue
                class_ = members.get(value)
                if class_ is None:
                    if not self._wants_class(value):
                        passed_classes.add(value)
                        continue
                    class_ = members[value] = set()
                s = number(subject)
                class_.add(add(subject) if s is None else s)
                continue
            relation = pairs.get(predicate)
            if relation is None:
                if predicate in passed or not self._wants(predicate):
                    passed.add(predicate)
                    if value[-1] == ">" and value[0] == '"' and not self._is_well_typed(value):
                        self._refuse(subject, predicate, value)
                    continue
                relation = pairs[predicate] = set()
            s, o = number(subject), number(value)
            relation.add((add(subject) if s is None else s, add(value) if o is None else o))
        for name, new in members.items():
            graph.give_members(graph.extension(add(name)), new)
        for name, found in pairs.items():
            graph.give_pairs(graph.relation(add(name)), found)

    def passed_over(self, statements: Iterable[Statement]) -> Iterator[Statement]:
        """Those of the statements that were passed over."""
        for statement in statements:
            _, predicate, value = statement.split(" ", 2)
            if predicate in self._passed or (predicate == _TYPE and value in self._passed_classes):
                yield statement

    def missed(self) -> bool:
        """Whether something was passed over that turned out to be asked for, or to be the same as something else."""
        graph = self._graph
        if graph.mirrors_types and self._passed_classes:
            return True
        for names, tables in ((self._passed, graph.relations), (self._passed_classes, graph.extensions)):
            numbers = filter(None, map(graph.terms.number.get, names))
            if any(n in tables or n in graph.root or n in graph.members for n in numbers):
                return True
        return False

    def _wants(self, predicate: str) -> bool:
        if self._everything or predicate.startswith(_OWL) or predicate in _LIST:
            return True
        number = self._graph.terms.number.get(predicate)
        return number is not None and (number in self._graph.relations or number in self._graph.root)

    def _wants_class(self, name: str) -> bool:
        if self._everything or self._graph.mirrors_types or name.startswith(_OWL):
            return True
        number = self._graph.terms.number.get(name)
        return number is not None and (number in self._graph.extensions or number in self._graph.root)

    def _is_well_typed(self, literal: str) -> bool:
        found = self._well_typed.get(literal)
        if found is None:
            try:
                found = bool(representative(literal))
            except IllTypedError:
                found = False
            self._well_typed[literal] = found
        return found

    def _refuse(self, subject: str, predicate: str, value: str) -> None:
        add = self._graph.terms.add
        ill_typed(self._graph, add(subject), add(predicate), add(value))


def ill_typed(graph: Graph, s: int, p: int, o: int) -> None:
    """dt-not-type: a literal has to be a value of its own datatype."""
    graph.contradict("dt-not-type", "{value} is not in the lexical space of its datatype", {"value": o}, [(s, p, o)])
