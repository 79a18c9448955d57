"""OWL 2 RL: what follows from data and an ontology, where they clash, and why something follows.

OWL 2 Profiles, section 4.3 (the OWL 2 RL/RDF rules). The rules are compiled from the ontology: `rules` is the table of
the specification, `compiler` turns each axiom that matches it into closures over `facts`, `engine` runs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from kclod.rdf import Statement, triples_from
from kclod.reason.engine import Saturation
from kclod.reason.graph import Contradiction, Graph
from kclod.reason.proof import Step, prove
from kclod.reason.publish import inferred
from kclod.reason.state import hidden_statements
from kclod.reason.update import Update, update

__all__ = ["Clash", "Inference", "Step", "Update", "explain", "infer", "update"]


@dataclass(frozen=True)
class Clash:
    """An inconsistency that one of the rules found (prp-irp, cax-dw, dt-diff …).

    `statements` are the axiom and the statements that contradict each other. Those that have no RDF form, such as the
    type of a literal, are not among them. A statement may itself be inferred: `explain` says from what.
    """

    rule: str
    message: str
    statements: tuple[Statement, ...]

    @cached_property
    def triples(self) -> tuple[ox.Triple, ...]:
        """The statements as triples."""
        return tuple(triples_from(self.statements))


@dataclass(frozen=True)
class Inference:
    """What follows: the new statements only, in N-Triples order, and the clashes, ordered by rule and message.

    `hidden` is empty unless it was asked for. With the asserted and the inferred statements it makes up the state that
    `update` starts from; None when `update` cannot start from here.
    """

    statements: tuple[Statement, ...]
    clashes: tuple[Clash, ...]
    hidden: tuple[Statement, ...] | None = ()

    @cached_property
    def triples(self) -> tuple[ox.Triple, ...]:
        """The statements as triples."""
        return tuple(triples_from(self.statements))

    @property
    def consistent(self) -> bool:
        """Whether no rule found a contradiction; OWL 2 RL does not find all that a complete reasoner does."""
        return not self.clashes


def infer(
    data: Iterable[Statement | ox.Triple], ontology: Iterable[Statement | ox.Triple] = (), *, hidden: bool = False
) -> Inference:
    """What data and ontology entail by OWL 2 RL. Axioms may stand in either.

    Triples are read as the statements that they make. Data that can be read again are not held in memory: whole
    properties are passed over when no rule asks for them, and read again only if it turns out that one does.

    Left out are statements without use or without an RDF form: reflexive ones of the schema, `x a owl:Thing`, literal
    subjects, and what is about anonymous class expressions. Of things that are the same, all is said of each. With
    `hidden`, of those that are left out the ones that rules read are given too.

    Raises RefusedError when an axiom's RDF list is malformed.
    """
    axioms = tuple(map(str, ontology))
    run = Saturation(_statements(data), axioms)
    clashes = tuple(sorted((_clash(run.graph, each) for each in run.graph.contradictions.values()), key=_clash_key))
    found = inferred(run)
    kept: tuple[Statement, ...] | None = ()
    if hidden:
        kept = None if clashes else hidden_statements(run, found.hidden, axioms)
    return Inference(tuple(found.published), clashes, kept)


def explain(
    data: Iterable[Statement | ox.Triple], ontology: Iterable[Statement | ox.Triple], triple: Statement | ox.Triple
) -> list[Step]:
    """Why a triple follows: steps from asserted triples down to the triple itself, which is the last.

    Each step names its rule, the axiom the rule was made from, and its premises; these are triples of earlier steps.
    A step without premises whose rule is `asserted` is a given. Empty when the triple does not follow. The whole
    inference is run again with a record of what was derived when, so expect a multiple of the time of `infer`.
    """
    return prove(_statements(data), tuple(map(str, ontology)), str(triple))


def _statements(items: Iterable[Statement | ox.Triple]) -> Iterable[Statement]:
    return _Statements(items) if iter(items) is not items else map(str, items)


@dataclass(frozen=True)
class _Statements:
    """Statements, or triples as statements, which is what `str` makes of either, as often as they are asked for."""

    items: Iterable[Statement | ox.Triple]

    def __iter__(self) -> Iterator[Statement]:
        return map(str, self.items)


def _clash(graph: Graph, found: Contradiction) -> Clash:
    names = {name.lstrip("?"): graph.terms.term(number) for name, number in found.names.items()}
    statements = tuple(filter(None, map(graph.terms.statement, found.facts)))
    return Clash(found.rule, found.message.format(**names), statements)


def _clash_key(clash: Clash) -> tuple[str, str, str]:
    return clash.rule, clash.message, " ".join(clash.statements)
