"""A graph as the incremental stages look at it: by text terms, asked for what is needed, never read whole.

Terms are written as in canonical N-Triples, which is how statements hold them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Protocol

from kclod.rdf import Statement


class View(Protocol):
    """A read-only look at a graph of distinct statements.

    Answers hold each term or statement once, in no promised order.
    """

    def objects(self, subject: str, predicate: str) -> Collection[str]:
        """The objects of the statements with a subject and a predicate."""
        ...

    def subjects(self, predicate: str, object: str) -> Collection[str]:  # noqa: A002  # what RDF calls it
        """The subjects of the statements with a predicate and an object."""
        ...

    def about(self, subject: str) -> Iterable[Statement]:
        """The statements with a subject."""
        ...

    def __contains__(self, statement: Statement) -> bool:
        """Whether the graph holds a statement."""
        ...


class Held:
    """Statements held in memory, indexed from both ends."""

    def __init__(self, statements: Iterable[Statement] = ()) -> None:
        self._about: dict[str, dict[Statement, None]] = {}
        self._objects: dict[tuple[str, str], list[str]] = {}
        self._subjects: dict[tuple[str, str], list[str]] = {}
        for statement in statements:
            subject, predicate, value = statement.split(" ", 2)
            about = self._about.setdefault(subject, {})
            if statement not in about:
                about[statement] = None
                self._objects.setdefault((subject, predicate), []).append(value)
                self._subjects.setdefault((predicate, value), []).append(subject)

    def objects(self, subject: str, predicate: str) -> Collection[str]:
        """The objects of a subject and a predicate."""
        return self._objects.get((subject, predicate), ())

    def subjects(self, predicate: str, object: str) -> Collection[str]:  # noqa: A002  # what RDF calls it
        """The subjects of a predicate and an object."""
        return self._subjects.get((predicate, object), ())

    def about(self, subject: str) -> Collection[Statement]:
        """The statements with a subject."""
        return self._about.get(subject, {})

    def __contains__(self, statement: Statement) -> bool:
        return statement in self._about.get(statement.split(" ", 1)[0], {})

    def __iter__(self) -> Iterator[Statement]:
        for statements in self._about.values():
            yield from statements


class Overlay:
    """Another view with some statements more, and some less; what is in both is there."""

    def __init__(self, under: View, *, plus: Iterable[Statement] = (), minus: Iterable[Statement] = ()) -> None:
        self._under = under
        self._plus = Held(plus)
        self._minus = frozenset(minus)

    def objects(self, subject: str, predicate: str) -> Collection[str]:
        """The objects of a subject and a predicate."""
        found = self._under.objects(subject, predicate)
        if self._minus:
            found = [o for o in found if f"{subject} {predicate} {o}" not in self._minus]
        more = self._plus.objects(subject, predicate)
        return {*found, *more} if more else found

    def subjects(self, predicate: str, object: str) -> Collection[str]:  # noqa: A002  # what RDF calls it
        """The subjects of a predicate and an object."""
        found = self._under.subjects(predicate, object)
        if self._minus:
            found = [s for s in found if f"{s} {predicate} {object}" not in self._minus]
        more = self._plus.subjects(predicate, object)
        return {*found, *more} if more else found

    def about(self, subject: str) -> Collection[Statement]:
        """The statements with a subject."""
        return {s for s in self._under.about(subject) if s not in self._minus} | set(self._plus.about(subject))

    def __contains__(self, statement: Statement) -> bool:
        return statement in self._plus or (statement not in self._minus and statement in self._under)
