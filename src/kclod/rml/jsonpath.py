"""JSONPath (RFC 9535), compiled once to plain Python closures.

The library `jsonpath-rfc9535` parses every query, so what is valid is exactly what it says. Names, indexes, slices,
wildcards, descendants and the usual filters are then turned into closures over the values themselves; a query with
anything else (functions, root queries inside filters) is evaluated by the library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import jsonpath_rfc9535 as library
from jsonpath_rfc9535 import filter_expressions as filters
from jsonpath_rfc9535.exceptions import JSONPathError
from jsonpath_rfc9535.segments import JSONPathChildSegment, JSONPathRecursiveDescentSegment, JSONPathSegment
from jsonpath_rfc9535.selectors import (
    FilterSelector,
    IndexSelector,
    JSONPathSelector,
    NameSelector,
    SliceSelector,
    WildcardSelector,
)

from kclod.rml.comparing import Test, comparers
from kclod.rml.rowwise import goes_by_row, guard_of

Step = Callable[[object], Iterable[object]]
"""From one value to the values that it leads to."""


class PathError(ValueError):
    """A query that is not valid JSONPath; the message says why."""


class _NeedsLibraryError(Exception):
    """This part of a query has no closure of its own."""


@dataclass(frozen=True, slots=True)
class ByRow:
    """How a query goes through the root array, one member after the other, whatever the other members are.

    `guard` is a member name and the string that it must have, or None. `iterate` goes on from a member that passes;
    None: the member itself is what the query selects.
    """

    guard: tuple[str, str] | None
    iterate: Callable[[object], Iterable[object]] | None


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled query.

    `singular` queries select at most one value, which `first` gives (None when it is missing or null). `find` gives
    all selected values, nulls included, in document order; `iterate` the same without building a list. `names` are the
    members that the query names, one in the other, where it does nothing else. `by_row` is given where mapping each
    member of a root array alone selects the same: a first wildcard or filter, and no look at the root.
    """

    text: str
    singular: bool
    first: Callable[[object], object]
    find: Callable[[object], list[object]]
    iterate: Callable[[object], Iterator[object]]
    names: tuple[str, ...] | None = None
    by_row: ByRow | None = None


def compile_path(text: str) -> Path:
    """Compile a query; PathError when it is not valid."""
    try:
        query = library.compile(text)
    except JSONPathError as error:
        raise PathError(str(error)) from None
    try:
        return _by_steps(text, query)
    except _NeedsLibraryError:
        return _by_library(text, query)


def _by_library(text: str, query: library.JSONPathQuery) -> Path:
    def iterate(value: object) -> Iterator[object]:
        return (node.value for node in query.finditer(value))  # type: ignore[arg-type]  # any parsed JSON

    def find(value: object) -> list[object]:
        return list(iterate(value))

    by_row = ByRow(None, lambda member: iterate([member])) if goes_by_row(query) else None
    return Path(text, query.singular_query(), lambda value: next(iterate(value), None), find, iterate, by_row=by_row)


def _by_steps(text: str, query: library.JSONPathQuery) -> Path:
    steps = [_segment(segment) for segment in query.segments]
    stages = [_stage(segment, step) for segment, step in zip(query.segments, steps, strict=True)]

    def iterate(value: object) -> Iterator[object]:
        values: Iterable[object] = (value,)
        for step in steps:
            values = _through(step, values)
        return iter(values)

    def find(value: object) -> list[object]:
        values: list[object] = [value]
        for stage in stages:
            values = stage(values)
        return values

    singular = query.singular_query()
    names = tuple(s.name for segment in query.segments for s in segment.selectors if isinstance(s, NameSelector))
    only_names = singular and len(names) == len(query.segments) and bool(names)
    if only_names:
        first = _first_by_name(names)
    else:

        def first(value: object) -> object:
            return next(iterate(value), None)

    by_row = _by_row(query, steps)
    return Path(text, singular, first, find, iterate, names if only_names else None, by_row)


def _by_row(query: library.JSONPathQuery, steps: Sequence[Step]) -> ByRow | None:
    if not goes_by_row(query):
        return None
    (selector,) = query.segments[0].selectors
    guard = guard_of(selector)
    whole_row = guard is not None or isinstance(selector, WildcardSelector)
    if whole_row and len(steps) == 1:
        return ByRow(guard, None)
    rest = steps[1:]

    def iterate(member: object) -> Iterable[object]:
        values: Iterable[object] = (member,) if whole_row else steps[0]([member])
        for step in rest:
            values = [child for parent in values for child in step(parent)]
        return values

    return ByRow(guard, iterate)


