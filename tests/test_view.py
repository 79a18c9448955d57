"""Views: a graph in memory, and one graph laid over another, answer as a set of statements would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kclod.view import Held, Overlay, View

TERMS = ["<a:s>", "<a:t>", "_:b", '"a b"@en']
STATEMENTS = st.frozensets(
    st.builds(
        " ".join, st.tuples(st.sampled_from(TERMS[:3]), st.sampled_from(["<a:p>", "<a:q>"]), st.sampled_from(TERMS))
    )
)


def is_graph(view: View, statements: frozenset[str]) -> None:
    split = [statement.split(" ", 2) for statement in statements]
    for predicate in ("<a:p>", "<a:q>"):
        for term in TERMS:
            objects = view.objects(term, predicate)
            assert len(objects) == len(set(objects))
            assert set(objects) == {o for s, p, o in split if (s, p) == (term, predicate)}
            subjects = view.subjects(predicate, term)
            assert len(subjects) == len(set(subjects))
            assert set(subjects) == {s for s, p, o in split if (p, o) == (predicate, term)}
            assert sorted(view.about(term)) == sorted(" ".join(one) for one in split if one[0] == term)
            for other in TERMS:
                statement = f"{term} {predicate} {other}"
                assert (statement in view) == (statement in statements)


@given(under=STATEMENTS, plus=STATEMENTS, minus=STATEMENTS)
def test_views_answer_as_sets_do(under: frozenset[str], plus: frozenset[str], minus: frozenset[str]) -> None:
    held = Held([*under, *under])
    is_graph(held, under)
    assert sorted(held) == sorted(under)
    is_graph(Overlay(held, plus=plus, minus=minus), (under - minus) | plus)
