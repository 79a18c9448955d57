"""Shapes files: read, addressed by file and line, and their targets found (SHACL, sections 2 and 3.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar, cast

import pyoxigraph as ox

from kclod import rdf
from kclod.errors import Problem, RefusedError
from kclod.lines import Lines
from kclod.rdf import Statement, Term
from kclod.vocab import OWL, RDF, RDFS, SH

_T = TypeVar("_T")
_K = TypeVar("_K")
_V = TypeVar("_V")
Node = ox.NamedNode | ox.BlankNode | ox.Triple  # as pyoxigraph's types have subjects; a triple is never one

_TARGETS = tuple(SH[f"target{kind}"] for kind in ("Node", "Class", "SubjectsOf", "ObjectsOf"))
_REFERENCES = tuple(SH[name] for name in ("node", "not", "property", "qualifiedValueShape"))
_SHAPE_TYPES = (SH["NodeShape"], SH["PropertyShape"])


@dataclass(frozen=True)
class Source:
    """A shapes file: its path and text."""

    path: Path
    text: str

    @cached_property
    def lines(self) -> Lines:
        """Where in the text things are named."""
        return Lines(self.text, self.path.resolve().as_uri())

    def line_of(self, named: Sequence[ox.NamedNode], values: Iterable[Term]) -> int | None:
        """The line of the first of the values found after the last of the named; else of what was found last."""
        line = self.lines.of_subject(named[0].value) if named else None
        for node in named[1:]:
            line = self._after(node, line) or line
        return next((found for value in values if (found := self._after(value, line))), line)

    def _after(self, term: Term, line: int | None) -> int | None:
        found = None
        if isinstance(term, ox.NamedNode):
            found = self.lines.of_iri(term.value, line)
        elif isinstance(term, ox.Literal):
            found = self.lines.of_string(term.value, line)
        return found if found is not None and found >= (line or 0) else None


@dataclass(frozen=True)
class Shapes:
    """The merged shapes graph. Blank nodes are labelled `s<file>n<number>`, the same in every run."""

    triples: tuple[ox.Triple, ...]
    sources: tuple[Source, ...]
    origin: Mapping[Term, int] = field(repr=False)
    """Subject → the number of the (first) file that describes it."""

    @cached_property
    def by_subject(self) -> Mapping[Term, tuple[ox.Triple, ...]]:
        """Subject → its triples."""
        pairs: Iterable[tuple[Term, ox.Triple]] = ((t.subject, t) for t in self.triples)
        return grouped(pairs)

    @cached_property
    def _parent(self) -> Mapping[Term, Term]:
        return {t.object: t.subject for t in reversed(self.triples) if isinstance(t.object, ox.BlankNode)}

    def objects(self, subject: Term, predicate: ox.NamedNode) -> list[Term]:
        """The objects of a subject's triples with one predicate."""
        return [t.object for t in self.by_subject.get(subject, ()) if t.predicate == predicate]

    def owner(self, node: Term) -> Term:
        """The named node that a blank node is part of; the node itself when it has a name, or none contains it."""
        seen = {node}
        while isinstance(node, ox.BlankNode) and (parent := self._parent.get(node)) is not None and parent not in seen:
            node = parent
            seen.add(node)
        return node

    def place(self, node: Term, *values: Term) -> tuple[str | None, int | None]:
        """File and line (from 1) of the first of the values found in a shape, or of the shape; None if unknown."""
        chain = [node]
        while isinstance(chain[-1], ox.BlankNode):
            parent = self._parent.get(chain[-1])
            if parent is None or parent in chain:
                break
            chain.append(parent)
        number = next((self.origin[n] for n in chain if n in self.origin), None)
        if number is None:
            return None, None
        source = self.sources[number]
        named = [p for n in reversed(chain) for p in (n, *self.objects(n, SH["path"])) if isinstance(p, ox.NamedNode)]
        return str(source.path), source.line_of(named, values)

    @cached_property
    def all_shapes(self) -> tuple[Node, ...]:
        """Every node that is typed, targeted or referred to as a shape; ordered."""
        found = {t.subject for t in self.triples if t.predicate == RDF["type"] and t.object in _SHAPE_TYPES}
        found.update(
            t.object for t in self.triples if t.predicate in _REFERENCES and not isinstance(t.object, ox.Literal)
        )
        return tuple(sorted(found | set(self.targeted), key=str))

    @cached_property
    def set_of_all(self) -> frozenset[Node]:
        """The same as a set."""
        return frozenset(self.all_shapes)

    @cached_property
    def targeted(self) -> tuple[Node, ...]:
        """The shapes that say which nodes they are for, and are not deactivated; ordered."""
        off = {t.subject for t in self.triples if t.predicate == SH["deactivated"] and t.object == ox.Literal(True)}
        found = {t.subject for t in self.triples if t.predicate in _TARGETS}
        return tuple(sorted((found | self.implicit_classes) - off, key=str))

    @cached_property
    def implicit_classes(self) -> frozenset[Node]:
        """Shapes that are classes as well, and so are for their own instances (section 2.1.3.3)."""
        below = subclasses(self.triples)
        classes = {RDFS["Class"], OWL["Class"], *below(RDFS["Class"])}
        typed: dict[Node, set[Term]] = defaultdict(set)
        for t in self.triples:
            if t.predicate == RDF["type"]:
                typed[t.subject].add(t.object)
        return frozenset(
            node
            for node, types in typed.items()
            if isinstance(node, ox.NamedNode) and types & classes and self._is_shape(node, types)
        )

    def _is_shape(self, node: Node, types: set[Term]) -> bool:
        return bool(types & set(_SHAPE_TYPES)) or any(
            t.predicate.value.startswith(SH) and t.predicate != SH["declare"] for t in self.by_subject[node]
        )

    @cached_property
    def _imported_prefixes(self) -> list[ox.Triple]:
        """Declarations of a value of sh:prefixes by owl:imports (section 5.2.1), which pySHACL does not follow."""

        def imports(one: Term) -> list[Term]:
            return self.objects(one, OWL["imports"])

        found: list[ox.Triple] = []
        for node in dict.fromkeys(t.object for t in self.triples if t.predicate == SH["prefixes"]):
            if not isinstance(node, ox.Literal):
                imported = reached(cast("Term", node), imports) - {node}
                declared = (value for one in imported for value in self.objects(one, SH["declare"]))
                found.extend(ox.Triple(node, SH["declare"], value) for value in declared)
        return found

    @cached_property
    def has_components(self) -> bool:
        """Whether there are custom constraint components, which can apply to any shape."""
        return any(t.object == SH["ConstraintComponent"] for t in self.triples)

    def with_focus_nodes(
        self, focus_nodes: Mapping[Node, Iterable[str]], *, without: Set[ox.Triple] = frozenset()
    ) -> Iterator[Statement]:
        """The shapes with their targets replaced by the given nodes, each named as a `sh:targetNode`."""
        for t in self.triples:
            if t in without:
                continue
            is_class_type = t.predicate == RDF["type"] and t.subject in self.implicit_classes
            if t.predicate not in _TARGETS and not (is_class_type and t.object not in _SHAPE_TYPES):
                yield str(t)
        yield from map(str, self._imported_prefixes)
        for shape, nodes in focus_nodes.items():
            yield from (f"{shape} {_TARGETS[0]} {node}" for node in nodes)


