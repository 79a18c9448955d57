"""The words, numbers and dates of the interface, by language: gettext catalogues in `locale/`, the rest from CLDR.

`messages.pot` has all words in English (msgid) under the keys by which the code asks for them (msgctxt); `ko.po` and
`fr.po` translate them, in the form that every gettext editor reads. Babel reads them, no compiled file is needed.
"""

from __future__ import annotations

import datetime
import gettext
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from importlib import resources

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, parse_pattern
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from kclod.vocab import DCT, FOAF, OA, OWL, PROV, RDF, RDFS, SCHEMA, SEMAPV, SKOS, SSSOM

LANGUAGES = ("en", "ko", "fr")
"""The languages of the interface; the first is that of the code and the fallback."""
_LOCALES = {"en": Locale.parse("en_001"), "ko": Locale.parse("ko"), "fr": Locale.parse("fr")}
"""English is that of the world, not of one country: 7 August 2025."""
_TEMPLATE = "messages.pot"
_KEPT = 16_384
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")

_BREAKS = re.compile(r" (?=[?!:;»](?:\s|$))|(?<=«) ")
"""In French, the spaces before double punctuation and inside guillemets: no line ends at them."""

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
    "sssom": SSSOM,
    "semapv": SEMAPV,
}


@dataclass(frozen=True)
class Catalogue:
    """The words of a language: by key the forms of a text (one, or one a plural), and which of them a number takes."""

    forms: Mapping[str, tuple[str, ...]]
    plural: Callable[[int], int]


@cache
def catalogue(language: str) -> Catalogue:
    """All words of a language. What a catalogue lacks, or has for another English text, is there in English."""
    folder = resources.files("kclod.web").joinpath("locale")
    with folder.joinpath(_TEMPLATE).open("rb") as file:
        template = [message for message in read_po(file) if message.id and message.context]
    english = {str(m.context): _forms(m.id) for m in template}
    if language == LANGUAGES[0]:
        return Catalogue(english, lambda n: int(n != 1))
    with folder.joinpath(f"{language}.po").open("rb") as file:
        translated = read_po(file, locale=language)
    forms = {}
    breaks = _BREAKS if language == "fr" else None
    for message in template:
        found = translated.get(message.id, message.context)
        texts = _forms(found.string) if found and not found.fuzzy else ()
        told = texts if texts and all(texts) else english[str(message.context)]
        forms[str(message.context)] = tuple(breaks.sub("\u00a0", text) for text in told) if breaks else told
    return Catalogue(forms, gettext.c2py(translated.plural_expr))


def _forms(strings: object) -> tuple[str, ...]:
    return tuple(map(str, strings)) if isinstance(strings, tuple | list) else (str(strings or ""),)


def word(language: str, key: str, **values: object) -> str:
    """The text of a key with its {names} replaced; `n` chooses the plural form. KeyError for an unknown key."""
    words = catalogue(language)
    forms, count = words.forms[key], values.get("n")
    text = forms[min(words.plural(count), len(forms) - 1)] if isinstance(count, int) else forms[-1]
    shown = {name: number(language, value) if isinstance(value, int) else value for name, value in values.items()}
    return text.format(**shown) if values else text


def has_word(key: str) -> bool:
    """Whether there is a text under a key."""
    return key in catalogue(LANGUAGES[0]).forms


def words(language: str, prefix: str) -> dict[str, tuple[str, ...]]:
    """The forms of all words whose keys begin with a prefix, by the rest of the key: what a script in a page needs."""
    forms = catalogue(language).forms
    return {key.removeprefix(prefix): texts for key, texts in forms.items() if key.startswith(prefix)}


def standard_term(language: str, iri: str) -> str | None:
    """The word for a term of a published vocabulary that everybody uses; None for any other."""
    for prefix, namespace in _VOCABULARIES.items():
        if iri.startswith(namespace):
            forms = catalogue(language).forms.get(f"term {prefix}:{iri.removeprefix(namespace)}")
            return forms[0] if forms else None
    return None


@lru_cache(maxsize=_KEPT)
def number(language: str, value: int | Decimal) -> str:
    """A number as the language writes it, with all its digits."""
    return format_decimal(value, locale=_LOCALES[language], decimal_quantization=False)


@lru_cache(maxsize=_KEPT)
def language_name(language: str, tag: str) -> str | None:
    """What a language tag (BCP 47) means in a language; None for a tag that is not known."""
    try:
        return Locale.parse(tag, sep="-").get_display_name(_LOCALES[language])
    except (ValueError, UnknownLocaleError):
        return None


@lru_cache(maxsize=_KEPT)
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
    return _interval(language, start, end) or word(language, "date.between", start=first, end=last)


def _interval(language: str, start: str, end: str) -> str | None:
    """Two days or months as one text, what they share said once: 7–24 May 2024 (CLDR, part 4, interval formats)."""
    first, last = _day(start), _day(end)
    if first is None or last is None or len(start) != len(end) or start >= end:
        return None
    differing = next(unit for unit, length in (("y", 4), ("M", 7), ("d", 10)) if start[:length] != end[:length])
    skeleton = {4: "y", 7: "yMMM", 10: "yMMMd"}[len(start)]
    patterns = _LOCALES[language].interval_formats[skeleton][differing]
    # CLDR has these patterns with short months only; dates here have whole ones
    whole = (parse_pattern(pattern.replace("MMM", "MMMM")) for pattern in patterns)
    return "".join(pattern.apply(day, _LOCALES[language]) for pattern, day in zip(whole, (first, last), strict=True))


def _point(language: str, lexical: str) -> str | None:
    if lexical.endswith(("~", "?")):
        inner = _point(language, lexical[:-1])
        key = "date.about" if lexical.endswith("~") else "date.unsure"
        return word(language, key, date=inner) if inner and lexical[-2] not in "~?" else None
    day = _day(lexical)
    skeleton = {4: "y", 7: "yMMMM", 10: "yMMMMd"}.get(len(lexical))
    return format_skeleton(skeleton, day, locale=_LOCALES[language]) if day and skeleton else None


def _day(lexical: str) -> datetime.date | None:
    """The first day of a year, month or day; None for what is none of these."""
    match = _DATE.fullmatch(lexical)
    try:
        return datetime.date(int(match[1]), int(match[2] or 1), int(match[3] or 1)) if match else None
    except ValueError:
        return None
