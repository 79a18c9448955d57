"""The tables of all classes as one SQLite file.

A column of which a thing has several values is a table of its own, `TABLE__COLUMN`, with the IRI, the place in the
order and the value. Equal tables give equal bytes by the same SQLite.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from kclod.dumps.tables import IRI, Row, Table
from kclod.vocab import XSD

_WHOLE = frozenset(str(XSD[name].value) for name in ("integer", "int", "long", "nonNegativeInteger", "positiveInteger"))
_REAL = frozenset(str(XSD[name].value) for name in ("double", "float"))
_LARGEST = 2**63


def write_sqlite(tables: Iterable[tuple[str, Table, Iterable[Row]]], path: Path) -> None:
    """Write the tables by name to a new file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA page_size = 4096")
        for name, table, rows in tables:
            connection.execute("BEGIN")
            _write(connection, name, table, rows)
            connection.execute("COMMIT")


def _write(connection: sqlite3.Connection, name: str, table: Table, rows: Iterable[Row]) -> None:
    single = [n for n, column in enumerate(table.columns) if column.separator is None]
    several = [n for n, column in enumerate(table.columns) if column.separator is not None]
    kinds = {n: _kind(table.columns[n].datatype) for n in range(len(table.columns))}
    fields = [f"{_quoted(table.columns[n].name)} {kinds[n]}{' PRIMARY KEY' if not n else ''}" for n in single]
    connection.execute(f"CREATE TABLE {_quoted(name)} ({', '.join(fields)}) WITHOUT ROWID")
    for n in several:
        other = _quoted(f"{name}__{table.columns[n].name}")
        connection.execute(
            f"CREATE TABLE {other} ({IRI} TEXT REFERENCES {_quoted(name)}, place INTEGER, value {kinds[n]}, "
            f"PRIMARY KEY ({IRI}, place)) WITHOUT ROWID"
        )
    marks = ", ".join("?" * len(single))
    for row in rows:
        values = [_value(kinds[n], row[n][0]) if row[n] else None for n in single]
        connection.execute(f"INSERT INTO {_quoted(name)} VALUES ({marks})", values)  # noqa: S608  # names are quoted
        for n in several:
            other = _quoted(f"{name}__{table.columns[n].name}")
            insert = f"INSERT INTO {other} VALUES (?, ?, ?)"  # noqa: S608  # names are quoted
            connection.executemany(insert, _numbered(row[0][0], row[n], kinds[n]))


def _numbered(iri: str, cell: Iterable[str], kind: str) -> Iterator[tuple[str, int, str | int | float]]:
    return ((iri, place, _value(kind, text)) for place, text in enumerate(cell, 1))


def _kind(datatype: str | None) -> str:
    return "INTEGER" if datatype in _WHOLE else "REAL" if datatype in _REAL else "TEXT"


def _value(kind: str, text: str) -> str | int | float:
    """What is stored: a number where the column has such; decimals stay texts, as SQLite would round them."""
    try:
        number = int(text) if kind == "INTEGER" else float(text) if kind == "REAL" else text
    except ValueError:
        return text
    return number if not isinstance(number, int) or -_LARGEST <= number < _LARGEST else text


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
