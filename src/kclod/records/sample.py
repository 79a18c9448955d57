"""Rows of each kind with every field filled, by which mappings are checked against the declaration of kinds.

A reference that finds nothing in these rows can never find anything; a field whose value no reference reads is not
mapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kclod.records.kinds import FieldSpec, Kinds, Vocabulary
from kclod.records.rows import Expander, Row

DIGEST = "0" * 64
SPAN = {"start": 0, "end": 1, "sha256": DIGEST}
FIRST_YEAR = 1000


@dataclass(frozen=True)
class Sample:
    """Rows by source path, and for each declared field the value that stands in it and in no other."""

    rows: dict[str, list[Row]]
    marks: Mapping[str, object]

    def unread(self, values: Iterable[object]) -> list[str]:
        """The fields whose value is not among these; an IRI counts by its last segment."""
        read = {text.rsplit("/", 1)[-1] for text in map(str, values)}
        return [name for name, mark in self.marks.items() if str(mark) not in read]


@dataclass
class _Sampler:
    """Makes records in which each field has a value of its own."""

    base_iri: str
    vocabulary: Vocabulary = field(default_factory=lambda: Vocabulary({}, {}, {}, ()))
    marks: dict[str, object] = field(default_factory=dict)

    def record(self, name: str, fields: Mapping[str, FieldSpec], **envelope: object) -> dict[str, Any]:
        return {**self.values(name, fields), "id": name, "note": f"{name}.note", **envelope}

    def values(self, name: str, fields: Mapping[str, FieldSpec]) -> dict[str, object]:
        return {key: self.value(f"{name}.{key}", spec) for key, spec in fields.items()}

    def value(self, name: str, spec: FieldSpec) -> object:
        if spec.type == "object":
            one: object = self.values(name, spec.fields)
        else:
            one = self.marks[name] = self.mark(name, spec)
        if spec.type == "text":
            return {"en": [one]} if spec.many else {"en": one}
        if spec.type == "iri":
            one = f"{self.base_iri}{one}"
        return [one] if spec.many else one

    def mark(self, name: str, spec: FieldSpec) -> object:
        known, number = self.vocabulary, len(self.marks)
        match spec.type:
            case "integer":
                return number
            case "decimal":
                return Decimal(number)
            case "boolean":
                return True
            case "date":
                return f"{FIRST_YEAR + number}-01-01"
            case "ref":
                _known(known.entities, spec.to[0], set()).add(name)
            case "concept":
                _known(known.concepts, spec.scheme, {})[name] = f"{self.base_iri}{name}"
            case "class":
                _known(known.classes, spec.under, {})[name] = f"{self.base_iri}{name}"
        return name


def _known(names: Mapping[str, Any], key: str, empty: object) -> Any:  # the vocabulary's sets and maps are ours to fill
    return names.setdefault(key, empty) if isinstance(names, dict) else empty


def sample(kinds: Kinds, base_iri: str) -> Sample:
    """A row of each kind with every field filled. Fields of all items are marked once, as `claim.…`."""
    sampler = _Sampler(base_iri)
    entities = {
        kind: sampler.record(
            kind,
            spec.fields,
            label={"en": f"{kind}.label"},
            alt={"en": [f"{kind}.alt"]},
            definition={"en": f"{kind}.definition"},
        )
        for kind, spec in kinds.entities.items()
    }
    common = sampler.values("claim", kinds.claim.fields)
    items = [
        sampler.record(f"item.{kind}", spec.fields, kind=kind, evidence=[SPAN], **common)
        for kind, spec in kinds.items.items()
    ]
    text = {"file": "file", "sha256": DIGEST, "length": 1}
    head = sampler.record("article", kinds.article.fields, title="title", text=text)
    for kind in kinds.entities:
        _known(sampler.vocabulary.entities, kind, set())
    expand = Expander(kinds, sampler.vocabulary, base_iri)
    origin: Row = {"file": "sample", "line": 1}
    article = expand.article(head, origin)
    rows = {
        "articles.json": [article],
        "entities.json": [expand.entity(kind, one, origin) for kind, one in entities.items()],
        "items.json": [expand.item(article, one, origin) for one in items],
    }
    return Sample(rows, sampler.marks)
