"""From what names things and gives them classes to entities by name, class and IRI."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyoxigraph as ox
from numpy.typing import NDArray

from kclod.match import Entity, Index, Name
from kclod.match.arrays import Texts, load, packed, save
from kclod.match.build import arrays_of
from kclod.match.entity import ALIAS, PREFERRED
from kclod.rdf import DEFAULT_GRAPH, split_line
from kclod.store import Quads
from kclod.text.schema import value_of
from kclod.vocab import NAMES, OTHER_NAMES, OWL, RDF, RDFS, SH

_ABOUT_TERMS = (OWL, RDF, RDFS, SH)
"""Vocabularies that describe vocabularies; their classes say nothing of what a thing is."""
_TYPE = RDF["type"].value
_NAMING = {p.value: PREFERRED for p in NAMES} | {p.value: ALIAS for p in OTHER_NAMES}
_WANTED = frozenset(f"<{predicate}>" for predicate in (_TYPE, *_NAMING))


class Said(NamedTuple):
    """A statement that gives a thing a class (`value` is its IRI) or a name, in a language that may be empty."""

    subject: str
    predicate: str
    value: str
    language: str


def identifier_space(base_iri: str) -> str:
    """What the IRIs of the things of a dataset begin with."""
    return f"{base_iri}id/"


def is_entity(iri: str, space: str) -> bool:
    """Whether an IRI is one of the space; a part of a thing, which has a fragment, is none."""
    return iri.startswith(space) and len(iri) > len(space) and "#" not in iri


class Catalogue:
    """The entities, in the order of their IRIs. It never changes; threads may use it at the same time."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.index = Index(dict(arrays))
        self._iris = Texts(arrays["iris_values"], arrays["iris_offsets"])
        self._starts, self._members = arrays["class_starts"], arrays["class_members"]
        classes = Texts(arrays["classes_values"], arrays["classes_offsets"])
        self._classes = {classes[number]: number for number in range(len(classes))}

    @classmethod
    def open(cls, folder: Path) -> Catalogue:
        """That of a release. UsageError when the folder holds none of this version."""
        return cls(load(folder))

    @classmethod
    def of(cls, said: Iterable[Said], base_iri: str) -> Catalogue:
        """From the statements that name things and give them classes, in any order."""
        return cls(_arrays(said, identifier_space(base_iri)))

    def __len__(self) -> int:
        return len(self._iris)

    def iri(self, number: int) -> str:
        """The IRI of an entity."""
        return self._iris[number]

    def number(self, iri: str) -> int | None:
        """The number of the entity of an IRI; None when there is none."""
        low, high = 0, len(self._iris)
        while low < high:
            middle = (low + high) // 2
            if self._iris[middle] < iri:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self._iris) and self._iris[low] == iri else None

    def __contains__(self, iri: object) -> bool:
        return isinstance(iri, str) and self.number(iri) is not None

    def concerned(self, statements: Iterable[str], store: Quads, base_iri: str) -> bool:
        """Whether statements that come to the default graph or leave it may change anything of this.

        They are N-Triples without full stop; `store` is how it is after that. What has no name is no entity, of
        whatever class.
        """
        space = identifier_space(base_iri)
        for statement in statements:
            subject, predicate, _ = statement.split(" ", 2)
            iri = subject[1:-1]
            if predicate not in _WANTED or not is_entity(iri, space):
                continue
            if predicate != f"<{_TYPE}>" or iri in self or _has_name(store, ox.NamedNode(iri)):
                return True
        return False

    @property
    def classes(self) -> Iterable[str]:
        """The IRIs of the classes that entities have."""
        return self._classes

    def members(self, class_iri: str) -> NDArray[np.int32]:
        """The numbers of the entities of a class, ascending."""
        place = self._classes.get(class_iri)
        if place is None:
            return np.empty(0, np.int32)
        found: NDArray[np.int32] = self._members[self._starts[place] : self._starts[place + 1]]
        return found


def _has_name(store: Quads, node: ox.NamedNode) -> bool:
    names = (store.quads_for_pattern(node, predicate, None, DEFAULT_GRAPH) for predicate in (*NAMES, *OTHER_NAMES))
    return any(next(found, None) is not None for found in names)


def said_in(store: Quads) -> Iterator[Said]:
    """What the default graph of a store says of classes and names."""
    for predicate in (RDF["type"], *NAMES, *OTHER_NAMES):
        for quad in store.quads_for_pattern(None, predicate, None, DEFAULT_GRAPH):
            subject, value = quad.subject, quad.object
            if isinstance(subject, ox.NamedNode):
                if isinstance(value, ox.NamedNode):
                    yield Said(subject.value, predicate.value, value.value, "")
                elif isinstance(value, ox.Literal) and (text := value_of(str(value))):
                    yield Said(subject.value, predicate.value, *text)


def said_in_dump(dump: Path) -> Iterator[Said]:
    """What the default graph of a file of canonical N-Quads says of classes and names."""
    with dump.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            subject, predicate, _ = line.split(" ", 2)
            if predicate in _WANTED and subject.startswith("<"):
                statement, graph = split_line(line[:-3])
                if not graph and (said := _said(statement)):
                    yield said


def _said(statement: str) -> Said | None:
    """What a statement about classes and names says, as N-Triples without full stop; None where it says nothing."""
    subject, predicate, term = statement.split(" ", 2)
    if term.startswith("<") and not term.startswith("<<"):
        return Said(subject[1:-1], predicate[1:-1], term[1:-1], "")
    text = value_of(term)
    return Said(subject[1:-1], predicate[1:-1], *text) if text else None


def _arrays(said: Iterable[Said], space: str) -> dict[str, NDArray[Any]]:
    """The arrays of an index over the entities, and beside them their IRIs and the members of each class.

    iris_*, classes_*: IRIs in order; class_members: numbers of entities, those of class `k` from class_starts[k] on.
    """
    classes: dict[str, set[str]] = {}
    names: dict[str, set[Name]] = {}
    for subject, predicate, value, language in said:
        if not is_entity(subject, space):
            continue
        if predicate == _TYPE:
            if not value.startswith(_ABOUT_TERMS):
                classes.setdefault(subject, set()).add(sys.intern(value))
        elif value.strip():
            names.setdefault(subject, set()).add(Name(value, sys.intern(language), _NAMING[predicate]))
    iris = sorted(iri for iri in names if iri in classes)
    members: dict[str, list[int]] = {}
    for number, iri in enumerate(iris):
        for one in classes[iri]:
            members.setdefault(one, []).append(number)
    order = sorted(members)
    found = arrays_of(Entity(iri, _ordered(names[iri]), tuple(sorted(classes[iri]))) for iri in iris)
    texts = {"iris": packed(iris), "classes": packed(order)}
    starts = np.zeros(len(order) + 1, np.int64)
    np.cumsum([len(members[one]) for one in order], out=starts[1:])
    return {
        **found,
        **{f"{name}_values": text.values for name, text in texts.items()},
        **{f"{name}_offsets": text.offsets for name, text in texts.items()},
        "class_starts": starts,
        "class_members": np.array([number for one in order for number in members[one]], np.int32),
    }


def _ordered(names: Iterable[Name]) -> tuple[Name, ...]:
    """The preferred names first, in an order that stays the same."""
    return tuple(sorted(names, key=lambda name: (name.kind != PREFERRED, name.language, name.text)))


def make(dump: Path, folder: Path, base_iri: str) -> None:
    """Write the catalogue of the default graph of a file of canonical N-Quads. Equal files give equal bytes."""
    save(folder, _arrays(said_in_dump(dump), identifier_space(base_iri)))
