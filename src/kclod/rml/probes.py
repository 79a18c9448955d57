"""Every reference of a mapping with the source that it is evaluated on, for checks over the data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kclod.rml.jsonpath import Path
from kclod.rml.model import (
    Expression,
    LogicalSource,
    Reference,
    ReferencingObjectMap,
    Template,
    TermMap,
    TriplesMap,
)
from kclod.rml.strings import compile_reference


@dataclass(frozen=True, slots=True)
class Probe:
    """A reference, where it is evaluated, and the triples map that has it."""

    reference: Reference
    path: Path
    source: LogicalSource | None
    triples_map: str


def references(
    triples_map: TriplesMap, all_maps: Mapping[str, TriplesMap]
) -> Iterator[tuple[Reference, LogicalSource | None]]:
    """The references of a triples map with the source of each: the parent's for the parent's side of a join."""
    own = triples_map.source
    term_maps: list[TermMap] = [triples_map.subject, *triples_map.graphs]
    for rule in triples_map.predicate_objects:
        term_maps += [*rule.predicates, *rule.graphs]
        for value in rule.objects:
            if isinstance(value, TermMap):
                term_maps.append(value)
            else:
                yield from _of_joins(value, own, all_maps)
    for term_map in term_maps:
        for reference in _of_term_map(term_map):
            yield reference, own


def _of_joins(
    value: ReferencingObjectMap, own: LogicalSource | None, all_maps: Mapping[str, TriplesMap]
) -> Iterator[tuple[Reference, LogicalSource | None]]:
    parent = all_maps.get(value.parent)
    for join in value.joins:
        yield from ((reference, own) for reference in _of(join.child))
        if parent is not None:
            yield from ((reference, parent.source) for reference in _of(join.parent))


def _of_term_map(term_map: TermMap) -> Iterator[Reference]:
    yield from _of(term_map.expression)
    yield from _of(term_map.language)
    if term_map.datatype is not None:
        yield from _of_term_map(term_map.datatype)


def _of(expression: Expression | None) -> Iterable[Reference]:
    if isinstance(expression, Reference):
        return (expression,)
    return expression.references if isinstance(expression, Template) else ()


def probes(triples_maps: Iterable[TriplesMap], all_maps: Mapping[str, TriplesMap]) -> list[Probe]:
    """The probes of all triples maps, each reference of one once. PathError when a reference is not valid."""
    found: dict[tuple[str, str, LogicalSource | None], Probe] = {}
    for triples_map in triples_maps:
        for reference, source in references(triples_map, all_maps):
            key = (triples_map.key, reference.text, source)
            if key not in found:
                found[key] = Probe(reference, compile_reference(reference, source), source, triples_map.name)
    return list(found.values())
