"""Turtle written by us is read by another parser as the same graph, and reads well."""

from __future__ import annotations

import itertools
import random

import pyoxigraph as ox
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kclod import rdf, turtle
from kclod.vocab import RDF, XSD

EX = "http://l.example/"
PREFIXES = {
    "ex": EX,
    "deep": EX + "deep/",
    "xsd": XSD,
    "rdf": RDF,
    "": "http://l.example/empty#",
    "등.대": "http://l.example/등대/",
    "not ok": "http://l.example/space/",
    "rel": "no-scheme",
    "unused": "http://unused.example/",
}


def parsed(text: bytes) -> list[ox.Quad]:
    return rdf.parse(text, rdf.TURTLE, name="written")


def graph(text: str) -> list[ox.Triple]:
    head = "".join(f"PREFIX {p}: <{PREFIXES[p]}>\n" for p in ("ex", "deep", "xsd", "rdf"))
    return rdf.triples_of(parsed((head + text).encode()))


def written(triples: list[ox.Triple]) -> str:
    text = turtle.serialize(triples, PREFIXES)
    expected = rdf.canonical(rdf.in_graph(triples, rdf.DEFAULT_GRAPH))
    assert rdf.canonical(parsed(text)) == expected
    return text.decode()


def body(text: str) -> str:
    return "".join(line for line in written(graph(text)).splitlines(keepends=True) if not line.startswith("@"))


def test_blocks_by_subject_with_types_first() -> None:
    text = 'ex:b ex:p ex:a . ex:a ex:z "ㄱ"@ko, "a"@en, 5 ; a ex:T, ex:S ; ex:p ex:c .'
    assert body(text) == (
        '\nex:a a ex:S , ex:T ;\n    ex:p ex:c ;\n    ex:z 5 , "a"@en , "ㄱ"@ko .\n\nex:b ex:p ex:a .\n'
    )


def test_only_used_prefixes_are_declared() -> None:
    assert written(graph("ex:a a ex:T .")).startswith(f"@prefix ex: <{EX}> .\n\nex:a")
    assert "@prefix xsd:" in written(graph('ex:a ex:p "2020"^^xsd:gYear .'))
    assert "@prefix rdf:" in written(graph("ex:a ex:p rdf:type ."))
    assert "@prefix rdf:" not in written(graph("ex:a a ex:T ; ex:p () ."))


@pytest.mark.parametrize(
    ("iri", "name"),
    [
        (EX + "a", "ex:a"),
        (EX, "ex:"),
        (EX + "deep/x", "deep:x"),
        (EX + "empty#x", ":x"),
        (EX + "a.b", "ex:a.b"),
        (EX + "a:b", "ex:a:b"),
        (EX + "9", "ex:9"),
        (EX + "%41", "ex:%41"),
        (EX + "등", "ex:등"),
        (EX + "등대/x", "등.대:x"),
        (EX + "a.", None),
        (EX + "-a", None),
        (EX + "a/b", None),
        (EX + "a'b", None),
        (EX + "a~b", None),
        (EX + "\u00b7a", None),
        (EX + "a\u2040", "ex:a\u2040"),
        (EX + "\u037e", None),
        (EX + "space/x", None),
        ("no-scheme:x", None),
    ],
)
def test_prefixed_names_follow_the_grammar(iri: str, name: str | None) -> None:
    text = written([ox.Triple(ox.NamedNode(iri), ox.NamedNode("urn:p"), ox.Literal("x"))])
    assert text.split("\n\n" if name else "\n", 1)[-1].strip().startswith(name or f"<{iri}>")


@pytest.mark.parametrize("bare", ["5", "+5", "-0", "1.00", "-.5", "1e3", "1.E-3", ".5E0", "true", "false"])
def test_numbers_and_truth_values_are_bare(bare: str) -> None:
    assert body(f"ex:a ex:p {bare} .") == f"\nex:a ex:p {bare} .\n"


@pytest.mark.parametrize(
    "literal",
    [
        '"five"^^xsd:integer',
        '"1"^^xsd:boolean',
        '"TRUE"^^xsd:boolean',
        '"1."^^xsd:decimal',
        '"1"^^xsd:decimal',
        '"1.0"^^xsd:double',
        '"INF"^^xsd:double',
        '" 5"^^xsd:integer',
        '"٣"^^xsd:integer',
        '"5\\n"^^xsd:integer',
        '"2020-13-01"^^xsd:date',
        '"x"^^<urn:own>',
    ],
)
def test_what_has_no_bare_form_keeps_its_datatype(literal: str) -> None:
    assert body(f"ex:a ex:p {literal} .") == f"\nex:a ex:p {literal} .\n"


def test_expressions_are_written_where_they_are_used() -> None:
    text = body("ex:a ex:is [ a ex:R ; ex:of ( ex:b [ ex:p 1 ] () ) ] .")
    assert text == "\nex:a ex:is [ a ex:R ; ex:of ( ex:b [ ex:p 1 ] () ) ] .\n"


