"""Finds, before a query reaches the engine, what this endpoint does not do: SERVICE and updates.

A lexer over the terminals of SPARQL 1.1 (section 19.8): words in strings, IRIs, comments, variables, language tags and
prefixed names are no keywords. The engine's grammar is laxer than the specification in three ways, and each is covered
here: it needs no space after a keyword (`SERVICEex:p`), it takes `<` for a comparison where the specification reads an
IRI (`?a<?b)SERVICE#>`), and it reads `\\u` escapes only inside strings and IRIs, where section 19.2 wants them replaced
first. What still slipped through would find no network: workers may not open a socket (see `confinement`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from itertools import chain, starmap

LEXEMES = re.compile(
    r"""
      (?P<skip>\s+|\#[^\n\r]*)
    | (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
        |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    | (?P<iri><[^<>"{}|^`\\\x00-\x20]*(?:\\[uU][0-9A-Fa-f]+[^<>"{}|^`\\\x00-\x20]*)*>)
    | (?P<variable>[?$]\w+)
    | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    | (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+)
    | (?P<name>(?:[^\W\d](?:[\w.·-]*[\w·-])?)?:(?:(?:[\w:·-]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%])
        (?:[\w:.·-]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%])*)?)
    | (?P<word>[^\W\d]\w*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_HIDDEN_IN_IRI = re.compile(r"\)\W*service[^>]*#", re.IGNORECASE)
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_UPDATES = frozenset({"insert", "delete", "load", "clear", "create", "drop", "copy", "move", "add", "with"})


class Refusal(Enum):
    """Why a query is not run."""

    SERVICE = "service"
    UPDATE = "update"


def refusal(query: str) -> Refusal | None:
    """Why the text may not go to the engine; None when it may (it can still be malformed: the engine tells)."""
    readings = [query]
    if "\\" in query:
        readings.append(_ESCAPE.sub(_unescape, query))
    found = [_refusal(reading) for reading in readings]
    return next((r for r in found if r is Refusal.SERVICE), found[0])


def _unescape(match: re.Match[str]) -> str:
    code = int(match[1] or match[2], 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"


_Token = tuple[str | None, str]


def _refusal(query: str) -> Refusal | None:
    if "service" in query.lower() and any(starmap(_calls_service, _with_neighbours(_tokens(query)))):
        return Refusal.SERVICE
    return Refusal.UPDATE if _first_keyword(_tokens(query)) in _UPDATES else None


def _tokens(query: str) -> Iterator[_Token]:
    return ((m.lastgroup, m[0].lower()) for m in LEXEMES.finditer(query) if m.lastgroup != "skip")


def _with_neighbours(tokens: Iterator[_Token]) -> Iterator[tuple[_Token, _Token, _Token]]:
    nothing: _Token = (None, "")
    before, this = nothing, next(tokens, nothing)
    for after in chain(tokens, (nothing,)):
        yield before, this, after
        before, this = this, after


def _calls_service(before: _Token, this: _Token, after: _Token) -> bool:
    kind, text = this
    if "service" not in text:
        return False
    if kind == "word":  # no other keyword of the language has these letters in it
        return True
    if kind == "iri":
        return _HIDDEN_IN_IRI.search(text) is not None
    # A name before a brace is GRAPH's or SERVICE's; `SERVICEex:p {` is how the engine lets the latter be written.
    return (
        kind == "name"
        and "service" in text.partition(":")[0]
        and after == ("other", "{")
        and before != ("word", "graph")
    )


def form_of(query: str) -> str | None:
    """The word that tells the form of a query (`select`, `ask` …), in lower case; None where there is none."""
    return _first_keyword(_tokens(query))


def _first_keyword(tokens: Iterator[_Token]) -> str | None:
    """The word that follows the prologue: the form of the query."""
    prologue = False
    for kind, text in tokens:
        if kind == "word" and text in ("prefix", "base"):
            prologue = True
        elif kind == "word":
            return text
        elif not (prologue and kind in ("name", "iri")):
            return None
    return None
