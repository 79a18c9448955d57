"""What the dataset says of itself is true of its quads, named throughout, and the same in every build."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pyoxigraph as ox
import pytest

from kclod import metadata, rdf
from kclod.integrity import package_versions
from kclod.release import Site
from kclod.statistics import Statistics
from kclod.store import memory_store
from kclod.vocab import DCAT, DCT, PROV, RDF, SCHEMA, VOID

BASE = "http://l.example/lamps/"
SITE = Site(
    base_iri=BASE,
    dataset_iri=BASE + "dataset",
    title={"en": "Lamps", "": "Lamps of all"},
    description={"ko": "등대"},
    licence="http://l.example/licence",
    rights={"fr": "Gardien"},
    version="1.0",
    prefixes={"o": BASE + "ontology#", "r": RDF, "odd name": BASE},
    graphs={role: f"{BASE}graph/{role}" for role in ("registry", "metadata", "links")},
)
DATA = f"""
PREFIX o: <{BASE}ontology#> PREFIX i: <{BASE}id/>
i:b a o:Lamp ; o:by i:k . i:a a o:Lamp ; o:by i:k . i:k a o:Keeper, <urn:Odd> . <http://other.example/x> o:by i:k .
GRAPH <{BASE}graph/registry> {{ i:a a o:Lamp . i:b a o:Lamp }}
GRAPH <{BASE}claim/1> {{ i:a o:by i:k }}
"""
DATASET = ox.NamedNode(SITE.dataset_iri)


def quads() -> list[ox.Quad]:
    return rdf.parse(DATA.encode(), rdf.TRIG, name="data")


def described(
    site: Site = SITE, own: Sequence[ox.Triple] = (), data: Sequence[ox.Quad] | None = None
) -> list[ox.Triple]:
    distinct = list(dict.fromkeys(quads() if data is None else data))
    default = [str(q.triple) for q in distinct if q.graph_name == rdf.DEFAULT_GRAPH]
    sizes = Counter(q.graph_name.value for q in distinct if isinstance(q.graph_name, ox.NamedNode))
    return rdf.triples_from(metadata.describe(site, Statistics.of(default, site.base_iri), sizes, own))


def ask(pattern: str) -> bool:
    prefixes = (
        f"PREFIX void: <{VOID}> PREFIX dcat: <{DCAT}> PREFIX dct: <{DCT}> PREFIX prov: <{PROV}> PREFIX b: <{BASE}>"
    )
    store = memory_store(rdf.in_graph(described(), rdf.DEFAULT_GRAPH))
    return bool(store.query(f"{prefixes} PREFIX d: <{BASE}dataset#> ASK {{ {pattern} }}"))


@pytest.mark.parametrize(
    "pattern",
    [
        "b:dataset a void:Dataset, dcat:Dataset ; dcat:version '1.0' ; dct:license <http://l.example/licence>",
        "b:dataset dct:title 'Lamps'@en, 'Lamps of all' ; dct:description '등대'@ko ; dct:rights 'Gardien'@fr",
        f"b:dataset void:uriSpace '{BASE}'",
        "b:dataset void:triples 7 ; void:entities 3 ; void:distinctSubjects 4 ; void:distinctObjects 4",
        "b:dataset void:classes 3 ; void:properties 2",
        f"b:dataset void:vocabulary <{BASE}ontology#>, <{RDF}>",
        f"b:dataset void:classPartition ?p . ?p void:class <{BASE}ontology#Lamp> ; void:entities 2",
        "b:dataset void:classPartition ?p . ?p void:class <urn:Odd> ; void:entities 1",
        f"b:dataset void:propertyPartition ?p . ?p void:property <{BASE}ontology#by> ; void:triples 3",
        f"b:dataset void:exampleResource <{BASE}id/a>, <{BASE}id/k>",
        f"b:dataset void:subset ?graph . ?graph void:triples 2 FILTER(?graph = <{BASE}graph/registry>)",
        "b:dataset void:sparqlEndpoint b:sparql . ?s dcat:endpointURL b:sparql ; dcat:servesDataset b:dataset",
        f"b:dataset void:dataDump <{BASE}dumps/lamps.ttl>, <{BASE}dumps/lamps.nq> ; dcat:distribution d:dump-ttl",
        f"d:dump-nq a dcat:Distribution ; dcat:downloadURL <{BASE}dumps/lamps.nq> ; dct:license ?licence",
        "d:dump-nq dcat:mediaType <https://www.iana.org/assignments/media-types/application/n-quads>",
        "b:dataset prov:wasGeneratedBy ?b . ?b a prov:Activity ; prov:wasAssociatedWith ?k . ?k a prov:SoftwareAgent",
    ],
)
def test_it_states(pattern: str) -> None:
    assert ask(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "?x dcat:byteSize|dct:issued|dct:modified|prov:startedAtTime|prov:endedAtTime ?y",
        f"b:dataset void:subset <{BASE}graph/links>",  # not in the data
        f"b:dataset void:subset <{BASE}graph/metadata>",  # cannot count itself
        "?s ?p ?o FILTER(isBlank(?s) || isBlank(?o))",
    ],
)
def test_it_does_not_state(pattern: str) -> None:
    assert not ask(pattern)


def test_the_build_names_the_software_and_its_version() -> None:
    versions = [t.object for t in described() if t.predicate == SCHEMA["softwareVersion"]]
    assert {ox.Literal(version) for version in package_versions().values()} == set(versions)


def test_it_does_not_depend_on_the_order_of_the_quads() -> None:
    assert described(data=[*reversed(quads()), *quads()]) == described()
    assert described() == sorted(described(), key=rdf.sort_key)


def test_the_datasets_own_words_are_kept_and_its_blank_nodes_named() -> None:
    own = rdf.triples_of(
        rdf.parse(f'<{SITE.dataset_iri}> <urn:home> ( <urn:q> ) ; <urn:n> "1.00" .'.encode(), rdf.TURTLE, name="own")
    )
    found = described(own=own)
    assert ox.Triple(DATASET, ox.NamedNode("urn:n"), ox.Literal("1.00")) in found
    [home] = [t.object for t in found if t.predicate == ox.NamedNode("urn:home")]
    assert ox.Triple(home, RDF["first"], ox.NamedNode("urn:q")) in found
    assert not any(isinstance(term, ox.BlankNode) for t in found for term in (t.subject, t.object))


def test_every_name_belongs_to_the_dataset() -> None:
    """What is described and is not a graph is the dataset, or a hash IRI of it."""
    subjects = {str(t.subject).strip("<>") for t in described()}
    assert {s for s in subjects if not s.startswith(BASE + "dataset")} == {BASE + "graph/registry"}
    hashed = {s for s in subjects if s != SITE.dataset_iri and s.startswith(SITE.dataset_iri)}
    assert all(s.startswith(SITE.dataset_iri + "#") for s in hashed)
    other = {str(t.subject).strip("<>") for t in described(replace(SITE, dataset_iri=BASE + "void#it"))}
    assert all(s.count("#") == 1 for s in other if s.startswith(BASE + "void"))


def test_partitions_have_names_of_their_own() -> None:
    partitions = [t.object for t in described() if t.predicate in (VOID["classPartition"], VOID["propertyPartition"])]
    assert len(partitions) == len(set(partitions)) == 5
    assert ox.NamedNode(f"{BASE}dataset#class:o:Lamp") in partitions


def test_a_dataset_without_licence_or_content_is_described() -> None:
    bare = replace(SITE, licence=None, title={}, description={}, rights={}, graphs={})
    found = described(bare, data=[])
    assert ox.Triple(DATASET, VOID["triples"], ox.Literal(0)) in found
    assert not any(t.predicate == DCT["license"] for t in found)
