"""A query worker: one process, one store opened read-only, one query at a time. It never writes and has no network."""

from __future__ import annotations

import io
import json
import socket
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

from kclod import rdf
from kclod.malformed import explain
from kclod.store import open_read_only
from kclod.web import confinement, wire
from kclod.web.wire import Job

_FORMATS = {f.name: f for f in (*rdf.RDF_FORMATS, *rdf.RESULT_FORMATS)}
_MESSAGE_LENGTH = 600
_ANSWER_KINDS = {ox.QueryBoolean: "boolean", ox.QuerySolutions: "bindings", ox.QueryTriples: "graph"}


class _ResultTooLargeError(Exception):
    pass


class _Bounded(io.RawIOBase):
    """Collects bytes up to a bound."""

    def __init__(self, bound: int) -> None:
        self.parts: list[bytes] = []
        self._left = bound

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(memoryview(data))  # type: ignore[arg-type]  # the engine writes bytes
        self._left -= len(part)
        if self._left < 0:
            raise _ResultTooLargeError
        self.parts.append(part)
        return len(part)


def serve(channel: socket.socket, store_path: Path, memory_bytes: int) -> None:
    """Answer jobs from the channel until it is closed.

    Comes back: `{"outcome": "answer", "kind": "bindings"|"boolean"|"graph", "format": name}` and the bytes; or
    `malformed` (with message, line, column), `unacceptable` (with kind), `too-large`, `memory`, `failed` (message).
    """
    store = open_read_only(store_path)
    confinement.limit_memory(memory_bytes)
    while True:
        try:
            head, body = wire.receive(channel)
        except EOFError:
            return
        job = replace(Job(**head), query=body.decode())  # type: ignore[arg-type]  # both ends are this package
        wire.send(channel, *_answer(store, job))


def _answer(store: ox.Store, job: Job) -> tuple[dict[str, object], bytes]:
    try:
        return _evaluate(store, job)
    except SyntaxError as error:
        found = explain(error, job.query)
        return {"outcome": "malformed", "message": found.message, "line": found.line, "column": found.column}, b""
    except _ResultTooLargeError:
        return {"outcome": "too-large"}, b""
    except MemoryError:
        return {"outcome": "memory"}, b""
    except (OSError, RuntimeError, ValueError) as error:
        return {"outcome": "failed", "message": str(error)[:_MESSAGE_LENGTH]}, b""


def _evaluate(store: ox.Store, job: Job) -> tuple[dict[str, object], bytes]:
    results = store.query(
        job.query,
        base_iri=job.base_iri,
        default_graph=None if job.default_graphs is None else [ox.NamedNode(iri) for iri in job.default_graphs],
        named_graphs=None if job.named_graphs is None else [ox.NamedNode(iri) for iri in job.named_graphs],
    )
    kind = _ANSWER_KINDS[type(results)]
    name = job.graphs if kind == "graph" else job.results
    if name is None:
        return {"outcome": "unacceptable", "kind": kind}, b""
    if name == "table":
        body = _table(results, job.rows, job.max_bytes)
    else:
        target = _Bounded(job.max_bytes)
        fmt = _FORMATS[name]
        if isinstance(results, ox.QueryTriples):
            results.serialize(target, format=fmt.rdf)  # type: ignore[arg-type]  # the stub knows paths and BytesIO
        else:
            results.serialize(target, format=fmt.results)  # type: ignore[arg-type]  # as above
        body = b"".join(target.parts)
    return {"outcome": "answer", "kind": kind, "format": name}, body


def _table(results: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples, rows: int, bound: int) -> bytes:
    """The first rows as N-Triples terms, and whether there are more."""
    if isinstance(results, ox.QueryBoolean):
        return json.dumps({"boolean": bool(results)}).encode()
    if isinstance(results, ox.QueryTriples):
        columns = ["subject", "predicate", "object"]
        first: list[list[str | None]] = [
            [str(t.subject), str(t.predicate), str(t.object)] for t in islice(results, rows + 1)
        ]
    else:
        columns = [variable.value for variable in results.variables]
        first = [[None if term is None else str(term) for term in solution] for solution in islice(results, rows + 1)]
    body = json.dumps({"columns": columns, "rows": first[:rows], "more": len(first) > rows}).encode()
    if len(body) > bound:
        raise _ResultTooLargeError
    return body
