"""Which kinds of literals a server gives back otherwise than it got them."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from kclod import rdf
from kclod.remote.content import Graphs
from kclod.remote.target import Writer

_EACH = 25
"""Literals of each kind that are looked at."""
_BATCH = 50


def altered(writer: Writer, graphs: Graphs) -> Iterator[str]:
    """A sentence for each kind of literal (datatype, or language tag) of which some come back otherwise.

    Of each kind some are looked at, in whichever graph they are. Engines that keep values rather than their written
    forms give back another form of the same value, such as `1.5` for `1.50`.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    samples = [(kind, quad) for kind, quads in _samples(graphs).items() for quad in quads]
    looked: dict[str, int] = {}
    for start in range(0, len(samples), _BATCH):
        some = samples[start : start + _BATCH]
        there = _there(writer, [quad for _, quad in some])
        for kind, quad in some:
            looked[kind] = looked.get(kind, 0) + 1
            values = there.get(_place(quad), set())
            if quad.object not in values:
                shown = ", ".join(sorted(map(str, values))[:3]) or "nothing"
                found.setdefault(kind, []).append((start, f"{quad.object} comes back as {shown}"))
    for kind, examples in sorted(found.items()):
        yield f"literals of {kind}: {len(examples)} of {looked[kind]} looked at come back otherwise; {examples[0][1]}"


def _samples(graphs: Graphs) -> dict[str, list[ox.Quad]]:
    """Some literals of each kind, those that differ."""
    taken: dict[str, dict[str, ox.Quad]] = {}
    for graph, statements in graphs.items():
        for statement in statements:
            if (not statement.endswith(('"', ">")) and "@" not in statement) or '"' not in statement:
                continue
            kind = _kind(statement)
            if kind is None or len(taken.setdefault(kind, {})) >= _EACH or statement.startswith("_:"):
                continue
            quad = rdf.quads_from([rdf.line_of(statement, graph)])[0]
            taken[kind].setdefault(str(quad.object), quad)
    return {kind: list(quads.values()) for kind, quads in taken.items()}


def _kind(statement: str) -> str | None:
    value = statement.split(" ", 2)[2]
    if not value.startswith('"'):
        return None
    tail = value[value.rindex('"') + 1 :]
    if tail.startswith("@"):
        return f"the language tag {tail[1:]}" if tail[1:] != tail[1:].lower() else "lower-case language tags"
    return tail[2:] if tail.startswith("^^") else "xsd:string"


_Place = tuple[str, str, str]


def _place(quad: ox.Quad) -> _Place:
    graph = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else ""
    return graph, str(quad.subject), str(quad.predicate)


def _there(writer: Writer, quads: list[ox.Quad]) -> dict[_Place, set[object]]:
    found: dict[_Place, set[object]] = {}
    for named in (True, False):
        places = sorted({_place(quad) for quad in quads if bool(_place(quad)[0]) is named})
        if not places:
            continue
        values = " ".join(f"(<{g}> {s} {p})" if named else f"({s} {p})" for g, s, p in places)
        variables = "?g ?s ?p" if named else "?s ?p"
        pattern = "GRAPH ?g { ?s ?p ?o }" if named else "?s ?p ?o"
        for row in writer.rows(f"SELECT {variables} ?o {{ VALUES ({variables}) {{ {values} }} {pattern} }}"):
            graph = getattr(row["g"], "value", "") if named else ""
            found.setdefault((graph, str(row["s"]), str(row["p"])), set()).add(row["o"])
    return found
