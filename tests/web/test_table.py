"""The table of negotiation, request by request: what it says of status, Vary, validators and links is what is sent."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from urllib.parse import quote

import flask
import pyoxigraph as ox
import pytest
from bounds import LIMITS
from flask.testing import FlaskClient
from lights import BASE, quads, site
from werkzeug.test import TestResponse

from kclod.rdf import RDF_FORMATS
from kclod.release import Release, publish
from kclod.vocab import PUB
from kclod.web.app import close, create_app
from kclod.web.http.profiles import PROFILES
from kclod.web.http.table import QUERY, TABLE, Row

ALPHA = f"{BASE}id/light/alpha"
ELSEWHERE = quote("https://elsewhere.example/thing?a=1", safe="")
ADDRESSES = {
    "documents.thing": ["/id/light/alpha", f"/id/{quote('light/한글등대')}"],
    "documents.other_thing": ["/claim/news-1/a", "/graph/registry"],
    "documents.page": ["/page/light/alpha", "/page/claim/news-1/a", f"/page/{quote('light/한글등대')}"],
    "documents.data": [f"/data/light/alpha.{fmt.name}" for fmt in RDF_FORMATS],
    "documents.links": ["/linkset/light/alpha.json", "/linkset/light/alpha.txt"],
    "documents.describe": [f"/describe?iri={ELSEWHERE}"],
    "ontology.page": ["/ontology"],
    "ontology.data": [f"/ontology.{fmt.name}" for fmt in RDF_FORMATS],
    "wellknown.void": ["/.well-known/void"],
    "overview.home": ["/"],
    "overview.browse": ["/browse", f"/browse?class={quote(BASE, safe='')}ontology%23Light"],
    "reconciling.ask": ["/reconcile"],
    "reconciling.suggest": ["/reconcile/suggest/entity?prefix=alpha", "/reconcile/suggest/type?prefix="],
    "reconciling.flyout": ["/reconcile/flyout/entity?id=light/alpha", "/reconcile/flyout/property?id=near"],
    "reconciling.properties": ["/reconcile/properties?type=Light&limit=5"],
    "reconciling.preview": ["/reconcile/preview?id=light/alpha"],
    "citing.cite": [f"/cite?iri={quote(ALPHA, safe='')}", f"/cite?format=bib&iri={quote(ALPHA, safe='')}"],
    "terms.listing": ["/sparql/terms.json"],
    "lookups.lookup": ["/lookup"],
    "overview.robots": ["/robots.txt"],
    "sitemap.whole": ["/sitemap.xml"],
    "overview.health": ["/health"],
    "overview.live": ["/health/live"],
    "downloads.listing": ["/dumps/"],
    "downloads.without_slash": ["/dumps"],
    "downloads.file": ["/dumps/SHA256SUMS", "/dumps/lights.nq", "/dumps/lights.nq.sha256"],
    "releases.listing": ["/releases"],
    "releases.feed": ["/releases.atom"],
    "mementos.timegate": ["/timegate/page/light/alpha", "/timegate/data/light/alpha.ttl"],
    "mementos.timemap": ["/timemap/page/light/alpha", "/timemap/data/light/alpha.ttl"],
    "sparql.ask": ["/sparql"],
    "static": ["/static/icon.svg"],
}
ROWS = [(endpoint, TABLE[endpoint], address) for endpoint, found in ADDRESSES.items() for address in found]
ACCEPTS = [None, "*/*", "image/png", "text/html", "text/html;q=0.5, text/turtle", "text/html;q=0, */*;q=0.1"] + [
    name for fmt in RDF_FORMATS for name in (fmt.media_type, *fmt.aliases)
]
LANGUAGES = [None, "ko", "fr-CA, en;q=0.5", "xx"]
BY_OTHERS = {
    *("built.file", "drawn.picture", "measuring.metrics", "ontology.version", "sparql.post", "terms.labels"),
    *("reconciling.post", "reconciling.view"),
    "sitemap.part",
    "lookups.by",
    *("search.search", "search.as_json", "search.suggest", "search.description"),
    *("releases.release", "releases.without_slash", "releases.manifest", "releases.changes", "releases.changes_as"),
    *("releases.quads", "ldes.stream", "ldes.node"),
}
FIELDS = ("Accept", "Accept-Datetime", "Accept-Language", "Accept-Profile", "Prefer")


def test_every_route_has_a_row(app: flask.Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert set(TABLE) == routes
    assert routes - set(ADDRESSES) == BY_OTHERS, "tried by modules of their own"


def consulted(response: TestResponse) -> set[str]:
    """What Vary names, but for the content coding, which each answer of some size varies by: see test_front."""
    return set(response.vary) - {"Accept-Encoding"}


def acceptable(accept: str | None, row: Row) -> set[str] | None:
    """The media types of which one must be sent; None for 406. The headers of this module are simple on purpose."""
    if not row.offers:
        return set()
    offered = [name for offer in row.offers for name in (offer.media_type, *offer.aliases)]
    if accept in (None, "*/*"):
        return {row.offers[0].media_type}
    if accept == "text/html;q=0, */*;q=0.1":
        rest = [offer.media_type for offer in row.offers if offer.media_type != "text/html"]
        return {rest[0]} if rest else None
    wanted = [part.partition(";")[0].strip() for part in accept.split(",")]
    found = [name for name in reversed(wanted) if name in offered]
    return {found[0]} if found else None


@pytest.mark.parametrize(("endpoint", "row", "address"), ROWS, ids=[address for _, _, address in ROWS])
def test_rows(client: FlaskClient, endpoint: str, row: Row, address: str) -> None:
    for accept, language in product(ACCEPTS, LANGUAGES):
        headers = {
            name: value for name, value in (("Accept", accept), ("Accept-Language", language)) if value is not None
        }
        response = client.get(address, headers=headers)
        expected = acceptable(accept, row)
        if expected is None:
            assert response.status_code == 406, (accept, language)
            assert response.is_json == (accept != "text/html")
            assert not response.is_json or response.json["available"] == [offer.media_type for offer in row.offers]
            continue
        assert response.status_code == row.status, (accept, language)
        assert consulted(response) == set(row.vary)
        if row.status == 200 and expected:
            assert response.mimetype in expected, (accept, language)
        if row.status == 303:
            html = "text/html" in expected
            assert ("/page/" in response.headers["Location"]) == html
            assert html or any(
                response.headers["Location"].endswith(f".{fmt.name}") and expected & {fmt.media_type, *fmt.aliases}
                for fmt in RDF_FORMATS
            )
        if row.status == 200 and "Accept-Language" in row.vary and response.mimetype == "text/html":
            assert response.headers["Content-Language"] == {"ko": "ko", "fr-CA, en;q=0.5": "fr"}.get(
                language or "", "en"
            )
        head = client.head(address, headers=headers)
        assert (head.status_code, head.data) == (row.status, b"")
        assert {k: v for k, v in head.headers if k != "Date"} == {k: v for k, v in response.headers if k != "Date"}


@pytest.mark.parametrize(("endpoint", "row", "address"), ROWS, ids=[address for _, _, address in ROWS])
def test_validators(client: FlaskClient, endpoint: str, row: Row, address: str) -> None:
    response = client.get(address)
    assert bool(response.headers.get("ETag")) == row.tagged
    if not row.tagged:
        return
    tag, date = response.headers["ETag"], response.headers["Last-Modified"]
    assert not tag.startswith("W/")
    for condition in (
        {"If-None-Match": tag},
        {"If-None-Match": f"W/{tag}"},  # weak comparison: section 13.1.2
        {"If-None-Match": f'"x", {tag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": date},
        {"If-None-Match": tag, "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        for send in (client.get, client.head):
            again = send(address, headers=condition)
            assert (again.status_code, again.data) == (304, b""), condition
            for name in ("ETag", "Vary", "Cache-Control", "Content-Location"):  # section 15.4.5
                assert again.headers.get(name) == response.headers.get(name), name
    for condition in (
        {"If-None-Match": '"x"'},
        {"If-None-Match": '"x"', "If-Modified-Since": date},  # the tag takes precedence
        {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If-Modified-Since": "no date"},
        {"If-Match": tag},
    ):
        assert client.get(address, headers=condition).status_code == 200, condition
    assert client.get(address, headers={"If-Match": '"x"'}).status_code == 412


@pytest.mark.parametrize(("endpoint", "row", "address"), ROWS, ids=[address for _, _, address in ROWS])
def test_links_and_location(client: FlaskClient, endpoint: str, row: Row, address: str) -> None:
    response = client.get(address)
    if row.status == 200:
        found = set(re.findall(r'rel="([^"]+)"', response.headers.get("Link", "")))
        assert found - {"next", "author"} == set(row.links) - {"author"}
    if row.located:
        response = client.get(address, headers={"Accept": "text/turtle"})
        assert client.get(response.headers["Content-Location"]).data == response.data
    else:
        assert "Content-Location" not in response.headers


@pytest.mark.parametrize(("endpoint", "row", "address"), ROWS, ids=[address for _, _, address in ROWS])
def test_methods(client: FlaskClient, endpoint: str, row: Row, address: str) -> None:
    allowed = {"GET", "HEAD", "OPTIONS", *(["POST"] if row.posted else [])}
    for method in ("PUT", "DELETE", "PATCH", *([] if row.posted else ["POST"])):
        response = client.open(address, method=method)
        assert (response.status_code, set(response.allow)) == (405, allowed), method
    assert set(client.options(address).allow) == allowed


@pytest.mark.parametrize(
    ("row", "address"),
    [
        (TABLE["documents.page"], "/page/light/alpha?lang=ko"),
        (TABLE["documents.data"], "/data/light/alpha.ttl?_profile=plain"),
        (TABLE["documents.describe"], f"/describe?iri={ELSEWHERE}&format=ttl&_profile=labels"),
        (TABLE["documents.thing"], "/id/light/alpha?_profile=evidence"),
        (QUERY, "/sparql?query=ASK%7B%7D"),
        (QUERY, "/sparql?query=ASK%7B%7D&format=xml&stream=false"),
        (TABLE["overview.home"], "/?lang=fr"),
    ],
)
def test_what_the_address_decides_is_not_in_vary(client: FlaskClient, row: Row, address: str) -> None:
    taken = {field for parameter, field in row.fixed.items() if f"{parameter}=" in address}
    response = client.get(address)
    assert consulted(response) == set(row.vary) - taken
    for field in taken - {"Prefer"}:
        other = {"Accept": "*/*", "Accept-Language": "xx", "Accept-Profile": "<urn:x>"}[field]
        assert client.get(address, headers={field: other}).data == response.data


@pytest.mark.parametrize(("endpoint", "row", "address"), ROWS, ids=[address for _, _, address in ROWS])
def test_vary_names_whatever_changes_an_answer(client: FlaskClient, endpoint: str, row: Row, address: str) -> None:
    seen: dict[tuple[str | None, ...], object] = {}
    profiles = [None, *(f"<{p.iri}>" for p in PROFILES)]
    for accept, language, profile in product([None, "text/turtle", "application/trig"], [None, "ko"], profiles):
        sent = {"Accept": accept, "Accept-Language": language, "Accept-Profile": profile}
        response = client.get(address, headers={k: v for k, v in sent.items() if v})
        key = tuple(sent.get(name) for name in FIELDS if name in set(response.vary))
        told = (response.status_code, response.headers.get("Location"), response.data)
        assert seen.setdefault(key, told) == told, (sent, "differs, though Vary says that it does not")


PROFILE_CASES = [
    ("ttl", {}, "labels"),
    ("trig", {}, "evidence"),
    ("ttl", {"Accept-Profile": f"<{PUB}profilePlain>"}, "plain"),
    ("ttl", {"Accept-Profile": f"<urn:x>, <{PUB}profilePlain>;q=0.5"}, "plain"),
    ("ttl", {"Accept-Profile": f"<{PUB}profilePlain>;q=0.5, <{PUB}profileLabels>;q=0.6"}, "labels"),
    ("trig", {"Accept-Profile": f"<{PUB}profilePlain>"}, "plain"),
    ("jsonld", {"Accept-Profile": f"<{PUB}profileEvidence>"}, "evidence"),
    ("ttl", {"Accept-Profile": "*"}, "labels"),
    ("ttl", {"Accept-Profile": "garbage <"}, "labels"),
    ("ttl", {"Accept-Profile": f"<{PUB}profileEvidence>"}, None),
    ("ttl", {"Accept-Profile": "<urn:x>"}, None),
]


@pytest.mark.parametrize(("extension", "headers", "token"), PROFILE_CASES)
def test_profiles(client: FlaskClient, extension: str, headers: dict[str, str], token: str | None) -> None:
    response = client.get(f"/data/light/alpha.{extension}", headers=headers)
    if token is None:
        assert response.status_code == 406
        assert PUB["profileLabels"].value in response.text
        return
    iri = PUB[f"profile{token.capitalize()}"].value
    assert response.headers["Content-Profile"] == f"<{iri}>"
    assert f'<{iri}>; rel="profile"' in response.headers["Link"]
    assert response.data == client.get(f"/data/light/alpha.{extension}?_profile={token}").data
    assert response.data == client.get(f"/data/light/alpha.{extension}?_profile={quote(iri, safe='')}").data
    held = {str(q) for q in ox.parse(response.data, next(f.rdf for f in RDF_FORMATS if f.name == extension))}
    assert any("Alpha Light" in q for q in held)
    assert any("한글 등대" in q for q in held) == (token != "plain"), "the name of another thing"
    assert any(f"{BASE}claim/news-1/b" in q for q in held) == (token == "evidence")


@pytest.mark.parametrize(
    ("accept", "profile", "location"),
    [
        ("text/turtle", "plain", "/data/light/alpha.ttl?_profile=plain"),
        ("text/turtle", "labels", "/data/light/alpha.ttl"),
        ("*/*", "evidence", "/data/light/alpha.jsonld?_profile=evidence"),
        ("application/trig", "evidence", "/data/light/alpha.trig"),
        ("text/turtle", "evidence", None),
        ("text/turtle", "unknown", None),
    ],
)
def test_profiles_of_things(client: FlaskClient, accept: str, profile: str, location: str | None) -> None:
    headers = {"Accept": accept, "Accept-Profile": f"<{PUB}profile{profile.capitalize()}>"}
    response = client.get("/id/light/alpha", headers=headers)
    assert (response.status_code, response.headers.get("Location")) == ((303, location) if location else (406, None))
    if location:
        assert client.get(location).headers["Content-Profile"] == f"<{PUB}profile{profile.capitalize()}>"


def test_list_of_profiles(client: FlaskClient) -> None:
    for address in (
        "/id/light/alpha?_profile=alt",
        "/page/light/alpha?_profile=alt",
        "/data/light/alpha.nt?_profile=alt",
    ):
        response = client.get(address, headers={"Accept": "text/turtle, text/html;q=0.5"}, follow_redirects=True)
        assert response.status_code == 200
        triples = list(ox.parse(response.data, ox.RdfFormat.TURTLE))
        listed = [t.object.value for t in triples if t.predicate.value.endswith("#hasRepresentation")]
        assert len(listed) == len(set(listed)) == 15
        for representation in listed:
            conforms = {t.object.value for t in triples if t.subject.value == representation and "conformsTo" in str(t)}
            answer = client.get(representation.removeprefix(BASE.rstrip("/")))
            assert {answer.headers["Content-Profile"].strip("<>")} == conforms
    assert client.get("/data/light/alpha.ttl?_profile=none").status_code == 400
    assert client.get("/id/light/alpha?_profile=none").status_code == 400


def test_link_sets(client: FlaskClient) -> None:
    page = client.get("/page/light/alpha")
    address, kind = re.search(r'<([^>]+)>; rel="linkset"; type="([^"]+)"', page.headers["Link"]).groups()
    response = client.get(address)
    assert response.mimetype == kind == "application/linkset+json"
    sets = {one.pop("anchor"): one for one in response.json["linkset"]}
    assert {entry["href"] for entry in sets["/page/light/alpha"]["cite-as"]} == {ALPHA}
    for entry in sets["/page/light/alpha"]["describedby"]:
        assert client.get(entry["href"]).mimetype == entry["type"]
        assert sets[entry["href"]]["describes"] == [{"href": ALPHA}]
    text = client.get(address.replace(".json", ".txt"))
    assert text.mimetype == "application/linkset"
    assert text.text.count("anchor=") == sum(len(v) for one in sets.values() for v in one.values())


def test_close_matches(client: FlaskClient) -> None:
    problem = client.get("/id/light/alfa").json
    assert problem["similar"][0] == ALPHA
    assert client.get("/id/light/한글등데").json["similar"] == [f"{BASE}id/light/한글등대"]
    assert client.get("/page/zzzzzzzzzzzz").json["similar"] == []
    assert client.get("/id/keeper/annex").json["similar"] == [], "with two letters more, one of three is another name"
    assert client.get("/page/light/alfa").json["iri"] == f"{BASE}id/light/alfa"
    assert client.get(f"/page/{'a' * 5000}").json["similar"] == []
    page = client.get("/id/light/alfa", headers={"Accept": "text/html", "Accept-Language": "ko"})
    assert page.status_code == 404
    assert 'href="/page/light/alpha"' in page.text
    assert "알파 등대" in page.text
    assert 'href="/search?q=alfa"' in page.text
    assert set(page.vary) == {"Accept", "Accept-Language"}


@pytest.mark.parametrize(
    ("wish", "title", "spoken"),
    [("en", "Not Found", "en"), ("ko", "찾을 수 없습니다", "ko, en"), ("fr-CA", "Introuvable", "fr, en")],
)
def test_the_title_of_a_problem_is_in_the_language_of_the_request(
    client: FlaskClient, wish: str, title: str, spoken: str
) -> None:
    """RFC 9457, sections 3.1.3 and 4.2.1."""
    response = client.get("/id/light/alfa", headers={"Accept-Language": wish})
    assert (response.mimetype, response.json["title"]) == ("application/problem+json", title)
    assert response.headers["Content-Language"] == spoken
    assert "Accept-Language" in response.vary
    page = client.get("/id/light/alfa", headers={"Accept-Language": wish, "Accept": "text/html"})
    assert page.headers["Content-Language"] == spoken.partition(",")[0]


def test_withdrawn_things(tmp_path: Path) -> None:
    source = tmp_path / "source.txt"
    source.write_text("one", "utf-8")
    old, new = f"{BASE}id/light/old", f"{BASE}id/light/beta"
    label = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
    more = [ox.Quad(ox.NamedNode(iri), label, ox.Literal("Old light")) for iri in (old, f"{old}er")]
    before = publish(tmp_path / "releases", site(), [*quads(), *more], inputs={"source.txt": source}, stages={})
    dataset = ox.NamedNode(f"{BASE}dataset")
    declared = [
        ox.Quad(dataset, PUB["withdrew"], ox.NamedNode(f"{BASE}id/light/never")),
        ox.Quad(dataset, PUB["withdrew"], ox.NamedNode(old)),
        ox.Quad(ox.NamedNode(old), ox.NamedNode("http://purl.org/dc/terms/isReplacedBy"), ox.NamedNode(new)),
        ox.Quad(
            ox.NamedNode(f"{BASE}id/light/never"),
            ox.NamedNode("http://purl.org/dc/terms/isReplacedBy"),
            ox.NamedNode(new),
        ),
        ox.Quad(
            ox.NamedNode(f"{BASE}id/light/never"),
            ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#comment"),
            ox.Literal("It is the same light.", language="en"),
        ),
    ]
    for text in ("two", "three"):  # which says of the old light no more than that it is withdrawn
        source.write_text(text, "utf-8")
        after = publish(tmp_path / "releases", site(), [*quads(), *declared], inputs={"source.txt": source}, stages={})
    app = create_app(after, limits=LIMITS)
    try:
        client = app.test_client()
        for address in ("/id/light/old", "/page/light/older", "/data/light/old.ttl"):
            response = client.get(address)
            assert (response.status_code, response.json["code"]) == (410, "withdrawn"), address
            assert before.version in response.json["detail"]
        gone = client.get("/id/light/never")
        assert (gone.status_code, gone.json["replaced_by"]) == (410, [new])
        assert f'<{new}>; rel="successor-version"' in gone.headers["Link"]
        page = client.get("/page/light/never", headers={"Accept": "text/html"})
        assert page.status_code == 410
        assert "It is the same light." in page.text
        assert 'href="/page/light/beta"' in page.text
        assert client.get("/id/light/neither").status_code == 404
        assert client.get("/id/light/alpha").status_code == 303
    finally:
        close(app)


@pytest.mark.parametrize("passed_on", [True, False])
def test_behind_a_proxy_at_another_address(release: Release, passed_on: bool) -> None:
    app = create_app(release, limits=LIMITS, public_url="https://public.example/lights/")
    try:
        client = app.test_client()
        before = "/lights" if passed_on else ""
        for address in (
            "/id/light/alpha",
            "/page/light/alpha",
            "/data/light/alpha.ttl",
            "/",
            "/linkset/light/alpha.json",
        ):
            response = client.get(
                before + address, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
            )
            assert response.status_code in (200, 303)
            local = re.findall(r"<(/[^>]*)>", response.headers.get("Link", ""))
            local += [response.headers["Location"]] if "Location" in response.headers else []
            local += re.findall(r'href="(/[^"]*)"', response.text)
            assert local or address.endswith("json")
            assert all(path.startswith("/lights/") for path in local)
            assert "evil" not in response.text + str(response.headers)
        alternates = client.get(f"{before}/data/light/alpha.nt?_profile=alt").text
        assert "<https://public.example/lights/data/light/alpha.ttl>" in alternates
        assert client.get(f"{before}/id/light/alpha/").headers["Location"] == "/lights/id/light/alpha"
    finally:
        close(app)
