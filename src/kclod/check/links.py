"""Web links: the Link field (RFC 8288, section 3), and those of a page's head (HTML, section 4.2.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from kclod.check.client import Exchange, absolute

_TARGET = re.compile(r"\s*<([^>]*)>")
_PARAMETER = re.compile(r'\s*;\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]+|<[^>]*>))?')
_END = re.compile(r"\s*(,|$)")


@dataclass(frozen=True, slots=True)
class Link:
    """A link with its absolute target; one for each relation type."""

    target: str
    relation: str
    media_type: str | None = None
    anchor: str | None = None
    attributes: tuple[tuple[str, str], ...] = field(default=())

    def attribute(self, name: str) -> str | None:
        """A target attribute."""
        return dict(self.attributes).get(name)


def of_header(exchange: Exchange) -> tuple[list[Link], str | None]:
    """The links of an answer's Link field, and what of the field is not well formed (None when all of it is)."""
    text, position = exchange.get("Link") or "", 0
    found: list[Link] = []
    while position < len(text):
        start = _TARGET.match(text, position)
        if start is None:
            return found, text[position : position + 80]
        position = start.end()
        attributes: dict[str, str] = {}
        while parameter := _PARAMETER.match(text, position):
            position = parameter.end()
            value = parameter[2] or ""
            if value.startswith('"'):
                value = re.sub(r"\\(.)", r"\1", value[1:-1])
            attributes.setdefault(parameter[1].lower(), value)
        end = _END.match(text, position)
        if end is None:
            return found, text[position : position + 80]
        position = end.end()
        for relation in attributes.get("rel", "").split():
            target = absolute(exchange.url, start[1])
            anchor = absolute(exchange.url, attributes["anchor"]) if "anchor" in attributes else None
            kind = attributes.get("type")
            found.append(Link(target, relation.lower(), kind, anchor, tuple(attributes.items())))
    return found, None


class _Head(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base
        self.links: list[Link] = []
        self.anchors: list[str] = []
        self.language: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps links, anchors and the language of the page."""
        values = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = values.get("lang")
        elif tag == "link" and "href" in values:
            for relation in values.get("rel", "").split():
                target = absolute(self._base, values["href"])
                kind = values.get("type")
                self.links.append(Link(target, relation.lower(), kind, None, tuple(values.items())))
        elif tag == "a" and "href" in values:
            self.anchors.append(absolute(self._base, values["href"]))


@dataclass(frozen=True, slots=True)
class Page:
    """What a page of HTML says of itself: links of its head, targets of its anchors, language."""

    links: tuple[Link, ...]
    anchors: tuple[str, ...]
    language: str | None


def of_page(exchange: Exchange) -> Page:
    """The page that an answer holds; an empty one when it is no HTML."""
    if exchange.media_type not in ("text/html", "application/xhtml+xml"):
        return Page((), (), None)
    head = _Head(exchange.url)
    head.feed(exchange.content.decode("utf-8", "replace"))
    return Page(tuple(head.links), tuple(head.anchors), head.language)


def links(exchange: Exchange) -> Iterator[Link]:
    """All links of an answer: of its Link field, then of its head."""
    yield from of_header(exchange)[0]
    yield from of_page(exchange).links
