"""The data as checks read them: whole in memory, or through a view that is asked for what is needed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence, Set
from functools import cached_property
from typing import Protocol

from kclod.rdf import Statement
from kclod.shacl.literals import is_beyond_rdf11, is_blank
from kclod.shacl.shapes import reached
from kclod.view import View
from kclod.vocab import RDF, RDFS

Ends = Callable[[str], Collection[str]]
"""From one end of the statements of a predicate to the other ends, each once."""

TYPE = str(RDF["type"])
SUBCLASS = str(RDFS["subClassOf"])


class Graph(Protocol):
    """What checks ask of the data. Terms are text."""

    thorough: bool
    """Whether a check must look at all that bears on its answer, although it may know the answer before."""

    def objects_of(self, predicate: str) -> Ends:
        """Subject → objects, of a predicate."""
        ...

    def subjects_of(self, predicate: str) -> Ends:
        """Object → subjects, of a predicate."""
        ...

    def about(self, subject: str) -> Iterable[Statement]:
        """The statements with a subject."""
        ...

    def lacking(self, top: str, nodes: Set[str]) -> Set[str]:
        """Those of the nodes that are no SHACL instances of a class (section 1.1): typed with it or with one below."""
        ...


class Memory:
    """Distinct statements, each predicate indexed when it is asked for. Is a `Graph`, and a `View` as well."""

    thorough = False

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._statements = statements
        self._ends: dict[str, list[str]] = {}
        self._objects: dict[str, _Grouped] = {}
        self._subjects: dict[str, _Grouped] = {}
        self._instances: dict[str, Set[str]] = {}
        terms: dict[str, str] = {}
        same = terms.setdefault  # one text object a term: half the memory, and its hash is known
        ends = self._ends
        for statement in statements:
            subject, predicate, value = statement.split(" ", 2)
            found = ends.get(predicate)
            if found is None:
                found = ends[predicate] = []
            found.append(same(subject, subject))
            found.append(same(value, value))
        self.is_beyond_rdf11 = any(is_beyond_rdf11(term) for term in terms if term[-1] in "lr" or term[1] == "<")
        """Whether a triple or a literal with a direction is among the terms."""

    def _objects_by_subject(self, predicate: str) -> _Grouped:
        known = self._objects.get(predicate)
        if known is None:
            ends = self._ends.get(predicate, ())
            known = self._objects[predicate] = _grouped(ends[::2], ends[1::2])
        return known

    def _subjects_by_object(self, predicate: str) -> _Grouped:
        known = self._subjects.get(predicate)
        if known is None:
            ends = self._ends.get(predicate, ())
            known = self._subjects[predicate] = _grouped(ends[1::2], ends[::2])
        return known

    def objects_of(self, predicate: str) -> Ends:
        """Subject → objects, of a predicate."""
        return _ends(self._objects_by_subject(predicate))

    def subjects_of(self, predicate: str) -> Ends:
        """Object → subjects, of a predicate."""
        return _ends(self._subjects_by_object(predicate))

    def objects(self, subject: str, predicate: str) -> Collection[str]:
        """The objects of a subject and a predicate."""
        return self.objects_of(predicate)(subject)

    def subjects(self, predicate: str, object: str) -> Collection[str]:  # noqa: A002  # what RDF calls it
        """The subjects of a predicate and an object."""
        return self.subjects_of(predicate)(object)

    def all_subjects(self, predicate: str) -> Collection[str]:
        """Every subject of a predicate."""
        return self._objects_by_subject(predicate).keys()

    def all_objects(self, predicate: str) -> Collection[str]:
        """Every object of a predicate."""
        return self._subjects_by_object(predicate).keys()

    @cached_property
    def _by_subject(self) -> dict[str, list[Statement]]:
        found: dict[str, list[Statement]] = {}
        for statement in self._statements:
            found.setdefault(statement.split(" ", 1)[0], []).append(statement)
        return found

    def about(self, subject: str) -> Collection[Statement]:
        """The statements with a subject."""
        return self._by_subject.get(subject, ())

    def __contains__(self, statement: Statement) -> bool:
        subject, predicate, value = statement.split(" ", 2)
        return value in self.objects(subject, predicate)

    def lacking(self, top: str, nodes: Set[str]) -> Set[str]:
        """Those of the nodes that are no instances of a class."""
        instances = self._instances.get(top)
        if instances is None:
            typed = self.subjects_of(TYPE)
            instances = frozenset().union(*(typed(one) for one in classes_below(self, top)))
            self._instances[top] = instances
        return nodes - instances


_Grouped = dict[str, str | list[str]]
"""Key → its only value as it is (most have one, and a tuple of one is as big as a term), or its values."""


def _grouped(keys: Sequence[str], values: Sequence[str]) -> _Grouped:
    found: _Grouped = dict(zip(keys, values, strict=True))
    if len(found) == len(keys):
        return found
    found.clear()
    for key, value in zip(keys, values, strict=True):
        before = found.get(key)
        if before is None:
            found[key] = value
        elif isinstance(before, str):
            found[key] = [before, value]
        else:
            before.append(value)
    return found


def _ends(grouped: _Grouped) -> Ends:
    get = grouped.get

    def ends(node: str) -> Collection[str]:
        found = get(node, ())
        return (found,) if isinstance(found, str) else found

    return ends


class Looking:
    """A view as a `Graph`. What was looked at is remembered, when a set for it is given."""

    def __init__(self, view: View, seen: set[Statement] | None = None) -> None:
        self._view = view
        self._seen = seen
        self.thorough = seen is not None
        self._below: dict[str, set[str]] = {}

    def objects_of(self, predicate: str) -> Ends:
        """Subject → objects, of a predicate."""

        def ends(node: str) -> Collection[str]:
            found = self._view.objects(node, predicate)
            if self._seen is not None:
                self._seen.update(f"{node} {predicate} {end}" for end in found)
            return found

        return ends

    def subjects_of(self, predicate: str) -> Ends:
        """Object → subjects, of a predicate."""

        def ends(node: str) -> Collection[str]:
            found = self._view.subjects(predicate, node)
            if self._seen is not None:
                self._seen.update(f"{end} {predicate} {node}" for end in found)
            return found

        return ends

    def about(self, subject: str) -> Collection[Statement]:
        """The statements with a subject."""
        found = list(self._view.about(subject))
        if self._seen is not None:
            self._seen.update(found)
        return found

    def lacking(self, top: str, nodes: Set[str]) -> Set[str]:
        """Those of the nodes that are no instances of a class."""
        types, above = self.objects_of(TYPE), self.objects_of(SUBCLASS)
        if not self.thorough:
            if top not in self._below:
                self._below[top] = classes_below(self._view, top)
            below = self._below[top]
            return {node for node in nodes if below.isdisjoint(types(node))}
        return {node for node in nodes if not _leads_to(top, types(node), above)}


def _leads_to(top: str, start: Collection[str], step: Ends) -> bool:
    found, waiting = set(start), list(start)
    while waiting and top not in found:
        fresh = set(step(waiting.pop())) - found
        found |= fresh
        waiting.extend(fresh)
    return top in found


def classes_below(view: View, top: str) -> set[str]:
    """A class and all classes below it by rdfs:subClassOf."""
    return reached(top, lambda one: view.subjects(SUBCLASS, one))


def with_blank_nodes(view: View, statements: set[Statement], nodes: Iterable[str]) -> set[Statement]:
    """The statements, with all that is said of the blank nodes in them and among the nodes, and of those in that."""
    waiting = [node for node in nodes if is_blank(node)]
    for statement in statements:
        waiting.extend(_blank_ends(statement))
    known: set[str] = set()
    found = set(statements)
    while waiting:
        node = waiting.pop()
        if node not in known:
            known.add(node)
            for statement in view.about(node):
                found.add(statement)
                waiting.extend(_blank_ends(statement))
    return found


def _blank_ends(statement: Statement) -> list[str]:
    if "_:" not in statement:
        return []
    subject, _, value = statement.split(" ", 2)
    return [end for end in (subject, value) if is_blank(end)]
