"""A registry's files → its entities. A file's form is recognised by what is in it, never by its name.

Forms: JSON of the Research Organization Registry (an array of records, one record a line, or the published .zip),
tables of GeoNames, and delimited tables whose columns the content declares.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kclod.errors import Problem, UsageError
from kclod.match.entity import Entity
from kclod.match.registries import ror
from kclod.match.registries.geonames import is_geonames, read_geonames
from kclod.match.registries.parts import Parts, Record
from kclod.match.registries.tables import Table, entity_of, header_of, read_table
from kclod.rml.jsonfiles import JsonArray, JsonLines
from kclod.rml.unreadable import SourceError

_NEWEST = ("schema_v2", "")
"""What the name of a published archive's member has, the first of these that any has."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The things of a registry in the order of its files, and what is wrong with the rest, item by item."""

    entities: tuple[Entity, ...]
    problems: tuple[Problem, ...]


def read_registry(paths: Sequence[Path], tables: Sequence[Table] = ()) -> Registry:
    """All that files say of a registry's things. UsageError for a file that cannot be read or is of no known form."""
    whole: dict[str, Entity] = {}
    parts: dict[str, Parts] = {}
    problems: list[Problem] = []
    for path in paths:
        for record in _records(path, tables):
            if isinstance(record, Problem):
                problems.append(record)
            elif isinstance(record, Parts):
                if record.id in parts:
                    parts[record.id].join(record)
                else:
                    parts[record.id] = record
            elif record.id in whole:
                problems.append(
                    Problem("registry.twice", "two records have this id", "keep one", str(path), item=record.id)
                )
            else:
                whole[record.id] = record
    nameless = [part for part in parts.values() if not part.names]
    problems += [
        Problem("registry.record", "no table gives it a name", "give it one", item=part.id) for part in nameless
    ]
    joined = (entity_of(part) for part in parts.values() if part.names)
    return Registry((*whole.values(), *joined), tuple(problems))


def _records(path: Path, tables: Sequence[Table]) -> Iterator[Record]:
    try:
        with path.open("rb") as file:
            archive = file.read(4) == b"PK\x03\x04"
        if archive:
            with _member(path) as (member, name):
                yield from _of_file(member, name, tables)
        else:
            yield from _of_file(path, str(path), tables)
    except (OSError, UnicodeDecodeError, zipfile.BadZipFile) as error:
        raise UsageError(
            Problem("registry.unreadable", str(error), "give a UTF-8 file that can be read", str(path))
        ) from None
    except SourceError as error:
        raise UsageError(error.problem or Problem("registry.unreadable", error.message, error.fix, str(path))) from None


@contextmanager
def _member(path: Path) -> Iterator[tuple[Path, str]]:
    """The file in an archive that holds the records, taken out."""
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
        names = sorted(name for name in archive.namelist() if name.endswith((".json", ".txt", ".csv", ".tsv")))
        names = [name for name in names if "readme" not in name.lower()]
        json = [name for name in names if name.endswith(".json")]
        chosen = next((name for part in _NEWEST for name in json or names if part in name), None)
        if chosen is None:
            raise UsageError(Problem("registry.form", "the archive holds no registry", "give another", str(path)))
        target = Path(folder) / "member"
        with archive.open(chosen) as packed, target.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
        yield target, f"{path}!{chosen}"


def _of_file(path: Path, name: str, tables: Sequence[Table]) -> Iterator[Record]:
    with path.open(encoding="utf-8-sig") as file:
        first = next((line for line in file if line.strip()), "")
    if first.lstrip().startswith("["):
        yield from _array(path, name)
    elif first.lstrip().startswith("{"):
        lines = JsonLines(path, "utf-8-sig")
        for text in lines:
            yield _ror(lines.parse(text), name, lines.line)
    elif is_geonames(first):
        yield from read_geonames(path, name)
    else:
        fitting = [table for table in tables if table.fits(header_of(first, table.delimiter))]
        if not fitting:
            raise UsageError(
                Problem("registry.form", "the file has no known form", "declare its columns in registries.yaml", name)
            )
        yield from read_table(path, name, max(fitting, key=lambda table: len(table.columns)))


def _array(path: Path, name: str) -> Iterator[Record]:
    array = JsonArray(path, "utf-8-sig")
    array.skim(True)
    for value in array:
        yield _ror(value, name, array)


def _ror(value: object, name: str, where: JsonArray | int) -> Record:
    try:
        return ror.entity_of(value)
    except ValueError as error:
        line = where if isinstance(where, int) else where.line
        item = value.get("id") if isinstance(value, dict) else None
        return Problem(
            "registry.record", str(error), "correct the record", name, line, item=str(item) if item else None
        )
