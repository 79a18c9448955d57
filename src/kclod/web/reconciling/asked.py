"""What a request asks: reconciliation query batches (section 4.1) and data extension queries (7.3), read exactly.

A batch that is no batch is refused as a whole. What is wrong with one query is told in its place, and the others are
answered.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST_CANDIDATES = 100
"""The most that a query may ask for."""
_USUAL_CANDIDATES = 5
_LONGEST, _MOST_CONDITIONS, _MOST_VALUES, _MOST_TYPES = 1_000, 20, 50, 20
_FIELDS = ("query", "type", "limit", "properties", "type_strict")
_STRICT = ("any", "should", "all")


class AskedError(Exception):
    """What is wrong with what is asked: a stable code, `place`, a JSON Pointer (RFC 6901), and the status to refuse by.

    `more` are further members of what is told.
    """

    def __init__(self, code: str, detail: str, place: str = "", *, status: int = 400, **more: object) -> None:
        super().__init__(detail)
        self.code, self.detail, self.place, self.status, self.more = code, detail, place, status, more

    def told(self) -> dict[str, object]:
        """As a JSON object."""
        return {"code": self.code, "detail": self.detail, "pointer": self.place, **self.more}


@dataclass(frozen=True, slots=True)
class Given:
    """One value of a condition: a text (numbers and truth values as JSON writes them), or the identifier of a thing."""

    text: str = ""
    identifier: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A property, as the client names it, with the values of which a thing should have one."""

    property: str
    values: tuple[Given, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A reconciliation query. `types` are as the client names them; of them a thing must have one, or `every`."""

    text: str
    types: tuple[str, ...]
    every: bool
    limit: int
    conditions: tuple[Condition, ...]
    place: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A property to fetch, with its settings."""

    property: str
    settings: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Extension:
    """A data extension query: identifiers and properties, as the client names them."""

    identifiers: tuple[str, ...]
    properties: tuple[Wanted, ...]


def read_batch(text: str, most: int) -> dict[str, Query | AskedError]:
    """The queries of a batch by their keys, or what is wrong with each.

    AskedError with 400 for what is no batch, 413 for one of more than `most` queries.
    """
    batch = _read_json(text, "queries")
    if not isinstance(batch, dict):
        raise AskedError("bad-batch", f"`queries` is a JSON object of queries by key, not {_kind(batch)}")
    if len(batch) > most:
        detail = f"{len(batch)} queries in a batch are more than {most}, the batchSize of the manifest; send several"
        raise AskedError("batch-too-large", detail, status=413, queries=len(batch), batchSize=most)
    found: dict[str, Query | AskedError] = {}
    for key, value in batch.items():
        try:
            found[key] = _query(value, f"/{_escaped(key)}")
        except AskedError as error:
            found[key] = error
    return found


def read_extension(text: str, most: int, most_properties: int) -> Extension:
    """A data extension query. AskedError with 400 for what is none, 413 for one that asks for too much."""
    value = _read_json(text, "extend")
    if not isinstance(value, dict):
        raise AskedError("bad-extension", f"`extend` is a JSON object with ids and properties, not {_kind(value)}", "")
    for name in ("ids", "properties"):
        if not isinstance(value.get(name), list):
            raise AskedError("bad-extension", f"`{name}` is missing or no list", f"/{name}")
    identifiers, properties = value["ids"], []
    if len(identifiers) > most:
        detail = f"{len(identifiers)} ids are more than {most}, the batchSize of the manifest; send several requests"
        raise AskedError("extension-too-large", detail, "/ids", status=413, ids=len(identifiers), batchSize=most)
    if len(value["properties"]) > most_properties:
        detail = f"{len(value['properties'])} properties are more than {most_properties}; send several requests"
        raise AskedError("extension-too-large", detail, "/properties", status=413)
    for number, one in enumerate(identifiers):
        if not isinstance(one, str) or not one:
            raise AskedError("bad-extension", f"an id is a text that is not empty, not {_kind(one)}", f"/ids/{number}")
    for number, one in enumerate(value["properties"]):
        place = f"/properties/{number}"
        if not isinstance(one, dict) or not isinstance(one.get("id"), str):
            raise AskedError("bad-extension", "a property is an object with an `id`", place)
        settings = one.get("settings")
        if settings is not None and not isinstance(settings, dict):
            raise AskedError("bad-extension", "`settings` is an object", f"{place}/settings")
        properties.append(Wanted(one["id"], settings or {}))
    if len({wanted.property for wanted in properties}) < len(properties):
        raise AskedError("bad-extension", "a property is asked for twice; a row has room for one", "/properties")
    return Extension(tuple(identifiers), tuple(properties))


def _query(value: object, place: str) -> Query:
    if not isinstance(value, dict):
        raise AskedError("bad-query", f"a query is an object, not {_kind(value)}", place)
    if unknown := next((name for name in value if name not in _FIELDS), None):
        raise AskedError("bad-query", f"a query has the fields {', '.join(_FIELDS)}", f"{place}/{_escaped(unknown)}")
    text = value.get("query", "")
    if not isinstance(text, str):
        raise AskedError("bad-query", f"`query` is a text, not {_kind(text)}", f"{place}/query")
    if len(text) > _LONGEST:
        raise AskedError("bad-query", f"`query` has at most {_LONGEST} characters", f"{place}/query")
    conditions = _conditions(value.get("properties", []), f"{place}/properties")
    if not text.strip() and not conditions:
        raise AskedError("bad-query", "a query has a `query` that is not empty, or properties", place)
    strict = value.get("type_strict", "any")
    if strict not in _STRICT:
        raise AskedError("bad-query", f"`type_strict` is one of {', '.join(_STRICT)}", f"{place}/type_strict")
    types = _types(value.get("type"), f"{place}/type")
    limit = _limit(value.get("limit", _USUAL_CANDIDATES), f"{place}/limit")
    return Query(text.strip(), types, strict == "all", limit, conditions, place)


def _types(value: object, place: str) -> tuple[str, ...]:
    """One identifier or several; the text of the specification has objects with one too."""
    if value is None:
        return ()
    listed = value if isinstance(value, list) else [value]
    if len(listed) > _MOST_TYPES:
        raise AskedError("bad-query", f"`type` has at most {_MOST_TYPES} types", place)
    found: dict[str, None] = {}
    for one in listed:
        named = one.get("id") if isinstance(one, dict) else one
        if not isinstance(named, str) or not named:
            raise AskedError("bad-query", "`type` is the identifier of a type, or a list of such", place)
        found[named] = None
    return tuple(found)


def _limit(value: object, place: str) -> int:
    whole = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not whole or value != int(value) or not 1 <= value <= MOST_CANDIDATES:  # type: ignore[call-overload,operator]  # a number
        raise AskedError("bad-query", f"`limit` is a whole number from 1 to {MOST_CANDIDATES}", place)
    return int(value)  # type: ignore[call-overload,no-any-return]  # a number


def _conditions(value: object, place: str) -> tuple[Condition, ...]:
    if not isinstance(value, list) or len(value) > _MOST_CONDITIONS:
        raise AskedError("bad-query", f"`properties` is a list of at most {_MOST_CONDITIONS} properties", place)
    found = []
    for number, one in enumerate(value):
        here = f"{place}/{number}"
        if not isinstance(one, dict) or not isinstance(one.get("pid"), str) or "v" not in one:
            raise AskedError("bad-query", "a property is an object with `pid`, a text, and `v`", here)
        values = one["v"] if isinstance(one["v"], list) else [one["v"]]
        if len(values) > _MOST_VALUES:
            raise AskedError("bad-query", f"`v` has at most {_MOST_VALUES} values", f"{here}/v")
        found.append(Condition(one["pid"], tuple(_given(v, f"{here}/v") for v in values)))
    return tuple(found)


def _given(value: object, place: str) -> Given:
    match value:
        case str():
            text = value
        case bool() | int():
            text = json.dumps(value)
        case float() if math.isfinite(value):
            text = json.dumps(value)
        case dict() if isinstance(value.get("id"), str) and value["id"]:
            return Given(identifier=value["id"])
        case _:
            raise AskedError(
                "bad-query", "a value is a text, a number, a truth value, or an object with an `id`", place
            )
    if len(text) > _LONGEST:
        raise AskedError("bad-query", f"a value has at most {_LONGEST} characters", place)
    return Given(text)


def _read_json(text: str, name: str) -> Any:
    """What a JSON text holds. Names that come twice, which would hide one another, are refused."""

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len(found := dict(pairs)) < len(pairs):
            raise AskedError("malformed-json", f"`{name}` has an object in which a name comes twice")
        return found

    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        detail = f"`{name}` is no JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        raise AskedError("malformed-json", detail, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise AskedError("malformed-json", f"`{name}` is nested too deep") from None
    except ValueError as error:  # a number with more digits than Python reads, or NaN
        raise AskedError("malformed-json", f"`{name}` has a number that cannot be read: {error}") from None
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise AskedError("malformed-json", f"`{name}` has half of a surrogate pair, which is no character") from None
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not in JSON")


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a truth value"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
    return "an object"


def _escaped(name: str) -> str:
    """A name as JSON Pointer writes it."""
    return name.replace("~", "~0").replace("/", "~1")
