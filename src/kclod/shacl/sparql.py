"""Simple SPARQL constraints, run once for all focus nodes to find those that may violate them (SHACL, section 5).

Two forms are understood: a basic graph pattern with property paths, and perhaps one comparison of two variables; and a
`FILTER NOT EXISTS` of such a pattern alone. Engines agree on how triples match, but not on every comparison: so a
comparison counts as false only where it is one of IRIs or of integers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.shacl.graph import Index
from kclod.shacl.shapes import Shapes
from kclod.vocab import SH, XSD

_IRI = r"<[^<>\"{}|^`\\\s]*>"
_VARIABLE = r"[?$](?!PATH\b|currentShape\b|shapesGraph\b)[A-Za-z_]\w*"
# No `*`, no `?` and no `!` in paths: what matches without a triple is not found from all nodes as it is from one.
_PATTERN = rf"(?:{_IRI}|{_VARIABLE}|\ba\b|[;,./|^+()]|\s+)+"
_COMPARISON = rf"FILTER\s*\(\s*({_VARIABLE})\s*(=|!=|<=|>=|<|>)\s*({_VARIABLE})\s*\)"
_HEAD = rf"\s*SELECT\s+(?:DISTINCT\s+)?(?:{_VARIABLE}\s*)+(?:WHERE\s*)?\{{"
_PRESENT = re.compile(rf"{_HEAD}(?P<pattern>{_PATTERN}?)(?:{_COMPARISON}\s*\.?\s*)?\}}\s*", re.IGNORECASE)
_ABSENT = re.compile(rf"{_HEAD}\s*FILTER\s+NOT\s+EXISTS\s*\{{(?P<pattern>{_PATTERN})\}}\s*\.?\s*\}}\s*", re.IGNORECASE)
_THIS = re.compile(r"[?$]this\b")
_INTEGER = re.compile(r"[+-]?[0-9]{1,1000}", re.ASCII)
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}


def possible_violators(shapes: Shapes, constraint: Term, index: Index) -> Callable[[Term], bool] | None:
    """A test of whether a focus node may violate a SPARQL constraint of a node shape; None when that is not known."""
    queries = shapes.objects(constraint, SH["select"])
    if len(queries) != 1 or not isinstance(queries[0], ox.Literal) or shapes.objects(constraint, SH["deactivated"]):
        return None
    text = queries[0].value
    absent = _ABSENT.fullmatch(text)
    found = absent or _PRESENT.fullmatch(text)
    if found is None or not _THIS.search(found["pattern"]):
        return None
    left, operator, right = (None, None, None) if absent else found.groups()[1:]
    names = list(dict.fromkeys(("this", *(name[1:] for name in (left, right) if name))))
    query = f"SELECT DISTINCT {' '.join('?' + name for name in names)} WHERE {{{found['pattern']}}}"
    try:
        solutions = index.store.query(query)
    except SyntaxError:
        return None
    assert isinstance(solutions, ox.QuerySolutions)  # noqa: S101  # of a SELECT
    if operator is None or left is None or right is None:
        matched = frozenset(_bound(solutions, "this"))
        return (lambda node: node not in matched) if absent else (lambda node: node in matched)
    kept = frozenset(s["this"] for s in solutions if _may_hold(s[left[1:]], operator, s[right[1:]]))
    return lambda node: node in kept


def _bound(solutions: Iterable[ox.QuerySolution], name: str) -> Iterable[object]:
    return (solution[name] for solution in solutions)


def _may_hold(left: object, operator: str, right: object) -> bool:
    """Whether a comparison may be true for some engine."""
    holds = _OPERATORS[operator]
    if isinstance(left, ox.NamedNode) and isinstance(right, ox.NamedNode) and operator in ("=", "!="):
        return holds(left, right)
    numbers = _integer(left), _integer(right)
    return None in numbers or holds(*numbers)


def _integer(term: object) -> int | None:
    if isinstance(term, ox.Literal) and term.datatype == XSD["integer"] and _INTEGER.fullmatch(term.value):
        return int(term.value)
    return None
