"""Proactive negotiation (RFC 9110, section 12.5) as regular expressions, for servers that have nothing else.

The q-value of an offer becomes four digits (`1000`, `0850`) by the first of some patterns that matches the header; then
the largest decides, of equals the first offered. The patterns are of the kind that PCRE and RE2 both know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kclod.rdf import RDF_FORMATS
from kclod.web.http.negotiation import HTML, PROBLEM, Offer, offers_of

NONE = "none"
_START = r"(?:^|,)\s*"
_OTHERS = r"(?:\s*;\s*(?:[^q,;\s][^,;]*|q[^=,;\s][^,;]*)?)*"
_END = rf"{_OTHERS}\s*(?:,|$)"
_Q = rf"{_OTHERS}\s*;\s*q="
WEIGHTS = (
    (_END, "1000"),
    (rf"{_Q}1(?:\.0{{0,3}})?{_END}", "1000"),
    (rf"{_Q}0\.([0-9])([0-9])([0-9]){_END}", "0$1$2$3"),
    (rf"{_Q}0\.([0-9])([0-9]){_END}", "0$1${2}0"),
    (rf"{_Q}0\.([0-9]){_END}", "0${1}00"),
    (rf"{_Q}0\.?{_END}", "0000"),
)
"""What may follow a range, and the digits that it stands for, with `$1` for what a pattern has found."""


@dataclass(frozen=True, slots=True)
class Named:
    """An offer with the short name that is the extension of its files."""

    name: str
    media_types: tuple[str, ...]

    @property
    def key(self) -> str:
        """A name for its q-value: that of its media type, which is not the same wherever the extension is."""
        return re.sub(r"[^a-z0-9]", "_", self.media_types[0])

    def ranges(self) -> Iterator[str]:
        """The ranges that name it, as patterns, the most special first."""
        for media_type in self.media_types:
            yield re.escape(media_type)
        kind = self.media_types[0].partition("/")[0]
        yield rf"{re.escape(kind)}/\*"
        yield r"\*/\*"

    def patterns(self) -> Iterator[tuple[str, str]]:
        """Patterns of the header, to be tried in order without regard to case, and the digits they stand for."""
        for one in self.ranges():
            for rest, digits in WEIGHTS:
                yield f"{_START}{one}{rest}", digits


def named(offers: Iterable[Offer]) -> tuple[Named, ...]:
    """The offers, in the same order."""
    return tuple(
        Named(
            "html" if offer == HTML else offer.format.name if offer.format else "json",
            (offer.media_type, *offer.aliases),
        )
        for offer in offers
    )


_RDF = offers_of(RDF_FORMATS)
SETS = {
    "h": named((HTML,)),
    "hr": named((HTML, *_RDF)),
    "r": named(_RDF),
    "hj": named((HTML, Offer("application/json"))),
    "p": named((PROBLEM, HTML)),
}
"""What there may be to choose from: pages, pages and RDF, RDF, pages and JSON; and what tells a refusal."""


def language_patterns(tag: str) -> Iterator[tuple[str, str]]:
    """The same for a language in Accept-Language: `fr-CA` finds `fr` (RFC 4647, section 3.4)."""
    for one in (re.escape(tag), rf"{re.escape(tag)}-[a-z0-9-]+"):
        for rest, digits in WEIGHTS:
            yield f"{_START}{one}{rest}", digits


def profile_patterns(iri: str) -> Iterator[tuple[str, str]]:
    """The same for a profile in Accept-Profile."""
    for one in (f"<{re.escape(iri)}>", r"\*"):
        for rest, digits in WEIGHTS:
            yield f"{_START}{one}{rest}", digits
