"""`kclod explain`: from a triple of a release down to claims, evidence and graphs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from kclod import pipeline, rdf
from kclod.cli import main
from kclod.errors import RefusedError, UsageError
from kclod.explanation import Explanation, read_triple, show_explanation, trace
from kclod.explanation.terms import typed
from kclod.explanation.words import RULE_WORDS
from kclod.project import Project
from kclod.reason.rules import TEMPLATES, Over
from kclod.release import Release, Site
from kclod.store import memory_store, open_read_only

MINI = Path(__file__).parent / "mini"
NORTH = "https://lights.example/id/light/cape-north"
NORE = "https://lights.example/id/light/nore"
KEEPER = "https://lights.example/id/keeper/등대지기"
CLAIM = "https://lights.example/claim/gazette/cape-north-lit"
POSITIONS = """
<#spans> rml:source <#items> ; rml:referenceFormulation rml:JSONPath ; rml:iterator "$[*].evidence[*]" .
<#Derived> a rml:TriplesMap ;
    rml:logicalSource <#spans> ;
    rml:subjectMap [ rml:reference "$.parent.claim" ; rml:graph <https://lights.example/graph/provenance> ] ;
    rml:predicateObjectMap [ rml:predicate prov:wasDerivedFrom ;
        rml:objectMap [ rml:template "claim/{$.parent.article.id}/{$.parent.id}#evidence-{$.n}" ] ] .
<#Selected> a rml:TriplesMap ;
    rml:logicalSource <#spans> ;
    rml:subjectMap [ rml:template "claim/{$.parent.article.id}/{$.parent.id}#evidence-{$.n}" ;
        rml:graph <https://lights.example/graph/provenance> ] ;
    rml:predicateObjectMap [ rml:predicate oa:hasSelector ;
        rml:objectMap [ rml:template "claim/{$.parent.article.id}/{$.parent.id}#span-{$.n}" ] ] .
<#Span> a rml:TriplesMap ;
    rml:logicalSource <#spans> ;
    rml:subjectMap [ rml:template "claim/{$.parent.article.id}/{$.parent.id}#span-{$.n}" ;
        rml:graph <https://lights.example/graph/provenance> ] ;
    rml:predicateObjectMap [ rml:predicate oa:start ; rml:objectMap [ rml:reference "$.start" ] ] ;
    rml:predicateObjectMap [ rml:predicate oa:end ; rml:objectMap [ rml:reference "$.end" ] ] .
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The small project, whose claims also say where in the article they stand."""
    root = tmp_path_factory.mktemp("explain") / "project"
    shutil.copytree(MINI, root)
    with (root / "mappings/lights.rml.ttl").open("a", encoding="utf-8") as mapping:
        mapping.write(POSITIONS)
    return pipeline.build(Project(root), root / "releases")


def explain(release: Release, *terms: str) -> Result:
    result = CliRunner().invoke(main, ["explain", "--release", str(release.path), "--", *terms])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def lines(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_an_asserted_triple_leads_to_claim_article_position_and_mode(release: Release) -> None:
    said = lines(explain(release, NORTH, "l:keptBy", f"<{KEEPER}>"))
    article = "<https://lights.example/id/article/gazette> (The Gazette on lights)"
    assert said == [
        f"<{NORTH}> (Cape North Light)  l:keptBy (kept by)  <{KEEPER}> (The keeper)",
        "  asserted",
        f"  stated by claim <{CLAIM}> from {article} · characters 0–40 · mode: report",
    ]


def test_an_inferred_triple_leads_over_rule_axiom_and_premise_to_the_claim(release: Release) -> None:
    said = lines(explain(release, KEEPER, "l:keeps", NORTH))
    assert said[1] == "  inferred"
    assert said[2] == f"  by prp-inv1: {RULE_WORDS['prp-inv1']}"
    assert said[3] == "    axiom: l:keptBy (kept by)  owl:inverseOf  l:keeps (keeps)"
    assert said[4] == "      stated in the ontology graph <https://lights.example/graph/ontology>"
    assert said[5].startswith(f"    premise: <{NORTH}> (Cape North Light)  l:keptBy")
    assert said[6].startswith(f"      stated by claim <{CLAIM}> ")
    assert "characters 0–40" in said[6]
    assert len(said) == 7


def test_the_registry_states_what_no_claim_does(release: Release) -> None:
    said = lines(explain(release, NORE, "a", "l:Lightship"))
    assert said[1:] == ["  asserted", "  stated in the registry graph <https://lights.example/graph/registry>"]


def test_literals_are_compared_as_the_store_holds_them(release: Release) -> None:
    assert lines(explain(release, NORTH, "l:height", '"24.50"^^xsd:decimal'))[1] == "  asserted"
    assert lines(explain(release, NORTH, "skos:prefLabel", '"북갑등대"@ko'))[1] == "  asserted"


def test_a_claim_that_was_not_accepted_is_shown_as_such(release: Release) -> None:
    said = lines(explain(release, NORE, "l:height", "12.0"))
    assert said[1] == "  stated, but not vouched for: the default graph does not have it"
    assert said[2].endswith("· characters 41–80 · mode: rumour · not vouched for")


def test_what_does_not_hold_is_refused_with_near_misses(release: Release) -> None:
    result = explain(release, NORTH, "l:height", "-3")
    assert result.exit_code == 1
    assert "[explain.unknown]" in result.stderr
    assert '"24.5"^^<http://www.w3.org/2001/XMLSchema#decimal>' in result.stderr
    assert result.stdout == ""
    nothing = explain(release, "https://lights.example/id/light/nowhere", "a", "l:Light")
    assert nothing.exit_code == 1
    assert "nor any other value" in nothing.stderr


def test_every_inferred_triple_of_the_release_comes_down_to_sources(release: Release) -> None:
    store = open_read_only(release.store_path)
    graph = ox.NamedNode(release.site.graphs["inferred"])
    default = {quad.triple for quad in store.quads_for_pattern(None, None, None, rdf.DEFAULT_GRAPH)}
    inferred = [quad.triple for quad in store.quads_for_pattern(None, None, None, graph)]
    assert len(inferred) >= 3
    for triple in inferred:
        found = trace(store, release.site, triple)
        assert not found.asserted
        assert found.steps[triple].axiom or found.steps[triple].premises
        for each, step in found.steps.items():
            assert set(step.axiom) | set(step.premises) <= found.steps.keys()
            if step.rule == "asserted":
                assert each in default
                assert any(source.accepted for source in found.sources[each]), each


def test_the_current_release_of_a_project(release: Release) -> None:
    project = release.path.parent.parent
    arguments = ["explain", NORE, "a", "l:Light", "--project", str(project)]
    assert "by cax-sco: " in CliRunner().invoke(main, arguments).stdout


def test_no_release(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["explain", NORE, "a", "l:Light", "--project", str(tmp_path)])
    assert result.exit_code == 2
    assert "kclod build" in result.stderr


E = "http://e/"
OWL = "http://www.w3.org/2002/07/owl#"


def site(**graphs: str) -> Site:
    return Site(E, f"{E}dataset", {}, {}, None, {}, "1", {"e": E}, graphs)


def quads(turtle: str, graph: rdf.GraphName = rdf.DEFAULT_GRAPH) -> Iterable[ox.Quad]:
    prefixes = f"@prefix : <{E}> . @prefix owl: <{OWL}> . "
    return rdf.in_graph(rdf.triples_of(rdf.parse((prefixes + turtle).encode(), rdf.TURTLE, name="test")), graph)


def told(store: ox.Store, about: Site, *terms: str) -> tuple[Explanation, str]:
    found = trace(store, about, read_triple(*terms, about.prefixes))
    console = Console(file=StringIO(), highlight=False)
    show_explanation(found, store, about, console)
    assert isinstance(console.file, StringIO)
    return found, console.file.getvalue()


def test_a_proof_deeper_than_pythons_recursion() -> None:
    deep = 1_500
    axioms = " ".join(f":p{n} owl:inverseOf :p{n + 1} ." for n in range(deep))
    store = memory_store(quads(f":x :p0 :y . {axioms}"))
    found, text = told(store, site(), "e:x", f"e:p{deep}", "e:y")
    assert sum(step.rule == "prp-inv1" for step in found.steps.values()) == deep
    assert text.count("by prp-inv1") == deep
    assert text.splitlines()[-1].strip() == "stated in the default graph, and in no graph with a name"


def test_what_is_used_twice_is_explained_once() -> None:
    both = ":C owl:intersectionOf (:A :B) . :p <http://www.w3.org/2000/01/rdf-schema#domain> :A, :B . :x :p :y ."
    _, text = told(memory_store(quads(both)), site(), "e:x", "a", "e:C")
    premises = [line.strip() for line in text.splitlines() if "premise: e:x  e:p  e:y" in line]
    assert premises == ["premise: e:x  e:p  e:y", "premise: e:x  e:p  e:y  (see above)"]


def test_inferred_from_what_is_vouched_for_and_stated_by_a_claim_that_is_not() -> None:
    graphs = {role: f"{E}graph/{role}" for role in ("inferred", "ontology", "provenance")}
    ontology, rumour = ":p owl:inverseOf :q .", ":y :q :x ; :r :z ."
    store = memory_store(
        [
            *quads(f":x :p :y . :y :q :x . {ontology}"),
            *quads(":y :q :x .", ox.NamedNode(graphs["inferred"])),
            *quads(ontology, ox.NamedNode(graphs["ontology"])),
            *quads(rumour, ox.NamedNode(f"{E}claim")),
            *quads(":claim <http://www.w3.org/ns/prov#hadPrimarySource> :paper .", ox.NamedNode(graphs["provenance"])),
        ]
    )
    found, text = told(store, site(**graphs), "e:y", "e:q", "e:x")
    assert not found.asserted
    assert text.splitlines()[1:4] == [
        "  inferred",
        "  stated by claim e:claim from e:paper · not vouched for",
        f"  by prp-inv1: {RULE_WORDS['prp-inv1']}",
    ]


def test_what_follows_and_was_left_out_of_the_release() -> None:
    _, text = told(memory_store(quads(":p owl:inverseOf :q . :x :p :y .")), site(), "e:y", "e:q", "e:x")
    assert "follows, but is not published" in text


def test_anonymous_lists_and_classes_are_written_out() -> None:
    chain = ":grand owl:propertyChainAxiom ( :parent [ owl:inverseOf :child ] ) . :a :parent :b . :c :child :b ."
    _, text = told(memory_store(quads(chain)), site(), "e:a", "e:grand", "e:c")
    assert "axiom: e:grand  owl:propertyChainAxiom  ( e:parent [ owl:inverseOf e:child ] )" in text


def test_malformed_and_circular_anonymous_nodes_end() -> None:
    turtle = ":x :p _:l, _:s, _:e ; :q :y . _:l rdf:first :a ; rdf:rest _:l . _:s :of _:s ."
    store = memory_store(quads("@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . " + turtle))
    console = Console(file=StringIO(), highlight=False)
    for quad in store.quads_for_pattern(None, ox.NamedNode(f"{E}p"), None, None):
        show_explanation(trace(store, site(), quad.triple), store, site(), console)
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert "[ rdf:first e:a ; rdf:rest _:" in text
    assert "[ e:of _:" in text
    assert text.count("asserted") == 3


def test_a_refusal_counts_the_values_that_it_does_not_name() -> None:
    store = memory_store(quads(":x :p " + ", ".join(f":y{n:02}" for n in range(13)) + " ."))
    with pytest.raises(RefusedError, match=r"e:y00, .*e:y09 and 3 more"):
        told(store, site(), "e:x", "e:p", "e:z")


def test_labels_cannot_steer_the_terminal() -> None:
    label = '<http://www.w3.org/2000/01/rdf-schema#label> "\\u001b[31mred"@en'
    _, text = told(memory_store(quads(f":x :p :y ; {label} .")), site(), "e:x", "e:p", "e:y")
    assert "\x1b" not in text
    assert "[31mred" in text


def test_every_rule_that_derives_something_is_told_in_words() -> None:
    derives = {each.name for each in TEMPLATES if each.head or each.over in (Over.CHAIN, Over.KEY)}
    assert derives | {"eq-sym", "eq-trans", "eq-rep"} == RULE_WORDS.keys()


PREFIXES = {"l": "http://l/", "light": "http://l/light/"}


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("http://x/y", ox.NamedNode("http://x/y")),
        ("<mailto:a@b>", ox.NamedNode("mailto:a@b")),
        ("urn:isbn:1", ox.NamedNode("urn:isbn:1")),
        ("l:a/b", ox.NamedNode("http://l/a/b")),
        ("owl:Thing", ox.NamedNode(f"{OWL}Thing")),
        ('"a \\"b\\""@en', ox.Literal('a "b"', language="en")),
        ("'x'^^l:t", ox.Literal("x", datatype=ox.NamedNode("http://l/t"))),
        ("-1.5", ox.Literal("-1.5", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal"))),
        ("true", ox.Literal("true", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#boolean"))),
    ],
)
def test_terms_as_people_type_them(text: str, term: rdf.Term) -> None:
    assert read_triple("l:s", "a", text, PREFIXES).object == term


@pytest.mark.parametrize(
    ("terms", "rules"),
    [
        (('"s"', "l:p", "l:o"), ["explain.place"]),
        (("l:s", "1", "l:o"), ["explain.place"]),
        (("nonsense", "x:p", "_:b"), ["explain.term", "explain.term", "explain.blank-node"]),
        (("<a b>", "a", '"open'), ["explain.iri", "explain.literal"]),
        (("a", "a", '"x" . <urn:a> <urn:b> "y"'), ["explain.term", "explain.literal"]),
        (("<>", "", "l:o"), ["explain.iri", "explain.term"]),
    ],
)
def test_all_terms_that_cannot_be_read_are_told_at_once(terms: tuple[str, str, str], rules: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        read_triple(*terms, PREFIXES)
    assert [problem.rule for problem in caught.value.problems] == rules
    assert all(problem.fix for problem in caught.value.problems)


NAMES = st.text("abc/-등.:", max_size=8)
TERMS = st.one_of(
    st.builds(lambda ns, name: ox.NamedNode(ns + name), st.sampled_from(["http://l/", "http://l/light/", OWL]), NAMES),
    st.builds(ox.Literal, st.text(max_size=9)),
    st.builds(lambda text: ox.Literal(text, language="en"), st.text(max_size=9)),
)


@given(TERMS)
def test_what_is_printed_can_be_typed_again(term: rdf.Term) -> None:
    assert read_triple("l:s", "a", typed(term, PREFIXES), PREFIXES).object == term


def test_the_longest_namespace_is_shortened() -> None:
    assert typed(ox.NamedNode("http://l/light/a"), PREFIXES) == "light:a"
    assert typed(ox.NamedNode("http://l/light/"), PREFIXES) == "l:light/"
    assert typed(ox.NamedNode("http://l/"), PREFIXES) == "<http://l/>"
