"""Property paths followed from one thing over the default graph, lazily, so that whoever asks can stop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import pyoxigraph as ox

from kclod.layout import Path, Step
from kclod.rdf import DEFAULT_GRAPH, Term
from kclod.web.things.reader import Reader

_REACHED = 2_000
"""Most nodes that a repeated path goes on from."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A value at the end of a path, and the triples that lead to it."""

    value: Term
    trail: tuple[ox.Triple, ...]

    def passes(self, node: Term) -> bool:
        """Whether the way leads through a node, or ends there."""
        return self.value == node or any(node in (triple.subject, triple.object) for triple in self.trail)


def follow(reader: Reader, start: Term, path: Path) -> Iterator[Hit]:
    """The values of a path from a thing (SHACL 1.0, section 2.3.1; SPARQL 1.1, section 18.4), each once."""
    seen: set[Term] = set()
    for hit in _walk(reader, Hit(start, ()), path):
        if hit.value not in seen:
            seen.add(hit.value)
            yield hit


def _walk(reader: Reader, at: Hit, path: Path) -> Iterator[Hit]:
    if path.step is Step.PREDICATE:
        yield from _forward(reader, at, path.iri)
    elif path.step is Step.INVERSE:
        yield from _back(reader, at, path.parts[0])
    elif path.step is Step.ALTERNATIVE:
        for part in path.parts:
            yield from _walk(reader, at, part)
    elif path.step is Step.SEQUENCE:
        yield from _sequence(reader, at, path.parts)
    else:
        yield from _repeated(reader, at, path)


def _forward(reader: Reader, at: Hit, predicate: str) -> Iterator[Hit]:
    if isinstance(at.value, ox.NamedNode | ox.BlankNode):
        quads = reader.store.quads_for_pattern(at.value, ox.NamedNode(predicate), None, DEFAULT_GRAPH)
        yield from (Hit(quad.object, (*at.trail, quad.triple)) for quad in quads)


def _back(reader: Reader, at: Hit, path: Path) -> Iterator[Hit]:
    if path.step is Step.PREDICATE:
        quads = reader.store.quads_for_pattern(None, ox.NamedNode(path.iri), at.value, DEFAULT_GRAPH)
        yield from (Hit(quad.subject, (*at.trail, quad.triple)) for quad in quads)
    elif path.step is Step.INVERSE:
        yield from _walk(reader, at, path.parts[0])
    else:  # the inverse of a sequence goes its parts' inverses from the end
        parts = tuple(Path(Step.INVERSE, parts=(part,)) for part in path.parts)
        yield from _walk(reader, at, Path(path.step, parts=parts[::-1] if path.step is Step.SEQUENCE else parts))


def _sequence(reader: Reader, at: Hit, parts: tuple[Path, ...]) -> Iterator[Hit]:
    first, *rest = parts
    if not rest:
        yield from _walk(reader, at, first)
        return
    seen: set[Term] = set()
    for hit in _walk(reader, at, first):
        if hit.value not in seen:
            seen.add(hit.value)
            yield from _sequence(reader, hit, tuple(rest))


def _repeated(reader: Reader, at: Hit, path: Path) -> Iterator[Hit]:
    if path.step is not Step.ONE_OR_MORE:
        yield at
    if path.step is Step.ZERO_OR_ONE:
        yield from _walk(reader, at, path.parts[0])
        return
    pending, seen = [at], {at.value}
    while pending and len(seen) <= _REACHED:
        here = pending.pop(0)
        for hit in _walk(reader, here, path.parts[0]):
            if hit.value not in seen:
                seen.add(hit.value)
                pending.append(hit)
                yield hit


def trail_to(reader: Reader, start: Term, path: Path, end: Term) -> tuple[ox.Triple, ...]:
    """The triples by which a path leads from one thing to another that it reaches; looked for from the end."""
    for hit in islice(follow(reader, end, Path(Step.INVERSE, parts=(path,))), _REACHED):
        if hit.value == start:
            return hit.trail[::-1]
    return ()
