"""Countries by code and by name, from CLDR."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale

from kclod.match.normalise import key

LANGUAGES = ("de", "en", "es", "fr", "it", "ja", "ko", "nl", "pt", "zh")
"""In which names of countries are known."""


@lru_cache(1_000)
def names_of(code: str) -> tuple[str, ...]:
    """A country's names; `code`: ISO 3166-1 alpha-2."""
    names = (Locale(language).territories.get(code.upper(), "") for language in LANGUAGES)
    return tuple(dict.fromkeys(filter(None, names)))


def country_of(text: str) -> str | None:
    """The code (ISO 3166-1 alpha-2) of a country that is given by its code or by a name in one of LANGUAGES."""
    return text.upper() if text.upper() in _by_name().values() else _by_name().get(key(text))


@lru_cache(1)
def _by_name() -> dict[str, str]:
    return {
        key(name): code
        for language in LANGUAGES
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }


_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"})
"""Codes that CLDR has beside those of countries."""
