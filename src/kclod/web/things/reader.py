"""What the pages ask of a release's store: bounded look-ups, never a query whose cost is unknown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TypeVar, cast

import pyoxigraph as ox

from kclod.layout import Path
from kclod.rdf import DEFAULT_GRAPH, Term, statement_of
from kclod.reason.local import Rules
from kclod.store import Store
from kclod.vocab import OA, OWL, PROV, RDF, SSSOM
from kclod.web.things.labels import LABEL_PROPERTIES

TYPE = RDF["type"]
SOURCE, DERIVED = PROV["hadPrimarySource"], PROV["wasDerivedFrom"]
_SAID = 200
"""Most statements read about one claim, evidence or span: what is said of them is short by design."""
_CLAIMS_KEPT = 16_384
_RECENT = 4

T = TypeVar("T")
Subject = ox.NamedNode | ox.BlankNode | ox.Triple


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place in a source: positions count characters, from 0, the end not included; None where none are given."""

    iri: str
    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A named graph that a source states; `details` is whatever else the provenance graph says of it."""

    graph: ox.NamedNode
    source: ox.NamedNode
    evidence: tuple[Evidence, ...]
    details: tuple[tuple[ox.NamedNode, Term], ...]


@dataclass(frozen=True, slots=True)
class Only:
    """The values that are wanted of a path: those in some classes or, where `base_iri` is given and they begin with it
    and have no label, those that something in these classes leads to. `few` are in these classes at all."""

    classes: Sequence[str]
    base_iri: str | None
    few: bool = False


class Reader:
    """The store with what a publisher's graphs mean. `graphs` gives their IRIs by role."""

    def __init__(self, store: Store, graphs: Mapping[str, str]) -> None:
        self.store = store
        self.roles: dict[str, str] = {iri: role for role, iri in graphs.items()}
        self._provenance = ox.NamedNode(graphs["provenance"]) if "provenance" in graphs else None
        self.claim = lru_cache(maxsize=_CLAIMS_KEPT)(self._claim)
        self.accepted = lru_cache(maxsize=_CLAIMS_KEPT)(self._accepted)
        self._predicates: tuple[ox.NamedNode, ...] | None = None
        self._classes: Mapping[str, int] | None = None
        self._rules: Rules | None = None
        self._recent: dict[object, object] = {}
        self._lock = threading.Lock()

    def recently(self, key: object, make: Callable[[], T]) -> T:
        """What was made for a key, kept until others have taken its place: a thing is asked for in all formats."""
        found = self._recent.get(key)
        if found is None:
            found = make()
            with self._lock:
                while len(self._recent) >= _RECENT:
                    del self._recent[next(iter(self._recent))]
                self._recent[key] = found
        return found  # type: ignore[return-value]  # what is under a key was made by the same function

    def exists(self, iri: str) -> ox.NamedNode | None:
        """The node, when the data says anything with it as subject, object or graph."""
        try:
            node = ox.NamedNode(iri)
        except ValueError:
            return None
        return node if self.store.mentions(node) else None

    def described(self, node: ox.NamedNode) -> bool:
        """Whether the data says something about it."""
        return next(self.store.quads_for_pattern(node, None, None, None), None) is not None

    def about(
        self, node: ox.NamedNode | ox.BlankNode, limit: int | None = None
    ) -> dict[tuple[ox.NamedNode, Term], list[ox.NamedNode | None]]:
        """What is said of a node, each statement with the graphs that state it (None: the default graph)."""
        statements: dict[tuple[ox.NamedNode, Term], list[ox.NamedNode | None]] = {}
        for quad in islice(self.store.quads_for_pattern(node, None, None, None), limit):
            graph = quad.graph_name if isinstance(quad.graph_name, ox.NamedNode) else None
            statements.setdefault((quad.predicate, quad.object), []).append(graph)
        return statements

    def about_each(self, node: ox.NamedNode, limit: int) -> dict[tuple[ox.NamedNode, Term], list[ox.NamedNode | None]]:
        """The same property by property, up to `limit` of each, so that none hides another."""
        statements: dict[tuple[ox.NamedNode, Term], list[ox.NamedNode | None]] = {}
        for predicate in self.predicates():
            for quad in islice(self.store.quads_for_pattern(node, predicate, None, None), limit):
                graph = quad.graph_name if isinstance(quad.graph_name, ox.NamedNode) else None
                statements.setdefault((quad.predicate, quad.object), []).append(graph)
        return statements

    def vouched(self, triple: ox.Triple) -> bool:
        """Whether a triple is in the default graph."""
        quads = self.store.quads_for_pattern(triple.subject, triple.predicate, triple.object, DEFAULT_GRAPH)
        return next(quads, None) is not None

    def graphs_of(self, subject: Subject, predicate: ox.NamedNode, value: Term) -> list[ox.NamedNode | None]:
        """The graphs that state a triple (None: the default graph)."""
        quads = self.store.quads_for_pattern(subject, predicate, value, None)
        return [q.graph_name if isinstance(q.graph_name, ox.NamedNode) else None for q in quads]

    def incoming(self, node: ox.NamedNode, predicate: ox.NamedNode | None = None) -> Iterator[ox.Quad]:
        """The vouched statements that have the node as their value, in an order that stays the same."""
        return self.store.quads_for_pattern(None, predicate, node, DEFAULT_GRAPH)

    def count_incoming(self, node: ox.NamedNode, predicate: ox.NamedNode, most: int) -> int:
        """How many of them there are, one more than `most` at most; counted in the store."""
        return self.store.count(predicate, node, DEFAULT_GRAPH, most)

    def reached(
        self, node: ox.NamedNode, path: Path, scan: int, limit: int, *, start: int = 0, only: Only | None = None
    ) -> list[Term]:
        """The values of a path but the node itself, each once: of the first `scan`, those that are wanted."""
        where = _reaching(node, path, scan, only)
        return [row["v"] for row in self.store.solutions("?v", where, f"LIMIT {limit} OFFSET {start}")]

    def count_reached(self, node: ox.NamedNode, path: Path, scan: int, only: Only | None = None) -> int:
        """How many `reached` would give without a limit."""
        (row,) = self.store.solutions("(COUNT(*) AS ?n)", _reaching(node, path, scan, only))
        return int(cast("ox.Literal", row["n"]).value)

    def incoming_predicates(self, node: ox.NamedNode, enough: int) -> list[ox.NamedNode]:
        """The properties that lead to a node; a hub is asked property by property, so that none hides another."""
        first = list(islice(self.incoming(node), enough))
        if len(first) < enough:
            return list(dict.fromkeys(quad.predicate for quad in first))
        return [p for p in self.predicates() if next(self.incoming(node, p), None) is not None]

    def claims_from(self, source: ox.NamedNode) -> Iterator[ox.NamedNode]:
        """The claims that have a thing as their source."""
        for quad in self.store.quads_for_pattern(None, SOURCE, source, self._provenance):
            if isinstance(quad.subject, ox.NamedNode):
                yield quad.subject

    def _accepted(self, graph: ox.NamedNode) -> bool:
        """Whether what a claim states is in the default graph."""
        return not self.store.goes_beyond(graph)

    def predicates(self) -> tuple[ox.NamedNode, ...]:
        """Every property of the default graph; read once."""
        with self._lock:
            if self._predicates is None:
                self._predicates = tuple(sorted(self.store.predicates(), key=str))
            return self._predicates

    def classes(self) -> Mapping[str, int]:
        """Every class of the default graph with the number of its members, largest first; counted once."""
        with self._lock:
            if self._classes is None:
                counts = self.store.class_sizes()
                self._classes = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
            return self._classes

    def rules(self) -> Rules:
        """The rules that the ontology makes, by which inferences are explained; compiled once."""
        with self._lock:
            if self._rules is None:
                graph = next((iri for iri, role in self.roles.items() if role == "ontology"), None)
                quads = self.store.quads_for_pattern(None, None, None, ox.NamedNode(graph)) if graph else ()
                self._rules = Rules([statement_of(quad.triple) for quad in quads])
            return self._rules

    def mappings(self, link: ox.Triple) -> Iterator[tuple[ox.NamedNode, Term]]:
        """What the provenance graph says of a link to another registry (SSSOM's RDF form, an annotated axiom)."""
        for quad in islice(self._annotating(OWL["annotatedTarget"], link.object), _SAID):
            said = list(islice(self.store.quads_for_pattern(quad.subject, None, None, self._provenance), _SAID))
            about = {q.predicate: q.object for q in said}
            if (
                about.get(OWL["annotatedSource"]) == link.subject
                and about.get(OWL["annotatedProperty"]) == link.predicate
            ):
                yield from ((q.predicate, q.object) for q in said if q.predicate.value.startswith(SSSOM))

    def _annotating(self, predicate: ox.NamedNode, term: Term) -> Iterator[ox.Quad]:
        return (
            iter(())
            if self._provenance is None
            else self.store.quads_for_pattern(None, predicate, term, self._provenance)
        )

    def members(self, class_iri: str) -> Iterator[ox.NamedNode]:
        """The members of a class, in an order that stays the same."""
        for quad in self.store.quads_for_pattern(None, TYPE, ox.NamedNode(class_iri), DEFAULT_GRAPH):
            if isinstance(quad.subject, ox.NamedNode):
                yield quad.subject

    def provenance_of(self, graph: ox.NamedNode) -> Iterator[ox.Quad]:
        """What the provenance graph says of a claim, its evidence and their selectors."""
        pending, seen = [graph], {graph}
        while pending:
            node = pending.pop()
            for quad in islice(self.store.quads_for_pattern(node, None, None, self._provenance), _SAID):
                yield quad
                if isinstance(quad.object, ox.NamedNode) and quad.object not in seen and is_part(quad.object, graph):
                    seen.add(quad.object)
                    pending.append(quad.object)

    def _claim(self, graph: ox.NamedNode) -> Claim | None:
        if self._provenance is None:
            return None
        source: ox.NamedNode | None = None
        evidence: list[Evidence] = []
        details: list[tuple[ox.NamedNode, Term]] = []
        for quad in islice(self.store.quads_for_pattern(graph, None, None, self._provenance), _SAID):
            value = quad.object
            if quad.predicate == SOURCE and isinstance(value, ox.NamedNode):
                source = value
            elif quad.predicate == DERIVED and isinstance(value, ox.NamedNode):
                evidence.extend(self._evidence(value))
            elif quad.predicate not in (TYPE, *LABEL_PROPERTIES):
                details.append((quad.predicate, value))
        if source is None:
            return None
        return Claim(graph, source, tuple(sorted(evidence, key=_position)), tuple(sorted(details, key=str)))

    def _evidence(self, node: ox.NamedNode) -> Iterator[Evidence]:
        selectors = [q.object for q in islice(self._said(node, OA["hasSelector"]), _SAID)]
        for selector in selectors:
            if isinstance(selector, ox.NamedNode):
                start, end = (self._number(selector, OA[name]) for name in ("start", "end"))
                yield Evidence(node.value, start, end)
        if not selectors:
            yield Evidence(node.value, None, None)

    def _number(self, node: ox.NamedNode, predicate: ox.NamedNode) -> int | None:
        quad = next(self._said(node, predicate), None)
        value = quad.object if quad is not None else None
        return (
            int(value.value)
            if isinstance(value, ox.Literal) and value.value.isascii() and value.value.isdigit()
            else None
        )

    def _said(self, node: ox.NamedNode, predicate: ox.NamedNode) -> Iterator[ox.Quad]:
        return self.store.quads_for_pattern(node, predicate, None, self._provenance)


