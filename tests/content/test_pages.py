"""What the content says to pages: known roles and viewers, names in each language, terms that exist."""

from __future__ import annotations

import re
from pathlib import Path as File

import pyoxigraph as ox
import pytest

from kclod.layout import Fact, Path
from kclod.pipeline.layout import read_layout
from kclod.project import Project, labels_of, read_all
from kclod.vocab import DASH, DCT, RDFS, SKOS
from kclod.web.things import arranging

PROJECT = Project(File(__file__).parents[2])
LAYOUT = read_layout(read_all((*PROJECT.shape_files, *PROJECT.page_files)), PROJECT.ontology)
FACTS = {fact.iri or fact.path.sparql(): fact for a in LAYOUT.arrangements for fact in a.facts}
BUILT_IN = {RDFS["label"].value, RDFS["comment"].value}
TERMS = BUILT_IN | {t.subject.value for t in PROJECT.ontology if hasattr(t.subject, "value")}
ROLES = {arranging.KEY, arranging.LEAD, arranging.DATE, arranging.COLUMN}
VIEWERS = {arranging.TABLE, arranging.TREE}
LANGUAGES = {"en", "ko", "fr"}


def predicates(path: Path) -> set[str]:
    return {path.iri} if path.iri else {iri for part in path.parts for iri in predicates(part)}


@pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS.keys())
def test_fact(fact: Fact) -> None:
    assert set(fact.names) == LANGUAGES
    assert set(fact.roles) <= ROLES
    assert fact.viewer is None or fact.viewer in VIEWERS
    assert predicates(fact.path) <= TERMS
    assert set(fact.only) <= TERMS
    assert fact.group is None or fact.group in {group.iri for group in LAYOUT.groups}
    if arranging.KEY in fact.roles or fact.viewer:
        assert fact.group, "what a page shows stands under a heading"


def test_headings_and_targets() -> None:
    for group in LAYOUT.groups:
        assert set(group.names) == LANGUAGES
        assert any(fact.group == group.iri for fact in FACTS.values()), f"{group.iri} heads nothing"
    orders = [group.order for group in LAYOUT.groups]
    assert len(orders) == len(set(orders)), "the order is decided"
    for arrangement in LAYOUT.arrangements:
        assert {*arrangement.classes, *arrangement.subjects_of} <= TERMS


def test_kinds_of_things_that_readers_look_for_have_key_facts() -> None:
    with_key = {
        iri
        for a in LAYOUT.arrangements
        for iri in a.classes
        if any(arranging.KEY in f.roles or f.viewer == arranging.TREE for f in a.facts)
    }
    shown = set(PROJECT.dataset.home_classes)
    below = {
        (t.subject.value, t.object.value)
        for t in PROJECT.ontology
        if t.predicate.value.endswith("#subClassOf") and hasattr(t.subject, "value") and hasattr(t.object, "value")
    }
    for iri in shown:
        assert iri in with_key or any(sub == iri and sup in with_key for sub, sup in below), labels_of(
            PROJECT.ontology
        ).get(iri)


def test_no_shape_names_a_hidden_fact_again() -> None:
    triples = read_all(PROJECT.page_files)
    hidden = {t.subject.value for t in triples if t.predicate == DASH["hidden"]}
    declared = {t.subject for t in read_all(PROJECT.shape_files)}
    assert {iri for iri in hidden if not any(getattr(s, "value", None) == iri for s in declared)} == set()


FILE = re.compile(r"\b[\w-]+\.(?:ya?ml|ttl|tsv|json|py)\b")


def test_no_text_of_a_thing_speaks_of_the_projects_files(store: ox.Store) -> None:
    texts = [
        f"{quad.subject} {quad.object.value}"
        for predicate in (RDFS["comment"], RDFS["label"], SKOS["definition"], SKOS["prefLabel"], DCT["description"])
        for quad in store.quads_for_pattern(None, predicate, None, ox.DefaultGraph())
        if isinstance(quad.object, ox.Literal) and str(quad.subject).startswith("<https://w3id.org/kclod/id/")
    ]
    assert len(texts) > 500
    assert [text for text in texts if FILE.search(text)] == []
