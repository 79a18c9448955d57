"""Where things come from: the file and line of the record or link that made a thing or states a triple.

Only messages need this, so it is found out when one is written: which mapped files have the thing, and by mapping these
again, with a note of the record that each thing is made from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from kclod.rdf import Line, Statement, split_line
from kclod.vocab import OWL

Place = tuple[str, int]
"""File and line, from 1."""
OriginsOf = Callable[[int], Mapping[str, Place]]
"""From the number of a mapped file to the places of what it makes, by IRI."""


class Places:
    """The places of things; of none where nothing is known, as for RDF files that no record made."""

    def __init__(
        self,
        lines: Sequence[Callable[[], Iterable[Line]]] = (),
        origins_of: OriginsOf = lambda _: {},
        links: Mapping[str, Place] | None = None,
        shared: Collection[str] = (),
    ) -> None:
        """`lines` gives those of each mapped file; `links` has the IRIs of mappings, and the statements that link.

        `shared` are graphs that many records make and so lead to none.
        """
        self._lines = lines
        self._origins_of = origins_of
        self._links = links or {}
        self._shared = frozenset(shared)
        self._origins: dict[int, Mapping[str, Place]] = {}

    @cached_property
    def _files(self) -> dict[str, list[int]]:
        """Subject or graph IRI → the mapped files that have it."""
        files: dict[str, list[int]] = {}
        for number, lines in enumerate(self._lines):
            found: dict[str, None] = {}
            for line in lines():
                statement, graph = split_line(line)
                found[statement[1 : statement.index(" ") - 1]] = None
                found[graph] = None
            for iri in found:
                files.setdefault(iri, []).append(number)
        return files

    def _places(self, number: int) -> Mapping[str, Place]:
        if number not in self._origins:
            self._origins[number] = self._origins_of(number)
        return self._origins[number]

    def _of(self, iri: str) -> Place | None:
        if iri in self._shared:
            return None
        if iri in self._links:
            return self._links[iri]
        found = (self._places(number).get(iri) for number in self._files.get(iri, ()))
        return next(filter(None, found), None)

    def of_thing(self, iri: str) -> Place | None:
        """The place of a thing; a hash IRI falls back to what it is part of."""
        return self._of(iri) or self._of(iri.partition("#")[0])

    def of_statements(self, statements: Collection[Statement]) -> list[Place]:
        """The places of the claims and links that state one of the statements, in order."""
        wanted = set(statements)
        numbers = {n for s in wanted for n in self._files.get(s[1 : s.index(" ") - 1], ())}
        graphs = {
            graph
            for number in numbers
            for statement, graph in map(split_line, self._lines[number]())
            if statement in wanted and graph not in self._shared
        }
        linked = map(self._links.get, wanted)
        return sorted(filter(None, {*map(self._of, graphs), *linked}))

    def of_identity(self, iris: Collection[str]) -> dict[Statement, Place]:
        """The links that make one of these things the same as another (owl:sameAs) → their places."""
        same, terms = f" {OWL['sameAs']} ", {f"<{iri}>" for iri in iris}
        return {s: place for s, place in self._links.items() if same in s and terms & set(s.split(same))}


def place_of_record(record: Any) -> Place | None:  # JSON
    """File and line of the record that a row, or a part of one, comes from; None where it does not say."""
    while isinstance(record, dict):
        if "origin" in record:
            return record["origin"]["file"], record["origin"]["line"]
        record = record.get("parent")
    return None
