"""Iterations of logical sources: JSON and YAML by JSONPath, delimited files by rows.

RML-IO (logical sources, relative path sources) and the RML-IO registry (JSONPath and CSV reference formulations).
YAML is read as the JSON it stands for: YAML 1.2 core schema, dates stay strings.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from kclod.errors import Problem
from kclod.rml.jsonpath import Path as JsonPath
from kclod.rml.model import Formulation, LogicalSource, Place, Root

Given = Path | Mapping[str, object] | None
"""A directory, or parsed values by source path, or None for the places that the mapping itself names."""


class Sources:
    """The data of one run. Files are read once; `problems` collects what is wrong with rows while they are read."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._values: dict[tuple[str, str], object] = {}
        self._headers: dict[LogicalSource, list[str]] = {}
        self._broken: set[LogicalSource] = set()
        self.problems: list[Problem] = []

    def prepare(self, source: LogicalSource, place: Place, item: str) -> list[Problem]:
        """Find and read a source (of a delimited file the header). What is wrong is returned and the source skipped."""
        try:
            self._prepare(source)
        except _SourceError as error:
            self._broken.add(source)
            if error.problem is not None:
                return [error.problem]
            return [Problem(error.rule, error.message, error.fix, place.file, place.line, item=item)]
        return []

    def is_broken(self, source: LogicalSource) -> bool:
        """Whether `prepare` found that a source cannot be read."""
        return source in self._broken

    def columns(self, source: LogicalSource) -> list[str] | None:
        """The column names of a prepared delimited file; None for anything else."""
        return self._headers.get(source)

    def iterate(self, source: LogicalSource | None, iterator: JsonPath | None) -> Iterator[object]:
        """The iterations of a prepared source in document order; exactly one, None, where there is no source."""
        if source is None:
            return iter((None,))
        if source in self._broken:
            return iter(())
        if source.formulation is Formulation.CSV:
            return self._rows(source)
        value = self._value(source)
        return iter((value,)) if iterator is None else iterator.iterate(value)

    def _prepare(self, source: LogicalSource) -> None:
        if source.formulation is Formulation.JSON_PATH:
            self._value(source)
        elif not isinstance(self._given, Mapping):
            self._headers[source] = _header(self._locate(source), source)
        elif not _are_rows(self._parsed(source)):
            raise _SourceError(
                "source.not-rows", f"the value given for {source.path!r} is not a list of rows", "give rows"
            )

    def _value(self, source: LogicalSource) -> object:
        """A JSON or YAML document, parsed once."""
        if isinstance(self._given, Mapping):
            return self._parsed(source)
        path = self._locate(source)
        key = (str(path), source.encoding)
        if key not in self._values:
            self._values[key] = _read_value(path, source.encoding)
        return self._values[key]

    def _parsed(self, source: LogicalSource) -> object:
        given = self._given if isinstance(self._given, Mapping) else {}
        try:
            return given[source.path]
        except KeyError:
            known = ", ".join(sorted(given)) or "none"
            raise _SourceError(
                "source.missing", f"there is no source {source.path!r}", f"use one of those that there are: {known}"
            ) from None

    def _rows(self, source: LogicalSource) -> Iterator[object]:
        if isinstance(self._given, Mapping):
            rows = self._parsed(source)
            return iter(rows) if isinstance(rows, Sequence) else iter(())
        return _read_rows(self._locate(source), source, self._headers[source], self.problems)

    def _locate(self, source: LogicalSource) -> Path:
        """The file of a source. A given directory takes the place of the root, and nothing outside it is read."""
        path = Path(source.path)
        if isinstance(self._given, Path):
            root = self._given.resolve()
            found = (root / path).resolve()
            if path.is_absolute() or not found.is_relative_to(root):
                raise _SourceError(
                    "source.outside", f"the source {source.path!r} is outside of {self._given}", "name a file within it"
                )
        else:
            found = _root_of(source) / path
        if not found.is_file():
            raise _SourceError(
                "source.missing", f"there is no file {source.path!r} ({found})", "correct the path, or add the file"
            )
        return found


def _root_of(source: LogicalSource) -> Path:
    if source.root is Root.MAPPING_DIRECTORY:
        return Path(source.mapping_directory)
    return Path(source.root) if isinstance(source.root, str) else Path.cwd()


class _SourceError(Exception):
    """A source that cannot be read; `problem` where the fault is in the data file, not in the mapping."""

    def __init__(self, rule: str, message: str, fix: str, problem: Problem | None = None) -> None:
        super().__init__(message)
        self.rule, self.message, self.fix, self.problem = rule, message, fix, problem


def _refuse(
    path: Path, rule: str, message: str, fix: str, *, line: int | None = None, column: int | None = None
) -> NoReturn:
    raise _SourceError(rule, message, fix, Problem(rule, message, fix, str(path), line, column))


