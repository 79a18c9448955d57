"""Well-known addresses (RFC 8615): the description of the dataset, where machines look for it."""

from __future__ import annotations

import flask
import pyoxigraph as ox

from kclod.rdf import TURTLE
from kclod.vocab import RDF, VOID
from kclod.web.http.responses import answer, link, negotiate
from kclod.web.http.table import TABLE
from kclod.web.publication import current
from kclod.web.writing import write_triples

blueprint = flask.Blueprint("wellknown", __name__)


@blueprint.get("/.well-known/void")
def void() -> flask.Response:
    """What the release says of its dataset (VoID, section 7.2), in RDF."""
    choice = negotiate(TABLE["wellknown.void"].offers)
    publication = current()
    site = publication.release.site
    dataset = ox.NamedNode(site.dataset_iri)
    metadata = site.graphs.get("metadata")
    about, graph = (None, ox.NamedNode(metadata)) if metadata else (dataset, None)
    triples = {quad.triple for quad in publication.reader.store.quads_for_pattern(about, None, None, graph)}
    triples |= {
        ox.Triple(dataset, RDF["type"], VOID["Dataset"]),
        ox.Triple(dataset, VOID["uriSpace"], ox.Literal(site.base_iri)),
        ox.Triple(dataset, VOID["sparqlEndpoint"], ox.NamedNode(f"{publication.public_url}sparql")),
    }
    fmt = choice.offer.format or TURTLE
    body = write_triples(triples, fmt, dict(site.prefixes) | {"void": str(VOID)})
    return answer(body, choice.media_type, links=[link(site.dataset_iri, "describes")])
