"""Terms to rdflib's and back, lexical forms as they are. Imported late: rdflib takes a while."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pyoxigraph as ox
import rdflib

from kclod.errors import Problem, UndecidedError
from kclod.rdf import Statement
from kclod.shacl.literals import (
    XSD_STRING,
    datatype_of,
    is_beyond_rdf11,
    is_blank,
    is_iri,
    language_of,
    lexical_form,
)


def undecided(reason: str) -> UndecidedError:
    """The error that nothing can be said of the data, for a reason of pySHACL's."""
    return UndecidedError(
        Problem("validate.undecided", f"pySHACL cannot decide: {reason}", "correct the shapes, or the data")
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep rdflib from logging and warning of every ill-typed literal: sh:datatype reports them, with their place."""
    logger = logging.getLogger("rdflib.term")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


def graph_of(statements: Iterable[Statement]) -> rdflib.Graph:
    """The statements as a graph of rdflib. UndecidedError for what is not of RDF 1.1."""
    graph = rdflib.Graph(bind_namespaces="none")
    known = _Known()
    with quiet():
        for statement in statements:
            subject, predicate, value = statement.split(" ", 2)
            graph.add((known[subject], known[predicate], known[value]))
    return graph


class _Known(dict[str, rdflib.term.Identifier]):
    """Terms of one graph; of no other, as what rdflib takes for a truth value is switched between graphs."""

    def __missing__(self, term: str) -> rdflib.term.Identifier:
        self[term] = converted = to_rdflib(term)
        return converted


def to_rdflib(term: str) -> rdflib.term.Identifier:
    """A term. UndecidedError for one that is not of RDF 1.1."""
    if is_iri(term):
        return rdflib.URIRef(term[1:-1])
    if is_blank(term):
        return rdflib.BNode(term[2:])
    if is_beyond_rdf11(term):
        raise undecided(f"{term} is not a term of RDF 1.1")
    return _literal(term)


def _literal(term: str) -> rdflib.Literal:
    tag = language_of(term)
    if tag:
        return rdflib.Literal(lexical_form(term), lang=tag)
    datatype = datatype_of(term)
    named = None if datatype == XSD_STRING else rdflib.URIRef(datatype[1:-1])
    return rdflib.Literal(lexical_form(term), datatype=named, normalize=False)


def triple_from(subject: object, predicate: object, value: object) -> ox.Triple:
    """A triple of rdflib's terms."""
    terms = _from_rdflib(subject), _from_rdflib(predicate), _from_rdflib(value)
    if isinstance(terms[0], ox.Literal) or not isinstance(terms[1], ox.NamedNode):
        raise undecided(f"pySHACL reports what is no triple: {subject} {predicate} {value}")
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
            raise undecided(f"pySHACL reports what is no term: {term!r}")
