"""Inference after a change gives what a full inference gives, on random ontologies, data and edits."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox
from hypothesis import HealthCheck, assume, event, given, settings

from kclod.reason import Inference, Update, infer, update
from kclod.view import Held
from tests.test_reason_oracle import AXIOMS, DECLARATIONS, FACTS, PREFIXES, statements

VALUES = (
    "{a} {s} 5 .",
    "{a} {s} 05 .",
    "{a} {s} 5.0 .",
    '{a} {s} "5"^^xsd:int .',
    '{a} {s} "2025"^^:edtf .',
    '{a} {s} "a b\\\\u0020c"@en-CA .',
    '{a} {t} "a b"@en-ca .',
)
VALUE_AXIOMS = (
    "{s} rdfs:range xsd:integer .",
    "{s} rdfs:range :edtf .",
    "{s} owl:inverseOf {p} .",
    "{c} owl:onProperty {s} ; owl:hasValue 5.00 .",
    "{c} owl:onProperty {s} ; owl:someValuesFrom xsd:integer .",
    "{c} owl:onProperty {s} ; owl:someValuesFrom :edtf .",
    "{c} owl:hasKey ({s}) .",
    "{s} a owl:FunctionalProperty .",
    "rdf:type rdfs:subPropertyOf {p} .",
    "{p} rdfs:subPropertyOf rdf:type .",
    "{a} a {c} .",
    "{a} {p} {b} .",
    "{c} owl:onProperty [ owl:inverseOf {p} ] ; owl:someValuesFrom {d} .",
)
# what leaves an update local, so that these are met often enough
QUIET_AXIOMS = tuple(
    text
    for text in (*AXIOMS, *VALUE_AXIOMS)
    if not any(word in text for word in ("sameAs", "Functional", "disjoint", "Disjoint", "Nothing", "complement"))
)
QUIET_FACTS = (*(text for text in FACTS if "sameAs" not in text), *VALUES)


def parse(lines: Iterable[str]) -> list[str]:
    """Each line has one statement and no blank node."""
    return [str(quad.triple) for line in lines for quad in ox.parse(PREFIXES + line, ox.RdfFormat.TURTLE)]


def axioms(lines: list[str]) -> list[str]:
    """As statements; a parser gives the blank nodes other labels each time."""
    text = PREFIXES + "\n".join([*DECLARATIONS, *lines])
    return [str(quad.triple) for quad in ox.parse(text, ox.RdfFormat.TURTLE, rename_blank_nodes=True)]


def changed(old: Inference, data: set[str], lines: list[str], removed: set[str], added: set[str]) -> Update | None:
    assert old.hidden is not None
    state = Held([*data, *old.statements, *old.hidden])
    return update(state, data, axioms(lines), removed=removed, added=added)


def assert_as_inferred(result: Update, old: Inference, new: Inference) -> None:
    assert old.hidden is not None
    assert not new.clashes
    assert result.removed <= set(old.statements)
    assert not result.added & set(old.statements)
    assert set(old.statements) - result.removed | result.added == set(new.statements)
    assert result.hidden_removed <= set(old.hidden)
    assert not result.hidden_added & set(old.hidden)
    if new.hidden is not None:
        assert set(old.hidden) - result.hidden_removed | result.hidden_added == set(new.hidden)


def check(ontology: list[str], kept: list[str], gone: list[str], come: list[str]) -> None:
    data, removed, added = {*parse(kept), *parse(gone)}, {*parse(gone)}, {*parse(come)}
    old = infer(data, axioms(ontology), hidden=True)
    assume(old.hidden is not None)
    result = changed(old, data, ontology, removed, added)
    event("in full" if result is None else "changed" if result.removed or result.added else "nothing changed")
    if result is not None:
        assert_as_inferred(result, old, infer(data - removed | added, axioms(ontology), hidden=True))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(statements(QUIET_AXIOMS, 7), statements(QUIET_FACTS, 9), statements(QUIET_FACTS, 4), statements(QUIET_FACTS, 4))
def test_a_change_gives_what_inference_gives(o: list[str], kept: list[str], gone: list[str], come: list[str]) -> None:
    check(o, kept, gone, come)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(
    statements((*AXIOMS, *VALUE_AXIOMS), 7),
    statements((*FACTS, *VALUES), 9),
    statements((*FACTS, *VALUES), 3),
    statements((*FACTS, *VALUES), 3),
)
def test_so_does_one_with_sameness_and_clashes(o: list[str], kept: list[str], gone: list[str], come: list[str]) -> None:
    check(o, kept, gone, come)
