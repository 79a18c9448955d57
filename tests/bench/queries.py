"""Fourteen queries over a million triples, over HTTP: kclod, `oxigraph serve`, Virtuoso and rdflib-endpoint.

    python -m tests.bench.queries [--scale 1.0] [--runs 9] [--keep DIR] [--servers kclod virtuoso …]

The graph is that of `cooperation`, by a seed. Each server runs alone, in processes of its own, is given the same
triples and asked the same queries on one kept connection, and the answers are compared. `kclod` keeps no answers here:
each run is that of a query it has not seen. `kclod, again` is the same with its cache, asked for a second time. What
stands last tells what HTTP and the worker cost: the columns and the store in this process. Milliseconds, medians.
rdflib-endpoint takes part when it is named, with a small scale: it takes minutes for 50,000 triples.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO
from urllib.parse import urlencode, urlsplit

import pyoxigraph as ox

from kclod.columnar.algebra import UnsupportedError
from kclod.columnar.answer import answer
from kclod.columnar.parse import parse
from kclod.columnar.table import open_table
from kclod.columnar.write import write_boolean, write_solutions
from tests import servers
from tests.bench.cooperation import ID, SKOS, TERM, statements
from tests.bench.measure import peer

GRAPH = "https://example.org/graph"
PREFIXES = f"PREFIX : <{TERM}> PREFIX id: <{ID}> PREFIX skos: <{SKOS}>\n"
HUB, AGREEMENT, AREA = f"<{ID}organisation/0>", f"<{ID}agreement/17>", f"<{ID}area/3>"
KR, CA, SIGNED = f"<{ID}country/KR>", f"<{ID}country/CA>", f"<{ID}status/signed>"
QUERIES = {
    "label by prefix": """
        SELECT ?thing ?label { ?thing skos:prefLabel ?label FILTER(STRSTARTS(?label, "Institute of Bat")) }
        ORDER BY ?label ?thing LIMIT 20""",
    "two countries + subtree": f"""
        SELECT DISTINCT ?agreement {{
          ?agreement :party ?one, ?other ; :area/skos:broaderTransitive {AREA} .
          ?one :country {KR} . ?other :country {CA}
        }} ORDER BY ?agreement LIMIT 50""",
    "timeline by year": """
        SELECT ?year (COUNT(?agreement) AS ?many) { ?agreement a :Agreement ; :date ?date }
        GROUP BY (YEAR(?date) AS ?year) ORDER BY ?year""",
    "co-occurrence network": """
        SELECT ?one ?other (COUNT(DISTINCT ?event) AS ?many) {
          ?event :participant ?one, ?other FILTER(STR(?one) < STR(?other))
        } GROUP BY ?one ?other HAVING(COUNT(DISTINCT ?event) > 1) ORDER BY DESC(?many) ?one ?other LIMIT 100""",
    "DESCRIBE": f"DESCRIBE {AGREEMENT}",
    "two-way description": f"""
        SELECT ?subject ?property ?value {{
          {{ {AGREEMENT} ?property ?value }} UNION {{ ?subject ?property {AGREEMENT} }}
        }}""",
    "CONTAINS filter": """
        SELECT ?thing ?label { ?thing skos:prefLabel ?label FILTER(CONTAINS(LCASE(STR(?label)), "fusion")) }
        ORDER BY ?thing ?label LIMIT 100""",
    "OPTIONAL-heavy list": f"""
        SELECT ?agreement ?label ?date ?note ?area {{
          ?agreement a :Agreement ; :status {SIGNED}
          OPTIONAL {{ ?agreement skos:prefLabel ?label FILTER(LANG(?label) = "en") }}
          OPTIONAL {{ ?agreement :date ?date }} OPTIONAL {{ ?agreement :note ?note }}
          OPTIONAL {{ ?agreement :area ?area }}
        }} ORDER BY ?agreement ?area LIMIT 100""",
    "top partners": f"""
        SELECT ?partner (COUNT(DISTINCT ?agreement) AS ?many) {{
          ?agreement :party {HUB}, ?partner FILTER(?partner != {HUB})
        }} GROUP BY ?partner ORDER BY DESC(?many) ?partner LIMIT 10""",
    "negative ASK": f"ASK {{ {AGREEMENT} :partOf ?any }}",
    "COUNT all": "SELECT (COUNT(*) AS ?many) { ?subject ?property ?value }",
    "subtree × year": f"""
        SELECT ?area ?year (COUNT(DISTINCT ?agreement) AS ?many) {{
          ?area skos:broaderTransitive {AREA} . ?agreement :area ?area ; :date ?date
        }} GROUP BY ?area (YEAR(?date) AS ?year) ORDER BY ?area ?year""",
    "page of mentions": f"""
        SELECT ?article ?title ?date {{ ?article :mentions {HUB} ; :title ?title ; :published ?date }}
        ORDER BY DESC(?date) ?article LIMIT 50 OFFSET 100""",
    "100k rows out": "SELECT ?event ?participant { ?event :participant ?participant }",
}
JSON, TRIPLES = "application/sparql-results+json", "application/n-triples"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1 gives a million triples")
    parser.add_argument("--runs", type=int, default=9, help="of each query; the median is shown")
    parser.add_argument("--keep", type=Path, help="the folder to work in, which is then kept")
    parser.add_argument("--servers", nargs="+", default=list(_SERVERS)[:-1], choices=list(_SERVERS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        data = folder / f"cooperation-{options.scale:g}.nt"
        if not data.exists():
            data.write_text("".join(sorted(set(statements(options.scale)))), "utf-8")
        _compare(folder, data, options.servers, options.runs)


def _compare(folder: Path, data: Path, names: list[str], runs: int) -> None:
    times: dict[str, dict[str, float]] = {}
    expected: dict[str, Counter[str]] = {}
    for name in names:
        with _SERVERS[name](folder, data) as ask:
            for query, text in QUERIES.items():
                seconds, body = _asked(ask, PREFIXES + text, runs)
                times.setdefault(name, {})[query] = seconds * 1000
                _check(name, query, body, expected)
    if (folder / "releases").exists():
        times |= _in_process(folder, runs)
    _print(times)


def _check(name: str, query: str, body: bytes, expected: dict[str, Counter[str]]) -> None:
    """Stop where an answer differs from that of the first server."""
    if query.startswith("DESCRIBE"):  # each server describes in its own way; what the thing is said to be, all tell
        fmt = ox.RdfFormat.RDF_XML if body.startswith(b"<?xml") else ox.RdfFormat.TURTLE  # whatever was asked for
        triples = (quad.triple for quad in ox.parse(body, fmt))
        found = Counter(str(triple) for triple in triples if str(triple.subject) == AGREEMENT)
    else:
        data = json.loads(body)
        rows = data["results"]["bindings"] if "results" in data else [data["boolean"]]
        if query == "negative ASK":  # Virtuoso tells no boolean, but solutions or none
            rows = [rows not in ([], [False])]
        found = Counter(json.dumps(_plain(row), sort_keys=True) for row in rows)
    if found != expected.setdefault(query, found):
        ours, theirs = (list(counted.elements())[:3] for counted in (found - expected[query], expected[query] - found))
        sys.exit(f"{name} answers {query!r} otherwise: {ours} … for {theirs} …")


def _plain(row: object) -> object:
    """A row without what servers write in two ways."""
    if not isinstance(row, dict):
        return row
    return {
        name: {k: v for k, v in cell.items() if k != "type"} | {"iri": cell["type"] == "uri"}
        for name, cell in row.items()
    }


Ask = Callable[[str], bytes]


def _asked(ask: Ask, query: str, runs: int) -> tuple[float, bytes]:
    """The median, after one run that is not counted: every server has things to read then."""
    body = ask(query)
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        ask(query)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), body


@contextlib.contextmanager
def _http(address: str, **parameters: str) -> Iterator[Ask]:
    """One kept connection, read by hand: a client of Python's would take as long as the quickest answers."""
    parts = urlsplit(address)
    with (
        socket.create_connection((parts.hostname, parts.port), timeout=600) as connection,
        connection.makefile("rb") as answers,
    ):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def ask(query: str) -> bytes:
            accept = TRIPLES if "DESCRIBE" in query else JSON
            path = f"{parts.path}?{urlencode({'query': query, **parameters})}"
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: {accept}\r\n\r\n".encode())
            status, body = _answered(answers)
            if status != 200:
                sys.exit(f"{address} answered {status}: {body[:400]!r}")
            return body

        yield ask


