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
    """A date in words; None for a form that is better shown as it stands.

    Takes ISO 8601 years, months and days, and of EDTF (ISO 8601-2) intervals, open or not, and `?` and `~` at the end.
    """
    start, slash, end = lexical.partition("/")
    if not slash:
        return _point(language, lexical)
    first, last = (_point(language, part) if part not in ("", "..") else part for part in (start, end))
    if first is None or last is None or (start in ("", "..") and end in ("", "..")):
        return None
    if start in ("", ".."):
        return word(language, "date.until", end=last)
    if end in ("", ".."):
        return word(language, "date.since", start=first)
    return word(language, "date.between", start=first, end=last)


def _point(language: str, lexical: str) -> str | None:
    if lexical.endswith(("~", "?")):
        inner = _point(language, lexical[:-1])
        key = "date.about" if lexical.endswith("~") else "date.unsure"
        return word(language, key, date=inner) if inner and lexical[-2] not in "~?" else None
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
