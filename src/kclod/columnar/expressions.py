"""Filters and expressions on columns (SPARQL 1.1 Query, section 17).

What is asked of one variable and can be told from the order of terms (kinds, prefixes, dates, parts of strings) is
answered for whole ranges of numbers. Everything else is asked of the store's own engine, once for each different value,
so that its results are the store's by construction.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

import numpy as np
import pyoxigraph as ox

from kclod.columnar import texts
from kclod.columnar.algebra import Expr, Group, UnsupportedError
from kclod.columnar.context import Context
from kclod.columnar.dictionary import (
    BLANK,
    DATE,
    DATE_PARTS,
    IRI,
    STRING,
    UNBOUND,
    Ids,
    Term,
    digits_of,
    read_term,
    write_term,
)
from kclod.columnar.relation import NO_NUMBER, Mask, Numbers, Relation, are_ids, are_numbers, bound_in, grouped

_MOST_ASKED = 2_000
"""Different values about which the store's engine is asked."""
_XSD = "http://www.w3.org/2001/XMLSchema#"
_INTEGER = f"^^<{_XSD}integer>"
_OF_KIND = frozenset({"LANG", "DATATYPE", "ISIRI", "ISURI", "ISLITERAL", "ISBLANK"})
_ORDERED = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_COMPARES = {**_ORDERED, "=": np.equal, "!=": np.not_equal}
_INTEGER_TEXT = re.compile(r"-?[0-9]{1,18}")

Exists = Callable[[Context, Relation, Group], Mask]


def holds(context: Context, relation: Relation, expression: Expr, exists: Exists) -> Mask:
    """For which solutions the expression is true; an error counts as not true (section 17.2)."""
    match expression.form:
        case "and":
            mask = holds(context, relation, expression.arguments[0], exists)
            for part in expression.arguments[1:]:
                mask = mask & holds(context, relation, part, exists)
            return mask
        case "or":
            mask = holds(context, relation, expression.arguments[0], exists)
            for part in expression.arguments[1:]:
                mask = mask | holds(context, relation, part, exists)
            return mask
        case "exists" if expression.group is not None:
            return exists(context, relation, expression.group)
        case "not" if expression.arguments[0].form == "exists" and expression.arguments[0].group is not None:
            return ~exists(context, relation, expression.arguments[0].group)
    if not relation.size:
        return np.zeros(0, np.bool_)
    told = _quickly(context, relation, expression)
    if told is not None:
        return told
    truth = _asked(context, relation, expression, f"IF({_text(expression)}, true, false)")
    return np.equal(truth, context.number(_TRUE))


_TRUE = Term(f"^^<{_XSD}boolean>", "true")


def value_of(context: Context, relation: Relation, expression: Expr) -> Ids | Numbers:
    """The value of an expression in each solution; UNBOUND or NO_NUMBER where it has none."""
    if expression.form == "var":
        if expression.name not in relation.columns:
            return np.full(relation.size, UNBOUND, np.int32)
        return relation.columns[expression.name]
    if expression.form == "term" and expression.term is not None:
        return np.full(relation.size, context.number(expression.term), np.int32)
    numbers = _number(context, relation, expression)
    if numbers is not None:
        return numbers
    return _asked(context, relation, expression, _text(expression))


def _text(expression: Expr) -> str:
    if not expression.text:
        raise UnsupportedError("a pattern or an aggregate inside an expression")
    return expression.text


def _asked(context: Context, relation: Relation, expression: Expr, text: str) -> Ids:
    """What the store's engine says of an expression, once for each different value of its variables."""
    names = [name for name in sorted(expression.variables) if name in relation.columns]
    if not names:
        return np.full(relation.size, _evaluate(context, text, [], [()])[0], np.int32)
    columns = [relation.ids(name) for name in names]
    if any(name.startswith(_OWN) for name in names):
        raise UnsupportedError("a name")
    if len(names) == 1 and _tells_kind_only(expression):
        return _asked_of_kinds(context, columns[0], names[0], text)
    firsts, groups = grouped(columns)
    if len(firsts) > _MOST_ASKED:
        raise UnsupportedError("an expression of many values")
    rows = list(zip(*(_written(context, column[firsts]) for column in columns), strict=True))
    return np.array(_evaluate(context, text, names, rows), np.int32)[groups]


