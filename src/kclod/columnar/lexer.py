"""SPARQL as a list of tokens (SPARQL 1.1 Query, section 19.8)."""

from __future__ import annotations

import re
from typing import NamedTuple

from kclod.columnar.algebra import UnsupportedError

_TOKEN = re.compile(
    r"""(?P<skip>[\x20\t\r\n]+|\#[^\r\n]*)
    |(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    |(?P<var>[?$]\w+)
    |(?P<string>\"{3}(?:\"{0,2}(?:[^"\\]|\\.))*\"{3}|'{3}(?:'{0,2}(?:[^'\\]|\\.))*'{3}
        |"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')
    |(?P<lang>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    |(?P<blank>_:\w(?:[\w.\-]*[\w\-])?)
    |(?P<double>(?:\d+\.\d*|\.\d+|\d+)[eE][+-]?\d+)
    |(?P<decimal>\d*\.\d+)
    |(?P<integer>\d+)
    |(?P<pname>(?:[^\W\d_](?:[\w.\-]*[\w\-])?)?:(?:[\w:](?:[\w.:\-]*[\w:\-])?)?)
    |(?P<word>[A-Za-z][A-Za-z0-9_]*)
    |(?P<sign>\^\^|\|\||&&|!=|<=|>=|[{}()\[\].;,=<>!+\-*/|^?])
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A token: its kind (a group of the expression above; `end` after the last one) and its text."""

    kind: str
    text: str


def tokens_of(query: str) -> list[Token]:
    r"""The tokens of a query that the store has found well-formed.

    UnsupportedError where this lexer could read it otherwise than the store: escapes outside of strings, for one.
    """
    if "\\u" in query or "\\U" in query:  # they may stand anywhere, and are read before anything else
        raise UnsupportedError("an escape of a code point")
    found: list[Token] = []
    place = 0
    for match in _TOKEN.finditer(query):
        if match.start() != place:
            break
        place = match.end()
        kind = str(match.lastgroup)
        if kind != "skip":
            found.append(Token(kind, match[0]))
    if place != len(query):
        raise UnsupportedError(f"the character {query[place]!r}")
    found.append(Token("end", ""))
    return found
