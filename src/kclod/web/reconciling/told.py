"""How entities, types and properties are told: names and descriptions in a language (section 2)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

import pyoxigraph as ox

from kclod.rdf import DEFAULT_GRAPH
from kclod.store import Quads
from kclod.vocab import DCT, RDFS, SCHEMA, SKOS
from kclod.web import interface
from kclod.web.reconciling.asked import AskedError
from kclod.web.reconciling.matching import Candidate
from kclod.web.reconciling.schema import Kind, Schema
from kclod.web.reconciling.spaces import Spaces
from kclod.web.things.labels import Label, Labels, pick

_DESCRIPTIONS = (DCT["description"], SKOS["definition"], SCHEMA["description"], RDFS["comment"], SKOS["scopeNote"])
"""The property that is looked at first in front."""
_TEXTS, _SHOWN = 60, 240
_KEPT = 16_384

Json = dict[str, object]


class Teller:
    """Tells what there is in one of the languages. Safe for threads."""

    def __init__(self, store: Quads, labels: Labels, schema: Schema, spaces: Spaces) -> None:
        self._store, self._labels, self._schema, self._spaces = store, labels, schema, spaces
        self.entity = lru_cache(_KEPT)(self._entity)

    def name(self, iri: str, language: str) -> str:
        """What a thing is called; its identifier where the data has no name for it."""
        return self.given_name(iri, language) or self._spaces.identifier(iri)

    def given_name(self, iri: str, language: str) -> str | None:
        """What the data calls any IRI; None where it has no name for it."""
        label = self._labels.of(iri, language)
        return label.text if label.given else None

    def term(self, iri: str, language: str) -> str:
        """What a class or property is called."""
        label = self._labels.of_term(iri, language)
        if not label.given or label.language != language:
            standard = interface.standard_term(language, iri)
            label = Label(standard, language) if standard else label
        return label.text

    def description(self, iri: str, language: str) -> str | None:
        """What the data says that a thing is, a long text in part (with `…`); None where it says nothing."""
        node = ox.NamedNode(iri)
        for predicate in _DESCRIPTIONS:
            texts: dict[str, str] = {}
            for graph in (DEFAULT_GRAPH, None):
                for quad in islice(self._store.quads_for_pattern(node, predicate, None, graph), _TEXTS):
                    if isinstance(quad.object, ox.Literal) and (text := quad.object.value.strip()):
                        tag = quad.object.language or ""
                        texts[tag] = min(texts.get(tag, text), text)
                if found := pick(texts, language):
                    return found.text if len(found.text) <= _SHOWN else f"{found.text[: _SHOWN - 1].rstrip()}…"
        return None

    def kind(self, kind: Kind, language: str) -> Json:
        """A type with its identifier and name."""
        return {"id": kind.id, "name": self.term(kind.iri, language)}

    def suggested_kind(self, kind: Kind, language: str) -> Json:
        """A type with what is said of it, and the types right above it."""
        found = self.kind(kind, language) | _described(self.description(kind.iri, language))
        broader = [self.kind(self._schema.kinds[iri], language) for iri in kind.broader]
        return found | ({"broader": broader} if broader else {})

    def property(self, iri: str, language: str) -> Json:
        """A property with its identifier and name, and what is said of it."""
        found: Json = {
            "id": self._schema.properties.get(iri) or self._spaces.term(iri),
            "name": self.term(iri, language),
        }
        return found | _described(self.description(iri, language))

    def _entity(self, iri: str, language: str) -> Json:
        """An entity: its identifier, name, description, and types, the most special first. Not to be changed."""
        kinds = [self.kind(kind, language) for kind in self._schema.kinds_of(ox.NamedNode(iri))]
        found: Json = {"id": self._spaces.identifier(iri), "name": self.name(iri, language)}
        return found | _described(self.description(iri, language)) | {"type": kinds}

    def result(self, found: Sequence[Candidate] | AskedError, language: str) -> Json:
        """A reconciliation result (section 4.2); of a query that cannot be answered an empty one, and why."""
        if isinstance(found, AskedError):
            return {"result": [], "error": found.told()}
        return {"result": [self._candidate(one, language) for one in found]}

    def _candidate(self, one: Candidate, language: str) -> Json:
        features = [{"id": name, "value": value} for name, value in one.features.items()]
        score = round(100 * one.likelihood, 2)
        return self.entity(one.iri, language) | {"score": score, "features": features, "match": one.match}


def _described(text: str | None) -> Json:
    return {"description": text} if text else {}
