"""Rule bodies compiled to joins over tables of bindings, a whole delta at a time.

A binding is a tuple of numbers, one for each variable bound so far; `layout` says which place is whose. A body gives
one plan for each of its atoms: the plan starts at that atom's delta and extends the bindings by the other atoms, the
one with the most bound variables first, through indexes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol

from kclod.reason.facts import Extension, Pair, Relation

Slot = str | int
"""A variable (its name) or a constant (its number)."""
Atom = tuple[Slot, Slot, Slot]
Row = tuple[int, ...]
Layout = tuple[str, ...]
Step = Callable[[list[Row]], list[Row]]

_CHUNK = 20_000  # deltas are joined in pieces, so that intermediate bindings stay few
_NONE: list[int] = []


def fixed(slot: Slot) -> int:
    """The number of a slot that has to be a constant, such as the predicate of a specialised rule."""
    if isinstance(slot, str):
        raise TypeError(f"{slot} is a variable where a constant belongs")
    return slot


def variable(slot: Slot) -> str:
    """The name of a slot that has to be a variable, such as one that is not bound yet."""
    if isinstance(slot, int):
        raise TypeError(f"{slot} is a constant where a variable belongs")
    return slot


class Source(Protocol):
    """Where an atom's facts are."""

    def table(self, atom: Atom) -> Extension | Relation:
        """The table of an atom whose predicate is a constant."""
        ...


def seed(atom: Atom, table: Extension | Relation) -> tuple[Callable[..., Iterable[Row]], Layout]:
    """How a delta of the atom's table becomes bindings, and their layout."""
    s, _, o = atom
    if isinstance(table, Extension):
        if isinstance(s, str):
            return (lambda delta: [(x,) for x in delta]), (s,)
        return (lambda delta: [()] if s in delta else []), ()
    if isinstance(s, str) and isinstance(o, str):
        if s == o:
            return (lambda delta: [(x,) for x, y in delta if x == y]), (s,)
        return (lambda delta: delta), (s, o)
    if isinstance(s, str):
        return (lambda delta: [(x,) for x, y in delta if y == o]), (s,)
    if isinstance(o, str):
        return (lambda delta: [(y,) for x, y in delta if x == s]), (o,)
    return (lambda delta: [()] if (s, o) in delta else []), ()


def _getter(slot: Slot, layout: Layout) -> Callable[[Row], int] | None:
    """How a binding gives the slot's number; None for a variable that is not bound."""
    if isinstance(slot, int):
        return lambda _row: slot
    if slot in layout:
        place = layout.index(slot)
        return lambda row: row[place]
    return None


def _place(slot: Slot, layout: Layout) -> int | None:
    return layout.index(slot) if isinstance(slot, str) else None


def _extend_by_member(slot: Slot, layout: Layout, table: Extension) -> tuple[Step, Layout]:
    members = table.items
    if isinstance(slot, str) and slot not in layout:
        return (lambda rows: [(*row, x) for row in rows for x in members]), (*layout, slot)
    if isinstance(slot, str):
        place = layout.index(slot)
        return (lambda rows: [row for row in rows if row[place] in members]), layout
    return (lambda rows: rows if slot in members else []), layout


def _extend_by_pair(s: Slot, o: Slot, layout: Layout, table: Relation) -> tuple[Step, Layout]:
    pairs = table.items
    subject, object_ = _getter(s, layout), _getter(o, layout)
    if subject and object_:
        return (lambda rows: [row for row in rows if (subject(row), object_(row)) in pairs]), layout
    if subject:
        objects, place = table.objects(), _place(s, layout)
        if place is None:
            return (lambda rows: [(*row, y) for row in rows for y in objects.get(subject(row), _NONE)]), (
                *layout,
                variable(o),
            )
        return (lambda rows: [(*row, y) for row in rows for y in objects.get(row[place], _NONE)]), (
            *layout,
            variable(o),
        )
    if object_:
        subjects, place = table.subjects(), _place(o, layout)
        if place is None:
            return (lambda rows: [(*row, x) for row in rows for x in subjects.get(object_(row), _NONE)]), (
                *layout,
                variable(s),
            )
        return (lambda rows: [(*row, x) for row in rows for x in subjects.get(row[place], _NONE)]), (
            *layout,
            variable(s),
        )
    if s == o:
        return (lambda rows: [(*row, x) for row in rows for x, y in pairs if x == y]), (*layout, variable(s))
    return (lambda rows: [(*row, x, y) for row in rows for x, y in pairs]), (*layout, variable(s), variable(o))


def _selectivity(atom: Atom, layout: Layout) -> tuple[bool, int]:
    """Best first: an atom that shares no variable with the bindings would multiply them, so it comes last."""
    variables = [slot for slot in (atom[0], atom[2]) if isinstance(slot, str)]
    unbound = sum(slot not in layout for slot in variables)
    return unbound < len(variables) or not variables, -unbound


def extend(source: Source, atoms: Sequence[Atom], layout: Layout) -> tuple[list[Step], Layout]:
    """The steps that extend bindings of `layout` by all atoms, and the layout afterwards."""
    steps: list[Step] = []
    todo = list(atoms)
    while todo:
        atom = max(todo, key=lambda candidate: _selectivity(candidate, layout))
        todo.remove(atom)
        table = source.table(atom)
        if isinstance(table, Extension):
            step, layout = _extend_by_member(atom[0], layout, table)
        else:
            step, layout = _extend_by_pair(atom[0], atom[2], layout, table)
        steps.append(step)
    return steps, layout


def _pieces(delta: set[int] | set[Pair]) -> Iterator[list[int] | list[Pair]]:
    items = iter(delta)
    while piece := list(islice(items, _CHUNK)):
        yield piece  # type: ignore[misc]  # the element type of a union of sets is lost


def attach(source: Source, body: Sequence[Atom], sink: Callable[[Layout], Callable[[Iterable[Row]], None]]) -> None:
    """Watch the tables of a body; `sink`, told a layout, gives what takes the bindings of complete matches."""
    for index, atom in enumerate(body):
        table = source.table(atom)
        start, layout = seed(atom, table)
        steps, layout = extend(source, [*body[:index], *body[index + 1 :]], layout)
        table.attach(_plan(start, steps, sink(layout)))


def _plan(
    start: Callable[..., Iterable[Row]], steps: list[Step], take: Callable[[Iterable[Row]], None]
) -> Callable[[set[int] | set[Pair]], None]:
    if not steps:
        return lambda delta: take(start(delta))

    def fire(delta: set[int] | set[Pair]) -> None:
        for piece in _pieces(delta) if len(delta) > _CHUNK else (delta,):
            rows = start(piece)
            for step in steps:
                rows = step(rows)  # type: ignore[arg-type]  # the first may be the delta itself, read once
                if not rows:
                    break
            else:
                take(rows)

    return fire
