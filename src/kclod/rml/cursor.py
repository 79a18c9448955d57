"""The state of a run: where it is in a source, what it has rejected, what its joins know."""

from __future__ import annotations

from collections.abc import Callable

from kclod.rml.result import Origin, Reject
from kclod.rml.text import is_default_graph
from kclod.rml.values import shown

JoinIndex = dict[tuple[str, ...], list[str]]
"""The subjects of a parent triples map by the values of the join conditions."""


class Cursor:
    """The iteration that is being mapped, and what the run notes of it.

    Whoever runs sets `source` and `columns` for a file, `index` for each of its rows, `step` and `record` for each
    iteration; `line` tells the line of the row that was read last.
    """

    __slots__ = ("columns", "index", "joins", "line", "origins", "record", "rejects", "source", "step")

    def __init__(self, joins: dict[object, JoinIndex]) -> None:
        self.joins = joins
        self.origins: dict[str, Origin] = {}
        self.rejects: dict[tuple[object, ...], Reject] = {}
        self.enter("", None, no_line)

    def enter(self, source: str, columns: tuple[str, ...] | None, line: Callable[[], int | None]) -> None:
        """Go to a file, before its first row."""
        self.source, self.columns, self.line = source, columns, line
        self.index = self.step = 0
        self.record: object = None

    def number(self) -> str:
        """A name for the iteration, another one for each of the file: what fresh blank nodes are named by."""
        return f"{self.index}_{self.step}" if self.step else str(self.index)

    def origin(self) -> Origin:
        """The iteration as an origin."""
        record = self.record
        if self.columns is not None and isinstance(record, list):
            record = dict(zip(self.columns, record, strict=True))
        return Origin(self.source, self.index, record, self.line())

    def note_origin(self, term: str) -> None:
        """Note the iteration as the origin of an IRI, unless an earlier one was; rml:defaultGraph has none."""
        if term not in self.origins and term[0] == "<" and not is_default_graph(term):
            self.origins[term] = self.origin()

    def reject(self, triples_map: str, expression: str, value: object, reason: str) -> None:
        """Note that a term could not be made; the same term is noted once, however often it was tried."""
        text = shown(value)
        key = (self.source, self.index, self.step, triples_map, expression, text, reason)
        if key not in self.rejects:
            self.rejects[key] = Reject(self.origin(), triples_map, expression, text, reason)

    def take_rejects(self) -> tuple[Reject, ...]:
        """The rejects since this was asked last."""
        rejects = tuple(self.rejects.values())
        self.rejects.clear()
        return rejects


def no_line() -> int | None:
    """The line of what has no lines."""
    return None
