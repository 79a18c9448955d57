"""Mappings over JSON, CSV and YAML: what they make, what they reject, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kclod import rdf
from kclod.errors import KclodError, Problem, RefusedError, UsageError
from kclod.rml import CompiledMapping, MapResult, compile_mappings, run, unused_expressions

PREFIXES = """@prefix rml: <http://w3id.org/rml/> .
@prefix rr: <http://www.w3.org/ns/r2rml#> .
@prefix old: <http://semweb.mmlab.be/ns/rml#> .
@prefix ql: <http://semweb.mmlab.be/ns/ql#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix csvw: <http://www.w3.org/ns/csvw#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <http://ex.org/> .
"""
PREFIX_LINES = PREFIXES.count("\n")
JSON_SOURCE = """rml:logicalSource [ rml:referenceFormulation rml:JSONPath ; rml:iterator "$[*]" ;
    rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "data.json" ] ]"""
SUBJECT = 'rml:subjectMap [ rml:template "http://ex.org/{$.id}" ]'

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a mapping (prefixes are put before it) under a name."""

    def write_mapping(text: str, name: str = "mapping.ttl") -> Path:
        path = tmp_path / name
        path.write_text(PREFIXES + text, "utf-8")
        return path

    return write_mapping


def one_map(*predicate_objects: str, subject: str = SUBJECT, source: str = JSON_SOURCE, more: str = "") -> str:
    parts = [
        source,
        subject,
        *(f"rml:predicateObjectMap [ {p} ]" for p in predicate_objects),
        *([more] if more else []),
    ]
    return "<#Map> a rml:TriplesMap ; " + " ;\n  ".join(part for part in parts if part) + " .\n"


def mapped(path: Path, data: object, *, base_iri: str | None = None, origins: bool = False) -> MapResult:
    return run(compile_mappings([path]), sources={"data.json": data}, base_iri=base_iri, origins=origins)


def quads(text: str) -> list[str]:
    """The quads of TriG text, as sorted N-Quads lines."""
    return sorted(str(q) for q in ox.parse(f"{PREFIXES}{text}".encode(), ox.RdfFormat.TRIG))


def lines(result: MapResult) -> list[str]:
    """The lines, sorted; they must be what pyoxigraph writes for the same quads, to the letter."""
    assert result.lines == list(map(str, result.quads))
    return sorted(result.lines)


def problems_of(path: Path, *more: Path) -> list[Problem]:
    with pytest.raises(RefusedError) as caught:
        compile_mappings([path, *more])
    return list(caught.value.problems)


def line_of(path: Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if text in line)


# Terms


def test_natural_datatypes(write: Write) -> None:
    path = write(one_map('rml:predicate ex:p ; rml:objectMap [ rml:reference "$.v[*]" ]'))
    result = mapped(path, [{"id": 1, "v": [1, -5, 10**30, 1.5, 100.0, True, False, "x", None, "1"]}])
    assert lines(result) == quads(
        f"""ex:1 ex:p 1, -5, {10**30}, "1.5E0"^^xsd:double, "1.0E2"^^xsd:double, true, false, "x", "1" ."""
    )
    assert result.rejects == ()


def test_null_missing_and_empty(write: Write) -> None:
    path = write(
        one_map(
            'rml:predicate ex:p ; rml:objectMap [ rml:reference "$.v" ]',
            'rml:predicate ex:q ; rml:objectMap [ rml:template "{$.v}-{$.w}" ; rml:termType rml:Literal ]',
        )
    )
    result = mapped(path, [{"id": 1}, {"id": 2, "v": None, "w": 1}, {"id": 3, "v": "", "w": ""}, {"v": "no subject"}])
    assert lines(result) == quads('ex:3 ex:p "" ; ex:q "-" .')
    assert result.rejects == ()


def test_templates_multiply(write: Write) -> None:
    path = write(
        one_map(
            'rml:predicate ex:p ; rml:objectMap [ rml:template "{$.a[*]}-{$.b[*]}-{$.id}" ; rml:termType rml:Literal ]'
        )
    )
    result = mapped(path, [{"id": 1, "a": ["x", "y"], "b": [1, None, 2]}, {"id": 2, "a": ["x"], "b": []}])
    assert lines(result) == quads('ex:1 ex:p "x-1-1", "x-2-1", "y-1-1", "y-2-1" .')


def test_several_subjects_predicates_objects_and_graphs_multiply(write: Write) -> None:
    path = write(
        one_map(
            """rml:predicateMap [ rml:template "http://ex.org/p{$.p[*]}" ] ; rml:predicate ex:q ;
               rml:objectMap [ rml:reference "$.o[*]" ] ; rml:object ex:o ; rml:graph ex:g, rml:defaultGraph""",
            subject='rml:subjectMap [ rml:template "http://ex.org/{$.s[*]}" ; rml:class ex:C ; rml:graph ex:h ]',
        )
    )
    result = mapped(path, [{"s": ["a", "b"], "p": [1, 2], "o": [True]}])
    triples = "".join(f"ex:{s} ex:p1 true, ex:o ; ex:p2 true, ex:o ; ex:q true, ex:o . " for s in "ab")
    assert lines(result) == quads(f"{triples} ex:g {{ {triples} }} ex:h {{ {triples} ex:a a ex:C . ex:b a ex:C }}")


@pytest.mark.parametrize(
    ("term_type", "made"),
    [
        ("IRI", "http://ex.org/Zoë%20K/1"),
        ("URI", "http://ex.org/Zo%C3%AB%20K/1"),
        ("UnsafeIRI", None),
        ("UnsafeURI", None),
    ],
)
def test_term_types_of_iris(write: Write, term_type: str, made: str | None) -> None:
    path = write(
        one_map(
            'rml:predicate ex:p ; rml:objectMap [ rml:template "http://ex.org/{$.n}/1" ;'
            f" rml:termType rml:{term_type} ]"
        )
    )
    result = mapped(path, [{"id": 1, "n": "Zoë K"}])
    assert [q.object.value for q in result.quads] == ([made] if made else [])
    assert [r.value for r in result.rejects] == ([] if made else ["http://ex.org/Zoë K/1"])


