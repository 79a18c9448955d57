"""What a page says about a thing: statements by property, with who states them, and what links to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.vocab import DCT, RDFS, SKOS
from kclod.web.labels import LABEL_PROPERTIES
from kclod.web.reader import TYPE, Claim, Reader, Subject, is_part

_STATEMENTS_READ = 5_000
_VALUES_SHOWN = 100
_COUNTED = 10_000
_SORTED = 1_000
PREVIEW, PAGE = 12, 100
"""Incoming links of a property shown at first, and on a page of their own."""
_PARENTS = 5
_CLAIM_STATEMENTS = 1_000
_TEXTS = (SKOS["definition"], DCT["description"], RDFS["comment"], SKOS["scopeNote"], SKOS["altLabel"])
"""Properties that come first on every page, because they say what the thing is."""

Name = Callable[[str], str]
"""Gives the text by which an IRI is sorted."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who states something: a claim, or a graph of the publisher's by its role (`registry`, `inferred`, …)."""

    graph: ox.NamedNode
    claim: Claim | None
    role: str | None


@dataclass(frozen=True, slots=True)
class Statement:
    """One value (or, for incoming links, one subject) with its origins; `node` where it is shown expanded."""

    value: Term
    origins: tuple[Origin, ...]
    node: Expanded | None = None

    @property
    def inferred(self) -> bool:
        """Stated by nobody but the reasoner."""
        return bool(self.origins) and all(origin.role == "inferred" for origin in self.origins)


@dataclass(frozen=True, slots=True)
class Group:
    """The statements of one property. `total` counts all, those not shown too; `capped` when there are even more."""

    predicate: ox.NamedNode
    statements: tuple[Statement, ...]
    total: int
    capped: bool = False

    @property
    def inferred(self) -> bool:
        """Nothing in it but inferences."""
        return all(statement.inferred for statement in self.statements)


