"""What pages are made of: statements with who makes them, in groups under one property or declared fact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from kclod.layout import Fact, FactGroup
from kclod.rdf import Term
from kclod.web.things.reader import Claim

_FEW = 3


@dataclass(frozen=True, slots=True)
class Origin:
    """Who states something: a claim, or a graph of the publisher's by its role (`registry`, `inferred`, …)."""

    graph: ox.NamedNode
    claim: Claim | None
    role: str | None
    accepted: bool = True
    """Whether the release vouches for all that a claim states."""


@dataclass(frozen=True, slots=True)
class Premise:
    """A statement that an inference rests on, with who makes it."""

    triple: ox.Triple
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class Derivation:
    """Why something was inferred: the rules (OWL 2 Profiles, section 4.3) in order, and what was asserted."""

    rules: tuple[str, ...]
    premises: tuple[Premise, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One value (or, for incoming links, one subject) with its origins.

    `node` where it is shown expanded, `cells` where it is a row of a table, one tuple a column. `date` dates the
    value, `kinds` are its classes where the page names them.
    """

    value: Term
    origins: tuple[Origin, ...]
    node: Expanded | None = None
    cells: tuple[tuple[Statement, ...], ...] = ()
    date: ox.Literal | None = None
    kinds: tuple[ox.NamedNode, ...] = ()
    inferred: bool = False
    """Stated by nobody but the reasoner."""
    derived: ox.Triple | None = None
    """The triple on the way to the value that was inferred, to ask what it follows from."""
    more: int = 0
    """How many claims there are beside those among the origins."""
    pending: ox.Triple | None = None
    """The triple whose origins have not been looked up: they are when the statement is shown."""

    @property
    def claims(self) -> tuple[Origin, ...]:
        """The claims among the origins."""
        return tuple(origin for origin in self.origins if origin.claim is not None)


@dataclass(frozen=True, slots=True)
class Branch:
    """A place in a tree. `here` marks the thing that the page is about; `more` counts what is left out below."""

    value: ox.NamedNode
    statement: Statement | None
    below: tuple[Branch, ...] = ()
    here: bool = False
    more: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """The statements of one property or declared fact.

    `total` counts all, those not shown too; `capped` when there are even more. `columns` head the cells of statements
    that are shown as a table, `named` tells that the values themselves are its first column. `predicate` is None for a
    fact whose path is more than one property.
    """

    predicate: ox.NamedNode | None
    statements: tuple[Statement, ...]
    total: int
    capped: bool = False
    fact: Fact | None = None
    columns: tuple[Fact, ...] = ()
    named: bool = False
    tree: tuple[Branch, ...] = ()

    @property
    def inferred(self) -> bool:
        """Nothing in it but inferences."""
        return all(statement.inferred for statement in self.statements)

    @property
    def whole(self) -> bool:
        """Whether all of it is shown."""
        return not self.capped and self.total <= len(self.statements)

    @property
    def graphs(self) -> tuple[Origin, ...]:
        """The publisher's graphs, no claims, that state anything in the tree."""
        return tuple(o for o in union(*map(_origins_of, self.tree)) if o.claim is None and o.role != "inferred")

    @property
    def shared(self) -> tuple[Origin, ...]:
        """The publisher's graphs that alone state each of many values: these are named once."""
        first = self.statements[0].origins if len(self.statements) > _FEW else ()
        alike = all(s.origins == first and not s.inferred and s.node is None for s in self.statements)
        return first if alike and all(origin.claim is None for origin in first) else ()

    @property
    def kinds_differ(self) -> bool:
        """Whether the values are of more than one kind, so that a table says which."""
        return len({statement.kinds for statement in self.statements}) > 1


@dataclass(frozen=True, slots=True)
class Section:
    """Facts under one heading; without a heading where no group is declared."""

    heading: FactGroup | None
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Expanded:
    """A thing without a name of its own (a role played, a status held), shown by what it says and who links to it."""

    iri: str
    types: tuple[ox.NamedNode, ...]
    groups: tuple[Group, ...]
    parents: tuple[Group, ...]


def union(*origins: Iterable[Origin]) -> tuple[Origin, ...]:
    """Origins of several statements, each once: claims first."""
    found = {origin.graph.value: origin for each in origins for origin in each}
    return tuple(sorted(found.values(), key=lambda origin: (origin.claim is None, origin.graph.value)))


def origins_in(groups: Iterable[Group]) -> Iterator[Origin]:
    """The origins of all statements of groups, of rows, cells and expanded things too."""
    for group in groups:
        for statement in group.statements:
            yield from statement.origins
            if statement.node is not None:
                yield from origins_in((*statement.node.parents, *statement.node.groups))
            for cell in statement.cells:
                yield from (origin for inner in cell for origin in inner.origins)


def _origins_of(branch: Branch) -> Iterator[Origin]:
    if branch.statement is not None:
        yield from branch.statement.origins
    for inner in branch.below:
        yield from _origins_of(inner)
