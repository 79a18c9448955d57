"""The words of the interface itself, by language: the catalogues in `locale/`, one JSON file a language."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

from kclod.vocab import DCT, OA, OWL, PROV, RDF, RDFS, SCHEMA, SKOS
from kclod.web.labels import FOAF

LANGUAGES = ("en", "ko", "fr")
"""The languages of the interface; the first is the fallback."""
_DATE = re.compile(r"(-?\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_THOUSANDS = {"en": ",", "ko": ",", "fr": "\u202f"}

_VOCABULARIES = {
    "dcterms": DCT,
    "foaf": FOAF,
    "oa": OA,
    "owl": OWL,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "schema": SCHEMA,
    "skos": SKOS,
}

Catalogue = Mapping[str, str | Mapping[str, str]]


@cache
def catalogue(language: str) -> Catalogue:
    """All words of a language: by key a text, or one by plural form (`one`, `other`)."""
    text = resources.files("kclod.web").joinpath("locale", f"{language}.json").read_text("utf-8")
    words: Catalogue = json.loads(text)
    return words


def word(language: str, key: str, **values: object) -> str:
    """The text of a key with its {names} replaced; `n` chooses the plural form. KeyError for an unknown key."""
    entry = catalogue(language)[key]
    if not isinstance(entry, str):
        count = values.get("n")
        single = count in ((0, 1) if language == "fr" else (1,)) and "one" in entry
        entry = entry["one" if single else "other"]
    shown = {name: number(language, value) if isinstance(value, int) else value for name, value in values.items()}
    return entry.format(**shown) if values else entry


def standard_term(language: str, iri: str) -> str | None:
    """The word for a term of a published vocabulary that everybody uses; None for any other."""
    for prefix, namespace in _VOCABULARIES.items():
        if iri.startswith(namespace):
            entry = catalogue(language).get(f"term {prefix}:{iri.removeprefix(namespace)}")
            return entry if isinstance(entry, str) else None
    return None


def number(language: str, value: int) -> str:
    """A whole number with the thousands separator of the language."""
    return f"{value:,}".replace(",", _THOUSANDS[language])


def date(language: str, lexical: str) -> str | None:
    """A year, month or day (ISO 8601, also EDTF level 0) in words; None for anything else."""
    match = _DATE.fullmatch(lexical)
    if match is None:
        return None
    year, month, day = match[1], match[2], match[3]
    names = word(language, "months").split("|")
    if month is None:
        return word(language, "date.year", year=year)
    if not 1 <= int(month) <= len(names):
        return None
    if day is None:
        return word(language, "date.month", year=year, month=names[int(month) - 1])
    return word(language, "date.day", year=year, month=names[int(month) - 1], day=str(int(day)))
