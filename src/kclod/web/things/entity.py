"""What a page says about a thing: key facts first, as the layout declares them, then the rest, and what links to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import pyoxigraph as ox

from kclod.layout import Fact, FactGroup, Layout
from kclod.rdf import Term
from kclod.schemes import Scheme
from kclod.vocab import DCT, RDFS, SKOS
from kclod.web.things.arranging import KEY, LEAD, TREE, Arranger
from kclod.web.things.expanding import Expander
from kclod.web.things.following import Follower, Reached
from kclod.web.things.identifiers import Identifiers, Registry, outside
from kclod.web.things.incoming import PAGE, PREVIEW, SORTED, Incoming, by_date_then_name
from kclod.web.things.labels import LABEL_PROPERTIES
from kclod.web.things.naming import Naming
from kclod.web.things.paths import trail_to
from kclod.web.things.reader import TYPE, Reader
from kclod.web.things.statements import Derivation, Group, Section, Statement
from kclod.web.things.witness import Witness

_STATEMENTS_READ, _OF_EACH = 600, 80
"""Most statements that are read of a thing; where there are more, of each property."""
_VALUES_SHOWN = 40
_TEXTS = (SKOS["definition"], DCT["description"], RDFS["comment"], SKOS["scopeNote"], SKOS["altLabel"])
"""Properties that come first where nothing is declared, because they say what the thing is."""
_INTRODUCING = _TEXTS[:3]
BRIEF = 6
"""Most values of a key fact among those that come first."""
_CELLS_IN_BRIEF = 2


@dataclass(frozen=True, slots=True)
class Entity:
    """A page. `types` are stated or, apart, inferred; of the stated ones `wider` are those that another is below.

    `key` are the facts that come first, `sections` the declared others, `rest` what no shape declares, `drawn` what is
    only inferred; `identifiers` by registry. `doubted` groups are only in claims that are not accepted.
    """

    node: ox.NamedNode
    types: tuple[Statement, ...]
    wider: frozenset[Term]
    names: tuple[Group, ...]
    lead: Group | None
    key: tuple[Group, ...]
    sections: tuple[Section, ...]
    rest: tuple[Group, ...]
    drawn: tuple[Group, ...]
    identifiers: tuple[Registry, ...]
    doubted: tuple[Group, ...]
    incoming: tuple[Group, ...]
    doubted_incoming: tuple[Group, ...]
    cut: bool
    """Whether more is said of it than a page reads; the data documents hold all."""

    @property
    def kinds(self) -> tuple[Statement, ...]:
        """The stated types that do not follow from another one."""
        return tuple(s for s in self.types if not s.inferred and s.value not in self.wider)

    @property
    def groups(self) -> tuple[Group, ...]:
        """All groups of the page."""
        names = (*self.names, *((self.lead,) if self.lead else ()))
        sections = (group for section in self.sections for group in section.groups)
        return (*names, *self.key, *sections, *self.rest, *self.drawn, *self.doubted, *self.incoming)


@dataclass(slots=True)
class _Said:
    """What is said of a thing, while the page takes one property after the other from it."""

    types: list[Statement]
    vouched: dict[ox.NamedNode, list[Statement]]
    doubted: dict[ox.NamedNode, list[Statement]]
    cut: bool
    capped: set[ox.NamedNode]
    """Properties of which not all was read."""

    def asserted(self) -> set[Term]:
        """The values that somebody states."""
        return {s.value for statements in self.vouched.values() for s in statements if not s.inferred}


class Describer:
    """Makes pages' contents from the store, as the layout declares and under the names that one reader sees."""

    def __init__(
        self, reader: Reader, arranger: Arranger, layout: Layout, naming: Naming, schemes: Sequence[Scheme] = ()
    ) -> None:
        self._reader, self._arranger, self._layout, self._naming = reader, arranger, layout, naming
        self._witness = Witness(reader)
        self._identifiers = Identifiers(reader, self._witness, schemes, naming.base_iri)
        self._follower = Follower(reader, arranger, naming)
        self._expander = Expander(reader, self._witness, arranger, naming, self.plain_groups)
        self._incoming = Incoming(reader, self._witness, arranger, self._expander, naming)

    def entity(self, node: ox.NamedNode) -> Entity:
        """All that a page shows of a thing."""
        said = self._said(node)
        asserted = said.asserted()
        types = tuple(sorted(said.types, key=self._most_special_first))
        facts = self._arranger.facts(
            (t.value.value for t in types if isinstance(t.value, ox.NamedNode)),
            (predicate.value for predicate in said.vouched),
        )
        names = tuple(
            self._group(p, said.vouched.pop(p), None, capped=p in said.capped)
            for p in LABEL_PROPERTIES
            if p in said.vouched
        )
        lead = self._lead(said, facts)
        identifiers = self._identifiers.take(node, said.vouched)
        key: list[Group] = []
        by_heading: dict[str | None, list[Group]] = {}
        covered: dict[str, set[Term] | None] = {**outside(identifiers)}
        for fact in facts:
            group = self._declared(node, fact, said, asserted, covered)
            if group is None:
                continue
            brief = KEY in fact.roles
            if brief:
                key.append(group)
            if not brief or not _is_brief(group):
                by_heading.setdefault(fact.group, []).append(group)
        rest = self._order(said.vouched, node, said.capped)
        doubted_incoming, unread = self._incoming.doubted(node)
        headings: list[FactGroup | None] = [*self._layout.groups]
        sections = [Section(h, tuple(by_heading.pop(h.iri))) for h in headings if h is not None and h.iri in by_heading]
        others = [group for groups in by_heading.values() for group in groups]
        if others:
            sections.append(Section(None, tuple(others)))
        return Entity(
            node,
            types,
            self._arranger.wider(s.value for s in types if not s.inferred),
            names,
            lead,
            tuple(key),
            tuple(sections),
            tuple(group for group in rest if not group.inferred),
            tuple(group for group in rest if group.inferred),
            identifiers,
            self._order(said.doubted, node, said.capped),
            self._incoming.groups(node, covered, _shown_in((*key, *(g for s in sections for g in s.groups)))),
            self.plain_groups(doubted_incoming),
            cut=said.cut or unread,
        )

    def derivation(self, triple: ox.Triple) -> Derivation | None:
        """What an inferred triple follows from."""
        return self._witness.derivation(triple)

    def incoming_group(self, node: ox.NamedNode, predicate: ox.NamedNode, page: int) -> Group:
        """One page of what links to a thing by a property."""
        return self._incoming.group(node, predicate, page)

    def declared_group(self, node: ox.NamedNode, shape: str, page: int) -> Group | None:
        """One page of the values of a declared fact, by the IRI of its property shape; None where there is no such."""
        fact = next((fact for fact in self._arranger.facts_of(node) if fact.iri == shape), None)
        if fact is None:
            return None
        return self._followed(node, fact, self._follower.reached(node, fact, (page - 1) * PAGE, PAGE, apart=True))

    def plain_groups(self, by_predicate: dict[ox.NamedNode, list[Statement]]) -> tuple[Group, ...]:
        """Statements by property, nothing in them expanded."""
        return self._order(by_predicate, None)

    def _said(self, node: ox.NamedNode) -> _Said:
        about = self._reader.about(node, _STATEMENTS_READ)
        said = _Said([], {}, {}, sum(len(graphs) for graphs in about.values()) >= _STATEMENTS_READ, set())
        if said.cut:
            about = self._reader.about_each(node, _OF_EACH)
            read = Counter(predicate for (predicate, _), graphs in about.items() for _ in graphs)
            said.capped.update(predicate for predicate, n in read.items() if n >= _OF_EACH)
        for (predicate, value), graphs in about.items():
            statement = self._witness.pending(value, ox.Triple(node, predicate, value), graphs)
            if self._witness.doubted(graphs):
                said.doubted.setdefault(predicate, []).append(statement)
            elif predicate == TYPE:
                said.types.append(self._witness.complete(statement))
            else:
                said.vouched.setdefault(predicate, []).append(statement)
        return said

    def _lead(self, said: _Said, facts: Iterable[Fact]) -> Group | None:
        """The text that introduces a thing: what is declared to, else what usually does and has no other place."""
        placed = {ox.NamedNode(f.path.predicate): f for f in facts if f.path.predicate}
        declared = [(p, f) for p, f in placed.items() if LEAD in f.roles]
        for predicate, fact in (*declared, *((p, None) for p in _INTRODUCING if p not in placed)):
            if predicate in said.vouched:
                return self._group(predicate, said.vouched.pop(predicate), None, fact, capped=predicate in said.capped)
        return None

    def _declared(
        self,
        node: ox.NamedNode,
        fact: Fact,
        said: _Said,
        asserted: set[Term],
        covered: dict[str, set[Term] | None],
    ) -> Group | None:
        """A declared fact of a thing; None when there is nothing to show."""
        if fact.path.predicate is not None and not fact.only:
            predicate = ox.NamedNode(fact.path.predicate)
            statements = said.vouched.pop(predicate, [])
            # what was inferred and is stated elsewhere on the page adds nothing; it stays among what follows
            implied = [s for s in statements if s.inferred and s.value in asserted]
            if implied:
                said.vouched[predicate] = implied
                statements = [s for s in statements if not (s.inferred and s.value in asserted)]
            tree = self._expander.tree(fact, node) if fact.viewer == TREE else ()
            if tree:
                covered[predicate.value] = None
            if not statements and not tree:
                return None
            capped = predicate in said.capped
            return replace(self._group(predicate, statements, node, fact, capped=capped), tree=tree)
        if fact.viewer == TREE or fact.group is None:  # a longer path without a group dates things, and no more
            return None
        reached = self._follower.reached(node, fact, 0, PREVIEW)
        if reached.every is not None:
            for value in reached.every:
                trail = trail_to(self._reader, node, fact.path, value)
                known = (
                    covered.setdefault(trail[0].predicate.value, set()) if trail and trail[0].object == node else None
                )
                if known is not None:
                    known.add(trail[0].subject)
        if not fact.only:
            covered.update(dict.fromkeys(fact.path.inverses))
        return self._followed(node, fact, reached) if reached.shown else None

    def _followed(self, node: ox.NamedNode, fact: Fact, reached: Reached) -> Group:
        statements = []
        for value, date in reached.shown:
            trail = trail_to(self._reader, node, fact.path, value)
            statements.append(replace(self._witness.statement(value, trail), date=date))
        columns, named, rows = self._expander.table(fact, statements, node)
        return Group(None, rows, reached.total, reached.capped, fact, columns, named)

    def _order(
        self,
        by_predicate: dict[ox.NamedNode, list[Statement]],
        parent: ox.NamedNode | None,
        capped: Collection[ox.NamedNode] = (),
    ) -> tuple[Group, ...]:
        groups = (self._group(p, statements, parent, capped=p in capped) for p, statements in by_predicate.items())
        return tuple(sorted(groups, key=self._rank))

    def _group(
        self,
        predicate: ox.NamedNode,
        statements: Collection[Statement],
        parent: ox.NamedNode | None,
        fact: Fact | None = None,
        *,
        capped: bool = False,
    ) -> Group:
        """The statements of a property, those that somebody states first; expanded, where they have a parent."""
        ordered = sorted(statements, key=lambda s: s.inferred)
        if len(ordered) <= SORTED:
            ordered.sort(key=lambda s: (s.inferred, self._naming.sort_name(s.value)))
        most = PREVIEW if ordered and (ordered[0].inferred or parent is None) else _VALUES_SHOWN
        shown = [self._witness.complete(s) for s in ordered[:most]]
        columns: tuple[Fact, ...] = ()
        named = False
        if parent is not None:
            columns, named, rows = self._expander.table(fact, shown, parent)
            shown = list(rows)
            if columns:
                dates = {s.value: self._arranger.date(s.value) for s in shown}
                places = {
                    v: n for n, (v, _) in enumerate(by_date_then_name(list(dates.items()), self._naming.sort_name))
                }
                shown.sort(key=lambda s: (s.inferred, places[s.value]))
            else:
                shown = [replace(s, node=self._expander.expanded(s.value, parent)) for s in shown]
        return Group(predicate, tuple(shown), len(ordered), capped, fact, columns, named)

    def _most_special_first(self, type_statement: Statement) -> tuple[bool, int, str]:
        """Stated before inferred, and the class of fewer members before the wider one."""
        members = self._reader.classes().get(getattr(type_statement.value, "value", ""), 0)
        return (type_statement.inferred, members, self._naming.sort_name(type_statement.value))

    def _rank(self, group: Group) -> tuple[object, ...]:
        """Names and definitions, then what the publisher's own terms say, then the rest; inferences last."""
        iri = group.predicate.value if group.predicate is not None else ""
        first = [*LABEL_PROPERTIES, *_TEXTS]
        rank = first.index(group.predicate) if group.predicate in first else len(first)
        return (group.inferred, rank, not iri.startswith(self._naming.base_iri), self._naming.term_name(iri), iri)


def _is_brief(group: Group) -> bool:
    """Whether a key fact says all of it in brief: a few values, or rows of no more than two cells."""
    if group.tree or group.named or not group.whole or len(group.statements) > BRIEF:
        return False
    return all(sum(map(bool, s.cells)) <= _CELLS_IN_BRIEF for s in group.statements)


def _shown_in(groups: Iterable[Group]) -> set[Term]:
    """The values of groups, those in the cells of their rows, and the places of their trees."""
    found: set[Term] = set()
    for group in groups:
        for statement in group.statements:
            found.add(statement.value)
            found.update(inner.value for cell in statement.cells for inner in cell)
        branches = list(group.tree)
        while branches:
            branch = branches.pop()
            found.add(branch.value)
            branches += branch.below
    return found
