"""Real SPARQL servers of others, started for tests and benchmarks: `oxigraph serve` and Virtuoso.

    with oxigraph() as server:                 # in memory; oxigraph(folder) keeps its data there
        urlopen(f"{server.query}?query=…")
    with virtuoso(folder) as server: ...       # `folder` is empty or not there; the database is made in it
        server.isql("…")

`missing(kind)` says why a kind cannot be started here. With KCLOD_SERVERS=required nothing may be missing (CI).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

KINDS = ("oxigraph", "virtuoso")
USER, PASSWORD = "publisher", "a lamp & a key"
"""Who may write into Virtuoso; nobody else but its administrator may."""
_PATIENCE = 60.0
_LONGEST_QUERY = 10
"""Seconds after which a server ends a query that nobody waits for any more."""
_ADMINISTRATOR = ("dba", "dba")
_VIRTUOSO = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
ErrorLogLevel = 7
FileExtend = 200
MaxCheckpointRemap = 2000
TempStorage = TempDatabase
[TempDatabase]
DatabaseFile = {folder}/temp.db
TransactionFile = {folder}/temp.trx
MaxCheckpointRemap = 2000
[Parameters]
ServerPort = 127.0.0.1:{sql_port}
DisableUnixSocket = 1
MaxClientConnections = 40
CheckpointInterval = 0
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
DirsAllowed = /
ThreadsPerQuery = {threads}
AsyncQueueMaxThreads = {more}
[HTTPServer]
ServerPort = 127.0.0.1:{http_port}
ServerThreads = 40
MaxClientConnections = 40
Charset = UTF-8
[URIQA]
DefaultHost = 127.0.0.1:{http_port}
[SPARQL]
ResultSetMaxRows = {rows}
MaxQueryExecutionTime = 60
"""
_RIGHTS = """
DB.DBA.USER_CREATE('{user}', '{password}');
GRANT SPARQL_UPDATE TO "{user}";
"""


@dataclass(frozen=True)
class Server:
    """A server that runs: its SPARQL query and update addresses, and that of the Graph Store Protocol."""

    kind: str
    query: str
    update: str
    graph_store: str
    user: str | None = None
    password: str | None = None
    sql_port: int | None = None
    process: subprocess.Popen[bytes] = field(repr=False, kw_only=True)

    def isql(self, statements: str) -> str:
        """What Virtuoso's SQL client prints for some statements."""
        assert self.sql_port is not None, "only Virtuoso has SQL"
        return subprocess.run(
            ["isql-vt", str(self.sql_port), *_ADMINISTRATOR, "VERBOSE=OFF", "ERRORS=STDOUT"],
            input=statements,
            capture_output=True,
            text=True,
            check=True,
        ).stdout


def missing(kind: str) -> str | None:
    """Why a kind of server cannot be started on this machine; None when it can."""
    reason = {
        "oxigraph": None if _oxigraph() else "oxigraph is not installed (PyPI: oxigraph)",
        "virtuoso": None
        if shutil.which("virtuoso-t") and shutil.which("isql-vt")
        else "Virtuoso is not installed (Debian: virtuoso-opensource-7)",
    }[kind]
    assert reason is None or os.environ.get("KCLOD_SERVERS") != "required", reason
    return reason


@contextlib.contextmanager
def server(kind: str, folder: Path) -> Iterator[Server]:
    """A server of either kind: Virtuoso's data are below the folder, Oxigraph's in memory."""
    with oxigraph(timeout=_LONGEST_QUERY) if kind == "oxigraph" else virtuoso(folder, threads=1) as running:
        yield running


@contextlib.contextmanager
def oxigraph(
    folder: Path | None = None, *, port: int = 0, timeout: float | None = None, union: bool = False
) -> Iterator[Server]:
    """`oxigraph serve` over a folder, or in memory. With `union`, its default graph is that of all named ones."""
    port = port or free_port()
    command = [_oxigraph(), "serve", "--bind", f"127.0.0.1:{port}"]
    command += ["--location", str(folder)] if folder else []
    command += ["--timeout-s", str(timeout)] if timeout else []
    command += ["--union-default-graph"] if union else []
    with _process(command) as process:
        address = f"http://127.0.0.1:{port}"
        _wait(process, f"{address}/query")
        yield Server("oxigraph", f"{address}/query", f"{address}/update", f"{address}/store", process=process)


@contextlib.contextmanager
def virtuoso(
    folder: Path,
    *,
    rows: int = 10_000,
    buffers: int = 40_000,
    threads: int = 2,
    http_port: int = 0,
    sql_port: int = 0,
) -> Iterator[Server]:
    """Virtuoso with a database below a folder, made on first use. `rows` is its ResultSetMaxRows (10,000 as shipped).

    `buffers` are pages of 8 kB; Virtuoso's own advice is 85,000 for each GB of memory that it may have. `threads` are
    those of one query; with more than one, they wait for each other where other programs want the processors.
    """
    http_port, sql_port = http_port or free_port(), sql_port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    new = not (folder / "virtuoso.db").exists()
    (folder / "virtuoso.lck").unlink(missing_ok=True)
    settings = _VIRTUOSO.format(
        folder=folder,
        sql_port=sql_port,
        http_port=http_port,
        buffers=buffers,
        dirty=buffers * 3 // 4,
        rows=rows,
        threads=threads,
        more=2 * threads,
    )
    (folder / "virtuoso.ini").write_text(settings)
    command = ["virtuoso-t", "+foreground", "+configfile", str(folder / "virtuoso.ini")]
    with _process(command) as process:
        address = f"http://127.0.0.1:{http_port}"
        _wait(process, f"{address}/sparql")
        running = Server(
            "virtuoso",
            f"{address}/sparql",
            f"{address}/sparql-auth",
            f"{address}/sparql-graph-crud-auth",
            USER,
            PASSWORD,
            sql_port,
            process=process,
        )
        if new:
            running.isql(_RIGHTS.format(user=USER, password=PASSWORD))
        yield running


def _oxigraph() -> str:
    return shutil.which("oxigraph", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}") or ""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _process(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], query: str) -> None:
    """Until it answers a query."""
    until = time.monotonic() + _PATIENCE
    while True:
        assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
        try:
            with urllib.request.urlopen(f"{query}?query=ASK%7B%7D", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < until, f"{process.args!r} does not answer"
            time.sleep(0.05)
