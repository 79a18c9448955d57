"""Validation by SHACL (core and SPARQL constraints): pySHACL writes the report on the focus nodes found here.

The shapes are first looked at themselves (`syntax`), then tried on an empty graph, so that a shape that cannot
be used is known before, and whether or not the data has a node for it. The targets are found by `targets`; `select`
leaves out those that certainly conform, and the data that do not bear on the rest; that is handed to pySHACL, the nodes
as sh:targetNode.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from kclod import rdf
from kclod.errors import Problem, UndecidedError, UsageError
from kclod.rdf import Statement
from kclod.shacl import select
from kclod.shacl.graph import Memory
from kclod.shacl.literals import is_blank
from kclod.shacl.report import CONFORMING, Report, Standing, report_of
from kclod.shacl.shapes import Node, Shapes, read_shapes, relabelled
from kclod.shacl.syntax import idle_parameters, problem_at, problems_of_shapes
from kclod.shacl.targets import FocusNodes, Target
from kclod.view import Held
from kclod.vocab import SH

_PROBE = "<urn:x-kclod:probe>"
_ADVANCED = (SH["expression"], SH["SPARQLFunction"])
_EXTRA = ox.NamedNode("urn:x-kclod:extra")


def validate(
    data: Iterable[Statement] | Iterable[ox.Triple],
    shapes: Sequence[Path],
    *,
    extra: Iterable[Statement] | Iterable[ox.Triple] = (),
    checked: bool = False,
) -> Report:
    """Validate data by the shapes of the files.

    `extra` is read as well (classes and their order, labels), but its triples choose no focus node. The report is the
    same for equal input, whatever the order and the labels of blank nodes. Rules (sh:rule) are not supported. With
    `checked`, the caller knows from before that the shapes are well-formed and can be used: they are not tried again.

    RefusedError: a shapes file with bad syntax. UndecidedError: a malformed shape, a bad query, recursion: all that
    can be found, each with file and line. UsageError: a shapes file that cannot be read, or none given.
    """
    rules = Rules.read(shapes, checked=checked)
    labelled = Labelled.of(data, extra)
    only_extra = [statement for statement in labelled.extra if statement not in labelled.data]
    whole = [*labelled.data, *only_extra]
    memory = Memory(whole)
    finder = FocusNodes(memory, Held(only_extra))
    focus_nodes = {shape: finder.of(Target.of(rules.shapes, shape)) for shape in rules.shapes.targeted}
    if rules.is_advanced:
        choice = select.Choice(focus_nodes, whole)
    else:
        choice = select.choose(rules.shapes, focus_nodes, memory, whole)
    standing = None
    has_blank = any(is_blank(node) for nodes in choice.focus_nodes.values() for node in nodes)
    compiler = select.Compiler(rules.shapes, memory)
    if rules.are_local(compiler) and not has_blank and not memory.is_beyond_rdf11:
        counts = {shape: len(nodes) for shape, nodes in focus_nodes.items()}
        standing = Standing.of(counts, choice.focus_nodes)
    triples = rules.report(choice)
    return report_of(triples, rules.shapes, standing, [shape for shape, nodes in focus_nodes.items() if not nodes])


@dataclass(frozen=True)
class Rules:
    """Shapes that are well-formed and can be used."""

    shapes: Shapes

    @classmethod
    def read(cls, files: Sequence[Path], *, checked: bool) -> Rules:
        """Of files; errors as `validate` raises them."""
        if not files:
            raise UsageError(Problem("validate.no-shapes", "no shapes file is given", "name at least one"))
        rules = cls(read_shapes(files))
        if not checked:
            problems = problems_of_shapes(rules.shapes)
            if problems:
                raise UndecidedError(problems)
            rules.probe()
        return rules

    @cached_property
    def is_advanced(self) -> bool:
        """Whether expressions or functions are used, of which nothing is known here."""
        return any(t.predicate in _ADVANCED or t.object in _ADVANCED for t in self.shapes.triples)

    def are_local(self, compiler: select.Compiler) -> bool:
        """Whether what the shapes look at from a focus node is known."""
        if self.is_advanced or self.shapes.has_components:
            return False
        return all(compiler.compiled(shape).reads is not None for shape in self.shapes.targeted)

    @cached_property
    def _idle(self) -> frozenset[ox.Triple]:
        return frozenset(idle_parameters(self.shapes))

    def report(self, choice: select.Choice) -> Sequence[ox.Triple]:
        """What pySHACL reports on chosen focus nodes; it is not asked, nor imported, where there are none."""
        if not any(choice.focus_nodes.values()):
            return CONFORMING
        return self._run(choice.statements, choice.focus_nodes)

    def _run(self, data: Iterable[Statement], focus_nodes: Mapping[Node, Iterable[str]]) -> list[ox.Triple]:
        from kclod.shacl import engine  # noqa: PLC0415  # takes half a second

        triples = self.shapes.with_focus_nodes(focus_nodes, without=self._idle)
        return engine.run(data, triples, advanced=self.is_advanced)

    def probe(self) -> None:
        """Have every shape try a node of an empty graph. UndecidedError names each shape that cannot be used."""
        candidates = self.shapes.all_shapes
        try:
            self._run((), dict.fromkeys(candidates, (_PROBE,)))
        except UndecidedError as together:
            problems: list[Problem] = []
            for shape in candidates:
                try:
                    self._run((), {shape: (_PROBE,)})
                except UndecidedError as error:
                    constraints = self.shapes.objects(shape, SH["sparql"])
                    queries = [q for c in constraints for q in self.shapes.objects(c, SH["select"])]
                    message = error.problems[0].message
                    problems.append(
                        problem_at(self.shapes, (shape, *queries), "unusable", message, "correct the shape")
                    )
            raise UndecidedError(problems or together.problems) from together


@dataclass(frozen=True)
class Labelled:
    """Data and what is read besides: distinct statements, their blank nodes labelled by what is said of them."""

    data: dict[Statement, None]
    extra: dict[Statement, None]

    @classmethod
    def of(
        cls, data: Iterable[Statement] | Iterable[ox.Triple], extra: Iterable[Statement] | Iterable[ox.Triple]
    ) -> Labelled:
        """Statements without blank nodes stay as they are: RDFC-1.0 does not look at them."""
        mine, others = dict.fromkeys(map(str, data)), dict.fromkeys(map(str, extra))
        blank, blank_others = (list(filter(rdf.has_blank_node, some)) for some in (mine, others))
        if not blank and not blank_others:
            return cls(mine, others)
        quads = [
            *rdf.in_graph(rdf.triples_from(blank), rdf.DEFAULT_GRAPH),
            *rdf.in_graph(rdf.triples_from(blank_others), _EXTRA),
        ]
        for statements, old in ((mine, blank), (others, blank_others)):
            for statement in old:
                del statements[statement]
        for quad in relabelled(quads, "d"):
            (others if quad.graph_name == _EXTRA else mine)[str(quad.triple)] = None
        return cls(mine, others)
