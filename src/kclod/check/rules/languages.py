"""Negotiation by Accept-Language: RFC 9110, section 12.5.4."""

from __future__ import annotations

from collections.abc import Iterator

from kclod.check.client import Exchange
from kclod.check.links import of_page
from kclod.check.rules.rule import Finding, Group, Level, holds
from kclod.check.site import Entity

_GROUP = Group("languages")
_TRIED = ("en", "fr", "de", "es", "ko", "ja", "fi", "nl")


def _language(exchange: Exchange) -> str | None:
    return exchange.get("Content-Language") or of_page(exchange).language


def _pages(entity: Entity) -> dict[str, Exchange]:
    return {tag: entity.answer("text/html", Accept_Language=tag) for tag in _TRIED} if entity.page else {}


@_GROUP.rule(
    "told", Level.SHOULD, "a page tells its language, by Content-Language or lang", "RFC 9110, 8.5; WCAG 2.2, 3.1.1"
)
def _told(entity: Entity) -> Iterator[Finding]:
    if entity.page is None:
        yield Finding(None)
        return
    yield holds(bool(_language(entity.page)), entity.page, "neither Content-Language nor lang")


@_GROUP.rule("vary", Level.SHOULD, "a page that Accept-Language chose says so in Vary", "RFC 9110, 12.5.5")
def _vary(entity: Entity) -> Iterator[Finding]:
    pages = _pages(entity)
    if len({got.body for got in pages.values()}) < 2 or len({_language(got) for got in pages.values()}) < 2:
        yield Finding(None)
        return
    for got in pages.values():
        yield holds(got.names("Vary") & {"accept-language", "*"}, got, "Vary does not name Accept-Language")


@_GROUP.rule("sub-tags", Level.GOOD, "fr-CA finds fr: RFC 4647 lookup", "RFC 4647, 3.4")
def _lookup(entity: Entity) -> Iterator[Finding]:
    pages = _pages(entity)
    for tag, got in pages.items():
        if (_language(got) or "").lower().startswith(tag) and tag != "en":
            more = entity.answer("text/html", Accept_Language=f"{tag}-XX, xx;q=0.5")
            yield holds(_language(more) == _language(got), more, f"the page is in {_language(more)}")
            return
    yield Finding(None)


@_GROUP.rule("never-406", Level.SHOULD, "a language that is not there is no reason to refuse", "RFC 9110, 12.5.4")
def _never(entity: Entity) -> Iterator[Finding]:
    for accept in ("text/html", *list(entity.formats)[:1]):
        got = entity.answer(accept, Accept_Language="x-none")
        yield holds(got.status == 200 or entity.answer(accept).status != 200, got, str(got.status))


RULES = tuple(_GROUP.rules)
