"""What changed from one release to the next, computed when it is asked for and kept for the next who asks."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kclod.changes import Difference, EntityChange, compare, entity_changes
from kclod.history import Edition
from kclod.rdf import N_QUADS
from kclod.release import Release, dump_name
from kclod.store import Embedded, open_read_only
from kclod.web.things.labels import Labels
from kclod.web.versions.summary import Summary, summary

MOST_CHANGES = 200_000
"""Lines that differ, of which more are not held in memory; `kclod diff` has no such bound."""
_KEPT = 3


@dataclass(frozen=True, slots=True)
class Step:
    """The way from one release to the next. `before` is None for the first one; `labels` are of the later first.

    `entities` are by IRI, `listed` are the same as a reader looks for them.
    """

    before: Release | None
    after: Release
    difference: Difference
    entities: tuple[EntityChange, ...]
    listed: tuple[EntityChange, ...]
    numbers: Summary
    labels: tuple[Labels, ...]


class Differences:
    """The steps between releases. Safe for threads; one is computed at a time."""

    def __init__(self, line: Sequence[Edition], labels: Labels) -> None:
        """`labels` are those of the release that is served, the last of the line."""
        self._places: Mapping[str, int] = {one.version: number for number, one in enumerate(line)}
        self._line, self._labels = line, labels
        self._kept: OrderedDict[str, Step] = OrderedDict()
        self._numbers: dict[str, Summary] = {}
        self._lock = threading.Lock()

    def previous(self, version: str) -> Edition | None:
        """The release before one of the line."""
        place = self._places[version]
        return self._line[place - 1] if place else None

    def to(self, version: str) -> Step:
        """The step to a release from the one before it; of the first one, from nothing.

        KeyError when it is not of the line, TooManyChangesError, UsageError when a release cannot be read.
        """
        place = self._places[version]
        with self._lock:
            if version in self._kept:
                self._kept.move_to_end(version)
                return self._kept[version]
            before, after = self.previous(version), self._line[place]
            step = self._computed(before.load() if before else None, after.load())
            self._kept[version] = step
            self._numbers[version] = step.numbers
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return step

    def numbers(self, version: str) -> Summary:
        """How much changed with a release. Errors as of `to`."""
        return self._numbers.get(version) or self.to(version).numbers

    def _computed(self, before: Release | None, after: Release) -> Step:
        paths = (
            before.path / dump_name(before.site, N_QUADS) if before else None,
            after.path / dump_name(after.site, N_QUADS),
        )
        difference = compare(*paths, MOST_CHANGES)
        labels = [self._of(after), *([self._of(before)] if before else [])]
        entities = tuple(entity_changes(difference, after.site, *paths))
        things = f"{after.site.base_iri}id/"
        listed = tuple(sorted(entities, key=lambda one: _rank(one.iri, things, labels)))
        return Step(
            before, after, difference, entities, listed, summary(difference, entities, after.site), tuple(labels)
        )

    def _of(self, release: Release) -> Labels:
        if release.version == self._line[-1].version:
            return self._labels
        return Labels(Embedded(open_read_only(release.store_path)), release.site.prefixes)


def _rank(iri: str, things: str, labels: Sequence[Labels]) -> int:
    """What a reader looks for first: things with a name, then what else has one, as claims do, then their parts."""
    if iri.startswith("_:") or not any(one.has(iri) for one in labels):
        return 2
    return 0 if iri.startswith(things) else 1