def test_unsafe_iris_are_not_encoded_but_must_be_valid(write: Write) -> None:
    unsafe = 'rml:predicate ex:p ; rml:objectMap [ rml:template "mailto:{$.n}" ; rml:termType rml:Unsafe%s ]'
    iri, uri = write(one_map(unsafe % "IRI"), "iri.ttl"), write(one_map(unsafe % "URI"), "uri.ttl")
    data = [{"id": 1, "n": "a@b/c"}, {"id": 2, "n": "é@b"}]
    assert lines(mapped(iri, data)) == quads("ex:1 ex:p <mailto:a@b/c> . ex:2 ex:p <mailto:é@b> .")
    result = mapped(uri, data)
    assert lines(result) == quads("ex:1 ex:p <mailto:a@b/c> .")
    assert "ASCII" in mapped(uri, data, base_iri="http://ex.org/").rejects[0].reason


def test_base_iri_is_put_before_and_never_resolved(write: Write) -> None:
    text = one_map('rml:predicate ex:p ; rml:objectMap [ rml:reference "$.v" ; rml:termType rml:IRI ]')
    own = text.replace("a rml:TriplesMap ;", "a rml:TriplesMap ; rml:baseIRI <http://own.org/> ;")
    data = [{"id": 1, "v": "../x"}, {"id": 2, "v": "urn:a"}]
    base = "http://base.org/a/"
    made = {q.object.value for q in mapped(write(text), data, base_iri=base).quads}
    assert made == {"http://base.org/a/../x", "urn:a"}
    assert {q.object.value for q in mapped(write(own), data, base_iri=base).quads} == {"http://own.org/../x", "urn:a"}
    without = mapped(write(text), data)
    assert {q.object.value for q in without.quads} == {"urn:a"}
    assert "no base IRI" in without.rejects[0].reason


def test_a_bad_base_iri_is_refused(write: Write) -> None:
    with pytest.raises(UsageError):
        mapped(write(one_map("rml:predicate ex:p ; rml:object ex:o")), [], base_iri="not an iri")


def test_languages_and_datatypes_multiply(write: Write) -> None:
    path = write(
        one_map(
            'rml:predicate ex:l ; rml:objectMap [ rml:reference "$.v[*]" '
            '; rml:languageMap [ rml:reference "$.l[*]" ] ]',
            """rml:predicate ex:d ; rml:objectMap [ rml:reference "$.v[*]" ;
               rml:datatypeMap [ rml:template "http://ex.org/{$.d[*]}" ] ]""",
        )
    )
    result = mapped(path, [{"id": 1, "v": ["1", "2"], "l": ["en", "ko"], "d": ["x", "y"]}])
    assert lines(result) == quads(
        'ex:1 ex:l "1"@en, "1"@ko, "2"@en, "2"@ko ; ex:d "1"^^ex:x, "1"^^ex:y, "2"^^ex:x, "2"^^ex:y .'
    )


def test_numbers_become_decimals_when_asked(write: Write) -> None:
    path = write(one_map('rml:predicate ex:p ; rml:objectMap [ rml:reference "$.v[*]" ; rml:datatype xsd:decimal ]'))
    result = mapped(path, [{"id": 1, "v": [1.5, 3, 1e20, 1e-7, "2.50"]}])
    assert lines(result) == quads(f'ex:1 ex:p 1.5, "3"^^xsd:decimal, "1{"0" * 20}"^^xsd:decimal, 0.0000001, 2.50 .')
    assert result.rejects == ()


def test_constants_keep_datatype_and_language(write: Write) -> None:
    path = write(one_map('rml:predicate ex:p ; rml:object true, "train"@en, "5"^^xsd:short, ex:o, "plain"'))
    assert lines(mapped(path, [{"id": 1}])) == quads('ex:1 ex:p true, "train"@en, "5"^^xsd:short, ex:o, "plain" .')


def test_a_map_of_constants_needs_no_source(write: Write) -> None:
    path = write(one_map('rml:predicate ex:p ; rml:object "v"', source="", subject="rml:subject ex:s"))
    assert lines(run(compile_mappings([path]), sources={}, base_iri=None)) == quads('ex:s ex:p "v" .')


# Blank nodes


def test_blank_nodes_are_equal_for_equal_values_within_a_graph(write: Write) -> None:
    node = 'rml:subjectMap [ rml:template "{$.n}" ; rml:termType rml:BlankNode%s ]'
    points = 'rml:predicate ex:p ; rml:objectMap [ rml:reference "$.to" ; rml:termType rml:BlankNode ]'
    data = [{"n": "a b", "to": "c"}, {"n": "c", "to": "a b"}]
    plain = mapped(write(one_map(points, subject=node % "")), data)
    assert rdf.canonical(plain.quads) == rdf.canonical(
        ox.parse(b"_:a <http://ex.org/p> _:c . _:c <http://ex.org/p> _:a .", ox.RdfFormat.TURTLE)
    )
    graphs = mapped(write(one_map(points, subject=node % " ; rml:graph ex:g, ex:h, rml:defaultGraph")), data)
    nodes = {
        str(g): {q.subject for q in graphs.quads if q.graph_name == g} for g in {q.graph_name for q in graphs.quads}
    }
    assert [len(found) for found in nodes.values()] == [2, 2, 2]
    assert len(set().union(*nodes.values())) == 6  # a blank node belongs to one graph


def test_fresh_blank_nodes_are_new_for_each_record_and_the_same_on_each_run(write: Write) -> None:
    path = write(
        one_map(
            "rml:predicate ex:p ; rml:objectMap [ rml:termType rml:BlankNode ]",
            'rml:predicate ex:q ; rml:objectMap [ rml:reference "$.id" ]',
            subject="rml:subjectMap [ rml:termType rml:BlankNode ]",
        )
    )
    first, second = mapped(path, [{"id": 1}, {"id": 2}]), mapped(path, [{"id": 1}, {"id": 2}])
    assert first.quads == second.quads
    assert len({q.subject for q in first.quads}) == 2
    assert (
        len({q.subject for q in first.quads} | {q.object for q in first.quads if isinstance(q.object, ox.BlankNode)})
        == 4
    )


def test_blank_node_graphs(write: Write) -> None:
    path = write(
        one_map(
            'rml:predicate ex:p ; rml:object ex:o ; rml:graphMap [ rml:reference "$.id" ; rml:termType rml:BlankNode ]'
        )
    )
    result = mapped(path, [{"id": 1}, {"id": 2}, {"id": 1}])
    assert len(result.quads) == 2
    assert all(isinstance(q.graph_name, ox.BlankNode) for q in result.quads)


# Graphs


def test_a_graph_without_value_holds_nothing(write: Write) -> None:
    subject = SUBJECT[:-1] + '; rml:class ex:C ; rml:graphMap [ rml:template "http://ex.org/g/{$.g}" ] ]'
    result = mapped(
        write(one_map("rml:predicate ex:p ; rml:object ex:o", subject=subject)), [{"id": 1}, {"id": 2, "g": "x"}]
    )
    assert lines(result) == quads("<http://ex.org/g/x> { ex:2 a ex:C ; ex:p ex:o }")


