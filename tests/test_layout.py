"""The layout of pages is read from shapes: facts in order, under headings, with paths, viewers and roles."""

from __future__ import annotations

import pyoxigraph as ox

from kclod.layout import Layout, Path, Step
from kclod.pipeline.layout import read_layout
from kclod.rdf import triples_of
from kclod.site import Site

PREFIXES = """
@prefix : <https://data.example/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix dash: <http://datashapes.org/dash#> .
@prefix pub: <https://w3id.org/kclod/publisher#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix schema: <https://schema.org/> .
@prefix sdo: <http://schema.org/> .
"""
BASE = "https://data.example/"


def layout(shapes: str, ontology: str = "") -> Layout:
    triples = [
        list(triples_of(ox.parse(f"{PREFIXES}{text}".encode(), ox.RdfFormat.TURTLE))) for text in (shapes, ontology)
    ]
    return read_layout(*triples)


def predicate(name: str) -> Path:
    return Path(Step.PREDICATE, BASE + name)


def test_facts_come_in_order_with_all_that_is_declared() -> None:
    found = layout("""
        :Light a sh:NodeShape ; sh:targetClass :Light , :Beacon ; sh:property :later , :first , :unsaid .
        :later a sh:PropertyShape ; sh:path :height ; sh:order 2.5 ; sh:name "height"@en , "높이"@ko .
        :first sh:path :keeper ; sh:order 1 ; sh:group :people ; dash:viewer dash:ValueTableViewer ;
          dash:propertyRole dash:KeyInfoRole , pub:DateRole ; pub:only :Keeper .
        :unsaid sh:path :secret ; sh:minCount 1 .
        :people a sh:PropertyGroup ; sh:order 2 ; rdfs:label "People"@en .
        :identity a sh:PropertyGroup ; sh:order 1 ; rdfs:label "Identity"@en .
    """)
    (light,) = found.arrangements
    assert light.classes == (f"{BASE}Beacon", f"{BASE}Light")
    assert [fact.iri for fact in light.facts] == [f"{BASE}first", f"{BASE}later"], (
        "what only validates says nothing to pages"
    )
    first, later = light.facts
    assert (first.path, first.group, first.viewer) == (
        predicate("keeper"),
        f"{BASE}people",
        "http://datashapes.org/dash#ValueTableViewer",
    )
    assert first.roles == ("http://datashapes.org/dash#KeyInfoRole", "https://w3id.org/kclod/publisher#DateRole")
    assert first.only == (f"{BASE}Keeper",)
    assert later.names == {"en": "height", "ko": "높이"}
    assert [group.names["en"] for group in found.groups] == ["Identity", "People"]


def test_every_kind_of_path_is_read_and_written_as_sparql() -> None:
    found = layout("""
        :S a sh:NodeShape ; sh:targetSubjectsOf :height ; sh:property
          [ sh:order 1 ; sh:path [ sh:inversePath :near ] ] ,
          [ sh:order 2 ;
            sh:path ( [ sh:zeroOrMorePath [ sh:inversePath :broader ] ] [ sh:alternativePath ( :a :b ) ] ) ] ,
          [ sh:order 3 ; sh:path [ sh:oneOrMorePath :within ] ] ,
          [ sh:order 4 ; sh:path [ sh:zeroOrOnePath :within ] ] ,
          [ sh:order 5 ; sh:path [ sh:inversePath ( :a :b ) ] ] ,
          [ sh:order 6 ; sh:path [ sh:alternativePath ( [ sh:inversePath :a ] :c [ sh:inversePath :b ] ) ] ] .
    """)
    (arrangement,) = found.arrangements
    assert arrangement.subjects_of == (f"{BASE}height",)
    assert [fact.path.sparql().replace(BASE, "") for fact in arrangement.facts] == [
        "^<near>",
        "((^<broader>)*/(<a>|<b>))",
        "(<within>)+",
        "(<within>)?",
        "^((<a>/<b>))",
        "(^<a>|<c>|^<b>)",
    ]
    for fact in arrangement.facts:  # it is a property path of SPARQL 1.1
        ox.Store().query(f"SELECT * {{ ?s {fact.path.sparql()} ?o }}")
    assert arrangement.facts[0].path.inverse_of == f"{BASE}near"
    assert [fact.path.inverses for fact in arrangement.facts] == [
        (f"{BASE}near",),
        *[()] * 4,
        (f"{BASE}a", f"{BASE}b"),
    ]


def test_hidden_and_deactivated_shapes_are_left_out() -> None:
    found = layout("""
        :S a sh:NodeShape ; sh:targetClass :Light ; sh:property
          [ sh:path :a ; sh:order 1 ; dash:hidden true ] , [ sh:path :b ; sh:order 2 ; sh:deactivated true ] ,
          [ sh:path :c ; sh:order 3 ] .
        :Off a sh:NodeShape ; sh:targetClass :Light ; sh:deactivated true ; sh:property [ sh:path :d ; sh:order 1 ] .
        :Beacon a sh:NodeShape , rdfs:Class ; sh:property [ sh:path :e ; sh:order 1 ] .
    """)
    assert {a.classes: [f.path for f in a.facts] for a in found.arrangements} == {
        (f"{BASE}Light",): [predicate("c")],
        (f"{BASE}Beacon",): [predicate("e")],
    }


def test_terms_of_schema_org_are_found_by_the_closest_relation() -> None:
    found = layout(
        "",
        """
        :Light rdfs:subClassOf sdo:Place ; skos:closeMatch schema:Thing .
        :Keeper owl:equivalentClass schema:Person ; rdfs:subClassOf schema:Thing .
        :near skos:closeMatch schema:containedInPlace .
        :other skos:closeMatch <https://elsewhere.example/Person> .
        """,
    )
    assert found.schema_terms == {f"{BASE}Light": "Place", f"{BASE}Keeper": "Person", f"{BASE}near": "containedInPlace"}


def test_a_layout_survives_the_site_file() -> None:
    made = layout(
        ":S a sh:NodeShape ; sh:targetClass :L ; sh:property [ sh:path ( :a [ sh:inversePath :b ] ) ; sh:order 1 ] ."
    )
    site = Site(
        BASE, f"{BASE}d", {"en": "x"}, {}, None, {}, "1", {}, {}, layout=made, publisher={"en": "y"}, issued="2026"
    )
    assert Site.from_json(site.to_json()) == site
