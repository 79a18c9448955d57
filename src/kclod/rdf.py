"""Read, write and canonicalise RDF; formats and media types in one table.

Terms, triples and quads are pyoxigraph's. Syntaxes: RDF 1.1 Turtle, TriG, N-Triples, N-Quads, RDF/XML, JSON-LD 1.1;
results: SPARQL 1.1 Query Results JSON, XML, CSV, TSV.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pyoxigraph as ox

from kclod.errors import Problem, RefusedError, UsageError

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
GraphName = ox.NamedNode | ox.BlankNode | ox.DefaultGraph
DEFAULT_GRAPH = ox.DefaultGraph()


@dataclass(frozen=True, slots=True)
class Format:
    """A serialisation: short name (also the file extension), media type, other media types it answers to."""

    name: str
    media_type: str
    aliases: tuple[str, ...] = ()
    rdf: ox.RdfFormat | None = None
    results: ox.QueryResultsFormat | None = None
    dataset: bool = False
    """Whether it can hold named graphs."""
    title: str = ""


TURTLE = Format("ttl", "text/turtle", ("application/x-turtle",), ox.RdfFormat.TURTLE, title="Turtle")
N_TRIPLES = Format("nt", "application/n-triples", ("text/plain",), ox.RdfFormat.N_TRIPLES, title="N-Triples")
JSON_LD = Format("jsonld", "application/ld+json", (), ox.RdfFormat.JSON_LD, dataset=True, title="JSON-LD")
RDF_XML = Format("rdf", "application/rdf+xml", ("application/xml", "text/xml"), ox.RdfFormat.RDF_XML, title="RDF/XML")
N_QUADS = Format("nq", "application/n-quads", (), ox.RdfFormat.N_QUADS, dataset=True, title="N-Quads")
TRIG = Format("trig", "application/trig", ("application/x-trig",), ox.RdfFormat.TRIG, dataset=True, title="TriG")

RESULTS_JSON = Format(
    "json",
    "application/sparql-results+json",
    ("application/json",),
    results=ox.QueryResultsFormat.JSON,
    title="SPARQL results JSON",
)
RESULTS_XML = Format(
    "xml",
    "application/sparql-results+xml",
    ("application/xml", "text/xml"),
    results=ox.QueryResultsFormat.XML,
    title="SPARQL results XML",
)
RESULTS_CSV = Format("csv", "text/csv", (), results=ox.QueryResultsFormat.CSV, title="CSV")
RESULTS_TSV = Format("tsv", "text/tab-separated-values", (), results=ox.QueryResultsFormat.TSV, title="TSV")

RDF_FORMATS = (TURTLE, N_TRIPLES, JSON_LD, RDF_XML, N_QUADS, TRIG)
RESULT_FORMATS = (RESULTS_JSON, RESULTS_XML, RESULTS_CSV, RESULTS_TSV)

_BY_SUFFIX = {f".{f.name}": f for f in RDF_FORMATS} | {".owl": RDF_XML, ".xml": RDF_XML, ".json": JSON_LD}


def format_of(path: Path) -> Format:
    """The RDF format that a file's extension names; UsageError for an unknown one."""
    try:
        return _BY_SUFFIX[path.suffix.lower()]
    except KeyError:
        known = ", ".join(sorted(_BY_SUFFIX))
        raise UsageError(
            Problem(
                "rdf.unknown-extension",
                f"no RDF format has the extension {path.suffix!r}",
                f"use one of {known}",
                str(path),
            )
        ) from None


def parse(data: bytes, fmt: Format, *, name: str, base_iri: str | None = None) -> list[ox.Quad]:
    """Parse RDF text whole; blank nodes are renamed so that two files never share one by accident.

    `name` is how errors call the input. Raises RefusedError with line and column for a syntax error.
    """
    try:
        return list(ox.parse(data, fmt.rdf, base_iri=base_iri, rename_blank_nodes=True))
    except SyntaxError as error:
        raise RefusedError(
            Problem(
                "rdf.syntax",
                f"not well-formed {fmt.title}: {error.msg}",
                "correct the syntax at this place",
                name,
                error.lineno,
                error.offset,
            )
        ) from None


def read(path: Path, *, base_iri: str | None = None) -> list[ox.Quad]:
    """The quads of a file, its format known by extension. RefusedError on bad syntax, UsageError on a missing file."""
    fmt = format_of(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            Problem(
                "file.unreadable", error.strerror or str(error), "name a file that exists and can be read", str(path)
            )
        ) from None
    return parse(data, fmt, name=str(path), base_iri=base_iri or path.resolve().as_uri())


