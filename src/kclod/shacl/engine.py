"""pySHACL, run so that it reads exactly our terms, stays off the network, and never skips anything in silence."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import rdflib
from pyshacl.graph_abstraction import DataGraph
from pyshacl.monkey import rdflib_bool_patch, rdflib_bool_unpatch
from pyshacl.rdfutil.stringify import stringify_blank_node
from pyshacl.validator import Validator
from rdflib.plugins import sparql

from kclod.errors import Problem, UndecidedError
from kclod.vocab import XSD

_DEEPEST = 60
"""How deep shapes may refer to shapes; pySHACL's own limit of 15 is below what its SHACL-SHACL shapes need."""
_STRING = XSD["string"]
_PACKAGE = str(Path(pyshacl.__file__).parent)


def run(data: Iterable[ox.Triple], shapes: Iterable[ox.Triple], *, advanced: bool = False) -> list[ox.Triple]:
    """Validate by pySHACL; the validation report as triples, its blank nodes with the labels of data and shapes.

    Nothing is fetched: no owl:imports, and no FROM of a query. `advanced` allows sh:expression and sh:SPARQLFunction.
    UndecidedError when a shape cannot be used, also where pySHACL itself would only warn and go on without it.
    """
    # pySHACL keeps texts by the address of their graph, which may be that of another graph by now.
    stringify_blank_node.dict_cache.clear()
    with configured() as complaints:
        data_graph = DataGraph.from_rdflib(_graph(data))
        # SHACL takes `true` for true and nothing else (section 4.4.5, sh:uniqueLang).
        rdflib_bool_patch()  # type: ignore[no-untyped-call]  # pySHACL has no types here
        try:
            shapes_graph = _graph(shapes)
        finally:
            rdflib_bool_unpatch()  # type: ignore[no-untyped-call]  # pySHACL has no types here
            rdflib.NORMALIZE_LITERALS = False  # which the patch's end sets
        options = {
            "inplace": True,
            "advanced": advanced,
            "max_validation_depth": _DEEPEST,
            "logger": complaints.logger,
        }
        try:
            validator = Validator(data_graph, shacl_graph=shapes_graph, options=options)
            _, report, _ = validator.run()  # type: ignore[no-untyped-call]  # pySHACL has no types here
        except (
            Exception
        ) as error:  # what a malformed shape raises is of many types: pySHACL's, rdflib's, re's, pyparsing's
            raise _undecided(_first_line(error)) from error
    if complaints.messages:
        raise _undecided("; ".join(sorted(set(complaints.messages))))
    return [_triple(*triple) for triple in report]


class _Complaints(logging.Handler):
    """Collects what pySHACL logs as warnings: constraints that it skips."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []
        self.logger = logging.Logger("kclod.shacl")  # of its own: not in the tree, so nothing prints what it says
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def configured() -> Iterator[_Complaints]:
    """Set rdflib's global switches for a run: lexical forms kept, no graphs loaded, no log of bad literals."""
    complaints = _Complaints()
    # rdflib logs every ill-typed literal; sh:datatype reports them, with their place.
    term_logger = logging.getLogger("rdflib.term")
    before = (rdflib.NORMALIZE_LITERALS, sparql.SPARQL_LOAD_GRAPHS, term_logger.level)
    rdflib.NORMALIZE_LITERALS, sparql.SPARQL_LOAD_GRAPHS = False, False
    term_logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield complaints
    finally:
        rdflib.NORMALIZE_LITERALS, sparql.SPARQL_LOAD_GRAPHS = before[:2]
        term_logger.setLevel(before[2])
    # Warnings from elsewhere (deprecations within rdflib) are no word on the shapes.
    complaints.messages.extend(_first_line(w.message) for w in caught if w.filename.startswith(_PACKAGE))


def _undecided(reason: str) -> UndecidedError:
    return UndecidedError(
        Problem("validate.undecided", f"pySHACL cannot decide: {reason}", "correct the shapes, or the data")
    )


def _first_line(error: object) -> str:
    text = str(error).strip() or type(error).__name__
    return " ".join(text.split())[:500]


def _graph(triples: Iterable[ox.Triple]) -> rdflib.Graph:
    graph = rdflib.Graph(bind_namespaces="none")
    for t in triples:
        graph.add((to_rdflib(t.subject), to_rdflib(t.predicate), to_rdflib(t.object)))
    return graph


def to_rdflib(term: object) -> rdflib.term.Node:
    """The term as pySHACL is given it: its lexical form as it is. UndecidedError for what is not of RDF 1.1."""
    match term:
        case ox.NamedNode():
            return rdflib.URIRef(term.value)
        case ox.BlankNode():
            return rdflib.BNode(term.value)
        case ox.Literal():
            if term.language:
                return rdflib.Literal(term.value, lang=term.language)
            datatype = None if term.datatype == _STRING else rdflib.URIRef(term.datatype.value)
            return rdflib.Literal(term.value, datatype=datatype, normalize=False)
        case _:
            raise _undecided(f"{term} is not a term of RDF 1.1")


def _triple(subject: object, predicate: object, value: object) -> ox.Triple:
    terms = _from_rdflib(subject), _from_rdflib(predicate), _from_rdflib(value)
    if isinstance(terms[0], ox.Literal) or not isinstance(terms[1], ox.NamedNode):
        raise _undecided(f"pySHACL reports what is no triple: {subject} {predicate} {value}")
    return ox.Triple(terms[0], terms[1], terms[2])


def _from_rdflib(term: object) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    match term:
        case rdflib.URIRef():
            return ox.NamedNode(str(term))
        case rdflib.BNode():
            return ox.BlankNode(str(term))
        case rdflib.Literal():
            if term.language:
                return ox.Literal(str(term), language=term.language)
            return ox.Literal(str(term), datatype=ox.NamedNode(str(term.datatype)) if term.datatype else None)
        case _:
            raise _undecided(f"pySHACL reports what is no term: {term!r}")
