"""The incremental build: the release before, with what the changed record files change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, replace

from kclod import rdf, turtle
from kclod.columnar.build import NoColumnsError
from kclod.pipeline.change import Change, Delta, NotLocalError
from kclod.pipeline.checks import ConsistencyCheck, approved
from kclod.pipeline.state import Kept, State
from kclod.pipeline.task import CONSISTENT, INFERRED, LINKS, REPORT, SCHEMA, Task
from kclod.release import ONTOLOGY, SITE, Release, changing_entities, current, dump_name, finish, verify, write_columns
from kclod.shacl import Report
from kclod.site import Site
from kclod.sorted_dump import SortedLines
from kclod.text import FILE as TEXT


def build_change(task: Task, state: State, kept: Kept) -> Release:
    """Build the release before with what record files have changed. NotLocalError: it has to be built whole.

    So it has when the release before is damaged: nothing of it may get into the next one.
    """
    before = current(task.root)
    with ThreadPoolExecutor(1) as beside:
        damage = beside.submit(verify, before.path)
        try:
            with closing(Change(task, before, state, kept)) as change:
                new = _bring_up_to_date(task, change, kept)
                _write(task, change, before, new)
                _keep(state, change)
        except Exception as error:  # whatever damage has led to; where there is none, it is raised again
            if damage.result():
                raise NotLocalError from error
            raise
        if damage.result():
            raise NotLocalError
    release = finish(task.root, task.draft, new.site, new.kept.counts, task.inputs, before=before)
    state.keep(replace(new.kept, release=release.version))
    state.commit()
    return release


def _keep(state: State, change: Change) -> None:
    """Bring the large parts of the state up to date, to be committed when the release is published."""
    state.change_accepted(change.accepted_before - change.accepted, change.accepted - change.accepted_before)
    state.set_repeated(change.numbers)
    if change.told is not None:
        state.set_told(change.told)
    state.change_hidden(change.inferred.hidden_removed, change.inferred.hidden_added)


@dataclass(frozen=True)
class _New:
    """What is new besides the lines that records make."""

    site: Site
    report: Report
    told: Delta
    """The lines of the metadata graph."""
    kept: Kept


def _bring_up_to_date(task: Task, change: Change, kept: Kept) -> _New:
    task.announce("reason")
    signatures, shown = change.unseen()
    known, ontology = task.root / CONSISTENT, task.project.ontology_statements
    with ConsistencyCheck(shown, ontology, known, task.note) if shown else nullcontext() as check:
        task.announce("validate")
        report = approved(change.report(), task.places)
        task.note_remarks(report)
        if check:
            check.settle()
    task.announce("release")
    change.change_store(change.store, change.derived_lines)
    statistics, sizes = change.statistics(), change.sizes()
    site, about = task.describe(change.store, statistics, sizes, known=change.answers)
    told = Delta.between(kept.about, about).in_graph(task.project.dataset.graphs["metadata"])
    change.change_store(change.store, told)
    change.index(task.draft.folder / TEXT)
    return _New(
        site,
        report,
        told,
        replace(
            kept,
            mapped=tuple(task.mapped.files),
            counts=change.counts(told),
            sizes=sizes,
            statistics=statistics,
            standing=report.standing or kept.standing,
            about=tuple(about),
            signatures=tuple(sorted({*kept.signatures, *signatures})),
        ),
    )


def _write(task: Task, change: Change, before: Release, new: _New) -> None:
    draft, site, lines, told = task.draft, new.site, change.lines, new.told
    draft.write(SITE, site.to_json().encode())
    nquads = change.old.changed(lines.removed | told.removed, lines.added | told.added)
    draft.write(dump_name(site, rdf.N_QUADS), nquads)
    changed = change.default.removed | change.default.added
    with changing_entities(draft, site, new.kept.counts, before=before, changed=changed, store=change.store):
        draft.write(dump_name(site, rdf.TURTLE), change.turtle(site.prefixes))
        with closing(SortedLines(before.path / INFERRED)) as inferred:
            draft.write(INFERRED, inferred.changed(change.inferred.removed, change.inferred.added))
        with suppress(NoColumnsError):
            write_columns(draft, change.columns())
        draft.write(REPORT, turtle.serialize(new.report.triples, site.prefixes))
        for name in (ONTOLOGY, LINKS, SCHEMA):
            draft.take(name, before.path / name)