def test_a_bad_graph_rejects_its_quads_and_never_the_rest(write: Write) -> None:
    path = write(
        one_map(
            'rml:predicate ex:p ; rml:object ex:o ; rml:graphMap [ rml:reference "$.g" ]',
            "rml:predicate ex:q ; rml:object ex:o",
        )
    )
    result = mapped(path, [{"id": 1, "g": "not an iri"}])
    assert lines(result) == quads("ex:1 ex:q ex:o .")
    assert [r.value for r in result.rejects] == ["not an iri"]


# Joins

JOIN_MAP = """
<#Person> a rml:TriplesMap ;
  rml:logicalSource [ rml:referenceFormulation rml:JSONPath ; rml:iterator "$[*]"
      ; rml:source [ rml:path "people.json" ] ] ;
  rml:subjectMap [ rml:template "http://ex.org/p/{$.id}" ] ;
  rml:predicateObjectMap [ rml:predicate ex:plays ; rml:objectMap [ rml:parentTriplesMap <#Sport> ;
    %s ] ] .
<#Sport> a rml:TriplesMap ;
  rml:logicalSource [ rml:referenceFormulation rml:JSONPath ; rml:iterator "$[*]"
      ; rml:source [ rml:path "sports.json" ] ] ;
  rml:subjectMap [ rml:template "http://ex.org/s/{$.id}" ] .
"""


def joined(write: Write, conditions: str, people: object, sports: object) -> list[tuple[str, str]]:
    mapping = compile_mappings([write(JOIN_MAP % conditions)])
    result = run(mapping, sources={"people.json": people, "sports.json": sports}, base_iri=None)
    return sorted((q.subject.value.rsplit("/", 1)[-1], q.object.value.rsplit("/", 1)[-1]) for q in result.quads)


def test_join_on_several_conditions(write: Write) -> None:
    conditions = """rml:joinCondition [ rml:child "$.a" ; rml:parent "$.x" ] ,
      [ rml:childMap [ rml:template "{$.b}!" ] ; rml:parentMap [ rml:reference "$.y" ] ]"""
    people = [{"id": 1, "a": 1, "b": "k"}, {"id": 2, "a": 1, "b": "l"}, {"id": 3, "b": "k"}]
    sports = [{"id": 7, "x": "1", "y": "k!"}, {"id": 8, "x": 1, "y": "k!"}, {"id": 9, "x": 2, "y": "k!"}]
    assert joined(write, conditions, people, sports) == [("1", "7"), ("1", "8")]


def test_join_on_one_of_several_values(write: Write) -> None:
    conditions = 'rml:joinCondition [ rml:child "$.s[*]" ; rml:parent "$.names[*]" ]'
    people = [{"id": 1, "s": ["a", "b"]}, {"id": 2, "s": []}, {"id": 3, "s": ["z", None]}]
    sports = [{"id": 7, "names": ["a", "b"]}, {"id": 8, "names": ["b"]}]
    assert joined(write, conditions, people, sports) == [("1", "7"), ("1", "8")]


@settings(max_examples=30, deadline=None)
@given(
    people=st.lists(st.fixed_dictionaries({"id": st.integers(0, 9), "k": st.integers(0, 3) | st.none()}), max_size=8),
    sports=st.lists(st.fixed_dictionaries({"id": st.integers(0, 9), "k": st.integers(0, 3) | st.none()}), max_size=8),
)
def test_a_join_is_the_nested_loop(
    tmp_path_factory: pytest.TempPathFactory, people: list[dict[str, object]], sports: list[dict[str, object]]
) -> None:
    path = tmp_path_factory.mktemp("join") / "m.ttl"
    path.write_text(PREFIXES + JOIN_MAP % 'rml:joinCondition [ rml:child "$.k" ; rml:parent "$.k" ]', "utf-8")
    result = run(compile_mappings([path]), sources={"people.json": people, "sports.json": sports}, base_iri=None)
    expected = {(p["id"], s["id"]) for p in people for s in sports if p["k"] is not None and p["k"] == s["k"]}
    assert {tuple(int(t.value.rsplit("/", 1)[-1]) for t in (q.subject, q.object)) for q in result.quads} == expected


def test_a_join_looks_at_each_record_once(write: Write) -> None:
    """A quadratic join would need a hundred million steps here, and minutes."""
    count = 10_000
    records = [{"id": i, "k": i} for i in range(count)]
    conditions = 'rml:joinCondition [ rml:child "$.k" ; rml:parent "$.k" ]'
    assert len(joined(write, conditions, records, records)) == count


def test_no_join_condition_needs_an_equal_source(write: Write) -> None:
    path = write(JOIN_MAP % "a rml:RefObjectMap")
    (problem,) = problems_of(path)
    assert problem.rule == "rml.join-condition"
    assert problem.line == line_of(path, "rml:parentTriplesMap <#Sport>")


def test_a_parent_on_the_same_iteration(write: Write) -> None:
    path = write(
        one_map("rml:predicate ex:has ; rml:objectMap [ rml:parentTriplesMap <#Part> ]").replace("<#Map>", "<#Whole>")
        + one_map(subject='rml:subjectMap [ rml:template "http://ex.org/part/{$.part[*]}" ]').replace(
            "<#Map>", "<#Part>"
        )
    )
    result = mapped(path, [{"id": 1, "part": ["a", "b"]}, {"id": 2}])
    assert lines(result) == quads("ex:1 ex:has <http://ex.org/part/a>, <http://ex.org/part/b> .")


def test_mappings_split_over_files(write: Write) -> None:
    whole = JOIN_MAP % 'rml:joinCondition [ rml:child "$.k" ; rml:parent "$.k" ]'
    whole = whole.replace("<#Sport>", "ex:Sport")
    first, second = whole.split("ex:Sport a ")
    paths = [write(first, "first.ttl"), write("ex:Sport a " + second, "second.ttl")]
    data = {"people.json": [{"id": 1, "k": 1}], "sports.json": [{"id": 2, "k": 1}]}
    for order in (paths, paths[::-1], [*paths, *paths]):
        assert len(run(compile_mappings(order), sources=data, base_iri=None).quads) == 1
    (problem,) = problems_of(paths[0])
    assert (problem.rule, problem.file) == ("rml.parent-triples-map", str(paths[0]))


# Rejects and origins


