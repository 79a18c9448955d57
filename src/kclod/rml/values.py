"""From values of the data to strings: natural lexical forms and IRI-safe versions.

RML-Core sections 8.3.1 (IRI encoding) and 11.1 (natural mapping); RML-IO registry, natural RDF mapping of JSON values;
canonical forms of XML Schema 1.1 part 2.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from functools import lru_cache
from json import dumps

# RFC 3987 section 2.2, iunreserved; RFC 3986 section 2.3, unreserved
_UCSCHAR = "\xa0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef" + "".join(
    f"{chr(plane * 0x10000 + (0x1000 if plane == 14 else 0))}-{chr(plane * 0x10000 + 0xFFFD)}" for plane in range(1, 15)
)
NOT_IUNRESERVED = re.compile(rf"[^A-Za-z0-9\-._~{_UCSCHAR}]")
NOT_UNRESERVED = re.compile(r"[^A-Za-z0-9\-._~]")

LONGEST_SHOWN = 200
"""How many characters of a value messages show."""


class NotScalarError(ValueError):
    """A value that has no lexical form: an array, an object, or something that JSON does not have."""

    def __init__(self, value: object) -> None:
        super().__init__(f"{kind_of(value)} cannot become one term; select its members, for example with [*]")
        self.value = value


SURROGATE = "it has a lone surrogate, which no RDF term may have"


def kind_of(value: object) -> str:
    """What a value is, in the words of JSON."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    return f"a value of type {type(value).__name__}"


def shown(value: object) -> str:
    """A value as messages show it: strings as they are, the rest as JSON, long ones cut with an ellipsis."""
    text = value if isinstance(value, str) else dumps(value, ensure_ascii=False, default=str)
    text = text.encode(errors="backslashreplace").decode()  # a lone surrogate could not be printed
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def lexical(value: object) -> str:
    """The natural lexical form of a JSON value, canonical: `true`, `42`, `1.5E0`. NotScalarError for the others."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return canonical_double(value)
    raise NotScalarError(value)


def plain_lexical(value: object) -> str:
    """The form that the older vocabulary uses: as `lexical`, but floats as they are usually written, `1.5`."""
    return float.__repr__(value) if isinstance(value, float) else lexical(value)


def decimal_lexical(value: object) -> str:
    """As `lexical`, but floats without exponent, so that `1.5` can become an xsd:decimal."""
    if isinstance(value, float) and math.isfinite(value):
        digits = f"{Decimal(float.__repr__(value)):f}"
        return digits.removesuffix(".0")
    return lexical(value)


def canonical_double(value: float) -> str:
    """The canonical lexical form of an xsd:double (XML Schema 1.1 part 2, section 3.3.5): `1.0E2`, `-0.0E0`, `INF`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "INF" if value > 0 else "-INF"
    number = Decimal(float.__repr__(value))
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0") or "0"
    exponent = number.adjusted() if number else 0
    return f"{'-' if number.is_signed() else ''}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def iri_safe(text: str) -> str:
    """Percent-encode all that is not iunreserved. UnicodeEncodeError for a lone surrogate."""
    return text if text.isalnum() and text.isascii() else NOT_IUNRESERVED.sub(_percent, text)


def uri_safe(text: str) -> str:
    """Percent-encode all that is not unreserved. UnicodeEncodeError for a lone surrogate."""
    return text if text.isalnum() and text.isascii() else NOT_UNRESERVED.sub(_percent, text)


def _percent(match: re.Match[str]) -> str:
    return _encoded(match[0])


@lru_cache(maxsize=1024)
def _encoded(character: str) -> str:
    return "".join(f"%{octet:02X}" for octet in character.encode())


def is_encodable(text: str) -> bool:
    """Whether a text has no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def blank_label(text: str) -> str:
    """A blank node label that is valid in every syntax, a different one for each text."""
    return "b" + re.sub("[^A-Za-z0-9]", lambda match: f"_{ord(match.group()):x}_", text)
