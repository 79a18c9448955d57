"""The build: records → map → link → accept → reason → validate → release."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox

from kclod import metadata, rdf, turtle
from kclod.accept import accepted_claims
from kclod.constraints import check_constraints
from kclod.draft import Draft, drafting, only_writer
from kclod.errors import Problem, RefusedError
from kclod.expect import check_expectations
from kclod.link import Links, read_links
from kclod.pipeline.checks import reason, remarks, validate
from kclod.pipeline.graphs import Graphs
from kclod.pipeline.mapped import MappedFiles, Mapper
from kclod.project import Dataset, Project
from kclod.queries import read_queries
from kclod.records import entity_iri
from kclod.release import STORE, Content, Release, finish, input_entries, publish
from kclod.site import Section, Site, StoredQuery
from kclod.statistics import Statistics
from kclod.store import Loading
from kclod.vocab import OWL, RDF

Announce = Callable[[str], None]
"""Told the name of each stage as it begins."""

Note = Callable[[str], None]
"""Told what is worth knowing although it refuses nothing."""

WORK = ".work"
"""The folder beside the releases in which a build keeps what the next one can use."""


PATIENCE = 60.0
"""Seconds that a build waits for another one."""


def build(project: Project, root: Path, announce: Announce = lambda _: None, note: Note = lambda _: None) -> Release:
    """Build the project's release under `root`.

    Raises RefusedError with every problem of the stage that failed, each with the file and line of the record where
    one is known; then nothing is published and the current release stays.
    """
    dataset, ontology = project.dataset, project.ontology_statements
    queries = read_queries(project.query_files, dataset.prefixes)
    constraints = read_queries(project.constraint_files, dataset.prefixes)
    with only_writer(root, PATIENCE), drafting(root) as draft:
        mapper = Mapper(project, root / WORK / "mapped")
        mapped = mapper.run(None, announce)
        graphs = Graphs.of(dataset, mapped.all_lines())
        graphs.add("ontology", ontology)
        announce("link")
        links = link(project, mapped)
        graphs.add("links", map(str, links.links))
        graphs.add("provenance", map(str, links.mappings))
        places = mapper.places(mapped, links.origins)
        accepted = accepted_claims(graphs["provenance"], dataset)
        announce("reason")
        inference = reason(graphs.vouched(accepted), ontology, places)
        graphs.add("inferred", inference.statements)
        vouched = graphs.vouched(accepted)
        lines = rdf.canonical_lines(graphs.lines(vouched))
        with loading(draft, lines) as store_made:
            announce("validate")
            report = validate([*vouched, *graphs["provenance"]], project.shape_files, ontology, places)
            for remark in remarks(report, places):
                note(remark)
            announce("release")
            statistics = Statistics.of(vouched, dataset.base_iri)
            store = store_made.opened()
        check_constraints(store, constraints, places.of_thing)
        check_expectations(dataset, {kind: found.entities for kind, found in statistics.classes.items()}, store)
        site = describe_site(project, queries, store)
        sizes = {name: len(statements) for name, statements in graphs.named.items()}
        graphs.add("metadata", metadata.describe(site, statistics, sizes, dataset.triples))
        more = describing_lines(dataset, graphs["metadata"])
        store.extend(rdf.quads_from(more))
        store.flush()
        del store
        content = Content.of(sorted({*lines, *more}), site)
        for name, text in content.files(site):
            draft.write(name, text)
        draft.write("stages/links.nt", ntriples(map(str, links.links)))
        draft.write("stages/inferred.nt", ntriples(inference.statements))
        draft.write("stages/report.ttl", turtle.serialize(report.triples, dataset.prefixes))
        draft.write("dumps/records.schema.json", mapper.schema())
        return finish(root, draft, site, content.counts, input_entries(project.inputs))


@contextmanager
def loading(draft: Draft, lines: Sequence[rdf.Line]) -> Iterator[Loading]:
    """The store while it is made of these lines by another process."""
    dump = draft.folder / ".load.nq"
    dump.parent.mkdir(parents=True)
    dump.write_bytes(rdf.nquads(lines))
    try:
        with Loading(draft.folder / STORE, dump) as running:
            yield running
    finally:
        dump.unlink()


def describing_lines(dataset: Dataset, about: Iterable[rdf.Statement]) -> list[rdf.Line]:
    """The lines of the metadata graph, also as a part of the default graph where the dataset includes it there."""
    graph = dataset.graphs["metadata"]
    graphs = (graph, "") if graph in dataset.default_graphs else (graph,)
    return [rdf.line_of(statement, name) for statement in about for name in graphs]


def ntriples(statements: Iterable[rdf.Statement]) -> bytes:
    """Statements as N-Triples, in order."""
    return rdf.nquads(sorted(statements))


def link(project: Project, mapped: MappedFiles) -> Links:
    """Read the project's mapping sets; only registered things may be linked."""
    names = {path: project.name_of(path) for path in project.link_files}
    base_iri = project.dataset.base_iri
    known = {entity_iri(base_iri, kind, slug) for file in mapped.files for slug, kind in file.entities.items()}
    return read_links(project.link_files, base_iri=base_iri, known=known, name_of=names)


def describe_site(project: Project, queries: Sequence[StoredQuery], store: ox.Store) -> Site:
    """What the site shows beyond the quads; the home page's queries are answered here, once."""
    dataset = project.dataset
    by_iri = {query.iri: query for query in queries}
    missing = [iri for iri in dataset.home if iri not in by_iri]
    if missing:
        raise RefusedError(
            Problem("dataset.home", f"<{iri}> is no stored query", "add it to examples/queries/", str(dataset.file))
            for iri in missing
        )
    ontology = next(
        (t.subject for t in project.ontology if t.predicate == RDF["type"] and t.object == OWL["Ontology"]), None
    )
    return Site(
        base_iri=dataset.base_iri,
        dataset_iri=dataset.iri,
        title=dataset.title,
        description=dataset.description,
        licence=dataset.licence,
        rights=dataset.rights,
        version=dataset.version,
        prefixes=dataset.prefixes,
        graphs=dataset.graphs,
        ontology_iri=ontology.value if isinstance(ontology, ox.NamedNode) else None,
        sections=tuple(answer(store, by_iri[iri]) for iri in dataset.home),
        queries=tuple(queries),
        classes=dataset.home_classes,
    )


def answer(store: ox.Store, query: StoredQuery) -> Section:
    """A stored SELECT query answered, each cell as an N-Triples term."""
    solutions = store.query(query.text)
    if not isinstance(solutions, ox.QuerySolutions):
        raise RefusedError(
            Problem("dataset.home", "the home page shows SELECT queries only", "choose another", item=query.iri)
        )
    columns = tuple(variable.value for variable in solutions.variables)
    rows = tuple(tuple(None if term is None else str(term) for term in solution) for solution in solutions)
    return Section(query, columns, rows)


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
