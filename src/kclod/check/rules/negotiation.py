"""Proactive negotiation by Accept: RFC 9110, section 12."""

from __future__ import annotations

from collections.abc import Iterator

from kclod.check.client import Exchange
from kclod.check.links import links
from kclod.check.rules.rule import Finding, Group, Level, holds
from kclod.check.site import BROWSER, Entity, format_of

_GROUP = Group("negotiation by Accept")
_ACCEPT = "RFC 9110, 12.5.1"
_HTML = ("text/html", "application/xhtml+xml")
_LONG = (
    "application/rdf+xml, application/n-triples, text/turtle;q=0.9, application/ld+json;q=0.8, application/trig;q=0.7, "
    "text/html;q=0.3, */*;q=0.1"
)


def _is(got: Exchange, *names: str) -> Finding:
    return holds(got.status == 200 and got.media_type in names, got, f"{got.status} {got.media_type}")


@_GROUP.rule("html", Level.GOOD, "a browser gets HTML", _ACCEPT)
def _browser(entity: Entity) -> Iterator[Finding]:
    yield _is(entity.answer(BROWSER), *_HTML)
    yield _is(entity.answer("text/html"), *_HTML)


@_GROUP.rule("turtle", Level.GOOD, "Turtle can be had", "Linked Data Platform 1.0, 4.3.2.1; RDF 1.1 Turtle")
def _turtle(entity: Entity) -> Iterator[Finding]:
    yield _is(entity.answer("text/turtle"), "text/turtle")


@_GROUP.rule("json-ld", Level.GOOD, "JSON-LD can be had", "Data on the Web Best Practices, 14; JSON-LD 1.1")
def _json_ld(entity: Entity) -> Iterator[Finding]:
    yield _is(entity.answer("application/ld+json"), "application/ld+json")


@_GROUP.rule("quality", Level.SHOULD, "the higher q-value decides", "RFC 9110, 12.4.2")
def _quality(entity: Entity) -> Iterator[Finding]:
    for name in entity.formats:
        yield _is(entity.answer(f"text/html;q=0.4, {name};q=0.8"), name)
        if entity.page is not None:
            yield _is(entity.answer(f"{name};q=0.4, text/html;q=0.8"), *_HTML)
    if len(entity.formats) > 1:
        one, other, *_ = entity.formats
        yield _is(entity.answer(f"{one};q=0.1, {other};q=0.11"), other)
        yield _is(entity.answer(f"{one};q=0.11, {other};q=0.1"), one)


@_GROUP.rule("excluded", Level.SHOULD, "what has q=0 is not sent", "RFC 9110, 12.4.2")
def _excluded(entity: Entity) -> Iterator[Finding]:
    for name in (*entity.formats, *(["text/html"] if entity.page is not None else [])):
        got = entity.answer(f"{name};q=0, */*;q=0.5")
        yield holds(
            got.status == 406 or (got.status == 200 and got.media_type != name), got, f"{got.status} {got.media_type}"
        )


@_GROUP.rule("specific", Level.MUST, "the most specific range that matches a type gives its q-value", _ACCEPT)
def _specific(entity: Entity) -> Iterator[Finding]:
    for name in list(entity.formats)[:2]:
        yield _is(entity.answer(f"*/*;q=0.2, {name}"), name)
        yield _is(entity.answer(f"{name}, {name.partition('/')[0]}/*;q=0.2, */*;q=0.1"), name)


@_GROUP.rule("any", Level.SHOULD, "without Accept, and with */*, there is a representation", _ACCEPT)
def _any(entity: Entity) -> Iterator[Finding]:
    for accept in (None, "*/*"):
        got = entity.answer(accept)
        yield holds(got.status == 200, got, str(got.status))


@_GROUP.rule("case", Level.MUST, "media types are compared without regard to case", "RFC 9110, 8.3.1")
def _case(entity: Entity) -> Iterator[Finding]:
    for name in list(entity.formats)[:1]:
        yield _is(entity.answer(name.upper()), name)