@pytest.mark.parametrize(
    ("objects", "value", "reason"),
    [
        ('rml:reference "$.v" ; rml:termType rml:IRI', "a b", "IRI"),
        ('rml:reference "$.v" ; rml:datatype xsd:date', "yesterday", "lexical space"),
        ('rml:reference "$.v" ; rml:datatype xsd:integer', 1.5, "lexical space"),
        (
            'rml:reference "$.v" ; rml:datatypeMap [ rml:template "http://www.w3.org/2001/XMLSchema#{$.t}" ]',
            "x",
            "lexical space",
        ),
        ('rml:reference "$.v" ; rml:datatypeMap [ rml:reference "$.bad" ]', "x", "IRI"),
        ('rml:reference "$.v" ; rml:languageMap [ rml:reference "$.bad" ]', "x", "language tag"),
        ('rml:reference "$.v"', {"a": 1}, "an object"),
        ('rml:reference "$.v"', [1], "an array"),
        ('rml:template "{$.v}" ; rml:termType rml:Literal', [1], "an array"),
        ('rml:template "{$.v}{$.w[*]}" ; rml:termType rml:Literal', [1], "an array"),
        ('rml:reference "$.v" ; rml:language "en"', {}, "an object"),
        ('rml:reference "$.v"', "\ud800", "surrogate"),
        ('rml:reference "$.v" ; rml:language "en"', "\ud800", "surrogate"),
        ('rml:reference "$.v" ; rml:languageMap [ rml:reference "$.l" ]', "\ud800", "surrogate"),
        ('rml:reference "$.v" ; rml:datatype ex:d', "\ud800", "surrogate"),
        ('rml:template "http://ex.org/{$.v}"', "\ud800", "surrogate"),
        ('rml:template "http://ex.org/{$.v}{$.w[*]}"', "\ud800", "surrogate"),
        ('rml:reference "$.v" ; rml:termType rml:IRI', "http://ex.org/\ud800", "IRI"),
    ],
)
def test_a_term_that_cannot_be_made_is_rejected_and_the_rest_stays(
    write: Write, objects: str, value: object, reason: str
) -> None:
    path = write(one_map(f"rml:predicate ex:p ; rml:objectMap [ {objects} ]", "rml:predicate ex:q ; rml:object ex:o"))
    record = {"id": 1, "v": value, "w": ["x"], "t": "int", "l": "en", "bad": "no good"}
    result = mapped(path, [{"id": 0}, record])
    assert lines(result) == quads("ex:0 ex:q ex:o . ex:1 ex:q ex:o .")
    (reject,) = result.rejects
    assert reason in reject.reason
    assert (reject.origin.source, reject.origin.index, reject.origin.record) == ("data.json", 1, record)
    assert reject.triples_map == "mapping.ttl#Map"
    problem = reject.to_problem()
    assert (problem.file, problem.item) == ("data.json", "record 2")
    assert reject.expression in problem.message


def test_a_rejected_subject_keeps_out_its_record_only(write: Write) -> None:
    path = write(one_map("rml:predicate ex:q ; rml:object ex:o", subject='rml:subjectMap [ rml:reference "$.id" ]'))
    result = mapped(path, [{"id": "a b"}, {"id": "http://ex.org/1"}])
    assert lines(result) == quads("ex:1 ex:q ex:o .")
    assert [(r.expression, r.value) for r in result.rejects] == [("$.id", "a b")]


def test_of_several_values_only_the_bad_one_is_rejected(write: Write) -> None:
    path = write(one_map('rml:predicate ex:q ; rml:objectMap [ rml:reference "$.v[*]" ; rml:datatype xsd:gYear ]'))
    result = mapped(path, [{"id": 1, "v": ["2024", "soon", [2025], 2026]}])
    assert lines(result) == quads('ex:1 ex:q "2024"^^xsd:gYear, "2026"^^xsd:gYear .')
    assert sorted(r.value for r in result.rejects) == ["[2025]", "soon"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["2024", "\ud800"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=3,
)


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(json_values, max_size=5),
    objects=st.sampled_from(
        [
            'rml:reference "$.v"',
            'rml:reference "$.v" ; rml:datatype xsd:gYear',
            'rml:reference "$.v" ; rml:datatype xsd:decimal',
            'rml:reference "$.v" ; rml:language "ko"',
            'rml:reference "$.v" ; rml:termType rml:IRI',
            'rml:reference "$.v" ; rml:termType rml:BlankNode',
            'rml:template "http://ex.org/{$.v}"',
            'rml:template "http://ex.org/{$.v}" ; rml:termType rml:UnsafeURI',
            'rml:reference "$.w[*]"',
            'rml:template "{$.w[*]}" ; rml:termType rml:Literal',
            'rml:reference "$.v" ; rml:languageMap [ rml:reference "$.v" ]',
            'rml:reference "$.v" ; rml:datatypeMap [ rml:reference "$.v" ]',
        ]
    ),
)
def test_every_value_becomes_a_quad_or_a_reject(
    tmp_path_factory: pytest.TempPathFactory, values: list[object], objects: str
) -> None:
    path = tmp_path_factory.mktemp("values") / "m.ttl"
    path.write_text(PREFIXES + one_map(f"rml:predicate ex:p ; rml:objectMap [ {objects} ]"), "utf-8")
    result = mapped(path, [{"id": i, "v": value, "w": [value]} for i, value in enumerate(values)])
    made = {int(q.subject.value.removeprefix("http://ex.org/")) for q in result.quads}
    rejected = {r.origin.index for r in result.rejects}
    assert made.isdisjoint(rejected)
    assert made | rejected == {i for i, value in enumerate(values) if value is not None}


def test_a_bad_parent_subject_is_rejected_once(write: Write) -> None:
    text = JOIN_MAP % 'rml:joinCondition [ rml:child "$.k" ; rml:parent "$.k" ]'
    path = write(text.replace('"http://ex.org/s/{$.id}"', '"relative/{$.id}"'))
    data = {"people.json": [{"id": 1, "k": 1}, {"id": 2, "k": 1}], "sports.json": [{"id": 2, "k": 1}]}
    result = run(compile_mappings([path]), sources=data, base_iri=None)
    assert result.quads == []
    (reject,) = result.rejects
    assert (reject.triples_map, reject.origin.source) == ("mapping.ttl#Sport", "sports.json")


