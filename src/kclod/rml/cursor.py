"""The state of a run: where it is in a source, what it has made, what it has rejected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b

import pyoxigraph as ox

from kclod.rml.model import LogicalSource
from kclod.rml.result import Origin, Reject
from kclod.rml.values import shown

Term = ox.NamedNode | ox.BlankNode | ox.Literal
Terms = tuple[Term, ...]
JoinIndex = dict[tuple[str, ...], list[Terms]]


class Run:
    """What all cursors of one run share."""

    __slots__ = ("base_iri", "join_indexes", "open", "origins", "quads", "rejects")

    def __init__(self, base_iri: str | None, open_source: Callable[[LogicalSource | None], Iterator[object]]) -> None:
        self.base_iri = base_iri
        self.open = open_source
        self.quads: list[ox.Quad] = []
        self.origins: dict[str, Origin] = {}
        self.rejects: dict[tuple[str, int, str, str, str, str], Reject] = {}
        self.join_indexes: dict[object, JoinIndex] = {}


class Cursor:
    """A place in one source: the iteration that is being mapped."""

    __slots__ = ("_origin", "index", "record", "run", "source")

    def __init__(self, run: Run, source: str) -> None:
        self.run = run
        self.source = source
        self.index = 0
        self.record: object = None
        self._origin: Origin | None = None

    def move(self, index: int, record: object) -> None:
        """Go to an iteration."""
        self.index = index
        self.record = record
        self._origin = None

    def origin(self) -> Origin:
        """The iteration as an origin; one object for each iteration."""
        if self._origin is None:
            self._origin = Origin(self.source, self.index, self.record)
        return self._origin

    def reject(self, triples_map: str, expression: str, value: object, reason: str) -> None:
        """Note that a term could not be made; the same term is noted once, however often it was tried."""
        text = shown(value)
        key = (self.source, self.index, triples_map, expression, text, reason)
        if key not in self.run.rejects:
            self.run.rejects[key] = Reject(self.origin(), triples_map, expression, text, reason)


def digest(text: str) -> str:
    """A short name for a text, the same on every machine."""
    return blake2b(text.encode(), digest_size=8).hexdigest()
