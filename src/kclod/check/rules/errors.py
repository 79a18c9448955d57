"""What is not there: RFC 9110, section 15.5."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kclod.check.rules.rule import Finding, Group, Level, holds
from kclod.check.site import BROWSER, Entity

_GROUP = Group("errors")
_NONE = "kclod-check-nothing-here-7f3a"
_INSIDE = re.compile(rb"Traceback \(most recent call last\)|^\s+at [\w.$<>]+ ?\([^)]*:\d+(:\d+)?\)", re.MULTILINE)


def missing(entity: Entity) -> str:
    """An address beside the entity's at which there is nothing."""
    return entity.url.partition("?")[0].rstrip("/").rpartition("/")[0] + f"/{_NONE}"


@_GROUP.rule("not-found", Level.MUST, "an address of nothing gets 404 (or 410), for every Accept", "RFC 9110, 15.5.5")
def _not_found(entity: Entity) -> Iterator[Finding]:
    for accept in (BROWSER, "text/turtle", "application/ld+json", "*/*"):
        got = entity.client.follow(missing(entity), Accept=accept)[-1]
        yield holds(got.status in (404, 410), got, f"{got.status} {got.media_type}, {len(got.body)} bytes")


@_GROUP.rule("page", Level.GOOD, "a browser gets a page that says so", "RFC 9110, 15.5")
def _page(entity: Entity) -> Iterator[Finding]:
    got = entity.client.follow(missing(entity), Accept=BROWSER)[-1]
    yield holds(got.media_type in ("text/html", "application/xhtml+xml") and bool(got.body), got, got.media_type)


@_GROUP.rule("no-page", Level.GOOD, "a program that asks for data gets no page", "RFC 9457; RFC 9110, 15.5")
def _no_page(entity: Entity) -> Iterator[Finding]:
    got = entity.client.follow(missing(entity), Accept="text/turtle")[-1]
    yield holds(got.media_type not in ("text/html", "application/xhtml+xml"), got, got.media_type)


@_GROUP.rule("no-server-error", Level.MUST, "an odd address is the client's error, not the server's", "RFC 9110, 15.6")
def _odd(entity: Entity) -> Iterator[Finding]:
    base = missing(entity).rpartition("/")[0]
    for odd in (
        f"{base}/%zz",
        f"{base}/%ff%fe",
        f"{base}/%00",
        f"{base}/a%20b%3Cc%3E",
        f"{base}/..%2f..%2fetc",
        f"{base}/{'a' * 3000}",
    ):
        got = entity.client.ask(odd, Accept="text/turtle")
        yield holds(0 < got.status < 500, got, str(got.status or got.error))


@_GROUP.rule("no-inside", Level.GOOD, "no error shows the program's inside", "OWASP Web Security Testing Guide, 4.8.2")
def _inside(entity: Entity) -> Iterator[Finding]:
    base = missing(entity)
    for address in (base, f"{base}/%zz", f"{base}?x=%27%22%3E"):
        got = entity.client.follow(address, Accept=BROWSER)[-1]
        yield holds(not _INSIDE.search(got.body), got, "a stack trace")


RULES = tuple(_GROUP.rules)