def _answered(answers: IO[bytes]) -> tuple[int, bytes]:
    """Status and body of the next answer, of a length that is told or in chunks (RFC 9112, section 6)."""
    status = int(answers.readline().split()[1])
    length = 0
    while line := answers.readline().lower().strip():
        name, _, value = line.partition(b":")
        if name == b"content-length":
            length = int(value)
        elif name == b"transfer-encoding":
            length = -1
    if length >= 0:
        return status, answers.read(length)
    chunks = []
    while size := int(answers.readline(), 16):
        chunks.append(answers.read(size))
        answers.readline()
    answers.readline()
    return status, b"".join(chunks)


# the servers


_PUBLISH = """
import sys, pathlib
from kclod.pipeline.build import publish_files
data, root = map(pathlib.Path, sys.argv[1:])
publish_files({data.name: data}, root, base_iri='https://example.org/', title='Cooperation')
"""


def _release(folder: Path, data: Path) -> Path:
    """The data as a release, made on first use."""
    releases = folder / "releases"
    if not (releases / "current").exists():
        subprocess.run([sys.executable, "-c", _PUBLISH, data, releases], check=True)
    return (releases / "current").resolve()


@contextlib.contextmanager
def _kclod(folder: Path, data: Path, *, kept: int = 0) -> Iterator[Ask]:
    """The site; `kept` is the MiB of answers that it may keep, as results and ready to be sent."""
    release = _release(folder, data)
    generous = ["--client-seconds", "100000", "--client-queries", "100", "--deadline", "600", "--max-result", "256"]
    command = [
        sys.executable,
        "-m",
        "kclod",
        "serve",
        "--release",
        release,
        "--cache",
        str(kept),
        "--ready",
        str(kept),
        *generous,
    ]
    port = servers.free_port()
    command += ["--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            _await(process, f"http://127.0.0.1:{port}/health/live", 60)
            with _http(f"http://127.0.0.1:{port}/sparql") as ask:
                yield ask
        finally:
            process.terminate()


def _await(process: subprocess.Popen[bytes], address: str, seconds: float) -> None:
    """Until a server answers."""
    until = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=60):
            return
        if time.monotonic() > until or process.poll() is not None:
            sys.exit(f"{process.args!r} does not start")
        time.sleep(0.1)


