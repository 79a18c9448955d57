"""The pitfall checks of `ontology/checks/`: none finds anything in the real ontology, each finds what it is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
from rdflib import URIRef
from rdflib.namespace import DCTERMS, RDFS, SH
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.algebra import traverse

from kclod import vocab
from kclod.project import Project, read_all
from kclod.queries import read_queries
from tests.content.conftest import ROOT
from tests.content.vocabularies import vocabularies

if TYPE_CHECKING:
    from kclod.release import Release

CHECKS = sorted((ROOT / "ontology" / "checks").glob("*.rq"))
GRAPH = vocab.Namespace("https://w3id.org/kclod/checks#")
Row = tuple[str, str]


# ---------------------------------------------------------------------------------------------------------------------
#  What the checks look at
# ---------------------------------------------------------------------------------------------------------------------


def named_in(iri: str, text: str, prefixes: dict[str, str]) -> Iterator[ox.Triple]:
    """The IRIs of a SPARQL query's text, in words: the query references each."""
    found: set[URIRef] = set()

    def visit(node: object) -> None:
        if isinstance(node, URIRef):
            found.add(node)

    traverse(prepareQuery(text, initNs=prefixes).algebra, visitPost=visit)
    for term in found:
        yield ox.Triple(ox.NamedNode(iri), vocab.DCT["references"], ox.NamedNode(str(term)))


def queries(project: Project, shapes: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
    """What all queries name: the stored ones, those of the shapes, and the dataset's own."""
    prefixes = dict(project.dataset.prefixes)
    for query in read_queries(project.query_files, prefixes):
        yield from named_in(query.iri, query.text, prefixes)
    for triple in shapes:
        if triple.predicate in (vocab.SH["select"], vocab.SH["ask"]) and isinstance(triple.object, ox.Literal):
            yield from named_in("https://w3id.org/kclod/shapes", triple.object.value, prefixes)
    yield from named_in(project.dataset.iri, project.dataset.acceptance, prefixes)


def fill(store: ox.Store, name: str, triples: Iterable[ox.Triple]) -> None:
    store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object, GRAPH[name]) for t in triples)


@pytest.fixture(scope="module")
def content(real: Project, release: Release, store: ox.Store) -> ox.Store:
    """The real ontology with all that uses it: the release's data, the shapes, the mappings, the queries."""
    filled = ox.Store()
    ours = [path for path in real.ontology_files if path.name not in ("publisher.ttl", "text.ttl")]  # the program's
    filled.bulk_extend(ox.Quad(t.subject, t.predicate, t.object) for t in read_all(ours))
    ontology = ox.NamedNode(release.site.graphs["ontology"])
    published = [q.triple for q in store if q.graph_name not in (ontology, ox.DefaultGraph())]
    shapes = read_all(real.shape_files)
    fill(filled, "data", [*published, *real.dataset.triples])
    fill(filled, "shapes", shapes)
    fill(filled, "mappings", read_all(real.mapping_files))
    fill(filled, "queries", queries(real, shapes))
    fill(filled, "vocabularies", vocabularies())
    return filled


def rows(check: Path, store: ox.Store) -> list[Row]:
    """The terms that a check objects to, each with the reason."""
    solutions = store.query(check.read_text("utf-8"))
    assert isinstance(solutions, ox.QuerySolutions)
    assert [variable.value for variable in solutions.variables] == ["term", "why"]
    found: list[Row] = []
    for solution in solutions:
        term, why = solution["term"], solution["why"]
        assert isinstance(term, ox.NamedNode)
        assert isinstance(why, ox.Literal)
        assert why.value
        found.append((term.value, why.value))
    return found


# ---------------------------------------------------------------------------------------------------------------------
#  The real ontology
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", CHECKS, ids=lambda path: path.stem)
def test_nothing_is_found_in_the_real_ontology(check: Path, content: ox.Store) -> None:
    found = rows(check, content)
    assert not found, "\n".join(f"{term}: {why}" for term, why in found)


