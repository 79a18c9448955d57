"""Tests of single value nodes, with pySHACL's and rdflib's notion of values; None where they would raise an error."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from functools import lru_cache
from operator import ge, gt, le, lt

import pyoxigraph as ox
import rdflib
from pyshacl.rdfutil.compare import compare_literal

from kclod.rdf import Term
from kclod.shacl.engine import to_rdflib
from kclod.vocab import RDF, RDFS, SH, XSD

_COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    "minExclusive": gt,
    "minInclusive": ge,
    "maxExclusive": lt,
    "maxInclusive": le,
}
_PYTHON_TYPES: Mapping[ox.NamedNode, type] = {
    XSD["string"]: str,
    RDF["langString"]: str,
    XSD["integer"]: int,
    XSD["float"]: float,
    XSD["decimal"]: Decimal,
    XSD["boolean"]: bool,
    XSD["date"]: datetime.date,
    XSD["time"]: datetime.time,
    XSD["dateTime"]: datetime.datetime,
}
"""The types of value that pySHACL asks for; of other datatypes it asks only that rdflib finds nothing wrong."""
_KINDS: Mapping[Term, tuple[type, ...]] = {
    SH["IRI"]: (ox.NamedNode,),
    SH["BlankNode"]: (ox.BlankNode,),
    SH["Literal"]: (ox.Literal,),
    SH["BlankNodeOrIRI"]: (ox.BlankNode, ox.NamedNode),
    SH["BlankNodeOrLiteral"]: (ox.BlankNode, ox.Literal),
    SH["IRIOrLiteral"]: (ox.NamedNode, ox.Literal),
}


@lru_cache(maxsize=1 << 16)
def _literal(term: ox.Literal) -> rdflib.Literal:
    converted = to_rdflib(term)
    assert isinstance(converted, rdflib.Literal)  # noqa: S101  # a literal stays one
    return converted


def text_of(term: Term) -> str:
    """What SPARQL's STR gives for an IRI or a literal; of a blank node its label."""
    return str(term) if isinstance(term, ox.Triple) else term.value


def is_of_kind(term: Term, kind: Term) -> bool | None:
    """Section 4.1.3, sh:nodeKind."""
    return isinstance(term, _KINDS[kind]) if kind in _KINDS else None


def has_datatype(term: Term, datatype: Term) -> bool | None:
    """Section 4.1.2, sh:datatype."""
    if not isinstance(term, ox.Literal):
        return False
    if datatype in (RDFS["Literal"], RDFS["Datatype"]):
        return None
    if term.datatype != datatype:
        return False
    literal = _literal(term)
    if literal.ill_typed is True:
        return False
    wanted = _PYTHON_TYPES.get(term.datatype)
    return wanted is None or isinstance(literal.value, wanted)


def within(parameter: str, limit: Term, term: Term) -> bool | None:
    """Section 4.3, value ranges, by the name of the parameter."""
    if not isinstance(limit, ox.Literal) or limit.datatype == XSD["boolean"]:
        return None
    if not isinstance(term, ox.Literal):
        return False
    literal, bound = _literal(term), _literal(limit)
    if isinstance(literal.value, str) != isinstance(bound.value, str):
        return False
    try:
        order: int = compare_literal(literal, bound)  # type: ignore[no-untyped-call]  # pySHACL has no types here
        return _COMPARISONS[parameter](order, 0)
    except (TypeError, NotImplementedError):
        return False
    except Exception:  # whatever it is, pySHACL stops at it
        return None


def precedes(term: Term, other: Term, *, or_equal: bool) -> bool | None:
    """Sections 4.5.3 and 4.5.4, sh:lessThan and sh:lessThanOrEquals. pySHACL compares IRIs as strings."""
    if isinstance(term, ox.BlankNode | ox.Triple) or isinstance(other, ox.BlankNode | ox.Triple):
        return None
    left, right = _comparable(term), _comparable(other)
    if isinstance(left, rdflib.Literal) != isinstance(right, rdflib.Literal):
        return False
    try:
        return bool(left <= right if or_equal else left < right)
    except Exception:  # whatever it is, pySHACL stops at it
        return None


def _comparable(term: ox.NamedNode | ox.Literal) -> str | rdflib.Literal:
    if isinstance(term, ox.NamedNode):
        return term.value
    literal = _literal(term)
    return str(literal.value) if isinstance(literal.value, str) else literal


def speaks(term: Term, ranges: Collection[str]) -> bool:
    """Section 4.4.4, sh:languageIn: as pySHACL does, by the whole tag or by its first part."""
    if not isinstance(term, ox.Literal) or not term.language:
        return False
    tag = term.language.lower()
    return not {"*", tag, tag.split("-")[0]}.isdisjoint(ranges)


def matches(pattern: str, flags: str) -> Callable[[Term], bool]:
    """Section 4.4.3, sh:pattern: a test of one term. pySHACL knows the flags i and m."""
    known = (re.IGNORECASE if "i" in flags.lower() else 0) | (re.MULTILINE if "m" in flags.lower() else 0)
    search = re.compile(pattern, known).search
    return lambda term: not isinstance(term, ox.BlankNode) and search(text_of(term)) is not None
