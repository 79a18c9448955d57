"""Releases on the web: their list, their own sites, what changed, Memento, the feed and the event stream."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import threading
import time
import weakref
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import flask
import pyoxigraph as ox
import pytest
from bounds import LIMITS, until
from editions import ALPHA, LABEL, edition
from flask.testing import FlaskClient
from lights import BASE
from test_serve import descendants
from tests.dates import dated

from kclod import rdf
from kclod.release import Release, load
from kclod.web import publication
from kclod.web.app import close, create_app
from kclod.web.versions import archive as versions
from kclod.web.versions.archive import MOST, Archive

OLD = ox.NamedNode(f"{BASE}id/light/old")
SAME_AS = ox.NamedNode("http://www.w3.org/2002/07/owl#sameAs")
TIMES = [1_600_000_000, 1_650_000_000, 1_700_000_000]
DATES = ["Sun, 13 Sep 2020 12:26:40 GMT", "Fri, 15 Apr 2022 05:20:00 GMT", "Tue, 14 Nov 2023 22:13:20 GMT"]
VERBS = {"patch": "application/rdf-patch", "ru": "application/sparql-update"}


def old_light() -> list[ox.Quad]:
    return [ox.Quad(OLD, LABEL, ox.Literal("Old light", language="en"))]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Release]:
    """Three releases: in the second a light is gone, in the third a link is new."""
    root = tmp_path_factory.mktemp("line") / "releases"
    link = ox.Triple(ALPHA, SAME_AS, ox.NamedNode("http://www.wikidata.org/entity/Q43"))
    links = [
        ox.Quad(link.subject, link.predicate, link.object, graph)
        for graph in (ox.DefaultGraph(), ox.NamedNode(f"{BASE}graph/links"))
    ]
    found = [edition(root, 1, old_light()), edition(root, 2), edition(root, 3, links)]
    dated(found, TIMES)
    return [load(release.path) for release in found]


@pytest.fixture(scope="module")
def line(made: list[Release]) -> Iterator[flask.Flask]:
    app = create_app(made[-1], limits=replace(LIMITS, deadline_seconds=5.0))
    yield app
    close(app)


@pytest.fixture
def client(line: flask.Flask) -> FlaskClient:
    return line.test_client()


def archive(app: flask.Flask) -> Archive:
    found = app.extensions["kclod.archive"]
    assert isinstance(found, Archive)
    return found


def turtle(client: FlaskClient, address: str) -> list[ox.Triple]:
    response = client.get(address, headers={"Accept": "text/turtle"})
    assert response.status_code == 200
    return [quad.triple for quad in ox.parse(response.data, ox.RdfFormat.TURTLE, base_iri="http://localhost/")]


# The list and the pages


def test_the_list_has_all_releases_the_newest_first(client: FlaskClient, made: list[Release]) -> None:
    page = client.get("/releases", headers={"Accept": "text/html"}).text
    versions = [release.version for release in made]
    assert re.findall(r'<th scope="row"><a href="/releases/([^/]+)/"', page) == versions[::-1]
    assert page.count("badge accepted") == 1
    triples = turtle(client, "/releases")
    dataset = ox.NamedNode(f"{BASE}dataset")
    named = [ox.NamedNode(f"{BASE}releases/{version}/") for version in versions]
    dcat = "http://www.w3.org/ns/dcat#"
    assert {t.object for t in triples if t.predicate.value == f"{dcat}hasVersion" and t.subject == dataset} == {*named}
    assert [t.object for t in triples if t.predicate.value == f"{dcat}hasCurrentVersion"] == [named[-1]]
    previous = {(t.subject, t.object) for t in triples if t.predicate.value == f"{dcat}previousVersion"}
    assert previous == {(named[1], named[0]), (named[2], named[1])}


@pytest.mark.parametrize("language", ["en", "ko", "fr"])
def test_each_release_has_a_page(client: FlaskClient, made: list[Release], language: str) -> None:
    for release in made:
        response = client.get(f"/releases/{release.version}/?lang={language}", headers={"Accept": "text/html"})
        assert response.status_code == 200
        assert f'lang="{language}"' in response.text
        for dump in release.dumps:
            assert dump.sha256 in response.text
            file = client.get(f"/releases/{release.version}/dumps/{dump.name}")
            assert file.data == dump.path.read_bytes()
    assert client.get(f"/releases/{made[0].version}").status_code == 308
    assert client.get("/releases/9.9/", headers={"Accept": "application/json"}).status_code in (404, 406)
    assert client.get("/releases/9.9/changes").status_code == 404
    assert client.get("/releases/../etc/").status_code == 404


def test_a_release_in_rdf_tells_its_files_truly(client: FlaskClient, made: list[Release]) -> None:
    triples = turtle(client, f"/releases/{made[1].version}/")
    told = {t.object.value for t in triples if t.predicate.value.endswith("#checksumValue")}
    assert told == {dump.sha256 for dump in made[1].dumps}
    (endpoint,) = (t.object.value for t in triples if t.predicate.value.endswith("#endpointURL"))
    query = quote(f"SELECT ?n {{ <{ALPHA.value}> <{BASE}ontology#number> ?n }}", safe="")
    answer = client.get(f"{endpoint.removeprefix(BASE.rstrip('/'))}?format=csv&query={query}")
    assert answer.text == "n\r\n2\r\n"
    for t in triples:
        if t.predicate.value.endswith("#downloadURL"):
            assert client.get(t.object.value.removeprefix(BASE.rstrip("/"))).status_code == 200


def test_the_manifest_is_the_one_in_the_folder(client: FlaskClient, made: list[Release]) -> None:
    response = client.get(f"/releases/{made[0].version}/manifest.json")
    assert response.data == (made[0].path / "manifest.json").read_bytes()


# What changed


def test_what_changed_in_words(client: FlaskClient, made: list[Release]) -> None:
    second = client.get(f"/releases/{made[1].version}/changes?lang=en", headers={"Accept": "text/html"}).text
    assert "Old light" in second, "the name of what is gone is known from the release before"
    assert "<del><bdi>“Alpha Light 1”" in second
    assert "<ins><bdi>“Alpha Light 2”" in second
    third = client.get(f"/releases/{made[2].version}/changes", headers={"Accept": "application/json"}).json
    assert third["links"] == {"added": 1, "removed": 0}
    assert third["things"] == {"added": 0, "removed": 0, "changed": 2}
    (alpha,) = (one for one in third["changes"] if one["iri"] == ALPHA.value)
    roles = {fact["property"]: fact["role"] for fact in alpha["facts"]}
    assert roles[SAME_AS.value] == "links"
    korean = client.get(f"/releases/{made[2].version}/changes?lang=ko", headers={"Accept": "text/html"}).text
    assert "변경됨" in korean


def test_what_changed_makes_one_release_the_next(client: FlaskClient, made: list[Release]) -> None:
    for before, after in pairwise(made):
        store = ox.Store()
        store.load(path=str(before.path / "dumps/lights.nq"))
        response = client.get(f"/releases/{after.version}/changes.ru")
        assert response.mimetype == VERBS["ru"]
        store.update(response.text)
        wanted = ox.Store()
        wanted.load(path=str(after.path / "dumps/lights.nq"))
        assert rdf.canonical(store) == rdf.canonical(wanted)
        rows = client.get(f"/releases/{after.version}/changes.patch").text.splitlines()
        for sign, name in (("D", "removed"), ("A", "added")):
            lines = client.get(f"/releases/{after.version}/{name}.nq").text.splitlines()
            assert [row[2:] for row in rows if row.startswith(f"{sign} ")] == lines != []


# Earlier releases as sites


def test_a_release_is_a_site_of_its_own(client: FlaskClient, made: list[Release]) -> None:
    for number, release in enumerate(made, 1):
        place = f"/releases/{release.version}"
        page = client.get(f"{place}/page/light/alpha", headers={"Accept": "text/html"})
        assert f"Alpha Light {number}" in page.text
        assert f"<code>{release.version}</code>" in page.text
        assert set(re.findall(r"Alpha Light (\d)", page.text)) == {str(number)}
        links = {h for h in re.findall(r'href="(/[^"]*)"', page.text) if not h.startswith(f"{place}/")}
        away = {"/page/light/alpha", "/timegate/page/light/alpha", "/timemap/page/light/alpha", "/releases"}
        others = {f"/releases/{other.version}/page/light/alpha" for other in made}
        assert links <= away | others, "links stay in the release"
        assert ("latest" in page.text or "current one" in page.text) == (number < 3), "an earlier one says what it is"
        data = client.get(f"{place}/data/light/alpha.nt").text
        assert f"Alpha Light {number}" in data
        assert client.get(f"{place}/id/light/alpha", headers={"Accept": "text/turtle"}).headers["Location"] == (
            f"{place}/data/light/alpha.ttl"
        )
    gone = client.get(f"/releases/{made[1].version}/page/light/old", headers={"Accept": "text/html"})
    assert gone.status_code == 410
    assert client.get(f"/releases/{made[0].version}/page/light/old").status_code == 200


def test_the_same_bounds_hold_in_an_earlier_release(client: FlaskClient, made: list[Release]) -> None:
    place = f"/releases/{made[0].version}"
    many = " . ".join(f"?s{n} ?p{n} ?o{n}" for n in range(9))
    cross = f"SELECT (COUNT(*) AS ?n) {{ {many} FILTER(STRLEN(STR(?o1)) != STRLEN(STR(?o8)) + 1000) }}"
    started = time.monotonic()
    response = client.get(f"{place}/sparql?query={quote(cross)}")
    assert response.status_code == 503
    assert time.monotonic() - started < 10
    assert client.get(f"{place}/sparql?query=nonsense").status_code == 400
    assert client.post(f"{place}/sparql", data={"update": "CLEAR ALL"}).status_code == 403
    shares = publication.of(client.application).shares
    inner = archive(client.application)._open[made[0].version][0].app
    assert publication.of(inner).shares is shares


def test_a_copy_of_the_folder_gives_the_same_dates(made: list[Release], client: FlaskClient, tmp_path: Path) -> None:
    """On another host, with the times of files lost, every document is dated as before."""
    moved = tmp_path / "releases"
    shutil.copytree(made[0].path.parent, moved, symlinks=True, copy_function=shutil.copyfile)
    for path in moved.rglob("*"):
        os.utime(path, (1_790_000_000, 1_790_000_000), follow_symlinks=False)
    app = create_app(load(moved / made[-1].version), limits=LIMITS)
    try:
        there = app.test_client()
        for address in ("/timemap/page/light/alpha", "/releases.atom", "/ldes"):
            assert there.get(address).data == client.get(address).data, address
        for one, date in zip(made, DATES, strict=True):
            found = there.get(f"/releases/{one.version}/data/light/alpha.ttl")
            assert found.headers["Memento-Datetime"] == date
    finally:
        close(app)


def test_few_are_open_at_a_time_and_none_when_nobody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "releases"
    releases = [edition(root, number) for number in range(1, MOST + 3)]
    dated(releases, range(TIMES[0], TIMES[0] + len(releases)))
    monkeypatch.setattr(versions, "_SWEEP", 0.1)
    app = create_app(load(releases[-1].path), limits=LIMITS)
    try:
        held = archive(app)
        client = app.test_client()
        seen = []
        for release in releases[:-1]:
            address = f"/releases/{release.version}/sparql?query=ASK%7B%7D"
            assert client.get(address, buffered=True).status_code == 200
            assert len(held.open) <= MOST
            seen.append(weakref.ref(publication.of(held._open[release.version][0].app)))
        assert held.open == tuple(release.version for release in releases[1:-1])
        processes = len(descendants(os.getpid()))
        held._idle = 0.5
        until(lambda: held.open == ())
        gc.collect()
        assert [one() for one in seen] == [None] * len(seen)
        assert len(descendants(os.getpid())) < processes
        assert client.get(f"/releases/{releases[0].version}/page/light/alpha").status_code == 200, "and open again"
    finally:
        close(app)
    assert archive(app).open == ()


def test_many_readers_of_many_releases(client: FlaskClient, made: list[Release]) -> None:
    wrong: list[str] = []

    def read(number: int) -> None:
        for turn in range(12):
            which = (number + turn) % 3
            got = client.application.test_client().get(f"/releases/{made[which].version}/data/light/beta.nt")
            if got.status_code != 200 or f'#number> "{which + 1}"' not in got.text:
                wrong.append(f"{which}: {got.status_code} {got.text[:200]}")

    threads = [threading.Thread(target=read, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_prefix_stays_before_everything(made: list[Release]) -> None:
    app = create_app(made[-1], limits=LIMITS, public_url="https://public.example/lights/")
    try:
        for before in ("/lights", ""):  # passed on by the proxy, or taken away
            client = app.test_client()
            for release in made:
                page = client.get(f"{before}/releases/{release.version}/page/light/alpha")
                assert page.status_code == 200
                local = re.findall(r'href="(/[^"]*)"', page.text) + re.findall(r"<(/[^>]*)>", page.headers["Link"])
                assert local
                assert [href for href in local if not href.startswith("/lights/")] == []
            gate = client.get(f"{before}/timegate/page/light/alpha")
            assert gate.headers["Location"] == f"/lights/releases/{made[2].version}/page/light/alpha"
    finally:
        close(app)


# Memento


@pytest.mark.parametrize("document", ["page/light/alpha", "data/light/alpha.ttl", "page/light/alpha?lang=ko"])
@pytest.mark.parametrize(
    ("wanted", "which"),
    [
        (None, 2),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0),
        (DATES[0], 0),
        ("Thu, 14 Apr 2022 00:00:00 GMT", 0),
        (DATES[1], 1),
        (DATES[2], 2),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 2),
    ],
)
def test_time_gates(client: FlaskClient, made: list[Release], document: str, wanted: str | None, which: int) -> None:
    headers = {"Accept-Datetime": wanted} if wanted else {}
    addresses = [f"/timegate/{document}", *([f"/{document}"] if wanted else [])]
    for address in addresses:
        response = client.get(address, headers=headers)
        assert response.status_code == 302
        assert "Accept-Datetime" in set(response.vary)
        target = response.headers["Location"]
        assert target == f"/releases/{made[which].version}/{document}"
        relations = dict(re.findall(r'<([^>]*)>; rel="([^"]*)"', response.headers["Link"]))
        path = document.partition("?")[0]
        assert relations[f"/{path}"] == "original"
        assert relations[f"/timemap/{path}"] == "timemap"
        memento = client.get(target, headers=headers)
        assert memento.status_code == 200
        assert memento.headers["Memento-Datetime"] == DATES[which]
        assert "Accept-Datetime" not in set(memento.vary)
        assert f"Alpha Light {which + 1}" in memento.text
        found = re.findall(r'<([^>]*)>; rel="([^"]*)"', memento.headers["Link"])
        assert (f"/{path}", "original") in found
        assert (f"/timegate/{path}", "timegate") in found
        assert memento.headers["X-Robots-Tag"] == "noindex"
        again = client.get(target, headers={"If-None-Match": memento.headers["ETag"]})
        assert (again.status_code, again.headers["Memento-Datetime"]) == (304, DATES[which])


def test_originals_lead_to_their_mementos(client: FlaskClient) -> None:
    for document in ("page/light/alpha", "data/light/alpha.ttl"):
        response = client.get(f"/{document}")
        assert "Memento-Datetime" not in response.headers
        assert "Accept-Datetime" in set(response.vary)
        found = re.findall(r'<([^>]*)>; rel="([^"]*)"', response.headers["Link"])
        assert (f"/timegate/{document}", "timegate") in found
        assert (f"/timemap/{document}", "timemap") in found


@pytest.mark.parametrize("wanted", ["yesterday", "", "2020-01-01", "Mon, 99 Foo 2020 00:00:00 GMT"])
def test_what_is_no_date_is_refused(client: FlaskClient, wanted: str) -> None:
    for address in ("/timegate/page/light/alpha", "/page/light/alpha"):
        response = client.get(address, headers={"Accept-Datetime": wanted})
        assert (response.status_code, response.json["code"]) == (400, "bad-datetime")


def test_time_maps_list_what_there_is(client: FlaskClient, made: list[Release]) -> None:
    response = client.get("/timemap/page/light/alpha")
    assert response.mimetype == "application/link-format"
    found = re.findall(r'<([^>]*)>; rel="([^"]*memento)"; datetime="([^"]*)"', response.text)
    assert [relation for _, relation, _ in found] == ["first memento", "memento", "last memento"]
    assert [date for _, _, date in found] == DATES
    for (address, _, date), release in zip(found, made, strict=True):
        assert address == f"/releases/{release.version}/page/light/alpha"
        assert client.get(address).headers["Memento-Datetime"] == date
    (only,) = re.findall(r'<([^>]*)>; rel="first last memento"', client.get("/timemap/page/light/old").text)
    assert client.get(only).status_code == 200
    for address in ("/timemap/page/light/never", "/timegate/page/light/never", "/timegate/sparql", "/timemap/x"):
        assert client.get(address).status_code == 404


def test_what_is_gone_leads_to_what_it_was(client: FlaskClient, made: list[Release]) -> None:
    response = client.get("/page/light/old")
    assert response.status_code == 410
    assert response.json["memento"] == f"/releases/{made[0].version}/page/light/old"
    assert client.get(response.json["memento"]).status_code == 200
    page = client.get("/page/light/old", headers={"Accept": "text/html"})
    assert f'href="/releases/{made[0].version}/page/light/old"' in page.text
    dated = client.get("/page/light/old", headers={"Accept-Datetime": DATES[2]})
    assert dated.headers["Location"] == f"/releases/{made[0].version}/page/light/old"


def test_pages_offer_other_releases(client: FlaskClient, made: list[Release]) -> None:
    page = client.get("/page/light/alpha?lang=en", headers={"Accept": "text/html"}).text
    offered = re.findall(r'<li><a href="(/releases/[^"]*)"><code>', page)
    assert offered == [f"/releases/{release.version}/page/light/alpha" for release in reversed(made[:2])]
    assert "says the same" not in page
    same = client.get("/page/keeper/ann?lang=en", headers={"Accept": "text/html"}).text
    assert same.count("says the same") == 2
    back = client.get(offered[1], headers={"Accept": "text/html"}).text
    assert f"/releases/{made[2].version}/page/light/alpha" in back


# The feed and the stream


def test_the_feed(client: FlaskClient, made: list[Release]) -> None:
    response = client.get("/releases.atom?lang=fr")
    assert response.mimetype == "application/atom+xml"
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ElementTree.fromstring(response.data)
    for required in ("id", "title", "updated"):  # RFC 4287, section 4.1.1
        assert feed.findtext(f"{atom}{required}")
    assert feed.find(f"{atom}author/{atom}name") is not None
    entries = feed.findall(f"{atom}entry")
    assert [entry.findtext(f"{atom}title") for entry in entries] == [release.version for release in reversed(made)]
    assert entries[0].findtext(f"{atom}updated") == "2023-11-14T22:13:20Z"
    assert "Liens\xa0: 1 ajoutés" in str(entries[0].findtext(f"{atom}summary"))
    for link in response.data.decode().split('href="')[1:]:
        address = link.partition('"')[0]
        assert client.get(address.removeprefix(BASE.rstrip("/"))).status_code == 200


LDES, TREE = "https://w3id.org/ldes#", "https://w3id.org/tree#"


def test_the_event_stream_replays_the_dataset(client: FlaskClient, made: list[Release]) -> None:
    """A client that follows the relations in the order of time ends with the default graph of the release."""

    def got(address: str) -> list[ox.Quad]:
        response = client.get(address.removeprefix(BASE.rstrip("/")))
        assert (response.status_code, response.mimetype) == (200, "application/trig")
        return list(ox.parse(response.data, ox.RdfFormat.TRIG))

    root = got(f"{BASE}ldes")
    (stream,) = {q.subject for q in root if q.object == ox.NamedNode(f"{LDES}EventStream")}
    said = {q.predicate.value: q.object for q in root if q.subject == stream}
    path, version_of = said[f"{LDES}timestampPath"], said[f"{LDES}versionOfPath"]
    assert said[f"{TREE}view"].value == f"{BASE}ldes"
    relations = {}
    for q in root:
        relations.setdefault(q.subject, {})[q.predicate.value] = q.object
    nodes = {}
    for relation in (one for one in relations.values() if f"{TREE}node" in one):
        assert relation[f"{TREE}path"] == path
        nodes.setdefault(relation[f"{TREE}node"].value, set()).add(relation[f"{TREE}value"].value)
    assert [len(values) for values in nodes.values()] == [1, 1, 1], "from and until one moment"
    state: dict[str, set[str]] = {}
    seen, kinds = set(), set()
    for address in sorted(nodes, key=lambda node: min(nodes[node])):
        more: str | None = address
        while more:
            page = got(more)
            assert any(q.predicate.value == f"{LDES}immutable" and q.object.value == "true" for q in page)
            members = [q.object for q in page if q.predicate.value == f"{TREE}member" and q.subject == stream]
            assert not seen & set(members), "a member is told once"
            seen |= set(members)
            for member in members:
                about = {
                    q.predicate: q.object for q in page if q.subject == member and q.graph_name == ox.DefaultGraph()
                }
                assert about[path].value in nodes[address]
                kind = next(q.object for q in page if q.subject == member and q.predicate.value.endswith("#type"))
                kinds.add(kind)
                thing = about[version_of].value
                payload = {str(q.triple) for q in page if q.graph_name == member}
                assert bool(payload) == (kind != said[f"{LDES}versionDeleteObject"])
                state[thing] = payload
            more = next((q.object.value for q in page if q.predicate.value == f"{TREE}node"), None)
    assert kinds == {said[f"{LDES}version{name}Object"] for name in ("Create", "Update", "Delete")}
    default = {
        str(q.triple)
        for q in rdf.read(made[-1].path / "dumps/lights.nq")
        if q.graph_name == ox.DefaultGraph() and isinstance(q.subject, ox.NamedNode)
    }
    strip = re.compile(r"_:\S+")
    assert {strip.sub("_:", t) for found in state.values() for t in found} == {strip.sub("_:", t) for t in default}


def test_rows_of_the_table(client: FlaskClient, made: list[Release]) -> None:
    version = made[1].version
    for address, kinds in {
        "/releases": ("text/html", "text/turtle", "application/ld+json"),
        f"/releases/{version}/": ("text/html", "text/turtle", "application/n-triples"),
        f"/releases/{version}/changes": ("text/html", "application/json"),
        "/ldes": ("application/trig", "application/n-quads", "application/ld+json"),
        f"/ldes/{version}": ("application/trig", "application/n-quads", "application/ld+json"),
    }.items():
        for kind in kinds:
            response = client.get(address, headers={"Accept": kind})
            assert (response.status_code, response.mimetype) == (200, kind), address
            tag = response.headers["ETag"]
            assert client.get(address, headers={"Accept": kind, "If-None-Match": tag}).status_code == 304
        assert client.get(address, headers={"Accept": "image/png"}).status_code == 406
        assert client.post(address).status_code == 405
    assert json.loads(client.get(f"/releases/{version}/changes", headers={"Accept": "application/json"}).data)
    assert client.get(f"/releases/{version}/changes?page=99").status_code == 404
    assert client.get(f"/ldes/{version}?page=99").status_code == 404


def test_a_release_that_is_deleted_meanwhile(tmp_path: Path) -> None:
    root = tmp_path / "releases"
    first, second = edition(root, 1), edition(root, 2)
    app = create_app(load(second.path), limits=LIMITS)
    try:
        client = app.test_client()
        shutil.rmtree(first.path)
        assert client.get("/page/light/alpha").status_code == 200
        assert client.get(f"/releases/{first.version}/page/light/alpha").status_code == 503
        assert client.get(f"/releases/{second.version}/changes").status_code == 503
        assert client.get("/releases").status_code == 200
        assert client.get("/releases.atom").status_code == 200
    finally:
        close(app)
