"""What claims state, and which claims a source makes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.web.things.entity import Describer
from kclod.web.things.incoming import PAGE
from kclod.web.things.naming import Naming
from kclod.web.things.reader import TYPE, Claim, Reader, Subject
from kclod.web.things.statements import Expanded, Group, Statement

_STATEMENTS = 1_000
_COUNTED = 10_000
_SORTED = 1_000
_SUBJECTS = 2
"""Things that a claim is about, as a list of claims shows them."""


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """What a claim states, by subject; `accepted` when all of it is in the default graph."""

    claim: Claim
    accepted: bool
    subjects: tuple[tuple[Subject, tuple[Group, ...]], ...]
    cut: bool


About = tuple[tuple[Subject, tuple[ox.NamedNode, ...]], ...]
"""The named things that a claim is about, what it says most of first, with the properties by which it tells of them."""


@dataclass(frozen=True, slots=True)
class SourcePage:
    """The claims that have a thing as their source, in the order of the source where there are not too many."""

    claims: tuple[tuple[Claim, bool, About], ...]
    """Each with whether it is accepted, and what it is about."""
    total: int
    capped: bool


def claim_page(reader: Reader, contents: Describer, naming: Naming, node: ox.NamedNode) -> ClaimPage | None:
    """What a claim states; None when the node is no claim."""
    claim = reader.claim(node)
    if claim is None:
        return None
    quads = list(islice(reader.store.quads_for_pattern(None, None, None, node), _STATEMENTS + 1))
    by_subject: dict[Subject, dict[ox.NamedNode, list[Statement]]] = {}
    for quad in quads[:_STATEMENTS]:
        by_subject.setdefault(quad.subject, {}).setdefault(quad.predicate, []).append(Statement(quad.object, ()))
    values = {quad.object for quad in quads if quad.object != quad.subject}
    inner: dict[Term, Expanded] = {
        subject: _inner(contents, subject, groups)
        for subject, groups in by_subject.items()
        if isinstance(subject, ox.NamedNode) and subject in values and not naming.has_name(subject)
    }
    for subject, groups in by_subject.items():
        if subject not in inner:
            for statements in groups.values():
                statements[:] = [replace(s, node=inner.get(s.value)) for s in statements]
    shown = {s.node.iri for groups in by_subject.values() for g in groups.values() for s in g if s.node is not None}
    subjects = sorted(
        (item for item in by_subject.items() if not (isinstance(item[0], ox.NamedNode) and item[0].value in shown)),
        key=lambda item: (not naming.has_name(item[0]), naming.sort_name(item[0])),
    )
    return ClaimPage(
        claim,
        reader.accepted(node),
        tuple((subject, contents.plain_groups(groups)) for subject, groups in subjects),
        cut=len(quads) > _STATEMENTS,
    )


def source_page(reader: Reader, naming: Naming, node: ox.NamedNode, page: int) -> SourcePage | None:
    """One page of the claims from a source; None when there are none."""
    graphs = list(islice(reader.claims_from(node), _COUNTED + 1))
    if not graphs:
        return None
    total, start = len(graphs), (page - 1) * PAGE
    if total <= _SORTED:
        claims = [claim for graph in graphs if (claim := reader.claim(graph)) is not None]
        claims.sort(key=lambda c: (c.evidence[0].start or 0 if c.evidence else 0, c.graph.value))
        shown = claims[start : start + PAGE]
    else:
        graphs = list(islice(reader.claims_from(node), start, start + PAGE))
        shown = [claim for graph in graphs if (claim := reader.claim(graph)) is not None]
    rows = tuple((claim, reader.accepted(claim.graph), _about(reader, naming, claim.graph)) for claim in shown)
    return SourcePage(rows, min(total, _COUNTED), total > _COUNTED)


def _about(reader: Reader, naming: Naming, graph: ox.NamedNode) -> About:
    found: dict[Subject, list[ox.NamedNode]] = {}
    for quad in islice(reader.store.quads_for_pattern(None, None, None, graph), _STATEMENTS):
        if naming.has_name(quad.subject):
            found.setdefault(quad.subject, []).append(quad.predicate)
    told = sorted(found.items(), key=lambda item: (-len(item[1]), naming.sort_name(item[0])))[:_SUBJECTS]
    return tuple(
        (subject, tuple(sorted({*predicates} - {TYPE} or {TYPE}, key=lambda p: naming.term_name(p.value))))
        for subject, predicates in told
    )


def _inner(contents: Describer, node: ox.NamedNode, groups: dict[ox.NamedNode, list[Statement]]) -> Expanded:
    """A nameless node as one claim has it."""
    types = [s.value for s in groups.get(TYPE, ()) if isinstance(s.value, ox.NamedNode)]
    others = {predicate: list(statements) for predicate, statements in groups.items() if predicate != TYPE}
    return Expanded(node.value, tuple(types), contents.plain_groups(others), ())
