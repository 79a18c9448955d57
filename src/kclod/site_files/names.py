"""The names of things in files by their words' first letters, in which the script of the search box looks.

`search/names/XXXX.json`, XXXX being the code point in hexadecimal of a letter in lower case, without marks (Unicode
NFKD), is a list of `[name, language, address, labels]` of the things with a name of which a word begins with it;
`labels` are what the thing is called in the languages of the interface where that is not the name.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from itertools import islice

import pyoxigraph as ox

from kclod.rdf import DEFAULT_GRAPH
from kclod.site_files.work import Work, page_of
from kclod.vocab import NAMES, OTHER_NAMES
from kclod.web.interface import LANGUAGES

_WORDS = re.compile(r"\w+")
_LONGEST = 200
"""Characters of a name; longer ones are texts."""


def name_index(work: Work) -> Mapping[str, bytes]:
    """The files and their content. It is held in memory: about 300 bytes for each word of a name."""
    reader, labels = work.published.reader, work.published.labels
    found: dict[str, list[tuple[str, str, str, str]]] = {}
    called: dict[str, str] = {}
    for predicate in (*NAMES, *OTHER_NAMES):
        for quad in reader.store.quads_for_pattern(None, predicate, None, DEFAULT_GRAPH):
            subject, name = quad.subject, quad.object
            if not isinstance(subject, ox.NamedNode) or not isinstance(name, ox.Literal) or len(name.value) > _LONGEST:
                continue
            address = work.published.addresses.of(subject.value)
            if address is None or address.fragment:
                continue
            href = f"{work.prefix}{page_of(address.path)}"
            if href not in called:
                texts = {language: labels.of(subject.value, language).text for language in LANGUAGES}
                called[href] = json.dumps(texts, ensure_ascii=False)
            row = (name.value, name.language or "", href, called[href])
            for key in {word[0] for word in islice(_WORDS.findall(_plain(name.value)), 20)}:
                found.setdefault(key, []).append(row)
    return {
        f"search/names/{ord(key):04x}.json": _written(sorted(set(rows)))
        for key, rows in sorted(found.items())
    }  # fmt: skip


def _written(rows: list[tuple[str, str, str, str]]) -> bytes:
    listed = [[name, language, href, json.loads(labels)] for name, language, href, labels in rows]
    return json.dumps(listed, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    return "".join(c for c in apart if not unicodedata.category(c).startswith("M")).lower()
