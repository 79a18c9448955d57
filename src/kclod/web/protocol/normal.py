"""One text for queries that differ only in layout and comments, so that they share an answer.

Nothing is parsed, so anything that the engine might read differently from the lexer of `guard` makes a query its own
normal form's exception: it gets none, and its answer is not kept.
"""

from __future__ import annotations

import re

from kclod.web.protocol.guard import LEXEMES

_WHITE = re.compile(r"[ \t\r\n]*")
_PLAIN_IRI = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.-]*://)?[^\s'()#&|!=\\]*>|<[A-Za-z][A-Za-z0-9+.-]*://[^\s'()\\]*>")
"""An IRI that cannot be a comparison with `<` (such as `?a<ex:b#c>`, where the engine sees a comment begin)."""
_CHANGING = re.compile("now|rand|uuid")
"""In the words for functions whose value is another one each time: NOW, RAND, UUID, STRUUID."""
_QUOTES = ("'", '"', "\\")


def normalised(query: str) -> str | None:
    """The query without comments and superfluous white space; None when its answer must not be kept for others.

    Two queries with the same normal form are the same to the engine. Line ends are kept as such.
    """
    parts: list[str] = []
    gap = ""
    for match in LEXEMES.finditer(query):
        kind, text = match.lastgroup, match[0]
        if kind == "skip":
            if not text.startswith("#") and not _WHITE.fullmatch(text):
                return None
            gap = "\n" if gap == "\n" or "\n" in text or "\r" in text else " "
            continue
        if (
            (kind == "iri" and not _PLAIN_IRI.fullmatch(text))
            or (kind == "word" and _CHANGING.search(text.lower()))
            or (kind == "other" and text in _QUOTES)
        ):
            return None
        if gap and parts:
            parts.append(gap)
        gap = ""
        parts.append(text)
    return "".join(parts)
