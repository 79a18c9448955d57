"""Writes data documents: sorted, readable, the same bytes for the same quads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from kclod import rdf, turtle
from kclod.rdf import Format


def write(quads: Iterable[ox.Quad], fmt: Format, prefixes: Mapping[str, str]) -> bytes:
    """The quads in a format; in one that holds no named graphs, the triples of all of them."""
    if fmt.rdf == ox.RdfFormat.TRIG:  # graph by graph; the general writer sorts by subject alone
        ordered = sorted(set(quads), key=lambda quad: (str(quad.graph_name), str(quad)))
        return bytes(ox.serialize(ordered, format=fmt.rdf, prefixes=dict(prefixes)) or b"")
    if fmt.dataset:
        return rdf.serialize(quads, fmt, prefixes=prefixes)
    return write_triples(rdf.triples_of(quads), fmt, prefixes)


def write_triples(triples: Iterable[ox.Triple], fmt: Format, prefixes: Mapping[str, str]) -> bytes:
    """The triples in a format."""
    if fmt.rdf == ox.RdfFormat.TURTLE:
        return turtle.serialize(triples, prefixes)
    return rdf.serialize(triples, fmt, prefixes=prefixes)
