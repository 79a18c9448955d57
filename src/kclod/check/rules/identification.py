"""A thing has an IRI that leads to documents about it: Cool URIs for the Semantic Web, and HTTP redirects."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from kclod.check.client import absolute
from kclod.check.rules.rule import Finding, Group, Level, holds
from kclod.check.site import BROWSER, Entity

_GROUP = Group("identification")
_COOL = "Cool URIs for the Semantic Web"


@_GROUP.rule(
    "answers", Level.MUST, "the thing's address is answered with 200, at once or after redirects", f"{_COOL}, 4"
)
def _answers(entity: Entity) -> Iterator[Finding]:
    for accept in (BROWSER, "text/turtle"):
        last = entity.answer(accept)
        yield holds(last.status == 200, last, f"{last.status} and no document")


@_GROUP.rule(
    "see-other",
    Level.SHOULD,
    "a thing is no document: 303 leads from it to one, or it is a hash IRI",
    f"{_COOL}, 4.1–4.2; RFC 9110, 15.4.4",
)
def _see_other(entity: Entity) -> Iterator[Finding]:
    if "#" in (entity.iri or ""):
        yield Finding(True)
        return
    for accept in (BROWSER, "text/turtle"):
        chain = entity.chain(accept)
        statuses = [exchange.status for exchange in chain[:-1]]
        yield holds(303 in statuses, chain[0], f"answered with {' → '.join(str(e.status) for e in chain)}")


@_GROUP.rule(
    "own-address",
    Level.GOOD,
    "page and data have addresses of their own, by redirect or Content-Location",
    f"{_COOL}, 4.7; RFC 9110, 8.7",
)
def _own_address(entity: Entity) -> Iterator[Finding]:
    if entity.page is None or entity.data is None:
        yield Finding(None)
        return
    page, data = (
        absolute(e.url, e.get("Content-Location") or "") if e.get("Content-Location") else e.url
        for e in (entity.page, entity.data)
    )
    yield holds(page != data, entity.data, f"page and data are both at {page}")


@_GROUP.rule(
    "redirects-end",
    Level.MUST,
    "redirects have a Location and end at a document of the same site",
    "RFC 9110, 10.2.2 and 15.4",
)
def _redirects_end(entity: Entity) -> Iterator[Finding]:
    for accept in (BROWSER, "text/turtle", "application/n-triples"):
        chain = entity.chain(accept)
        last = chain[-1]
        yield holds(not 300 <= last.status < 400, last, "a redirect without an end")
        host = urlsplit(entity.url).netloc
        yield holds(urlsplit(last.url).netloc == host, chain[0], f"leads to another host: {last.url}")


@_GROUP.rule(
    "names-it", Level.MUST, "the data says something of the thing under its IRI", f"{_COOL}, 2; Linked Data, rule 3"
)
def _names_it(entity: Entity) -> Iterator[Finding]:
    if entity.data is None:
        yield Finding(False, entity.answer("text/turtle"), "there is no RDF about it")
    else:
        yield holds(entity.iri is not None, entity.data, "no IRI in the data is that of the address")


@_GROUP.rule(
    "host-not-trusted",
    Level.GOOD,
    "addresses do not come from X-Forwarded-Host, which anybody can send",
    "OWASP Web Security Testing Guide, 4.7.17",
)
def _host(entity: Entity) -> Iterator[Finding]:
    wrong = "host.invalid"
    for accept in (BROWSER, "text/turtle"):
        for exchange in entity.client.follow(
            entity.url, Accept=accept, X_Forwarded_Host=wrong, Forwarded=f"host={wrong}"
        ):
            seen = " ".join(value for _, value in exchange.headers)
            yield holds(
                wrong not in seen and wrong.encode() not in exchange.body, exchange, f"{wrong} is in the answer"
            )
            if wrong in seen:
                return


RULES = tuple(_GROUP.rules)
