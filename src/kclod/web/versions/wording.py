"""What changed from one release to another, in the words of a language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyoxigraph as ox

from kclod.changes import EntityChange, FactChange
from kclod.vocab import XSD
from kclod.web import interface
from kclod.web.plain import plain
from kclod.web.present import parse_term
from kclod.web.things.labels import Labels
from kclod.web.versions.summary import Summary

_LONG = 300
_DATES = {XSD[name].value for name in ("date", "gYear", "gYearMonth")} | {"http://id.loc.gov/datatypes/edtf/EDTF"}


class Wording:
    """Names and values in one language; a name that the first release does not give is taken from the next."""

    def __init__(self, language: str, labels: Sequence[Labels]) -> None:
        self.language, self._labels = language, labels

    def word(self, key: str, **values: object) -> str:
        """A word of the interface."""
        return interface.word(self.language, key, **values)

    def name(self, iri: str) -> str:
        """What a thing is called."""
        if iri.startswith("_:"):
            return self.word("changes.part")
        for labels in self._labels:
            if labels.has(iri):
                return plain(labels.of(iri, self.language).text, _LONG)
        whole, _, part = iri.partition("#")
        if part and any(labels.has(whole) for labels in self._labels):
            return f"{self.name(whole)} · {part}"
        return interface.standard_term(self.language, iri) or self._labels[0].compact(iri)

    def property(self, iri: str) -> str:
        """What a property is called."""
        for labels in self._labels:
            if labels.has(iri):
                label = labels.of_term(iri, self.language)
                if label.language == self.language:
                    return label.text
        return interface.standard_term(self.language, iri) or self._labels[0].of_term(iri, self.language).text

    def value(self, term: str) -> str:
        """An N-Triples term as a reader says it."""
        read = parse_term(term)
        if isinstance(read, ox.Literal):
            text = interface.date(self.language, read.value) if read.datatype.value in _DATES else None
            tag = f" ({read.language})" if read.language and read.language != self.language else ""
            return f"“{plain(read.value, _LONG)}”{tag}" if text is None else text
        return self.name(read.value) if isinstance(read, ox.NamedNode) else self.word("changes.part")

    def place(self, fact: FactChange) -> str | None:
        """Where a fact is, unless the release vouches for it as stated."""
        if fact.role == "stated":
            return None
        if fact.role is None:
            return self.word("changes.in", graph=self.name(fact.graph))
        known = interface.catalogue(self.language).forms
        return self.word(f"graph.{fact.role}") if f"graph.{fact.role}" in known else fact.role

    def summary(self, before: str, after: str, numbers: Summary) -> list[str]:
        """The two versions and the numbers of their difference, a line each."""
        title = self.word("changes.title", before=before, after=after)
        if not numbers.added and not numbers.removed:
            return [title, self.word("changes.none")]
        things = {kind.value: number for kind, number in numbers.things.items()}
        return [
            title,
            self.word("changes.things", **things),
            self.word("changes.statements", added=numbers.added, removed=numbers.removed),
            self.word("changes.links", added=numbers.links_added, removed=numbers.links_removed),
        ]

    def lines(self, entity: EntityChange) -> Iterator[str]:
        """A thing and its facts, for a terminal."""
        iri = "" if entity.iri.startswith("_:") else f"  <{entity.iri}>"
        yield f"{self.name(entity.iri)}{iri}: {self.word(f'changes.kind.{entity.kind.value}')}"
        for fact in entity.facts:
            place = self.place(fact)
            where = f"  [{place}]" if place else ""
            name = self.property(fact.predicate)
            if len(fact.removed) == len(fact.added) == 1:
                yield f"  {name}: {self.value(fact.removed[0])} → {self.value(fact.added[0])}{where}"
                continue
            for sign, values in (("−", fact.removed), ("+", fact.added)):
                for value in values:
                    yield f"  {sign} {name}: {self.value(value)}{where}"

    def as_json(self, entity: EntityChange) -> dict[str, object]:
        """A thing with its facts, for programs: terms as in N-Triples, names in the language."""
        return {
            "iri": entity.iri,
            "name": self.name(entity.iri),
            "change": entity.kind.value,
            "facts": [
                {
                    "property": fact.predicate,
                    "name": self.property(fact.predicate),
                    "removed": fact.removed,
                    "added": fact.added,
                    "role": fact.role,
                    "graph": fact.graph or None,
                }
                for fact in entity.facts
            ],
        }
