"""Real records for the tests of matching."""

import json
from functools import cache
from pathlib import Path

from kclod.match import Entity, Index, Name
from kclod.match.registries.ror import entity_of

RECORDS = Path(__file__).parent / "ror.jsonl"


@cache
def entities() -> tuple[Entity, ...]:
    return tuple(entity_of(json.loads(line)) for line in RECORDS.read_text("utf-8").splitlines())


@cache
def index() -> Index:
    return Index.of(entities())


def wanted(*names: str, **known: tuple[object, ...]) -> Entity:
    return Entity("", tuple(Name(name) for name in names), **known)  # type: ignore[arg-type]
