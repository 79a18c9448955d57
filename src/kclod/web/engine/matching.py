"""The text search in SPARQL: `?literal text:matches "words"`, a triple pattern that the engine never sees.

It is valid SPARQL 1.1. What it means: the literals of the release's default graph that match the text, joined with the
rest of the group. So they take its place as VALUES, at the front of the basic graph pattern that it is in.

    ?literal text:matches "words"              a literal that matches
    ?literal text:matches "words"@fr           one in French, of whatever country
    (?literal ?score) text:matches "words"     and how well
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from kclod.errors import UsageError
from kclod.text import MOST_MATCHES, TextIndex, TextQueryError, TooManyMatchesError
from kclod.text.index import Match
from kclod.vocab import TEXT
from kclod.web.protocol.syntax import Pair, Reader, Span, Statement
from kclod.web.protocol.tokens import Token, UnreadableError, tokens_of, unescaped

MATCHES = TEXT["matches"].value
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_CONTROLS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_PARTS = re.compile(r"text[#>]|#matches")
_HOW = '?literal text:matches "words", or (?literal ?score) text:matches "words"'

Find = Callable[[str, str | None, bool], Sequence[Match]]
"""The literals that match a text, in a language if one is given, with their scores if these are wanted."""


class MatchingError(Exception):
    """A text search that is not answered. Line and column count from 1; `code` is a short stable name."""

    def __init__(self, message: str, query: str, place: int, code: str = "text-search") -> None:
        super().__init__(message)
        before = query[:place]
        self.code, self.line, self.column = code, before.count("\n") + 1, place - before.rfind("\n")


def mentions(query: str) -> bool:
    """Whether a query may have a text search in it; most have not, and are not read any further.

    The parts of the property's IRI may stand apart, in BASE, a prefix and a local name: but not all of these.
    """
    return _PARTS.search(unescaped(query)) is not None


def rewrite(query: str, base_iri: str, find: Find) -> str:
    """The query with the literals that match in the place of its text searches; the query itself if it has none.

    SyntaxError of the engine for a malformed query that may have some. MatchingError where a text search is written so
    that it cannot be answered, matches too much, or cannot be told from the rest of the query.
    """
    if not mentions(query):
        return query
    _nothing().query(query, base_iri=base_iri or None)
    try:
        tokens = tokens_of(query, base_iri)
        if not any(token.iri == MATCHES for token in tokens):
            return query
        statements = Reader(tokens).read()
    except UnreadableError as error:
        message = f"the text search cannot be told from the rest: {error}"
        raise MatchingError(message, query, error.place) from None
    edits = list(_Searches(query, tokens, find).edits(statements))
    for start, end, text in sorted(edits, key=lambda edit: edit[:2], reverse=True):
        query = f"{query[:start]}{text}{query[end:]}"
    return query


@cache
def _nothing() -> ox.Store:
    """An empty store, to check a query's syntax."""
    return ox.Store()


def opened(path: Path) -> Find:
    """The search in the text index of a release, opened with the first search. Raises UsageError then if it is none."""
    index: TextIndex | None = None

    def find(text: str, language: str | None, scored: bool) -> Sequence[Match]:
        nonlocal index
        index = index or TextIndex(path)
        return index.matches(text, language, scored)

    return find


