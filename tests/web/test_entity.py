"""Pages by the declared layout: key facts first, tables, trees, evidence, derivations; nothing of the data trusted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import quote

import flask
import pyoxigraph as ox
import pytest
from bounds import LIMITS
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from lights import BASE, quads, site
from test_pages import Page

from kclod import rdf
from kclod.pipeline.layout import read_layout
from kclod.release import publish
from kclod.web import publication
from kclod.web.app import close, create_app
from kclod.web.http.addresses import Address
from kclod.web.present import Presenter

BROWSER = "text/html"
PREFIXES = f"""
@prefix : <{BASE}ontology#> .
@prefix s: <{BASE}shapes#> .
@prefix id: <{BASE}id/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix dash: <http://datashapes.org/dash#> .
@prefix pub: <https://w3id.org/kclod/publisher#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix schema: <https://schema.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix sssom: <https://w3id.org/sssom/> .
"""
SHAPES = """
s:people a sh:PropertyGroup ; sh:order 1 ; rdfs:label "People & co"@en , "사람"@ko .
s:build a sh:PropertyGroup ; sh:order 2 ; rdfs:label "Building"@en .
s:Light a sh:NodeShape ; sh:targetClass :Light ; sh:property s:tending , s:height , s:lit , s:zone , s:buoys , s:parts .
s:tending sh:path :tending ; sh:group s:people ; sh:order 1 ; sh:name "who tends it"@en ;
  dash:propertyRole dash:KeyInfoRole .
s:height sh:path :height ; sh:group s:build ; sh:order 2 ; sh:name "<i>height</i>"@en .
s:lit sh:path :lit ; sh:group s:build ; sh:order 1 ; sh:name "lit since"@en ;
  dash:propertyRole dash:KeyInfoRole , pub:DateRole , pub:ColumnRole .
s:zone sh:path :zone ; sh:group s:build ; sh:order 3 ; dash:viewer pub:TreeViewer .
s:Tending a sh:NodeShape ; sh:targetClass :Tending ; sh:property s:keeper , s:place , s:of , s:hours .
s:keeper sh:path :keeper ; sh:order 1 ; sh:name "keeper of the light"@en .
s:place sh:path :near ; sh:order 2 ; sh:name "stationed"@en .
s:hours sh:path :hours ; sh:order 3 ; sh:name "hours"@en .
s:of sh:path [ sh:inversePath :tending ] ; sh:order 0 ; sh:name "tended light"@en .
s:Keeper a sh:NodeShape ; sh:targetClass :Keeper ; sh:property s:tends , s:lights .
s:tends sh:path [ sh:inversePath :keeper ] ; sh:group s:people ; sh:order 1 ; sh:name "tends"@en .
s:lights sh:path ( [ sh:inversePath :keeper ] [ sh:inversePath :tending ] ) ; sh:group s:people ; sh:order 2 ;
  sh:name "lights kept"@en ; dash:viewer dash:ValueTableViewer .
s:Noted a sh:NodeShape ; sh:targetSubjectsOf rdfs:comment ; sh:property s:noted .
s:noted sh:path rdfs:comment ; sh:group s:build ; sh:order 9 ; sh:name "remark"@en .
s:Place a sh:NodeShape ; sh:targetClass :Place ; sh:property s:around , s:zonesBelow , s:onlyLights ,
  s:onlyBuoys , s:minded .
s:minded sh:path [ sh:alternativePath ( [ sh:inversePath :minds ] [ sh:inversePath :watches ] ) ] ; sh:group s:people ;
  sh:order 3 ; sh:name "minded by"@en .
s:around sh:path [ sh:inversePath :near ] ; sh:group s:build ; sh:order 1 ; sh:name "around here"@en .
s:onlyLights sh:path [ sh:inversePath :near ] ; sh:group s:build ; sh:order 2 ;
  sh:name "lights near"@en ; pub:only :Light .
s:onlyBuoys sh:path [ sh:inversePath :near ] ; sh:group s:build ; sh:order 3 ;
  sh:name "certified buoys"@en ; pub:only :Buoy .
