"""Which JSONPath queries go through the root array one member after the other, without looking at any other."""

from __future__ import annotations

import jsonpath_rfc9535 as library
from jsonpath_rfc9535 import filter_expressions as filters
from jsonpath_rfc9535.segments import JSONPathChildSegment, JSONPathSegment
from jsonpath_rfc9535.selectors import FilterSelector, JSONPathSelector, NameSelector, WildcardSelector


def goes_by_row(query: library.JSONPathQuery) -> bool:
    """Whether the query starts with one wildcard or filter of the root's members and never looks at the root again."""
    if not query.segments:
        return False
    first = query.segments[0]
    return (
        isinstance(first, JSONPathChildSegment)
        and len(first.selectors) == 1
        and isinstance(first.selectors[0], (WildcardSelector, FilterSelector))
        and not any(_looks_at_root(segment) for segment in query.segments)
    )


def _looks_at_root(part: object) -> bool:
    """Whether a part of a query has a root query (`$…`) within it."""
    match part:
        case filters.RootFilterQuery():
            return True
        case JSONPathSegment():
            return any(map(_looks_at_root, part.selectors))
        case FilterSelector() | filters.FilterExpression():
            return _looks_at_root(part.expression)
        case filters.RelativeFilterQuery():
            return any(map(_looks_at_root, part.query.segments))
        case filters.PrefixExpression():
            return _looks_at_root(part.right)
        case filters.LogicalExpression() | filters.ComparisonExpression():
            return _looks_at_root(part.left) or _looks_at_root(part.right)
        case filters.FunctionExtension():
            return any(map(_looks_at_root, part.args))
    return False


def guard_of(selector: JSONPathSelector) -> tuple[str, str] | None:
    """The name and the value of a filter such as `?@.kind == 'x'`, the usual one; None for any other selector."""
    comparison = selector.expression.expression if isinstance(selector, FilterSelector) else None
    if not (isinstance(comparison, filters.ComparisonExpression) and comparison.operator == "=="):
        return None
    for query, literal in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
        if isinstance(literal, filters.StringLiteral) and (name := _only_name(query)) is not None:
            return name, literal.value
    return None


def _only_name(expression: filters.Expression) -> str | None:
    if not isinstance(expression, filters.RelativeFilterQuery) or len(expression.query.segments) != 1:
        return None
    (segment,) = expression.query.segments
    names = [s.name for s in segment.selectors if isinstance(s, NameSelector)]
    return names[0] if isinstance(segment, JSONPathChildSegment) and len(names) == len(segment.selectors) == 1 else None
