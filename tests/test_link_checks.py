"""What cannot be published of links, found with file and line; identifiers and owl:sameAs by the content's policy."""

import re
from collections.abc import Callable

import pyoxigraph as ox
import pytest

from kclod import pipeline
from kclod.errors import RefusedError
from kclod.link import Record, check_records
from kclod.link.sssom import read_set
from kclod.project import Project
from kclod.registries import read_schemes
from kclod.release import Release
from kclod.schemes import Scheme
from kclod.store import open_read_only
from kclod.vocab import OWL, RDF, SCHEMA, SKOS, VOID

Edit = Callable[[str, str, str], Project]
FILE = "mappings/wikidata.sssom.tsv"
BASE = "https://lights.example/"
LIGHT, SHIP = f"<{BASE}id/light/cape-north>", f"<{BASE}id/light/nore>"
REGISTRIES = """
<https://lights.example/dataset#items> a void:Dataset ; dct:title "Items"@en ;
    pub:identifierScheme <https://lights.example/id/concept/scheme/item> ;
    pub:identifierPattern "Q[1-9][0-9]*" ; pub:identifierTemplate "http://www.wikidata.org/entity/{id}" .
<https://lights.example/dataset#names> a void:Dataset ; dct:title "Names"@en ;
    pub:identifierScheme <https://lights.example/id/concept/scheme/name> ;
    pub:identifierPattern "[0-9]{15}[0-9X]" ; pub:identifierTemplate "https://isni.example/{id}" ;
    pub:checkDigits "iso7064-mod11-2" .
<https://lights.example/dataset#list> a void:Dataset ; dct:title "List of Lights"@en ;
    pub:identifierScheme <https://lights.example/id/concept/scheme/list> ; pub:identifierPattern "[A-Z] [0-9]+" .
"""
LABELS = "".join(f'<{BASE}id/concept/scheme/{name}> rdfs:label "{name}"@en .\n' for name in ("item", "name", "list"))
HEAD = """#mapping_set_id: https://lights.example/mapping/wikidata
#curie_map:
#  id: https://lights.example/id/
#  wd: http://www.wikidata.org/entity/
#  isni: https://isni.example/
#  list: https://lights.example/id/identifier/list/
#  schema: https://schema.org/
subject_id\tpredicate_id\tpredicate_modifier\tobject_id\tmapping_justification\tconfidence
"""
FIRST = HEAD.count("\n") + 1
"""The line of the first mapping."""


@pytest.fixture
def linked(mini: Project, edit: Edit) -> Callable[..., Project]:
    """The small project with three registries and these mappings: `subject predicate object [confidence] [Not]`."""

    def make(*rows: str, registries: str = REGISTRIES) -> Project:
        names = ", ".join(f"<{BASE}dataset#{name}>" for name in ("items", "names", "list"))
        edit("ontology/dataset.ttl", "    pub:acceptance", f"    pub:registry {names} ;\n    pub:acceptance")
        for file, text in (("dataset.ttl", registries), ("lights.ttl", LABELS)):
            path = mini.root / "ontology" / file
            path.write_text(path.read_text("utf-8") + text, "utf-8")
        lines = []
        for row in rows:
            subject, predicate, target, *more = row.split()
            confidence = next((part for part in more if part != "Not"), "0.9")
            modifier = "Not" if "Not" in more else ""
            cells = (f"id:{subject}", predicate, modifier, target, "semapv:ManualMappingCuration", confidence)
            lines.append("\t".join(cells) + "\n")
        (mini.root / FILE).write_text(HEAD + "".join(lines), "utf-8")
        return Project(mini.root)

    return make


def build(project: Project) -> Release:
    return pipeline.build(project, project.root / "releases")


def problems(project: Project) -> list[tuple[str, str | None, int | None, str]]:
    with pytest.raises(RefusedError) as caught:
        build(project)
    return [(p.rule, p.file, p.line, p.message) for p in caught.value.problems]


