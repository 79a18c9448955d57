"""Entities → the arrays of an index: their names' words, how rare each is, and where each part of a name occurs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kclod.match.arrays import packed
from kclod.match.entity import Entity, Name, to_plain
from kclod.match.grams import Parts, parts, word_hashes
from kclod.match.lexicon import Learning
from kclod.match.normalise import Spelled, is_acronymic, is_dense, spelled, tokens

BITS = 20
"""Of a part's hash that tell where its postings are; two parts that share them only make a few candidates more."""
_COMMON = 40
"""A part of more than every so-many-th name finds nothing; such a part is not kept …"""
_FEW = 1_000
"""… unless no more than these have it."""


def arrays_of(entities: Iterable[Entity]) -> dict[str, NDArray[Any]]:
    """The arrays of an index over entities, in their order. The same entities give the same arrays.

    entities_*: each entity as JSON; keys_*, initials_*: each name's words, and the acronyms it may have; lexicon_*:
    words that stand for one another (kclod.match.lexicon); first[i]: entity i's first name, the last entry how many
    there are; owner: each name's entity; token, rarity: the hashes of all tokens, ascending, and how many entities have
    each; starts, names: for each of 2**BITS buckets of parts the names that have one; norm: the weight of a name's
    parts.
    """
    plain: list[str] = []
    keys: list[str] = []
    initials: list[str] = []
    acronyms: list[tuple[str, ...]] = []
    learning = Learning()
    first = [0]
    for entity in entities:
        spoken: list[tuple[str, str]] = []
        plain.append(json.dumps(to_plain(entity), ensure_ascii=False, separators=(",", ":")))
        for name in entity.names:
            named = spelled(name.text)
            keys.append(named.key)
            initials.append(" ".join(named.initials))
            acronyms.append(acronyms_of(name, named))
            if not is_acronymic(name) and not is_dense(named.key):
                spoken.append((name.language, named.key))
        learning.show(spoken)
        first.append(len(keys))
    starts, names, norm = _postings(parts(keys, acronyms), len(keys))
    owner = np.repeat(np.arange(len(plain), dtype=np.int32), np.diff(first))
    token, rarity = _rarity(word_hashes([" ".join(tokens(key)) for key in keys]), owner)
    texts = {
        "entities": packed(plain),
        "keys": packed(keys),
        "initials": packed(initials),
        "lexicon": packed(learning.pairs()),
    }
    return {
        **{f"{name}_values": packed_texts.values for name, packed_texts in texts.items()},
        **{f"{name}_offsets": packed_texts.offsets for name, packed_texts in texts.items()},
        "first": np.array(first, np.int64),
        "owner": owner,
        "token": token,
        "rarity": rarity,
        "starts": starts,
        "names": names,
        "norm": norm,
    }


def acronyms_of(name: Name, named: Spelled) -> tuple[str, ...]:
    """The acronym that a name is, or those that it may have."""
    return (named.key.replace(" ", ""),) if is_acronymic(name) else named.initials


def weights_of(counts: NDArray[Any], names: int) -> NDArray[np.float32]:
    """How much each part tells, by how many of the names have it."""
    weights: NDArray[np.float32] = np.log((names + 1) / np.maximum(counts, 1)).astype(np.float32)
    return weights


def _postings(found: Parts, count: int) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    pairs = (found.hashes >> np.uint64(64 - BITS)).astype(np.int64) << 32 | found.owners
    pairs.sort()
    pairs = pairs[np.concatenate(([True], pairs[1:] != pairs[:-1]))] if len(pairs) else pairs
    buckets, names = pairs >> 32, (pairs & 0xFFFFFFFF).astype(np.int32)
    counts = np.bincount(buckets, minlength=1 << BITS)
    weight = weights_of(counts, count)[buckets]
    norm = np.sqrt(np.bincount(names, weight * weight, minlength=count)).astype(np.float32)
    kept = counts <= max(_FEW, count // _COMMON)
    starts = np.zeros((1 << BITS) + 1, np.int64)
    np.cumsum(np.where(kept, counts, 0), out=starts[1:])
    return starts, names[kept[buckets]], norm


def _rarity(found: Parts, owner: NDArray[np.int32]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    token, numbers = np.unique(found.hashes, return_inverse=True)
    pairs = np.unique(numbers.astype(np.int64) << 32 | owner[found.owners])
    return token, np.bincount(pairs >> 32, minlength=len(token)).astype(np.int32)