def test_the_checks_see_what_uses_the_ontology(content: ox.Store) -> None:
    """An empty graph would make a check pass, or fail, for nothing."""
    for name, triple in {
        "data": "kclod:assertionMode ?o",
        "shapes": "sh:targetClass kclod:Claim",
        "mappings": "<http://w3id.org/rml/predicate> kclod:role",
        "queries": "dct:references kclod:hasStatusAssertion",
        "vocabularies": "rdfs:isDefinedBy <http://www.w3.org/ns/org#>",
    }.items():
        prefixes = {"kclod": "https://w3id.org/kclod/ontology#", "sh": str(SH), "dct": str(DCTERMS), "rdfs": str(RDFS)}
        assert content.query(f"ASK {{ GRAPH <{GRAPH}{name}> {{ ?s {triple} }} }}", prefixes=prefixes), name


# ---------------------------------------------------------------------------------------------------------------------
#  Small ontologies: a right one, and one thing wrong at a time
# ---------------------------------------------------------------------------------------------------------------------

RIGHT = Path(__file__).with_name("garden.trig").read_text("utf-8")
TERM = """rdfs:isDefinedBy <https://example.org/garden> ; rdfs:domain :Plant ; rdfs:range :Plant ;
    rdfs:label "added"@en , "추가"@ko , "ajouté"@fr ; skos:definition "Added."@en , "추가."@ko , "Ajouté."@fr ;
    skos:example "One."@en ; skos:scopeNote "Not used: for a test. No inverse: for a test."@en ."""
TREE = 'rdfs:label "tree"@en , "나무"@ko , "arbre"@fr'
OLD = "owl:deprecated true ; dct:isReplacedBy :Plant"

