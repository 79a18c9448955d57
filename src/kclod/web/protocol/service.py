"""The endpoint described in its own terms: SPARQL 1.1 Service Description."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from kclod.rdf import RDF_FORMATS, RESULT_FORMATS
from kclod.vocab import DCT, RDF, SCHEMA, TEXT, VOID, XSD, Namespace
from kclod.web.limits import Limits
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
    """The service, its formats and limits, and its dataset with the publisher's named graphs and their statistics.

    One graph a claim is not listed. The limits are schema:PropertyValue, as the vocabulary has no terms for them; the
    statistics (VoID) are those that the release's metadata graph tells.
    """
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
    if publication.search.available:
        yield ox.Triple(service, SD["propertyFeature"], TEXT["matches"])
    if publication.limits.services:
        yield ox.Triple(service, SD["feature"], SD["BasicFederatedQuery"])
    yield from _limits(publication.limits, service, endpoint)
    yield ox.Triple(service, SD["defaultDataset"], dataset)
    yield ox.Triple(dataset, kind, SD["Dataset"])
    yield ox.Triple(dataset, DCT["isVersionOf"], ox.NamedNode(site.dataset_iri))
    yield ox.Triple(dataset, SD["defaultGraph"], default)
    yield ox.Triple(default, kind, SD["Graph"])
    yield ox.Triple(default, kind, VOID["Dataset"])
    counts = publication.release.manifest.get("counts")
    total = counts.get("default_graph_triples") if isinstance(counts, dict) else None
    statistics = _statistics(publication, site.dataset_iri)
    if isinstance(total, int):
        statistics[VOID["triples"]] = ox.Literal(str(total), datatype=XSD["integer"])
    for predicate, number in sorted(statistics.items(), key=lambda item: item[0].value):
        yield ox.Triple(default, predicate, number)
    for role, iri in sorted(site.graphs.items()):
        entry = ox.NamedNode(f"{endpoint.value}#graph-{role}")
        yield ox.Triple(dataset, SD["namedGraph"], entry)
        yield ox.Triple(entry, kind, SD["NamedGraph"])
        yield ox.Triple(entry, SD["name"], ox.NamedNode(iri))
        for predicate, number in _statistics(publication, iri).items():
            yield ox.Triple(entry, predicate, number)


def _statistics(publication: Publication, about: str) -> dict[ox.NamedNode, ox.Literal]:
    """The numbers that the metadata graph tells about a dataset or a graph."""
    graph = publication.release.site.graphs.get("metadata")
    if graph is None:
        return {}
    quads = publication.reader.store.quads_for_pattern(ox.NamedNode(about), None, None, ox.NamedNode(graph))
    return {
        quad.predicate: quad.object
        for quad in quads
        if quad.predicate.value.startswith(VOID) and isinstance(quad.object, ox.Literal)
    }


def _limits(limits: Limits, service: ox.NamedNode, endpoint: ox.NamedNode) -> Iterator[ox.Triple]:
    values = {
        "deadline": (limits.deadline_seconds, "SEC", "Seconds that a query may take"),
        "stream-time": (limits.stream_seconds, "SEC", "Seconds that a streamed result may take"),
        "query-size": (limits.max_query_bytes, "AD", "Bytes of a request's body"),
        "result-size": (limits.max_result_bytes, "AD", "Bytes of a result that is not streamed"),
        "result-rows": (limits.max_rows, "C62", "Rows of a result that is not streamed"),
        "memory": (limits.memory_bytes, "AD", "Bytes of memory that a query may take"),
        "client-queries": (limits.client_queries, "C62", "Queries of one client at a time"),
        "client-time": (limits.client_seconds, "SEC", "Query seconds of one client a minute"),
        "client-errors": (limits.client_errors, "C62", "Failing requests of one client a minute"),
    }
    for name, (value, unit, words) in values.items():
        limit = ox.NamedNode(f"{endpoint.value}#limit-{name}")
        yield ox.Triple(service, SCHEMA["additionalProperty"], limit)
        yield ox.Triple(limit, RDF["type"], SCHEMA["PropertyValue"])
        yield ox.Triple(limit, SCHEMA["propertyID"], ox.Literal(name))
        yield ox.Triple(limit, SCHEMA["name"], ox.Literal(words, language="en"))
        yield ox.Triple(limit, SCHEMA["maxValue"], ox.Literal(value))
        yield ox.Triple(limit, SCHEMA["unitCode"], ox.Literal(unit))
