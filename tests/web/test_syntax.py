"""Where patterns stand in queries: told by hand over the grammar, and as rdflib sees those of the project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import URIRef
from rdflib.paths import Path as PropertyPath
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from kclod.project import Project
from kclod.queries import read_queries
from kclod.vocab import RDF
from kclod.web.protocol.syntax import Reader
from kclod.web.protocol.tokens import UnreadableError, tokens_of

ROOT = Path(__file__).parents[2]
BASE = "http://b.example/"
EXAMPLE = "http://e.example/"
PROLOGUE = "PREFIX : <http://e.example/> PREFIX e: <http://e.example/e#>\n"
HAVING = "HAVING (COUNT(*) > 1) ORDER BY DESC(?n) ASC(?c) ?s LIMIT 1 OFFSET 2"

QUERIES = [
    ("SELECT * { }", ""),
    ("SELECT * WHERE { ?s :p ?o }", "p"),
    ("SELECT*{?s :p ?o.?s:q :o.}", "p q"),
    ("SELECT * { ?s :p 1, -2.5, +3.0e1, true, 'x', \"y\"@en-GB, '''z'\nz'''^^e:t ; :q \"\"\"a\"b\"\"\" ; }", "p q"),
    ("SELECT * { ?s a :C ; a ?d ; ; :p [] , [ ] , [ :q ?x ; :r [ :s 'y' ] ] }", "a a p q r s"),
    ("SELECT * { [] :p ?o . [ :q ?x ] . [ :r ?y ] :s ?z . _:b :t _:b.c }", "p q r s t"),
    ("SELECT * { (1 ?x (:a)) :p () . ?s :q ( 1 2 [ :r ?t ] ) . ( ) :u ( ) }", "p q r u"),
    ("SELECT * { ?s :p/:q* ?a ; ^:r ?b ; (:s|^:t)+/a? ?c ; !:u ?d ; !(:v|^:w) ?e ; ^(:y/:z) ?g ; !a ?h ; :i ?j }", "i"),
    ("SELECT * { ?s :p? ?o . ?s :q * ?t . ?s (:r/:s)* ?u . ?s :end ?v }", "end"),
    ("SELECT * { ?s :p ?o . FILTER(?o > 1 && ?o < 5 || !BOUND(?s)) ?s :q ?t FILTER regex(?t, '}', \"{\") }", "p q"),
    ("SELECT * { ?s :p ?o FILTER NOT EXISTS { ?s :q ?t FILTER EXISTS { ?t :r ?u } } . ?s :s ?v }", "p q r s"),
    ("SELECT * { ?s :p ?o FILTER(?o NOT IN (:x) && EXISTS { ?o :q 1 }) FILTER(IF(EXISTS{?s:r 2},1,2)=1) }",
     "p q r"),
    ("SELECT * { ?s :p ?o FILTER e:f(?o, EXISTS { ?o :q 1 }) FILTER <http://f.example/>(1) . ?s :r ?t }", "p q r"),
    ("SELECT * { { ?s :p ?o } UNION { ?s :q ?o } UNION { { ?s :r ?o } } OPTIONAL { ?s :s ?t OPTIONAL { ?t :u ?v } } }",
     "p q r s u"),
    ("SELECT * { ?s :p ?o MINUS { ?s :q ?o } GRAPH ?g { ?s :r ?o } GRAPH :g { ?s :s ?o } }", "p q r s"),
    ("SELECT * { ?s :p ?o BIND(CONCAT('{', STR(?o)) AS ?x) BIND(EXISTS { ?s :q ?x } AS ?y) ?y :r ?z }", "p q r"),
    ("SELECT * { VALUES ?s { :a 'b'@en 1 UNDEF } VALUES (?p ?o) { (:x UNDEF) } VALUES () { () } ?s :p ?o }", "p"),
    ("SELECT * { ?s :p ?o } VALUES ?o { :q '} {' }", "p"),
    ("SELECT (COUNT(?o) AS ?n) (GROUP_CONCAT(?o; SEPARATOR='{') AS ?c) { ?s :p ?o } GROUP BY ?s (STR(?o) AS ?x) "
     + HAVING, "p"),
    ("SELECT DISTINCT ?s FROM :d FROM NAMED :n WHERE { ?s :p ?o } ORDER BY (EXISTS { ?s :q ?z })", "p q"),
    ("SELECT ?s { ?s :p ?o { SELECT ?s (MAX(?x) AS ?m) { ?s :q ?x } GROUP BY ?s HAVING(?m > 1) LIMIT 3 } ?s :r ?t }",
     "p q r"),
    ("SELECT ?s { { SELECT (EXISTS { ?a :p ?b } AS ?s) { ?c :q ?d } VALUES ?c { :r } } }", "p q"),
    ("ASK { ?s :p ?o }", "p"),
    ("ASK FROM :d { ?s :p ?o FILTER(?o = <http://x.example/%7B>) }", "p"),
    ("DESCRIBE :x ?s WHERE { ?s :p ?o }", "p"),
    ("DESCRIBE * { ?s :p ?o }", "p"),
    ("DESCRIBE :x <http://y.example/>", ""),
    ("CONSTRUCT { ?s :made ?o . [] :made ( 1 2 ) } WHERE { ?s :p ?o }", "p"),
    ("CONSTRUCT { } { ?s :p ?o }", "p"),
    ("CONSTRUCT WHERE { ?s :p ?o . ?o :q [ :r 1 ] }", "p q r"),
    ("SELECT * { # ?s :not ?o } \n ?s :p '# :not' ; :q <#r> . # }\n }", "p q"),
    ("BASE <http://e.example/> PREFIX x: <y/> SELECT * { ?s x:p <q> ; <r> ?t ; x:\\~u\\, x:%20v }", "y/p r y/~u,"),
    ("PREFIX é: <http://e.example/é#> SELECT * { ?été é:p-1.2 $ü ; é: é:é }", "é#p-1.2 é#"),
    ("SELECT * { ?s <http://e.example/\\u0070> ?o . ?s :q '\\u007B' }", "p q"),
    ("SELECT * { ?select :filter ?values . ?graph :service ?exists ; :a ?b }", "filter service a:"),
    ("SELECT * { ?s :p ?o FILTER(?s<?o) FILTER(?o>1||?o<=2) }", "p"),
    ("SELECT (1 + 2 * -3 AS ?x) ((?o) AS ?y) { ?s :p ?o FILTER(-?o < +1) }", "p"),
    ("SELECT * { FILTER(true) . ?s :p ?o . FILTER(1=1) . }", "p"),
    ("SELECT * { OPTIONAL { } ?s :p ?o . { } ?s :q ?t }", "p q"),
    ("SELECT * { ?s :p ?o . OPTIONAL { ?o :q ?t } . ?t :r ?u . }", "p q r"),
]  # fmt: skip


def verbs(query: str) -> tuple[list[str], set[str]]:
    """The IRIs that are verbs by themselves, and those in paths."""
    tokens = tokens_of(query, BASE)
    simple: list[str] = []
    paths: set[str] = set()
    for statement in Reader(tokens).read():
        for pair in statement.pairs:
            verb = tokens[pair.verb.first : pair.verb.last]
            iris = [RDF["type"].value if token.text == "a" else token.iri for token in verb]
            known = [iri for iri in iris if iri is not None]
            if len(verb) == 1:
                simple += known
            else:
                paths.update(known)
    return simple, paths


@pytest.mark.parametrize(("query", "names"), QUERIES)
def test_patterns_are_found(query: str, names: str) -> None:
    text = query if query.startswith(("BASE", "PREFIX")) else PROLOGUE + query
    ox.Store().query(
        text,
        base_iri=BASE,
        custom_functions={ox.NamedNode(f"{EXAMPLE}e#f"): None, ox.NamedNode("http://f.example/"): None},
    )
    expected = [RDF["type"].value if name == "a" else EXAMPLE + name.rstrip(":") for name in names.split()]
    assert sorted(verbs(text)[0]) == sorted(expected)


# Against rdflib ------------------------------------------------------------------------------------------------------


def of_the_project() -> Iterator[str]:
    project = Project(ROOT)
    stored = read_queries(project.query_files, project.dataset.prefixes)
    yield from (query.text for query in stored if not query.federated)  # rdflib leaves what SERVICE asks untranslated
    for name in ("README.md", "docs/sparql.md"):
        yield from re.findall(r"```sparql\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)


def predicates(value: object) -> Iterator[str]:
    """Those of the triple patterns in rdflib's algebra that are no paths."""
    if isinstance(value, CompValue):
        for _, predicate, _ in (value.triples or ()) if value.name in ("TriplesBlock", "BGP") else ():
            if isinstance(predicate, URIRef) and not isinstance(predicate, PropertyPath):
                yield str(predicate)
        for name, part in value.items():
            if name != "template":
                yield from predicates(part)
    elif isinstance(value, list | tuple | set):
        for part in value:
            yield from predicates(part)


@pytest.mark.parametrize("query", list(of_the_project()))
def test_patterns_are_those_that_rdflib_finds(query: str) -> None:
    simple, paths = verbs(query)
    theirs = set(predicates(translateQuery(parseQuery(query), base=BASE).algebra))
    assert set(simple) <= theirs
    assert theirs - set(simple) - {RDF["first"].value, RDF["rest"].value} <= paths


def test_there_are_many() -> None:
    assert len(list(of_the_project())) > 30


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("SELECT * { ?s ?p ", 16),
        ("SELECT * { VALUES ?x 1 { } }", 21),
        ("SELECT * { ?s <?a)<:> ?o }", 14),
        ("SELECT * { ?s ?p <?q=1> }", 17),
        ("SELECT * { ?s \\u0061 ?o }", 14),
        ("SELECT * { ?s ?p << ?a ?b ?c >> }", 17),
        ("SELECT * { LET (?x := 1) }", 11),
    ],
)
def test_what_cannot_be_read(query: str, place: int) -> None:
    with pytest.raises(UnreadableError) as caught:
        Reader(tokens_of(query, BASE)).read()
    assert caught.value.place == place
