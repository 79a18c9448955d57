"""A project's folders, its dataset's description, stored queries and acceptance policy."""

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from kclod import accept, rdf
from kclod.accept import accepted_claims
from kclod.errors import KclodError, RefusedError, UsageError
from kclod.pictures import Kind, Picture
from kclod.project import Description, Project, read_dataset
from kclod.queries import read_facets, read_queries

Edit = Callable[[str, str, str], Project]
DATASET = "ontology/dataset.ttl"
QUERY = "examples/queries/lit.ttl"


def test_no_project(tmp_path: Path) -> None:
    (tmp_path / "ontology").mkdir()
    with pytest.raises(UsageError, match=r"mappings/, shapes/, examples/ missing"):
        Project(tmp_path)


def test_dataset(mini: Project) -> None:
    dataset = mini.dataset
    assert dataset.base_iri == "https://lights.example/"
    assert dataset.title["ko"] == "등대"
    assert dataset.prefixes["l"] == "https://lights.example/ontology#"
    assert dataset.home == ("https://lights.example/id/query/lit",)
    assert dataset.rights == {"en": "Names from the lamp register"}
    assert dataset.home_classes == ("https://lights.example/ontology#Light", "https://lights.example/ontology#Keeper")
    assert dataset.graphs["links"] == "https://lights.example/graph/links"


def test_all_that_the_dataset_lacks_at_once(mini: Project, tmp_path: Path) -> None:
    bare = tmp_path / "dataset.ttl"
    bare.write_text("<http://e/d> a <http://www.w3.org/ns/dcat#Dataset> .")
    with pytest.raises(RefusedError) as caught:
        read_dataset(bare)
    assert [problem.rule for problem in caught.value.problems] == ["dataset.missing"] * 5


def test_two_datasets(edit: Edit) -> None:
    project = edit(DATASET, ":dataset a", ":other a dcat:Dataset . :dataset a")
    with pytest.raises(RefusedError, match=r"2 things are typed dcat:Dataset"):
        _ = project.dataset


def test_syntax_errors_of_all_ontology_files_at_once(edit: Edit) -> None:
    project = edit("ontology/lights.ttl", "l:Keeper a owl:Class ;", "l:Keeper a owl:Class ;;; [")
    (project.root / "ontology" / "more.ttl").write_text("<> a a .")
    with pytest.raises(RefusedError) as caught:
        _ = project.ontology
    places = [(Path(problem.file or "").name, problem.line) for problem in caught.value.problems]
    assert [name for name, _ in places] == ["lights.ttl", "more.ttl"]
    assert all(line for _, line in places)


