"""Fits the weights of matching to half of the labelled questions and writes src/kclod/match/weights.json.

`python -m tests.bench.linking_fit`. A conditional logit: of the candidates of a question and of "none" the right one is
to have the greatest probability. Newton's method with a ridge; a feature that speaks for a match may not get a negative
weight, nor one that speaks against it a positive one. Some weights are a policy: the questions have no identifiers
and one name each, and the records at hand are of too few countries to have the homonyms that a whole registry has.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

import kclod.match.score as scoring
from kclod.match import Index
from kclod.match.evidence import FEATURES, compare
from tests.bench.labelled import Question, labelled

TARGET = Path(scoring.__file__).parent / "weights.json"
AGAINST = {"wanted_extra", "candidate_extra", "qualifier", "acronym", *(f for f in FEATURES if f.endswith("_differs"))}
POLICY = {
    "identifier": 8.0,
    "identifier_differs": -8.0,
    "other_script": 2.0,
    "other_script_differs": -2.0,
    "country_differs": -3.0,
}
RIDGE = 1.0
PRECISION = 0.985
"""Of the safe matches among the names held out that are fitted to."""
AHEAD = 10.0
LEAST = 0.9
"""No value below this is safe, whatever the questions say."""


def sets(index: Index, questions: list[Question]) -> list[tuple[np.ndarray, int]]:
    """For each question its candidates' features, "none" being the first row, and the row that is right."""
    made = []
    for question in questions:
        wanted = index._wanted(question.wanted)
        numbers = index.candidates(question.wanted)
        found = [compare(wanted, index._prepared(number), index._unseen, index._lexicon) for number in numbers]
        found = [each for each in found if each.best]
        rows = np.zeros((1 + len(found), 1 + len(FEATURES)))
        for row, each in enumerate(found, 1):
            rows[row] = [1.0, *(each.features[name] for name in FEATURES)]
        ids = [each.candidate.entity.id for each in found]
        made.append((rows, 1 + ids.index(question.answer) if question.answer in ids else 0))
    return made


def fit(examples: list[tuple[np.ndarray, int]]) -> np.ndarray:
    """The intercept and the weights of FEATURES."""
    signs = np.array([0, *(-1 if name in AGAINST else 1 for name in FEATURES)])
    free = np.array([True, *(name not in POLICY for name in FEATURES)])
    beta = np.zeros(len(signs))
    for _ in range(60):
        gradient, hessian = -RIDGE * beta * (signs != 0), -RIDGE * np.eye(len(beta))
        for rows, right in examples:
            odds = rows @ beta
            share = np.exp(odds - odds.max())
            share /= share.sum()
            mean = share @ rows
            gradient = gradient + rows[right] - mean
            hessian = hessian - (rows.T * share) @ rows + np.outer(mean, mean)
        here = np.flatnonzero(free & ~((beta == 0) & (signs != 0) & (gradient * signs < 0)))
        step = np.linalg.solve(hessian[np.ix_(here, here)], gradient[here])
        before = beta.copy()
        beta[here] -= np.clip(step, -2, 2)
        beta[(signs != 0) & (beta * signs < 0)] = 0
        if np.abs(beta - before).max() < 1e-6:
            break
    for name, weight in POLICY.items():
        beta[1 + FEATURES.index(name)] = weight
    return beta


def threshold(index: Index, questions: list[Question]) -> float:
    """The least value from which on matches without doubts are right as often as they must be."""
    scoring.weights.cache_clear()
    found = []
    for question, matches in zip(questions, index.match_many([q.wanted for q in questions]), strict=True):
        if matches and matches[0].score.safe:
            found.append((matches[0].score.value, matches[0].entity.id == question.answer))
    found.sort(reverse=True)
    right = np.cumsum([is_right for _, is_right in found]) / np.arange(1, len(found) + 1)
    good = np.flatnonzero(right >= PRECISION)
    return max(LEAST, round(found[good[-1]][0], 3)) if len(good) else 1.0


def main() -> None:
    entities, questions = labelled()
    fitting = [question for question in questions if question.for_fitting]
    index = Index.of(entities)
    beta = fit(sets(index, fitting))
    data = {
        "made": "python -m tests.bench.linking_fit: a conditional logit on half of the labelled questions",
        "questions": len(fitting),
        "records": len(entities),
        "intercept": round(float(beta[0]), 4),
        "features": {name: round(float(weight), 4) for name, weight in zip(FEATURES, beta[1:], strict=True)},
        "safe": 0.0,
        "ahead": AHEAD,
    }
    for safe in (0.0, None):
        data["safe"] = threshold(index, [q for q in fitting if q.held_out]) if safe is None else safe
        TARGET.write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    print(json.dumps(data, indent=1))


if __name__ == "__main__":
    main()