def _reaching(node: ox.NamedNode, path: Path, scan: int, only: Only | None) -> str:
    """The values of a path as ?v, bounded: what is beyond the first `scan` is not looked at."""
    if only is not None and only.few and path.inverse_of is not None:
        members = " UNION ".join(f"{{ ?v a {ox.NamedNode(iri)} }}" for iri in only.classes)
        linked = f"EXISTS {{ ?v {ox.NamedNode(path.inverse_of)} {node} }}"
        return f"{{ SELECT DISTINCT ?v {{ {members} FILTER(?v != {node} && {linked}) }} }}"
    reached = f"{{ SELECT DISTINCT ?v {{ {node} {path.sparql()} ?v FILTER(?v != {node}) }} LIMIT {scan} }}"
    if only is None:
        return reached
    classes = [ox.NamedNode(iri) for iri in only.classes]
    within, owned = (" || ".join(f"EXISTS {{ {who} a {c} }}" for c in classes) for who in ("?v", "?owner"))
    if only.base_iri is None:
        return f"{reached} FILTER({within})"
    unlabelled = " && ".join(f"NOT EXISTS {{ ?v {each} ?label }}" for each in LABEL_PROPERTIES)
    nameless = f"STRSTARTS(STR(?v), {ox.Literal(only.base_iri)}) && {unlabelled}"
    # one pattern each, or an engine may begin with all things of a class
    led_to = f"EXISTS {{ ?owner ?link ?v FILTER({owned}) }}"
    return f"{reached} FILTER({within} || (isIRI(?v) && {nameless} && {led_to}))"


def is_part(node: ox.NamedNode, whole: ox.NamedNode) -> bool:
    """Whether a node is a hash child of another: `…/x#part` of `…/x`."""
    return node.value.startswith(f"{whole.value}#")


def _position(evidence: Evidence) -> tuple[int, int, str]:
    return (evidence.start or 0, evidence.end or 0, evidence.iri)
