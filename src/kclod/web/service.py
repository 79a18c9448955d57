"""The endpoint described in its own terms: SPARQL 1.1 Service Description."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from kclod.rdf import RDF_FORMATS, RESULT_FORMATS
from kclod.vocab import DCT, RDF, VOID, XSD, Namespace
from kclod.web.publication import Publication

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
FORMATS = Namespace("http://www.w3.org/ns/formats/")
_FORMAT_IRIS = {
    "ttl": "Turtle",
    "nt": "N-Triples",
    "jsonld": "JSON-LD",
    "rdf": "RDF_XML",
    "nq": "N-Quads",
    "trig": "TriG",
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
}


def describe_service(publication: Publication) -> list[ox.Triple]:
    """The service, its formats and its dataset with the publisher's named graphs. One graph a claim is not listed."""
    return list(_triples(publication))


def _triples(publication: Publication) -> Iterator[ox.Triple]:
    site = publication.release.site
    endpoint = ox.NamedNode(f"{publication.public_url}sparql")
    service, dataset, default = (ox.NamedNode(f"{endpoint.value}#{name}") for name in ("service", "dataset", "default"))
    kind = RDF["type"]
    yield ox.Triple(service, kind, SD["Service"])
    yield ox.Triple(service, SD["endpoint"], endpoint)
    yield ox.Triple(service, SD["supportedLanguage"], SD["SPARQL11Query"])
    for fmt in (*RESULT_FORMATS, *RDF_FORMATS):
        yield ox.Triple(service, SD["resultFormat"], FORMATS[_FORMAT_IRIS[fmt.name]])
    yield ox.Triple(service, SD["defaultDataset"], dataset)
    yield ox.Triple(dataset, kind, SD["Dataset"])
    yield ox.Triple(dataset, DCT["isVersionOf"], ox.NamedNode(site.dataset_iri))
    yield ox.Triple(dataset, SD["defaultGraph"], default)
    yield ox.Triple(default, kind, SD["Graph"])
    counts = publication.release.manifest.get("counts")
    total = counts.get("default_graph_triples") if isinstance(counts, dict) else None
    if isinstance(total, int):
        yield ox.Triple(default, VOID["triples"], ox.Literal(str(total), datatype=XSD["integer"]))
    for role, iri in sorted(site.graphs.items()):
        entry = ox.NamedNode(f"{endpoint.value}#graph-{role}")
        yield ox.Triple(dataset, SD["namedGraph"], entry)
        yield ox.Triple(entry, kind, SD["NamedGraph"])
        yield ox.Triple(entry, SD["name"], ox.NamedNode(iri))