# JSON and YAML


def _read_value(path: Path, encoding: str) -> object:
    text = _read_text(path, encoding)
    return _read_yaml(path, text) if path.suffix.lower() in {".yaml", ".yml"} else _read_json(path, text)


def _read_text(path: Path, encoding: str) -> str:
    try:
        return path.read_text(encoding=encoding)
    except OSError as error:
        _refuse(path, "file.unreadable", error.strerror or str(error), "name a file that can be read")
    except UnicodeError as error:
        _refuse(
            path, "source.encoding", f"not {encoding.removesuffix('-sig')}: {error}", "save the file in that encoding"
        )


def _read_json(path: Path, text: str) -> object:
    fix = "correct the JSON at this place"
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        _refuse(path, "source.json", f"not well-formed JSON: {error.msg}", fix, line=error.lineno, column=error.colno)
    except ValueError as error:
        _refuse(path, "source.json", str(error), "correct the JSON")
    except RecursionError:
        _refuse(path, "source.json", "arrays and objects are nested too deeply", "nest them less deeply")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object; of two members with one name, one would be lost, so that is refused."""
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has two members with the name {twice!r}")
    return members


def _no_constant(name: str) -> object:
    raise ValueError(f"JSON has no {name}")


class _JsonLikeConstructor(SafeConstructor):
    """Builds only what JSON has: a date stays the string that it is written as."""


_JsonLikeConstructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def _read_yaml(path: Path, text: str) -> object:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _JsonLikeConstructor
    try:
        value: object = yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        message = f"not well-formed YAML: {error.problem or error.context}"
        _refuse(path, "source.yaml", message, "correct the YAML at this place", line=line, column=column)
    except (YAMLError, ValueError, RecursionError) as error:
        _refuse(path, "source.yaml", f"not well-formed YAML: {error}", "correct the YAML")
    try:
        keys = sorted(_other_keys(value, set(), set()))
    except _CycleError:
        _refuse(path, "source.yaml", "an anchor contains an alias of itself", "remove the alias")
    if keys:
        message = f"{', '.join(keys)} cannot be a name: JSONPath names are strings"
        _refuse(path, "source.yaml", message, "put the name in quotes")
    return value


class _CycleError(Exception):
    """A value that contains itself."""


def _other_keys(value: object, done: set[int], within: set[int]) -> set[str]:
    """The keys of mappings, anywhere in a value, that are not strings. What several aliases share is looked at once."""
    if not isinstance(value, (dict, list)) or id(value) in done:
        return set()
    if id(value) in within:
        raise _CycleError
    within.add(id(value))
    members = list(value.values()) if isinstance(value, dict) else value
    found = {repr(key) for key in value if not isinstance(key, str)} if isinstance(value, dict) else set()
    for member in members:
        found |= _other_keys(member, done, within)
    within.discard(id(value))
    done.add(id(value))
    return found


# Delimited files


def _are_rows(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(row, dict) for row in value)


def _header(path: Path, source: LogicalSource) -> list[str]:
    problems: list[Problem] = []
    _, names = next(_lines(path, source, problems), (1, []))
    if problems:
        raise _SourceError(problems[0].rule, problems[0].message, problems[0].fix, problems[0])
    if not names:
        _refuse(path, "source.header", "the file has no header row", "name the columns in the first row", line=1)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        _refuse(path, "source.header", f"two columns are named {', '.join(map(repr, twice))}", "rename one", line=1)
    return names


def _read_rows(
    path: Path, source: LogicalSource, header: list[str], problems: list[Problem]
) -> Iterator[dict[str, object]]:
    lines = _lines(path, source, problems)
    next(lines, None)
    width = len(header)
    for line, cells in lines:
        if len(cells) == width:
            yield dict(zip(header, cells, strict=True))
        else:
            problem = Problem(
                "source.row",
                f"the row has {len(cells)} cells where the header has {width}",
                "give it one cell for each column",
                str(path),
                line,
            )
            if problem not in problems:  # the file may be read several times
                problems.append(problem)


def _lines(path: Path, source: LogicalSource, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """The rows with the line on which each ends; empty lines are no rows."""
    dialect = source.dialect
    delimiter = dialect.delimiter or ("\t" if path.suffix.lower() in {".tsv", ".tab"} else ",")
    try:
        with path.open(encoding=source.encoding, newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, quotechar=dialect.quote, strict=True)
            for cells in reader:
                if cells:
                    yield reader.line_num, [cell.strip() for cell in cells] if dialect.trim else cells
    except (csv.Error, UnicodeError, OSError) as error:
        problem = Problem("source.csv", f"the delimited file cannot be read: {error}", "correct the file", str(path))
        if problem not in problems:
            problems.append(problem)
