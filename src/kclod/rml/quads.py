"""Triples maps compiled to closures that add the quads of a record (RML-Core, section 12.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import pyoxigraph as ox

from kclod.rml.cursor import Cursor, JoinIndex, Run, Term, Terms, digest
from kclod.rml.document import name_in_rml
from kclod.rml.model import (
    Expression,
    LogicalSource,
    PredicateObjectMap,
    ReferencingObjectMap,
    TermMap,
    TermType,
    TriplesMap,
)
from kclod.rml.strings import compile_strings
from kclod.rml.terms import Context, TermsOf, compile_term, constant_terms, text_of

Apply = Callable[[object, Cursor], None]
"""Adds the quads of one record to the run of the cursor."""
Graphs = tuple[ox.NamedNode | ox.BlankNode | None, ...]
"""Target graphs; None is the default graph."""
GraphsOf = Callable[[object, Cursor], Graphs]
Key = Callable[[object, Cursor], list[tuple[str, ...]]]

_TYPE = (ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"),)
_DEFAULT: Graphs = (None,)


def context_of(triples_map: TriplesMap) -> Context:
    """What the term maps of a triples map share."""
    return Context(triples_map.name, triples_map.source, triples_map.base_iri)


def compile_triples_map(triples_map: TriplesMap, all_maps: Mapping[str, TriplesMap]) -> Apply:
    """The closure of a triples map; `all_maps` holds, by key, those that it may refer to. PathError when invalid."""
    context = context_of(triples_map)
    subject = compile_term(triples_map.subject, context, "subject")
    subject_graphs = _graphs(triples_map.graphs, context)
    rules = tuple(
        _rule(rule, number, triples_map, all_maps) for number, rule in enumerate(triples_map.predicate_objects)
    )
    classes = triples_map.classes
    add = _add_scoped if _may_be_blank(triples_map, all_maps) else _add
    own_graphs = subject_graphs is not None

    def apply(record: object, cursor: Cursor) -> None:
        subjects = subject(record, cursor)
        if not subjects:
            return
        quads = cursor.run.quads
        _note_origins(subjects, cursor)
        graphs = _DEFAULT
        if subject_graphs is not None:
            graphs = subject_graphs(record, cursor)
            _note_origins(graphs, cursor)
        if classes:
            add(quads, subjects, _TYPE, classes, graphs)
        for objects_of, constant_predicates, predicates_of, graphs_of in rules:
            objects = objects_of(record, cursor)
            if not objects:
                continue
            targets = graphs
            if graphs_of is not None:
                targets = graphs_of(record, cursor)
                _note_origins(targets, cursor)
                if own_graphs:
                    targets = tuple(dict.fromkeys((*graphs, *targets)))
            add(quads, subjects, constant_predicates or predicates_of(record, cursor), objects, targets)

    return apply


def _rule(
    rule: PredicateObjectMap, number: int, triples_map: TriplesMap, all_maps: Mapping[str, TriplesMap]
) -> tuple[TermsOf, Terms | None, TermsOf, GraphsOf | None]:
    """Closures for objects, predicates (before them those that are constant) and the rule's own graphs."""
    context = context_of(triples_map)
    return (
        _union([_object(o, triples_map, all_maps, f"object {number}.{i}") for i, o in enumerate(rule.objects)]),
        constant_terms(rule.predicates),
        _union([compile_term(p, context, f"predicate {number}.{i}") for i, p in enumerate(rule.predicates)]),
        _graphs(rule.graphs, context),
    )


def _note_origins(terms: Terms | Graphs, cursor: Cursor) -> None:
    origins = cursor.run.origins
    for term in terms:
        if isinstance(term, ox.NamedNode) and term.value not in origins:
            origins[term.value] = cursor.origin()


# Adding quads. What may be subject, predicate, object and graph was settled when the mapping was read.


def _add(quads: list[ox.Quad], subjects: Any, predicates: Any, objects: Any, graphs: Any) -> None:
    if graphs is _DEFAULT:  # naming it would cost as much again as making the quad
        quads.extend([ox.Quad(s, p, o) for s in subjects for p in predicates for o in objects])
    else:
        quads.extend([_quad(s, p, o, g) for s in subjects for p in predicates for o in objects for g in graphs])


def _quad(subject: Any, predicate: Any, value: Any, graph: Any) -> ox.Quad:
    return ox.Quad(subject, predicate, value) if graph is None else ox.Quad(subject, predicate, value, graph)


