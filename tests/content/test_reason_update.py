"""Inference after a change, on the real ontology and the real default graph: whole claims go and come."""

from __future__ import annotations

import random

import pyoxigraph as ox
import pytest

from kclod.project import Project
from kclod.rdf import DEFAULT_GRAPH
from kclod.reason import Inference, infer, update
from kclod.view import Held


@pytest.fixture(scope="module")
def claims(store: ox.Store) -> list[set[str]]:
    """The statements of each claim, also of those that the release does not vouch for."""
    found: dict[str, set[str]] = {}
    for quad in store:
        if isinstance(quad.graph_name, ox.NamedNode) and "/claim/" in quad.graph_name.value:
            found.setdefault(quad.graph_name.value, set()).add(str(quad.triple))
    return [found[name] for name in sorted(found)]


@pytest.fixture(scope="module")
def asserted(store: ox.Store, real: Project) -> set[str]:
    """The default graph without what was inferred, and without the ontology's blank nodes."""
    inferred = ox.NamedNode(real.dataset.graphs["inferred"])
    default = {str(quad.triple) for quad in store.quads_for_pattern(None, None, None, DEFAULT_GRAPH)}
    implied = {str(quad.triple) for quad in store.quads_for_pattern(None, None, None, inferred)}
    # the ontology is given to the inference besides; the store has its blank nodes by other labels
    return {statement for statement in default - implied if "_:" not in statement}


@pytest.fixture(scope="module")
def before(asserted: set[str], real: Project) -> Inference:
    """What follows before any change."""
    return infer(asserted, real.ontology, hidden=True)


@pytest.mark.parametrize("seed", range(6))
def test_claims_that_go_and_come(
    seed: int, asserted: set[str], claims: list[set[str]], before: Inference, real: Project
) -> None:
    chance = random.Random(seed)
    assert before.hidden is not None
    removed = {s for claim in chance.sample(claims, 12) for s in claim if s in asserted}
    copies = [s.replace("/id/", "/id/other-") for claim in chance.sample(claims, 6) for s in claim]
    added = {s for claim in chance.sample(claims, 6) for s in claim} | set(copies[::2])
    added -= asserted
    state = Held([*asserted, *before.statements, *before.hidden])
    result = update(state, asserted, real.ontology, removed=removed, added=added)
    after = infer(asserted - removed | added, real.ontology, hidden=True)
    assert result is not None
    assert after.hidden is not None
    assert result.removed
    assert result.added
    assert set(before.statements) - result.removed | result.added == set(after.statements)
    assert set(before.hidden) - result.hidden_removed | result.hidden_added == set(after.hidden)
