"""Property paths as values: read from shapes, turned round, followed, and what they look at (SHACL, section 2.3.1)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import reduce

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.shacl.graph import Ends, Graph
from kclod.shacl.paths import list_items
from kclod.shacl.shapes import Shapes
from kclod.vocab import RDF, SH

_DEEPEST = 8
"""How many levels a path may have, counting a sequence's items as pySHACL does; at ten it gives up."""


@dataclass(frozen=True, slots=True)
class Link:
    """The path of one predicate, forward or back."""

    predicate: str
    back: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """One path after another."""

    parts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One path or another."""

    parts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A path any number of times, or at least, or at most once."""

    path: Path
    may_stay: bool
    may_repeat: bool


Path = Link | Sequence | Alternative | Repeated


@dataclass(frozen=True, slots=True)
class Read:
    """That statements of a predicate (of any, when it is None) are looked at, at the nodes to which a path leads.

    `back`: the node is their object, else their subject. `below`: only those matter whose object is this class or a
    class below it.
    """

    way: tuple[Path, ...]
    predicate: str | None
    back: bool = False
    below: str | None = None

    def after(self, path: Path) -> Read:
        """The same, seen from where `path` begins."""
        return Read((path, *self.way), self.predicate, self.back, self.below)


def path_of(shapes: Shapes, path: Term, depth: int = 0) -> Path | None:
    """A well-formed path of a shape; None for one that is not followed here: too deep, or the inverse of another path.

    pySHACL does not turn the order of an inverse sequence, so its answer is not that of SHACL.
    """
    if depth > _DEEPEST:
        return None
    if isinstance(path, ox.NamedNode):
        return Link(str(path))
    if shapes.objects(path, RDF["first"]):
        parts = _parts(shapes, path, depth)
        return Sequence(parts) if parts else None
    for operator, read in _OPERATORS.items():
        for value in shapes.objects(path, SH[operator]):
            return read(shapes, value, depth + 1)
    return None


def _parts(shapes: Shapes, head: Term, depth: int) -> tuple[Path, ...] | None:
    items = list_items(shapes, head) or []
    paths = [path_of(shapes, item, depth + number + 1) for number, item in enumerate(items)]
    known = tuple(path for path in paths if path is not None)
    return known if known and len(known) == len(items) else None


def _alternative(shapes: Shapes, head: Term, depth: int) -> Path | None:
    parts = _parts(shapes, head, depth)
    return Alternative(parts) if parts else None


def _inverse(_: Shapes, path: Term, __: int) -> Path | None:
    return Link(str(path), back=True) if isinstance(path, ox.NamedNode) else None


def _repeated(*, may_stay: bool, may_repeat: bool) -> Callable[[Shapes, Term, int], Path | None]:
    def read(shapes: Shapes, path: Term, depth: int) -> Path | None:
        inner = path_of(shapes, path, depth)
        return Repeated(inner, may_stay, may_repeat) if inner else None

    return read


_OPERATORS: dict[str, Callable[[Shapes, Term, int], Path | None]] = {
    "inversePath": _inverse,
    "alternativePath": _alternative,
    "zeroOrMorePath": _repeated(may_stay=True, may_repeat=True),
    "oneOrMorePath": _repeated(may_stay=False, may_repeat=True),
    "zeroOrOnePath": _repeated(may_stay=True, may_repeat=False),
}


def turned(path: Path) -> Path:
    """The path that leads back."""
    match path:
        case Link():
            return Link(path.predicate, not path.back)
        case Sequence():
            return Sequence(tuple(turned(part) for part in reversed(path.parts)))
        case Alternative():
            return Alternative(tuple(map(turned, path.parts)))
        case Repeated():
            return Repeated(turned(path.path), path.may_stay, path.may_repeat)


def follow(path: Path, graph: Graph) -> Ends:
    """From a node to the distinct nodes at the path's end."""
    match path:
        case Link():
            return graph.subjects_of(path.predicate) if path.back else graph.objects_of(path.predicate)
        case Sequence():
            return reduce(_then, (follow(part, graph) for part in path.parts))
        case Alternative():
            steps = [follow(part, graph) for part in path.parts]
            return lambda node: {end for step in steps for end in step(node)}
        case Repeated():
            step = follow(path.path, graph)
            if not path.may_repeat:
                return lambda node: {node, *step(node)}
            return lambda node: _closure(step, (node,) if path.may_stay else step(node))


def _then(first: Ends, second: Ends) -> Ends:
    def along(node: str) -> Collection[str]:
        middle = first(node)
        if len(middle) == 1:
            [only] = middle
            return second(only)
        return {end for one in middle for end in second(one)}

    return along


def _closure(step: Ends, start: Collection[str]) -> set[str]:
    found, waiting = set(start), list(start)
    while waiting:
        fresh = set(step(waiting.pop())) - found
        found |= fresh
        waiting.extend(fresh)
    return found


def reads(path: Path) -> Iterator[Read]:
    """What following a path looks at."""
    match path:
        case Link():
            yield Read((), path.predicate, path.back)
        case Sequence():
            for number, part in enumerate(path.parts):
                for read in reads(part):
                    yield Read((*path.parts[:number], *read.way), read.predicate, read.back)
        case Alternative():
            for part in path.parts:
                yield from reads(part)
        case Repeated():
            again = Repeated(path.path, may_stay=True, may_repeat=True)
            for read in reads(path.path):
                yield read.after(again) if path.may_repeat else read
