"""Things without a name of their own, shown inline by what they say; tables of such things, and trees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice

import pyoxigraph as ox

from kclod.layout import Fact, Path, Step
from kclod.rdf import Term
from kclod.web.things.arranging import TABLE, Arranger
from kclod.web.things.naming import Naming
from kclod.web.things.paths import Hit, follow
from kclod.web.things.reader import TYPE, Reader
from kclod.web.things.statements import Branch, Expanded, Group, Statement, union
from kclod.web.things.witness import Witness

_STATEMENTS = 100
_PARENTS = 5
_CELL = 20
_CHAINS = 6
_DEEP = 12
_BELOW = 40
_LEVEL = 1_000

Order = Callable[[dict[ox.NamedNode, list[Statement]]], tuple[Group, ...]]
"""Puts statements by property in groups, in order."""


class Expander:
    """Expands what is below the publisher's base and has no label; everything else is a link."""

    def __init__(self, reader: Reader, witness: Witness, arranger: Arranger, naming: Naming, order: Order) -> None:
        self._reader, self._witness, self._arranger = reader, witness, arranger
        self._naming, self._order = naming, order

    def expanded(self, value: Term, parent: ox.NamedNode, *, parents: bool = False) -> Expanded | None:
        """A value as it is shown on the page of `parent`; with what links to it, where that is no parent's page."""
        if not isinstance(value, ox.NamedNode) or not self._naming.nameless(value, parent):
            return None
        about = self._reader.about(value, _STATEMENTS)
        if not about:
            return None
        groups: dict[ox.NamedNode, list[Statement]] = {}
        types: list[ox.NamedNode] = []
        for (predicate, inner), graphs in about.items():
            statement = self._witness.pending(inner, ox.Triple(value, predicate, inner), graphs)
            if predicate == TYPE and isinstance(inner, ox.NamedNode):
                types.extend([] if statement.inferred else [inner])
            elif inner != parent and not statement.inferred:
                groups.setdefault(predicate, []).append(statement)
        leading = self._parents(value) if parents else ()
        return Expanded(value.value, tuple(sorted(types, key=str)), self._order(groups), leading)

    def table(
        self, fact: Fact | None, statements: Sequence[Statement], parent: ox.NamedNode
    ) -> tuple[tuple[Fact, ...], bool, tuple[Statement, ...]]:
        """Columns, whether the values head the rows, and the statements as rows; no columns where a table is unfit."""
        nameless = [self._naming.nameless(s.value, parent) for s in statements]
        wanted = fact is not None and fact.viewer == TABLE
        if not statements or not (all(nameless) or (wanted and not any(nameless))):
            return (), False, tuple(statements)
        named = not all(nameless)
        columns = self._arranger.columns((s.value for s in statements), parent, named=named)
        return columns, named, tuple(self._row(s, columns, parent, named=named) for s in statements)

    def tree(self, fact: Fact, node: ox.NamedNode) -> tuple[Branch, ...]:
        """The hierarchy around a thing: each way up to the top, as the fact's path goes, and the level below."""
        down = Path(Step.INVERSE, parts=(fact.path,))
        below = sorted(
            islice(follow(self._reader, node, down), _LEVEL), key=lambda hit: self._naming.sort_name(hit.value)
        )
        branches = [self._branch(hit) for hit in below[:_BELOW] if isinstance(hit.value, ox.NamedNode)]
        ways = list(islice(self._up(Branch(node, None, here=True), fact.path, frozenset({node})), _CHAINS))
        if len(ways) == 1 and ways[0].here and not branches:
            return ()
        return (_grown(ways[0], tuple(branches), max(0, len(below) - _BELOW)), *ways[1:])

    def _up(self, branch: Branch, path: Path, seen: frozenset[Term]) -> Iterable[Branch]:
        hits = [hit for hit in follow(self._reader, branch.value, path) if hit.value not in seen]
        wider = sorted(
            (hit for hit in hits if isinstance(hit.value, ox.NamedNode)),
            key=lambda hit: self._naming.sort_name(hit.value),
        )
        if not wider or len(seen) > _DEEP:
            yield branch
            return
        for hit in wider[:_CHAINS]:
            upper = self._branch(hit)
            yield from self._up(replace(upper, below=(branch,)), path, seen | {hit.value})

    def _branch(self, hit: Hit) -> Branch:
        if not isinstance(hit.value, ox.NamedNode):
            raise TypeError("a place in a tree has an IRI")
        return Branch(hit.value, self._witness.statement(hit.value, hit.trail))

    def _row(self, statement: Statement, columns: Iterable[Fact], parent: ox.NamedNode, *, named: bool) -> Statement:
        cells: list[tuple[Statement, ...]] = []
        for column in columns:
            hits = islice(self._arranger.cell(statement.value, column, parent), _CELL)
            found = [s for hit in hits for s in self._brief(hit, statement.value)]
            cells.append(tuple(self._asserted(found)))
        origins = union(statement.origins, *(s.origins for cell in cells for s in cell if not s.inferred))
        kinds = self._arranger.kinds(statement.value) if named and isinstance(statement.value, ox.NamedNode) else ()
        return replace(statement, cells=tuple(cells), origins=statement.origins if named else origins, kinds=kinds)

    def _brief(self, hit: Hit, parent: Term) -> Sequence[Statement]:
        """A value in a cell; of a thing without a name the first fact that it states."""
        if self._naming.nameless(hit.value, parent):
            for fact in self._arranger.facts_of(hit.value):
                inner = [h for h in islice(self._arranger.cell(hit.value, fact, parent), _CELL) if h.value != parent]
                if inner and not any(self._naming.nameless(h.value, parent) for h in inner):
                    return [self._witness.statement(h.value, (*hit.trail, *h.trail)) for h in inner]
        return [self._witness.statement(hit.value, hit.trail)]

    def _asserted(self, statements: Sequence[Statement]) -> Sequence[Statement]:
        """Each value once, and without inferences where anybody states one of them."""
        once = {s.value: s for s in reversed(statements)}
        return [s for s in reversed(once.values()) if not s.inferred] or list(reversed(once.values()))

    def _parents(self, node: ox.NamedNode) -> tuple[Group, ...]:
        found: dict[ox.NamedNode, list[Statement]] = {}
        for quad in islice(self._reader.incoming(node), _PARENTS):
            statement = self._witness.statement(quad.subject, (quad.triple,))
            if not statement.inferred:
                found.setdefault(quad.predicate, []).append(statement)
        return self._order(found)


def _grown(branch: Branch, below: tuple[Branch, ...], more: int) -> Branch:
    """A way down to the page's thing, with the level below that."""
    if branch.here:
        return replace(branch, below=below, more=more)
    return replace(branch, below=tuple(_grown(inner, below, more) for inner in branch.below))
