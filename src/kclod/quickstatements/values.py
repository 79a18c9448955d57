"""RDF terms as values of QuickStatements.

Help:QuickStatements, "Item, property, text, time, location and quantity values". A text stands between quotation marks
as it is: the syntax has no escape, its readers take what is between the first mark and the last. So a mark inside is
safe, and what the syntax cannot carry (a `|`, which separates like a tab) is refused instead of changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.vocab import RDF, XSD

EDTF = "http://id.loc.gov/datatypes/edtf/EDTF"
_DATES = frozenset({EDTF, *(XSD[name].value for name in ("date", "gYear", "gYearMonth", "dateTime"))})
_NUMBERS = frozenset({XSD[name].value for name in ("integer", "decimal", "int", "long", "nonNegativeInteger")})
_TEXTS = frozenset({XSD["string"].value, RDF["langString"].value})
_DATE = re.compile(
    r"(?P<year>[0-9]{3}(?:[0-9]|X))(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12][0-9]|3[01]))?)?"
    r"(?:T[0-9:.]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_LANGUAGE = re.compile(r"[a-z]{2,}(?:-[a-z0-9]+)*")
_MARKS = '"“”'
"""Quotation marks: readers take the curly ones for straight ones."""
DAY, MONTH, YEAR, DECADE = 11, 10, 9, 8
"""Precisions of a time (Wikibase, time datatype)."""


class UnwritableError(ValueError):
    """A value that the syntax cannot carry, or that says less or more than Wikidata's data model can."""


def value_of(term: Term, item_of: Callable[[str], str | None], own: str) -> str:
    """A term as the text of a value.

    An IRI is the item that `item_of` finds in it, else a URL; `own` is the base of IRIs that are things of the
    publisher, which no statement elsewhere can have as value. UnwritableError says why a term has no value.
    """
    if isinstance(term, ox.NamedNode):
        item = item_of(term.value)
        if item is not None:
            return item
        if term.value.startswith(own):
            raise UnwritableError(f"<{term.value}> has no item")
        return _quoted(term.value)
    if not isinstance(term, ox.Literal):
        raise UnwritableError("a blank node has no value")
    datatype = term.datatype.value
    if datatype in _DATES:
        return time_of(term.value)
    if datatype in _NUMBERS:
        if not _NUMBER.fullmatch(term.value):
            raise UnwritableError(f"{term.value!r} is no decimal number")
        return term.value
    if datatype not in _TEXTS:
        raise UnwritableError(f"{term.value!r} is of datatype <{datatype}>, for which there is no value")
    if term.language:
        return f"{language_of(term.language)}:{text_of(term.value)}"
    return text_of(term.value)


def text_of(text: str) -> str:
    """A text between quotation marks, white space as Wikibase keeps it: one space, none at the ends."""
    plain = " ".join(text.split())
    if not plain:
        raise UnwritableError("an empty text would remove what is there")
    if "|" in plain:
        raise UnwritableError(f"{plain!r} has a |, which separates commands")
    if all(mark in _MARKS for mark in (*plain[:2], *plain[-2:])):
        raise UnwritableError(f"{plain!r} begins and ends in two quotation marks, which would be read as a delimiter")
    return _quoted(plain)


def language_of(tag: str) -> str:
    """A language tag as Wikibase writes it: small letters."""
    if not _LANGUAGE.fullmatch(tag.lower()):
        raise UnwritableError(f"{tag!r} is no code of a language")
    return tag.lower()


def time_of(text: str) -> str:
    """A date (EDTF level 0, a decade of level 1, or XSD) as time and precision.

    UnwritableError for intervals, uncertain and approximate dates, which one time would overstate, and for centuries,
    which begin in another year there.
    """
    found = _DATE.fullmatch(text)
    if found is None or found["year"] == "0000" or (found["year"].endswith("X") and found["month"]):
        raise UnwritableError(f"the date {text!r} is not one day, month, year or decade")
    if found["year"].endswith("X"):
        return f"+{found['year'][:3]}0-00-00T00:00:00Z/{DECADE}"
    precision = DAY if found["day"] else MONTH if found["month"] else YEAR
    return f"+{found['year']}-{found['month'] or '00'}-{found['day'] or '00'}T00:00:00Z/{precision}"


def _quoted(text: str) -> str:
    return f'"{text}"'
