"""Tables that are looked up in a view of a saturated state, fact by fact, instead of being loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Generic, TypeVar

from kclod.reason.facts import Extension, Fact, Pair, Relation
from kclod.reason.graph import Graph
from kclod.reason.join import Atom, fixed
from kclod.reason.state import as_text, is_by_value, subject_of
from kclod.view import View

K = TypeVar("K")
V = TypeVar("V")


class NotLocalError(Exception):
    """What a change touches cannot be told from a few facts."""


class _Virtual(set[K], Generic[K]):
    """A set that is asked whether it holds something, and never read whole."""

    def __init__(self, holds: Callable[[K], bool]) -> None:
        super().__init__()
        self._holds = holds

    def __contains__(self, item: object) -> bool:
        return self._holds(item)  # type: ignore[arg-type]  # only members' types are asked for

    def __iter__(self) -> Iterator[K]:
        raise NotLocalError


class _Lookup(dict[int, list[int]]):
    """An index that is filled when it is asked."""

    def __init__(self, find: Callable[[int], list[int]]) -> None:
        super().__init__()
        self._find = find

    def get(self, key: int, _default: object = None) -> list[int]:
        return self._find(key)


class _LazyExtension(Extension):
    def __init__(self, key: int, reader: Reader) -> None:
        super().__init__(key)
        self.items = _Virtual(lambda x: reader.holds((x, reader.graph.type, key)))


class _LazyRelation(Relation):
    def __init__(self, key: int, reader: Reader) -> None:
        super().__init__(key)
        self.items = _Virtual(lambda pair: reader.holds((pair[0], key, pair[1])))
        self._objects = _Lookup(lambda s: reader.objects_of(s, key))
        self._subjects = _Lookup(lambda o: reader.subjects_of(key, o))


class Known:
    """What a view of a state knows, in numbers; each question is put to it once. `graph` is that of the ontology."""

    def __init__(self, graph: Graph, view: View) -> None:
        self.graph = graph
        self._view = view
        self._facts: dict[Fact, bool] = {}
        self._about: dict[int, dict[str, dict[str, None]]] = {}
        self._objects: dict[Pair, list[int]] = {}
        self._subjects: dict[Pair, list[int]] = {}

    def holds(self, fact: Fact) -> bool:
        """Whether it follows from the ontology, or is in the view."""
        if self.is_of_ontology(fact):
            return True
        found = self._facts.get(fact)
        if found is None:
            told = self._about.get(fact[0])
            if told is None:
                found = as_text(self.graph.terms, fact) in self._view
            else:
                found = self.graph.terms.term(fact[2]) in told.get(self.graph.terms.term(fact[1]), ())
            self._facts[fact] = found
        return found or is_by_value(self.graph, fact)

    def is_of_ontology(self, fact: Fact) -> bool:
        """Whether it follows from the ontology alone."""
        s, p, o = fact
        if p == self.graph.type:
            members = self.graph.extensions.get(o)
            return members is not None and s in members.items
        pairs = self.graph.relations.get(p)
        return pairs is not None and (s, o) in pairs.items

    def objects(self, s: int, p: int) -> list[int]:
        """The objects of a subject and a property."""
        found = self._objects.get((s, p))
        if found is None:
            stated = self.graph.relation(p).objects().get(s, ())
            told = self._told(s).get(self.graph.terms.term(p), ())
            found = self._objects[s, p] = list(dict.fromkeys((*stated, *map(self.graph.terms.add, told))))
        return found

    def _told(self, s: int) -> dict[str, dict[str, None]]:
        """What the view says of a subject: rules ask for many of its properties, the view is asked once."""
        found = self._about.get(s)
        if found is None:
            found = self._about[s] = {}
            subject, _ = as_text(self.graph.terms, (s, self.graph.type, s)).split(" ", 1)
            for statement in self._view.about(subject):
                _, predicate, value = statement.split(" ", 2)
                found.setdefault(predicate, {})[value] = None
        return found

    def subjects(self, p: int, o: int, most: int | None = None) -> list[int]:
        """The subjects of a property and an object; or some of them, when there are more than `most`."""
        found = self._subjects.get((p, o))
        if found is None:
            term, add = self.graph.terms.term, self.graph.terms.add
            stated = self.graph.relation(p).subjects().get(o, ())
            told = self._view.subjects(term(p), term(o))
            some = islice(told, most)
            found = list(dict.fromkeys((*stated, *(add(subject_of(text)) for text in some))))
            if most is None or len(told) <= most:
                self._subjects[p, o] = found
        return found


class Reader:
    """A state: what is known, without some facts and with others. The tables are for the joins of rules."""

    def __init__(self, known: Known, is_asserted: Callable[[Fact], bool]) -> None:
        self.graph = known.graph
        self.is_asserted = is_asserted
        self.minus: set[Fact] = set()
        self.plus: set[Fact] = set()
        self._known = known
        self._plus_objects: dict[Pair, list[int]] = {}
        self._plus_subjects: dict[Pair, list[int]] = {}
        self._extensions: dict[int, Extension] = {}
        self._relations: dict[int, Relation] = {}

    def table(self, atom: Atom) -> Extension | Relation:
        """The table that an atom reads."""
        _, p, o = atom
        if p == self.graph.type and isinstance(o, int):
            return self._extensions.setdefault(o, _LazyExtension(o, self))
        return self._relations.setdefault(fixed(p), _LazyRelation(fixed(p), self))

    def add(self, facts: Iterable[Fact]) -> None:
        """Take facts in that were not there."""
        for s, p, o in facts:
            self.plus.add((s, p, o))
            self._plus_objects.setdefault((s, p), []).append(o)
            self._plus_subjects.setdefault((p, o), []).append(s)

    def holds(self, fact: Fact) -> bool:
        """Whether a fact is there."""
        return fact in self.plus or (fact not in self.minus and self._known.holds(fact))

    def objects_of(self, s: int, p: int) -> list[int]:
        """The objects of a subject and a property."""
        found, more = self._known.objects(s, p), self._plus_objects.get((s, p))
        if self.minus:
            found = [o for o in found if (s, p, o) not in self.minus]
        return list(dict.fromkeys((*found, *more))) if more else found

    def subjects_of(self, p: int, o: int) -> list[int]:
        """The subjects of a property and an object."""
        found, more = self._known.subjects(p, o), self._plus_subjects.get((p, o))
        if self.minus:
            found = [s for s in found if (s, p, o) not in self.minus]
        return list(dict.fromkeys((*found, *more))) if more else found


class Sure(Reader):
    """Of a state, only what is asserted or follows from the ontology alone, and of many such facts only some."""

    _MOST = 64

    def holds(self, fact: Fact) -> bool:
        """Whether a fact is surely there."""
        return self._known.is_of_ontology(fact) or self.is_asserted(fact) or is_by_value(self.graph, fact)

    def objects_of(self, s: int, p: int) -> list[int]:
        """Some of the objects of a subject and a property."""
        return [o for o in self._known.objects(s, p)[: self._MOST] if self.holds((s, p, o))]

    def subjects_of(self, p: int, o: int) -> list[int]:
        """Some of the subjects of a property and an object."""
        return [s for s in self._known.subjects(p, o, self._MOST) if self.holds((s, p, o))]
