"""SSSOM mapping sets: links, their description, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from kclod.errors import RefusedError
from kclod.link import Links, read_links
from kclod.project import Project
from kclod.vocab import OWL, SKOS, SSSOM, XSD

FILE = "mappings/wikidata.sssom.tsv"
LIGHT = ox.NamedNode("https://lights.example/id/light/cape-north")
Edit = Callable[[str, str, str], Project]


def links_of(project: Project) -> Links:
    names: dict[Path, str] = {path: project.name_of(path) for path in project.link_files}
    return read_links(project.link_files, base_iri="https://lights.example/", known={LIGHT.value}, name_of=names)


def test_link_and_its_description(mini: Project) -> None:
    result = links_of(mini)
    link = ox.Triple(LIGHT, SKOS["exactMatch"], ox.NamedNode("http://www.wikidata.org/entity/Q1"))
    assert result.links == (link,)
    (node,) = {t.subject for t in result.mappings}
    about = {(t.predicate, t.object) for t in result.mappings}
    assert (OWL["annotatedTarget"], link.object) in about
    assert (
        SSSOM["mapping_justification"],
        ox.NamedNode("https://w3id.org/semapv/vocab/ManualMappingCuration"),
    ) in about
    assert (SSSOM["confidence"], ox.Literal("0.99", datatype=XSD["decimal"])) in about
    assert (SSSOM["mapping_date"], ox.Literal("2026-11-23", datatype=XSD["date"])) in about, (
        "the set's date holds for each"
    )
    assert (SSSOM["comment"], ox.Literal("an invented match")) in about
    assert result.origins == {node.value: (FILE, 8), str(link): (FILE, 8)}  # type: ignore[union-attr]


def test_negative_mapping_links_nothing(edit: Edit) -> None:
    edit(FILE, "subject_id\tpredicate_id", "subject_id\tpredicate_modifier\tpredicate_id")
    result = links_of(edit(FILE, "id:light/cape-north\t", "id:light/cape-north\tNot\t"))
    assert result.links == ()
    assert SSSOM["predicate_modifier"] in {t.predicate for t in result.mappings}


@pytest.mark.parametrize(
    ("old", "new", "rule", "line"),
    [
        ("id:light/cape-north", "id:light/cape-south", "link.unknown-subject", 8),
        ("skos:exactMatch", "skos:broader", "link.predicate", 8),
        ("wd:Q1", "wikidata:Q1", "link.curie", 8),
        ("wd:Q1", "", "link.missing", 8),
        ("semapv:ManualMappingCuration", "by-hand", "link.justification", 8),
        ("\t0.99\t", "\tsure\t", "link.confidence", 8),
        ("\t0.99\t", "\t1.5\t", "link.confidence", 8),
        ("an invented match", "a\tb\tc", "link.columns", 8),
        ("mapping_justification", "justification", "link.columns", 7),
        ("#curie_map:", "#curie_map: [", "link.header", 1),
    ],
)
def test_refused(edit: Edit, old: str, new: str, rule: str, line: int) -> None:
    with pytest.raises(RefusedError) as caught:
        links_of(edit(FILE, old, new))
    found = [(problem.rule, problem.file, problem.line) for problem in caught.value.problems]
    assert (rule, FILE, line) in found or (rule == "link.justification" and ("link.curie", FILE, line) in found), found


def test_the_same_mapping_twice(mini: Project) -> None:
    path = mini.root / FILE
    text = path.read_text("utf-8")
    path.write_text(text + text.splitlines()[-1] + "\n", "utf-8")
    with pytest.raises(RefusedError, match=rf"{FILE}:9: \[link.duplicate\].*{FILE}:8"):
        links_of(mini)