def _add_scoped(quads: list[ox.Quad], subjects: Any, predicates: Any, objects: Any, graphs: Any) -> None:
    """As `_add`, but a blank node belongs to one graph (RML-Core, section 10.1)."""
    for graph in graphs:
        if graph is None:
            _add(quads, subjects, predicates, objects, _DEFAULT)
        else:
            suffix = digest(str(graph))
            _add(quads, _in_graph(subjects, suffix), predicates, _in_graph(objects, suffix), (graph,))


def _in_graph(terms: Terms, suffix: str) -> Terms:
    return tuple([ox.BlankNode(f"{t.value}-{suffix}") if isinstance(t, ox.BlankNode) else t for t in terms])


def _may_be_blank(triples_map: TriplesMap, all_maps: Mapping[str, TriplesMap]) -> bool:
    maps: list[TermMap] = [triples_map.subject]
    for rule in triples_map.predicate_objects:
        maps += [all_maps[o.parent].subject if isinstance(o, ReferencingObjectMap) else o for o in rule.objects]
    return any(m.term_type is TermType.BLANK_NODE for m in maps)


# Graphs


def _graphs(maps: Sequence[TermMap], context: Context) -> GraphsOf | None:
    """The graphs that graph maps give; None when there are no graph maps."""
    if not maps:
        return None
    terms_of = _union([compile_term(m, context, f"graph {i}") for i, m in enumerate(maps)])

    def graphs(record: object, cursor: Cursor) -> Graphs:
        return tuple(dict.fromkeys([_graph(term) for term in terms_of(record, cursor)]))

    return graphs


def _graph(term: Term) -> ox.NamedNode | ox.BlankNode | None:
    if isinstance(term, ox.NamedNode) and name_in_rml(term.value) == "defaultGraph":
        return None
    return None if isinstance(term, ox.Literal) else term  # never a literal: that is no term type of a graph map


# Objects and joins


def _union(parts: Sequence[TermsOf]) -> TermsOf:
    if len(parts) == 1:
        return parts[0]

    def terms(record: object, cursor: Cursor) -> Terms:
        return tuple([term for part in parts for term in part(record, cursor)])

    return terms


def _object(
    value: TermMap | ReferencingObjectMap, triples_map: TriplesMap, all_maps: Mapping[str, TriplesMap], role: str
) -> TermsOf:
    if isinstance(value, TermMap):
        return compile_term(value, context_of(triples_map), role)
    parent = all_maps[value.parent]
    parent_subject = compile_term(parent.subject, context_of(parent), "subject")
    if not value.joins:
        return parent_subject  # the same iteration of an effectively equal source
    child_key = _key([join.child for join in value.joins], context_of(triples_map))
    side = _ParentSide(parent.source, _key([join.parent for join in value.joins], context_of(parent)), parent_subject)

    def joined(record: object, cursor: Cursor) -> Terms:
        index = side.index(cursor.run)
        found = [terms for key in child_key(record, cursor) for terms in index.get(key, ())]
        return found[0] if len(found) == 1 else tuple(dict.fromkeys([term for terms in found for term in terms]))

    return joined


@dataclass(frozen=True, eq=False)
class _ParentSide:
    """The parent's side of a join: its subjects by their keys, looked up in a table made once for a run."""

    source: LogicalSource | None
    key: Key
    subject: TermsOf

    def index(self, run: Run) -> JoinIndex:
        index = run.join_indexes.get(self)
        if index is None:
            index = run.join_indexes[self] = {}
            cursor = Cursor(run, self.source.path if self.source else "")
            for number, record in enumerate(run.open(self.source)):
                cursor.move(number, record)
                keys = self.key(record, cursor)
                subjects = self.subject(record, cursor) if keys else ()
                if subjects:
                    for key in keys:
                        index.setdefault(key, []).append(subjects)
        return index


def _key(expressions: Sequence[Expression], context: Context) -> Key:
    """The values of all conditions of a join; of several values of one condition, each may match (9.2)."""
    parts = [(compile_strings(e, context.source), text_of(e)) for e in expressions]
    name = context.name

    def keys(record: object, cursor: Cursor) -> list[tuple[str, ...]]:
        columns = [
            strings.many(record, lambda value, reason, text=text: cursor.reject(name, text, value, reason))  # type: ignore[misc]  # a default in a lambda
            for strings, text in parts
        ]
        return list(dict.fromkeys(product(*columns)))

    return keys
