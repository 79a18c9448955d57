"""Logical sources as rows and iterations: JSON, JSON Lines and YAML by JSONPath, delimited files by rows.

RML-IO (logical sources, relative path sources) and the RML-IO registry (JSONPath and CSV reference formulations).
JSON Lines has no formulation of its own there; here an iterator that goes by the members of the root array, such as
`$[*]`, goes by the lines, no iterator means each line, and any other is applied to the value of each line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kclod.errors import Problem
from kclod.rml.cursor import no_line
from kclod.rml.delimited import Table
from kclod.rml.jsonfiles import JsonArray, JsonLines, read_json
from kclod.rml.jsonpath import ByRow
from kclod.rml.jsonpath import Path as JsonPath
from kclod.rml.model import Formulation, LogicalSource, Place, Root
from kclod.rml.unreadable import SourceError

Given = Path | Mapping[str, object] | None
"""A directory, or parsed values by source path, or None for the places that the mapping itself names."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one file: the members of the root array, lines, or rows of cells with the names of the columns.

    `parse` makes a row of an item, where they differ; `line` tells the line of the item that was taken last. `skim`
    is told whether the next items are only passed over, because another process maps them.
    """

    items: Iterator[Any]
    parse: Callable[[Any], object] | None = None
    columns: tuple[str, ...] | None = None
    line: Callable[[], int | None] = no_line
    skim: Callable[[bool], None] = lambda _on: None

    def values(self) -> Iterator[object]:
        """All rows."""
        return self.items if self.parse is None else map(self.parse, self.items)


def by_row(source: LogicalSource, iterator: JsonPath | None) -> ByRow | None:
    """How a logical source goes by the rows of its file, each for itself; None when it looks at the whole."""
    if source.formulation is Formulation.CSV:
        return ByRow(None, None)
    if source.is_lines:
        return ByRow(None, None) if iterator is None else iterator.by_row or ByRow(None, iterator.iterate)
    return iterator.by_row if iterator is not None else None


def passes(guard: tuple[str, str], row: object) -> bool:
    """Whether a row has the member that a guard asks for."""
    return isinstance(row, dict) and row.get(guard[0]) == guard[1]


def iterations(how: ByRow, row: object) -> Iterator[object]:
    """The iterations that one row gives."""
    if how.guard is not None and not passes(how.guard, row):
        return iter(())
    return iter((row,)) if how.iterate is None else iter(how.iterate(row))


class Sources:
    """The data of one run. `problems` collects what is wrong with rows and documents while they are read."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._values: dict[tuple[str, str], object] = {}
        self._headers: dict[LogicalSource, tuple[str, ...]] = {}
        self._broken: set[LogicalSource] = set()
        self.problems: dict[Problem, None] = {}

    def prepare(self, source: LogicalSource, place: Place, item: str, *, whole: bool) -> list[Problem]:
        """Find a source and read what is needed before its rows: a header, or a document that is looked at as a whole.

        What is wrong is returned and the source skipped.
        """
        try:
            self._prepare(source, whole=whole)
        except SourceError as error:
            self._broken.add(source.file)
            if error.problem is not None:
                return [error.problem]
            return [Problem(error.rule, error.message, error.fix, place.file, place.line, item=item)]
        return []

    def is_broken(self, source: LogicalSource) -> bool:
        """Whether `prepare` found that a source cannot be read."""
        return source.file in self._broken

    def columns(self, source: LogicalSource) -> tuple[str, ...] | None:
        """The column names of a prepared delimited file; None for anything else."""
        return self._headers.get(source.file)

    def headers(self) -> dict[LogicalSource, tuple[str, ...]]:
        """The column names of all prepared delimited files."""
        return dict(self._headers)

    def size(self, source: LogicalSource) -> int:
        """How many bytes a prepared file has; none for values that are given."""
        return 0 if isinstance(self._given, Mapping) else self._locate(source).stat().st_size

    def _prepare(self, source: LogicalSource, *, whole: bool) -> None:
        if isinstance(self._given, Mapping):
            value = self._parsed(source)
            if source.formulation is Formulation.CSV or source.is_lines:
                _check_rows(source, value)
            return
        path = self._locate(source)
        if source.formulation is Formulation.CSV:
            self._headers[source.file] = Table(path, source, self._report).header()
        elif whole and not source.is_lines:
            self.value(source)

    def _report(self, problem: Problem) -> None:
        self.problems[problem] = None  # the file may be read several times

    # Reading

    def rows(self, source: LogicalSource) -> Rows | None:
        """The rows of a prepared file; None when it is a document whose root is no array."""
        if isinstance(self._given, Mapping):
            value = self._parsed(source)
            return Rows(iter(value)) if isinstance(value, (list, tuple)) else None
        path = self._locate(source)
        if source.formulation is Formulation.CSV:
            table = Table(path, source, self._report)
            return Rows(iter(table), None, self._headers[source.file], lambda: table.line)
        if source.is_lines:
            lines = JsonLines(path, source.encoding)
            return Rows(iter(lines), lines.parse, line=lambda: lines.line)
        if not _is_yaml(path) and (str(path), source.encoding) not in self._values:
            array = JsonArray(path, source.encoding)
            if array.is_array():
                return Rows(iter(array), line=lambda: array.line, skim=array.skim)
        value = self.value(source)
        return Rows(iter(value)) if isinstance(value, list) else None

    def value(self, source: LogicalSource) -> object:
        """A JSON or YAML document, parsed once. SourceError when it cannot be read."""
        if isinstance(self._given, Mapping):
            return self._parsed(source)
        path = self._locate(source)
        key = (str(path), source.encoding)
        if key not in self._values:
            self._values[key] = (
                _read_yaml(path, source.encoding) if _is_yaml(path) else read_json(path, source.encoding)
            )
        return self._values[key]

    def iterate(self, source: LogicalSource | None, iterator: JsonPath | None) -> Iterator[object]:
        """The iterations of a prepared source in document order; exactly one, None, where there is no source.

        What cannot be read ends them and is among `problems`.
        """
        if source is None:
            yield None
        elif source.file not in self._broken:
            try:
                yield from self._iterate(source, iterator)
            except SourceError as error:
                self.note(error)

    def note(self, error: SourceError) -> None:
        """Keep the problem of a source that was found while it was read."""
        self._report(error.problem or Problem(error.rule, error.message, error.fix))

    def _iterate(self, source: LogicalSource, iterator: JsonPath | None) -> Iterator[object]:
        how = by_row(source, iterator)
        rows = self.rows(source) if how is not None else None
        if how is not None and rows is not None:
            for row in rows.values():
                yield from iterations(how, row)
        else:
            value = self.value(source)
            yield from (value,) if iterator is None else iterator.iterate(value)

    # Finding

    def _parsed(self, source: LogicalSource) -> object:
        given = self._given if isinstance(self._given, Mapping) else {}
        try:
            return given[source.path]
        except KeyError:
            known = ", ".join(sorted(given)) or "none"
            raise SourceError(
                "source.missing", f"there is no source {source.path!r}", f"use one of those that there are: {known}"
            ) from None

    def _locate(self, source: LogicalSource) -> Path:
        """The file of a source. A given directory takes the place of the root, and nothing outside it is read."""
        path = Path(source.path)
        if isinstance(self._given, Path):
            root = self._given.resolve()
            found = (root / path).resolve()
            if path.is_absolute() or not found.is_relative_to(root):
                raise SourceError(
                    "source.outside", f"the source {source.path!r} is outside of {self._given}", "name a file within it"
                )
        else:
            found = _root_of(source) / path
        if not found.is_file():
            raise SourceError(
                "source.missing", f"there is no file {source.path!r} ({found})", "correct the path, or add the file"
            )
        return found


def _is_yaml(path: Path) -> bool:
    return path.suffix.lower() in {".yaml", ".yml"}


def _read_yaml(path: Path, encoding: str) -> object:
    from kclod.rml.yamlfiles import read_yaml  # noqa: PLC0415  # takes long to import

    return read_yaml(path, encoding)


def _root_of(source: LogicalSource) -> Path:
    if source.root is Root.MAPPING_DIRECTORY:
        return Path(source.mapping_directory)
    return Path(source.root) if isinstance(source.root, str) else Path.cwd()


def _check_rows(source: LogicalSource, value: object) -> None:
    good = isinstance(value, (list, tuple))
    if source.formulation is Formulation.CSV:
        good = isinstance(value, (list, tuple)) and all(isinstance(row, dict) for row in value)
    if not good:
        raise SourceError("source.not-rows", f"the value given for {source.path!r} is not a list of rows", "give rows")
