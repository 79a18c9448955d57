"""Rows of the declared queries → a batch of commands, and what was left out of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pyoxigraph as ox

from kclod.quickstatements.declared import ITEM, THING, Column, Declaration, Kind
from kclod.quickstatements.values import UnwritableError, text_of, value_of

_ITEM = re.compile(r"Q[1-9][0-9]*")
CREATE, LAST = "CREATE", "LAST"


@dataclass(frozen=True)
class LeftOut:
    """A value or statement that is not in the batch: of which thing, under which property, and why."""

    thing: str
    key: str
    reason: str


@dataclass(frozen=True)
class Batch:
    """Commands, one a line; the new and the known items that they are about; and what was left out."""

    lines: tuple[str, ...]
    created: tuple[str, ...]
    known: tuple[str, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def text(self) -> str:
        """The batch as QuickStatements reads it."""
        return "".join(f"{line}\n" for line in self.lines)


@dataclass
class _Subject:
    """A thing while its rows are read; commands in order, each once."""

    item: str | None
    terms: dict[str, str] = field(default_factory=dict)
    aliases: dict[tuple[str, str], None] = field(default_factory=dict)
    statements: dict[tuple[str, ...], None] = field(default_factory=dict)


def batch_of(declarations: Iterable[Declaration], store: ox.Store, own: str) -> Batch:
    """The answers of all declarations as one batch. `own` is the base of the publisher's IRIs.

    A statement without a reference is left out, and so is a new item of which no statement is left.
    """
    lines: list[str] = []
    left_out: dict[LeftOut, None] = {}
    created: list[str] = []
    known: dict[str, None] = {}
    for declaration in declarations:
        for thing, subject in _subjects(declaration, store, own, left_out).items():
            if subject.item is None and not declaration.creates:
                left_out[LeftOut(thing, ITEM, "no item is known for it")] = None
                continue
            if not subject.statements:
                continue
            if subject.item is None and thing in created:
                left_out[LeftOut(thing, CREATE, "another query makes its item; put both in one")] = None
                continue
            first = subject.item or LAST
            if subject.item is None:
                lines.append(CREATE)
                created.append(thing)
                lines.extend(f"{LAST}\t{key}\t{text}" for key, text in subject.terms.items())
            else:
                known[thing] = None
            lines.extend(f"{first}\t{key}\t{text}" for key, text in subject.aliases)
            lines.extend("\t".join((first, *statement)) for statement in subject.statements)
    return Batch(tuple(lines), tuple(created), tuple(known), tuple(left_out))


def summary_of(batch: Batch, declarations: Iterable[Declaration], version: str) -> Iterator[str]:
    """What a reviewer should know, line by line: the syntax holds no comments, so it stands beside the commands."""
    yield (
        f"{len(batch.lines)} commands from release {version}: {len(batch.created)} new items, {len(batch.known)} known "
        f"ones; {len(batch.left_out)} left out. Nothing was sent. Look through every command before you run it:"
    )
    for declaration in declarations:
        yield f"  {declaration.labels.get('en') or next(iter(declaration.labels.values()))}"
    for thing in batch.created:
        yield f"  new item for <{thing}>"
    for left in batch.left_out:
        yield f"  left out: {left.key} of <{left.thing}>: {left.reason}"


def _subjects(
    declaration: Declaration, store: ox.Store, own: str, left_out: dict[LeftOut, None]
) -> dict[str, _Subject]:
    """The things of a declaration, in the order of its answers."""
    item_of = _items(declaration.item_space)
    found: dict[str, _Subject] = {}
    answers = store.query(declaration.text)
    for row in answers if isinstance(answers, ox.QuerySolutions) else ():
        thing, item = row[THING], row[ITEM] if _has(row, ITEM) else None
        if not isinstance(thing, ox.NamedNode):
            continue
        number = item_of(item.value) if isinstance(item, ox.NamedNode) else None
        subject = found.setdefault(thing.value, _Subject(number))
        if subject.item != number:
            left_out[LeftOut(thing.value, ITEM, f"two items: {subject.item} and {number}")] = None
            continue
        for key, text in _terms(declaration.columns, row, thing.value, left_out):
            if key.startswith("A"):
                subject.aliases[key, text] = None
            else:
                subject.terms.setdefault(key, text)
        for statement in _statements(declaration.columns, row, thing.value, (item_of, own), left_out):
            subject.statements[statement] = None
    return found


def _terms(
    columns: Iterable[Column], row: ox.QuerySolution, thing: str, left_out: dict[LeftOut, None]
) -> Iterator[tuple[str, str]]:
    """Labels, descriptions and aliases."""
    for column in columns:
        value = row[column.variable] if column.kind is Kind.TERM else None
        if isinstance(value, ox.Literal):
            try:
                yield column.key, text_of(value.value)
            except UnwritableError as error:
                left_out[LeftOut(thing, column.key, str(error))] = None


def _statements(
    columns: Iterable[Column],
    row: ox.QuerySolution,
    thing: str,
    context: tuple[Callable[[str], str | None], str],
    left_out: dict[LeftOut, None],
) -> Iterator[tuple[str, ...]]:
    """The statements of a row, each with its qualifiers and then its references."""
    for head, *rest in _grouped(columns):
        value = row[head.variable]
        if value is None:
            continue
        try:
            parts = [head.key, value_of(value, *context)]
            for kind in (Kind.QUALIFIER, Kind.SOURCE):
                for column in rest:
                    term = row[column.variable] if column.kind is kind else None
                    if term is not None:
                        parts += [column.key, value_of(term, *context)]
        except UnwritableError as error:
            left_out[LeftOut(thing, head.key, str(error))] = None
            continue
        if not any(part.startswith("S") for part in parts[2::2]):
            left_out[LeftOut(thing, head.key, "there is no reference for it")] = None
            continue
        yield tuple(parts)


def _grouped(columns: Iterable[Column]) -> list[list[Column]]:
    """Each statement's column with those of its qualifiers and references."""
    groups: list[list[Column]] = []
    for column in columns:
        if column.kind is Kind.STATEMENT:
            groups.append([column])
        elif column.kind is not Kind.TERM:
            groups[-1].append(column)
    return groups


def _items(space: str) -> Callable[[str], str | None]:
    """What finds the number of an item in its IRI."""

    def item_of(iri: str) -> str | None:
        number = iri.removeprefix(space)
        return number if number != iri and _ITEM.fullmatch(number) else None

    return item_of


def _has(row: ox.QuerySolution, name: str) -> bool:
    try:
        row[name]
    except KeyError:
        return False
    return True
