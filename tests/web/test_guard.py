"""SERVICE and updates are found wherever they are, and nowhere else."""

from __future__ import annotations

import pytest

from kclod.web.protocol.guard import Refusal, refusal

SERVICES = [
    "SELECT * { SERVICE <http://a/> { ?s ?p ?o } }",
    "SELECT * { service silent <http://a/> { ?s ?p ?o } }",
    "SELECT * {SERVICE<http://a/>{?s ?p ?o}}",
    "PREFIX : <http://a/> SELECT * {SERVICE:p{?s ?p ?o}}",
    "PREFIX : <http://a/> SELECT * {SERVICE :p {?s ?p ?o}}",
    "PREFIX ex: <http://a/> SELECT * {SERVICEex:p {?s ?p ?o}}",
    "PREFIX ex: <http://a/> SELECT * {SERVICESILENTex:p {?s ?p ?o}}",
    "SELECT * {SERVICESILENT<http://a/>{?s ?p ?o}}",
    "SELECT * {?s ?p trueSERVICE <http://a/>{?s ?p ?o}}",
    "SELECT * {?s ?p 1SERVICE <http://a/>{?s ?p ?o}}",
    "SELECT * {BIND(1 AS ?a) FILTER(?a<?b)SERVICE#>\n<http://a/>{?s ?p ?o}}",
    "SELECT * {FILTER(?a<?b&&?b>?a)SERVICE <http://a/>{?s ?p ?o}}",
    'SELECT * {FILTER("a"!="\\u0022") SERVICE <http://a/>{?s ?p ?o} # """\n}',
    "SELECT * {\\u0053ERVICE <http://a/> {?s ?p ?o}}",
    "SELECT * {{SELECT * {SERVICE <http://a/> {?s ?p ?o}}}}",
    "SELECT * {?s ?p ?o FILTER EXISTS {SERVICE <http://a/> {?s ?p ?o}}}",
    "SELECT * {GRAPH ?g {SERVICE <http://a/> {?s ?p ?o}}}",
    "SELECT * {OPTIONAL{}SERVICE ?x {?s ?p ?o} VALUES ?x {<http://a/>}}",
    "CONSTRUCT {?s ?p ?o} WHERE {SERVICE <http://a/> {?s ?p ?o}}",
    "DESCRIBE ?s {SERVICE <http://a/> {?s ?p ?o}}",
    "SELECT * {# a comment\rSERVICE <http://a/> {?s ?p ?o}}",
    "SELECT * {FILTER('#'!='a') SERVICE <http://a/>{?s ?p ?o}}",
    "SELECT * {?s ?p '''a\n'b'' ''' . SERVICE <http://a/>{?s ?p ?o}}",
    "PREFIX service: <http://a/> SELECT * {SERVICE service:p {?s ?p ?o}}",
]
INNOCENT = [
    "SELECT * { ?service ?p ?o }",
    "SELECT * { $SERVICE ?p ?o }",
    "SELECT * { ?s ?p 'SERVICE <http://a/> {}' }",
    'SELECT * { ?s ?p """a "SERVICE" <http://a/> {}""" }',
    "SELECT * { ?s ?p '''SERVICE''' }",
    'SELECT * { ?s ?p "\\" SERVICE" }',
    "SELECT * { ?s <http://a.example/SERVICE> ?o }",
    "SELECT * { ?s <http://a.example/(x)/service#of> ?o }".replace("(x)/", ""),
    "PREFIX service: <http://a/> SELECT * { ?s service:type ?o }",
    "PREFIX ex: <http://a/> SELECT * { ?s ex:SERVICE ?o . ?s ex:service ex:a.service }",
    "PREFIX service: <http://a/> SELECT * { GRAPH service:g { ?s ?p ?o } }",
    "SELECT * { # SERVICE <http://a/> { }\n ?s ?p ?o }",
    "SELECT * { _:service ?p ?o }",
    "SELECT * { ?s ?p 'a'@service }",
    "SELECT * { ?s ?p 'INSERT DATA' }",
    "PREFIX insert: <http://a/> SELECT * { ?s insert:data ?o }",
    "BASE <http://a/INSERT> ASK {}",
    "not a query at all",
    "",
    "SELECT * { ?s ?p 'unterminated }",
]
UPDATES = [
    "INSERT DATA { <a:a> <a:b> <a:c> }",
    "prefix : <http://a/> delete where { :a ?p ?o }",
    "BASE <http://a/> # comment\n LOAD <b>",
    "CLEAR ALL",
    "DROP GRAPH <a:g>",
    "WITH <a:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
]


@pytest.mark.parametrize("query", SERVICES)
def test_service_is_refused(query: str) -> None:
    assert refusal(query) is Refusal.SERVICE


@pytest.mark.parametrize("query", INNOCENT)
def test_the_word_alone_is_no_service(query: str) -> None:
    assert refusal(query) is None


@pytest.mark.parametrize("query", UPDATES)
def test_updates_are_refused(query: str) -> None:
    assert refusal(query) is Refusal.UPDATE


def test_a_long_query_is_read_in_time() -> None:
    text = "SELECT * { " + "?s ?p 'service' . " * 20_000 + "}"
    assert refusal(text) is None
