"""From queries to candidates: by name, among the types that are asked for, weighed by what properties say (section 4).

A name's candidates are rivals: each is as likely as its odds among those of all, and of none (`kclod.match`). What is
of no type that is asked for is no rival. Each property that an entity has multiplies its odds, by how well a value
agrees; one that the data does not give it changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kclod.entity_index.entities import Catalogue
from kclod.match import Entity, Match, Name
from kclod.match.score import weights
from kclod.web.reconciling.asked import AskedError, Query
from kclod.web.reconciling.schema import Schema
from kclod.web.reconciling.spaces import Spaces
from kclod.web.reconciling.values import Comparer

_RIVALS = 12
"""Candidates of a query with properties, of which these may put any first."""
_HOPELESS = 1e-4
"""What share of the likelihood of the best a candidate has, to be worth showing."""
_BEARERS = 200
"""Entities that are looked at for a query without a name."""
_AGREES, _DISAGREES = 0.85, 0.5
"""From where on a value agrees, and below which it disagrees."""
_FOR, _AGAINST = 12.0, 0.04
"""By what the odds are multiplied where a property agrees, and where it disagrees."""
_KEPT = 64
"""Choices of types whose entities are known."""
IDENTIFIER = "is_identifier"
"""The feature of a candidate whose identifier is the query."""


class OutOfTimeError(Exception):
    """The batch was not answered in time."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity that may be meant: its likelihood, what speaks for it, and whether it may be taken without a person."""

    iri: str
    likelihood: float
    features: Mapping[str, float | bool]
    match: bool
    doubtful: bool = False
    """Whether something forbids trust, however likely it is."""


@dataclass(frozen=True, slots=True)
class _Resolved:
    """A query in terms of the data: `groups` are classes, of each of which an entity must have one."""

    query: Query
    groups: tuple[frozenset[str], ...]
    predicates: tuple[str, ...]

    @property
    def most(self) -> int:
        """Candidates that are looked for: more where properties may put another one first."""
        return max(_RIVALS, self.query.limit) if self.predicates else self.query.limit


