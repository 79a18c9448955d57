"""What a claim says, from its row: in words for a reader, and as what its evidence may be expected to mention."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kclod.evidence.mentions import Passage
from kclod.records import Records
from kclod.records.kinds import FieldSpec
from kclod.records.rows import Row

Labels = Mapping[str, Mapping[str, str]]
"""IRI → language tag → label."""
PLAIN = ("string", "text")
COUNTED = ("integer", "decimal")


@dataclass(frozen=True)
class Clues:
    """What a claim's evidence may mention, each by the form in which it is told to a reader."""

    names: Mapping[str, tuple[str, ...]]
    """Entity or text → all its names."""
    numbers: tuple[str, ...]
    dates: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.names or self.numbers or self.dates)

    def mentioned(self, words: str) -> tuple[str, ...]:
        """Those of them that some words mention."""
        passage = Passage.of(words)
        return (
            *(shown for shown, names in self.names.items() if any(map(passage.has_name, names))),
            *(number for number in self.numbers if passage.has_number(Decimal(number))),
            *(date for date in self.dates if passage.has_date(date)),
        )


@dataclass
class Reader:
    """Reads rows by the kinds that declare them. Labels are those of concepts and classes; entities bring their own."""

    records: Records
    labels: Labels
    _names: dict[str, list[str]] = field(default_factory=dict)
    _written: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _shown: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.records.rows["entities.json"]:
            self._names[row["iri"]] = [text["value"] for key in ("label", "alt") for text in row.get(key, ())]
            self._shown[row["iri"]] = preferred({text["lang"]: text["value"] for text in row["label"]})
        for row in self.records.rows["items.json"]:
            match sorted(values(row, self._fields(row)), key=lambda found: found[0].type):
                case [(FieldSpec(type="ref"), entity), (FieldSpec(type="text"), texts)]:
                    written = self._written.setdefault((row["article"]["id"], entity["iri"]), [])
                    written.extend(text["value"] for text in texts)

    def _fields(self, row: Row) -> Mapping[str, FieldSpec]:
        return self.records.kinds.items[row["kind"]].fields

    def says(self, row: Row) -> tuple[tuple[str, str], ...]:
        """What an item states: (field, words); an object's fields are put in one line."""
        return tuple(self._lines(row, self._fields(row)))

    def told(self, row: Row) -> tuple[tuple[str, str], ...]:
        """How the source tells it, from the fields that every item has: (field, words)."""
        return tuple(self._lines(row, self.records.kinds.claim.fields))

    def clues(self, row: Row) -> Clues:
        """What the words of an item's evidence may mention: entities, names, numbers, dates.

        An entity goes by its labels in any language, and by the names that items of the same article give it: an item
        that states one reference and one text, and nothing else, gives a name. Concepts and classes are no clues,
        since what they classify need not be said in such words.
        """
        names: dict[str, tuple[str, ...]] = {}
        numbers: dict[str, None] = {}
        dates: dict[str, None] = {}
        for spec, value in values(row, self._fields(row)):
            if spec.type == "ref":
                written = self._written.get((row["article"]["id"], value["iri"]), ())
                names[self._shown[value["iri"]]] = (*self._names[value["iri"]], *written)
            elif spec.type in PLAIN:
                texts = [value] if isinstance(value, str) else [text["value"] for text in value]
                names |= {text: (text,) for text in texts}
            elif spec.type in COUNTED:
                numbers[str(value)] = None
            elif spec.type == "date":
                dates[value["edtf"]] = None
        return Clues(names, tuple(numbers), tuple(dates))

    def _lines(self, row: Row, fields: Mapping[str, FieldSpec]) -> Iterator[tuple[str, str]]:
        for key, spec in fields.items():
            found = row.get(key)
            if found is None:
                continue
            name = key.replace("_", " ")
            if spec.type == "object":
                for child in found if spec.many else [found]:
                    parts = [f"{part}: {text}" for part, text in self._lines(child, spec.fields)]
                    yield name, "; ".join(parts)
            elif spec.many:
                yield name, ", ".join(self._words(spec, one) for one in found)
            else:
                yield name, self._words(spec, found)

    def _words(self, spec: FieldSpec, value: Any) -> str:  # JSON
        match spec.type:
            case "ref":
                return self._shown[value["iri"]]
            case "concept" | "class":
                return preferred(self.labels.get(value["iri"], {})) or str(value["id"])
            case "claim":
                return str(value["iri"])
            case "date":
                return str(value["edtf"])
            case "text":
                return " / ".join(text["value"] for text in value)
            case "boolean":
                return "yes" if value else "no"
            case _:
                return str(value)


def values(row: Row, fields: Mapping[str, FieldSpec]) -> Iterator[tuple[FieldSpec, Any]]:
    """Each value of a row's fields, those of nested objects too; a text in its languages counts as one value."""
    for key, spec in fields.items():
        found = row.get(key)
        if found is None:
            continue
        several: Iterable[Any] = found if spec.many else [found]
        for one in several:
            if spec.type == "object":
                yield from values(one, spec.fields)
            else:
                yield spec, one


def preferred(texts: Mapping[str, str]) -> str:
    """The English text, as the command line speaks English, or the first there is; "" where there is none."""
    return texts.get("en") or next(iter(texts.values()), "")
