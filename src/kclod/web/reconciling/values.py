"""What the data says of an entity: compared with what a query expects (section 4.1), or sent (7.4)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import islice

import pyoxigraph as ox
from rapidfuzz import fuzz

from kclod.match.normalise import key
from kclod.rdf import DEFAULT_GRAPH, Term
from kclod.store import Quads
from kclod.vocab import NAMES, OTHER_NAMES, XSD
from kclod.web.reconciling.asked import Condition, Given
from kclod.web.reconciling.spaces import Spaces

_COMPARED = 60
"""Values of a property, and names of a value, that are compared."""
_NUMBERS = frozenset(
    XSD[name].value
    for name in (
        *("integer", "decimal", "double", "float", "long", "int", "short", "byte", "nonNegativeInteger"),
        *("positiveInteger", "nonPositiveInteger", "negativeInteger"),
        *("unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
    )
)
_FRACTIONS = frozenset(XSD[name].value for name in ("decimal", "double", "float"))
_DATES = frozenset({XSD["date"].value, XSD["dateTime"].value})
_EDTF = "http://id.loc.gov/datatypes/edtf/EDTF"
_MOMENTS = _DATES | {_EDTF, XSD["gYear"].value, XSD["gYearMonth"].value}
_DATE = re.compile(r"-?\d{4,}-\d\d-\d\d")
_DATE_TIME = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


class Comparer:
    """Compares the values of properties. Safe for threads."""

    def __init__(self, store: Quads, spaces: Spaces) -> None:
        self._store, self._spaces = store, spaces

    def likeness(self, entity: str, predicate: str, condition: Condition) -> float | None:
        """How well the best of the expected values agrees with the best of the entity's, from 0 to 1.

        None where the data gives the entity no such property, which speaks neither for nor against it.
        """
        values = [q.object for q in islice(self._said(ox.NamedNode(entity), ox.NamedNode(predicate)), _COMPARED)]
        if not values or not condition.values:
            return None
        return max(self._alike(given, value) for given in condition.values for value in values)

    def bearers(self, predicate: str, given: Given, named: Iterator[str], most: int) -> Iterator[str]:
        """The IRIs of things that have such a value; `named` are the IRIs of entities that go by the given text."""
        found: list[Term] = [ox.NamedNode(iri) for iri in named]
        if given.identifier is not None:
            iri = self._spaces.iri(given.identifier)
            found = [ox.NamedNode(iri)] if iri else []
        else:
            tags = sorted({text.language for text in self._texts(predicate) if text.language})
            found += [ox.Literal(given.text), *(ox.Literal(given.text, language=tag) for tag in tags)]
            found += [ox.Literal(given.text, datatype=ox.NamedNode(kind)) for kind in sorted(_NUMBERS | _MOMENTS)]
        for value in found:
            quads = self._store.quads_for_pattern(None, ox.NamedNode(predicate), value, DEFAULT_GRAPH)
            for quad in islice(quads, most):
                if isinstance(quad.subject, ox.NamedNode):
                    yield quad.subject.value

    def _texts(self, predicate: str) -> Iterator[ox.Literal]:
        quads = self._store.quads_for_pattern(None, ox.NamedNode(predicate), None, DEFAULT_GRAPH)
        return (quad.object for quad in islice(quads, _COMPARED) if isinstance(quad.object, ox.Literal))

    def _alike(self, given: Given, value: Term) -> float:
        if given.identifier is not None:
            meant = {self._spaces.iri(given.identifier), given.identifier}
            return float(isinstance(value, ox.NamedNode) and value.value in meant)
        if isinstance(value, ox.NamedNode):
            if given.text in (value.value, self._spaces.identifier(value.value)):
                return 1.0
            return max((_similar(given.text, name) for name in self._names(value)), default=0.0)
        return _agrees(given.text, value) if isinstance(value, ox.Literal) else 0.0

    def _names(self, node: ox.NamedNode) -> Iterator[str]:
        for predicate in (*NAMES, *OTHER_NAMES):
            for quad in islice(self._said(node, predicate), _COMPARED):
                if isinstance(quad.object, ox.Literal):
                    yield quad.object.value

    def _said(self, node: ox.NamedNode, predicate: ox.NamedNode) -> Iterator[ox.Quad]:
        return self._store.quads_for_pattern(node, predicate, None, DEFAULT_GRAPH)


def _agrees(text: str, value: ox.Literal) -> float:
    kind = value.datatype.value
    if kind in _NUMBERS:
        return float((number := _number(text)) is not None and number == _number(value.value))
    if kind == XSD["boolean"].value:
        true = ("true", "1")
        return float((text.strip().lower() in true) == (value.value in true))
    if kind in _MOMENTS:
        return float(_within(text.strip(), value.value) or _within(value.value, text.strip()))
    return _similar(text, value.value)


def _within(part: str, whole: str) -> bool:
    """Whether a date is part of another, coarser one: 2025-08-07 of 2025-08 and of 2025."""
    return bool(whole) and part.startswith(whole) and part[len(whole) : len(whole) + 1] in ("", "-", "T")


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _similar(one: str, other: str) -> float:
    if one == other:
        return 1.0
    first, second = key(one) or one.casefold(), key(other) or other.casefold()
    return fuzz.token_sort_ratio(first, second) / 100


def sent(value: ox.Literal) -> Mapping[str, object]:
    """A literal as a data extension response has it: text, number, or date; what fits none of them exactly as text."""
    kind, text = value.datatype.value, value.value
    if kind in _NUMBERS and (number := _number(text)) is not None:
        if kind not in _FRACTIONS:
            return {"int": int(number)}
        if math.isfinite(float(number)):
            return {"float": float(number)}
    if kind == XSD["date"].value and _DATE.fullmatch(text):
        return {"date": f"{text}T00:00:00"}
    if kind == XSD["dateTime"].value and _DATE_TIME.fullmatch(text):
        return {"date": text}
    return {"str": text}
