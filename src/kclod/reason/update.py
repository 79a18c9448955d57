"""Inference after a change: delete what may have lost its reasons, look for other reasons, add what is new (DRed).

Gupta, Mumick, Subrahmanian: Maintaining views incrementally (SIGMOD 1993), section 7. Facts that follow in one step
from what is surely still there are not deleted in the first place. Rules are those of the ontology alone; whatever
would make others, or make things the same, or clash, is left to `infer`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from kclod.errors import RefusedError
from kclod.rdf import Statement
from kclod.reason.datatypes import IllTypedError, representative
from kclod.reason.engine import Ontology, Saturation
from kclod.reason.facts import Fact
from kclod.reason.firing import Firing, Rules
from kclod.reason.labels import relabelled, stable_labels
from kclod.reason.lazy import Known, NotLocalError, Reader, Sure
from kclod.reason.publish import noise
from kclod.reason.schema import is_about_schema
from kclod.reason.state import as_text, is_by_value
from kclod.view import View

_MOST = 50_000  # facts; beyond, a full inference is as fast


@dataclass(frozen=True)
class Update:
    """What changes in the statements that are published, and in those that are hidden."""

    removed: frozenset[Statement]
    added: frozenset[Statement]
    hidden_removed: frozenset[Statement]
    hidden_added: frozenset[Statement]


def update(
    state: View,
    asserted: Container[Statement],
    ontology: Iterable[Statement | ox.Triple],
    *,
    removed: Iterable[Statement] = (),
    added: Iterable[Statement] = (),
) -> Update | None:
    """How what follows changes with the data: the result of `infer` for the new data is the old one, updated.

    `state` has, of the data before the change, what is asserted, what `infer` inferred and what it gave as hidden;
    there were no clashes. `asserted` is the asserted part. The ontology is the one that the state was inferred by. A
    statement that is both removed and added is there afterwards. Only what the change touches is looked at.

    None when the change reaches further than its surroundings, so that `infer` has to do it: axioms in it; anything in
    it, or that follows, about things that are the same as others or become so; clashes; and very many consequences.
    """
    axioms = tuple(map(str, ontology))
    labels = stable_labels(axioms)
    if labels is None:
        return None
    try:
        run = Saturation((), relabelled(axioms, labels))
        if run.ontology is None or run.ontology.merged or run.graph.contradictions:
            return None
        change = _Change(run, run.ontology, state=state, asserted=asserted, removed={*removed}, added={*added})
        return change.result()
    except (NotLocalError, RefusedError):
        return None


class _Change:
    def __init__(
        self,
        run: Saturation,
        ontology: Ontology,
        *,
        state: View,
        asserted: Container[Statement],
        removed: set[Statement],
        added: set[Statement],
    ) -> None:
        self._graph = run.graph
        self._of_ontology = ontology.derived
        self._state = state
        self._asserted = asserted
        self._removed, self._added = removed - added, added
        self._unmerged: set[int] = set()
        self._rules = Rules(run.graph, run.compiler.rules)
        self._known = Known(run.graph, state)
        self._old = Reader(self._known, self._was_asserted)
        self._new = Reader(self._known, self._is_asserted)

    def result(self) -> Update:
        given = [self._fact(statement) for statement in self._added]
        taken = [self._fact(statement) for statement in self._removed if statement in self._asserted]
        self._delete(taken)
        self._insert(given)
        touched = {*given, *taken, *self._new.minus, *self._new.plus}
        for s, p, o in tuple(touched):
            if o < 0:  # whether a value is published depends on its other forms
                others = [*self._old.objects_of(s, p), *self._new.objects_of(s, p)]
                touched.update((s, p, each) for each in others if self._value(each) == self._value(o))
        before, hidden_before = self._told(touched, self._old)
        after, hidden_after = self._told(touched, self._new)
        return Update(
            frozenset(before - after),
            frozenset(after - before),
            frozenset(hidden_before - hidden_after),
            frozenset(hidden_after - hidden_before),
        )

    # what is stated ----------------------------------------------------------------------------------------------

    def _fact(self, statement: Statement) -> Fact:
        s, p, o = statement.split(" ", 2)
        if o.startswith('"'):
            try:
                representative(o)
            except IllTypedError:
                raise NotLocalError from None
        add = self._graph.terms.add
        return add(s), add(p), add(o)

    def _was_asserted(self, fact: Fact) -> bool:
        statement = self._graph.terms.statement(fact)
        return self._is_stated(fact) or (statement is not None and statement in self._asserted)

    def _is_asserted(self, fact: Fact) -> bool:
        statement = self._graph.terms.statement(fact)
        if self._is_stated(fact) or statement in self._added:
            return True
        return statement is not None and statement in self._asserted and statement not in self._removed

    def _is_stated(self, fact: Fact) -> bool:
        """Whether the ontology states it."""
        return self._known.is_of_ontology(fact) and fact not in self._of_ontology

    # what follows ------------------------------------------------------------------------------------------------

    def _delete(self, facts: Iterable[Fact]) -> None:
        firing = Firing(self._old, self._rules)
        sure = Firing(Sure(self._known, self._is_asserted), self._rules)
        gone = self._new.minus
        frontier = {fact for fact in facts if not self._known.is_of_ontology(fact)}
        while frontier:
            self._check(frontier)
            gone |= frontier
            frontier = {
                fact
                for fact in firing.consequences(frontier)
                if fact not in gone
                and self._matters(fact)
                and not self._known.is_of_ontology(fact)
                and not self._is_asserted(fact)
                and not sure.is_entailed(fact)
            }

    def _insert(self, facts: Iterable[Fact]) -> None:
        new = self._new
        firing = Firing(new, self._rules)
        frontier = {fact for fact in facts if not new.holds(fact)}
        frontier |= {fact for fact in new.minus if firing.is_entailed(fact)}
        while frontier:
            self._check(frontier)
            new.add(frontier)
            frontier = {f for f in firing.consequences(frontier) if self._matters(f) and not new.holds(f)}

    def _check(self, facts: Iterable[Fact]) -> None:
        if len(self._new.minus) + len(self._new.plus) > _MOST:
            raise NotLocalError
        graph = self._graph
        for fact in facts:
            s, p, o = fact
            if p == graph.same or is_about_schema(graph, fact) or (s == o and p == graph.number("owl:differentFrom")):
                raise NotLocalError
            for number in (s,) if p == graph.type else (s, o):
                if number >= 0 and number not in self._unmerged:
                    if any(other != number for other in self._known.objects(number, graph.same)):
                        raise NotLocalError
                    self._unmerged.add(number)

    def _matters(self, fact: Fact) -> bool:
        """Whether a fact can be published or is read by a rule."""
        return fact[0] >= 0 or any(True for _ in self._rules.reading(fact))

    # what is told ------------------------------------------------------------------------------------------------

    def _value(self, number: int) -> int:
        return self._graph.terms.same_value.get(number, number)

    def _told(self, facts: Iterable[Fact], reader: Reader) -> tuple[set[Statement], set[Statement]]:
        """Of facts that hold and are not asserted, those to publish and those to keep."""
        graph = self._graph
        is_noise = noise(graph, reader)
        published: set[Statement] = set()
        hidden: set[Statement] = set()
        for fact in facts:
            if not reader.holds(fact) or reader.is_asserted(fact):
                continue
            statement = None if is_noise(fact) else graph.terms.statement(fact)
            if statement is None:
                if self._is_kept(fact):
                    hidden.add(as_text(graph.terms, fact))
            elif "_:!" in statement:
                raise NotLocalError  # what the ontology's blank nodes are called in the data is not known
            else:
                published.add(statement)
        return published, hidden

    def _is_kept(self, fact: Fact) -> bool:
        return (
            any(True for _ in self._rules.reading(fact))
            and fact not in self._of_ontology
            and not is_by_value(self._graph, fact)
        )
