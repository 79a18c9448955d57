"""The SPARQL 1.1 Protocol cases of the W3C (rdf-tests, sparql11/protocol), written as requests to the real application.

Each case keeps its name. The suite's graphs are loaded beforehand; the query cases must be answered as the suite says.
The fourteen cases with updates are all refused by this endpoint, which is read-only: those that the suite wants refused
and those that it wants done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import flask
import pyoxigraph as ox
import pytest
from _pytest.mark import ParameterSet

from kclod.release import publish
from kclod.site import Site
from kclod.web.app import close, create_app
from kclod.web.limits import Limits

EXPECTED_FAILURES: dict[str, str] = {}
"""Case → why it is known to fail. None does."""
DATA = "http://kasei.us/2009/09/sparql/data/data"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
FORM, QUERY, UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"
BOOLEAN = {"application/sparql-results+json", "application/sparql-results+xml"}
TABULAR = BOOLEAN | {"text/csv", "text/tab-separated-values"}
RDF = {"text/turtle", "application/rdf+xml", "application/n-triples"}


def rdf(*numbers: int) -> list[str]:
    return [f"{DATA}{n}.rdf" for n in numbers]


def at(*pairs: tuple[str, str]) -> str:
    return "/sparql" + ("?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs) if pairs else "")


def typed(*numbers: int) -> str:
    return " ".join(f"<{iri}> a ?type ." for iri in rdf(*numbers))


def in_graphs(*numbers: int) -> str:
    return " ".join(f"GRAPH ?g{n} {{ <{iri}> a ?type }}" for n, iri in zip(numbers, rdf(*numbers), strict=True))


@dataclass(frozen=True)
class Case:
    name: str
    path: str
    method: str = "GET"
    content_type: str | None = None
    body: bytes = b""
    formats: frozenset[str] | None = None
    """Of a good answer; None where the request must be refused."""
    boolean: bool | None = None


def good(name: str, path: str, body: str | None = None, kind: str = QUERY, formats: set[str] = BOOLEAN) -> Case:
    method = "GET" if body is None else "POST"
    boolean = True if formats is BOOLEAN and not name.endswith("_ask") else None
    return Case(
        name, path, method, kind if body is not None else None, (body or "").encode(), frozenset(formats), boolean
    )


def bad(name: str, path: str, body: bytes | None = None, kind: str | None = None, method: str | None = None) -> Case:
    return Case(name, path, method or ("GET" if body is None else "POST"), kind, body or b"")


DEFAULT, NAMED, USING, USING_NAMED = "default-graph-uri", "named-graph-uri", "using-graph-uri", "using-named-graph-uri"
D0 = (DEFAULT, f"{DATA}0.rdf")
TWO_DEFAULT, TWO_NAMED = [(DEFAULT, iri) for iri in rdf(1, 2)], [(NAMED, iri) for iri in rdf(1, 2)]
QUERIES = [
    good("query_post_form", at(D0), "query=ASK%20%7B%7D", FORM),
    good("query_dataset_default_graphs_get", at(("query", f"ASK {{ {typed(1, 2)} }}"), *TWO_DEFAULT)),
    good("query_dataset_default_graphs_post", at(*TWO_DEFAULT), f"ASK {{ {typed(1, 2)} }}"),
    good("query_dataset_named_graphs_post", at(*TWO_NAMED), f"ASK {{ {in_graphs(1, 2)} }}"),
    good("query_dataset_named_graphs_get", at(("query", f"ASK {{ {in_graphs(1, 2)} }}"), *TWO_NAMED)),
    good(
        "query_dataset_full",
        at((DEFAULT, f"{DATA}3.rdf"), *TWO_NAMED),
        f"ASK {{\n  <{DATA}3.rdf> a ?type\n  {in_graphs(1, 2)}\n}}",
    ),
    # The suite's own request escapes the second parameter into the first, which then names one graph that is not
    # there; this is the request that its title and comment mean.
    good("query_multiple_dataset", at(*TWO_NAMED), f"ASK FROM <{DATA}3.rdf> {{ {in_graphs(1, 2)} }}"),
    good("query_get", at(("query", "ASK {}"), D0)),
    good("query_content_type_select", at(D0), "SELECT (1 AS ?value) {}", formats=TABULAR),
    good("query_content_type_ask", at(D0), "ASK {}"),
    good("query_content_type_describe", at(D0), "DESCRIBE <http://example.org/>", formats=RDF),
    good("query_content_type_construct", at(D0), "CONSTRUCT { <s> <p> 1 } WHERE {}", formats=RDF),
    good("query_post_direct", at(), "ASK {}"),
    bad("bad_query_method", at(("query", "ASK {}"), D0), b"", FORM, "PUT"),
    bad("bad_multiple_queries", at(("query", "ASK {}"), ("query", "SELECT * {}"))),
    bad("bad_query_wrong_media_type", at(), b"ASK {}", "text/plain"),
    bad("bad_query_missing_form_type", at(), b"query=ASK%20%7B%7D"),
    bad("bad_query_missing_direct_type", at(), b"ASK {}"),
    bad("bad_query_non_utf8", at(), "ASK {}".encode("utf-16"), f"{QUERY}; charset=UTF-16"),
    bad("bad_query_syntax", at(("query", "ASK {"))),
]
INSERT = (
    "PREFIX dc: <http://purl.org/dc/terms/> PREFIX foaf: <http://xmlns.com/foaf/0.1/>\nDROP ALL ;\n"
    f"INSERT DATA {{ GRAPH <{DATA}1.rdf> {{ <{DATA}1.rdf> a foaf:Document }} }} ;\n"
    "INSERT { GRAPH <http://example.org/test/> { ?s a dc:BibliographicResource } } WHERE { ?s a foaf:Document }"
).encode()
CONFLICT = (
    b"PREFIX foaf: <http://xmlns.com/foaf/0.1/>\nWITH <http://example/addresses>\n"
    b"DELETE { ?person foaf:givenName 'Bill' } INSERT { ?person foaf:givenName 'William' }\n"
    b"WHERE { ?person foaf:givenName 'Bill' }"
)
BASE_INSERT = (
    b"CLEAR GRAPH <http://example.org/protocol-base-test/> ;\nINSERT DATA {"
    b" GRAPH <http://example.org/protocol-base-test/> { <http://example.org/s> <http://example.org/p> <test> } }"
)
UPDATES = [
    bad("update_dataset_default_graph", at((USING, f"{DATA}1.rdf")), INSERT, UPDATE),
    bad("update_dataset_default_graphs", at(*((USING, iri) for iri in rdf(1, 2))), INSERT, UPDATE),
    bad("update_dataset_named_graphs", at(*((USING_NAMED, iri) for iri in rdf(1, 2))), INSERT, UPDATE),
    bad("update_dataset_full", at((USING, f"{DATA}1.rdf"), (USING_NAMED, f"{DATA}2.rdf")), INSERT, UPDATE),
    bad("update_post_form", at(), b"update=CLEAR+ALL", FORM),
    bad("update_post_direct", at(), b"CLEAR ALL", UPDATE),
    bad("update_base_uri", at(), BASE_INSERT, UPDATE),
    bad("bad_update_get", at(("update", "CLEAR ALL"))),
    bad("bad_multiple_updates", at(), b"update=CLEAR%20NAMED&update=CLEAR%20DEFAULT", FORM),
    bad("bad_update_wrong_media_type", at(), b"CLEAR NAMED", "text/plain"),
    bad("bad_update_missing_form_type", at(), b"update=CLEAR%20NAMED"),
    bad("bad_update_non_utf8", at(), "CLEAR NAMED".encode("utf-16"), f"{UPDATE}; charset=UTF-16"),
    bad("bad_update_syntax", at(), b"update=CLEAR%20XYZ", FORM),
    bad("bad_update_dataset_conflict", at((USING_NAMED, "http://example/people")), CONFLICT, UPDATE),
]


def parameters() -> list[ParameterSet]:
    """The cases; those that are known to fail must."""
    return [
        pytest.param(
            case,
            id=case.name,
            marks=[pytest.mark.xfail(reason=reason)] if (reason := EXPECTED_FAILURES.get(case.name)) else [],
        )
        for case in (*QUERIES, *UPDATES)
    ]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[flask.Flask]:
    folder = tmp_path_factory.mktemp("protocol")
    source = folder / "source.txt"
    source.write_text("one", encoding="utf-8")
    document = ox.NamedNode("http://xmlns.com/foaf/0.1/Document")
    quads = [ox.Quad(ox.NamedNode(iri), ox.NamedNode(TYPE), document, ox.NamedNode(iri)) for iri in rdf(0, 1, 2, 3)]
    site = Site(
        base_iri="https://data.example/",
        dataset_iri="https://data.example/dataset",
        title={"en": "Protocol"},
        description={"en": "The graphs of the protocol tests."},
        licence="https://creativecommons.org/publicdomain/zero/1.0/",
        rights={},
        version="1.0",
        prefixes={},
        graphs={},
        ontology_iri="https://data.example/ontology",
        sections=(),
        queries=(),
    )
    release = publish(folder / "releases", site, quads, inputs={"source.txt": source}, stages={})
    made = create_app(release, limits=Limits(workers=1))
    yield made
    close(made)


@pytest.mark.parametrize("case", parameters())
def test_case(app: flask.Flask, case: Case) -> None:
    client = app.test_client()
    response = client.open(case.path, method=case.method, data=case.body, content_type=case.content_type)
    if case.formats is None:
        assert 400 <= response.status_code < 500, response.text
        assert response.json["status"] == response.status_code
        assert response.json["detail"]
        return
    assert response.status_code == 200, response.text
    assert response.mimetype in case.formats
    if case.boolean is not None:
        assert response.json["boolean"] is case.boolean


def test_nothing_was_changed(app: flask.Flask) -> None:
    """After all refused updates: the four graphs, one statement each."""
    query = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    response = app.test_client().get("/sparql", query_string={"query": query, "format": "csv"})
    assert response.text.split() == ["n", "4"]


def test_the_suite_is_whole() -> None:
    names = [case.name for case in (*QUERIES, *UPDATES)]
    assert (len(QUERIES), len(UPDATES)) == (20, 14)
    assert len(set(names)) == 34
    assert EXPECTED_FAILURES.keys() <= set(names)
