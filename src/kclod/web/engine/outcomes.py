"""What can become of a query: a result, or one of the errors that say why there is none."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from functools import cached_property

from kclod.web.http.tags import tag_of


class QueryError(Exception):
    """A query that gets no result."""


class BusyError(QueryError):
    """The queue is full, or no worker became free before the deadline."""


class DeadlineError(QueryError):
    """The query ran until its deadline and was killed."""


class MemoryLimitError(QueryError):
    """The query wanted more memory than it may have."""


class WorkerDiedError(QueryError):
    """The worker ended in the middle of the query, and not for its deadline or memory."""


class ResultTooLargeError(QueryError):
    """The serialised result is larger than the limit."""


class TooManyRowsError(QueryError):
    """The result has more solutions or triples than the limit."""


class QueryFailedError(QueryError):
    """The engine could not finish the query; the message is the engine's."""


class StoreUnavailableError(QueryError):
    """The server that holds the release gives no answer now; the message says why."""


class StoreFailedError(QueryError):
    """The server that holds the release could not answer the query; the message has its words."""


class StoreCutError(QueryError):
    """The server that holds the release sends no more than `rows` rows, and this result may have more."""

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        self.rows = rows


class UnacceptableError(QueryError):
    """The result is of a kind (bindings, boolean, graph) for which no format was acceptable."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class MalformedQueryError(QueryError):
    """Not a SPARQL 1.1 query. Line and column count from 1 and are None where the engine does not tell."""

    def __init__(self, message: str, line: int | None, column: int | None) -> None:
        super().__init__(message)
        self.line, self.column = line, column


class SearchRefusedError(QueryError):
    """A text search in the query is not answered. Line and column count from 1."""

    def __init__(self, code: str, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.code, self.line, self.column = code, line, column


@dataclass(frozen=True)
class Answer:
    """A whole result: its kind (`bindings`, `boolean`, `graph`), the name of its format, and its bytes."""

    kind: str
    format: str
    body: bytes
    rows: int | None = None
    """Solutions, where they were counted."""

    @cached_property
    def etag(self) -> str:
        """The strong validator of the bytes, found once for all who get them."""
        return tag_of(self.body)


def cause_of_death(status: int | None) -> QueryError:
    """The engine aborts when it cannot allocate; other signals come from outside or from a fault."""
    if status is not None and os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGABRT:
            return MemoryLimitError()
        return WorkerDiedError(f"ended by {signal.Signals(number).name}")
    return WorkerDiedError("ended")


def read(reply: dict[str, object], body: bytes) -> Answer:
    """What a worker replied: a whole result, or the error that it tells."""
    match reply:
        case {"outcome": "answer" | "part", "kind": str(kind), "format": str(name)}:
            rows = reply.get("rows")
            return Answer(kind, name, body, rows if isinstance(rows, int) else None)
        case {"outcome": "malformed", "message": str(message), "line": int(line), "column": int(column)}:
            raise MalformedQueryError(message, line, column)
        case {"outcome": "malformed", "message": str(message)}:
            raise MalformedQueryError(message, None, None)
        case {
            "outcome": "refused",
            "code": str(code),
            "message": str(message),
            "line": int(line),
            "column": int(column),
        }:
            raise SearchRefusedError(code, message, line, column)
        case {"outcome": "unacceptable", "kind": str(kind)}:
            raise UnacceptableError(kind)
        case {"outcome": "too-large"}:
            raise ResultTooLargeError
        case {"outcome": "too-many"}:
            raise TooManyRowsError
        case {"outcome": "memory"}:
            raise MemoryLimitError
    raise QueryFailedError(str(reply.get("message")))
