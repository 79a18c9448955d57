"""Group graph patterns and SELECT (SPARQL 1.1 Query, section 18.2 to 18.5), evaluated on whole columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from kclod.columnar.aggregates import aggregate
from kclod.columnar.algebra import (
    Bind,
    Element,
    Expr,
    Group,
    Minus,
    Optional,
    Select,
    Triple,
    Union,
    UnsupportedError,
    Values,
    Var,
)
from kclod.columnar.context import Context
from kclod.columnar.dictionary import UNBOUND, Ids
from kclod.columnar.expressions import holds, value_of
from kclod.columnar.ordering import ordered
from kclod.columnar.patterns import match
from kclod.columnar.ranges import ranges_of
from kclod.columnar.relation import (
    UNIT,
    Mask,
    Numbers,
    Relation,
    bound_in,
    distinct,
    grouped,
    join,
    minus,
    union,
)

_ROW = ".row"


def solutions(context: Context, select: Select) -> Relation:
    """The solutions of a SELECT query, in order, with the projected columns alone."""
    relation = _group(context, UNIT, select.where)
    if select.values is not None:
        relation = join(relation, _values(context, select.values))
    expressions = [*(e for _, e in select.projection if e), *select.having, *(e for e, _ in select.ordering)]
    ordering = list(select.ordering)
    if select.grouping is not None or any(map(_aggregates, expressions)):
        relation, names = aggregate(context, relation, select, expressions)
        ordering = [(names[expression], descends) for expression, descends in ordering]
        for condition in select.having:
            relation = relation.where(holds(context, relation, names[condition], _exists))
    else:
        names = {expression: expression for expression in expressions}
    for name, computed in select.projection:
        if computed is not None:
            relation = _bound(context, relation, name, names[computed])
    shown = [name for name, _ in select.projection] or sorted(_in_scope(select.where))  # the store's order for `*`
    relation = _complete(relation, shown)
    if ordering:
        most = None if select.distinct or select.limit is None else select.offset + select.limit
        keys = [(value_of(context, relation, expression), descends) for expression, descends in ordering]
        relation = ordered(context, relation, keys, most)
    relation = relation.only(shown)
    if select.distinct:
        relation = distinct(relation)
    if select.offset or select.limit is not None:
        stop = relation.size if select.limit is None else select.offset + select.limit
        relation = relation.take(slice(select.offset, stop))
    return relation


def exists_any(context: Context, group: Group) -> bool:
    """Whether a pattern has a solution: the answer of an ASK query."""
    return bool(_group(context, UNIT, group).size)


def _aggregates(expression: Expr) -> bool:
    return expression.form == "aggregate" or any(map(_aggregates, expression.arguments))


def _complete(relation: Relation, names: Iterable[str]) -> Relation:
    missing = {name: np.full(relation.size, UNBOUND, np.int32) for name in names if name not in relation.columns}
    return Relation(relation.size, {**relation.columns, **missing}, relation.certain)


def _bound(context: Context, relation: Relation, name: str, expression: Expr) -> Relation:
    column = value_of(context, relation, expression)
    return relation.having(name, column, certain=_all_bound(column))


def _all_bound(column: Ids | Numbers) -> bool:
    return bool(bound_in(column).all())


def _group(context: Context, given: Relation, group: Group) -> Relation:
    """The solutions of a group that are compatible with those given."""
    relation = given
    filters = list(group.filters)
    for kind, elements in groupby(group.elements, type):
        if kind is Triple:
            relation = _block(context, relation, list(elements), filters)  # type: ignore[arg-type]  # told by the kind
            continue
        for element in elements:
            relation = _joined(context, relation, element)
    for expression in filters:
        relation = relation.where(holds(context, relation, expression, _exists))
    return relation


def _block(context: Context, relation: Relation, triples: list[Triple], filters: list[Expr]) -> Relation:
    """Triple patterns that stand together. Filters of variables that they bind are applied at once, and then left out.

    Between patterns that no filter divides the order is free; a filter is applied as soon as its variables are there.
    """
    relation = match(context, relation, triples, ranges_of(context, filters))
    for expression in list(filters):
        if expression.text and expression.variables <= relation.certain:
            relation = relation.where(holds(context, relation, expression, _exists))
            filters.remove(expression)
    return relation


def _joined(context: Context, relation: Relation, element: Element) -> Relation:
    match element:
        case Group():
            return join(relation, _group(context, UNIT, element))
        case Select():
            return join(relation, solutions(context, element))
        case Union():
            return join(relation, union([_group(context, UNIT, group) for group in element.groups]))
        case Values():
            return join(relation, _values(context, element))
        case Minus():
            return minus(relation, _visible(_group(context, UNIT, element.group)))
        case Bind():
            if element.variable in relation.columns:
                raise UnsupportedError("a variable that is bound already")
            return _bound(context, relation, element.variable, element.expression)
        case Optional():
            return _optional(context, relation, element.group)
    raise UnsupportedError("an element of another kind")


def _visible(relation: Relation) -> Relation:
    return relation.only(name for name in relation.columns if not Var(name).hidden)


def _values(context: Context, values: Values) -> Relation:
    columns: dict[str, Ids | Numbers] = {}
    for place, name in enumerate(values.variables):
        terms = [row[place] for row in values.rows]
        numbers = [UNBOUND if term is None else context.number(term) for term in terms]
        columns[name] = np.array(numbers, np.int32)
    certain = frozenset(name for name, column in columns.items() if (column != UNBOUND).all())
    return Relation(len(values.rows), columns, certain)


def _seeded(context: Context, relation: Relation, group: Group) -> Relation:
    """The solutions of a group for each of those given, whose places stand in the column `_ROW`.

    Only where that gives what the algebra's joins of separate solutions would: all that the two sides share is certain
    on the left, and the group reads no variable of the left but in its patterns and in its own filters.
    """
    own = _mentioned(group)
    for name in own & relation.columns.keys():
        if name not in relation.certain:
            raise UnsupportedError("a shared variable that may be unbound")
    certain: set[str] = set()
    for element in group.elements:
        match element:
            case Triple():
                certain |= element.variables()
            case Optional():
                if (_mentioned(element.group) & relation.columns.keys()) - certain:
                    raise UnsupportedError("a pattern that is not well-designed")
            case _:
                raise UnsupportedError("an element inside of OPTIONAL or EXISTS")
    rows = relation.having(_ROW, np.arange(relation.size))
    return _group(context, rows, group)


def _optional(context: Context, relation: Relation, group: Group) -> Relation:
    if _ROW in relation.columns:
        outer = relation.columns[_ROW]
        inner = _optional(
            context, relation.only(n for n in relation.columns if n != _ROW).having(".outer", outer), group
        )
        return inner.only(n for n in inner.columns if n != ".outer").having(_ROW, inner.columns[".outer"])
    matched = _seeded(context, relation, group)
    kept = np.ones(relation.size, np.bool_)
    kept[matched.columns[_ROW]] = False
    found = matched.only(name for name in matched.columns if name != _ROW)
    return found if not kept.any() else union([found, relation.where(kept)])


def _exists(context: Context, relation: Relation, group: Group) -> Mask:
    """For which solutions a group has a solution too (section 18.6)."""
    names = [name for name in _mentioned(group) if name in relation.columns]
    if not names:
        found = _seeded(context, UNIT, group).size > 0
        return np.full(relation.size, found)
    firsts, groups = grouped([relation.columns[name] for name in names])
    matched = _seeded(context, relation.only(names).take(firsts), group)
    mask = np.zeros(len(firsts), np.bool_)
    mask[matched.columns[_ROW]] = True
    return mask[groups]


def _mentioned(group: Group) -> set[str]:
    """The variables that a group mentions anywhere."""
    found: set[str] = set()
    for element in group.elements:
        match element:
            case Triple():
                found |= element.variables()
            case Optional() | Minus():
                found |= _mentioned(element.group)
            case Union():
                found.update(*map(_mentioned, element.groups))
            case Group():
                found |= _mentioned(element)
            case Bind():
                found |= {element.variable, *element.expression.variables}
            case Values():
                found.update(element.variables)
            case Select():
                found |= _mentioned(element.where)
    for expression in group.filters:
        found |= _mentioned_in(expression)
    return found


def _mentioned_in(expression: Expr) -> set[str]:
    found = set(expression.variables)
    if expression.group is not None:
        found |= _mentioned(expression.group)
    for part in expression.arguments:
        found |= _mentioned_in(part)
    return found


def _in_scope(group: Group) -> list[str]:
    """The variables of `SELECT *` (section 18.2.1)."""
    found: list[str] = []
    for element in group.elements:
        found.extend(_bound_by(element))
    return [name for name in dict.fromkeys(found) if not Var(name).hidden]


def _bound_by(element: Element) -> Sequence[str]:
    match element:
        case Triple():
            nodes = (element.subject, element.predicate, element.object)
            return [node.name for node in nodes if isinstance(node, Var)]
        case Optional():
            return _in_scope(element.group)
        case Union():
            return [name for group in element.groups for name in _in_scope(group)]
        case Group():
            return _in_scope(element)
        case Bind():
            return [element.variable]
        case Values():
            return element.variables
        case Select():
            return [name for name, _ in element.projection] or _in_scope(element.where)
    return []
