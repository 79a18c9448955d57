"""Queries of users on a release that another's server holds: judged and bounded here, evaluated there.

A query worker parses each first, so that malformed ones are told as ever, the kind of result is known, and nothing that
is no SPARQL 1.1 query is sent on. What the server answers is written anew in the format that was asked for, unless the
server is of the engine's own kind, whose bytes are the same.
"""

from __future__ import annotations

import http.client
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pyoxigraph as ox

from kclod import rdf
from kclod.errors import UsageError
from kclod.remote.asking import AskError, Reply
from kclod.remote.published import repaired
from kclod.remote.reading import Reading, UnavailableError
from kclod.web.engine import outcomes, relayed
from kclod.web.engine.matching import MatchingError, opened, rewrite
from kclod.web.engine.outcomes import Answer, BusyError, StoreFailedError, StoreUnavailableError
from kclod.web.engine.relayed import Asked
from kclod.web.engine.rows import count, exceeds, first_rows, table_of
from kclod.web.engine.streams import Stream
from kclod.web.engine.wire import TABLE, Job
from kclod.web.engine.workers import Load, Pool, Spend
from kclod.web.limits import Limits
from kclod.web.protocol.guard import form_of

_T = TypeVar("_T")
_FORMATS = {f.name: f for f in (*rdf.RDF_FORMATS, *rdf.RESULT_FORMATS)}
_SAME_ENGINE, _VIRTUOSO = "oxigraph", "virtuoso"
_CHUNK = 128 << 10
_MESSAGE = 600
_GRACE = 1.0
_VERBOSE = 4
"""How much longer an answer may be as the server writes it than as it is sent on."""
_BOOLEANS = {
    True: b'{"head":{},"boolean":true}',
    False: b'{"head":{},"boolean":false}',
}


def _free_of_charge(seconds: float) -> None:
    """Nobody pays."""