# --- what is found ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "rule", "line", "words"),
    [
        (["light/nore skos:exactMatch https://items.example/Q1"], "registry", 0, "not an IRI of a declared registry"),
        (["light/nore schema:identifier list:"], "registry", 0, "not the IRI of an identifier"),
        (["light/nore schema:identifier wd:Q1"], "registry", 0, "not the IRI of an identifier"),
        (["light/nore skos:exactMatch wd:P1"], "identifier", 0, "not of the form Q[1-9][0-9]*"),
        (["light/nore skos:closeMatch wd:P1"], "identifier", 0, "not of the form"),
        (["light/nore skos:exactMatch isni:0000000123253579"], "identifier", 0, "check digits of '0000000123253579'"),
        (["light/nore schema:identifier list:A-1"], "identifier", 0, "'A-1' is not of the form"),
        (["light/nore schema:identifier id:identifier/item/Q1"], "identifier", 0, "have IRIs"),
        (["light/nore owl:sameAs wd:Q1"], "same-as", 0, "no policy"),
        (["light/nore skos:exactMatch wd:Q1", "light/nore skos:exactMatch wd:Q2"], "two-matches", 1, f"Q1> at {FILE}"),
        (
            ["light/nore schema:identifier list:A%201", "light/nore schema:identifier list:A%202"],
            "two-matches",
            1,
            "two exact matches of the scheme list",
        ),
        (
            ["light/nore skos:exactMatch wd:Q1", "light/cape-north skos:exactMatch wd:Q1"],
            "two-things",
            1,
            f"{SHIP} has at {FILE}:{FIRST}",
        ),
        (
            ["light/nore schema:identifier list:A%201", "light/cape-north schema:identifier list:A%201"],
            "two-things",
            1,
            "would be one thing",
        ),
        (
            ["light/nore skos:exactMatch wd:Q1", "light/nore skos:broadMatch wd:Q1"],
            "contradiction",
            1,
            f"skos:broadMatch here contradicts skos:exactMatch at {FILE}:{FIRST}",
        ),
        (
            ["light/nore skos:relatedMatch wd:Q1", "light/nore skos:exactMatch wd:Q1"],
            "contradiction",
            1,
            "skos:exactMatch here contradicts skos:relatedMatch",
        ),
        (
            ["light/nore skos:exactMatch wd:Q1", "light/nore skos:exactMatch wd:Q1 Not"],
            "contradiction",
            1,
            "not skos:exactMatch here contradicts skos:exactMatch",
        ),
    ],
)
def test_found(linked: Callable[..., Project], rows: list[str], rule: str, line: int, words: str) -> None:
    found = problems(linked(*rows))
    assert [one[:3] for one in found] == [(f"link.{rule}", FILE, FIRST + line)], found
    assert words in found[0][3]


def test_two_things_of_disjoint_classes_are_explained(linked: Callable[..., Project]) -> None:
    found = problems(linked("light/cape-north skos:exactMatch wd:Q1", "keeper/등대지기 skos:exactMatch wd:Q1"))
    ((rule, file, line, message),) = found
    assert (rule, file, line) == ("link.two-things", FILE, FIRST + 1)
    assert "contradicts the ontology" in message
    assert "ontology#Keeper" in message
    assert "ontology#Light" in message
    same_class = problems(linked("light/cape-north skos:exactMatch wd:Q1", "light/nore skos:exactMatch wd:Q1"))
    assert "contradicts the ontology" not in same_class[0][3], "two lights may be one"


def test_these_can_all_be_true(linked: Callable[..., Project]) -> None:
    """Near and wider matches may share a record; a denial of one relation leaves another."""
    project = linked(
        "light/nore skos:exactMatch wd:Q1",
        "light/nore skos:closeMatch wd:Q1",
        "light/cape-north skos:closeMatch wd:Q1",
        "light/cape-north skos:broadMatch wd:Q2",
        "light/nore skos:closeMatch wd:Q2",
        "light/cape-north skos:exactMatch wd:Q1 Not",
        "light/cape-north skos:exactMatch wd:Q3",
        "keeper/등대지기 skos:exactMatch wd:Q1 Not",
    )
    build(project)


# --- owl:sameAs by policy ---------------------------------------------------------------------------------------------

POLICY = REGISTRIES.replace('entity/{id}" .', 'entity/{id}" ; pub:sameAsFrom 0.95 .')


def test_same_as_by_policy_only(linked: Callable[..., Project]) -> None:
    rows = ["light/nore skos:exactMatch wd:Q1 0.95", "light/cape-north skos:exactMatch wd:Q2 0.9"]
    store = open_read_only(build(linked(*rows)).store_path)
    assert not list(store.quads_for_pattern(None, OWL["sameAs"], None, None)), "none by default"


