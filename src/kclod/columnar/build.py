"""Makes the columns of a graph: its terms as numbers and its triples in two orders, in files to be mapped into memory.

The files depend on the set of triples alone, so equal graphs have equal files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pyoxigraph as ox
from numpy.typing import NDArray

from kclod.columnar.dictionary import Ids, Term, has_turning_letters, order_of_kind, read_term
from kclod.rdf import Statement

FOLDER = "columns"
"""Of a release, where the files are."""
VERSION = 2
"""Of the files; another one is not read."""
META, VALUES, FOLDED, OFFSETS = "columns.json", "values.bin", "folded.bin", "offsets.npy"
FORWARD, BACKWARD = ("subjects.npy", "objects.npy"), ("objects-inverse.npy", "subjects-inverse.npy")
"""Columns of the triples by predicate, subject and object; and by predicate, object and subject."""


class NoColumnsError(Exception):
    """A graph that has none: triple terms and base directions (RDF 1.2) are left to the store."""


@dataclass(frozen=True)
class Columns:
    """What the files hold; see `Dictionary` and `Table`."""

    meta: dict[str, object]
    values: bytes
    arrays: Mapping[str, NDArray[np.int32] | NDArray[np.int64]]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Each file with its bytes."""
        yield META, json.dumps(self.meta, sort_keys=True, indent=1).encode()
        yield VALUES, self.values
        yield FOLDED, self.values.lower()  # bytes: ASCII letters only, so that offsets stay
        for name, array in self.arrays.items():
            file = BytesIO()
            np.save(file, array, allow_pickle=False)
            yield name, file.getvalue()


def columns_of(statements: Iterable[Statement]) -> Columns:
    """The columns of distinct statements. NoColumnsError when they cannot be held so."""
    subjects, predicates, objects = split(statements)
    texts = dict.fromkeys(subjects)
    texts.update(dict.fromkeys(predicates))
    texts.update(dict.fromkeys(objects))
    terms = stored_terms(texts)
    ordered = sorted(set(terms.values()), key=_order)
    numbers = {term: number for number, term in enumerate(ordered)}
    by_text = {text: numbers[term] for text, term in terms.items()}
    table = [
        np.fromiter(map(by_text.__getitem__, column), np.int32, len(column))
        for column in (subjects, predicates, objects)
    ]
    return assemble([(term.kind, term.value.encode()) for term in ordered], *table)


def assemble(terms: list[tuple[str, bytes]], subjects: Ids, predicates: Ids, objects: Ids) -> Columns:
    """The columns of numbered terms, in their order, and of triples, which may repeat."""
    kinds: list[str] = []
    starts: list[int] = []
    for number, (kind, _) in enumerate(terms):
        if not kinds or kinds[-1] != kind:
            kinds.append(kind)
            starts.append(number)
    starts.append(len(terms))
    lengths = np.fromiter((len(value) + 1 for _, value in terms), np.int64, len(terms))
    offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    values = b"".join([value + b"\0" for _, value in terms])
    return arrange(kinds, starts, values, offsets, (subjects, predicates, objects))


def arrange(
    kinds: list[str], starts: list[int], values: bytes, offsets: NDArray[np.int64], triples: tuple[Ids, Ids, Ids]
) -> Columns:
    """The columns of a dictionary and of triples in any order, which may repeat."""
    subjects, predicates, objects = _distinct(*triples)
    used, begins = np.unique(predicates, return_index=True)
    ends = [*begins[1:].tolist(), len(predicates)][: len(used)]
    backward = np.lexsort((subjects, objects, predicates))
    inverse_objects, inverse_subjects = objects[backward], subjects[backward]
    runs = [
        [p, end, _runs(subjects[begin:end]), _runs(inverse_objects[begin:end])]
        for p, begin, end in zip(used.tolist(), begins.tolist(), ends, strict=True)
    ]
    meta: dict[str, object] = {
        "version": VERSION,
        "kinds": kinds,
        "starts": starts,
        "turning": has_turning_letters(values),
        "predicates": runs,  # of each its number, the end of its triples, and how many subjects and objects it has
    }
    arrays = dict(zip((*FORWARD, *BACKWARD), (subjects, objects, inverse_objects, inverse_subjects), strict=True))
    return Columns(meta, values, {OFFSETS: offsets, **arrays})


def _distinct(subjects: Ids, predicates: Ids, objects: Ids) -> tuple[Ids, Ids, Ids]:
    order = np.lexsort((objects, subjects, predicates))
    subjects, predicates, objects = subjects[order], predicates[order], objects[order]
    if len(order):
        fresh = np.ones(len(order), np.bool_)
        fresh[1:] = (np.diff(predicates) != 0) | (np.diff(subjects) != 0) | (np.diff(objects) != 0)
        if not fresh.all():
            return subjects[fresh], predicates[fresh], objects[fresh]
    return subjects, predicates, objects


def _runs(column: Ids) -> int:
    return int(np.count_nonzero(np.diff(column))) + 1


def split(statements: Iterable[Statement]) -> tuple[list[str], list[str], list[str]]:
    """Subjects, predicates and objects. NoColumnsError when one is a triple term."""
    parts = [statement.split(" ", 2) for statement in statements]
    if any(o[:2] == "<<" for _, _, o in parts):
        raise NoColumnsError("there are triple terms")
    return [s for s, _, _ in parts], [p for _, p, _ in parts], [o for _, _, o in parts]


def _order(term: Term) -> tuple[tuple[int, str], str]:
    return order_of_kind(term.kind), term.value  # code points sort as their UTF-8 does


def stored_terms(texts: Iterable[str]) -> dict[str, Term]:
    """The terms of N-Triples texts as the store has them: numbers and dates by value, language tags in lower case.

    NoColumnsError for base directions, and for a NUL in a literal.
    """
    terms = {text: read_term(text) for text in texts}
    typed = [text for text, term in terms.items() if term.kind[:2] == "^^"]
    for text, stored in zip(typed, as_stored(typed), strict=True):
        if stored != text:
            terms[text] = read_term(stored)
    for text, term in terms.items():
        if term.kind[:1] == "@":
            if "--" in term.kind:
                raise NoColumnsError("there are base directions")
            if term.kind != (tag := term.kind.lower()):
                terms[text] = Term(tag, term.value)
        if "\0" in term.value:
            raise NoColumnsError("there is a NUL in a literal")
    return terms


def as_stored(literals: list[str]) -> list[str]:
    """Literals in N-Triples as the store gives them back: `"1.00"^^xsd:decimal` as `"1"^^xsd:decimal`."""
    store = ox.Store()
    data = "".join([f"<x:{number}> <x:> {text} .\n" for number, text in enumerate(literals)])
    store.load(data.encode(), ox.RdfFormat.N_TRIPLES)
    found = {quad.subject.value: str(quad.object) for quad in store}
    return [found[f"x:{number}"] for number in range(len(literals))]
