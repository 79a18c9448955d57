"""Examples of a term from the data: a few instances, a few statements, and how many there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import pyoxigraph as ox

from kclod.rdf import DEFAULT_GRAPH, Term
from kclod.web.things.reader import TYPE, Reader

SHOWN, _USES = 3, 2
_LOOKED_AT = 60
"""From so many the examples are chosen: those with a name before those without."""
_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Instances:
    """Members of a class and their number."""

    iris: tuple[str, ...]
    total: int
    browsable: bool
    """Whether there is a list of them all."""


@dataclass(frozen=True, slots=True)
class Uses:
    """Statements with a property and their number; `capped` when there are more than were counted."""

    statements: tuple[tuple[Term, Term], ...]
    total: int
    capped: bool


def instances(reader: Reader, iri: str, named: Callable[[str], bool]) -> Instances | None:
    """Examples of a class; None when it has no member."""
    quads, counted = _quads(reader, TYPE, ox.NamedNode(iri))
    members = dict.fromkeys(q.subject.value for q in quads if isinstance(q.subject, ox.NamedNode))
    found = sorted(members, key=lambda member: (not named(member), member))
    total = reader.classes().get(iri)
    if not found:
        return None
    number = len(members) if counted < _LOOKED_AT else counted
    return Instances(tuple(found[:SHOWN]), total or number, browsable=total is not None)


def uses(reader: Reader, iri: str, named: Callable[[str], bool]) -> Uses | None:
    """Examples of a property, no two of one subject; None when nothing has it."""
    quads, counted = _quads(reader, ox.NamedNode(iri), None)
    ordered = sorted(quads, key=lambda q: (not _shows(q.subject, named), not _shows(q.object, named), str(q)))
    by_subject: dict[Term, Term] = {}
    for quad in ordered:
        by_subject.setdefault(quad.subject, quad.object)
    chosen = tuple(list(by_subject.items())[:_USES])
    return Uses(chosen, min(counted, _COUNTED), counted > _COUNTED) if quads else None


def _quads(reader: Reader, predicate: ox.NamedNode, value: ox.NamedNode | None) -> tuple[list[ox.Quad], int]:
    """Some statements that the release vouches for, and the number of all; of what it does not vouch for by its nature
    (what is said of claims), those of any graph."""
    for graph in (DEFAULT_GRAPH, None):
        found = list(islice(reader.store.quads_for_pattern(None, predicate, value, graph), _LOOKED_AT))
        if found:
            few = len(found) < _LOOKED_AT
            return found, len(found) if few else reader.store.count(predicate, value, graph, _COUNTED)
    return [], 0


def _shows(term: Term, named: Callable[[str], bool]) -> bool:
    return isinstance(term, ox.Literal) or (isinstance(term, ox.NamedNode) and named(term.value))
