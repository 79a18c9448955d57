"""The rules of an ontology applied to a few facts: what they entail with the rest, and what entails them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from kclod.reason.facts import Extension, Fact, Pair
from kclod.reason.graph import Graph, Rule, instantiate
from kclod.reason.join import Atom, Layout, Row, Step, extend, fixed, seed
from kclod.reason.lazy import NotLocalError, Reader
from kclod.reason.rules import Over

Key = Pair
"""The table of a fact or atom: a property and 0, or rdf:type and a class."""


def half(rule: Rule) -> tuple[Atom, ...]:
    """A rule's body; of a key's, which says the same of ?x and ?y, the part about ?x."""
    return rule.body[: len(rule.body) // 2] if rule.template.over is Over.KEY else rule.body


class Rules:
    """The rules by the tables that they read, and by those that they write."""

    def __init__(self, graph: Graph, rules: Iterable[Rule]) -> None:
        self.graph = graph
        self._reading: dict[Key, list[tuple[Rule, int]]] = {}
        self._writing: dict[Key, list[tuple[Rule, Atom]]] = {}
        for rule in rules:
            body = half(rule)
            self._check(body)
            for index, atom in enumerate(body):
                for key in self._keys(atom):
                    self._reading.setdefault(key, []).append((rule, index))
            if rule.head is not None and rule.body and rule.head not in rule.body:
                for key in self._keys(rule.head):
                    self._writing.setdefault(key, []).append((rule, rule.head))

    def _check(self, body: tuple[Atom, ...]) -> None:
        """A literal that is in a datatype by its value is a fact that nobody states, and no change brings."""
        type_, datatypes = self.graph.type, self.graph.datatypes
        values = {s for s, p, o in body if p == type_ and o in datatypes}
        if not values <= {o for _, p, o in body if p != type_}:
            raise NotLocalError

    def _keys(self, atom: Atom) -> Iterator[Key]:
        _, p, o = atom
        if p != self.graph.type:
            yield fixed(p), 0
        elif isinstance(o, int):
            yield fixed(p), o
        else:
            yield fixed(p), -1

    def _tables(self, fact: Fact) -> tuple[Key, ...]:
        _, p, o = fact
        return ((p, o), (p, -1)) if p == self.graph.type else ((p, 0),)

    def reading(self, fact: Fact) -> Iterator[tuple[Rule, int]]:
        """The rules, and which of their atoms, that look at a fact."""
        for key in self._tables(fact):
            yield from self._reading.get(key, ())

    def writing(self, fact: Fact) -> Iterator[tuple[Rule, Atom]]:
        """The rules that could have derived a fact, with their heads."""
        for key in self._tables(fact):
            yield from self._writing.get(key, ())


class Firing:
    """The rules over one state. NotLocalError where things become the same, or clash."""

    def __init__(self, reader: Reader, rules: Rules) -> None:
        self._reader = reader
        self._graph = reader.graph
        self._rules = rules
        self._plans: dict[tuple[int, int], tuple[Callable[..., Iterable[Row]], list[Step], Layout]] = {}
        self._proofs: dict[int, Callable[[Fact], bool]] = {}

    def consequences(self, facts: Iterable[Fact]) -> set[Fact]:
        """What follows in one step from the facts together with the rest of the state."""
        deltas: dict[tuple[int, int], tuple[Rule, list[Fact]]] = {}
        found: set[Fact] = set()
        same_value = self._graph.terms.same_value
        for fact in facts:
            for rule, index in self._rules.reading(fact):
                deltas.setdefault((id(rule), index), (rule, []))[1].append(fact)
            if fact[2] in same_value and fact[1] != self._graph.type:
                found.add((fact[0], fact[1], same_value[fact[2]]))
        for (_, index), (rule, delta) in deltas.items():
            found.update(self._fire(rule, index, delta))
        return found

    def is_entailed(self, fact: Fact) -> bool:
        """Whether a fact follows in one step from the state."""
        s, p, o = fact
        terms = self._graph.terms
        if o in terms.forms and any(terms.same_value.get(other) == o for other in self._reader.objects_of(s, p)):
            return True
        for rule, head in self._rules.writing(fact):
            proves = self._proofs.get(id(rule))
            if proves is None:
                proves = self._proofs[id(rule)] = self._proof(rule, head)
            if proves(fact):
                return True
        return False

    def _proof(self, rule: Rule, head: Atom) -> Callable[[Fact], bool]:
        """Tells whether a rule derives a fact of the tables that it writes."""
        constants = [(place, slot) for place, slot in enumerate(head) if isinstance(slot, int)]
        names = [slot for slot in head if isinstance(slot, str)]
        layout = tuple(dict.fromkeys(names))
        places = [head.index(name) for name in layout]
        proves = self._look(rule.body[0], layout, places) if len(rule.body) == 1 else None
        if proves is None:
            steps, _ = extend(self._reader, rule.body, layout)

            def proves(fact: Fact) -> bool:
                rows: list[Row] = [tuple(fact[place] for place in places)]
                for step in steps:
                    rows = step(rows)
                    if not rows:
                        return False
                return True

        # the predicate, and the class of a type, are those of the table
        fits = len(constants) == 1 or (head[1] == self._graph.type and isinstance(head[0], str))
        if fits and len(names) == len(layout):
            return proves
        twins = [(head.index(name), place) for place, name in enumerate(head) if isinstance(name, str)]

        def matches(fact: Fact) -> bool:
            as_head = all(fact[place] == number for place, number in constants)
            return as_head and all(fact[one] == fact[other] for one, other in twins) and proves(fact)

        return matches

    def _look(self, atom: Atom, layout: Layout, places: list[int]) -> Callable[[Fact], bool] | None:
        """Tells whether a fact matches an atom, by one look; None when it takes more."""
        reader, (s, p, o) = self._reader, atom
        property_ = fixed(p)
        known = dict(zip(layout, places, strict=True))
        subject, object_ = known.get(s) if isinstance(s, str) else None, known.get(o) if isinstance(o, str) else None
        if subject is not None and isinstance(o, int):
            return lambda fact: reader.holds((fact[subject], property_, o))
        if subject is not None and object_ is not None:
            return lambda fact: reader.holds((fact[subject], property_, fact[object_]))
        if subject is not None:
            return lambda fact: bool(reader.objects_of(fact[subject], property_))
        if object_ is not None and isinstance(s, str):
            return lambda fact: bool(reader.subjects_of(property_, fact[object_]))
        return None

    def _fire(self, rule: Rule, index: int, delta: list[Fact]) -> Iterator[Fact]:
        plan = self._plans.get((id(rule), index))
        if plan is None:
            plan = self._plans[id(rule), index] = self._plan(rule, index)
        start, steps, layout = plan
        type_ = self._graph.type
        by_class = isinstance(self._reader.table(half(rule)[index]), Extension)
        items = {s for s, _, _ in delta} if by_class else {(s, o) for s, _, o in delta}
        rows = list(start(items))
        for step in steps:
            if not rows:
                return
            rows = step(rows)
        if not rows:
            return
        if rule.head is None:
            raise NotLocalError
        if rule.template.unique or rule.template.over is Over.KEY:
            self._compare(rule, layout, rows)
            return
        for row in rows:
            ((s, p, o),) = instantiate([rule.head], dict(zip(layout, row, strict=True)))
            if p == self._graph.same and s != o:
                raise NotLocalError
            if s < 0 and p == type_ and (datatype := self._graph.datatype(o)):
                known = self._graph.terms.is_in(s, datatype)
                if known is False:
                    raise NotLocalError
                if known:
                    continue
            yield s, p, o

    def _plan(self, rule: Rule, index: int) -> tuple[Callable[..., Iterable[Row]], list[Step], Layout]:
        body = half(rule)
        start, layout = seed(body[index], self._reader.table(body[index]))
        steps, layout = extend(self._reader, [*body[:index], *body[index + 1 :]], layout)
        return start, steps, layout

    def _compare(self, rule: Rule, layout: Layout, rows: list[Row]) -> None:
        """Whether two answers show that things are the same, or that values differ where they may not."""
        by_key = rule.template.over is Over.KEY
        compared = "?x" if by_key else "?y"
        given = tuple(name for name in layout if name.startswith("?v")) if by_key else ("?x",)
        steps, full = extend(self._reader, half(rule), given)
        places = [layout.index(name) for name in given]
        place = full.index(compared)
        same_value = self._graph.terms.same_value
        for start in {tuple(row[each] for each in places) for row in rows}:
            answers: list[Row] = [start]
            for step in steps:
                answers = step(answers)
            if len({same_value.get(answer[place], answer[place]) for answer in answers}) > 1:
                raise NotLocalError
