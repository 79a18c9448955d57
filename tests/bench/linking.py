"""`make bench BENCH=linking`: how well names are matched, and how fast, against rapidfuzz alone.

The questions are of tests/bench/labelled.py; the weights were fitted to one half of them, the figures are of the other.
`safe` is what may be taken without a person; `best F1` takes all best matches from a value on, chosen as for rapidfuzz.
rapidfuzz compares a name with all names of the index and takes the best from a threshold on; that threshold is the one
with the best F1 on the fitted half. Where the country is known it compares only with names of that country.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
from rapidfuzz import process
from rapidfuzz.fuzz import WRatio, token_sort_ratio
from rapidfuzz.utils import default_process

from kclod.match import Entity, Index
from kclod.match.registries import read_registry
from tests.bench.labelled import LEVELS, Question, answered, labelled
from tests.bench.registry import write

Answer = tuple[str | None, float, bool]
"""The id of the best match, its value, whether it is taken."""
LARGE = 110_000


def rates(questions: Sequence[Question], answers: Sequence[Answer]) -> tuple[float, float, float]:
    """Precision, recall and F1 of what is taken."""
    taken = [(q.answer, a[0]) for q, a in zip(questions, answers, strict=True) if a[2]]
    right = sum(answer == found for answer, found in taken)
    there = sum(q.answer is not None for q in questions)
    precision, recall = right / len(taken) if taken else 0.0, right / there if there else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0


def by_rapidfuzz(
    entities: Sequence[Entity], questions: Sequence[Question], scorer: Callable[..., float]
) -> list[tuple[str, float]]:
    """For each question the best record and its likeness, from 0 to 1."""
    names = [(default_process(name.text), entity.id) for entity in entities for name in entity.names]
    countries = {entity.id: entity.countries for entity in entities}
    groups: dict[tuple[str, ...], tuple[list[str], list[str]]] = {}
    found = []
    for question in questions:
        wanted = question.wanted.countries
        if wanted not in groups:
            chosen = [pair for pair in names if not wanted or set(wanted) & set(countries[pair[1]])]
            groups[wanted] = [text for text, _ in chosen], [key for _, key in chosen]
        texts, ids = groups[wanted]
        best = process.extractOne(default_process(question.name), texts, scorer=scorer)
        found.append((ids[best[2]], best[1] / 100) if best else ("", 0.0))
    return found


def best_threshold(questions: Sequence[Question], found: Sequence[tuple[str, float]]) -> float:
    """The threshold with the best F1."""
    steps = [step / 100 for step in range(1, 101)]
    return max(steps, key=lambda step: rates(questions, [(key, v, v >= step) for key, v in found])[2])


def ranking(questions: Sequence[Question], matches: Sequence[Sequence[tuple[str, float, bool]]]) -> tuple[float, float]:
    """P@1 and mean reciprocal rank (of five) over the questions that have an answer."""
    ranks = []
    for question, found in zip(questions, matches, strict=True):
        if question.answer is not None:
            ids = [key for key, _, _ in found]
            ranks.append(1 / (1 + ids.index(question.answer)) if question.answer in ids else 0.0)
    return sum(rank == 1 for rank in ranks) / len(ranks), sum(ranks) / len(ranks)


def first(matches: Sequence[Sequence[tuple[str, float, bool]]]) -> list[Answer]:
    return [found[0] if found else (None, 0.0, False) for found in matches]


def line(*cells: object) -> None:
    print("| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |")


def quality(entities: Sequence[Entity], questions: Sequence[Question]) -> None:
    """Print the tables."""
    matches = dict(zip(map(id, questions), answered(Index.of(entities), questions), strict=True))
    for chosen, which in (
        ([q for q in questions if q.held_out], "all names held out"),
        ([q for q in questions if q.held_out and q.answerable], "those with a name left in the same kind of script"),
        ([q for q in questions if not q.held_out], "names that the index has, and none of records that it has not"),
    ):
        asked = [q for q in chosen if not q.for_fitting and q.level == LEVELS[0]]
        there = sum(q.answer is not None for q in asked)
        print(f"\n### {len(entities):,} records; {which}: {len(asked):,}, {there:,} with an answer\n")
        line("known", "safe: P", "R", "best F1", "P", "R", "from", "P@1", "MRR", "WRatio: best F1", "token_sort_ratio")
        line(*["---"] * 11)
        for level in LEVELS:
            fitting = [q for q in chosen if q.for_fitting and q.level == level]
            some = [q for q in chosen if not q.for_fitting and q.level == level]
            found = [matches[id(q)] for q in some]
            least = best_threshold(fitting, [(a[0] or "", a[1]) for a in first([matches[id(q)] for q in fitting])])
            p, r, f = rates(some, [(key, value, value >= least) for key, value, _ in first(found)])
            peers = [by_peer(entities, fitting, some, scorer) for scorer in (WRatio, token_sort_ratio)]
            line(level, *rates(some, first(found))[:2], f, p, r, f"{least:.2f}", *ranking(some, found), *peers)
    asked = [q for q in questions if q.held_out and not q.for_fitting]
    by_language(asked, [matches[id(q)] for q in asked])
    asked = [q for q in questions if not q.for_fitting]
    calibration(asked, first([matches[id(q)] for q in asked]))


def by_peer(
    entities: Sequence[Entity], fitting: Sequence[Question], asked: Sequence[Question], scorer: Callable[..., float]
) -> str:
    """F1 of rapidfuzz at its best threshold."""
    least = best_threshold(fitting, by_rapidfuzz(entities, fitting, scorer))
    p, r, f = rates(asked, [(key, v, v >= least) for key, v in by_rapidfuzz(entities, asked, scorer)])
    return f"{f:.3f} (P {p:.3f}, R {r:.3f}, from {least:.2f})"


def by_language(asked: Sequence[Question], matches: Sequence[Sequence[tuple[str, float, bool]]]) -> None:
    """Print what the language of the name does, at the third level."""
    print()
    line("language of the name", "questions", "precision at safe", "recall", "F1", "P@1", "MRR")
    line(*["---"] * 7)
    chosen = [i for i, question in enumerate(asked) if question.level == LEVELS[2]]
    for language, group in groupby(sorted(chosen, key=lambda i: asked[i].language), key=lambda i: asked[i].language):
        here = list(group)
        some, found = [asked[i] for i in here], [matches[i] for i in here]
        line(language, len(here), *rates(some, first(found)), *ranking(some, found))


def calibration(asked: Sequence[Question], answers: Sequence[Answer]) -> None:
    """Print how often the best match is right, by its value."""
    print()
    line("value of the best match", "questions", "mean value", "right")
    line(*["---"] * 4)
    edges = [0.0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0001]
    for low, high in pairwise(edges):
        inside = [(q.answer == a[0], a[1]) for q, a in zip(asked, answers, strict=True) if a[0] and low <= a[1] < high]
        if inside:
            line(
                f"{low:.2f} to {min(high, 1.0):.2f}",
                len(inside),
                float(np.mean([value for _, value in inside])),
                float(np.mean([right for right, _ in inside])),
            )


def speed(questions: Sequence[Question]) -> None:
    """Print how long a whole dump takes in ROR's published form, and a thousand names; one process, one thread."""
    rows: list[tuple[str, float, float]] = []

    @contextmanager
    def timing(what: str) -> Iterator[None]:
        wall, own = time.perf_counter(), time.process_time()
        yield
        rows.append((what, time.perf_counter() - wall, time.process_time() - own))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ror-data_schema_v2.json"
        write(path, LARGE)
        with timing("reading"):
            registry = read_registry([path])
        with timing("indexing"):
            index = Index.of(registry.entities)
        with timing("saving the index"):
            index.save(Path(folder) / "index")
        with timing("opening it"):
            index = Index.open(Path(folder) / "index")
        thousand = [question.wanted for question in questions if question.level == LEVELS[1]][:1000]
        with timing("candidates for 1,000 names"):
            list(index.candidates_many(thousand))
        for when in ("first time", "again"):
            with timing(f"matching 1,000 names, scores and reasons included, {when}"):
                list(index.match_many(thousand))
        size = path.stat().st_size / 1e6
    assert not registry.problems
    assert len(thousand) == 1000
    print(f"\n### Speed: {len(registry.entities):,} records, {size:.0f} MB of JSON\n")
    line("", "seconds", "of the processor")
    line(*["---"] * 3)
    for row in rows:
        line(*row)


def main() -> None:
    entities, questions = labelled()
    quality(entities, questions)
    speed(questions)


if __name__ == "__main__":
    main()
