"""Terms as whole numbers, and the tables that hold facts about them.

A resource is a number from 0 up, a literal a number below 0, so that `number < 0` tells a literal. A fact is a triple
of numbers. Facts of one property are a Relation, the members of one class an Extension; each remembers what it has not
yet shown to its rules, the delta of semi-naive evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from kclod.rdf import Statement
from kclod.reason.datatypes import IllTypedError, Value, contains, representative, value_of

Fact = tuple[int, int, int]
Pair = tuple[int, int]
T = TypeVar("T", int, Pair)


class Terms:
    """Numbers for terms, which are text as in statements, and the values of literals.

    Literals of one value (`"1"^^xsd:integer`, `"01"^^xsd:integer`) keep their own numbers; `same_value` leads from
    each to the one that represents the value, which is a term of its own even where nobody wrote it.
    """

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.resources: list[str] = []
        self.literals: list[str] = []
        self.ill_typed: list[int] = []
        self.same_value: dict[int, int] = {}
        self.forms: dict[int, list[int]] = {}
        """The other way round: the representative of a value → other literals of that value."""
        self._values: dict[int, Value | None] = {}

    def add(self, term: str) -> int:
        """The number of a term, a new one for a new term."""
        number = self.number.get(term)
        if number is not None:
            return number
        if term[0] != '"':
            number = self.number[term] = len(self.resources)
            self.resources.append(term)
            return number
        number = self.number[term] = ~len(self.literals)
        self.literals.append(term)
        if term[-1] != '"':  # a plain string represents itself
            self._find_value(term, number)
        return number

    def _find_value(self, literal: str, number: int) -> None:
        try:
            form = representative(literal)
        except IllTypedError:
            self.ill_typed.append(number)
            return
        if form != literal:
            elder = self.add(form)
            self.same_value[number] = elder
            self.forms.setdefault(elder, []).append(number)

    def term(self, number: int) -> str:
        """The term of a number."""
        return self.literals[~number] if number < 0 else self.resources[number]

    def statement(self, fact: Fact) -> Statement | None:
        """The fact as a statement; None when it has no RDF form (literal subject, predicate that is not an IRI)."""
        if fact[0] < 0 or fact[1] < 0 or self.resources[fact[1]][0] != "<":
            return None
        return f"{self.resources[fact[0]]} {self.resources[fact[1]]} {self.term(fact[2])}"

    def value(self, literal: int) -> Value | None:
        """The value of a literal; None when its datatype is not known, or its form is wrong."""
        try:
            return self._values[literal]
        except KeyError:
            pass
        try:
            value = value_of(self.literals[~literal])
        except IllTypedError:
            value = None
        return self._values.setdefault(literal, value)

    def are_different(self, one: int, other: int) -> bool:
        """Whether two literals are known to be different values (dt-diff)."""
        first, second = self.value(one), self.value(other)
        return first is not None and second is not None and first != second

    def is_in(self, literal: int, datatype: str) -> bool | None:
        """Whether the literal's value is in the value space of a known datatype; None when its value is not known."""
        value = self.value(literal)
        return None if value is None else contains(value, datatype)


class Table(Generic[T]):
    """Facts of one kind; `key` is the property or class that they share."""

    def __init__(self, key: int) -> None:
        self.key = key
        self.items: set[T] = set()
        self.derived: set[T] = set()
        self.delta: set[T] | None = None
        """What the rules have not seen; None when they have seen nothing yet."""
        self.rules: list[Callable[[set[T]], None]] = []

    def give(self, new: set[T]) -> set[T]:
        """Take in what is asserted; returns what was not there before."""
        self.derived -= new
        return self._take_in(new - self.items)

    def add(self, new: set[T]) -> set[T]:
        """Take in what has been derived; returns what was not there before."""
        fresh = new - self.items
        self.derived |= fresh
        return self._take_in(fresh)

    def _take_in(self, fresh: set[T]) -> set[T]:
        self.items |= fresh
        if self.delta is not None:
            self.delta |= fresh
        return fresh

    def remove(self, stale: set[T]) -> None:
        """Take facts out, which others replace."""
        self.items -= stale
        self.derived -= stale
        if self.delta is not None:
            self.delta -= stale

    def take(self) -> set[T]:
        """The delta, which is emptied; without any rule, nothing, as a rule sees all when it is attached."""
        if not self.rules:
            self.delta = set()
        delta = set(self.items) if self.delta is None else self.delta
        self.delta = set()
        return delta

    def attach(self, rule: Callable[[set[T]], None]) -> None:
        """Show the table's facts to a rule from now on; those that other rules have seen already, at once."""
        self.rules.append(rule)
        if self.delta is not None and (seen := self.items - self.delta):
            rule(seen)

    def forget_rules(self) -> None:
        """Back to the state before any rule was attached."""
        self.rules = []
        self.delta = None


class Extension(Table[int]):
    """The members of a class."""


class Relation(Table[Pair]):
    """The subject-object pairs of a property, indexed either way when a rule first needs it."""

    def __init__(self, key: int) -> None:
        super().__init__(key)
        self._objects: dict[int, list[int]] | None = None
        self._subjects: dict[int, list[int]] | None = None

    def objects(self) -> dict[int, list[int]]:
        """Subject → objects; the dictionary stays current."""
        if self._objects is None:
            self._objects = {}
            for s, o in self.items:
                self._objects.setdefault(s, []).append(o)
        return self._objects

    def subjects(self) -> dict[int, list[int]]:
        """Object → subjects; the dictionary stays current."""
        if self._subjects is None:
            self._subjects = {}
            for s, o in self.items:
                self._subjects.setdefault(o, []).append(s)
        return self._subjects

    def _take_in(self, fresh: set[Pair]) -> set[Pair]:
        super()._take_in(fresh)
        if self._objects is not None:
            for s, o in fresh:
                self._objects.setdefault(s, []).append(o)
        if self._subjects is not None:
            for s, o in fresh:
                self._subjects.setdefault(o, []).append(s)
        return fresh

    def remove(self, stale: set[Pair]) -> None:
        """Take facts out, which others replace."""
        super().remove(stale)
        if self._objects is not None:
            for s in {s for s, _ in stale}:
                self._objects[s] = [o for o in self._objects[s] if (s, o) in self.items]
        if self._subjects is not None:
            for o in {o for _, o in stale}:
                self._subjects[o] = [s for s in self._subjects[o] if (s, o) in self.items]


def as_facts(table: Relation | Extension, items: Iterable[int] | Iterable[Pair], type_number: int) -> Iterator[Fact]:
    """Items of a table as facts; `type_number` is the number of rdf:type."""
    for item in items:
        if isinstance(item, int):
            yield (item, type_number, table.key)
        else:
            yield (item[0], table.key, item[1])
