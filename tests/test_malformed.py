"""Malformed queries are explained by place and reason."""

import pyoxigraph as ox
import pytest

from kclod.malformed import explain


@pytest.mark.parametrize(
    ("query", "line", "column", "message"),
    [
        ("SELECT ?x WHERE { ?x a ex:p }", 1, 28, "the prefix is not declared"),
        ("SELECT * {\n ?s ?p ?o } LIMIT x", 2, 19, "unexpected 'x'"),
        ("SELECT ?x WHERE {", 1, 18, "ends too early"),
        ("SELECT ?y WHERE { ?x ?p ?y } GROUP BY ?x", 1, 41, "unbound"),
        ("PREFIX a: <b>\nSELECT * {a:b}", 1, 14, "IRI parsing failed"),
    ],
)
def test_place_and_reason(query: str, line: int, column: int, message: str) -> None:
    with pytest.raises(SyntaxError) as caught:
        ox.Store().query(query)
    found = explain(caught.value, query)
    assert (found.line, found.column) == (line, column)
    assert message in found.message
    assert "\\u{" not in found.message, "no character classes"
    assert str(found).startswith(f"line {line}, column {column}: ")


def test_an_unknown_form_of_message_is_kept() -> None:
    assert str(explain(SyntaxError("something else"), "")) == "something else"
