"""Validation: the report is exact, malformed shapes are never passed over, and nothing passes in silence."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from kclod import rdf
from kclod.errors import KclodError, RefusedError, UndecidedError, UsageError
from kclod.shacl import Report, engine, validate
from kclod.vocab import SH, XSD

PREFIXES = """@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <http://l.example/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
"""
HEAD = PREFIXES.count("\n")
EX = "http://l.example/"

Check = Callable[..., Report]


def graph(text: str) -> list[ox.Triple]:
    return rdf.triples_of(rdf.parse((PREFIXES + text).encode(), rdf.TURTLE, name="data.ttl"))


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Validates Turtle by Turtle; the prefixes above are declared in both."""

    def run(data: str, *shapes: str, extra: str = "") -> Report:
        files = []
        for number, text in enumerate(shapes):
            path = tmp_path / f"shapes{number}.ttl"
            path.write_text(PREFIXES + text, "utf-8")
            files.append(path)
        return validate(graph(data), files, extra=graph(extra))

    return run


LAMP = """ex:LampShape a sh:NodeShape ;
  sh:targetClass ex:Lamp ;
  sh:property [
    sh:path ex:height ;
    sh:datatype xsd:decimal ;
    sh:minCount 1 ;
    sh:message "A lamp has a height."@en , "등대에는 높이가 있다."@ko ;
  ] .
"""


def test_data_that_conform(check: Check) -> None:
    report = check("ex:a a ex:Lamp ; ex:height 1.00 .", LAMP)
    assert (report.conforms, report.results, report.untargeted, report.warnings) == (True, (), (), ())
    assert {str(t.object) for t in report.triples if t.predicate == SH["conforms"]} == {str(ox.Literal(True))}


def test_a_result_has_all_that_a_reader_needs(check: Check) -> None:
    report = check('ex:a a ex:Lamp ; ex:height "high" .', LAMP)
    [result] = report.results
    assert not report.conforms
    assert (result.focus, result.path, result.value) == (EX + "a", EX + "height", '"high"')
    assert result.constraint == SH["DatatypeConstraintComponent"].value
    assert result.severity == SH["Violation"].value
    assert result.shape.startswith("_:")
    assert result.owner == EX + "LampShape"
    assert result.messages == {"en": "A lamp has a height.", "ko": "등대에는 높이가 있다."}
    assert result.message == "A lamp has a height."
    assert result.file is not None
    assert Path(result.file).name == "shapes0.ttl"
    assert result.line == HEAD + 4


def test_severity_and_a_message_without_language(check: Check) -> None:
    shape = (
        "ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:nodeKind sh:Literal ; sh:severity sh:Warning ; sh:message 'm' ."
    )
    [result] = check("", shape).results
    assert (result.severity, result.messages, result.path) == (SH["Warning"].value, {"": "m"}, None)
    assert not check("", shape).conforms  # of whatever severity: SHACL, section 3.6.1.1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("ex:p", EX + "p"),
        ("[ sh:inversePath ex:p ]", f"^<{EX}p>"),
        ("( ex:p [ sh:zeroOrMorePath ex:q ] )", f"(<{EX}p>/<{EX}q>*)"),
        ("[ sh:alternativePath ( ex:p [ sh:oneOrMorePath ex:q ] ) ]", f"(<{EX}p>|<{EX}q>+)"),
        ("[ sh:zeroOrOnePath ( ex:p ex:q ) ]", f"(<{EX}p>/<{EX}q>)?"),
    ],
)
def test_paths_are_written_as_sparql_does(check: Check, path: str, text: str) -> None:
    [result] = check("", f"ex:S a sh:PropertyShape ; sh:targetNode ex:a ; sh:path {path} ; sh:minCount 7 .").results
    assert result.path == text


TERMS = [
    '"1.00"^^xsd:decimal',
    '"01"^^xsd:integer',
    '"2020-13-01"^^xsd:date',
    '"yes"^^xsd:boolean',
    '"2001-02?"^^<http://id.loc.gov/datatypes/edtf/EDTF>',
    '"2001-02-03T04:05:06.000Z"^^xsd:dateTime',
    '"a\\n\\"b\\\\"',
    '"등대"@ko',
    '"x"@en-ca',
    '" "',
    '"<b>x"^^rdf:HTML',
    "<http://l.example/등대%20x>",
]


