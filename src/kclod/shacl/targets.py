"""Which nodes a shape is for (SHACL, section 2.1.3): chosen by statements of the data, classes ordered by all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Set
from dataclasses import dataclass
from functools import cached_property

from kclod.shacl.graph import TYPE, Memory, classes_below
from kclod.shacl.shapes import Node, Shapes
from kclod.shacl.steps import Read
from kclod.view import Held, View
from kclod.vocab import SH


@dataclass(frozen=True)
class Target:
    """The targets of one shape, as text terms."""

    nodes: frozenset[str]
    classes: tuple[str, ...]
    subjects_of: tuple[str, ...]
    objects_of: tuple[str, ...]

    @classmethod
    def of(cls, shapes: Shapes, shape: Node) -> Target:
        """As the shape declares them, and itself when it is a class."""

        def declared(kind: str) -> list[str]:
            return list(map(str, shapes.objects(shape, SH[f"target{kind}"])))

        own = [str(shape)] if shape in shapes.implicit_classes else []
        return cls(
            frozenset(declared("Node")),
            tuple(dict.fromkeys([*declared("Class"), *own])),
            tuple(declared("SubjectsOf")),
            tuple(declared("ObjectsOf")),
        )

    @property
    def reads(self) -> Iterator[Read]:
        """What decides whether a node is meant, seen from the node."""
        yield from (Read((), TYPE, below=one) for one in self.classes)
        yield from (Read((), predicate) for predicate in self.subjects_of)
        yield from (Read((), predicate, back=True) for predicate in self.objects_of)

    def has(self, node: str, data: View, below: Callable[[str], Set[str]]) -> bool:
        """Whether a node is meant. `below` gives a class and those below it."""
        types = data.objects(node, TYPE) if self.classes else ()
        return (
            node in self.nodes
            or any(data.objects(node, predicate) for predicate in self.subjects_of)
            or any(data.subjects(predicate, node) for predicate in self.objects_of)
            or any(not below(top).isdisjoint(types) for top in self.classes)
        )


class FocusNodes:
    """Finds the nodes that shapes are for, in data in memory.

    `together` holds the data and more; `only_extra` is what is more: it orders classes, and chooses nothing.
    """

    def __init__(self, together: Memory, only_extra: Held) -> None:
        self._together = together
        self._only_extra = only_extra

    def of(self, target: Target) -> frozenset[str]:
        """All nodes that are meant."""
        found = set(target.nodes)
        for top in target.classes:
            for one in classes_below(self._together, top):
                found.update(self._of_class(one))
        for predicate in target.subjects_of:
            found.update(self._ends(predicate, back=False))
        for predicate in target.objects_of:
            found.update(self._ends(predicate, back=True))
        return frozenset(found)

    def _of_class(self, one: str) -> Collection[str]:
        found, others = self._together.subjects(TYPE, one), self._only_extra.subjects(TYPE, one)
        return set(found).difference(others) if others else found

    def _ends(self, predicate: str, *, back: bool) -> set[str]:
        if back:
            ends = set(self._together.all_objects(predicate))
            doubtful = {end for _, end in self._pairs_only_extra.get(predicate, ())}
            chosen = {
                end
                for end in doubtful
                if set(self._together.subjects(predicate, end)) - set(self._only_extra.subjects(predicate, end))
            }
        else:
            ends = set(self._together.all_subjects(predicate))
            doubtful = {start for start, _ in self._pairs_only_extra.get(predicate, ())}
            chosen = {
                start
                for start in doubtful
                if set(self._together.objects(start, predicate)) - set(self._only_extra.objects(start, predicate))
            }
        return (ends - doubtful) | chosen

    @cached_property
    def _pairs_only_extra(self) -> dict[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        for statement in self._only_extra:
            subject, predicate, value = statement.split(" ", 2)
            found.setdefault(predicate, []).append((subject, value))
        return found