class Relay:
    """Answers as `Pool` does, from a server. Safe for any number of threads."""

    def __init__(self, reading: Reading, limits: Limits, text: Path) -> None:
        """`text` is the text index of the release: text searches are answered from it before the server is asked."""
        self.limits, self.reading = limits, reading
        self._find = opened(text)
        self._folder = tempfile.TemporaryDirectory(prefix="kclod-relay-")
        nothing = Path(self._folder.name) / "store"
        ox.Store(str(nothing)).flush()
        self._parsers = Pool(nothing, limits)
        self._places = threading.BoundedSemaphore(limits.workers + limits.queue)
        self._streams = threading.BoundedSemaphore(limits.streams)

    def run(self, job: Job, seconds: float, spend: Spend = _free_of_charge) -> Answer:
        """As `Pool.run`; and StoreUnavailableError, StoreFailedError or StoreCutError for the server's failures."""
        until = time.monotonic() + seconds
        job = self._searched(job)
        kind = self._kind(job, seconds, spend)
        if job.check:
            return Answer(kind, rdf.RESULTS_JSON.name, b"")
        with _Place(self._places, spend):
            reply = self._asked(job, kind, until)
            if reply.max_rows is not None:
                raise outcomes.StoreCutError(reply.max_rows)
            if kind == "graph" and self.reading.published.product == _VIRTUOSO:
                self._refuse_a_cut_graph(job, until)
        return self._written(job, kind, reply)

    def stream(self, job: Job, seconds: float, spend: Spend = _free_of_charge) -> Answer | Stream:
        """As `Pool.stream`; from a server whose answers have to be written anew, the answer is whole."""
        name = job.results if form_of(job.query) in ("select", "ask") else job.graphs
        if self.reading.published.product != _SAME_ENGINE or name == TABLE or name is None:
            return self.run(job, seconds, spend)
        until = time.monotonic() + seconds
        job = self._searched(job)
        kind = self._kind(job, seconds, spend)
        if not self._streams.acquire(blocking=False):
            raise BusyError
        try:
            with _Place(self._places, spend):
                asked = self._composed(job)
                left = max(until - time.monotonic(), 0.001)
                accept = _FORMATS[name].media_type
                client = self.reading.client
                response = self._told(lambda: client.opened(asked.text, accept, left, dataset=asked.dataset))
        except BaseException:
            self._streams.release()
            raise
        return _RemoteStream(
            kind,
            name,
            response,
            reading=self.reading,
            seconds=self.limits.stream_seconds,
            ended=self._streams.release,
        )

    def healthy(self) -> bool:
        """Whether queries can be parsed and the server be asked."""
        try:
            self.reading.check()
        except UnavailableError:
            return False
        return self._parsers.healthy()

    def load(self) -> Load:
        """What the workers that parse do now."""
        return self._parsers.load()

    def _searched(self, job: Job) -> Job:
        """The query with its text searches answered; a malformed one as it is, for the workers to tell."""
        try:
            return replace(job, query=rewrite(job.query, job.base_iri, self._find))
        except SyntaxError:
            return job
        except MatchingError as error:
            raise outcomes.SearchRefusedError(error.code, str(error), error.line, error.column) from None

    def processes(self) -> tuple[int, ...]:
        """The ids of the workers that parse."""
        return self._parsers.processes()

    def warm(self) -> None:
        """Start the workers that parse."""
        self._parsers.warm()

    def close(self) -> None:
        """End the workers that parse."""
        self._parsers.close()
        self._folder.cleanup()

    def _kind(self, job: Job, seconds: float, spend: Spend) -> str:
        """What the query gives; the error of a query that must not be sent, or whose result nobody would take."""
        if self.reading.published.product == _VIRTUOSO and relayed.calls_server(job.query):
            raise StoreFailedError("names that begin with `bif:` or `sql:` are not sent to it")
        parse = replace(job, check=True, stream=False, results=rdf.RESULTS_JSON.name, graphs=rdf.N_TRIPLES.name)
        kind = self._parsers.run(parse, seconds, spend).kind
        if (job.graphs if kind == "graph" else job.results) is None:
            raise outcomes.UnacceptableError(kind)
        return kind

    def _composed(self, job: Job) -> Asked:
        published = self.reading.published
        try:
            names = self.reading.names() if relayed.lists_graphs(job.query, published) else ()
            return relayed.asked(
                job.query, job.base_iri, job.default_graphs, job.named_graphs, published=published, names=names
            )
        except UnavailableError as error:
            raise StoreUnavailableError(str(error)) from None
        except ValueError as error:
            raise StoreFailedError(f"this server does not take it as it is meant: {error}") from None

    def _asked(self, job: Job, kind: str, until: float) -> Reply:
        accept = rdf.N_TRIPLES if kind == "graph" else rdf.RESULTS_JSON
        if self._passes(job, kind):
            accept = _FORMATS[str(job.graphs if kind == "graph" else job.results)]
        return self._sent(self._composed(job), accept.media_type, until)

    def _sent(self, asked: Asked, accept: str, until: float) -> Reply:
        left = max(until - time.monotonic(), 0.001)
        bound = self.limits.max_result_bytes
        return self._told(lambda: self.reading.ask(asked.text, accept, left, max_bytes=bound, dataset=asked.dataset))

    def _told(self, request: Callable[[], _T]) -> _T:
        try:
            return request()
        except UnavailableError as error:
            raise StoreUnavailableError(str(error)) from None
        except AskError as error:
            if error.late:
                raise outcomes.DeadlineError from None
            if error.too_large:
                raise outcomes.ResultTooLargeError from None
            message = error.problems[0].message[:_MESSAGE]
            raise (StoreUnavailableError if error.passing else StoreFailedError)(message) from None
        except UsageError as error:
            raise StoreFailedError(error.problems[0].message[:_MESSAGE]) from None

    def _passes(self, job: Job, kind: str) -> bool:
        """Whether the server writes the very bytes that are wanted."""
        wanted = job.graphs if kind == "graph" else job.results
        return self.reading.published.product == _SAME_ENGINE and wanted != TABLE

    def _refuse_a_cut_graph(self, job: Job, until: float) -> None:
        """Virtuoso does not tell that it made a graph of some solutions only; of a SELECT it does."""
        if form_of(job.query) != "construct":
            return
        solutions = self._composed(replace(job, query=relayed.solutions_of(job.query)))
        reply = self._sent(solutions, rdf.RESULTS_JSON.media_type, until)
        if reply.max_rows is not None:
            raise outcomes.StoreCutError(reply.max_rows)

    def _written(self, job: Job, kind: str, reply: Reply) -> Answer:
        name = str(job.graphs if kind == "graph" else job.results)
        if self._passes(job, kind):
            body = reply.body
        else:
            try:
                body = _converted(job, kind, name, reply.body)
            except (SyntaxError, ValueError) as error:
                raise StoreFailedError(f"its answer is not well-formed: {error}"[:_MESSAGE]) from None
        if len(body) > job.max_bytes:
            raise outcomes.ResultTooLargeError
        rows = None
        if kind == "bindings" and name != TABLE:
            if exceeds(body, _FORMATS[name], job.max_rows):
                raise outcomes.TooManyRowsError
            rows = count(body, _FORMATS[name]) if job.count else None
        return Answer(kind, name, body, rows)