@pytest.mark.parametrize("term", TERMS)
def test_terms_come_back_as_they_were_given(check: Check, term: str) -> None:
    [given_term] = [t.object for t in graph(f"ex:a ex:p {term} .")]
    report = check(f"ex:a ex:p {term} .", "ex:S sh:targetNode ex:a ; sh:property [ sh:path ex:p ; sh:in () ] .")
    assert given_term in [t.object for t in report.triples if t.predicate == SH["value"]]


def test_an_ill_typed_literal_is_a_violation_and_no_noise(check: Check, capfd: pytest.CaptureFixture[str]) -> None:
    report = check('ex:a a ex:Lamp ; ex:height "tall"^^xsd:decimal .', LAMP)
    assert [r.value for r in report.results] == [f'"tall"^^<{XSD}decimal>']
    assert capfd.readouterr() == ("", "")


# SPARQL constraints

SPARQL = """ex:S a sh:NodeShape ; sh:targetClass ex:Lamp ; sh:sparql [
    sh:message "{$this} is by {?value}."@en , "{?value} 옆 {$this}"@ko ;
    sh:prefixes ex:prefixes ;
    sh:select "SELECT $this ?value WHERE { $this e:by ?value }" ] .
ex:prefixes sh:declare [ sh:prefix "e" ; sh:namespace "http://l.example/"^^xsd:anyURI ] .
"""


def test_sparql_constraints_with_prefixes_and_messages_in_every_language(check: Check) -> None:
    report = check("ex:a a ex:Lamp ; ex:by ex:sea .", SPARQL)
    [result] = report.results
    assert result.value == EX + "sea"
    assert result.messages == {"en": f"{EX}a is by {EX}sea.", "ko": f"{EX}sea 옆 {EX}a"}
    messages = {t.object.language for t in report.triples if t.predicate == SH["resultMessage"]}  # type: ignore[union-attr]
    assert messages == {"en", "ko"}


def test_prefixes_are_found_through_imports(check: Check) -> None:
    """SHACL, section 5.2.1; W3C case sparql/node/prefixes-001."""
    more = """ex:both owl:imports ex:prefixes ; sh:declare ex:f .
    ex:f sh:prefix "f" ; sh:namespace "http://f.example/"^^xsd:anyURI .
    ex:T a sh:NodeShape ; sh:targetClass ex:Lamp ; sh:sparql [
      sh:prefixes ex:both ; sh:select "SELECT $this ?value WHERE { $this e:by ?value FILTER (?value = f:sea) }" ] ."""
    found = check("ex:a a ex:Lamp ; ex:by <http://f.example/sea> , ex:land .", SPARQL, more).results
    assert [result.value for result in found if result.owner == EX + "T"] == ["http://f.example/sea"]


def test_a_component_of_ones_own(check: Check) -> None:
    component = """ex:C a sh:ConstraintComponent ; sh:parameter [ sh:path ex:not ] ;
      sh:validator [ a sh:SPARQLAskValidator ; sh:ask "ASK { FILTER($value != $not) }" ; sh:message "is {$not}"@en ] .
    ex:S a sh:NodeShape ; sh:targetClass ex:Lamp ; ex:not ex:a ."""
    report = check("ex:a a ex:Lamp . ex:b a ex:Lamp .", component)
    assert [(r.focus, r.constraint, r.messages) for r in report.results] == [(EX + "a", EX + "C", {"en": f"is {EX}a"})]


@pytest.mark.parametrize(
    ("select", "reason"),
    [
        ("SELECT $this WHERE { $this nope:p ?v }", "nope"),
        ("SELECT $this WHERE { $this", "Expected"),
        ("SELECT $this WHERE { SERVICE <http://127.0.0.1:9/> { $this ?p ?v } }", "SERVICE"),
        ("SELECT $this WHERE { VALUES ?x { 1 } }", "VALUES"),
        ("INSERT DATA { <a:b> <a:b> <a:b> }", "Expected"),
    ],
)
def test_a_bad_query_is_undecided_at_its_line(check: Check, select: str, reason: str) -> None:
    shape = f'ex:S a sh:NodeShape ;\n  sh:targetClass ex:None ;\n  sh:sparql [\n    sh:select "{select}" ] .'
    with pytest.raises(UndecidedError, match=reason) as caught:
        check("", shape, LAMP)
    [problem] = caught.value.problems
    assert (problem.rule, problem.line, problem.item) == ("shape.unusable", HEAD + 4, f"<{EX}S>")


