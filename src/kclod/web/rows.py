"""How many solutions a serialised SPARQL result holds, told from its bytes.

The engine writes solutions without counting them, and counting them in Python would take longer than finding them.
"""

from __future__ import annotations

import re

import pyoxigraph as ox

from kclod.rdf import Format

_JSON_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_CSV_STRING = re.compile(rb'"[^"]*"')


def exceeds(body: bytes, fmt: Format, bound: int) -> bool:
    """Whether a result that the engine wrote holds more than `bound` solutions. Exact.

    What separates solutions may also stand inside a JSON or CSV string, so strings are taken out where it matters.
    """
    match fmt.results:
        case ox.QueryResultsFormat.JSON:
            return _separators(body, b"},{", bound - 1, _JSON_STRING)
        case ox.QueryResultsFormat.CSV:
            return _separators(body, b"\r\n", bound + 1, _CSV_STRING)
        case ox.QueryResultsFormat.TSV:
            return body.count(b"\n") > bound + 1
    return body.count(b"<result>") > bound


def _separators(body: bytes, separator: bytes, bound: int, string: re.Pattern[bytes]) -> bool:
    return body.count(separator) > bound and string.sub(b"", body).count(separator) > bound
