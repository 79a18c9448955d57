"""The build: records → map → link → accept → reason → validate → release."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kclod import metadata, rdf, rml, shacl
from kclod.accept import accepted_claims
from kclod.consistency import check_consistency
from kclod.constraints import check_constraints
from kclod.errors import Problem, RefusedError
from kclod.expect import check_expectations
from kclod.link import Links, read_links, subjects_of
from kclod.project import Dataset, Project
from kclod.queries import read_queries
from kclod.reason import Clash, infer
from kclod.records import Records, load_records, sample
from kclod.release import Release, publish
from kclod.signatures import consistency_input
from kclod.site import Section, Site, StoredQuery
from kclod.store import memory_store
from kclod.vocab import OWL, RDF

Announce = Callable[[str], None]
"""Told the name of each stage as it begins."""

Note = Callable[[str], None]
"""Told what is worth knowing although it refuses nothing."""


@dataclass(frozen=True)
class Graphs:
    """The named graphs of a release while it is made: graph IRI → its distinct triples."""

    dataset: Dataset
    named: dict[str, dict[ox.Triple, None]]

    @classmethod
    def of(cls, dataset: Dataset, quads: Iterable[ox.Quad]) -> Graphs:
        """Quads sorted into their graphs."""
        graphs = cls(dataset, {})
        for quad in quads:
            name = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else ""
            graphs.named.setdefault(name, {})[quad.triple] = None
        return graphs

    def __getitem__(self, role: str) -> dict[ox.Triple, None]:
        return self.named.setdefault(self.dataset.graphs[role], {})

    def add(self, role: str, triples: Iterable[ox.Triple]) -> None:
        """Add triples to the graph of a role such as `links`."""
        self[role].update(dict.fromkeys(triples))

    def vouched(self, accepted: Iterable[str]) -> dict[ox.Triple, None]:
        """The default graph: the accepted claims and the graphs that the dataset includes."""
        union: dict[ox.Triple, None] = {}
        for name in (*sorted(accepted), *self.dataset.default_graphs):
            union.update(self.named.get(name, {}))
        return union

    def quads(self, default: Iterable[ox.Triple]) -> Iterable[ox.Quad]:
        """The whole dataset."""
        yield from rdf.in_graph(default, rdf.DEFAULT_GRAPH)
        for name, triples in self.named.items():
            yield from rdf.in_graph(triples, ox.NamedNode(name))


def build(project: Project, root: Path, announce: Announce = lambda _: None, note: Note = lambda _: None) -> Release:
    """Build the project's release under `root`.

    Raises RefusedError with every problem of the stage that failed, each with the file and line of the record where
    one is known; then nothing is published and the current release stays.
    """
    announce("records")
    dataset, records = project.dataset, load_records(project)
    queries = read_queries(project.query_files, dataset.prefixes)
    constraints = read_queries(project.constraint_files, dataset.prefixes)
    announce("map")
    mapped = map_records(project, records)
    graphs = Graphs.of(dataset, mapped.quads)
    graphs.add("ontology", project.ontology)
    announce("link")
    links = link(project, graphs)
    graphs.add("links", links.links)
    graphs.add("provenance", links.mappings)
    accepted = accepted_claims(graphs["provenance"], dataset)
    announce("reason")
    sources = Sources.of(records, mapped.origins, links, graphs)
    inferred = reason(graphs.vouched(accepted), project.ontology, sources, note)
    graphs.add("inferred", inferred)
    announce("validate")
    vouched = graphs.vouched(accepted)
    report = validate([*vouched, *graphs["provenance"]], project.shape_files, project.ontology, sources)
    for remark in remarks(report, sources):
        note(remark)
    store = memory_store(graphs.quads(vouched))
    check_constraints(store, constraints, sources.of_thing)
    announce("release")
    check_expectations(dataset, vouched, graphs["provenance"])
    site = describe_site(project, queries, store)
    graphs.add("metadata", metadata.describe(site, list(graphs.quads(vouched)), dataset.triples))
    stages = {f"rows/{name}": content for name, content in records.to_files().items()} | {
        "mapped.nq": rdf.canonical(mapped.quads),
        "links.nt": rdf.serialize(links.links, rdf.N_TRIPLES),
        "inferred.nt": rdf.serialize(inferred, rdf.N_TRIPLES),
        "report.ttl": rdf.serialize(report.triples, rdf.TURTLE),
    }
    downloads = {"records.schema.json": records.schema()}
    return publish(root, site, graphs.quads(vouched), inputs=project.inputs, stages=stages, downloads=downloads)


def map_records(project: Project, records: Records) -> rml.MapResult:
    """Run the project's mappings over the rows.

    RefusedError: a bad mapping, a reference that no row can have, a field that no mapping reads (its data would be lost
    in silence), or terms that could not be made.
    """
    mapping = rml.compile_mappings(project.mapping_files)
    base_iri = project.dataset.base_iri
    filled = sample(records.kinds, base_iri)
    problems = rml.unused_expressions(mapping, sources=filled.rows)
    problems += [
        Problem(
            "map.unread-field",
            f"no mapping reads the field {name}",
            "map it, or remove it",
            project.name_of(project.kinds_file),
        )
        for name in (() if problems else filled.unread(rml.values_read(mapping, sources=filled.rows)))
    ]
    if problems:
        raise RefusedError(problems)
    result = rml.run(mapping, sources=records.rows, base_iri=base_iri)
    if result.rejects:
        raise RefusedError(reject.to_problem() for reject in result.rejects)
    return result


def link(project: Project, graphs: Graphs) -> Links:
    """Read the project's mapping sets; only registered things may be linked."""
    names = {path: project.name_of(path) for path in project.link_files}
    known = subjects_of(graphs["registry"])
    return read_links(project.link_files, base_iri=project.dataset.base_iri, known=known, name_of=names)


