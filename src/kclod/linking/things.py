"""Rows of a query → the entities that may be linked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from kclod.errors import Problem, RefusedError
from kclod.match.countries import country_of
from kclod.match.entity import ACRONYM, ALIAS, FORMER, PREFERRED, Entity, Name, Reference

_NAMES = {"name": PREFERRED, "alias": ALIAS, "acronym": ACRONYM, "former": FORMER}
_WHATS = (*_NAMES, "country", "place", "parent", "type", "homepage")


def query_things(store: ox.Store, query: str, item: str) -> list[Entity]:
    """The answers to a query with ?thing ?what ?value as entities, ordered by IRI.

    `what` says what the value is of the thing: name, alias, acronym, former, country, place, parent, type or homepage.
    Countries may be given by code (ISO 3166-1 alpha-2) or by name; a name that CLDR has not is passed over.
    RefusedError where the query is malformed, has other variables, or says something else.
    """
    try:
        found = store.query(query)
    except (SyntaxError, ValueError) as error:
        raise RefusedError(Problem("linking.things", str(error), "correct the query", item=item)) from None
    names = {each.value for each in found.variables} if isinstance(found, ox.QuerySolutions) else set()
    if not isinstance(found, ox.QuerySolutions) or names != {"thing", "what", "value"}:
        raise RefusedError(
            Problem("linking.things", "the query does not select ?thing ?what ?value", "do so", item=item)
        )
    told: dict[str, dict[str, list[Name]]] = {}
    for row in found:
        thing, what, value = row["thing"], row["what"], row["value"]
        if not isinstance(what, ox.Literal) or what.value not in _WHATS:
            known = ", ".join(_WHATS)
            raise RefusedError(Problem("linking.things", f"?what is {what}", f"use one of {known}", item=item))
        language = (value.language or "") if isinstance(value, ox.Literal) else ""
        text = value.value if isinstance(value, ox.Literal | ox.NamedNode) else str(value)
        if isinstance(thing, ox.NamedNode):
            told.setdefault(thing.value, {}).setdefault(what.value, []).append(Name(text, language))
    return [_entity(iri, facts) for iri, facts in sorted(told.items())]


def _entity(iri: str, facts: Mapping[str, Iterable[Name]]) -> Entity:
    texts = {what: tuple(sorted({value.text for value in values})) for what, values in facts.items()}
    names = {
        Name(value.text, value.language, kind): None
        for what, kind in _NAMES.items()
        for value in sorted(facts.get(what, ()), key=lambda each: (each.language, each.text))
    }
    return Entity(
        iri,
        tuple(names),
        texts.get("type", ()),
        tuple(sorted({code for text in texts.get("country", ()) if (code := country_of(text))})),
        tuple(Reference("", (name,)) for name in texts.get("place", ())),
        tuple(Reference("", (name,)) for name in texts.get("parent", ())),
        texts.get("homepage", ()),
    )