def test_every_unusable_shape_is_named(check: Check) -> None:
    bad = 'ex:{0} a sh:NodeShape ; sh:sparql [ sh:select "SELECT {0}" ] .'
    with pytest.raises(UndecidedError) as caught:
        check("", bad.format("A"), bad.format("B"), LAMP)
    assert {(p.item, Path(p.file or "").name) for p in caught.value.problems} == {
        (f"<{EX}A>", "shapes0.ttl"),
        (f"<{EX}B>", "shapes1.ttl"),
    }


def test_a_recursive_shape_is_undecided(check: Check) -> None:
    with pytest.raises(UndecidedError, match="Recursive"):
        check("", "ex:R a sh:NodeShape ; sh:node ex:R .")
    shape = "ex:R a sh:NodeShape ; sh:targetClass ex:L ; sh:property [ sh:path ex:next ; sh:node ex:R ] ."
    with pytest.raises(UndecidedError, match="Recursive"):
        check("ex:a a ex:L ; ex:next ex:a .", shape)


def test_nothing_is_fetched(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    imports = "<http://127.0.0.1:9/o> a owl:Ontology ; owl:imports <http://127.0.0.1:9/other> .\n"
    assert check(f"{imports} ex:a a ex:Lamp ; ex:height 1.0 .", imports + LAMP, extra=imports).conforms


def test_from_in_a_comment_a_name_or_a_text_is_no_clause(check: Check) -> None:
    select = "SELECT $this WHERE { # FROM\n $this <http://l.example/from> ?from FILTER(?from = 'from') }"
    report = check("ex:a a ex:Lamp .", f'ex:S sh:targetClass ex:Lamp ; sh:sparql [ sh:select """{select}""" ] .')
    assert report.conforms


# Malformed shapes: (shape, rule, line of the shape, words of the message)

MALFORMED = [
    ('sh:property [\n sh:path ex:p ;\n sh:minCount "x" ]', "shape.value", 3, 'sh:minCount is "x"'),
    ("sh:property [ sh:path ex:p ; sh:minCount -1 ]", "shape.value", 1, "sh:minCount"),
    ("sh:property [ sh:path ex:p ; sh:maxCount 1.0 ]", "shape.value", 1, "sh:maxCount"),
    ("sh:property [ sh:path ex:p ; sh:minCount 1, 2 ]", "shape.repeated", 1, "2 times"),
    ("\n\nsh:nodeKind sh:Iri", "shape.value", 3, "sh:nodeKind"),
    ("sh:nodeKind sh:Iri", "shape.unknown-term", 1, "sh:Iri"),
    ("sh:nodeknd sh:IRI", "shape.unknown-term", 1, "sh:nodeknd"),
    ("sh:property [ sh:minCount 1 ]", "shape.path", 1, "no sh:path"),
    ("sh:path ex:p", "shape.path", 1, "node shape has no sh:path"),
    ("sh:minCount 1", "shape.misplaced", 1, "sh:minCount"),
    ("sh:property [ sh:path 'p' ]", "shape.path", 1, "literal"),
    ("sh:property [ sh:path ( ex:p ) ]", "shape.path", 1, "two paths"),
    ("sh:property [ sh:path [] ]", "shape.path", 1, "ill-formed"),
    ("sh:property [ sh:path [ sh:inversePath ex:p, ex:q ] ]", "shape.path", 1, "2 values"),
    ("sh:property [ sh:path [ sh:alternativePath ex:p ] ]", "shape.path", 1, "two paths"),
    ("sh:property [ sh:path [ sh:inversePath ex:p ; sh:oneOrMorePath ex:p ] ]", "shape.path", 1, "ill-formed"),
    ("sh:or ()", "shape.list", 1, "sh:or"),
    ("sh:and ex:x", "shape.list", 1, "sh:and"),
    ("sh:in [ rdf:first 1 ]", "shape.list", 1, "sh:in"),
    ("sh:xone ( 1 )", "shape.value", 1, 'sh:xone lists "1"'),
    ("sh:languageIn ( ex:en )", "shape.value", 1, "sh:languageIn"),
    ("sh:closed 'yes'", "shape.value", 1, "sh:closed"),
    ("sh:class 'Lamp'", "shape.value", 1, "sh:class"),
    ("sh:datatype xsd:date, xsd:string", "shape.repeated", 1, "sh:datatype"),
    ("sh:node ex:Missing", "shape.unknown-shape", 1, "ex"),
    ("sh:or ( ex:Missing ex:S )", "shape.unknown-shape", 1, "Missing"),
    ("sh:pattern '('", "shape.pattern", 1, "regular expression"),
    ("sh:message 5", "shape.value", 1, "sh:message"),
    ("sh:severity 'bad'", "shape.value", 1, "sh:severity"),
    ("sh:sparql [ sh:message 'x' ]", "shape.sparql", 1, "sh:select"),
    ("sh:sparql ex:nowhere", "shape.sparql", 1, "sh:select"),
    ("sh:target [ sh:select 'SELECT ?this {}' ]", "shape.unsupported", 1, "sh:target"),
    ("sh:entailment ex:x", "shape.unsupported", 1, "sh:entailment"),
    ("sh:sparql [ sh:select 'SELECT $this FROM <http://127.0.0.1:9/g> { $this ?p ?v }' ]", "shape.query", 1, "FROM"),
    ("sh:targetNode []", "shape.value", 1, "sh:targetNode"),
]


@pytest.mark.parametrize(("text", "rule", "line", "words"), MALFORMED)
def test_a_malformed_shape_is_undecided_with_its_line(
    check: Check, text: str, rule: str, line: int, words: str
) -> None:
    shape = f"ex:S a sh:NodeShape ; sh:targetClass ex:None ; {text} ."
    with pytest.raises(UndecidedError) as caught:
        check("", LAMP, shape)
    found = [p for p in caught.value.problems if p.rule == rule]
    assert found, caught.value
    assert words in found[0].message
    assert (Path(found[0].file or "").name, found[0].line) == ("shapes1.ttl", HEAD + line)
    assert found[0].item
    assert found[0].fix
    assert UndecidedError.exit_code == 2


def test_all_problems_of_all_files_at_once(check: Check) -> None:
    with pytest.raises(UndecidedError) as caught:
        check(
            "",
            "ex:A a sh:NodeShape ; sh:closed 1 ; sh:or 1 .",
            "ex:B a sh:NodeShape ; sh:nodeKind ex:x ; sh:flag 'i' .",
        )
    assert [p.rule for p in caught.value.problems] == [
        "shape.value",
        "shape.value",
        "shape.unknown-term",
        "shape.value",
    ]


def test_bad_turtle_is_refused_with_every_file(check: Check) -> None:
    with pytest.raises(RefusedError) as caught:
        check("", "ex:A a", LAMP, "no:B a ex:c .")
    assert [(p.rule, Path(p.file or "").name, p.line is not None) for p in caught.value.problems] == [
        ("rdf.syntax", "shapes0.ttl", True),
        ("rdf.syntax", "shapes2.ttl", True),
    ]


def test_shapes_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.ttl"):
        validate([], [tmp_path / "gone.ttl"])
    with pytest.raises(UsageError, match="no shapes"):
        validate([], [])


# Nothing passes in silence


def test_a_shape_without_any_node_is_told(check: Check) -> None:
    report = check("ex:a a ex:Lmap .", LAMP, "ex:Off sh:targetClass ex:Z ; sh:deactivated true . ex:U a sh:NodeShape .")
    assert report.conforms
    assert report.untargeted == (EX + "LampShape",)
    [warning] = report.warnings
    assert (warning.rule, Path(warning.file or "").name, warning.line) == ("shape.untargeted", "shapes0.ttl", HEAD + 1)


@pytest.mark.parametrize(
    "text", ["sh:flags 'i'", "sh:ignoredProperties ( ex:p )", "sh:qualifiedMinCount 1", "sh:rule [ ]"]
)
def test_a_parameter_without_its_companion_is_told(check: Check, text: str) -> None:
    [warning] = check("", f"ex:S a sh:NodeShape ; {text} ; sh:targetNode ex:a .").warnings
    assert warning.rule == "shape.no-effect"


# Targets


@pytest.mark.parametrize(
    ("target", "focus"),
    [
        ("sh:targetClass ex:Lamp", "a d"),
        ("sh:targetNode ex:z", "z"),
        ("sh:targetSubjectsOf ex:by", "a b"),
        ("sh:targetObjectsOf ex:by", "b c"),
        ("a rdfs:Class ; a owl:Class", "s"),
        ("sh:targetNode ex:a ; sh:targetSubjectsOf ex:by", "a b"),
    ],
)
def test_targets(check: Check, target: str, focus: str) -> None:
    data = "ex:a a ex:Tall ; ex:by ex:b . ex:b ex:by ex:c . ex:d a ex:Lamp . ex:s a ex:S . ex:o a ex:Other ."
    extra = "ex:Tall rdfs:subClassOf ex:Middle . ex:Middle rdfs:subClassOf ex:Lamp . ex:Lamp rdfs:subClassOf ex:Tall ."
    report = check(data, f"ex:S a sh:NodeShape ; sh:nodeKind sh:Literal ; {target} .", extra=extra)
    assert [r.focus for r in report.results] == [EX + name for name in focus.split()]
    assert report.untargeted == ()


def test_extra_is_read_and_not_validated(check: Check) -> None:
    shape = (
        LAMP + "ex:By a sh:NodeShape ; sh:targetSubjectsOf ex:by ; sh:property [ sh:path ex:by ; sh:class ex:Sea ] ."
    )
    extra = "ex:o a ex:Lamp ; ex:by ex:x . ex:east a ex:Sea ."
    assert check("ex:a ex:by ex:east .", shape, extra=extra).conforms
    assert not check("ex:a ex:by ex:east .", shape).conforms


def test_blank_nodes_and_literals_can_be_focus_nodes(check: Check) -> None:
    shape = "ex:S a sh:NodeShape ; sh:targetObjectsOf ex:by ; sh:nodeKind sh:IRI ."
    report = check("ex:a ex:by [ a ex:Sea ], '등대', ex:b .", shape)
    assert [(r.focus[:2], r.value == r.focus) for r in report.results] == [('"등', True), ("_:", True)]


# The same report for the same graph

MANY = " ".join(f'ex:l{n} a ex:Lamp ; ex:height "{n}", [ ex:by _:x{n % 3} ] ; ex:by ex:l{n % 2} .' for n in range(6))


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_report_does_not_depend_on_order_or_labels(
    tmp_path_factory: pytest.TempPathFactory, order: random.Random
) -> None:
    path = tmp_path_factory.mktemp("shapes") / "s.ttl"
    path.write_text(PREFIXES + LAMP + SPARQL, "utf-8")
    data = graph(MANY)
    other = order.sample(graph(MANY), len(data))  # parsed anew: other labels
    first, second = validate(data, [path]), validate(other, [path])
    assert first == second
    assert len(first.results) == 18


def test_the_report_does_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    (tmp_path / "s.ttl").write_text(PREFIXES + LAMP + SPARQL, "utf-8")
    (tmp_path / "d.ttl").write_text(PREFIXES + MANY, "utf-8")
    code = (
        "import sys; from pathlib import Path; from kclod import rdf; from kclod.shacl import validate\n"
        "r = validate(rdf.triples_of(rdf.read(Path('d.ttl'))), [Path('s.ttl')])\n"
        "sys.stdout.buffer.write(rdf.serialize(r.triples, rdf.TURTLE) + repr(r.results).encode())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("0", "1")
    }
    assert len(outputs) == 1
    assert len(outputs.pop()) > 1000


def test_rdflibs_switches_are_as_they_were(check: Check) -> None:
    before = (
        rdflib.NORMALIZE_LITERALS,
        rdflib.plugins.sparql.SPARQL_LOAD_GRAPHS,
        str(rdflib.Literal("1", datatype=rdflib.XSD.boolean)),
    )
    check("ex:a a ex:Lamp .", LAMP)
    with pytest.raises(KclodError):
        check("", "ex:R a sh:NodeShape ; sh:node ex:R .")
    after = (
        rdflib.NORMALIZE_LITERALS,
        rdflib.plugins.sparql.SPARQL_LOAD_GRAPHS,
        str(rdflib.Literal("1", datatype=rdflib.XSD.boolean)),
    )
    assert before == after


def test_what_pyshacl_only_warns_of_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = graph("ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:qualifiedMinCount 1 .")
    with pytest.raises(UndecidedError, match="QualifiedValueShape"):
        engine.run([], map(str, shapes))
    with warnings.catch_warnings(record=True) as told:
        engine.run([], map(str, graph("ex:S sh:targetNode ex:a ; sh:nodeKind sh:IRI .")))
    assert told == []
