"""A project's folders and what its dataset says of itself: where things are, by convention.

A project is a folder with `ontology/`, `mappings/`, `shapes/` and `examples/`; `ontology/dataset.ttl` describes the
dataset in DCAT 3, VoID and the publisher vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from kclod import rdf
from kclod.errors import Problem, RefusedError, UsageError
from kclod.vocab import DCAT, DCT, FOAF, PUB, RDF, RDFS, SH, SKOS, VOID

GRAPH_ROLES = ("registry", "links", "inferred", "ontology", "provenance", "metadata")


@dataclass(frozen=True)
class Dataset:
    """What `dataset.ttl` declares: identity, titles by language, licence, and the release policy."""

    file: Path
    iri: str
    base_iri: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    licence: str | None
    rights: Mapping[str, str]
    """The statements of rights by language ("" for none), those of one language in one text."""
    version: str
    prefixes: Mapping[str, str]
    default_graphs: tuple[str, ...]
    """The named graphs whose triples are copied to the default graph, beside the accepted claims."""
    acceptance: str
    """The SPARQL SELECT, run over the provenance graph, whose ?claim values are accepted."""
    home: tuple[str, ...]
    """The stored queries that the home page answers, in order."""
    home_classes: tuple[str, ...]
    """The classes whose things the home page counts, in order."""
    overview: tuple[str, ...]
    """The stored queries whose answers the overview draws, in order."""
    topics: tuple[str, ...]
    """The topics of stored queries, in order."""
    facets: tuple[str, ...]
    publisher: Mapping[str, str]
    """The names of the publisher by language ("" for none)."""
    issued: str | None
    triples: tuple[ox.Triple, ...]

    @property
    def graphs(self) -> dict[str, str]:
        """Role → IRI of the graphs that every release has."""
        return {role: f"{self.base_iri}graph/{role}" for role in GRAPH_ROLES}


@dataclass(frozen=True)
class Project:
    """The files of a project. All sequences are sorted by name, so that nothing depends on the file system's order."""

    root: Path

    def __post_init__(self) -> None:
        missing = [name for name in ("ontology", "mappings", "shapes", "examples") if not (self.root / name).is_dir()]
        if missing:
            raise UsageError(
                Problem(
                    "project.missing-folder",
                    f"no project here: {', '.join(f'{name}/' for name in missing)} missing",
                    "run in the project's folder, or name it with --project",
                    str(self.root),
                )
            )

    def _files(self, pattern: str) -> tuple[Path, ...]:
        return tuple(sorted(path for path in self.root.glob(pattern) if path.is_file()))

    @property
    def ontology_files(self) -> tuple[Path, ...]:
        """The ontology and its schemes."""
        return tuple(path for path in self._files("ontology/*.ttl") if path != self.dataset_file)

    @property
    def dataset_file(self) -> Path:
        """The dataset's description."""
        return self.root / "ontology" / "dataset.ttl"

    @property
    def mapping_files(self) -> tuple[Path, ...]:
        """RML mappings."""
        return self._files("mappings/*.rml.ttl")

    @property
    def link_files(self) -> tuple[Path, ...]:
        """SSSOM mapping sets."""
        return self._files("mappings/*.sssom.tsv")

    @property
    def quickstatements_files(self) -> tuple[Path, ...]:
        """What may be added to another Wikibase."""
        return self._files("mappings/*.quickstatements.ttl")

    @property
    def kinds_file(self) -> Path:
        """The declaration of the kinds of record."""
        return self.root / "mappings" / "records.yaml"

    @property
    def shape_files(self) -> tuple[Path, ...]:
        """SHACL shapes."""
        return self._files("shapes/*.ttl")

    @property
    def page_files(self) -> tuple[Path, ...]:
        """What shapes say to pages only: roles, viewers, facts that no constraint is about."""
        return self._files("shapes/pages/*.ttl")

    @property
    def constraint_files(self) -> tuple[Path, ...]:
        """Constraints on the dataset as a whole, as SPARQL."""
        return self._files("shapes/dataset/*.ttl")

    @property
    def article_files(self) -> tuple[Path, ...]:
        """Records, a file an article."""
        return self._files("examples/articles/*.yaml")

    @property
    def entity_files(self) -> tuple[Path, ...]:
        """The registry of entities, a file a kind."""
        return self._files("examples/entities/*.yaml")

    @property
    def query_files(self) -> tuple[Path, ...]:
        """Stored queries."""
        return self._files("examples/queries/*.ttl")

    @property
    def inputs(self) -> dict[str, Path]:
        """Every input file by its path relative to the project."""
        files = [
            self.dataset_file,
            *self.ontology_files,
            self.kinds_file,
            *self.mapping_files,
            *self.link_files,
            *self.shape_files,
            *self.page_files,
            *self.constraint_files,
            *self.article_files,
            *self.entity_files,
            *self.query_files,
        ]
        return {self.name_of(path): path for path in files}

    def name_of(self, path: Path) -> str:
        """The path as messages show it: relative to the project."""
        return path.relative_to(self.root).as_posix()

    @cached_property
    def dataset(self) -> Dataset:
        """The dataset's description. RefusedError names what `dataset.ttl` lacks, everything at once."""
        return read_dataset(self.dataset_file)

    @cached_property
    def ontology(self) -> tuple[ox.Triple, ...]:
        """The triples of all ontology files. RefusedError collects the syntax errors of all of them."""
        return read_all(self.ontology_files)

    @cached_property
    def ontology_statements(self) -> tuple[rdf.Statement, ...]:
        """The same as statements, with the labels of blank nodes that RDFC-1.0 gives them in a release.

        There the ontology is a named graph, and perhaps a part of the default graph too; nothing else has blank nodes.
        """
        graph = self.dataset.graphs["ontology"]
        graphs = (graph, "") if graph in self.dataset.default_graphs else (graph,)
        lines = rdf.canonical_lines(rdf.line_of(str(triple), name) for triple in self.ontology for name in graphs)
        return tuple(dict.fromkeys(rdf.split_line(line)[0] for line in lines))


