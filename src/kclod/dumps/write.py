"""Ordered lines as readable Turtle, TriG, JSON-LD and RDF/XML, piece by piece.

Memory does not grow with what is written, but for subjects that have to do with blank nodes: Turtle writes a blank node
where it is used (RDF 1.1 Turtle, section 2.7), so these are collected and come last. TriG leaves labels as they are, as
one blank node may be in several graphs.
"""

from __future__ import annotations

import heapq
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import groupby, islice
from pathlib import Path
from typing import BinaryIO

import pyoxigraph as ox

from kclod import rdf, turtle
from kclod.dumps.parts import read_lines, subject_of
from kclod.errors import Problem, RefusedError
from kclod.rdf import Line, Statement, has_blank_node, split_line

_AT_ONCE = 200_000
"""Lines that are sorted in memory."""
_NAMED = 20_000
"""Subjects after which the names of IRIs that are known by heart are forgotten."""
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ELEMENT = re.compile(r"[^\W\d][\w.-]*")
_LAST = re.compile(r"[\w.-]*\Z")


def write(base: Path, form: rdf.Format, prefixes: Mapping[str, str], out: BinaryIO) -> None:
    """Write the file of lines in the form. RefusedError: RDF/XML cannot hold it."""
    if form is rdf.TURTLE:
        out.writelines(as_turtle(read_lines(base), prefixes))
    elif form is rdf.TRIG:
        out.writelines(as_trig(by_graph(read_lines(base)), prefixes))
    elif form is rdf.RDF_XML:
        ox.serialize(
            _quads(_for_xml(read_lines(base)), triples=True), _Escaping(out), format=form.rdf, prefixes=dict(prefixes)
        )
    elif base.suffix == f".{rdf.N_QUADS.name}":
        lines = (rdf.line_of(statement, graph) for graph, statement in by_graph(read_lines(base)))
        ox.serialize(_quads(lines, triples=False), out, format=form.rdf)
    else:
        ox.serialize(_quads(read_lines(base), triples=False), out, format=form.rdf)


def as_turtle(statements: Iterable[Statement], prefixes: Mapping[str, str]) -> Iterator[bytes]:
    """Statements that are ordered by subject as Turtle, a block a subject; those with blank nodes last."""
    names = turtle.Names(prefixes)
    yield turtle.header(names.usable())
    later: list[Statement] = []
    for number, (subject, group) in enumerate(groupby(statements, key=subject_of)):
        about = list(group)
        if subject.startswith("_:") or any(map(has_blank_node, about)):
            later += about
        else:
            yield turtle.block(about, names)
        if number % _NAMED == _NAMED - 1:
            names = turtle.Names(prefixes)
    yield from islice(turtle.write_statements(later, prefixes), 1, None)  # without its header


def as_trig(quads: Iterable[tuple[str, Statement]], prefixes: Mapping[str, str]) -> Iterator[bytes]:
    """Statements with their graphs, ordered by graph and subject, as TriG (RDF 1.1 TriG, section 2.2)."""
    names = turtle.Names(prefixes)
    yield turtle.header(names.usable())
    before = ""
    blocks = groupby(quads, key=lambda quad: (quad[0], subject_of(quad[1])))
    for number, ((graph, _), group) in enumerate(blocks):
        if number % _NAMED == _NAMED - 1:
            names = turtle.Names(prefixes)
        if graph != before:
            yield b"\n}\n" if before else b""
            yield f"\n{graph if graph.startswith('_:') else names(f'<{graph}>')} {{\n".encode()
            before = graph
        plain: list[Statement] = []
        blank: list[Statement] = []
        for _, statement in group:
            (blank if has_blank_node(statement) else plain).append(statement)
        yield turtle.block(plain, names)
        yield b"\n" + rdf.nquads(blank) if blank else b""
    if before:
        yield b"\n}\n"


def by_graph(lines: Iterable[Line]) -> Iterator[tuple[str, Statement]]:
    """Graph and statement of each line, ordered by them; what is too much for the memory is sorted in files."""
    with ExitStack() as stack:
        runs: list[Iterator[str]] = []
        keys = ("\t".join(reversed(split_line(line))) + "\n" for line in lines)
        while part := sorted(islice(keys, _AT_ONCE)):
            if len(part) < _AT_ONCE:
                runs.append(iter(part))
                break
            file = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n"))
            file.writelines(part)
            part.clear()
            file.seek(0)
            runs.append(file)
        for key in heapq.merge(*runs):
            graph, _, statement = key[:-1].partition("\t")
            yield graph, statement


def _for_xml(statements: Iterable[Statement]) -> Iterator[Statement]:
    """The statements themselves. RefusedError at the first that XML 1.0 cannot hold (RDF 1.1 XML Syntax, section 2)."""
    good: set[str] = set()
    for statement in statements:
        predicate = statement.split(" ", 2)[1]
        if predicate not in good:
            last = _LAST.search(predicate, 0, len(predicate) - 1)
            if last is None or not _ELEMENT.search(last[0]):
                raise _no_xml(f"the property {predicate} does not end in a name of XML")
            good.add(predicate)
        if _NO_XML.search(statement):
            raise _no_xml(f"a value of {subject_of(statement)} has a control character")
        if " <<( " in statement:
            raise _no_xml(f"a value of {subject_of(statement)} is a triple term")
        yield statement


def _no_xml(why: str) -> RefusedError:
    return RefusedError(Problem("dumps.rdf-xml", f"cannot be written as RDF/XML: {why}", "take another form"))


class _Escaping(io.BytesIO):
    """Writes carriage returns as references: readers of XML turn bare ones into line feeds (XML 1.0, section 2.11)."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__()
        self._out = out

    def write(self, data: bytes) -> int:  # type: ignore[override]  # all that the serializer gives
        """Write a piece."""
        self._out.write(data.replace(b"\r", b"&#13;"))
        return len(data)


class _Lines(io.RawIOBase):
    """Lines as a file that a parser reads."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = iter(lines)
        self._left = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the buffer that `BufferedReader` has
        """Fill the buffer as far as there is something."""
        if not self._left:
            self._left = rdf.nquads(islice(self._lines, 1_000))
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def _quads(lines: Iterable[Line], *, triples: bool) -> Iterator[ox.Quad] | Iterator[ox.Triple]:
    found = ox.parse(io.BufferedReader(_Lines(lines), 1 << 16), ox.RdfFormat.N_QUADS)
    return (quad.triple for quad in found) if triples else found
