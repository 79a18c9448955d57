"""Inference after a change gives what a full inference gives, on random ontologies, data and edits."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, assume, event, given, settings

from kclod.reason import Inference, Update, infer, update
from kclod.view import Held
from tests.test_reason_oracle import AXIOMS, DECLARATIONS, FACTS, PREFIXES, statements

VALUES = (
    "{a} {s} 5 .",
    "{a} {s} 05 .",
    "{a} {s} 5.0 .",
    '{a} {s} "5"^^xsd:int .',
    '{a} {s} "2025"^^:edtf .',
    '{a} {s} "a b\\\\u0020c"@en-CA .',
    '{a} {t} "a b"@en-ca .',
)
VALUE_AXIOMS = (
    "{s} rdfs:range xsd:integer .",
    "{s} rdfs:range :edtf .",
    "{s} owl:inverseOf {p} .",
    "{c} owl:onProperty {s} ; owl:hasValue 5.00 .",
    "{c} owl:onProperty {s} ; owl:someValuesFrom xsd:integer .",
    "{c} owl:onProperty {s} ; owl:someValuesFrom :edtf .",
    "{c} owl:hasKey ({s}) .",
    "{s} a owl:FunctionalProperty .",
    "rdf:type rdfs:subPropertyOf {p} .",
    "{p} rdfs:subPropertyOf rdf:type .",
    "{a} a {c} .",
    "{a} {p} {b} .",
    "{c} owl:onProperty [ owl:inverseOf {p} ] ; owl:someValuesFrom {d} .",
)
# what leaves an update local, so that these are met often enough
QUIET_AXIOMS = tuple(
    text
    for text in (*AXIOMS, *VALUE_AXIOMS)
    if not any(word in text for word in ("sameAs", "Functional", "disjoint", "Disjoint", "Nothing", "complement"))
)
QUIET_FACTS = (*(text for text in FACTS if "sameAs" not in text), *VALUES)


def parse(lines: Iterable[str]) -> list[str]:
    """Each line has one statement and no blank node."""
    return [str(quad.triple) for line in lines for quad in ox.parse(PREFIXES + line, ox.RdfFormat.TURTLE)]


def axioms(lines: list[str]) -> list[str]:
    """As statements; a parser gives the blank nodes other labels each time."""
    text = PREFIXES + "\n".join([*DECLARATIONS, *lines])
    return [str(quad.triple) for quad in ox.parse(text, ox.RdfFormat.TURTLE, rename_blank_nodes=True)]


def changed(old: Inference, data: set[str], lines: list[str], removed: set[str], added: set[str]) -> Update | None:
    assert old.hidden is not None
    state = Held([*data, *old.statements, *old.hidden])
    return update(state, data, axioms(lines), removed=removed, added=added)


def assert_as_inferred(result: Update, old: Inference, new: Inference) -> None:
    assert old.hidden is not None
    assert not new.clashes
    assert result.removed <= set(old.statements)
    assert not result.added & set(old.statements)
    assert set(old.statements) - result.removed | result.added == set(new.statements)
    assert result.hidden_removed <= set(old.hidden)
    assert not result.hidden_added & set(old.hidden)
    if new.hidden is not None:
        assert set(old.hidden) - result.hidden_removed | result.hidden_added == set(new.hidden)


def check(ontology: list[str], kept: list[str], gone: list[str], come: list[str]) -> None:
    data, removed, added = {*parse(kept), *parse(gone)}, {*parse(gone)}, {*parse(come)}
    old = infer(data, axioms(ontology), hidden=True)
    assume(old.hidden is not None)
    result = changed(old, data, ontology, removed, added)
    event("in full" if result is None else "changed" if result.removed or result.added else "nothing changed")
    if result is not None:
        assert_as_inferred(result, old, infer(data - removed | added, axioms(ontology), hidden=True))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(statements(QUIET_AXIOMS, 7), statements(QUIET_FACTS, 9), statements(QUIET_FACTS, 4), statements(QUIET_FACTS, 4))
def test_a_change_gives_what_inference_gives(o: list[str], kept: list[str], gone: list[str], come: list[str]) -> None:
    check(o, kept, gone, come)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(
    statements((*AXIOMS, *VALUE_AXIOMS), 7),
    statements((*FACTS, *VALUES), 9),
    statements((*FACTS, *VALUES), 3),
    statements((*FACTS, *VALUES), 3),
)
def test_so_does_one_with_sameness_and_clashes(o: list[str], kept: list[str], gone: list[str], come: list[str]) -> None:
    check(o, kept, gone, come)


# what is local, and what is not


def result_of(ontology: list[str], data: list[str], gone: list[str], come: list[str]) -> Update | None:
    facts = {*parse(data)}
    old = infer(facts, axioms(ontology), hidden=True)
    removed, added = {*parse(gone)}, {*parse(come)}
    result = changed(old, facts, ontology, removed, added)
    if result is not None:
        assert_as_inferred(result, old, infer(facts - removed | added, axioms(ontology), hidden=True))
    return result


def test_a_fact_that_loses_one_of_two_reasons_stays() -> None:
    ontology = [":p rdfs:domain :A .", ":q rdfs:domain :A ."]
    result = result_of(ontology, [":a :p :b .", ":a :q :b ."], [":a :p :b ."], [])
    assert result == Update(frozenset(), frozenset(), frozenset(), frozenset())


def test_facts_that_are_each_other_s_only_reason_go() -> None:
    ontology = [
        ":A rdfs:subClassOf :B .",
        ":B rdfs:subClassOf :A .",
        ":p a owl:TransitiveProperty, owl:SymmetricProperty .",
    ]
    result = result_of(ontology, [":a a :A .", ":x :p :y .", ":y :p :z ."], [":a a :A .", ":x :p :y ."], [])
    assert result is not None
    assert result.removed == {*parse([":a a :B .", ":x :p :x .", ":x :p :z .", ":z :p :x .", ":y :p :x ."])}
    assert result.added == frozenset()


def test_what_is_asserted_is_not_inferred_and_the_other_way_round() -> None:
    ontology, data = [":p rdfs:domain :A ."], [":a :p :b .", ":c :p :b .", ":c a :A ."]
    result = result_of(ontology, data, [":c a :A ."], [":a a :A ."])
    assert result is not None
    assert (result.removed, result.added) == ({*parse([":a a :A ."])}, {*parse([":c a :A ."])})


def test_an_anonymous_class_is_gone_through() -> None:
    ontology = [
        ":A rdfs:subClassOf [ owl:onProperty :p ; owl:allValuesFrom [ owl:onProperty :q ; owl:allValuesFrom :B ] ] ."
    ]
    data = [":a :p :b .", ":b :q :c .", ":x a :A ."]
    result = result_of(ontology, data, [], [":a a :A ."])
    assert result is not None
    assert result.added == {*parse([":c a :B ."])}
    assert len(result.hidden_added) == 2
    result = result_of(ontology, [*data, ":a a :A ."], [":b :q :c ."], [])
    assert result is not None
    assert result.removed == {*parse([":c a :B ."])}


@pytest.mark.parametrize(
    ("axiom", "come"),
    [
        (":p a owl:FunctionalProperty .", ":a :p :c ."),
        (":A owl:hasKey (:s) .", ':c :s "5"^^xsd:byte .'),
        (":p a owl:IrreflexiveProperty .", ":a :p :a ."),
        (":s rdfs:range xsd:date .", ":c :s 5 ."),
        (":A owl:disjointWith :B .", ":a a :B ."),
        (":A a owl:Class .", ":B rdfs:subClassOf :A ."),
        (":A a owl:Class .", ":a owl:sameAs :b ."),
        (":A a owl:Class .", ":a owl:differentFrom :a ."),
        (":A a owl:Class .", ':a :s "x"^^xsd:integer .'),
        (":A a owl:Class .", ":l rdf:first :a ."),
    ],
)
def test_sameness_clashes_and_axioms_are_left_to_inference(axiom: str, come: str) -> None:
    data = [":a :p :b .", ":a a :A .", ":c a :A .", ":a :s 05 ."]
    if ":s rdfs:range" in axiom:
        data.remove(":a :s 05 .")
    assert result_of([axiom], data, [], [come]) is None
    assert result_of([axiom], data, [], [":a :t :z ."]) is not None


def test_what_is_the_same_as_something_is_left_to_inference_where_it_is_touched() -> None:
    ontology, data = [":p rdfs:domain :A ."], [":a owl:sameAs :b .", ":a :p :x ."]
    assert result_of(ontology, data, [], [":b :p :y ."]) is None
    assert result_of(ontology, data, [], [":c :p :d ."]) is not None


def test_axioms_in_the_data_give_no_state_to_start_from() -> None:
    assert infer(parse([":p rdfs:domain :A ."]), axioms([]), hidden=True).hidden is None
    assert infer(parse([":a :p :b .", ":a :p :b ."]), axioms([":p rdfs:domain :A ."]), hidden=True).hidden == ()


class Counting(Held):
    """A view that counts what it answers."""

    answered = 0

    def objects(self, subject: str, predicate: str) -> Collection[str]:
        return self._counted(super().objects(subject, predicate))

    def subjects(self, predicate: str, object: str) -> Collection[str]:  # noqa: A002  # as in View
        return self._counted(super().subjects(predicate, object))

    def about(self, subject: str) -> Collection[str]:
        return self._counted(super().about(subject))

    def _counted(self, found: Collection[str]) -> Collection[str]:
        self.answered += 1 + len(found)
        return found


def test_only_what_the_change_touches_is_looked_at() -> None:
    ontology = axioms([":p rdfs:domain :A .", ":q owl:propertyChainAxiom (:p :r) .", ":q rdfs:range :B ."])
    data = [
        s
        for n in range(3000)
        for s in (f"<http://e/{n}> <http://e/p> <http://e/n{n}>", f"<http://e/n{n}> <http://e/r> <http://e/m{n % 50}>")
    ]
    old = infer(data, ontology, hidden=True)
    state = Counting([*data, *old.statements, *(old.hidden or ())])
    result = update(state, set(data), ontology, removed=data[:20])
    assert result is not None
    assert len(result.removed) == 20  # ten chains, ten types; the classes of their ends have other reasons
    assert state.answered < 3000