@dataclass(frozen=True, slots=True)
class Expanded:
    """A thing without a name of its own (a role played, a status held), shown by what it says and who links to it."""

    iri: str
    types: tuple[ox.NamedNode, ...]
    groups: tuple[Group, ...]
    parents: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Entity:
    """A page. `types` are stated or, apart, inferred; `doubted` groups are only in claims that are not accepted."""

    node: ox.NamedNode
    types: tuple[Statement, ...]
    groups: tuple[Group, ...]
    doubted: tuple[Group, ...]
    incoming: tuple[Group, ...]
    doubted_incoming: tuple[Group, ...]
    cut: bool
    """Whether more is said of it than a page reads; the data documents hold all."""


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """What a claim states, by subject; `accepted` when all of it is in the default graph."""

    claim: Claim
    accepted: bool
    subjects: tuple[tuple[Subject, tuple[Group, ...]], ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class SourcePage:
    """The claims that have a thing as their source, in the order of the source where there are not too many."""

    claims: tuple[tuple[Claim, bool], ...]
    """Each with whether it is accepted."""
    total: int
    capped: bool


class Describer:
    """Makes pages' contents from the store. `base_iri` bounds what may be shown expanded; `name` sorts."""

    def __init__(
        self, reader: Reader, base_iri: str, labelled: Callable[[str], bool], name: Name, term_name: Name
    ) -> None:
        self._reader, self._base, self._labelled = reader, base_iri, labelled
        self._name, self._term_name = name, term_name

    def entity(self, node: ox.NamedNode) -> Entity:
        """All that a page shows of a thing."""
        about = self._reader.about(node, _STATEMENTS_READ)
        types: list[Statement] = []
        vouched: dict[ox.NamedNode, list[Statement]] = {}
        doubted: dict[ox.NamedNode, list[Statement]] = {}
        for (predicate, value), graphs in about.items():
            statement = Statement(value, self.origins(graphs))
            if self._doubted(graphs):
                doubted.setdefault(predicate, []).append(statement)
            elif predicate == TYPE:
                types.append(statement)
            else:
                vouched.setdefault(predicate, []).append(statement)
        return Entity(
            node,
            tuple(sorted(types, key=self._most_special_first)),
            self._groups(vouched, node),
            self._groups(doubted, node),
            self.incoming(node),
            self._doubted_incoming(node),
            cut=sum(len(graphs) for graphs in about.values()) >= _STATEMENTS_READ,
        )

    def incoming(self, node: ox.NamedNode) -> tuple[Group, ...]:
        """What links to a thing, by property, the first few of each."""
        groups = [self.incoming_group(node, p, 1, PREVIEW) for p in self._reader.incoming_predicates(node, _SORTED)]
        return tuple(sorted(groups, key=lambda group: (group.inferred, self._term_name(group.predicate.value))))

    def incoming_group(self, node: ox.NamedNode, predicate: ox.NamedNode, page: int, size: int = PAGE) -> Group:
        """One page of what links to a thing by a property; in order of names where there are not too many."""
        subjects = [quad.subject for quad in islice(self._reader.incoming(node, predicate), _COUNTED + 1)]
        capped, total = len(subjects) > _COUNTED, min(len(subjects), _COUNTED)
        if total <= _SORTED:
            subjects.sort(key=self._sort_name)
        start = (page - 1) * size
        if start >= _COUNTED:  # beyond what is counted the store's own order goes on
            subjects = [quad.subject for quad in islice(self._reader.incoming(node, predicate), start, start + size)]
            start = 0
        shown = subjects[start : start + size]
        return Group(predicate, tuple(self._incoming_statement(s, predicate, node) for s in shown), total, capped)

    def claim_page(self, node: ox.NamedNode) -> ClaimPage | None:
        """What a claim states; None when the node is no claim."""
        claim = self._reader.claim(node)
        if claim is None:
            return None
        quads = list(islice(self._reader.store.quads_for_pattern(None, None, None, node), _CLAIM_STATEMENTS + 1))
        by_subject: dict[Subject, dict[ox.NamedNode, list[Statement]]] = {}
        for quad in quads[:_CLAIM_STATEMENTS]:
            by_subject.setdefault(quad.subject, {}).setdefault(quad.predicate, []).append(Statement(quad.object, ()))
        values = {quad.object for quad in quads if quad.object != quad.subject}
        inner: dict[Term, Expanded] = {
            subject: self._inner(subject, groups)
            for subject, groups in by_subject.items()
            if isinstance(subject, ox.NamedNode) and subject in values and not self._has_name(subject)
        }
        for subject, groups in by_subject.items():
            if subject not in inner:
                for statements in groups.values():
                    statements[:] = [replace(s, node=inner.get(s.value)) for s in statements]
        shown = {s.node.iri for groups in by_subject.values() for g in groups.values() for s in g if s.node is not None}
        subjects = sorted(
            (item for item in by_subject.items() if not (isinstance(item[0], ox.NamedNode) and item[0].value in shown)),
            key=lambda item: (not self._has_name(item[0]), self._sort_name(item[0])),
        )
        return ClaimPage(
            claim,
            self._reader.accepted(node),
            tuple((subject, self._groups(groups, None)) for subject, groups in subjects),
            cut=len(quads) > _CLAIM_STATEMENTS,
        )

    def source_page(self, node: ox.NamedNode, page: int) -> SourcePage | None:
        """One page of the claims from a source; None when there are none."""
        graphs = list(islice(self._reader.claims_from(node), _COUNTED + 1))
        if not graphs:
            return None
        total, start = len(graphs), (page - 1) * PAGE
        if total <= _SORTED:
            claims = [claim for graph in graphs if (claim := self._reader.claim(graph)) is not None]
            claims.sort(key=lambda c: (c.evidence[0].start or 0 if c.evidence else 0, c.graph.value))
            shown = claims[start : start + PAGE]
        else:
            graphs = list(islice(self._reader.claims_from(node), start, start + PAGE))
            shown = [claim for graph in graphs if (claim := self._reader.claim(graph)) is not None]
        rows = tuple((claim, self._reader.accepted(claim.graph)) for claim in shown)
        return SourcePage(rows, min(total, _COUNTED), total > _COUNTED)

    def origins(self, graphs: Iterable[ox.NamedNode | None]) -> tuple[Origin, ...]:
        """The origins that a statement's graphs stand for: claims first."""
        found = [Origin(g, self._reader.claim(g), self._reader.roles.get(g.value)) for g in graphs if g is not None]
        return tuple(sorted(found, key=lambda origin: (origin.claim is None, origin.graph.value)))

    def _doubted(self, graphs: Iterable[ox.NamedNode | None]) -> bool:
        """Stated in claims only, none of them accepted."""
        graphs = list(graphs)
        return None not in graphs and all(g is not None and self._reader.claim(g) is not None for g in graphs)

    def _groups(
        self, by_predicate: dict[ox.NamedNode, list[Statement]], parent: ox.NamedNode | None
    ) -> tuple[Group, ...]:
        groups = []
        for predicate, statements in by_predicate.items():
            ordered = sorted(statements, key=lambda s: (s.inferred, self._sort_name(s.value)))
            shown = ordered[:_VALUES_SHOWN]
            if parent is not None:
                shown = [replace(s, node=self._expanded(s.value, parent)) for s in shown]
            groups.append(Group(predicate, tuple(shown), len(ordered)))
        return tuple(sorted(groups, key=self._order))

    def _most_special_first(self, type_statement: Statement) -> tuple[bool, int, str]:
        """Stated before inferred, and the class of fewer members before the wider one."""
        members = self._reader.classes().get(getattr(type_statement.value, "value", ""), 0)
        return (type_statement.inferred, members, self._sort_name(type_statement.value))

    def _order(self, group: Group) -> tuple[object, ...]:
        """Names and definitions, then what the publisher's own terms say, then the rest; inferences last."""
        iri = group.predicate.value
        first = [*LABEL_PROPERTIES, *_TEXTS]
        rank = first.index(group.predicate) if group.predicate in first else len(first)
        return (group.inferred, rank, not iri.startswith(self._base), self._term_name(iri), iri)

    def _inner(self, node: ox.NamedNode, groups: dict[ox.NamedNode, list[Statement]]) -> Expanded:
        """A nameless node as one claim has it."""
        types = [s.value for s in groups.get(TYPE, ()) if isinstance(s.value, ox.NamedNode)]
        others = {predicate: list(statements) for predicate, statements in groups.items() if predicate != TYPE}
        return Expanded(node.value, tuple(types), self._groups(others, None), ())

    def _expanded(self, value: Term, parent: ox.NamedNode) -> Expanded | None:
        if not isinstance(value, ox.NamedNode) or value == parent or not value.value.startswith(self._base):
            return None
        if self._labelled(value.value) or is_part(parent, value):
            return None
        about = self._reader.about(value, _VALUES_SHOWN)
        if not about:
            return None
        groups: dict[ox.NamedNode, list[Statement]] = {}
        types: list[ox.NamedNode] = []
        for (predicate, inner), graphs in about.items():
            statement = Statement(inner, self.origins(graphs))
            if predicate == TYPE and isinstance(inner, ox.NamedNode):
                types.extend([] if statement.inferred else [inner])
            elif inner != parent and not statement.inferred:
                groups.setdefault(predicate, []).append(statement)
        return Expanded(value.value, tuple(sorted(types, key=str)), self._groups(groups, None), ())

    def _incoming_statement(self, subject: Term, predicate: ox.NamedNode, node: ox.NamedNode) -> Statement:
        if not isinstance(subject, ox.NamedNode):
            return Statement(subject, ())
        expanded = self._expanded(subject, node)
        if expanded is not None:
            expanded = replace(expanded, parents=self._parents(subject))
        return Statement(subject, self.origins(self._reader.graphs_of(subject, predicate, node)), expanded)

    def _parents(self, node: ox.NamedNode) -> tuple[Group, ...]:
        found: dict[ox.NamedNode, list[Statement]] = {}
        for quad in islice(self._reader.incoming(node), _PARENTS):
            origins = self.origins(self._reader.graphs_of(quad.subject, quad.predicate, node))
            statement = Statement(quad.subject, origins)
            if not statement.inferred:
                found.setdefault(quad.predicate, []).append(statement)
        return self._groups(found, None)

    def _doubted_incoming(self, node: ox.NamedNode) -> tuple[Group, ...]:
        found: dict[ox.NamedNode, list[Statement]] = {}
        seen: set[tuple[Term, ox.NamedNode]] = set()
        for quad in islice(self._reader.store.quads_for_pattern(None, None, node, None), _STATEMENTS_READ):
            key = (quad.subject, quad.predicate)
            if (
                not isinstance(quad.graph_name, ox.NamedNode)
                or key in seen
                or self._reader.claim(quad.graph_name) is None
            ):
                continue
            seen.add(key)
            graphs = self._reader.graphs_of(quad.subject, quad.predicate, node)
            if self._doubted(graphs):
                found.setdefault(quad.predicate, []).append(Statement(quad.subject, self.origins(graphs)))
        return self._groups(found, None)

    def _has_name(self, term: Term) -> bool:
        return isinstance(term, ox.NamedNode) and self._labelled(term.value)

    def _sort_name(self, term: Term) -> str:
        if isinstance(term, ox.NamedNode):
            return self._name(term.value).casefold()
        return term.value.casefold() if isinstance(term, ox.Literal) else str(term)


def claims_in(groups: Iterable[Group]) -> dict[str, Claim]:
    """The claims behind the statements of groups, expanded ones too, by graph, in the order in which they come."""
    found: dict[str, Claim] = {}
    for group in groups:
        for statement in group.statements:
            found.update({o.graph.value: o.claim for o in statement.origins if o.claim is not None})
            if statement.node is not None:
                found.update(claims_in((*statement.node.parents, *statement.node.groups)))
    return found
