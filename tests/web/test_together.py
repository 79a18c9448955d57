"""Stored queries that ask other endpoints: how the page shows them, and what each finds on two real servers."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from bounds import LIMITS
from running import Running, running
from tests.servers import Server, missing, oxigraph

from kclod.errors import RefusedError
from kclod.project import Project
from kclod.queries import read_queries
from kclod.release import Release
from kclod.site import StoredQuery
from kclod.web.app import close, create_app
from kclod.web.protocol.guard import Refusal, refusal

WIKIDATA = "https://query.wikidata.org/sparql"
SHAPED = """@prefix wd: <http://www.wikidata.org/entity/> .
@prefix wdt: <http://www.wikidata.org/prop/direct/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
wd:Q16192328 wdt:P17 wd:Q884 ; wdt:P6782 "01qcq9d74" ; wdt:P856 <https://www.kimm.re.kr> ; rdfs:label "KIMM"@fr .
wd:Q349770 wdt:P17 wd:Q16 ; wdt:P6782 "05hepy731" ; rdfs:label "Ressources naturelles Canada"@fr .
wd:Q42 wdt:P17 wd:Q884 ; wdt:P6782 "000000000" ; rdfs:label "Somebody else"@fr .
"""
"""Three items as Wikidata shapes them; the second has an identifier that is not ours, the third is nobody of ours."""
FOUND = {
    "federated-websites": {"http://www.wikidata.org/entity/Q16192328", "http://www.wikidata.org/entity/Q349770"},
    "federated-other-identifiers": {"http://www.wikidata.org/entity/Q349770"},
    "federated-from-wikidata": {"http://www.wikidata.org/entity/Q16192328", "http://www.wikidata.org/entity/Q349770"},
    "federated-anywhere": {"http://www.wikidata.org/entity/Q16192328", "http://www.wikidata.org/entity/Q349770"},
}
"""The items that each finds."""

needs_oxigraph = pytest.mark.skipif(missing("oxigraph") is not None, reason=str(missing("oxigraph")))


def stored(release: Release) -> dict[str, StoredQuery]:
    return {q.iri.rpartition("/")[2]: q for q in release.site.queries if q.federated}


@pytest.fixture(scope="module")
def wikidata() -> Iterator[Server]:
    with oxigraph(timeout=30) as server:
        headers = {"Content-Type": "text/turtle"}
        url = f"{server.graph_store}?default"
        with urllib.request.urlopen(urllib.request.Request(url, SHAPED.encode(), headers, method="PUT"), timeout=30):
            yield server


@pytest.fixture(scope="module")
def ours(real_release: Release, wikidata: Server) -> Iterator[Running]:
    limits = {"services": [wikidata.query], "workers": 1, "client_errors": 10_000, "client_seconds": 10_000}
    with running(real_release, **limits) as made:
        yield made


def asked(endpoint: str, query: str) -> list[dict[str, dict[str, str]]]:
    request = urllib.request.Request(
        f"{endpoint}?query={quote(query)}", headers={"Accept": "application/sparql-results+json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        rows: list[dict[str, dict[str, str]]] = json.loads(response.read())["results"]["bindings"]
    return rows


def test_what_is_declared_is_what_the_text_says(real_release: Release) -> None:
    for query in real_release.site.queries:
        assert query.federated == (refusal(query.text) is Refusal.SERVICE), query.iri
    assert set(stored(real_release)) == set(FOUND)


@needs_oxigraph
@pytest.mark.parametrize("name", FOUND)
def test_each_finds_something(name: str, real_release: Release, ours: Running, wikidata: Server) -> None:
    query = stored(real_release)[name]
    text = query.text.replace(WIKIDATA, wikidata.query).replace(
        f"<{real_release.site.base_iri}sparql>", f"<{ours.endpoint}>"
    )
    if query.target == f"{real_release.site.base_iri}sparql":
        items = {row["item"]["value"] for row in asked(ours.endpoint, text)}
    elif query.target == WIKIDATA:
        items = {row["item"]["value"] for row in asked(wikidata.query, text)}
    else:
        solutions = ox.Store().query(text)
        assert isinstance(solutions, ox.QuerySolutions)
        items = {str(row["item"])[1:-1] for row in solutions}
    assert items == FOUND[name]


def test_the_page_shows_what_each_needs_and_runs_none(real_release: Release) -> None:
    app = create_app(real_release, limits=LIMITS, public_url="https://data.example/kclod/")
    page = app.test_client().get("/sparql?lang=fr", headers={"Accept": "text/html"}).text
    home = app.test_client().get("/", headers={"Accept": "text/html"}).text
    close(app)
    assert "Avec d’autres points d’accès" in page
    assert page.count('<details class="together">') == len(FOUND)
    assert f"kclod serve --allow-service {WIKIDATA}" in page
    assert "SERVICE &lt;https://data.example/kclod/sparql&gt;" in page
    assert not [href for text in (page, home) for href in re.findall(r'href="([^"]*)"', text) if "SERVICE" in href]


def test_one_that_is_allowed_can_be_run(real_release: Release) -> None:
    app = create_app(real_release, limits=replace(LIMITS, services=(WIKIDATA,)))
    page = app.test_client().get("/sparql", headers={"Accept": "text/html"}).text
    close(app)
    assert page.count("This endpoint may ask the others that it names.") == 2
    assert "--allow-service" not in page
    assert sum("SERVICE" in href for href in re.findall(r'href="([^"]*)"', page)) == 2


def test_a_federated_query_that_would_be_run_to_be_checked_is_refused(mini: Project) -> None:
    file = mini.root / "examples" / "queries" / "there.ttl"
    file.write_text(
        """@prefix pub: <https://w3id.org/kclod/publisher#> . @prefix sh: <http://www.w3.org/ns/shacl#> .
        @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        <https://lights.example/id/query/there> a pub:FederatedQuery ; rdfs:comment "There?"@en ;
            sh:ask "ASK { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }" ."""
    )
    with pytest.raises(RefusedError, match="SELECT or CONSTRUCT"):
        read_queries([file], {})
