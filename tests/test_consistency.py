"""HermiT and Pellet over the projection. Java takes a second to start, so that each call asks several things."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyoxigraph as ox
import pytest

from kclod.consistency import Consistency, check_consistency, owl_dl_violations, start_consistency
from kclod.errors import UndecidedError

PREFIXES = """
@prefix : <http://e/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
ONTOLOGY = """
<http://e/> a owl:Ontology ; owl:imports <http://nowhere.invalid/other> .
:A a owl:Class ; owl:disjointWith :B .
:B a owl:Class .
:f a owl:ObjectProperty, owl:FunctionalProperty .
:under a owl:ObjectProperty, owl:AsymmetricProperty, owl:IrreflexiveProperty .
:to a owl:ObjectProperty ; rdfs:domain :A ; rdfs:range :B .
:Pair a owl:Class ; rdfs:subClassOf
    [ a owl:Restriction ; owl:onProperty :of ; owl:maxCardinality "1"^^xsd:nonNegativeInteger ] .
:of a owl:ObjectProperty .
"""


def parse(text: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(PREFIXES + text, ox.RdfFormat.TURTLE)]


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the system's temporary folder for the test."""
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (":x a :A, :B .", "disjointWith"),
        (":x :f :y, :z . :y owl:differentFrom :z .", "Functional"),
        (":x :under :y . :y :under :x .", "Asymmetric"),
        (":x a :Pair ; :of :y, :z . :y owl:differentFrom :z .", "max 1"),
        (":x :to :y . :y :to :z .", "disjointWith"),
    ],
    ids=["disjoint classes", "functional property", "asymmetric property", "cardinality", "domain and range"],
)
def test_an_inconsistency_is_found_and_explained(
    data: str, reason: str, temp: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    result = check_consistency(parse(data), parse(ONTOLOGY))
    assert capfd.readouterr() == ("", "")
    assert list(temp.iterdir()) == []
    assert not result.consistent
    assert reason.lower().replace(" ", "") in result.explanation.lower().replace(" ", "")


def test_what_hermit_cannot_read_is_projected_away(temp: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ontology = parse(
        ONTOLOGY
        + """
        :EDTF a rdfs:Datatype .
        :date a owl:DatatypeProperty ; rdfs:range xsd:date .
        :year a owl:DatatypeProperty, owl:FunctionalProperty ; rdfs:range xsd:gYear .
        :edtf a owl:DatatypeProperty ; rdfs:range :EDTF .
        :recent a owl:DatatypeProperty ; rdfs:range [ a rdfs:Datatype ; owl:onDatatype xsd:date ;
            owl:withRestrictions ( [ xsd:minInclusive "2020-01-01"^^xsd:date ] ) ] .
        :Dated a owl:Class ; owl:equivalentClass
            [ a owl:Restriction ; owl:onProperty :date ; owl:someValuesFrom xsd:date ] .
        :page a owl:DatatypeProperty ; rdfs:range xsd:anyURI .
        :digest a owl:DatatypeProperty ; rdfs:range xsd:hexBinary .
        :amount a owl:DatatypeProperty ; rdfs:range xsd:decimal .
        :name a owl:DatatypeProperty ; rdfs:range rdf:langString .
        <http://e/불가능> a owl:Class ; rdfs:subClassOf :A, :B .
        """
    )
    data = parse(
        """
        :x a :A, :Dated ; :date "2025-01-01"^^xsd:date ; :year "2025"^^xsd:gYear ; :edtf "2025-XX"^^:EDTF ;
           :recent "2025-01-01"^^xsd:date ; :page "http://e/한국"^^xsd:anyURI, "http://e/"^^xsd:anyURI ;
           :digest "00ff"^^xsd:hexBinary ; :amount 1.50 ; :name "서울"@ko ; :unknown "2025-01"^^xsd:gYearMonth .
        """
    )
    assert check_consistency(data, ontology) == Consistency(True, ("http://e/불가능",), "")
    assert capfd.readouterr() == ("", "")
    assert list(temp.iterdir()) == []


def test_a_malformed_literal_is_an_inconsistency() -> None:
    ontology = parse(":n a owl:DatatypeProperty .")
    result = check_consistency(parse(':x :n "many"^^xsd:integer .'), ontology)
    assert not result.consistent
    assert '"many"^^<http://www.w3.org/2001/XMLSchema#integer>' in result.explanation


def test_values_reach_hermit_as_they_are() -> None:
    pairs = {
        "decimal": ("0.12345678901234567891", "0.12345678901234567892"),
        "integer": ("99999999999999999998", "99999999999999999999"),
        "break": (r'"a\rb"', r'"a\nb"'),
        "infinite": ('"INF"^^xsd:double', '"-INF"^^xsd:double'),
        "same-decimal": ("1.50", "1.5"),
        "same-integer": ('"007"^^xsd:integer', "7"),
    }
    ontology = ":v a owl:DatatypeProperty, owl:FunctionalProperty .\n" + "\n".join(
        f":{name} a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :v ; owl:hasValue {first} ] ,"
        f" [ a owl:Restriction ; owl:onProperty :v ; owl:hasValue {second} ] ."
        for name, (first, second) in pairs.items()
    )
    # a class is unsatisfiable when its two values differ
    result = check_consistency([], parse(ontology))
    assert set(result.unsatisfiable) == {f"http://e/{name}" for name in pairs if not name.startswith("same")}


def test_what_hermit_infers_beyond_rules_is_returned() -> None:
    # :A and :Never are individuals too: see `ask_hermit` for what Owlready2 makes of such classes
    ontology = parse(
        """
        :B a owl:Class ; rdfs:subClassOf :D . :C a owl:Class ; rdfs:subClassOf :D . :D a owl:Class .
        :A a owl:Class ; rdfs:subClassOf [ a owl:Class ; owl:unionOf ( :B :C ) ] .
        :Never a owl:Class ; rdfs:subClassOf :A , [ a owl:Class ; owl:complementOf :D ] .
        :Kind a owl:Class . :A a :Kind . :Never a :Kind .
        """
    )
    data = parse(":x a :A . :y a [ a owl:Class ; owl:unionOf ( :B :C ) ] .")
    assert check_consistency(data, ontology) == Consistency(True, ("http://e/Never",), "")
    result = check_consistency(data, ontology, inferences=True)
    assert result.unsatisfiable == ("http://e/Never",)
    expected = set(parse(":A rdfs:subClassOf :D . :y a :D ."))
    assert expected <= set(result.inferred) <= expected | set(parse(":x a :D ."))  # HermiT may leave out the indirect


@pytest.mark.parametrize(("question", "wanted"), [("check", {"-c"}), ("infer", {"-c", "-O", "-D", "-I"})])
def test_it_is_the_hermit_of_owlready2_that_is_asked(question: str, wanted: set[str], tmp_path: Path) -> None:
    given = tmp_path / "given.nt"
    given.write_text(
        '<http://e/x> <http://e/v> "1.50"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n'
        '<http://e/x> <http://e/v> "서울"@ko .\n<http://e/x> <http://e/w> _:b .\n_:b <http://e/w> _:b .\n'
    )
    seen = tmp_path / "seen.json"
    java = script(
        tmp_path,
        f"import json, pathlib, sys; file = sys.argv[-1].removeprefix('file://'); "
        f"pathlib.Path({str(seen)!r}).write_text(json.dumps([sys.argv, open(file).read()])); sys.exit('no')",
    )
    command = [sys.executable, "-m", "kclod.dl_reasoner", question, str(given), str(java)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"TMPDIR": str(tmp_path)}
    )
    assert json.loads(done.stdout) == {"failure": "no\n"}
    arguments, text = json.loads(seen.read_text())
    assert "org.semanticweb.HermiT.cli.CommandLine" in arguments
    assert "--ignoreUnsupportedDatatypes" in arguments
    assert any("owlready2" in path for path in arguments[arguments.index("-cp") + 1].split(":"))
    assert {argument for argument in arguments if len(argument) == 2 and argument[1] in "kcODIY"} == wanted
    about_x = {str(quad.object) for quad in ox.parse(text, ox.RdfFormat.N_TRIPLES) if "/v>" in str(quad.predicate)}
    assert about_x == {'"1.50"^^<http://www.w3.org/2001/XMLSchema#decimal>', '"서울"@ko'}
    (loop,) = [
        quad
        for quad in ox.parse(text, ox.RdfFormat.N_TRIPLES)
        if "/w>" in str(quad.predicate) and isinstance(quad.subject, ox.BlankNode)
    ]
    assert loop.subject == loop.object


def test_a_check_that_was_started_is_asked_later_or_never(temp: Path) -> None:
    with start_consistency(parse(":x a :A, :B ."), parse(ONTOLOGY)) as first:
        with start_consistency(parse(":x a :A ."), parse(ONTOLOGY)):
            pass  # not asked: nothing of it stays
        assert len(list(temp.iterdir())) == 1
        assert not first.result().consistent
    assert list(temp.iterdir()) == []


def test_a_missing_java_leaves_it_undecided() -> None:
    with pytest.raises(UndecidedError) as caught:
        check_consistency([], [], java=Path("/nowhere/java"))
    (problem,) = caught.value.problems
    assert (problem.rule, problem.file) == ("consistency.no-java", "/nowhere/java")


def script(folder: Path, body: str) -> Path:
    path = folder / "java"
    path.write_text(f"#!{sys.executable}\n{body}\n")
    path.chmod(0o755)
    return path


def test_running_out_of_time_leaves_it_undecided_and_no_java_behind(tmp_path: Path, temp: Path) -> None:
    started = tmp_path / "started"
    java = script(
        tmp_path,
        f"import os, pathlib, time; pathlib.Path({str(started)!r}).write_text(str(os.getpid())); time.sleep(60)",
    )
    with pytest.raises(UndecidedError) as caught:
        check_consistency([], [], java=java, timeout=4)
    assert caught.value.problems[0].rule == "consistency.timeout"
    assert list(temp.iterdir()) == []
    process = Path("/proc", started.read_text(), "stat")
    for _ in range(50):
        if not process.exists() or process.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.1)
    pytest.fail("the Java that Owlready2 started is still there")


