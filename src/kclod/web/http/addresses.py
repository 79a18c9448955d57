"""Which IRI a path of this site stands for, and where on this site an IRI is described."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

_THINGS = "id/"
_SLASHES = re.compile("/{2,}")
_UNSAFE = re.compile(r"[\x00-\x20<>\"{}|\\^`]")


@dataclass(frozen=True, slots=True)
class Address:
    """A document path (`B + id/X` and `B + X` have the document X), and a place in that document."""

    path: str
    fragment: str


@dataclass(frozen=True, slots=True)
class Addresses:
    """The public base IRI of the data. Where the site is reached is another matter: its links are local paths."""

    base_iri: str

    def of(self, iri: str) -> Address | None:
        """The document of an IRI below the base; None for any other."""
        if not iri.startswith(self.base_iri):
            return None
        path, _, fragment = iri.removeprefix(self.base_iri).partition("#")
        return Address(path.removeprefix(_THINGS), fragment) if path.removeprefix(_THINGS) else None

    def candidates(self, path: str) -> Iterator[str]:
        """The IRIs that a document path may stand for, likeliest first; the store decides."""
        for spelling in spellings(path):
            yield f"{self.base_iri}{_THINGS}{spelling}"
            yield f"{self.base_iri}{spelling}"


def spellings(path: str) -> Iterator[str]:
    """A decoded path and its variants: what no IRI holds escaped again, composed or decomposed Unicode (NFC, NFD), no
    slash at the end, one slash for several.
    """
    seen: set[str] = set()
    plain = _SLASHES.sub("/", path).strip("/")
    forms = (path, path.rstrip("/"), plain)
    for form in (*forms, *(unicodedata.normalize(kind, form) for kind in ("NFC", "NFD") for form in forms)):
        for spelling in (
            form,
            _UNSAFE.sub(lambda match: quote(match[0]), form),
            quote(form, safe="/:@!$&'()*+,;=~-._"),
        ):
            if spelling and spelling not in seen:
                seen.add(spelling)
                yield spelling
