"""Comparisons in filters of JSONPath (RFC 9535, section 2.3.5.2.2)."""

from __future__ import annotations

from collections.abc import Callable

Test = Callable[[object], bool]


def comparers(literal: str | float | bool | None) -> dict[str, Test]:
    """RFC 9535 section 2.3.5.2.2: equality within one type, order within numbers and within strings."""
    if literal is None or isinstance(literal, bool):

        def equal(value: object) -> bool:
            return value is literal

        def less(value: object) -> bool:  # noqa: ARG001  # null and booleans have no order
            return False

        greater = less
    elif isinstance(literal, (int, float)):
        number = literal

        def equal(value: object) -> bool:
            return _is_number(value) and value == number

        def less(value: object) -> bool:
            return _is_number(value) and value < number  # type: ignore[operator]  # a number, as just tested

        def greater(value: object) -> bool:
            return _is_number(value) and value > number  # type: ignore[operator]  # a number, as just tested
    else:

        def equal(value: object) -> bool:
            return isinstance(value, str) and value == literal

        def less(value: object) -> bool:
            return isinstance(value, str) and value < literal

        def greater(value: object) -> bool:
            return isinstance(value, str) and value > literal

    return {
        "==": equal,
        "!=": lambda value: not equal(value),
        "<": less,
        ">": greater,
        "<=": lambda value: less(value) or equal(value),
        ">=": lambda value: greater(value) or equal(value),
    }


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