@_GROUP.rule(
    "lists", Level.MUST, "white space and empty elements of a list mean nothing", "RFC 9110, 5.6.1.2 and 12.5.1"
)
def _lists(entity: Entity) -> Iterator[Finding]:
    for name in list(entity.formats)[:1]:
        yield _is(entity.answer(f",  {name} ; q=0.9 ,, text/html;q=0.1,"), name)


@_GROUP.rule("clients", Level.GOOD, "the Accept of an RDF library gets RDF", _ACCEPT)
def _clients(entity: Entity) -> Iterator[Finding]:
    got = entity.answer(_LONG)
    yield holds(got.status == 200 and format_of(got.media_type) is not None, got, f"{got.status} {got.media_type}")


@_GROUP.rule("not-acceptable", Level.SHOULD, "when nothing acceptable is there: 406", "RFC 9110, 15.5.7")
def _not_acceptable(entity: Entity) -> Iterator[Finding]:
    for accept in ("image/x-none", "application/x-none;q=0.5"):
        got = entity.answer(accept)
        yield holds(got.status == 406, got, f"{got.status} {got.media_type}")


@_GROUP.rule("says-what-there-is", Level.SHOULD, "406 lists what there is, in its body or links", "RFC 9110, 15.5.7")
def _listed(entity: Entity) -> Iterator[Finding]:
    got = entity.answer("image/x-none")
    if got.status != 406:
        yield Finding(None)
        return
    told = got.body.decode("utf-8", "replace") + " ".join(one.media_type or "" for one in links(got))
    missing = [name for name in entity.formats if name not in told]
    yield holds(not missing, got, f"not a word of {', '.join(missing)}")


@_GROUP.rule("malformed", Level.GOOD, "a malformed Accept is no server error", "RFC 9110, 15.6")
def _malformed(entity: Entity) -> Iterator[Finding]:
    for accept in (";;q==,/", "text/turtle;q=high", 'text/turtle;x="', "*/turtle", "a" * 3000):
        got = entity.answer(accept)
        yield holds(0 < got.status < 500, got, str(got.status))


@_GROUP.rule("vary", Level.SHOULD, "an answer that Accept chose says so: Vary: Accept", "RFC 9110, 12.5.5")
def _vary(entity: Entity) -> Iterator[Finding]:
    chains = [entity.chain(accept) for accept in (BROWSER, *entity.formats)]
    for place in range(max(map(len, chains))):
        here = [chain[place] for chain in chains if len(chain) > place]
        told = {(e.status, e.get("Location") if e.redirects else e.media_type) for e in here if e.url == here[0].url}
        for exchange in here:
            if len(told) > 1 and exchange.url == here[0].url:
                yield holds(exchange.names("Vary") & {"accept", "*"}, exchange, "Vary does not name Accept")


@_GROUP.rule(
    "location",
    Level.GOOD,
    "what is chosen in place tells its own address: Content-Location",
    "RFC 9110, 8.7 and 15.3.1",
)
def _location(entity: Entity) -> Iterator[Finding]:
    for name in entity.formats:
        chain = entity.chain(name)
        chosen = chain[-1].url == entity.chain(BROWSER)[-1].url and entity.page is not None
        if chosen:
            yield holds(chain[-1].get("Content-Location"), chain[-1], "no Content-Location")


@_GROUP.rule(
    "extensions",
    Level.GOOD,
    "each representation's own address gives it, whatever Accept says",
    "Cool URIs for the Semantic Web, 4.7",
)
def _extensions(entity: Entity) -> Iterator[Finding]:
    tried = {one.target: one for one in entity.others() if one.media_type and format_of(one.media_type)}
    for one in list(tried.values())[:8]:
        got = entity.client.follow(one.target.partition("#")[0], Accept="text/html, */*;q=0.1")[-1]
        yield _is(got, one.media_type or "")
    if not tried:
        yield Finding(False, entity.page or entity.data, "no link to a representation of its own address")


RULES = tuple(_GROUP.rules)
