"""Things, their pages and data documents: addresses, evidence, languages, and nothing trusted."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import logging
import re
import time
import unicodedata
from html.parser import HTMLParser
from urllib.parse import quote, urljoin, urlsplit

import flask
import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from lights import BASE, HUB_LINKS

from kclod.dumps import kept, offered
from kclod.errors import Problem, RefusedError
from kclod.rdf import RDF_FORMATS
from kclod.release import Release
from kclod.web import interface, overview
from kclod.web.app import close, create_app

ALPHA = f"{BASE}id/light/alpha"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
EXTENSIONS = [f.name for f in RDF_FORMATS]
NEAR = f"{BASE}ontology#near"


class Page(HTMLParser):
    """Links, ids and texts of a page; fails when an element is not closed."""

    VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})
    BLOCKS = frozenset({"details", "div", "dl", "ol", "p", "section", "table", "ul"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.elements: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        assert tag not in self.BLOCKS or "p" not in self.open, "a browser ends the paragraph here"
        values = dict(attrs)
        if "href" in values:
            self.links.append(values["href"] or "")
        if "id" in values:
            self.ids.append(values["id"] or "")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def html(client: FlaskClient, address: str, **headers: str) -> str:
    response = client.get(address, headers={"Accept": BROWSER, **headers})
    assert response.status_code == 200, response.text
    Page(response.text)
    return response.text


@pytest.mark.parametrize(
    ("accept", "location"),
    [
        (BROWSER, "/page/light/alpha"),
        ("*/*", "/page/light/alpha"),
        (None, "/page/light/alpha"),
        ("text/turtle", "/data/light/alpha.ttl"),
        ("application/n-triples", "/data/light/alpha.nt"),
        ("application/ld+json", "/data/light/alpha.jsonld"),
        ("application/rdf+xml", "/data/light/alpha.rdf"),
        ("application/n-quads", "/data/light/alpha.nq"),
        ("application/trig", "/data/light/alpha.trig"),
        ("text/html;q=0.1, text/turtle", "/data/light/alpha.ttl"),
    ],
)
def test_see_other(client: FlaskClient, accept: str | None, location: str) -> None:
    response = client.get("/id/light/alpha", headers={"Accept": accept} if accept else {})
    assert (response.status_code, response.headers["Location"]) == (303, location)
    assert "Accept" in response.vary
    assert client.head("/id/light/alpha").status_code == 303


def test_see_other_elsewhere_below_the_base(client: FlaskClient) -> None:
    assert client.get("/claim/news-1/a", headers={"Accept": BROWSER}).headers["Location"] == "/page/claim/news-1/a"
    assert (
        client.get("/graph/registry", headers={"Accept": "text/turtle"}).headers["Location"]
        == "/data/graph/registry.ttl"
    )


def test_not_acceptable(client: FlaskClient) -> None:
    response = client.get("/id/light/alpha", headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert "text/turtle" in response.json["available"]
    assert "/data/light/alpha.ttl" in response.headers["Link"]
    page = client.get("/page/light/alpha", headers={"Accept": "text/turtle"})
    assert page.status_code == 406
    assert "/data/light/alpha.ttl" in page.headers["Link"]


@pytest.mark.parametrize(
    "address",
    ["/id/light/none", "/page/light/none", "/data/light/none.ttl", "/nowhere", "/describe?iri=https://none.example/"],
)
def test_unknown_things(client: FlaskClient, address: str) -> None:
    problem = client.get(address)
    assert (problem.status_code, problem.content_type) == (404, "application/problem+json")
    page = client.get(address, headers={"Accept": BROWSER})
    assert (page.status_code, page.content_type) == (404, "text/html; charset=utf-8")
    assert 'href="/browse"' in page.text


@pytest.mark.parametrize("address", ["/page/light/alpha", "/id/light/alpha", "/", "/ontology", "/dumps/"])
def test_other_methods(client: FlaskClient, address: str) -> None:
    response = client.post(address)
    assert response.status_code == 405
    assert {"GET", "HEAD", "OPTIONS"} == set(response.allow)
    options = client.options(address)
    assert options.status_code == 200
    assert options.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_data_documents(client: FlaskClient, extension: str) -> None:
    response = client.get(f"/data/light/alpha.{extension}", headers={"Accept": "image/png"})
    assert response.status_code == 200
    fmt = next(f for f in RDF_FORMATS if f.name == extension)
    assert response.mimetype == fmt.media_type
    triples = {str(q.triple) for q in ox.parse(response.data, fmt.rdf)}
    assert any(ALPHA in t and "Alpha Light" in t for t in triples)
    assert any("한글 등대" in t for t in triples), "the label of a thing that links here"
    assert f'<{ALPHA}>; rel="describes"' in response.headers["Link"]
    assert 'rel="alternate"' in response.headers["Link"]


def test_data_without_graphs_holds_no_doubted_statement(client: FlaskClient) -> None:
    text = client.get("/data/light/alpha.nt").text
    assert '"31.5"' in text
    assert '"99"' not in text


def test_datasets_hold_claims_and_their_provenance(client: FlaskClient) -> None:
    quads = [str(q) for q in ox.parse(client.get("/data/light/alpha.nq").data, ox.RdfFormat.N_QUADS)]
    claim = f"<{BASE}claim/news-1/b>"
    assert any(q.endswith(claim) and '"99"' in q for q in quads)
    assert not any('"99"' in q and not q.endswith(claim) for q in quads)
    assert any("#start" in q and '"120"' in q and q.endswith("graph/provenance>") for q in quads)


def test_claim_data(client: FlaskClient) -> None:
    text = client.get("/data/claim/news-1/a.trig").text
    assert f"<{BASE}claim/news-1/a> {{" in text
    assert "hasSelector" in text
    assert "120" in client.get("/data/claim/news-1/a.ttl").text


@pytest.mark.parametrize("name", ["light/alpha.pdf", "light/alpha", ".ttl"])
def test_unknown_extensions(client: FlaskClient, name: str) -> None:
    assert client.get(f"/data/{name}").status_code == 404


def test_validators(client: FlaskClient) -> None:
    for address in ("/page/light/alpha", "/data/light/alpha.ttl", "/", "/ontology.ttl", "/dumps/", "/static/icon.svg"):
        tag = client.get(address).headers["ETag"]
        again = client.get(address, headers={"If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == tag
        assert client.get(address, headers={"If-None-Match": 'W/"x", "y"'}).status_code == 200


def test_security_headers(client: FlaskClient) -> None:
    for address in ("/", "/page/light/beta", "/nowhere", "/data/light/beta.ttl"):
        headers = client.get(address, headers={"Accept": BROWSER}).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_korean_addresses(client: FlaskClient) -> None:
    iri = f"{BASE}id/light/한글등대"
    path = quote("light/한글등대")
    response = client.get(f"/id/{path}", headers={"Accept": "text/turtle"})
    assert response.headers["Location"] == f"/data/{path}.ttl"
    assert f"<{iri}>" in client.get(f"/data/{path}.nt").text
    assert "한글 등대" in html(client, f"/page/{path}")
    assert iri in html(client, f"/page/{path}")


def test_other_spellings_lead_to_the_one(client: FlaskClient) -> None:
    apart = quote(unicodedata.normalize("NFD", "light/한글등대"))
    assert apart != quote("light/한글등대")
    response = client.get(f"/page/{apart}")
    assert (response.status_code, response.headers["Location"]) == (308, f"/page/{quote('light/한글등대')}")
    assert client.get("/page/light/alpha/?lang=ko").headers["Location"] == "/page/light/alpha?lang=ko"
    for other in ("/id/light/alpha/", "/id//light/alpha", "/id/light/alpha///"):
        response = client.get(other, headers={"Accept": "text/turtle"})
        assert (response.status_code, response.headers["Location"]) == (308, "/id/light/alpha"), other
    assert client.get(f"/id/{apart}?lang=ko").headers["Location"] == f"/id/{quote('light/한글등대')}?lang=ko"
    assert client.get("/browse/?lang=ko").headers["Location"] == "/browse?lang=ko"
    for many in ("//evil.example/id", "///evil.example/id"):
        response = client.get("/", environ_overrides={"PATH_INFO": many})
        assert (response.status_code, response.headers["Location"]) == (308, "/evil.example/id"), "never another host"
    lower, upper = quote("light/한글등대").lower(), quote("light/한글등대")
    assert client.get(f"/page/{lower}").data == client.get(f"/page/{upper}").data


def test_described_things_outside_the_base(client: FlaskClient) -> None:
    address = "/describe?iri=" + quote("https://elsewhere.example/thing?a=1", safe="")
    assert "Elsewhere" in html(client, address)
    data = client.get(address, headers={"Accept": "text/turtle"})
    assert data.status_code == 200
    assert "Elsewhere" in data.text
    assert data.headers["Content-Location"].endswith("format=ttl")
    assert client.get(data.headers["Content-Location"]).data == data.data
    inside = client.get("/describe", query_string={"iri": ALPHA})
    assert (inside.status_code, inside.headers["Location"]) == (303, "/id/light/alpha")
    assert client.get("/describe").status_code == 400
    assert client.get(f"{address}&format=pdf").status_code == 400
    assert client.get("/describe?iri=not%20an%20iri").status_code == 404


def test_page_shows_statements_with_their_sources(client: FlaskClient) -> None:
    text = html(client, "/page/light/alpha")
    assert "May 1899" in text
    assert 'datetime="1899-05"' in text
    assert ">registry<" in text
    assert ">inferred<" in text
    assert ">link<" in text
    assert re.search(r'<details class="why">.*?Lamp news.*?</details>', text, re.DOTALL), "the mark opens to the claims"
    assert "characters 120–340" in text
    assert "reported" in text
    assert "0.95" in text


def test_what_is_not_accepted_is_apart(client: FlaskClient) -> None:
    text = html(client, "/page/light/alpha")
    facts, _, doubted = text.partition('<section class="doubted"')
    assert "31.5" in facts
    assert ">99<" not in facts
    doubted = doubted.partition("</section>")[0]
    assert ">99<" in doubted
    assert "hedged" in text


def test_nodes_without_a_name_are_expanded(client: FlaskClient) -> None:
    text = html(client, "/page/light/alpha")
    inner = re.search(r'<div class="inner">.*?</div>\s*</dd>', text, re.DOTALL) or re.search(
        r'<div class="inner">.*?</dl>', text, re.DOTALL
    )
    assert inner
    assert "Tending" in inner[0]
    assert ">Ann<" in inner[0]
    other = html(client, "/page/keeper/ann")
    assert "Alpha Light" in other, "who links to the expanded node"


def test_nothing_of_the_data_becomes_markup(client: FlaskClient) -> None:
    for address in ("/page/light/beta", "/page/light/alpha", f"/browse?class={quote(BASE)}ontology%23Light", "/"):
        page = Page(html(client, address))
        inline = re.findall(
            r"<script\b(?![^>]*\bsrc=\"/static/built/)([^>]*)>(.*?)</script>", html(client, address), re.DOTALL
        )
        assert all(attributes == ' type="application/ld+json"' for attributes, _ in inline), (
            "data, which no browser runs"
        )
        assert all(json.loads(text)["@context"] == "https://schema.org/" and "<" not in text for _, text in inline)
        assert "b" not in page.elements or address.startswith(("/browse", "/"))
        assert not any(urlsplit(link).scheme not in ("", "http", "https") for link in page.links)
    text = html(client, "/page/light/beta")
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; \u202eateb" in text
    assert re.search(r"<bdi[^>]*>[^<]*\u202eateb</bdi>", text)
    for line in text.splitlines():
        if "\u202e" in line and "<title>" not in line:
            assert re.search(r"<bdi[^>]*>[^<]*\u202e", line)
    assert "javascript:alert(1)" in html(client, "/page/light/alpha"), "shown, but no link"
    home = html(client, "/")
    assert "&lt;b&gt;bold&lt;/b&gt;" in home
    reflected = client.get("/describe?iri=%3Cscript%3E", headers={"Accept": BROWSER})
    assert "<script>" not in reflected.text


def test_no_page_asks_another_host(client: FlaskClient) -> None:
    for address in ("/", "/page/light/alpha", "/sparql", "/ontology"):
        text = html(client, address)
        for kind, target in re.findall(r'<link rel="([\w-]+)"[^>]*?href="([^"]*)"', text):
            fetched = kind in ("stylesheet", "icon", "preload", "modulepreload", "manifest", "prefetch")
            assert target.startswith("/") or not fetched, (kind, target)
        for target in re.findall(r'\bsrc="([^"]*)"', text):
            assert target.startswith("/static/"), target


@pytest.mark.stores("embedded", "oxigraph")  # what Virtuoso would add is half a minute
def test_every_local_link_works(client: FlaskClient) -> None:
    seen: set[str] = set()
    pending = ["/", "/page/light/alpha"]
    while client.get("/sparql?query=ASK%7B%7D").status_code == 503:  # a busy machine starts workers slowly
        pass
    while pending:
        address = pending.pop()
        if address in seen or len(seen) > 250 or re.match(r"/releases/[^/]+/(page|id|sparql|browse)", address):
            continue  # below a release are the same pages again
        seen.add(address)
        response = client.get(address, headers={"Accept": BROWSER})
        leads = (302,) if address.startswith("/timegate/") else (200, 303)
        assert response.status_code in leads, (address, response.status_code)
        if response.status_code == 200 and response.mimetype == "text/html":
            for link in Page(response.text).links:
                target = urlsplit(urljoin(address, link))
                derived = (
                    target.path.startswith("/dumps/lights.") and target.path.count(".") > 1
                )  # see the test of these
                if not target.netloc and "buoy" not in target.path and not derived:
                    pending.append(target.path + (f"?{target.query}" if target.query else ""))
    assert len(seen) > 60


def test_anchors_of_a_page_exist_once(client: FlaskClient) -> None:
    for address in ("/page/light/alpha", "/page/claim/news-1/a", "/ontology", "/page/article/news-1"):
        page = Page(html(client, address))
        assert len(page.ids) == len(set(page.ids))
        assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


@pytest.mark.stores("embedded", "oxigraph")  # of Virtuoso see test_remote
def test_hubs_are_counted_and_paged(client: FlaskClient) -> None:
    text = html(client, "/page/place/hub")
    assert f"{HUB_LINKS + 1:,}" in text
    assert text.count("/page/buoy/") < 50
    address = f"/page/place/hub?in={quote(NEAR)}".replace("#", "%23")
    found: list[str] = []
    for number in range(1, 100):
        response = client.get(f"{address}&page={number}", headers={"Accept": BROWSER})
        if response.status_code == 404:
            break
        found += re.findall(r'href="/page/(buoy/\d+)"', response.text)
    assert len(found) == len(set(found)) == HUB_LINKS
    for wrong in ("0", "-1", "x", "99999999999"):
        assert client.get(f"/page/place/hub?page={wrong}").status_code == 400


def test_data_of_hubs_is_paged_and_says_so(client: FlaskClient) -> None:
    address, found, pages = "/data/place/hub.nt", set(), 0
    while True:
        response = client.get(address)
        pages += 1
        found |= {line for line in response.text.splitlines() if line.endswith(f"<{NEAR}> <{BASE}id/place/hub> .")}
        following = re.search(r'<([^>]*)>; rel="next"', response.headers["Link"])
        assert ("hydra/core#next" in response.text) == bool(following)
        if not following:
            break
        address = following[1]
    assert (len(found), pages) == (HUB_LINKS + 1, 3)


def test_claim_page(client: FlaskClient) -> None:
    text = html(client, "/page/claim/news-1/a")
    assert "Ann tends Alpha" in text
    assert ">accepted<" in text
    assert "What this claim states" in text
    assert "characters 120–340" in text
    assert ">not accepted<" in html(client, "/page/claim/news-1/b")
    stated = text.partition("What this claim states")[2].partition("</section>")[0]
    assert stated.count("<h3>") == 1, "the nameless node is shown within the thing that links to it"
    assert ">Ann<" in stated


def test_source_page(client: FlaskClient) -> None:
    text = html(client, "/page/article/news-1")
    assert "Claims from this source" in text
    assert "Alpha is 99 high" in text
    assert "Ann tends Alpha" in text
    assert text.count(">not accepted<") == 1


@pytest.mark.parametrize("tag", interface.LANGUAGES)
def test_languages(client: FlaskClient, tag: str) -> None:
    text = html(client, "/page/light/alpha", **{"Accept-Language": tag})
    assert f'<html lang="{tag}">' in text
    assert interface.word(tag, "incoming") in text
    chosen = client.get(f"/page/light/alpha?lang={tag}", headers={"Accept": BROWSER, "Accept-Language": "de"})
    assert chosen.headers["Content-Language"] == tag
    varied = {"Accept", "Accept-Datetime", "Accept-Encoding"}
    assert chosen.vary.as_set(preserve_casing=True) == varied, "the address decides the language"
    assert f"lang={tag}" in chosen.text
    assert ("<h1><bdi>알파 등대</bdi></h1>" in chosen.text) == (tag == "ko")


def test_fallback_language_is_visible(client: FlaskClient) -> None:
    assert re.search(
        r'<bdi lang="ko">한글 등대</bdi>&#160;<abbr[^>]*>ko</abbr>', html(client, f"/page/{quote('light/한글등대')}")
    )
    assert 'lang="en">Lights and their keepers.' in html(client, "/?lang=fr")


def test_home(client: FlaskClient) -> None:
    text = html(client, "/", **{"Accept-Language": "ko"})
    assert "<h1><bdi>등대</bdi></h1>" in text
    assert "어떤 등대가 있나요?" in text
    assert f'href="/browse?class={BASE}ontology%23Light"' in text
    assert "Names by the Board of Lights." in text
    assert "creativecommons.org" in text


def test_browse(client: FlaskClient) -> None:
    text = html(client, f"/browse?class={BASE}ontology%23Light")
    assert text.index("Alpha Light") < text.index("한글 등대")
    assert client.get("/browse?class=https://none.example/").status_code == 404
    assert client.get(f"/browse?class={BASE}ontology%23Light&page=2").status_code == 404
    assert "Keeper" in html(client, "/browse")


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_ontology(client: FlaskClient, extension: str) -> None:
    fmt = next(f for f in RDF_FORMATS if f.name == extension)
    direct = client.get(f"/ontology.{extension}")
    negotiated = client.get("/ontology", headers={"Accept": fmt.media_type})
    assert negotiated.headers["Content-Location"] == f"/ontology.{extension}"
    assert negotiated.data == direct.data
    assert any(
        q.triple.object == ox.NamedNode("http://www.w3.org/2002/07/owl#Class") for q in ox.parse(direct.data, fmt.rdf)
    )


def test_ontology_page(client: FlaskClient) -> None:
    text = html(client, "/ontology")
    assert text.index('id="Keeper"') < text.index('id="Light"'), "by name"
    assert {"Light", "Keeper", "height"} <= set(Page(text).ids)
    assert "A tower with a lamp." in text
    assert client.get("/ontology.pdf").status_code == 404
    assert f'href="/browse?class={BASE}ontology%23Light"' in text


def test_dumps(client: FlaskClient, release: Release) -> None:
    assert "lights.nq" in html(client, "/dumps/")
    listed = client.get("/dumps/", headers={"Accept": "application/json"}).json["files"]
    assert [f["name"] for f in listed] == [d.name for d in release.dumps]
    for dump in release.dumps:
        response = client.get(f"/dumps/{dump.name}")
        assert response.mimetype == dump.media_type
        assert response.data == dump.path.read_bytes()
        part = client.get(f"/dumps/{dump.name}", headers={"Range": "bytes=0-9"})
        assert (part.status_code, part.data) == (206, dump.path.read_bytes()[:10])
        assert client.get(f"/dumps/{dump.name}", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
        assert dump.sha256 in client.get("/dumps/SHA256SUMS").text
        assert response.headers["Content-Disposition"] == f"attachment; filename={dump.name}"
    assert client.get("/dumps/none.ttl").status_code == 404
    assert client.get("/dumps/..%2Fmanifest.json").status_code == 404


def test_derived_dumps(client: FlaskClient, release: Release) -> None:
    """Made at the first request; what the list tells of them is so, and they can be had in parts."""
    listed = client.get("/dumps/", headers={"Accept": "application/json"}).json["derived"]
    assert {"lights.trig", "lights.rdf.gz", "lights.claims.jsonld.zst"} <= {file["name"] for file in listed}
    (chosen,) = (file for file in listed if file["name"] == "lights.claims.trig.gz")
    whole = client.get(chosen["href"])
    assert (whole.status_code, whole.mimetype) == (200, chosen["media_type"])
    quads = list(ox.parse(gzip.decompress(whole.data), ox.RdfFormat.TRIG))
    roles = {ox.NamedNode(iri) for iri in release.site.graphs.values()}
    assert {quad.graph_name for quad in quads} == {
        quad.graph_name for quad in ox.parse(path=release.path / "dumps/lights.nq")
    } - roles - {ox.DefaultGraph()}
    sha256 = hashlib.sha256(whole.data)
    assert client.get(chosen["checksum"]).text == f"{sha256.hexdigest()}  lights.claims.trig.gz\n"
    assert whole.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(sha256.digest()).decode()}:"
    tag = whole.headers["ETag"]
    assert not tag.startswith("W/")
    rest = client.get(chosen["href"], headers={"Range": "bytes=10-", "If-Range": tag})
    assert (rest.status_code, whole.data[:10] + rest.data) == (206, whole.data)
    assert rest.headers["Content-Range"] == f"bytes 10-{len(whole.data) - 1}/{len(whole.data)}"
    changed = client.get(chosen["href"], headers={"Range": "bytes=10-", "If-Range": '"another"'})
    assert (changed.status_code, changed.data) == (200, whole.data)
    assert client.get(chosen["href"], headers={"Range": "bytes=999999-"}).status_code == 416
    (path,) = release.path.parent.glob(f".work/dumps/{release.version}/lights.claims.trig.gz")
    path.chmod(0o644)
    path.write_bytes(bytes([whole.data[0] ^ 1]) + whole.data[1:])  # of equal length
    again = client.get(chosen["href"])
    assert (again.status_code, again.data, again.headers["ETag"]) == (200, whole.data, tag)
    for language in ("en", "ko", "fr"):
        assert 'href="/dumps/lights.claims.trig.gz"' in html(client, f"/dumps/?lang={language}")


def test_the_catalogue_lists_all_that_can_be_had(client: FlaskClient, release: Release) -> None:
    """With size and checksum as soon as it has been made, without before."""

    def listed() -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        quads = list(ox.parse(client.get("/dumps/catalog.ttl").data, ox.RdfFormat.TURTLE))
        told = {(q.subject, q.predicate.value.rpartition("#")[2]): q.object for q in quads}
        for (subject, name), value in told.items():
            if name == "downloadURL":
                about = {p: o.value for (s, p), o in told.items() if s == subject}
                about["sha256"] = told.get((told.get((subject, "checksum")), "checksumValue"), ox.Literal("")).value
                found[value.value.removeprefix(f"{BASE}dumps/")] = about
        distributions = {q.object for q in quads if q.predicate.value.endswith("#distribution")}
        assert len(distributions) == len(found)
        return found

    name = "lights.graph-inferred.nt.gz"
    for made in release.path.parent.glob(f".work/dumps/*/{name}"):  # as other clients have asked for it
        made.unlink()
    page = client.get("/dumps/", headers={"Accept": "application/json"}).json
    before = listed()
    assert before.keys() == {file["name"] for file in (*page["files"], *page["derived"])} >= {name, "lights.nq"}
    assert "byteSize" not in before[name]
    assert before[name]["sha256"] == ""
    assert before[name]["mediaType"].endswith("/application/n-triples")
    assert before[name]["compressFormat"].endswith("/application/gzip")
    assert before["lights.nq"]["byteSize"] == str((release.path / "dumps/lights.nq").stat().st_size)
    data = client.get(f"/dumps/{name}").data
    after = listed()[name]
    assert (after["byteSize"], after["sha256"]) == (str(len(data)), hashlib.sha256(data).hexdigest())
    crate = client.get("/dumps/ro-crate-metadata.json").json
    assert {e["@id"] for e in crate["@graph"] if e["@type"] == "File"} == {"lights.nq", "lights.ttl"}


def test_a_dump_that_takes_long_or_cannot_be(
    client: FlaskClient, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kclod.web.downloads._PATIENCE", 0.0)
    item = offered(release)["lights.graph-inferred.rdf.zst"]
    made = kept(release, item)  # for another kind of store
    if made:
        made.path.unlink()
    early = client.get("/dumps/lights.graph-inferred.rdf.zst")
    assert (early.status_code, early.headers["Retry-After"]) == (503, "10")
    deadline = time.monotonic() + 60
    while client.get("/dumps/lights.graph-inferred.rdf.zst").status_code == 503 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert client.get("/dumps/lights.graph-inferred.rdf.zst").status_code == 200

    def fails(*_: object) -> None:
        raise RefusedError(Problem("dumps.rdf-xml", "cannot be written as RDF/XML: a reason", "take another form"))

    monkeypatch.setattr("kclod.dumps.awaited", fails)
    refused = client.get("/dumps/lights.graph-links.rdf", headers={"Accept": "application/json"})
    assert refused.status_code == 404
    assert "a reason" in refused.json["detail"]


def test_health_and_robots(client: FlaskClient) -> None:
    assert client.get("/health").json["status"] == "ok"
    assert client.get("/health/live").status_code == 200
    assert "Disallow: /sparql" in client.get("/robots.txt").text


def test_no_workers_is_not_ready(release: Release) -> None:
    app = create_app(release)
    close(app)
    assert app.test_client().get("/health").status_code == 503
    assert app.test_client().get("/page/light/alpha").status_code == 200


def test_host_is_never_used(client: FlaskClient) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"}
    for address in ("/", "/page/light/alpha", "/id/light/alpha", "/sparql", "/nowhere", "/dumps"):
        for accept in (BROWSER, "text/turtle", "application/json"):
            response = client.get(address, headers=headers | {"Accept": accept})
            assert "evil" not in str(response.headers)
            assert b"evil" not in response.data


def test_below_a_prefix(client: FlaskClient) -> None:
    response = client.get("/id/light/alpha", headers={"Accept": BROWSER}, environ_overrides={"SCRIPT_NAME": "/sub"})
    assert response.headers["Location"] == "/sub/page/light/alpha"
    page = client.get("/page/light/alpha", headers={"Accept": BROWSER}, environ_overrides={"SCRIPT_NAME": "/sub"})
    links = Page(page.text).links
    assert len(links) > 20
    assert all(link.startswith(("/sub/", "#", "http")) for link in links)
    assert f"<{ALPHA}>" in client.get("/data/light/alpha.nt", environ_overrides={"SCRIPT_NAME": "/sub"}).text


def test_no_inside_is_shown(
    app: flask.Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setitem(app.view_functions, "overview.robots", broken)
    assert overview.robots is not broken
    for accept in (BROWSER, "*/*"):
        with caplog.at_level(logging.ERROR, logger="kclod.web.http.refusals"):
            response = app.test_client().get("/robots.txt", headers={"Accept": accept})
        assert response.status_code == 500
        assert "secret" not in response.text
        assert "Traceback" not in response.text
        incident = re.search(r"incident (\w+)", caplog.text)
        assert incident
        assert incident[1] in response.text or accept == "*/*"
        assert "a secret of the inside" in caplog.text
