"""Validation by SHACL (core and SPARQL constraints): pySHACL writes the report on the focus nodes found here.

The shapes are first looked at themselves (`syntax`), then tried on an empty graph, so that a shape that cannot
be used is known before, and whether or not the data has a node for it. The targets are found by `shapes`; `select`
leaves out those that certainly conform; the rest is handed to pySHACL as sh:targetNode.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyoxigraph as ox

from kclod import rdf
from kclod.errors import Problem, UndecidedError, UsageError
from kclod.rdf import Term
from kclod.shacl.paths import path_text
from kclod.shacl.shapes import Node, Shapes, grouped, read_shapes, relabelled
from kclod.shacl.syntax import idle_parameters, problem_at, problems_of_shapes, warnings_of_shapes
from kclod.vocab import RDF, SH

_PROBE = ox.NamedNode("urn:x-kclod:probe")
_ADVANCED = (SH["expression"], SH["SPARQLFunction"])
_PLACEHOLDER = re.compile(r"\\\{(?:\\\$|\\\?)\w+\\\}")
"""`{$name}` or `{?name}` in a message template, once the template went through `re.escape`."""

_REPORT = ox.BlankNode("report")
_CONFORMING = (
    ox.Triple(_REPORT, RDF["type"], SH["ValidationReport"]),
    ox.Triple(_REPORT, SH["conforms"], ox.Literal(True)),
)
"""The report of no results."""

_Run = Callable[..., list[ox.Triple]]


@dataclass(frozen=True)
class Result:
    """A validation result (SHACL, section 3.6.2).

    Terms are written as plain text: an IRI as it is, a literal as in N-Triples (it starts with `"`), a blank node as
    `_:label`; a path that is no IRI as a SPARQL property path. `owner` is the named shape that `shape` is part of
    (`shape` itself if it has a name); `file` and `line` tell where that shape is written.
    """

    focus: str
    path: str | None
    value: str | None
    shape: str
    owner: str
    constraint: str
    severity: str
    messages: Mapping[str, str]
    """By language; `""` is the key of a message without one. Several of one language are joined by a semicolon."""
    file: str | None = None
    line: int | None = None

    @property
    def message(self) -> str:
        """The message in English, else without a language, else in the first language there is; empty if none is."""
        return next((self.messages[tag] for tag in ("en", "", *sorted(self.messages)) if tag in self.messages), "")


@dataclass(frozen=True)
class Report:
    """A validation report: `conforms` when there is no result, of whatever severity (SHACL, section 3.6.1.1).

    `triples` is the report as RDF, with canonical blank nodes; `untargeted` lists the shapes whose targets chose no
    node, so that a validation which looked at nothing is seen as such; `warnings` say so with file and line, and name
    what else in the shapes has no effect.
    """

    conforms: bool
    results: tuple[Result, ...]
    triples: tuple[ox.Triple, ...]
    untargeted: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()


def validate(data: Iterable[ox.Triple], shapes: Sequence[Path], *, extra: Iterable[ox.Triple] = ()) -> Report:
    """Validate data by the shapes of the files.

    `extra` is read as well (classes and their order, labels), but its triples choose no focus node. The report is the
    same for equal input, whatever the order and the labels of blank nodes. Rules (sh:rule) are not supported.

    RefusedError: a shapes file with bad syntax. UndecidedError: a malformed shape, a bad query, recursion: all that
    can be found, each with file and line. UsageError: a shapes file that cannot be read, or none given.
    """
    # Half a second to import, which only validation should cost.
    from kclod.shacl import engine, select  # noqa: PLC0415

    if not shapes:
        raise UsageError(Problem("validate.no-shapes", "no shapes file is given", "name at least one"))
    read = read_shapes(shapes)
    problems = problems_of_shapes(read)
    if problems:
        raise UndecidedError(problems)
    idle = frozenset(idle_parameters(read))
    advanced = any(t.predicate in _ADVANCED or t.object in _ADVANCED for t in read.triples)

    def run(data: Iterable[ox.Triple], focus_nodes: Mapping[Node, Iterable[Term]]) -> list[ox.Triple]:
        return engine.run(data, read.with_focus_nodes(focus_nodes, without=idle), advanced=advanced)

    _probe(read, run)
    data, extra = _with_stable_labels(data, extra)
    focus_nodes = read.focus_nodes(data, extra)
    chosen = focus_nodes if advanced else select.may_fail(read, focus_nodes, [*data, *extra])
    triples: Sequence[ox.Triple] = run([*data, *extra], chosen) if any(chosen.values()) else _CONFORMING
    untargeted = [shape for shape, nodes in focus_nodes.items() if not nodes]
    message, fix = "its targets choose no node of the data: it checks nothing", "correct the target, or the data"
    warnings = [problem_at(read, (shape,), "untargeted", message, fix) for shape in untargeted]
    return replace(
        _report(triples, read),
        untargeted=tuple(map(_text, untargeted)),
        warnings=(*warnings_of_shapes(read), *warnings),
    )


def _probe(shapes: Shapes, run: _Run) -> None:
    """Have every shape try a node of an empty graph. UndecidedError names each shape that cannot be used."""
    candidates = shapes.all_shapes
    try:
        run((), dict.fromkeys(candidates, (_PROBE,)))
    except UndecidedError as together:
        problems: list[Problem] = []
        for shape in candidates:
            try:
                run((), {shape: (_PROBE,)})
            except UndecidedError as error:
                queries = [q for c in shapes.objects(shape, SH["sparql"]) for q in shapes.objects(c, SH["select"])]
                place = (shape, *queries)
                problems.append(problem_at(shapes, place, "unusable", error.problems[0].message, "correct the shape"))
        raise UndecidedError(problems or together.problems) from together


def _with_stable_labels(
    data: Iterable[ox.Triple], extra: Iterable[ox.Triple]
) -> tuple[list[ox.Triple], list[ox.Triple]]:
    """Both without repetitions; blank nodes labelled the same whatever their labels were before."""
    aside = ox.NamedNode("urn:x-kclod:extra")
    quads = dict.fromkeys([*rdf.in_graph(data, rdf.DEFAULT_GRAPH), *rdf.in_graph(extra, aside)])
    if any(isinstance(term, ox.BlankNode) for q in quads for term in (q.subject, q.object)):
        quads = dict.fromkeys(relabelled(quads, "d"))
    return (
        [q.triple for q in quads if q.graph_name == rdf.DEFAULT_GRAPH],
        [q.triple for q in quads if q.graph_name == aside],
    )


def _report(triples: Sequence[ox.Triple], shapes: Shapes) -> Report:
    """Read pySHACL's report: results in order, messages with their languages, no trace of the nodes handed to it."""
    about = grouped((t.subject, t) for t in triples)
    nodes = [t.object for t in triples if t.predicate == SH["result"] and not isinstance(t.object, ox.Literal)]
    results: list[Result] = []
    written = {t for t in triples if t.predicate != SH["resultMessage"]}
    written -= {t for t in written if t.predicate == SH["targetNode"]} - set(shapes.triples)
    for node in nodes:
        properties = grouped((t.predicate, t.object) for t in about[node])
        messages = _messages(properties, shapes)
        written.update(ox.Triple(node, SH["resultMessage"], message) for message in messages)
        results.append(_result(properties, messages, shapes))
    in_order = tuple(sorted(results, key=_order))
    canonical = [q.triple for q in relabelled(rdf.in_graph(written, rdf.DEFAULT_GRAPH), "b")]
    return Report(not results, in_order, tuple(canonical))


