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

AS_TEXT = {"RMLTC0027b-JSON"}
"""Cases whose output has IRIs with a space (kg-construct/rml-core, issue 265): compared as the lines that they are."""


def rows() -> list[dict[str, str]]:
    suites = Path(os.environ.get("KCLOD_SUITES") or Path(__file__).parents[3] / "shared" / "suites")
    path = suites / "rml-core" / "metadata.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def map_case(suites: Path, row: dict[str, str]) -> MapResult:
    folder = suites / "rml-core" / row["ID"]
    mapping = compile_mappings([folder / row["mapping"]])
    return run(mapping, sources=folder, base_iri=row["base_iri"], unsafe=row["ID"] in AS_TEXT)


def read_quads(path: Path) -> list[ox.Quad]:
    return list(ox.parse(path.read_bytes(), ox.RdfFormat.N_QUADS, lenient=True))


def test_all_cases_are_found(suites: Path) -> None:
    assert len(rows()) == CASES
    assert {row["ID"] for row in rows()} >= AS_TEXT


def parameters(*, error: bool) -> list[ParameterSet]:
    return [pytest.param(row, id=row["ID"]) for row in rows() if row["error"] == ("true" if error else "false")]


@pytest.mark.parametrize("row", parameters(error=False))
def test_output(suites: Path, row: dict[str, str]) -> None:
    result = map_case(suites, row)
    expected = read_quads(suites / "rml-core" / row["ID"] / "output.nq")
    if row["ID"] in AS_TEXT:
        text = (suites / "rml-core" / row["ID"] / "output.nq").read_text("utf-8")
        assert {f"{line} ." for line in result.lines} == set(filter(None, text.split("\n")))
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


def test_unsafe_iris_with_a_space_are_rejected_where_a_release_is_made(suites: Path) -> None:
    """Nothing asks for them there, so that no release can have what no RDF syntax allows."""
    (row,) = (row for row in rows() if row["ID"] == "RMLTC0027b-JSON")
    folder = suites / "rml-core" / row["ID"]
    result = run(compile_mappings([folder / row["mapping"]]), sources=folder, base_iri=row["base_iri"])
    expected = read_quads(folder / "output.nq")
    valid = [quad for quad in expected if " " not in quad.subject.value]
    assert result.quads == valid
    rejected = {reject.value for reject in result.rejects}
    assert rejected == {quad.subject.value for quad in expected if quad not in valid}
