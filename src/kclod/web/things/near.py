"""Close matches for an address at which there is nothing: by the letters of names and of the last parts of IRIs."""

from __future__ import annotations

import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote

import pyoxigraph as ox
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from kclod.rdf import DEFAULT_GRAPH
from kclod.store import Quads
from kclod.web.things.labels import LABEL_PROPERTIES, in_words

_NAMES = 100_000
"""Names that are compared, which takes 20 to 40 ms; of a larger graph the others are not suggested."""
_SHOWN = 6
_LONGEST = 120
_BESIDE = 10.0
"""What it counts that a thing is in the same folder as the one that is not there."""
_ENOUGH = 72.0
"""Of 100, the similarity from which a name is worth showing, what it counts to be in the same folder with it."""
_KEPT = 512


class Near:
    """The names of the things below a base IRI, read when something is first not found. Safe for threads.

    One request at a time is helped so: a client that asks for many addresses of nothing slows nobody else.
    """

    def __init__(self, store: Quads, base_iri: str) -> None:
        self._store, self._base = store, base_iri
        self._names: tuple[list[str], list[str]] | None = None
        self._found: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._busy = threading.Lock()

    def to(self, iri: str) -> tuple[str, ...]:
        """The IRIs of up to six things that are called like one that is not there, the closest first; in its folder
        those too that are called longer."""
        wanted = _plain(iri.removeprefix(self._base))
        if not wanted or len(wanted) > _LONGEST:
            return ()
        if (kept := self._found.get(wanted)) is not None:
            return kept
        if not self._busy.acquire(blocking=False):
            return ()
        try:
            found = self._found[wanted] = self._closest(wanted)
            if len(self._found) > _KEPT:
                self._found.popitem(last=False)
        finally:
            self._busy.release()
        return found

    def _closest(self, wanted: str) -> tuple[str, ...]:
        names, iris = self._read()
        folder, _, text = wanted.rpartition("/")

        def beside(place: int) -> bool:
            return _plain(iris[place].removeprefix(self._base)).rpartition("/")[0] == folder

        closest = process.extract(
            text, names, scorer=fuzz.ratio, processor=None, limit=8 * _SHOWN, score_cutoff=_ENOUGH - _BESIDE
        )
        alike = (
            (place, score + _BESIDE * beside(place))
            for name, score, place in closest
            if OSA.distance(name, text) <= _changes(min(len(name), len(text)))
        )
        longer = ((place, _ENOUGH) for place, name in enumerate(names) if name.startswith(f"{text} ") and beside(place))
        found: dict[str, float] = {}
        for place, score in (*alike, *islice(longer, _SHOWN)):
            if score >= _ENOUGH:
                found[iris[place]] = max(score, found.get(iris[place], 0.0))
        return tuple(sorted(found, key=lambda one: (-found[one], one))[:_SHOWN])

    def _read(self) -> tuple[list[str], list[str]]:
        if self._names is None:
            pairs = list(dict.fromkeys(islice(self._named(), _NAMES)))
            self._names = ([name for name, _ in pairs], [iri for _, iri in pairs])
        return self._names

    def _named(self) -> Iterator[tuple[str, str]]:
        """Names and last parts of paths, each with the IRI that it stands for."""
        for label_property in LABEL_PROPERTIES:
            for quad in self._store.quads_for_pattern(None, label_property, None, DEFAULT_GRAPH):
                node, value = quad.subject, quad.object
                if not isinstance(node, ox.NamedNode) or not isinstance(value, ox.Literal):
                    continue
                if node.value.startswith(self._base) and "#" not in node.value:
                    path = _plain(node.value.removeprefix(self._base))
                    for name in (_plain(value.value), path.rpartition("/")[2]):
                        yield name, node.value


def _changes(letters: int) -> int:
    """In how many letters a word may differ: the similarity of short ones tells nothing."""
    return 1 if letters < 4 else 2 if letters < 8 else letters


def _plain(text: str) -> str:
    """Without regard to case, composition and the marks between words."""
    return in_words(unicodedata.normalize("NFC", unquote(text).removeprefix("id/"))).casefold().strip("/")
