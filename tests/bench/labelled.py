"""Labelled names for matching, from a registry's own records: a name is held out, and asked for.

Of each record one name becomes a question. Of most that name is taken out of the index; a quarter, and those with one
name, keep it, for people often write a name as the registry does. A quarter of all records is taken out altogether:
a name of each must find nothing. What is known beside the name comes in four levels, at the
last of which each of parent, type and homepage is known of half. In a few questions what is known is another record's,
as in real tables. Seeded: always the same questions.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kclod.match import Entity, Index, Name
from kclod.match.entity import ACRONYM, WITHDRAWN
from kclod.match.normalise import is_dense
from kclod.match.registries.ror import entity_of
from tests.bench.registry import published, real_records

LEVELS = ("name", "and country", "and place", "and parent, type, homepage")
_REMOVED = 0.25
_KEPT = 0.25
_WRONG = 0.03


@dataclass(frozen=True)
class Question:
    """A name to look for. `answer`: the record that had it; None where that is not in the index."""

    wanted: Entity
    answer: str | None
    language: str
    for_fitting: bool
    level: str
    answerable: bool
    """Whether the record keeps a full name in the same kind of script; or, where there is no answer, might have."""
    held_out: bool
    """False: the index has the name."""

    @property
    def name(self) -> str:
        return self.wanted.names[0].text


def labelled(seed: int = 11) -> tuple[list[Entity], list[Question]]:
    """The entities of the index, and the questions of all levels."""
    chance = random.Random(seed)
    real = [entity_of(published(record)) for record in real_records()]
    real = [entity for entity in real if entity.status != WITHDRAWN]
    kept: list[Entity] = []
    asked: list[tuple[Entity, Name, bool, bool]] = []
    for entity in real:
        held_out = chance.choice(entity.names)
        others = tuple(name for name in entity.names if name.text != held_out.text)
        removed = chance.random() < _REMOVED
        as_it_is = chance.random() < _KEPT
        keeps = as_it_is or not others
        if not removed:
            kept.append(entity if keeps else replace(entity, names=others))
        asked.append((entity, held_out, removed, keeps))
    questions = [question for each in asked for question in _questions(*each, real, chance)]
    return kept, questions


def _questions(
    entity: Entity, name: Name, removed: bool, keeps: bool, everything: Sequence[Entity], chance: random.Random
) -> list[Question]:
    known = chance.choice(everything) if chance.random() < _WRONG else entity
    wanted = [Entity("", (Name(name.text, name.language),))]
    wanted.append(replace(wanted[0], countries=known.countries))
    wanted.append(replace(wanted[1], places=known.places))
    halves = {field: getattr(known, field) for field in ("parents", "types", "homepages") if chance.random() < 0.5}
    wanted.append(replace(wanted[2], **halves))
    left = [other for other in entity.names if other.text != name.text and other.kind != ACRONYM]
    answerable = name.kind != ACRONYM and (removed or any(is_dense(n.text) == is_dense(name.text) for n in left))
    fitting = zlib.crc32(entity.id.encode()) % 2 == 0
    return [
        Question(each, None if removed else entity.id, _kind(name), fitting, level, answerable, not keeps)
        for each, level in zip(wanted, LEVELS, strict=True)
    ]


def _kind(name: Name) -> str:
    if name.kind == ACRONYM:
        return "acronym"
    if is_dense(name.text):
        return "ko" if name.language != "zh" else "other"
    return name.language if name.language in ("en", "fr", "es") else "unknown" if not name.language else "other"


def answered(index: Index, questions: Sequence[Question]) -> list[list[tuple[str, float, bool]]]:
    """For each question the ids of the best matches with their values, and whether each is safe."""
    found = index.match_many([question.wanted for question in questions])
    return [[(match.entity.id, match.score.value, match.score.safe) for match in matches] for matches in found]
