"""Inference: `python -m tests.bench.inference [--triples 10000] [--large 1000000] [--articles 20]`.

Data are the default graph of a generated project before inference, with the project's ontology. Compared are, each in
a process of its own and timed without reading the files:

- kclod and owlrl over the same small data: what both publish has to be equal, and what only one has is shown (owlrl
  overlooks the last property of a key, so owl:hasKey is left out; tests/test_reason_oracle.py lists its faults);
- `reasonable` (Rust), on the same data: it is timed, and what it misses and adds is counted;
- kclod over large data, made of renamed copies of the small: time and peak memory of the whole process, the file being
  read as a stream;
- `update` after the claims of an article are taken out, against `infer` over the whole.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kclod import rdf
from tests.bench.articles import generate
from tests.bench.measure import ROOT, Measured, peer, report, timed

RUNNERS = Path(__file__).parent / "inference_runners"
BUILT_IN = (
    "<http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "<http://www.w3.org/2000/01/rdf-schema#",
    "<http://www.w3.org/2002/07/owl#",
    "<http://www.w3.org/2001/XMLSchema#",
)
REFLEXIVE = ("sameAs>", "subClassOf>", "subPropertyOf>", "equivalentClass>", "equivalentProperty>")
THING = "<http://www.w3.org/2002/07/owl#Thing>"
NOTHING = "<http://www.w3.org/2002/07/owl#Nothing>"


def project_graphs(folder: Path, articles: int) -> tuple[list[str], list[str]]:
    """The default graph of a generated project without what was inferred, and its ontology."""
    project = generate(ROOT, folder / "project", articles)
    releases = folder / "releases"
    timed("build", [sys.executable, "-m", "kclod", "build", "-p", project, "--releases", releases], runs=1)
    default: set[str] = set()
    named: dict[str, set[str]] = {}
    for quad in rdf.read(next((releases / "current" / "dumps").glob("*.nq"))):
        graph = quad.graph_name
        chosen = default if graph == rdf.DEFAULT_GRAPH else named.setdefault(str(graph).rpartition("/")[2], set())
        chosen.add(str(quad.triple))
    ontology = named["ontology>"]
    return sorted(default - named["inferred>"] - ontology), sorted(ontology)


def copies(statements: list[str], size: int) -> Iterator[str]:
    """So many statements: the given ones, their things and texts renamed in every copy."""
    for number in range(size):
        copy, place = divmod(number, len(statements))
        yield statements[place].replace("/id/", f"/id/c{copy}/").replace('"@', f' {copy}"@')


def is_worthwhile(statement: str) -> bool:
    """Whether kclod would publish it; the same rules as in tests/test_reason_oracle.py."""
    s, p, o = statement.split(" ", 2)
    if s[0] == '"' or "_:" in (s[:2], o[:2]):
        return False
    if s == o and p.endswith(REFLEXIVE):
        return False
    if o == THING and p.endswith(("type>", "subClassOf>", "domain>", "range>")):
        return False
    return not (s == NOTHING and p.endswith("subClassOf>")) and not (s.startswith(BUILT_IN) and o.startswith(BUILT_IN))


def closure(file: Path, given: set[str]) -> set[str]:
    """The worthwhile statements of a file that were not given."""
    found = {str(quad.triple) for quad in rdf.read(file)} if file.exists() else set()
    return {statement for statement in found - given if is_worthwhile(statement)}


def compare(name: str, theirs: set[str], ours: set[str]) -> None:
    """Print how two closures differ."""
    print(f"  what follows: kclod {len(ours)}, {name} {len(theirs)}, in both {len(ours & theirs)}")
    for title, difference in ((f"only {name}", theirs - ours), ("only kclod", ours - theirs)):
        for statement in sorted(difference)[:3]:
            print(f"    {title} ({len(difference)}): {statement[:200]}")


def write(path: Path, statements: Iterator[str] | list[str]) -> Path:
    """As N-Triples."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{statement} .\n" for statement in statements)
    return path


def attempt(python: Path, runner: str, *files: Path) -> Measured | None:
    """A peer's time; None when it fails."""
    try:
        return timed(runner, [python, RUNNERS / f"{runner}.py", *files], runs=1, own_time=True)
    except SystemExit as failure:
        print(f"  {failure}")
        return None


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--triples", type=int, default=10_000, help="data and ontology together, against the peers")
    parser.add_argument("--large", type=int, default=1_000_000, help="for time and memory alone")
    parser.add_argument("--articles", type=int, default=20, help="of the generated project")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        data, axioms = project_graphs(folder, chosen.articles)
        ontology = write(folder / "ontology.nt", [axiom for axiom in axioms if "owl#hasKey>" not in axiom])
        small = write(folder / "small.nt", copies(data, chosen.triples - len(axioms)))
        out = folder / "kclod.nt"
        kclod = [sys.executable, RUNNERS / "kclod_infer.py"]
        ours = timed("kclod infer", [*kclod, small, ontology, out], own_time=True)
        given = {str(quad.triple) for path in (small, ontology) for quad in rdf.read(path)}
        follows = closure(out, given)
        report(f"Inference over {chosen.triples} triples", [ours], ours)
        peers = {
            "owlrl": peer("owlrl", "owlrl==7.6.2", "rdflib>=7.1,<8"),
            "reasonable": peer("reasonable", "reasonable", "rdflib>=7.1,<8"),
        }
        for name, python in peers.items():
            theirs = folder / f"{name}.nt"
            measured = attempt(python, f"{name}_infer", small, ontology, theirs)
            if measured:
                report(f"{name}, in times of kclod's", [measured], ours)
                compare(name, closure(theirs, given), follows)
        large = write(folder / "large.nt", copies(data, chosen.large))
        row = timed("kclod infer", [*kclod, large, ontology, out], runs=1, own_time=True)
        report(f"Inference over {chosen.large} triples and the ontology (peak memory of the process)", [row], row)
        part = write(folder / "part.nt", copies(data, chosen.large // 4))
        changed = timed("kclod update", [sys.executable, RUNNERS / "kclod_update.py", part, ontology], own_time=True)
        whole = timed("kclod infer", [*kclod, part, ontology, out], own_time=True)
        report(f"A change of 300 statements in {chosen.large // 4}; infer in times of it", [changed, whole], changed)


if __name__ == "__main__":
    main()
