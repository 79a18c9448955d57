"""What OWL says of a term in blank nodes and lists, as expressions; and expressions as words with terms between.

Follows the mapping of OWL 2 to RDF graphs, section 3.2 (parsing of axioms). An expression that it does not know is left
out of the words, never of the data documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from string import Formatter

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.vocab import OWL, RDF

_DEEPEST = 12
"""Expressions nested deeper are cut: nobody reads them, and a malformed graph may nest them in a circle."""
_LONGEST = 1_000

_QUANTIFIED = {"someValuesFrom": "some", "allValuesFrom": "only", "hasValue": "value"}
_COUNTED = {
    "minQualifiedCardinality": "min",
    "maxQualifiedCardinality": "max",
    "qualifiedCardinality": "exactly",
    "minCardinality": "min",
    "maxCardinality": "max",
    "cardinality": "exactly",
}
_BOOLEAN = {"unionOf": "or", "intersectionOf": "and", "oneOf": "one-of"}


@dataclass(frozen=True, slots=True)
class Named:
    """A term by its IRI."""

    iri: str


@dataclass(frozen=True, slots=True)
class Value:
    """A literal."""

    term: ox.Literal


@dataclass(frozen=True, slots=True)
class Composed:
    """An expression made of others. `form` is the key of its words, `parts` what stands at the places of their text."""

    form: str
    parts: Mapping[str, tuple[Expression, ...]]


Expression = Named | Value | Composed
Piece = str | Named | Value


class Statements:
    """The triples of an ontology, by subject and by object; blank nodes by their label."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self._objects: dict[str, dict[str, list[Term]]] = {}
        self._subjects: dict[tuple[str, str], list[str]] = {}
        for triple in triples:
            subject = _key(triple.subject)
            self._objects.setdefault(subject, {}).setdefault(triple.predicate.value, []).append(triple.object)
            self._subjects.setdefault((triple.predicate.value, _key(triple.object)), []).append(subject)

    def subjects(self) -> Iterator[str]:
        """Everything something is said of."""
        return iter(self._objects)

    def objects(self, subject: str, predicate: ox.NamedNode) -> list[Term]:
        """The values of a property."""
        return self._objects.get(subject, {}).get(predicate.value, [])

    def named(self, subject: str, predicate: ox.NamedNode) -> list[str]:
        """The IRIs among the values of a property."""
        return [term.value for term in self.objects(subject, predicate) if isinstance(term, ox.NamedNode)]

    def having(self, predicate: ox.NamedNode, value: str) -> list[str]:
        """What has a value: IRIs and labels of blank nodes."""
        return self._subjects.get((predicate.value, value), [])

    def texts(self, subject: str, predicates: Iterable[ox.NamedNode]) -> dict[str, str]:
        """The first of the properties that has texts, by language tag ("" for none)."""
        for predicate in predicates:
            found = {t.language or "": t.value for t in self.objects(subject, predicate) if isinstance(t, ox.Literal)}
            if found:
                return found
        return {}

    def members(self, head: Term) -> list[Term]:
        """The members of an RDF list; of one that is not well formed, those up to the fault."""
        found: list[Term] = []
        seen: set[str] = set()
        while isinstance(head, ox.BlankNode) and _key(head) not in seen and len(found) < _LONGEST:
            seen.add(_key(head))
            found += self.objects(_key(head), RDF["first"])[:1]
            head = next(iter(self.objects(_key(head), RDF["rest"])), RDF["nil"])
        return found


def _key(term: Term) -> str:
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def expression(about: Statements, term: Term, depth: int = 0) -> Expression | None:
    """A class, property or data range expression; None for what is malformed or unknown."""
    if isinstance(term, ox.NamedNode):
        return Named(term.value)
    if isinstance(term, ox.Literal):
        return Value(term)
    if not isinstance(term, ox.BlankNode) or depth > _DEEPEST:
        return None
    node = str(term)
    for name, form in _BOOLEAN.items():
        for head in about.objects(node, OWL[name]):
            return _composed(about, form, {"members": about.members(head)}, depth)
    for name, form in (("complementOf", "not"), ("inverseOf", "inverse"), ("onDatatype", "some-of")):
        for other in about.objects(node, OWL[name]):
            return _composed(about, form, {"member": [other]}, depth)
    return _restriction(about, node, depth)


def _restriction(about: Statements, node: str, depth: int) -> Expression | None:
    on = about.objects(node, OWL["onProperty"])[:1]
    if not on:
        return None
    for name, form in _QUANTIFIED.items():
        for filler in about.objects(node, OWL[name]):
            return _composed(about, form, {"property": on, "filler": [filler]}, depth)
    for name, form in _COUNTED.items():
        for number in about.objects(node, OWL[name]):
            of = about.objects(node, OWL["onClass"]) or about.objects(node, OWL["onDataRange"])
            parts: dict[str, list[Term]] = {"property": on, "number": [number]}
            return _composed(about, f"{form}-of" if of else form, parts | ({"filler": of[:1]} if of else {}), depth)
    if about.objects(node, OWL["hasSelf"]):
        return _composed(about, "self", {"property": on}, depth)
    return None


def _composed(about: Statements, form: str, parts: Mapping[str, list[Term]], depth: int) -> Composed | None:
    found: dict[str, tuple[Expression, ...]] = {}
    for name, terms in parts.items():
        made = [expression(about, term, depth + 1) for term in terms]
        if not made or None in made:
            return None
        found[name] = tuple(e for e in made if e is not None)
    return Composed(form, found)


def listed(about: Statements, form: str, head: Term) -> Composed | None:
    """An axiom whose value is a list: a property chain, a key, a disjoint union."""
    return _composed(about, form, {"members": about.members(head)}, 0)


def mentioned(item: Expression) -> Iterator[str]:
    """The IRIs of the terms in an expression."""
    if isinstance(item, Named):
        yield item.iri
    elif isinstance(item, Composed):
        for parts in item.parts.values():
            for part in parts:
                yield from mentioned(part)


def in_words(item: Expression, word: Callable[[str], str]) -> Iterator[Piece]:
    """An expression as texts of the reader's language with terms and values between.

    `word` gives the text of a key: `axiom.<form>`, with {property}, {filler}, {number}, {member} or {members} where the
    parts stand, and for members `axiom.<form>.between`.
    """
    if not isinstance(item, Composed):
        yield item
        return
    for text, place, _, _ in Formatter().parse(word(f"axiom.{item.form}")):
        if text:
            yield text
        for number, part in enumerate(item.parts.get(place or "", ())):
            if number:
                yield word(f"axiom.{item.form}.between")
            nested = isinstance(part, Composed)
            yield from (("(", *in_words(part, word), ")") if nested else in_words(part, word))
