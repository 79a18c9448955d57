"""Warm pages, data documents, 304s and repeated queries, against nginx that serves the same bytes as files.

    python -m tests.bench.pages [--release DIR] [--seconds N] [--rounds N] [--connections N …]

Needs nginx and wrk (Debian packages of these names). Both servers run at once and are asked in turns by one client, so
that what else the machine does disturbs both; of each the best round counts, for other work only slows. nginx has one
worker, kclod one web process, as `kclod serve` has it.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from kclod.release import current
from tests.bench.measure import ROOT

TYPES = "text/html html; text/turtle ttl; application/sparql-results+json json;"
CONFIGURATION = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; keepalive_requests 100000000; etag on; gzip_static on; types {{ {types} }}
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""
QUERY = "SELECT ?s ?p ?o WHERE { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 20"


@dataclass(frozen=True)
class Case:
    name: str
    path: str
    file: str
    headers: tuple[str, ...]
    unmodified: bool = False


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--release", type=Path, help="a release folder; by default one is built of this project")
    parser.add_argument("--seconds", type=int, default=2, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 4], help="how many at a time")
    options = parser.parse_args()
    if missing := [name for name in ("nginx", "wrk") if shutil.which(name) is None]:
        print(f"pages: skipped, there is no {' and no '.join(missing)}")
        return
    with tempfile.TemporaryDirectory() as scratch:
        release = options.release or _built(Path(scratch) / "releases")
        Path(scratch).chmod(0o755)  # nginx reads as another user
        (Path(scratch) / "files").mkdir()
        with _kclod(release) as site:
            _measure(site, Path(scratch), release, options)


def _measure(site: str, folder: Path, release: Path, options: argparse.Namespace) -> None:
    thing = _example(release)
    cases = [
        Case("page", f"page/{thing}", "page.html", ("Accept: text/html",)),
        Case("page, gzip", f"page/{thing}", "page.html", ("Accept: text/html", "Accept-Encoding: gzip")),
        Case("data document", f"data/{thing}.ttl", "data.ttl", ()),
        Case("repeated query", f"sparql?query={quote(QUERY)}", "query.json", ()),
        Case("304 of the page", f"page/{thing}", "page.html", ("Accept: text/html",), unmodified=True),
    ]
    for case in cases:
        plain = tuple(header for header in case.headers if "Encoding" not in header)
        (folder / "files" / case.file).write_bytes(_get(site + case.path, plain)[1])
    coded = _get(site + cases[1].path, cases[1].headers)
    assert coded[0]["content-encoding"] == "gzip"
    (folder / "files" / "page.html.gz").write_bytes(coded[1])
    with _nginx(folder) as peer:
        print(f"\nRequests a second, best of {options.rounds} rounds in turns; in brackets: times nginx")
        for connections in options.connections:
            print(f"{connections} connection{'s' if connections > 1 else ''}")
            for case in cases:
                ours, theirs = [], []
                for _ in range(options.rounds):
                    theirs.append(_rate(peer + case.file, case, connections, options.seconds))
                    ours.append(_rate(site + case.path, case, connections, options.seconds))
                size = (folder / "files" / case.file).stat().st_size
                mean = 1000 * connections / max(ours)
                print(
                    f"  {case.name:18} {size:8,} bytes  nginx {max(theirs):8,.0f}  "
                    f"kclod {max(ours):8,.0f}  {mean:6.3f} ms  ({max(ours) / max(theirs):.2f}×)",
                    flush=True,
                )


def _rate(url: str, case: Case, connections: int, seconds: int) -> float:
    headers = case.headers
    if case.unmodified:
        tag = _get(url, headers)[0]["etag"]
        headers = (*headers, f"If-None-Match: {tag}")
    options = [option for header in headers for option in ("-H", header)]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", *options, url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"{url} was not answered well:\n{output}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])  # type: ignore[index]  # wrk always prints it


def _get(url: str, headers: tuple[str, ...]) -> tuple[dict[str, str], bytes]:
    pairs = dict(header.split(": ", 1) for header in headers)
    with urllib.request.urlopen(urllib.request.Request(url, headers=pairs), timeout=30) as response:
        return {name.lower(): value for name, value in response.headers.items()}, response.read()


def _built(releases: Path) -> Path:
    subprocess.run([sys.executable, "-m", "kclod", "build", "-p", ROOT, "--releases", releases], check=True)
    return current(releases).path


def _example(release: Path) -> str:
    """The document path of the first example that the dataset names of itself."""
    found = re.search(rb"exampleResource> <[^>]*/id/([^>#]+)>", next((release / "dumps").glob("*.nq")).read_bytes())
    if found is None:
        sys.exit("the release names no example (void:exampleResource)")
    return quote(found[1].decode())


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _kclod(release: Path) -> Iterator[str]:
    port = _free()
    yield from _running(
        [sys.executable, "-m", "kclod", "serve", "--release", release, "--port", str(port), "--client-seconds", "1e6"],
        port,
    )


@contextlib.contextmanager
def _nginx(folder: Path) -> Iterator[str]:
    port = _free()
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port, types=TYPES))
    yield from _running(["nginx", "-e", folder / "errors", "-c", folder / "nginx.conf"], port)


def _running(command: list[str | Path], port: int) -> Iterator[str]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(15)


if __name__ == "__main__":
    main()
