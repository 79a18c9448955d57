"""Makes the index of a release, and brings that of the release before up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pyoxigraph as ox

from kclod.beside import Beside
from kclod.errors import Problem, UsageError
from kclod.rdf import DEFAULT_GRAPH, Term, triples_from
from kclod.text.schema import Writer, kinds_of, require_fts5, value_of, writable
from kclod.vocab import NAMES, OTHER_NAMES


def make_index(path: Path, dump: Path) -> None:
    """Make the index, a file that must not exist, of the default graph in an N-Quads file of canonical lines.

    UsageError when it cannot be written or SQLite has no FTS5.
    """
    kinds = kinds_of(_literals(dump))
    with _writing(path, fresh=True) as connection:
        writer = Writer(connection)
        for term in sorted(kinds):
            writer.add(term, kinds[term])
        writer.finish()
        connection.execute("INSERT INTO text (text) VALUES ('optimize')")
        connection.execute("INSERT INTO words (words) VALUES ('optimize')")


def change_index(path: Path, literals: Collection[str], store: ox.Store) -> None:
    """Bring an index up to date with a change of the default graph, which `store` has made already.

    `literals` are the objects of statements that were taken out or added, as N-Triples writes them; among them may be
    other terms.
    """
    terms = sorted(term for term in set(literals) if value_of(term))
    if not terms:
        return
    statements = triples_from(f"<x:s> <x:p> {term}" for term in terms)
    with _writing(path, fresh=False) as connection:
        writer = Writer(connection)
        for term, statement in zip(terms, statements, strict=True):
            writer.remove(term)
            for known, kind in kinds_of((str(p), term) for p in _predicates(store, statement.object)).items():
                writer.add(known, kind)
        writer.finish()


def _predicates(store: ox.Store, term: Term) -> Iterator[ox.NamedNode]:
    """Those by which the default graph says a literal, one of each kind: some literals are said very often."""
    for predicate in (None, *NAMES, *OTHER_NAMES):
        quad = next(store.quads_for_pattern(None, predicate, term, DEFAULT_GRAPH), None)
        if quad is not None:
            yield quad.predicate


@contextmanager
def _writing(path: Path, *, fresh: bool) -> Iterator[sqlite3.Connection]:
    """A transaction over the index."""
    try:
        with closing(writable(path, fresh=fresh)) as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise _unwritable(path, error) from None


def _literals(dump: Path) -> Iterator[tuple[str, str]]:
    """Predicate and object of the quads of the default graph whose object is a string.

    A line of another graph, and one whose object is no such literal, ends with an IRI or a blank node.
    """
    with dump.open("rb") as file:
        for line in file:
            if not line.endswith(b"> .\n"):
                _, predicate, value = line[:-3].decode().split(" ", 2)
                if value.startswith('"'):
                    yield predicate, value


def _unwritable(path: Path, error: Exception) -> UsageError:
    return UsageError(
        Problem("text.unwritable", f"cannot write the text index: {error}", "check space and permissions", str(path))
    )


class Indexing(Beside):
    """An index that is being made by a process of its own, while this one does something else."""

    def __init__(self, path: Path, dump: Path) -> None:
        require_fts5()
        super().__init__(_MAKE, path, dump)
        self._path = path

    def finished(self) -> None:
        """Wait for it. UsageError when it could not be made."""
        if (failure := self.failure()) is not None:
            raise _unwritable(self._path, ChildProcessError(failure))


_MAKE = "import sys, pathlib; from kclod.text.make import make_index; make_index(*map(pathlib.Path, sys.argv[1:]))"
