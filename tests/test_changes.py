"""What changed between two dumps: exactly that, and patch and update carry one over into the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kclod import rdf
from kclod.changes import (
    Difference,
    Kind,
    TooManyChangesError,
    added,
    compare,
    entity_changes,
    patch,
    removed,
    update,
)
from kclod.site import Site

X = "http://x.example/"
SITE = Site(
    base_iri=X,
    dataset_iri=f"{X}dataset",
    title={},
    description={},
    licence=None,
    rights={},
    version="1",
    prefixes={},
    graphs={"links": f"{X}graph/links", "inferred": f"{X}graph/inferred", "provenance": f"{X}graph/provenance"},
)


def dump(path: Path, text: str) -> Path:
    path.write_bytes(rdf.canonical(ox.parse(text.encode(), ox.RdfFormat.N_QUADS)))
    return path


def applied(before: Path, difference: Difference) -> bytes:
    store = ox.Store()
    store.load(before.read_bytes(), ox.RdfFormat.N_QUADS)
    store.update("".join(update(difference)))
    return rdf.canonical(store)


IRIS = st.sampled_from([ox.NamedNode(f"{X}{name}") for name in "abc"])
BLANKS = st.sampled_from([ox.BlankNode(name) for name in "uvw"])
LITERALS = st.sampled_from(
    [
        ox.Literal("_:u <x> .\n"),
        ox.Literal("1", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),  # as the store writes it
        ox.Literal("등대", language="ko"),
        ox.Literal('"'),
    ]
)
GRAPHS = st.sampled_from([ox.DefaultGraph(), ox.NamedNode(f"{X}g")])
QUADS = st.builds(ox.Quad, IRIS | BLANKS, IRIS, IRIS | BLANKS | LITERALS, GRAPHS)


@settings(max_examples=300)
@given(st.lists(QUADS, max_size=9), st.lists(QUADS, max_size=9), st.lists(QUADS, max_size=9))
def test_an_update_makes_the_one_the_other(
    tmp_path_factory: pytest.TempPathFactory, old: list[ox.Quad], new: list[ox.Quad], both: list[ox.Quad]
) -> None:
    folder = tmp_path_factory.mktemp("dumps")
    before, after = folder / "before.nq", folder / "after.nq"
    before.write_bytes(rdf.canonical([*old, *both]))
    after.write_bytes(rdf.canonical([*new, *both]))
    difference = compare(before, after)
    assert applied(before, difference) == after.read_bytes()
    assert bool(difference) == (before.read_bytes() != after.read_bytes())
    assert compare(after, after) == Difference((), ())
    named = {line for line in before.read_text("utf-8").splitlines() if not rdf.has_blank_node(line)}
    wanted = {line for line in after.read_text("utf-8").splitlines() if not rdf.has_blank_node(line)}
    assert {f"{line} ." for line in difference.removed} == named - wanted
    assert {f"{line} ." for line in difference.added} == wanted - named


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # what is one more of two in the default graph says more in another one
        ("_:u {p} _:u .\n_:u {p} _:v {g} .\n_:w {p} _:w .\n", "_:u {p} _:u .\n_:u {p} _:v {g} .\n"),
        # a part that is kept once, and one that is added
        ("_:u {p} {a} {g} .\n_:v {p} {a} {g} .\n", "_:u {p} {a} {g} .\n{a} {p} _:v .\n"),
    ],
)
def test_updates_that_hypothesis_found_wrong(tmp_path: Path, old: str, new: str) -> None:
    names = {name: f"<{X}{name}>" for name in "apg"}
    before, after = (dump(tmp_path / f"{n}.nq", text.format(**names)) for n, text in enumerate((old, new)))
    assert applied(before, compare(before, after)) == after.read_bytes()


def test_the_difference_from_nothing_is_everything(tmp_path: Path) -> None:
    path = dump(tmp_path / "a.nq", f"<{X}a> <{X}p> <{X}b> .\n<{X}a> <{X}p> _:x .\n")
    whole = compare(None, path)
    assert whole.removed == ()
    assert rdf.canonical(ox.parse("".join(added(whole)).encode(), ox.RdfFormat.N_QUADS)) == path.read_bytes()
    assert "".join(removed(compare(path, None))).count("\n") == 2


def test_blank_nodes_that_only_have_other_labels_are_no_change(tmp_path: Path) -> None:
    """One more part changes the labels of all the others in the canonical file."""
    old = f'<{X}a> <{X}p> _:x .\n_:x <{X}q> "1" .\n<{X}b> <{X}p> _:y .\n_:y <{X}q> "2" .\n'
    before = dump(tmp_path / "before.nq", old)
    after = dump(
        tmp_path / "after.nq", old + "".join(f'<{X}c> <{X}p> _:z{n} .\n_:z{n} <{X}q> "{n}c" .\n' for n in range(9))
    )
    difference = compare(before, after)
    assert len(difference.all_added) == 18
    assert difference.all_removed == []
    assert applied(before, difference) == after.read_bytes()


def test_patch_has_a_row_for_each_quad(tmp_path: Path) -> None:
    before = dump(tmp_path / "before.nq", f'<{X}a> <{X}p> "1" <{X}g> .\n')
    after = dump(tmp_path / "after.nq", f'<{X}a> <{X}p> "2" .\n')
    assert "".join(patch(compare(before, after), "urn:1", "urn:2")).splitlines() == [
        "H id <urn:2> .",
        "H prev <urn:1> .",
        "TX .",
        f'D <{X}a> <{X}p> "1" <{X}g> .',
        f'A <{X}a> <{X}p> "2" .',
        "TC .",
    ]


def test_things_and_facts(tmp_path: Path) -> None:
    same = f'<{X}a> <{X}p> "0" .\n'
    before = dump(
        tmp_path / "before.nq",
        same + f'<{X}a> <{X}height> "1" .\n<{X}gone> <{X}p> "1" .\n<{X}a> <{X}said> "x" <{X}graph/provenance> .\n',
    )
    after = dump(
        tmp_path / "after.nq",
        same
        + f'<{X}a> <{X}height> "2" .\n<{X}new> <{X}p> "1" .\n'
        + f"<{X}a> <{X}same> <{X}z> .\n<{X}a> <{X}same> <{X}z> <{X}graph/links> .\n"
        + f"<{X}a> <{X}is> <{X}T> .\n<{X}a> <{X}is> <{X}T> <{X}graph/inferred> .\n"
        + f'<{X}a> <{X}claimed> "y" <{X}claim/1> .\n',
    )
    found = {one.iri.removeprefix(X): one for one in entity_changes(compare(before, after), SITE, before, after)}
    assert {name: one.kind for name, one in found.items()} == {
        "a": Kind.CHANGED,
        "gone": Kind.REMOVED,
        "new": Kind.ADDED,
    }
    facts = [
        (fact.predicate.removeprefix(X), fact.removed, fact.added, fact.role, fact.graph.removeprefix(X))
        for fact in found["a"].facts
    ]
    assert facts == [
        ("height", ('"1"',), ('"2"',), "stated", ""),
        ("same", (), (f"<{X}z>",), "links", ""),
        ("is", (), (f"<{X}T>",), "inferred", ""),
        ("claimed", (), ('"y"',), None, "claim/1"),
        ("said", ('"x"',), (), "provenance", ""),
    ]


def test_more_changes_than_wanted_are_refused(tmp_path: Path) -> None:
    path = dump(tmp_path / "a.nq", "".join(f'<{X}a> <{X}p> "{n}" .\n' for n in range(20)))
    assert len(compare(None, path, 20).added) == 20
    with pytest.raises(TooManyChangesError):
        compare(None, path, 19)
    with pytest.raises(TooManyChangesError):
        compare(path, None, 19)


def test_lexical_forms_are_compared_not_values(tmp_path: Path) -> None:
    decimal = "^^<http://www.w3.org/2001/XMLSchema#decimal>"
    before = dump(tmp_path / "before.nq", f'<{X}a> <{X}p> "1.0"{decimal} .\n')
    after = dump(tmp_path / "after.nq", f'<{X}a> <{X}p> "1.00"{decimal} .\n')
    difference = compare(before, after)
    assert difference.removed == (f'<{X}a> <{X}p> "1.0"{decimal}',)
    assert difference.added == (f'<{X}a> <{X}p> "1.00"{decimal}',)


def test_a_million_quads_are_compared_in_seconds_and_little_memory(tmp_path: Path) -> None:
    """In a process of its own, whose memory is bounded; the time is that of a busy machine."""
    script = f"""
import resource, sys, time
from pathlib import Path
from kclod.changes import compare
old, new = Path({str(tmp_path / "old.nq")!r}), Path({str(tmp_path / "new.nq")!r})
def lines(skip, extra):
    for n in range(1_000_000):
        if n % 1000 != skip:
            yield f"<http://x.example/{{n:07}}> <http://x.example/p> \\"value {{n}}\\" <http://x.example/g> .\\n"
        if n % 2000 == extra:
            yield f"<http://x.example/{{n:07}}x> <http://x.example/p> \\"new\\" .\\n"
for path, skip, extra in ((old, 1, -1), (new, 2, 3)):
    with path.open("w") as file:
        file.writelines(lines(skip, extra))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.process_time()
difference = compare(old, new)
print(time.process_time() - started, len(difference.removed), len(difference.added),
      (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    seconds, gone, come, mib = done.stdout.split()
    print(done.stdout)
    assert (gone, come) == ("1000", "1500")
    assert float(seconds) < 10
    assert int(mib) < 50
