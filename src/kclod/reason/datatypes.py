"""Values of typed literals: what the dt-* rules of OWL 2 RL (OWL 2 Profiles, section 4.3, table 8) compare.

Supported are the datatypes of OWL 2 RL (OWL 2 Profiles, section 4.2.1). Beyond them the calendar datatypes of XML
Schema that OWL 2 leaves out (date, gYear, gYearMonth), because two different days are different values to everybody.
A literal of any other datatype has no known value: it is never called ill-typed, equal or different.

Literals are text, as in canonical N-Triples. Every value has one literal that stands for it, `representative`, which
depends on nothing but the value: equal values meet there, whatever was read before.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from calendar import monthrange
from collections.abc import Callable
from decimal import Decimal

XSD = "http://www.w3.org/2001/XMLSchema#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS_LITERAL = "http://www.w3.org/2000/01/rdf-schema#Literal"
OWL = "http://www.w3.org/2002/07/owl#"

Value = tuple[object, ...]
"""A value space's name, then what tells values within it apart. Spaces of different names are disjoint."""


class IllTypedError(ValueError):
    """The lexical form is not one of the datatype's."""


_BOUNDS: dict[str, tuple[int | None, int | None]] = {
    "integer": (None, None),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-128, 127),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 255),
}
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_FLOAT = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN")
_NAME_START = (  # Extensible Markup Language 1.0, section 2.3, without the colon
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME_REST = _NAME_START + "0-9.\u00b7\u0300-\u036f\u203f-\u2040-"
_STRINGS = {
    "string": re.compile(r"(?s).*"),
    "normalizedString": re.compile(r"[^\t\n\r]*"),
    "token": re.compile(r"([^\t\n\r ]+( [^\t\n\r ]+)*)?"),
    "language": re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*"),
    "NMTOKEN": re.compile(f"[:{_NAME_REST}]+"),
    "Name": re.compile(f"[:{_NAME_START}][:{_NAME_REST}]*"),
    "NCName": re.compile(f"[{_NAME_START}][{_NAME_REST}]*"),
}
_ZONE = r"(?P<zone>Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
_YEAR = r"(?P<year>-?([1-9][0-9]{3,}|0[0-9]{3}))"
_DATE = rf"{_YEAR}-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12][0-9]|3[01])"
_CALENDAR = {
    "dateTime": re.compile(
        rf"{_DATE}T((?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9](\.[0-9]+)?)"
        rf"|(?P<midnight>24:00:00(\.0+)?)){_ZONE}"
    ),
    "date": re.compile(_DATE + _ZONE),
    "gYearMonth": re.compile(rf"{_YEAR}-(?P<month>0[1-9]|1[0-2]){_ZONE}"),
    "gYear": re.compile(_YEAR + _ZONE),
}


def _real(text: str, name: str) -> Value:
    if not (_DECIMAL if name == "decimal" else _INTEGER).fullmatch(text):
        raise IllTypedError
    # numbers compare by value, whatever their precision: 5, 05 and 5.00 are one
    value = ("real", Decimal(text) if name == "decimal" else Decimal(int(text)))
    if not contains(value, XSD + name):
        raise IllTypedError
    return value


def _floating(text: str, name: str) -> Value:
    if not _FLOAT.fullmatch(text):
        raise IllTypedError
    number = float(text.replace("INF", "inf"))
    if name == "float":
        try:
            number = struct.unpack("f", struct.pack("f", number))[0]
        except OverflowError:
            number = float("-inf") if number < 0 else float("inf")
    return (name, repr(number))  # as text: NaN is identical to itself, and 0.0 is not identical to -0.0


def _text(text: str, name: str) -> Value:
    if not _STRINGS[name].fullmatch(text):
        raise IllTypedError
    return ("string", text)


def _boolean(text: str, _name: str) -> Value:
    if text not in ("true", "false", "1", "0"):
        raise IllTypedError
    return ("boolean", text in ("true", "1"))


def _hex(text: str, name: str) -> Value:
    if not re.fullmatch(r"([0-9a-fA-F]{2})*", text):
        raise IllTypedError
    return (name, bytes.fromhex(text))


def _base64(text: str, name: str) -> Value:
    try:
        return (name, base64.b64decode(text.replace(" ", ""), validate=True))
    except binascii.Error:
        raise IllTypedError from None


def _days(year: int, month: int, day: int) -> int:
    """Days since 1 March of the year 0 of the proleptic Gregorian calendar, which has no smallest year."""
    shifted = year - (month <= 2)
    return (
        365 * shifted + shifted // 4 - shifted // 100 + shifted // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    )


def _calendar(text: str, name: str) -> Value:
    match = _CALENDAR["dateTime" if name == "dateTimeStamp" else name].fullmatch(text)
    if match is None:
        raise IllTypedError
    part = match.groupdict()
    year, month, day = int(part["year"]), int(part.get("month") or 1), int(part.get("day") or 1)
    # the calendar repeats every 400 years, and monthrange knows the years from 1 only
    if day > monthrange(year % 400 + 400, month)[1] or (name == "dateTimeStamp" and part["zone"] is None):
        raise IllTypedError
    seconds, fraction = 86400 * (_days(year, month, day) + bool(part.get("midnight"))), ""
    if part.get("hour"):
        whole, _, fraction = part["second"].partition(".")
        seconds += 3600 * int(part["hour"]) + 60 * int(part["minute"]) + int(whole)
    offset = None
    if zone := part["zone"]:
        offset = 0 if zone == "Z" else int(zone[0] + "1") * (60 * int(zone[1:3]) + int(zone[4:]))
        seconds -= 60 * offset
    return ("dateTime" if name == "dateTimeStamp" else name, seconds, offset, fraction.rstrip("0"))


def _calendar_form(name: str, seconds: int, offset: int | None, fraction: str) -> str:
    days, rest = divmod(seconds + 60 * (offset or 0), 86400)
    era, day_of_era = divmod(days, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153  # months since March
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = 400 * era + year_of_era + (month <= 2)
    form = f"{'-' if year < 0 else ''}{abs(year):04}"
    if name != "gYear":
        form += f"-{month:02}"
    if name in ("date", "dateTime"):
        form += f"-{day_of_year - (153 * shifted + 2) // 5 + 1:02}"
    if name == "dateTime":
        form += f"T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}{'.' if fraction else ''}{fraction}"
    if offset is None:
        return form
    return form + (f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}" if offset else "Z")


_PARSERS: dict[str, Callable[[str, str], Value]] = (
    dict.fromkeys([*_BOUNDS, "decimal"], _real)
    | dict.fromkeys(_STRINGS, _text)
    | dict.fromkeys(["float", "double"], _floating)
    | dict.fromkeys([*_CALENDAR, "dateTimeStamp"], _calendar)
    | {"boolean": _boolean, "hexBinary": _hex, "base64Binary": _base64, "anyURI": lambda text, name: (name, text)}
)

DATATYPES = frozenset(
    [XSD + name for name in _PARSERS]
    + [RDF + "PlainLiteral", RDF + "XMLLiteral", RDF + "langString", RDFS_LITERAL, OWL + "real", OWL + "rational"]
)
"""The datatypes whose value spaces are known."""


_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_TO_ESCAPE = {"\\": "\\\\", '"': '\\"', **{char: f"\\{name}" for name, char in _ESCAPED.items()}}
# canonical N-Triples (RDF 1.2 N-Triples, section 4) escapes these, and the other control characters by number
_TO_ESCAPE |= {chr(n): f"\\u{n:04X}" for n in (*range(32), 127) if chr(n) not in _TO_ESCAPE}
_ESCAPING = str.maketrans(_TO_ESCAPE)


def datatype_of(literal: str) -> str:
    """The IRI of a literal's datatype."""
    if literal.endswith('"'):
        return XSD + "string"
    return literal[literal.rindex("<") + 1 : -1] if literal.endswith(">") else RDF + "langString"


def value_of(literal: str) -> Value | None:
    """The value of a literal, None when its datatype is not known; IllTypedError when its lexical form is wrong."""
    end = literal.rindex('"')
    text, suffix = literal[1:end], literal[end + 1 :]
    if "\\" in text:
        text = _ESCAPE.sub(_unescape, text)
    if not suffix:
        return ("string", text)
    if suffix[0] == "@":
        return ("text", text, suffix[1:].lower())
    datatype = suffix[3:-1]
    if datatype.startswith(XSD):
        name = datatype[len(XSD) :]
        parser = _PARSERS.get(name)
        return parser(text, name) if parser else None
    if datatype == RDF + "XMLLiteral":
        return ("xml", text)
    if datatype == RDF + "PlainLiteral":  # rdf:PlainLiteral, section 2: the text, @, a language tag or nothing
        text, at, language = text.rpartition("@")
        if not at:
            raise IllTypedError
        return ("text", text, language.lower()) if language else ("string", text)
    return None


def representative(literal: str) -> str:
    """The literal that stands for the value of a literal: itself when its value is not known.

    IllTypedError when its lexical form is wrong.
    """
    if literal.endswith('"') or (not literal.endswith(">") and literal[literal.rindex('"') :].islower()):
        return literal
    value = value_of(literal)
    match value:
        case None | ("anyURI" | "xml", *_):
            return literal
        case "real", Decimal() as number:
            if number == number.to_integral_value():
                return f'"{int(number)}"^^<{XSD}integer>'
            return f'"{number:f}'.rstrip("0") + f'"^^<{XSD}decimal>'
        case "string", str() as text:
            return f'"{text.translate(_ESCAPING)}"'
        case "text", str() as text, str() as language:
            return f'"{text.translate(_ESCAPING)}"@{language}'
        case "hexBinary" | "base64Binary" as name, bytes() as content:
            form = content.hex() if name == "hexBinary" else base64.b64encode(content).decode()
            return f'"{form}"^^<{XSD}{name}>'
        case "boolean" as name, content:
            return f'"{str(content).lower()}"^^<{XSD}{name}>'
        case "float" | "double" as name, str() as text:
            return f'"{text.replace("inf", "INF").replace("nan", "NaN")}"^^<{XSD}{name}>'
        case str() as name, int() as seconds, int() | None as offset, str() as fraction:
            return f'"{_calendar_form(name, seconds, offset, fraction)}"^^<{XSD}{name}>'
    raise TypeError(f"a value of no known space: {value}")


def _unescape(match: re.Match[str]) -> str:
    number = match[1] or match[2]
    return chr(int(number, 16)) if number else _ESCAPED.get(match[3], match[3])


def contains(value: Value, datatype: str) -> bool:
    """Whether the value space of a datatype of DATATYPES holds the value."""
    if datatype == RDFS_LITERAL:
        return True
    space, content = value[0], value[1]
    if datatype.startswith(RDF):
        return space in {"PlainLiteral": ("string", "text"), "langString": ("text",)}.get(
            datatype[len(RDF) :], ("xml",)
        )
    if datatype.startswith(OWL):
        return space == "real"
    name = datatype[len(XSD) :]
    if name in _BOUNDS:
        if not isinstance(content, Decimal) or space != "real" or content != content.to_integral_value():
            return False
        low, high = _BOUNDS[name]
        return (low is None or content >= low) and (high is None or content <= high)
    if name in _STRINGS:
        return space == "string" and _STRINGS[name].fullmatch(str(content)) is not None
    if name == "dateTimeStamp":
        return space == "dateTime" and value[2] is not None
    return space == ("real" if name == "decimal" else name)
