"""Narrowing the list of a class's things: the values of each facet, how many things have them, and the choice.

A facet is a query that the content declares. A query worker answers it once, within the limits of queries; then members
are bits of integers, so that a choice costs some bitwise operations whatever the number of members.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox
from werkzeug.datastructures import MultiDict

from kclod.pictures import Facet
from kclod.rdf import Term
from kclod.web.engine.outcomes import QueryError
from kclod.web.engine.wire import Job
from kclod.web.present import parse_term
from kclod.web.publication import Publication

PREFIX = "by."
"""What the names of the parameters begin with."""
_MOST_ROWS = 200_000
_KEPT = 64
"""Classes whose facets are kept."""


@dataclass(frozen=True)
class Value:
    """A value of a facet; `key` stands for it in addresses; `members` has a bit for each member of the class."""

    term: Term
    key: str
    members: int


@dataclass(frozen=True)
class Values:
    """A facet and its values. `failed` where the query could not be answered within the limits."""

    facet: Facet
    name: str
    values: Mapping[str, Value] = field(default_factory=dict)
    failed: bool = False


class Facets:
    """The facets of the classes of a publication; found on first use and kept. Safe for threads."""

    def __init__(self, publication: Publication) -> None:
        self._publication = publication
        self._kept: dict[str, tuple[Sequence[str], tuple[Values, ...]]] = {}
        self._lock = threading.Lock()

    def of(self, class_iri: str) -> tuple[Sequence[str], tuple[Values, ...]]:
        """The members of a class, sorted by IRI, and its facets; none where the content declares none."""
        with self._lock:
            found = self._kept.get(class_iri)
        if found is None:
            found = self._find(class_iri)
            if not any(values.failed for values in found[1]):
                with self._lock:
                    while len(self._kept) >= _KEPT:
                        self._kept.pop(next(iter(self._kept)))
                    self._kept[class_iri] = found
        return found

    def _find(self, class_iri: str) -> tuple[Sequence[str], tuple[Values, ...]]:
        facets = [f for f in self._publication.release.site.facets if class_iri in f.classes]
        if not facets:
            return (), ()
        members = sorted(node.value for node in self._publication.reader.members(class_iri))
        places = {iri: number for number, iri in enumerate(members)}
        return members, tuple(self._values(facet, places) for facet in facets)

    def _values(self, facet: Facet, places: Mapping[str, int]) -> Values:
        name = facet.iri.rpartition("#")[2].rpartition("/")[2]
        limits = self._publication.limits
        job = Job(
            facet.text,
            self._publication.release.site.base_iri,
            "table",
            None,
            None,
            None,
            limits.max_result_bytes,
            _MOST_ROWS,
            limits.max_rows,
        )
        try:
            table = json.loads(self._publication.pool.run(job, limits.deadline_seconds).body)
        except QueryError:
            return Values(facet, name, failed=True)
        if table["more"]:
            return Values(facet, name, failed=True)
        thing, value = table["columns"].index("thing"), table["columns"].index("value")
        bits: dict[str, int] = {}
        for row in table["rows"]:
            place = places.get((row[thing] or "")[1:-1])
            if place is not None and row[value] is not None:
                bits[row[value]] = bits.get(row[value], 0) | 1 << place
        found = {}
        for text, has in bits.items():
            term = parse_term(text)
            key = term.value if isinstance(term, ox.NamedNode | ox.Literal) else text
            found[key] = Value(term, key, has)
        return Values(facet, name, found)


@dataclass(frozen=True)
class Shown:
    """A value as a page shows it: how many have it, whether it is chosen, and the choice that a click makes."""

    value: Value
    count: int
    chosen: bool
    arguments: Mapping[str, list[str]]


@dataclass(frozen=True)
class ShownFacet:
    """A facet as a page shows it, the values that most things have first."""

    facet: Facet
    failed: bool
    values: tuple[Shown, ...]


@dataclass(frozen=True)
class Narrowed:
    """The members left by a choice, the facets to choose from, and what is chosen."""

    members: tuple[str, ...]
    facets: tuple[ShownFacet, ...]
    arguments: Mapping[str, list[str]]


def narrow(known: Facets, class_iri: str, asked: MultiDict[str, str]) -> Narrowed | None:
    """The members of a class that have, of each facet with a choice, a chosen value; None where there is no facet.

    Parameters are named `by.` and the facet; unknown values narrow nothing. A value's count takes the choices of the
    other facets into account.
    """
    members, facets = known.of(class_iri)
    if not facets:
        return None
    everything = (1 << len(members)) - 1
    wishes = {f.name: [key for key in asked.getlist(PREFIX + f.name) if key in f.values] for f in facets}
    masks = {f.name: _having(f, wishes[f.name], everything) for f in facets}
    left = everything
    for mask in masks.values():
        left &= mask
    arguments = {PREFIX + name: keys for name, keys in wishes.items() if keys}
    shown = []
    for facet in facets:
        others = everything
        for name, mask in masks.items():
            if name != facet.name:
                others &= mask
        values = [_shown(facet, value, others, wishes[facet.name], arguments) for value in facet.values.values()]
        listed = sorted((s for s in values if s.count or s.chosen), key=lambda s: (-s.count, s.value.key))
        shown.append(ShownFacet(facet.facet, facet.failed, tuple(listed)))
    return Narrowed(tuple(members[place] for place in _places(left)), tuple(shown), arguments)


def _having(facet: Values, keys: Sequence[str], everything: int) -> int:
    if not keys:
        return everything
    some = 0
    for key in keys:
        some |= facet.values[key].members
    return some


def _shown(facet: Values, value: Value, others: int, keys: Sequence[str], arguments: Mapping[str, list[str]]) -> Shown:
    name = PREFIX + facet.name
    after = [key for key in keys if key != value.key] if value.key in keys else [*keys, value.key]
    changed = {**arguments, name: after}
    return Shown(
        value, (value.members & others).bit_count(), value.key in keys, {k: v for k, v in changed.items() if v}
    )


def _places(bits: int) -> Iterator[int]:
    text = bin(bits)[:1:-1]
    place = text.find("1")
    while place >= 0:
        yield place
        place = text.find("1", place + 1)
