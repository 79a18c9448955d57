"""What the documents are made of: the description of the dataset, the dumps at hand, the inputs, earlier releases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass

import pyoxigraph as ox
from pydantic import TypeAdapter

from kclod import history, rdf
from kclod.dumps import Offered
from kclod.integrity import InputEntry
from kclod.release import Dump, Release, dump_name
from kclod.site import Site
from kclod.sorted_dump import SortedLines
from kclod.vocab import DCAT, DCT

_CREATIVE_COMMONS = re.compile(r"https?://creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)/(\d\.\d)/?")
_ZERO, _MARK = "zero", "mark"


@dataclass(frozen=True)
class Facts:
    """Everything that the documents state. Texts by language, the empty one for none."""

    site: Site
    version: str
    """Of the release: that of the dataset, and the digest of what it is made of."""
    earlier: tuple[str, ...]
    """The versions of the releases before it, the oldest first."""
    dumps: tuple[Dump, ...]
    """The files at hand."""
    more: tuple[Offered, ...]
    """What can be had beside them."""
    inputs: tuple[InputEntry, ...]
    tools: Mapping[str, str]
    keywords: Mapping[str, tuple[str, ...]]
    languages: tuple[str, ...]
    triples: int
    quads: int

    @property
    def folder(self) -> str:
        """Where the dumps are."""
        return f"{self.site.base_iri}dumps/"

    def text(self, texts: Mapping[str, str]) -> str:
        """A text in English, or else in the first language there is."""
        return texts.get("en") or texts.get("") or next(iter(texts.values()), "")

    @property
    def spdx(self) -> str | None:
        """The SPDX identifier of a Creative Commons licence; None of any other, which its IRI names."""
        match = _CREATIVE_COMMONS.fullmatch(self.site.licence or "")
        if match is None or match[1] == _MARK:
            return None
        return f"CC0-{match[2]}" if match[1] == _ZERO else f"CC-{match[1].upper()}-{match[2]}"


def facts_of(release: Release, dumps: Iterable[Dump], more: Iterable[Offered] = ()) -> Facts:
    """The facts of a release of which these dumps are at hand, and more can be had."""
    site, manifest = release.site, release.manifest
    with closing(SortedLines(release.path / dump_name(site, rdf.N_QUADS))) as lines:
        about = rdf.quads_from(lines.starting(f"<{site.dataset_iri}> "))
    keywords: dict[str, dict[str, None]] = {}
    languages: dict[str, None] = {}
    for quad in about:
        if quad.predicate == DCAT["keyword"] and isinstance(quad.object, ox.Literal):
            keywords.setdefault(quad.object.language or "", {})[quad.object.value] = None
        elif quad.predicate == DCT["language"] and not isinstance(quad.object, ox.Triple):
            languages[quad.object.value.rstrip("/").rpartition("/")[2]] = None
    return Facts(
        site=site,
        version=release.version,
        earlier=tuple(one.version for one in history.up_to(release) if one.version != release.version),
        dumps=tuple(sorted(dumps, key=lambda dump: dump.name)),
        more=tuple(sorted(more, key=lambda item: item.name)),
        inputs=tuple(TypeAdapter(list[InputEntry]).validate_python(manifest["inputs"])),
        tools=TypeAdapter(dict[str, str]).validate_python(manifest["tools"]),
        keywords={language: tuple(words) for language, words in keywords.items()},
        languages=tuple(languages),
        triples=release.counts.default_graph_triples,
        quads=release.counts.quads,
    )
