"""HermiT and Pellet over the projection. Java takes a second to start, so that each call asks several things."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pyoxigraph as ox
import pytest

from kclod.consistency import Consistency, check_consistency, owl_dl_violations
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
def test_an_inconsistency_is_found_and_explained(data: str, reason: str) -> None:
    result = check_consistency(parse(data), parse(ONTOLOGY))
    assert not result.consistent
    assert reason.lower().replace(" ", "") in result.explanation.lower().replace(" ", "")


def test_what_hermit_cannot_read_is_projected_away(capfd: pytest.CaptureFixture[str]) -> None:
    before = set(Path(tempfile.gettempdir()).iterdir())
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
    assert {
        path.name for path in set(Path(tempfile.gettempdir()).iterdir()) - before if path.name.startswith("kclod-")
    } == set()


def test_a_malformed_literal_is_an_inconsistency() -> None:
    ontology = parse(":n a owl:DatatypeProperty .")
    result = check_consistency(parse(':x :n "many"^^xsd:integer .'), ontology)
    assert not result.consistent
    assert '"many"^^<http://www.w3.org/2001/XMLSchema#integer>' in result.explanation


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


def test_running_out_of_time_leaves_it_undecided(tmp_path: Path) -> None:
    java = script(tmp_path, "import time; time.sleep(60)")
    with pytest.raises(UndecidedError) as caught:
        check_consistency([], [], java=java, timeout=0.2)
    assert caught.value.problems[0].rule == "consistency.timeout"


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
