"""The overview: pictures with their data and tables, lists narrowed by facets, what the editor knows."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import flask
import pytest
from bounds import LIMITS
from flask.testing import FlaskClient
from lights import BASE, quads, site

from kclod.pictures import Facet
from kclod.release import publish
from kclod.web.app import close, create_app

BROWSER = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
LIGHTS = f"/browse?class={quote(BASE)}ontology%23Light"
BETA = quote(f"{BASE}id/light/beta", safe="")
ALPHA = quote(f"{BASE}id/light/alpha", safe="")


def html(client: FlaskClient, address: str) -> str:
    answer = client.get(address, headers={"Accept": BROWSER})
    assert answer.status_code == 200, answer.text
    return answer.text


def shown(page: str) -> set[str]:
    listed = page.partition('<ul class="members">')[2].partition("</ul>")[0]
    return set(re.findall(r'href="/page/([^"?]+)', listed))


def test_the_data_of_a_picture(client: FlaskClient) -> None:
    answer = client.get("/pictures/first-lit.json?lang=ko")
    assert answer.content_type == "application/json"
    data = answer.json
    assert data["question"] == "등대는 언제 처음 켜졌나?"
    assert data["kind"] == "timeline"
    assert data["parts"] == {"item": ["light"], "date": ["lit"], "category": ["kind"]}
    assert data["columns"][1] == {"name": "lit", "heading": "처음 켜진 때"}
    first, second = ([place if place is None else data["cells"][place] for place in row] for row in data["rows"])
    assert first[0] == {"text": "알파 등대", "href": "/page/light/alpha?lang=ko", "iri": f"{BASE}id/light/alpha"}
    assert (first[1]["text"], first[1]["value"]) == ("1899년 5월", "1899-05")
    assert second[1] is None
    again = client.get("/pictures/first-lit.json?lang=ko", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert client.get("/pictures/first-lit.json?lang=fr").json["cells"][1]["text"] == "mai 1899"


def test_the_page_of_a_picture_has_its_table_its_query_and_its_downloads(client: FlaskClient) -> None:
    page = html(client, "/pictures/first-lit")
    assert 'data-picture="/pictures/first-lit.json"' in page
    assert '<th scope="col"><bdi>First lit</bdi></th>' in page
    assert '<time datetime="1899-05"' in page
    assert "format=csv" in page
    assert "SELECT ?light ?lit ?kind" in page
    assert client.get("/pictures/no-such").status_code == 404
    assert client.get("/pictures/no-such.json").status_code == 404


def test_home_shows_the_pictures_with_their_tables(client: FlaskClient) -> None:
    page = html(client, "/")
    assert page.count("<figure ") == 1
    assert '<a href="/pictures/first-lit"><bdi>When were lights first lit?</bdi></a>' in page
    assert "Beta" not in page
    assert page.index("<h3><bdi>Lamps</bdi></h3>") < page.index("<h3>Other questions</h3>")


def test_facets_narrow_a_list(client: FlaskClient) -> None:
    everything = html(client, LIGHTS)
    assert len(shown(everything)) == 3
    assert '<h2 id="facet-1"><bdi>Near</bdi></h2>' in everything
    some = html(client, f"{LIGHTS}&by.near={ALPHA}")
    assert shown(some) == {"light/beta", quote("light/한글등대")}
    assert 'aria-current="true"><bdi>Alpha Light</bdi></a>' in some
    both = html(client, f"{LIGHTS}&by.near={ALPHA}&by.near={BETA}")
    assert len(shown(both)) == 3, "one value of a facet or the other"
    dated = html(client, f"{LIGHTS}&by.near={BETA}&by.lit=1899-05")
    assert shown(dated) == {"light/alpha"}, "a value of one facet and one of the other"
    none = html(client, f"{LIGHTS}&by.near={ALPHA}&by.lit=1899-05")
    assert shown(none) == set()
    assert "Nothing has all of these" in none


def test_counts_tell_what_a_choice_would_leave(client: FlaskClient) -> None:
    page = html(client, f"{LIGHTS}&by.lit=1899-05")
    near = page.partition('id="facet-1"')[2].partition("</section>")[0]
    assert re.findall(r'<span class="count">(\d+)</span>', near) == ["1"], "only what alpha is near to"
    lit = page.partition('id="facet-2"')[2].partition("</section>")[0]
    assert re.findall(r'<span class="count">(\d+)</span>', lit) == ["1"]


def test_an_unknown_choice_narrows_nothing(client: FlaskClient) -> None:
    assert len(shown(html(client, f"{LIGHTS}&by.near=nonsense&by.nothing=x"))) == 3


def test_a_choice_is_kept_with_the_language(client: FlaskClient) -> None:
    page = html(client, f"{LIGHTS}&by.lit=1899-05&lang=fr")
    links = re.findall(r'rel="nofollow" href="([^"]+)"', page)
    assert links
    assert all("lang=fr" in link for link in links)
    assert "Disallow: /browse?*by." in client.get("/robots.txt").text


def test_a_facet_that_cannot_be_answered_is_told(tmp_path: Path) -> None:
    source = tmp_path / "source.txt"
    source.write_text("x", encoding="utf-8")
    endless = Facet(
        f"{BASE}facet/endless",
        {"en": "Endless"},
        "SELECT ?thing ?value WHERE { ?thing ?a ?b . ?c ?d ?e . ?f ?g ?value FILTER(?value = ?nothing) }",
        (f"{BASE}ontology#Light",),
    )
    made = publish(
        tmp_path / "releases", replace(site(), facets=(endless,)), quads(), inputs={"source.txt": source}, stages={}
    )
    app = create_app(made, limits=replace(LIMITS, deadline_seconds=0.5))
    try:
        page = app.test_client().get(LIGHTS, headers={"Accept": BROWSER})
        assert page.status_code == 200
        assert "cannot be counted at the moment" in page.text
        assert len(shown(page.text)) == 3
    finally:
        close(app)


def test_what_the_editor_knows(client: FlaskClient) -> None:
    terms = client.get("/sparql/terms.json?lang=ko").json
    assert terms["prefixes"]["skos"] == "http://www.w3.org/2004/02/skos/core#"
    light = next(term for term in terms["classes"] if term["iri"] == f"{BASE}ontology#Light")
    assert (light["label"], light["count"]) == ("등대", 3)
    assert any(term["label"] == "등대지기" for term in terms["properties"])
    (query,) = (query for query in terms["queries"] if query["picture"])
    assert query["picture"]["kind"] == "timeline"
    assert query["headings"] == {"lit": "처음 켜진 때"}
    assert terms["words"]["all"] == ["모두"]


def test_names_of_things_for_a_result(client: FlaskClient) -> None:
    asked = [f"{BASE}id/light/alpha", "https://elsewhere.example/thing?a=1", "no iri at all", "javascript:alert(1)"]
    found = client.post("/sparql/labels?lang=ko", json=asked).json
    assert found[asked[0]] == {"text": "알파 등대", "href": "/page/light/alpha?lang=ko", "iri": asked[0]}
    assert found[asked[1]]["text"] == "Elsewhere"
    assert asked[2] not in found
    assert "href" not in found[asked[3]]
    for wrong in ({}, [1], ["x"] * 501):
        assert client.post("/sparql/labels", json=wrong).status_code == 400
    assert client.post("/sparql/labels", data="{", content_type="application/json").status_code == 400


@pytest.mark.parametrize("accept", [BROWSER, "application/json"])
def test_a_malformed_query_stays_in_the_form_with_its_place(client: FlaskClient, accept: str) -> None:
    answer = client.get("/sparql?query=SELECT%20%3Fs%0AWHERE%20%7B%20%3Fs%20%3C%3C", headers={"Accept": accept})
    assert answer.status_code == 400
    if accept == BROWSER:
        assert "<textarea" in answer.text
        assert "WHERE { ?s &lt;&lt;" in answer.text
        assert re.search(r"2 │ WHERE.*\n *\^", answer.text)
    else:
        assert json.loads(answer.text)["line"] == 2


def test_scripts_get_no_markup_from_the_data(app: flask.Flask) -> None:
    data = app.test_client().get("/pictures/first-lit.json").text
    assert "<script>" in data, "a name in the data looks like markup; scripts put texts into text nodes"
    for path in (Path(__file__).parents[2] / "src/kclod/web/assets/scripts").glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", path.read_text("utf-8")
        ), path
