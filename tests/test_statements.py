"""Statements and lines are taken apart as a parser would."""

import pyoxigraph as ox
from hypothesis import given
from hypothesis import strategies as st

from kclod import rdf

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["a <b>", "_:b", " _:b ", '"', '\\" _:x <http://e/>', "<http://e/g>", "x> <y"]
)
_iri = st.sampled_from(["http://e/a", "http://e/b#c", "http://e/_:x", "urn:x:한"]).map(ox.NamedNode)
_blank = st.sampled_from(["b0", "x"]).map(ox.BlankNode)
_literal = st.one_of(
    st.builds(ox.Literal, _text),
    st.builds(lambda text: ox.Literal(text, language="en"), _text),
    st.builds(lambda text, datatype: ox.Literal(text, datatype=datatype), _text, _iri),
)
_quad = st.builds(ox.Quad, _iri | _blank, _iri, _iri | _blank | _literal, _iri | _blank | st.just(ox.DefaultGraph()))


@given(_quad)
def test_a_line_is_a_statement_and_a_graph(quad: ox.Quad) -> None:
    statement, graph = rdf.split_line(str(quad))
    assert statement == str(quad.triple)
    assert rdf.triples_from([statement]) == [quad.triple]
    name = quad.graph_name
    assert graph == (name.value if isinstance(name, ox.NamedNode) else "" if name == ox.DefaultGraph() else str(name))
    if not isinstance(name, ox.BlankNode):
        assert rdf.line_of(statement, graph) == str(quad)


@given(_quad)
def test_blank_nodes_are_seen(quad: ox.Quad) -> None:
    terms = (quad.subject, quad.object, quad.graph_name)
    assert rdf.has_blank_node(str(quad)) == any(isinstance(term, ox.BlankNode) for term in terms)


@given(st.lists(_quad, max_size=6))
def test_canonical_lines_are_those_of_the_whole_dataset(quads: list[ox.Quad]) -> None:
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    assert rdf.canonical_lines(map(str, quads)) == sorted(set(map(str, dataset)))
