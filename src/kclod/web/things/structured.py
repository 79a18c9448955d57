"""A thing in the words of schema.org, as JSON-LD for the search engines and tools that read it in pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.vocab import OWL, SKOS, XSD
from kclod.web.plain import plain
from kclod.web.things.entity import Entity
from kclod.web.things.statements import Group

_SAME = frozenset({OWL["sameAs"], SKOS["exactMatch"]})
_VALUES = 50
_UNSAFE = re.compile("[<>&\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_NUMBERS = (XSD["integer"], XSD["decimal"], XSD["double"])


def schema_types(entity: Entity, terms: Mapping[str, str]) -> list[str]:
    """What schema.org calls the classes of a thing; `Thing` where nothing is mapped."""
    found = [terms[t.value.value] for t in entity.types if isinstance(t.value, ox.NamedNode) and t.value.value in terms]
    return list(dict.fromkeys(found)) or ["Thing"]


def structured(
    entity: Entity, terms: Mapping[str, str], name: str, page: Mapping[str, object], dataset: Mapping[str, object]
) -> str:
    """The JSON-LD of a page's thing. `terms` maps classes and properties; `page` and `dataset` describe what has it.

    Only what the release vouches for is in it. The text may stand inside a script element of an HTML page.
    """
    types = schema_types(entity, terms)
    described: dict[str, object] = {
        "@context": "https://schema.org/",
        "@id": entity.node.value,
        "@type": types[0] if len(types) == 1 else types,
        "name": _many(_value(s.value) for group in entity.names for s in group.statements) or plain(name),
    }
    if entity.lead is not None:
        described["description"] = _many(_value(s.value) for s in entity.lead.statements)
    same = [
        one.iri
        for registry in entity.identifiers
        for one in registry.identifiers
        if one.iri is not None and not _SAME.isdisjoint(one.predicates)
    ]
    if same:
        described["sameAs"] = _many(same)
    for group in _single(entity):
        term = terms.get(group.predicate.value) if group.predicate is not None else None
        if term is not None and term not in described:
            described[term] = _many(_value(s.value) for s in group.statements if not s.inferred)
    described = {key: value for key, value in described.items() if value not in (None, [])}
    described["mainEntityOfPage"] = (
        {"@type": "WebPage"} | dict(page) | {"isPartOf": {"@type": "Dataset"} | dict(dataset)}
    )
    return script_text(described)


def script_text(value: object) -> str:
    """JSON that can stand in a script element: nothing in it ends the element or begins a comment (HTML, 4.12.1.3)."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _single(entity: Entity) -> Iterable[Group]:
    sections = (group for section in entity.sections for group in section.groups)
    return (*entity.key, *sections, *entity.rest)


def _many(values: Iterable[object]) -> object:
    found = [value for value in values if value is not None][:_VALUES]
    return found[0] if len(found) == 1 else found


def _value(term: Term) -> object:
    if isinstance(term, ox.NamedNode):
        return {"@id": term.value}
    if not isinstance(term, ox.Literal):
        return None
    if term.language:
        return {"@language": term.language, "@value": term.value}
    if term.datatype in _NUMBERS:
        try:
            return int(term.value) if term.datatype == XSD["integer"] else float(term.value)
        except ValueError:
            return term.value
    return term.value
