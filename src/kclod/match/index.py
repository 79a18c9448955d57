"""An index of entities by name: candidates for a name in a millisecond or two, and the matches among them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from kclod.match import arrays
from kclod.match.arrays import Texts
from kclod.match.build import BITS, acronyms_of, arrays_of, weights_of
from kclod.match.entity import Entity, from_plain
from kclod.match.evidence import compare
from kclod.match.grams import Parts, parts, word_hashes
from kclod.match.lexicon import lexicon_of
from kclod.match.normalise import Spelled, spelled
from kclod.match.prepared import Prepared, prepared
from kclod.match.score import Score, ranked

_BUDGET = 8_000
"""Postings that are read for a name, those of its rarest parts first."""
_NAMES = 48
"""Names that share most with the one looked for, whose entities are candidates."""
_NEAR = 0.4
"""Of the likeness of the best candidate, what another one needs at least."""
_PREPARED = 20_000
"""Entities that are kept ready for comparison …"""
_TOKENS = 200_000
"""… and tokens whose weight is known."""


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate, and what speaks for it."""

    entity: Entity
    score: Score


class Index:
    """Entities by name. Made by `Index.of`, or opened from a folder; then all processes share its memory.

    It does not change, and threads may use it at the same time.
    """

    def __init__(self, given: dict[str, NDArray[Any]]) -> None:
        self._arrays = given
        self._entities = Texts(given["entities_values"], given["entities_offsets"])
        self._keys = Texts(given["keys_values"], given["keys_offsets"])
        self._initials = Texts(given["initials_values"], given["initials_offsets"])
        self._lexicon = lexicon_of(Texts(given["lexicon_values"], given["lexicon_offsets"]))
        self._prepared = lru_cache(_PREPARED)(self._prepare)
        self._known: dict[str, float] = {}

    @classmethod
    def of(cls, entities: Iterable[Entity]) -> Self:
        """An index over entities, in their order."""
        return cls(arrays_of(entities))

    @classmethod
    def open(cls, folder: Path) -> Self:
        """What `save` has written. UsageError when that is none."""
        return cls(arrays.load(folder))

    def save(self, folder: Path) -> None:
        """Write the index; the same entities give the same bytes."""
        arrays.save(folder, self._arrays)

    def __len__(self) -> int:
        return len(self._entities)

    def __getitem__(self, number: int) -> Entity:
        return from_plain(json.loads(self._entities[number]))

    def __iter__(self) -> Iterator[Entity]:
        return map(self.__getitem__, range(len(self)))

    def candidates(self, wanted: Entity, most: int = 12) -> list[int]:
        """The numbers of the entities that have names most like those of the wanted one, the likest first."""
        return next(iter(self.candidates_many([wanted], most)))

    def match(self, wanted: Entity, most: int = 5) -> list[Match]:
        """The best candidates, scored, the best first. At most the first of them is safe."""
        return next(iter(self.match_many([wanted], most)))

    def match_many(
        self, wanted: Sequence[Entity], most: int = 5, among: NDArray[np.bool_] | None = None
    ) -> Iterator[list[Match]]:
        """For each of many wanted entities its best candidates; much quicker than one at a time.

        `among` tells by number which entities are looked at at all; by default all of them.
        """
        looked_for = max(12, 2 * most)
        unseen = self._unseen
        for each, numbers in zip(wanted, self.candidates_many(wanted, looked_for, among), strict=True):
            ready = self._wanted(each)
            compared = (compare(ready, self._prepared(number), unseen, self._lexicon) for number in numbers)
            found = [evidence for evidence in compared if evidence.best or evidence.facts.get("identifier")]
            yield [Match(found[i].candidate.entity, score) for i, score in ranked(found, most)]

    def score(self, wanted: Entity, entity: Entity) -> Score:
        """How likely two entities are one, were there no other candidate."""
        pair = self._wanted(wanted), self._wanted(entity)
        return ranked([compare(*pair, self._unseen, self._lexicon)], 1)[0][1]

    @property
    def _unseen(self) -> float:
        """The weight of a token that no entity has."""
        return math.log(2 + len(self))

    def weights(self, tokens: Sequence[str]) -> list[float]:
        """How much each token tells: the logarithm of the inverse of the share of entities that have it."""
        known = self._known
        found = {token: known[token] for token in tokens if token in known}
        unknown = [token for token in tokens if token not in found]
        if unknown:
            new = dict(zip(unknown, self._weighed(unknown), strict=True))
            found |= new
            if len(known) > _TOKENS:
                self._known = known = {}
            known.update(new)
        return [found[token] for token in tokens]

    def _weighed(self, unknown: Sequence[str]) -> list[float]:
        hashes = word_hashes(unknown).hashes
        token, rarity = self._arrays["token"], self._arrays["rarity"]
        counts = np.zeros(len(hashes), np.int32)
        if len(token):
            place = np.minimum(token.searchsorted(hashes), len(token) - 1)
            counts = np.where(token[place] == hashes, rarity[place], 0)
        weights: list[float] = np.log(1 + (len(self) + 1) / (counts + 1)).tolist()
        return weights

    def _prepare(self, number: int) -> Prepared:
        low, high = (int(n) for n in self._arrays["first"][number : number + 2])
        named = [Spelled(self._keys[i], tuple(self._initials[i].split())) for i in range(low, high)]
        return prepared(self[number], named, self.weights)

    def _wanted(self, wanted: Entity) -> Prepared:
        return prepared(wanted, [spelled(name.text) for name in wanted.names], self.weights)

    def candidates_many(
        self, wanted: Sequence[Entity], most: int = 12, among: NDArray[np.bool_] | None = None
    ) -> Iterator[list[int]]:
        """For each of many wanted entities its candidates, as of `candidates`; quicker than one at a time."""
        names = [(name, spelled(name.text)) for each in wanted for name in each.names]
        found = parts([named.key for _, named in names], [acronyms_of(name, named) for name, named in names])
        order = np.argsort(found.owners, kind="stable")
        found = Parts(found.hashes[order], found.owners[order])
        limits = found.owners.searchsorted(np.arange(len(names) + 1))
        scratch = np.zeros(len(self._keys), np.float32)
        number = 0
        for each in wanted:
            best: dict[int, float] = {}
            for _ in each.names:
                hashes = found.hashes[limits[number] : limits[number + 1]]
                for entity, likeness in self._alike(hashes, scratch, among):
                    best[entity] = max(best.get(entity, 0.0), likeness)
                number += 1
            least = _NEAR * max(best.values(), default=0.0)
            near = [entity for entity, likeness in best.items() if likeness >= least]
            yield sorted(near, key=lambda entity: (-best[entity], entity))[:most]

    def _alike(
        self, hashes: NDArray[np.uint64], scratch: NDArray[np.float32], among: NDArray[np.bool_] | None
    ) -> Iterator[tuple[int, float]]:
        """Entities that have names with many of the rarest parts of a name, and how much of them (cosine)."""
        starts, postings, norm = self._arrays["starts"], self._arrays["names"], self._arrays["norm"]
        buckets = np.unique(hashes >> np.uint64(64 - BITS)).astype(np.int64)
        low = starts[buckets]
        counts = starts[buckets + 1] - low
        order = np.argsort(counts, kind="stable")
        order = order[counts[order] > 0]
        reach = np.cumsum(counts[order])
        order = order[: max(2, int(reach.searchsorted(_BUDGET, "right")))]
        if not len(order):
            return
        taken = counts[order]
        weight = weights_of(taken, len(norm)) ** 2
        hits = np.concatenate([postings[low[i] : low[i] + counts[i]] for i in order])
        np.add.at(scratch, hits, np.repeat(weight, taken))
        hits.sort()
        names = hits[np.concatenate(([True], hits[1:] != hits[:-1]))]
        likeness = scratch[names] / norm[names]
        scratch[names] = 0
        owners = self._arrays["owner"][names]
        if among is not None:
            owners, likeness = owners[among[owners]], likeness[among[owners]]
        best = np.argsort(-likeness, kind="stable")[:_NAMES]
        yield from zip(owners[best].tolist(), likeness[best].tolist(), strict=True)
