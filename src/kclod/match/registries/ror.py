"""Records of the Research Organization Registry, schemas 1.0, 2.0 and 2.1 (https://ror.readme.io/docs/ror-data-structure).

Also records of schema 2 that were made plainer: `links` as texts, `external_ids` by type, locations without
`geonames_details`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kclod.match.entity import ACRONYM, ACTIVE, ALIAS, PREFERRED, STATUSES, Entity, Name, Reference

Record = Mapping[str, Any]


def entity_of(record: object) -> Entity:
    """A record as an entity. ValueError says what is wrong with it."""
    if not isinstance(record, Mapping) or not isinstance(record.get("id"), str):
        raise ValueError("it has no id")
    try:
        names = tuple(_names(record) if "names" in record else _names_1(record))
        if not names:
            raise ValueError("it has no name")
        status = record.get("status", ACTIVE)
        if status not in STATUSES:
            raise ValueError(f"its status is {status!r}")
        relations = [
            (str(each["type"]).casefold(), Reference(each["id"], tuple(filter(None, [each.get("label")]))))
            for each in record.get("relationships") or ()
        ]
        countries, places = _where(record)
        return Entity(
            id=record["id"],
            names=names,
            types=tuple(str(each).casefold() for each in record.get("types") or ()),
            countries=countries,
            places=places,
            parents=tuple(other for kind, other in relations if kind == "parent"),
            homepages=tuple(_homepages(record.get("links") or ())),
            identifiers=tuple(_identifiers(record)),
            status=status,
            successors=tuple(other.id for kind, other in relations if kind == "successor"),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it has not the form of the schema: {type(error).__name__} {error}") from None


def _names(record: Record) -> Iterator[Name]:
    """Schema 2: the name that ROR shows first."""
    for name in sorted(record["names"], key=lambda each: "ror_display" not in each["types"]):
        kinds = set(name["types"])
        kind = PREFERRED if kinds & {"label", "ror_display"} else ACRONYM if "acronym" in kinds else ALIAS
        yield Name(_text(name["value"]), name.get("lang") or "", kind)


def _names_1(record: Record) -> Iterator[Name]:
    yield Name(_text(record["name"]))
    for label in record.get("labels") or ():
        yield Name(_text(label["label"]), label.get("iso639") or "")
    for kind, field in ((ALIAS, "aliases"), (ACRONYM, "acronyms")):
        for text in record.get(field) or ():
            yield Name(_text(text), "", kind)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"a name is {value!r}")
    return value


def _where(record: Record) -> tuple[tuple[str, ...], tuple[Reference, ...]]:
    """Countries and places; a place's identifier is its number in GeoNames."""
    countries: dict[str, None] = {}
    places = []
    for each in record.get("locations") or ():
        details = each.get("geonames_details") or each
        if details.get("country_code"):
            countries[details["country_code"]] = None
        places.append((each.get("geonames_id"), details.get("name")))
    if country := record.get("country"):
        countries[country["country_code"]] = None
    for each in record.get("addresses") or ():
        city = each.get("geonames_city") or {}
        places.append((city.get("id"), each.get("city") or city.get("city")))
    made = (Reference(str(number or ""), (name,) if name else ()) for number, name in places if number or name)
    return tuple(countries), tuple(dict.fromkeys(made))


def _homepages(links: Iterable[Any]) -> Iterator[str]:
    for link in links:
        address, kind = (link, "website") if isinstance(link, str) else (link["value"], link["type"])
        if kind == "website" and ".wikipedia.org/" not in address:
            yield address


def _identifiers(record: Record) -> Iterator[tuple[str, str]]:
    found = record.get("external_ids") or {}
    pairs = found.items() if isinstance(found, Mapping) else ((each["type"], each) for each in found)
    for scheme, values in pairs:
        every = values["all"]
        for value in every if isinstance(every, list) else [every]:
            yield str(scheme).casefold(), str(value).replace(" ", "")
