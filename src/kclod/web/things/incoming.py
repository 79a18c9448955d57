"""What links to a thing, by property: counted, sorted by date or name where there are not too many, paged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from itertools import islice

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.web.things.arranging import Arranger
from kclod.web.things.expanding import Expander
from kclod.web.things.naming import Naming
from kclod.web.things.reader import Reader
from kclod.web.things.statements import Group, Statement
from kclod.web.things.witness import Witness

COUNTED = 10_000
SORTED = 200
"""Most values of which the order is made here; more come in the store's own order."""
PREVIEW, PAGE = 12, 100
"""Values of a property shown at first, and on a page of their own."""
EXAMPLES = 6
"""Shown at first of more than can be put in order: which ones come is by chance, so a few tell as much as many."""
_PREDICATES = 1_000
_DOUBTED = 1_000

Name = Callable[[Term], str]
"""Gives the text by which a term is sorted."""


class Incoming:
    """Reads the links to things from the default graph."""

    def __init__(
        self, reader: Reader, witness: Witness, arranger: Arranger, expander: Expander, naming: Naming
    ) -> None:
        self._reader, self._witness, self._arranger = reader, witness, arranger
        self._expander, self._name = expander, naming.sort_name

    def groups(
        self, node: ox.NamedNode, covered: Mapping[str, Collection[Term] | None], shown: Collection[Term]
    ) -> tuple[Group, ...]:
        """The first few links of each property; asserted ones first.

        `covered` gives, by property, the things that the page shows with it already; None where it shows all of them.
        Of `shown`, the things that it shows at all, those are left out whose link is only inferred.
        """
        found = []
        for predicate in self._reader.incoming_predicates(node, _PREDICATES):
            known = covered.get(predicate.value, ())
            if known is not None:
                implied = [s for s in shown if s not in known and self._only_inferred(s, predicate, node)]
                group = self.group(node, predicate, 1, size=PREVIEW, unsorted=EXAMPLES, without={*known, *implied})
                if group.total:
                    found.append(group)
        return tuple(
            sorted(found, key=lambda g: (g.inferred, self._name(g.predicate) if g.predicate is not None else ""))
        )

    def group(
        self,
        node: ox.NamedNode,
        predicate: ox.NamedNode,
        page: int,
        *,
        size: int = PAGE,
        unsorted: int = PAGE,
        without: Collection[Term] = (),
    ) -> Group:
        """One page of what links to a thing by a property: `size` of it, `unsorted` of what cannot be put in order."""
        quads = islice(self._reader.incoming(node, predicate), SORTED + len(without) + 1)
        subjects = [s for quad in quads if (s := quad.subject) not in without]
        total, capped = len(subjects), False
        if total <= SORTED:
            start = (page - 1) * size
            shown = by_date_then_name([(s, self._arranger.date(s)) for s in subjects], self._name)[start : start + size]
        else:
            start = (page - 1) * unsorted
            counted = self._reader.count_incoming(node, predicate, COUNTED)
            capped, total = counted > COUNTED, min(counted, COUNTED) - len(without)
            rest = (quad.subject for quad in self._reader.incoming(node, predicate) if quad.subject not in without)
            shown = [(s, self._arranger.date(s)) for s in islice(rest, start, start + unsorted)]
        statements = tuple(self._statement(s, predicate, node, date) for s, date in shown)
        return Group(predicate, statements, total, capped)

    def _only_inferred(self, subject: Term, predicate: ox.NamedNode, node: ox.NamedNode) -> bool:
        if not isinstance(subject, ox.NamedNode | ox.BlankNode):
            return False
        return self._witness.is_inferred(ox.Triple(subject, predicate, node))

    def doubted(self, node: ox.NamedNode) -> tuple[dict[ox.NamedNode, list[Statement]], bool]:
        """What links to a thing only in claims that are not accepted, and whether there were too many links to look."""
        found: dict[ox.NamedNode, list[Statement]] = {}
        seen: set[tuple[Term, ox.NamedNode]] = set()
        quads = list(islice(self._reader.store.quads_for_pattern(None, None, node, None), _DOUBTED))
        for quad in quads:
            key = (quad.subject, quad.predicate)
            graph = quad.graph_name
            if not isinstance(graph, ox.NamedNode) or key in seen:
                continue
            seen.add(key)
            if self._reader.vouched(quad.triple):
                continue
            graphs = self._witness.graphs_of(quad.triple)
            if self._witness.doubted(graphs):
                statement = self._witness.pending(quad.subject, quad.triple, graphs)
                found.setdefault(quad.predicate, []).append(statement)
        return found, len(quads) == _DOUBTED

    def _statement(
        self, subject: Term, predicate: ox.NamedNode, node: ox.NamedNode, date: ox.Literal | None
    ) -> Statement:
        if not isinstance(subject, ox.NamedNode):
            return Statement(subject, ())
        statement = self._witness.statement(subject, (ox.Triple(subject, predicate, node),))
        return replace(statement, date=date, node=self._expander.expanded(subject, node, parents=True))


def by_date_then_name(dated: list[tuple[Term, ox.Literal | None]], name: Name) -> list[tuple[Term, ox.Literal | None]]:
    """The newest first, then what has no date; of one date by name."""
    ordered = sorted(dated, key=lambda item: name(item[0]))
    ordered.sort(key=lambda item: _day(item[1]), reverse=True)
    return ordered


def _day(date: ox.Literal | None) -> str:
    return date.value.removeprefix("../") if date is not None else ""