def triples_of(quads: Iterable[ox.Quad]) -> list[ox.Triple]:
    """The distinct triples of quads of any graph, in first-seen order."""
    return list(dict.fromkeys(quad.triple for quad in quads))


def in_graph(triples: Iterable[ox.Triple], graph: GraphName) -> Iterator[ox.Quad]:
    """The triples as quads of one graph."""
    return (ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples)


_PIECE = 10_000
Statement = str
"""A triple in canonical N-Triples without the full stop: subject, predicate and object, one space between each.

The compiled stages work on these: they hash and sort faster than objects, and are what the dumps hold.
"""


Line = str
"""A quad as a line of canonical N-Quads without the full stop and the line end, `str(pyoxigraph.Quad)`."""


def statement_of(triple: ox.Triple) -> Statement:
    """A triple as a statement."""
    return str(triple)


def triples_from(statements: Iterable[Statement]) -> list[ox.Triple]:
    """Statements as triples, in their order; blank nodes keep their labels."""
    text = " .\n".join(statements)
    return [q.triple for q in ox.parse(f"{text} .\n", ox.RdfFormat.N_TRIPLES)] if text else []


def sort_key(item: object) -> str:
    """Orders quads and triples by their N-Quads line: the same on every machine."""
    return str(item)


def serialize(
    items: Iterable[ox.Quad] | Iterable[ox.Triple], fmt: Format, *, prefixes: Mapping[str, str] | None = None
) -> bytes:
    """Sorted, so that equal input gives equal bytes; grouped by subject where the syntax can."""
    ordered = cast("list[ox.Quad]", sorted(set(items), key=sort_key))  # or of triples; the writer takes both
    wants_prefixes = fmt.rdf in (ox.RdfFormat.TURTLE, ox.RdfFormat.TRIG, ox.RdfFormat.RDF_XML)
    return ox.serialize(ordered, format=fmt.rdf, prefixes=dict(prefixes or {}) if wants_prefixes else None) or b""


def canonical(quads: Iterable[ox.Quad]) -> bytes:
    """Canonical N-Quads: distinct lines in code-point order (RDFC-1.0, RDF Dataset Canonicalization, section 4)."""
    return nquads(canonical_lines(map(str, quads)))


def nquads(lines: Iterable[Line | Statement]) -> bytes:
    """Lines as N-Quads, statements as N-Triples."""
    return "".join([f"{line} .\n" for line in lines]).encode()


def in_pieces(lines: Sequence[Line | Statement]) -> Iterator[bytes]:
    """As `nquads`, some thousand lines at a time."""
    for start in range(0, len(lines), _PIECE):
        yield nquads(lines[start : start + _PIECE])


def quads_from(lines: Iterable[Line]) -> list[ox.Quad]:
    """Lines as quads, in their order; blank nodes keep their labels."""
    return list(ox.parse(nquads(lines), ox.RdfFormat.N_QUADS))


def canonical_lines(lines: Iterable[Line]) -> list[Line]:
    """As `canonical`, of lines."""
    distinct = set(lines)
    blank = [line for line in distinct if has_blank_node(line)]
    if blank:
        distinct.difference_update(blank)
        distinct.update(relabelled(blank))
    return sorted(distinct)


def is_iri(text: str) -> bool:
    """Whether a text is an absolute IRI (RFC 3987, section 2.2, without the ban on fragments, as in RDF)."""
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def has_blank_node(text: Statement | Line) -> bool:
    """Whether a statement or line has a blank node."""
    return "_:" in text and (text.startswith("_:") or " _:" in _STRING.sub("", text))


def relabelled(lines: Iterable[Line]) -> list[Line]:
    """Lines with blank nodes, all those of a dataset, with the labels that RDFC-1.0 gives.

    Quads without blank nodes play no part in that algorithm, so they can be left out. It has no bound on its time for
    graphs that are made to defeat it.
    """
    dataset = ox.Dataset(ox.parse("".join(f"{line} .\n" for line in lines), ox.RdfFormat.N_QUADS))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return list(map(str, dataset))


def line_of(statement: Statement, graph: str) -> Line:
    """The line of a statement in the graph with this IRI; in the default graph where it is empty."""
    return f"{statement} <{graph}>" if graph else statement


def split_line(line: Line) -> tuple[Statement, str]:
    """The statement of a line, and the IRI of its graph (of a blank node the label, of the default graph nothing)."""
    head, _, last = line.rpartition(" ")
    # an object's last word can begin like an IRI, but then a quotation mark follows; an IRI has none
    if last.startswith(("<", "_:")) and '"' not in last and head.count(" ") >= 2:
        return head, last[1:-1] if last.startswith("<") else last
    return line, ""
