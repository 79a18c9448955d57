"""One address for one thing: RFC 3986, section 6; RFC 3987, section 5; Unicode."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import pyoxigraph as ox

from kclod.check.client import Exchange
from kclod.check.rules.rule import Finding, Group, Level, holds
from kclod.check.site import Entity, parse

_GROUP = Group("spelling of addresses")
_LETTER = re.compile("[g-z](?=[^g-z]*$)")
"""The last letter that is no hexadecimal digit, and so no part of an escape."""


def _respelled(entity: Entity, path: str) -> str:
    parts = urlsplit(entity.url)
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def _leads_to_it(entity: Entity, chain: list[Exchange]) -> bool:
    """Whether a chain of answers ends where the entity's does, or has the same body."""
    plain = entity.chain("text/turtle")[-1]
    return chain[-1].status == 200 and (chain[-1].url == plain.url or chain[-1].body == plain.body)


@_GROUP.rule(
    "percent-encoding",
    Level.SHOULD,
    "an escaped letter is the letter; hexadecimal digits have no case",
    "RFC 3986, 6.2.2.1–6.2.2.2",
)
def _percent(entity: Entity) -> Iterator[Finding]:
    path = urlsplit(entity.url).path
    variants = [_LETTER.sub(lambda match: f"%{ord(match[0]):02X}", path, count=1)]
    if "%" in path:
        variants.append(re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), path))
    for variant in variants:
        if variant != path:
            chain = entity.client.follow(_respelled(entity, variant), Accept="text/turtle")
            yield holds(_leads_to_it(entity, chain), chain[-1], f"{chain[-1].status}, not the same document")


@_GROUP.rule(
    "slash",
    Level.GOOD,
    "with a slash at its end an address leads to the one, or to nothing",
    "RFC 3986, 6.2.3; RFC 9110, 15.4.9",
)
def _slash(entity: Entity) -> Iterator[Finding]:
    path = urlsplit(entity.url).path
    if path.endswith("/"):
        yield Finding(None)
        return
    chain = entity.client.follow(_respelled(entity, f"{path}/"), Accept="text/turtle")
    permanent = chain[0].status in (301, 308) and _leads_to_it(entity, chain)
    yield holds(
        permanent or chain[-1].status in (404, 410), chain[0], f"{chain[0].status}: two addresses for one thing"
    )


@_GROUP.rule(
    "doubled-slash", Level.GOOD, "with a slash doubled an address leads to the one, or to nothing", "RFC 9110, 15.4.9"
)
def _doubled(entity: Entity) -> Iterator[Finding]:
    path = urlsplit(entity.url).path
    before, _, last = path.rpartition("/")
    chain = entity.client.follow(_respelled(entity, f"{before}//{last}"), Accept="text/turtle")
    permanent = chain[0].status in (301, 308) and _leads_to_it(entity, chain)
    yield holds(
        permanent or chain[-1].status in (400, 404, 410), chain[0], f"{chain[0].status}: two addresses for one thing"
    )


@_GROUP.rule(
    "unicode",
    Level.SHOULD,
    "an IRI with other letters than ASCII is answered, and is the same in the data",
    "RFC 3987, 3.1 and 5.3.2",
)
def _unicode(entity: Entity) -> Iterator[Finding]:
    if unquote(entity.url).isascii():
        yield Finding(None)
        return
    got = entity.data
    if got is None:
        yield Finding(False, entity.answer("text/turtle"), "there is no RDF about it")
        return
    quads = parse(got)
    named = (
        {t.value for q in quads for t in (q.subject, q.object) if isinstance(t, ox.NamedNode)}
        if isinstance(quads, list)
        else set()
    )
    last = unquote(urlsplit(entity.url).path).rpartition("/")[2]
    yield holds(any(iri.endswith(last) for iri in named), got, f"no IRI in the data ends in {last}")


@_GROUP.rule(
    "decomposed",
    Level.GOOD,
    "decomposed letters (NFD) lead to the one address",
    "RFC 3987, 5.3.2.2; Unicode Standard Annex 15",
)
def _decomposed(entity: Entity) -> Iterator[Finding]:
    path = unquote(urlsplit(entity.url).path)
    apart = unicodedata.normalize("NFD", path)
    if apart == path:
        yield Finding(None)
        return
    chain = entity.client.follow(_respelled(entity, quote(apart, safe="/:@!$&'()*+,;=~-._")), Accept="text/turtle")
    yield holds(_leads_to_it(entity, chain), chain[0], f"{chain[-1].status}, not the same document")


RULES = tuple(_GROUP.rules)
