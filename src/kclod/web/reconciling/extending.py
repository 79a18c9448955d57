"""Data extension (section 7): values of properties for entities, as the settings of each property ask for them."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import islice

import pyoxigraph as ox

from kclod.rdf import DEFAULT_GRAPH, Term
from kclod.store import Quads
from kclod.web import interface
from kclod.web.reconciling.asked import AskedError, Extension, Wanted
from kclod.web.reconciling.schema import Schema
from kclod.web.reconciling.spaces import Spaces
from kclod.web.reconciling.told import Json, Teller
from kclod.web.reconciling.values import sent

MOST_VALUES = 1_000
"""Values of one property of one entity; of more, the request is refused unless it sets a limit."""
_THINGS, _TEXT, _IRI = CONTENTS = ("entity", "literal", "id")
"""What is sent of a value that is a thing: the entity itself, its name, or its IRI."""
_BEST, _ALL = "best", "all"


@dataclass(frozen=True, slots=True)
class _Settings:
    limit: int
    content: str
    language: str


def settings_of(language: str) -> list[Json]:
    """The settings that each property has (section 7.1), in a language."""

    def words(name: str) -> Json:
        label, text = (interface.word(language, f"reconcile.{name}{end}") for end in ("", ".help"))
        return {"name": name, "label": label, "help_text": text}

    contents = [{"value": one, "name": interface.word(language, f"reconcile.content.{one}")} for one in CONTENTS]
    languages = [
        *({"value": one, "name": interface.word(language, f"reconcile.language.{one}")} for one in (_BEST, _ALL)),
        *({"value": tag, "name": interface.word(tag, "language.name")} for tag in interface.LANGUAGES),
    ]
    return [
        words("limit") | {"type": "number", "default": 0},
        words("content") | {"type": "select", "default": _THINGS, "choices": contents},
        words("language") | {"type": "select", "default": _BEST, "choices": languages},
    ]


class Extender:
    """Answers data extension queries. Safe for threads."""

    def __init__(self, store: Quads, schema: Schema, spaces: Spaces, teller: Teller, known: Container[str]) -> None:
        """`known` has the IRIs of the entities."""
        self._store, self._schema, self._spaces, self._teller, self._known = store, schema, spaces, teller, known

    def extend(self, asked: Extension, language: str) -> Json:
        """The data extension response: columns and rows (section 7.4).

        AskedError for a property that is none and a setting that is none: a whole column would be wrong. An
        identifier that is of no entity has a row without values, and is told in `errors`.
        """
        columns, meta = [], []
        for number, wanted in enumerate(asked.properties):
            place = f"/properties/{number}"
            iri = self._schema.property(wanted.property)
            if iri is None:
                detail = f"there is no property {wanted.property!r}; see suggest/property"
                raise AskedError("unknown-property", detail, f"{place}/id")
            columns.append((wanted.property, iri, _settings(wanted, f"{place}/settings")))
            kind = self._schema.range(iri)
            told: Json = {"id": wanted.property, "name": self._teller.term(iri, language)}
            meta.append(told | ({"type": self._teller.kind(kind, language)} if kind else {}))
        rows: dict[str, Json] = {}
        errors: list[Json] = []
        for number, identifier in enumerate(asked.identifiers):
            iri = self._spaces.iri(identifier)
            if iri is None or iri not in self._known:
                detail = f"there is no entity {identifier!r}"
                errors.append({"code": "unknown-entity", "detail": detail, "pointer": f"/ids/{number}"})
                rows[identifier] = {name: [] for name, _, _ in columns}
            else:
                rows[identifier] = {name: self._values(iri, one, chosen, language) for name, one, chosen in columns}
        found: Json = {"meta": meta, "rows": rows}
        return found | ({"errors": errors} if errors else {})

    def _values(self, entity: str, predicate: str, chosen: _Settings, language: str) -> list[Json]:
        quads = self._store.quads_for_pattern(ox.NamedNode(entity), ox.NamedNode(predicate), None, DEFAULT_GRAPH)
        values = [quad.object for quad in islice(quads, MOST_VALUES + 1)]
        if len(values) > MOST_VALUES and not chosen.limit:
            detail = f"{entity} has more than {MOST_VALUES} values of {predicate}; set a `limit`, or ask with SPARQL"
            raise AskedError("extension-too-large", detail, "/properties", status=413)
        values = _spoken(sorted(values, key=str), chosen.language, language)
        return [self._sent(value, chosen, language) for value in values[: chosen.limit or None]]

    def _sent(self, value: Term, chosen: _Settings, language: str) -> Json:
        if isinstance(value, ox.Literal):
            return dict(sent(value))
        if not isinstance(value, ox.NamedNode):
            return {"str": str(value)}
        if chosen.content == _IRI:
            return {"str": value.value}
        if value.value in self._known:
            name = self._teller.name(value.value, language)
            return (
                {"str": name} if chosen.content == _TEXT else {"id": self._spaces.identifier(value.value), "name": name}
            )
        named = self._teller.given_name(value.value, language)  # a value outside of the identifier space is no entity
        return {"str": named if named and chosen.content == _TEXT else value.value}


def _spoken(values: Sequence[Term], wish: str, language: str) -> list[Term]:
    """Of texts in several languages those that are wished for; whatever is no such text stays."""
    tags = sorted({v.language for v in values if isinstance(v, ox.Literal) and v.language})
    if wish == _ALL or not tags:
        return list(values)
    wished = language if wish == _BEST else wish
    kept = [tag for tag in tags if tag == wished or tag.startswith(f"{wished}-")]
    if not kept and wish == _BEST:
        kept = [tag for tag in tags if tag.partition("-")[0] == "en"] or tags[:1]
    return [v for v in values if not isinstance(v, ox.Literal) or not v.language or v.language in kept]


def _settings(wanted: Wanted, place: str) -> _Settings:
    """The settings of a property; what a form sends as text counts as the number it is."""

    def refuse(name: str, detail: str) -> AskedError:
        return AskedError("bad-setting", f"`{name}` {detail}", f"{place}/{name}")

    found = {"limit": 0, "content": _THINGS, "language": _BEST} | dict(wanted.settings)
    if unknown := next((name for name in found if name not in ("limit", "content", "language")), None):
        raise refuse(unknown, "is no setting; there are limit, content and language")
    limit = found["limit"]
    if isinstance(limit, str) and limit.isascii() and limit.isdigit() and len(limit) < 10:
        limit = int(limit)
    if limit in ("", None):
        limit = 0
    if not isinstance(limit, int | float) or isinstance(limit, bool) or not 0 <= limit <= 10**9 or limit != int(limit):
        raise refuse("limit", "is a whole number; 0 is no limit")
    if found["content"] not in CONTENTS:
        raise refuse("content", f"is one of {', '.join(CONTENTS)}")
    languages = (_BEST, _ALL, *interface.LANGUAGES)
    if found["language"] not in languages:
        raise refuse("language", f"is one of {', '.join(languages)}")
    return _Settings(int(limit), str(found["content"]), str(found["language"]))
