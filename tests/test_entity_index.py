"""The entities of a dataset by name, class and IRI: the same from a store and from a dump, kept where they are many."""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kclod import entity_index, pipeline, rdf
from kclod.entity_index.entities import Catalogue, Said, make, said_in, said_in_dump
from kclod.entity_index.making import Making
from kclod.errors import UsageError
from kclod.pipeline import checks
from kclod.release import content as release_content
from kclod.release import verify
from kclod.store import memory_store
from kclod.vocab import RDF, RDFS, SKOS
from tests.test_incremental import Agreeing, write

BASE = "https://c.example/"
DATA = f"""
@prefix : <{BASE}o#> . @prefix i: <{BASE}id/> . @prefix x: <https://elsewhere.example/> .
@prefix skos: <{SKOS}> . @prefix rdfs: <{RDFS}> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
i:b a :Lamp, :Light ; skos:prefLabel "Lamp \\"B\\" \\u00e9\\n"@en, "등"@ko ; skos:altLabel "LB" .
i:a a :Light ; rdfs:label "Lamp A" ; skos:notation "A1", "A2"^^:code ; :sees i:b .
i:unnamed a :Light . i:unclassed rdfs:label "unclassed" . i:blank a :Light ; rdfs:label "  " .
<{BASE}id/a#part> a :Light ; rdfs:label "a part" . <{BASE}id/> a :Light ; rdfs:label "the space itself" .
x:y a :Light ; rdfs:label "elsewhere" . :Light a owl:Class ; rdfs:label "light" . i:kind a owl:Class ; rdfs:label "k" .
i:odd a [] ; rdfs:label "odd" . [] a :Light ; rdfs:label "nobody" .
"""
CLAIM = f"""
<{BASE}id/a> <{RDFS}label> "claimed"@en <{BASE}claim> .
<{BASE}id/new> <{RDF}type> <{BASE}o#Light> <{BASE}claim> .
"""


def quads() -> list[ox.Quad]:
    return [*ox.parse(DATA.encode(), ox.RdfFormat.TURTLE), *ox.parse(CLAIM.encode(), ox.RdfFormat.N_QUADS)]


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "all.nq"
    path.write_bytes(rdf.canonical(quads()))
    return path


def named(found: Catalogue) -> dict[str, list[tuple[str, str, str]]]:
    return {e.id: [(name.text, name.language, name.kind) for name in e.names] for e in found.index}


def test_what_is_an_entity() -> None:
    found = Catalogue.of(said_in(memory_store(quads())), BASE)
    assert named(found) == {
        f"{BASE}id/a": [("Lamp A", "", "preferred"), ("A1", "", "alias")],
        f"{BASE}id/b": [('Lamp "B" é\n', "en", "preferred"), ("등", "ko", "preferred"), ("LB", "", "alias")],
    }
    assert list(found.classes) == [f"{BASE}o#Lamp", f"{BASE}o#Light"]
    assert found.members(f"{BASE}o#Light").tolist() == [0, 1]
    assert found.members(f"{BASE}o#Lamp").tolist() == [1]
    assert found.members(f"{BASE}o#None").tolist() == []
    assert [found.iri(number) for number in range(len(found))] == [f"{BASE}id/a", f"{BASE}id/b"]
    assert (found.number(f"{BASE}id/b"), found.number(f"{BASE}id/c"), found.number("")) == (1, None, None)
    assert f"{BASE}id/a" in found
    assert 3 not in found


def test_a_dump_says_what_a_store_says(dump: Path) -> None:
    assert set(said_in_dump(dump)) == set(said_in(memory_store(quads())))


def test_the_same_dump_gives_the_same_bytes(dump: Path, tmp_path: Path) -> None:
    make(dump, tmp_path / "one", BASE)
    with Making(dump, tmp_path / "two", BASE) as making:
        made = making.finish()
    assert made
    for path in made:
        assert path.read_bytes() == (tmp_path / "one" / path.name).read_bytes()
    opened, read = Catalogue.open(tmp_path / "two"), Catalogue.of(said_in(memory_store(quads())), BASE)
    assert named(opened) == named(read)
    assert opened.members(f"{BASE}o#Light").tolist() == read.members(f"{BASE}o#Light").tolist()


def test_what_cannot_be_made_is_told(tmp_path: Path) -> None:
    with Making(tmp_path / "none.nq", tmp_path / "x", BASE) as making, pytest.raises(UsageError, match="none"):
        making.finish()
    with pytest.raises(UsageError):
        Catalogue.open(tmp_path)


