"""The namespaces and terms of published vocabularies that the engine itself relies on."""

from __future__ import annotations

from pyoxigraph import NamedNode


class Namespace(str):
    """A namespace IRI; `NS["term"]` is the term's NamedNode."""

    __slots__ = ()

    def __getitem__(self, name: object) -> NamedNode:  # type: ignore[override]  # a namespace is indexed by term, not by position
        return NamedNode(f"{self}{name}")


RDF = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
OWL = Namespace("http://www.w3.org/2002/07/owl#")
XSD = Namespace("http://www.w3.org/2001/XMLSchema#")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
DCT = Namespace("http://purl.org/dc/terms/")
DCAT = Namespace("http://www.w3.org/ns/dcat#")
VOID = Namespace("http://rdfs.org/ns/void#")
PROV = Namespace("http://www.w3.org/ns/prov#")
OA = Namespace("http://www.w3.org/ns/oa#")
SH = Namespace("http://www.w3.org/ns/shacl#")
DASH = Namespace("http://datashapes.org/dash#")
FOAF = Namespace("http://xmlns.com/foaf/0.1/")
SCHEMA = Namespace("https://schema.org/")
SSSOM = Namespace("https://w3id.org/sssom/")
SEMAPV = Namespace("https://w3id.org/semapv/vocab/")
PUB = Namespace("https://w3id.org/kclod/publisher#")
"""The publisher vocabulary (ontology/publisher.ttl): how a dataset tells the engine what to vouch for and to show."""
TEXT = Namespace("https://w3id.org/kclod/text#")
"""The vocabulary of the text search in SPARQL (ontology/text.ttl)."""

NAMES = (SKOS["prefLabel"], RDFS["label"], DCT["title"], FOAF["name"], SCHEMA["name"])
"""What a thing is called, the property that is looked at first in front."""
OTHER_NAMES = (
    SKOS["altLabel"],
    SKOS["hiddenLabel"],
    SKOS["notation"],
    DCT["alternative"],
    SCHEMA["alternateName"],
    FOAF["nick"],
)
"""Under what else it can be found."""
