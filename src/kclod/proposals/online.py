"""Candidates from services: a Reconciliation service (API 0.2) or a SPARQL endpoint → entities of the registry.

The services only name candidates; they are compared and scored here, as those from files are.
https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyoxigraph as ox

from kclod.errors import Problem, UsageError
from kclod.match import Entity, Name
from kclod.match.normalise import is_acronymic
from kclod.proposals.declared import Target
from kclod.proposals.polite import Polite
from kclod.proposals.things import entities_of

_BATCH = 10
"""Queries in one request where the service does not say how many it takes."""
_LIMIT = 5
NAMES = "{names}"
"""In a declared query, where the names that are looked for go: literals for a VALUES block."""


def from_reconciliation(things: Sequence[Entity], address: str, target: Target, polite: Polite) -> list[Entity]:
    """What a Reconciliation service offers for the things' names, each record once.

    UsageError where its identifiers are not those of the registry, or its answers are none of the specification.
    """
    manifest = polite.get_json(address)
    if not isinstance(manifest, Mapping) or "identifierSpace" not in manifest:
        raise _answer(address, "it has no service manifest with an identifierSpace")
    space, namespace = str(manifest["identifierSpace"]), target.declared.namespace
    if space.rstrip("/#") != namespace.rstrip("/#"):
        message = f"its identifiers are of <{space}>, those of {target.name} of <{namespace}>"
        raise UsageError(Problem("linking.service", message, "name the registry that it serves", address))
    size = manifest.get("batchSize")
    found: dict[str, dict[Name, None]] = {}
    for batch in _batches(_names(things), size if isinstance(size, int) and size > 0 else _BATCH):
        queries = {f"q{i}": {"query": name, "limit": _LIMIT} for i, name in enumerate(batch)}
        answer = polite.post_form(address, {"queries": json.dumps(queries, ensure_ascii=False)})
        for candidate in _candidates(answer, queries, address):
            key = str(candidate["id"]).removeprefix(namespace)
            found.setdefault(key, {})[Name(str(candidate["name"]))] = None
    return [Entity(key, tuple(names)) for key, names in sorted(found.items())]


def _candidates(answer: object, queries: Mapping[str, object], address: str) -> Iterator[Mapping[str, Any]]:
    for query in queries:
        batch = answer.get(query) if isinstance(answer, Mapping) else None
        result = batch.get("result") if isinstance(batch, Mapping) else None
        if not isinstance(result, list) or not all(
            isinstance(each, Mapping) and {"id", "name"} <= each.keys() for each in result
        ):
            raise _answer(address, f"its answer to the query {query} has no list of candidates with id and name")
        yield from result


def from_endpoint(things: Sequence[Entity], endpoint: str, target: Target, polite: Polite) -> list[Entity]:
    """What a SPARQL endpoint knows by the things' names, with the query that the registry's declaration has for it.

    UsageError where it has none, or where the endpoint does not answer as the protocol says.
    """
    query = target.declared.sparql
    if query is None or NAMES not in query:
        message = f"{target.name} declares no query (sparql) with {NAMES} in it"
        raise UsageError(Problem("linking.undeclared", message, "declare one in registries.yaml", target.name))
    rows: list[Mapping[str, ox.NamedNode | ox.Literal | ox.BlankNode | ox.Triple | None]] = []
    for batch in _batches(_literals(things), 4 * _BATCH):
        body = polite.select(endpoint, query.replace(NAMES, " ".join(batch)))
        try:
            solutions = ox.parse_query_results(body, ox.QueryResultsFormat.JSON)
            if not isinstance(solutions, ox.QuerySolutions):
                raise _answer(endpoint, "its answer has no rows")
            variables = [each.value for each in solutions.variables]
            rows.extend({name: row[name] for name in variables} for row in solutions)
        except (SyntaxError, ValueError) as error:
            raise _answer(endpoint, f"its answer is malformed: {error}") from None
    return entities_of(rows, target.name)


def _names(things: Sequence[Entity]) -> list[str]:
    """Names to ask for: full ones, in every language; acronyms find too much."""
    return list(dict.fromkeys(name.text for thing in things for name in thing.names if not is_acronymic(name)))


def _literals(things: Sequence[Entity]) -> list[str]:
    full = (name for thing in things for name in thing.names if not is_acronymic(name))
    return list(dict.fromkeys(str(ox.Literal(each.text, language=each.language or None)) for each in full))


def _batches(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]


def _answer(address: str, message: str) -> UsageError:
    return UsageError(Problem("linking.service", message, "check that the address is that of such a service", address))
