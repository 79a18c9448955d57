"""Which focus nodes may fail: shapes compiled to checks over indexes, so that pySHACL looks at those nodes only.

Only focus nodes that certainly conform are left out. Whatever is not compiled (custom components, SPARQL
that is not simple, recursion, inverse paths of paths, disjoint qualified shapes) leaves its focus nodes to pySHACL. So
the report stays what pySHACL writes over all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.shacl import engine
from kclod.shacl.components import COMPONENTS, Check, Constraint, Declared, Verdict, conforms_to_all
from kclod.shacl.graph import Index
from kclod.shacl.shapes import Node, Shapes
from kclod.shacl.steps import Step, compile_path
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


def may_fail(
    shapes: Shapes, focus_nodes: Mapping[Node, Collection[Term]], triples: Iterable[ox.Triple]
) -> dict[Node, frozenset[Term]]:
    """For each shape the focus nodes that pySHACL has to look at: all that do not certainly conform.

    `triples` is all that pySHACL would read as data.
    """
    index = Index(triples)
    # A custom component can apply to any shape; for rdflib neither a triple nor a literal's direction is a term.
    if index.is_beyond_rdf11 or any(t.object == SH["ConstraintComponent"] for t in shapes.triples):
        return {shape: frozenset(nodes) for shape, nodes in focus_nodes.items()}
    compiler = _Compiler(shapes, index)
    found: dict[Node, frozenset[Term]] = {}
    with engine.configured():
        for shape, nodes in focus_nodes.items():
            # The report copies a shape without a name, its sh:targetNode among the rest.
            as_it_is = isinstance(shape, ox.BlankNode) and bool(shapes.objects(shape, SH["targetNode"]))
            check = _unknown if as_it_is else compiler.check_of(shape)
            found[shape] = frozenset(node for node in nodes if check(node) is not True)
    return found


class _Compiler:
    """Compiles shapes to checks; keeps what was compiled, and each shape's verdict on each node."""

    def __init__(self, shapes: Shapes, index: Index) -> None:
        self._shapes = shapes
        self._index = index
        self._checks: dict[Term, Check] = {}
        self._open: list[Term] = []

    def check_of(self, shape: Term) -> Check:
        """The check of a shape. That of one which contains itself, or is nested too deep, knows nothing."""
        if shape in self._open or len(self._open) > _DEEPEST:
            return _unknown
        if shape not in self._checks:
            self._open.append(shape)
            self._checks[shape] = _remembering(self._compile(shape))
            self._open.pop()
        return self._checks[shape]

    def _compile(self, shape: Term) -> Check:
        described = self._shapes.by_subject.get(shape)
        off = self._shapes.objects(shape, SH["deactivated"])
        if described is None or any(value not in _BOOLEANS for value in off):
            return _unknown
        if ox.Literal(True) in off:
            return lambda _: True
        constraints: list[Constraint] = []
        for parameter in dict.fromkeys(t.predicate for t in described if t.predicate.value.startswith(SH)):
            if parameter not in _SILENT:
                constraint = self._constraint(shape, parameter)
                if constraint is None:
                    return _unknown
                constraints.append(constraint)
        paths = self._shapes.objects(shape, SH["path"])
        if not paths:
            return lambda focus: conforms_to_all(constraint(focus, (focus,)) for constraint in constraints)
        step = compile_path(self._shapes, paths[0], self._index)
        return _unknown if step is None else _along(step, constraints)

    def _constraint(self, shape: Term, parameter: ox.NamedNode) -> Constraint | None:
        compiled = COMPONENTS.get(parameter)
        values = self._shapes.objects(shape, parameter)
        return compiled and compiled(Declared(self._shapes, self._index, self.check_of, shape, values))


def _unknown(_: Term) -> Verdict:
    return None


def _along(step: Step, constraints: list[Constraint]) -> Check:
    def check(focus: Term) -> Verdict:
        nodes = step(focus)
        return conforms_to_all(constraint(focus, nodes) for constraint in constraints)

    return check


def _remembering(check: Check) -> Check:
    known: dict[Term, Verdict] = {}

    def remembered(node: Term) -> Verdict:
        if node not in known:
            known[node] = check(node)
        return known[node]

    return remembered
