"""The build: records → map → link → accept → reason → validate → release."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from kclod import metadata, rdf
from kclod.accept import accepted_claims
from kclod.constraints import check_constraints
from kclod.draft import Draft, drafting, only_writer
from kclod.errors import Problem, RefusedError
from kclod.expect import check_expectations
from kclod.link import Links, read_links
from kclod.pipeline.checks import reason, remarks, validate
from kclod.pipeline.graphs import Graphs
from kclod.pipeline.mapped import MappedFiles, Mapper
from kclod.pipeline.places import Places
from kclod.project import Project
from kclod.queries import read_queries
from kclod.records import entity_iri
from kclod.release import Content, Release, dump_name, finish, input_entries, publish
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


def build(project: Project, root: Path, announce: Announce = lambda _: None, note: Note = lambda _: None) -> Release:
    """Build the project's release under `root`.

    Raises RefusedError with every problem of the stage that failed, each with the file and line of the record where
    one is known; then nothing is published and the current release stays.
    """
    dataset = project.dataset
    queries = read_queries(project.query_files, dataset.prefixes)
    constraints = read_queries(project.constraint_files, dataset.prefixes)
    with only_writer(root, PATIENCE), drafting(root) as draft, ExitStack() as running:
        mapper = Mapper(project, root / WORK / "mapped")
        mapped = mapper.run(None, announce)
        graphs = Graphs.of(dataset, mapped.all_lines())
        graphs.add("ontology", project.ontology_statements)
        announce("link")
        links = link(project, mapped)
        graphs.add("links", map(str, links.links))
        graphs.add("provenance", map(str, links.mappings))
        places = mapper.places(mapped, links.origins)
        accepted = accepted_claims(graphs["provenance"], dataset)
        announce("reason")
        inferred = reason(graphs.vouched(accepted), project.ontology_statements, places)
        graphs.add("inferred", inferred)
        announce("validate")
        vouched = graphs.vouched(accepted)
        loading = running.enter_context(_load(draft, graphs, vouched))
        report = validate([*vouched, *graphs["provenance"]], project.shape_files, project.ontology_statements, places)
        for remark in remarks(report, places):
            note(remark)
        announce("release")
        store = loading.opened()
        check_constraints(store, constraints, places.of_thing)
        statistics = Statistics.of(vouched, dataset.base_iri)
        check_expectations(dataset, {kind: found.entities for kind, found in statistics.classes.items()}, store)
        site = describe_site(project, queries, store)
        about = metadata.describe(site, statistics, {name: len(graphs.named[name]) for name in graphs.named}, dataset.triples)
        graphs.add("metadata", about)
        store.extend(rdf.quads_from(rdf.line_of(statement, dataset.graphs["metadata"]) for statement in about))
        return _publish(root, project, draft, site, graphs, report.triples, graphs.vouched(accepted))
