"""The values of declared facts whose path is more than a property: bounded, counted, in order, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from kclod.layout import Fact, Path
from kclod.rdf import Term
from kclod.web.things.arranging import Arranger
from kclod.web.things.incoming import SORTED, by_date_then_name
from kclod.web.things.naming import Naming
from kclod.web.things.reader import Reader

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
    """Asks the store for what paths reach; what several facts of one page ask for alike is asked once."""

    def __init__(self, reader: Reader, arranger: Arranger, naming: Naming) -> None:
        self._reader, self._arranger, self._naming = reader, arranger, naming
        self._scanned: dict[tuple[Path, int], list[Term]] = {}

    def reached(self, node: ox.NamedNode, fact: Fact, start: int, size: int, *, apart: bool = False) -> Reached:
        """The values from `start`, `size` of them; `apart` for a page of the fact's own, which can afford to count."""
        scan = _SCANNED_APART if apart else _SCANNED
        capped = self._reader.count_reached(node, fact.path, scan + 1) > scan
        sifted = bool(fact.only) and self._is_nameless(node, fact)
        if sifted:
            values = self._sifted(node, fact, scan)
        else:
            values = self._reader.reached(node, fact.path, scan, SORTED + 1, classes=fact.only)
        if len(values) <= SORTED:
            dated = [(value, self._arranger.date(value)) for value in values]
            ordered = by_date_then_name(dated, self._naming.sort_name)
            return Reached(ordered[start : start + size], len(values), capped, values)
        if sifted:
            shown, total = values[start : start + size], len(values)
        elif fact.only and not apart:
            shown, total, capped = values[:size], SORTED, True
        else:
            shown = self._reader.reached(node, fact.path, scan, size, start=start, classes=fact.only)
            total = self._reader.count_reached(node, fact.path, scan, fact.only)
        return Reached([(value, self._arranger.date(value)) for value in shown], total, capped, None)

    def _is_nameless(self, node: ox.NamedNode, fact: Fact) -> bool:
        """Whether the values, by the first of them, have no name, so that what leads to them decides on their class."""
        return any(self._naming.nameless(value, node) for value in self._reader.reached(node, fact.path, 1, 1))

    def _sifted(self, node: ox.NamedNode, fact: Fact, scan: int) -> list[Term]:
        """Of a path's values those in the fact's classes or, without a name, those that something in them leads to."""
        key = (fact.path, scan)
        if key not in self._scanned:
            self._scanned[key] = self._reader.reached(node, fact.path, scan, scan)
        return [value for value in self._scanned[key] if self._is_wanted(value, fact, node)]

    def _is_wanted(self, value: Term, fact: Fact, node: ox.NamedNode) -> bool:
        if self._arranger.is_any(value, fact.only):
            return True
        return self._naming.nameless(value, node) and self._arranger.is_led_to(value, fact.only)
