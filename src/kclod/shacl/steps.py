"""Property paths compiled to functions from a focus node to its value nodes (SHACL, section 2.3.1)."""

from __future__ import annotations

from collections.abc import Callable, Collection

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.shacl.graph import Index
from kclod.shacl.paths import list_items
from kclod.shacl.shapes import Shapes
from kclod.vocab import RDF, SH

Step = Callable[[Term], Collection[Term]]
"""From a focus node to its distinct value nodes."""

_DEEPEST = 8
"""How many levels a path may have, counting a sequence's items as pySHACL does; at ten it gives up."""


def compile_path(shapes: Shapes, path: Term, index: Index, depth: int = 0) -> Step | None:
    """The step along a well-formed path; None for one that is not compiled: too deep, or the inverse of another path.

    pySHACL does not turn the order of an inverse sequence, so its answer is not that of SHACL.
    """
    if depth > _DEEPEST:
        return None
    if isinstance(path, ox.NamedNode):
        objects = index.objects(path)
        return lambda focus: objects.get(focus, ())
    if shapes.objects(path, RDF["first"]):
        return _sequence(shapes, path, index, depth)
    for operator, compiled in _OPERATORS.items():
        for value in shapes.objects(path, SH[operator]):
            return compiled(shapes, value, index, depth + 1)
    return None


def _parts(shapes: Shapes, head: Term, index: Index, depth: int) -> list[Step] | None:
    items = list_items(shapes, head) or []
    steps = [compile_path(shapes, item, index, depth + number + 1) for number, item in enumerate(items)]
    known = [step for step in steps if step is not None]
    return known if known and len(known) == len(items) else None


def _sequence(shapes: Shapes, head: Term, index: Index, depth: int) -> Step | None:
    steps = _parts(shapes, head, index, depth)
    if steps is None:
        return None

    def along(focus: Term) -> Collection[Term]:
        nodes: Collection[Term] = (focus,)
        for step in steps:
            nodes = {further for node in nodes for further in step(node)}
        return nodes

    return along


def _alternative(shapes: Shapes, head: Term, index: Index, depth: int) -> Step | None:
    steps = _parts(shapes, head, index, depth)
    return None if steps is None else lambda focus: {node for step in steps for node in step(focus)}


def _inverse(_: Shapes, path: Term, index: Index, __: int) -> Step | None:
    if not isinstance(path, ox.NamedNode):
        return None
    subjects = index.subjects(path)
    return lambda focus: subjects.get(focus, ())


def _zero_or_one(shapes: Shapes, path: Term, index: Index, depth: int) -> Step | None:
    step = compile_path(shapes, path, index, depth)
    return None if step is None else lambda focus: {focus, *step(focus)}


def _one_or_more(shapes: Shapes, path: Term, index: Index, depth: int) -> Step | None:
    step = compile_path(shapes, path, index, depth)
    return None if step is None else lambda focus: _closure(step, step(focus))


def _zero_or_more(shapes: Shapes, path: Term, index: Index, depth: int) -> Step | None:
    step = compile_path(shapes, path, index, depth)
    return None if step is None else lambda focus: _closure(step, (focus,))


def _closure(step: Step, start: Collection[Term]) -> set[Term]:
    found, waiting = set(start), list(start)
    while waiting:
        fresh = set(step(waiting.pop())) - found
        found |= fresh
        waiting.extend(fresh)
    return found


_OPERATORS: dict[str, Callable[[Shapes, Term, Index, int], Step | None]] = {
    "inversePath": _inverse,
    "alternativePath": _alternative,
    "zeroOrMorePath": _zero_or_more,
    "oneOrMorePath": _one_or_more,
    "zeroOrOnePath": _zero_or_one,
}
