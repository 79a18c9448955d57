"""EDTF dates and their bounds.

Extended Date/Time Format as in ISO 8601-2:2019 (Library of Congress specification of 2019-02-04), levels 0 to 2 as far
as the `edtf` library parses them.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache
from time import struct_time

OPEN = ("", "..")
_PLAIN = re.compile(r"(?P<year>\d{4})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12]\d|3[01]))?)?", re.ASCII)
"""A year, month or day without qualification, which most dates are; the library takes milliseconds for each."""


@lru_cache(maxsize=1 << 14)
def bounds(text: str) -> tuple[str | None, str | None]:
    """The earliest and the latest day (ISO 8601 calendar dates) that an EDTF date allows; None where a side is open.

    Raises ValueError, saying what is wrong, for text that is no EDTF date, a day that does not exist, or an interval
    whose end lies before its start.
    """
    if text.startswith(("[", "{")) or "/" not in text:
        earliest, latest = _extent(text)
    else:
        first, second = text.split("/", 1)
        if first in OPEN and second in OPEN:
            raise ValueError(f"{text!r} is open on both sides; leave the date out")
        earliest = None if first in OPEN else _extent(first)[0]
        latest = None if second in OPEN else _extent(second)[1]
    if earliest and latest and latest < earliest:
        raise ValueError(f"{text!r} ends before it starts")
    return earliest, latest


def _extent(text: str) -> tuple[str | None, str | None]:
    if (plain := _PLAIN.fullmatch(text)) and plain["year"] != "0000":
        return _plain_extent(int(plain["year"]), plain["month"], plain["day"], text)
    import edtf  # noqa: PLC0415  # its grammar takes longer to import than the dates of most projects to read

    try:
        moment = edtf.parse_edtf(text)
    except edtf.EDTFParseException:
        raise ValueError(f"{text!r} is no date in EDTF, or no day of the calendar") from None
    return _day(moment.lower_strict(), text), _day(moment.upper_strict(), text)


def _plain_extent(year: int, month: str | None, day: str | None, text: str) -> tuple[str, str]:
    first, last = (int(month), int(month)) if month else (1, 12)
    final = monthrange(year, last)[1]
    if day is None:
        return date(year, first, 1).isoformat(), date(year, last, final).isoformat()
    if int(day) > final:
        raise ValueError(f"{text!r} is no day of the calendar")
    return text, text


def _day(moment: struct_time | float, text: str) -> str | None:
    if isinstance(moment, float):  # the library's infinities: an open end inside a set
        return None
    try:
        return date(*moment[:3]).isoformat()
    except ValueError as error:  # the library knows neither leap years nor the calendar's limits
        raise ValueError(f"{text!r}: {error}") from None
