"""An entity made ready for comparison: its names as weighed tokens, and the words that its surroundings explain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from kclod.match.countries import names_of
from kclod.match.entity import Entity, Name, Reference
from kclod.match.normalise import Spelled, is_acronymic, is_dense, key, tokens

Weigh = Callable[[Sequence[str]], list[float]]


@dataclass(frozen=True, slots=True)
class Named:
    """A name ready for comparison. `key`: its words; `tokens`: what they are compared by, with the weight of each."""

    name: Name
    key: str
    tokens: dict[str, float]
    weight: float
    dense: bool
    """Whether it is in a script of which two characters say as much as a word."""
    acronymic: bool
    initials: tuple[str, ...]


class Known(NamedTuple):
    """Things that are referred to: their identifiers, and the words of their names by kind of script."""

    ids: frozenset[str]
    alphabetic: frozenset[str]
    dense: frozenset[str]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An entity ready for comparison.

    `where`: the words of its country's and places' names; `around`: also those of its parents'. Both also hold the
    beginnings of words, with a `*`: what such words are made from.
    """

    entity: Entity
    names: tuple[Named, ...]
    where: frozenset[str]
    around: frozenset[str]
    countries: frozenset[str]
    types: frozenset[str]
    hosts: frozenset[str]
    places: Known
    parents: Known
    identifiers: Mapping[str, frozenset[str]]


def prepared(entity: Entity, spelled: Sequence[Spelled], weigh: Weigh) -> Prepared:
    """An entity with its names as they are looked up; `weigh` says how much a token tells."""
    of_names = [dict.fromkeys(tokens(words)) for words, _ in spelled]
    flat = [token for each in of_names for token in each]
    weights = iter(weigh(flat))
    names = []
    for name, (words, initials), unweighed in zip(entity.names, spelled, of_names, strict=True):
        weighed = {token: next(weights) for token in unweighed}
        acronymic = is_acronymic(name)
        names.append(
            Named(
                name,
                words,
                weighed,
                sum(weighed.values()),
                is_dense(words),
                acronymic,
                () if acronymic else initials,
            )
        )
    where = frozenset(word for country in entity.countries for word in _country_words(country))
    where |= _words_of(entity.places)
    identifiers: dict[str, frozenset[str]] = {}
    for scheme, value in entity.identifiers:
        identifiers[scheme] = identifiers.get(scheme, frozenset()) | {value}
    return Prepared(
        entity,
        tuple(names),
        where,
        where | _words_of(entity.parents),
        frozenset(entity.countries),
        frozenset(entity.types),
        frozenset(filter(None, map(host, entity.homepages))),
        _known(entity.places),
        _known(entity.parents),
        identifiers,
    )


def _known(references: Sequence[Reference]) -> Known:
    if not references:
        return _NOTHING
    keys = [_key(name) for each in references for name in each.names]
    return Known(
        frozenset(each.id for each in references if each.id),
        frozenset(key for key in keys if not is_dense(key)),
        frozenset(filter(is_dense, keys)),
    )


_NOTHING = Known(frozenset(), frozenset(), frozenset())


def _words_of(references: Sequence[Reference]) -> frozenset[str]:
    return _with_stems(token for each in references for name in each.names for token in _tokens(name))


@lru_cache(50_000)
def _key(text: str) -> str:
    return key(text)


@lru_cache(50_000)
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(tokens(_key(text)))


@lru_cache(1_000)
def _country_words(country: str) -> frozenset[str]:
    """The words of a country's names (ISO 3166-1 alpha-2) in several languages, its code included."""
    return _with_stems(token for name in names_of(country) for token in _tokens(name)) | {country.lower()}


def _with_stems(words: Iterable[str]) -> frozenset[str]:
    """Words, and what words made from them begin with: five letters, or all of a word of four."""
    known = frozenset(words)
    return known | {f"{word[:5]}*" for word in known if len(word) >= 4}


@lru_cache(50_000)
def host(address: str) -> str:
    """The host of a web address without `www`; empty where there is none."""
    try:
        found = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
    return found.removeprefix("www.")
