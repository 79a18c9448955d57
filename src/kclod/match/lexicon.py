"""Words that stand for one another in names of several languages, learned from entities that have such names.

Where many entities have one word in their name in one language and another word in that of a second, and seldom one
without the other, the two say the same. No dictionary is needed, and none would have the words of names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

Lexicon = Mapping[str, frozenset[str]]
"""A word → the words that stand for it."""

_TOGETHER = 3
"""Entities that must have both words."""
_SHARE = 0.25
"""Of the entities that have either word, those that have both, at least."""
_RIVALS = 0.5
"""Of a word's best, the share that another word needs at least to stand for it too."""
_MOST = 20_000
"""Pairs of names that are learned from."""


class Learning:
    """Names are shown entity by entity; `pairs` says what has been learned."""

    def __init__(self) -> None:
        self._together: Counter[tuple[str, str]] = Counter()
        self._alone: Counter[str] = Counter()
        self._seen = 0

    def show(self, names: Sequence[tuple[str, str]]) -> None:
        """The names of an entity: language, and the words with spaces between, of an alphabet."""
        if self._seen >= _MOST or len({language for language, _ in names}) < 2:
            return
        found: set[tuple[str, str]] = set()
        alone: set[str] = set()
        for (language, one), (other_language, other) in combinations(names, 2):
            if language != other_language:
                left, right = set(one.split()), set(other.split())
                found |= {(a, b) if a < b else (b, a) for a in left - right for b in right - left}
                alone |= left ^ right
                self._seen += 1
        self._together.update(found)
        self._alone.update(alone)

    def pairs(self) -> list[str]:
        """Each word with those that stand for it, separated by spaces; ordered."""
        shares: dict[str, dict[str, float]] = {}
        for (a, b), count in self._together.items():
            share = count / (self._alone[a] + self._alone[b] - count)
            if count >= _TOGETHER and share >= _SHARE:
                shares.setdefault(a, {})[b] = shares.setdefault(b, {})[a] = share
        best = {word: max(others.values()) for word, others in shares.items()}
        return [
            " ".join([word, *kept])
            for word, others in sorted(shares.items())
            if (kept := sorted(o for o, s in others.items() if s >= _RIVALS * max(best[word], best[o])))
        ]


def lexicon_of(pairs: Iterable[str]) -> Lexicon:
    """What `Learning.pairs` says, to look up."""
    return {word: frozenset(others) for word, *others in map(str.split, pairs)}
