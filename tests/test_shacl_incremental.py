"""Validating what changed gives the report of validating everything."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kclod import rdf
from kclod.shacl import Report, Standing, revalidate, validate
from kclod.view import Held
from tests.test_shacl_select import DATA, EX, PREFIXES, ROOT, SHAPES, graph, mutated, outcome


def statements(text: str) -> list[str]:
    return list(map(str, graph(text)))


def after(
    before: Report, old: list[str], new: list[str], shapes: list[Path], extra: list[str], *, checked: bool = True
) -> Report | None:
    """The report on the new data, from how the old ones stood; that goes through JSON, as it is kept in a file."""
    assert before.standing is not None
    standing = Standing(**json.loads(json.dumps(asdict(before.standing))))
    changed = set(old) ^ set(new)
    return revalidate(Held(new), shapes, changed=changed, standing=standing, extra=extra, checked=checked)


NAMED = DATA.map(lambda text: text.replace("_:e", "ex:e").replace("_:f", "ex:f"))


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    shapes=SHAPES,
    versions=st.lists(NAMED, min_size=2, max_size=3),
    kept=st.sets(st.integers(0, 24)),
    extra=st.sampled_from(["", "ex:D rdfs:subClassOf ex:C .", "ex:a a ex:C ; ex:p ex:b ."]),
)
def test_random_shapes_data_and_edits(
    tmp_path: Path, shapes: str, versions: list[str], kept: set[int], extra: str
) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(PREFIXES + shapes, "utf-8")
    others = statements(extra)
    stays = [line for number, line in enumerate(versions[0].splitlines()) if number in kept]
    data = [statements(versions[0]), *(statements("\n".join([*stays, text])) for text in versions[1:])]
    report = outcome(lambda: validate(data[0], [file], extra=others))
    for old, new in pairwise(data):
        if isinstance(report, str) or report.standing is None:
            return
        known, full = report, outcome(lambda new=new: validate(new, [file], extra=others, checked=True))
        report = outcome(lambda old=old, new=new, known=known: after(known, old, new, [file], others))
        assert report == full
        if not isinstance(full, str):
            assert not isinstance(report, str)
            assert report.standing == full.standing


@pytest.mark.parametrize("seed", range(4))
def test_the_projects_shapes_on_edits(seed: int) -> None:
    files = sorted((ROOT / "shapes").glob("*.ttl"))
    ontology = [str(q.triple) for path in sorted((ROOT / "ontology").glob("*.ttl")) for q in rdf.read(path)]
    good = rdf.triples_of(rdf.read(ROOT / "tests" / "content" / "good.ttl"))
    chance = random.Random(seed)
    versions: list[list[ox.Triple]] = [good, mutated(good, chance)]
    versions.append(mutated(versions[1], chance))
    data = [list(dict.fromkeys(map(str, version))) for version in versions]
    report = validate(data[0], files, extra=ontology)
    for old, new in pairwise(data):
        found = after(report, old, new, files, ontology)
        full = validate(new, files, extra=ontology, checked=True)
        assert found == full
        assert found is not None
        assert found.standing == full.standing
        report = full


SHAPE = "ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property [ sh:path ( ex:p ex:q ) ; sh:minCount 1 ] ."


def report_on(tmp_path: Path, shape: str, data: str) -> tuple[Report, Path]:
    file = tmp_path / "shapes.ttl"
    file.write_text(PREFIXES + shape, "utf-8")
    return validate(statements(data), [file]), file


def test_what_is_kept(tmp_path: Path) -> None:
    report, _ = report_on(tmp_path, SHAPE, "ex:a a ex:C . ex:b a ex:C ; ex:p ex:c . ex:c ex:q 1 .")
    assert report.standing == Standing({f"<{EX}S>": 2}, {f"<{EX}S>": [f"<{EX}a>"]})


def test_a_shape_gains_and_loses_its_last_focus_node(tmp_path: Path) -> None:
    report, file = report_on(tmp_path, SHAPE, "")
    assert report.untargeted == (EX + "S",)
    one = "ex:a a ex:C ; ex:p ex:b . ex:b ex:q 1 ."
    second = after(report, [], statements(one), [file], [])
    assert second is not None
    assert (second.untargeted, second.warnings, second.conforms) == ((), (), True)
    third = after(second, statements(one), statements("ex:b ex:q 1 ."), [file], [])
    assert third == report


@pytest.mark.parametrize(
    "shape",
    [
        "ex:S sh:targetClass ex:C ; sh:property [ sh:path [ sh:inversePath ( ex:p ex:q ) ] ; sh:maxCount 9 ] .",
        "ex:S sh:targetClass ex:C ; sh:sparql [ sh:select 'SELECT $this { ?x <x:p> ?y }' ] .",
        (
            "ex:Own a sh:ConstraintComponent ; sh:parameter [ sh:path ex:not ] ; sh:validator [ a sh:SPARQLAskValidator"
            " ; sh:ask 'ASK { FILTER ($value != $not) }' ] . ex:S sh:targetClass ex:C ; ex:not ex:b ."
        ),
    ],
)
def test_shapes_that_are_not_local_have_no_standing(tmp_path: Path, shape: str) -> None:
    report, _ = report_on(tmp_path, shape, "ex:a a ex:C .")
    assert report.standing is None


@pytest.mark.parametrize("more", ["ex:D rdfs:subClassOf ex:C .", "ex:a ex:p [] .", "[] ex:p ex:a ."])
def test_changes_that_are_not_local(tmp_path: Path, more: str) -> None:
    report, file = report_on(tmp_path, SHAPE, "ex:a a ex:C .")
    old = statements("ex:a a ex:C .")
    assert after(report, old, [*old, *statements(more)], [file], []) is None
    report, file = report_on(tmp_path, SHAPE.replace("ex:S", "ex:Other"), "ex:a a ex:C .")
    file.write_text(PREFIXES + SHAPE, "utf-8")
    assert after(report, old, old, [file], []) is None


def test_rdflib_and_pyshacl_are_not_imported_where_all_conforms(tmp_path: Path) -> None:
    shape = SHAPE + "ex:N sh:targetObjectsOf ex:n ; sh:datatype xsd:integer ; sh:minInclusive 1 ."
    report, file = report_on(tmp_path, shape, "ex:b ex:q 1 ; ex:n 7 .")
    assert report.standing is not None
    code = (
        "import sys, json; from pathlib import Path; from kclod.shacl import Standing, revalidate\n"
        "from kclod.view import Held\n"
        "new, changed, standing = json.load(sys.stdin)\n"
        "r = revalidate(Held(new), [Path(sys.argv[1])], changed=changed, standing=Standing(**standing))\n"
        "print(r.conforms, sorted({'rdflib', 'pyshacl'} & sys.modules.keys()))"
    )
    old, new = statements("ex:b ex:q 1 ; ex:n 7 ."), statements("ex:b ex:q 1 ; ex:n 7 , 8 . ex:a a ex:C ; ex:p ex:b .")
    given_to = json.dumps([new, sorted(set(old) ^ set(new)), asdict(report.standing)])
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], input=given_to, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True []\n"
