"""Where the text of a literal alone decides, rdflib would decide the same."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rdflib.term import XSDToPython

from kclod.shacl import literals, values
from kclod.vocab import RDF, XSD

NUMBERS = ["integer", "decimal", "nonNegativeInteger", "double"]
DATATYPES = [*NUMBERS, "boolean", "date", "dateTime", "hexBinary", "int", "gYear", "anyURI", "string"]
FORMS = st.one_of(
    st.from_regex(r"[+-]?[0-9]{1,4}(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?", fullmatch=True),
    st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z?)?", fullmatch=True),
    st.sampled_from(
        ["true", "false", "1", "0", "", " 1", "1 ", "0000-01-01", "2024-02-29", "2023-02-29", "2024-04-31"]
    ),
    st.text(max_size=4),
)
TYPED = st.builds(lambda form, name: ox.Literal(form, datatype=XSD[name]), FORMS, st.sampled_from(DATATYPES))
OTHERS = st.one_of(
    st.text().map(ox.Literal),
    st.builds(lambda form: ox.Literal(form, language="en-GB"), st.text()),
    st.builds(lambda form: ox.Literal(form, datatype=ox.NamedNode("a:b")), st.text()),
    st.sampled_from([ox.NamedNode("http://a.example/é"), ox.BlankNode("b")]),
)


@given(term=st.one_of(TYPED, OTHERS))
def test_a_term_is_read_from_its_text(term: ox.Literal | ox.NamedNode | ox.BlankNode) -> None:
    text = str(term)
    assert literals.text_of(text) == term.value
    if isinstance(term, ox.Literal):
        assert literals.datatype_of(text) == str(term.datatype)
        assert literals.language_of(text) == (term.language or "")


@given(term=TYPED)
@example(term=ox.Literal("2024-02-30", datatype=XSD["date"]))
def test_datatypes(term: ox.Literal) -> None:
    text, datatype = str(term), str(term.datatype)
    assert values.datatype_test(datatype)(text) == values._is_well_typed(text)


@pytest.mark.parametrize("parameter", ["minExclusive", "minInclusive", "maxExclusive", "maxInclusive"])
@given(term=TYPED, limit=TYPED)
def test_limits(parameter: str, term: ox.Literal, limit: ox.Literal) -> None:
    if limit.datatype != XSD["boolean"]:
        assert values.within(parameter, str(limit), str(term)) == values._within(parameter, str(limit), str(term))


@pytest.mark.parametrize("or_equal", [True, False])
@given(term=TYPED, other=TYPED)
@example(term=ox.Literal("1.0", datatype=XSD["decimal"]), other=ox.Literal("1", datatype=XSD["integer"]))
def test_order(or_equal: bool, term: ox.Literal, other: ox.Literal) -> None:
    found = values.precedes(str(term), str(other), or_equal=or_equal)
    assert found == values._precedes(str(term), str(other), or_equal=or_equal)


def test_rdflib_knows_datatypes_of_two_vocabularies_only() -> None:
    assert all(name is None or str(name).startswith((XSD, RDF)) for name in XSDToPython)
