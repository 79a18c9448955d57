"""A difference by the things that it is about: which were added, removed or changed, and which facts of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from pathlib import Path

from kclod.changes.compare import Difference
from kclod.rdf import Line, split_line
from kclod.site import Site
from kclod.sorted_dump import SortedLines


class Kind(Enum):
    """What became of a thing."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FactChange:
    """The values of a property that were removed and added, as N-Triples terms.

    `role` is that of the graph where the site names one (`links`, `inferred` …); `stated` in the default graph, for
    what is there and in no graph with another role; None for what is only in another graph, which `graph` then is.
    """

    predicate: str
    removed: tuple[str, ...]
    added: tuple[str, ...]
    role: str | None
    graph: str = ""


@dataclass(frozen=True, slots=True)
class EntityChange:
    """What changed about a thing; `iri` is its IRI, or a blank node's label for what belongs to no thing."""

    iri: str
    kind: Kind
    facts: tuple[FactChange, ...]


_TOLD = ("links", "inferred")
"""Roles of graphs whose statements are copied into the default graph and are told apart there."""


def entity_changes(
    difference: Difference, site: Site, before: Path | None, after: Path | None
) -> Iterator[EntityChange]:
    """The things of a difference, by IRI; what changed in the default graph comes first.

    `before` and `after` are the dumps that were compared: they tell whether a thing was there at all.
    """
    signed = sorted(
        [(line, False) for line in difference.all_removed] + [(line, True) for line in difference.all_added]
    )
    with ExitStack() as stack:
        files = [stack.enter_context(closing(SortedLines(path))) if path else None for path in (before, after)]
        for subject, group in groupby(signed, lambda item: item[0].partition(" ")[0]):
            was, is_ = (_has(file, subject) for file in files)
            kind = Kind.CHANGED if was and is_ else Kind.REMOVED if was else Kind.ADDED
            if subject.startswith("_:"):
                kind = Kind.CHANGED
            iri = subject[1:-1] if subject.startswith("<") else subject
            yield EntityChange(iri, kind, tuple(_facts(list(group), site)))


def _has(file: SortedLines | None, subject: str) -> bool:
    return file is not None and file.has_prefix(f"{subject} ")


def _facts(lines: Collection[tuple[Line, bool]], site: Site) -> Iterator[FactChange]:
    roles = {iri: role for role, iri in site.graphs.items()}
    graphs: dict[bool, defaultdict[tuple[str, str], set[str]]] = {False: defaultdict(set), True: defaultdict(set)}
    for line, is_added in lines:
        statement, graph = split_line(line)
        _, predicate, value = statement.split(" ", 2)
        graphs[is_added][predicate, value].add(graph)
    found: defaultdict[tuple[str, str | None, str], dict[bool, list[str]]] = defaultdict(lambda: {False: [], True: []})
    for is_added, statements in graphs.items():
        for (predicate, value), places in statements.items():
            named = sorted(places - {""})
            role = next((roles[graph] for graph in named if roles.get(graph) in _TOLD), None)
            if "" in places:
                key: tuple[str, str | None, str] = (predicate, role or "stated", "")
            else:
                role = roles.get(named[0])
                key = (predicate, role, "" if role else named[0])
            found[key][is_added].append(value)
    order = {"stated": 0, "links": 1, "inferred": 2}
    for predicate, role, graph in sorted(
        found, key=lambda key: (order.get(key[1] or "", 3), key[1] or "", key[2], key[0])
    ):
        values = found[predicate, role, graph]
        yield FactChange(predicate[1:-1], tuple(sorted(values[False])), tuple(sorted(values[True])), role, graph)
