"""What the dumps of a release take that are made on request: processor time, memory and size of each.

    python -m tests.bench.dumps [--articles 400] [--releases DIR]

Each is made by a process of its own, as the server has it done, in an order in which what it is made from is there.
The size of the release is that of the other figures of a million quads (400 articles).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from kclod.dumps import kept, offered
from kclod.release import Release, current
from tests.bench.hubs import build
from tests.bench.measure import timed

NAMES = {
    "graph-provenance.nt": "all N-Triples and N-Quads of parts, in one pass",
    "trig": "whole dataset as TriG",
    "jsonld": "whole dataset as JSON-LD",
    "rdf": "default graph as RDF/XML",
    "claims.trig": "claims as TriG",
    "graph-provenance.ttl": "provenance as Turtle",
    "nq.gz": "N-Quads with gzip",
    "nq.zst": "N-Quads with Zstandard",
    "trig.gz": "TriG with gzip",
    "trig.zst": "TriG with Zstandard",
    "tables.sqlite": "tables of all classes as SQLite",
}
"""By what a name ends with, after the dataset's."""
_MB = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--releases", type=Path, help="releases that are there already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        releases = options.releases or build(Path(scratch), options.articles)
        release = current(releases)
        counts = json.loads((release.path / "manifest.json").read_text("utf-8"))["counts"]
        print(f"\nDumps made on request, {counts['quads']:,} quads")
        found = offered(release)
        for ending, called in NAMES.items():
            name = next(name for name in found if name.partition(".")[2] == ending)
            _show(called, [sys.executable, "-m", "kclod.dumps", release.path, name], _size(release, name))
        target = Path(scratch) / "nanopubs.trig"
        command = [sys.executable, "-m", "kclod", "export", "nanopubs", target, "--releases", releases]
        _show("nanopublications of all claims", command, lambda: target.stat().st_size)


def _size(release: Release, name: str) -> Callable[[], int]:
    def size() -> int:
        made = kept(release, offered(release)[name])
        if made is None:
            raise SystemExit(f"{name} was not made")
        return made.path.stat().st_size

    return size


def _show(called: str, command: Sequence[str | Path], size: Callable[[], int]) -> None:
    found = timed(called, command, runs=1)
    print(f"  {called:50}{found.cpu:6.1f} s of processor{found.megabytes:7.0f} MiB{size() / _MB:9.1f} MB", flush=True)


if __name__ == "__main__":
    main()
