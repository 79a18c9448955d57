"""A store is held against the dump that it was made of: what it lacks, what it has beside, and nothing else is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from kclod import cli, rdf
from kclod.integrity import file_entry
from kclod.release import Release, load, problems_of_store, publish, stored, verify
from kclod.release.stored import difference
from kclod.store import memory_store
from tests.test_release import SITE, changed_manifest

X = "http://x.example/"
DATA = f"""
PREFIX : <{X}> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
:a :height 1.00 , "1.0"^^xsd:decimal , "5"^^xsd:nonNegativeInteger , 5 ; :name "_: <x>"@en , "2"^^:own .
:b :made "2020-01-01T00:00:00.000Z"^^xsd:dateTime , "2020"^^xsd:gYear ; :part [ :of "1.0"^^xsd:double ] .
GRAPH :g {{ :a :height 1.00 ; :kin :b . :b :part [ :of [ :of :a ] ] }}
GRAPH _:h {{ :a :is :a }}
"""
HEIGHT = f"<{X}a> <{X}height>"
ONE = [f'"{text}"^^<http://www.w3.org/2001/XMLSchema#decimal>' for text in ("1.0", "1.00")]


@pytest.fixture
def release(tmp_path: Path) -> Release:
    (tmp_path / "in").write_text("x")
    return publish(
        tmp_path / "root", SITE, ox.parse(DATA, ox.RdfFormat.TRIG), inputs={"in": tmp_path / "in"}, stages={}
    )


def with_store(release: Release, quads: Iterable[ox.Quad]) -> None:
    """Another store, which is listed as it should be."""
    shutil.rmtree(release.store_path)
    store = ox.Store(str(release.store_path))
    store.bulk_extend(quads)
    store.flush()
    del store
    paths = [*sorted(path for path in release.store_path.rglob("*") if path.is_file()), release.text_path]
    listed = release.path / "store.json"
    listed.chmod(0o644)
    listed.write_text(json.dumps([asdict(file_entry(release.path, path)) for path in paths]))
    assert verify(release.path) == []


def held(release: Release) -> list[ox.Quad]:
    return list(ox.parse(path=release.dumps[0].path))


def triple(text: str, graph: str | None = None) -> ox.Quad:
    [found] = ox.parse(f"PREFIX : <{X}> {text} .", ox.RdfFormat.TURTLE)
    return ox.Quad(found.subject, found.predicate, found.object, ox.NamedNode(X + graph) if graph else None)


def told(release: Release) -> list[str]:
    return [problem.message for problem in problems_of_store(release)]


def test_literals_that_the_store_normalises_are_no_difference(release: Release) -> None:
    assert problems_of_store(release) == []
    assert len(ox.Store.read_only(str(release.store_path))) == len(held(release)) - 2


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        (lambda quads: [*quads, triple(":a :kin :c")], [f"has 1 quads that the dump has not: <{X}a> <{X}kin> <{X}c>"]),
        (
            lambda quads: [q for q in quads if q != triple(":a :kin :b", "g")],
            [f"lacks 1 quads of the dump: <{X}a> <{X}kin> <{X}b> <{X}g>"],
        ),
        (
            lambda quads: [triple(":a :kin :b") if q == triple(":a :kin :b", "g") else q for q in quads],
            [
                f"lacks 1 quads of the dump: <{X}a> <{X}kin> <{X}b> <{X}g>",
                f"has 1 quads that the dump has not: <{X}a> <{X}kin> <{X}b>",
            ],
        ),
        (
            lambda quads: [q for q in quads if q.predicate.value != X + "height"],
            [f"lacks 3 quads of the dump: {HEIGHT} {ONE[0]} ; {HEIGHT} {ONE[1]} ; {HEIGHT} {ONE[1]} <{X}g>"],
        ),
    ],
    ids=["further", "lacking", "another graph", "many"],
)
def test_what_differs_is_named(
    release: Release, change: Callable[[list[ox.Quad]], list[ox.Quad]], messages: list[str]
) -> None:
    with_store(release, change(held(release)))
    assert told(release) == messages


def test_blank_nodes_may_be_called_otherwise(release: Release) -> None:
    names = {f"c14n{number}": ox.BlankNode(f"other{9 - number}") for number in range(9)}

    def renamed(term: object) -> object:
        return names[term.value] if isinstance(term, ox.BlankNode) else term

    quads = held(release)
    other = [ox.Quad(renamed(q.subject), q.predicate, renamed(q.object), renamed(q.graph_name)) for q in quads]  # type: ignore[arg-type]  # a term stays of its kind
    with_store(release, other)
    assert told(release) == []
    part = next(q for q in other if isinstance(q.subject, ox.BlankNode) and q.object == ox.NamedNode(X + "a"))
    with_store(
        release, [*(q for q in other if q != part), ox.Quad(part.subject, part.predicate, part.subject, part[3])]
    )
    lacks, has = told(release)
    assert lacks.startswith("lacks ")
    assert f"<{X}of> <{X}a> <{X}g>" in lacks
    assert has.startswith("has ")
    assert f"<{X}of> <{X}a> <{X}g>" not in has


def test_counts_are_those_of_the_dump(release: Release) -> None:
    changed_manifest(release, {"counts": {"quads": 16, "default_graph_triples": 1, "named_graphs": 2}})
    [problem] = problems_of_store(load(release.path))
    assert problem.rule == "release.counts"
    assert "default_graph_triples=10" in problem.message


def test_the_verb_looks_and_quickly_does_not(release: Release) -> None:
    with_store(release, [*held(release), triple(":a :kin :c")])
    done = CliRunner().invoke(cli.main, ["verify", str(release.path)])
    assert done.exit_code == 1
    assert CliRunner().invoke(cli.main, ["verify", str(release.path), "--quick"]).exit_code == 0


NODES = st.sampled_from([ox.NamedNode(X + name) for name in "ab"])
VALUES = st.one_of(
    NODES,
    st.builds(
        lambda text, kind: ox.Literal(text, datatype=ox.NamedNode(f"http://www.w3.org/2001/XMLSchema#{kind}")),
        st.sampled_from(["1", "01", "1.0", "1.00", "x", "2"]),
        st.sampled_from(["decimal", "integer", "nonNegativeInteger", "string", "double"]),
    ),
)
QUADS = st.builds(ox.Quad, NODES, NODES, VALUES, st.sampled_from([ox.DefaultGraph(), ox.NamedNode(X + "g")]))


@settings(deadline=None, max_examples=300)
@given(st.sets(QUADS, max_size=12), st.sets(QUADS, max_size=3), st.sets(QUADS, max_size=3), st.integers(1, 4))
def test_it_tells_what_sets_tell(
    tmp_path_factory: pytest.TempPathFactory, dump: set[ox.Quad], less: set[ox.Quad], more: set[ox.Quad], at_once: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "compared.nq"
    path.write_bytes(rdf.canonical(dump))
    store = memory_store((dump - less) | more)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "_AT_ONCE", at_once)
        found = difference(path, store)
    truth, known = set(memory_store(dump)), set(store)
    assert set(memory_store(rdf.quads_from(found.lacks))) <= truth - known
    assert found.lacking == len(truth - known)
    assert bool(found.lacks) == bool(truth - known)
    assert (found.further, set(rdf.quads_from(found.has)) <= known - truth) == (len(known - truth), True)
    assert len(found.has) == min(3, found.further)
    assert found.quads == len(dump)
