"""Negotiation by profile: W3C Content Negotiation by Profile. A site without profiles is not blamed for it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from kclod.check.client import Exchange
from kclod.check.links import of_header
from kclod.check.rules.rule import Finding, Group, Level, holds
from kclod.check.site import Entity

_GROUP = Group("profiles")
_CONNEG = "Content Negotiation by Profile"


def _documents(entity: Entity) -> list[tuple[str, Exchange]]:
    return [(name, got) for name, got in entity.formats.items() if _profile(got) is not None]


def _profile(got: Exchange) -> str | None:
    told = got.get("Content-Profile")
    return told.strip().split(",")[0].strip("<> ") if told else None


def _offered(got: Exchange) -> list[str]:
    """The profiles in which the same format can be had, by the links to other representations."""
    found = (one.attribute("profile") for one in of_header(got)[0] if one.media_type == got.media_type)
    return list(dict.fromkeys(iri for iri in found if iri))


@_GROUP.rule(
    "told",
    Level.SHOULD,
    "Content-Profile and Link: rel=profile tell the same profile",
    f"{_CONNEG}, HTTP headers; RFC 6906",
)
def _told(entity: Entity) -> Iterator[Finding]:
    for _, got in _documents(entity):
        linked = [one.target for one in of_header(got)[0] if one.relation == "profile"]
        yield holds(_profile(got) in linked, got, "no Link with rel=profile, or another")


@_GROUP.rule(
    "accept-profile",
    Level.MUST,
    "Accept-Profile chooses among those that are offered, with q-values",
    f"{_CONNEG}, get resource by profile",
)
def _accept(entity: Entity) -> Iterator[Finding]:
    for name, got in _documents(entity):
        for profile in _offered(got):
            for wish in (f"<{profile}>", f"<urn:x-none>, <{profile}>;q=0.5"):
                again = entity.answer(name, Accept_Profile=wish)
                yield holds(
                    _profile(again) == profile and again.media_type == name, again, f"{again.status}, {_profile(again)}"
                )


@_GROUP.rule("vary", Level.SHOULD, "what Accept-Profile chose says so in Vary", "RFC 9110, 12.5.5")
def _vary(entity: Entity) -> Iterator[Finding]:
    for name, got in _documents(entity):
        if len(_offered(got)) > 1:
            for exchange in entity.chain(name):
                yield holds(
                    exchange.names("Vary") & {"accept-profile", "*"}, exchange, "Vary does not name Accept-Profile"
                )


@_GROUP.rule("argument", Level.GOOD, "_profile= chooses too, by IRI", f"{_CONNEG}, URL query string arguments")
def _argument(entity: Entity) -> Iterator[Finding]:
    for name, got in _documents(entity)[:2]:
        for profile in _offered(got):
            address = f"{got.url.partition('?')[0]}?_profile={quote(profile, safe='')}"
            again = entity.client.follow(address, Accept=name)[-1]
            yield holds(_profile(again) == profile, again, f"{again.status}, {_profile(again)}")


@_GROUP.rule(
    "unknown",
    Level.GOOD,
    "an unknown profile is no server error, and nothing else is passed off for it",
    f"{_CONNEG}, HTTP headers",
)
def _unknown(entity: Entity) -> Iterator[Finding]:
    for name, _ in _documents(entity)[:1]:
        again = entity.answer(name, Accept_Profile="<urn:x-none>")
        yield holds(
            again.status == 406 or (again.status == 200 and _profile(again) != "urn:x-none"), again, f"{again.status}"
        )


RULES = tuple(_GROUP.rules)
