"""Axioms → specialised rules → closures attached to the tables that they read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from kclod.errors import Problem, RefusedError
from kclod.reason.datatypes import datatype_of
from kclod.reason.facts import Extension, Fact, Relation, as_facts
from kclod.reason.graph import Graph, Rule, instantiate
from kclod.reason.join import Atom, Layout, Row, Slot, attach, extend, fixed
from kclod.reason.rules import TEMPLATES, Over, Template, patterns

Sink = Callable[[Iterable[Row]], None]


class Compiler:
    """Watches a graph for axioms and installs the rules that each of them makes.

    `constants` are the terms that installed rules mention: when two of these turn out to be the same thing, the rules
    have to be made anew. `rules` are those that were installed.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.constants: set[int] = set()
        self.rules: list[Rule] = []
        self._installed: set[tuple[Template, tuple[int, ...]]] = set()
        self._thing, self._nothing = graph.number("owl:Thing"), graph.number("owl:Nothing")
        self._lists = (graph.number("rdf:first"), graph.number("rdf:rest"), graph.number("rdf:nil"))
        self._thing_rules: list[Rule] | None = []

    def install_table(self) -> None:
        """Attach the rule table of the specification to the graph."""
        for template in TEMPLATES:
            if template.axiom:
                attach(self, self._atoms(template.axiom, {}), self._specialiser(template))
            else:
                self._install(Rule(template, (), (), self._atoms(template.body, {}), self._head(template, {})))

    def table(self, atom: Atom) -> Extension | Relation:
        """The table that a body's atom reads."""
        _, p, o = atom
        if p != self.graph.type or isinstance(o, str):
            return self.graph.relation(fixed(p))
        table = self.graph.extension(o)
        if o == self._thing and self._thing_rules is not None:
            waiting, self._thing_rules = self._thing_rules, None
            for rule in waiting:
                self._install(rule)
        elif (datatype := self.graph.datatype(o)) is not None:
            self.graph.datatypes[o] = datatype
            self._admit(table, datatype, range(len(self.graph.terms.literals)))
        return table

    def admit_literals(self, start: int) -> None:
        """dt-type2 for the literals that were read since there were `start` of them."""
        numbers = range(start, len(self.graph.terms.literals))
        for key, datatype in self.graph.datatypes.items():
            self._admit(self.graph.extension(key), datatype, numbers)

    def _admit(self, table: Extension, datatype: str, indexes: Iterable[int]) -> None:
        """dt-type2: a literal is in every datatype that holds its value."""
        if fresh := table.add({~index for index in indexes if self.graph.terms.is_in(~index, datatype)}):
            self.graph.schedule(table)
            self.graph.record("dt-type2", None, as_facts(table, fresh, self.graph.type))

    # from axioms to rules ----------------------------------------------------------------------------------------

    def _specialiser(self, template: Template) -> Callable[[Layout], Sink]:
        def sink(layout: Layout) -> Sink:
            # variables in one order, whichever atom of the axiom turned up last: an axiom is installed once
            places = sorted((name, place) for place, name in enumerate(layout))

            def take(rows: Iterable[Row]) -> None:
                for row in sorted(rows):
                    self._specialise(template, {name: row[place] for name, place in places})

            return take

        return sink

    def _specialise(self, template: Template, binding: dict[str, int]) -> None:
        key = (template, tuple(binding.values()))
        if key in self._installed:
            return
        self._installed.add(key)
        facts = instantiate(self._atoms(template.axiom, {}), binding)
        axiom = tuple((s, p, self.graph.as_written(s, p, o)) for s, p, o in facts)
        for match in self._matches(template, binding):
            self.constants.update(match.values())
            body = self._list_body(template, binding) or self._atoms(template.body, match)
            rule = Rule(template, axiom, tuple(match.items()), self._by_value(body), self._head(template, match))
            if rule.head not in rule.body:
                self._install(rule)

    def _matches(self, template: Template, binding: dict[str, int]) -> Iterator[dict[str, int]]:
        if template.over is None:
            yield binding
            return
        members = self._list(binding["?l"])
        self.constants.update(members)
        if template.over is Over.EACH:
            yield from (binding | {"?m": member} for member in members)
        elif template.over is Over.PAIRS:
            yield from (binding | {"?m1": one, "?m2": other} for one, other in combinations(members, 2))
        elif members:
            yield binding

    def _list_body(self, template: Template, binding: dict[str, int]) -> tuple[Atom, ...]:
        type_ = self.graph.type
        if template.over is Over.INTERSECTION:
            return tuple(("?x", type_, member) for member in self._list(binding["?l"]))
        if template.over is Over.CHAIN:
            chain = self._list(binding["?l"])
            stations = ["?x0", *(f"?x{i}" for i in range(1, len(chain))), "?xn"]
            return tuple((stations[i], member, stations[i + 1]) for i, member in enumerate(chain))
        if template.over is Over.KEY:
            keys = [(key, f"?v{i}") for i, key in enumerate(self._list(binding["?l"]))]
            halves: list[list[Atom]] = [
                [(who, type_, binding["?c"]), *((who, key, v) for key, v in keys)] for who in ("?x", "?y")
            ]
            return (*halves[0], *halves[1])
        return ()

    def _list(self, cell: int) -> list[int]:
        objects = self.graph.relation(self._lists[0]).objects()
        return [objects[each][0] for each in self.cells(cell)]

    def cells(self, cell: int) -> list[int]:
        """The cells of an RDF list from the first on; RefusedError for what is not a list."""
        first, rest, nil = self._lists
        found: dict[int, None] = {}
        while cell != nil:
            firsts = self.graph.relation(first).objects().get(cell, [])
            rests = self.graph.relation(rest).objects().get(cell, [])
            if len(firsts) != 1 or len(rests) != 1 or cell in found:
                name = str(self.graph.terms.term(cell))
                fault = (
                    "comes back to itself" if cell in found else f"has {len(firsts)} rdf:first, {len(rests)} rdf:rest"
                )
                fix = "write the list of the axiom as a Turtle collection ( … )"
                raise RefusedError(
                    Problem("reason.malformed-list", f"the RDF list cell {name} {fault}", fix, item=name)
                )
            found[cell] = None
            cell = rests[0]
        return list(found)

    def _atoms(self, text: str, binding: dict[str, int]) -> tuple[Atom, ...]:
        def slot(name: str) -> Slot:
            return binding.get(name, name) if name.startswith("?") else self.graph.number(name)

        return tuple((slot(s), slot(p), slot(o)) for s, p, o in patterns(text))

    def _head(self, template: Template, binding: dict[str, int]) -> Atom | None:
        return self._atoms(template.head, binding)[0] if template.head else None

    # from rules to closures --------------------------------------------------------------------------------------

    def _install(self, rule: Rule) -> None:
        if rule.name == "cax-sco" and rule.head:
            if rule.head[2] == self._thing and self._thing_rules is not None:
                # everything is an owl:Thing, which is worth knowing only once another rule asks
                self._thing_rules.append(rule)
                return
            if rule.body[0][2] == self._nothing:
                return  # what is in the empty class would be in every class; cls-nothing2 reports it
        self.rules.append(rule)
        if not rule.body and rule.head:
            self.graph.commit(rule, instantiate([rule.head], {}))
        elif rule.template.unique:
            self._install_unique(rule)
        elif rule.template.over is Over.KEY:
            self._install_key(rule)
        else:
            attach(self, rule.body, lambda layout: self._sink(rule, layout))

    def _by_value(self, body: tuple[Atom, ...]) -> tuple[Atom, ...]:
        """A literal in a body stands for its value."""
        same = self.graph.terms.same_value
        return tuple((s, p, o if isinstance(o, str) else same.get(o, o)) for s, p, o in body)

    def _answers(
        self, body: tuple[Atom, ...]
    ) -> Callable[[Layout], tuple[Callable[[Iterable[Row]], list[Row]], Layout]]:
        """For partial matches of a body, all full matches with the same ?x."""
        steps, full = extend(self, body, ("?x",))

        def of(layout: Layout) -> tuple[Callable[[Iterable[Row]], list[Row]], Layout]:
            x = layout.index("?x")

            def answers(rows: Iterable[Row]) -> list[Row]:
                found: list[Row] = [(number,) for number in sorted({row[x] for row in rows})]
                for step in steps:
                    found = step(found)
                return found

            return answers, full

        return of

    def _install_unique(self, rule: Rule) -> None:
        """At most one ?y for an ?x: the first answer is linked to every other, not every answer to every other."""
        answers_for = self._answers(rule.body)

        def sink(layout: Layout) -> Sink:
            answers, full = answers_for(layout)
            y = full.index("?y")

            def take(rows: Iterable[Row]) -> None:
                values: dict[int, set[int]] = {}
                for row in answers(rows):
                    values.setdefault(row[0], set()).add(row[y])
                for x, found in values.items():
                    if len(found) > 1:
                        self._equate(rule, x, found)

            return take

        attach(self, rule.body, sink)

    def _equate(self, rule: Rule, x: int, values: set[int]) -> None:
        terms, same = self.graph.terms, self.graph.same
        literals, resources = sorted(v for v in values if v < 0), sorted(v for v in values if v >= 0)
        self.graph.commit(rule, [(resources[0], same, other) for other in [*resources[1:], *literals[:1]] if resources])
        for other in literals[1:]:
            if terms.are_different(literals[0], other):
                names = {**dict(rule.constants), "?x": x, "?y": literals[0], "?z": other}
                halves = [instantiate(rule.body, names | {"?y": value}) for value in (literals[0], other)]
                message = f"{{x}} has two values, {{y}} and {{z}}, where {rule.name} allows one"
                self.graph.contradict("dt-diff", message, names, [*rule.axiom, *halves[0], *halves[1]])

    def _install_key(self, rule: Rule) -> None:
        """Things that share their key values are found by a dictionary, not by comparing pairs."""
        half = rule.body[: len(rule.body) // 2]
        answers_for = self._answers(half)
        holder: dict[tuple[int, ...], int] = {}

        def sink(layout: Layout) -> Sink:
            answers, full = answers_for(layout)
            places = [full.index(f"?v{i}") for i in range(len(half) - 1)]

            def take(rows: Iterable[Row]) -> None:
                found: list[Fact] = []
                for row in answers(rows):
                    first = holder.setdefault(tuple(row[place] for place in places), row[0])
                    if first != row[0]:
                        found.append((first, self.graph.same, row[0]))
                self.graph.commit(rule, found)

            return take

        attach(self, half, sink)

    def _sink(self, rule: Rule, layout: Layout) -> Sink:
        """What takes the full matches of a body: the head's facts are added, or the clash is noted."""
        graph = self.graph
        if rule.head is None:
            return lambda rows: self._report(rule, layout, rows)
        s, p, o = rule.head
        subject = layout.index(s) if isinstance(s, str) else None
        object_ = layout.index(o) if isinstance(o, str) else None
        if p == graph.type and isinstance(o, int) and subject is not None:
            return self._member_sink(rule, layout, graph.extension(o), subject)
        if p in (graph.type, graph.same):
            head = rule.head
            return lambda rows: graph.commit(
                rule, [fact for row in rows for fact in instantiate([head], dict(zip(layout, row, strict=True)))]
            )
        table = graph.relation(fixed(p))
        if subject is not None and object_ is not None:
            if (subject, object_, len(layout)) == (0, 1, 2):
                return lambda rows: graph.commit_pairs(rule, table, set(rows))  # type: ignore[arg-type]  # rows of two
            return lambda rows: graph.commit_pairs(rule, table, {(row[subject], row[object_]) for row in rows})
        if subject is not None:
            return lambda rows: graph.commit_pairs(rule, table, {(row[subject], o) for row in rows})  # type: ignore[misc]  # o is a constant
        if object_ is not None:
            return lambda rows: graph.commit_pairs(rule, table, {(s, row[object_]) for row in rows})  # type: ignore[misc]  # s is a constant
        return lambda rows: graph.commit_pairs(rule, table, {(s, o) for _ in rows})  # type: ignore[misc]  # both are

    def _member_sink(self, rule: Rule, layout: Layout, table: Extension, place: int) -> Sink:
        graph = self.graph
        if (datatype := self.graph.datatype(table.key)) is not None:
            return self._checker(rule, layout, table, place, datatype)
        return lambda rows: graph.commit_members(rule, table, {row[place] for row in rows})

    def _checker(self, rule: Rule, layout: Layout, table: Extension, place: int, datatype: str) -> Sink:
        """dt-not-type: what is said to be in a datatype has to be a value of it."""
        graph, terms = self.graph, self.graph.terms
        own = terms.term(table.key)
        iri = own[1:-1]

        def take(rows: Iterable[Row]) -> None:
            members: set[int] = set()
            for row in rows:
                if row[place] < 0:
                    if datatype_of(terms.term(row[place])) == iri:
                        continue  # checked when it was read
                    if terms.is_in(row[place], datatype) is False:
                        names = {**dict(rule.constants), **dict(zip(layout, row, strict=True)), "value": row[place]}
                        message = f"{{value}} is not a value of {own}, as {rule.name} demands"
                        graph.contradict("dt-not-type", message, names, [*rule.axiom, *instantiate(rule.body, names)])
                members.add(row[place])
            graph.commit_members(rule, table, members)

        return take

    def _report(self, rule: Rule, layout: Layout, rows: Iterable[Row]) -> None:
        for row in rows:
            names = {**dict(rule.constants), **dict(zip(layout, row, strict=True))}
            facts = [*rule.axiom, *instantiate(rule.body, names)]
            self.graph.contradict(rule.name, rule.template.message, names, facts)
