"""The acceptance policy: which claims the release vouches for.

The policy is data: a SPARQL SELECT in the dataset's description, run over the provenance graph alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import pyoxigraph as ox
import rdflib
from rdflib.paths import AlternativePath, InvPath, SequencePath
from rdflib.plugins.sparql import prepareQuery

from kclod.errors import Problem, RefusedError, UndecidedError
from kclod.malformed import explain
from kclod.project import Dataset
from kclod.rdf import Statement, nquads


def accepted_claims(provenance: Iterable[Statement], dataset: Dataset) -> frozenset[str]:
    """The IRIs of the claims (and so of their graphs) that the policy selects as `?claim`.

    RefusedError when the query is malformed or selects no ?claim.
    """
    store = ox.Store()
    store.bulk_load(nquads(looked_at(provenance, dataset)), ox.RdfFormat.N_TRIPLES)
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


def looked_at(provenance: Iterable[Statement], dataset: Dataset) -> list[Statement]:
    """What of a provenance graph the policy looks at."""
    wanted = _predicates(dataset.acceptance, tuple(dataset.prefixes.items()))
    return [s for s in provenance if wanted is None or s.split(" ", 2)[1] in wanted]


@lru_cache
def _predicates(policy: str, prefixes: tuple[tuple[str, str], ...]) -> frozenset[str] | None:
    """The predicates, as terms, whose triples a policy looks at; None where it may look at all.

    Most of a provenance graph is evidence, which a policy seldom asks about and which takes long to load.
    """
    try:
        algebra = prepareQuery(policy, initNs=dict(prefixes)).algebra
    except Exception:  # rdflib's parser raises of many kinds; pyoxigraph, which is asked next, says what is wrong
        return None
    found: set[str] = set()
    for path in _paths(algebra):
        iris = _iris(path)
        if iris is None:
            return None
        found.update(f"<{iri}>" for iri in iris)
    return frozenset(found)


def _paths(part: Any) -> Iterator[Any]:  # rdflib's algebra: mappings, lists and terms within each other
    """The predicates and property paths of all triple patterns, also of those that are still in syntax order."""
    if isinstance(part, dict):
        for triple in part.get("triples", ()):
            yield from triple[1::3]
        part = [value for key, value in part.items() if key not in ("triples", "_vars")]
    if isinstance(part, (list, tuple)):
        for one in part:
            yield from _paths(one)


def _iris(path: Any) -> list[str] | None:
    """The IRIs of a predicate or path; None for a variable, a negation, or a path that can have no length."""
    if isinstance(path, rdflib.URIRef):
        return [str(path)]
    if isinstance(path, (AlternativePath, SequencePath)):
        parts = [_iris(part) for part in path.args]
        return None if None in parts else [iri for part in parts for iri in part or ()]
    return _iris(path.arg) if isinstance(path, InvPath) else None
