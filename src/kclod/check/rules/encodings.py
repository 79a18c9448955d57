"""Content codings: RFC 9110, sections 8.4 and 12.5.3."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

from kclod.check.client import Exchange
from kclod.check.rules.rule import Finding, Group, Level, holds
from kclod.check.site import BROWSER, Entity

_GROUP = Group("content codings")


def _pairs(entity: Entity) -> Iterator[tuple[Exchange, Exchange]]:
    """Answers that are coded, each with the one that is not."""
    for accept in (BROWSER, *list(entity.formats)[:1]):
        plain, coded = entity.answer(accept), entity.answer(accept, Accept_Encoding="gzip")
        if coded.status == 200 and plain.status == 200 and coded.get("Content-Encoding"):
            yield plain, coded


@_GROUP.rule("decodes", Level.MUST, "what is coded decodes to what is sent without coding", "RFC 9110, 8.4.1.3")
def _decodes(entity: Entity) -> Iterator[Finding]:
    for plain, coded in _pairs(entity):
        try:
            same = coded.cut or gzip.decompress(coded.body) == plain.body
        except (OSError, EOFError, zlib.error) as error:
            yield Finding(False, coded, str(error))
            continue
        yield holds(same, coded, "decodes to something else")


@_GROUP.rule("vary", Level.SHOULD, "what Accept-Encoding chose says so in Vary, coded or not", "RFC 9110, 12.5.5")
def _vary(entity: Entity) -> Iterator[Finding]:
    for pair in _pairs(entity):
        for got in pair:
            yield holds(got.names("Vary") & {"accept-encoding", "*"}, got, "Vary does not name Accept-Encoding")


@_GROUP.rule("tags", Level.MUST, "strong ETags of coded and plain bytes differ", "RFC 9110, 8.8.3.3")
def _tags(entity: Entity) -> Iterator[Finding]:
    for plain, coded in _pairs(entity):
        tag = coded.get("ETag")
        if tag is not None:
            yield holds(tag.startswith("W/") or tag != plain.get("ETag"), coded, f"both have {tag}")


@_GROUP.rule(
    "coded-304", Level.MUST, "the tag of coded bytes gets 304 from who asks for that coding", "RFC 9110, 13.1.2"
)
def _conditions(entity: Entity) -> Iterator[Finding]:
    for _, coded in _pairs(entity):
        tag, accept = coded.get("ETag"), dict(coded.sent).get("Accept", "*/*")
        if tag is not None:
            again = entity.client.ask(coded.url, Accept=accept, Accept_Encoding="gzip", If_None_Match=tag)
            yield holds(
                again.status == 304 and again.get("ETag") == tag, again, f"{again.status}, ETag {again.get('ETag')}"
            )


@_GROUP.rule("refused", Level.SHOULD, "a coding that is not asked for, or has q=0, is not sent", "RFC 9110, 12.5.3")
def _refused(entity: Entity) -> Iterator[Finding]:
    for wish in ("identity", "gzip;q=0, br;q=0, zstd;q=0, deflate;q=0", "x-none"):
        got = entity.answer(BROWSER, Accept_Encoding=wish)
        yield holds(
            got.get("Content-Encoding") in (None, "identity"), got, f"Content-Encoding: {got.get('Content-Encoding')}"
        )


@_GROUP.rule(
    "compressed",
    Level.GOOD,
    "pages of some size are compressed for who takes that",
    "Data on the Web Best Practices; RFC 9110, 8.4",
)
def _compressed(entity: Entity) -> Iterator[Finding]:
    plain = entity.answer(BROWSER)
    if plain.status != 200 or len(plain.body) < 2000:
        yield Finding(None)
        return
    got = entity.answer(BROWSER, Accept_Encoding="gzip, deflate, br, zstd")
    yield holds(
        bool(got.get("Content-Encoding")) and len(got.body) < len(plain.body), got, f"{len(got.body)} bytes as they are"
    )


RULES = tuple(_GROUP.rules)
