"""Property paths of shapes: whether they are well-formed (SHACL, section 2.3.1), and as SPARQL writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.shacl.shapes import Shapes
from kclod.vocab import RDF, SH

_PATH_OPERATORS = tuple(
    SH[f"{name}Path"] for name in ("alternative", "inverse", "zeroOrMore", "oneOrMore", "zeroOrOne")
)


def list_items(shapes: Shapes, head: Term) -> list[Term] | None:
    """The members of an RDF list; None when it is ill-formed (more than one rest, a circle, no end)."""
    items: list[Term] = []
    seen: set[Term] = set()
    while head != RDF["nil"]:
        if isinstance(head, ox.Literal) or head in seen:
            return None
        seen.add(head)
        first, rest = shapes.objects(head, RDF["first"]), shapes.objects(head, RDF["rest"])
        if len(first) != 1 or len(rest) != 1:
            return None
        items.append(first[0])
        head = rest[0]
    return items


def path_fault(shapes: Shapes, path: Term, above: tuple[Term, ...] = ()) -> str | None:
    """What is wrong with a property path (section 2.3.1); None when it is well-formed.

    `above` holds the paths that this one is part of.
    """
    if isinstance(path, ox.NamedNode):
        return None
    if isinstance(path, ox.Literal):
        return f"{path} is a literal"
    if path in above:
        return "it contains itself"
    if shapes.objects(
        path, RDF["first"]
    ):  # a list is a sequence, whatever else is said of it (W3C case path-strange-001)
        return _sequence_fault(shapes, path, (*above, path))
    operators = [p for p in _PATH_OPERATORS if shapes.objects(path, p)]
    if len(operators) != 1:
        names = ", ".join(f"sh:{p.value[len(SH) :]}" for p in _PATH_OPERATORS)
        return f"a blank node must be a list or have one of {names}"
    values = shapes.objects(path, operators[0])
    if len(values) != 1:
        return f"sh:{operators[0].value[len(SH) :]} has {len(values)} values"
    if operators[0] == SH["alternativePath"]:
        return _sequence_fault(shapes, values[0], (*above, path))
    return path_fault(shapes, values[0], (*above, path))


def _sequence_fault(shapes: Shapes, head: Term, above: tuple[Term, ...]) -> str | None:
    items = list_items(shapes, head)
    if items is None or len(items) < 2:
        return "a sequence or an alternative is a list of two paths or more"
    return next((fault for item in items if (fault := path_fault(shapes, item, above))), None)


def path_text(shapes: Shapes, path: Term) -> str:
    """An IRI as it is; another (well-formed) path as a SPARQL 1.1 property path (section 9.1)."""
    return path.value if isinstance(path, ox.NamedNode) else _sparql(shapes, path)


def _sparql(shapes: Shapes, path: Term) -> str:
    if not isinstance(path, ox.BlankNode):
        return str(path)
    if shapes.objects(path, RDF["first"]):
        return _joined(shapes, path, "/")
    for operator, write in _WRITTEN.items():
        for value in shapes.objects(path, SH[operator]):
            return write(shapes, value)
    return str(path)


def _joined(shapes: Shapes, head: Term, operator: str) -> str:
    return "(" + operator.join(_sparql(shapes, item) for item in list_items(shapes, head) or ()) + ")"


_WRITTEN: Mapping[str, Callable[[Shapes, Term], str]] = {
    "inversePath": lambda shapes, value: "^" + _sparql(shapes, value),
    "alternativePath": lambda shapes, value: _joined(shapes, value, "|"),
    "zeroOrMorePath": lambda shapes, value: _sparql(shapes, value) + "*",
    "oneOrMorePath": lambda shapes, value: _sparql(shapes, value) + "+",
    "zeroOrOnePath": lambda shapes, value: _sparql(shapes, value) + "?",
}
