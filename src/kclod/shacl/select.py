"""Which focus nodes may fail, and what bears on them: so that pySHACL gets only those nodes and that part of the data.

Shapes are compiled to checks. Only focus nodes that certainly conform are left out. Whatever is not compiled (custom
components, SPARQL that is not simple, recursion, inverse paths of paths, disjoint qualified shapes) leaves its
focus nodes to pySHACL, with the whole data. So the report stays what pySHACL writes over all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from kclod.rdf import Statement, Term
from kclod.shacl.components import (
    COMPONENTS,
    CONFORM,
    Check,
    Constraint,
    Declared,
    Selves,
    Values,
    Verdicts,
    conform_to_all,
)
from kclod.shacl.graph import Graph, Looking, Memory, with_blank_nodes
from kclod.shacl.shapes import Node, Shapes
from kclod.shacl.steps import Path, Read, follow, path_of, reads
from kclod.view import View
from kclod.vocab import SH

_DEEPEST = 20
"""How deep shapes are followed into each other: well below where pySHACL gives up."""
_SILENT = frozenset(
    SH[name]
    for name in (
        *("path", "name", "description", "order", "group", "message", "severity", "defaultValue", "deactivated"),
        *("targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf"),
        *("flags", "ignoredProperties", "qualifiedMinCount", "qualifiedMaxCount", "rule"),
    )
)
"""Terms that constrain nothing by themselves."""
_BOOLEANS = (ox.Literal(True), ox.Literal(False))

Chosen = Mapping[Node, Set[str]]
"""Shape → the focus nodes that pySHACL has to look at."""


@dataclass(frozen=True)
class Choice:
    """What pySHACL has to look at: focus nodes, and the statements that bear on them."""

    focus_nodes: Chosen
    statements: Iterable[Statement]


@dataclass(frozen=True)
class Compiled:
    """A shape as a check, with what it looks at from a focus node; None when that has no bounds."""

    check: Check
    reads: tuple[Read, ...] | None


def choose(shapes: Shapes, focus_nodes: Mapping[Node, Set[str]], data: Memory, whole: Iterable[Statement]) -> Choice:
    """For each shape the focus nodes that do not certainly conform. `whole` is what `data` holds."""
    if data.is_beyond_rdf11 or shapes.has_components:
        return Choice(focus_nodes, whole)
    chosen = may_fail(Compiler(shapes, data), focus_nodes)
    near = neighbourhood(shapes, chosen, data)
    return Choice(chosen, whole if near is None else near)


def may_fail(compiler: Compiler, focus_nodes: Mapping[Node, Set[str]]) -> dict[Node, Set[str]]:
    """For each shape those of the focus nodes that do not certainly conform."""
    found: dict[Node, Set[str]] = {}
    for shape, nodes in focus_nodes.items():
        verdicts = compiler.target(shape).check(nodes) if nodes else CONFORM
        found[shape] = verdicts.fails | verdicts.unknown
    return found


def neighbourhood(shapes: Shapes, chosen: Chosen, view: View) -> set[Statement] | None:
    """The statements that can bear on the chosen focus nodes; None when that may be any."""
    seen: set[Statement] = set()
    compiler = Compiler(shapes, Looking(view, seen))
    for shape, nodes in chosen.items():
        if nodes:
            compiled = compiler.compiled(shape)
            if compiled.reads is None:
                return None
            compiled.check(nodes)
    return with_blank_nodes(view, seen, (node for nodes in chosen.values() for node in nodes))


class Compiler:
    """Compiles shapes to checks; keeps what was compiled, and a shape's verdicts where they are asked for again."""

    def __init__(self, shapes: Shapes, graph: Graph) -> None:
        self._shapes = shapes
        self._graph = graph
        self._compiled: dict[Term, Compiled] = {}
        self._open: list[Term] = []

    @cached_property
    def _shared(self) -> Set[Term]:
        """Shapes that others refer to more than once, or that are for focus nodes of their own as well."""
        seen: set[Term] = set(self._shapes.targeted)
        shared: set[Term] = set()
        for t in self._shapes.triples:
            (shared if t.object in seen else seen).add(t.object)
        return shared

    def target(self, shape: Node) -> Compiled:
        """A shape that is for focus nodes of its own."""
        # The report copies a shape without a name, its sh:targetNode among the rest.
        as_it_is = isinstance(shape, ox.BlankNode) and bool(self._shapes.objects(shape, SH["targetNode"]))
        compiled = self.compiled(shape)
        return Compiled(_nothing_known, compiled.reads) if as_it_is else compiled

    def compiled(self, shape: Term) -> Compiled:
        """The check of a shape. That of one which contains itself, or is nested too deep, knows nothing."""
        if shape in self._open or len(self._open) > _DEEPEST:
            return _UNKNOWN
        if shape not in self._compiled:
            self._open.append(shape)
            compiled = self._compile(shape)
            if shape in self._shared:
                compiled = Compiled(_remembering(compiled.check), compiled.reads)
            self._compiled[shape] = compiled
            self._open.pop()
        return self._compiled[shape]

    def _nested(self, shape: Term) -> tuple[Check, Iterable[Read] | None]:
        compiled = self.compiled(shape)
        return compiled.check, compiled.reads

    def _compile(self, shape: Term) -> Compiled:
        described = self._shapes.by_subject.get(shape)
        off = self._shapes.objects(shape, SH["deactivated"])
        if described is None or any(value not in _BOOLEANS for value in off):
            return _UNKNOWN
        if ox.Literal(True) in off:
            return Compiled(lambda _: CONFORM, ())
        constraints: list[Constraint] = []
        at_focus: list[Read] = []
        at_values: list[Read | None] = []
        for parameter in dict.fromkeys(t.predicate for t in described if t.predicate.value.startswith(SH)):
            if parameter not in _SILENT:
                values = self._shapes.objects(shape, parameter)
                declared = Declared(self._shapes, self._graph, self._nested, shape, values, at_focus, at_values)
                constraint = COMPONENTS[parameter](declared) if parameter in COMPONENTS else None
                if constraint is None:
                    return _UNKNOWN
                constraints.append(constraint)
        bounded = [read for read in at_values if read is not None]
        paths = self._shapes.objects(shape, SH["path"])
        if not paths:
            looked_at = None if len(bounded) < len(at_values) else (*at_focus, *bounded)
            return Compiled(lambda nodes: _verdicts(constraints, Selves(nodes)), looked_at)
        path = path_of(self._shapes, paths[0])
        if path is None:
            return _UNKNOWN
        looked_at = None
        if len(bounded) == len(at_values):
            looked_at = (*at_focus, *reads(path), *(read.after(path) for read in bounded))
        return Compiled(self._along(path, constraints), looked_at)

    def _along(self, path: Path, constraints: list[Constraint]) -> Check:
        ends = follow(path, self._graph)
        return lambda nodes: _verdicts(constraints, Values({node: ends(node) for node in nodes}))


def _verdicts(constraints: list[Constraint], values: Values) -> Verdicts:
    return conform_to_all([constraint(values) for constraint in constraints])


def _nothing_known(nodes: Set[str]) -> Verdicts:
    return Verdicts(unknown=nodes)


_UNKNOWN = Compiled(_nothing_known, None)


def _remembering(check: Check) -> Check:
    known: set[str] = set()
    fails: set[str] = set()
    unknown: set[str] = set()

    def remembered(nodes: Set[str]) -> Verdicts:
        fresh = nodes - known
        if fresh:
            found = check(fresh)
            known.update(fresh)
            fails.update(found.fails)
            unknown.update(found.unknown)
        return Verdicts(nodes & fails, nodes & unknown)

    return remembered
