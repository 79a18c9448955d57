"""Proactive content negotiation: RFC 9110, sections 12.5.1 (Accept), 12.5.3 (Accept-Encoding) and 12.5.4
(Accept-Language, by RFC 4647 lookup); Accept-Profile by W3C Content Negotiation by Profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kclod.rdf import Format

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 # an HTTP token, not a secret
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_ELEMENT = re.compile(rf'(?:{_QUOTED}|[^,"])+')
_RANGE = re.compile(rf"\s*({_TOKEN})/({_TOKEN})\s*")
_PARAMETER = re.compile(rf"\s*;\s*(?:({_TOKEN})=({_TOKEN}|{_QUOTED}))?\s*")
_WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")
_PROFILE = re.compile(rf"\s*(?:<([^<>]*)>|({_TOKEN}|\*))\s*((?:;[^,]*)?)(?=,|$)")
_LANGUAGE = re.compile(r"\s*(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*")


@dataclass(frozen=True, slots=True)
class Offer:
    """One representation that the server can send. `format` is None for HTML and other things that are no RDF."""

    media_type: str
    format: Format | None = None
    aliases: tuple[str, ...] = ()
    """Other media types that it may be sent as, byte for byte."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The representation to send and the media type to label it with: the one that was asked for."""

    offer: Offer
    media_type: str


HTML = Offer("text/html", aliases=("application/xhtml+xml",))
PROBLEM = Offer("application/problem+json", aliases=("application/json",))


def offers_of(formats: Iterable[Format]) -> tuple[Offer, ...]:
    """The formats as offers, in the same order of preference."""
    return tuple(Offer(f.media_type, f, f.aliases) for f in formats)


@dataclass(frozen=True, slots=True)
class _Range:
    type: str
    subtype: str
    parameters: int
    quality: float

    def specificity(self, media_type: str) -> tuple[int, int] | None:
        """How closely it names a media type; None when it does not."""
        kind, _, sub = media_type.partition("/")
        if (self.type, self.subtype) == ("*", "*"):
            return (0, 0)
        if self.type != kind:
            return None
        if self.subtype == "*":
            return (1, 0)
        # A parameter such as charset or version narrows a range that has none of its own media type's meaning here:
        # `text/turtle;charset=utf-8` asks for Turtle.
        return (2, -self.parameters) if self.subtype == sub else None


def choose(accept: str | None, offers: Sequence[Offer]) -> Choice | None:
    """The offer of the highest quality; of equals the first offered. None when nothing offered is acceptable (406).

    The most specific range that matches a media type gives its quality; `q=0` excludes it. Elements that are not well
    formed are ignored; a header that is absent, empty or has no well-formed element accepts everything.
    """
    wish = accept or ""
    return (_known if len(wish) <= _LONGEST_KEPT else _chosen)(wish, tuple(offers))


def _chosen(accept: str, offers: tuple[Offer, ...]) -> Choice | None:
    ranges = _parse(accept)
    if not ranges:
        return Choice(offers[0], offers[0].media_type) if offers else None
    best: tuple[float, Choice] | None = None
    for offer in offers:
        named = [(_quality(ranges, media_type), media_type) for media_type in (offer.media_type, *offer.aliases)]
        # An alias counts only where it is asked for by name, so that `*/*` never yields `text/plain`.
        candidates = [named[0], *((q, m) for q, m in named[1:] if any(f"{r.type}/{r.subtype}" == m for r in ranges))]
        quality, media_type = max(candidates, key=lambda candidate: candidate[0])
        if quality > 0 and (best is None or quality > best[0]):
            best = (quality, Choice(offer, media_type))
    return best[1] if best else None


_LONGEST_KEPT = 500
"""Characters of a header whose choice is kept: those of browsers and libraries are the same again and again."""
_known = lru_cache(maxsize=1024)(_chosen)


def _quality(ranges: Sequence[_Range], media_type: str) -> float:
    matches = [(specificity, r.quality) for r in ranges if (specificity := r.specificity(media_type)) is not None]
    if not matches:
        return 0.0
    closest = max(specificity for specificity, _ in matches)
    return max(quality for specificity, quality in matches if specificity == closest)