# check; what is replaced (nothing: added at the end) by what; the terms that must be found, and a part of each reason
WRONG = [
    ("missing-label", TREE, 'rdfs:label "tree"@en , "나무"@ko', {"Tree": "fr"}),
    ("missing-label", '"plante"@fr', '" "@fr', {"Plant": "fr"}),
    ("missing-label", '"plante"@fr', '"plante"', {"Plant": "fr"}),
    ("missing-label", '"봄"@ko , ', "", {"spring": "ko"}),
    ("missing-label", 'skos:prefLabel "seasons"@en , ', "skos:prefLabel ", {"seasons": "en"}),
    ("missing-definition", ', "줄기가 있는 식물."@ko', "", {"Tree": "no definition in ko"}),
    ("missing-definition", '"Keeps the sun from."@en', '"One."@en , "Two."@en', {"shades": "more than one"}),
    ("missing-definition", ', "Les saisons."@fr', "", {"seasons": "no definition in fr"}),
    (
        "missing-is-defined-by",
        "foaf:Agent a owl:Class ; rdfs:isDefinedBy foaf: .",
        "foaf:Agent a owl:Class .",
        {"Agent": "no"},
    ),
    (
        "missing-is-defined-by",
        ":Tree a owl:Class ; rdfs:isDefinedBy <https://example.org/garden>",
        ":Tree a owl:Class ; rdfs:isDefinedBy <https://example.org/other>",
        {"Tree": "garden"},
    ),
    ("missing-example", ' ; skos:example "A rose."@en', "", {"Plant": "no example"}),
    ("missing-example", '"Moss."@en', '""@en', {"shadedBy": "no example"}),
    ("missing-domain", "rdfs:domain :Tree ; ", "", {"shades": "no scope note"}),
    ("missing-domain", "No domain and no range: remarks", "Remarks", {"remark": "no scope note"}),
    (
        "missing-domain",
        "No domain and no range: remarks are made on anything, in any form.",
        "No domain.",
        {"remark": "no"},
    ),
    ("missing-domain", '"No inverse: seldom', '"No domain: open. No inverse: seldom', {"planter": "denies"}),
    ("missing-range", "rdfs:range foaf:Agent ;", "", {"planter": "no scope note"}),
    ("missing-range", "No domain and no range: remarks", "No domain: remarks", {"remark": "no scope note"}),
    ("missing-range", '"No inverse: seldom', '"No range: open. No inverse: seldom', {"planter": "denies"}),
    ("several-domains", "rdfs:domain :Tree ;", "rdfs:domain :Tree , :Season ;", {"shades": "two domains"}),
    ("several-domains", "rdfs:range foaf:Agent ;", "rdfs:range foaf:Agent , :Plant ;", {"planter": "two ranges"}),
    ("missing-inverse", "No inverse: seldom", "Seldom", {"planter": "no inverse"}),
    ("missing-inverse", "No inverse: seldom asked from the gardener's side.", "No inverse.", {"planter": "no inverse"}),
    ("missing-inverse", ", owl:SymmetricProperty", "", {"beside": "no inverse"}),
    ("missing-inverse", "rdfs:subClassOf skos:Concept ;", "", {"season": "no inverse"}),
    ("missing-inverse", '"Moss."@en', '"Moss."@en ; skos:scopeNote "No inverse: none."@en', {"shadedBy": "denies"}),
    (
        "mismatched-inverse",
        "rdfs:domain :Tree ; rdfs:range",
        "rdfs:domain :Plant ; rdfs:range",
        {"shades": "domain", "shadedBy": "range"},
    ),
    ("mismatched-inverse", "", ":text owl:inverseOf :remark .", {"text": "values", "remark": "values"}),
    ("unused-term", "; :planter ex:ann", "", {"planter": "no data"}),
    ("unused-term", "; :beside ex:oak", "", {"beside": "no data"}),  # a shape alone is no use
    ("unused-term", "; :shadedBy ex:oak", "", {"shadedBy": "no data"}),  # nor is a mapping
    ("unused-term", "ex:query dct:references :Season .", "", {"Season": "no data"}),
    ("unused-term", "Not used: only what is below it is.", "Not used.", {"text": "no data"}),
    ("undeclared-term", "rdfs:subClassOf :Plant", "rdfs:subClassOf :Plants", {"Plants": "the ontology"}),
    ("undeclared-term", ':remark "soft"', ':remarks "soft"', {"remarks": "in data"}),
    ("undeclared-term", "sh:path :beside", "sh:path :besides", {"besides": "in shapes"}),
    ("undeclared-term", "predicate> :shadedBy", "predicate> :shaded", {"shaded": "in mappings"}),
    ("undeclared-term", "references :Season", "references :Saison", {"Saison": "in queries"}),
    ("cycle", "", ":Plant rdfs:subClassOf :Tree .", {"Plant": "subclass", "Tree": "subclass"}),
    ("cycle", "", ":text rdfs:subPropertyOf :remark .", {"text": "subproperty", "remark": "subproperty"}),
    ("cycle", "", "ex:spring skos:broader ex:may .", {"spring": "broader", "may": "broader"}),
    ("shared-label", '"arbre"@fr', '"Plante"@fr', {"Tree": "fr label", "Plant": "fr label"}),
    ("shared-label", '"오월"@ko', '"봄"@ko', {"spring": "ko label", "may": "ko label"}),
    ("unknown-term", "rdfs:range foaf:Agent ;", "rdfs:range foaf:Agents ;", {"Agents": "no such term"}),
    ("unknown-term", "sh:targetClass", "sh:targetKlass", {"targetKlass": "no such term"}),
    ("unknown-term", "rml/predicate>", "rml/predicat>", {"predicat": "no such term"}),
    ("unknown-term", "ex:query dct:references", "ex:query dct:referenced", {"referenced": "no such term"}),
    ("unknown-term", "dct:references :Season", "dct:references :Season , org:unit", {"unit": "no such term"}),
    ("unknown-term", '"soft"@en', '"soft"^^xsd:text', {"text": "no such term"}),
    ("unknown-term", "ex:moss :remark", "ex:moss <https://none.example/colour> 1 ; :remark", {"colour": "not known"}),
    ("unknown-term", "ex:oak a :Tree", "ex:oak a :Tree , <https://none.example/Oak>", {"Oak": "not known"}),
    ("deprecated-term", "", f":Shrub {OLD} . :Hedge rdfs:subClassOf :Shrub .", {"Shrub": "in the ontology"}),
    ("deprecated-term", "", f":Shrub {OLD} . graph:data {{ ex:box a :Shrub . }}", {"Shrub": "in data"}),
    ("deprecated-term", "", f":leaf {OLD} . graph:shapes {{ ex:shape sh:path :leaf . }}", {"leaf": "in shapes"}),
    ("deprecated-term", "", 'graph:data { ex:ann foaf:surname "Lee" . }', {"surname": "in data"}),
    (
        "deprecated-term",
        "",
        ":Shrub a owl:DeprecatedClass ; rdfs:isDefinedBy <https://example.org/garden> .",
        {"Shrub": "replaces"},
    ),
    ("merged-concepts", '"tree"@en', '"tree or shrub"@en', {"Tree": "tree or shrub"}),
    ("merged-concepts", '"나무"@ko', '"나무 및 덤불"@ko', {"Tree": "나무 및 덤불"}),
    ("merged-concepts", '"arbre"@fr', '"arbre/arbuste"@fr', {"Tree": "arbre/arbuste"}),
    ("merged-concepts", "", f":TreeOrShrub a owl:Class ; {TERM}", {"TreeOrShrub": "TreeOrShrub"}),
    ("unconnected-term", "", ":Fence a owl:Class .", {"Fence": "no axiom"}),
    ("unconnected-term", "", ":price a owl:DatatypeProperty .", {"price": "no axiom"}),
    ("ambiguous-kind", "", ":Tree a owl:ObjectProperty .", {"Tree": "both Class and ObjectProperty"}),
    ("ambiguous-kind", "", ":text a owl:ObjectProperty .", {"text": "both DatatypeProperty and ObjectProperty"}),
    ("naming-style", "", f":oakTree a owl:Class ; {TERM}", {"oakTree": "UpperCamelCase"}),
    ("naming-style", "", f":Has_leaf a owl:ObjectProperty ; {TERM}", {"Has_leaf": "lowerCamelCase"}),
    ("incomplete-header", "dct:license <https://creativecommons.org/licenses/by/4.0/> ;", "", {"garden": "no licence"}),
    ("incomplete-header", "owl:versionIRI <https://example.org/garden/1> ;", "", {"garden": "no version IRI"}),
    ("incomplete-header", ', "정원"@ko', "", {"garden": "no title in ko"}),
]


