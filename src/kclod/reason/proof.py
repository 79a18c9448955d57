"""Why a triple follows: the journal of a run, read backwards."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

import pyoxigraph as ox

from kclod.rdf import Statement, triples_from
from kclod.reason.engine import Saturation
from kclod.reason.facts import Fact, Pair
from kclod.reason.graph import Graph, Journal, Reason, Rule
from kclod.reason.join import Atom, fixed


@dataclass(frozen=True, slots=True)
class Step:
    """One inference: `triple` holds by `rule`, because of `axiom` and `premises`.

    `rule` is the name in OWL 2 Profiles, section 4.3, `eq-rep`, `eq-sym` or `eq-trans` for what equal things share,
    or `asserted`. Premises without an RDF form (the type of a literal) are left out.
    """

    triple: ox.Triple
    rule: str
    axiom: tuple[ox.Triple, ...] = ()
    premises: tuple[ox.Triple, ...] = ()


def prove(data: Iterable[Statement], ontology: Iterable[Statement], statement: Statement) -> list[Step]:
    """The steps to a statement, premises first; empty when it does not follow."""
    journal: Journal = {}
    graph = Saturation(data, ontology, journal).graph
    goal = [graph.terms.number.get(term) for term in statement.split(" ", 2)]
    if None in goal:
        return []
    s, p, o = goal
    return _Prover(graph, journal).prove((s, p, o))  # type: ignore[arg-type]  # None was excluded


class _Prover:
    def __init__(self, graph: Graph, journal: Journal) -> None:
        self._graph = graph
        self._journal = journal
        self._by_subject: dict[Pair, list[Fact]] = {}
        self._by_object: dict[Pair, list[Fact]] = {}
        self._by_predicate: dict[int, list[Fact]] = {}
        for fact in journal:
            s, p, o = fact
            self._by_subject.setdefault((p, s), []).append(fact)
            self._by_object.setdefault((p, o), []).append(fact)
            self._by_predicate.setdefault(p, []).append(fact)

    def prove(self, goal: Fact) -> list[Step]:
        steps: dict[Fact, Step] = {}
        # depth first with a stack of its own: proofs can be deeper than Python's recursion
        stack: list[tuple[Fact, bool]] = [(goal, False)]
        found: dict[Fact, tuple[str, tuple[Fact, ...], tuple[Fact, ...]]] = {}
        while stack:
            fact, ready = stack.pop()
            if fact in steps:
                continue
            if ready:
                if step := self._step(fact, *found[fact]):
                    steps[fact] = step
                continue
            reason = self._why(fact)
            if reason is None:
                return []
            found[fact] = reason
            stack.append((fact, True))
            stack.extend((premise, False) for premise in (*reason[1], *reason[2]) if premise not in steps)
        return list(steps.values())

    def _step(self, fact: Fact, rule: str, axiom: tuple[Fact, ...], premises: tuple[Fact, ...]) -> Step | None:
        triples = self._triples([fact])
        return Step(triples[0], rule, self._triples(axiom), self._triples(premises)) if triples else None

    def _triples(self, facts: Iterable[Fact]) -> tuple[ox.Triple, ...]:
        return tuple(triples_from(filter(None, map(self._graph.terms.statement, facts))))

    def _why(self, fact: Fact) -> tuple[str, tuple[Fact, ...], tuple[Fact, ...]] | None:
        """Rule, axiom and premises of a fact; None when it does not hold."""
        reason = self._journal.get(fact)
        if reason is None:
            return self._why_equal(fact)
        if reason.rule is not None:
            return reason.name, reason.rule.axiom, self._premises(fact, reason, reason.rule)
        if reason.name == "eq-rep":
            said, *links = reason.premises
            # only what was known to be the same by then, or the proof could go in a circle
            edges = [edge for s, _, o in links for edge in self._path(s, o, reason.step) or ()]
            return reason.name, (), (said, *edges)
        return reason.name, (), reason.premises

    def _premises(self, fact: Fact, reason: Reason, rule: Rule) -> tuple[Fact, ...]:
        binding = _unify(rule.head, fact, {}) if rule.head else None
        body = rule.body
        if rule.template.unique:
            # the table gives the half about ?y; the other half is the same about ?z
            twin: Sequence[Atom] = [tuple("?z" if slot == "?y" else slot for slot in atom) for atom in body]  # type: ignore[misc]  # three slots again
            body = (*body, *twin)
        match = None if binding is None else next(self._matches(list(body), binding, reason.step), None)
        if match is None:
            raise RuntimeError(f"{rule.name} is recorded for {fact}, and does not derive it")
        return match

    def _matches(self, atoms: list[Atom], binding: dict[str, int], step: int) -> Iterator[tuple[Fact, ...]]:
        """The facts of earlier steps that match all atoms."""
        if not atoms:
            yield ()
            return
        atom = min(atoms, key=lambda each: len(self._candidates(each, binding)))
        rest = [other for other in atoms if other is not atom]
        for fact in self._candidates(atom, binding):
            if self._journal[fact].step < step and (extended := _unify(atom, fact, binding)) is not None:
                for others in self._matches(rest, extended, step):
                    yield (fact, *others)

    def _candidates(self, atom: Atom, binding: dict[str, int]) -> Sequence[Fact]:
        s, p, o = (binding.get(slot, slot) if isinstance(slot, str) else slot for slot in atom)
        if isinstance(s, int) and isinstance(o, int):
            fact = (s, fixed(p), o)
            return (fact,) if fact in self._journal else ()
        if isinstance(s, int):
            return self._by_subject.get((fixed(p), s), ())
        if isinstance(o, int):
            return self._by_object.get((fixed(p), o), ())
        return self._by_predicate.get(fixed(p), ())

    def _why_equal(self, fact: Fact) -> tuple[str, tuple[Fact, ...], tuple[Fact, ...]] | None:
        """A fact that was never said itself: what it is about is the same as what something else was said about."""
        s, p, o = fact
        root, same = self._graph.root, self._graph.same
        if p == same:
            path = self._path(s, o)
            return ("eq-sym" if len(path) == 1 else "eq-trans", (), path) if path else None
        said = (root.get(s, s), root.get(p, p), root.get(o, o))
        if said not in self._journal:
            return None
        links = tuple((a, same, b) for a, b in zip(said, fact, strict=True) if a != b)
        return "eq-rep", (), (said, *links)

    def _path(self, start: int, end: int, before: float = inf) -> tuple[Fact, ...] | None:
        """The shortest way from one thing to another that is the same, over what was said or found before a step."""
        same = self._graph.same
        came: dict[int, tuple[int, Fact]] = {}
        queue = deque([start])
        while queue and end not in came:
            here = queue.popleft()
            edges = [(edge[2], edge) for edge in self._by_subject.get((same, here), ())]
            edges += [(edge[0], edge) for edge in self._by_object.get((same, here), ())]
            for there, edge in edges:
                if there != start and there not in came and self._journal[edge].step < before:
                    came[there] = (here, edge)
                    queue.append(there)
        path: list[Fact] = []
        while end in came:
            end, edge = came[end]
            path.append(edge)
        return tuple(reversed(path)) or None


def _unify(atom: Atom, fact: Fact, binding: dict[str, int]) -> dict[str, int] | None:
    """The binding extended so that the atom becomes the fact; None where it cannot."""
    extended = dict(binding)
    for slot, number in zip(atom, fact, strict=True):
        if isinstance(slot, str):
            if extended.setdefault(slot, number) != number:
                return None
        elif slot != number:
            return None
    return extended
