"""Filters that hold for ranges of numbers alone, so that patterns need not look at terms outside of them."""

from __future__ import annotations

from collections.abc import Iterable

from kclod.columnar.algebra import Expr
from kclod.columnar.context import Context
from kclod.columnar.dictionary import BLANK, STRING

Range = tuple[int, int]


def ranges_of(context: Context, filters: Iterable[Expr]) -> dict[str, list[Range]]:
    """For variables that a filter binds to ranges of terms these ranges, ascending; the fewest terms for each."""
    found: dict[str, list[Range]] = {}
    for part in _conjuncts(filters):
        known = _ranges(context, part)
        if known is not None:
            name, ranges = known
            if name not in found or _terms_in(ranges) < _terms_in(found[name]):
                found[name] = ranges
    return found


def _conjuncts(filters: Iterable[Expr]) -> Iterable[Expr]:
    for expression in filters:
        if expression.form == "and":
            yield from _conjuncts(expression.arguments)
        else:
            yield expression


def _terms_in(ranges: Iterable[Range]) -> int:
    return sum(high - low for low, high in ranges)


def _ranges(context: Context, expression: Expr) -> tuple[str, list[Range]] | None:
    """The variable and the ranges outside of which the expression is never true."""
    if len(expression.arguments) != 2:
        return None
    dictionary = context.dictionary
    subject, other = expression.arguments
    if other.form != "term" or other.term is None or other.term.kind != STRING:
        return None
    text = other.term.value
    if expression.name == "STRSTARTS":
        any_term = subject.form == "call" and subject.name == "STR"
        variable = subject.arguments[0] if any_term else subject
        if variable.form != "var" or "\0" in text:
            return None
        kinds = [k for k in dictionary.kinds if (k != BLANK if any_term else k == STRING or k[:1] == "@")]
        ranges = [dictionary.prefixed(kind, text.encode()) for kind in kinds]
        return variable.name, [(low, high) for low, high in ranges if low < high]
    if expression.form == "=" and subject.form == "call" and subject.name == "LANG" and text:
        variable = subject.arguments[0]
        kind = f"@{text}"
        if variable.form == "var":
            return variable.name, [dictionary.range_of(kind)] if kind in dictionary.kinds else []
    return None