def _result(
    properties: Mapping[ox.NamedNode, tuple[Term, ...]], messages: Iterable[ox.Literal], shapes: Shapes
) -> Result:
    def only(name: str) -> Term | None:
        return next(iter(properties.get(SH[name], ())), None)

    focus, path, value, shape = only("focusNode"), only("resultPath"), only("value"), only("sourceShape")
    if focus is None or shape is None or isinstance(shape, ox.Literal):
        raise UndecidedError(
            Problem("validate.undecided", f"pySHACL wrote a result without focus node or shape: {properties}")
        )
    file, line = shapes.place(shape)
    by_language = grouped((message.language or "", message.value) for message in sorted(messages, key=str))
    return Result(
        focus=_text(focus),
        path=None if path is None else path_text(shapes, path),
        value=None if value is None else _text(value),
        shape=_text(shape),
        owner=_text(shapes.owner(shape)),
        constraint=_text(only("sourceConstraintComponent")),
        severity=_text(only("resultSeverity")),
        messages={tag: "; ".join(texts) for tag, texts in by_language.items()},
        file=file,
        line=line,
    )


def _messages(properties: Mapping[ox.NamedNode, tuple[Term, ...]], shapes: Shapes) -> list[ox.Literal]:
    """The messages; where pySHACL filled in values and lost the language, that of the template they were made from."""
    found = [m for m in properties.get(SH["resultMessage"], ()) if isinstance(m, ox.Literal)]
    sources = [n for name in ("sourceShape", "sourceConstraint") for n in properties.get(SH[name], ())]
    for component in properties.get(SH["sourceConstraintComponent"], ()):
        for name in ("validator", "nodeValidator", "propertyValidator"):
            sources.extend(shapes.objects(component, SH[name]))
    templates = [
        t for s in sources for t in shapes.objects(s, SH["message"]) if isinstance(t, ox.Literal) and t.language
    ]
    messages: list[ox.Literal] = []
    for message in found:
        languages = {t.language for t in templates if not message.language and _made_from(message.value, t.value)}
        messages.extend(ox.Literal(message.value, language=tag) for tag in languages)
        if not languages:
            messages.append(message)
    return messages


def _made_from(message: str, template: str) -> bool:
    return re.fullmatch(_PLACEHOLDER.sub(".*", re.escape(template)), message, re.DOTALL) is not None


def _text(term: Term | None) -> str:
    if term is None:
        return ""
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def _order(result: Result) -> tuple[str, ...]:
    parts = (result.focus, result.path, result.constraint, result.value, result.owner, result.shape, result.severity)
    return (*(part or "" for part in parts), result.message)
