"""What a release needs by its size: disk by part, memory of the build and of the server, and the export as files.

    python -m tests.bench.needs [--articles 4,40,400] [--export 40] [--folder /where/there/is/room]

A generated project of each size is built and served; then 300 pages and 60 queries are asked for. Memory is the
largest resident set of any process of the build, and the sum of the proportional sets (PSS) of all processes of the
server after the requests. The sizes in `--export` are written by `kclod export site` too; memory is then the sum of the
PSS of all its processes, looked at ten times a second.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

from tests.bench.articles import generate
from tests.bench.measure import ROOT
from tests.servers import free_port

KCLOD = [sys.executable, "-m", "kclod"]
PARTS = ("dumps", "store", "text.sqlite", "columns", "stages")
_MIB = 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", default="4,40,400")
    parser.add_argument("--export", default="40")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    exported = options.export.split(",")
    for articles in options.articles.split(","):
        with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
            folder = Path(scratch)
            project, releases = generate(ROOT, folder / "project", int(articles)), folder / "releases"
            built = _build(project, releases)
            release = (releases / "current").resolve()
            counts = json.loads((release / "manifest.json").read_text("utf-8"))["counts"]
            size = {part: _size(release / part) / _MIB for part in PARTS}
            print(f"{articles} articles, {counts['quads']:,} quads, {counts['default_graph_triples']:,} vouched for")
            print(f"  build {built}")
            parts = ", ".join(f"{part} {mib:.1f}" for part, mib in size.items())
            print(f"  release {_size(release) / _MIB:.1f} MiB: {parts}")
            print(f"  serve {_serve(releases)}", flush=True)
            if articles in exported:
                print(f"  export {_export(releases, folder / 'site')}", flush=True)


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file())


def _build(project: Path, releases: Path) -> str:
    command = [*KCLOD, "build", "--project", str(project), "--releases", str(releases)]
    timed = ["/usr/bin/time", "-f", "%e s, largest process %M KiB", *command]
    done = subprocess.run(timed, capture_output=True, text=True, check=True)
    return done.stderr.strip().splitlines()[-1]


def _serve(releases: Path) -> str:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    started = time.monotonic()
    command = [*KCLOD, "serve", "--releases", str(releases), "--port", str(port), "--client-errors", "100000"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        try:
            while True:
                try:
                    _get(f"{address}/health")
                    break
                except OSError:
                    time.sleep(0.05)
            ready = time.monotonic() - started
            at_rest = _pss(process.pid)
            text = quote("SELECT ?s { ?s a [] } LIMIT 300")
            found = json.loads(_get(f"{address}/sparql?query={text}", "application/sparql-results+json"))
            for row in found["results"]["bindings"]:
                if row["s"]["type"] == "uri":
                    _get(f"{address}/describe?iri={quote(row['s']['value'], safe='')}", "text/html")
            for number in range(60):
                query = f"SELECT ?p (COUNT(*) AS ?n) {{ ?s ?p ?o }} GROUP BY ?p ORDER BY DESC(?n) LIMIT {number + 1}"
                _get(f"{address}/sparql?query={quote(query)}", "application/sparql-results+json")
            return (
                f"ready after {ready:.1f} s, {at_rest:.0f} MiB at rest, {_pss(process.pid):.0f} MiB after the requests"
            )
        finally:
            process.terminate()


def _export(releases: Path, site: Path) -> str:
    started, most = time.monotonic(), 0.0
    command = [*KCLOD, "export", "site", str(site), "--releases", str(releases)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        told: list[str] = []
        reader = threading.Thread(target=lambda: told.extend(process.stderr or []))
        reader.start()
        while process.poll() is None:
            most = max(most, _pss(process.pid))
            time.sleep(0.1)
        reader.join()
    return f"{time.monotonic() - started:.0f} s, {most:.0f} MiB at most: {told[-1].strip() if told else ''}"


def _get(url: str, accept: str = "*/*") -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept}), timeout=120) as answer:
        return bytes(answer.read())


def _pss(root: int) -> float:
    """Proportional resident memory of a process and all that it started, in MiB."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    family, new = {root}, {root}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new and pid not in family}
        family |= new
    total = 0
    for pid in family:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
    return total / 1024


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    main()
