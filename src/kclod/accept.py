"""The acceptance policy: which claims the release vouches for.

The policy is data: a SPARQL SELECT in the dataset's description, run over the provenance graph alone.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from kclod.errors import Problem, RefusedError, UndecidedError
from kclod.malformed import explain
from kclod.project import Dataset


def accepted_claims(provenance: Iterable[ox.Triple], dataset: Dataset) -> frozenset[str]:
    """The IRIs of the claims (and so of their graphs) that the policy selects as `?claim`.

    RefusedError when the query is malformed or selects no ?claim.
    """
    store = ox.Store()
    store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object) for t in provenance)
    try:
        solutions = store.query(dataset.acceptance, prefixes=dict(dataset.prefixes))
    except SyntaxError as error:
        message = f"malformed query: {explain(error, dataset.acceptance)}"
        raise RefusedError(
            Problem("dataset.acceptance", message, "correct pub:acceptance", str(dataset.file))
        ) from None
    if not isinstance(solutions, ox.QuerySolutions) or "claim" not in [v.value for v in solutions.variables]:
        raise RefusedError(
            Problem(
                "dataset.acceptance", "the policy does not select ?claim", "write SELECT ?claim …", str(dataset.file)
            )
        )
    found = [solution["claim"] for solution in solutions]
    if not all(isinstance(claim, ox.NamedNode) for claim in found):
        raise UndecidedError(
            Problem("dataset.acceptance", "?claim is unbound or no IRI in a solution", "bind it", str(dataset.file))
        )
    return frozenset(claim.value for claim in found if isinstance(claim, ox.NamedNode))
