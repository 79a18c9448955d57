"""Registry tables: CSV and other delimited files whose columns the content declares → entities, row by row.

The declaration says what a column is of a thing; a file is read by the declaration whose columns it has. Several tables
may tell of the same things: rows with one id are put together.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from kclod.errors import Problem
from kclod.match.entity import ACTIVE, STATUSES, Entity, Name, Reference
from kclod.match.registries.parts import Parts, Record

Is = Literal["id", "name", "country", "place", "place_id", "parent", "type", "homepage", "identifier", "status"]


class Column(BaseModel):
    """What a column is of a thing. `split`: what separates several values in one cell."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    is_: Is = Field(alias="is")
    language: str = ""
    kind: Literal["preferred", "alias", "acronym", "former"] = "preferred"
    scheme: str = ""
    split: str = ""
    values: dict[str, str] = {}
    """What the values of the column mean, where they are codes."""
    otherwise: str = ""
    """What a value means that `values` has not."""


class Table(BaseModel):
    """A form of file: its columns by name; what holds of all its rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: dict[str, Column]
    delimiter: str = ","
    country: str = ""

    @field_validator("columns")
    @classmethod
    def _one_id(cls, columns: dict[str, Column]) -> dict[str, Column]:
        if [column.is_ for column in columns.values()].count("id") != 1:
            raise ValueError("one column, and one only, must be the id")
        return columns

    def fits(self, header: list[str]) -> bool:
        """Whether a file with these columns is of this form."""
        return self.columns.keys() <= set(header)


def header_of(line: str, delimiter: str) -> list[str]:
    """The columns that a file's first line names."""
    return next(csv.reader([line.removeprefix("\ufeff")], delimiter=delimiter), [])


def read_table(path: Path, name: str, table: Table) -> Iterator[Record]:
    """The rows of a file as parts of things. A row that tells nothing usable is a problem with its line."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter=table.delimiter, restkey="", restval=None)
        for row in reader:
            try:
                parts = _parts(row, table)
            except ValueError as error:
                yield Problem("registry.record", str(error), "correct the row", name, reader.line_num)
            else:
                yield parts


def _parts(row: Mapping[str, str | None], table: Table) -> Parts:
    if "" in row or None in row.values():
        raise ValueError("it has not as many cells as the header")
    found = Parts(countries=[table.country] if table.country else [])
    for title, column in table.columns.items():
        cell = (row[title] or "").strip()
        for value in cell.split(column.split) if column.split else [cell]:
            if value := column.values.get(value, column.otherwise or value).strip():
                _add(found, column, value)
    if not found.id:
        raise ValueError("it has no id")
    return found


def _add(found: Parts, column: Column, value: str) -> None:
    match column.is_:
        case "id":
            found.id = value
        case "name":
            found.names.append(Name(value, column.language, column.kind))
        case "country":
            found.countries.append(value)
        case "place" | "parent":
            (found.places if column.is_ == "place" else found.parents).append(Reference("", (value,)))
        case "place_id":
            found.places.append(Reference(value))
        case "type":
            found.types.append(value)
        case "homepage":
            found.homepages.append(value)
        case "identifier":
            found.identifiers.append((column.scheme, value))
        case "status":
            if value not in STATUSES:
                raise ValueError(f"its status is {value!r}, none of {', '.join(STATUSES)}")
            found.status = value


def entity_of(parts: Parts) -> Entity:
    """What several rows say of one thing, each fact once."""
    return Entity(
        parts.id,
        tuple(dict.fromkeys(parts.names)),
        tuple(dict.fromkeys(parts.types)),
        tuple(dict.fromkeys(parts.countries)),
        tuple(dict.fromkeys(parts.places)),
        tuple(dict.fromkeys(parts.parents)),
        tuple(dict.fromkeys(parts.homepages)),
        tuple(dict.fromkeys(parts.identifiers)),
        parts.status or ACTIVE,
        tuple(parts.successors),
    )
