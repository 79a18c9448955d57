"""The SHACL Core part of the W3C data-shapes suite, found through its manifests (mf:include).

No case is left out.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyoxigraph as ox
import pytest
from _pytest.mark import ParameterSet

from kclod import rdf
from kclod.errors import UndecidedError
from kclod.shacl import validate
from kclod.shacl.paths import list_items, path_text
from kclod.shacl.shapes import Shapes, read_shapes
from kclod.vocab import SH, Namespace

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = Namespace("http://www.w3.org/ns/shacl-test#")
EXPECTED_FAILURES: dict[str, str] = {}
"""Case → why it is known to fail. None does."""
SUITES = Path(os.environ.get("KCLOD_SUITES") or Path(__file__).parents[3] / "shared" / "suites")


@dataclass(frozen=True)
class Case:
    name: str
    file: Path
    node: ox.NamedNode | ox.BlankNode


def file_of(iri: str) -> Path:
    return Path(unquote(urlsplit(iri).path))


def cases(manifest: Path) -> Iterator[Case]:
    """The cases of a manifest and of all that it includes; names are paths below the suite."""
    quads = rdf.read(manifest)
    for quad in quads:
        if quad.predicate == MF["include"]:
            yield from cases(file_of(quad.object.value))
    if any(quad.predicate == MF["entries"] for quad in quads):
        read = read_shapes([manifest])
        for triple in read.triples:
            if triple.predicate == MF["entries"]:
                for entry in list_items(read, triple.object) or ():
                    yield Case(f"{manifest.parent.name}/{manifest.stem}", manifest, entry)


def all_cases() -> list[Case]:
    top = SUITES / "shacl-core" / "manifest.ttl"
    return sorted(cases(top), key=lambda case: case.name) if top.is_file() else []


def results_expected(read: Shapes, report: ox.NamedNode | ox.BlankNode, anonymous: bool) -> Counter[tuple[str, ...]]:
    """The properties that the suite compares: a tuple a result."""
    return Counter(
        (
            *(term(read.objects(result, SH[name]), anonymous) for name in ("focusNode", "value", "sourceShape")),
            *(path_text(read, path) for path in read.objects(result, SH["resultPath"]) or [ox.NamedNode("x:none")]),
            *(term(read.objects(result, SH[n]), anonymous) for n in ("sourceConstraintComponent", "resultSeverity")),
        )
        for result in read.objects(report, SH["result"])
    )


def term(terms: list[rdf.Term], anonymous: bool) -> str:
    text = "".join(t.value if isinstance(t, ox.NamedNode) else str(t) for t in terms)
    return "_:" if anonymous and text.startswith("_:") else text


def labelled(text: str | None, anonymous: bool) -> str:
    """A term of our report with the label that reading the case's own file gives its blank nodes."""
    if text is None or not text.startswith("_:"):
        return text or ""
    return "_:" if anonymous else text.replace("_:dn", "_:s0n").replace("_:d", "_:s0n")


def parameters() -> list[ParameterSet]:
    """The cases; those that are known to fail must."""
    return [
        pytest.param(
            case,
            id=case.name,
            marks=[pytest.mark.xfail(reason=reason)] if (reason := EXPECTED_FAILURES.get(case.name)) else [],
        )
        for case in all_cases()
    ]


@pytest.mark.parametrize("case", parameters())
def test_case(case: Case) -> None:
    read = read_shapes([case.file])
    [action], [expected] = read.objects(case.node, MF["action"]), read.objects(case.node, MF["result"])
    [data_file] = (file_of(t.value) for t in read.objects(action, SHT["dataGraph"]))
    [shapes_file] = (file_of(t.value) for t in read.objects(action, SHT["shapesGraph"]))
    # Blank nodes can be told apart only where data, shapes and expected report share a file.
    anonymous = not case.file == data_file == shapes_file
    data = rdf.triples_of(rdf.read(data_file))
    if expected == SHT["Failure"]:
        with pytest.raises(UndecidedError):
            validate(data, [shapes_file])
        return
    report = validate(data, [shapes_file])
    found = Counter(
        (
            *(labelled(text, anonymous) for text in (result.focus, result.value, result.shape)),
            result.path or "x:none",
            result.constraint,
            result.severity,
        )
        for result in report.results
    )
    assert found == results_expected(read, expected, anonymous)
    assert read.objects(expected, SH["conforms"]) == [ox.Literal(report.conforms)]


def test_the_suite_is_whole(suites: Path) -> None:
    """Every file that holds a case was found through the manifests."""
    folder = (suites / "shacl-core").resolve()
    with_cases = {p for p in folder.rglob("*.ttl") if "sht:Validate" in p.read_text("utf-8")}
    assert {case.file for case in all_cases()} == with_cases
    assert len(with_cases) > 90
    assert EXPECTED_FAILURES.keys() <= {case.name for case in all_cases()}
