"""A graph of a million triples for query benchmarks: agreements, events, organisations and articles, by a seed.

Its kinds of things and its degrees are those of the real data, without evidence: organisations of two dozen countries
of which two have most, some of them hubs; areas in a tree; labels in three languages; dates over thirty years.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

BASE = "https://example.org/"
ID, TERM = f"{BASE}id/", f"{BASE}term#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_DATE = "http://www.w3.org/2001/XMLSchema#date"
_WORDS = [
    "Battery",
    "Quantum",
    "Hydrogen",
    "Robot",
    "Marine",
    "Polar",
    "Fusion",
    "Semiconductor",
    "Genome",
    "Vaccine",
    "Satellite",
    "Photon",
    "Material",
    "Mineral",
    "Nuclear",
    "Energy",
    "Climate",
    "Ocean",
    "Space",
    "Agriculture",
    "Water",
    "Data",
    "Language",
    "Vision",
    "Network",
    "Security",
    "Mobility",
    "Health",
]
_HANGUL = [
    "배터리",
    "양자",
    "수소",
    "로봇",
    "해양",
    "극지",
    "핵융합",
    "반도체",
    "유전체",
    "백신",
    "위성",
    "광자",
    "소재",
    "광물",
    "원자력",
    "에너지",
    "기후",
    "우주",
    "농업",
    "물",
]
_KINDS = ["Institute", "Centre", "Laboratory", "University", "Agency", "Council", "Company", "Foundation"]
_COUNTRIES = ("KR", "CA", *(f"X{number}" for number in range(22)))

ORGANISATIONS, AREAS, PLACES, AGREEMENTS, EVENTS, ARTICLES = 20_000, 500, 400, 42_000, 33_000, 15_000


def statements(scale: float = 1.0, seed: int = 1) -> Iterator[str]:
    """N-Triples lines; about a million at scale 1."""
    chance = random.Random(seed)
    organisations = int(ORGANISATIONS * scale)
    yield from _areas()
    yield from _places()
    for number in range(organisations):
        yield from _organisation(number, chance)
    for number in range(int(AGREEMENTS * scale)):
        yield from _agreement(number, organisations, chance)
    for number in range(int(EVENTS * scale)):
        yield from _event(number, organisations, chance)
    for number in range(int(ARTICLES * scale)):
        yield from _article(number, scale, organisations, chance)


def iri(kind: str, number: int) -> str:
    """The IRI of a thing."""
    return f"<{ID}{kind}/{number}>"


def _says(subject: str, term: str, value: str) -> str:
    return f"{subject} <{TERM}{term}> {value} .\n"


def _is(subject: str, kind: str) -> str:
    return f"{subject} {_TYPE} <{TERM}{kind}> .\n"


def _label(subject: str, text: str, language: str) -> str:
    return f'{subject} <{SKOS}prefLabel> "{text}"@{language} .\n'


def _date(chance: random.Random) -> str:
    return f'"{chance.randint(1995, 2025)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"^^<{_DATE}>'


def _some(chance: random.Random, bound: int, skew: int = 3) -> int:
    """A number below a bound, low ones much more often: those are the hubs."""
    return int(bound * chance.random() ** skew)


def _areas() -> Iterator[str]:
    for number in range(AREAS):
        area = iri("area", number)
        yield _is(area, "Area")
        yield _label(area, f"{_WORDS[number % len(_WORDS)]} technology {number}", "en")
        yield _label(area, f"{_HANGUL[number % len(_HANGUL)]} 기술 {number}", "ko")
        above = number
        while above:
            above = (above - 1) // 5
            if above == (number - 1) // 5 and number:
                yield f"{area} <{SKOS}broader> {iri('area', above)} .\n"
            yield f"{area} <{SKOS}broaderTransitive> {iri('area', above)} .\n"


def _places() -> Iterator[str]:
    for number in range(PLACES):
        place = iri("place", number)
        yield _is(place, "Place")
        yield _label(place, f"Place {number}", "en")
        yield _says(place, "within", f"<{ID}country/{_COUNTRIES[number % len(_COUNTRIES)]}>")


def _organisation(number: int, chance: random.Random) -> Iterator[str]:
    thing = iri("organisation", number)
    kind, word = chance.choice(_KINDS), chance.choice(_WORDS)
    country = _COUNTRIES[_some(chance, len(_COUNTRIES), 2)]
    yield _is(thing, "Organisation")
    yield _label(thing, f"{kind} of {word} Research {number}", "en")
    yield _label(thing, f"{chance.choice(_HANGUL)} 연구원 {number}", "ko")
    yield _label(thing, f"Institut de recherche {word} {number}", "fr")
    yield _says(thing, "country", f"<{ID}country/{country}>")
    if number and chance.random() < 0.4:
        yield _says(thing, "partOf", iri("organisation", _some(chance, number)))


def _agreement(number: int, organisations: int, chance: random.Random) -> Iterator[str]:
    thing = iri("agreement", number)
    word = chance.choice(_WORDS)
    yield _is(thing, "Agreement")
    yield _label(thing, f"Memorandum on {word} cooperation {number}", "en")
    yield _label(thing, f"{chance.choice(_HANGUL)} 협력 양해각서 {number}", "ko")
    for party in {_some(chance, organisations) for _ in range(2 + (chance.random() < 0.2))}:
        yield _says(thing, "party", iri("organisation", party))
    yield _says(thing, "status", f"<{ID}status/{chance.choice(('signed', 'planned', 'proposed', 'ended'))}>")
    if chance.random() < 0.9:
        yield _says(thing, "date", _date(chance))
    for area in {chance.randrange(AREAS) for _ in range(2)}:
        yield _says(thing, "area", iri("area", area))
    if chance.random() < 0.3:
        yield _says(thing, "note", f'"Follows a visit; see file {number}"')


def _event(number: int, organisations: int, chance: random.Random) -> Iterator[str]:
    thing = iri("event", number)
    yield _is(thing, "Event")
    yield _label(thing, f"{chance.choice(_WORDS)} workshop {number}", "en")
    yield _says(thing, "date", _date(chance))
    yield _says(thing, "place", iri("place", chance.randrange(PLACES)))
    yield _says(thing, "area", iri("area", chance.randrange(AREAS)))
    for participant in {_some(chance, organisations) for _ in range(3)}:
        yield _says(thing, "participant", iri("organisation", participant))


def _article(number: int, scale: float, organisations: int, chance: random.Random) -> Iterator[str]:
    thing = iri("article", number)
    yield _is(thing, "Article")
    yield _says(thing, "title", f'"Article {number} on {chance.choice(_WORDS)}"')
    yield _says(thing, "published", _date(chance))
    for mentioned in {_some(chance, organisations) for _ in range(9)}:
        yield _says(thing, "mentions", iri("organisation", mentioned))
    for mentioned in {chance.randrange(int(AGREEMENTS * scale)) for _ in range(3)}:
        yield _says(thing, "mentions", iri("agreement", mentioned))
