"""Writes solutions as SPARQL 1.1 Query Results JSON, XML, CSV and TSV, each different term once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from json.encoder import encode_basestring  # the C function that json.dumps(…, ensure_ascii=False) calls
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pyoxigraph as ox

from kclod.columnar.answer import Solutions
from kclod.columnar.dictionary import BLANK, IRI, STRING, UNBOUND, Ids, Term, write_term
from kclod.columnar.relation import NO_NUMBER, Numbers, are_ids

_INTEGER = "^^<http://www.w3.org/2001/XMLSchema#integer>"
_TO_QUOTE = re.compile(r'[",\r\n]')
_PLAIN_INTEGER = re.compile(r"[+-]?[0-9]+")
_FEW = 64
_BLOCK = 20_000
"""Solutions that are written at a time."""
Render = Callable[[Term], str]


class ResultTooLargeError(Exception):
    """A result of more bytes than it may have."""


def write_solutions(found: Solutions, fmt: ox.QueryResultsFormat, most: int | None = None) -> bytes:
    """The result in a format. ResultTooLargeError when it has more than `most` bytes, as soon as that is known."""
    parts, size = [], 0
    for text in _WRITERS[fmt](found):
        part = text.encode()
        size += len(part)
        if most is not None and size > most:
            raise ResultTooLargeError
        parts.append(part)
    return b"".join(parts)


def write_boolean(value: bool, fmt: ox.QueryResultsFormat) -> bytes:  # it is the result
    """The result of an ASK query. CSV and TSV have no standard form for it; this is the store's."""
    text = "true" if value else "false"
    match fmt:
        case ox.QueryResultsFormat.JSON:
            return f'{{"head":{{}},"boolean":{text}}}'.encode()
        case ox.QueryResultsFormat.XML:
            return f"{_XML_START}<head></head><boolean>{text}</boolean></sparql>".encode()
    return text.encode()


def rows_of(found: Solutions, most: int) -> list[list[str | None]]:
    """The first solutions as canonical N-Triples terms."""
    first = Solutions(found.context, found.relation.take(slice(0, most)))
    columns = [
        [text or None for text in _cells(first, column, write_term)] for column in first.relation.columns.values()
    ]
    return [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in range(first.relation.size)]


def _cells(found: Solutions, column: Ids | Numbers, render: Render) -> list[str]:
    """Each value of a column as text; empty where there is none."""
    if not are_ids(column):
        values: Iterable[int] = column.tolist()
        return ["" if value == NO_NUMBER else render(Term(_INTEGER, str(value))) for value in values]
    numbers = column
    bound = numbers[numbers != UNBOUND]
    if len(numbers) <= _FEW:
        texts = iter([render(term) for term in found.context.terms(bound)])
        return ["" if number == UNBOUND else next(texts) for number in numbers.tolist()]
    different, places = np.unique(numbers, return_inverse=True)
    unbound = bool(len(different)) and different[0] == UNBOUND
    rendered = [render(term) for term in found.context.terms(different[1:] if unbound else different)]
    if unbound:
        rendered.insert(0, "")
    return list(map(rendered.__getitem__, places.tolist()))


def _rows(found: Solutions, renders: Sequence[Render], between: str, *, gaps: bool) -> Iterator[list[str]]:
    """The cells of each solution in a row, some thousand at a time; nothing for what is unbound, unless gaps show."""
    relation = found.relation
    if not relation.columns:
        if relation.size:
            yield [""] * relation.size
        return
    whole = gaps or relation.certain.issuperset(relation.columns)
    for start in range(0, relation.size, _BLOCK):
        columns = [column[start : start + _BLOCK] for column in relation.columns.values()]
        cells = [_cells(found, column, render) for column, render in zip(columns, renders, strict=True)]
        rows = zip(*cells, strict=True)
        yield list(map(between.join, rows)) if whole else [between.join(filter(None, row)) for row in rows]


def _json(found: Solutions) -> Iterator[str]:
    variables = ",".join(map(encode_basestring, found.variables))
    yield f'{{"head":{{"vars":[{variables}]}},"results":{{"bindings":['
    between = ""
    for rows in _rows(found, [_json_cell(name) for name in found.variables], ",", gaps=False):
        yield between + "{" + "},{".join(rows) + "}"
        between = ","
    yield "]}}"


def _json_cell(name: str) -> Render:
    start = f'{encode_basestring(name)}:{{"type":'

    def render(term: Term) -> str:
        kind, value = term
        text = encode_basestring(value)
        if kind == IRI:
            return f'{start}"uri","value":{text}}}'
        if kind == BLANK:
            return f'{start}"bnode","value":{text}}}'
        if kind == STRING:
            return f'{start}"literal","value":{text}}}'
        if kind[0] == "@":
            return f'{start}"literal","value":{text},"xml:lang":"{kind[1:]}"}}'
        return f'{start}"literal","value":{text},"datatype":{encode_basestring(kind[3:-1])}}}'

    return render


_XML_START = '<?xml version="1.0"?><sparql xmlns="http://www.w3.org/2005/sparql-results#">'


def _xml(found: Solutions) -> Iterator[str]:
    head = "".join(f"<variable name={quoteattr(name)}/>" for name in found.variables)
    yield f"{_XML_START}<head>{head}</head><results>"
    for rows in _rows(found, [_xml_cell(name) for name in found.variables], "", gaps=False):
        yield "<result>" + "</result><result>".join(rows) + "</result>"
    yield "</results></sparql>"


def _xml_cell(name: str) -> Render:
    start = f"<binding name={quoteattr(name)}>"

    def render(term: Term) -> str:
        kind, value = term
        text = escape(value, {"\r": "&#xD;"})
        if kind == IRI:
            return f"{start}<uri>{text}</uri></binding>"
        if kind == BLANK:
            return f"{start}<bnode>{text}</bnode></binding>"
        if kind == STRING:
            return f"{start}<literal>{text}</literal></binding>"
        if kind[0] == "@":
            return f'{start}<literal xml:lang="{kind[1:]}">{text}</literal></binding>'
        return f"{start}<literal datatype={quoteattr(kind[3:-1])}>{text}</literal></binding>"

    return render


def _csv(found: Solutions) -> Iterator[str]:
    yield ",".join(found.variables) + "\r\n"
    for rows in _rows(found, [_csv_cell] * len(found.variables), ",", gaps=True):
        yield "\r\n".join(rows) + "\r\n"


def _csv_cell(term: Term) -> str:
    if term.kind == BLANK:
        return f"_:{term.value}"
    if _TO_QUOTE.search(term.value):
        return '"' + term.value.replace('"', '""') + '"'
    return term.value


def _tsv(found: Solutions) -> Iterator[str]:
    yield "\t".join(f"?{name}" for name in found.variables) + "\n"
    for rows in _rows(found, [_tsv_cell] * len(found.variables), "\t", gaps=True):
        yield "\n".join(rows) + "\n"


def _tsv_cell(term: Term) -> str:
    return term.value if term.kind == _INTEGER and _PLAIN_INTEGER.fullmatch(term.value) else write_term(term)


_WRITERS = {
    ox.QueryResultsFormat.JSON: _json,
    ox.QueryResultsFormat.XML: _xml,
    ox.QueryResultsFormat.CSV: _csv,
    ox.QueryResultsFormat.TSV: _tsv,
}
