"""The RML-Core cases over JSON (github kg-construct/rml-core, test-cases), listed by their own metadata.csv."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pyoxigraph as ox
import pytest
from _pytest.mark import ParameterSet

from kclod import rdf
from kclod.errors import KclodError
from kclod.rml import MapResult, compile_mappings, run

CASES = 76

DIFFERENT = {
    "RMLTC0027b-JSON": (
        "its output has IRIs with a space, which no RDF syntax allows; RML-Core section 12.2 asks for a data error"
        " unless an rml:UnsafeIRI is a valid absolute IRI (see kg-construct/rml-core issue 265)"
    ),
}
"""Cases whose expected output is not ours, with the reason. Each has a test of its own that says what we do instead."""


def rows() -> list[dict[str, str]]:
    suites = Path(os.environ.get("KCLOD_SUITES") or Path(__file__).parents[3] / "shared" / "suites")
    path = suites / "rml-core" / "metadata.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def map_case(suites: Path, row: dict[str, str]) -> MapResult:
    folder = suites / "rml-core" / row["ID"]
    return run(compile_mappings([folder / row["mapping"]]), sources=folder, base_iri=row["base_iri"])


def read_quads(path: Path) -> list[ox.Quad]:
    return list(ox.parse(path.read_bytes(), ox.RdfFormat.N_QUADS, lenient=True))


def test_all_cases_are_found(suites: Path) -> None:
    assert len(rows()) == CASES
    assert {row["ID"] for row in rows()} >= DIFFERENT.keys()


def parameters(*, error: bool) -> list[ParameterSet]:
    return [
        pytest.param(
            row,
            id=row["ID"],
            marks=[pytest.mark.xfail(reason=DIFFERENT[row["ID"]], strict=True)] if row["ID"] in DIFFERENT else [],
        )
        for row in rows()
        if row["error"] == ("true" if error else "false")
    ]


@pytest.mark.parametrize("row", parameters(error=False))
def test_output(suites: Path, row: dict[str, str]) -> None:
    result = map_case(suites, row)
    expected = read_quads(suites / "rml-core" / row["ID"] / "output.nq")
    assert rdf.canonical(result.quads).decode() == rdf.canonical(expected).decode()
    assert result.rejects == ()


@pytest.mark.parametrize("row", parameters(error=True))
def test_error(suites: Path, row: dict[str, str]) -> None:
    """A wrong mapping or a missing source is refused; wrong data is rejected. Either way the place is named."""
    try:
        problems = [reject.to_problem() for reject in map_case(suites, row).rejects]
    except KclodError as error:
        problems = list(error.problems)
    assert problems
    assert all(problem.file and (problem.line or problem.item) for problem in problems)


def test_unsafe_iris_with_a_space_are_rejected_and_named(suites: Path) -> None:
    (row,) = (row for row in rows() if row["ID"] == "RMLTC0027b-JSON")
    result = map_case(suites, row)
    expected = read_quads(suites / "rml-core" / row["ID"] / "output.nq")
    valid = [quad for quad in expected if " " not in quad.subject.value]
    assert result.quads == valid
    rejected = {reject.value for reject in result.rejects}
    assert rejected == {quad.subject.value for quad in expected if quad not in valid}
