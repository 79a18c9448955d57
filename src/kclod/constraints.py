"""Constraints on the dataset as a whole, which a SHACL shape over one graph cannot state.

`shapes/dataset/*.ttl` hold SELECT queries (`sh:SPARQLSelectExecutable`) over all named graphs; each solution is a
violation: `?this` is the thing, `?claim` the claim graph that states it, where there is one. The query's comment is the
message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyoxigraph as ox

from kclod.errors import Problem, RefusedError
from kclod.site import StoredQuery

PlaceOf = Callable[[str], tuple[str, int] | None]
"""IRI of a thing or claim → file and line of its record."""


def check_constraints(store: ox.Store, constraints: Iterable[StoredQuery], place_of: PlaceOf) -> None:
    """Run each constraint over the store. RefusedError with a problem for every violation of every constraint.

    A query that does not select ?this is refused too: it would never find anything.
    """
    problems: list[Problem] = []
    for constraint in constraints:
        solutions = store.query(constraint.text)
        names = [v.value for v in solutions.variables] if isinstance(solutions, ox.QuerySolutions) else []
        if not isinstance(solutions, ox.QuerySolutions) or "this" not in names:
            fix = "select ?this, and ?claim where a claim states it"
            problems.append(
                Problem("validate.constraint", "the constraint does not select ?this", fix, item=constraint.iri)
            )
            continue
        message = constraint.labels.get("en") or next(iter(constraint.labels.values()))
        for solution in solutions:
            this = solution["this"]
            claim = solution["claim"] if "claim" in names else None
            found = (place_of(term.value) for term in (claim, this) if isinstance(term, ox.NamedNode))
            file, line = next((place for place in found if place), (None, None))
            text = f"{message} (focus node {this}; constraint {constraint.iri})"
            problems.append(Problem("validate.dataset", text, "correct the record", file, line))
    if problems:
        raise RefusedError(problems)
