"""The values of declared facts whose path is more than a property: bounded, counted, in order, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from kclod.layout import Fact
from kclod.rdf import Term
from kclod.web.things.arranging import Arranger
from kclod.web.things.incoming import EXAMPLES, SORTED, by_date_then_name
from kclod.web.things.naming import Naming
from kclod.web.things.reader import Only, Reader

_SORTED_IN_PASSING = 100
"""Most values that are sorted on the page of a thing."""
_SCANNED, _SCANNED_APART = 3_000, 20_000
"""Most values of a path that are looked at on the page of a thing, and on a page of the fact's own."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Some values of a fact with their dates, how many there are in all, and whether there are even more.

    `every` has all values where they could be sorted, and is None where there are too many.
    """

    shown: Sequence[tuple[Term, ox.Literal | None]]
    total: int
    capped: bool
    every: Sequence[Term] | None


class Follower:
    """Asks the store for what paths reach."""

    def __init__(self, reader: Reader, arranger: Arranger, naming: Naming) -> None:
        self._reader, self._arranger, self._naming = reader, arranger, naming

    def reached(self, node: ox.NamedNode, fact: Fact, start: int, size: int, *, apart: bool = False) -> Reached:
        """The values from `start`, `size` of them; `apart` for a page of the fact's own, which can afford to count.

        Where a page of a thing cannot put them in order, it has fewer.
        """
        scan = _SCANNED_APART if apart else _SCANNED
        only = self._only(node, fact) if fact.only else None
        most = SORTED if apart else _SORTED_IN_PASSING
        values = self._reader.reached(node, fact.path, scan, most + 1, only=only)
        if only is not None and len(values) > most and not apart:
            return Reached(self._dated(values[:EXAMPLES]), most, True, None)
        capped = self._reader.count_reached(node, fact.path, scan + 1) > scan
        if len(values) <= most:
            ordered = by_date_then_name(self._dated(values), self._naming.sort_name)
            return Reached(ordered[start : start + size], len(values), capped, values)
        wanted = size if apart else EXAMPLES
        shown = self._reader.reached(node, fact.path, scan, wanted, start=start, only=only)
        return Reached(self._dated(shown), self._reader.count_reached(node, fact.path, scan, only), capped, None)

    def _only(self, node: ox.NamedNode, fact: Fact) -> Only:
        """The wanted values; whether what leads to them can decide on their class, the first of them tells."""
        first = self._reader.reached(node, fact.path, 1, 1)
        if any(self._naming.nameless(value, node) for value in first):
            return Only(fact.only, self._naming.base_iri)
        sizes = self._reader.classes()
        return Only(fact.only, None, few=sum(sizes.get(iri, 0) for iri in fact.only) <= _SORTED_IN_PASSING)

    def _dated(self, values: Sequence[Term]) -> list[tuple[Term, ox.Literal | None]]:
        return [(value, self._arranger.date(value)) for value in values]
