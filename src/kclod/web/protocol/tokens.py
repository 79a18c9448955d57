"""A query as tokens that know the IRIs they name: what the lexer of `guard` finds, with prefixes and bases applied."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyoxigraph as ox

from kclod.web.protocol.guard import LEXEMES

_ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_LOCAL_ESCAPE = re.compile(r"\\([_~.\-!$&'()*+,;=/?#@%])")
_AMBIGUOUS_IRI = re.compile(r"[()&|!=?$;]")
"""In an IRI that may be a comparison to the engine (`?a<?b)…>`), where the specification reads an IRI."""
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class UnreadableError(Exception):
    """A query that this reader cannot follow. `place` is the offset of the token that it does not expect."""

    def __init__(self, message: str, place: int) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the query: its kind as the lexer tells it, its text, and its IRI where it names one."""

    kind: str
    text: str
    start: int
    end: int
    iri: str | None = None

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these keywords."""
        return self.kind == "word" and self.text.lower() in words


def unescaped(text: str) -> str:
    """The text without codepoint escapes (section 19.2)."""
    return _ESCAPED.sub(lambda m: chr(min(int(m[1] or m[2], 16), 0x10FFFF)), text) if "\\" in text else text


def tokens_of(query: str, base_iri: str) -> list[Token]:
    """The tokens of a query, with the IRIs that they name.

    UnreadableError for an IRI that may be none to the engine, and for an escape outside of strings and IRIs.
    """
    found: list[Token] = []
    prefixes: dict[str, str] = {}
    base = base_iri
    for match in LEXEMES.finditer(query):
        kind, text = str(match.lastgroup), match[0]
        if kind == "skip":
            continue
        iri = None
        if kind == "iri":
            if _AMBIGUOUS_IRI.search(text) and not _ABSOLUTE.match(text, 1):
                raise UnreadableError("write a space after each `<` that compares, and IRIs in full", match.start())
            iri = _resolved(base, unescaped(text[1:-1]))
        elif kind == "name":
            text = text.rstrip(".")  # which ends a statement; no local name ends with it
            prefix, _, local = text.partition(":")
            if prefix in prefixes:
                iri = prefixes[prefix] + _LOCAL_ESCAPE.sub(r"\1", local)
        elif kind == "other" and text == "\\":
            raise UnreadableError("escapes are read in strings, IRIs and names only", match.start())
        end = match.start() + len(text)
        found.append(Token(kind, text, match.start(), end, iri))
        found += [Token("other", ".", place, place + 1) for place in range(end, match.end())]
        if iri is not None and kind == "iri" and len(found) > 1:
            before = found[-2]
            if before.is_word("base"):
                base = iri
            elif len(found) > 2 and found[-3].is_word("prefix") and before.text.endswith(":"):
                prefixes[before.text[:-1]] = iri
    return found


def _resolved(base: str, reference: str) -> str | None:
    """The IRI of a reference, as the engine resolves it (RFC 3986, section 5); None where that is none."""
    if _ABSOLUTE.match(reference):
        return reference
    try:
        (quad,) = ox.parse(f"<x:s> <x:p> <{reference}> .", ox.RdfFormat.TURTLE, base_iri=base)
    except (SyntaxError, ValueError):
        return None
    return quad.object.value if isinstance(quad.object, ox.NamedNode) else None