def small(text: str) -> ox.Store:
    """A dataset in TriG, with the terms of other vocabularies."""
    made = ox.Store()
    made.load(text.encode(), ox.RdfFormat.TRIG)
    fill(made, "vocabularies", vocabularies())
    return made


@pytest.fixture(scope="module")
def right() -> ox.Store:
    return small(RIGHT)


@pytest.mark.parametrize("check", CHECKS, ids=lambda path: path.stem)
def test_nothing_is_found_where_nothing_is_wrong(check: Path, right: ox.Store) -> None:
    assert rows(check, right) == []


@pytest.mark.parametrize(("name", "old", "new", "expected"), WRONG)
def test_what_is_wrong_is_found(name: str, old: str, new: str, expected: dict[str, str]) -> None:
    assert not old or RIGHT.count(old) == 1, "the example must say what is replaced, once"
    found = rows(ROOT / "ontology" / "checks" / f"{name}.rq", small(RIGHT.replace(old, new) if old else RIGHT + new))
    assert {term.replace("#", "/").rsplit("/", 1)[-1] for term, _ in found} == set(expected)
    for term, why in found:
        assert expected[term.replace("#", "/").rsplit("/", 1)[-1]] in why


def test_every_check_is_proved_and_says_what_it_is_for() -> None:
    assert {path.stem for path in CHECKS} == {name for name, *_ in WRONG}
    for path in CHECKS:
        assert path.read_text("utf-8").startswith("# Pitfall: ")
        assert "\n# Why: " in path.read_text("utf-8")
