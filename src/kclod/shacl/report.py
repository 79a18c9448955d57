"""The report of a validation: read from what pySHACL writes (SHACL, section 3.6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox

from kclod import rdf
from kclod.errors import Problem, UndecidedError
from kclod.rdf import Term
from kclod.shacl.paths import path_text
from kclod.shacl.shapes import Node, Shapes, grouped, relabelled
from kclod.shacl.syntax import problem_at, warnings_of_shapes
from kclod.vocab import RDF, SH

_PLACEHOLDER = re.compile(r"\\\{(?:\\\$|\\\?)\w+\\\}")
"""`{$name}` or `{?name}` in a message template, once the template went through `re.escape`."""

_REPORT = ox.BlankNode("report")
CONFORMING = (
    ox.Triple(_REPORT, RDF["type"], SH["ValidationReport"]),
    ox.Triple(_REPORT, SH["conforms"], ox.Literal(True)),
)
"""The report of no results."""


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
class Standing:
    """How data stand with shapes. Shapes and nodes are text terms, so that it can be written as JSON as it is."""

    targets: Mapping[str, int]
    """Shape → how many focus nodes it has; every shape that is for any."""
    unsettled: Mapping[str, Sequence[str]]
    """Shape → the focus nodes that do not certainly conform, ordered; shapes without any are left out."""

    @classmethod
    def of(cls, targets: Mapping[Node, int], unsettled: Mapping[Node, Iterable[str]]) -> Standing:
        """In order."""
        return cls(
            {str(shape): number for shape, number in targets.items()},
            {str(shape): ordered for shape, nodes in unsettled.items() if (ordered := sorted(nodes))},
        )


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
    standing: Standing | None = field(default=None, compare=False)
    """What `revalidate` starts from; None when data or shapes can only be validated in full."""


def report_of(
    triples: Sequence[ox.Triple], shapes: Shapes, standing: Standing | None, untargeted: Sequence[Node]
) -> Report:
    """Read pySHACL's report: results in order, messages with their languages, no trace of the nodes handed to it.

    UndecidedError for a result without focus node or shape.
    """
    message, fix = "its targets choose no node of the data: it checks nothing", "correct the target, or the data"
    warnings = [problem_at(shapes, (shape,), "untargeted", message, fix) for shape in untargeted]
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
    return Report(
        not results,
        in_order,
        tuple(canonical),
        untargeted=tuple(map(_text, untargeted)),
        warnings=(*warnings_of_shapes(shapes), *warnings),
        standing=standing,
    )


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