class Matcher:
    """Finds the candidates of queries. Safe for threads."""

    def __init__(self, catalogue: Catalogue, schema: Schema, spaces: Spaces, comparer: Comparer) -> None:
        self._catalogue, self._schema, self._spaces, self._comparer = catalogue, schema, spaces, comparer
        self._among = lru_cache(_KEPT)(self._members)

    def answer(self, batch: Mapping[str, Query | AskedError], until: float) -> dict[str, list[Candidate] | AskedError]:
        """The candidates of each query by its key, the best first, or what is wrong with it.

        OutOfTimeError when that takes longer than to `until`, by the monotonic clock.
        """
        found: dict[str, list[Candidate] | AskedError] = {}
        resolved: dict[str, _Resolved] = {}
        for key, query in batch.items():
            try:
                if isinstance(query, AskedError):
                    raise query
                resolved[key] = self._resolved(query)
            except AskedError as error:
                found[key] = error
        alike: dict[tuple[object, int], list[str]] = {}
        for key, one in resolved.items():
            if one.query.text:
                alike.setdefault((one.groups, one.most), []).append(key)
        for (_, most), keys in alike.items():
            for key, candidates in self._by_name({key: resolved[key] for key in keys}, most, until):
                found[key] = self._chosen(resolved[key], candidates)
        for key, one in resolved.items():
            if not one.query.text:
                _check(until)
                found[key] = self._chosen(one, self._by_properties(one))
        return {key: found[key] for key in batch}

    def _resolved(self, query: Query) -> _Resolved:
        groups = []
        for named in query.types:
            kind = self._schema.kind(named)
            if kind is None:
                raise AskedError("unknown-type", f"there is no type {named!r}; see suggest/type", f"{query.place}/type")
            groups.append(self._schema.below(kind.iri))
        if groups and not query.every:
            groups = [frozenset().union(*groups)]
        predicates = []
        for number, condition in enumerate(query.conditions):
            iri = self._schema.property(condition.property)
            if iri is None:
                detail = f"there is no property {condition.property!r}; see suggest/property"
                raise AskedError("unknown-property", detail, f"{query.place}/properties/{number}/pid")
            predicates.append(iri)
        return _Resolved(query, tuple(groups), tuple(predicates))

    def _by_name(
        self, queries: Mapping[str, _Resolved], most: int, until: float
    ) -> Iterator[tuple[str, list[Candidate]]]:
        """The candidates of queries for the same types, by key."""
        wanted = [Entity("", (Name(one.query.text),)) for one in queries.values()]
        among = self._among(next(iter(queries.values())).groups)
        for key, matches in zip(queries, self._catalogue.index.match_many(wanted, most, among), strict=True):
            _check(until)
            yield key, _candidates(matches)

    def _members(self, groups: tuple[frozenset[str], ...]) -> NDArray[np.bool_] | None:
        """Which entities have a class of each group; None for all."""
        if not groups:
            return None
        found = np.ones(len(self._catalogue), np.bool_)
        for group in groups:
            here = np.zeros(len(self._catalogue), np.bool_)
            for one in group:
                here[self._catalogue.members(one)] = True
            found &= here
        return found

    def _by_properties(self, one: _Resolved) -> list[Candidate]:
        """Entities with a value that is asked for. None of them is safe: what things have in common names none."""
        found: dict[str, None] = {}
        for condition, predicate in zip(one.query.conditions, one.predicates, strict=True):
            for given in condition.values:
                named = self._catalogue.index.match(Entity("", (Name(given.text),)), 3) if given.text else []
                close = (m.entity.id for m in named if m.score.value >= 0.5)
                for iri in self._comparer.bearers(predicate, given, close, _BEARERS):
                    if self._fits(one, iri):
                        found[iri] = None
        return [Candidate(iri, 0.5 / len(found), {}, match=False) for iri in found]

    def _chosen(self, one: _Resolved, candidates: Sequence[Candidate]) -> list[Candidate]:
        if one.predicates:
            candidates = self._weighed(one, candidates)
        iri = self._spaces.iri(one.query.text)
        if iri is not None and self._fits(one, iri):
            meant = Candidate(iri, 1.0, {IDENTIFIER: True}, match=True)
            candidates = [meant, *(_unsafe(c) for c in candidates if c.iri != iri)]
        best = max((c.likelihood for c in candidates), default=0.0)
        return [c for c in candidates if c.likelihood >= _HOPELESS * best][: one.query.limit]

    def _fits(self, one: _Resolved, iri: str) -> bool:
        """Whether an IRI is that of an entity of the types that are asked for."""
        number, among = self._catalogue.number(iri), self._among(one.groups)
        return number is not None and (among is None or bool(among[number]))

    def _weighed(self, one: _Resolved, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The likelihoods given what the properties say of the candidates."""
        nobody = max(1.0 - sum(c.likelihood for c in candidates), 1e-9) if one.query.text else 1.0
        odds, features, doubts = [], [], []
        for candidate in candidates:
            own, told, doubtful = candidate.likelihood / nobody, dict(candidate.features), candidate.doubtful
            for condition, predicate in zip(one.query.conditions, one.predicates, strict=True):
                likeness = self._comparer.likeness(candidate.iri, predicate, condition)
                if likeness is not None:
                    told[f"property:{condition.property}"] = round(likeness, 3)
                    own *= _factor(likeness)
                    doubtful = doubtful or likeness < _AGREES
            odds.append(own)
            features.append(told)
            doubts.append(doubtful)
        order = sorted(range(len(odds)), key=lambda i: (-odds[i], candidates[i].iri))
        total, second = 1.0 + sum(odds), odds[order[1]] if len(order) > 1 else 0.0
        bounds, found = weights(), []
        for place in order:
            value = odds[place] / total
            safe = place == order[0] and value >= bounds.safe and odds[place] >= bounds.ahead * second
            safe = safe and not doubts[place] and bool(one.query.text)
            found.append(Candidate(candidates[place].iri, value, features[place], safe))
        return found


def _candidates(matches: Sequence[Match]) -> list[Candidate]:
    """Matches as candidates. That the next one is nearly as likely is no doubt of its own: a property may part them."""
    found, bound = [], weights().ahead
    for place, match in enumerate(matches):
        score, rival = match.score, matches[1].score if place == 0 and len(matches) > 1 else None
        rivalled = rival is not None and score.value < bound * rival.value
        told = {name: round(value, 3) for name, value in score.features.items() if value}
        found.append(Candidate(match.entity.id, score.value, told, score.safe, len(score.doubts) > rivalled))
    return found


def _factor(likeness: float) -> float:
    """What a property multiplies odds by; in between, as far as it is from either end."""
    if likeness >= _AGREES:
        return _FOR
    if likeness <= _DISAGREES:
        return _AGAINST
    share = (likeness - _DISAGREES) / (_AGREES - _DISAGREES)
    return float(_AGAINST * (1.0 / _AGAINST) ** share)


def _check(until: float) -> None:
    if time.monotonic() > until:
        raise OutOfTimeError


def _unsafe(candidate: Candidate) -> Candidate:
    return Candidate(candidate.iri, candidate.likelihood, candidate.features, match=False)