def _converted(job: Job, kind: str, name: str, body: bytes) -> bytes:
    """An answer in JSON or N-Triples as another format."""
    if kind == "graph":
        quads = ox.parse(body, ox.RdfFormat.N_TRIPLES)
        if name == TABLE:
            cells: Iterator[list[str | None]] = ([str(q.subject), str(q.predicate), str(q.object)] for q in quads)
            return table_of(["subject", "predicate", "object"], cells, job.rows)
        triples = [quad.triple for quad in quads]
        if len(triples) > job.max_rows:
            raise outcomes.TooManyRowsError
        return ox.serialize(triples, format=_FORMATS[name].rdf) or b""
    found = ox.parse_query_results(repaired(body), format=ox.QueryResultsFormat.JSON)
    if kind == "boolean" and isinstance(found, ox.QuerySolutions):  # as Virtuoso answers: one solution is true
        found = ox.parse_query_results(
            _BOOLEANS[next(iter(found), None) is not None], format=ox.QueryResultsFormat.JSON
        )
    return first_rows(found, job.rows) if name == TABLE else found.serialize(format=_FORMATS[name].results) or b""


class _Place:
    """A place among those who ask, and who pays for the time."""

    def __init__(self, places: threading.BoundedSemaphore, spend: Spend) -> None:
        self._places, self._spend = places, spend

    def __enter__(self) -> None:
        if not self._places.acquire(blocking=False):
            raise BusyError
        self._since = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._places.release()
        self._spend(time.monotonic() - self._since)


class _RemoteStream(Stream):
    """A result as the server sends it. It breaks off where the server does, or where it is of another release."""

    def __init__(
        self,
        kind: str,
        name: str,
        response: http.client.HTTPResponse,
        *,
        reading: Reading,
        seconds: float,
        ended: Callable[[], None],
    ) -> None:
        self.kind, self.format = kind, name
        self._response, self._reading, self._ended = response, reading, ended
        self._until = time.monotonic() + seconds
        self._open = True

    def __iter__(self) -> Iterator[bytes]:
        try:
            held = b""
            while chunk := self._response.read1(_CHUNK):
                if time.monotonic() > self._until:
                    raise outcomes.DeadlineError
                if held:
                    yield held
                held = chunk
            if self._response.length:
                raise http.client.IncompleteRead(b"", self._response.length)
            self._reading.check()  # before the end is sent: after it nothing could be taken back
            yield held
        finally:
            self.close()

    def close(self) -> None:
        """Tell the server that nobody listens, if it has not ended."""
        if self._open:
            self._open = False
            self._response.close()
            self._ended()
