"""The first rendering of the pages of hubs, in a generated graph of about a million triples.

    python -m tests.bench.hubs [--articles N] [--releases DIR]

Each page is asked for once in a process of its own, whose site is warm: `kclod serve` warms it before it listens.
Printed are wall and processor time of the first rendering, and wall time of the second.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pyoxigraph as ox

from kclod.rdf import DEFAULT_GRAPH
from kclod.release import Release, current
from kclod.store import open_read_only
from kclod.web.app import close, create_app, warm
from tests.bench.articles import generate
from tests.bench.measure import ROOT

HUBS, LIMIT = 5, 0.2
"""How many hubs are measured; the seconds that the issue allows."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", type=int, default=1_200, help="how many articles are generated")
    parser.add_argument("--releases", type=Path, help="releases that are there already")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(_render(current(options.releases), options.one)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        releases = options.releases or build(Path(scratch), options.articles)
        release = current(releases)
        counts = json.loads((release.path / "manifest.json").read_text("utf-8"))["counts"]
        print(f"\nPages of hubs, first rendering; {counts['default_graph_triples']:,} triples vouched for")
        for path, links in _hubs(release):
            command = [sys.executable, "-m", "tests.bench.hubs", "--releases", releases, "--one", path]
            done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
            wall, cpu, again, size = json.loads(done.stdout)
            verdict = "" if wall <= LIMIT else "  MORE THAN THE LIMIT"
            print(
                f"  {path:45}{links:8,} links  {wall * 1e3:6.0f} ms ({cpu * 1e3:.0f} of processor), "
                f"then {again * 1e3:.0f} ms, {size / 1024:.0f} kB{verdict}"
            )


def build(folder: Path, articles: int) -> Path:
    project = generate(ROOT, folder / "project", articles)
    command = [sys.executable, "-m", "kclod", "build", "--project", project, "--releases", folder / "releases"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder / "releases"


def _hubs(release: Release) -> list[tuple[str, int]]:
    things = f"{release.site.base_iri}id/"
    quads = open_read_only(release.store_path).quads_for_pattern(None, None, None, DEFAULT_GRAPH)
    counts = Counter(q.object.value for q in quads if isinstance(q.object, ox.NamedNode))
    found = [(iri.removeprefix(things), n) for iri, n in counts.most_common() if iri.startswith(things)]
    return found[:HUBS]


def _render(release: Release, path: str) -> tuple[float, float, float, int]:
    app = create_app(release)
    warm(app)
    client = app.test_client()
    headers = {"Accept": "text/html"}
    began, worked = time.perf_counter(), time.process_time()
    response = client.get(f"/page/{path}", headers=headers)
    wall, cpu = time.perf_counter() - began, time.process_time() - worked
    began = time.perf_counter()
    client.get(f"/page/{path}", headers=headers)
    again = time.perf_counter() - began
    close(app)
    if response.status_code != 200:
        sys.exit(f"{path}: {response.status_code}")
    return wall, cpu, again, len(response.data)


if __name__ == "__main__":
    main()
