"""What a build keeps for the next one, beside the releases: a SQLite file about one release and its fixed inputs."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from kclod.pipeline.mapped import MappedFile
from kclod.rdf import Line, Statement
from kclod.release import Counts
from kclod.shacl import Standing
from kclod.statistics import ClassCount, Statistics

_TABLES = """
CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE mapped (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE told (statements TEXT);
CREATE TABLE accepted (claim TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE repeated (line TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID;
CREATE TABLE objects (term TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID;
CREATE TABLE hidden (subject TEXT, predicate TEXT, object TEXT, PRIMARY KEY (subject, predicate, object)) WITHOUT ROWID;
CREATE INDEX hidden_by_object ON hidden (predicate, object, subject);
"""


@dataclass(frozen=True)
class Kept:
    """The small part of the state, read whole."""

    release: str
    """The version of the release that all this is about."""
    fixed: str
    """The digest of all inputs that are no record files."""
    mapped: tuple[MappedFile, ...]
    counts: Counts
    sizes: Mapping[str, int]
    """Graph IRI → number of triples, of the graphs that have a role."""
    statistics: Statistics
    standing: Standing
    about: tuple[Statement, ...]
    """The metadata graph."""
    policy: tuple[str, ...] | None
    """The predicates that the acceptance policy looks at; None are all."""
    seen_all: bool
    """Whether HermiT has looked at all data, not at a selection."""
    signatures: tuple[str, ...]
    """The digests of what is said of individuals that HermiT has found consistent, or has taken as like one that is."""


class State:
    """The state in a file. What is read must be for the release that is current, or it is of no use."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> State | None:
        """The state that a build has left; None where there is none that can be read."""
        if not path.is_file():
            return None
        with suppress(sqlite3.DatabaseError):
            connection = sqlite3.connect(path)
            connection.execute("SELECT count(*) FROM kept").fetchone()
            return cls(connection)
        return None

    @classmethod
    def make(cls, path: Path) -> State:
        """An empty state in the place of whatever is there."""
        for name in (path, path.with_name(f"{path.name}-journal")):
            name.unlink(missing_ok=True)
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA synchronous = OFF")  # a state that is lost costs one full build
        connection.executescript(_TABLES)
        return cls(connection)

    def close(self) -> None:
        """Give up what is not committed."""
        self._connection.close()

    def commit(self) -> None:
        """Keep what was written."""
        self._connection.commit()

    @property
    def kept(self) -> Kept | None:
        """The small part; None where it is not there or not as this version of kclod writes it."""
        with suppress(KeyError, TypeError, ValueError, sqlite3.DatabaseError):
            found = dict(self._connection.execute("SELECT name, value FROM kept"))
            value = {name: json.loads(text) for name, text in found.items()}
            statistics = value["statistics"]
            classes = {iri: ClassCount(**count) for iri, count in statistics["classes"].items()}
            return Kept(
                release=value["release"],
                fixed=value["fixed"],
                mapped=tuple(map(_file, self._connection.execute("SELECT value FROM mapped"))),
                counts=Counts(**value["counts"]),
                sizes=value["sizes"],
                statistics=Statistics(**{**statistics, "classes": classes}),
                standing=Standing(**value["standing"]),
                about=tuple(value["about"]),
                policy=None if value["policy"] is None else tuple(value["policy"]),
                seen_all=value["seen_all"],
                signatures=tuple(value["signatures"]),
            )
        return None

    def keep(self, kept: Kept) -> None:
        """Write the small part; of the mapped files those that have changed."""
        values = {name: _text(value) for name, value in asdict(replace(kept, mapped=())).items() if name != "mapped"}
        self._connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", values.items())
        before = dict(self._connection.execute("SELECT name, value FROM mapped"))
        gone = before.keys() - {file.name for file in kept.mapped}
        self._connection.executemany("DELETE FROM mapped WHERE name = ?", ((name,) for name in gone))
        texts = ((file.name, _text(asdict(file))) for file in kept.mapped)
        new = ((name, text) for name, text in texts if before.get(name) != text)
        self._connection.executemany("INSERT OR REPLACE INTO mapped VALUES (?, ?)", new)

    @property
    def told(self) -> list[Statement]:
        """What the acceptance policy looks at, of the provenance graph."""
        (text,) = self._connection.execute("SELECT statements FROM told").fetchone()
        return text.split("\n") if text else []

    def set_told(self, statements: Iterable[Statement]) -> None:
        """Write what the acceptance policy looks at."""
        self._connection.execute("DELETE FROM told")
        self._connection.execute("INSERT INTO told VALUES (?)", ("\n".join(statements),))

    @property
    def accepted(self) -> frozenset[str]:
        """The claims that were accepted."""
        return frozenset(claim for (claim,) in self._connection.execute("SELECT claim FROM accepted"))

    def change_accepted(self, removed: Iterable[str], added: Iterable[str]) -> None:
        """Bring the accepted claims up to date."""
        self._connection.executemany("DELETE FROM accepted WHERE claim = ?", ((claim,) for claim in removed))
        self._connection.executemany("INSERT INTO accepted VALUES (?)", ((claim,) for claim in added))

    def repeated(self, line: Line) -> int | None:
        """How many sources a line has, if it has several."""
        found = self._connection.execute("SELECT number FROM repeated WHERE line = ?", (line,)).fetchone()
        return found[0] if found else None

    def set_repeated(self, numbers: Mapping[Line, int]) -> None:
        """Say of lines how many sources they have."""
        self._connection.executemany("DELETE FROM repeated WHERE line = ?", ((line,) for line in numbers))
        several = ((line, number) for line, number in numbers.items() if number > 1)
        self._connection.executemany("INSERT INTO repeated VALUES (?, ?)", several)

    def count_objects(self, numbers: Mapping[str, int]) -> int:
        """Add to the numbers of statements by their object; gives how many objects there are more, or fewer."""
        change = 0
        for term, number in numbers.items():
            found = self._connection.execute("SELECT number FROM objects WHERE term = ?", (term,)).fetchone()
            before = found[0] if found else 0
            change += (before + number > 0) - (before > 0)
            self._connection.execute("DELETE FROM objects WHERE term = ?", (term,))
            if before + number > 0:
                self._connection.execute("INSERT INTO objects VALUES (?, ?)", (term, before + number))
        return change

    def fill_objects(self, numbers: Counter[str]) -> None:
        """The numbers of statements by their object, into an empty state."""
        self._connection.executemany("INSERT INTO objects VALUES (?, ?)", numbers.items())

    def change_hidden(self, removed: Iterable[Statement], added: Iterable[Statement]) -> None:
        """Bring the facts that inference holds and does not publish up to date."""
        where = "subject = ? AND predicate = ? AND object = ?"
        self._connection.executemany(f"DELETE FROM hidden WHERE {where}", (s.split(" ", 2) for s in removed))  # noqa: S608  # a constant
        self._connection.executemany("INSERT INTO hidden VALUES (?, ?, ?)", (s.split(" ", 2) for s in added))

    def hidden(self) -> HiddenFacts:
        """Those facts, as a view."""
        return HiddenFacts(self._connection)


def _file(row: tuple[str]) -> MappedFile:
    return MappedFile(**json.loads(row[0]))


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


class HiddenFacts:
    """A View of the facts that inference holds and does not publish."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def _ask(self, what: str, where: str, *terms: str) -> Iterator[tuple[str, ...]]:
        with closing(self._connection.cursor()) as cursor:
            yield from cursor.execute(f"SELECT {what} FROM hidden WHERE {where}", terms)  # noqa: S608  # constants

    def objects(self, subject: str, predicate: str) -> Collection[str]:
        """The objects of a subject and a predicate."""
        return [o for (o,) in self._ask("object", "subject = ? AND predicate = ?", subject, predicate)]

    def subjects(self, predicate: str, object: str) -> Collection[str]:  # noqa: A002  # what RDF calls it
        """The subjects of a predicate and an object."""
        return [s for (s,) in self._ask("subject", "predicate = ? AND object = ?", predicate, object)]

    def about(self, subject: str) -> Iterable[Statement]:
        """The statements with a subject."""
        return [" ".join(row) for row in self._ask("subject, predicate, object", "subject = ?", subject)]

    def __contains__(self, statement: Statement) -> bool:
        where = "subject = ? AND predicate = ? AND object = ?"
        return any(self._ask("1", where, *statement.split(" ", 2)))
