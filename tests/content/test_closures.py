"""What docs/sparql.md says of closures and counts holds of the release."""

from __future__ import annotations

import re

import pyoxigraph as ox
import pytest

from kclod.project import Project
from kclod.release import Release
from kclod.vocab import OWL, RDF, VOID
from tests.content.conftest import ROOT, Ask

GUIDE = (
    (ROOT / "docs" / "sparql.md").read_text("utf-8").partition("## Closures and counts")[2].partition("## Errors")[0]
)
CLOSURES = [
    (path.replace("\\", ""), closure)
    for path, closure in re.findall(r"^\| `(.+\+)` \| `(\S+)` \|", GUIDE, re.MULTILINE)
]
COUNTS = "PREFIX void: <http://rdfs.org/ns/void#> "
VOID_OF = "<https://w3id.org/kclod/dataset>"


@pytest.mark.parametrize(("path", "closure"), CLOSURES)
def test_closures_are_complete(ask: Ask, path: str, closure: str) -> None:
    missing = f"SELECT * {{ ?s {path} ?o FILTER NOT EXISTS {{ ?s {closure} ?o }} }}"
    more = f"SELECT * {{ ?s {closure} ?o FILTER NOT EXISTS {{ ?s {path} ?o }} }}"
    assert ask(missing) == ask(more) == []
    assert len(ask(f"SELECT * {{ ?s {closure} ?o }}")) > 1


def test_every_transitive_property_is_told(real: Project) -> None:
    declared = {
        t.subject.value for t in real.ontology if (t.predicate, t.object) == (RDF["type"], OWL["TransitiveProperty"])
    }
    prefixes = real.dataset.prefixes
    told = {prefixes[prefix] + local for _, closure in CLOSURES for prefix, local in [closure.split(":")]}
    assert told == declared


def told(ask: Ask, what: str) -> dict[str | None, int]:
    part, term, number = {"class": ("class", "class", "entities"), "property": ("property", "property", "triples")}[
        what
    ]
    query = (
        f"SELECT ?term ?n {{ GRAPH <https://w3id.org/kclod/graph/metadata> {{ {VOID_OF} void:{part}Partition ?part ."
        f" ?part void:{term} ?term ; void:{number} ?n }} }}"
    )
    return {row[0]: int(row[1] or "") for row in ask(query)}


@pytest.mark.parametrize(
    ("what", "query"),
    [
        ("class", "SELECT ?term (COUNT(*) AS ?n) { ?s a ?term FILTER(isIRI(?term)) } GROUP BY ?term"),
        ("property", "SELECT ?term (COUNT(*) AS ?n) { ?s ?term ?o } GROUP BY ?term"),
    ],
)
def test_counts_are_true(ask: Ask, what: str, query: str) -> None:
    counted = {row[0]: int(row[1] or "") for row in ask(query)}
    assert told(ask, what) == counted
    assert len(counted) > 20


def test_counts_of_graphs_are_true(store: ox.Store, release: Release) -> None:
    sizes = {}
    metadata = ox.NamedNode(release.site.graphs["metadata"])
    for role, iri in release.site.graphs.items():
        quads = list(store.quads_for_pattern(ox.NamedNode(iri), VOID["triples"], None, metadata))
        sizes[role] = [int(q.object.value) for q in quads]
        if role != "metadata":
            graph = ox.NamedNode(iri)
            assert sizes[role] == [sum(1 for _ in store.quads_for_pattern(None, None, None, graph))]
    assert sizes.pop("metadata") == []
    assert len(sizes) > 4
    (total,) = store.quads_for_pattern(ox.NamedNode(release.site.dataset_iri), VOID["triples"], None, metadata)
    default = sum(1 for _ in store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
    assert int(total.object.value) == default