def _through(step: Step, values: Iterable[object]) -> Iterator[object]:
    for value in values:
        yield from step(value)


def _first_by_name(names: Sequence[str]) -> Callable[[object], object]:
    if len(names) == 1:
        (name,) = names

        def one(value: object) -> object:
            return value.get(name) if isinstance(value, dict) else None

        return one

    def several(value: object) -> object:
        for name in names:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    return several


# Segments and selectors


def _segment(segment: JSONPathSegment) -> Step:
    steps = [_selector(selector) for selector in segment.selectors]
    step = steps[0] if len(steps) == 1 else _each(steps)
    if isinstance(segment, JSONPathChildSegment):
        return step
    if isinstance(segment, JSONPathRecursiveDescentSegment):
        return lambda value: _through(step, _descend(value))
    raise _NeedsLibraryError


def _stage(segment: JSONPathSegment, step: Step) -> Callable[[list[object]], list[object]]:
    """A segment for all values at once; for one name it is one comprehension."""
    names = [selector.name for selector in segment.selectors if isinstance(selector, NameSelector)]
    if isinstance(segment, JSONPathChildSegment) and len(names) == len(segment.selectors) == 1:
        (name,) = names
        return lambda values: [value[name] for value in values if isinstance(value, dict) and name in value]
    return lambda values: [child for value in values for child in step(value)]


def _each(steps: Sequence[Step]) -> Step:
    return lambda value: [child for step in steps for child in step(value)]


def _descend(value: object) -> Iterator[object]:
    """The value and all arrays and objects within it, each before those within it; without recursion."""
    pending = [value]
    while pending:
        current = pending.pop()
        yield current
        members = current.values() if isinstance(current, dict) else current if isinstance(current, list) else ()
        pending.extend(reversed([member for member in members if isinstance(member, (dict, list))]))


def _selector(selector: JSONPathSelector) -> Step:
    if isinstance(selector, NameSelector):
        return _name(selector.name)
    if isinstance(selector, WildcardSelector):
        return _wildcard
    if isinstance(selector, FilterSelector):
        return _filter(_test(selector.expression.expression))
    if isinstance(selector, IndexSelector):
        return _index(selector.index)
    if isinstance(selector, SliceSelector):
        return _slice(selector.slice)
    raise _NeedsLibraryError


def _name(name: str) -> Step:
    def step(value: object) -> Iterable[object]:
        return (value[name],) if isinstance(value, dict) and name in value else ()

    return step


def _wildcard(value: object) -> Iterable[object]:
    if isinstance(value, list):
        return value
    return value.values() if isinstance(value, dict) else ()


def _index(index: int) -> Step:
    def step(value: object) -> Iterable[object]:
        return (value[index],) if isinstance(value, list) and -len(value) <= index < len(value) else ()

    return step


def _slice(part: slice) -> Step:
    def step(value: object) -> Iterable[object]:
        return value[part] if isinstance(value, list) and part.step != 0 else ()

    return step


def _filter(test: Test) -> Step:
    def step(value: object) -> Iterable[object]:
        return [member for member in _wildcard(value) if test(member)]

    return step


# Filters: comparisons of singular relative queries with literals, existence of them, and their combinations

_LITERALS = (
    filters.StringLiteral,
    filters.IntegerLiteral,
    filters.FloatLiteral,
    filters.BooleanLiteral,
    filters.NullLiteral,
)
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def _test(expression: filters.Expression) -> Test:
    if isinstance(expression, filters.LogicalExpression):
        left, right = _test(expression.left), _test(expression.right)
        if expression.operator == "&&":
            return lambda value: left(value) and right(value)
        return lambda value: left(value) or right(value)
    if isinstance(expression, filters.PrefixExpression):
        positive = _test(expression.right)
        return lambda value: not positive(value)
    if isinstance(expression, filters.ComparisonExpression):
        return _comparison(expression)
    if isinstance(expression, filters.RelativeFilterQuery) and expression.query.segments:
        path = _by_steps("", expression.query)
        return lambda value: next(path.iterate(value), _NOTHING) is not _NOTHING
    raise _NeedsLibraryError


_NOTHING = object()


def _comparison(expression: filters.ComparisonExpression) -> Test:
    left, right, operator = expression.left, expression.right, expression.operator
    if isinstance(left, _LITERALS):
        left, right, operator = right, left, _MIRRORED[operator]
    if not (isinstance(left, filters.RelativeFilterQuery) and isinstance(right, _LITERALS)):
        raise _NeedsLibraryError
    path, literal = _by_steps("", left.query), right.value
    compare = comparers(literal)[operator]

    def test(value: object) -> bool:
        return compare(next(path.iterate(value), _NOTHING))

    return test
