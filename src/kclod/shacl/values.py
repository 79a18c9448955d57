"""Tests of single value nodes, with pySHACL's and rdflib's notion of values; None where they would raise an error.

Where the text of a literal alone decides, rdflib is not asked, nor imported: that costs more than most validations.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, cast

from kclod.shacl.literals import (
    LANG_STRING,
    XSD_STRING,
    datatype_of,
    is_beyond_rdf11,
    is_blank,
    is_iri,
    is_literal,
    language_of,
    lexical_form,
    text_of,
)
from kclod.vocab import RDF, RDFS, SH, XSD

if TYPE_CHECKING:
    import rdflib

_COMPARISONS: Mapping[str, Callable[[int | Decimal, int | Decimal], bool]] = {
    "minExclusive": gt,
    "minInclusive": ge,
    "maxExclusive": lt,
    "maxInclusive": le,
}
_PYTHON_TYPES: Mapping[str, type] = {
    XSD_STRING: str,
    LANG_STRING: str,
    str(XSD["integer"]): int,
    str(XSD["float"]): float,
    str(XSD["decimal"]): Decimal,
    str(XSD["boolean"]): bool,
    str(XSD["date"]): datetime.date,
    str(XSD["time"]): datetime.time,
    str(XSD["dateTime"]): datetime.datetime,
}
"""The types of value that pySHACL asks for; of other datatypes it asks only that rdflib finds nothing wrong."""
_DATE = (
    r"(?!0000)[0-9]{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)"
    r"|(?:0[13578]|1[02])-31)"
)
_SURE: Mapping[str, re.Pattern[str]] = {
    str(XSD[name]): re.compile(pattern)
    for name, pattern in (
        ("integer", "[+-]?[0-9]{1,100}"),
        ("nonNegativeInteger", "[0-9]{1,100}"),
        ("decimal", r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?"),
        ("boolean", "true|false"),
        ("date", _DATE),
        ("dateTime", rf"{_DATE}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z?"),
        ("hexBinary", "(?:[0-9A-Fa-f]{2})+"),
        ("double", "[+-]?[0-9]{1,10}(?:[.][0-9]{1,10})?(?:[eE][+-]?[0-9]{1,2})?"),
    )
}
"""Datatype → lexical forms that nobody finds anything wrong with."""
_LITERALS = (str(RDFS["Literal"]), str(RDFS["Datatype"]))
_WHOLE = "(?:0|[1-9][0-9]{0,17})"
_NUMBER = re.compile(
    rf'"(-?{_WHOLE}(?="\^\^<{re.escape(XSD)}integer>)|{_WHOLE}(?="\^\^<{re.escape(XSD)}nonNegativeInteger>)'
    rf'|-?{_WHOLE}(?:\.[0-9]{{1,9}})?(?="\^\^<{re.escape(XSD)}decimal>))".*'
)
"""Numbers that are compared as everybody does."""
_PLAIN_DATE = re.compile(rf'"({_DATE})"\^\^{re.escape(str(XSD["date"]))}', re.ASCII)
_KINDS: Mapping[str, str] = {
    str(SH["IRI"]): "<",
    str(SH["BlankNode"]): "_",
    str(SH["Literal"]): '"',
    str(SH["BlankNodeOrIRI"]): "<_",
    str(SH["BlankNodeOrLiteral"]): '_"',
    str(SH["IRIOrLiteral"]): '<"',
}
"""Kind of node → how the text of such a node may begin."""


@lru_cache(maxsize=1 << 16)
def _literal(term: str) -> rdflib.Literal:
    from kclod.shacl.convert import quiet, to_rdflib  # noqa: PLC0415  # see above

    with quiet():
        return cast("rdflib.Literal", to_rdflib(term))


def is_of_kind(term: str, kind: str) -> bool | None:
    """Section 4.1.3, sh:nodeKind."""
    return term[0] in _KINDS[kind] if kind in _KINDS else None


def datatype_test(datatype: str) -> Callable[[str], bool | None]:
    """Section 4.1.2, sh:datatype: a test of one term."""
    if datatype in _LITERALS:
        return lambda term: None if is_literal(term) else False
    if datatype == XSD_STRING:
        return lambda term: is_literal(term) and term.endswith('"')
    if datatype == LANG_STRING:
        return lambda term: is_literal(term) and not term.endswith(('"', ">"))
    if not datatype[1:].startswith((XSD, RDF)):
        return lambda term: is_literal(term) and term.endswith(f'"^^{datatype}')
    sure = _SURE.get(datatype)

    def test(term: str) -> bool | None:
        if not is_literal(term) or not term.endswith(f'"^^{datatype}'):
            return False
        return (sure is not None and sure.fullmatch(lexical_form(term)) is not None) or _is_well_typed(term)

    return test


def _is_well_typed(term: str) -> bool:
    literal = _literal(term)
    if literal.ill_typed is True:
        return False
    wanted = _PYTHON_TYPES.get(datatype_of(term))
    return wanted is None or isinstance(literal.value, wanted)


def within(parameter: str, limit: str, term: str) -> bool | None:
    """Section 4.3, value ranges, by the name of the parameter."""
    if not is_literal(limit) or limit.endswith(f'"^^{XSD["boolean"]}'):
        return None
    if not is_literal(term):
        return False
    number, bound = _NUMBER.fullmatch(term), _NUMBER.fullmatch(limit)
    if number and bound:
        return _COMPARISONS[parameter](Decimal(number[1]), Decimal(bound[1]))
    return _within(parameter, limit, term)


def _within(parameter: str, limit: str, term: str) -> bool | None:
    from pyshacl.rdfutil.compare import compare_literal  # noqa: PLC0415  # see above

    literal, least = _literal(term), _literal(limit)
    if isinstance(literal.value, str) != isinstance(least.value, str):
        return False
    try:
        order: int = compare_literal(literal, least)  # type: ignore[no-untyped-call]  # pySHACL has no types here
        return _COMPARISONS[parameter](order, 0)
    except (TypeError, NotImplementedError):
        return False
    except Exception:  # whatever it is, pySHACL stops at it
        return None


def precedes(term: str, other: str, *, or_equal: bool) -> bool | None:
    """Sections 4.5.3 and 4.5.4, sh:lessThan and sh:lessThanOrEquals. pySHACL compares IRIs as strings."""
    if any(is_blank(one) or is_beyond_rdf11(one) for one in (term, other)):
        return None
    date, later = _PLAIN_DATE.fullmatch(term), _PLAIN_DATE.fullmatch(other)
    if date and later:
        return date[1] < later[1] or (or_equal and date[1] == later[1])
    number, greater = _NUMBER.fullmatch(term), _NUMBER.fullmatch(other)
    if number and greater:
        if term == other:
            return or_equal
        if (first := Decimal(number[1])) != (second := Decimal(greater[1])):
            return first < second
    return _precedes(term, other, or_equal=or_equal)


def _precedes(term: str, other: str, *, or_equal: bool) -> bool | None:
    left, right = _comparable(term), _comparable(other)
    if (type(left) is str) != (type(right) is str):  # a literal of rdflib is a str as well
        return False
    try:
        return bool(left <= right if or_equal else left < right)
    except Exception:  # whatever it is, pySHACL stops at it
        return None


def _comparable(term: str) -> str | rdflib.Literal:
    if is_iri(term):
        return text_of(term)
    literal = _literal(term)
    return str(literal.value) if isinstance(literal.value, str) else literal


def speaks(term: str, ranges: Collection[str]) -> bool:
    """Section 4.4.4, sh:languageIn: as pySHACL does, by the whole tag or by its first part."""
    tag = language_of(term).lower()
    return bool(tag) and not {"*", tag, tag.split("-")[0]}.isdisjoint(ranges)


def matches(pattern: str, flags: str) -> Callable[[str], bool]:
    """Section 4.4.3, sh:pattern: a test of one term. pySHACL knows the flags i and m."""
    known = (re.IGNORECASE if "i" in flags.lower() else 0) | (re.MULTILINE if "m" in flags.lower() else 0)
    search = re.compile(pattern, known).search
    return lambda term: not is_blank(term) and search(text_of(term)) is not None
