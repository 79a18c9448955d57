"""Suggestions while one types (section 6): types and properties by their names; the site's search finds entities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import pyoxigraph as ox

from kclod.rdf import DEFAULT_GRAPH
from kclod.store import Quads
from kclod.text.tokens import spelled
from kclod.vocab import NAMES, OTHER_NAMES

_NAMES = 60


class Names:
    """The names of classes and properties, in every language. Safe for threads."""

    def __init__(self, store: Quads) -> None:
        self._store = store
        self._keys: dict[str, tuple[str, ...]] = {}

    def matching(self, prefix: str, terms: Iterable[tuple[str, str]]) -> list[str]:
        """The IRIs of terms, given with what each goes by, that have a name with what is typed.

        Those with a name that begins so come first, then those with words that begin so; else the order is kept.
        """
        wanted = " ".join(spelled(prefix))
        if not wanted:
            return [iri for iri, _ in terms] if not prefix.strip() else []
        ranked = []
        for place, (iri, name) in enumerate(terms):
            keys = (*self._of(iri), " ".join(spelled(name)), " ".join(spelled(name.rpartition(":")[2])))
            rank = min((_rank(wanted, key) for key in keys), default=_NONE)
            rank = 0 if prefix in (iri, name) else rank
            if rank < _NONE:
                ranked.append((rank, place, iri))
        return [iri for _, _, iri in sorted(ranked)]

    def _of(self, iri: str) -> Sequence[str]:
        if iri not in self._keys:
            self._keys[iri] = tuple(dict.fromkeys(" ".join(spelled(text)) for text in self._read(iri)))
        return self._keys[iri]

    def _read(self, iri: str) -> Iterator[str]:
        for predicate in (*NAMES, *OTHER_NAMES):
            for graph in (DEFAULT_GRAPH, None):
                quads = self._store.quads_for_pattern(ox.NamedNode(iri), predicate, None, graph)
                yield from (q.object.value for q in islice(quads, _NAMES) if isinstance(q.object, ox.Literal))


_NONE = 4


def _rank(wanted: str, key: str) -> int:
    if key == wanted:
        return 1
    if key.startswith(wanted):
        return 2
    return 3 if f" {wanted}" in key else _NONE
