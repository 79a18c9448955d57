"""The OWL 2 RL rule cases: data, and what it entails or that it is inconsistent. Nothing is skipped."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from kclod.reason import explain, infer

CASES = 44
EXPECTED_FAILURES: dict[str, str] = {}
"""Case → why it cannot pass."""


def suite() -> dict[str, Any]:
    folder = Path(os.environ.get("KCLOD_SUITES") or Path(__file__).parents[3] / "shared" / "suites")
    path = folder / "owl-rl.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {"prefixes": "", "cases": []}


def triples(text: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(suite()["prefixes"] + text, ox.RdfFormat.TURTLE)]


def test_the_suite_is_whole(suites: Path) -> None:
    names = [case["rule"] for case in suite()["cases"]]
    assert len(names) == CASES
    assert set(EXPECTED_FAILURES) <= set(names)


@pytest.mark.parametrize("case", suite()["cases"], ids=lambda case: case["rule"])
def test_case(case: dict[str, Any], request: pytest.FixtureRequest) -> None:
    if case["rule"] in EXPECTED_FAILURES:
        request.applymarker(pytest.mark.xfail(reason=EXPECTED_FAILURES[case["rule"]], strict=True))
    data = triples(case["data"])
    result = infer(data)
    assert bool(result.clashes) is case["inconsistent"]
    if case["inconsistent"]:
        assert result.clashes[0].rule.startswith(case["rule"].split("(")[0])
        assert set(result.clashes[0].triples) <= {*data, *result.triples}
    else:
        expected = triples(case["entails"])
        assert set(expected) <= {*data, *result.triples}
        for triple in expected:
            assert explain(data, [], triple)[-1].triple == triple


@pytest.mark.parametrize("case", suite()["cases"], ids=lambda case: case["rule"])
def test_where_the_axioms_stand_makes_no_difference(case: dict[str, Any]) -> None:
    data = triples(case["data"])
    for cut in range(len(data)):
        assert infer(data[cut:], data[:cut]) == infer(data)
