"""Validators and conditional requests: RFC 9110, sections 8.8 and 13."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from kclod.check.client import Exchange
from kclod.check.rules.rule import Finding, Group, Level, holds
from kclod.check.site import BROWSER, Entity

_GROUP = Group("validators")
_KEPT = ("ETag", "Vary", "Cache-Control", "Content-Location", "Expires")


def _documents(entity: Entity) -> list[tuple[str, Exchange]]:
    """The page and two data documents, each with the Accept that gave it."""
    found = [(BROWSER, entity.page), *((name, got) for name, got in list(entity.formats.items())[:2])]
    return [(accept, got) for accept, got in found if got is not None]


def _again(entity: Entity, accept: str, got: Exchange, method: str = "GET", **fields: str) -> Exchange:
    return entity.client.ask(got.url, method, Accept=accept, **fields)


def _tagged(entity: Entity) -> Iterator[tuple[str, Exchange, str]]:
    for accept, got in _documents(entity):
        if (tag := got.get("ETag")) is not None:
            yield accept, got, tag


@_GROUP.rule("validator", Level.SHOULD, "a document has an ETag or Last-Modified", "RFC 9110, 8.8.2.1 and 8.8.3.1")
def _validator(entity: Entity) -> Iterator[Finding]:
    for _, got in _documents(entity):
        yield holds(got.get("ETag") or got.get("Last-Modified"), got, "neither ETag nor Last-Modified")


@_GROUP.rule(
    "well-formed", Level.MUST, "an ETag is a quoted string, with W/ before it where it is weak", "RFC 9110, 8.8.3"
)
def _well_formed(entity: Entity) -> Iterator[Finding]:
    for _, got, tag in _tagged(entity):
        opaque = tag.removeprefix("W/")
        yield holds(len(opaque) > 1 and opaque[0] == opaque[-1] == '"' and '"' not in opaque[1:-1], got, tag)


@_GROUP.rule(
    "none-match",
    Level.MUST,
    "If-None-Match with the tag gets 304, by weak comparison, alone, in a list and as *",
    "RFC 9110, 13.1.2 and 15.4.5",
)
def _none_match(entity: Entity) -> Iterator[Finding]:
    for accept, got, tag in _tagged(entity):
        weak = tag if tag.startswith("W/") else f"W/{tag}"
        for value in (tag, weak, f'"other", {tag}', "*"):
            again = _again(entity, accept, got, If_None_Match=value)
            yield holds(again.status == 304 and not again.body, again, str(again.status))
        head = _again(entity, accept, got, "HEAD", If_None_Match=tag)
        yield holds(head.status == 304, head, str(head.status))


@_GROUP.rule("other-tag", Level.MUST, "If-None-Match with another tag gets the document", "RFC 9110, 13.1.2")
def _other(entity: Entity) -> Iterator[Finding]:
    for accept, got, _ in _tagged(entity):
        again = _again(entity, accept, got, If_None_Match='"another"')
        yield holds(again.status == 200, again, str(again.status))


@_GROUP.rule(
    "same-fields",
    Level.MUST,
    "304 has the ETag, Vary, Cache-Control and Content-Location that 200 has",
    "RFC 9110, 15.4.5",
)
def _kept(entity: Entity) -> Iterator[Finding]:
    for accept, got, tag in _tagged(entity):
        again = _again(entity, accept, got, If_None_Match=tag)
        if again.status == 304:
            other = [name for name in _KEPT if again.get(name) != got.get(name)]
            yield holds(not other, again, f"differs in {', '.join(other)}")


@_GROUP.rule(
    "stable", Level.MUST, "the same request gets the same strong ETag only with the same bytes", "RFC 9110, 8.8.1"
)
def _stable(entity: Entity) -> Iterator[Finding]:
    for accept, got, tag in _tagged(entity):
        again = _again(entity, accept, got, Pragma="no-cache")
        same = again.get("ETag") == tag
        yield holds(not same or tag.startswith("W/") or again.body == got.body, again, "one tag, two bodies")


@_GROUP.rule("distinct", Level.MUST, "representations at one address have ETags of their own", "RFC 9110, 8.8.3.3")
def _distinct(entity: Entity) -> Iterator[Finding]:
    seen: dict[tuple[str, str], Exchange] = {}
    for got in (*entity.formats.values(), *([entity.page] if entity.page else [])):
        tag = got.get("ETag")
        if tag is None:
            continue
        before = seen.setdefault((got.url, tag), got)
        yield holds(before.media_type == got.media_type, got, f"the tag {tag} is that of {before.media_type} too")


@_GROUP.rule(
    "modified-since",
    Level.SHOULD,
    "If-Modified-Since with Last-Modified gets 304; a tag comes before it",
    "RFC 9110, 13.1.3 and 13.2.2",
)
def _modified(entity: Entity) -> Iterator[Finding]:
    for accept, got in _documents(entity):
        date = got.get("Last-Modified")
        if date is None:
            continue
        again = _again(entity, accept, got, If_Modified_Since=date)
        yield holds(again.status == 304, again, str(again.status))
        if got.get("ETag"):
            again = _again(entity, accept, got, If_Modified_Since=date, If_None_Match='"another"')
            yield holds(again.status == 200, again, str(again.status))


@_GROUP.rule("not-in-future", Level.MUST, "Last-Modified is not later than Date", "RFC 9110, 8.8.2.1")
def _future(entity: Entity) -> Iterator[Finding]:
    for _, got in _documents(entity):
        modified, date = got.get("Last-Modified"), got.get("Date")
        if modified is None or date is None:
            continue
        try:
            later = parsedate_to_datetime(modified) > parsedate_to_datetime(date)
        except (ValueError, TypeError):
            yield Finding(False, got, f"no date: {modified}")
        else:
            yield holds(not later, got, f"{modified} is after {date}")


RULES = tuple(_GROUP.rules)