@contextlib.contextmanager
def _kclod_again(folder: Path, data: Path) -> Iterator[Ask]:
    with _kclod(folder, data, kept=256) as ask:
        yield ask


@contextlib.contextmanager
def _oxigraph(folder: Path, data: Path) -> Iterator[Ask]:
    place = folder / "oxigraph"
    if not place.exists():
        store = ox.Store(str(place))
        store.bulk_load(path=str(data), format=ox.RdfFormat.N_TRIPLES)
        store.optimize()
        store.flush()
        del store
    with servers.oxigraph(place) as server, _http(server.query) as ask:
        yield ask


@contextlib.contextmanager
def _virtuoso(folder: Path, data: Path) -> Iterator[Ask]:
    place = folder / "virtuoso"
    new = not place.exists()
    with servers.virtuoso(place, rows=2_000_000, buffers=170_000) as server:
        if new:
            loading = f"ld_dir('{data.parent.resolve()}', '{data.name}', '{GRAPH}');\nrdf_loader_run();\ncheckpoint;\n"
            server.isql(loading)
        with _http(server.query, **{"default-graph-uri": GRAPH}) as ask:
            yield ask


@contextlib.contextmanager
def _rdflib_endpoint(folder: Path, data: Path) -> Iterator[Ask]:
    python = peer("rdflib-endpoint", "rdflib-endpoint[cli]==0.6.0")
    port = servers.free_port()
    command = [python, "-m", "rdflib_endpoint", "serve", "--host", "127.0.0.1", "--port", str(port), data]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            address = f"http://127.0.0.1:{port}/"
            _await(process, f"{address}?query=ASK%7B%7D", 300)
            with _http(address) as ask:
                yield ask
        finally:
            process.kill()


_SERVERS = {
    "kclod": _kclod,
    "kclod, again": _kclod_again,
    "oxigraph": _oxigraph,
    "virtuoso": _virtuoso,
    "rdflib-endpoint": _rdflib_endpoint,
}


def _in_process(folder: Path, runs: int) -> dict[str, dict[str, float]]:
    """The release's store and its columns in this process, results written; NaN where columns do not answer."""
    release = folder / "releases" / "current"
    store, table = ox.Store.read_only(str(release / "store")), open_table(release / "columns")
    assert table is not None

    def of_store(query: str) -> bytes:
        found = store.query(query)
        if isinstance(found, ox.QueryTriples):
            return found.serialize(format=ox.RdfFormat.N_TRIPLES) or b""
        return found.serialize(format=ox.QueryResultsFormat.JSON) or b""

    def of_columns(query: str) -> bytes:
        found = answer(table, parse(query))
        fmt = ox.QueryResultsFormat.JSON
        return write_boolean(found, fmt) if isinstance(found, bool) else write_solutions(found, fmt)

    times: dict[str, dict[str, float]] = {"(columns)": {}, "(store)": {}}
    for query, text in QUERIES.items():
        times["(store)"][query] = _asked(of_store, PREFIXES + text, runs)[0] * 1000
        try:
            times["(columns)"][query] = _asked(of_columns, PREFIXES + text, runs)[0] * 1000
        except UnsupportedError:
            times["(columns)"][query] = math.nan
    return times


def _print(times: dict[str, dict[str, float]]) -> None:
    print(f"\n{'median milliseconds':26}" + "".join(f"{name:>17}" for name in times))
    for query in QUERIES:
        print(f"{query:26}" + "".join(f"{found[query]:17.2f}" for found in times.values()))
    means = {name: math.exp(statistics.fmean(map(math.log, found.values()))) for name, found in times.items()}
    print(f"{'geometric mean':26}" + "".join(f"{mean:17.2f}" for mean in means.values()))
    for ours in ("kclod", "kclod, again"):
        for peer_name in ("oxigraph", "virtuoso", "rdflib-endpoint"):
            if ours in times and peer_name in times:
                ratios = {query: times[peer_name][query] / times[ours][query] for query in QUERIES}
                worst = min(ratios, key=lambda query: ratios[query])
                mean = math.exp(statistics.fmean(map(math.log, ratios.values())))
                print(f"{ours} against {peer_name}: {mean:.1f}× faster, at worst {ratios[worst]:.2f}× ({worst})")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