def read_shapes(files: Sequence[Path]) -> Shapes:
    """Read and merge shapes files. RefusedError for bad syntax (all files), UsageError for a file that is not there."""
    problems: list[Problem] = []
    triples: list[ox.Triple] = []
    sources: list[Source] = []
    origin: dict[Term, int] = {}
    for number, path in enumerate(files):
        try:
            quads = rdf.read(path)
        except RefusedError as error:
            problems.extend(error.problems)
            continue
        text = path.read_text("utf-8", "replace")
        sources.append(Source(path, text))
        merged = rdf.in_graph(rdf.triples_of(quads), rdf.DEFAULT_GRAPH)
        found = [quad.triple for quad in relabelled(merged, f"s{number}n")]
        triples.extend(found)
        for triple in found:
            origin.setdefault(triple.subject, len(sources) - 1)
    if problems:
        raise RefusedError(problems)
    return Shapes(tuple(triples), tuple(sources), origin)


def relabelled(quads: Iterable[ox.Quad], prefix: str) -> list[ox.Quad]:
    """The quads in a stable order, their blank nodes labelled by RDFC-1.0 after a prefix that replaces `c14n`."""
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)

    def named(term: _T) -> _T | ox.BlankNode:
        return ox.BlankNode(term.value.replace("c14n", prefix, 1)) if isinstance(term, ox.BlankNode) else term

    renamed = (ox.Quad(named(q.subject), q.predicate, named(q.object), q.graph_name) for q in dataset)
    return sorted(renamed, key=rdf.sort_key)


def subclasses(triples: Iterable[ox.Triple]) -> Callable[[Term], set[Term]]:
    """A function from a class to itself and all classes below it by rdfs:subClassOf."""
    lower = grouped((t.object, t.subject) for t in triples if t.predicate == RDFS["subClassOf"])

    return lambda top: reached(top, lambda one: lower.get(one, ()))


def reached(start: _K, step: Callable[[_K], Iterable[_K]]) -> set[_K]:
    """A thing and all that steps lead to from it."""
    found, waiting = {start}, [start]
    while waiting:
        fresh = set(step(waiting.pop())) - found
        found |= fresh
        waiting.extend(fresh)
    return found


def grouped(pairs: Iterable[tuple[_K, _V]]) -> dict[_K, tuple[_V, ...]]:
    """Key → its values, in the order given."""
    lists: dict[_K, list[_V]] = {}
    for key, value in pairs:
        lists.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in lists.items()}