def _written(context: Context, numbers: Ids) -> list[str]:
    """Terms as VALUES lists them, which cannot hold blank nodes."""
    terms = iter(context.terms(numbers[numbers != UNBOUND]))
    written = ["UNDEF" if number == UNBOUND else write_term(next(terms)) for number in numbers.tolist()]
    if any(text[:2] == "_:" for text in written):
        raise UnsupportedError("an expression of a blank node")
    return written


def _evaluate(context: Context, text: str, names: list[str], rows: list[tuple[str, ...]]) -> list[int]:
    listed = " ".join(f"({number} {' '.join(row)})" for number, row in enumerate(rows))
    variables = " ".join(f"?{name}" for name in names)
    query = f"SELECT ?{_OWN}row ({text} AS ?{_OWN}value) {{ VALUES (?{_OWN}row {variables}) {{ {listed} }} }}"
    found = [UNBOUND] * len(rows)
    try:
        solutions = context.engine.query(query)
    except (SyntaxError, ValueError, RuntimeError):
        raise UnsupportedError("an expression") from None
    assert isinstance(solutions, ox.QuerySolutions)  # noqa: S101  # of a SELECT
    for solution in solutions:
        value = solution[1]
        if value is not None:
            found[int(solution[0].value)] = context.number(read_term(str(value)))
    return found


_OWN = "kclodown"


def _tells_kind_only(expression: Expr) -> bool:
    """Whether all values of a kind give the same: the variable stands in nothing but questions for its kind."""
    if expression.form == "var":
        return False
    if expression.form == "call" and expression.name in _OF_KIND:
        return all(part.form in ("var", "term") for part in expression.arguments)
    return all(_tells_kind_only(part) for part in expression.arguments)


def _asked_of_kinds(context: Context, column: Ids, name: str, text: str) -> Ids:
    """One value of each kind is asked about, and the terms of the query alone each."""
    dictionary = context.dictionary
    starts = np.asarray(dictionary.starts[:-1], np.int32)
    places = starts.searchsorted(column, "right") - 1  # -1 for UNBOUND
    own = column >= len(dictionary)
    places[own] = column[own] - len(dictionary) + len(starts)
    present, groups = np.unique(places, return_inverse=True)
    shift = len(dictionary) - len(starts)
    sample = [UNBOUND if p < 0 else starts[p] if p < len(starts) else p + shift for p in present.tolist()]
    written = _written(context, np.array(sample, np.int32))
    return np.array(_evaluate(context, text, [name], [(one,) for one in written]), np.int32)[groups]


# what the order of terms tells


def _quickly(context: Context, relation: Relation, expression: Expr) -> Mask | None:
    """The truth of an expression as far as numbers tell it; None when they do not."""
    form, arguments = expression.form, expression.arguments
    if form == "call":
        if expression.name == "BOUND":
            return _bound(relation, arguments[0])
        if expression.name in ("STRSTARTS", "CONTAINS", "REGEX"):
            return _of_text(context, relation, expression)
        return None
    if form == "not" and arguments[0].form == "call" and arguments[0].name == "BOUND":
        return ~_bound(relation, arguments[0].arguments[0])
    if form not in _COMPARES:
        return None
    left, right = arguments
    if left.form == "term":
        left, right, form = right, left, _TURNED[form]
    numbers = _number(context, relation, left)
    if numbers is not None:
        return _numbers_compared(context, relation, numbers, right, form)
    if right.form == "term" and right.term is not None and left.form == "var":
        return _compared(context, relation, left.name, right.term, form)
    return _of_two(relation, context, left, right, form)


def _bound(relation: Relation, variable: Expr) -> Mask:
    column = relation.columns.get(variable.name)
    if column is None:
        return np.zeros(relation.size, np.bool_)
    return bound_in(column)


def _compared(context: Context, relation: Relation, name: str, term: Term, form: str) -> Mask | None:
    """A variable and a term."""
    if name not in relation.columns:
        return np.zeros(relation.size, np.bool_)
    column = relation.ids(name)
    if form == "=":
        if term.kind in (IRI, STRING) or term.kind[:1] == "@":
            return np.equal(column, context.number(term))
        return None
    if (column >= len(context.dictionary)).any():
        return None
    if form == "!=":
        alike = term.kind == IRI or (term.kind == STRING and _only(context, column, (STRING, IRI, BLANK)))
        return (column != UNBOUND) & (column != context.number(term)) if alike else None
    if term.kind == DATE and context.dictionary.dates is not None and _is_date(term.value):
        if not _only(context, column, (DATE, IRI, BLANK, STRING)):
            return None
        first = context.dictionary.position(DATE, term.value.encode())
        if form in ("<=", ">"):
            first += context.dictionary.number(term) is not None
        return _within(context, column, DATE) & (column < first if form in ("<", "<=") else column >= first)
    return None