def test_origins_name_the_first_record(write: Write) -> None:
    path = write(
        one_map(
            'rml:predicate ex:p ; rml:objectMap [ rml:reference "$.v" ] '
            '; rml:graphMap [ rml:template "http://ex.org/g/{$.g}" ]'
        )
    )
    data = [{"id": 1, "v": 1, "g": "x"}, {"id": 2, "v": 2, "g": "x"}, {"id": 1, "v": 3, "g": "y"}]
    assert mapped(path, data).origins == {}
    result = mapped(path, data, origins=True)
    found = {iri: (origin.source, origin.index) for iri, origin in result.origins.items()}
    assert found == {
        "http://ex.org/1": ("data.json", 0),
        "http://ex.org/2": ("data.json", 1),
        "http://ex.org/g/x": ("data.json", 0),
        "http://ex.org/g/y": ("data.json", 2),
    }
    assert result.origins["http://ex.org/2"].record is data[1]


def test_quads_are_distinct_and_in_order(write: Write) -> None:
    path = write(one_map("rml:predicate ex:p ; rml:object ex:o"))
    result = mapped(path, [{"id": i % 3} for i in (5, 4, 3, 2, 1, 0)])
    assert [q.subject.value[-1] for q in result.quads] == ["2", "1", "0"]


# Sources


def source_map(
    path: str, formulation: str = "rml:JSONPath", iterator: str = 'rml:iterator "$[*]" ;', more: str = ""
) -> str:
    return f"""rml:logicalSource [ rml:referenceFormulation {formulation} ; {iterator}
    rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "{path}" {more} ] ]"""


CSV_SUBJECT = 'rml:subjectMap [ rml:template "http://ex.org/{id}" ]'
CSV_OBJECT = 'rml:predicate ex:p ; rml:objectMap [ rml:reference "full name" ]'


@pytest.mark.parametrize(
    ("name", "content", "more"),
    [
        ("d.csv", 'id,full name\n1,Ann\n2,"B, C"\n\n3,\n', ""),
        ("d.csv", '\ufeffid,full name\r\n1,Ann\r\n2,"B, C"\r\n3,""\r\n', ""),
        ("d.tsv", "id\tfull name\n1\tAnn\n2\tB, C\n3\t\n", ""),
        ("d.txt", "full name;id\nAnn;1\n'B, C';2\n;3\n", '; csvw:dialect [ csvw:delimiter ";" ; csvw:quoteChar "\'" ]'),
        ("d.csv", 'id , full name\n1, Ann \n2,"B, C"\n3, \n', "; csvw:dialect [ csvw:trim true ]"),
    ],
)
def test_delimited_files(write: Write, tmp_path: Path, name: str, content: str, more: str) -> None:
    (tmp_path / name).write_text(content, "utf-8", newline="")
    path = write(one_map(CSV_OBJECT, subject=CSV_SUBJECT, source=source_map(name, "rml:CSV", "", more)))
    result = run(compile_mappings([path]), sources=tmp_path, base_iri=None, origins=True)
    assert lines(result) == quads('ex:1 ex:p "Ann" . ex:2 ex:p "B, C" . ex:3 ex:p "" .')
    assert result.origins["http://ex.org/2"].record == {"id": "2", "full name": "B, C"}


