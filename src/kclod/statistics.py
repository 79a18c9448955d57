"""Counts over the default graph (VoID, section 4), made whole or brought up to date with what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from kclod.rdf import Statement
from kclod.view import View
from kclod.vocab import RDF

_TYPE = str(RDF["type"])


@dataclass
class ClassCount:
    """The things of a class: how many, how many of them are the dataset's own, and the first of these by IRI."""

    entities: int = 0
    own: int = 0
    example: str | None = None


@dataclass
class Statistics:
    """Numbers of distinct triples, subjects, objects and own subjects; of things by class, of triples by property."""

    triples: int = 0
    subjects: int = 0
    objects: int = 0
    entities: int = 0
    classes: dict[str, ClassCount] = field(default_factory=dict)
    properties: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, statements: Iterable[Statement], base_iri: str) -> Statistics:
        """The counts of distinct statements; what is the dataset's own begins with `base_iri`."""
        subjects: set[str] = set()
        objects: set[str] = set()
        properties: Counter[str] = Counter()
        members: dict[str, list[str]] = {}
        for statement in statements:
            subject, predicate, value = statement.split(" ", 2)
            subjects.add(subject)
            objects.add(value)
            properties[predicate] += 1
            if predicate == _TYPE and value.startswith("<"):
                members.setdefault(value, []).append(subject)
        return cls(
            triples=properties.total(),
            subjects=len(subjects),
            objects=len(objects),
            entities=sum(subject.startswith(f"<{base_iri}") for subject in subjects),
            classes={kind[1:-1]: _class_count(things, base_iri) for kind, things in members.items()},
            properties={predicate[1:-1]: number for predicate, number in properties.items()},
        )

    def updated(
        self,
        base_iri: str,
        *,
        before: View,
        after: View,
        removed: Collection[Statement],
        added: Collection[Statement],
        objects: int,
    ) -> Statistics:
        """The counts after a change: `removed` were there `before`, `added` are there `after`; `objects` is given."""
        properties, classes = Counter(self.properties), dict(self.classes)
        for sign, statements in ((-1, removed), (1, added)):
            for statement in statements:
                properties[statement.split(" ", 2)[1][1:-1]] += sign
        parts = [statement.split(" ", 2) for statement in (*removed, *added)]
        for kind in {value for _, predicate, value in parts if predicate == _TYPE and value.startswith("<")}:
            classes[kind[1:-1]] = _class_count(after.subjects(_TYPE, kind), base_iri)
        changes = {s: bool(list(after.about(s))) - bool(list(before.about(s))) for s, _, _ in parts}
        return Statistics(
            triples=self.triples + len(added) - len(removed),
            subjects=self.subjects + sum(changes.values()),
            objects=objects,
            entities=self.entities + sum(c for s, c in changes.items() if s.startswith(f"<{base_iri}")),
            classes={kind: count for kind, count in classes.items() if count.entities},
            properties={predicate: number for predicate, number in properties.items() if number},
        )


def _class_count(things: Collection[str], base_iri: str) -> ClassCount:
    own = [thing for thing in things if thing.startswith(f"<{base_iri}id/")]
    return ClassCount(len(things), len(own), min(own)[1:-1] if own else None)
