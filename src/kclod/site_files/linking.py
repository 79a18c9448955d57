"""The Link fields of documents as a few texts with gaps, so that a web server's rules can send them.

Pages and data documents have the same links but for their own address, the IRI they describe, and its classes. What is
the same in most of them is found by looking at all of them; rules have the others one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from urllib.parse import unquote

from kclod.site_files.asking import Answer
from kclod.site_files.kinds import Place, Representation
from kclod.site_files.places import Variant
from kclod.vocab import SCHEMA
from kclod.web.publication import Publication

RAW, ID, TYPES, IRI = "{raw}", "{id}", "{types}", "{iri}"
"""Gaps: the document's path as the address spells it, `id/` where its IRI has that, the classes it is of, `iri=`."""
_VALUE = re.compile(r"<([^>]*)>((?:;\s*[\w*-]+=\"[^\"]*\"|\s*;\s*[\w*-]+=\"[^\"]*\")*)")
_SHAPED = {"documents.page": "/page/", "documents.data": "/data/", "documents.links": "/linkset/"}
_OF_THE_PAST = ("original", "timegate", "timemap")
"""Relations of Memento (RFC 7089, section 2.2), which a server of several releases answers for."""
_ABOUT_PAGE = SCHEMA["AboutPage"].value


@dataclass(frozen=True, slots=True)
class Links:
    """The Link field of one document: its kind (the address as a pattern), its path, the text, its classes."""

    kind: str
    document: str
    text: str
    types: str = ""


@dataclass
class Gathered:
    """The Link fields of all documents, whatever the order in which they are told."""

    _documents: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """By kind and text."""
    types: dict[str, str] = field(default_factory=dict)
    """The classes of documents, as link values."""

    def add(self, found: Iterable[Links]) -> None:
        """Take some in."""
        for one in found:
            self._documents.setdefault(one.kind, {}).setdefault(one.text, []).append(intern(one.document))
            if one.types:
                self.types[one.document] = one.types

    def usual(self) -> dict[str, str]:
        """The text that most documents of each kind have."""
        return {kind: _commonest(texts) for kind, texts in self._documents.items()}

    def others(self, kind: str) -> dict[str, str]:
        """The texts of documents that have another one than their kind."""
        texts = self._documents.get(kind, {})
        usual = _commonest(texts) if texts else ""
        return {document: text for text in texts if text != usual for document in texts[text]}


def _commonest(texts: Mapping[str, Sequence[str]]) -> str:
    return min(texts, key=lambda text: (-len(texts[text]), text))


def links_of(
    published: Publication, prefix: str, place: Place, representation: Representation, *, variant: Variant, got: Answer
) -> list[Links]:
    """The Link field of an answer, taken apart; none where it has none, or belongs to one of many lists."""
    value = got.fields.get("link")
    if value and place.endpoint == "documents.describe" and [name for name, _ in place.selected] == ["iri"]:
        return [Links(f"{place.path} {representation.extension}", "", _of_any(value, place.selected[0][1]))]
    if not value or place.selected:
        return []
    start = _SHAPED.get(place.endpoint)
    if start is None:
        kind = f"{place.path} {representation.extension}".strip()
        return [Links(kind, "", value)]
    document = place.path.removeprefix(start)
    extension = ""
    if start != "/page/":
        document, _, extension = document.rpartition(".")
    base = published.addresses.base_iri
    texts: list[str] = []
    types: list[str] = []
    for target, attributes in _VALUE.findall(value):
        if any(f'rel="{relation}"' in attributes for relation in _OF_THE_PAST):
            continue
        if start == "/page/" and attributes == '; rel="type"' and target != _ABOUT_PAGE:
            if not types:
                texts.append(TYPES)
            types.append(f", <{target}>{attributes}")
            continue
        texts.append(f"<{_gapped(target, document, prefix, base)}>{attributes}")
    text = ", ".join(texts).replace(f", {TYPES}", TYPES)
    if start == "/page/" and TYPES not in text:  # a thing without a class has nothing in that gap
        about = f'<{_ABOUT_PAGE}>; rel="type"'
        text = text.replace(about, about + TYPES)
    kind = f"{start}{RAW}{'.' if extension else ''}{extension} {variant.folder}".strip()
    return [Links(kind, document, text, "".join(types))]


def _of_any(value: str, iri: str) -> str:
    """The links of a description of any IRI but the one to that IRI, which rules cannot spell from the parameter."""
    texts = (
        f"<{t.replace(f'iri={iri}', f'iri={IRI}')}>{more}"
        for t, more in _VALUE.findall(value)
        if "describes" not in more
    )
    return ", ".join(texts)


def _gapped(target: str, document: str, prefix: str, base: str) -> str:
    told = unquote(target)
    for start in _SHAPED.values():
        if told.startswith(f"{prefix}{start}{document}"):
            rest = told.removeprefix(f"{prefix}{start}{document}")
            if rest[:1] in ("", ".", "?"):
                return f"{prefix}{start}{RAW}{rest}"
    for between in ("id/", ""):
        if told == unquote(f"{base}{between}{document}"):
            return f"{base}{ID}{RAW}"
    return target
