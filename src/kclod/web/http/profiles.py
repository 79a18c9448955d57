"""What a data document may say beyond the least: profiles, negotiated by W3C Content Negotiation by Profile.

By `Accept-Profile` (section "Hypertext Transfer Protocol Headers") or `_profile=` (section "URL Query String
Arguments"), by IRI or token. The answer names its profile in `Content-Profile` and as `Link: rel="profile"` (RFC 6906).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import flask
import pyoxigraph as ox

from kclod.rdf import RDF_FORMATS, Format
from kclod.vocab import DCT, PUB, RDF, Namespace
from kclod.web.http.negotiation import choose_profile
from kclod.web.http.responses import ProblemError, link

ALTR = Namespace("http://www.w3.org/ns/dx/connegp/altr#")
PROF = Namespace("http://www.w3.org/ns/dx/prof/")
LISTS = ("alt", "altr", ALTR.rstrip("#"))
"""Values of `_profile` that ask which representations there are."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a description holds. `evidence` wants named graphs, so that only formats of datasets can hold it."""

    token: str
    labels: bool
    evidence: bool

    @property
    def iri(self) -> str:
        """Its IRI, a term of the publisher vocabulary: no standard one says what these hold."""
        return PUB[f"profile{self.token.capitalize()}"].value


PLAIN = Profile("plain", labels=False, evidence=False)
LABELLED = Profile("labels", labels=True, evidence=False)
WITH_EVIDENCE = Profile("evidence", labels=True, evidence=True)
PROFILES = (PLAIN, LABELLED, WITH_EVIDENCE)
_BY_NAME = {name: profile for profile in PROFILES for name in (profile.token, profile.iri)}
_QUADS = ("nq", "trig")


def available(fmt: Format) -> tuple[Profile, ...]:
    """The profiles of a format, the default first: evidence where the format is one of datasets alone."""
    if fmt.name in _QUADS:
        return (WITH_EVIDENCE, LABELLED, PLAIN)
    return (LABELLED, PLAIN, WITH_EVIDENCE) if fmt.dataset else (LABELLED, PLAIN)


def formats() -> tuple[Format, ...] | None:
    """The formats that can be sent by the profile that this request asks for; None when it asks for none.

    A representation of a listed profile is better than any other (section "Hypertext Transfer Protocol Headers"), so
    that of the profiles the one that is wanted most decides.
    """
    name = asked()
    if name in LISTS:
        return RDF_FORMATS
    if name is not None:
        return tuple(fmt for fmt in RDF_FORMATS if _BY_NAME[name] in available(fmt))
    flask.g.profiled = True
    header = flask.request.headers.get("Accept-Profile")
    if not header:
        return None
    best = choose_profile(header, [p.iri for p in PROFILES])
    if best is None or best[1] == 0:
        raise unknown()
    return tuple(
        fmt
        for fmt in RDF_FORMATS
        if (found := choose_profile(header, [p.iri for p in available(fmt)])) is not None and found[1] == best[1]
    )


def unknown() -> ProblemError:
    """The 406 of an Accept-Profile that names none of the profiles."""
    listed = [profile.iri for profile in PROFILES]
    message = f"none of the profiles in the Accept-Profile header can be sent; there are: {', '.join(listed)}"
    return ProblemError(406, "not-acceptable", message, extra={"profiles": listed})


def asked() -> str | None:
    """The token or IRI in `_profile`; a 400 for one that is not known, other than those that ask for the list."""
    name = flask.request.args.get("_profile")
    if name is None or name in LISTS or name in _BY_NAME:
        return name
    tokens = ", ".join(profile.token for profile in PROFILES)
    raise ProblemError(400, "unknown-profile", f"`_profile` is one of {tokens}, alt, or the IRI of one of them")


def of_request(fmt: Format) -> Profile:
    """The profile for this request in a format: by `_profile`, else by Accept-Profile; 406 when there is none."""
    offers = available(fmt)
    name = asked()
    if name is not None and name in _BY_NAME:
        found = _BY_NAME[name]
        if found in offers:
            return found
    else:
        flask.g.profiled = True
        chosen = choose_profile(flask.request.headers.get("Accept-Profile"), [p.iri for p in offers])
        if chosen is not None:
            return next(p for p in offers if p.iri == chosen[0])
    listed = [p.iri for p in offers]
    raise ProblemError(
        406,
        "not-acceptable",
        f"{fmt.title} is sent by the profiles {', '.join(listed)}",
        extra={"available": [{"media_type": fmt.media_type, "profile": iri} for iri in listed]},
    )


def tokens() -> Iterator[str]:
    """The links that map tokens to profiles (section "Token mappings")."""
    for profile in PROFILES:
        yield f'<{PROF["Profile"].value}>; rel="type"; token="{profile.token}"; anchor="{profile.iri}"'


def address(document: str, fmt: Format, profile: Profile) -> str:
    """The address of a data document in a profile: that of the document itself where it is the default."""
    if profile is available(fmt)[0]:
        return document
    return f"{document}{'&' if '?' in document else '?'}_profile={profile.token}"


def alternates(documents: Mapping[str, str], fmt: Format | None, profile: Profile | None) -> Iterator[str]:
    """Links to the other representations: each format in its default profile, and this format in every one.

    `documents` has the addresses of the data documents by the names of their formats; `fmt` and `profile` are those of
    the document that links.
    """
    for other in RDF_FORMATS:
        for one in available(other) if other is fmt else available(other)[:1]:
            if other is not fmt or one is not profile:
                href = address(documents[other.name], other, one)
                yield link(href, "alternate", other.media_type, profile=one.iri)


def listing(node: ox.NamedNode, page: str, documents: Mapping[str, str]) -> list[ox.Triple]:
    """All representations of a thing's description in the Alternate Representations Data Model (altr).

    Addresses are absolute; the page, which has no profile, is the default.
    """
    triples = [
        ox.Triple(node, ALTR["hasDefaultRepresentation"], ox.NamedNode(page)),
        ox.Triple(ox.NamedNode(page), DCT["format"], ox.Literal("text/html")),
    ]
    for fmt in RDF_FORMATS:
        for profile in available(fmt):
            representation = ox.NamedNode(address(documents[fmt.name], fmt, profile))
            triples += [
                ox.Triple(node, ALTR["hasRepresentation"], representation),
                ox.Triple(representation, DCT["format"], ox.Literal(fmt.media_type)),
                ox.Triple(representation, DCT["conformsTo"], ox.NamedNode(profile.iri)),
            ]
    for profile in PROFILES:
        triples += [
            ox.Triple(ox.NamedNode(profile.iri), RDF["type"], PROF["Profile"]),
            ox.Triple(ox.NamedNode(profile.iri), PROF["hasToken"], ox.Literal(profile.token)),
        ]
    return triples
