"""The rows of a result: as many as a page shows; and how many a serialised one holds, told from its bytes.

The engine writes solutions without counting them, and counting them in Python would take longer than finding them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import islice

import pyoxigraph as ox

from kclod.rdf import Format

Results = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples
_JSON_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_CSV_STRING = re.compile(rb'"[^"]*"')
_JSON_NONE = b'"bindings":[]}}'


def count(body: bytes, fmt: Format) -> int:
    """The number of solutions of a result that the engine wrote.

    What separates solutions may also stand inside a JSON or CSV string, so strings are taken out first.
    """
    match fmt.results:
        case ox.QueryResultsFormat.JSON:
            return 0 if body.endswith(_JSON_NONE) else _JSON_STRING.sub(b"", body).count(b"},{") + 1
        case ox.QueryResultsFormat.CSV:
            return _CSV_STRING.sub(b"", body).count(b"\r\n") - 1
        case ox.QueryResultsFormat.TSV:
            return body.count(b"\n") - 1
    return body.count(b"<result>")


def exceeds(body: bytes, fmt: Format, bound: int) -> bool:
    """Whether it has more than `bound` solutions. Exact, and quick where the answer is no."""
    match fmt.results:
        case ox.QueryResultsFormat.JSON:
            most = body.count(b"},{") + 1
        case ox.QueryResultsFormat.CSV:
            most = body.count(b"\r\n") - 1
        case _:
            return count(body, fmt) > bound
    return most > bound and count(body, fmt) > bound


def first_rows(results: Results, rows: int) -> bytes:
    """The first rows as N-Triples terms, and whether there are more, in JSON."""
    if isinstance(results, ox.QueryBoolean):
        return json.dumps({"boolean": bool(results)}).encode()
    if isinstance(results, ox.QueryTriples):
        return table_of(
            ["subject", "predicate", "object"],
            ([str(t.subject), str(t.predicate), str(t.object)] for t in results),
            rows,
        )
    columns = [variable.value for variable in results.variables]
    return table_of(columns, ([None if term is None else str(term) for term in row] for row in results), rows)


def table_of(columns: list[str], cells: Iterable[list[str | None]], rows: int) -> bytes:
    """As `first_rows`, of columns and the cells of each row."""
    first = list(islice(cells, rows + 1))
    return json.dumps({"columns": columns, "rows": first[:rows], "more": len(first) > rows}).encode()