s:Zone a sh:NodeShape ; sh:targetClass :Zone ; sh:property s:wider , s:under .
s:wider sh:path :wider ; sh:group s:build ; sh:order 1 ; dash:viewer pub:TreeViewer ; sh:name "zones around"@en .
s:under sh:path ( [ sh:zeroOrMorePath [ sh:inversePath :wider ] ] [ sh:inversePath :zone ] ) ; sh:group s:people ;
  sh:order 1 ; sh:name "lights in it"@en ; dash:viewer dash:ValueTableViewer .
"""
ONTOLOGY = """
:Light skos:closeMatch schema:LandmarksOrHistoricalBuildings . :height skos:closeMatch schema:height .
:keptBy owl:propertyChainAxiom ( :tending :keeper ) .
:Lightship rdfs:subClassOf :Light . :Light rdfs:subClassOf :Structure . :Structure rdfs:subClassOf :Light .
"""
LONG = "Once upon a time. " * 200
EXTRA = f"""
id:place\\/hub a :Place . id:place\\/cape a :Place ; rdfs:comment "Not the other cape."@en .
id:keeper\\/cy :minds id:place\\/cape ; :watches id:place\\/cape . id:keeper\\/dee :watches id:place\\/cape .
id:keeper\\/ann a :Keeper .
id:light\\/beta :lit "1950"^^<http://id.loc.gov/datatypes/edtf/EDTF> ; :tending id:tending\\/beta.ann .
id:tending\\/beta.ann a :Tending ; :keeper id:keeper\\/ann .
id:zone\\/sea a :Zone ; skos:prefLabel "Sea"@en .
id:zone\\/north a :Zone ; skos:prefLabel "North"@en ; :wider id:zone\\/sea .
id:zone\\/fjord a :Zone ; skos:prefLabel "Fjord"@en ; :wider id:zone\\/north .
id:light\\/one a :Light ; :zone id:zone\\/fjord ; :near id:place\\/hub . id:light\\/two a :Light ; :zone id:zone\\/sea ;
  :near id:place\\/hub . id:light\\/three a :Light ; :zone id:zone\\/north ; :near id:place\\/hub .
id:light\\/alpha :zone id:zone\\/fjord ; skos:definition "A light."@en , "등대이다."@ko , "Un feu."@fr ;
  :story "{LONG}" ;
  :motto "one"@en , "하나"@ko ; :evil "</script><script>alert(1)</script>" , "\\u202Ekcab" ;
  skos:exactMatch <javascript:alert(2)> , <https://reg.example/x/1%3Cb%3E> ; :count 1234567 ; :ratio 1234567.125 .
id:light\\/beta :evil <data:text/html,x> .
id:light\\/ship a :Lightship , :Light , :Structure ; :fuel "diesel"@en , "디젤"@ko ; :lang "fr"^^xsd:language ;
  :berths id:berth\\/1 , id:berth\\/2 , id:berth\\/3 , id:berth\\/4 .
{" ".join(f"<{BASE}id/buoy/{n}> a :Buoy ." for n in range(150))}
id:list\\/some :lists {", ".join(f"id:n-{n}" for n in range(60))} .
id:list\\/many :lists {", ".join(f"id:n-{n}" for n in range(700))} .
"""
PROVENANCE = """
id:link\\/1 owl:annotatedSource id:light\\/alpha ; owl:annotatedProperty owl:sameAs ;
  owl:annotatedTarget <http://www.wikidata.org/entity/Q42> ;
  sssom:mapping_justification <https://w3id.org/semapv/vocab/CompositeMatching> ;
  sssom:confidence 0.99 ; sssom:comment "Name and place agree." .
