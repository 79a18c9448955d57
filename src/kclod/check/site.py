"""The site as the rules see it: an entity and the answers about it, each asked for once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote, urlsplit

import pyoxigraph as ox

from kclod.check.client import Client, Exchange
from kclod.check.links import Link, links
from kclod.rdf import RDF_FORMATS, Format

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
_TYPES = {name: fmt for fmt in RDF_FORMATS for name in (fmt.media_type, *fmt.aliases) if name != "text/plain"}
ABOUT = ("describes", "cite-as")


def format_of(media_type: str) -> Format | None:
    """The RDF format of a media type."""
    return _TYPES.get(media_type)


def parse(exchange: Exchange) -> list[ox.Quad] | str | None:
    """The quads of an answer, or why they cannot be read; None where that cannot be told (JSON-LD that asks others)."""
    fmt = format_of(exchange.media_type)
    if fmt is None:
        return f"{exchange.media_type or 'no Content-Type'} is no RDF format"
    if exchange.cut:
        return None
    try:
        return list(ox.parse(exchange.content, fmt.rdf, base_iri=exchange.url))
    except (SyntaxError, ValueError) as error:
        remote = fmt.rdf == ox.RdfFormat.JSON_LD and "context" in str(error).lower()
        return None if remote else f"{fmt.title}: {error}"


@dataclass
class Entity:
    """A thing by the address it is asked for at. Answers come from the client, which keeps them."""

    url: str
    client: Client
    start: str | None = None
    """The site's address, where that is known."""

    def answer(self, accept: str | None, method: str = "GET", **fields: str) -> Exchange:
        """The last answer after redirects."""
        return self.chain(accept, method, **fields)[-1]

    def chain(self, accept: str | None, method: str = "GET", **fields: str) -> list[Exchange]:
        """The answers up to the one that is no redirect."""
        return self.client.follow(self.url, method, **({"Accept": accept} if accept is not None else {}), **fields)

    @cached_property
    def formats(self) -> dict[str, Exchange]:
        """The RDF formats that the site sends when they are asked for, by media type."""
        asked = {fmt.media_type: self.answer(fmt.media_type) for fmt in RDF_FORMATS}
        return {
            name: got for name, got in asked.items() if got.status == 200 and format_of(got.media_type) is _TYPES[name]
        }

    @property
    def data(self) -> Exchange | None:
        """An RDF document about it, in the format that says most plainly what it says."""
        order = (
            "application/n-triples",
            "text/turtle",
            "application/rdf+xml",
            "application/n-quads",
            "application/trig",
        )
        return next((self.formats[name] for name in (*order, "application/ld+json") if name in self.formats), None)

    @property
    def page(self) -> Exchange | None:
        """The page about it."""
        found = self.answer(BROWSER)
        return found if found.status == 200 and found.media_type in ("text/html", "application/xhtml+xml") else None

    @cached_property
    def iri(self) -> str | None:
        """Its IRI: what the document says that it describes, or the node that is spelled like the address."""
        if self.data is None:
            return None
        quads = parse(self.data)
        named = (
            {t.value for q in quads for t in (q.subject, q.object) if isinstance(t, ox.NamedNode)}
            if isinstance(quads, list)
            else set()
        )
        if (same := next((iri for iri in named if unquote(iri) == unquote(self.url)), None)) is not None:
            return same
        told = [unquote(one.target) for one in links(self.data) if one.relation in ABOUT]
        if (said := next((iri for iri in named if unquote(iri) in told), None)) is not None:
            return said
        path = unquote(urlsplit(self.url).path)
        return max((iri for iri in named if path != "/" and unquote(iri).endswith(path)), key=len, default=None)

    def others(self) -> list[Link]:
        """The links to other representations, of the page and of the data."""
        found = [one for exchange in (self.page, self.data) if exchange is not None for one in links(exchange)]
        return list(dict.fromkeys(one for one in found if one.relation in ("alternate", "describedby")))