def test_a_reasoner_that_says_nothing_has_not_decided(tmp_path: Path) -> None:
    java = script(tmp_path, "print('java.net.URISyntaxException: Illegal character in path')")
    with pytest.raises(UndecidedError) as caught:
        check_consistency([], [], java=java)
    (problem,) = caught.value.problems
    assert problem.rule == "consistency.reasoner-failed"
    assert "Illegal character in path" in problem.message


def test_a_temporary_folder_with_a_space_is_not_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    ontology = parse(":A a owl:Class ; rdfs:subClassOf owl:Nothing .")
    assert check_consistency([], ontology).unsatisfiable == ("http://e/A",)


def test_a_crash_of_the_reasoner_leaves_it_undecided(tmp_path: Path) -> None:
    java = script(
        tmp_path, "import sys; sys.exit('Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space')"
    )
    with pytest.raises(UndecidedError) as caught:
        check_consistency([], [], java=java)
    (problem,) = caught.value.problems
    assert problem.rule == "consistency.reasoner-failed"
    assert "OutOfMemoryError" in problem.message
    with pytest.raises(UndecidedError):
        owl_dl_violations([], java=java)


def test_what_is_not_owl_dl_is_listed() -> None:
    found = owl_dl_violations(
        parse(
            ONTOLOGY
            + ":q a owl:ObjectProperty, owl:DatatypeProperty . :f a owl:TransitiveProperty . :A rdfs:subClassOf :Lost ."
        )
    )
    assert any("undeclared class: <http://e/Lost>" in line for line in found)
    assert any("Cannot pun between properties: <http://e/q>" in line for line in found)
    assert any("non-simple property in FunctionalObjectProperty" in line for line in found)
    assert owl_dl_violations(parse(ONTOLOGY)) == []
