"""Compiled JSONPath gives what the library gives, for every query and every document."""

from __future__ import annotations

import jsonpath_rfc9535 as library
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kclod.rml.jsonpath import PathError, compile_path

NAMES = ("a", "b", "kind", "items")
names = st.sampled_from(NAMES)
scalars = st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from([0.0, 1.0, 2.5, "", "x", "y", "a"])
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)

singular_steps = (
    names.map(lambda n: f".{n}") | names.map(lambda n: f"['{n}']") | st.integers(-2, 2).map(lambda i: f"[{i}]")
)
singular = st.lists(singular_steps, max_size=3).map("".join)
literals = st.sampled_from(["'x'", '"y"', "''", "1", "-1", "1.0", "2.5", "0", "true", "false", "null"])
operators = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
comparisons = st.tuples(singular, operators, literals).map(lambda t: f"@{t[0]} {t[1]} {t[2]}") | st.tuples(
    literals, operators, singular
).map(lambda t: f"{t[0]} {t[1]} @{t[2]}")
existence = st.lists(singular_steps, min_size=1, max_size=2).map(lambda steps: "@" + "".join(steps))
by_library = st.sampled_from(["length(@) > 1", "count(@.*) == 2", "@.a == @.b", "@.kind == $.kind"])
tests = st.recursive(
    comparisons | existence | by_library,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | inner.map(lambda t: f"!({t})")
    ),
    max_leaves=3,
)
steps = (
    singular_steps
    | st.sampled_from(["[*]", ".*", "..a", "..*", "..[0]", "['a','b']", "[0,1]", "[1:]", "[::-1]", "[:-1]", "[::0]"])
    | tests.map(lambda t: f"[?{t}]")
)
queries = st.lists(steps, max_size=4).map(lambda parts: "$" + "".join(parts))


@given(queries, documents)
@example("$.a.b", {"a": {"b": None}})
@example("$.a[*].b", {"a": [{"b": 1}, {}, {"b": None}, 3]})
@example("$[*]", {"a": 1, "b": [2]})
@example("$[?@.kind=='x']", [{"kind": "x"}, {"kind": "y"}, {}, "x"])
@example("$[?@.kind=='x'].items[*]", [{"kind": "x", "items": [1, 2]}, {"kind": "y", "items": [3]}])
@example("$[?@ == 1]", [1, True, 1.0, "1"])
@example("$[?@.a == true]", [{"a": 1}, {"a": True}])
@example("$..a", {"a": {"a": [{"a": 1}]}, "b": [{"a": 2}]})
def test_equal_to_the_library(query: str, document: object) -> None:
    path = compile_path(query)
    expected = [node.value for node in library.find(query, document)]
    assert repr(path.find(document)) == repr(expected)  # repr, because 1 == True == 1.0
    assert repr(list(path.iterate(document))) == repr(expected)
    if path.singular:
        assert len(expected) <= 1
        assert repr(path.first(document)) == repr(expected[0] if expected else None)


@given(queries)
def test_singular_as_the_library_says(query: str) -> None:
    assert compile_path(query).singular == library.compile(query).singular_query()


@pytest.mark.parametrize("query", ["", "a", "$.a[", "$.students[*]]", "$.a b", "$[?@.a = 1]", "$[?nothing(@)]", "$['a"])
def test_invalid_queries_are_refused(query: str) -> None:
    with pytest.raises(PathError):
        compile_path(query)


def test_deep_documents_do_not_exhaust_the_stack() -> None:
    document: object = "leaf"
    for _ in range(5000):
        document = {"a": document}
    assert len(compile_path("$..a").find(document)) == 5000


def test_a_wildcard_iterates_without_building_a_list() -> None:
    iterator = compile_path("$[*]").iterate(list(range(10)))
    assert next(iterator) == 0
    assert not isinstance(iterator, (list, tuple))