def test_same_as_from_the_confidence_that_the_policy_asks_for(linked: Callable[..., Project]) -> None:
    rows = [
        "light/nore skos:exactMatch wd:Q1 0.95",
        "light/cape-north skos:exactMatch wd:Q2 0.9",
        "light/cape-north skos:exactMatch isni:0000000123253578 1.0",
    ]
    store = open_read_only(build(linked(*rows, registries=POLICY)).store_path)
    graph = ox.NamedNode(f"{BASE}graph/links")
    same = {(str(q.subject), str(q.object)) for q in store.quads_for_pattern(None, OWL["sameAs"], None, graph)}
    assert same == {(SHIP, "<http://www.wikidata.org/entity/Q1>")}
    axioms = store.query(
        """PREFIX owl: <http://www.w3.org/2002/07/owl#>
        ASK { GRAPH ?g { ?m owl:annotatedProperty owl:sameAs ; <https://w3id.org/sssom/confidence> 0.95 } }"""
    )
    assert bool(axioms), "it is described as what it follows from"


def test_same_as_below_the_confidence_of_the_policy(linked: Callable[..., Project]) -> None:
    rows = ["light/cape-north owl:sameAs wd:Q1 0.99", "light/nore owl:sameAs wd:Q2 0.9"]
    found = problems(linked(*rows, registries=POLICY))
    assert [one[:3] for one in found] == [("link.same-as", FILE, FIRST + 1)]
    assert "asks for 0.95" in found[0][3]


def test_same_as_that_contradicts_the_data_is_found_by_the_reasoner(
    mini: Project, linked: Callable[..., Project]
) -> None:
    """The record is stated elsewhere to be of a class that is disjoint with the thing's."""
    project = linked("light/cape-north skos:exactMatch wd:Q1 0.99", registries=POLICY)
    path = mini.root / "ontology" / "lights.ttl"
    path.write_text(f"{path.read_text('utf-8')}\n<http://www.wikidata.org/entity/Q1> a l:Keeper .\n", "utf-8")
    found = problems(project)
    assert all(one[0].startswith("reason.") for one in found)
    assert (FILE, FIRST) in [one[1:3] for one in found], found
    assert f"{LIGHT} {OWL['sameAs']} <http://www.wikidata.org/entity/Q1> at {FILE}:{FIRST}" in found[0][3]


# --- identifiers ------------------------------------------------------------------------------------------------------


def test_identifiers_follow_from_exact_matches(linked: Callable[..., Project]) -> None:
    project = linked(
        "light/nore skos:exactMatch isni:0000000123253578",
        "light/nore skos:closeMatch wd:Q1",
        "light/nore schema:identifier list:A%201",
        "light/cape-north skos:exactMatch wd:Q2 Not",
    )
    release = build(project)
    store = open_read_only(release.store_path)
    graph = ox.NamedNode(f"{BASE}graph/links")
    found = {
        str(node.object): {
            (q.predicate, q.object.value)  # type: ignore[union-attr]
            for q in store.quads_for_pattern(node.object, None, None, graph)  # type: ignore[arg-type]
        }
        for node in store.quads_for_pattern(ox.NamedNode(SHIP[1:-1]), SCHEMA["identifier"], None, graph)
    }
    assert found == {
        f"<{BASE}id/identifier/name/0000000123253578>": {
            (RDF["type"], SCHEMA["PropertyValue"].value),
            (SCHEMA["propertyID"], f"{BASE}id/concept/scheme/name"),
            (SCHEMA["value"], "0000000123253578"),
            (SCHEMA["url"], "https://isni.example/0000000123253578"),
        },
        f"<{BASE}id/identifier/list/A%201>": {
            (RDF["type"], SCHEMA["PropertyValue"].value),
            (SCHEMA["propertyID"], f"{BASE}id/concept/scheme/list"),
            (SCHEMA["value"], "A 1"),
        },
    }, "a close match is no identifier of the thing"
    assert [scheme.name for scheme in release.site.schemes] == ["item", "list", "name"]


# --- linksets ---------------------------------------------------------------------------------------------------------


