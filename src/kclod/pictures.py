"""How the answers of a stored query are drawn: a kind of picture, and which variable plays which part in it.

The content declares it (`pub:drawnAs`, in the publisher vocabulary); the site draws what is declared and knows no
subject matter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of picture."""

    TIMELINE = "timeline"
    NETWORK = "network"
    MAP = "map"
    TREE = "tree"


@dataclass(frozen=True)
class Part:
    """What a variable may be in a picture. `many`: several variables may."""

    name: str
    required: bool = False
    many: bool = False


_FILTER = Part("filter", many=True)
PARTS: Mapping[Kind, tuple[Part, ...]] = {
    Kind.TIMELINE: (
        Part("item", required=True),
        Part("date", required=True),
        Part("earliest"),
        Part("latest"),
        Part("category"),
        _FILTER,
    ),
    Kind.NETWORK: (
        Part("item", required=True),
        Part("linked", required=True),
        Part("category"),
        Part("label"),
        _FILTER,
    ),
    Kind.MAP: (
        Part("item", required=True),
        Part("latitude", required=True),
        Part("longitude", required=True),
        Part("place"),
        Part("category"),
        _FILTER,
    ),
    Kind.TREE: (Part("item", required=True), Part("parent", required=True), Part("size")),
}
"""The parts of each kind. Dates are EDTF or of XML Schema; coordinates are decimal degrees of WGS 84."""


@dataclass(frozen=True)
class Picture:
    """One declaration: the variables of the query by the part that they play."""

    kind: Kind
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def faults(self, variables: Collection[str]) -> Iterator[str]:
        """What is wrong with the declaration for a query with these variables."""
        known = {part.name: part for part in PARTS[self.kind]}
        for name, used in self.parts.items():
            if name not in known:
                yield f"a {self.kind} has no part {name!r}; its parts are {', '.join(known)}"
            elif len(used) > 1 and not known[name].many:
                yield f"one variable can be the {name}, not {', '.join(used)}"
            yield from (f"the query gives no variable ?{one}" for one in used if one not in variables)
        for part in known.values():
            if part.required and not self.parts.get(part.name):
                yield f"a {self.kind} needs a variable as its {part.name}"


@dataclass(frozen=True)
class Topic:
    """What stored queries are about, by language."""

    iri: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Facet:
    """A way to narrow a list of things: `text` is a SELECT of ?thing and ?value; it is for the things of `classes`."""

    iri: str
    labels: Mapping[str, str]
    text: str
    classes: tuple[str, ...]
