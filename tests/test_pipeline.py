"""The build as a whole, on the small project: what is published, and that bad input publishes nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from kclod import pipeline
from kclod.errors import KclodError
from kclod.project import Project
from kclod.release import Release, current
from kclod.vocab import OWL, RDF
from kclod.web.app import close, create_app

Edit = Callable[[str, str, str], Project]
L = "https://lights.example/ontology#"
BASE = "https://lights.example/"


def iri(path: str) -> ox.NamedNode:
    return ox.NamedNode(BASE + path)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Release, list[str]]:
    stages: list[str] = []
    release = pipeline.build(
        Project(Path(__file__).parent / "mini"), tmp_path_factory.mktemp("releases"), stages.append
    )
    return release, stages


def quads(release: Release) -> set[ox.Quad]:
    (dump,) = (dump for dump in release.dumps if dump.path.suffix == ".nq")
    return set(ox.parse(path=dump.path))


def test_stages_in_order(built: tuple[Release, list[str]]) -> None:
    assert built[1] == ["records", "map", "link", "reason", "validate", "release"]


def test_accepted_claims_are_in_the_default_graph_and_rumours_are_not(built: tuple[Release, list[str]]) -> None:
    found = quads(built[0])
    height = ox.NamedNode(f"{L}height")
    default = {q.triple for q in found if q.graph_name == ox.DefaultGraph()}
    assert {t.subject for t in default if t.predicate == height} == {iri("id/light/cape-north")}
    named = {q.graph_name: q.subject for q in found if q.predicate == height and q.graph_name != ox.DefaultGraph()}
    assert named == {
        iri("claim/gazette/cape-north-lit"): iri("id/light/cape-north"),
        iri("claim/gazette/nore-sunk"): iri("id/light/nore"),
    }


def test_inferences_are_in_a_graph_of_their_own(built: tuple[Release, list[str]]) -> None:
    found = quads(built[0])
    keeps = ox.Triple(iri("id/keeper/등대지기"), ox.NamedNode(f"{L}keeps"), iri("id/light/cape-north"))
    light = ox.Triple(iri("id/light/nore"), RDF["type"], ox.NamedNode(f"{L}Light"))
    for triple in (keeps, light):
        assert {q.graph_name for q in found if q.triple == triple} == {ox.DefaultGraph(), iri("graph/inferred")}


def test_links_and_their_description(built: tuple[Release, list[str]]) -> None:
    found = quads(built[0])
    target = ox.NamedNode("http://www.wikidata.org/entity/Q1")
    assert {(q.predicate, q.graph_name) for q in found if q.object == target} >= {
        (ox.NamedNode("http://www.w3.org/2004/02/skos/core#exactMatch"), iri("graph/links")),
        (OWL["annotatedTarget"], iri("graph/provenance")),
    }


def test_lexical_forms_are_kept(built: tuple[Release, list[str]]) -> None:
    assert '"24.50"^^' in "".join(map(str, quads(built[0])))


def test_the_home_page_is_answered(built: tuple[Release, list[str]]) -> None:
    (section,) = built[0].site.sections
    assert section.columns == ("light", "date")
    assert section.rows == ((f"<{BASE}id/light/cape-north>", '"1875-05-01/1875-05-03"'),)


def test_no_blank_node_outside_the_ontology(built: tuple[Release, list[str]]) -> None:
    blank = [q for q in quads(built[0]) if isinstance(q.subject, ox.BlankNode) or isinstance(q.object, ox.BlankNode)]
    assert {q.graph_name for q in blank} <= {ox.DefaultGraph(), iri("graph/ontology"), iri("graph/metadata")}


def test_equal_inputs_give_equal_bytes(mini: Project, tmp_path: Path, built: tuple[Release, list[str]]) -> None:
    again = pipeline.build(mini, tmp_path / "again")
    assert again.version == built[0].version

    def content(release: Release) -> dict[str, bytes]:
        files = (path for path in release.path.rglob("*") if path.is_file())
        names = ((path.relative_to(release.path).as_posix(), path) for path in files)
        return {name: path.read_bytes() for name, path in names if not name.startswith("store")}

    assert content(again) == content(built[0])


def test_the_site_learns_from_the_shapes_how_to_lay_pages_out(built: tuple[Release, list[str]]) -> None:
    layout = built[0].site.layout
    facts = {a.classes: {fact.names["en"]: fact for fact in a.facts if fact.names} for a in layout.arrangements}
    assert set(facts) == {(f"{L}Keeper",), (f"{L}Light",)}
    kept = facts[(f"{L}Keeper",)]["lights kept"]
    assert kept.path.inverse_of == f"{L}keptBy"
    assert [group.names["ko"] for group in layout.groups] == ["근무"]


def test_a_page_of_a_project_is_laid_out_as_it_says(built: tuple[Release, list[str]]) -> None:
    app = create_app(built[0])
    text = app.test_client().get("/page/keeper/등대지기", headers={"Accept": "text/html"}).text
    close(app)
    table = text.partition('id="fact-kept"')[2].partition("</table>")[0]
    assert "On duty" in text
    assert "lit since" in table
    assert "cape-north" in table


def test_the_manifest_names_every_input(built: tuple[Release, list[str]]) -> None:
    names = set(Project(Path(__file__).parent / "mini").inputs)
    manifest = json.loads((built[0].path / "manifest.json").read_text("utf-8"))
    assert {entry["path"] for entry in manifest["inputs"]} == names


GAZETTE, MAPPING, SHAPES = "examples/articles/gazette.yaml", "mappings/lights.rml.ttl", "shapes/light.ttl"
ONTOLOGY, DATASET, QUERY = "ontology/lights.ttl", "ontology/dataset.ttl", "examples/queries/lit.ttl"
CONSTRAINT = "shapes/dataset/lit-before-told.ttl"
# file, what is replaced, by what, the rule, the text on the line that the message names, the exit code
BAD = [
    (GAZETTE, "mode: rumour", "mood: rumour", "record.unknown-field", "mood: rumour", 1),
    (GAZETTE, 'height: "24.50"', "height: 224.5", "validate.shape", "id: cape-north-lit", 1),
    (GAZETTE, "1875-05-01/1875-05-03", "1876-01-01", "validate.dataset", "id: cape-north-lit", 1),
    (CONSTRAINT, "SELECT ?this ?claim", "SELECT ?lit ?claim", "validate.constraint", None, 1),
    (CONSTRAINT, "SELECT ?this ?claim WHERE", "SELECT ?this ?claim WERE", "query.syntax", None, 1),
    (MAPPING, 'rml:path "items.json"', 'rml:path "item.json"', "source.missing", "item.json", 1),
    (MAPPING, '"$.lit.edtf"', '"$.lit.edft"', "rml.unused-reference", "$.lit.edft", 1),
    (MAPPING, '"$.height"', '"$.lit.latest"', "map.unread-field", None, 1),
    (MAPPING, '"$.lit.edtf"', '"$.lit["', "rml.json-path", '"$.lit["', 1),
    (MAPPING, "<#Service> a", "<#Service> a a", "rdf.syntax", "<#Service>", 1),
    (MAPPING, "rml:predicate l:lit ;", "", "rml.predicate", "<#Service>", 1),
    (ONTOLOGY, "l:Keeper a owl:Class", "l:Keeper a a owl:Class", "rdf.syntax", "l:Keeper a a", 1),
    (ONTOLOGY, "subClassOf l:Light .", "subClassOf l:Light ; owl:disjointWith l:Light .", "reason.", None, 1),
    (SHAPES, "sh:maxCount 1", 'sh:maxCount "one"', "shape.value", "shapes#height> a", 2),
    (SHAPES, "sh:maxCount 1", "sh:maxCount", "rdf.syntax", "sh:maxCount", 1),
    (SHAPES, "sh:maxExclusive 200", "sh:maxExclusive 20", "validate.shape", None, 1),
    (
        "mappings/wikidata.sssom.tsv",
        "id:light/cape-north",
        "id:light/cape-south",
        "link.unknown-subject",
        "cape-south",
        1,
    ),
    (QUERY, "ORDER BY", "ORDER", "query.syntax", None, 1),
    (DATASET, "id/query/lit>", "id/query/unlit>", "dataset.home", None, 1),
    (DATASET, "#Light> ; pub:atLeast 2", "#Light> ; pub:atLeast 3", "release.too-few", None, 1),
    (DATASET, "gazette> ; pub:atLeast 2", "gazette> ; pub:atLeast 3", "release.too-few", None, 1),
    (DATASET, "gazette> ; pub:atLeast 2", "gazette> ; pub:atLeast two", "rdf.syntax", None, 1),
    (DATASET, "gazette> ; pub:atLeast 2", "gazette>", "dataset.expects", None, 1),
    (DATASET, "SELECT ?claim WHERE", "SELECT ?claim WHEN", "dataset.acceptance", None, 1),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "rule", "place", "code"), BAD, ids=[f"{c[3]}-{n}" for n, c in enumerate(BAD)]
)
def test_bad_input_publishes_nothing(
    edit: Edit, tmp_path: Path, file: str, old: str, new: str, rule: str, place: str | None, code: int
) -> None:
    root = tmp_path / "releases"
    project = edit(file, old, new)
    with pytest.raises(KclodError) as caught:
        pipeline.build(project, root)
    error = caught.value
    text = str(error)
    assert error.exit_code == code, text
    assert not root.exists() or not list(root.glob("[!.]*")), "no release is touched"
    found = [problem for problem in error.problems if problem.rule.startswith(rule)]
    assert found, text
    assert all(problem.fix for problem in found), text
    if place:
        lines = (project.root / file).read_text("utf-8").splitlines()
        named = {lines[problem.line - 1] for problem in found if problem.file and problem.line}
        assert any(place in line for line in named), text


def test_a_refused_build_leaves_the_current_release(edit: Edit, tmp_path: Path) -> None:
    root = tmp_path / "releases"
    first = pipeline.build(edit("ontology/dataset.ttl", '"1.0.0"', '"1.0.1"'), root)
    with pytest.raises(KclodError):
        pipeline.build(edit("examples/articles/gazette.yaml", "light: nore", "light: nowhere"), root)
    assert current(root).version == first.version


def test_an_inconsistent_record_is_named(edit: Edit, tmp_path: Path) -> None:
    """A keeper that is also a light: disjoint classes, found with the record that says so."""
    edit("mappings/records.yaml", "who: {type: ref, to: [keeper]", "who: {type: ref, to: [keeper, light]")
    project = edit("examples/articles/gazette.yaml", "who: 등대지기", "who: nore")
    with pytest.raises(KclodError) as caught:
        pipeline.build(project, tmp_path / "releases")
    assert caught.value.exit_code == 1
    assert any(problem.rule.startswith("reason.") for problem in caught.value.problems)
    assert "examples/" in str(caught.value)


def test_publish_any_files(tmp_path: Path) -> None:
    data = tmp_path / "a.trig"
    data.write_text("<http://e/s> <http://e/p> 1 . <http://e/g> { <http://e/s> <http://e/q> 2 }")
    release = pipeline.publish_files({"a.trig": data}, tmp_path / "r", base_iri="http://e/", title="a")
    assert len(quads(release)) == 2
