"""Where in the text of a Turtle-like document a string, an IRI or a described resource stands.

The RDF parser tells no positions, so the document is split into tokens once more, here, only for its line numbers.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from urllib.parse import urljoin

_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
    |<(?P<iri>[^<>"{}|^`\s]*)>
    |(?P<long>\"{3}(?:[^"\\]|\\.|"{1,2}(?!"))*\"{3}|'{3}(?:[^'\\]|\\.|'{1,2}(?!'))*'{3})
    |(?P<short>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<keyword>(?:@prefix|@base|(?i:prefix|base))(?=\s))
    |(?P<name>[\w\-.]*:(?:[\w\-:%]|\\.|\.(?=[\w\-:%\\]))*)
    |(?P<number>[+-]?\d*\.\d+)
    |(?P<open>[\[(])
    |(?P<close>[\])])
    |(?P<brace>[{}])
    |(?P<dot>\.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_CONTROLS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


def _unescape(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else _CONTROLS.get(match[3], match[3])

    return _ESCAPE.sub(character, text)


class Lines:
    """The lines of the strings and IRIs in one document. Lines count from 1; what is not found has none (None)."""

    def __init__(self, text: str, base_iri: str) -> None:
        self._strings: defaultdict[str, list[int]] = defaultdict(list)
        self._iris: defaultdict[str, list[int]] = defaultdict(list)
        self._subjects: dict[str, int] = {}
        self._base = base_iri
        self._prefixes: dict[str, str] = {}
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._scan(text)

    @property
    def base(self) -> str:
        """The base IRI that the text declares last; the given one if it declares none."""
        return self._base

    def of_string(self, value: str, after: int | None = None) -> int | None:
        """The first line, at or after `after` where possible, that has a string literal with this value."""
        return _nearest(self._strings.get(value), after)

    def of_iri(self, iri: str, after: int | None = None) -> int | None:
        """The first line, at or after `after` where possible, that names this IRI."""
        return _nearest(self._iris.get(iri), after)

    def of_subject(self, iri: str) -> int | None:
        """The line where the statements about this IRI begin."""
        return self._subjects.get(iri) or self.of_iri(iri)

    def _scan(self, text: str) -> None:
        depth, begins = 0, True
        declaration: list[str] | None = None
        for match in _TOKEN.finditer(text):
            kind, piece = match.lastgroup, match[match.lastgroup or 0]
            if kind == "keyword":
                declaration = []
            elif kind in {"iri", "name"}:
                if declaration is not None:
                    declaration = self._declare([*declaration, piece], is_iri=kind == "iri")
                else:
                    self._note(self._resolve(piece, is_iri=kind == "iri"), match.start(), begins and depth == 0)
                    begins = False
            elif kind in {"long", "short"}:
                quotes = 3 if kind == "long" else 1
                self._strings[_unescape(piece[quotes:-quotes])].append(self._line(match.start()))
            elif kind == "open":
                depth, begins = depth + 1, False
            elif kind == "close":
                depth = max(0, depth - 1)
            elif kind in {"dot", "brace"}:  # the braces of TriG end and begin statements too
                begins = True

    def _declare(self, tokens: list[str], *, is_iri: bool) -> list[str] | None:
        """Collect a prefix or base declaration; None when it is complete."""
        if not is_iri:
            return tokens
        iri = self._resolve(tokens[-1], is_iri=True)
        if len(tokens) == 1:
            self._base = iri
        else:
            self._prefixes[tokens[0].removesuffix(":")] = iri
        return None

    def _resolve(self, token: str, *, is_iri: bool) -> str:
        if is_iri:
            reference = _unescape(token)
            # urljoin would drop an empty fragment
            return self._base.partition("#")[0] + "#" if reference == "#" else urljoin(self._base, reference)
        prefix, _, local = token.partition(":")
        return self._prefixes.get(prefix, f"{prefix}:") + _unescape(local)

    def _note(self, iri: str, position: int, is_subject: bool) -> None:
        line = self._line(position)
        self._iris[iri].append(line)
        if is_subject:
            self._subjects.setdefault(iri, line)

    def _line(self, position: int) -> int:
        return bisect_right(self._starts, position)


def _nearest(lines: list[int] | None, after: int | None) -> int | None:
    if not lines:
        return None
    return next((line for line in lines if after is None or line >= after), lines[0])
