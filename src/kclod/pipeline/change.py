"""The incremental build: the release before, brought up to date with the record files that have changed.

Each stage works on what changed and what it touches; the result is that of a full build, to the byte. Where a change
reaches further than can be told cheaply (axioms, things that become the same, blank nodes), NotLocalError says so, and
the build is done in full.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from kclod import shacl, turtle
from kclod.accept import looked_at, select_claims
from kclod.columnar.build import Columns
from kclod.columnar.table import open_table
from kclod.columnar.update import updated
from kclod.errors import UsageError
from kclod.integrity import text_digest
from kclod.pipeline.previous import Asserted, GraphsView, Union
from kclod.pipeline.state import Kept, State
from kclod.pipeline.task import Task
from kclod.rdf import Line, Statement, has_blank_node, line_of, quads_from, split_line
from kclod.reason import Update, update
from kclod.release import STORE, Counts, Release, Section
from kclod.signatures import outgoing_signatures
from kclod.sorted_dump import SortedFile, SortedLines
from kclod.statistics import Statistics
from kclod.store import copy_store, open_read_only
from kclod.text import change_index
from kclod.view import Overlay
from kclod.vocab import RDF

_TYPE = str(RDF["type"])
_OTHER_GRAPHS = re.compile(r"GRAPH|FROM|SERVICE", re.IGNORECASE)
"""Words without which a query asks nothing but the default graph; wherever in it they stand."""


class NotLocalError(Exception):
    """The change has to be built in full."""


@dataclass(frozen=True)
class Delta:
    """Statements, or lines, that are there no more, and those that are new; none is both."""

    removed: frozenset[str]
    added: frozenset[str]

    @classmethod
    def between(cls, removed: Iterable[str], added: Iterable[str]) -> Delta:
        """What is in both is neither."""
        before, after = frozenset(removed), frozenset(added)
        return cls(before - after, after - before)

    def in_graph(self, graph: str) -> Delta:
        """Statements as lines of a graph."""
        return Delta(
            frozenset(line_of(statement, graph) for statement in self.removed),
            frozenset(line_of(statement, graph) for statement in self.added),
        )


class Change:
    """What the changed record files change, stage by stage, beside the release before."""

    def __init__(self, task: Task, release: Release, state: State, kept: Kept) -> None:
        """`release` is the one before, which `state` and `kept` are about. The new store is made in the draft."""
        self.project, self.dataset, self.mapped = task.project, task.project.dataset, task.mapped
        self.release, self.state, self.kept = release, state, kept
        self._place = task.draft.folder / STORE
        roles = self.dataset.graphs
        self.included = frozenset(self.dataset.default_graphs) - {roles["inferred"], roles["metadata"]}
        """The graphs besides the accepted claims whose statements are asserted in the default graph."""
        if roles["metadata"] in self.dataset.default_graphs or not all(
            f.name for f in (*kept.mapped, *self.mapped.files)
        ):
            raise NotLocalError  # statistics would count themselves; or all files are mapped as one
        if kept.sizes[""]:
            raise NotLocalError  # what is mapped into the default graph cannot be told from what gets there otherwise
        (dump,) = (dump for dump in release.dumps if dump.path.suffix == ".nq")
        self.old = SortedLines(dump.path)
        self._old_store = open_read_only(release.store_path)

    def close(self) -> None:
        """Let go of the stores and the dump; nothing can be asked any more."""
        store = self.__dict__.pop("store", None)
        if store is not None:
            store.flush()
        self.__dict__.clear()

    # records → map ----------------------------------------------------------------------------------------------

    @cached_property
    def numbers(self) -> dict[Line, int]:
        """The lines of changed files whose number of sources has changed, with that number."""
        before = {(file.name, file.key): file for file in self.kept.mapped}
        after = {(file.name, file.key): file for file in self.mapped.files}
        change: Counter[Line] = Counter()
        try:
            for new in after.keys() - before.keys():
                change.update(self.mapped.lines(after[new]))
            for gone in before.keys() - after.keys():
                change.subtract(self.mapped.lines(before[gone]))
        except (OSError, UsageError) as error:  # what was kept is not there, or damaged
            raise NotLocalError from error
        return {line: self._sources(line) + number for line, number in change.items() if number}

    def _sources(self, line: Line) -> int:
        return self.state.repeated(line) or int(line in self.old.starting(line))

    @cached_property
    def stated(self) -> Delta:
        """The lines of the named graphs that records make."""
        lines = self.numbers
        if any(has_blank_node(line) or not split_line(line)[1] for line in lines):
            raise NotLocalError
        gone = frozenset(line for line, number in lines.items() if not number)
        new = frozenset(line for line, number in lines.items() if number and not self._sources(line))
        return Delta(gone, new)

    # accept -----------------------------------------------------------------------------------------------------

    @cached_property
    def accepted_before(self) -> frozenset[str]:
        """The claims that the release before vouches for."""
        return self.state.accepted

    @cached_property
    def accepted(self) -> frozenset[str]:
        """The claims that are vouched for now."""
        return self.accepted_before if self.told is None else select_claims(self.told, self.dataset)

    @cached_property
    def told(self) -> list[Statement] | None:
        """What the policy looks at now; None where that has not changed."""
        graph = self.dataset.graphs["provenance"]
        gone, new = (
            looked_at((s for s, name in map(split_line, lines) if name == graph), self.kept.policy)
            for lines in (self.stated.removed, self.stated.added)
        )
        return sorted({*self.state.told} - {*gone} | {*new}) if gone or new else None

    @cached_property
    def asserted(self) -> Delta:
        """The statements of the default graph that are asserted."""
        before, after = self.accepted_before | self.included, self.accepted | self.included
        statements: dict[Statement, tuple[set[str], set[str]]] = {}
        for line in (*self.stated.removed, *self.stated.added, *self._lines_of(self.accepted_before ^ self.accepted)):
            statement, _ = split_line(line)
            if statement not in statements:
                graphs = self._asserted.graphs(statement)
                statements[statement] = (graphs, set(graphs))
        for line in self.stated.removed:
            statement, graph = split_line(line)
            statements[statement][1].discard(graph)
        for line in self.stated.added:
            statement, graph = split_line(line)
            statements[statement][1].add(graph)
        return Delta.between(
            (statement for statement, (old, _) in statements.items() if old & before),
            (statement for statement, (_, new) in statements.items() if new & after),
        )

    @cached_property
    def _asserted(self) -> Asserted:
        before = self.accepted_before | self.included
        return Asserted(self.old, before.__contains__)

    def _lines_of(self, claims: Iterable[str]) -> list[Line]:
        """The lines of claims that are taken in or left out now."""
        wanted = set(claims) - {split_line(line)[1] for line in (*self.stated.removed, *self.stated.added)}
        base, found = f"{self.dataset.base_iri}claim/", []
        gone = {claim for file in self.kept.mapped for claim in file.claims}
        gone -= {claim for file in self.mapped.files for claim in file.claims}
        unknown = wanted - {f"{base}{claim}" for claim in gone}
        for file in self.mapped.files if unknown else ():
            here = wanted & {f"{base}{claim}" for claim in file.claims}
            unknown -= here
            found += [line for line in self.mapped.lines(file) if split_line(line)[1] in here] if here else []
        if unknown:
            raise NotLocalError
        return found

    @cached_property
    def store(self) -> ox.Store:
        """The new store, as far as it is known at the time; here with what records state."""
        store = copy_store(self.release.store_path, self._place)
        self.change_store(store, self.stated)
        return store

    def change_store(self, store: ox.Store, lines: Delta) -> None:
        """Take lines out of the new store, and add others.

        Lines with literals of one value that are written in two ways are one quad of the store: it stays.
        """
        for quad in quads_from(lines.removed):
            store.remove(quad)
        store.extend(quads_from(lines.added))
        typed = (split_line(line) for line in lines.removed if '"^^<' in line)
        beside = {(*statement.split(" ", 2)[:2], graph) for statement, graph in typed}
        for subject, predicate, graph in beside:
            others = self.old.starting(f"{subject} {predicate} ")
            store.extend(quads_from(o for o in others if o not in lines.removed and split_line(o)[1] == graph))

    # reason -----------------------------------------------------------------------------------------------------

    @cached_property
    def inferred(self) -> Update:
        """What follows, and what is held of it unpublished."""
        found = update(
            Union(self._view(""), self.state.hidden()),
            self._asserted,
            self.project.ontology_statements,
            removed=self.asserted.removed,
            added=self.asserted.added,
        )
        if found is None:
            raise NotLocalError
        return found

    @cached_property
    def default(self) -> Delta:
        """The statements of the default graph."""
        asserted, inferred = self.asserted, self.inferred
        return Delta.between(asserted.removed | inferred.removed, asserted.added | inferred.added)

    def unseen(self) -> tuple[frozenset[str], list[Statement]]:
        """What HermiT has to be asked about: new signatures, and the statements to show it; none where nothing is new.

        Where it has looked at all data, all data are shown; else the changed things of which something is said that was
        said so of none before, with the types of what they are linked with.
        """
        now = Overlay(self._view(""), plus=self.default.added, minus=self.default.removed)
        subjects = {statement.split(" ", 1)[0] for statement in self.default.added | self.default.removed}
        about = [statement for subject in sorted(subjects) for statement in now.about(subject)]
        known = frozenset(self.kept.signatures)
        new = {s: d for s, text in outgoing_signatures(about).items() if (d := text_digest(text)) not in known}
        if self.kept.seen_all:
            asserted = self._asserted_lines()
            return frozenset(new.values()), sorted(asserted - self.asserted.removed | self.asserted.added)
        shown = [statement for statement in about if statement.split(" ", 1)[0] in new]
        ends = {statement.split(" ", 2)[2] for statement in shown}
        shown += [
            f"{end} {_TYPE} {kind}" for end in sorted(ends) if end.startswith("<") for kind in now.objects(end, _TYPE)
        ]
        return frozenset(new.values()), shown

    def _asserted_lines(self) -> frozenset[Statement]:
        """The asserted statements of the release before, read whole."""
        graphs = self.accepted_before | self.included
        lines = map(split_line, (piece[:-3].decode() for piece in self.old.pieces(0)))
        return frozenset(statement for statement, graph in lines if graph in graphs)

    # validate ---------------------------------------------------------------------------------------------------

    def _view(self, *graphs: str) -> GraphsView:
        return GraphsView(self.old, self._old_store, graphs)

    def report(self) -> shacl.Report:
        """The report on the default graph and the provenance graph."""
        provenance = self.dataset.graphs["provenance"]
        told = Delta(
            *(
                frozenset(s for s, g in map(split_line, d) if g == provenance)
                for d in (self.stated.removed, self.stated.added)
            )
        )
        before = self._view("", provenance)
        now_default = Overlay(self._view(""), plus=self.default.added, minus=self.default.removed)
        now_told = Overlay(self._view(provenance), plus=told.added, minus=told.removed)
        gone = {s for s in self.default.removed | told.removed if s not in now_default and s not in now_told}
        new = {s for s in self.default.added | told.added if s not in before}
        report = shacl.revalidate(
            Overlay(before, plus=new, minus=gone),
            self.project.shape_files,
            changed=gone | new,
            standing=self.kept.standing,
            extra=self.project.ontology_statements,
        )
        if report is None:
            raise NotLocalError
        return report

    # release ----------------------------------------------------------------------------------------------------

    @cached_property
    def derived_lines(self) -> Delta:
        """The lines of the default graph and of the inferred graph."""
        inferred = Delta(self.inferred.removed, self.inferred.added).in_graph(self.dataset.graphs["inferred"])
        default = self.default.in_graph("")
        return Delta(inferred.removed | default.removed, inferred.added | default.added)

    def index(self, place: Path) -> None:
        """Make the text index of the default graph, as the new store has it."""
        shutil.copyfile(self.release.text_path, place)
        objects = {statement.split(" ", 2)[2] for statement in self.default.removed | self.default.added}
        change_index(place, objects, self.store)

    @property
    def lines(self) -> Delta:
        """The lines of all graphs but the metadata graph."""
        stated, derived = self.stated, self.derived_lines
        return Delta(stated.removed | derived.removed, stated.added | derived.added)

    def columns(self) -> Columns:
        """The columns of the default graph, once the new store is whole. NoColumnsError when there are none."""
        table = open_table(self.release.columns_path)
        if table is None:
            raise NotLocalError
        store = self.store
        return updated(
            table, self.default.removed, self.default.added, lambda statement: quads_from((statement,))[0] in store
        )

    @property
    def answers(self) -> Sequence[Section]:
        """What the release before shows of stored queries, and is shown again: none where it may be another now.

        A query that does not say GRAPH reads the default graph and no other (SPARQL 1.1, section 13.3).
        """
        if self.default.removed or self.default.added:
            return ()
        site = self.release.site
        return [s for s in (*site.sections, *site.pictures) if not _OTHER_GRAPHS.search(s.query.text)]

    def statistics(self) -> Statistics:
        """The counts of the default graph."""
        objects: Counter[str] = Counter(s.split(" ", 2)[2] for s in self.default.added)
        objects.subtract(s.split(" ", 2)[2] for s in self.default.removed)
        before = self._view("")
        return self.kept.statistics.updated(
            self.dataset.base_iri,
            before=before,
            after=Overlay(before, plus=self.default.added, minus=self.default.removed),
            removed=self.default.removed,
            added=self.default.added,
            objects=self.kept.statistics.objects + self.state.count_objects(objects),
        )

    def counts(self, about: Delta) -> Counts:
        """How much the new release holds; `about` is the change of the metadata graph in lines."""
        old, lines = self.kept.counts, self.lines
        graphs = {split_line(line)[1] for line in self.stated.removed | self.stated.added} - {""}
        change = sum(_has_graph(self.store, g) - _has_graph(self._old_store, g) for g in graphs)
        more = len(lines.added) + len(about.added) - len(lines.removed) - len(about.removed)
        default = len(self.default.added) - len(self.default.removed)
        return Counts(old.quads + more, old.default_graph_triples + default, old.named_graphs + change)

    def sizes(self) -> dict[str, int]:
        """The sizes of the graphs that have a role, and of what is mapped into the default graph, which is nothing."""
        sizes = Counter(self.kept.sizes)
        sizes.update(graph for _, graph in map(split_line, self.lines.added) if graph and graph in sizes)
        sizes.subtract(graph for _, graph in map(split_line, self.lines.removed) if graph and graph in sizes)
        return dict(sizes)

    def turtle(self, prefixes: Mapping[str, str]) -> Iterator[bytes]:
        """The Turtle dump with the blocks of the subjects that have changed."""
        (dump,) = (dump for dump in self.release.dumps if dump.path.suffix == ".ttl")
        names = turtle.Names(prefixes)
        old = turtle_file(dump.path, names)
        now = Overlay(self._view(""), plus=self.default.added, minus=self.default.removed)
        changes: dict[bytes, bytes] = {}
        for subject in {statement.split(" ", 1)[0] for statement in self.default.removed | self.default.added}:
            statements = list(now.about(subject))
            if any(map(has_blank_node, statements)):
                raise NotLocalError
            changes[turtle.block_order(subject).encode()] = turtle.block(statements, names)
        return old.spliced(sorted(changes.items()))


def turtle_file(path: Path, names: turtle.Names) -> SortedFile:
    """A Turtle dump as `turtle.write_statements` writes it, by its blocks."""
    namespaces = dict(names.usable())

    def key(piece: bytes) -> bytes:
        name = piece[1 : piece.index(b" ")].decode()
        if name.startswith("<"):
            return name[1:-1].encode()
        prefix, _, local = name.partition(":")
        return f"{namespaces[prefix]}{local}".encode() if prefix in namespaces else b"\xff"  # blank nodes come last

    return SortedFile(path, b" .\n", key, start=len(turtle.header(names.usable())))


def _has_graph(store: ox.Store, graph: str) -> bool:
    return next(store.quads_for_pattern(None, None, None, ox.NamedNode(graph)), None) is not None