def test_stored_query(mini: Project) -> None:
    (query,) = read_queries(mini.query_files, mini.dataset.prefixes)
    assert query.form == "select"
    assert query.labels["fr"].startswith("Quels feux")
    assert query.text.startswith("PREFIX l: <https://lights.example/ontology#>\nSELECT")
    assert query.topic == "https://lights.example/dataset#lamps"
    assert query.headings == {"date": {"en": "Lit"}}
    assert query.picture == Picture(Kind.TIMELINE, {"item": ("light",), "date": ("date",), "filter": ("light", "date")})


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("ORDER BY ?light", "ORDER ?light", "query.syntax"),
        ("sh:select", "sh:chosen", "query.none"),
        ("rdfs:comment", "rdfs:seeAlso", "query.question"),
        ("?light l:lit", "?light lamp:lit", "query.syntax"),
    ],
)
def test_bad_query(edit: Edit, old: str, new: str, rule: str) -> None:
    project = edit(QUERY, old, new)
    with pytest.raises(RefusedError) as caught:
        read_queries(project.query_files, project.dataset.prefixes)
    assert rule in [problem.rule for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('pub:date "date"', 'pub:date "then"', "the query gives no variable ?then"),
        ('pub:date "date" ; ', "", "a timeline needs a variable as its date"),
        ('pub:date "date"', 'pub:date "date", "light"', "one variable can be the date, not date, light"),
        ('pub:date "date"', 'pub:date "date" ; pub:parent "light"', "a timeline has no part 'parent'"),
        ("pub:Timeline", "pub:Pie", "the picture is of no known kind"),
        ('pub:variable "date"', 'pub:variable "then"', "a heading is for ?then"),
    ],
)
def test_bad_picture(edit: Edit, old: str, new: str, message: str) -> None:
    project = edit(QUERY, old, new)
    with pytest.raises(RefusedError) as caught:
        read_queries(project.query_files, project.dataset.prefixes)
    assert [problem.rule for problem in caught.value.problems] == ["query.picture"]
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("select", "more", "message"),
    [
        ("SELECT ?thing ?value { ?thing l:near ?value }", 'rdfs:label "Near"@en ; pub:facetOf l:Light', None),
        ("SELECT ?thing { ?thing l:near ?value }", 'rdfs:label "Near"@en ; pub:facetOf l:Light', "no variable ?value"),
        ("SELECT ?thing ?value { ?thing l:near", 'rdfs:label "Near"@en ; pub:facetOf l:Light', "malformed query"),
        ("SELECT ?thing ?value { ?thing l:near ?value }", "pub:facetOf l:Light", "no rdfs:label or no pub:facetOf"),
    ],
)
def test_facets(mini: Project, select: str, more: str, message: str | None) -> None:
    declared = f"""@prefix l: <https://lights.example/ontology#> .
        @prefix pub: <https://w3id.org/kclod/publisher#> . @prefix sh: <http://www.w3.org/ns/shacl#> .
        @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        <https://lights.example/near> sh:select "{select}" ; {more} ."""
    about = Description(rdf.triples_of(rdf.parse(declared.encode(), rdf.TURTLE, name="facets.ttl")))
    iris, prefixes = ["https://lights.example/near"], mini.dataset.prefixes
    if message is None:
        (facet,) = read_facets(about, iris, prefixes, mini.dataset.file)
        assert facet.classes == ("https://lights.example/ontology#Light",)
        assert facet.text.startswith("PREFIX l:")
        return
    with pytest.raises(RefusedError) as caught:
        read_facets(about, iris, prefixes, mini.dataset.file)
    assert message in str(caught.value)


def provenance(project: Project, *modes: str) -> list[str]:
    mode = ox.NamedNode("https://lights.example/ontology#mode")
    base = project.dataset.base_iri
    return [
        str(ox.Triple(ox.NamedNode(f"{base}claim/a/{n}"), mode, ox.NamedNode(f"{base}id/concept/mode/{name}")))
        for n, name in enumerate(modes)
    ]


def test_acceptance_follows_the_policy(mini: Project) -> None:
    accepted = accepted_claims(provenance(mini, "report", "rumour", "report"), mini.dataset)
    assert accepted == {"https://lights.example/claim/a/0", "https://lights.example/claim/a/2"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("SELECT ?claim", "SELECT ?mode", "does not select [?]claim"),
        ("SELECT ?claim WHERE", "ASK", "does not select [?]claim"),
        ("?claim l:mode ?mode FILTER", "?claim l:mode ?mode FILTERED", "malformed"),
        ("SELECT ?claim WHERE {", "SELECT (1 AS ?claim) WHERE {", "no IRI|malformed"),
    ],
)
def test_bad_policy(edit: Edit, old: str, new: str, message: str) -> None:
    project = edit(DATASET, old, new)
    with pytest.raises(KclodError, match=message):
        accepted_claims(provenance(project, "report"), project.dataset)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (
            "?claim l:mode ?m ; (^l:a|l:b)/l:c ?x MINUS { ?claim l:d ?y FILTER NOT EXISTS { ?y l:e 1 ; l:f 2 } }",
            "a b c d e f mode",
        ),
        ("?claim l:mode ?m ; ?p ?o", None),
        ("?claim l:mode ?m ; l:a* ?o", None),
        ("?claim l:mode ?m ; !l:a ?o", None),
        ("?claim l:mode ?m FILTER NOT EXISTS { ?m ?p ?o }", None),
    ],
)
def test_a_policy_sees_only_the_predicates_that_it_names(edit: Edit, pattern: str, found: str | None) -> None:
    old = "?claim l:mode ?mode FILTER(?mode != <https://lights.example/id/concept/mode/rumour>)"
    project = edit(DATASET, old, pattern)
    names = accept.policy_predicates(project.dataset)
    assert bool(accept.looked_at(["<x:s> <x:p> <x:o>"], names)) == (found is None)
    assert (None if names is None else " ".join(sorted(n[1:-1].rpartition("#")[2] for n in names))) == found
