"""What a query asks, as the parser gives it: patterns, expressions, and how solutions are grouped, sorted and cut.

The names are those of the SPARQL 1.1 Query Language, section 18.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kclod.columnar.dictionary import Term


class UnsupportedError(Exception):
    """Something that the columns do not answer; the store does."""


@dataclass(frozen=True, slots=True)
class Var:
    """A variable, or a blank node of a pattern, whose name then begins with `_:`."""

    name: str

    @property
    def hidden(self) -> bool:
        """Whether it cannot be projected."""
        return self.name.startswith(("_:", "."))


Node = Var | Term


@dataclass(frozen=True, slots=True)
class Path:
    """A property path (section 9): `link`, `inverse`, `sequence`, `alternative`, `*`, `+` or `?`."""

    form: str
    parts: tuple[Path, ...] = ()
    link: Term | None = None


@dataclass(frozen=True, slots=True)
class Triple:
    """A triple pattern, with a path for its predicate where that is none."""

    subject: Node
    predicate: Node | Path
    object: Node

    def variables(self) -> set[str]:
        """The names of its variables."""
        return {n.name for n in (self.subject, self.predicate, self.object) if isinstance(n, Var)}


@dataclass(frozen=True, slots=True)
class Expr:
    """An expression: `var`, `term`, `and`, `or`, `not`, a comparison, `call`, `exists`, `aggregate`, or `other`.

    `text` is its own, without prefixed names; `variables` are those in it.
    """

    form: str
    text: str
    variables: frozenset[str]
    arguments: tuple[Expr, ...] = ()
    name: str = ""
    term: Term | None = None
    group: Group | None = None
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Optional:
    """OPTIONAL."""

    group: Group


@dataclass(frozen=True, slots=True)
class Union:
    """Alternatives."""

    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Minus:
    """MINUS."""

    group: Group


@dataclass(frozen=True, slots=True)
class Bind:
    """BIND."""

    expression: Expr
    variable: str


@dataclass(frozen=True, slots=True)
class Values:
    """VALUES; None stands for UNDEF."""

    variables: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A group graph pattern: its elements in their order, and its filters, which hold for all of it."""

    elements: tuple[Element, ...]
    filters: tuple[Expr, ...] = ()


@dataclass(frozen=True)
class Select:
    """A SELECT query or subquery, or an ASK query."""

    where: Group
    projection: tuple[tuple[str, Expr | None], ...] = ()
    """Each variable, with its expression where there is one; empty for `*`."""
    form: Literal["select", "ask"] = "select"
    distinct: bool = False
    grouping: tuple[tuple[str, Expr | None], ...] | None = None
    having: tuple[Expr, ...] = ()
    ordering: tuple[tuple[Expr, bool], ...] = ()
    """Keys, each with whether it descends."""
    limit: int | None = None
    offset: int = 0
    values: Values | None = field(default=None)


Element = Triple | Optional | Union | Minus | Bind | Values | Group | Select
