"""The text search in SPARQL: found wherever it may stand, the same as the literals written out, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pyoxigraph as ox
import pytest
from bounds import LIMITS
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from lights import BASE, quads
from rdflib.plugins.sparql.parser import parseQuery

from kclod.release import Release
from kclod.text import TextIndex
from kclod.text.index import Match
from kclod.web.app import close, create_app
from kclod.web.engine.matching import MatchingError, mentions, rewrite

PREFIXES = """PREFIX text: <https://w3id.org/kclod/text#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX : <https://data.example/lights/ontology#>
"""
ALPHA, KOREAN = f"{BASE}id/light/alpha", f"{BASE}id/light/한글등대"


@pytest.fixture(scope="module")
def client(release: Release) -> Iterator[FlaskClient]:
    app = create_app(release, limits=LIMITS)
    yield app.test_client()
    close(app)


def rows(client: FlaskClient, query: str, **more: object) -> list[str]:
    asked = {"query": PREFIXES + query, "format": "csv"} | more
    response = client.get("/sparql", query_string=asked)
    assert response.status_code == 200, response.text
    return sorted(response.text.split("\r\n")[1:-1])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('SELECT ?s { ?s skos:prefLabel ?l . ?l text:matches "등대" }', [ALPHA, KOREAN]),
        ('SELECT ?s { ?l text:matches "등대" . ?s skos:prefLabel ?l }', [ALPHA, KOREAN]),
        ('SELECT ?s { ?s skos:prefLabel ?l FILTER(STR(?s) > "") ?l text:matches "등대", "알파" }', [ALPHA]),
        ('SELECT ?l { ?l text:matches "lamp*"@en }', ["A tower with a lamp.", "Lamp news", "The Old Lamp"]),
        ('SELECT ?l { ?l text:matches "lamp*"@fr }', []),
        ('SELECT ?l { ?l <https://w3id.org/kclod/text#matches> "\\"old lamp\\"" }', ["The Old Lamp"]),
        ('SELECT ?l { ?l text:matches """old\n lamp""" }', ["The Old Lamp"]),
        ("SELECT ?l { ?l text:matches 'old' OPTIONAL { ?x ?y ?l . ?l text:matches 'nowhere' } }", ["The Old Lamp"]),
        ("SELECT ?s { ?s a :Light FILTER NOT EXISTS { ?s ?p ?l . ?l text:matches '등대' } }", [f"{BASE}id/light/beta"]),
        ("SELECT ?s { ?s a :Light MINUS { ?l text:matches '등대' . ?s ?p ?l } }", [f"{BASE}id/light/beta"]),
        ("SELECT ?l { { SELECT ?l { ?l text:matches 'old' } LIMIT 1 } UNION { ?l text:matches 'news' } }",
         ["Lamp news", "The Old Lamp"]),
        ("SELECT ?l { BIND(IF(EXISTS { ?x text:matches 'old' }, 'yes', 'no') AS ?l) }", ["yes"]),
        ("SELECT DISTINCT ?s { _:b :near ?s . ?s skos:prefLabel ?l . ?l text:matches 'alpha' . _:b skos:prefLabel ?k }",
         [ALPHA]),
        ("SELECT ?l { GRAPH ?g { ?s ?p ?l . ?l text:matches 'old' } }", ["The Old Lamp"]),
        ("SELECT ?l { ?l text:matches 'old' ; a ?c }", []),
        ("SELECT ?l { ?l a ?c ; text:matches 'old' ; ; }", []),
        ("SELECT (COUNT(*) AS ?n) { (?l ?score) text:matches 'lamp*' FILTER(?score > 0) }", ["3"]),
        ("SELECT ?l { (?l ?score) text:matches 'lamp*' } ORDER BY DESC(?score) LIMIT 1", ["Lamp news"]),
        ("SELECT ?l { (?l) text:matches 'old' }", ["The Old Lamp"]),
        ('SELECT ?l { VALUES ?l { "?l text:matches \'x\'" } }', ["?l text:matches 'x'"]),
        ("SELECT ?l { VALUES ?l { text:matches } }", ["https://w3id.org/kclod/text#matches"]),
        ("SELECT ?l { BIND(text:matches AS ?l) FILTER(?l = text:matches) }", ["https://w3id.org/kclod/text#matches"]),
        ("SELECT ?s { ?s ?p text:matches }", []),
        ("SELECT ?l { # ?l text:matches 'x'\n ?l text:matches 'old' }", ["The Old Lamp"]),
        ("SELECT ?l { ?l text:matches 'old'FILTER(?k<?b)?l text:matches'x'FILTER(?c>?d)}", []),
        ("SELECT ?s { ?s a :Light.?s skos:altLabel ?l.?l text:matches'old'.?s a :Light.}", [ALPHA]),
        ("SELECT ?l { ?l text:matches 'old' FILTER(?l<?l||?l!=<x#text:matches>)}", ["The Old Lamp"]),
    ],
)  # fmt: skip
def test_where_it_stands(client: FlaskClient, query: str, found: list[str]) -> None:
    parseQuery(PREFIXES + query)  # it is SPARQL 1.1 to others too
    assert rows(client, query) == sorted(found)


@pytest.mark.parametrize(
    "prologue",
    [
        "PREFIX t: <https://w3id.org/kclod/text#matches> SELECT ?l { ?l t: 'old' }",
        "PREFIX t: <https://w3id.org/kclod/text#mat> SELECT ?l { ?l t:ches 'old' }",
        "PREFIX t: <https://w3id.org/kclod/te> SELECT ?l { ?l t:xt\\#matches 'old' }",
        "BASE <https://w3id.org/kclod/> SELECT ?l { ?l <text#matches> 'old' }",
        "BASE <https://w3id.org/kclod/text> PREFIX t: <#mat> SELECT ?l { ?l t:ches 'old' }",
        "BASE <https://w3id.org/kclod/other/> SELECT ?l { ?l <../text#matches> 'old' }",
        "BASE <https://w3id.org/kclod/> PREFIX t: <text#> SELECT ?l { ?l t:matches 'old' }",
        "SELECT ?l { ?l <https://w3id.org/kclod/text#m\\u0061tches> 'old' }",
        "SELECT ?l { ?l <https://w3id.org/kclod/te\\u0078t#matches> 'old' }",
        "PREFIX text: <https://w3id.org/kclod/text#>SELECT?l{?l text:matches'old'}",
    ],
)
def test_however_it_is_named(client: FlaskClient, prologue: str) -> None:
    response = client.get("/sparql", query_string={"query": prologue, "format": "csv"})
    assert response.text.split("\r\n")[1:-1] == ["The Old Lamp"], response.text


@pytest.mark.parametrize(
    ("query", "line", "column", "words"),
    [
        ("ASK {\n ?l text:matches ?t }", 5, 18, "written out"),
        ("ASK { ?l text:matches 12 }", 4, 23, "written out"),
        ("ASK { ?l text:matches <x:y> }", 4, 23, "written out"),
        ("ASK { ?l text:matches 'old'^^<x:y> }", 4, 23, "written out"),
        ("ASK { ?l text:matches ('old' 5) }", 4, 23, "written out"),
        ("ASK { 'old' text:matches 'old' }", 4, 13, "a variable"),
        ("ASK { <x:y> text:matches 'old' }", 4, 13, "a variable"),
        ("ASK { (?l ?s ?x) text:matches 'old' }", 4, 18, "a variable"),
        ("ASK { (?l ?l) text:matches 'old' }", 4, 15, "a variable"),
        ("ASK { (?l 'x') text:matches 'old' }", 4, 16, "a variable"),
        ("ASK { [] text:matches 'old' }", 4, 10, "a variable"),
        ("ASK { [ text:matches 'old' ] ?p ?o }", 4, 9, "a variable"),
        ("ASK { ?s ?p [ a :X ; text:matches 'old' ] }", 4, 22, "a variable"),
        ("ASK { (?l ?s) text:matches 'old' ; a ?c }", 4, 36, "no subject"),
        ("ASK { ?l ^text:matches 'old' }", 4, 10, "path"),
        ("ASK { ?l text:matches+ 'old' }", 4, 10, "path"),
        ("ASK { ?l text:matches? 'old' }", 4, 10, "path"),
        ("ASK { ?l (text:matches) 'old' }", 4, 10, "path"),
        ("ASK { ?l !text:matches 'old' }", 4, 10, "path"),
        ("ASK { ?l !(:a|^text:matches) 'old' }", 4, 10, "path"),
        ("ASK { ?l :a/text:matches 'old' }", 4, 10, "path"),
        ("ASK { ?s :a ?l FILTER EXISTS { ?l :a|text:matches 'old' } }", 4, 35, "path"),
        ("CONSTRUCT { ?l text:matches 'old' } { ?s ?p ?l }", 4, 16, "CONSTRUCT"),
        ("CONSTRUCT WHERE { ?l text:matches 'old' }", 4, 22, "CONSTRUCT"),
        ("ASK { GRAPH ?g { ?l text:matches 'old' } }", 4, 21, "in GRAPH"),
        ("ASK { ?l text:matches 'old \"lamp' }", 4, 23, "column 5"),
        ("ASK { ?l text:matches '' }", 4, 23, "column 1"),
        ("ASK { ?l text:matches 'old' FILTER(?a<?b)(?l)text:matches'x'FILTER(?c>?d)}", 4, 38, "space"),
    ],
)
def test_what_is_refused(client: FlaskClient, query: str, line: int, column: int, words: str) -> None:
    response = client.get("/sparql", query_string={"query": PREFIXES + query})
    problem = response.json
    assert (response.status_code, problem["code"]) == (400, "text-search"), problem
    assert (problem["line"], problem["column"]) == (line, column)
    assert words in problem["detail"]


def test_a_template_may_stand_beside(client: FlaskClient) -> None:
    query = PREFIXES + "CONSTRUCT { ?s skos:note ?l } WHERE { ?s ?p ?l . ?l text:matches 'old' }"
    response = client.get("/sparql", query_string={"query": query, "format": "nt"})
    assert response.text == f'<{ALPHA}> <http://www.w3.org/2004/02/skos/core#note> "The Old Lamp"@en .\n'


@pytest.mark.parametrize(
    "query",
    ["ASK { ?l text:matches 'old' ", "ASK { ?l text:matches 'old' } }", "ASK { ?l text:matches 'old' ?x ?y ?z q }"],
)
def test_what_is_malformed_is_told_by_its_own_lines(client: FlaskClient, query: str) -> None:
    problem = client.get("/sparql", query_string={"query": PREFIXES + query}).json
    assert (problem["code"], problem["line"]) == ("malformed-query", 4)


def test_the_service_description_tells_it(client: FlaskClient) -> None:
    response = client.get("/sparql", headers={"Accept": "application/n-triples"})
    assert "sparql-service-description#propertyFeature> <https://w3id.org/kclod/text#matches> ." in response.text


def test_the_dataset_of_a_request(client: FlaskClient) -> None:
    """The text is that of the default graph of the release; what bears it is looked up in the dataset."""
    query = "SELECT ?s { ?s ?p ?l . ?l text:matches 'old' }"
    assert rows(client, query, **{"default-graph-uri": f"{BASE}graph/registry"}) == [ALPHA]
    assert rows(client, query, **{"default-graph-uri": f"{BASE}graph/links"}) == []


def test_too_many_and_none_at_all(release: Release, tmp_path: Path) -> None:
    def refuse(_: str, __: str | None, ___: bool) -> list[Match]:
        return TextIndex(release.text_path).matches("lamp*", most=1)

    with pytest.raises(MatchingError, match="more than 10,000") as caught:
        rewrite(PREFIXES + "ASK { ?l text:matches 'lamp*' }", BASE, refuse)
    assert caught.value.code == "too-many-matches"
    old = tmp_path / "old"
    old.mkdir()
    for path in release.path.iterdir():
        if path.name != "text.sqlite":
            (old / path.name).symlink_to(path)
    app = create_app(replace(release, path=old), limits=LIMITS)
    try:
        ask = app.test_client().get
        problem = ask("/sparql", query_string={"query": PREFIXES + "ASK { ?l text:matches 'old' }"}).json
        assert problem["code"] == "no-text-index"
        assert "this release has none" in problem["detail"]
        assert ask("/sparql", query_string={"query": "ASK {}"}).status_code == 200
        assert "propertyFeature" not in ask("/sparql", headers={"Accept": "application/n-triples"}).text
    finally:
        close(app)


@pytest.mark.parametrize("query", ["SELECT ?text { ?context ?matches ?text }", "ASK { ?s ?p 'text' FILTER(1<2) }"])
def test_other_queries_are_not_read(query: str) -> None:
    assert not mentions(query)


# Against the literals written out ------------------------------------------------------------------------------------

_LITERALS = {
    "one": ['"The Old Lamp"@en', '"Alpha Light"@en'],
    "two": ['"알파 등대"@ko', '"한글 등대"@ko', '"Alpha Light"@en'],
    "none": [],
}
_SEARCH, _WRITTEN = "\x00", "\x01"
"""Stand for a search of `?l`, as a statement and in its place."""


def find(text: str, _: str | None, __: bool) -> list[Match]:
    return [Match(term, 1.5) for term in _LITERALS[text]]


_triples = st.sampled_from(
    [
        "?s skos:prefLabel ?l",
        "?s skos:altLabel|skos:prefLabel ?l",
        "?s a :Light ; skos:prefLabel ?l ;",
        "?s :near ?t , ?u",
        "?s :near [ skos:prefLabel ?l ]",
        "[ a :Light ; skos:prefLabel ?l ]",
        "?s :height ?h FILTER(?h<100)",
        "?t ^:near ?s",
        "_:b skos:prefLabel ?l",
        '?s skos:prefLabel ?k FILTER(?k != "} # \'{")',
        "?s :height 31.5",
        "?s :automatic true # } { comment\n",
    ]
)
_searches = st.tuples(st.sampled_from(list(_LITERALS)), st.sampled_from(["?l", "?l", "?k", "$l"])).map(
    lambda chosen: f"{_SEARCH}{chosen[1]} {chosen[0]}{_SEARCH}"
)


def _wrapped(groups: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        groups.map(lambda g: f"OPTIONAL {g}"),
        groups.map(lambda g: f"MINUS {g}"),
        groups.map(lambda g: f"FILTER EXISTS {g}"),
        groups.map(lambda g: f"FILTER(!(EXISTS {g}) || ?s = ?s)"),
        groups.map(lambda g: f"GRAPH ?g {g}"),
        groups.map(lambda g: f"{{ SELECT DISTINCT ?s ?l {g} ORDER BY ?s }}"),
        st.tuples(groups, groups).map(" UNION ".join),
        groups,
    )


def _group(parts: list[str]) -> str:
    text = ""
    for part in parts:
        block = part[0] not in "?_[\x00"
        text += f" {part}" if block or not text or text.endswith(("}", "\n", ")")) else f" . {part}"
    return f"{{{text} }}"


_base = st.lists(st.one_of(_triples, _searches), max_size=4).map(_group)
_groups = st.recursive(
    _base, lambda inner: st.lists(st.one_of(_triples, _searches, _wrapped(inner)), max_size=4).map(_group), max_leaves=5
)


def _with_searches(group: str) -> str:
    parts = group.split(_SEARCH)
    for i in range(1, len(parts), 2):
        variable, text = parts[i].split()
        parts[i] = f'{variable} text:matches "{text}"'
    return "".join(parts)


def _written_out(group: str) -> str:
    """Each search as a triple pattern over a dataset that says which literals match which text."""
    parts = group.split(_SEARCH)
    for i in range(1, len(parts), 2):
        variable, text = parts[i].split()
        parts[i] = f"[ <x:in> <x:{text}> ; <x:literal> {variable} ]"
    return "".join(parts)


@pytest.fixture(scope="module")
def store() -> ox.Store:
    """The dataset, with what matches said in every graph."""
    made = ox.Store()
    made.extend(quads())
    graphs = [ox.DefaultGraph(), *{q.graph_name for q in quads() if isinstance(q.graph_name, ox.NamedNode)}]
    for graph in graphs:
        for text, terms in _LITERALS.items():
            for number, term in enumerate(terms):
                node = ox.NamedNode(f"x:{text}{number}")
                literal = next(iter(ox.parse(f"<x:s> <x:p> {term} .", ox.RdfFormat.N_TRIPLES))).object
                made.add(ox.Quad(node, ox.NamedNode("x:in"), ox.NamedNode(f"x:{text}"), graph))
                made.add(ox.Quad(node, ox.NamedNode("x:literal"), literal, graph))
    return made


_MOST = 10_000
"""Solutions: a product of larger parts takes half a minute, and shows no more than one of smaller ones."""


@settings(max_examples=400)
@given(group=_groups)
def test_as_written_out(store: ox.Store, group: str) -> None:
    head = f"{PREFIXES}SELECT ?s ?l ?k ?t ?h ?g "
    try:
        expected = list(islice(store.query(head + _written_out(group)), _MOST + 1))
    except SyntaxError:  # a blank node in two basic graph patterns
        with pytest.raises(SyntaxError):
            rewrite(head + _with_searches(group), BASE, find)
        return
    if len(expected) > _MOST:
        return
    try:
        rewritten = rewrite(head + _with_searches(group), BASE, find)
    except MatchingError as error:
        if "in GRAPH" in str(error) and "GRAPH ?g" in group:
            return
        raise
    assert "text:matches" not in rewritten.replace('"text:matches', "")
    found = store.query(rewritten)
    assert sorted(map(str, found)) == sorted(map(str, expected))