IRIS = st.sampled_from([f"{BASE}id/{n}" for n in "abc"] + [f"{BASE}x", f"{BASE}id/é", f"{BASE}id/a#b"])
SAID = st.one_of(
    st.builds(Said, IRIS, st.just(RDF["type"].value), st.sampled_from(["t:a", "t:b"]), st.just("")),
    st.builds(
        Said, IRIS, st.sampled_from([str(RDFS["label"].value), SKOS["altLabel"].value]), st.text(), st.just("en")
    ),
)


@settings(deadline=None)
@given(st.lists(SAID), st.randoms())
def test_the_order_of_statements_is_nothing(said: list[Said], chance: object) -> None:
    other = [*said, *said[:2]]
    chance.shuffle(other)  # type: ignore[attr-defined]  # a Random
    one, two = Catalogue.of(said, BASE), Catalogue.of(other, BASE)
    assert named(one) == named(two)
    numbers = {iri: one.number(iri) for iri in {s.subject for s in said}}
    assert {iri: two.number(iri) for iri in numbers} == numbers
    assert {iri for iri, number in numbers.items() if number is not None} == set(named(one))
    assert all(one.iri(number) == iri for iri, number in numbers.items() if number is not None)


def quad_of(said: Said) -> ox.Quad:
    value = ox.NamedNode(said.value) if not said.language else ox.Literal(said.value, language=said.language)
    return ox.Quad(ox.NamedNode(said.subject), ox.NamedNode(said.predicate), value)


@settings(deadline=None)
@given(st.lists(SAID), st.lists(SAID), st.lists(SAID))
def test_what_does_not_concern_them_leaves_them_as_they_are(
    kept: list[Said], gone: list[Said], new: list[Said]
) -> None:
    before, after = Catalogue.of([*kept, *gone], BASE), Catalogue.of([*kept, *new], BASE)
    store = memory_store(quad_of(said) for said in (*kept, *new))
    changed = [str(quad_of(said).triple) for said in {*gone, *kept} ^ {*new, *kept}]
    if not before.concerned(changed, store, BASE):
        assert named(before) == named(after)
        assert list(before.classes) == list(after.classes)
        assert all((before.members(c) == after.members(c)).all() for c in before.classes)
    assert not before.concerned([f"<{BASE}id/a> <{BASE}o#sees> <{BASE}id/b>"], store, BASE)


def test_a_release_of_a_large_graph_has_them_whichever_way_it_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "start_consistency", Agreeing)
    monkeypatch.setattr(release_content, "_LARGE_GRAPH", 0)
    mini = Path(__file__).parent / "mini"
    roots = []
    for name in ("changed", "whole"):
        roots.append(tmp_path / name)
        shutil.copytree(mini, roots[-1], ignore=shutil.ignore_patterns("releases"))
    item = {"kind": "service", "light": "nore", "mode": "report"}
    first = pipeline.build(write(roots[0], {"gazette": dict.fromkeys("abc", item)}), roots[0] / "releases")
    assert first.entities_path.is_dir()
    content: dict[str, Any] = {"gazette": dict.fromkeys("abc", item), "third": True}
    build = importlib.import_module("kclod.pipeline.build")
    with monkeypatch.context() as patched:
        patched.setattr(build, "build_whole", None)  # it is not called
        changed = pipeline.build(write(roots[0], content), roots[0] / "releases")
    whole = pipeline.build(write(roots[1], content), roots[1] / "releases")
    files = {path.name: path.read_bytes() for path in changed.entities_path.iterdir()}
    assert files == {path.name: path.read_bytes() for path in whole.entities_path.iterdir()}
    assert files != {path.name: path.read_bytes() for path in first.entities_path.iterdir()}
    assert verify(changed.path) == verify(whole.path) == []
    del content["gazette"]["c"]  # what it states, others state too
    with monkeypatch.context() as patched:
        patched.setattr(build, "build_whole", None)
        again = pipeline.build(write(roots[0], content), roots[0] / "releases")
    assert again.version != changed.version
    for path in again.entities_path.iterdir():
        assert path.samefile(changed.entities_path / path.name), "it is taken over"
    whole = pipeline.build(write(roots[1], content), roots[1] / "releases")
    assert files == {path.name: path.read_bytes() for path in whole.entities_path.iterdir()}
    assert (again.path / "site.json").read_bytes() == (whole.path / "site.json").read_bytes()
    assert "Third" in {name.text for entity in Catalogue.open(changed.entities_path).index for name in entity.names}
    next(changed.entities_path.glob("*.npy")).unlink()
    assert [problem.rule for problem in verify(changed.path)] == ["release.missing-file"]


def test_nothing_heavy_is_imported_by_a_build() -> None:
    assert entity_index.__doc__
    assert not hasattr(entity_index, "Catalogue")
