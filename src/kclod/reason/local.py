"""Why a triple follows, looked up in data that are complete already: nothing is inferred again.

The rules are those that the ontology makes (`rules`, `compiler`); each whose head is the triple is matched backwards
against the data, and so on for the premises that were inferred themselves. It finds a proof wherever `explain` does,
but for equality (`eq-*`), and asks only for what is next to the triple, so that a page can afford it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import pyoxigraph as ox

from kclod.rdf import Statement, triples_from
from kclod.reason.engine import Saturation
from kclod.reason.graph import Graph, Rule
from kclod.reason.join import Atom
from kclod.reason.proof import Step
from kclod.vocab import RDF

Node = ox.NamedNode | ox.BlankNode
Match = Callable[[Node | None, ox.NamedNode, Node | ox.Literal | None], Iterable[ox.Triple]]
"""The triples of the data with a subject, predicate and object; None stands for any."""
Inferred = Callable[[ox.Triple], bool]
_CANDIDATES = 200
"""Most triples that are tried for one atom of a rule."""
_WAYS = 8
"""Most ways in which one rule is tried to conclude one triple."""
_DEPTH = 8
"""Most inferences on top of one another."""
_TYPE = str(RDF["type"])
_Binding = dict[str, str]


class Rules:
    """The rules of an ontology, by what they conclude."""

    def __init__(self, ontology: Iterable[Statement]) -> None:
        saturation = Saturation((), ontology)
        self._graph: Graph = saturation.graph
        self._by_head: dict[tuple[int, int | None], list[Rule]] = {}
        for rule in saturation.compiler.rules:
            if rule.head is not None and not rule.template.unique and isinstance(rule.head[1], int):
                self._by_head.setdefault(self._key(rule.head), []).append(rule)

    def proof(self, triple: ox.Triple, match: Match, inferred: Inferred) -> tuple[Step, ...]:
        """The inferences that lead from what is asserted to a triple, its own first; empty when none are found.

        `match` looks the data up; `inferred` tells which of the data are inferences themselves. No step rests on what
        it concludes. Derivations from few inferences are preferred, then those from few premises.
        """
        return self._prove(triple, match, inferred, frozenset()) or ()

    def _prove(
        self, triple: ox.Triple, match: Match, inferred: Inferred, above: frozenset[ox.Triple]
    ) -> tuple[Step, ...] | None:
        if len(above) >= _DEPTH:
            return None
        above |= {triple}
        ways: list[tuple[int, int, Step, list[ox.Triple]]] = []
        for rule in self._concluding(triple):
            for premises in self._premises(rule, triple, match):
                if above.isdisjoint(premises):
                    statements = filter(None, map(self._graph.terms.statement, rule.axiom))
                    step = Step(triple, rule.name, tuple(triples_from(statements)), premises)
                    open_ = [each for each in premises if inferred(each) or _is_absent(each, match)]
                    ways.append((len(open_), len(premises), step, open_))
        for *_, step, open_ in sorted(ways, key=lambda way: way[:2]):
            steps = [step]
            for premise in open_:
                inner = self._prove(premise, match, inferred, above)
                if inner is None:
                    break
                steps.extend(each for each in inner if each not in steps)
            else:
                return tuple(steps)
        return None

    def _key(self, head: Atom) -> tuple[int, int | None]:
        predicate, value = head[1], head[2]
        if not isinstance(predicate, int):
            raise TypeError("a rule without a property in its head")
        return predicate, value if predicate == self._graph.type and isinstance(value, int) else None

    def _concluding(self, triple: ox.Triple) -> Iterator[Rule]:
        number = self._graph.terms.number
        predicate = number.get(str(triple.predicate))
        if predicate is None:
            return
        yield from self._by_head.get((predicate, None), ())
        if predicate == self._graph.type:
            yield from self._by_head.get((predicate, number.get(str(triple.object))), ())

    def _premises(self, rule: Rule, triple: ox.Triple, match: Match) -> Iterator[tuple[ox.Triple, ...]]:
        binding: _Binding | None = self._unify(rule.head, triple, {}) if rule.head else None
        if binding is not None:
            found = self._matches(list(rule.body), binding, triple, match)
            yield from (tuple(dict.fromkeys(premises)) for premises in islice(found, _WAYS))

    def _matches(
        self, atoms: list[Atom], binding: _Binding, goal: ox.Triple, match: Match
    ) -> Iterator[tuple[ox.Triple, ...]]:
        if not atoms:
            yield ()
            return
        atom = max(atoms, key=lambda each: sum(self._term(slot, binding) is not None for slot in each))
        subject, predicate, value = (self._term(slot, binding) for slot in atom)
        if predicate is None or (subject is None and value is None):
            return  # such an atom could match anything
        if subject is not None and subject.startswith('"'):
            return  # a literal says nothing
        node = _subject(subject)
        if node is not None and value is not None and value.startswith("_:") and predicate == _TYPE:
            # what is in an anonymous class is not among the data, but may be inferred on the way
            for others in self._matches([a for a in atoms if a is not atom], binding, goal, match):
                yield (ox.Triple(node, ox.NamedNode(predicate[1:-1]), ox.BlankNode(value[2:])), *others)
            return
        for candidate in islice(match(node, ox.NamedNode(predicate[1:-1]), _value(value)), _CANDIDATES):
            extended = self._unify(atom, candidate, binding) if candidate != goal else None
            if extended is not None:
                for others in self._matches([a for a in atoms if a is not atom], extended, goal, match):
                    yield (candidate, *others)

    def _term(self, slot: int | str, binding: _Binding) -> str | None:
        return binding.get(slot) if isinstance(slot, str) else self._graph.terms.term(slot)

    def _unify(self, atom: Atom, triple: ox.Triple, binding: _Binding) -> _Binding | None:
        extended = dict(binding)
        for slot, term in zip(atom, (triple.subject, triple.predicate, triple.object), strict=True):
            text = str(term)
            if isinstance(slot, str):
                if extended.setdefault(slot, text) != text:
                    return None
            elif self._graph.terms.term(slot) != text:
                return None
        return extended


def _subject(term: str | None) -> Node | None:
    if term is None or not term.startswith("<"):
        return None if term is None else ox.BlankNode(term[2:])
    return ox.NamedNode(term[1:-1])


def _value(term: str | None) -> Node | ox.Literal | None:
    if term is None or not term.startswith('"'):
        return _subject(term)
    literal = next(iter(triples_from([f"<x:s> <x:p> {term}"]))).object
    return literal if isinstance(literal, ox.Literal) else None


def _is_absent(premise: ox.Triple, match: Match) -> bool:
    """Whether a premise that was taken for granted, one about an anonymous class, is not in the data."""
    if not isinstance(premise.object, ox.BlankNode) or isinstance(premise.subject, ox.Triple):
        return False
    return not any(True for _ in match(premise.subject, premise.predicate, premise.object))
