"""Validating about 100 thousand triples by the project's shapes: kclod against pySHACL over all of it.

    python -m tests.bench.shapes [--articles N | --release DIR] [--faults N] [--runs N] [--million N]

The data are the default graph and the provenance graph of a release of a generated project, with a seeded number of
faults. Each validates in a process of its own what it has in memory in the form it likes best (statements; a graph of
rdflib): neither imports nor reading the data count. Times are of the processor; kclod also checks the shapes and tries
them. The results are compared as multisets first. Then kclod alone, on copies of the same data under other names,
as many as make a million triples.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import rdflib

from kclod.shacl import validate
from tests.bench.articles import generate
from tests.bench.measure import ROOT, Measured, report, timed

GRAPHS = ("", "<https://w3id.org/kclod/graph/provenance>")
MADE = re.compile(r"<(https://w3id\.org/kclod/(?:claim/[^>#]*|id/[^>#]*-[gp]\d+[^>#]*))")
"""An IRI of something that belongs to generated articles alone."""
OTHERS = ('"x"', '"x"@en', '"-7"^^<http://www.w3.org/2001/XMLSchema#integer>', "<https://example.org/nothing>")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", type=int, default=64, help="how many are generated")
    parser.add_argument("--release", type=Path, help="a release of such a project, instead of building one")
    parser.add_argument("--faults", type=int, default=60, help="statements that are dropped or spoilt")
    parser.add_argument("--runs", type=int, default=3, help="how often kclod is run")
    parser.add_argument("--million", type=int, default=1_000_000, help="triples of the run alone; 0: none")
    parser.add_argument("--validate", nargs=2, metavar=("WHO", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.validate:
        who, file = options.validate
        print(json.dumps((_by_kclod if who == "kclod" else _by_pyshacl)(Path(file))))
        return
    with tempfile.TemporaryDirectory() as folder:
        _compare(Path(folder), options)


def _compare(folder: Path, options: argparse.Namespace) -> None:
    statements = _statements(options.release or _built(folder, options.articles))
    data = folder / "data.nt"
    _write(data, _spoilt(statements, options.faults, random.Random(1)))
    own = _run("kclod", data, options.runs)
    full = _run("pyshacl", data, 1)
    found, expected = json.loads(own.output), json.loads(full.output)
    if (found["results"], found["digest"]) != (expected["results"], expected["digest"]) or not found["results"]:
        sys.exit(f"the results differ, or there are none: {found} {expected}")
    title = f"Validation of {len(statements)} triples, {found['results']} results, the same from both"
    report(title, [own, full], own, faster=True)
    if options.million:
        _write(data, _copies(statements, options.million))
        alone = _run("kclod", data, 1)
        size = json.loads(alone.output)["triples"]
        report(f"Validation of {size} triples", [alone], own)


def _run(who: str, data: Path, runs: int) -> Measured:
    name = {"kclod": "kclod", "pyshacl": "pySHACL over all"}[who]
    command = [sys.executable, "-m", "tests.bench.shapes", "--validate", who, str(data)]
    return timed(name, command, runs=runs, own_time=True)


def _built(folder: Path, articles: int) -> Path:
    """A release of a generated project."""
    project = generate(ROOT, folder / "project", articles)
    command = [
        sys.executable,
        "-m",
        "kclod",
        "build",
        "--project",
        str(project),
        "--releases",
        str(folder / "releases"),
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "releases" / "current"


def _statements(release: Path) -> list[str]:
    """The two graphs of a release, without blank nodes, which labels would tell apart."""
    [dump] = (release / "dumps").glob("*.nq")
    found: dict[str, None] = {}
    for line in dump.read_text("utf-8").split("\n"):
        if line and "_:" not in line:
            statement, graph = _without_graph(line.removesuffix(" ."))
            if graph in GRAPHS:
                found[statement] = None
    return list(found)


def _without_graph(quad: str) -> tuple[str, str]:
    subject, predicate, rest = quad.split(" ", 2)
    ends = rest.rindex('"') if rest.startswith('"') else 0
    space = rest.find(" ", ends)
    value, graph = (rest, "") if space < 0 else (rest[:space], rest[space + 1 :])
    return f"{subject} {predicate} {value}", graph


def _spoilt(statements: list[str], faults: int, chance: random.Random) -> list[str]:
    changed = list(statements)
    for number in range(faults):
        place = chance.randrange(len(changed))
        subject, predicate, _ = changed[place].split(" ", 2)
        if number % 2:
            changed[place] = f"{subject} {predicate} {chance.choice(OTHERS)}"
        else:
            del changed[place]
    return list(dict.fromkeys(changed))


def _copies(statements: list[str], size: int) -> Iterable[str]:
    own = [statement for statement in statements if MADE.search(statement)]
    yield from statements
    for number in range(max(0, size - len(statements)) // len(own) + 1):
        yield from (MADE.sub(rf"<\1-copy{number}", statement) for statement in own)


def _write(file: Path, statements: Iterable[str]) -> None:
    with file.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(f"{statement} .\n" for statement in statements)


def _shapes() -> list[Path]:
    return sorted((ROOT / "shapes").glob("*.ttl"))


def _by_kclod(file: Path) -> dict[str, object]:
    with file.open(encoding="utf-8", newline="\n") as lines:
        data = [line[:-3] for line in lines]
    start = time.process_time()
    found = validate(data, _shapes())
    seconds = time.process_time() - start
    results = [
        (r.focus, r.value or "", r.shape[:2] if r.shape.startswith("_:") else r.shape, r.constraint, r.severity)
        for r in found.results
    ]
    return _summary(seconds, len(data), results)


def _by_pyshacl(file: Path) -> dict[str, object]:
    rdflib.NORMALIZE_LITERALS = False
    data = rdflib.Graph(bind_namespaces="none").parse(file, format="nt")
    start = time.process_time()
    shapes = rdflib.Graph()
    for path in _shapes():
        shapes.parse(path)
    _, found, _ = pyshacl.validate(data, shacl_graph=shapes, inplace=True)
    seconds = time.process_time() - start
    sh = rdflib.Namespace("http://www.w3.org/ns/shacl#")
    names = ("focusNode", "value", "sourceShape", "sourceConstraintComponent", "resultSeverity")
    results = [
        tuple(_text(found.value(result, sh[name])) for name in names)
        for result in found.subjects(rdflib.RDF.type, sh.ValidationResult)
    ]
    return _summary(seconds, len(data), results)


def _text(term: object) -> str:
    match term:
        case rdflib.BNode():
            return "_:"
        case rdflib.Literal():
            named = ox.NamedNode(str(term.datatype)) if term.datatype else None
            literal = (
                ox.Literal(str(term), language=term.language)
                if term.language
                else ox.Literal(str(term), datatype=named)
            )
            return str(literal)
        case _:
            return str(term or "")


def _summary(seconds: float, triples: int, results: Iterable[tuple[str, ...]]) -> dict[str, object]:
    ordered = sorted("\t".join(result) for result in results)
    digest = hashlib.sha256("\n".join(ordered).encode()).hexdigest()
    return {"seconds": seconds, "triples": triples, "results": len(ordered), "digest": digest}


if __name__ == "__main__":
    main()