def _parse(header: str) -> list[_Range]:
    return [r for element in _ELEMENT.findall(header) if (r := _parse_range(element)) is not None]


def _parse_range(element: str) -> _Range | None:
    head = _RANGE.match(element)
    if head is None or (head[1] == "*" and head[2] != "*"):
        return None
    quality, parameters, position = 1.0, 0, head.end()
    while position < len(element):
        match = _PARAMETER.match(element, position)
        if match is None:
            return None
        position = match.end()
        name, value = match[1], match[2]
        if name is None:
            continue
        if name.lower() == "q":
            if not _WEIGHT.fullmatch(value):
                return None
            quality = float(value)
        else:
            parameters += 1
    return _Range(head[1].lower(), head[2].lower(), parameters, quality)


def choose_language(header: str | None, available: Sequence[str]) -> str:
    """The available language that the header prefers (RFC 4647 section 3.4: `fr-CA` finds `fr`); else the first."""
    wishes: list[tuple[float, int, str]] = []
    for order, element in enumerate((header or "").split(",")):
        tag, *parameters = element.split(";")
        match = _LANGUAGE.fullmatch(tag)
        weights = [p.strip()[2:] for p in parameters if p.strip().lower().startswith("q=")]
        if match is None or any(not _WEIGHT.fullmatch(w) for w in weights):
            continue
        wishes.append((-float(weights[0]) if weights else -1.0, order, match[1].lower()))
    refused = {tag for weight, _, tag in wishes if weight == 0}
    for weight, _, tag in sorted(wishes):
        if weight == 0:
            continue
        if tag == "*":
            return next((a for a in available if a not in refused), available[0])
        parts = tag.split("-")
        for length in range(len(parts), 0, -1):
            if "-".join(parts[:length]) in available:
                return "-".join(parts[:length])
    return available[0]


def choose_profile(header: str | None, available: Sequence[str]) -> tuple[str, float] | None:
    """The available profile of the highest quality, and that; of equals the first. None when none is acceptable.

    Profiles are IRIs in angle brackets; `*` stands for all others. A header that is absent, or has no well-formed
    element, accepts everything.
    """
    wishes: dict[str, float] = {}
    position, header = 0, header or ""
    while position < len(header):
        match = _PROFILE.match(header, position)
        if match is None:
            position = header.find(",", position) + 1 or len(header)
            continue
        position = match.end() + 1
        weights = [p.strip()[2:].strip() for p in match[3].split(";") if p.strip().lower().startswith("q=")]
        if all(_WEIGHT.fullmatch(weight) for weight in weights):
            wishes[match[1] if match[1] is not None else match[2]] = float(weights[0]) if weights else 1.0
    if not wishes:
        return (available[0], 1.0) if available else None
    best: tuple[str, float] | None = None
    for profile in available:
        quality = wishes.get(profile, wishes.get("*", 0.0))
        if quality > 0 and (best is None or quality > best[1]):
            best = (profile, quality)
    return best


def choose_encoding(header: str | None, available: Sequence[str]) -> str:
    """The available content coding of the highest quality, of equals the first; `identity` when none is wanted.

    RFC 9110, section 12.5.3: a coding that is not listed is not sent, unless by `*`; `identity` is always there, and
    is sent rather than 406 even when it is refused, as the section allows.
    """
    if not header:
        return "identity"
    wishes: dict[str, float] = {}
    for element in header.split(","):
        name, *parameters = (part.strip().lower() for part in element.split(";"))
        weights = [p[2:].strip() for p in parameters if p.startswith("q=")]
        if name and all(_WEIGHT.fullmatch(weight) for weight in weights):
            wishes["gzip" if name == "x-gzip" else name] = float(weights[0]) if weights else 1.0
    best, most = "identity", wishes.get("identity", 0.0)
    for coding in available:
        quality = wishes.get(coding, wishes.get("*", 0.0))
        if quality > most or (quality == most > 0 and best == "identity"):
            best, most = coding, quality
    return best
