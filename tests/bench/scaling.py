"""A release on servers of others, and copies of it: publishing, first and further views, and equal answers.

    python -m tests.bench.scaling [--articles N]

A generated project is built twice, with a change of one article between. For each server that is installed: how long
`kclod publish` takes into an empty dataset, where the release is already, and in the place of the other release; then
pages and queries through `kclod serve --store`, first and again, beside the embedded store. For replicas: copies of the
release folder are served, and the ETags of all pages of a sample compared.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from tests.bench.articles import edit, generate
from tests.bench.measure import ROOT
from tests.servers import KINDS, Server, missing, server

KCLOD = [sys.executable, "-m", "kclod"]
QUERIES = {
    "COUNT by class": "SELECT ?c (COUNT(*) AS ?n) { ?s a ?c } GROUP BY ?c",
    "COUNT by graph": "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
    "1,000 rows": "SELECT ?s ?o { ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?o } LIMIT 1000",
}
SAMPLE = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        project, releases = generate(ROOT, folder / "project", options.articles), folder / "releases"
        first = _build(project, releases)
        edit(min((project / "examples/articles").glob("*.yaml")), seed=1)
        second = _build(project, releases)
        counts = json.loads((second / "manifest.json").read_text("utf-8"))["counts"]
        print(f"{counts['quads']:,} quads, {counts['named_graphs']:,} named graphs\n")
        with _site(second) as address:
            _views("embedded", address, second)
        for kind in KINDS:
            if reason := missing(kind):
                print(f"{kind}: {reason}")
                continue
            with server(kind, folder / kind) as there:
                print(f"{kind}: kclod publish, s (start of the process included)")
                for name, release in (("empty", first), ("there already", first), ("in place of another", second)):
                    print(f"  {name:42} {_publish(release, there):9.2f}", flush=True)
                with _site(second, "--store", there.query) as address:
                    _views(kind, address, second)
        _replicas(second, folder)


def _build(project: Path, releases: Path) -> Path:
    command = [*KCLOD, "build", "--project", project, "--releases", releases]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    return Path(printed.strip())


def _publish(release: Path, there: Server) -> float:
    names = {"KCLOD_STORE_USER": there.user, "KCLOD_STORE_PASSWORD": there.password} if there.user else {}
    started = time.perf_counter()
    command = [*KCLOD, "publish", "--release", release, "--to", there.query]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | names)
    return time.perf_counter() - started


@contextlib.contextmanager
def _site(release: Path, *options: str) -> Iterator[str]:
    port = "18765" if not options else "18766"
    if options[:1] == ("--port",):
        port, options = options[1], options[2:]
    command = [*KCLOD, "serve", "--release", str(release), "--port", port, "--client-seconds", "100000", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        assert process.stderr.readline().startswith("Serving"), "the site does not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(15)
        process.stderr.close()


def _views(name: str, address: str, release: Path) -> None:
    print(f"{name}: first and further view, ms")
    things = _things(release)[:SAMPLE:10]
    pages = {"/": ["/"], "/ontology": ["/ontology"], "pages of things (median)": things}
    for title, paths in pages.items():
        print(f"  {title:42} {_median(address, paths):9.1f} {_median(address, paths):9.1f}", flush=True)
    for title, query in QUERIES.items():
        paths = [f"/sparql?format=json&query={quote(query)}"]
        print(f"  {title:42} {_median(address, paths):9.1f} {_median(address, paths):9.1f}", flush=True)


def _median(address: str, paths: list[str]) -> float:
    taken = []
    for path in paths:
        started = time.perf_counter()
        with urllib.request.urlopen(f"{address}{path}", timeout=120) as response:
            response.read()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def _things(release: Path) -> list[str]:
    """The pages of some things of the dataset, spread over all."""
    base = json.loads((release / "site.json").read_text("utf-8"))["base_iri"]
    (dump,) = (release / "dumps").glob("*.nq")
    with dump.open(encoding="utf-8") as lines:
        subjects = dict.fromkeys(line.split(" ", 1)[0][1:-1] for line in lines if line.startswith(f"<{base}id/"))
    found = [f"/page/{iri.removeprefix(f'{base}id/')}" for iri in subjects if iri.isascii() and "#" not in iri]
    return found[:: max(1, len(found) // SAMPLE)]


def _replicas(release: Path, folder: Path) -> None:
    started = time.perf_counter()
    copy = folder / "elsewhere" / release.name
    shutil.copytree(release, copy)
    copied = time.perf_counter() - started
    size = sum(path.stat().st_size for path in release.rglob("*") if path.is_file())
    print(f"replicas\n  {f'a copy of the folder, {size >> 20} MiB, s':42} {copied:9.2f}")
    started = time.perf_counter()
    with _site(release) as one, _site(copy, "--port", "18767") as other:
        print(f"  {'start of two, until they answer, s':42} {time.perf_counter() - started:9.2f}")
        paths = ["/", "/ontology", "/dumps/", *_things(release)]
        same = sum(_tag(one, path) == _tag(other, path) for path in paths)
        print(f"  {'pages with equal ETags':42} {same:5} of {len(paths)}")
        if same != len(paths):
            sys.exit("replicas of one release differ")
        if shutil.which("wrk"):
            for name, path in (("a page", paths[5]), ("a kept query", f"/sparql?query={quote('ASK {}')}")):
                _tag(one, path)
                said = subprocess.run(
                    ["wrk", "-t1", "-c8", "-d5s", f"{one}{path}"], capture_output=True, text=True, check=True
                ).stdout
                rate = next(line.split()[1] for line in said.splitlines() if line.startswith("Requests/sec"))
                print(f"  {f'{name}, requests a second of one replica':42} {float(rate):9.0f}")


def _tag(address: str, path: str) -> str | None:
    with urllib.request.urlopen(f"{address}{path}", timeout=60) as response:
        return str(response.headers["ETag"])


if __name__ == "__main__":
    main()
