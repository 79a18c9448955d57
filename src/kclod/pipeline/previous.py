"""The release before, looked into without reading it whole: its sorted dump in mapped memory, and its store."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import pyoxigraph as ox

from kclod.rdf import DEFAULT_GRAPH, Line, Statement, split_line, triples_from
from kclod.view import View


class SortedFile:
    """A file of pieces that are ordered by a key and end in the same bytes, in which single pieces can be found."""

    def __init__(self, path: Path, end: bytes, key: Callable[[bytes], bytes], start: int = 0) -> None:
        """`start` is where the first piece begins; `key` is told a piece with its end."""
        with path.open("rb") as file:
            self._memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._end, self._key, self._start = end, key, start

    def close(self) -> None:
        """Let go of the file."""
        self._memory.close()

    def first_at_least(self, key: bytes) -> int:
        """Where the first piece begins whose key is not less than this one; the end of the file where there is none."""
        memory, low, high = self._memory, self._start, len(self._memory)
        while low < high:
            middle = memory.rfind(self._end, low, (low + high) // 2)
            begin = low if middle < 0 else middle + len(self._end)
            after = memory.find(self._end, begin)
            after = high if after < 0 else after + len(self._end)
            if self._key(memory[begin:after]) < key:
                low = after
            else:
                high = begin
        return low

    def pieces(self, begin: int) -> Iterator[bytes]:
        """The pieces from a place on, each with its end."""
        while begin < len(self._memory):
            after = self._memory.find(self._end, begin)
            after = len(self._memory) if after < 0 else after + len(self._end)
            yield self._memory[begin:after]
            begin = after

    def spliced(self, changes: Sequence[tuple[bytes, bytes]]) -> Iterator[bytes]:
        """The whole file with pieces put in the place of those with the same key; an empty one takes it out.

        The changes have distinct keys and are ordered by them.
        """
        begin = 0
        for key, piece in changes:
            place = self.first_at_least(key)
            yield from _in_parts(self._memory, begin, place)
            found = next(self.pieces(place), None)
            begin = place + (len(found) if found is not None and self._key(found) == key else 0)
            if piece:
                yield piece
        yield from _in_parts(self._memory, begin, len(self._memory))


def _in_parts(memory: mmap.mmap, begin: int, end: int) -> Iterator[bytes]:
    while begin < end:
        yield memory[begin : min(end, begin + _PART)]
        begin += _PART


_PART = 1 << 22
"""Bytes of an unchanged stretch that are written at once."""


class SortedLines(SortedFile):
    """A canonical N-Quads or N-Triples file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, b"\n", lambda piece: piece[:-1])

    def starting(self, prefix: str) -> list[Line]:
        """The lines, without full stop, that begin with a text."""
        wanted, found = prefix.encode(), []
        for piece in self.pieces(self.first_at_least(wanted)):
            if not piece.startswith(wanted):
                break
            found.append(piece[:-3].decode())
        return found

    def changed(self, removed: Iterable[Line], added: Iterable[Line]) -> Iterator[bytes]:
        """The whole file without some of its lines, and with others."""
        changes = [(f"{line} .".encode(), b"") for line in removed]
        changes += [(f"{line} .".encode(), f"{line} .\n".encode()) for line in added]
        return self.spliced(sorted(changes))


class GraphsView:
    """A View of the union of some graphs of a release."""

    def __init__(self, lines: SortedLines, store: ox.Store, graphs: Collection[str]) -> None:
        """`graphs` are IRIs; the default graph is the empty text."""
        self._store, self._graphs = store, graphs
        self._names = [ox.NamedNode(name) if name else DEFAULT_GRAPH for name in graphs]

        @lru_cache(maxsize=1 << 16)
        def about(subject: str) -> dict[str, dict[str, None]]:
            found: dict[str, dict[str, None]] = {}
            for line in lines.starting(f"{subject} "):
                statement, graph = split_line(line)
                if graph in graphs:
                    _, predicate, value = statement.split(" ", 2)
                    found.setdefault(predicate, {})[value] = None
            return found

        self._about = about

    def objects(self, subject: str, predicate: str) -> Collection[str]:
        """The objects of a subject and a predicate."""
        return self._about(subject).get(predicate, {}).keys()

    def subjects(self, predicate: str, object: str) -> Collection[str]:  # noqa: A002  # what RDF calls it
        """The subjects of a predicate and an object."""
        if object.startswith("_:"):  # of the ontology, which those who ask know themselves
            return ()
        term = ox.NamedNode(object[1:-1]) if object.startswith("<") else triples_from([f"<x:> <x:> {object}"])[0].object
        property_ = ox.NamedNode(predicate[1:-1])
        found = {
            str(quad.subject): None
            for name in self._names
            for quad in self._store.quads_for_pattern(None, property_, term, name)
        }
        if isinstance(term, ox.NamedNode):
            return found.keys()
        return [s for s in found if object in self._about(s).get(predicate, {})]  # the store knows values, not forms

    def about(self, subject: str) -> Iterable[Statement]:
        """The statements with a subject."""
        return [f"{subject} {predicate} {o}" for predicate, objects in self._about(subject).items() for o in objects]

    def __contains__(self, statement: Statement) -> bool:
        subject, predicate, value = statement.split(" ", 2)
        return value in self._about(subject).get(predicate, {})


class Union:
    """Several views as one."""

    def __init__(self, *views: View) -> None:
        self._views = views

    def objects(self, subject: str, predicate: str) -> Collection[str]:
        """The objects of a subject and a predicate."""
        return {o for view in self._views for o in view.objects(subject, predicate)}

    def subjects(self, predicate: str, object: str) -> Collection[str]:  # noqa: A002  # what RDF calls it
        """The subjects of a predicate and an object."""
        return {s for view in self._views for s in view.subjects(predicate, object)}

    def about(self, subject: str) -> Iterable[Statement]:
        """The statements with a subject."""
        return {statement for view in self._views for statement in view.about(subject)}

    def __contains__(self, statement: Statement) -> bool:
        return any(statement in view for view in self._views)


class Asserted(Container[Statement]):
    """The statements of some graphs of a release, of which one asks only whether one is there."""

    def __init__(self, lines: SortedLines, includes: Callable[[str], bool]) -> None:
        self._lines, self._includes = lines, includes

    def graphs(self, statement: Statement) -> set[str]:
        """The graphs that have a statement."""
        found = map(split_line, self._lines.starting(f"{statement} "))
        return {graph for other, graph in found if other == statement}

    def __contains__(self, statement: object) -> bool:
        return isinstance(statement, str) and any(map(self._includes, self.graphs(statement)))