"""


def parse(text: str) -> list[ox.Quad]:
    return list(ox.parse(f"{PREFIXES}{text}".encode(), ox.RdfFormat.TURTLE))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[flask.Flask]:
    ontology = parse(ONTOLOGY)
    found = quads()
    for graph, text, vouched in (
        ("registry", EXTRA, True),
        ("ontology", ONTOLOGY, True),
        ("provenance", PROVENANCE, False),
    ):
        name = ox.NamedNode(f"{BASE}graph/{graph}")
        for quad in parse(text):
            found.append(ox.Quad(quad.subject, quad.predicate, quad.object, name))
            found += [quad] if vouched else []
    layout = read_layout(rdf.triples_of(parse(SHAPES)), rdf.triples_of(ontology))
    source: Path = tmp_path_factory.mktemp("input") / "source.txt"
    source.write_text("two", encoding="utf-8")
    declared = replace(site(), layout=layout, publisher={"": "Board {of} Lights & Co"}, issued="2026-03-01")
    release = publish(tmp_path_factory.mktemp("releases"), declared, found, inputs={"source.txt": source}, stages={})
    made = create_app(release, limits=LIMITS)
    yield made
    close(made)


@pytest.fixture
def client(app: flask.Flask) -> FlaskClient:
    return app.test_client()


def page(client: FlaskClient, path: str, language: str = "en") -> str:
    response = client.get(path, headers={"Accept": BROWSER, "Accept-Language": language})
    assert response.status_code == 200, response.text
    Page(response.text)
    return response.text


def part(text: str, start: str, end: str) -> str:
    assert start in text, start
    return text.partition(start)[2].partition(end)[0]


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows(text: str, anchor: str) -> list[str]:
    table = part(part(text, f'id="{anchor}"', "</table>"), "<tbody>", "</tbody>")
    return [words(row) for row in table.split("<tr>")[1:]]


def test_key_facts_come_first_and_are_not_said_twice(client: FlaskClient) -> None:
    text = page(client, "/page/light/alpha")
    key = part(text, '<dl class="glance">', "</dl>")
    assert words(key).startswith("who tends it Ann Hub")
    assert "lit since May 1899" in words(key)
    main = part(text, '<div class="main">', "<aside")
    assert text.index('<dl class="glance">') < text.index('<div class="main">')
    assert "lit since" not in words(main), "it is all there already"
    assert [words(h) for h in re.findall(r"<h2.*?</h2>", main, re.DOTALL)][:1] == ["Building"]


def test_headings_and_names_are_the_declared_ones_in_the_readers_language(client: FlaskClient) -> None:
    assert "사람" in page(client, "/page/keeper/ann", "ko")
    text = page(client, "/page/keeper/ann")
    assert "People &amp; co" in text
    assert "lights kept" in text
    assert "&lt;i&gt;height&lt;/i&gt;" in page(client, "/page/light/alpha"), "a name is text, not markup"


def test_the_kinds_of_a_thing_are_the_most_special_ones(client: FlaskClient) -> None:
    kinds = part(page(client, "/page/light/ship"), '<ul class="types">', "</ul>")
    assert words(kinds) == "lightship", "the two wider ones, equal to one another, follow from it"
    assert words(part(page(client, "/page/light/alpha"), '<ul class="types">', "</ul>")) == "Light"


def test_a_graph_that_alone_states_many_values_is_named_once(client: FlaskClient) -> None:
    text = page(client, "/page/light/ship")
    berths = part(text, "berths", "</section>") if "</section>" in text else text
    listed = part(berths, '<ul class="stated', "</ul>")
    assert listed.count("<li>") == 4
    assert "registry" not in words(listed)
    assert words(part(berths, '<p class="behind">', "</p>")) == "registry"
    other = part(text, "fuel", "</ul>")
    assert "registry" in words(other), "of one or a few each"


def test_a_language_is_named_in_the_readers(client: FlaskClient) -> None:
    assert "French" in words(part(page(client, "/page/light/ship"), ">lang<", "</ul>"))
    assert "프랑스어" in page(client, "/page/light/ship", "ko")


def test_a_source_lists_what_each_of_its_claims_is_about(client: FlaskClient) -> None:
    claims = part(page(client, "/page/article/news-1"), '<ol class="claims"', "</ol>").split("<li>")[1:]
    about = {
        words(part(claim, "<p", "</a>")).split(">")[-1].strip(): words(claim.partition("<p")[0]) for claim in claims
    }
    assert any("Alpha Light · tending" in told for told in about.values()), about


def test_things_without_a_name_are_rows_with_what_they_say(client: FlaskClient) -> None:
    found = rows(page(client, "/page/keeper/ann"), "fact-tends")
    assert len(found) == 2
    assert any("Alpha Light" in row and "Hub" in row for row in found), "whose light, stationed where"
    assert all("Ann" not in row for row in found), "what leads back to the page's own thing is no column"
    heads = words(part(part(page(client, "/page/keeper/ann"), 'id="fact-tends"', "</table>"), "<thead>", "</thead>"))
    assert heads == "tended light stationed Evidence", "a column in which there is nothing is left out"


def test_tables_of_named_things_have_the_declared_columns_and_the_newest_first(client: FlaskClient) -> None:
    found = rows(page(client, "/page/keeper/ann"), "fact-lights")
    assert ["1950" in found[0], "May 1899" in found[1]] == [True, True]


def test_values_can_be_limited_to_a_class(client: FlaskClient) -> None:
    text = page(client, "/page/place/hub")
    near = part(part(text, 'id="fact-onlyLights"', "</html>"), '<div class="body">', 'class="beyond"')
    assert "buoy" not in near
    assert "2,304" in text, "all values are counted"
    assert "fact=https" in part(text, 'id="fact-around"', "</html>")


def test_a_declared_fact_has_pages_of_its_own(client: FlaskClient) -> None:
    address = f"/page/place/hub?fact={quote(BASE + 'shapes#around', safe='')}"
    found: set[str] = set()
    for number in range(1, 40):
        response = client.get(f"{address}&page={number}", headers={"Accept": BROWSER})
        if response.status_code == 404:
            break
        found |= set(re.findall(r'href="/page/(buoy/\d+)"', response.text))
    assert len(found) == 2_300
    assert client.get(f"/page/place/hub?fact={quote(BASE + 'shapes#none', safe='')}").status_code == 404


def test_a_hierarchy_is_shown_around_the_thing_with_what_is_under_it(client: FlaskClient) -> None:
    text = page(client, "/page/zone/north")
    tree = part(text, '<ul class="hierarchy">', '<div class="fact')
    assert words(tree).split()[:3] == ["Sea", "North", "Fjord"]
    assert '<strong aria-current="true">' in tree
    assert "Alpha Light" in part(text, 'id="fact-under"', "</table>"), "what is in a narrower zone counts"
    assert words(part(page(client, "/page/zone/sea"), '<ul class="hierarchy">', "</ul>")).startswith("Sea North"), (
        "the top too"
    )


def test_every_statement_opens_to_its_evidence(client: FlaskClient) -> None:
    text = page(client, "/page/keeper/ann")
    row = part(part(text, 'id="fact-tends"', "</table>"), "Alpha Light", "</tr>")
    evidence = words(part(row, '<details class="why">', "</details>"))
    for said in ("Lamp news", "characters 120–340", "reported", "0.95"):
        assert said in evidence
    assert 'href="/page/claim/news-1/a"' in row


def test_inferences_say_what_they_follow_from(client: FlaskClient) -> None:
    drawn = part(page(client, "/page/light/alpha"), '<details class="drawn">', "<footer")
    why = words(part(drawn.partition("kept by")[2], '<details class="why inferred">', "</details>"))
    assert why.startswith("inferred Follows from (chain of properties) Alpha Light — tending — Tending claim")
    assert "keeper — Ann claim" in why, "with the claim behind each premise"


def test_doubted_statements_stand_apart_with_their_evidence_open(client: FlaskClient) -> None:
    text = page(client, "/page/light/alpha")
    doubted = part(text, '<section class="doubted"', "</section>")
    assert "99" in words(doubted)
    assert "hedged" in words(doubted)
    assert '<details class="why doubted" open>' in doubted
    assert "99" not in words(part(text, 'id="fact-height"', '<section class="doubted"'))


def test_texts_in_other_languages_are_folded(client: FlaskClient) -> None:
    for language, shown, folded in (
        ("en", "A light.", "Un feu."),
        ("fr", "Un feu.", "A light."),
        ("ko", "등대이다.", "A light."),
    ):
        text = page(client, "/page/light/alpha", language)
        lead = part(text, '<div class="lead">', "</header>")
        assert lead.index(shown) < lead.index('<details class="tongues">') < lead.index(folded)


def test_long_texts_are_folded_and_whole(client: FlaskClient) -> None:
    text = page(client, "/page/light/alpha")
    folded = part(text, '<details class="long">', "</details>")
    assert LONG.strip() in words(folded.partition("</summary>")[2])
    assert len(words(folded.partition("</summary>")[0])) < 400


def test_identifiers_are_by_registry_with_how_they_were_found(client: FlaskClient) -> None:
    card = part(page(client, "/page/light/alpha"), 'aria-labelledby="elsewhere"', "</section>")
    assert "wikidata.org entity/Q42" in words(card)
    for said in ("how it was found by several criteria", "0.99", "Name and place agree."):
        assert said in words(card)
    assert 'href="javascript' not in card
    assert "reg.example" in words(card)


def test_nothing_hostile_gets_through(client: FlaskClient) -> None:
    for path in ("/page/light/alpha", "/page/light/beta"):
        text = page(client, path)
        scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", text, re.DOTALL)
        assert [body for attributes, body in scripts if "ld+json" not in attributes and body.strip()] == []
        assert not re.search(r'\b(?:href|src)="(?:javascript|data):', text)
        assert "<i>height" not in text
        for line in text.splitlines():
            for match in re.finditer("\u202e", line):
                assert line.rfind("<bdi", 0, match.start()) > line.rfind("</bdi>", 0, match.start()), "isolated"
        head = part(text, "<head>", "</head>")
        assert "\u202e" not in head


def test_structured_data_is_what_the_release_vouches_for(client: FlaskClient) -> None:
    text = page(client, "/page/light/alpha")
    (raw,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert "<" not in raw
    data = json.loads(raw)
    assert data["@id"] == f"{BASE}id/light/alpha"
    assert data["@type"] == "LandmarksOrHistoricalBuildings"
    assert {"@language": "ko", "@value": "알파 등대"} in data["name"]
    assert data["height"] == 31.5, "not the doubted 99"
    assert "http://www.wikidata.org/entity/Q42" in data["sameAs"]
    assert data["mainEntityOfPage"]["@id"] == f"{BASE}page/light/alpha"
    assert data["mainEntityOfPage"]["isPartOf"]["license"] == "https://creativecommons.org/licenses/by/4.0/"
    quads_ = list(
        ox.parse(
            raw.replace('"https://schema.org/"', '{"@vocab":"https://schema.org/"}').encode(), ox.RdfFormat.JSON_LD
        )
    )
    assert any(q.subject == ox.NamedNode(f"{BASE}id/light/alpha") for q in quads_)
    assert json.loads(re.findall(r"ld\+json\">(.*?)</script>", page(client, "/page/light/beta"), re.DOTALL)[0])["name"][
        "@value"
    ].startswith("<script>")


def test_head_says_where_the_page_is_in_which_languages(client: FlaskClient) -> None:
    head = part(page(client, "/page/light/alpha?lang=ko"), "<head>", "</head>")
    assert f'<link rel="canonical" href="{BASE}page/light/alpha?lang=ko">' in head
    for tag, query in (("en", "?lang=en"), ("ko", "?lang=ko"), ("fr", "?lang=fr"), ("x-default", "")):
        assert f'<link rel="alternate" hreflang="{tag}" href="{BASE}page/light/alpha{query}">' in head
    assert '<meta property="og:title" content="알파 등대">' in head
    assert '<meta name="description" content="등대이다.">' in head


def test_links_of_the_headers_are_in_the_head_too(client: FlaskClient) -> None:
    response = client.get("/page/light/alpha", headers={"Accept": BROWSER})
    head = part(response.text, "<head>", "</head>")
    for href, relation, more in re.findall(r'<([^>]*)>; rel="([^"]*)"([^<]*)', response.headers["Link"]):
        if "hreflang" in more:
            continue  # the head has them as absolute addresses
        assert re.search(
            rf'<link rel="{re.escape(relation)}"[^>]* href="{re.escape(unescape(href))}">', unescape(head)
        ), href


def test_citations(client: FlaskClient) -> None:
    address = f"/cite?iri={quote(BASE)}id/light/alpha"
    text = client.get(f"{address}&format=txt")
    assert text.mimetype == "text/plain"
    assert text.text.startswith("Board {of} Lights & Co (2026). Alpha Light. Lights, 1.0-")
    assert text.text.rstrip().endswith(f"{BASE}id/light/alpha")
    bib = client.get(f"{address}&format=bib")
    assert bib.mimetype == "application/x-bibtex"
    assert re.match(r"@misc\{[a-z0-9-]+,\n", bib.text)
    assert "author = {{Board \\{of\\} Lights \\& Co}}" in bib.text
    assert "year = {2026}" in bib.text
    assert bib.text.replace("\\{", "").replace("\\}", "").count("{") == bib.text.replace("\\{", "").replace(
        "\\}", ""
    ).count("}")
    (item,) = client.get(f"{address}&format=csl").json
    assert item["issued"] == {"date-parts": [[2026, 3, 1]]}
    assert (item["type"], item["title"], item["URL"]) == ("dataset", "Alpha Light", f"{BASE}id/light/alpha")
    korean = client.get(f"{address}&format=csl&lang=ko").json[0]
    assert korean["title"] == "알파 등대"
    hostile = client.get(f"/cite?iri={quote(BASE)}id/light/beta&format=bib").text
    assert "\u202e" not in hostile
    assert client.get("/cite?iri=https://none.example/").status_code == 404
    assert client.get(f"{address}&format=pdf").status_code == 400
    assert client.get("/cite").status_code == 404


def test_the_query_of_a_page_can_be_asked(client: FlaskClient) -> None:
    text = page(client, "/page/light/alpha")
    address = unescape(re.search(r'href="(/sparql\?query=[^"]*)"', text)[1])  # type: ignore[index]  # it is there
    answer = client.get(f"{address}&format=json")
    assert answer.status_code == 200
    bound = [row for row in answer.json["results"]["bindings"] if "source" in row]
    assert bound
    assert all(row["source"]["value"] == f"{BASE}id/article/news-1" for row in bound)


def test_the_query_of_each_fact_gives_its_values(client: FlaskClient) -> None:
    for path, fact, count in (
        ("/page/place/hub", "fact-around", 500),
        ("/page/zone/sea", "fact-under", 4),
        ("/page/place/hub", "fact-onlyLights", 4),  # of few, asked from their side
        ("/page/place/hub", "fact-onlyBuoys", 150),
    ):
        body = part(page(client, path), f'id="{fact}"', '<div class="fact')
        address = unescape(re.search(r'class="ask" href="([^"]*)"', body)[1])  # type: ignore[index]  # it is there
        answer = client.get(f"{address}&format=json")
        assert answer.status_code == 200, answer.text
        assert len({row["value"]["value"] for row in answer.json["results"]["bindings"]}) == count


@pytest.mark.parametrize(
    ("path", "count", "told"),
    [("/page/list/some", "60", "and 20 more"), ("/page/list/many", "80+", "There is more than this page shows")],
)
def test_a_long_list_says_how_much_is_left_and_asks_for_it(
    client: FlaskClient, path: str, count: str, told: str
) -> None:
    text = page(client, path)
    listed = text[text.index('ontology#lists"') :].partition("</section>")[0]
    assert listed.count("<li>") == 40
    assert f'<span class="count">{count}</span>' in listed
    assert told in words(part(listed, 'class="beyond"', "</p>"))
    address = unescape(re.search(r'class="ask" href="([^"]*)"', listed)[1])  # type: ignore[index]  # it is there
    answer = client.get(f"{address}&format=json").json
    values = {row["value"]["value"] for row in answer["results"]["bindings"]}
    assert len(values) == min(500, {"60": 60, "80+": 700}[count])


def test_numbers_are_written_as_the_language_does(client: FlaskClient) -> None:
    assert "1,234,567.125" in page(client, "/page/light/alpha")
    assert "1\u202f234\u202f567,125" in page(client, "/page/light/alpha", "fr")


def test_ids_are_unique(client: FlaskClient) -> None:
    for path in ("/page/light/alpha", "/page/keeper/ann", "/page/place/hub", "/page/zone/north"):
        ids = re.findall(r'\bid="([^"]*)"', page(client, path))
        assert len(ids) == len(set(ids))


@settings(max_examples=300, deadline=None)
@given(path=st.text(min_size=1), fragment=st.text(), chosen=st.booleans())
def test_addresses_of_pages_are_those_that_the_routes_give(
    app: flask.Flask, path: str, fragment: str, chosen: bool
) -> None:
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/sub"}):
        presenter = Presenter(publication.of(app), "ko", chosen=chosen)
        expected = presenter.url("documents.page", path=path, _anchor=fragment or None)
        assert presenter.page(Address(path, fragment)) == expected


def test_what_links_by_either_of_two_properties_is_told_once(client: FlaskClient) -> None:
    text = page(client, "/page/place/cape")
    assert text.count('href="/page/keeper/cy"') == text.count('href="/page/keeper/dee"') == 1
    assert 'id="incoming"' not in text


def test_a_text_that_has_a_place_of_its_own_does_not_introduce_the_thing(client: FlaskClient) -> None:
    text = page(client, "/page/place/cape")
    assert '<div class="lead">' not in text
    assert text.index("Building") < text.index("remark") < text.index("Not the other cape.")
