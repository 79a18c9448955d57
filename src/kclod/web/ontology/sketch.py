"""What a diagram of an ontology shows: which properties as arrows, which classes in which box."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kclod.vocab import OWL, RDFS
from kclod.web.ontology.terms import CLASSES, OBJECTS, Terms

ANYTHING = ""
"""Stands at the end of a property whose domain or range is open."""
_HUB = 6
"""A reused class that so many properties lead to is left out as their value: it is a value of most things."""


@dataclass(frozen=True, slots=True)
class Link:
    """A property from its domain to its range; without a property, the step to a class above."""

    source: str
    target: str
    property: str | None


def links_of(terms: Terms) -> tuple[list[Link], tuple[str, ...]]:
    """The properties to draw, then the steps up from own classes to reused ones; and the hubs that are left out."""
    candidates = [*terms.of(OBJECTS, own=True), *terms.of(OBJECTS, own=False)]
    ends: dict[str, tuple[str, str]] = {}
    for iri in candidates:
        domain, range_ = (_only(terms.about.named(iri, RDFS[axis])) for axis in ("domain", "range"))
        reused = not terms.own(iri)
        if (domain or range_) and not (reused and not (domain and range_)):
            ends[iri] = (domain, range_)
    inverse = {iri: terms.about.named(iri, OWL["inverseOf"]) for iri in ends}
    second = {
        other
        for iri, others in inverse.items()
        for other in others
        if other != iri and not (iri in inverse.get(other, ()) and other < iri)
    }
    main = {
        iri: pair
        for iri, pair in ends.items()
        if iri not in second and not any(above in ends for above in terms.above(iri))
    }
    used = Counter(target for _, target in main.values() if target and not terms.own(target))
    hubs = {iri for iri, n in used.items() if n >= _HUB}
    links = [Link(s, t, iri) for iri, (s, t) in main.items() if t not in hubs]
    own = terms.of(CLASSES, own=True)
    links += [Link(iri, above, None) for iri in own for above in terms.above(iri) if above in terms.kinds]
    return links, tuple(sorted(hubs))


def _only(iris: Sequence[str]) -> str:
    return iris[0] if len(iris) == 1 else ANYTHING


def trees_of(terms: Terms, links: Iterable[Link]) -> list[list[tuple[str, int]]]:
    """The boxes: each a class with those below it, in reading order, with their depth; `anything` is one of its own."""
    own = set(terms.of(CLASSES, own=True))
    ends = {iri for link in links if link.property for iri in (link.source, link.target)}
    main = [link for link in links if link.property and (terms.own(link.property) or own & {link.source, link.target})]
    tied = {iri for link in main for iri in (link.source, link.target)}
    above = {link.target for link in links if link.property is None} - own
    reused = {iri for iri in (tied | (above & ends)) - own if terms.kinds.get(iri) == CLASSES}
    reused |= {iri for iri in terms.of(CLASSES, own=False) if reused & {*terms.ancestors(iri)}}
    shown = own | reused
    parent = {
        iri: next((a for a in terms.above(iri) if a in shown and (a in own) == (iri in own)), None) for iri in shown
    }
    trees: list[list[tuple[str, int]]] = []
    placed: set[str] = set()

    def walk(iri: str, depth: int) -> Iterator[tuple[str, int]]:
        placed.add(iri)
        yield iri, depth
        for other in terms.below(iri):
            if parent.get(other) == iri and other not in placed:
                yield from walk(other, depth + 1)

    names = [*terms.of(CLASSES, own=True), *terms.of(CLASSES, own=False)]
    trees += [list(walk(iri, 0)) for iri in names if iri in shown and parent[iri] is None]
    trees += [list(walk(iri, 0)) for iri in names if iri in shown and iri not in placed]
    if ANYTHING in tied:
        trees.append([(ANYTHING, 0)])
    return trees
