"""A query worker: one process, one store opened read-only, one query at a time. It never writes and has no network."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox

from kclod import rdf
from kclod.columnar.build import FOLDER as COLUMNS
from kclod.columnar.table import Table, open_table
from kclod.columnar.write import ResultTooLargeError
from kclod.malformed import explain
from kclod.store import open_read_only
from kclod.text import FILE as TEXT
from kclod.web.engine import confinement, wire
from kclod.web.engine.columnwise import TooManySolutionsError, from_columns
from kclod.web.engine.matching import Find, MatchingError, opened, rewrite
from kclod.web.engine.rows import count, exceeds, first_rows
from kclod.web.engine.wire import Job

_FORMATS = {f.name: f for f in (*rdf.RDF_FORMATS, *rdf.RESULT_FORMATS)}
_MESSAGE_LENGTH = 600
_PART = 128 << 10
"""Bytes of a streamed result that are sent at a time."""
_ANSWER_KINDS = {ox.QueryBoolean: "boolean", ox.QuerySolutions: "bindings", ox.QueryTriples: "graph"}


class _ResultTooLargeError(Exception):
    pass


class _TooManyRowsError(Exception):
    pass


class _UnheardError(Exception):
    """The web process is gone, or no longer wants the result."""


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


class _Parts(io.RawIOBase):
    """Sends bytes on in parts; what is left at the end is the last part."""

    def __init__(self, channel: socket.socket, head: dict[str, object]) -> None:
        self._channel, self._head = channel, head
        self._waiting: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(memoryview(data))  # type: ignore[arg-type]  # the engine writes bytes
        self._waiting.append(part)
        self._size += len(part)
        if self._size >= _PART:
            try:
                wire.send(self._channel, self._head, self.rest())
            except OSError:
                raise _UnheardError from None
        return len(part)

    def rest(self) -> bytes:
        body = b"".join(self._waiting)
        self._waiting, self._size = [], 0
        return body


def serve(store_path: Path, memory_bytes: int, held: ox.Store | None, channel: socket.socket) -> None:
    """Answer jobs from the channel until it is closed, over the store that is held in memory, or else that on disk.

    The text index and, if any, the columns of the default graph lie beside the store on disk.

    Comes back: `{"outcome": "answer", "kind": "bindings"|"boolean"|"graph", "format": name}` and the bytes, in a stream
    after any number of the same with the outcome `part`; or `malformed` (with message, line, column), `unacceptable`
    (with kind), `refused` (a text search, with code, message, line, column), `too-large`, `too-many`, `memory`,
    `failed` (message).
    """
    store = open_read_only(store_path) if held is None else held
    table, find = open_table(store_path.with_name(COLUMNS)), opened(store_path.with_name(TEXT))
    confinement.limit_memory(memory_bytes)
    while True:
        try:
            head, body = wire.receive(channel)
        except EOFError:
            return
        job = replace(Job(**head), query=body.decode())  # type: ignore[arg-type]  # both ends are this package
        try:
            reply = (
                _answer(ox.Store(), None, None, job, channel)
                if job.check
                else _answer(store, table, find, job, channel)
            )
            wire.send(channel, *reply)
        except (OSError, _UnheardError):
            return


def _answer(
    store: ox.Store, table: Table | None, find: Find | None, job: Job, channel: socket.socket
) -> tuple[dict[str, object], bytes]:
    try:
        found = job if find is None else replace(job, query=rewrite(job.query, job.base_iri, find))
        return (_quickly(table, found) if table is not None else None) or _evaluate(store, found, channel)
    except SyntaxError as error:
        why = explain(error, job.query)
        return {"outcome": "malformed", "message": why.message, "line": why.line, "column": why.column}, b""
    except MatchingError as error:
        place: dict[str, object] = {"line": error.line, "column": error.column}
        return {"outcome": "refused", "code": error.code, "message": str(error)} | place, b""
    except (_ResultTooLargeError, ResultTooLargeError):
        return {"outcome": "too-large"}, b""
    except (_TooManyRowsError, TooManySolutionsError):
        return {"outcome": "too-many"}, b""
    except MemoryError:
        return {"outcome": "memory"}, b""
    except (OSError, RuntimeError, ValueError) as error:
        return {"outcome": "failed", "message": str(error)[:_MESSAGE_LENGTH]}, b""


def _quickly(table: Table, job: Job) -> tuple[dict[str, object], bytes] | None:
    """The answer from the columns; None where the store has to give it."""
    if job.results is None:
        return None
    answered = from_columns(table, job, None if job.results == "table" else _FORMATS[job.results].results)
    if answered is None:
        return None
    kind, body, rows = answered
    if len(body) > job.max_bytes:
        raise _ResultTooLargeError
    reply: dict[str, object] = {"outcome": "answer", "kind": kind, "format": job.results}
    if job.count and kind == "bindings" and job.results != "table":
        reply["rows"] = rows
    return reply, body


def _evaluate(store: ox.Store, job: Job, channel: socket.socket) -> tuple[dict[str, object], bytes]:
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
        body = first_rows(results, job.rows)
        if len(body) > job.max_bytes:
            raise _ResultTooLargeError
    elif job.stream:
        parts = _Parts(channel, {"outcome": "part", "kind": kind, "format": name})
        _serialize(results, _FORMATS[name], parts)
        body = parts.rest()
    else:
        body = _whole(results, _FORMATS[name], job)
    reply: dict[str, object] = {"outcome": "answer", "kind": kind, "format": name}
    if job.count and kind == "bindings" and name != "table" and not job.stream:
        reply["rows"] = count(body, _FORMATS[name])
    return reply, body


_Results = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples


def _whole(results: _Results, fmt: rdf.Format, job: Job) -> bytes:
    target = _Bounded(job.max_bytes)
    if isinstance(results, ox.QueryTriples):
        ox.serialize(_counted(results, job.max_rows), target, format=fmt.rdf)  # type: ignore[arg-type]  # as below
        return b"".join(target.parts)
    _serialize(results, fmt, target)
    body = b"".join(target.parts)
    if isinstance(results, ox.QuerySolutions) and exceeds(body, fmt, job.max_rows):
        raise _TooManyRowsError
    return body


def _counted(triples: Iterable[ox.Triple], bound: int) -> Iterator[ox.Triple]:
    for number, triple in enumerate(triples):
        if number == bound:
            raise _TooManyRowsError
        yield triple


def _serialize(results: _Results, fmt: rdf.Format, target: io.RawIOBase) -> None:
    if isinstance(results, ox.QueryTriples):
        results.serialize(target, format=fmt.rdf)  # type: ignore[arg-type]  # the stub knows paths and BytesIO
    else:
        results.serialize(target, format=fmt.results)  # type: ignore[arg-type]  # as above
