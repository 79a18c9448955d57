"""A compiled mapping at work: over all rows of all files, in blocks, in the order of files, rows and triples maps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from kclod.rml.cursor import Cursor, JoinIndex, no_line
from kclod.rml.generate import Apply, Generator, Settings
from kclod.rml.joins import Join
from kclod.rml.jsonpath import ByRow
from kclod.rml.jsonpath import Path as JsonPath
from kclod.rml.model import LogicalSource, TriplesMap
from kclod.rml.result import Reject
from kclod.rml.sources import Rows, Sources, by_row, passes
from kclod.rml.unreadable import SourceError

BLOCK = 2048
"""How many rows are mapped between two batches of output."""

_END = object()

Block = tuple[list[str], tuple[Reject, ...]]
Mine = Callable[[int], bool]
"""Whether the block with this number is to be mapped here."""


@dataclass(frozen=True, slots=True)
class _Group:
    """The triples maps of one logical source."""

    source: LogicalSource | None
    iterator: JsonPath | None
    how: ByRow | None
    applies: tuple[Apply, ...]


@dataclass(slots=True)
class _Share:
    """The blocks that are mapped here; they are numbered through all files."""

    mine: Mine
    number: int = 0

    def is_next_mine(self) -> bool:
        """Whether the next block is."""
        return self.mine(self.number)


@dataclass(frozen=True)
class Program:
    """The functions of a mapping for one way of running it, by file, and the joins that they look into."""

    files: tuple[tuple[LogicalSource | None, tuple[_Group, ...]], ...]
    iterators: dict[LogicalSource | None, JsonPath | None]
    joins: tuple[Join, ...]


def compile_program(
    triples_maps: Sequence[TriplesMap], iterators: dict[LogicalSource | None, JsonPath | None], settings: Settings
) -> Program:
    """Write the functions of all triples maps. PathError when an expression is not valid."""
    generator = Generator({t.key: t for t in triples_maps}, settings)
    applies: dict[LogicalSource | None, list[Apply]] = {}
    for triples_map in triples_maps:
        applies.setdefault(triples_map.source, []).append(generator.function(triples_map))
    files: dict[LogicalSource | None, list[_Group]] = {}
    for source, functions in applies.items():
        iterator = iterators[source]
        how = by_row(source, iterator) if source is not None else None
        files.setdefault(source and source.file, []).append(_Group(source, iterator, how, tuple(functions)))
    return Program(tuple((f, tuple(g)) for f, g in files.items()), iterators, tuple(generator.joins))


def join_indexes(program: Program, data: Sources) -> tuple[dict[object, JoinIndex], tuple[Reject, ...]]:
    """The tables of all joins, made once before any record is mapped, and the rejects found on the way."""
    indexes: dict[object, JoinIndex] = {}
    rejects: list[Reject] = []
    for join in program.joins:
        cursor = Cursor({})
        cursor.enter(
            join.source.path if join.source else "", data.columns(join.source) if join.source else None, no_line
        )
        indexes[join] = join.index(
            _counted(data.iterate(join.source, program.iterators.get(join.source)), cursor), cursor
        )
        rejects += cursor.take_rejects()
    return indexes, tuple(rejects)


def _counted(records: Iterable[object], cursor: Cursor) -> Iterator[object]:
    for cursor.index, record in enumerate(records):
        cursor.record = record
        yield record


def blocks(program: Program, data: Sources, cursor: Cursor, mine: Mine = lambda _number: True) -> Iterator[Block]:
    """The lines and rejects of each block that is mapped here. What cannot be read is among the data's problems."""
    share = _Share(mine)
    for file, groups in program.files:
        if file is not None and data.is_broken(file):
            continue
        try:
            for rows, chosen in _passes(file, groups, data):
                cursor.enter(file.path if file else "", rows.columns, rows.line)
                yield from _blocks(rows, _chooser(chosen), cursor, share)
        except SourceError as error:
            data.note(error)


def _passes(
    file: LogicalSource | None, groups: Sequence[_Group], data: Sources
) -> Iterator[tuple[Rows, Sequence[_Group]]]:
    """The ways through one file: first by its rows, for all groups that go by row, then whole for each other one."""
    if file is None:
        yield Rows(iter((None,))), groups
        return
    going_by_row = [group for group in groups if group.how is not None]
    rows = data.rows(file) if going_by_row else None
    if rows is not None:
        yield rows, going_by_row
    for group in groups:
        if rows is None or group.how is None:
            value = data.value(file)
            records = iter((value,)) if group.iterator is None else group.iterator.iterate(value)
            yield Rows(records), [replace(group, how=None)]


def _blocks(rows: Rows, choose: Callable[[object], Sequence[_Group]], cursor: Cursor, share: _Share) -> Iterator[Block]:
    items, start = iter(rows.items), 0
    while True:
        here = share.is_next_mine()
        rows.skim(not here)
        first = next(items, _END)
        if first is _END:
            return
        share.number += 1
        block = chain((first,), islice(items, BLOCK - 1))
        if not here:
            deque(block, 0)
        else:
            lines: list[str] = []
            _map_rows(block if rows.parse is None else map(rows.parse, block), start, choose, cursor, lines.append)
            yield lines, cursor.take_rejects()
        start += BLOCK


def _map_rows(
    rows: Iterable[object],
    start: int,
    choose: Callable[[object], Sequence[_Group]],
    cursor: Cursor,
    add: Callable[[str], None],
) -> None:
    for cursor.index, row in enumerate(rows, start):
        for group in choose(row):
            iterate = group.how.iterate if group.how is not None else None
            if iterate is None:
                cursor.step, cursor.record = 0, row
                for apply in group.applies:
                    apply(row, cursor, add)
            else:
                for cursor.step, record in enumerate(iterate(row)):
                    cursor.record = record
                    for apply in group.applies:
                        apply(record, cursor, add)


def _chooser(groups: Sequence[_Group]) -> Callable[[object], Sequence[_Group]]:
    """What finds the groups that want a row. With guards on one name, as usual, by a table of its values."""
    guards = [group.how.guard if group.how is not None else None for group in groups]
    names = {guard[0] for guard in guards if guard is not None}
    if not names:
        return lambda _row: groups
    if len(names) > 1:
        return lambda row: [g for g, guard in zip(groups, guards, strict=True) if guard is None or passes(guard, row)]
    (name,) = names
    values = {guard[1] for guard in guards if guard is not None}
    open_groups = [g for g, guard in zip(groups, guards, strict=True) if guard is None]
    table = {
        value: [g for g, guard in zip(groups, guards, strict=True) if guard is None or guard[1] == value]
        for value in values
    }

    def choose(row: object) -> Sequence[_Group]:
        value = row.get(name) if isinstance(row, dict) else None
        return table.get(value, open_groups) if isinstance(value, str) else open_groups

    return choose
