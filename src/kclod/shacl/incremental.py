"""Validation of a graph that was validated before and has changed since: only what the changes can bear on is checked.

A shape looks at certain predicates at the end of certain paths (`Read`). A changed statement bears on the focus nodes
to which such a path leads back; it is followed through what is there now or was there before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from functools import cache, partial
from pathlib import Path

import pyoxigraph as ox

from kclod.rdf import Statement, has_blank_node
from kclod.shacl import select
from kclod.shacl.graph import SUBCLASS, Ends, Looking, classes_below
from kclod.shacl.literals import is_beyond_rdf11, is_blank
from kclod.shacl.report import Report, Standing, report_of
from kclod.shacl.shapes import Node
from kclod.shacl.steps import Path as Way
from kclod.shacl.steps import Read, follow, turned
from kclod.shacl.targets import Target
from kclod.shacl.validate import Rules
from kclod.view import Overlay, View


def revalidate(
    view: View,
    shapes: Sequence[Path],
    *,
    changed: Collection[Statement],
    standing: Standing,
    extra: Iterable[Statement] | Iterable[ox.Triple] = (),
    checked: bool = True,
) -> Report | None:
    """Validate the data that `view` shows, knowing how they stood before; the report is the one of `validate`.

    `changed`: every statement that is in the data now and was not before, or was and is not; none else. `standing`:
    that of the report before, by the same shapes and the same `extra`. Errors are those of `validate`; with `checked`
    the shapes are not tried again. None: the changes, or the shapes, are such that the data must be validated in full.
    A blank node in `extra` that the data have as well must have the label there that `view` shows.
    """
    rules = Rules.read(shapes, checked=checked)
    targeted = rules.shapes.targeted
    split = [tuple(statement.split(" ", 2)) for statement in changed]
    now = Overlay(view, plus=map(str, extra))
    compiler = select.Compiler(rules.shapes, Looking(now))
    known_shapes = standing.targets.keys() == set(map(str, targeted))
    if not known_shapes or not rules.are_local(compiler) or not all(map(_is_plain, split)):
        return None
    added = [statement for statement in changed if statement in view]
    removed = [statement for statement in changed if statement not in view]
    before = Overlay(view, plus=removed, minus=added)
    below = cache(partial(classes_below, now))
    trace = _Trace(split, below, Overlay(now, plus=removed))
    counts: dict[Node, int] = {}
    unsettled: dict[Node, set[str]] = {}
    for shape in targeted:
        target, compiled = Target.of(rules.shapes, shape), compiler.target(shape)
        turned_up = trace.back(target.reads)
        affected = turned_up | trace.back(compiled.reads or ())
        meant = {node for node in affected if target.has(node, view, below)}
        were = sum(target.has(node, before, below) for node in turned_up)
        counts[shape] = standing.targets[str(shape)] - were + len(turned_up & meant)
        doubtful = select.may_fail(compiler, {shape: meant})[shape]
        unsettled[shape] = (set(standing.unsettled.get(str(shape), ())) - affected) | doubtful
    near = select.neighbourhood(rules.shapes, unsettled, now)
    if near is None or any(map(has_blank_node, near)):  # whose label in the report depends on all the others
        return None
    triples = rules.report(select.Choice(unsettled, near))
    idle = [shape for shape in targeted if not counts[shape]]
    return report_of(triples, rules.shapes, Standing.of(counts, unsettled), idle)


def _is_plain(statement: tuple[str, ...]) -> bool:
    """Whether a change leaves labels of blank nodes and the order of classes as they are."""
    subject, predicate, value = statement
    return predicate != SUBCLASS and not is_blank(subject) and not is_blank(value) and not is_beyond_rdf11(value)


class _Trace:
    """Leads from changed statements back to the nodes that look at them."""

    def __init__(self, changed: Iterable[tuple[str, ...]], below: Callable[[str], Set[str]], either: View) -> None:
        self._by_predicate: dict[str | None, list[tuple[str, ...]]] = {None: []}
        for statement in changed:
            self._by_predicate[None].append(statement)
            self._by_predicate.setdefault(statement[1], []).append(statement)
        self._graph = Looking(either)
        self._below = below
        self._step_back = cache(self._followed_back)
        self._known: dict[tuple[tuple[Way, ...], str], frozenset[str]] = {}

    def back(self, reads: Iterable[Read]) -> set[str]:
        """The nodes from which some of the reads look at a changed statement."""
        found: set[str] = set()
        for read in reads:
            for node in set(self._looked_at(read)):
                found.update(self._along(read.way, node))
        return found

    def _looked_at(self, read: Read) -> Iterator[str]:
        for subject, _, value in self._by_predicate.get(read.predicate, ()):
            if read.below is None or value in self._below(read.below):
                yield value if read.back else subject

    def _along(self, way: tuple[Way, ...], node: str) -> frozenset[str]:
        if not way:
            return frozenset((node,))
        known = self._known.get((way, node))
        if known is None:
            last = self._step_back(way[-1])(node)
            known = frozenset().union(*(self._along(way[:-1], one) for one in last))
            self._known[way, node] = known
        return known

    def _followed_back(self, way: Way) -> Ends:
        return follow(turned(way), self._graph)
