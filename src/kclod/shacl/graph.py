"""The data as validation reads it: the two ends of each predicate, instances of classes; indexed when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.shacl.shapes import grouped, subclasses
from kclod.vocab import RDF

Ends = Mapping[Term, tuple[Term, ...]]
"""From one end of the triples of a predicate to the other ends, each once."""


class Index:
    """An index over distinct triples."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self._triples = list(dict.fromkeys(triples))
        self._objects: dict[Term, Ends] = {}
        self._subjects: dict[Term, Ends] = {}
        self._instances: dict[Term, frozenset[Term]] = {}

    @cached_property
    def is_beyond_rdf11(self) -> bool:
        """Whether a triple or a literal with a direction is among the terms."""
        objects = (t.object for t in self._triples)
        return any(isinstance(o, ox.Triple) or (isinstance(o, ox.Literal) and o.direction is not None) for o in objects)

    @cached_property
    def _by_predicate(self) -> Mapping[Term, tuple[ox.Triple, ...]]:
        pairs: Iterable[tuple[Term, ox.Triple]] = ((t.predicate, t) for t in self._triples)
        return grouped(pairs)

    @cached_property
    def _by_subject(self) -> Mapping[Term, tuple[ox.Triple, ...]]:
        pairs: Iterable[tuple[Term, ox.Triple]] = ((t.subject, t) for t in self._triples)
        return grouped(pairs)

    @cached_property
    def _below(self) -> Callable[[Term], set[Term]]:
        return subclasses(self._triples)

    @cached_property
    def store(self) -> ox.Store:
        """The triples as the default graph of a store in memory."""
        store = ox.Store()
        store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object) for t in self._triples)
        return store

    def about(self, subject: Term) -> tuple[ox.Triple, ...]:
        """The triples with a subject."""
        return self._by_subject.get(subject, ())

    def objects(self, predicate: Term) -> Ends:
        """Subject → objects, of a predicate."""
        if predicate not in self._objects:
            pairs: Iterable[tuple[Term, Term]] = ((t.subject, t.object) for t in self._by_predicate.get(predicate, ()))
            self._objects[predicate] = grouped(pairs)
        return self._objects[predicate]

    def subjects(self, predicate: Term) -> Ends:
        """Object → subjects, of a predicate."""
        if predicate not in self._subjects:
            pairs: Iterable[tuple[Term, Term]] = ((t.object, t.subject) for t in self._by_predicate.get(predicate, ()))
            self._subjects[predicate] = grouped(pairs)
        return self._subjects[predicate]

    def instances(self, top: Term) -> frozenset[Term]:
        """The SHACL instances of a class: typed with it, or with a class below it (SHACL, section 1.1)."""
        if top not in self._instances:
            typed = self.subjects(RDF["type"])
            self._instances[top] = frozenset(node for one in self._below(top) for node in typed.get(one, ()))
        return self._instances[top]
