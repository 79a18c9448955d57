"""What a complete reasoner sees of large data."""

from __future__ import annotations

import random
from itertools import product

import pytest

from kclod.signatures import consistency_input

TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
INTEGER = "^^<http://www.w3.org/2001/XMLSchema#integer>"


def thing(name: object) -> str:
    return f"<http://e/{name}>"


def alike(many: int) -> list[str]:
    """Individuals of one kind, which all lead to one of another."""
    return [
        statement
        for number in range(many)
        for statement in (
            f"{thing(number)} {TYPE} {thing('A')}",
            f"{thing(number)} {thing('p')} {thing('hub')}",
            f'{thing(number)} {thing("v")} "{number}"{INTEGER}',
        )
    ] + [f"{thing('hub')} {TYPE} {thing('Hub')}"]


def test_small_data_are_seen_whole() -> None:
    data = alike(10)
    selection = consistency_input(data, ["<http://e/A> <http://e/p> <http://e/B>"], most=31)
    assert set(selection.statements) == set(data)
    assert selection.is_whole
    assert (selection.looked_at, selection.total) == (11, 11)


def test_of_those_alike_one_is_seen_with_the_types_of_its_neighbours() -> None:
    selection = consistency_input(alike(1000), [], most=100)
    assert not selection.is_whole
    assert (selection.looked_at, selection.total, str(selection)) == (2, 1001, "2 of 1001 individuals")
    assert {s for s in selection.statements if s.startswith(f"{thing(0)} ")} == {
        f"{thing(0)} {TYPE} {thing('A')}",
        f"{thing(0)} {thing('p')} {thing('hub')}",
        f'{thing(0)} {thing("v")} "0"{INTEGER}',
    }
    assert f"{thing('hub')} {TYPE} {thing('Hub')}" in selection.statements
    assert len(selection.statements) < 12  # of the thousand that lead to the hub, few


@pytest.mark.parametrize(
    "odd",
    [
        f"{thing(777)} {TYPE} {thing('B')}",
        f"{thing(777)} {thing('q')} {thing('hub')}",
        f"{thing(777)} {thing('p')} {thing('other')}",
        f'{thing(777)} {thing("v")} "text"',
        f"{thing('hub')} {thing('q')} {thing(777)}",
    ],
    ids=["type", "property", "second value", "datatype", "incoming"],
)
def test_what_is_odd_is_seen(odd: str) -> None:
    data = [*alike(1000), odd]
    selection = consistency_input(data, [], most=100)
    assert {odd, *(s for s in data if s.startswith(f"{thing(777)} "))} <= set(selection.statements)


def test_the_selection_depends_on_the_data_alone() -> None:
    data = alike(300) + [f"{thing(n)} {thing(f'q{n % 7}')} {thing(n // 2)}" for n in range(300)]
    once = consistency_input(data, [], most=150)
    random.Random(1).shuffle(data)
    assert consistency_input(iter(data), [], most=150) == once


def test_every_property_is_seen_before_mere_combinations() -> None:
    # 512 kinds, of which only some fit
    data = [
        f"{thing(''.join(map(str, bits)))} {thing(f'p{place}')} {thing('x')}"
        for bits in product((0, 1), repeat=9)
        for place, bit in enumerate(bits)
        if bit
    ]
    selection = consistency_input(data, [], most=60)
    assert len(selection.statements) <= 60 + 27
    assert {s.split(" ")[1] for s in selection.statements} == {thing(f"p{place}") for place in range(9)}
    assert selection.looked_at < selection.total


def test_the_ontology_is_not_repeated() -> None:
    axiom = f"{thing('A')} {TYPE} {thing('Class')}"
    assert consistency_input([axiom, *alike(2)], [axiom]).statements == tuple(sorted(alike(2)))
