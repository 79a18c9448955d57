"""Inference, clashes and explanations. The rules one by one are in conformance/test_owl_rl.py."""

from __future__ import annotations

import time
from decimal import Decimal

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kclod.errors import RefusedError
from kclod.reason import Clash, explain, infer
from kclod.reason.datatypes import XSD, IllTypedError, contains, representative, value_of

PREFIXES = """
@prefix : <http://e/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def parse(text: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(PREFIXES + text, ox.RdfFormat.TURTLE)]


def one(text: str) -> ox.Triple:
    (triple,) = parse(text)
    return triple


def inferred(text: str) -> set[ox.Triple]:
    result = infer(parse(text))
    assert not result.clashes
    return set(result.triples)


def clashes(text: str) -> list[Clash]:
    return list(infer(parse(text)).clashes)


# what is published


def test_only_what_is_new_is_published_in_order() -> None:
    data, ontology = parse(":a a :A, :B . :z a :A ."), parse(":A rdfs:subClassOf :B .")
    assert infer(data, ontology).triples == (one(":z a :B ."),)
    assert list(infer(data).triples) == []


def test_input_can_be_read_once_and_in_any_order() -> None:
    text = ":p a owl:TransitiveProperty . :a :p :b . :b :p :c . :c :p :d . :p rdfs:domain :A ."
    forwards = infer(iter(parse(text)), iter(()))
    assert forwards == infer(reversed(parse(text)))
    assert list(forwards.triples) == sorted(forwards.triples, key=str)


def test_reflexive_noise_and_things_of_everything_are_not_published() -> None:
    found = inferred(
        ":A a owl:Class ; rdfs:subClassOf :B . :B a owl:Class . :p a owl:ObjectProperty ; rdfs:domain :A . :x :p :x ."
    )
    assert found == set(parse(":x a :A, :B . :p rdfs:domain :B ."))


def test_membership_of_owl_thing_is_used_though_not_published() -> None:
    found = inferred(":A a owl:Class . :x a :A . :S owl:intersectionOf (owl:Thing [ owl:unionOf (:A :B) ]) .")
    assert one(":x a :S .") in found
    assert one(":x a owl:Thing .") not in found


def test_anonymous_expressions_are_used_and_not_published() -> None:
    found = inferred(
        ":A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:allValuesFrom :B ] . :x a :A ; :p :y ."
    )
    assert found == {one(":y a :B .")}


def test_blank_nodes_of_the_data_are_things_like_others() -> None:
    data = [ox.Triple(ox.BlankNode("x"), ox.NamedNode("http://e/p"), ox.NamedNode("http://e/y"))]
    (triple,) = infer(data, parse(":p rdfs:domain :A .")).triples
    assert triple.subject == ox.BlankNode("x")
    with_thing = infer(data, parse(":p rdfs:domain :A . :A a owl:Class . owl:Thing rdfs:subClassOf :B ."))
    assert {str(t.object) for t in with_thing.triples if t.subject == ox.BlankNode("x")} == {
        "<http://e/A>",
        "<http://e/B>",
    }


def test_no_literal_becomes_a_subject_yet_rules_go_through_it() -> None:
    found = inferred(':p owl:inverseOf :q . :q owl:inverseOf :r . :x :p "v" .')
    assert found == {one(':x :r "v" .')}


def test_anonymous_inverse_property() -> None:
    found = inferred(":has owl:propertyChainAxiom ([ owl:inverseOf :partOf ]) . :x :partOf :y .")
    assert found == {one(":y :has :x .")}


def test_axioms_that_are_inferred_are_compiled_too() -> None:
    found = inferred(":Mono rdfs:subClassOf owl:TransitiveProperty . :p a :Mono . :a :p :b . :b :p :c .")
    assert one(":a :p :c .") in found


def test_rdf_type_may_stand_in_axioms_about_properties() -> None:
    found = inferred(
        "rdf:type rdfs:subPropertyOf :kind . :in owl:propertyChainAxiom (rdf:type :of) . :x a :A . :A :of :F ."
    )
    assert {one(":x :kind :A ."), one(":x :in :F .")} <= found
    assert inferred(":kind rdfs:subPropertyOf rdf:type . :A rdfs:subClassOf :B . :x :kind :A .") == set(
        parse(":x a :A, :B .")
    )


# equality


def test_equal_things_share_everything_and_know_each_other() -> None:
    found = inferred(":a owl:sameAs :b . :b owl:sameAs :c . :a :p :x . :y :q :c .")
    assert found == set(
        parse(":a owl:sameAs :c . :b owl:sameAs :a . :c owl:sameAs :a, :b . :b :p :x . :c :p :x . :y :q :a, :b .")
    )


def test_equality_found_late_is_followed_by_everything_else() -> None:
    # :k makes a and b one, which makes c and d one, which makes c a member
    found = inferred(
        ":C owl:hasKey (:k) . :f a owl:FunctionalProperty . :s a owl:SymmetricProperty . :s rdfs:range :R ."
        ' :a a :C ; :k "1" ; :f :c . :b a :C ; :k "1" ; :f :d . :d :s :e .'
    )
    assert {
        one(":c owl:sameAs :d ."),
        one(":c :s :e ."),
        one(":e :s :c ."),
        one(":c a :R ."),
        one(":b :f :c ."),
    } <= found


def test_equal_classes_and_equal_properties() -> None:
    found = inferred(":A owl:sameAs :B . :p owl:sameAs :q . :x a :A . :y :q :z . :p rdfs:domain :A .")
    assert {one(":x a :B ."), one(":y :p :z ."), one(":y a :B ."), one(":q rdfs:domain :B .")} <= found


def test_a_subproperty_of_same_as_and_a_superproperty() -> None:
    found = inferred(":exact rdfs:subPropertyOf owl:sameAs . :a :exact :b . :a :p :x .")
    assert {one(":a owl:sameAs :b ."), one(":b :p :x .")} <= found
    found = inferred("owl:sameAs rdfs:subPropertyOf :alike . :a owl:sameAs :b .")
    assert {one(":a :alike :b ."), one(":b :alike :a .")} <= found


def test_keys_compare_all_of_their_properties() -> None:
    keyed = ':C owl:hasKey (:k :l) . :a a :C ; :k "1" ; :l "x" . :b a :C ; :k "1" ; :l "%s" .'
    assert inferred(keyed % "y") == set()
    assert one(":a owl:sameAs :b .") in inferred(keyed % "x")


def test_keys_do_not_reach_beyond_their_class() -> None:
    assert inferred(':C owl:hasKey (:k) . :a a :C ; :k "1" . :b :k "1" .') == set()


def test_hubs_and_common_key_values_do_not_cost_the_square() -> None:
    def triple(s: str, p: str, o: str) -> ox.Triple:
        return ox.Triple(ox.NamedNode(f"http://e/{s}"), ox.NamedNode(f"http://e/{p}"), ox.Literal(o))

    many = 5000
    hub = [triple("x", "f", str(i)) for i in range(many)]
    assert len(infer(hub, parse(":f a owl:FunctionalProperty .")).clashes) == many - 1
    keyed = [triple(str(i), "k", str(i % 2)) for i in range(many)] + [triple(str(i), "l", str(i)) for i in range(many)]
    ontology = parse(":C owl:hasKey (:k :l) . :k rdfs:domain :C .")
    started = time.process_time()
    assert len(infer(keyed, ontology).triples) == many
    assert time.process_time() - started < 5  # comparing pairs takes minutes


# values of literals


def test_the_same_value_in_two_forms_is_one_value() -> None:
    assert clashes(':f a owl:FunctionalProperty . :x :f 1, "01"^^xsd:integer, 1.0 .') == []
    found = inferred(":p a owl:InverseFunctionalProperty . :x :p 5.0 . :y :p 5 .")
    assert one(":x owl:sameAs :y .") in found
    assert inferred(":C owl:onProperty :p ; owl:hasValue 5 . :x :p 05 .") == {one(":x a :C .")}


def test_a_literal_is_published_in_the_form_it_was_stated_in() -> None:
    found = inferred(":p rdfs:subPropertyOf :q . :x :p 5.00 . :y :p 5 .")
    assert found == set(parse(":x :q 5.00 . :y :q 5 ."))


@pytest.mark.parametrize(
    "values",
    [
        '"a", "b"',
        '"a"@en, "a"@fr',
        "1, 1.5",
        "1, 1.0e0",
        "true, false",
        '"2025-01-01"^^xsd:date, "2025-01-02"^^xsd:date',
    ],
)
def test_two_values_where_one_is_allowed(values: str) -> None:
    (clash,) = clashes(f":f a owl:FunctionalProperty . :x :f {values} .")
    assert clash.rule == "dt-diff"
    assert set(clash.triples) == set(parse(f":f a owl:FunctionalProperty . :x :f {values} ."))


def test_values_of_unknown_datatypes_are_neither_equal_nor_different() -> None:
    assert clashes(':f a owl:FunctionalProperty . :x :f "2025-01"^^:EDTF, "2025-XX"^^:EDTF, 1 .') == []
    assert clashes(':f rdfs:range :EDTF . :x :f "2025-01"^^:EDTF, 1 .') == []


@pytest.mark.parametrize(
    ("range_", "value", "clashing"),
    [
        ("xsd:integer", "5", False),
        ("xsd:nonNegativeInteger", "-5", True),
        ("xsd:decimal", "5", False),
        ("xsd:integer", "5.0", False),
        ("xsd:integer", "5.5", True),
        ("xsd:string", '"a"@en', True),
        ("rdf:langString", '"a"@en', False),
        ("rdf:langString", '"a"', True),
        ("rdfs:Literal", '"a"@en', False),
        ("xsd:date", '"2025-01-01"^^xsd:dateTime', True),
        ("xsd:date", '"2025-01"^^:EDTF', False),
        ("xsd:token", '"a b"', False),
        ("xsd:token", '" a"', True),
    ],
)
def test_a_range_is_checked(range_: str, value: str, clashing: bool) -> None:
    # an xsd:dateTime with a date's form is ill-typed itself, which is a clash as well
    assert {c.rule for c in clashes(f":p rdfs:range {range_} . :x :p {value} .")} == (
        {"dt-not-type"} if clashing else set()
    )


def test_classes_can_be_defined_by_the_datatype_of_a_value() -> None:
    found = inferred(":C owl:onProperty :p ; owl:someValuesFrom xsd:decimal . :x :p 5 . :y :p 5.5e0 .")
    assert found == {one(":x a :C .")}


@pytest.mark.parametrize(
    "literal",
    [
        '"2025-02-29"^^xsd:date',
        '"2025-13-01"^^xsd:date',
        '"yesterday"^^xsd:date',
        '"25"^^xsd:gYear',
        '"2025-01-01"^^xsd:dateTime',
        '"2025-01-01T25:00:00"^^xsd:dateTime',
        '"2025-01-01T00:00:00"^^xsd:dateTimeStamp',
        '"1,5"^^xsd:decimal',
        '"256"^^xsd:unsignedByte',
        '"yes"^^xsd:boolean',
        '"1e"^^xsd:double',
        '"abc"^^xsd:hexBinary',
        '"a"^^xsd:base64Binary',
        '"a b"^^xsd:NCName',
        '"이천"^^xsd:integer',
        '"٣"^^xsd:integer',
        '"no at sign"^^rdf:PlainLiteral',
    ],
)
def test_a_wrong_lexical_form_is_a_clash_that_names_the_statement(literal: str) -> None:
    (clash,) = clashes(f":x :p {literal} .")
    assert (clash.rule, clash.triples) == ("dt-not-type", (one(f":x :p {literal} ."),))


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (("24:00", "2024-12-31T24:00:00Z"), ("0:00", "2025-01-01T00:00:00Z"), True),
        (("fraction", "2025-01-01T00:00:00.50Z"), ("shorter", "2025-01-01T00:00:00.5Z"), True),
        (("zone", "2025-01-01T09:00:00+09:00"), ("none", "2025-01-01T00:00:00"), False),
        (("leap", "2024-02-29T00:00:00"), ("next", "2024-03-01T00:00:00"), False),
        (("before", "-0001-12-31T00:00:00"), ("after", "0000-01-01T00:00:00"), False),
    ],
)
def test_points_in_time(first: tuple[str, str], second: tuple[str, str], same: bool) -> None:
    values = [value_of(f'"{text}"^^<{XSD}dateTime>') for _, text in (first, second)]
    assert (values[0] == values[1]) is same


def test_numbers_beyond_a_float_and_special_ones() -> None:
    def float_(text: str, name: str = "float") -> object:
        return value_of(f'"{text}"^^<{XSD}{name}>')

    assert float_("1e400", "double") == float_("INF", "double")
    assert float_("1e39") == float_("INF")
    assert float_("NaN") == float_("NaN")
    assert float_("0.1") != float_("0.1", "double")
    with pytest.raises(IllTypedError):
        float_("infinity")
    assert contains(("real", Decimal(3)), XSD + "byte")


FORMS = {
    "integer": r"[+-]?[0-9]{1,4}",
    "decimal": r"[+-]?[0-9]{0,3}\.[0-9]{1,3}",
    "byte": r"[+-]?0?[0-9]{1,2}",
    "double": r"[+-]?[0-9]\.[0-9]([eE][+-]?[0-9]{1,3})?|-?INF|NaN",
    "float": r"[+-]?[0-9]\.[0-9]([eE][+-]?[0-9]{1,2})?",
    "boolean": r"true|false|0|1",
    "hexBinary": r"([0-9a-cA-C]{2}){0,2}",
    "token": r"[a-b]( [a-b])?",
    "string": r'[a-b"\n\\\x00-\x1f\x7f]{0,3}',
    "date": r"-?[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])(Z|[+-]0[0-9]:[0-5][0-9])?",
    "gYear": r"-?[0-9]{4}(Z|[+-]00:00)?",
    "gYearMonth": r"[12][0-9]{3}-(0[1-9]|1[0-2])(Z|-14:00)?",
    "dateTime": r"20[0-9]{2}-(02-28|12-31|01-01)T(24:00:00|00:00:00|23:30:0[0-9](\.[05]0?)?)(Z|[+-]0[01]:[03]0)?",
}


@st.composite
def literals(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(sorted(FORMS)))
    text = draw(st.from_regex(FORMS[name], fullmatch=True))
    return str(ox.Literal(text, datatype=ox.NamedNode(XSD + name)))


@settings(max_examples=300, deadline=None)
@given(literals(), literals())
def test_a_value_is_represented_by_one_literal_whatever_else_there_is(one: str, other: str) -> None:
    standing = representative(one)
    assert value_of(standing) == value_of(one)
    assert representative(standing) == standing
    assert str(next(iter(ox.parse(f"<a:s> <a:p> {standing} .", ox.RdfFormat.N_TRIPLES))).object) == standing
    assert (standing == representative(other)) is (value_of(one) == value_of(other))


def test_what_was_read_first_does_not_decide_what_is_published() -> None:
    data = parse(":p rdfs:subPropertyOf :q . :x :p 05 . :x :q 5 . :y :p 05 . :y :p 5.0 . :z :q 05 .")
    found = infer(data)
    assert found.triples == tuple(parse(':y :q "05"^^xsd:integer . :y :q 5.0 .'))
    assert found == infer(reversed(data))


def test_what_no_rule_asks_for_is_passed_over_and_yet_shared_by_what_is_the_same() -> None:
    ontology = parse(":p rdfs:domain :A .")
    data = parse(":a owl:sameAs :b . :a :note :x . :y :note :b . :a a :Other . :p :note :b . :b :note :x .")
    assert set(infer(data, ontology).triples) == set(
        parse(":b owl:sameAs :a . :y :note :a . :b a :Other . :p :note :a .")
    )
    (clash,) = infer(parse(':a :note "x"^^xsd:date .'), ontology).clashes
    assert clash.triples == (one(':a :note "x"^^xsd:date .'),)
    assert infer(parse(":a :note :b . :note owl:sameAs :p ."), ontology).triples == tuple(
        parse(":a :p :b . :a a :A . :note rdfs:domain :A . :p owl:sameAs :note .")
    )


def test_a_list_may_be_spread_over_ontology_and_data() -> None:
    whole = parse(":C owl:intersectionOf (:A :B) . :x a :A, :B .")
    for cut in range(len(whole)):
        assert infer(whole[cut:], whole[:cut]).triples == infer(whole).triples
    with pytest.raises(RefusedError):
        infer(parse(":l rdf:first :Z ."), parse(":C owl:unionOf :l . :l rdf:first :A ; rdf:rest () ."))


# clashes


def test_a_clash_names_the_axiom_and_the_statements() -> None:
    text = ":A owl:disjointWith :B . :x a :A, :B ."
    (clash,) = clashes(text)
    assert clash.rule == "cax-dw"
    assert set(clash.triples) == set(parse(text))
    assert clash.message == "<http://e/x> is in both <http://e/A> and <http://e/B>, and the two are disjoint"


@pytest.mark.parametrize("kind", ["owl:members", "owl:distinctMembers"])
@pytest.mark.parametrize("same", [":a owl:sameAs :b .", ":b owl:sameAs :c .", ":a owl:sameAs :x . :x owl:sameAs :c ."])
def test_all_different(kind: str, same: str) -> None:
    listed = f"[] a owl:AllDifferent ; {kind} (:a :b :c) ."
    assert clashes(listed) == []
    (clash,) = clashes(listed + same)
    assert clash.rule == {"owl:members": "eq-diff2", "owl:distinctMembers": "eq-diff3"}[kind]
    assert "listed as all different" in clash.message


@pytest.mark.parametrize("pair", ["p q", "q r", "p r"])
def test_all_disjoint_properties(pair: str) -> None:
    listed = "[] a owl:AllDisjointProperties ; owl:members (:p :q :r) ."
    first, second = pair.split()
    (clash,) = clashes(f"{listed} :x :{first} :y ; :{second} :y .")
    assert clash.rule == "prp-adp"
    assert clashes(f"{listed} :x :{first} :y ; :{second} :z .") == []


def test_negative_data_property_assertion_compares_values() -> None:
    denial = "[] owl:sourceIndividual :x ; owl:assertionProperty :p ; owl:targetValue 5 ."
    (clash,) = clashes(f":x :p 5.0 . {denial}")
    assert clash.rule == "prp-npa2"
    assert clashes(f":x :p 6 . {denial}") == []


def test_qualified_cardinality_of_none() -> None:
    none = ":C owl:maxQualifiedCardinality 0 ; owl:onProperty :p ; owl:onClass %s . :x a :C ; :p :y . :y a :D ."
    assert [c.rule for c in clashes(none % ":D")] == ["cls-maxqc1"]
    assert clashes(none % ":E") == []
    assert "cls-maxqc2" in [c.rule for c in clashes(none % "owl:Thing")]


def test_all_clashes_are_reported_each_once() -> None:
    text = ":A owl:disjointWith :B . :B owl:disjointWith :A . :x a :A, :B . :y a :A, :B . :x :p :x ."
    text += ":p a owl:IrreflexiveProperty ."
    assert sorted(c.rule for c in clashes(text)) == ["cax-dw"] * 4 + ["prp-irp"]


def test_a_difference_that_is_contradicted_only_by_inference_is_named_as_written() -> None:
    text = ":f a owl:FunctionalProperty . :x :f :a, :b . :b owl:differentFrom :a ."
    (clash,) = clashes(text)
    assert clash.rule == "eq-diff1"
    assert one(":b owl:differentFrom :a .") in clash.triples


@pytest.mark.parametrize(
    "broken",
    [
        ":C owl:unionOf :l . :l rdf:first :A .",
        ":C owl:unionOf :l . :l rdf:first :A, :B ; rdf:rest () .",
        ":C owl:unionOf :l . :l rdf:first :A ; rdf:rest :l .",
        ":C owl:intersectionOf :nothing .",
        "[] a owl:AllDifferent ; owl:members :nothing .",
    ],
)
def test_a_malformed_list_is_refused_by_name(broken: str) -> None:
    with pytest.raises(RefusedError) as caught:
        infer(parse(broken))
    (problem,) = caught.value.problems
    assert problem.rule == "reason.malformed-list"
    assert problem.item in ("<http://e/l>", "<http://e/nothing>")


# explanations


def test_an_explanation_leads_from_what_was_asserted_to_the_question() -> None:
    data = parse(":a :worksFor :b . :b :partOf :c .")
    ontology = parse(
        ":worksFor rdfs:range :Org . :Org rdfs:subClassOf :Agent . :aff owl:propertyChainAxiom (:worksFor :partOf) ."
    )
    steps = explain(data, ontology, one(":b a :Agent ."))
    assert [step.rule for step in steps if step.rule != "asserted"] == ["scm-rng1", "prp-rng"]
    last = steps[-1]
    assert last.triple == one(":b a :Agent .")
    assert last.axiom == (one(":worksFor rdfs:range :Agent ."),)
    assert last.premises == (one(":a :worksFor :b ."),)
    assert {one(":worksFor rdfs:range :Org ."), one(":Org rdfs:subClassOf :Agent .")} <= {step.triple for step in steps}
    chain = explain(data, ontology, one(":a :aff :c ."))[-1]
    assert (chain.rule, set(chain.premises)) == ("prp-spo2", set(data))


def test_what_was_asserted_needs_no_proof_and_what_does_not_follow_has_none() -> None:
    data = parse(":a :p :b .")
    (step,) = explain(data, [], data[0])
    assert (step.rule, step.premises, step.axiom) == ("asserted", (), ())
    assert explain(data, [], one(":b :p :a .")) == []
    assert explain(data, [], one(":never :heard :of .")) == []


def test_equality_is_explained_by_the_links_that_make_it() -> None:
    data = parse(":f a owl:FunctionalProperty . :x :f :a, :b . :b owl:sameAs :c . :c :p :v .")
    steps = explain(data, [], one(":a :p :v ."))
    assert {step.rule for step in steps} == {"asserted", "prp-fp", "eq-rep"}
    assert one(":c :p :v .") in {step.triple for step in steps if step.rule == "asserted"}
    assert explain(data, [], one(":c owl:sameAs :a ."))[-1].rule == "eq-trans"
    assert explain(data, [], one(":c owl:sameAs :b ."))[-1].rule == "eq-sym"


def test_keys_and_values_are_explained() -> None:
    data = parse(":C owl:hasKey (:k) . :a a :C ; :k 1 . :b a :C ; :k 01 .")
    steps = explain(data, [], one(":a owl:sameAs :b ."))
    assert {"prp-key", "dt-eq"} <= {step.rule for step in steps}
    assert {one(":a :k 1 ."), one(":b :k 01 .")} <= {step.triple for step in steps if step.rule == "asserted"}


def test_a_proof_can_be_deep() -> None:
    iri = ox.NamedNode
    data = parse(":step owl:propertyChainAxiom (:step :next) . :n0 :step :n1 .")
    data += [ox.Triple(iri(f"http://e/n{i}"), iri("http://e/next"), iri(f"http://e/n{i + 1}")) for i in range(1, 1500)]
    steps = explain(data, [], one(":n0 :step :n1500 ."))
    assert len([step for step in steps if step.rule == "prp-spo2"]) == 1499
