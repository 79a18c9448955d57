"""Addresses of the ontology: the document, its data formats, and the document under the IRI of its version."""

from __future__ import annotations

import re
from collections.abc import Callable

import flask
import pyoxigraph as ox

from kclod import rdf
from kclod.rdf import RDF_FORMATS
from kclod.vocab import OWL
from kclod.web import documents
from kclod.web.http.negotiation import HTML, offers_of
from kclod.web.http.responses import ProblemError, answer, link, negotiate
from kclod.web.ontology.guide import guide
from kclod.web.pages import page as html_page
from kclod.web.present import Presenter
from kclod.web.publication import Publication, current
from kclod.web.writing import write_triples

blueprint = flask.Blueprint("ontology", __name__)
_BY_NAME = {f.name: f for f in RDF_FORMATS}
_OFFERS = (HTML, *offers_of(RDF_FORMATS))
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]*")


@blueprint.get("/ontology")
def page() -> flask.Response:
    """The ontology, as a page or as RDF by negotiation."""
    return _document(lambda name: flask.url_for(".data", extension=name))


@blueprint.get("/ontology.<extension>")
def data(extension: str) -> flask.Response:
    """The ontology in the format that the extension names."""
    return _serialised(_format(extension))


@blueprint.get("/ontology/<path:version>")
def version(version: str) -> flask.Response:
    """The same under the IRI of the version that this release holds; other paths are those of any other thing."""
    path, _, extension = version.rpartition(".")
    if _is_version(version):
        return _document(lambda name: flask.url_for(".version", version=f"{version}.{name}"))
    if _is_version(path):
        return _serialised(_format(extension))
    return documents.other_thing(f"ontology/{version}")


def _is_version(name: str) -> bool:
    site = current().release.site
    if site.ontology_iri is None or not _VERSION.fullmatch(name):
        return False
    iri, about = ox.NamedNode(f"{site.base_iri}ontology/{name}"), ox.NamedNode(site.ontology_iri.rstrip("#"))
    return next(current().reader.store.quads_for_pattern(about, OWL["versionIRI"], iri, None), None) is not None


def _document(address: Callable[[str], str]) -> flask.Response:
    alternates = [(address(f.name), f.media_type) for f in RDF_FORMATS]
    choice = negotiate(_OFFERS, alternates)
    fmt = choice.offer.format
    if fmt is not None:
        return _serialised(fmt, choice.media_type, address(fmt.name))
    presenter = Presenter.of_request()
    return html_page(
        "ontology.html",
        presenter,
        choice,
        links=[link(href, "alternate", media_type) for href, media_type in alternates],
        alternates=alternates,
        formats=[(f.title, href) for f, (href, _) in zip(RDF_FORMATS, alternates, strict=True)],
        body=guide(presenter, lambda: _triples(presenter.publication)),
    )


def _format(extension: str) -> rdf.Format:
    fmt = _BY_NAME.get(extension)
    if fmt is None:
        listed = ", ".join(f".{known}" for known in _BY_NAME)
        raise ProblemError(404, "unknown-format", f"the ontology has the extensions {listed}")
    return fmt


def _serialised(fmt: rdf.Format, media_type: str | None = None, location: str | None = None) -> flask.Response:
    publication = current()
    body = write_triples(_triples(publication), fmt, publication.release.site.prefixes)
    return answer(body, media_type or fmt.media_type, location=location)


def _triples(publication: Publication) -> list[ox.Triple]:
    graph = publication.release.site.graphs.get("ontology")
    if graph is None:
        raise ProblemError(404, "no-ontology", "this release has no ontology of its own")
    return [q.triple for q in publication.reader.store.quads_for_pattern(None, None, None, ox.NamedNode(graph))]
