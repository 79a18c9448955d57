"""From a triple of a release down to what was asserted, and from there to the claims and graphs that assert it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from kclod import reason
from kclod.rdf import DEFAULT_GRAPH, Term
from kclod.reason import Step
from kclod.site import Site
from kclod.store import Embedded
from kclod.web.things.reader import Claim, Reader

ASSERTED = "asserted"


@dataclass(frozen=True, slots=True)
class Source:
    """A named graph that states a triple. `role` is what the site uses it for, `claim` what is known of it as a claim.

    `accepted` is false for a claim that the release does not vouch for.
    """

    graph: ox.NamedNode
    role: str | None
    claim: Claim | None
    accepted: bool


@dataclass(frozen=True)
class Explanation:
    """Why a triple holds in a release; `triple` is as the store has it (`1.0` for `1.00`).

    `steps` lead to it, one a triple; none when nothing that the release vouches for states or implies it. `sources`
    are those of every asserted triple among the steps, and of the triple itself, also where they are not vouched for.
    `vouched` says whether the default graph has it. `others` are the other values of its subject and predicate, in
    any graph, in N-Triples order; read only where there is neither step nor source.
    """

    triple: ox.Triple
    vouched: bool
    steps: Mapping[ox.Triple, Step]
    sources: Mapping[ox.Triple, tuple[Source, ...]]
    others: tuple[Term, ...]

    @property
    def found(self) -> bool:
        """Whether the release states it, in whatever graph, or implies it."""
        return bool(self.steps or self.sources[self.triple])

    @property
    def asserted(self) -> bool:
        """Whether it is among what the release vouches for before inference."""
        return self.triple in self.steps and self.steps[self.triple].rule == ASSERTED


def trace(store: ox.Store, site: Site, triple: ox.Triple) -> Explanation:
    """Explain a triple of a release's store.

    The inference is run again over what the build ran it over: the default graph without what was inferred, and the
    ontology.
    """
    reader = Reader(Embedded(store), site.graphs)
    triple = next(
        (q.triple for q in store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)), triple
    )
    default = dict.fromkeys(q.triple for q in store.quads_for_pattern(None, None, None, DEFAULT_GRAPH))
    inferred = set(_graph(store, site, "inferred"))
    data = [each for each in default if each not in inferred]
    if triple in default and triple not in inferred:
        steps = {triple: Step(triple, ASSERTED)}
    else:
        steps = {step.triple: step for step in reason.explain(data, _graph(store, site, "ontology"), triple)}
    sources = {each: _sources(reader, each) for each, step in steps.items() if step.rule == ASSERTED}
    sources[triple] = _sources(reader, triple)
    others = () if steps or sources[triple] else _others(store, triple)
    return Explanation(triple, triple in default, steps, sources, others)


def _graph(store: ox.Store, site: Site, role: str) -> Iterator[ox.Triple]:
    if role in site.graphs:
        for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(site.graphs[role])):
            yield quad.triple


def _sources(reader: Reader, triple: ox.Triple) -> tuple[Source, ...]:
    found: list[Source] = []
    for graph in reader.graphs_of(triple.subject, triple.predicate, triple.object):
        role = reader.roles.get(graph.value) if graph else None
        if graph is None or role == "inferred":
            continue
        claim = reader.claim(graph)
        found.append(Source(graph, role, claim, claim is None or reader.accepted(graph)))
    return tuple(sorted(found, key=lambda source: source.graph.value))


def _others(store: ox.Store, triple: ox.Triple) -> tuple[Term, ...]:
    quads = store.quads_for_pattern(triple.subject, triple.predicate, None, None)
    return tuple(sorted({quad.object for quad in quads}, key=str))
