"""The whole build: link → accept → reason → validate → release, over all that is mapped."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress

from kclod import rdf, turtle
from kclod.accept import looked_at, policy_predicates, select_claims
from kclod.draft import Draft
from kclod.integrity import text_digest
from kclod.pipeline.checks import ConsistencyCheck, reason, validate
from kclod.pipeline.graphs import Graphs
from kclod.pipeline.state import Kept, State
from kclod.pipeline.task import CONSISTENT, INFERRED, LINKS, REPORT, SCHEMA, STATE, Task
from kclod.project import Dataset
from kclod.release import STORE, Content, Counts, Release, finish
from kclod.signatures import outgoing_signatures
from kclod.statistics import Statistics
from kclod.store import Loading
from kclod.text import FILE as TEXT
from kclod.text import Indexing, change_index


def build_whole(task: Task) -> Release:
    """Build all from what is mapped."""
    project, dataset, draft = task.project, task.project.dataset, task.draft
    ontology = project.ontology_statements
    graphs = Graphs.of(dataset, task.mapped.all_lines())
    graphs.add("ontology", ontology)
    graphs.add("links", map(str, task.links.links))
    graphs.add("provenance", map(str, task.links.mappings))
    policy = policy_predicates(dataset)
    told = looked_at(graphs["provenance"], policy)
    accepted = select_claims(told, dataset)
    task.announce("reason")
    asserted = graphs.vouched(accepted)
    with ConsistencyCheck(asserted, ontology, task.root / CONSISTENT, task.note) as check:
        inference = reason(asserted, ontology, task.places)
        graphs["inferred"].update(dict.fromkeys(inference.statements))
        vouched = graphs.vouched(accepted)
        lines = graphs.lines(vouched)
        with loading(draft, lines) as (store_made, text_made):
            task.announce("validate")
            report = validate([*vouched, *graphs["provenance"]], project.shape_files, ontology, task.places)
            task.note_remarks(report)
            check.settle()
            task.announce("release")
            statistics = Statistics.of(vouched, dataset.base_iri)
            store = store_made.opened()
            text_made.finished()
    sizes = {name: len(graphs.named.get(name, ())) for name in ("", *dataset.graphs.values())}
    site, about = task.describe(store, statistics, sizes)
    content = _content(graphs, vouched, lines, about)
    store.extend(rdf.quads_from(rdf.line_of(s, name) for s in about for name in _described_in(dataset)))
    store.flush()
    if "" in _described_in(dataset):
        change_index(draft.folder / TEXT, [s.split(" ", 2)[2] for s in about], store)
    del store
    content.write(draft, site)
    draft.write(LINKS, rdf.nquads(sorted(map(str, task.links.links))))
    draft.write(INFERRED, rdf.nquads(sorted(inference.statements)))
    draft.write(REPORT, turtle.serialize(report.triples, dataset.prefixes))
    draft.write(SCHEMA, task.mapper.schema())
    release = finish(task.root, draft, site, content.counts, task.inputs)
    if inference.hidden is not None and report.standing is not None:
        # without a state the next build is a whole one too, and this release is published already
        with suppress(sqlite3.Error, OSError), closing(State.make(task.root / STATE)) as state:
            signatures = {text_digest(text) for text in outgoing_signatures(vouched).values()}
            state.set_told(sorted(told))
            state.change_accepted((), sorted(accepted))
            state.set_repeated(graphs.sources)
            state.fill_objects(Counter(statement.split(" ", 2)[2] for statement in vouched))
            state.change_hidden((), inference.hidden)
            state.keep(
                Kept(
                    release=release.version,
                    fixed=task.fixed,
                    mapped=tuple(task.mapped.files),
                    counts=content.counts,
                    sizes=sizes,
                    statistics=statistics,
                    standing=report.standing,
                    about=tuple(about),
                    policy=None if policy is None else tuple(sorted(policy)),
                    seen_all=check.saw_all,
                    signatures=tuple(sorted(signatures)),
                )
            )
            state.commit()
    return release


@contextmanager
def loading(draft: Draft, lines: Sequence[rdf.Line]) -> Iterator[tuple[Loading, Indexing]]:
    """The store and the text index while they are made of these lines by other processes."""
    dump = draft.folder / ".load.nq"
    dump.parent.mkdir(parents=True)
    with dump.open("wb") as file:
        file.writelines(rdf.in_pieces(lines))
    try:
        with Loading(draft.folder / STORE, dump) as store, Indexing(draft.folder / TEXT, dump) as text:
            yield store, text
    finally:
        dump.unlink()


def _content(
    graphs: Graphs, vouched: Mapping[rdf.Statement, None], lines: list[rdf.Line], about: Sequence[rdf.Statement]
) -> Content:
    """The dataset with the metadata graph, whose statements nothing else has said."""
    dataset = graphs.dataset
    targets = _described_in(dataset)
    default = [*vouched, *(statement for statement in about if "" in targets and statement not in vouched)]
    lines += [rdf.line_of(statement, dataset.graphs["metadata"]) for statement in about]
    lines += default[len(vouched) :]
    lines.sort()  # sorted but for its end, so this takes no time
    named = sum(bool(statements) for name, statements in graphs.named.items() if name) + bool(about)
    return Content(lines, default, list(graphs["ontology"]), Counts(len(lines), len(default), named))


def _described_in(dataset: Dataset) -> tuple[str, ...]:
    """The graphs that the metadata graph's statements are in: itself, and the default graph where it includes them."""
    graph = dataset.graphs["metadata"]
    return (graph, "") if graph in dataset.default_graphs else (graph,)