def read_all(files: Iterable[Path]) -> tuple[ox.Triple, ...]:
    """The distinct triples of several files; one RefusedError with the problems of all."""
    triples: dict[ox.Triple, None] = {}
    problems: list[Problem] = []
    for file in files:
        try:
            triples.update(dict.fromkeys(rdf.triples_of(rdf.read(file))))
        except (RefusedError, UsageError) as error:
            problems.extend(error.problems)
    if problems:
        raise RefusedError(problems)
    return tuple(triples)


def _name(term: rdf.Term) -> str:
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term)


class Description:
    """A small read-only look at the triples about subjects."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self._objects: dict[tuple[str, str], list[rdf.Term]] = {}
        self._subjects: dict[tuple[str, str], list[str]] = {}
        for triple in triples:
            subject = _name(triple.subject)
            self._objects.setdefault((subject, triple.predicate.value), []).append(triple.object)
            if isinstance(triple.object, ox.NamedNode):
                self._subjects.setdefault((triple.predicate.value, triple.object.value), []).append(subject)

    def subjects(self, predicate: ox.NamedNode, value: ox.NamedNode) -> list[str]:
        """IRIs (or blank node labels) that have this value."""
        return self._subjects.get((predicate.value, value.value), [])

    def objects(self, subject: str, predicate: ox.NamedNode) -> list[rdf.Term]:
        """Values in the order of the file."""
        return self._objects.get((subject, predicate.value), [])

    def texts(self, subject: str, predicate: ox.NamedNode) -> dict[str, str]:
        """Literals by language tag ("" for none)."""
        return {t.language or "": t.value for t in self.objects(subject, predicate) if isinstance(t, ox.Literal)}

    def joined_texts(self, subject: str, predicate: ox.NamedNode) -> dict[str, str]:
        """All literals of each language in one text, in the order of the file."""
        found: dict[str, str] = {}
        for term in self.objects(subject, predicate):
            if isinstance(term, ox.Literal):
                tag = term.language or ""
                found[tag] = f"{found[tag]} {term.value}" if tag in found else term.value
        return found

    def values(self, subject: str, predicate: ox.NamedNode) -> list[str]:
        """IRIs, labels or lexical forms of the values."""
        return [_name(t) for t in self.objects(subject, predicate)]

    def value(self, subject: str, predicate: ox.NamedNode) -> str | None:
        """The first value, or None."""
        return next(iter(self.values(subject, predicate)), None)

    def sequence(self, head: str | None) -> list[str]:
        """The members of an RDF list."""
        members: list[str] = []
        while head is not None and head != RDF["nil"].value:
            members.extend(self.values(head, RDF["first"])[:1])
            head = self.value(head, RDF["rest"])
        return members


def read_dataset(file: Path) -> Dataset:
    """`dataset.ttl` → Dataset. RefusedError lists all that is missing."""
    triples = rdf.triples_of(rdf.read(file))
    about = Description(triples)
    found = about.subjects(RDF["type"], DCAT["Dataset"])
    if len(found) != 1:
        raise RefusedError(
            Problem("dataset.one", f"{len(found)} things are typed dcat:Dataset", "describe exactly one", str(file))
        )
    iri = found[0]
    base_iri = about.value(iri, VOID["uriSpace"])
    acceptance = about.value(iri, PUB["acceptance"])
    select = about.value(acceptance, SH["select"]) if acceptance else None
    required = {
        "void:uriSpace": base_iri,
        "dct:title": about.texts(iri, DCT["title"]),
        "dct:license": about.value(iri, DCT["license"]),
        "dcat:version": about.value(iri, DCAT["version"]),
        "pub:acceptance with sh:select": select,
    }
    problems = [
        Problem("dataset.missing", f"<{iri}> has no {name}", "add it", str(file))
        for name, value in required.items()
        if not value
    ]
    if base_iri and not base_iri.endswith("/"):
        problems.append(
            Problem("dataset.base", f"void:uriSpace {base_iri!r} does not end in /", "end it in /", str(file))
        )
    if problems:
        raise RefusedError(problems)
    declarations = {
        prefix: namespace
        for node in about.values(iri, SH["declare"])
        if (prefix := about.value(node, SH["prefix"])) is not None and (namespace := about.value(node, SH["namespace"]))
    }
    return Dataset(
        file=file,
        iri=iri,
        base_iri=base_iri or "",
        title=about.texts(iri, DCT["title"]),
        description=about.texts(iri, DCT["description"]),
        licence=about.value(iri, DCT["license"]),
        rights=about.joined_texts(iri, DCT["rights"]),
        version=about.value(iri, DCAT["version"]) or "",
        prefixes=dict(sorted(declarations.items())),
        default_graphs=tuple(sorted(about.values(iri, PUB["defaultGraph"]))),
        acceptance=select or "",
        home=tuple(about.sequence(about.value(iri, PUB["home"]))),
        home_classes=tuple(about.sequence(about.value(iri, PUB["homeClasses"]))),
        overview=tuple(about.sequence(about.value(iri, PUB["overview"]))),
        topics=tuple(about.sequence(about.value(iri, PUB["topics"]))),
        facets=tuple(sorted(about.values(iri, PUB["facet"]))),
        publisher=about.texts(about.value(iri, DCT["publisher"]) or "", FOAF["name"]),
        issued=about.value(iri, DCT["issued"]),
        triples=tuple(triples),
    )


def labels_of(triples: Iterable[ox.Triple]) -> dict[str, dict[str, str]]:
    """IRI → language → label (skos:prefLabel before rdfs:label)."""
    labels: dict[str, dict[str, str]] = {}
    for predicate in (RDFS["label"], SKOS["prefLabel"]):
        for t in triples:
            if t.predicate == predicate and isinstance(t.object, ox.Literal) and isinstance(t.subject, ox.NamedNode):
                labels.setdefault(t.subject.value, {})[t.object.language or ""] = t.object.value
    return labels
