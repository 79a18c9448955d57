"""What a run of a mapping gives: quads, the records they come from, and the terms that could not be made."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from kclod.errors import Problem


@dataclass(frozen=True, slots=True)
class Origin:
    """The record that made something.

    `source` is the logical source's path as the mapping gives it, `index` counts the iterations of the iterator from
    0, `record` is the iteration's value (for a delimited file the row, as column name to text).
    """

    source: str
    index: int
    record: object


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
            item=f"record {self.origin.index + 1}",
        )


@dataclass(frozen=True)
class MapResult:
    """All that one run made.

    `quads` are distinct and in a deterministic order: by source, record, triples map. `origins` maps the IRI of each
    subject and of each named graph to the first record that made it.
    """

    quads: list[ox.Quad]
    rejects: tuple[Reject, ...]
    origins: dict[str, Origin]
