"""A difference as N-Quads, as RDF Patch and as SPARQL 1.1 Update."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from kclod.changes.compare import Difference
from kclod.changes.components import Component, relabel
from kclod.rdf import Line, Statement, split_line

_PIECE = 5_000
"""Quads of one operation."""


def removed(difference: Difference) -> Iterator[str]:
    """What was removed, as N-Quads."""
    return (f"{line} .\n" for line in difference.all_removed)


def added(difference: Difference) -> Iterator[str]:
    """What was added, as N-Quads."""
    return (f"{line} .\n" for line in difference.all_added)


def patch(difference: Difference, before: str, after: str) -> Iterator[str]:
    """RDF Patch (https://afs.github.io/rdf-delta/rdf-patch.html): rows that delete, then rows that add.

    `before` and `after` are the IRIs of the two versions. Labels of blank nodes are this patch's own: a system that
    keeps labels cannot find by them what is to be deleted, so use `update` where blank nodes changed.
    """
    yield f"H id <{after}> .\nH prev <{before}> .\nTX .\n"
    for sign, lines in (("D", difference.all_removed), ("A", difference.all_added)):
        for line in lines:
            yield f"{sign} {line} .\n"
    yield "TC .\n"


def update(difference: Difference) -> Iterator[str]:
    """SPARQL 1.1 Update that makes the dataset before into the one after, to be sent as one request, in order."""
    for verb, lines in (("DELETE DATA", difference.removed), ("INSERT DATA", difference.added)):
        for start in range(0, len(lines), _PIECE):
            yield f"{verb} {{\n{_grouped(lines[start : start + _PIECE])}}} ;\n"
    for part in dict.fromkeys(part.numbered(-1) for part in difference.removed_parts):
        yield _without(part)
    # a label may stand in one INSERT DATA of a request only (SPARQL 1.1, section 19.6)
    for number, part in enumerate((*difference.kept, *difference.added_parts)):
        yield f"INSERT DATA {{\n{_grouped(list(part.numbered(number).lines()))}}} ;\n"


def _grouped(lines: Iterable[Line]) -> str:
    """Lines as the quads of an operation: by graph, the default graph first."""
    graphs: defaultdict[str, list[Statement]] = defaultdict(list)
    for line in lines:
        statement, graph = split_line(line)
        graphs[graph].append(statement)
    written = []
    for graph in sorted(graphs):
        triples = "".join(f"  {statement} .\n" for statement in graphs[graph])
        written.append(f"  GRAPH <{graph}> {{\n{triples}  }}\n" if graph else triples)
    return "".join(written)


def _without(part: Component) -> str:
    """Deletes what is isomorphic to a part, and nothing that is more than it: labels cannot be named in an update."""
    labels = part.labels
    pattern = _grouped([relabel(line, _variable) for line in part.canonical])
    conditions = [f"isBlank({_variable(label)})" for label in labels]
    conditions += [f"!sameTerm({_variable(a)}, {_variable(b)})" for a, b in combinations(labels, 2)]
    alone = "".join(_nothing_else(label, part.canonical) for label in labels)
    return f"DELETE {{\n{pattern}}} WHERE {{\n{pattern}  FILTER ({' && '.join(conditions)})\n{alone}}} ;\n"


def _nothing_else(label: str, lines: Sequence[Line]) -> str:
    """That no graph says more of a blank node, nor anything of it in another place."""
    said: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    saying: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in lines:
        statement, graph = split_line(line)
        subject, predicate, value = (relabel(part, _variable) for part in statement.split(" ", 2))
        said[graph], saying[graph]  # every graph of the part is looked at
        if subject == _variable(label):
            said[graph].append((predicate, value))
        if value == _variable(label):
            saying[graph].append((subject, predicate))
    said[""], saying[""]  # and the default graph
    known_graphs = ", ".join(f"<{graph}>" for graph in sorted(said) if graph)
    elsewhere = f" FILTER (?g NOT IN ({known_graphs}))" if known_graphs else ""
    written = [
        f"  FILTER NOT EXISTS {{ GRAPH ?g {{ {triple} }}{elsewhere} }}\n"
        for triple in (f"{_variable(label)} ?p ?o", f"?s ?p {_variable(label)}")
    ]
    for graph in sorted(said):
        for triple, names, known in (
            (f"{_variable(label)} ?p ?o", ("?p", "?o"), said[graph]),
            (f"?s ?p {_variable(label)}", ("?s", "?p"), saying[graph]),
        ):
            other = " && ".join(f"!(sameTerm({names[0]}, {a}) && sameTerm({names[1]}, {b}))" for a, b in known)
            place = f"GRAPH <{graph}> {{ {triple} }}" if graph else triple
            written.append(f"  FILTER NOT EXISTS {{ {place}{f' FILTER ({other})' if other else ''} }}\n")
    return "".join(written)


def _variable(label: str) -> str:
    return f"?b_{label}"
