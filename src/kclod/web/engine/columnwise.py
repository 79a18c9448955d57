"""Answers from a release's columns, for the queries that they can answer; the store has all the others."""

from __future__ import annotations

import json

import pyoxigraph as ox

from kclod.columnar.algebra import UnsupportedError
from kclod.columnar.answer import Solutions, answer
from kclod.columnar.parse import parse
from kclod.columnar.table import Table
from kclod.columnar.write import rows_of, write_boolean, write_solutions
from kclod.web.engine.wire import Job


class TooManySolutionsError(Exception):
    """More than the job may give."""


def from_columns(table: Table, job: Job, fmt: ox.QueryResultsFormat | None) -> tuple[str, bytes, int] | None:
    """The kind of a job's result, its bytes and its rows; None where the store has to answer.

    `fmt` is how it is written; None as rows for a page. SyntaxError when the query is malformed, as the store tells it.
    """
    if job.stream or job.default_graphs is not None or job.named_graphs is not None:
        return None
    try:
        select = parse(job.query)
        ox.Store().query(job.query, base_iri=job.base_iri)  # over nothing: only to have it read
        found = answer(table, select)
    except UnsupportedError:
        return None
    if isinstance(found, bool):
        body = json.dumps({"boolean": found}).encode() if fmt is None else write_boolean(found, fmt)
        return "boolean", body, 1
    size = found.relation.size
    if fmt is None:
        return "bindings", _page(found, job.rows), size
    if size > job.max_rows:
        raise TooManySolutionsError
    return "bindings", write_solutions(found, fmt, job.max_bytes), size


def _page(found: Solutions, most: int) -> bytes:
    """The first rows, and whether there are more."""
    rows, more = rows_of(found, most), found.relation.size > most
    return json.dumps({"columns": found.variables, "rows": rows, "more": more}).encode()