def _is_date(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _within(context: Context, column: Ids, kind: str) -> Mask:
    low, high = context.dictionary.range_of(kind)
    return (column >= low) & (column < high)


def _only(context: Context, column: Ids, kinds: tuple[str, ...]) -> bool:
    """Whether a column has terms of these kinds alone, and such as are unbound."""
    mask = column == UNBOUND
    for kind in kinds:
        mask = mask | _within(context, column, kind)
    return bool(mask.all())


def _of_two(relation: Relation, context: Context, left: Expr, right: Expr, form: str) -> Mask | None:
    """Two variables, or their STR, that are IRIs in every solution: equal or in order as their numbers are."""
    plain = left.form == right.form == "var"
    if not plain:
        if not all(
            side.form == "call" and side.name == "STR" and side.arguments[0].form == "var" for side in (left, right)
        ):
            return None
        left, right = left.arguments[0], right.arguments[0]
    if plain and form not in ("=", "!="):
        return None
    if left.name not in relation.columns or right.name not in relation.columns:
        return np.zeros(relation.size, np.bool_)
    ours, theirs = relation.columns[left.name], relation.columns[right.name]
    if not are_ids(ours) or not are_ids(theirs):
        return None
    low, high = context.dictionary.range_of(IRI)
    for column in (ours, theirs):
        if not ((column >= low) & (column < high)).all():
            return None
    found: Mask = _COMPARES[form](ours, theirs)
    return found


def _of_text(context: Context, relation: Relation, expression: Expr) -> Mask | None:
    """STRSTARTS, CONTAINS or a plain REGEX of a variable's text, perhaps in lower case."""
    subject, *others = expression.arguments
    if not others or any(other.form != "term" or other.term is None or other.term.kind != STRING for other in others):
        return None
    needle = texts.needle_of(expression.name, [other.term.value for other in others if other.term is not None])
    lowered = subject.form == "call" and subject.name == "LCASE"
    if lowered:
        subject = subject.arguments[0]
    any_term = subject.form == "call" and subject.name == "STR"
    if any_term:
        subject = subject.arguments[0]
    if needle is None or subject.form != "var":
        return None
    if subject.name not in relation.columns:
        return np.zeros(relation.size, np.bool_)
    column = relation.ids(subject.name)
    if (column >= len(context.dictionary)).any():
        return None
    return texts.matching(context.dictionary, column, needle, lowered=lowered, any_term=any_term)


# numbers


def _number(context: Context, relation: Relation, expression: Expr) -> Numbers | None:
    """The integers that an expression gives in each solution, NO_NUMBER for none; None when this is not known."""
    if expression.form == "var":
        column = relation.columns.get(expression.name)
        return column if column is not None and are_numbers(column) else None
    if expression.form != "call" or expression.name not in DATE_PARTS or expression.arguments[0].form != "var":
        return None
    name = expression.arguments[0].name
    if name not in relation.columns:
        return np.full(relation.size, NO_NUMBER)
    column = relation.ids(name)
    if context.dictionary.dates is None or not _only(context, column, (DATE, IRI, BLANK, STRING)):
        return None
    low, high = context.dictionary.range_of(DATE)
    if low == high:
        return np.full(relation.size, NO_NUMBER)
    parts = digits_of(context.dictionary.dates, *DATE_PARTS[expression.name])
    inside = (column >= low) & (column < high)
    return np.where(inside, parts[np.where(inside, column - low, 0)], NO_NUMBER)


def _numbers_compared(context: Context, relation: Relation, numbers: Numbers, other: Expr, form: str) -> Mask | None:
    mask: Mask = numbers != NO_NUMBER
    if other.form == "term" and other.term is not None:
        if other.term.kind != _INTEGER or not _INTEGER_TEXT.fullmatch(other.term.value):
            return None
        compared: Mask = _COMPARES[form](numbers, int(other.term.value))
        return mask & compared
    more = _number(context, relation, other)
    if more is None:
        return None
    compared = _COMPARES[form](numbers, more)
    both: Mask = mask & (more != NO_NUMBER) & compared
    return both
