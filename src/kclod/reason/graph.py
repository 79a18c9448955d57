"""The state of one run: tables of facts, what is still to be looked at, clashes, and why each fact is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kclod.reason.datatypes import DATATYPES
from kclod.reason.facts import Extension, Fact, Pair, Relation, Terms, as_facts
from kclod.reason.join import Atom, Slot
from kclod.reason.rules import Template, constant, vocabulary


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule specialised for one axiom; a rule about the schema itself has no axiom."""

    template: Template
    axiom: tuple[Fact, ...]
    constants: tuple[tuple[str, int], ...]
    """What the match of the axiom bound."""
    body: tuple[Atom, ...]
    head: Atom | None

    @property
    def name(self) -> str:
        """Its name in the specification."""
        return self.template.name


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a fact is there. Without `premises`, they are to be found by matching the rule's body."""

    step: int
    """Premises have smaller steps than what they entail; 0 is asserted."""
    name: str
    rule: Rule | None = None
    premises: tuple[Fact, ...] = ()


ASSERTED = Reason(0, "asserted")
Journal = dict[Fact, Reason]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A clash, in numbers: the rule, a message with names in braces, what these stand for, and the facts."""

    rule: str
    message: str
    names: dict[str, int]
    facts: tuple[Fact, ...]


def instantiate(atoms: Iterable[Atom], binding: dict[str, int]) -> list[Fact]:
    """The facts that atoms become when all their variables are bound."""

    def number(slot: Slot) -> int:
        return binding[slot] if isinstance(slot, str) else slot

    return [(number(s), number(p), number(o)) for s, p, o in atoms]


class Graph:
    """Facts by property and class, with an agenda of the tables that have a delta."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.terms = Terms()
        self.journal = journal
        self.relations: dict[int, Relation] = {}
        self.extensions: dict[int, Extension] = {}
        self.root: dict[int, int] = {}
        """What was merged → its representative."""
        self.members: dict[int, list[int]] = {}
        """Representative → everything equal to it, itself included; only where there are several."""
        self.replaced: set[Fact] = set()
        """Asserted facts that gave way to the same fact about a representative."""
        self.to_merge: list[Pair] = []
        self.contradictions: dict[tuple[str, frozenset[Fact]], Contradiction] = {}
        for term in vocabulary():
            self.terms.add(term)
        self.schema_end = len(self.terms.resources)
        """Resources below this number are terms of the rule table."""
        self.type = self.number("a")
        self.same = self.number("owl:sameAs")
        self._step = 0
        self._schema_agenda: dict[int, Relation | Extension] = {}
        self._data_agenda: dict[int, Relation | Extension] = {}
        self._types: Relation | None = None
        self.datatypes: dict[int, str] = {}
        """The datatypes whose extensions rules read: number → IRI."""

    def number(self, name: str) -> int:
        """The number of a constant of the rule table."""
        return self.terms.add(constant(name))

    def relation(self, key: int) -> Relation:
        """The relation of a property."""
        if key == self.type:
            return self._type_relation()
        table = self.relations.get(key)
        if table is None:
            table = self.relations[key] = Relation(key)
        return table

    def extension(self, key: int) -> Extension:
        """The extension of a class."""
        table = self.extensions.get(key)
        if table is None:
            table = self.extensions[key] = Extension(key)
        return table

    def _type_relation(self) -> Relation:
        """rdf:type as a property, for the odd axiom about it; it mirrors the extensions from then on."""
        if self._types is None:
            self._types = Relation(self.type)
            self._types.items = {(x, c) for c, table in self.extensions.items() for x in table.items}
            self.schedule(self._types)
        return self._types

    def datatype(self, number: int) -> str | None:
        """The IRI of a term that is a datatype whose values are known."""
        iri = self.terms.term(number)[1:-1]
        return iri if iri in DATATYPES else None

    @property
    def mirrors_types(self) -> bool:
        """Whether some rule reads rdf:type as a property."""
        return self._types is not None

    def tables(self) -> Iterator[Relation | Extension]:
        """All tables, but not the mirror of rdf:type."""
        yield from list(self.relations.values())
        yield from list(self.extensions.values())

    def facts(self, table: Relation | Extension) -> Iterator[Fact]:
        """The facts of a table."""
        return as_facts(table, table.items, self.type)

    def give_members(self, table: Extension, new: set[int]) -> None:
        """Take in what is asserted: members of a class."""
        if fresh := table.give(new):
            self.schedule(table)
            self._mirror(table, fresh)
        self._record_asserted(table, new)

    def give_pairs(self, table: Relation, new: set[Pair]) -> None:
        """Take in what is asserted: pairs of a property other than rdf:type."""
        if fresh := table.give(new):
            self.schedule(table)
            if self.terms.same_value:
                self._alias(table, fresh)
            if table.key == self.same:
                self.to_merge.extend((s, o) for s, o in fresh if s != o and o >= 0)
        self._record_asserted(table, new)

    def _record_asserted(self, table: Relation | Extension, new: set[int] | set[Pair]) -> None:
        if self.journal is not None:
            self.journal.update(dict.fromkeys(as_facts(table, new, self.type), ASSERTED))

    def schedule(self, table: Relation | Extension) -> None:
        """Put a table on the agenda; those of the vocabulary come first, so that rules are there before data."""
        agenda = self._schema_agenda if table.key < self.schema_end else self._data_agenda
        # a term can name a property and a class: their places on the agenda are apart
        agenda[~table.key if isinstance(table, Relation) else table.key] = table

    def forget_rules(self) -> None:
        """Detach all rules, and show every fact to those that will be attached next."""
        for table in [*self.tables(), *([self._types] if self._types else [])]:
            table.forget_rules()
            self.schedule(table)

    def next(self) -> Relation | Extension | None:
        """The next table with a delta; None when there is none."""
        for agenda in (self._schema_agenda, self._data_agenda):
            if agenda:
                return agenda.pop(next(iter(agenda)))
        return None

    def commit_members(self, rule: Rule, table: Extension, new: set[int]) -> None:
        """Add what a rule derived: members of a class."""
        if fresh := table.add(new):
            self.schedule(table)
            self.record(rule.name, rule, as_facts(table, fresh, self.type))
            self._mirror(table, fresh)

    def commit_pairs(self, rule: Rule, table: Relation, new: set[Pair]) -> None:
        """Add what a rule derived: pairs of a property other than rdf:type and owl:sameAs."""
        if fresh := table.add(new):
            self.schedule(table)
            self.record(rule.name, rule, as_facts(table, fresh, self.type))
            if self.terms.same_value:
                self._alias(table, fresh)

    def commit(self, rule: Rule, facts: Iterable[Fact]) -> None:
        """Add what a rule derived: facts of any kind."""
        for s, p, o in facts:
            if p == self.type:
                self.commit_members(rule, self.extension(o), {s})
            else:
                self.commit_pairs(rule, self.relation(p), {(s, o)})
                if p == self.same and s != o and s >= 0 and o >= 0:
                    self.to_merge.append((s, o))

    def restate(self, old: Fact, new: Fact, premises: Sequence[Fact]) -> None:
        """A fact said again about the representatives of what it was about (eq-rep-*)."""
        s, p, o = new
        table: Relation | Extension
        if p == self.type:
            table = self.extension(o)
            fresh = bool(table.add({s}))
            self._mirror(table, {s})
        else:
            table = self.relation(p)
            fresh = bool(table.add({(s, o)}))
        if fresh:
            self.schedule(table)
            if p != self.same:
                self.record("eq-rep", None, [new], (old, *premises))

    def unmirror(self, stale: set[Pair]) -> None:
        """Take types out of the mirror of rdf:type."""
        if self._types is not None:
            self._types.remove(stale)

    def _mirror(self, table: Extension, members: set[int]) -> None:
        if self._types is not None and self._types.add({(x, table.key) for x in members}):
            self.schedule(self._types)

    def _alias(self, table: Relation, pairs: set[Pair]) -> None:
        """dt-eq: what is said of a literal is said of what represents its value too, so that joins meet."""
        elder = self.terms.same_value
        aliases = {(s, elder[o]): (s, o) for s, o in pairs if o in elder}
        if fresh := table.add(set(aliases)):
            self.schedule(table)
            for s, o in fresh if self.journal is not None else ():
                self.record("dt-eq", None, [(s, table.key, o)], [(s, table.key, aliases[s, o][1])])

    def record(self, name: str, rule: Rule | None, facts: Iterable[Fact], premises: Sequence[Fact] = ()) -> None:
        """Remember why facts are there, if that was asked for."""
        if self.journal is not None:
            self._step += 1
            reason = Reason(self._step, name, rule, tuple(premises))
            for fact in facts:
                self.journal.setdefault(fact, reason)

    def contradict(self, rule: str, message: str, names: dict[str, int], facts: Iterable[Fact]) -> None:
        """Note a clash, once."""
        stated: dict[Fact, None] = {}
        forms: dict[int, int] = {}
        for s, p, o in facts:
            form = self.as_written(s, p, o)
            forms[o] = form
            stated[s, p, form] = None
        involved = tuple(stated)
        names = {name: forms.get(number, number) for name, number in names.items()}
        found = Contradiction(rule, message, names, involved)
        # of several readings of one clash, such as x and y the other way round, the same one in every run
        known = self.contradictions.setdefault((rule, frozenset(involved)), found)
        if known is not found and self._reading(found) < self._reading(known):
            self.contradictions[rule, frozenset(involved)] = found

    def _reading(self, found: Contradiction) -> list[tuple[str, str]]:
        return sorted((name, self.terms.term(number)) for name, number in found.names.items())

    def as_written(self, s: int, p: int, o: int) -> int:
        """Of the literals of a value of which a fact is known, one that somebody wrote."""
        others = self.terms.forms.get(o)
        if not others or self.is_asserted((s, p, o)):
            return o
        pairs = self.relation(p).items
        known = [other for other in others if (s, other) in pairs]
        asserted = [other for other in known if self.is_asserted((s, p, other))]
        return min(asserted or known or [o], key=self.terms.term)

    def objects_of(self, s: int, p: int) -> list[int]:
        """The objects of a subject and a property, as said of what represents them."""
        pairs = self.relation(self.root.get(p, p))
        return pairs.objects().get(self.root.get(s, s), [])

    def is_asserted(self, fact: Fact) -> bool:
        """Whether a fact was loaded."""
        if fact in self.replaced:
            return True
        s, p, o = fact
        if p == self.type:
            members = self.extensions.get(o)
            return members is not None and s in members.items and s not in members.derived
        pairs = self.relations.get(p)
        return pairs is not None and (s, o) in pairs.items and (s, o) not in pairs.derived
