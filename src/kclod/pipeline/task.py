"""What a build is about once the records are mapped, and what both ways of building do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from kclod import metadata
from kclod.constraints import check_constraints
from kclod.draft import Draft
from kclod.errors import Problem, RefusedError
from kclod.expect import check_expectations
from kclod.integrity import InputEntry, text_digest
from kclod.link import Links, linksets, read_links
from kclod.pictures import Topic
from kclod.pipeline.checks import remarks
from kclod.pipeline.declared import check_declared
from kclod.pipeline.layout import read_layout
from kclod.pipeline.mapped import MappedFiles, Mapper
from kclod.pipeline.places import Places
from kclod.project import Description, Project, read_all
from kclod.queries import read_facets
from kclod.rdf import Statement, split_line
from kclod.reason import infer
from kclod.records import entity_iri
from kclod.registries import read_schemes
from kclod.release import input_entries, tool_versions
from kclod.shacl import Report
from kclod.site import Section, Site, StoredQuery
from kclod.statistics import Statistics
from kclod.vocab import OWL, RDF, RDFS

Announce = Callable[[str], None]
"""Told the name of each stage as it begins."""

Note = Callable[[str], None]
"""Told what is worth knowing although it refuses nothing."""

WORK = ".work"
"""The folder beside the releases in which a build keeps what the next one can use."""
STATE = f"{WORK}/state.sqlite"
CONSISTENT = f"{WORK}/consistent"
"""The state; the digests of what HermiT has found consistent."""
LINKS, INFERRED, REPORT = "stages/links.nt", "stages/inferred.nt", "stages/report.ttl"
"""Files of a release that show what stages have made."""
SCHEMA = "dumps/records.schema.json"


@dataclass(frozen=True)
class Task:
    """What a build is about, once the records are mapped."""

    project: Project
    root: Path
    draft: Draft
    queries: Sequence[StoredQuery]
    constraints: Sequence[StoredQuery]
    mapper: Mapper
    mapped: MappedFiles
    links: Links
    places: Places
    announce: Announce
    note: Note

    @cached_property
    def inputs(self) -> list[InputEntry]:
        """All input files."""
        return input_entries(self.project.inputs)

    @cached_property
    def fixed(self) -> str:
        """The digest of all inputs that are no record files, and of kclod and its tools."""
        records = set(self.mapper.paths)
        parts = [f"{entry.sha256} {entry.path}" for entry in self.inputs if entry.path not in records]
        return text_digest("\n".join([*parts, *map(str, sorted(tool_versions().items()))]))

    def note_remarks(self, report: Report) -> None:
        """Tell what the shapes found that refuses nothing."""
        for remark in remarks(report, self.places):
            self.note(remark)

    def describe(
        self, store: ox.Store, statistics: Statistics, sizes: Mapping[str, int], known: Sequence[Section] = ()
    ) -> tuple[Site, list[Statement]]:
        """What the site shows beyond the quads, and the metadata graph. RefusedError where the data fall short.

        Of queries that are `known`, the answers still hold.
        """
        dataset = self.project.dataset
        check_constraints(store, self.constraints, self.places.of_thing)
        check_expectations(dataset, {kind: found.entities for kind, found in statistics.classes.items()}, store)
        site = describe_site(self.project, self.queries, store, known)
        sets = linksets(self.links, site.schemes)
        computed = metadata.describe(site, statistics, sizes, (), sets)
        check_declared(dataset.triples, computed, site, store, file=dataset.file, note=self.note)
        return site, metadata.describe(site, statistics, sizes, dataset.triples, sets)


def link(project: Project, mapped: MappedFiles) -> Links:
    """Read the project's mapping sets; only registered things may be linked, and only to declared registries."""
    base_iri = project.dataset.base_iri
    return read_links(
        project.link_files,
        base_iri=base_iri,
        known={entity_iri(base_iri, kind, slug) for file in mapped.files for slug, kind in file.entities.items()},
        name_of={path: project.name_of(path) for path in project.link_files},
        schemes=read_schemes(project.dataset, project.ontology),
        apart=lambda one, other: _why_apart(one, other, project, mapped),
    )


def _why_apart(one: str, other: str, project: Project, mapped: MappedFiles) -> str | None:
    """Why two things cannot be one, by what the records say of them and the ontology's axioms; None if they can."""
    subjects = (f"<{one}> ", f"<{other}> ")
    said = {statement for statement, _ in map(split_line, mapped.all_lines()) if statement.startswith(subjects)}
    clashes = infer([*said, f"<{one}> {OWL['sameAs']} <{other}>"], project.ontology_statements).clashes
    return clashes[0].message if clashes else None


def describe_site(
    project: Project, queries: Sequence[StoredQuery], store: ox.Store, known: Sequence[Section] = ()
) -> Site:
    """What the site shows beyond the quads; the queries of the home page and the overview are answered here, once.

    Those that are `known` are not asked again.
    """
    dataset = project.dataset
    by_iri = {query.iri: query for query in queries}
    answered = {section.query.iri: section for section in known}
    about = Description(dataset.triples)
    file = str(dataset.file)
    problems = [
        Problem("dataset.home", f"<{iri}> is no stored query", "add it to examples/queries/", file)
        for iri in (*dataset.home, *dataset.overview)
        if iri not in by_iri
    ]
    problems += [
        Problem("dataset.overview", f"<{iri}> does not say how it is drawn", "add pub:drawnAs", file)
        for iri in dataset.overview
        if iri in by_iri and by_iri[iri].picture is None
    ]
    problems += [
        Problem("query.topic", f"<{q.topic}> is no topic of the dataset", "add it to pub:topics", file, item=q.iri)
        for q in queries
        if q.topic is not None and q.topic not in dataset.topics
    ]
    if problems:
        raise RefusedError(problems)
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
        sections=tuple(answer(store, by_iri[iri], answered.get(iri)) for iri in dataset.home),
        queries=tuple(queries),
        classes=dataset.home_classes,
        topics=tuple(Topic(iri, about.texts(iri, RDFS["label"])) for iri in dataset.topics),
        pictures=tuple(answer(store, by_iri[iri], answered.get(iri)) for iri in dataset.overview),
        facets=read_facets(about, dataset.facets, dataset.prefixes, dataset.file),
        publisher=dataset.publisher,
        issued=dataset.issued,
        schemes=read_schemes(dataset, project.ontology),
        layout=read_layout(read_all((*project.shape_files, *project.page_files)), project.ontology),
    )


def answer(store: ox.Store, query: StoredQuery, known: Section | None = None) -> Section:
    """A stored SELECT query answered, each cell as an N-Triples term; `known` where that is of the same query."""
    if known is not None and known.query == query:
        return known
    solutions = store.query(query.text)
    if not isinstance(solutions, ox.QuerySolutions):
        raise RefusedError(
            Problem(
                "dataset.home",
                "the home page and the overview show SELECT queries only",
                "choose another",
                item=query.iri,
            )
        )
    columns = tuple(variable.value for variable in solutions.variables)
    rows = tuple(tuple(None if term is None else str(term) for term in solution) for solution in solutions)
    return Section(query, columns, rows)
