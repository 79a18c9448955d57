"""Proofs that are looked up are those that the reasoner finds by inferring again."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox
import pytest

from kclod import rdf, reason
from kclod.rdf import DEFAULT_GRAPH
from kclod.reason.local import Node, Rules

PREFIXES = """
@prefix : <https://data.example/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
ONTOLOGY = """
:tends rdfs:subPropertyOf :knows ; rdfs:domain :Keeper ; rdfs:range :Light ; owl:inverseOf :tendedBy .
:Keeper rdfs:subClassOf :Person . :Person rdfs:subClassOf :Agent .
:near a owl:SymmetricProperty , owl:TransitiveProperty .
:colleague owl:propertyChainAxiom ( :tends :tendedBy ) .
:Manned owl:equivalentClass [ a owl:Restriction ; owl:onProperty :tendedBy ; owl:someValuesFrom :Keeper ] .
"""
DATA = ":ann :tends :alpha . :bob :tends :alpha . :alpha :near :beta . :beta :near :gamma . :cy :knows :ann ."


def triples(text: str) -> list[ox.Triple]:
    return list(rdf.triples_of(ox.parse(f"{PREFIXES}{text}".encode(), ox.RdfFormat.TURTLE)))


class Held:
    """Asserted and inferred triples, to look up."""

    def __init__(self, data: str, ontology: str) -> None:
        self.ontology, self.data = triples(ontology), triples(data)
        self.inferred = set(reason.infer(self.data, self.ontology).triples)
        self.store = ox.Store()
        self.store.extend(rdf.in_graph([*self.data, *self.inferred], DEFAULT_GRAPH))
        self.rules = Rules(map(rdf.statement_of, self.ontology))

    def match(self, s: Node | None, p: ox.NamedNode, o: Node | ox.Literal | None) -> Iterator[ox.Triple]:
        return (quad.triple for quad in self.store.quads_for_pattern(s, p, o, DEFAULT_GRAPH))

    def proof(self, triple: ox.Triple) -> tuple[reason.Step, ...]:
        return self.rules.proof(triple, self.match, self.inferred.__contains__)


@pytest.fixture(scope="module")
def held() -> Held:
    return Held(DATA, ONTOLOGY)


def test_every_inference_about_the_data_has_a_proof_from_what_is_asserted(held: Held) -> None:
    asserted, proved = set(held.data), 0
    for triple in held.inferred:
        if not any(node in (triple.subject, triple.object) for t in held.data for node in (t.subject, t.object)):
            continue  # about the ontology itself
        steps = held.proof(triple)
        assert steps, triple
        assert steps[0].triple == triple
        concluded = {step.triple for step in steps}
        for step in steps:
            assert step.premises
            for premise in step.premises:
                assert premise in asserted or premise in concluded, "nothing is left open"
                assert premise != step.triple
        proved += 1
    assert proved > 20


def test_no_proof_goes_in_a_circle(held: Held) -> None:
    for triple in held.inferred:
        pending, seen = list(held.proof(triple)), set(held.data)
        while pending:  # each step in turn rests on what is known by then
            ready = [step for step in pending if seen.issuperset(step.premises)]
            assert ready or not pending
            seen |= {step.triple for step in ready}
            pending = [step for step in pending if step not in ready]


def test_rules_and_premises_are_those_of_the_reasoner(held: Held) -> None:
    colleague = next(t for t in held.inferred if "colleague" in t.predicate.value and t.subject != t.object)
    (step,) = held.proof(colleague)[:1]
    peer = reason.explain(held.data, held.ontology, colleague)[-1]
    assert (step.rule, step.triple) == (peer.rule, peer.triple) == ("prp-spo2", colleague)
    assert set(step.premises) == set(peer.premises)
    assert step.axiom == peer.axiom


def test_what_does_not_follow_has_no_proof(held: Held) -> None:
    for text in (":cy :tends :alpha .", ":cy a :Keeper .", ":ann :unheard :of .", ":ann a :Unheard ."):
        assert held.proof(triples(text)[0]) == ()


def test_what_only_follows_from_itself_has_no_proof() -> None:
    held = Held(":a :p :b .", ":p owl:inverseOf :q .")
    stray = triples(":x :p :y .")[0]
    back = triples(":y :q :x .")[0]
    held.store.extend(rdf.in_graph([stray, back], DEFAULT_GRAPH))
    held.inferred |= {stray, back}  # each follows from the other, and from nothing else
    assert held.proof(stray) == held.proof(back) == ()
