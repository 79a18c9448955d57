"""What a run of a mapping gives: lines of N-Quads, the records they come from, the terms that could not be made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from kclod.errors import Problem


@dataclass(frozen=True, slots=True)
class Origin:
    """The record that made something.

    `source` is the logical source's path as the mapping gives it. `index` counts from 0 the rows of the file: members
    of the root array, lines of JSON Lines, rows of a delimited file; where the iterator looks at a document as a whole
    it counts the iterations. `record` is the iteration's value (for a delimited file the row, as column name to text),
    `line` the line of the file where the row is (where a delimited row ends), if it is known.
    """

    source: str
    index: int
    record: object
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """One term that could not be made. The quads of the record that would use it are kept out, the rest stay."""

    origin: Origin
    triples_map: str
    expression: str
    value: str
    reason: str

    def to_problem(self) -> Problem:
        """The same as a problem of the source file, with the record's number counted from 1."""
        return Problem(
            rule="map.rejected-term",
            message=f"{self.expression!r} of the triples map {self.triples_map} gave {self.value!r}: {self.reason}",
            fix="correct the value in this record, or the mapping",
            file=self.origin.source or None,
            line=self.origin.line,
            item=f"record {self.origin.index + 1}",
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """A part of a streaming run: complete N-Quads lines (each with ` .` and a newline), how many, and the rejects."""

    text: str
    quads: int
    rejects: tuple[Reject, ...]


@dataclass(frozen=True)
class MapResult:
    """All that one run made.

    `lines` are distinct canonical N-Quads lines without full stop and newline, `str(pyoxigraph.Quad)` to the letter,
    in a deterministic order: by file, row, triples map. `origins` maps the IRI of each subject and of each named graph
    to the first record that made it; it is empty unless it was asked for.
    """

    lines: list[str]
    rejects: tuple[Reject, ...]
    origins: dict[str, Origin]

    @cached_property
    def quads(self) -> list[ox.Quad]:
        """The lines as quads, blank nodes with their labels. IRIs that rml:UnsafeIRI made are taken as they are."""
        text = " .\n".join(self.lines)
        return list(ox.parse(f"{text} .\n", ox.RdfFormat.N_QUADS, lenient=True)) if text else []
