"""Triple patterns and property paths: which pattern is matched when, and how (SPARQL 1.1 Query, sections 9 and 18)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from kclod.columnar.algebra import Node, Path, Triple, UnsupportedError, Var
from kclod.columnar.context import Context
from kclod.columnar.dictionary import Ids, Term
from kclod.columnar.relation import MOST_ROWS, Mask, Relation, TooLargeError, expand, grouped, join, product
from kclod.columnar.table import Sorted, Table

Ranges = Mapping[str, Sequence[tuple[int, int]]]
"""For some variables the ranges of numbers, from one up to another, in which a filter wants their values."""
_NO_RANGES: Ranges = {}
_LOOK_UP = 2_000
"""Triples that are looked at one after the other in the time of a look-up by predicate and node."""


def match(context: Context, relation: Relation, triples: Iterable[Triple], ranges: Ranges) -> Relation:
    """The solutions of a basic graph pattern that are compatible with those given.

    Solutions with values outside of the ranges may be left out; filters look at those that are left.
    """
    waiting = list(triples)
    while waiting:
        if not relation.size:
            return _nothing(relation, waiting)
        best = min(waiting, key=lambda triple: _cost(context, relation, triple, ranges))
        waiting.remove(best)
        relation = _extend(context, relation, best, ranges)
    return relation


def _nothing(relation: Relation, waiting: Iterable[Triple]) -> Relation:
    names = set(relation.columns).union(*(triple.variables() for triple in waiting))
    return Relation(0, {name: np.empty(0, np.int32) for name in names}, frozenset(names))


def _cost(context: Context, relation: Relation, triple: Triple, ranges: Ranges) -> float:
    """About how many solutions there are when this pattern is matched next."""
    table = context.table
    subject, value = (_known(context, relation, node) for node in (triple.subject, triple.object))
    if not isinstance(triple.predicate, Term):
        return _cost_of_path(context, relation, triple)
    predicate = context.number(triple.predicate)
    found = table.predicates.get(predicate)
    if found is None:
        return 0
    per_subject, per_object = len(found) / found.subjects, len(found) / found.objects
    if subject is not None and value is not None:
        if subject is _BOUND and value is _BOUND:
            return relation.size * min(per_subject, per_object) * 0.1
        if subject is _BOUND:
            return relation.size * min(1, per_object / max(found.subjects, 1)) * 0.9
        if value is _BOUND:
            return relation.size * min(1, per_subject / max(found.objects, 1)) * 0.9
        return relation.size * 0.5
    if subject is not None:
        return relation.size * per_subject
    if value is not None:
        return relation.size * (_exactly(context, predicate, value) if isinstance(value, int) else per_object)
    count = len(found)
    if isinstance(triple.object, Var) and triple.object.name in ranges:
        count = sum(s.stop - s.start for s in _slices(context.table.by_object(predicate), ranges[triple.object.name]))
    return relation.size * count * (1 if relation.size == 1 else 1000)


def _slices(triples: Sorted, ranges: Sequence[tuple[int, int]]) -> list[slice]:
    """Where the triples are whose keys lie in the ranges."""
    bounds = triples.keys.searchsorted(np.array(ranges, np.int32).ravel()).tolist()
    return [slice(low, high) for low, high in zip(bounds[::2], bounds[1::2], strict=True)]


def _exactly(context: Context, predicate: int, value: int) -> int:
    keys = context.table.by_object(predicate).keys
    low, high = keys.searchsorted(np.int32(value), "left"), keys.searchsorted(np.int32(value), "right")
    return int(high - low)


def _cost_of_path(context: Context, relation: Relation, triple: Triple) -> float:
    ends = [_known(context, relation, node) for node in (triple.subject, triple.object)]
    if isinstance(triple.predicate, Var):
        return len(context.table) * (0.1 if ends != [None, None] else relation.size)
    if ends == [None, None]:
        return len(context.table) * relation.size * 2.0
    return relation.size * 8.0 * (0.1 if None not in ends else 1)


_BOUND = object()


def _known(context: Context, relation: Relation, node: Node) -> object:
    """What is known of a node: nothing, that it is bound, or its number."""
    if isinstance(node, Term):
        return context.number(node)
    return _BOUND if node.name in relation.columns else None


def _extend(context: Context, relation: Relation, triple: Triple, ranges: Ranges = _NO_RANGES) -> Relation:
    """Join with one pattern."""
    for name in triple.variables() & relation.columns.keys():
        if name not in relation.certain:
            raise UnsupportedError("a variable that may be unbound")
    match triple.predicate:
        case Path():
            return _along(context, relation, triple.subject, triple.predicate, triple.object)
        case Var():
            return join(relation, _scan(context, relation, triple))
    predicate = context.number(triple.predicate)
    subject, value = triple.subject, triple.object
    bound = [isinstance(node, Term) or node.name in relation.columns for node in (subject, value)]
    if subject == value and isinstance(subject, Var) and not any(bound):
        triples = context.table.by_subject(predicate)
        same = triples.keys[triples.keys == triples.values]
        return product(relation, Relation(len(same), {subject.name: same}, frozenset((subject.name,))))
    match bound:
        case [False, False] if isinstance(value, Var) and isinstance(subject, Var) and value.name in ranges:
            triples = context.table.by_object(predicate)
            found = _slices(triples, ranges[value.name])
            keys, values = (
                np.concatenate([c[:0], *(c[part] for part in found)]) for c in (triples.keys, triples.values)
            )
            columns = {subject.name: values, value.name: keys}
            return product(relation, Relation(len(keys), dict(columns), frozenset(columns)))
        case [False, False]:
            triples = context.table.by_subject(predicate)
            columns = {subject.name: triples.keys, value.name: triples.values}  # type: ignore[union-attr]  # variables
            return product(relation, Relation(len(triples.keys), dict(columns), frozenset(columns)))
        case [True, False]:
            return _followed(context, relation, predicate, subject, value, inverse=False)
        case [False, True]:
            return _followed(context, relation, predicate, value, subject, inverse=True)
    return _checked(context, relation, predicate, subject, value)


def _column(context: Context, relation: Relation, node: Node) -> Ids:
    """The numbers of a node in every solution, or just one for a term."""
    return np.array((context.number(node),), np.int32) if isinstance(node, Term) else relation.ids(node.name)


def _followed(
    context: Context, relation: Relation, predicate: int, known: Node, fresh: Node, *, inverse: bool
) -> Relation:
    """From nodes that are known to those that are not."""
    assert isinstance(fresh, Var)  # noqa: S101  # as the caller has found
    found, low, high = context.table.look_up(predicate, _column(context, relation, known), inverse=inverse)
    if isinstance(known, Term):
        values = found.values[int(low[0]) : int(high[0])]
        return product(relation, Relation(len(values), {fresh.name: values}, frozenset((fresh.name,))))
    rows, places = expand(low, high)
    kept = relation if rows is None else relation.take(rows)
    return kept.having(fresh.name, found.values[places])


def _checked(context: Context, relation: Relation, predicate: int, subject: Node, value: Node) -> Relation:
    """The solutions for which a triple is there."""
    if isinstance(value, Term) or isinstance(subject, Term):
        known, tested, inverse = (value, subject, True) if isinstance(value, Term) else (subject, value, False)
        found, low, high = context.table.look_up(predicate, _column(context, relation, known), inverse=inverse)
        members = found.values[int(low[0]) : int(high[0])]
        if isinstance(tested, Term):
            return relation if (members == context.number(tested)).any() else relation.take(slice(0, 0))
        return relation.where(context.among(relation.ids(tested.name), members))
    triples = context.table.predicates.get(predicate)
    inverse = triples is not None and triples.objects > triples.subjects  # the side with fewer triples for each node
    ends = relation.ids(subject.name), relation.ids(value.name)
    found, low, high = context.table.look_up(predicate, ends[inverse], inverse=inverse)
    rows, places = expand(low, high)
    wanted = ends[not inverse] if rows is None else ends[not inverse][rows]
    kept = np.flatnonzero(found.values[places] == wanted)
    return relation.take(kept if rows is None else rows[kept])


def _scan(context: Context, relation: Relation, triple: Triple) -> Relation:
    """The triples of any predicate that match a pattern, as far as they can be joined with the solutions given."""
    table = context.table
    columns = {"s": table.subjects, "p": table.every_predicate, "o": table.objects}
    nodes = {"s": triple.subject, "p": triple.predicate, "o": triple.object}
    one = triple.object if isinstance(triple.object, Term) else triple.subject
    if isinstance(one, Term) and len(table.predicates) * _LOOK_UP <= len(table):
        columns = _about(table, context.number(one), inverse=one is triple.object)
    masks: list[Mask] = []
    named: dict[str, str] = {}
    for side, node in nodes.items():
        if isinstance(node, Term):
            masks.append(columns[side] == context.number(node))
        elif isinstance(node, Var):
            if node.name in named:
                masks.append(columns[named[node.name]] == columns[side])
            elif node.name in relation.columns:
                masks.append(context.among(columns[side], relation.ids(node.name)))
            named.setdefault(node.name, side)
    if not masks:
        size = len(columns["s"])
        return Relation(size, {name: columns[side] for name, side in named.items()}, frozenset(named))
    places = np.flatnonzero(np.logical_and.reduce(masks))
    found = {name: columns[side][places] for name, side in named.items()}
    return Relation(len(places), dict(found), frozenset(found))


def _about(table: Table, number: int, *, inverse: bool) -> dict[str, Ids]:
    """The triples of any predicate that have a subject, or an object."""
    needle = np.int32(number)
    found: list[tuple[int, Ids]] = []
    for predicate in table.predicates:
        triples = table.by_object(predicate) if inverse else table.by_subject(predicate)
        low, high = triples.keys.searchsorted(needle, "left"), triples.keys.searchsorted(needle, "right")
        if low < high:
            found.append((predicate, triples.values[low:high]))
    others = np.concatenate([np.empty(0, np.int32), *(values for _, values in found)])
    predicates = np.repeat(np.array([p for p, _ in found], np.int32), [len(values) for _, values in found])
    same = np.full(len(others), number, np.int32)
    return {"s": others if inverse else same, "p": predicates, "o": same if inverse else others}


# paths


def _along(context: Context, relation: Relation, subject: Node, path: Path, value: Node) -> Relation:
    """Join with a path."""
    match path.form:
        case "link":
            assert path.link is not None  # noqa: S101  # a link has one
            return _extend(context, relation, Triple(subject, path.link, value))
        case "inverse":
            return _along(context, relation, value, path.parts[0], subject)
        case "sequence":
            nodes = [subject, *(context.fresh() for _ in path.parts[1:]), value]
            steps = list(zip(nodes, path.parts, nodes[1:], strict=False))
            starts = _known(context, relation, subject) is not None
            for start, part, end in steps if starts else reversed(steps):
                relation = _along(context, relation, start, part, end)
            return relation
        case "alternative":
            parts = [_along(context, relation, subject, part, value) for part in path.parts]
            return _stacked(parts)
    return _closed(context, relation, subject, path, value)


def _stacked(parts: list[Relation]) -> Relation:
    names = [name for name in parts[0].columns if all(name in part.columns for part in parts)]
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in names}
    return Relation(sum(part.size for part in parts), columns, parts[0].certain.intersection(names))


def _closed(context: Context, relation: Relation, subject: Node, path: Path, value: Node) -> Relation:
    """Join with `*`, `+` or `?`, which give each pair of nodes once."""
    known = [_known(context, relation, node) is not None for node in (subject, value)]
    backward = not known[0] or (known[1] and isinstance(value, Term))
    if known == [False, False]:
        if path.form != "+":
            raise UnsupportedError("a path of any length between unknown nodes")
        starts, backward = context.table.nodes, False
    else:
        starts = np.unique(_column(context, relation, value if backward else subject))
        if path.form != "+" and not context.table.are_nodes(starts):
            raise UnsupportedError("a path from what is no node of the graph")
    begin, end = (value, subject) if backward else (subject, value)
    step = Path("inverse", path.parts) if backward else path.parts[0]
    sources, targets = _reached(context, starts, step, path.form)
    names: dict[str, Ids] = {}
    mask = np.ones(len(sources), np.bool_)
    for node, column in ((begin, sources), (end, targets)):
        if isinstance(node, Term):
            mask &= column == context.number(node)
        elif node.name in names:
            mask &= names[node.name] == column
        else:
            names[node.name] = column
    found = Relation(len(sources), dict(names), frozenset(names)).where(mask)
    return join(relation, found)


def _reached(context: Context, starts: Ids, step: Path, form: str) -> tuple[Ids, Ids]:
    """Pairs of a start and each node reached from it, once each."""
    begin, here, there = Var(".begin"), Var(".here"), Var(".there")
    size = np.int64(context.size)
    frontier = Relation(len(starts), {begin.name: starts, here.name: starts}, frozenset((begin.name, here.name)))
    pairs = starts.astype(np.int64) * size + starts if form in ("*", "?") else np.empty(0, np.int64)
    while frontier.size:
        stepped = _along(context, frontier, here, step, there)
        if not stepped.size:
            break
        firsts, _ = grouped([stepped.columns[begin.name], stepped.columns[there.name]])
        stepped = stepped.take(firsts)
        sources, targets = stepped.ids(begin.name), stepped.ids(there.name)
        keys = sources.astype(np.int64) * size + targets
        fresh = ~np.isin(keys, pairs)
        pairs = np.concatenate((pairs, keys[fresh]))
        if len(pairs) > MOST_ROWS:
            raise TooLargeError("a path")
        if form == "?":
            break
        sources, targets = sources[fresh], targets[fresh]
        frontier = Relation(len(sources), {begin.name: sources, here.name: targets}, frontier.certain)
    return (pairs // size).astype(np.int32), (pairs % size).astype(np.int32)
