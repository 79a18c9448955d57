"""What a release holds, by graph, and how it is cut into requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from kclod import rdf
from kclod.errors import Problem, UsageError
from kclod.rdf import Statement
from kclod.release import Release, dump_name

Graphs = Mapping[str, Sequence[Statement]]
"""Statements by the name of their graph; that of the default graph is empty."""
_QUADS = 100_000
"""Quads that a request with a whole dataset holds."""
_STATEMENTS, _CHARACTERS = 2_000, 500_000
"""Of one INSERT DATA; Virtuoso makes a program of each."""
_LARGE = 2_000
"""A graph of more statements is sent by itself."""
_PART = 20_000
_CODEPOINT = re.compile(r"\\\\[uU]")


def read_graphs(release: Release) -> Graphs:
    """The graphs of a release, from its dump. UsageError when it cannot be read."""
    path = release.path / dump_name(release.site, rdf.N_QUADS)
    graphs: dict[str, list[Statement]] = {"": []}
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                statement, graph = rdf.split_line(line.rstrip("\n").removesuffix(" ."))
                graphs.setdefault(graph, []).append(statement)
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem("publish.dump", f"cannot be read: {error}", "build the release again", str(path))
        raise UsageError(problem) from None
    for graph in graphs:
        if graph.startswith("_:"):
            message, fix = "a graph's name is a blank node, which no server keeps", "give the graph an IRI"
            raise UsageError(Problem("publish.graph-name", message, fix, str(path), item=graph))
    return graphs


def as_datasets(graphs: Graphs) -> Iterator[bytes]:
    """N-Quads in some requests; those with blank nodes are all in the first, for each request has its own."""
    lines = [rdf.line_of(statement, graph) for graph, statements in graphs.items() for statement in statements]
    blank = [line for line in lines if rdf.has_blank_node(line)]
    if blank:
        apart = set(blank)
        lines = blank + [line for line in lines if line not in apart]
    first = max(_QUADS, len(blank))
    yield rdf.nquads(lines[:first])
    for start in range(first, len(lines), _QUADS):
        yield rdf.nquads(lines[start : start + _QUADS])


def by_itself(statements: Sequence[Statement]) -> bool:
    """Whether a graph is sent by the Graph Store Protocol rather than in an update.

    Blank nodes are not allowed in the data of some servers' updates, and text with a backslash before a `u` is read in
    more than one way (SPARQL 1.1, section 19.2).
    """
    return len(statements) > _LARGE or any(rdf.has_blank_node(s) or _CODEPOINT.search(s) for s in statements)


def in_parts(statements: Sequence[Statement]) -> Iterator[Sequence[Statement]]:
    """The statements of a graph in some requests; those with blank nodes are all in the first."""
    ordered = sorted(statements, key=lambda s: not rdf.has_blank_node(s))
    first = max(_PART, sum(map(rdf.has_blank_node, ordered)))
    yield ordered[:first]
    for start in range(first, len(ordered), _PART):
        yield ordered[start : start + _PART]


def as_updates(graphs: Graphs) -> Iterator[str]:
    """INSERT DATA of graphs, some of them in each."""
    waiting: list[str] = []
    number = size = 0
    for graph, statements in graphs.items():
        for part in _pieces(statements):
            text = " .\n".join(part)
            if waiting and (number + len(part) > _STATEMENTS or size + len(text) > _CHARACTERS):
                yield _insert(waiting)
                waiting, number, size = [], 0, 0
            waiting.append(f"GRAPH <{graph}> {{\n{text}\n}}" if graph else text + " .")
            number, size = number + len(part), size + len(text)
    if waiting:
        yield _insert(waiting)


def _pieces(statements: Sequence[Statement]) -> Iterator[Sequence[Statement]]:
    for start in range(0, len(statements), _STATEMENTS):
        yield statements[start : start + _STATEMENTS]


def _insert(groups: Iterable[str]) -> str:
    joined = "\n".join(groups)
    return f"INSERT DATA {{\n{joined}\n}}"
