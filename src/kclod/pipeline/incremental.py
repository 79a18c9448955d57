"""The incremental build: the release before, with what the changed record files change."""

from __future__ import annotations

from contextlib import closing, nullcontext
from dataclasses import replace

from kclod import rdf, turtle
from kclod.pipeline.change import Change, Delta, change_store
from kclod.pipeline.checks import ConsistencyCheck, approved
from kclod.pipeline.previous import SortedLines
from kclod.pipeline.state import Kept, State
from kclod.pipeline.task import CONSISTENT, INFERRED, LINKS, REPORT, SCHEMA, Task
from kclod.release import ONTOLOGY, SITE, Release, current, dump_name, finish


def build_change(task: Task, state: State, kept: Kept) -> Release:
    """Build the release before with what record files have changed. NotLocalError: it has to be built whole."""
    project, dataset, draft = task.project, task.project.dataset, task.draft
    before = current(task.root)
    change = Change(task, before, state, kept)
    task.announce("reason")
    signatures, shown = change.unseen()
    known = task.root / CONSISTENT
    with ConsistencyCheck(shown, project.ontology_statements, known, task.note) if shown else nullcontext() as check:
        task.announce("validate")
        report = approved(change.report(), task.places)
        task.note_remarks(report)
        if check:
            check.settle()
    task.announce("release")
    change_store(change.store, change.derived_lines)
    statistics, sizes = change.statistics(), change.sizes()
    site, about = task.describe(change.store, statistics, sizes)
    told = Delta.between(kept.about, about).in_graph(dataset.graphs["metadata"])
    change_store(change.store, told)
    counts = change.counts(told)
    draft.write(SITE, site.to_json().encode())
    draft.write(
        dump_name(site, rdf.N_QUADS),
        change.old.changed(change.lines.removed | told.removed, change.lines.added | told.added),
    )
    draft.write(dump_name(site, rdf.TURTLE), change.turtle(site.prefixes))
    with closing(SortedLines(before.path / INFERRED)) as inferred:
        draft.write(INFERRED, inferred.changed(change.inferred.removed, change.inferred.added))
    draft.write(REPORT, turtle.serialize(report.triples, dataset.prefixes))
    for name in (ONTOLOGY, LINKS, SCHEMA):
        draft.take(name, before.path / name)
    change.close()
    release = finish(task.root, draft, site, counts, task.inputs)
    state.change_accepted(change.accepted_before - change.accepted, change.accepted - change.accepted_before)
    state.set_repeated(change.numbers)
    state.change_hidden(change.inferred.hidden_removed, change.inferred.hidden_added)
    state.keep(
        replace(
            kept,
            release=release.version,
            mapped=tuple(task.mapped.files),
            counts=counts,
            sizes=sizes,
            statistics=statistics,
            standing=report.standing or kept.standing,
            about=tuple(about),
            signatures=tuple(sorted({*kept.signatures, *signatures})),
        )
    )
    state.commit()
    return release
