"""The canonical N-Quads of a release taken apart in one pass: a file of lines for each of its subsets.

The lines of the file are ordered, so all that is said of one thing in one graph comes together and in order; only what
hangs on blank nodes is kept in memory until the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from kclod import rdf
from kclod.dumps.forms import Kind, Subset
from kclod.rdf import Line, Statement
from kclod.vocab import RDF

_TYPE = f" {RDF['type']} "


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a file of canonical N-Quads or N-Triples, without full stop and line end."""
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield line[:-3]


def subject_of(statement: Statement) -> str:
    """The first term of a statement or line."""
    return statement.partition(" ")[0]


def take_apart(dump: Path, files: Mapping[Subset, BinaryIO]) -> None:
    """Write the lines of each subset to its file: N-Quads of claims, N-Triples of all else."""
    by_graph = {subset.iri: file for subset, file in files.items() if subset.kind is Kind.GRAPH}
    default = [file for subset, file in files.items() if subset.kind is Kind.DEFAULT]
    claims = [file for subset, file in files.items() if subset.kind is Kind.CLAIMS]
    classes = _Classes({subset.iri: file for subset, file in files.items() if subset.kind is Kind.CLASS})
    for subject, lines in groupby(read_lines(dump), key=subject_of):
        about: list[Statement] = []
        for line in lines:
            statement, graph = rdf.split_line(line)
            if not graph:
                about.append(statement)
            elif graph in by_graph:
                _put(by_graph[graph], (statement,))
            else:
                for file in claims:
                    _put(file, (line,))
        for file in default:
            _put(file, about)
        classes.add(subject, about)
    classes.finish()


def _put(file: BinaryIO, lines: Iterable[Line]) -> None:
    file.write("".join([f"{line} .\n" for line in lines]).encode())


class _Classes:
    """Writes what is said of the things of each class, and of the blank nodes that hang on them."""

    def __init__(self, files: Mapping[str, BinaryIO]) -> None:
        self._files = {f"<{iri}>": file for iri, file in files.items()}
        self._wanted: dict[str, set[str]] = {kind: set() for kind in self._files}
        self._blank: dict[str, list[Statement]] = {}

    def add(self, subject: str, about: list[Statement]) -> None:
        """All statements of one subject."""
        if not self._files or not about:
            return
        is_blank = subject.startswith("_:")
        if is_blank:
            self._blank[subject] = about
        for statement in about:
            if _TYPE in statement and (kind := statement.partition(_TYPE)[2]) in self._files:
                if is_blank:
                    self._wanted[kind].add(subject)
                else:
                    _put(self._files[kind], about)
                    self._wanted[kind].update(_blank_objects(about))

    def finish(self) -> None:
        """Write the statements of the blank nodes, which come last in the order of lines."""
        for kind, file in self._files.items():
            reached, waiting = set(self._wanted[kind]), list(self._wanted[kind])
            while waiting:
                more = set(_blank_objects(self._blank.get(waiting.pop(), ()))) - reached
                reached |= more
                waiting += more
            for subject, about in self._blank.items():
                if subject in reached:
                    _put(file, about)


def _blank_objects(about: Iterable[Statement]) -> Iterator[str]:
    return (value for statement in about if (value := statement.split(" ", 2)[2]).startswith("_:"))
