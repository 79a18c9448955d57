"""The acceptance policy: which claims the release vouches for.

The policy is data: a SPARQL SELECT in the dataset's description, run over the provenance graph alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import pyoxigraph as ox

from kclod.errors import Problem, RefusedError, UndecidedError
from kclod.malformed import explain
from kclod.project import Dataset
from kclod.rdf import Statement, nquads


def accepted_claims(provenance: Iterable[Statement], dataset: Dataset) -> frozenset[str]:
    """The IRIs of the claims (and so of their graphs) that the policy selects as `?claim`.

    RefusedError when the query is malformed or selects no ?claim.
    """
    return select_claims(looked_at(provenance, policy_predicates(dataset)), dataset)


def looked_at(provenance: Iterable[Statement], predicates: Collection[str] | None) -> list[Statement]:
    """What of a provenance graph a policy looks at that looks at these predicates; None are all."""
    return [s for s in provenance if predicates is None or s.split(" ", 2)[1] in predicates]


def select_claims(statements: Iterable[Statement], dataset: Dataset) -> frozenset[str]:
    """As `accepted_claims`, of that part of the provenance graph which the policy looks at."""
    store = ox.Store()
    store.bulk_load(nquads(statements), ox.RdfFormat.N_TRIPLES)
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


def policy_predicates(dataset: Dataset) -> frozenset[str] | None:
    """The predicates, as terms, whose triples the policy looks at; None where it may look at all.

    Most of a provenance graph is evidence, which a policy seldom asks about and which takes long to load.
    """
    from rdflib.plugins.sparql import prepareQuery  # noqa: PLC0415  # a third of a second

    try:
        algebra = prepareQuery(dataset.acceptance, initNs=dict(dataset.prefixes)).algebra
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
    from rdflib import URIRef  # noqa: PLC0415  # as above
    from rdflib.paths import AlternativePath, InvPath, SequencePath  # noqa: PLC0415

    if isinstance(path, URIRef):
        return [str(path)]
    if isinstance(path, (AlternativePath, SequencePath)):
        parts = [_iris(part) for part in path.args]
        return None if None in parts else [iri for part in parts for iri in part or ()]
    return _iris(path.arg) if isinstance(path, InvPath) else None
