"""The constraints on the dataset as a whole: what passes, and what each of them finds."""

import pyoxigraph as ox
import pytest

from kclod.constraints import check_constraints
from kclod.errors import RefusedError
from kclod.project import Project
from kclod.queries import read_queries
from kclod.site import StoredQuery

HEAD = """
@prefix graph: <https://w3id.org/kclod/graph/> .
@prefix kclod: <https://w3id.org/kclod/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix schema: <https://schema.org/> .
@prefix semapv: <https://w3id.org/semapv/vocab/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix sssom: <https://w3id.org/sssom/> .
@prefix status: <https://w3id.org/kclod/id/concept/status/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix : <http://e/> .
"""
RIGHT = {
    "signed-before-published": """
        graph:provenance { :claim prov:hadPrimarySource :article }
        { :article kclod:latest "2025-08-07"^^xsd:date }
        :claim { :signing kclod:status status:signed ; kclod:earliest "2025-08-07"^^xsd:date }""",
    "verified-match": """
        graph:links { :a skos:exactMatch :b }
        graph:provenance { :m owl:annotatedSource :a ; owl:annotatedProperty skos:exactMatch ; owl:annotatedTarget :b ;
            sssom:mapping_justification semapv:ManualMappingCuration ; sssom:confidence 0.9 ;
            sssom:comment "the register" }""",
    "one-identifier-a-scheme": """
        { :a schema:identifier :one , :two . :d schema:identifier :three .
          :one schema:propertyID :stars . :two schema:propertyID :stones . :three schema:propertyID :stars }""",
    "one-match-a-thing": "graph:links { :a skos:exactMatch :b , :c . :d skos:closeMatch :b }",
}
WRONG = [
    ("signed-before-published", 'earliest "2025-08-07"', 'earliest "2025-08-08"'),
    ("verified-match", "0.9", "0.89"),
    ("verified-match", "semapv:ManualMappingCuration", "semapv:LexicalMatching"),
    ("verified-match", "sssom:comment", "sssom:other"),
    ("verified-match", "owl:annotatedTarget :b", "owl:annotatedTarget :c"),
    ("verified-match", ":a skos:exactMatch :b", ":a owl:sameAs :b"),
    ("one-identifier-a-scheme", ":stones", ":stars"),
    ("one-match-a-thing", ":d skos:closeMatch", ":d skos:exactMatch"),
    ("one-match-a-thing", ":d skos:closeMatch", ":d owl:sameAs"),
]


@pytest.fixture(scope="module")
def constraints(real: Project) -> dict[str, StoredQuery]:
    return {q.iri.rsplit("#", 1)[-1]: q for q in read_queries(real.constraint_files, real.dataset.prefixes)}


def store_of(text: str) -> ox.Store:
    store = ox.Store()
    store.load((HEAD + text).encode(), ox.RdfFormat.TRIG)
    return store


def test_each_constraint_has_examples_and_a_message_in_three_languages(constraints: dict[str, StoredQuery]) -> None:
    assert set(constraints) == set(RIGHT) == {name for name, *_ in WRONG}
    for constraint in constraints.values():
        assert set(constraint.labels) == {"en", "ko", "fr"}


@pytest.mark.parametrize("name", RIGHT)
def test_passes(constraints: dict[str, StoredQuery], name: str) -> None:
    check_constraints(store_of(RIGHT[name]), [constraints[name]], lambda _: None)


@pytest.mark.parametrize(("name", "old", "new"), WRONG)
def test_fails(constraints: dict[str, StoredQuery], name: str, old: str, new: str) -> None:
    assert old in RIGHT[name]
    with pytest.raises(RefusedError) as caught:
        check_constraints(store_of(RIGHT[name].replace(old, new, 1)), [constraints[name]], lambda iri: (iri, 1))
    problem = caught.value.problems[0]
    assert problem.rule == "validate.dataset"
    assert problem.file in ("http://e/claim", "http://e/a", "http://e/d")


def test_the_real_data_pass(constraints: dict[str, StoredQuery], store: ox.Store) -> None:
    check_constraints(store, constraints.values(), lambda _: None)
