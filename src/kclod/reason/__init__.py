"""OWL 2 RL: what follows from data and an ontology, where they clash, and why something follows.

OWL 2 Profiles, section 4.3 (the OWL 2 RL/RDF rules). The rules are compiled from the ontology: `rules` is the table of
the specification, `compiler` turns each axiom that matches it into closures over `facts`, `engine` runs them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from kclod.reason.engine import saturate
from kclod.reason.graph import Contradiction, Graph
from kclod.reason.proof import Step, prove
from kclod.reason.publish import inferred

__all__ = ["Clash", "Inference", "Step", "explain", "infer"]


@dataclass(frozen=True, slots=True)
class Clash:
    """An inconsistency that one of the rules found (prp-irp, cax-dw, dt-diff …).

    `triples` are the axiom and the statements that contradict each other. Statements that have no RDF form, such as
    the type of a literal, are not among them. A statement may itself be inferred: `explain` says from what.
    """

    rule: str
    message: str
    triples: tuple[ox.Triple, ...]


@dataclass(frozen=True)
class Inference:
    """What follows: the new triples only, in N-Triples order, and the clashes, ordered by rule and message."""

    triples: tuple[ox.Triple, ...]
    clashes: tuple[Clash, ...]

    @property
    def consistent(self) -> bool:
        """Whether no rule found a contradiction; OWL 2 RL does not find all that a complete reasoner does."""
        return not self.clashes


def infer(data: Iterable[ox.Triple], ontology: Iterable[ox.Triple] = ()) -> Inference:
    """What data and ontology entail by OWL 2 RL. Axioms may stand in either; both are read once.

    Left out are triples without use or without an RDF form: reflexive ones of the schema, `x a owl:Thing`, literal
    subjects, and what is about anonymous class expressions. Of things that are the same, all is said of each.

    Raises RefusedError when an axiom's RDF list is malformed.
    """
    graph = saturate(data, ontology)
    clashes = sorted((_clash(graph, each) for each in graph.contradictions.values()), key=_clash_key)
    return Inference(tuple(inferred(graph)), tuple(clashes))


def explain(data: Iterable[ox.Triple], ontology: Iterable[ox.Triple], triple: ox.Triple) -> list[Step]:
    """Why a triple follows: steps from asserted triples down to the triple itself, which is the last.

    Each step names its rule, the axiom the rule was made from, and its premises; these are triples of earlier steps.
    A step without premises whose rule is `asserted` is a given. Empty when the triple does not follow. The whole
    inference is run again with a record of what was derived when, so expect a multiple of the time of `infer`.
    """
    return prove(data, ontology, triple)


def _clash(graph: Graph, found: Contradiction) -> Clash:
    names = {name.lstrip("?"): graph.terms.term(number) for name, number in found.names.items()}
    triples = tuple(filter(None, map(graph.terms.triple, found.facts)))
    return Clash(found.rule, found.message.format(**names), triples)


def _clash_key(clash: Clash) -> tuple[str, str, str]:
    return clash.rule, clash.message, " ".join(map(str, clash.triples))