@dataclass(frozen=True, slots=True)
class _Searches:
    query: str
    tokens: Sequence[Token]
    find: Find

    def edits(self, statements: Sequence[Statement]) -> Iterator[tuple[int, int, str]]:
        """What to replace: from, to, by what."""
        answered: set[int] = set()
        plain = {s.block for s in statements if not s.pairs or any(not self._is_search(pair) for pair in s.pairs)}
        for statement in statements:
            searches = [pair for pair in statement.pairs if self._is_search(pair)]
            if searches:
                if statement.in_graphs and statement.block not in plain:  # to the engine VALUES alone are in no graph
                    place = self.tokens[searches[0].verb.first]
                    raise self._refused("in GRAPH ?variable, text:matches stands beside another pattern", place)
                answered.update(pair.verb.first for pair in searches)
                yield from self._edit(statement, searches)
        self._check_templates(answered)

    def _is_search(self, pair: Pair) -> bool:
        verb = self.tokens[pair.verb.first : pair.verb.last]
        if all(token.iri != MATCHES for token in verb):
            return False
        if len(verb) > 1:
            raise self._refused("text:matches is no part of a property path", verb[0])
        return True

    def _edit(self, statement: Statement, searches: Sequence[Pair]) -> Iterator[tuple[int, int, str]]:
        variables = self._variables(statement, searches[0])
        rest = [pair for pair in statement.pairs if pair not in searches]
        if len(variables) > 1 and rest:
            raise self._refused("(?literal ?score) is no subject of other properties", self.tokens[rest[0].verb.first])
        values = [self._values(variables, span) for pair in searches for span in pair.objects]
        block = self.tokens[statement.block].start
        yield block, block, f"{' '.join(values)} "
        start, end = self.tokens[statement.subject.first].start, self.tokens[statement.last - 1].end
        following = self.tokens[statement.last] if statement.last < len(self.tokens) else None
        if rest:
            kept = " ; ".join(self._text(Span(pair.verb.first, pair.objects[-1].last)) for pair in rest)
            yield start, end, f"{self._text(statement.subject)} {kept}"
        else:
            yield start, following.end if following is not None and following.text == "." else end, ""

    def _variables(self, statement: Statement, search: Pair) -> list[str]:
        subject = self.tokens[statement.subject.first : statement.subject.last]
        if len(subject) in (3, 4) and subject[0].text == "(":
            subject = subject[1:-1]
        names = [token.text for token in subject if token.kind == "variable"]
        if statement.nested or not names or len(names) != len(subject) or len({n[1:] for n in names}) != len(names):
            place = self.tokens[search.verb.first]
            raise self._refused(f"the subject of text:matches is a variable, or two: {_HOW}", place)
        return names

    def _values(self, variables: Sequence[str], wanted: Span) -> str:
        """The literals as VALUES."""
        first = self.tokens[wanted.first]
        following = self.tokens[wanted.first + 1] if wanted.last - wanted.first > 1 else None
        if first.kind != "string" or (following is not None and following.kind != "language"):
            raise self._refused(f"the object of text:matches is a text, written out: {_HOW}", first)
        text, language = _value(first.text), following.text[1:] if following is not None else None
        try:
            found = self.find(text, language, len(variables) > 1)
        except TextQueryError as error:
            raise self._refused(f"in the text, column {error.column}: {error}", first) from None
        except UsageError as error:
            reason = error.problems[0].message
            raise MatchingError(f"{reason}; search with CONTAINS", self.query, first.start, "no-text-index") from None
        except TooManyMatchesError:
            message = (
                f"more than {MOST_MATCHES:,} literals match; add words, a phrase, or a language as in " + '"words"@en'
            )
            raise MatchingError(message, self.query, first.start, "too-many-matches") from None
        if len(variables) == 1:
            return f"VALUES {variables[0]} {{ {' '.join(match.term for match in found)} }}"
        rows = " ".join(f"({match.term} {match.score:.6f}e0)" for match in found)
        return f"VALUES ({' '.join(variables)}) {{ {rows} }}"

    def _check_templates(self, answered: set[int]) -> None:
        """A verb elsewhere than in a pattern: CONSTRUCT makes no searches."""
        construct = next((i for i, token in enumerate(self.tokens) if token.is_word("construct")), None)
        if construct is None:
            return
        where = next(
            (i for i, t in enumerate(self.tokens[construct:], construct) if t.is_word("where") or t.text == "{")
        )
        short = self.tokens[where].is_word("where")
        depth = 0
        for i, token in enumerate(self.tokens[construct:], construct):
            depth += (token.text == "{") - (token.text == "}")
            if token.iri == MATCHES and (short or (depth and i not in answered)):
                raise self._refused("CONSTRUCT takes text:matches in its WHERE { … } only, beside a template", token)
            if token.text == "}" and not depth:
                return

    def _text(self, span: Span) -> str:
        return self.query[self.tokens[span.first].start : self.tokens[span.last - 1].end]

    def _refused(self, message: str, token: Token) -> MatchingError:
        return MatchingError(message, self.query, token.start)


def _value(token: str) -> str:
    """The text of a string literal (rules 156 to 160)."""
    quotes = 3 if token[:3] in ('"""', "'''") and len(token) >= 6 else 1
    return _ESCAPE.sub(_character, token[quotes:-quotes])


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(min(int(code, 16), 0x10FFFF)) if code else _CONTROLS.get(match[3], match[3])
