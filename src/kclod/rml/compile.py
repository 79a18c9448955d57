"""RML mappings compiled once and run over data.

Every triples map becomes one function from a record (an iteration of its logical source) to lines of N-Quads; there is
no interpretation of the mapping while records are read. Follows RML-Core and RML-IO of http://w3id.org/rml/ and reads
the older vocabulary (R2RML and http://semweb.mmlab.be/ns/rml#) as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kclod.errors import Problem, RefusedError, UsageError
from kclod.rml.execute import Program, compile_program
from kclod.rml.generate import Settings
from kclod.rml.jsonpath import Path as JsonPath
from kclod.rml.jsonpath import PathError, compile_path
from kclod.rml.model import LogicalSource, ReferencingObjectMap, TermMap, TriplesMap
from kclod.rml.parse import parse_mappings
from kclod.rml.probes import Probe, probes, references
from kclod.rml.sources import by_row
from kclod.rml.strings import compile_reference


@dataclass(frozen=True)
class CompiledMapping:
    """Mapping files ready to run, any number of times and over any sources.

    `triples_maps` are in document order. Functions are written when they are first needed, once for each way of
    running; a pickled mapping leaves them behind and a forked process has them.
    """

    triples_maps: tuple[TriplesMap, ...]

    def __reduce__(self) -> tuple[type[CompiledMapping], tuple[tuple[TriplesMap, ...]]]:
        return CompiledMapping, (self.triples_maps,)

    @cached_property
    def maps_by_key(self) -> Mapping[str, TriplesMap]:
        """The triples maps as others refer to them."""
        return {triples_map.key: triples_map for triples_map in self.triples_maps}

    @cached_property
    def iterators(self) -> dict[LogicalSource | None, JsonPath | None]:
        """The iterator of each logical source; None where it has none."""
        return {t.source: _iterator(t.source) for t in self.triples_maps}

    @cached_property
    def probes(self) -> tuple[Probe, ...]:
        """Every reference with the source that it is evaluated on."""
        return tuple(probes(self.triples_maps, self.maps_by_key))

    @cached_property
    def _programs(self) -> dict[Settings, Program]:
        return {}

    def program(self, settings: Settings) -> Program:
        """The functions for one way of running, written once."""
        if settings not in self._programs:
            self._programs[settings] = compile_program(self.triples_maps, self.iterators, settings)
        return self._programs[settings]

    def is_row_wise(self, path: str) -> bool:
        """Whether mapping any part of the rows of this source at a time gives, all in all, the same quads.

        So it is where the iterators over it go by the members of its root array, each for itself (a first wildcard or
        filter, no look at the root), no join has it on either side, and no blank node is named by its record's place.
        """
        return all(self._is_row_wise(triples_map, path) for triples_map in self.triples_maps)

    def _is_row_wise(self, triples_map: TriplesMap, path: str) -> bool:
        source = triples_map.source
        here = source is not None and source.path == path
        for rule in triples_map.predicate_objects:
            for value in rule.objects:
                if isinstance(value, ReferencingObjectMap) and value.joins:
                    parent = self.maps_by_key[value.parent].source
                    if here or (parent is not None and parent.path == path):
                        return False
        if source is None or not here:
            return True
        return by_row(source, self.iterators[source]) is not None and not any(map(_is_fresh, triples_map.term_maps()))


def _is_fresh(term_map: TermMap) -> bool:
    """Whether a term map makes a new blank node for each record."""
    return term_map.expression is None


def compile_mappings(paths: Sequence[Path]) -> CompiledMapping:
    """Compile several mapping files as one mapping; triples maps may refer to each other across files by IRI.

    Raises RefusedError with all problems of all files (file, line, triples map), UsageError when no file is given.
    """
    if not paths:
        raise UsageError(Problem("rml.no-file", "no mapping file is given", "name at least one mapping file"))
    triples_maps, problems = parse_mappings(tuple(dict.fromkeys(paths)))
    mapping = CompiledMapping(tuple(triples_maps))
    problems += [p for triples_map in triples_maps for p in _problems_of(triples_map, mapping.maps_by_key)]
    if problems:
        raise RefusedError(problems)
    return mapping


def _iterator(source: LogicalSource | None) -> JsonPath | None:
    return compile_path(source.iterator) if source is not None and source.iterator is not None else None


def _problems_of(triples_map: TriplesMap, all_maps: Mapping[str, TriplesMap]) -> Iterator[Problem]:
    source, name = triples_map.source, triples_map.name
    try:
        _iterator(source)
    except PathError as error:
        text = source.iterator if source else None
        place = triples_map.iterator_place
        fix = "correct the JSONPath (RFC 9535)"
        yield Problem(
            "rml.json-path", f"the iterator {text!r} is not valid: {error}", fix, place.file, place.line, item=name
        )
    for reference, on in dict.fromkeys(references(triples_map, all_maps)):
        try:
            compile_reference(reference, on)
        except PathError as error:
            place = reference.place
            message, fix = f"the reference {reference.text!r} is not valid: {error}", "correct the JSONPath (RFC 9535)"
            yield Problem("rml.json-path", message, fix, place.file, place.line, item=name)
    for rule in triples_map.predicate_objects:
        for value in rule.objects:
            if isinstance(value, ReferencingObjectMap) and not value.joins:
                yield from _needs_join(value, triples_map, all_maps)


def _needs_join(
    value: ReferencingObjectMap, triples_map: TriplesMap, all_maps: Mapping[str, TriplesMap]
) -> Iterator[Problem]:
    parent = all_maps.get(value.parent)
    if parent is not None and parent.source is not None and parent.source != triples_map.source:
        yield Problem(
            "rml.join-condition",
            f"the parent triples map {parent.name} has another logical source, and there is no join condition",
            "add an rml:joinCondition",
            value.place.file,
            value.place.line,
            item=triples_map.name,
        )
