"""Close matches for an address at which there is nothing: by the letters of names and of IRIs."""

from __future__ import annotations

import threading
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

import pyoxigraph as ox
from rapidfuzz import fuzz, process

from kclod.rdf import DEFAULT_GRAPH
from kclod.web.labels import LABEL_PROPERTIES, in_words

_NAMES = 100_000
"""Names that are compared, which takes some 20 ms; of a larger graph the others are not suggested."""
_SHOWN = 6
_LONGEST = 120
_ENOUGH = 72.0
"""Of 100, the similarity from which a name is worth showing."""
_KEPT = 512


class Near:
    """The names of the things below a base IRI, read when something is first not found. Safe for threads."""

    def __init__(self, store: ox.Store, base_iri: str) -> None:
        self._store, self._base = store, base_iri
        self._names: tuple[list[str], list[str]] | None = None
        self._lock = threading.Lock()
        self.to = lru_cache(maxsize=_KEPT)(self._to)

    def _to(self, iri: str) -> tuple[str, ...]:
        """The IRIs of up to six things that are called like one that is not there, the closest first."""
        wanted = _plain(iri.removeprefix(self._base))
        if not wanted or len(wanted) > _LONGEST:
            return ()
        names, iris = self._read()
        last = wanted.rpartition("/")[2]
        found: dict[str, float] = {}
        for text in dict.fromkeys((wanted, last)):
            for _, score, place in process.extract(
                text, names, scorer=fuzz.ratio, processor=None, limit=4 * _SHOWN, score_cutoff=_ENOUGH
            ):
                found[iris[place]] = max(score, found.get(iris[place], 0.0))
        return tuple(sorted(found, key=lambda one: (-found[one], one))[:_SHOWN])

    def _read(self) -> tuple[list[str], list[str]]:
        with self._lock:
            if self._names is None:
                names: list[str] = []
                iris: list[str] = []
                for label_property in LABEL_PROPERTIES:
                    for quad in self._store.quads_for_pattern(None, label_property, None, DEFAULT_GRAPH):
                        if len(names) >= _NAMES:
                            break
                        node, value = quad.subject, quad.object
                        if not isinstance(node, ox.NamedNode) or not isinstance(value, ox.Literal):
                            continue
                        path = _plain(node.value.removeprefix(self._base))
                        if not node.value.startswith(self._base) or "#" in node.value:
                            continue
                        for name in (_plain(value.value), path, path.rpartition("/")[2]):
                            names.append(name)
                            iris.append(node.value)
                self._names = (names, iris)
            return self._names


def _plain(text: str) -> str:
    """Without regard to case, composition and the marks between words."""
    return in_words(unicodedata.normalize("NFC", unquote(text).removeprefix("id/"))).casefold().strip("/")
