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

from kclod.rdf import Statement
from kclod.shacl.convert import graph_of, quiet, triple_from, undecided

_DEEPEST = 60
"""How deep shapes may refer to shapes; pySHACL's own limit of 15 is below what its SHACL-SHACL shapes need."""
_PACKAGE = str(Path(pyshacl.__file__).parent)


def run(data: Iterable[Statement], shapes: Iterable[Statement], *, advanced: bool = False) -> list[ox.Triple]:
    """Validate by pySHACL; the validation report as triples, its blank nodes with the labels of data and shapes.

    Nothing is fetched: no owl:imports, and no FROM of a query. `advanced` allows sh:expression and sh:SPARQLFunction.
    UndecidedError when a shape cannot be used, also where pySHACL itself would only warn and go on without it.
    """
    # pySHACL keeps texts by the address of their graph, which may be that of another graph by now.
    stringify_blank_node.dict_cache.clear()
    with _configured() as complaints:
        data_graph = DataGraph.from_rdflib(graph_of(data))
        # SHACL takes `true` for true and nothing else (section 4.4.5, sh:uniqueLang).
        rdflib_bool_patch()  # type: ignore[no-untyped-call]  # pySHACL has no types here
        try:
            shapes_graph = graph_of(shapes)
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
            raise undecided(_first_line(error)) from error
    if complaints.messages:
        raise undecided("; ".join(sorted(set(complaints.messages))))
    return [triple_from(*triple) for triple in report]


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
def _configured() -> Iterator[_Complaints]:
    """Set rdflib's global switches for a run: lexical forms kept, no graphs loaded, no log of bad literals."""
    complaints = _Complaints()
    before = (rdflib.NORMALIZE_LITERALS, sparql.SPARQL_LOAD_GRAPHS)
    rdflib.NORMALIZE_LITERALS, sparql.SPARQL_LOAD_GRAPHS = False, False
    try:
        with quiet(), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield complaints
    finally:
        rdflib.NORMALIZE_LITERALS, sparql.SPARQL_LOAD_GRAPHS = before
    # Warnings from elsewhere (deprecations within rdflib) are no word on the shapes.
    complaints.messages.extend(_first_line(w.message) for w in caught if w.filename.startswith(_PACKAGE))


def _first_line(error: object) -> str:
    text = str(error).strip() or type(error).__name__
    return " ".join(text.split())[:500]
