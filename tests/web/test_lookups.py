"""Look-ups by the identifiers of outside registries: in the store of a release, and on the servers of others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

import flask
import pyoxigraph as ox
import pytest
from bounds import LIMITS
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lights import BASE, quads, site
from stores import put
from tests.servers import KINDS, Server

from kclod.release import Release, publish
from kclod.schemes import Scheme, identifier_iri, scheme_at
from kclod.store import open_read_only
from kclod.vocab import OWL, SCHEMA, SKOS
from kclod.web import identified
from kclod.web.app import close, create_app

ALPHA, BETA, KOREAN, ANN = (
    f"{BASE}id/{name}" for name in ("light/alpha", "light/beta", "light/한글등대", "keeper/ann")
)
JSON, BROWSER = {"Accept": "application/json"}, {"Accept": "text/html"}
SCHEMES = (
    Scheme(
        "isni", f"{BASE}s/isni", f"{BASE}r/isni", {"en": "ISNI"}, {"en": "ISNI"}, "[0-9]{15}[0-9X]",
        "https://isni.org/isni/{id}", ("http://www.isni.org/{id}",), "iso7064-mod11-2",
    ),
    Scheme("lamp", f"{BASE}s/lamp", f"{BASE}r/lamp", {"en": "lamp", "ko": "등 번호"}, {"en": "Lamps"}, "L[0-9]+"),
    Scheme(
        "ror", f"{BASE}s/ror", f"{BASE}r/ror", {"en": "ROR ID"}, {"en": "ROR", "fr": "Registre"},
        "0[0-9a-hjkmnp-tv-z]{6}[0-9]{2}", "https://ror.org/{id}", (), "ror", "https://ror.org/",
    ),
    Scheme(
        "wikidata", f"{BASE}s/wikidata", f"{BASE}r/wikidata", {"en": "item"}, {"en": "Wikidata"}, "Q[1-9][0-9]*",
        "http://www.wikidata.org/entity/{id}", ("https://www.wikidata.org/wiki/{id}",),
    ),
    Scheme("zone", f"{BASE}s/zone", f"{BASE}r/zone", {"en": "zone"}, {"en": "Zones"}, "[A-Z][0-9]+"),
)  # fmt: skip
LINKED = [
    (ALPHA, OWL["sameAs"], "http://www.wikidata.org/entity/Q42"),
    (ALPHA, SKOS["exactMatch"], "https://ror.org/01qcq9d74"),
    (ALPHA, SKOS["exactMatch"], "https://isni.org/isni/0000000123253578"),
    (BETA, SKOS["closeMatch"], "http://www.wikidata.org/entity/Q43"),
    (BETA, SKOS["broadMatch"], "https://ror.org/0298pes53"),
    (ALPHA, SKOS["exactMatch"], "http://www.wikidata.org/entity/Q44"),
    (ANN, SKOS["exactMatch"], "http://www.wikidata.org/entity/Q44"),
    ("http://www.wikidata.org/entity/Q45", SKOS["exactMatch"], "http://www.wikidata.org/entity/Q46"),
]


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Release:
    graphs = (ox.NamedNode(f"{BASE}graph/links"), ox.DefaultGraph())
    more = [ox.Quad(ox.NamedNode(s), p, ox.NamedNode(o), graph) for s, p, o in LINKED for graph in graphs]
    more.append(
        ox.Quad(ox.NamedNode(KOREAN), SCHEMA["identifier"], ox.NamedNode(identifier_iri(BASE, "lamp", "L7")), graphs[1])
    )
    source: Path = tmp_path_factory.mktemp("input") / "source.txt"
    source.write_text("one", encoding="utf-8")
    everything = dict.fromkeys([*quads(), *more])
    folder = tmp_path_factory.mktemp("releases")
    return publish(folder, replace(site(), schemes=SCHEMES), everything, inputs={"s": source}, stages={})


@pytest.fixture(scope="module", params=["embedded", *KINDS])
def client(request: pytest.FixtureRequest, linked: Release, servers: Callable[[str], Server]) -> Iterator[FlaskClient]:
    there = None
    if request.param != "embedded":
        server = servers(request.param)
        put(linked, server)
        there = server.query
    app: flask.Flask = create_app(linked, limits=LIMITS, store=there)
    yield app.test_client()
    close(app)


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        ("ror", "01qcq9d74"),
        ("ROR", "01QCQ9D74"),
        ("ror", "https://ror.org/01qcq9d74"),
        ("", "http://www.ror.org/01qcq9d74/"),
        ("", "https://ror.org/01qcq9d74?page=1"),
        ("", "01qcq9d74"),
        ("isni", "0000 0001 2325 3578"),
        ("isni", "0000-0001-2325-3578"),
        ("isni", "0000000123253578"),
        ("", "https://isni.org/isni/0000000123253578"),
        ("wikidata", "Q42"),
        ("wikidata", "q42"),
        ("wikidata", "https://www.wikidata.org/wiki/Q42"),
        ("", "http://www.wikidata.org/entity/Q42"),
        ("", "https://wikidata.org/entity/Q42"),
        ("", "https://www.wikidata.org/wiki/Q42#P31"),
    ],
)
def test_what_is_the_same_thing(client: FlaskClient, scheme: str, text: str) -> None:
    asked = {"scheme": scheme, "id": text} if scheme else {"id": text}
    found = client.get("/lookup", query_string=asked)
    assert (found.status_code, found.headers["Location"]) == (303, "/id/light/alpha")
    assert client.get(found.headers["Location"]).status_code == 303
    as_json = client.get("/lookup", query_string=asked, headers=JSON)
    assert as_json.status_code == 200
    assert [(m["iri"], m["relation"]) for m in as_json.json["matches"]] == [(ALPHA, "exact")]
    assert as_json.json["matches"][0]["label"] == "Alpha Light"
    if scheme:
        by_path = client.get(f"/id/by/{scheme}/{quote(text, safe='/:')}")
        assert (by_path.status_code, by_path.headers["Location"]) == (303, "/id/light/alpha")


def test_a_registry_whose_records_have_no_iris(client: FlaskClient) -> None:
    found = client.get("/lookup?scheme=lamp&id=l7")
    assert found.status_code == 303
    assert unquote(found.headers["Location"]) == "/id/light/한글등대"
    assert client.get("/id/by/lamp/L7", headers=JSON).json["record"] is None


def test_what_is_only_similar_is_told_and_not_taken_for_the_same(client: FlaskClient) -> None:
    for address, relation in (
        ("/lookup?id=http://www.wikidata.org/entity/Q43", "close"),
        ("/id/by/ror/0298pes53", "broad"),
    ):
        found = client.get(address, headers=JSON)
        assert (found.status_code, found.json["code"]) == (404, "only-similar")
        assert [(m["iri"], m["relation"]) for m in found.json["matches"]] == [(BETA, relation)]
        assert "Location" not in found.headers
        assert 'href="/page/light/beta"' in client.get(address, headers=BROWSER).text


def test_two_things_with_one_identifier(client: FlaskClient) -> None:
    found = client.get("/id/by/wikidata/Q44", headers=BROWSER)
    assert found.status_code == 300
    assert "Location" not in found.headers
    assert 'href="/page/keeper/ann"' in found.text
    listed = client.get("/id/by/wikidata/Q44", headers=JSON)
    assert {m["iri"] for m in listed.json["matches"]} == {ALPHA, ANN}


@pytest.mark.parametrize(
    ("address", "status", "code", "said"),
    [
        ("/lookup?scheme=nowhere&id=1", 404, "unknown-scheme", "isni, lamp, ror, wikidata, zone"),
        ("/id/by/nowhere/1", 404, "unknown-scheme", "ror"),
        ("/id/by/ror/04mte1k06", 404, "unknown-identifier", "https://ror.org/04mte1k06"),
        ("/id/by/wikidata/Q45", 404, "unknown-identifier", "Q45"),
        ("/id/by/wikidata/Q46", 404, "unknown-identifier", "Q46"),
        ("/id/by/ror/01qcq9d75", 400, "bad-identifier", "check digits"),
        ("/lookup?id=https://ror.org/01qcq9d75&scheme=ror", 400, "bad-identifier", "check digits"),
        ("/id/by/isni/0000000123253570", 400, "bad-identifier", "check digits"),
        ("/id/by/wikidata/P31", 400, "bad-identifier", "not of the form"),
        ("/lookup?scheme=ror&id=http://www.wikidata.org/entity/Q42", 400, "bad-identifier", "an address of `wikidata`"),
        ("/lookup?id=https://elsewhere.example/1", 400, "bad-identifier", "no registry"),
        ("/lookup?id=%EB%93%B1%EB%8C%80", 400, "bad-identifier", "no registry"),
        ("/lookup?id=Q99", 400, "bad-identifier", "wikidata, zone"),
        (f"/lookup?id={'9' * 501}", 400, "too-long", "500"),
    ],
)
def test_what_leads_nowhere_says_why(client: FlaskClient, address: str, status: int, code: str, said: str) -> None:
    found = client.get(address)
    assert (found.status_code, found.json["code"]) == (status, code)
    assert said in found.json["detail"]
    page = client.get(address, headers=BROWSER | {"Accept-Language": "ko"})
    assert page.status_code == status
    assert "Location" not in page.headers


def test_the_form(client: FlaskClient) -> None:
    page = client.get("/lookup?lang=ko", headers=BROWSER)
    assert page.status_code == 200
    assert "식별자로 찾기" in page.text
    assert '<option value="lamp">등 번호</option>' in page.text
    assert "Registre" in client.get("/lookup?lang=fr", headers=BROWSER).text
    listed = client.get("/lookup", headers=JSON).json["schemes"]
    counts = {scheme["name"]: scheme["count"] for scheme in listed}
    assert counts == {"isni": 1, "lamp": 1, "ror": 1, "wikidata": 2, "zone": 0}
    assert client.get("/lookup", headers=JSON).json["countsAreLeast"] is False
    assert listed[2]["template"] == "https://ror.org/{id}"


def test_counts_that_stop_say_so(linked: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identified, "_COUNTED", 2)
    app = create_app(linked, limits=LIMITS)
    listed = app.test_client().get("/lookup", headers=JSON).json
    page = app.test_client().get("/lookup", headers=BROWSER).text
    close(app)
    assert listed["countsAreLeast"] is True
    assert "1+</td>" in page


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.sampled_from(["", "ror", "lamp", "wikidata"]),
    st.one_of(st.text(max_size=60), st.from_regex(r"(https?:)?//[a-z.]{1,9}/[\\@a-z0-9/]{0,9}", fullmatch=True)),
)
def test_nothing_leads_elsewhere(client: FlaskClient, scheme: str, text: str) -> None:
    found = client.get("/lookup", query_string={"scheme": scheme, "id": text})
    assert found.status_code in (200, 303, 400, 404)
    if found.status_code == 303:
        assert found.headers["Location"].startswith("/id/")


def test_below_a_path(linked: Release) -> None:
    app = create_app(linked, limits=LIMITS, public_url="https://proxy.example/data/")
    found = app.test_client().get("/lookup?id=https://ror.org/01qcq9d74")
    close(app)
    assert found.headers["Location"] == "/data/id/light/alpha"


@pytest.mark.parametrize("address", ["/id/by/ror/01qcq9d74", "/lookup?scheme=ror&id=01qcq9d74"])
def test_headers(client: FlaskClient, address: str) -> None:
    found = client.get(address)
    assert set(found.vary) >= {"Accept", "Accept-Language"}
    assert client.head(address).status_code == 303
    assert client.get(address, headers={"Accept": "image/png"}).status_code == 406
    again = client.get(address, headers=JSON)
    assert client.get(address, headers=JSON | {"If-None-Match": again.headers["ETag"]}).status_code == 304


def box(text: str) -> tuple[str, str]:
    """The identifiers on a page, and the rest of its body without the JSON-LD."""
    body = re.sub(r"<script.*?</script>", "", text.partition("<body")[2], flags=re.DOTALL)
    before, found, rest = body.partition('<section class="card" aria-labelledby="elsewhere">')
    inside, _, after = rest.partition("</section>")
    assert found, "the page has no identifiers"
    return inside, before + after


def test_a_page_has_its_identifiers_in_one_place(client: FlaskClient) -> None:
    inside, outside = box(client.get("/page/light/alpha?lang=fr", headers=BROWSER).text)
    assert "Registre" in inside, "the registry by its title in the reader's language"
    for value, address in (
        ("01qcq9d74", "https://ror.org/01qcq9d74"),
        ("0000000123253578", "https://isni.org/isni/0000000123253578"),
        ("Q42", "http://www.wikidata.org/entity/Q42"),
        ("Q44", "http://www.wikidata.org/entity/Q44"),
    ):
        assert re.search(rf'href="{re.escape(address)}"><bdi id="outside-\d-\d">{value}</bdi>', inside)
        assert address not in outside
        assert f">{value}<" not in outside
    assert inside.count("data-copy=") == 4


def test_an_identifier_without_record_is_text(client: FlaskClient) -> None:
    inside, outside = box(client.get(f"/page/{quote('light/한글등대')}", headers=BROWSER).text)
    assert re.search(r'<bdi id="outside-1-1">L7</bdi>', inside)
    assert "Lamps" in inside
    assert "/identifier/" not in outside


def test_every_link_of_the_real_data_leads_back(real_release: Release) -> None:
    """From each record that is exactly a thing, by its IRI and by scheme and value; from each that is near, nowhere."""
    store, links = open_read_only(real_release.store_path), ox.NamedNode(real_release.site.graphs["links"])
    app = create_app(real_release, limits=LIMITS)
    asked, base = app.test_client(), real_release.site.base_iri
    tried = 0
    for quad in store.quads_for_pattern(None, None, None, links):
        exact = quad.predicate == SKOS["exactMatch"]
        if not (exact or quad.predicate == SKOS["closeMatch"]) or quad.object.value.startswith(base):
            continue
        expected = quad.subject.value.removeprefix(base.rstrip("/")) if exact else None
        meant = scheme_at(real_release.site.schemes, quad.object.value)
        assert meant is not None, quad
        for address in (f"/lookup?id={quote(quad.object.value)}", f"/id/by/{meant[0].name}/{quote(meant[1])}"):
            found = asked.get(address)
            assert (found.status_code, found.headers.get("Location")) == ((303, expected) if exact else (404, None))
            tried += 1
    for quad in store.quads_for_pattern(None, SCHEMA["identifier"], None, ox.DefaultGraph()):
        scheme, _, value = quad.object.value.removeprefix(f"{base}id/identifier/").partition("/")
        found = asked.get(f"/id/by/{scheme}/{value}")
        assert found.headers["Location"] == quad.subject.value.removeprefix(base.rstrip("/"))
        tried += 1
    close(app)
    assert tried > 100
