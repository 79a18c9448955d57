"""Rows of a query → the entities that may be linked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from kclod.errors import Problem, RefusedError
from kclod.match.countries import country_of
from kclod.match.entity import ACRONYM, ALIAS, FORMER, PREFERRED, Entity, Name, Reference

Term = ox.NamedNode | ox.Literal | ox.BlankNode | ox.Triple
_NAMES = {"name": PREFERRED, "alias": ALIAS, "acronym": ACRONYM, "former": FORMER}
_WHATS = (*_NAMES, "country", "place", "parent", "type", "homepage")


def query_things(store: ox.Store, query: str, item: str) -> list[Entity]:
    """The answers to a query with ?thing ?what ?value as entities. RefusedError as of `entities_of`, or malformed."""
    try:
        found = store.query(query)
    except (SyntaxError, ValueError) as error:
        raise RefusedError(Problem("linking.things", str(error), "correct the query", item=item)) from None
    if not isinstance(found, ox.QuerySolutions):
        raise _refused("the query is no SELECT", "select ?thing ?what ?value", item)
    variables = [each.value for each in found.variables]
    return entities_of(({name: row[name] for name in variables} for row in found), item)


def linked_things(store: ox.Store, namespace: str) -> dict[str, set[str]]:
    """The things that have an identifier of a namespace as the object of any statement of the default graph."""
    quoted = str(ox.Literal(namespace))
    query = f"SELECT DISTINCT ?thing ?id WHERE {{ ?thing ?p ?id FILTER(ISIRI(?id) && STRSTARTS(STR(?id), {quoted})) }}"
    found = store.query(query)
    linked: dict[str, set[str]] = {}
    for row in found if isinstance(found, ox.QuerySolutions) else ():
        thing, identifier = row["thing"], row["id"]
        if isinstance(thing, ox.NamedNode) and isinstance(identifier, ox.NamedNode):
            linked.setdefault(thing.value, set()).add(identifier.value)
    return linked


def entities_of(rows: Iterable[Mapping[str, Term | None]], item: str) -> list[Entity]:
    """Rows with thing, what and value as entities, ordered by IRI.

    `what` says what the value is of the thing: name, alias, acronym, former, country, place, parent, type or homepage.
    Countries may be given by code (ISO 3166-1 alpha-2) or by name; a name that CLDR has not is passed over.
    RefusedError where a row has other variables or says something else; `item`: whose query it is.
    """
    told: dict[str, dict[str, list[Name]]] = {}
    for row in rows:
        if row.keys() != {"thing", "what", "value"}:
            raise _refused(f"the query selects {', '.join(sorted(row))}", "select ?thing ?what ?value", item)
        thing, what, value = row["thing"], row["what"], row["value"]
        if not isinstance(what, ox.Literal) or what.value not in _WHATS:
            raise _refused(f"?what is {what}", f"use one of {', '.join(_WHATS)}", item)
        if isinstance(thing, ox.NamedNode) and isinstance(value, ox.Literal | ox.NamedNode):
            language = (value.language or "") if isinstance(value, ox.Literal) else ""
            told.setdefault(thing.value, {}).setdefault(what.value, []).append(Name(value.value, language))
    return [_entity(iri, facts) for iri, facts in sorted(told.items())]


def _refused(message: str, fix: str, item: str) -> RefusedError:
    return RefusedError(Problem("linking.things", message, fix, item=item))


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
