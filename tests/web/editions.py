"""Releases of the lights that differ: in edition N everything that is numbered has the number N."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
from lights import BASE, quads, site

from kclod.release import Release, publish

LABEL = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
NUMBER = ox.NamedNode(f"{BASE}ontology#number")
ALPHA, BETA = ox.NamedNode(f"{BASE}id/light/alpha"), ox.NamedNode(f"{BASE}id/light/beta")


def edition(root: Path, number: int, more: Iterable[ox.Quad] = (), without: Iterable[ox.Quad] = ()) -> Release:
    """Publish an edition below a folder and point `current` at it."""
    old = {q for q in quads() if "buoy" in str(q.subject)} | set(without)
    kept = [q for q in quads() if q not in old and not (q.subject == ALPHA and q.predicate == LABEL)]
    registry = ox.NamedNode(f"{BASE}graph/registry")
    numbered = [
        ox.Triple(ALPHA, LABEL, ox.Literal(f"Alpha Light {number}", language="en")),
        ox.Triple(ALPHA, NUMBER, ox.Literal(number)),
        ox.Triple(BETA, NUMBER, ox.Literal(number)),
    ]
    both = [ox.Quad(t.subject, t.predicate, t.object, graph) for t in numbered for graph in (None, registry)]
    source = root.with_name(f"{root.name}-input")
    source.write_text(f"edition {number}", "utf-8")
    return publish(root, site(), [*kept, *both, *more], inputs={"source.txt": source}, stages={})
