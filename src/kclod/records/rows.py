"""Checked records → rows: the JSON that mappings read.

A row is self-contained, because RML has no way to look at an enclosing record: a reference to an entity becomes
`{id, kind, iri}`, a concept or class `{id, iri}`, a date `{edtf, earliest, latest}`, text by language
`[{value, lang, parent}]`, and each nested object has a `parent` with the enclosing record's fields that do not repeat.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kclod.records.dates import bounds
from kclod.records.kinds import FieldSpec, Kinds, Vocabulary

Row = dict[str, Any]
ENVELOPE_TEXT = FieldSpec(type="text")
ENVELOPE_TEXTS = FieldSpec(type="text", many=True)


def entity_iri(base_iri: str, kind: str, slug: str) -> str:
    """The IRI of a registered entity."""
    return f"{base_iri}id/{kind}/{slug}"


@dataclass(frozen=True)
class Expander:
    """Expands checked values by their field's type."""

    kinds: Kinds
    vocabulary: Vocabulary
    base_iri: str
    named_entities: dict[str, str] = field(default_factory=dict)
    """Slug → kind of the entities that the values expanded so far name."""
    named_claims: set[str] = field(default_factory=set)
    """`{article}/{item}` of the claims that they name."""

    def claim_iri(self, key: str) -> str:
        """The IRI of a claim and of its graph; key: `{article}/{item}`."""
        return f"{self.base_iri}claim/{key}"

    def single(self, spec: FieldSpec, value: Any, article: str) -> Any:  # JSON
        """One value that does not depend on what encloses it."""
        match spec.type:
            case "ref":
                kind = next(kind for kind in spec.to if value in self.vocabulary.entities[kind])
                self.named_entities[value] = kind
                return {"id": value, "kind": kind, "iri": entity_iri(self.base_iri, kind, value)}
            case "claim":
                key = value if "/" in value else f"{article}/{value}"
                self.named_claims.add(key)
                return {"iri": self.claim_iri(key)}
            case "concept":
                return {"id": value, "iri": self.vocabulary.concepts[spec.scheme][value]}
            case "class":
                return {"id": value, "iri": self.vocabulary.classes[spec.under][value]}
            case "date":
                earliest, latest = bounds(value)
                return {"edtf": value} | _present(earliest=earliest, latest=latest)
            case "decimal":
                return _plain(Decimal(value))
            case _:
                return value

    def fill(self, row: Row, fields: Mapping[str, FieldSpec], values: Mapping[str, Any], article: str = "") -> Row:
        """Add to a row the fields that have a value; those that enclose others come last, with the row as parent."""
        nested = []
        for key, spec in fields.items():
            value = values.get(key)
            if value is None:
                continue
            if spec.type in ("text", "object"):
                nested.append((key, spec, value))
            else:
                row[key] = (
                    [self.single(spec, one, article) for one in value]
                    if spec.many
                    else self.single(spec, value, article)
                )
        parent = {key: value for key, value in row.items() if not isinstance(value, list)}
        for key, spec, value in nested:
            if spec.type == "text":
                row[key] = [{"value": text, "lang": tag, "parent": parent} for tag, text in _texts(value)]
                continue
            children = value if spec.many else [value]
            made = [
                self.fill({"n": n, "parent": parent}, spec.fields, child, article)
                for n, child in enumerate(children, 1)
            ]
            row[key] = made if spec.many else made[0]
        return row

    def entity(self, kind: str, record: Mapping[str, Any], origin: Row) -> Row:
        """A row of `entities.json`."""
        slug = record["id"]
        row: Row = {"id": slug, "kind": kind, "iri": entity_iri(self.base_iri, kind, slug), "origin": origin}
        envelope = {
            "label": ENVELOPE_TEXT,
            "alt": ENVELOPE_TEXTS,
            "definition": ENVELOPE_TEXT,
            "note": FieldSpec(type="string"),
        }
        return self.fill(row, {**envelope, **self.kinds.entities[kind].fields}, record)

    def article(self, record: Mapping[str, Any], origin: Row) -> Row:
        """A row of `articles.json`."""
        slug = record["id"]
        row: Row = {
            "id": slug,
            "iri": entity_iri(self.base_iri, "article", slug),
            "title": record["title"],
            "text": dict(record["text"]),
        }
        return self.fill({**row, "origin": origin}, self.kinds.article.fields, record, slug)

    def item(self, article: Row, record: Mapping[str, Any], origin: Row) -> Row:
        """A row of `items.json`; `article` is the article's row."""
        kind, key = record["kind"], f"{article['id']}/{record['id']}"
        about = {
            key: value
            for key, value in article.items()
            if not isinstance(value, list) and key not in ("origin", "text")
        }
        row: Row = {"id": record["id"], "kind": kind, "claim": self.claim_iri(key), "article": about}
        row |= _present(note=record.get("note")) | {"origin": origin}
        fields = {**self.kinds.claim.fields, **self.kinds.items[kind].fields}
        row = self.fill(row, fields, record, article["id"])
        parent = {"id": row["id"], "claim": row["claim"], "article": about}
        row["evidence"] = [{"n": n, **span, "parent": parent} for n, span in enumerate(record["evidence"], 1)]
        return row


def _texts(value: Mapping[str, str | list[str]]) -> Iterator[tuple[str, str]]:
    for tag, texts in value.items():
        for text in [texts] if isinstance(texts, str) else texts:
            yield tag, text


def _present(**values: object) -> Row:
    return {key: value for key, value in values.items() if value is not None}


def _plain(number: Decimal) -> str:
    """XSD 1.1 decimal lexical form: no exponent."""
    return f"{number:f}"
