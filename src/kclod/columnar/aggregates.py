"""GROUP BY and aggregates (SPARQL 1.1 Query, section 11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from kclod.columnar.algebra import Expr, Select, UnsupportedError
from kclod.columnar.context import Context
from kclod.columnar.dictionary import UNBOUND, Ids
from kclod.columnar.expressions import value_of
from kclod.columnar.ordering import sortable
from kclod.columnar.relation import Numbers, Places, Relation, are_ids, bound_in, grouped


def aggregate(
    context: Context, relation: Relation, select: Select, expressions: Iterable[Expr]
) -> tuple[Relation, dict[Expr, Expr]]:
    """One solution for each group, and each expression with its aggregates replaced by variables of these solutions."""
    keys: list[str] = []
    for name, expression in select.grouping or ():
        if expression is not None:
            if name in relation.columns:
                raise UnsupportedError("a grouping by a name that is taken")
            relation = relation.having(name, value_of(context, relation, expression), certain=False)
        elif name not in relation.columns:
            relation = relation.having(name, np.full(relation.size, UNBOUND, np.int32), certain=False)
        keys.append(name)
    if keys:
        firsts, groups = grouped([relation.columns[name] for name in keys])
        found = relation.take(firsts).only(keys)
    else:
        groups, found = None, Relation(1, {}, frozenset())
    names: dict[Expr, Expr] = {}
    known: dict[Expr, str] = {}

    def replaced(expression: Expr) -> Expr:
        nonlocal found
        if expression.form == "aggregate":
            name = known.setdefault(expression, f".aggregate{len(known)}")
            if name not in found.columns:
                column = _aggregated(context, relation, expression, groups, found.size)
                found = found.having(name, column)
            return Expr("var", "", frozenset((name,)), name=name)
        if not expression.arguments:
            return expression
        return replace(expression, arguments=tuple(map(replaced, expression.arguments)))

    for expression in expressions:
        names[expression] = replaced(expression)
    return found, names


def _aggregated(
    context: Context, relation: Relation, expression: Expr, groups: Places | None, size: int
) -> Ids | Numbers:
    """The value of an aggregate for each group; `groups` tells that of each solution, None when one has all."""
    if not expression.arguments:
        if expression.name != "COUNT" or expression.distinct:
            raise UnsupportedError("an aggregate of whole solutions")
        return np.array((relation.size,)) if groups is None else np.bincount(groups, minlength=size)
    if groups is None:
        groups = np.zeros(relation.size, np.int64)
    name = expression.arguments[0].name
    column = relation.columns.get(name)
    if column is None:
        column = np.full(relation.size, UNBOUND, np.int32)
    bound = bound_in(column)
    if expression.name == "COUNT":
        if not bound.all():
            column, groups = column[bound], groups[bound]
        if expression.distinct:
            firsts, _ = grouped([groups, column]) if len(column) else (np.empty(0, np.int64), None)
            groups = groups[firsts]
        return np.bincount(groups, minlength=size)
    if not bound.all() or not len(column):
        raise UnsupportedError("an aggregate of what is unbound")
    if expression.name == "SAMPLE":
        return _first(column, groups, size)
    if are_ids(column):
        sortable(context, column)
    return _extreme(column, groups, size, np.minimum if expression.name == "MIN" else np.maximum)


def _first(column: Ids | Numbers, groups: Places, size: int) -> Ids | Numbers:
    places = np.zeros(size, np.int64)
    places[groups[::-1]] = np.arange(len(groups))[::-1]
    return column[places]


def _extreme(column: Ids | Numbers, groups: Places, size: int, which: np.ufunc) -> Ids | Numbers:
    found = np.full(
        size, np.iinfo(column.dtype).max if which is np.minimum else np.iinfo(column.dtype).min, column.dtype
    )
    which.at(found, groups, column)
    return found
