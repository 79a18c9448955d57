"""The build: records → map → link → accept → reason → validate → release."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path

from kclod import rdf
from kclod.draft import drafting, only_writer
from kclod.pipeline.change import NotLocalError
from kclod.pipeline.incremental import build_change
from kclod.pipeline.mapped import MappedFiles, Mapper
from kclod.pipeline.state import State
from kclod.pipeline.task import STATE, WORK, Announce, Note, Task, link
from kclod.pipeline.whole import build_whole
from kclod.project import Project
from kclod.queries import read_queries
from kclod.release import Release, is_current, publish
from kclod.site import Site

PATIENCE = 60.0
"""Seconds that a build waits for another one."""


def build(
    project: Project,
    root: Path,
    announce: Announce = lambda _: None,
    note: Note = lambda _: None,
    *,
    anew: bool = False,
) -> Release:
    """Build the project's release under `root`.

    What the build before has left is used where it still holds: record files that have not changed are not mapped
    again, and where only record files have changed, the other stages look at what these touch. With `anew` nothing of
    that is used; the release is the same.

    Raises RefusedError with every problem of the stage that failed, each with the file and line of the record where
    one is known; then nothing is published and the current release stays.
    """
    queries = read_queries(project.query_files, project.dataset.prefixes)
    constraints = read_queries(project.constraint_files, project.dataset.prefixes)
    with only_writer(root, PATIENCE), drafting(root) as draft, _undisturbed():
        mapper = Mapper(project, root / WORK / "mapped")
        before = None if anew else State.open(root / STATE)
        with closing(before) if before else nullcontext() as state:
            kept = state.kept if state else None
            known = MappedFiles(mapper.folder, kept.mapped) if kept else None
            mapped = mapper.run(known, announce)
            announce("link")
            links = link(project, mapped)
            places = mapper.places(mapped, links.origins)
            task = Task(project, root, draft, queries, constraints, mapper, mapped, links, places, announce, note)
            release = None
            if state and kept and kept.fixed == task.fixed and is_current(root, kept.release):
                with suppress(NotLocalError, sqlite3.Error):  # of a state that cannot be read or written any more
                    release = build_change(task, state, kept)
        if release is None:
            draft.clear()
            release = build_whole(task)
        mapped.forget_others()
        return release


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without the collector of cyclic garbage: a build makes millions of objects and hardly a cycle."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def publish_files(files: Mapping[str, Path], root: Path, *, base_iri: str, title: str) -> Release:
    """Publish RDF files as they are, without a project: their quads, no policy, no validation.

    Triples go to the default graph; quads of named graphs keep theirs.
    """
    quads = [quad for path in files.values() for quad in rdf.read(path, base_iri=base_iri)]
    site = Site(
        base_iri=base_iri,
        dataset_iri=f"{base_iri}dataset",
        title={"en": title},
        description={},
        licence=None,
        rights={},
        version="0",
        prefixes={},
        graphs={},
    )
    return publish(root, site, quads, inputs=files, stages={})