def test_long_expressions_are_written_one_part_a_line() -> None:
    items = [f'"a text that is rather long, number {n}"' for n in range(3)]
    assert body(f"ex:a ex:is [ a ex:R ; ex:of ( {' '.join(items)} ) ] .") == (
        "\nex:a ex:is [\n        a ex:R ;\n        ex:of (\n            "
        + "\n            ".join(items)
        + "\n        )\n    ] .\n"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ex:a ex:p _:x . ex:b ex:p _:x . _:x ex:q 1 .", "_:c14n0 ex:q 1 ."),  # used twice
        ("ex:a ex:p _:x . ex:b ex:p _:x .", "ex:b ex:p _:c14n0 ."),
        ("ex:a ex:p _:x .", "ex:a ex:p [] ."),
        ("_:x ex:p 1 .", "[] ex:p 1 ."),
        ("_:x ex:p _:x .", "_:c14n0 ex:p _:c14n0 ."),
        ("_:x ex:p _:y . _:y ex:q _:x .", "[ ex:p _:c14n0 ]"),
        ("ex:a ex:p _:l . _:l rdf:first 1 ; rdf:rest ex:open .", "ex:a ex:p [ rdf:first 1 ; rdf:rest ex:open ] ."),
        ("ex:a ex:p _:l . _:l rdf:first 1, 2 ; rdf:rest () .", "ex:a ex:p [ rdf:first 1 , 2 ; rdf:rest () ] ."),
        ("ex:a ex:p _:l . _:l a rdf:List ; rdf:first 1 ; rdf:rest () .", "a rdf:List"),
        ("ex:a ex:p _:l . ex:b ex:p _:t . _:l rdf:first 1 ; rdf:rest _:t . _:t rdf:first 2 ; rdf:rest () .", "_:c14n"),
        ("_:l rdf:first 1 ; rdf:rest _:l .", "rdf:rest _:c14n0"),
        ("_:l rdf:first _:l ; rdf:rest () .", "rdf:first _:c14n0"),
        ("_:l rdf:first _:m ; rdf:rest (2) . _:m ex:p _:l .", "_:c14n"),
        ("() ex:p 1 .", "() ex:p 1 ."),
        ("(1 2) ex:p 1 .", "[] ex:p 1 ;"),
    ],
)
def test_blank_nodes_that_cannot_stand_in_place_get_a_label(text: str, expected: str) -> None:
    assert expected in body(text)


def test_deep_nesting_is_cut_by_labels() -> None:
    nodes = [ox.NamedNode("urn:a"), *(ox.BlankNode(f"n{n}") for n in range(200))]
    chain = [ox.Triple(s, ox.NamedNode("urn:p"), o) for s, o in itertools.pairwise(nodes)]
    # a number each, so that canonical labels are found at once
    numbers = [ox.Triple(s, ox.NamedNode("urn:n"), ox.Literal(n)) for n, s in enumerate(nodes)]
    text = written([*chain, *numbers])
    assert 5 <= text.count("\n_:c14n") <= 8


def test_a_long_list_stays_a_list() -> None:
    assert "_:" not in body(f"ex:a ex:p ( {' '.join(map(str, range(3000)))} ) .")


def test_triple_terms_are_written_with_labels() -> None:
    term = ox.Triple(ox.BlankNode("x"), ox.NamedNode("urn:p"), ox.Literal("o"))
    text = written(
        [
            ox.Triple(ox.NamedNode("urn:a"), ox.NamedNode("urn:says"), term),
            ox.Triple(ox.BlankNode("x"), ox.NamedNode("urn:p"), ox.Literal("o")),
        ]
    )
    assert "<<(" in text


NAMES = st.text("ab등9%41/#:.-_~'·", max_size=6)
IRIS = st.one_of(
    st.sampled_from([RDF["type"], RDF["first"], RDF["rest"], RDF["nil"], XSD["integer"]]),
    st.builds(lambda base, name: base + name, st.sampled_from(list(PREFIXES.values())[:6]), NAMES)
    .filter(rdf.is_iri)
    .map(ox.NamedNode),
)
BLANKS = st.integers(0, 5).map(lambda n: ox.BlankNode(f"b{n}"))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
LITERALS = st.one_of(
    st.builds(ox.Literal, TEXTS),
    st.builds(lambda text, tag: ox.Literal(text, language=tag), TEXTS, st.sampled_from(["en", "ko", "fr-ca"])),
    st.builds(
        lambda text, name: ox.Literal(text, datatype=XSD[name]),
        st.one_of(TEXTS, st.from_regex(r"\A[+-]?[0-9]*\.?[0-9]*([eE][0-9]+)?\Z"), st.sampled_from(["true", "false"])),
        st.sampled_from(["integer", "decimal", "double", "boolean", "date"]),
    ),
    st.builds(lambda text, iri: ox.Literal(text, datatype=iri), TEXTS, IRIS.filter(lambda i: i != RDF["langString"])),
)
TRIPLES = st.builds(ox.Triple, st.one_of(IRIS, BLANKS), IRIS, st.one_of(IRIS, BLANKS, LITERALS))
LIST_TRIPLES = st.builds(
    ox.Triple, BLANKS, st.sampled_from([RDF["first"], RDF["rest"]]), st.one_of(BLANKS, st.just(RDF["nil"]), LITERALS)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(TRIPLES, LIST_TRIPLES), max_size=14), st.randoms(use_true_random=False))
@example([], random.Random(0))
def test_another_parser_reads_the_same_graph(triples: list[ox.Triple], order: random.Random) -> None:
    text = written(triples)
    shuffled = order.sample(triples, len(triples))
    renamed = [
        ox.Triple(*(ox.BlankNode(f"z{t.value}") if isinstance(t, ox.BlankNode) else t for t in triple))
        for triple in shuffled
    ]
    assert turtle.serialize(renamed, PREFIXES).decode() == text
