"""What things are called, in the reader's language or the nearest there is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from urllib.parse import unquote

import pyoxigraph as ox

from kclod.rdf import DEFAULT_GRAPH
from kclod.store import Quads
from kclod.vocab import NAMES

LABEL_PROPERTIES = NAMES
_MOST_LABELS = 200
_CACHED = 65_536
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_-]+")


@dataclass(frozen=True, slots=True)
class Label:
    """Text to show for an IRI. `language` is the text's tag; `given` is false where it was made from the IRI."""

    text: str
    language: str | None = None
    given: bool = True


def pick(texts: Mapping[str, str], language: str) -> Label | None:
    """The text in the reader's language, else English, else untagged, else the first tag there is."""
    for wish in (language, "en", ""):
        for tag in sorted(texts):
            if tag == wish or (wish and tag.startswith(f"{wish}-")):
                return Label(texts[tag], tag or None)
    return next((Label(texts[tag], tag or None) for tag in sorted(texts)), None)


def folded(text: str) -> str:
    """A text as it is sorted: without case and accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))


def local_name(iri: str) -> str:
    """The last part of an IRI, decoded."""
    return unquote(re.split(r"[#/:]", iri.rstrip("#/"))[-1]) or iri


def in_words(name: str) -> str:
    """A local name as words: `hasPart` reads `has part`."""
    return _HUMP.sub(" ", name).lower().strip() or name


class Labels:
    """Labels of a store that does not change; those looked up are kept, up to a bound."""

    def __init__(self, store: Quads, prefixes: Mapping[str, str]) -> None:
        self._store = store
        self._prefixes = sorted(prefixes.items(), key=lambda item: -len(item[1]))
        self._texts = lru_cache(maxsize=_CACHED)(self._read)

    def of(self, iri: str, language: str) -> Label:
        """The label of a thing; its compact or plain IRI when it has none."""
        return pick(self._texts(iri), language) or Label(self.compact(iri), None, given=False)

    def of_term(self, iri: str, language: str) -> Label:
        """The label of a class or property; its local name in words when it has none."""
        return pick(self._texts(iri), language) or Label(in_words(local_name(iri)), "en", given=False)

    def has(self, iri: str) -> bool:
        """Whether the data gives a label."""
        return bool(self._texts(iri))

    def compact(self, iri: str) -> str:
        """`prefix:name` where a prefix is known, else the IRI."""
        for prefix, namespace in self._prefixes:
            if prefix and iri.startswith(namespace) and len(iri) > len(namespace):
                return f"{prefix}:{iri[len(namespace) :]}"
        return iri

    def _read(self, iri: str) -> dict[str, str]:
        node = ox.NamedNode(iri)
        graphs: Sequence[ox.DefaultGraph | None] = (DEFAULT_GRAPH, None)
        for graph in graphs:
            for label_property in LABEL_PROPERTIES:
                found: dict[str, str] = {}
                for quad in islice(self._store.quads_for_pattern(node, label_property, None, graph), _MOST_LABELS):
                    if isinstance(quad.object, ox.Literal) and quad.object.value.strip():
                        tag = quad.object.language or ""
                        found[tag] = min(found.get(tag, quad.object.value), quad.object.value)
                if found:
                    return found
        return {}