def test_linksets_are_described_with_counts(linked: Callable[..., Project]) -> None:
    project = linked(
        "light/nore skos:exactMatch wd:Q1",
        "light/cape-north skos:exactMatch wd:Q2",
        "light/nore skos:closeMatch wd:Q3",
        "light/cape-north skos:closeMatch wd:Q3",
        "light/cape-north skos:closeMatch wd:Q4 Not",
        "light/cape-north schema:identifier list:A%201",
    )
    release = build(project)
    store = open_read_only(release.store_path)
    graph = ox.NamedNode(f"{BASE}graph/metadata")
    (solutions,) = [
        sorted(tuple(term.value for term in solution) for solution in found)
        for found in [
            store.query(
                f"""PREFIX void: <{VOID}> SELECT ?p ?s ?o ?n ?ds ?do WHERE {{ GRAPH {graph} {{
                <{release.site.dataset_iri}> void:subset ?set .
                ?set a void:Linkset ; void:linkPredicate ?p ; void:subjectsTarget ?s ; void:objectsTarget ?o ;
                    void:triples ?n ; void:distinctSubjects ?ds ; void:distinctObjects ?do }} }}"""
            )
        ]
    ]
    dataset, items = release.site.dataset_iri, f"{BASE}dataset#items"
    assert solutions == [
        (SKOS["closeMatch"].value, dataset, items, "2", "2", "1"),
        (SKOS["exactMatch"].value, dataset, items, "2", "2", "2"),
    ]
    spaces = {
        (q.subject.value, q.predicate.value.rpartition("#")[2], q.object.value)  # type: ignore[union-attr]
        for term in ("uriSpace", "uriRegexPattern")
        for q in store.quads_for_pattern(None, VOID[term], None, graph)
        if q.subject.value != dataset  # type: ignore[union-attr]
    }
    assert {space for space in spaces if space[0] == items} == {
        (items, "uriSpace", "http://www.wikidata.org/entity/"),
        (items, "uriRegexPattern", r"^http://www\.wikidata\.org/entity/(Q[1-9][0-9]*)$"),
    }
    (pattern,) = [text for subject, term, text in spaces if term == "uriRegexPattern" and subject == items]
    assert re.fullmatch(pattern, "http://www.wikidata.org/entity/Q12")
    assert not any(subject.endswith("#list") for subject, *_ in spaces), "its records have no IRIs"


# --- withdrawn records ------------------------------------------------------------------------------------------------


def item_scheme(project: Project) -> Scheme:
    return next(s for s in read_schemes(project.dataset, project.ontology) if s.name == "item")


def test_withdrawn_records_are_reported_with_their_successors(linked: Callable[..., Project]) -> None:
    project = linked(
        "light/nore skos:exactMatch wd:Q1",
        "light/nore skos:closeMatch wd:Q2",
        "light/cape-north skos:exactMatch wd:Q3",
        "light/cape-north skos:closeMatch wd:Q2 Not",
        "light/cape-north skos:closeMatch wd:Q9",
        "light/cape-north schema:identifier list:A%201",
    )
    known = {LIGHT[1:-1], SHIP[1:-1]}
    mappings = list(read_set(project.root / FILE, FILE, base_iri=BASE, known=known, problems=[]))
    records = {"Q1": Record("withdrawn", ("Q5", "Q6")), "Q2": Record("inactive"), "Q3": Record("active")}
    found = check_records(mappings, item_scheme(project), records)
    assert [(p.rule, p.file, p.line) for p in found] == [
        ("link.withdrawn", FILE, FIRST),
        ("link.withdrawn", FILE, FIRST + 1),
    ]
    assert "http://www.wikidata.org/entity/Q5, http://www.wikidata.org/entity/Q6" in found[0].fix
    assert "is withdrawn; its successors are" in found[0].message
    assert "names no successor" in found[1].message
    complete = check_records(mappings, item_scheme(project), records, complete=True)
    assert [(p.rule, p.line) for p in complete if p not in found] == [("link.unknown-record", FIRST + 4)]


def test_all_active_is_nothing_to_tell(linked: Callable[..., Project]) -> None:
    project = linked("light/nore skos:exactMatch wd:Q1")
    mappings = list(read_set(project.root / FILE, FILE, base_iri=BASE, known={SHIP[1:-1]}, problems=[]))
    assert check_records(mappings, item_scheme(project), {"Q1": Record("active")}, complete=True) == []