@dataclass(frozen=True)
class Sources:
    """Where things come from: the file and line of the record or link that made a thing or states a triple."""

    places: Mapping[str, tuple[str, int]]
    """IRI of a thing, claim graph or link → place."""
    graphs: Mapping[str, Mapping[ox.Triple, None]]
    """Named graph → its triples."""

    @classmethod
    def of(cls, records: Records, origins: Mapping[str, rml.Origin], links: Links, graphs: Graphs) -> Sources:
        """From the origins that mapping and linking recorded; registered things lead to their own entry."""
        places = dict(links.origins)
        for iri, origin in origins.items():
            place = _place(origin.record)
            if place:
                places[iri] = place
        for name in ("entities.json", "articles.json"):
            places.update({row["iri"]: (row["origin"]["file"], row["origin"]["line"]) for row in records.rows[name]})
        shared = set(graphs.dataset.graphs.values())  # made by many records, so they lead to none
        return cls({iri: place for iri, place in places.items() if iri not in shared}, graphs.named)

    def of_thing(self, iri: str) -> tuple[str, int] | None:
        """The place of a thing; a hash IRI falls back to what it is part of."""
        return self.places.get(iri) or self.places.get(iri.partition("#")[0])

    def of_triples(self, chosen: Callable[[ox.Triple], bool]) -> list[tuple[str, int]]:
        """The places of the claims that state one of the chosen triples."""
        return sorted(
            self.places[name]
            for name, triples in self.graphs.items()
            if name in self.places and any(map(chosen, triples))
        )


def _place(record: Any) -> tuple[str, int] | None:  # JSON
    while isinstance(record, dict):
        if "origin" in record:
            return record["origin"]["file"], record["origin"]["line"]
        record = record.get("parent")
    return None


def reason(
    data: Iterable[ox.Triple], ontology: Sequence[ox.Triple], sources: Sources, note: Note = lambda _: None
) -> tuple[ox.Triple, ...]:
    """What follows by the ontology's axioms. RefusedError when the data contradict them, by OWL 2 RL or by HermiT.

    Of large data HermiT sees a selection; `note` is told of how many individuals.
    """
    triples = list(data)
    inference = infer(triples, ontology)
    if inference.clashes:
        raise RefusedError(problem for clash in inference.clashes for problem in clash_problems(clash, sources))
    selection = consistency_input(triples, ontology)
    if not selection.is_whole:
        note(f"HermiT looks at {selection}, at least one of each kind that it can tell apart at a glance")
    consistency = check_consistency(selection.statements, ontology)
    if not consistency.consistent:
        raise RefusedError(
            Problem(
                "reason.inconsistent",
                f"HermiT finds the data and the ontology inconsistent. {consistency.explanation}".strip(),
                "find the record that contradicts an axiom of ontology/",
            )
        )
    if consistency.unsatisfiable:
        raise RefusedError(
            Problem("reason.unsatisfiable", f"<{iri}> can have no instance", "correct its axioms in ontology/")
            for iri in consistency.unsatisfiable
        )
    return inference.triples


def clash_problems(clash: Clash, sources: Sources) -> list[Problem]:
    """A clash as problems: one for each record that takes part, or one without a place."""
    triples = "; ".join(map(str, clash.triples))
    places = sources.of_triples(set(clash.triples).__contains__) or sorted(
        {
            place
            for t in clash.triples
            for term in (t.subject, t.object)
            if isinstance(term, ox.NamedNode) and (place := sources.of_thing(term.value))
        }
    )
    message, fix = f"{clash.message} [{triples}]", "correct the record, or the axiom"
    if not places:
        return [Problem(f"reason.{clash.rule}", message, fix)]
    return [Problem(f"reason.{clash.rule}", message, fix, file, line) for file, line in places]


def validate(
    data: Sequence[ox.Triple], shapes: Sequence[Path], ontology: Iterable[ox.Triple], sources: Sources
) -> shacl.Report:
    """Check by the shapes. RefusedError names focus node, shape and record of every violation.

    Results of severity sh:Warning and sh:Info stand in the report and do not refuse the data.
    """
    report = shacl.validate(data, shapes, extra=ontology)
    problems = [result_problem(result, sources) for result in report.results if result.severity.endswith("#Violation")]
    if problems:
        raise RefusedError(problems)
    return report


def remarks(report: shacl.Report, sources: Sources) -> list[str]:
    """Results that are no violations, and what is odd about the shapes, such as one that looked at nothing."""
    return [str(result_problem(result, sources)) for result in report.results] + [str(w) for w in report.warnings]


def result_problem(result: shacl.Result, sources: Sources) -> Problem:
    """A validation result as a problem, at the record that states the value, else at that of the focus node."""

    def stated(t: ox.Triple) -> bool:
        if not isinstance(t.subject, ox.NamedNode) or (t.subject.value, t.predicate.value) != (
            result.focus,
            result.path,
        ):
            return False
        return (t.object.value if isinstance(t.object, ox.NamedNode) else str(t.object)) == result.value

    places = sources.of_triples(stated) if result.value else []
    file, line = places[0] if places else sources.of_thing(result.focus) or (None, None)
    about = [f"focus node {result.focus}"]
    if result.path:
        about.append(f"path {result.path}")
    if result.value:
        about.append(f"value {result.value}")
    about.append(f"shape {result.owner}")
    about.append(result.constraint.rsplit("#", 1)[-1])
    message = f"{result.message or 'the constraint does not hold'} ({', '.join(about)})"
    return Problem("validate.shape", message, "correct the record", file, line)


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
