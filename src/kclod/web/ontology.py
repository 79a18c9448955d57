"""The vocabulary of the data as one document: term IRIs are hash IRIs, so this is what they lead to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flask
import pyoxigraph as ox

from kclod import rdf
from kclod.rdf import RDF_FORMATS, Term
from kclod.vocab import DCT, OWL, RDF, RDFS, SKOS
from kclod.web.negotiation import HTML, offers_of
from kclod.web.pages import page as html_page
from kclod.web.present import Presenter
from kclod.web.publication import Publication, current
from kclod.web.responses import ProblemError, answer, link, negotiate
from kclod.web.writing import write_triples

blueprint = flask.Blueprint("ontology", __name__)
_BY_NAME = {f.name: f for f in RDF_FORMATS}
_OFFERS = (HTML, *offers_of(RDF_FORMATS))
_KINDS = (
    ("classes", (OWL["Class"], RDFS["Class"])),
    ("object-properties", (OWL["ObjectProperty"],)),
    ("datatype-properties", (OWL["DatatypeProperty"],)),
    ("annotation-properties", (OWL["AnnotationProperty"],)),
    ("other-properties", (RDF["Property"],)),
    ("individuals", (OWL["NamedIndividual"], SKOS["Concept"], SKOS["ConceptScheme"])),
)
_FACETS = {
    "broader": (RDFS["subClassOf"], RDFS["subPropertyOf"], SKOS["broader"]),
    "domain": (RDFS["domain"],),
    "range": (RDFS["range"],),
    "inverse": (OWL["inverseOf"],),
    "same": (OWL["equivalentClass"], OWL["equivalentProperty"]),
    "disjoint": (OWL["disjointWith"],),
    "close": (SKOS["closeMatch"], SKOS["exactMatch"], RDFS["seeAlso"]),
}
_DEFINITIONS = (SKOS["definition"], RDFS["comment"], DCT["description"])


@dataclass(frozen=True, slots=True)
class Described:
    """A term: its definitions by language and, by facet, the named terms it is related to."""

    iri: str
    anchor: str
    definitions: dict[str, str]
    facets: dict[str, tuple[str, ...]]


@blueprint.get("/ontology")
def page() -> flask.Response:
    """The ontology, as a page or as RDF by negotiation."""
    alternates = [(flask.url_for(".data", extension=f.name), f.media_type) for f in RDF_FORMATS]
    choice = negotiate(_OFFERS, alternates)
    triples = _triples(current())
    fmt = choice.offer.format
    if fmt is not None:
        return _serialised(fmt, choice.media_type, flask.url_for(".data", extension=fmt.name))
    presenter = Presenter.of_request()
    links = [link(href, "alternate", media_type) for href, media_type in alternates]
    formats = [(f.title, href) for f, (href, _) in zip(RDF_FORMATS, alternates, strict=True)]
    site = presenter.publication.release.site
    ontology = (site.ontology_iri or "").rstrip("#")
    about = _values(triples, ontology, _DEFINITIONS)
    texts = {value.language or "": value.value for value in about if isinstance(value, ox.Literal)}
    return html_page(
        "ontology.html",
        presenter,
        choice,
        links=links,
        sections=_sections(triples, f"{ontology}#", lambda iri: presenter.term(iri).text),
        formats=formats,
        alternates=alternates,
        texts=texts,
        members=presenter.publication.reader.classes(),
    )


@blueprint.get("/ontology.<extension>")
def data(extension: str) -> flask.Response:
    """The ontology in the format that the extension names."""
    fmt = _BY_NAME.get(extension)
    if fmt is None:
        listed = ", ".join(f".{known}" for known in _BY_NAME)
        raise ProblemError(404, "unknown-format", f"the ontology has the extensions {listed}")
    return _serialised(fmt, fmt.media_type, None)


def _serialised(fmt: rdf.Format, media_type: str, location: str | None) -> flask.Response:
    publication = current()
    triples = _triples(publication)
    return answer(write_triples(triples, fmt, publication.release.site.prefixes), media_type, location=location)


def _triples(publication: Publication) -> list[ox.Triple]:
    graph = publication.release.site.graphs.get("ontology")
    if graph is None:
        raise ProblemError(404, "no-ontology", "this release has no ontology of its own")
    return [q.triple for q in publication.reader.store.quads_for_pattern(None, None, None, ox.NamedNode(graph))]


def _values(triples: list[ox.Triple], subject: str, predicates: tuple[ox.NamedNode, ...]) -> list[Term]:
    return [
        t.object
        for t in triples
        if t.predicate in predicates and isinstance(t.subject, ox.NamedNode) and t.subject.value == subject
    ]


def _sections(triples: list[ox.Triple], own: str, name: Callable[[str], str]) -> list[tuple[str, list[Described]]]:
    """The named terms by kind, each once; those of the ontology's own namespace before reused ones, then by name."""
    by_subject: dict[str, list[ox.Triple]] = {}
    for triple in triples:
        if isinstance(triple.subject, ox.NamedNode):
            by_subject.setdefault(triple.subject.value, []).append(triple)
    ordered = sorted(by_subject, key=lambda iri: (not iri.startswith(own), name(iri).casefold(), iri))
    sections, placed = [], set()
    for kind, classes in _KINDS:
        terms = []
        for iri in ordered:
            about = by_subject[iri]
            if iri not in placed and any(t.predicate == RDF["type"] and t.object in classes for t in about):
                placed.add(iri)
                terms.append(_described(iri, about, own))
        if terms:
            sections.append((kind, terms))
    return sections


def _described(iri: str, about: list[ox.Triple], own: str) -> Described:
    anchor = iri.removeprefix(own) if iri.startswith(own) else iri
    definitions: dict[str, str] = {}
    for predicate in _DEFINITIONS:
        texts = {
            t.object.language or "": t.object.value
            for t in about
            if t.predicate == predicate and isinstance(t.object, ox.Literal)
        }
        definitions = texts | definitions
    facets = {
        name: tuple(
            sorted(t.object.value for t in about if t.predicate in predicates and isinstance(t.object, ox.NamedNode))
        )
        for name, predicates in _FACETS.items()
    }
    return Described(iri, anchor, definitions, {name: iris for name, iris in facets.items() if iris})
