"""RML mappings compiled once and run over data.

Every triples map becomes one closure from a record (an iteration of its logical source) to quads; there is no
interpretation of the mapping while records are read. Follows RML-Core and RML-IO of http://w3id.org/rml/ and reads the
older vocabulary (R2RML and http://semweb.mmlab.be/ns/rml#) as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kclod.errors import Problem, RefusedError, UsageError
from kclod.rml.cursor import Cursor, Run
from kclod.rml.jsonpath import Path as JsonPath
from kclod.rml.jsonpath import PathError, compile_path
from kclod.rml.model import LogicalSource, ReferencingObjectMap, TriplesMap
from kclod.rml.parse import parse_mappings
from kclod.rml.probes import Probe, probes, references
from kclod.rml.quads import Apply, compile_triples_map
from kclod.rml.result import MapResult, Origin, Reject
from kclod.rml.sources import Given, Sources
from kclod.rml.strings import compile_reference
from kclod.rml.termparse import is_iri

__all__ = [
    "CompiledMapping",
    "MapResult",
    "Origin",
    "Reject",
    "compile_mappings",
    "run",
    "unused_expressions",
    "values_read",
]


@dataclass(frozen=True)
class CompiledMapping:
    """Mapping files ready to run, any number of times and over any sources.

    `triples_maps` are in document order. The rest is the engine's: closures by source, iterators, references.
    """

    triples_maps: tuple[TriplesMap, ...]
    groups: tuple[tuple[LogicalSource | None, tuple[Apply, ...]], ...]
    iterators: Mapping[LogicalSource | None, JsonPath | None]
    probes: tuple[Probe, ...]


def compile_mappings(paths: Sequence[Path]) -> CompiledMapping:
    """Compile several mapping files as one mapping; triples maps may refer to each other across files by IRI.

    Raises RefusedError with all problems of all files (file, line, triples map), UsageError when no file is given.
    """
    if not paths:
        raise UsageError(Problem("rml.no-file", "no mapping file is given", "name at least one mapping file"))
    triples_maps, problems = parse_mappings(tuple(dict.fromkeys(paths)))
    all_maps = {triples_map.key: triples_map for triples_map in triples_maps}
    problems += [p for triples_map in triples_maps for p in _problems_of(triples_map, all_maps)]
    if problems:
        raise RefusedError(problems)
    groups: dict[LogicalSource | None, list[Apply]] = {}
    for triples_map in triples_maps:
        groups.setdefault(triples_map.source, []).append(compile_triples_map(triples_map, all_maps))
    return CompiledMapping(
        triples_maps=tuple(triples_maps),
        groups=tuple((source, tuple(applies)) for source, applies in groups.items()),
        iterators={source: _iterator(source) for source in groups},
        probes=tuple(probes(triples_maps, all_maps)),
    )


def run(mapping: CompiledMapping, *, sources: Given, base_iri: str | None = None) -> MapResult:
    """Map all records of all sources.

    `sources` is a directory in which the paths of logical sources are found (it takes the place of rml:root; a path
    that leads out of it is refused), or already parsed JSON values by source path, or None: then rml:root decides.
    `base_iri` is put before what is no absolute IRI, unless the triples map has its own rml:baseIRI.

    Raises RefusedError with every source that is missing or cannot be read (place in the mapping or in the data), and
    UsageError when `base_iri` is not an absolute IRI. A term that cannot be made is no error but a Reject.
    """
    if base_iri is not None and not is_iri(base_iri):
        raise UsageError(Problem("rml.base-iri", f"{base_iri!r} is not an absolute IRI", "give an absolute IRI"))
    data = Sources(sources)
    problems = [*_prepare(mapping, data), *_missing_columns(mapping, data)]
    if problems:
        raise RefusedError(problems)

    def open_source(source: LogicalSource | None) -> Iterator[object]:
        return data.iterate(source, mapping.iterators[source])

    state = Run(base_iri, open_source)
    for source, applies in mapping.groups:
        cursor = Cursor(state, source.path if source else "")
        for index, record in enumerate(open_source(source)):
            cursor.move(index, record)
            for apply in applies:
                apply(record, cursor)
    if data.problems:
        raise RefusedError(data.problems)
    return MapResult(list(dict.fromkeys(state.quads)), tuple(state.rejects.values()), state.origins)


def unused_expressions(mapping: CompiledMapping, *, sources: Given) -> list[Problem]:
    """The references and iterators that give no value in any record of `sources`, as problems of the mapping.

    Over records in which all is filled in, these are the ones that no record can satisfy. Of a triples map whose
    iterator gives nothing, only the iterator is named. A source that is missing or cannot be read is a problem too.
    """
    data = Sources(sources)
    problems = _prepare(mapping, data)
    for source, _ in mapping.groups:
        if source is None or data.is_broken(source):
            continue
        waiting = [probe for probe in mapping.probes if probe.source == source]
        empty = True
        for record in data.iterate(source, mapping.iterators[source]):
            empty = False
            waiting = [probe for probe in waiting if not _has_value(probe, record)]
            if not waiting:
                break
        if empty:
            problems += [_never_iterates(t, source) for t in mapping.triples_maps if t.source == source]
        else:
            problems += [_unused(probe) for probe in waiting]
    return problems + data.problems


def values_read(mapping: CompiledMapping, *, sources: Given) -> set[object]:
    """The values (text, numbers, truth values) that any reference reads in any record of `sources`."""
    data = Sources(sources)
    problems = _prepare(mapping, data)
    if problems:
        raise RefusedError(problems)
    found: set[object] = set()
    for source, _ in mapping.groups:
        here = [probe.path for probe in mapping.probes if probe.source == source]
        for record in data.iterate(source, mapping.iterators[source]) if source else ():
            for path in here:
                found.update(value for value in path.iterate(record) if isinstance(value, str | int | float))
    return found


def _has_value(probe: Probe, record: object) -> bool:
    return any(value is not None for value in probe.path.iterate(record))


def _unused(probe: Probe) -> Problem:
    place = probe.reference.place
    return Problem(
        "rml.unused-reference",
        f"the reference {probe.reference.text!r} gives no value in any record",
        "correct the reference, or remove it",
        place.file,
        place.line,
        item=probe.triples_map,
    )


def _never_iterates(triples_map: TriplesMap, source: LogicalSource) -> Problem:
    place = triples_map.iterator_place
    what = f"iterator {source.iterator!r}" if source.iterator else "logical source"
    return Problem(
        "rml.unused-iterator",
        f"the {what} gives no record of {source.path!r}",
        "correct the iterator or the source, or remove the triples map",
        place.file,
        place.line,
        item=triples_map.name,
    )


# Checks before a run


def _prepare(mapping: CompiledMapping, data: Sources) -> list[Problem]:
    """Read all sources; a problem of the mapping names the first triples map with that source."""
    problems: dict[Problem, None] = {}
    done: set[LogicalSource] = set()
    for triples_map in mapping.triples_maps:
        source = triples_map.source
        if source is not None and source not in done:
            done.add(source)
            problems.update(dict.fromkeys(data.prepare(source, triples_map.source_place, triples_map.name)))
    return list(problems)


def _missing_columns(mapping: CompiledMapping, data: Sources) -> list[Problem]:
    problems = []
    for probe in mapping.probes:
        columns = data.columns(probe.source) if probe.source is not None else None
        if columns is not None and probe.reference.text not in columns:
            place = probe.reference.place
            problems.append(
                Problem(
                    "rml.no-column",
                    f"{probe.source.path if probe.source else ''!r} has no column {probe.reference.text!r}",
                    f"use one of {', '.join(columns)}",
                    place.file,
                    place.line,
                    item=probe.triples_map,
                )
            )
    return problems


# Checks of the mapping


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
