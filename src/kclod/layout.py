"""How a site lays out what it says of things: which facts come first, under which names, by which classes.

It is declared by the shapes (SHACL 1.0, sections 2.3.1 and 2.3.2; DASH for viewers and roles) and read from them when a
release is built; the site needs no shapes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Step(StrEnum):
    """The kinds of property path (SHACL 1.0, section 2.3.1)."""

    PREDICATE = "predicate"
    INVERSE = "inverse"
    SEQUENCE = "sequence"
    ALTERNATIVE = "alternative"
    ZERO_OR_MORE = "zero-or-more"
    ONE_OR_MORE = "one-or-more"
    ZERO_OR_ONE = "zero-or-one"


_AFTER = {Step.ZERO_OR_MORE: "*", Step.ONE_OR_MORE: "+", Step.ZERO_OR_ONE: "?"}


@dataclass(frozen=True)
class Path:
    """A property path: a predicate by its IRI, or a kind of step over other paths."""

    step: Step
    iri: str = ""
    parts: tuple[Path, ...] = ()

    @property
    def inverse_of(self) -> str | None:
        """The predicate that the path is the inverse of; None for any other path."""
        if self.step is Step.INVERSE and self.parts[0].step is Step.PREDICATE:
            return self.parts[0].iri
        return None

    @property
    def inverses(self) -> tuple[str, ...]:
        """The predicates that the path follows backwards in one step, whatever else it follows as an alternative."""
        parts = self.parts if self.step is Step.ALTERNATIVE else (self,)
        return tuple(part.inverse_of for part in parts if part.inverse_of is not None)

    @property
    def predicate(self) -> str | None:
        """The predicate that is the whole path; None for any other path."""
        return self.iri if self.step is Step.PREDICATE else None

    def sparql(self) -> str:
        """The same path as SPARQL 1.1 writes it (section 9.1)."""
        inner = [part.sparql() for part in self.parts]
        if self.step is Step.PREDICATE:
            return f"<{self.iri}>"
        if self.step is Step.INVERSE:
            return f"^{inner[0]}" if self.parts[0].step is Step.PREDICATE else f"^({inner[0]})"
        if self.step in _AFTER:
            return f"({inner[0]}){_AFTER[self.step]}"
        return f"({('/' if self.step is Step.SEQUENCE else '|').join(inner)})"


@dataclass(frozen=True)
class Fact:
    """One property shape as a page sees it. `names` by language; lower orders come first."""

    path: Path
    names: Mapping[str, str] = field(hash=False)
    iri: str | None = None
    """The property shape, where it has a name of its own."""
    order: float = 0
    group: str | None = None
    viewer: str | None = None
    roles: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    """The classes of the values that are shown; all are where it is empty."""


@dataclass(frozen=True)
class FactGroup:
    """A heading over facts (sh:PropertyGroup)."""

    iri: str
    names: Mapping[str, str]
    order: float = 0


@dataclass(frozen=True)
class Arrangement:
    """The facts of what a node shape targets: the things of some classes, or those that have one of some properties."""

    facts: tuple[Fact, ...]
    classes: tuple[str, ...] = ()
    subjects_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """All that the shapes declare for pages."""

    groups: tuple[FactGroup, ...] = ()
    arrangements: tuple[Arrangement, ...] = ()
    schema_terms: Mapping[str, str] = field(default_factory=dict)
    """Classes and properties → what schema.org calls them."""
