"""What is matched: a thing with its names and whatever else is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PREFERRED, ALIAS, ACRONYM, FORMER = KINDS = ("preferred", "alias", "acronym", "former")
"""The kinds of name."""
ACTIVE, INACTIVE, WITHDRAWN = STATUSES = ("active", "inactive", "withdrawn")
"""What a registry says of a record: in force; the thing has ended; the record itself is no longer valid."""


@dataclass(frozen=True, slots=True)
class Name:
    """One name. `language`: BCP 47, empty where unknown; `kind`: one of KINDS."""

    text: str
    language: str = ""
    kind: str = PREFERRED


@dataclass(frozen=True, slots=True)
class Reference:
    """Another thing that is referred to, a place or a parent: by identifier, by names in any language, or both."""

    id: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing of a registry, or one that is looked for (its `id` may then be empty). All but names may be unknown.

    `countries`: ISO 3166-1 alpha-2. `identifiers`: (scheme, value). `types`: as the registry writes them; types are
    evidence only between things that name them alike. `successors`: ids of the records that replace this one.
    """

    id: str
    names: tuple[Name, ...]
    types: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    places: tuple[Reference, ...] = ()
    parents: tuple[Reference, ...] = ()
    homepages: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    status: str = ACTIVE
    successors: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Its first preferred name, else its first name, else its id."""
        preferred = (name.text for name in self.names if name.kind == PREFERRED)
        return next(preferred, self.names[0].text if self.names else self.id)


def to_plain(entity: Entity) -> list[Any]:
    """The entity as JSON values, in the order of its fields."""
    return [
        entity.id,
        [[name.text, name.language, name.kind] for name in entity.names],
        entity.types,
        entity.countries,
        [[each.id, each.names] for each in entity.places],
        [[each.id, each.names] for each in entity.parents],
        entity.homepages,
        entity.identifiers,
        entity.status,
        entity.successors,
    ]


def from_plain(plain: Sequence[Any]) -> Entity:
    """What `to_plain` has written, read again."""
    key, names, types, countries, places, parents, homepages, identifiers, status, successors = plain
    return Entity(
        key,
        tuple(Name(*name) for name in names),
        tuple(types),
        tuple(countries),
        tuple(Reference(each, tuple(names)) for each, names in places),
        tuple(Reference(each, tuple(names)) for each, names in parents),
        tuple(homepages),
        tuple((scheme, value) for scheme, value in identifiers),
        status,
        tuple(successors),
    )
