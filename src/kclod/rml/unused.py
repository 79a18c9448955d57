"""Which expressions of a mapping give no value in any record, and which values any of them reads."""

from __future__ import annotations

from collections.abc import Iterator

from kclod.errors import Problem, RefusedError
from kclod.rml.compile import CompiledMapping
from kclod.rml.model import LogicalSource, TriplesMap
from kclod.rml.probes import Probe
from kclod.rml.running import find_sources
from kclod.rml.sources import Given, Sources


def unused_expressions(mapping: CompiledMapping, *, sources: Given) -> list[Problem]:
    """The references and iterators that give no value in any record of `sources`, as problems of the mapping.

    Over records in which all is filled in, these are the ones that no record can satisfy. Of a triples map whose
    iterator gives nothing, only the iterator is named. A source that is missing or cannot be read is a problem too.
    """
    data = Sources(sources)
    problems = find_sources(mapping, data)
    for source in mapping.iterators:
        if source is None or data.is_broken(source):
            continue
        waiting = [probe for probe in mapping.probes if probe.source == source]
        empty = True
        for record in _named(data, source, mapping):
            empty = False
            waiting = [probe for probe in waiting if not _has_value(probe, record)]
            if not waiting:
                break
        if empty:
            problems += [_never_iterates(t, source) for t in mapping.triples_maps if t.source == source]
        else:
            problems += [_unused(probe) for probe in waiting]
    return problems + list(data.problems)


def values_read(mapping: CompiledMapping, *, sources: Given) -> set[object]:
    """The values (text, numbers, truth values) that any reference reads in any record of `sources`."""
    data = Sources(sources)
    problems = find_sources(mapping, data)
    if problems:
        raise RefusedError(problems)
    found: set[object] = set()
    for source in mapping.iterators:
        here = [probe.path for probe in mapping.probes if probe.source == source]
        for record in _named(data, source, mapping) if source else ():
            for path in here:
                found.update(value for value in path.iterate(record) if isinstance(value, str | int | float))
    return found


def _named(data: Sources, source: LogicalSource, mapping: CompiledMapping) -> Iterator[object]:
    """The iterations of a source, rows of cells as values by column name."""
    columns = data.columns(source)
    records = data.iterate(source, mapping.iterators[source])
    if columns is None:
        return records
    return (dict(zip(columns, record, strict=True)) for record in records if isinstance(record, list))


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
