"""Methods: RFC 9110, section 9. Only safe ones are tried on a site that may be somebody else's."""

from __future__ import annotations

from collections.abc import Iterator

from kclod.check.rules.rule import Finding, Group, Level, holds
from kclod.check.site import BROWSER, Entity

_GROUP = Group("methods")
_SAME = ("Content-Type", "ETag", "Last-Modified", "Vary", "Location", "Content-Language", "Content-Location")


@_GROUP.rule("head", Level.MUST, "HEAD is answered as GET, without a body", "RFC 9110, 9.3.2")
def _head(entity: Entity) -> Iterator[Finding]:
    for accept in (BROWSER, *list(entity.formats)[:2]):
        heads, gets = entity.chain(accept, "HEAD"), entity.chain(accept)
        for head, got in zip(heads, gets, strict=False):
            yield holds(head.status == got.status, head, f"{head.status}, but GET {got.status}")
        yield holds(len(heads) == len(gets), heads[-1], "HEAD leads elsewhere than GET")


@_GROUP.rule("head-fields", Level.SHOULD, "HEAD has the fields of GET", "RFC 9110, 9.3.2")
def _fields(entity: Entity) -> Iterator[Finding]:
    for accept in (BROWSER, *list(entity.formats)[:2]):
        for head, got in zip(entity.chain(accept, "HEAD"), entity.chain(accept), strict=False):
            if head.status == got.status:
                other = [name for name in _SAME if head.get(name) != got.get(name)]
                yield holds(not other, head, f"differs from GET in {', '.join(other)}")


@_GROUP.rule(
    "not-allowed",
    Level.SHOULD,
    "a method that is not supported gets 405 with Allow, or 501",
    "RFC 9110, 15.5.6 and 9.1",
)
def _not_allowed(entity: Entity) -> Iterator[Finding]:
    for url in dict.fromkeys((entity.url, entity.answer("text/turtle").url)):
        got = entity.client.ask(url, "PROPFIND")  # safe, and nothing that a publisher of linked data supports
        yield holds(
            got.status in (207, 401, 403, 501) or (got.status == 405 and bool(got.get("Allow"))),
            got,
            f"{got.status}, Allow: {got.get('Allow')}",
        )


@_GROUP.rule("options", Level.GOOD, "OPTIONS tells the methods", "RFC 9110, 9.3.7")
def _options(entity: Entity) -> Iterator[Finding]:
    got = entity.client.ask(entity.url, "OPTIONS")
    allowed = got.names("Allow") | got.names("Access-Control-Allow-Methods")
    yield holds(
        got.status in (200, 204) and {"get", "head"} <= allowed, got, f"{got.status}, {', '.join(sorted(allowed))}"
    )


RULES = tuple(_GROUP.rules)
