"""Lexical spaces of the XML Schema datatypes (XML Schema 1.1 part 2), for finding ill-typed literals.

RML-Core section 11.2 names those that must be checked; the rest of the built-in types that have a simple lexical space
are checked as well.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from calendar import isleap
from collections.abc import Callable
from datetime import date
from typing import Final

XSD: Final = "http://www.w3.org/2001/XMLSchema#"

Check = Callable[[str], bool]

_DIGITS = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_DOUBLE = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([Ee][+-]?[0-9]+)?|[+-]?INF|NaN")
_HEX = re.compile(r"([0-9A-Fa-f]{2})*")
_BASE64 = re.compile(r"[A-Za-z0-9+/= ]*")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")

_YEAR = r"(?P<year>-?([1-9][0-9]{3,}|0[0-9]{3}))"
_MONTH = r"(?P<month>0[1-9]|1[0-2])"
_DAY = r"(?P<day>0[1-9]|[12][0-9]|3[01])"
_TIME = r"(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?|24:00:00(\.0+)?)"
_ZONE = r"(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_DAYS = r"([0-9]+D)"
_CLOCK = r"(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)"

_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _full(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def _dated(pattern: str) -> Check:
    """A pattern with month and day, and perhaps a year: the day must exist in that month."""
    compiled = re.compile(pattern)

    def check(text: str) -> bool:
        match = compiled.fullmatch(text)
        if match is None:
            return False
        month, day, year = int(match["month"]), int(match["day"]), match.groupdict().get("year")
        if day > _DAYS_IN_MONTH[month - 1]:
            return False
        return (month, day) != (2, 29) or year is None or isleap(int(year))

    return check


def _integer(low: int | None = None, high: int | None = None) -> Check:
    def check(text: str) -> bool:
        if _DIGITS.fullmatch(text) is None:
            return False
        if low is None and high is None:
            return True
        sign, digits = text[0] == "-", text.lstrip("+-").lstrip("0") or "0"
        if len(digits) > 20:  # beyond every bounded type, and beyond what int() reads without a limit
            return low is None if sign else high is None
        number = -int(digits) if sign else int(digits)
        return (low is None or number >= low) and (high is None or number <= high)

    return check


def _base64(text: str) -> bool:
    if _BASE64.fullmatch(text) is None or "  " in text or text != text.strip():
        return False
    try:
        b64decode(text.replace(" ", ""), validate=True)
    except Base64Error:
        return False
    return True


def _token(text: str) -> bool:
    return re.search(r"[\t\n\r]|  ", text) is None and text == text.strip(" ")


_any_date = _dated(f"{_YEAR}-{_MONTH}-{_DAY}{_ZONE}?")


def _date(text: str) -> bool:
    """The usual form first, which the standard library knows: four digits of a year, two of month and day."""
    if len(text) == 10 and text[4] == text[7] == "-":
        try:
            date.fromisoformat(text)
        except ValueError:
            pass  # it may be of the year 0000
        else:
            return True
    return _any_date(text)


_DURATION_END = r"(?=[0-9T])"

_CHECKS: Final[dict[str, Check]] = {
    "decimal": lambda text: _DECIMAL.fullmatch(text) is not None,
    "integer": _integer(),
    "long": _integer(-(2**63), 2**63 - 1),
    "int": _integer(-(2**31), 2**31 - 1),
    "short": _integer(-(2**15), 2**15 - 1),
    "byte": _integer(-(2**7), 2**7 - 1),
    "nonNegativeInteger": _integer(0),
    "positiveInteger": _integer(1),
    "nonPositiveInteger": _integer(None, 0),
    "negativeInteger": _integer(None, -1),
    "unsignedLong": _integer(0, 2**64 - 1),
    "unsignedInt": _integer(0, 2**32 - 1),
    "unsignedShort": _integer(0, 2**16 - 1),
    "unsignedByte": _integer(0, 2**8 - 1),
    "double": lambda text: _DOUBLE.fullmatch(text) is not None,
    "float": lambda text: _DOUBLE.fullmatch(text) is not None,
    "boolean": lambda text: text in {"true", "false", "1", "0"},
    "date": _date,
    "dateTime": _dated(f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}?"),
    "dateTimeStamp": _dated(f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}"),
    "time": _full(f"{_TIME}{_ZONE}?"),
    "gYear": _full(f"{_YEAR}{_ZONE}?"),
    "gYearMonth": _full(f"{_YEAR}-{_MONTH}{_ZONE}?"),
    "gMonth": _full(f"--{_MONTH}{_ZONE}?"),
    "gMonthDay": _dated(f"--{_MONTH}-{_DAY}{_ZONE}?"),
    "gDay": _full(f"---{_DAY}{_ZONE}?"),
    "duration": _full(f"-?P{_DURATION_END}([0-9]+Y)?([0-9]+M)?{_DAYS}?{_CLOCK}?"),
    "dayTimeDuration": _full(f"-?P{_DURATION_END}{_DAYS}?{_CLOCK}?"),
    "yearMonthDuration": _full(f"-?P{_DURATION_END}([0-9]+Y)?([0-9]+M)?"),
    "hexBinary": lambda text: _HEX.fullmatch(text) is not None,
    "base64Binary": _base64,
    "language": lambda text: _LANGUAGE.fullmatch(text) is not None,
    "normalizedString": lambda text: re.search(r"[\t\n\r]", text) is None,
    "token": _token,
}

_DECIMAL_TYPES: Final = frozenset({f"{XSD}decimal"})


def check_for(datatype: str) -> Check | None:
    """What tells whether a text is in the lexical space of the datatype with this IRI; None when any text may be."""
    return _CHECKS.get(datatype.removeprefix(XSD)) if datatype.startswith(XSD) else None


def wants_decimal(datatype: str) -> bool:
    """Whether numbers of this datatype are written with a point but without an exponent."""
    return datatype in _DECIMAL_TYPES