def test_nulls_and_encoding(write: Write, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("id,full name\n1,\n2,NULL\n3,한\n", "utf-16")
    more = '; rml:null "", "NULL" ; rml:encoding rml:UTF-16'
    path = write(one_map(CSV_OBJECT, subject=CSV_SUBJECT, source=source_map("d.csv", "rml:CSV", "", more)))
    assert lines(run(compile_mappings([path]), sources=tmp_path, base_iri=None)) == quads('ex:3 ex:p "한" .')


def test_csv_values_have_no_natural_datatype(write: Write, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("id,full name\n1,42\n2,true\n", "utf-8")
    path = write(one_map(CSV_OBJECT, subject=CSV_SUBJECT, source=source_map("d.csv", "rml:CSV", "")))
    assert lines(run(compile_mappings([path]), sources=tmp_path, base_iri=None)) == quads(
        'ex:1 ex:p "42" . ex:2 ex:p "true" .'
    )


def test_rows_may_be_given(write: Write) -> None:
    path = write(one_map(CSV_OBJECT, subject=CSV_SUBJECT, source=source_map("d.csv", "rml:CSV", "")))
    mapping = compile_mappings([path])
    result = run(mapping, sources={"d.csv": [{"id": "1", "full name": "Ann"}]}, base_iri=None)
    assert lines(result) == quads('ex:1 ex:p "Ann" .')
    with pytest.raises(RefusedError):
        run(mapping, sources={"d.csv": {"id": "1"}}, base_iri=None)


def test_yaml_is_read_as_the_json_it_stands_for(write: Write, tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text(
        "- id: 1\n  v: [1, 1.5, true, null, 2024-01-31, no, 'x', ~, 0o10]\n- &a {id: 2, v: []}\n- *a\n", "utf-8"
    )
    path = write(one_map('rml:predicate ex:p ; rml:objectMap [ rml:reference "$.v[*]" ]', source=source_map("d.yaml")))
    result = run(compile_mappings([path]), sources=tmp_path, base_iri=None)
    assert lines(result) == quads(
        'ex:1 ex:p 1, 1.5e0, true, "2024-01-31", "no", "x", 8 .'.replace("1.5e0", '"1.5E0"^^xsd:double')
    )


def test_without_iterator_the_document_is_the_record(write: Write, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text('{"id": 1, "v": ["a"]}', "utf-8")
    source = source_map("d.json", iterator="")
    path = write(one_map('rml:predicate ex:p ; rml:objectMap [ rml:reference "$.v[*]" ]', source=source))
    assert lines(run(compile_mappings([path]), sources=tmp_path, base_iri=None)) == quads('ex:1 ex:p "a" .')


@pytest.mark.parametrize(
    ("name", "content", "line", "word"),
    [
        ("d.json", '[{"id": 1},\n{"id": }]', 2, "JSON"),
        ("d.json", '[{"id": 1, "id": 2}]', None, "'id'"),
        ("d.json", '[{"id": NaN}]', None, "NaN"),
        ("d.json", "[" * 100_000, None, "nested"),
        ("d.json", b"\xff\xfe[", None, "utf-8"),
        ("d.yaml", "- id: 1\n- id: [\n", 3, "YAML"),
        ("d.yaml", "- id: 1\n  id: 2\n", 2, "YAML"),
        ("d.yaml", "- 1: x\n  ~: y\n", None, "1, None"),
        ("d.yaml", "&a [*a]", None, "alias"),
        ("d.yaml", "- !!python/object:os.system x\n", 1, "YAML"),
        ("d.yaml", "a: 1\n---\nb: 2\n", 2, "YAML"),
    ],
)
def test_bad_documents_are_refused_with_their_place(
    write: Write, tmp_path: Path, name: str, content: str | bytes, line: int | None, word: str
) -> None:
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    path = write(one_map("rml:predicate ex:p ; rml:object ex:o", source=source_map(name)))
    with pytest.raises(RefusedError) as caught:
        run(compile_mappings([path]), sources=tmp_path, base_iri=None)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(tmp_path / name), line)
    assert word in problem.message


@pytest.mark.parametrize(
    ("content", "places"),
    [
        ("id,full name\n1,a\n2\n3,b,c\n", [3, 4]),
        ("id,id\n", [1]),
        ("", [1]),
        ('id,full name\n1,"a"b\n', [None]),
        (b"id,full name\n1,\xff\n", [None]),
    ],
)
def test_bad_rows_are_refused_all_at_once(
    write: Write, tmp_path: Path, content: str | bytes, places: list[int | None]
) -> None:
    (tmp_path / "d.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    path = write(one_map(CSV_OBJECT, subject=CSV_SUBJECT, source=source_map("d.csv", "rml:CSV", "")))
    with pytest.raises(RefusedError) as caught:
        run(compile_mappings([path]), sources=tmp_path, base_iri=None)
    assert [(p.file, p.line) for p in caught.value.problems] == [(str(tmp_path / "d.csv"), line) for line in places]


def test_a_missing_column_is_refused_with_its_line(write: Write, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("id,name\n1,x\n", "utf-8")
    path = write(one_map(CSV_OBJECT, subject=CSV_SUBJECT, source=source_map("d.csv", "rml:CSV", "")))
    with pytest.raises(RefusedError) as caught:
        run(compile_mappings([path]), sources=tmp_path, base_iri=None)
    (problem,) = caught.value.problems
    assert (problem.rule, problem.line) == ("rml.no-column", line_of(path, '"full name"'))


def test_missing_sources_are_named_all_at_once(write: Write, tmp_path: Path) -> None:
    one = one_map("rml:predicate ex:p ; rml:object ex:o", source=source_map("one.json"))
    two = one_map("rml:predicate ex:p ; rml:object ex:o", source=source_map("two.json")).replace("<#Map>", "<#Two>")
    path = write(one + two)
    for sources in (tmp_path, {"three.json": []}, None):
        with pytest.raises(RefusedError) as caught:
            run(compile_mappings([path]), sources=sources, base_iri=None)
        assert [(p.rule, p.line, p.item) for p in caught.value.problems] == [
            ("source.missing", line_of(path, '"one.json"'), "mapping.ttl#Map"),
            ("source.missing", line_of(path, '"two.json"'), "mapping.ttl#Two"),
        ]


@pytest.mark.parametrize("name", ["../secret.json", "sub/../../secret.json", "/etc/hostname", "link.json"])
def test_nothing_outside_of_the_given_directory_is_read(write: Write, tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.json").write_text("[]", "utf-8")
    (inside / "link.json").symlink_to(tmp_path / "secret.json")
    path = write(one_map("rml:predicate ex:p ; rml:object ex:o", source=source_map(name)))
    with pytest.raises(RefusedError) as caught:
        run(compile_mappings([path]), sources=inside, base_iri=None)
    assert [p.rule for p in caught.value.problems] == ["source.outside"]


def test_roots_decide_when_no_directory_is_given(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = {"beside": tmp_path, "here": tmp_path / "cwd", "there": tmp_path / "fixed"}
    for name, folder in places.items():
        folder.mkdir(exist_ok=True)
        (folder / "d.json").write_text(json.dumps([{"id": name}]), "utf-8")
    monkeypatch.chdir(places["here"])
    roots = {"beside": "rml:MappingDirectory", "here": "rml:CurrentWorkingDirectory", "there": f'"{places["there"]}"'}
    for name, root in roots.items():
        source = source_map("d.json").replace("rml:MappingDirectory", root)
        path = write(one_map("rml:predicate ex:p ; rml:object ex:o", source=source))
        assert lines(run(compile_mappings([path]), sources=None, base_iri=None)) == quads(f"ex:{name} ex:p ex:o .")


# The older vocabulary

OLD = """
<#Student> a rr:TriplesMap ;
  old:logicalSource [ old:source "students.json" ; old:referenceFormulation ql:JSONPath
      ; old:iterator "$.students[*]" ] ;
  rr:subjectMap [ rr:template "http://ex.org/student/{ID}/{First Name}" ; rr:class ex:Student ; rr:graph ex:g ] ;
  rr:predicateObjectMap [ rr:predicate ex:id ; rr:objectMap [ old:reference "ID" ] ] ,
    [ rr:predicate ex:amount ; rr:objectMap [ old:reference "amounts[*]" ] ] ,
    [ rr:predicate ex:city ; rr:objectMap [ old:reference "address.city" ; rr:language "en" ]
      ; rr:graph rr:defaultGraph ] ,
    [ rr:predicateMap [ rr:constant ex:year ] ; rr:objectMap [ old:reference "year" ; rr:datatype xsd:gYear ] ] ,
    [ rr:predicate ex:plays ; rr:objectMap [ rr:parentTriplesMap <#Sport>
      ; rr:joinCondition [ rr:child "Sport" ; rr:parent "ID" ] ] ] ,
    [ rr:predicate ex:note ; rr:objectMap [ rr:template "{ID}!" ; rr:termType rr:Literal ] ] .
<#Sport> a rr:TriplesMap ;
  old:logicalSource [ old:source "sports.csv" ; old:referenceFormulation ql:CSV ] ;
  rr:subjectMap [ rr:template "http://ex.org/sport/{ID}" ] ;
  rr:predicateObjectMap [ rr:predicate ex:name ; rr:objectMap [ rr:column "Name" ] ] .
"""


def test_the_older_vocabulary(write: Write, tmp_path: Path) -> None:
    student = {
        "ID": 10,
        "First Name": "Venus",
        "amounts": [1, 2.5],
        "address": {"city": "X"},
        "year": 2000,
        "Sport": 100,
    }
    (tmp_path / "students.json").write_text(json.dumps({"students": [student]}), "utf-8")
    (tmp_path / "sports.csv").write_text("ID,Name\n100,Tennis\n", "utf-8")
    mapping = compile_mappings([write(OLD)])
    expected = quads(
        """ex:g { <http://ex.org/student/10/Venus> a ex:Student ; ex:id "10" ; ex:amount "1", "2.5" ; ex:city "X"@en ;
             ex:year "2000"^^xsd:gYear ; ex:plays <http://ex.org/sport/100> ; ex:note "10!" . }
           <http://ex.org/student/10/Venus> ex:city "X"@en . <http://ex.org/sport/100> ex:name "Tennis" ."""
    )
    assert lines(run(mapping, sources=tmp_path, base_iri=None)) == expected
    assert lines(run(mapping, sources=None, base_iri=None)) == expected
    assert unused_expressions(mapping, sources=tmp_path) == []


def test_the_base_that_an_older_mapping_declares(write: Write) -> None:
    """It has no rml:baseIRI; a base IRI that is given with the run comes first, and today's vocabulary has no such."""
    text = """@base <http://declared.org/> .
        <#M> rml:logicalSource [ old:source "data.json" ; old:referenceFormulation ql:JSONPath ; old:iterator "$[*]" ] ;
          rr:subjectMap [ old:reference "id" ; rr:class ex:C ] ."""
    path = write(text.replace("rml:logicalSource", "old:logicalSource"))
    assert mapped(path, [{"id": "a"}]).lines == quads("<http://declared.org/a> a ex:C .")
    assert mapped(path, [{"id": "a"}], base_iri="http://run.org/").quads[0].subject.value == "http://run.org/a"
    today = write("@base <http://declared.org/> . " + one_map(subject='rml:subjectMap [ rml:reference "$.id" ]'))
    assert mapped(today, [{"id": "a"}]).lines == []


def test_databases_are_refused(write: Write) -> None:
    path = write('<#M> a rr:TriplesMap ; rr:logicalTable [ rr:tableName "t" ] ; rr:subject ex:s .')
    assert [p.rule for p in problems_of(path)] == ["rml.unsupported"]


# Wrong mappings


@pytest.mark.parametrize(
    ("objects", "rule", "marked"),
    [
        ('rml:predicate ex:p ; rml:objectMap [ rml:reference "$.[" ]', "rml.json-path", '"$.["'),
        ('rml:predicate ex:p ; rml:objectMap [ rml:template "{$.a" ]', "rml.template", '"{$.a"'),
        ('rml:predicate ex:p ; rml:objectMap [ rml:template "x{$.a b}" ]', "rml.json-path", '"x{$.a b}"'),
        (
            'rml:predicate ex:p ; rml:objectMap [ rml:reference "$.a" ; rml:languag "en" ]',
            "rml.unknown-property",
            "rml:languag",
        ),
        ('rml:predicate ex:p ; rml:objectMap [ rml:reference "$.a" ; rml:language "e n" ]', "rml.language", '"e n"'),
        (
            'rml:predicate ex:p ; rml:objectMap [ rml:reference "$.a" ; rml:language "english" ]',
            "rml.language",
            '"english"',
        ),
        (
            'rml:predicate ex:p ; rml:objectMap [ rml:reference "$.a" ; rml:datatype "xsd:date" ]',
            "rml.constant",
            '"xsd:date"',
        ),
        (
            'rml:predicate ex:p ; rml:objectMap [ rml:reference "$.a" ; rml:termType rml:Iri ]',
            "rml.term-type",
            "rml:Iri",
        ),
        ('rml:predicate ex:p ; rml:objectMap [ rml:reference "$.a" ; rml:template "b" ]', "rml.expression", '"$.a"'),
        ("rml:predicate ex:p ; rml:objectMap [ rml:termType rml:IRI ]", "rml.expression", None),
        ('rml:predicate ex:p ; rml:objectMap "$.a"', "rml.term-map", '"$.a"'),
        ("rml:predicate ex:p ; rml:objectMap [ rml:reference ex:a ]", "rml.reference", "ex:a"),
        ("rml:predicate ex:p ; rml:objectMap [ rml:template ex:a ]", "rml.template", "ex:a"),
        ('rml:predicate "p" ; rml:object ex:o', "rml.constant", '"p"'),
        ("rml:predicate ex:p ; rml:object [ ]", "rml.constant", None),
        ('rml:predicate ex:p ; rml:object "x"^^xsd:int', "rml.constant", '"x"^^xsd:int'),
        ("rml:predicate ex:p", "rml.predicate-object-map", None),
        ("rml:object ex:o", "rml.predicate-object-map", None),
        ('rml:predicate ex:p ; rml:object ex:o ; rml:graph "g"', "rml.constant", '"g"'),
        (
            'rml:predicate ex:p ; rml:objectMap [ rml:reference "$.a" ; rml:language "en" ; rml:datatype xsd:date ]',
            "rml.term-map",
            '"$.a"',
        ),
        ('rml:predicate ex:p ; rml:objectMap [ rml:constant "a" ; rml:datatype xsd:date ]', "rml.term-map", '"a"'),
        (
            'rml:predicate ex:p ; rml:objectMap [ rml:reference "$.a" ; rml:termType rml:IRI ; rml:language "en" ]',
            "rml.term-map",
            '"$.a"',
        ),
        (
            'rml:predicate ex:p ; rml:objectMap [ rml:reference "$.a" ; rml:datatype rdf:langString ]',
            "rml.datatype",
            None,
        ),
        ("rml:predicate ex:p ; rml:objectMap [ rml:parentTriplesMap <#None> ]", "rml.parent-triples-map", "<#None>"),
        (
            (
                "rml:predicate ex:p ; rml:objectMap [ rml:parentTriplesMap <#Map> "
                '; rml:joinCondition [ rml:child "$.a" ] ]'
            ),
            "rml.join-condition",
            None,
        ),
        (
            'rml:predicate ex:p ; rml:objectMap [ rml:parentTriplesMap <#Map> ; rml:joinCondition "x" ]',
            "rml.join-condition",
            '"x"',
        ),
    ],
)
def test_wrong_mappings_are_refused_with_their_line(write: Write, objects: str, rule: str, marked: str | None) -> None:
    path = write(one_map("rml:predicate ex:fine ; rml:object ex:o", objects))
    problems = problems_of(path)
    assert [p.rule for p in problems] == [rule]
    assert problems[0].file == str(path)
    assert problems[0].item == "mapping.ttl#Map"
    assert problems[0].fix
    assert problems[0].line is not None
    if marked:
        assert problems[0].line == line_of(path, marked)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "rml.no-triples-map"),
        ("<#M> a rml:TriplesMap ; rml:subject ex:s ; rml:subject ex:t .", "rml.subject-map"),
        ('<#M> a rml:TriplesMap ; rml:subject "s" .', "rml.constant"),
        (f"<#M> a rml:TriplesMap ; {SUBJECT} .", "rml.logical-source"),
        (one_map(subject=SUBJECT[:-1] + '; rml:class "C" ]'), "rml.class"),
        (one_map(more='rml:baseIRI "relative/"'), "rml.base-iri"),
        (one_map(more="rml:baseIRI <http://a.org/>, <http://b.org/>"), "rml.base-iri"),
        (one_map(source=JSON_SOURCE.replace("rml:JSONPath", "rml:XPath")), "rml.reference-formulation"),
        (one_map(source=JSON_SOURCE.replace("$[*]", "$[")), "rml.json-path"),
        (one_map(source=JSON_SOURCE.replace("rml:JSONPath", "rml:CSV")), "rml.iterator"),
        (one_map(source=JSON_SOURCE.replace('rml:path "data.json"', "")), "rml.source"),
        (one_map(source=JSON_SOURCE.replace("rml:MappingDirectory", "rml:Elsewhere")), "rml.source"),
        (one_map(source=JSON_SOURCE.replace("rml:path", "rml:compression rml:gzip ; rml:path")), "rml.unsupported"),
        (one_map(source=JSON_SOURCE.replace("rml:path", "rml:encoding rml:EBCDIC ; rml:path")), "rml.source"),
        (one_map(source=JSON_SOURCE.replace("rml:iterator", "rml:itreator")), "rml.unknown-property"),
        (one_map(source="rml:logicalSource ex:missing"), "rml.logical-source"),
        (one_map(source=f"{JSON_SOURCE}, [ ]"), "rml.logical-source"),
        (one_map(more="rml:predicateObjectMap ex:missing"), "rml.predicate-object-map"),
        (one_map(more='rml:predicateObjectMap "x"'), "rml.predicate-object-map"),
        (one_map(more="rml:logicalTarget ex:t"), "rml.unknown-property"),
    ],
)
def test_wrong_triples_maps_are_refused(write: Write, text: str, rule: str) -> None:
    path = write(text)
    problems = problems_of(path)
    assert {p.rule for p in problems} == {rule}
    assert {p.file for p in problems} == {str(path)}


def test_all_problems_of_all_files_are_given_at_once(write: Write) -> None:
    first = write(
        one_map('rml:predicate "p" ; rml:object [ ]', 'rml:predicate ex:p ; rml:objectMap [ rml:reference "$[" ]'),
        "a.ttl",
    )
    second = write(one_map("rml:object ex:o"), "b.ttl")
    problems = problems_of(first, second)
    assert [(p.file, p.rule) for p in problems] == [
        (str(first), "rml.constant"),
        (str(first), "rml.constant"),
        (str(second), "rml.predicate-object-map"),
        (str(first), "rml.json-path"),
    ]


def test_syntax_errors_and_missing_files_are_refused(write: Write, tmp_path: Path) -> None:
    broken = write("<#M> a rml:TriplesMap ; [ .", "broken.ttl")
    problems = problems_of(broken, tmp_path / "missing.ttl")
    assert [p.rule for p in problems] == ["rdf.syntax", "file.unreadable"]
    assert problems[0].line == PREFIX_LINES + 1
    with pytest.raises(UsageError):
        compile_mappings([])


def test_the_same_text_in_two_triples_maps_is_found_in_each(write: Write) -> None:
    bad = 'rml:predicate ex:p ;\n rml:objectMap [\n rml:reference "$.[" ]'
    path = write(one_map(bad) + one_map(bad).replace("<#Map>", "<#Other>"))
    numbers = [n for n, line in enumerate(path.read_text("utf-8").splitlines(), 1) if '"$.["' in line]
    assert [p.line for p in problems_of(path)] == numbers
    assert len(numbers) == 2


# Expressions that no record can satisfy


def unused(mapping: CompiledMapping, data: object) -> list[tuple[str, int | None]]:
    return [(p.rule, p.line) for p in unused_expressions(mapping, sources={"data.json": data})]


def test_unused_expressions(write: Write) -> None:
    path = write(
        one_map(
            'rml:predicate ex:p ; rml:objectMap [ rml:reference "$.v[*]" '
            '; rml:languageMap [ rml:reference "$.lnag" ] ]',
            'rml:predicate ex:q ; rml:objectMap [ rml:template "{$.id}-{$.nmae}" ; rml:termType rml:Literal ]',
            "rml:predicate ex:r ; rml:objectMap [ rml:parentTriplesMap <#Map> "
            '; rml:joinCondition [ rml:child "$.w" ;\n rml:parent "$.prent" ] ]',
            'rml:predicate ex:s ; rml:objectMap [ rml:reference "$.d" '
            '; rml:datatypeMap [ rml:template "http://ex.org/{$.dtype}" ] ]',
            'rml:predicate ex:t ; rml:object ex:o ; rml:graphMap [ rml:template "http://ex.org/{$.grpah}" ]',
        )
    )
    mapping = compile_mappings([path])
    data = [{"id": 1, "v": [], "w": 1}, {"id": 2, "v": ["x"], "d": None}, {"d": 3}]
    wanted = ["$.lnag", "$.nmae", "$.prent", "$.dtype", "$.grpah"]
    assert sorted(unused(mapping, data)) == sorted(("rml.unused-reference", line_of(path, text)) for text in wanted)
    messages = [p.message for p in unused_expressions(mapping, sources={"data.json": data})]
    assert all(any(text in message for message in messages) for text in wanted)
    filled = [{"id": 1, "v": [1], "w": 1, "d": 1, "lnag": "en", "nmae": 1, "prent": 1, "dtype": 1, "grpah": 1}]
    assert unused(mapping, filled) == []


def test_unused_iterators(write: Write) -> None:
    path = write(one_map('rml:predicate ex:p ; rml:objectMap [ rml:reference "$.x" ]'))
    mapping = compile_mappings([path])
    assert unused(mapping, []) == [("rml.unused-iterator", line_of(path, "$[*]"))]
    assert [p.rule for p in unused_expressions(mapping, sources={})] == ["source.missing"]


# Speed is designed in


def test_a_mapping_is_not_looked_at_while_records_are_read(write: Write) -> None:
    """Compiling is done once: the compiled mapping runs again after its file is gone."""
    path = write(one_map("rml:predicate ex:p ; rml:object ex:o"))
    mapping = compile_mappings([path])
    path.unlink()
    for _ in range(2):
        assert lines(run(mapping, sources={"data.json": [{"id": 1}]}, base_iri=None)) == quads("ex:1 ex:p ex:o .")


def test_errors_are_of_one_family() -> None:
    assert issubclass(RefusedError, KclodError)
