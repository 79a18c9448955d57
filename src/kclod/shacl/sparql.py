"""Simple SPARQL constraints, followed from focus nodes to find those that may violate them (SHACL, section 5).

Two forms are understood: a basic graph pattern with property paths, and perhaps one comparison of two variables; and a
`FILTER NOT EXISTS` of such a pattern alone. Each triple pattern must be reachable from `$this` by those before or after
it. Engines agree on how triples match, but not on every comparison: so a comparison counts as false only where it is
one of IRIs or of integers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.shacl.graph import TYPE, Ends, Graph
from kclod.shacl.literals import is_iri
from kclod.shacl.shapes import Shapes
from kclod.shacl.steps import Alternative, Link, Path, Read, Repeated, Sequence, follow, reads, turned
from kclod.vocab import SH, XSD

_IRI = r"<[^<>\"{}|^`\\\s]*>"
_VARIABLE = r"[?$](?!PATH\b|currentShape\b|shapesGraph\b)[A-Za-z_]\w*"
# No `*`, no `?` and no `!` in paths: what matches without a triple is not found from all nodes as it is from one.
_PATTERN = rf"(?:{_IRI}|{_VARIABLE}|\ba\b|[;,./|^+()]|\s+)+"
_COMPARISON = rf"FILTER\s*\(\s*({_VARIABLE})\s*(=|!=|<=|>=|<|>)\s*({_VARIABLE})\s*\)"
_HEAD = rf"\s*SELECT\s+(?:DISTINCT\s+)?(?:{_VARIABLE}\s*)+(?:WHERE\s*)?\{{"
_PRESENT = re.compile(rf"{_HEAD}(?P<pattern>{_PATTERN}?)(?:{_COMPARISON}\s*\.?\s*)?\}}\s*", re.IGNORECASE)
_ABSENT = re.compile(rf"{_HEAD}\s*FILTER\s+NOT\s+EXISTS\s*\{{(?P<pattern>{_PATTERN})\}}\s*\.?\s*\}}\s*", re.IGNORECASE)
_TOKEN = re.compile(rf"\s*({_IRI}|{_VARIABLE}|a\b|[;,./|^+()])")
_INTEGER = re.compile(
    rf'"([+-]?[0-9]{{1,1000}}(?="\^\^<{re.escape(XSD)}integer>)'
    rf'|[0-9]{{1,1000}}(?="\^\^<{re.escape(XSD)}nonNegativeInteger>))".*',
    re.ASCII,
)
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}


@dataclass(frozen=True)
class Select:
    """A SPARQL constraint that was understood."""

    may_violate: Callable[[str], bool]
    """Whether a focus node may violate it."""
    reads: tuple[Read, ...]
    """What answering looks at, from the focus node."""


@dataclass(frozen=True)
class _Triple:
    """A triple pattern; `?` begins a variable, `<` an IRI."""

    subject: str
    path: Path
    object: str

    @property
    def variables(self) -> set[str]:
        return {end for end in (self.subject, self.object) if end.startswith("?")}


class _NotUnderstoodError(Exception):
    pass


def compile_select(shapes: Shapes, constraint: Term, graph: Graph) -> Select | None:
    """A SPARQL constraint of a node shape; None when it is not understood."""
    queries = shapes.objects(constraint, SH["select"])
    if len(queries) != 1 or not isinstance(queries[0], ox.Literal) or shapes.objects(constraint, SH["deactivated"]):
        return None
    text = queries[0].value
    absent = _ABSENT.fullmatch(text)
    found = absent or _PRESENT.fullmatch(text)
    if found is None:
        return None
    try:
        steps, ways = _in_order(_Parser(found["pattern"]).triples())
    except _NotUnderstoodError:
        return None
    looked_at = tuple(read for step, start in steps for read in _reads_from(_other_end(step, start)[1], ways[start]))
    moves = [_move(step, start, graph) for step, start in steps]
    left, operator, right = (None, None, None) if absent else found.groups()[1:]
    if operator is None or left is None or right is None:

        def matches(node: str) -> bool:
            solutions = _solutions(moves, {"?this": node})
            return bool(list(solutions)) if graph.thorough else any(True for _ in solutions)

        return Select((lambda node: not matches(node)) if absent else matches, looked_at)
    one, other = f"?{left[1:]}", f"?{right[1:]}"
    if not {one, other} <= ways.keys():
        return None

    def may_hold(node: str) -> bool:
        solutions = (_may_hold(s[one], operator, s[other]) for s in _solutions(moves, {"?this": node}))
        return any(list(solutions)) if graph.thorough else any(solutions)

    return Select(may_hold, looked_at)


def _in_order(triples: list[_Triple]) -> tuple[list[tuple[_Triple, str]], dict[str, tuple[Path, ...]]]:
    """The triple patterns, each with the bound end it is followed from; and the way from `$this` to each variable."""
    ways: dict[str, tuple[Path, ...]] = {"?this": ()}
    ordered: list[tuple[_Triple, str]] = []
    waiting = list(triples)
    while waiting:
        following = next((t for t in waiting if t.variables & ways.keys()), None)
        if following is None:
            raise _NotUnderstoodError
        waiting.remove(following)
        start = following.subject if following.subject in ways else following.object
        end, path = _other_end(following, start)
        ordered.append((following, start))
        if end.startswith("?"):
            ways.setdefault(end, (*ways[start], path))
    return ordered, ways


def _other_end(triple: _Triple, start: str) -> tuple[str, Path]:
    return (triple.object, triple.path) if start == triple.subject else (triple.subject, turned(triple.path))


def _reads_from(path: Path, way: tuple[Path, ...]) -> Iterator[Read]:
    for read in reads(path):
        yield Read((*way, *read.way), read.predicate, read.back)


def _move(triple: _Triple, start: str, graph: Graph) -> tuple[str, str, Ends]:
    end, path = _other_end(triple, start)
    return start, end, follow(path, graph)


def _solutions(moves: list[tuple[str, str, Ends]], bound: dict[str, str], number: int = 0) -> Iterator[dict[str, str]]:
    if number == len(moves):
        yield bound
        return
    start, end, ends = moves[number]
    wanted = bound.get(end) if end.startswith("?") else end
    for value in ends(bound[start]):
        if wanted is None:
            yield from _solutions(moves, {**bound, end: value}, number + 1)
        elif value == wanted:
            yield from _solutions(moves, bound, number + 1)


def _may_hold(left: str, operator: str, right: str) -> bool:
    """Whether a comparison may be true for some engine."""
    holds = _OPERATORS[operator]
    if is_iri(left) and is_iri(right) and operator in ("=", "!="):
        return holds(left, right)
    numbers = _INTEGER.fullmatch(left), _INTEGER.fullmatch(right)
    return None in numbers or holds(*(int(number[1]) for number in numbers if number))


class _Parser:
    """Reads a basic graph pattern (SPARQL 1.1, section 19.8, from TriplesBlock), of IRIs in full and variables."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._place = 0

    def triples(self) -> list[_Triple]:
        found: list[_Triple] = []
        while self._next():
            found.extend(self._same_subject())
            if self._next() and not self._take("."):
                raise _NotUnderstoodError
        if not found:
            raise _NotUnderstoodError
        return found

    def _same_subject(self) -> Iterator[_Triple]:
        subject = self._end()
        while True:
            path = self._path()
            yield _Triple(subject, path, self._end())
            while self._take(","):
                yield _Triple(subject, path, self._end())
            if not self._take(";"):
                return
            while self._take(";"):
                pass
            if self._next() in ("", "."):
                return

    def _next(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def _take(self, token: str) -> bool:
        if self._next() != token:
            return False
        self._place += 1
        return True

    def _end(self) -> str:
        token = self._next()
        self._place += 1
        if not token.startswith(("<", "?")):
            raise _NotUnderstoodError
        return token

    def _path(self) -> Path:
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Alternative(tuple(parts))

    def _sequence(self) -> Path:
        parts = [self._element()]
        while self._take("/"):
            parts.append(self._element())
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _element(self) -> Path:
        back = self._take("^")
        path = self._primary()
        if self._take("+"):
            path = Repeated(path, may_stay=False, may_repeat=True)
        return turned(path) if back else path

    def _primary(self) -> Path:
        if self._take("("):
            path = self._path()
            if not self._take(")"):
                raise _NotUnderstoodError
            return path
        token = self._next()
        self._place += 1
        if not token.startswith("<"):
            raise _NotUnderstoodError
        return Link(token)


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    place = 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if found is None:
            raise _NotUnderstoodError
        token = found[1]
        tokens.append(TYPE if token == "a" else f"?{token[1:]}" if token[0] in "?$" else token)  # noqa: S105
        place = found.end()
    return tokens
