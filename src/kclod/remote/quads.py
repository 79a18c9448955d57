"""Look-ups of pages in a release on a server: few requests, and what was read is kept, as a release never changes.

A page asks for one thing after the other. So when a thing is asked for, all those that were found in the same place as
it (the objects of one property, the graphs of one description) are read with it, in one request: what is read of one is
soon read of its likes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Generic, TypeVar, cast

import pyoxigraph as ox

from kclod.rdf import DEFAULT_GRAPH, GraphName, Term
from kclod.remote.published import DEFAULT, Row, hidden, listed
from kclod.remote.reading import Reading, UnavailableError
from kclod.vocab import RDF

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")
_BATCH = 200
"""Things that are read at a time."""
_BATCH_ROWS = 5_000
"""Quads that a batch may have; beyond, the thing that was asked for is read alone."""
_FIRST, _NEXT = 1_000, 9_000
"""Solutions of the first page of a look-up, and of further ones; Virtuoso sends 10,000 as it is shipped."""
_LONGEST_KEPT = 20_000
"""Quads of one pattern that are kept."""
_KEPT_QUADS = 500_000
_KEPT_LIKES = 200_000

_Pattern = tuple[ox.NamedNode | None, ox.NamedNode | None, Term | None, GraphName | None]

_Counted = tuple[ox.NamedNode, Term | None, ox.DefaultGraph | None, int]


class _Kept(Generic[_K, _V]):
    """The most recently used, up to a bound on their weight. Safe for threads."""

    def __init__(self, bound: int, weight: Callable[[_V], int]) -> None:
        self._held: OrderedDict[_K, _V] = OrderedDict()
        self._room, self._weight = bound, weight
        self._lock = threading.Lock()

    def get(self, key: _K) -> _V | None:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def __contains__(self, key: _K) -> bool:
        return key in self._held

    def put(self, key: _K, value: _V) -> None:
        with self._lock:
            before = self._held.pop(key, None)
            self._room += self._weight(before) if before is not None else 0
            self._held[key] = value
            self._room -= self._weight(value)
            while self._room < 0:
                self._room += self._weight(self._held.popitem(last=False)[1])


@dataclass(frozen=True, slots=True)
class _Found:
    """Quads that were read; `whole` when there are no more of the kind.

    Otherwise the next page begins at the value `last` of the query's first variable, of which `seen` were read.
    """

    quads: tuple[ox.Quad, ...]
    whole: bool
    last: str | None = None
    seen: int = 0


def _size(found: _Found) -> int:
    return len(found.quads) + 1


class RemoteStore:
    """A release on a server, as a `kclod.store.Store`.

    UnavailableError where a look-up needs the server and it gives no answer; what has been read before is still there.
    A blank node is looked up by nobody but the graph that it is in: it has no name that the server would know.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._subjects: _Kept[ox.NamedNode, _Found] = _Kept(_KEPT_QUADS, _size)
        self._graphs: _Kept[ox.NamedNode, _Found] = _Kept(_KEPT_QUADS, _size)
        self._patterns: _Kept[_Pattern, _Found] = _Kept(_KEPT_QUADS, _size)
        self._mentioned: _Kept[ox.NamedNode, bool] = _Kept(_KEPT_LIKES, lambda _: 1)
        self._counts: _Kept[_Counted, int] = _Kept(_KEPT_LIKES, lambda _: 1)
        self._solutions: _Kept[tuple[str, str, str], list[Row]] = _Kept(_KEPT_QUADS, lambda rows: len(rows) + 1)
        self._likes: _Kept[ox.NamedNode, Sequence[ox.NamedNode]] = _Kept(_KEPT_LIKES, lambda _: 1)

    def quads_for_pattern(
        self,
        subject: ox.NamedNode | ox.BlankNode | ox.Triple | None,
        predicate: ox.NamedNode | None,
        object: Term | None,  # noqa: A002  # what RDF calls it
        graph_name: GraphName | None = None,
        /,
    ) -> Iterator[ox.Quad]:
        """As `kclod.store.Quads.quads_for_pattern`."""
        if isinstance(subject, ox.BlankNode | ox.Triple):
            return iter(())
        if subject is not None:
            found = self._about(subject)
            quads = iter(found.quads) if found.whole else self._matching((subject, predicate, object, graph_name))
            return (
                quad
                for quad in quads
                if (predicate is None or quad.predicate == predicate)
                and (object is None or quad.object == object)
                and (graph_name is None or quad.graph_name == graph_name)
            )
        if isinstance(graph_name, ox.NamedNode) and predicate is None and object is None:
            found = self._within(graph_name)
            if found.whole:
                return iter(found.quads)
        if predicate is not None and object is not None:
            all_links = self._patterns.get((None, None, object, graph_name))
            if all_links is not None and all_links.whole:
                return (quad for quad in all_links.quads if quad.predicate == predicate)
        return self._matching((None, predicate, object, graph_name))

    def alike(self, nodes: Iterable[ox.NamedNode]) -> None:
        """Tell of things that will be asked for together."""
        self._together({"given": dict.fromkeys(nodes)})

    def mentions(self, node: ox.NamedNode) -> bool:
        """As `kclod.store.Store.mentions`."""
        if self._about(node).quads:
            return True
        known = self._mentioned.get(node)
        if known is None:
            patterns = ((None, None, node, None), (None, None, None, node))
            known = any(next(self.quads_for_pattern(*pattern), None) is not None for pattern in patterns)
            self._mentioned.put(node, known)
        return known

    def predicates(self) -> Iterator[ox.NamedNode]:
        """As `kclod.store.Store.predicates`."""
        text = f"SELECT DISTINCT ?p {{ {self._where('?s ?p ?o', DEFAULT_GRAPH)} }}"
        return (row["p"] for row in self._all(text) if isinstance(row["p"], ox.NamedNode))

    def class_sizes(self) -> Mapping[str, int]:
        """As `kclod.store.Store.class_sizes`."""
        where = self._where(f"?s {RDF['type']} ?c", DEFAULT_GRAPH)
        found = self._all(f"SELECT ?c (COUNT(*) AS ?n) {{ {where} }} GROUP BY ?c")
        sizes = {
            row["c"]: int(cast("ox.Literal", row["n"]).value)
            for row in found
            if "c" in row and isinstance(row["c"], ox.NamedNode)
        }
        self.alike(sizes)
        return {node.value: size for node, size in sizes.items()}

    def solutions(self, variables: str, where: str, rest: str = "") -> list[Mapping[str, Term]]:
        """As `kclod.store.Store.solutions`."""
        key = (variables, where, rest)
        found = self._solutions.get(key)
        if found is None:
            found = self._all(f"SELECT {variables} {{ {self._where(where, DEFAULT_GRAPH)} }} {rest}")
            self._solutions.put(key, found)
        return list(found)

    def goes_beyond(self, graph: ox.NamedNode) -> bool:
        """As `kclod.store.Store.goes_beyond`."""
        lacking = self._where("?s ?p ?o", DEFAULT_GRAPH)
        return bool(
            self._all(f"SELECT ?p {{ {self._where('?s ?p ?o', graph)} FILTER NOT EXISTS {{ {lacking} }} }} LIMIT 1")
        )

    def count(self, predicate: ox.NamedNode, value: Term | None, graph: ox.DefaultGraph | None, most: int) -> int:
        """As `kclod.store.Store.count`."""
        key = (predicate, value, graph, most)
        known = self._counts.get(key)
        if known is None:
            where = self._where(f"?s {predicate} {'?o' if value is None else value}", graph)
            beside = ", ".join(f"<{name}>" for name in self._reading.published.beside)
            others = f"FILTER(!BOUND(?g) || ?g NOT IN ({beside}))" if beside and graph is None else ""
            inner = f"SELECT ?s {{ {where} {others} }} LIMIT {most + 1}"
            (row,) = self._all(f"SELECT (COUNT(*) AS ?n) {{ {{ {inner} }} }}")
            known = int(cast("ox.Literal", row["n"]).value)
            self._counts.put(key, known)
        return known

    def _all(self, text: str) -> list[Row]:
        rows, most = self._reading.rows(text)
        if most is not None:
            raise UnavailableError(f"the store sends no more than {most} rows, and the page needs more")
        return rows

    def _about(self, node: ox.NamedNode) -> _Found:
        """All quads with a subject, unless they are too many to be read at a time."""
        return self._read(node, self._subjects, "s", lambda quad: cast("ox.NamedNode", quad.subject))

    def _within(self, graph: ox.NamedNode) -> _Found:
        """All quads of a graph, unless they are too many to be read at a time."""
        return self._read(graph, self._graphs, "g", lambda quad: cast("ox.NamedNode", quad.graph_name))

    def _read(
        self,
        node: ox.NamedNode,
        kept: _Kept[ox.NamedNode, _Found],
        variable: str,
        key: Callable[[ox.Quad], ox.NamedNode],
    ) -> _Found:
        found = kept.get(node)
        if found is not None:
            return found
        for batch in (self._batch(node, kept.__contains__), [node]):
            limit = _BATCH_ROWS if len(batch) > 1 else _NEXT
            pattern = self._where("?s ?p ?o", None) if variable == "s" else "GRAPH ?g { ?s ?p ?o }"
            names = listed([n.value for n in batch])
            rows, most = self._reading.rows(
                f"SELECT ?s ?p ?o ?g {{ VALUES ?{variable} {{ {names} }} {pattern} }} LIMIT {limit}"
            )
            whole = len(rows) < limit and most is None
            if whole or len(batch) == 1:
                break
        quads = list(self._quads(rows))
        self._remember_likes(quads)
        by_node: dict[ox.NamedNode, list[ox.Quad]] = {n: [] for n in batch}
        for quad in quads:
            by_node.setdefault(key(quad), []).append(quad)
        for each in batch:
            kept.put(each, _Found(tuple(by_node[each]), whole))
        return _Found(tuple(by_node[node]), whole)

    def _matching(self, pattern: _Pattern) -> Iterator[ox.Quad]:
        """The quads of a pattern in pages, in an order that stays the same; what has been read is kept."""
        query = self._query_of(pattern)
        found = self._patterns.get(pattern)
        if found is None:
            found = self._linked(pattern) or self._further(query, pattern, _Found((), whole=False))
        given = 0
        while True:
            yield from islice(found.quads, given, None)
            if found.whole:
                return
            given = len(found.quads)
            longer = self._further(query, pattern, found)
            if given > _LONGEST_KEPT:
                found = replace(longer, quads=longer.quads[given:])
                given = 0
            else:
                found = longer

    def _further(self, query: _Query, pattern: _Pattern, before: _Found) -> _Found:
        """One page more of what was read."""
        limit = _NEXT if before.quads else _FIRST
        rows, most = self._reading.rows(query.page(limit, before.last or None, before.seen))
        quads = tuple(self._quads(rows, pattern))
        self._remember_likes(quads)
        last, seen = before.last, before.seen
        if rows:
            last = _text(rows[-1][query.variables[0]])
            seen = sum(_text(row[query.variables[0]]) == last for row in rows) + (seen if last == before.last else 0)
        found = _Found(before.quads + quads, len(rows) < limit and most is None, last, seen)
        if len(found.quads) <= _LONGEST_KEPT:
            self._patterns.put(pattern, found)
        return found

    def _linked(self, pattern: _Pattern) -> _Found | None:
        """What links to a thing, read together with what links to its likes; None where that is too much."""
        subject, predicate, value, graph = pattern
        if subject or predicate or not isinstance(value, ox.NamedNode) or isinstance(graph, ox.NamedNode):
            return None
        batch = self._batch(value, lambda n: (None, None, n, graph) in self._patterns)
        if len(batch) == 1:
            return None
        where = self._where("?s ?p ?o", graph)
        names = listed([n.value for n in batch])
        rows, most = self._reading.rows(f"SELECT ?s ?p ?o ?g {{ VALUES ?o {{ {names} }} {where} }} LIMIT {_BATCH_ROWS}")
        if len(rows) == _BATCH_ROWS or most is not None:
            return None
        by_value: dict[Term, list[ox.Quad]] = {n: [] for n in batch}
        for quad in sorted(self._quads(rows, (None, None, None, graph)), key=_order):
            by_value.setdefault(quad.object, []).append(quad)
        for quads in by_value.values():
            self._remember_likes(quads)
        for each in batch:
            self._patterns.put((None, None, each, graph), _Found(tuple(by_value[each]), whole=True))
        return _Found(tuple(by_value[value]), whole=True)

    def _batch(self, node: ox.NamedNode, known: Callable[[ox.NamedNode], bool]) -> list[ox.NamedNode]:
        """A thing and those likes of it that are not known yet, those that come after it first."""
        likes = self._likes.get(node) or ()
        first = likes.index(node) if node in likes else 0
        around = (*likes[first:], *likes[:first])
        return [node, *(n for n in around if n != node and not known(n))][:_BATCH]

    def _query_of(self, pattern: _Pattern) -> _Query:
        subject, predicate, value, graph = pattern
        names = {"s": subject, "p": predicate, "o": value, "g": graph}
        variables = [name for name, term in names.items() if term is None]
        terms = " ".join("?" + name if (term := names[name]) is None else str(term) for name in "spo")
        return _Query(tuple(variables), self._where(terms, graph))

    def _where(self, terms: str, graph: GraphName | None) -> str:
        if isinstance(graph, ox.NamedNode):
            return f"GRAPH {graph} {{ {terms} }}"
        if not self._reading.own_default:
            return f"GRAPH <{DEFAULT}> {{ {terms} }}" if graph is not None else f"GRAPH ?g {{ {terms} }}"
        return terms if graph is not None else f"{{ {terms} }} UNION {{ GRAPH ?g {{ {terms} }} }}"

    def _quads(self, rows: Iterable[Row], pattern: _Pattern = (None, None, None, None)) -> Iterator[ox.Quad]:
        beside = self._reading.published.beside
        subject, predicate, value, graph = pattern
        for row in rows:
            name = graph if graph is not None else row.get("g", DEFAULT_GRAPH)
            if isinstance(name, ox.NamedNode) and graph is None:
                if name.value == DEFAULT:
                    name = DEFAULT_GRAPH
                elif hidden(name.value, beside):
                    continue
            yield ox.Quad(
                cast("ox.NamedNode", subject or row["s"]),
                cast("ox.NamedNode", predicate or row["p"]),
                value if value is not None else row["o"],
                cast("GraphName", name),
            )

    def _remember_likes(self, quads: Iterable[ox.Quad]) -> None:
        """Which things were found in the same place, and are likely to be read together."""
        groups: dict[Hashable, dict[ox.NamedNode, None]] = {}
        for quad in quads:
            groups.setdefault("predicates", {})[quad.predicate] = None
            if isinstance(quad.graph_name, ox.NamedNode):
                groups.setdefault("graphs", {})[quad.graph_name] = None
            if isinstance(quad.object, ox.NamedNode):
                groups.setdefault(quad.predicate, {})[quad.object] = None
            if isinstance(quad.subject, ox.NamedNode) and quad.subject not in self._subjects:
                groups.setdefault("subjects", {})[quad.subject] = None
        self._together(groups)

    def _together(self, groups: Mapping[Hashable, Iterable[ox.NamedNode]]) -> None:
        for group in groups.values():
            likes = tuple(group)
            for node in likes:
                if node not in self._subjects or node not in self._graphs:
                    self._likes.put(node, likes)


@dataclass(frozen=True, slots=True)
class _Query:
    variables: tuple[str, ...]
    where: str

    def page(self, limit: int, after: str | None, offset: int) -> str:
        """From a value of the first variable on, less the `offset` first ones.

        Order and comparison are of its text, in which engines do not differ. OFFSET alone would not do: Virtuoso sorts
        no more than 10,000 rows.
        """
        select, key = " ".join(f"?{v}" for v in self.variables), f"STR(?{self.variables[0]})"
        later = "" if after is None else f"FILTER({key} >= {ox.Literal(after)})"
        rest = " ".join(f"?{v}" for v in self.variables[1:])
        skip = f" OFFSET {offset}" if offset else ""
        return f"SELECT {select} {{ {self.where} {later} }} ORDER BY {key} {rest} LIMIT {limit}{skip}"


def _text(term: object) -> str:
    """What is ordered by; blank nodes have no text, and so come first."""
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else ""


def _order(quad: ox.Quad) -> tuple[str, str, str]:
    """As the pages of a query are ordered."""
    return _text(quad.subject), str(quad.predicate), str(quad.graph_name)
