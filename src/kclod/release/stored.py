"""Whether a release's store holds the quads of its dump: these and no other.

The dump is read once, some thousand lines at a time, and each of its quads is looked up in the store, which finds a
literal by its value however it is written. Then both must have as many quads, where lines that differ in how a literal
is written (`1.00`, `1.0`) count once, as the store has them once. Such lines are of one subject and so stand together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from kclod import rdf
from kclod.errors import Problem, UsageError
from kclod.release.content import dump_name
from kclod.release.manifest import MANIFEST, Counts, Release
from kclod.sorted_dump import SortedLines
from kclod.store import memory_store, open_read_only

_AT_ONCE = 10_000
_NAMED = 3
"""Quads that differ, of which no more are named."""
_AGAIN = "build the release again: the dump is right, or both are wrong"


@dataclass
class Difference:
    """What a dump holds, and how a store differs from it; of the quads that differ the first few are named."""

    quads: int = 0
    default: int = 0
    graphs: set[str] = field(default_factory=set)
    """Of the dump: its quads, those of the default graph, its named graphs."""
    lacking: int = 0
    lacks: list[rdf.Line] = field(default_factory=list)
    """Quads of the dump that the store has not."""
    further: int = 0
    has: list[rdf.Line] = field(default_factory=list)
    """Quads of the store that the dump has not."""

    @property
    def counts(self) -> Counts:
        """Of the dump, as a manifest has them."""
        return Counts(self.quads, self.default, len(self.graphs))


def problems_of_store(release: Release) -> list[Problem]:
    """Each way in which store and counts of a release differ from its dump of all quads; empty when there is none."""
    dump = release.path / dump_name(release.site, rdf.N_QUADS)
    try:
        found = difference(dump, open_read_only(release.store_path))
    except UsageError as error:
        return list(error.problems)
    except (OSError, SyntaxError, ValueError) as error:
        return [Problem("release.dump", f"cannot be read: {error}", _AGAIN, str(dump))]
    problems = []
    if found.counts != release.counts:
        message = f"says {release.counts}, the dump has {found.counts}"
        problems.append(Problem("release.counts", message, _AGAIN, str(release.path / MANIFEST)))
    for number, lines, what in (
        (found.lacking, found.lacks, "lacks {} quads of the dump"),
        (found.further, found.has, "has {} quads that the dump has not"),
    ):
        if number:
            message = f"{what.format(number)}: {' ; '.join(lines)}{' …' if number > len(lines) else ''}"
            problems.append(Problem("release.store", message, _AGAIN, str(release.store_path)))
    return problems


def difference(dump: Path, store: ox.Store) -> Difference:
    """Compare canonical N-Quads with a store. OSError, SyntaxError: the dump cannot be read.

    Takes memory for some thousand lines, those of any one subject, and those with blank nodes, which are compared by
    what is said of them (RDFC-1.0), as a store may name them otherwise; that takes a second pass over the store.
    """
    found, blank_lines = Difference(), list[rdf.Line]()
    stored = 0
    for lines in _by_subjects(dump):
        plain: list[rdf.Line] = []
        for line in lines:
            graph = rdf.split_line(line)[1]
            if graph:
                found.graphs.add(graph)
            else:
                found.default += 1
            (blank_lines if rdf.has_blank_node(line) else plain).append(line)
        found.quads += len(lines)
        parsed = ox.parse(rdf.nquads(plain), ox.RdfFormat.N_QUADS)
        _note(found, [quad for quad in parsed if quad not in store])
        typed = [line for line in plain if '"^^<' in line]
        stored += len(plain) - len(typed) + len(memory_store(rdf.quads_from(typed)))
    blank = set(memory_store(rdf.quads_from(blank_lines)))
    if any(quad not in store for quad in blank):
        own, other = _by_what_is_said(blank), _by_what_is_said(store)
        _note(found, rdf.quads_from(sorted(own - other)))
        found.has = sorted(other - own)[:_NAMED]
    found.further = len(store) - (stored + len(blank) - found.lacking)
    if found.further > len(found.has) < _NAMED:
        found.has += _further(store, dump, _NAMED - len(found.has))
    return found


def _note(found: Difference, lacking: list[ox.Quad]) -> None:
    found.lacking += len(memory_store(lacking))  # as many as the store would have
    found.lacks += map(str, lacking[: _NAMED - len(found.lacks)])


def _by_subjects(dump: Path) -> Iterator[list[rdf.Line]]:
    """The lines without full stop, some thousand at a time, and all of a subject together."""
    lines: list[rdf.Line] = []
    with dump.open(encoding="utf-8", newline="\n") as file:
        for text in file:
            line = text.removesuffix("\n").removesuffix(" .")
            if len(lines) >= _AT_ONCE and line.partition(" ")[0] != lines[-1].partition(" ")[0]:
                yield lines
                lines = []
            lines.append(line)
    yield lines


def _by_what_is_said(quads: Iterable[ox.Quad]) -> set[rdf.Line]:
    """The lines of quads with blank nodes, whatever these are called."""
    return set(rdf.relabelled(line for line in map(str, quads) if rdf.has_blank_node(line)))


def _further(store: ox.Store, dump: Path, most: int) -> list[rdf.Line]:
    """The first quads of a store, in its order, that a dump has in no form, those with blank nodes left out."""
    found: list[rdf.Line] = []
    with closing(SortedLines(dump)) as lines:
        for quad in store:
            line = str(quad)
            if rdf.has_blank_node(line) or lines.has_prefix(f"{line} ."):
                continue
            if quad not in memory_store(rdf.quads_from(lines.starting(f"{quad.subject} {quad.predicate} "))):
                found.append(line)
                if len(found) == most:
                    break
    return found
