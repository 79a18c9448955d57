"""Evidence → scores: how likely each candidate is the one that is wanted, given the others."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp

from kclod.match.evidence import FEATURES, Evidence
from kclod.match.reasons import doubts_of, reasons_of


@dataclass(frozen=True, slots=True)
class Score:
    """How likely a candidate is the wanted one.

    `value`: a probability, calibrated on labelled names (docs/linking.md). `features`: FEATURES → number. `reasons`:
    what agrees and what does not. `doubts`: what a person should look at. `safe`: may be taken without a person.
    """

    value: float
    features: Mapping[str, float]
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]
    safe: bool


@dataclass(frozen=True, slots=True)
class Weights:
    """What `weights.json` holds: the odds of a pair are exp(intercept + Σ weight × feature)."""

    intercept: float
    features: tuple[float, ...]
    safe: float
    """A match with a lower value is never safe."""
    ahead: float
    """Of a safe match, how many times as likely as the next one."""


@lru_cache(1)
def weights() -> Weights:
    """The weights as tests/bench/linking_fit.py has fitted them."""
    data = json.loads(files("kclod.match").joinpath("weights.json").read_text("utf-8"))
    return Weights(
        data["intercept"], tuple(data["features"][name] for name in FEATURES), data["safe"], data["ahead"]
    )  # fmt: skip


def ranked(found: Sequence[Evidence], most: int, chosen: Weights | None = None) -> list[tuple[int, Score]]:
    """The scores of the best candidates for one wanted entity with their places in `found`, the best first.

    At most one of them is right, so each is as likely as its odds among those of all and of none: two candidates that
    nothing tells apart have less than a half each. At most one is safe.
    """
    chosen = chosen or weights()
    odds = [_odds(each, chosen) for each in found]
    total = 1.0 + sum(odds)
    order = sorted(range(len(odds)), key=lambda i: (-odds[i], i))
    ahead = len(order) < 2 or odds[order[0]] >= chosen.ahead * odds[order[1]]
    scores = []
    for place in order[:most]:
        value, doubts, reasons = odds[place] / total, doubts_of(found[place]), reasons_of(found[place])
        first = place == order[0]
        if first and not ahead:
            doubts = (*doubts, f"nearly as likely: {found[order[1]].candidate.entity.label}")
        safe = first and value >= chosen.safe and not doubts
        scores.append((place, Score(value, found[place].features, reasons, doubts, safe)))
    return scores


def _odds(evidence: Evidence, chosen: Weights) -> float:
    found = evidence.features
    total = sum(weight * found[name] for weight, name in zip(chosen.features, FEATURES, strict=True))
    return exp(max(-50.0, min(50.0, chosen.intercept + total)))
