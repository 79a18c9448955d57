"""The search for people: page, JSON, suggestions, description; bounded, and clear where there is no index."""

from __future__ import annotations

import json
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import flask
import pyoxigraph as ox
import pytest
from bounds import LIMITS
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lights import BASE

from kclod.release import Release, publish
from kclod.site import Site
from kclod.vocab import NAMES, OTHER_NAMES, RDF, RDFS, SKOS
from kclod.web.app import close, create_app
from kclod.web.engine.outcomes import BusyError
from kclod.web.http.negotiation import HTML, Offer, choose
from kclod.web.publication import of

ALPHA, BETA, KOREAN = (f"{BASE}id/light/{name}" for name in ("alpha", "beta", "한글등대"))
BROWSER = {"Accept": "text/html"}
SPEC = "{http://a9.com/-/spec/opensearch/1.1/}"


def found(client: FlaskClient, text: str, **more: object) -> list[str]:
    response = client.get("/search.json", query_string={"q": text} | more)
    assert response.status_code == 200, response.text
    return [result["iri"] for result in response.json["results"]]


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("alpha", [ALPHA]),
        ("알파", [ALPHA]),
        ("알ㅍ", [ALPHA]),
        ("등대", [f"{BASE}ontology#Light", f"{BASE}ontology#keeper", ALPHA, KOREAN]),
        ("alpah light", [ALPHA]),
        ("old lamp", [ALPHA]),
        ("light alpha", [ALPHA]),
        ("lpha", [ALPHA]),
        ("script", [BETA]),
        ("nothing of the kind", []),
        ("", []),
    ],
)
def test_things(client: FlaskClient, text: str, things: list[str]) -> None:
    assert sorted(found(client, text)) == sorted(things)


def test_what_is_told_of_a_thing(client: FlaskClient) -> None:
    (result,) = client.get("/search.json?q=the+old&lang=ko").json["results"]
    assert result == {
        "iri": ALPHA,
        "label": "알파 등대",
        "language": "ko",
        "name": "The Old Lamp",
        "nameLanguage": "en",
        "match": "beginning",
        "kind": "tower",
        "class": f"{BASE}ontology#Tower",
        "href": "/page/light/alpha?lang=ko",
    }


def test_the_page(client: FlaskClient) -> None:
    response = client.get("/search?q=lamp&lang=fr", headers=BROWSER)
    assert response.status_code == 200
    assert (response.headers["Content-Language"], response.mimetype) == ("fr", "text/html")
    assert 'value="lamp"' in response.text
    assert 'name="lang" value="fr"' in response.text
    for piece in ("Lamp news", "trouvé sous", "The Old Lamp", "A tower with a lamp.", "text:matches"):
        assert piece in response.text
    assert client.get("/search", headers=BROWSER).status_code == 200
    nothing = client.get("/search?q=%3Cscript%3Ezzz", headers=BROWSER).text
    assert "Nothing matches “&lt;script&gt;zzz”." in nothing


def test_negotiation(client: FlaskClient) -> None:
    # A choice is kept by what was offered, so another module's equal offer may come back (it once did, as HTML).
    choose("application/json", (HTML, Offer("application/json")))
    answer = client.get("/search?q=alpha", headers={"Accept": "application/json"})
    assert answer.json["results"][0]["iri"] == ALPHA
    assert {"Accept", "Accept-Language"} <= set(answer.vary)
    assert client.get("/search?q=alpha", headers={"Accept": "image/png"}).status_code == 406
    tag = answer.headers["ETag"]
    again = client.get("/search?q=alpha", headers={"Accept": "application/json", "If-None-Match": tag})
    assert again.status_code == 304


@pytest.mark.parametrize("address", ["/search?q=" + "x" * 501, "/search.json?q=a&limit=0", "/search.json?q=a&limit=51",
                                     "/search.json?q=a&limit=x", "/search/suggest?q=a&limit=²"])  # fmt: skip
def test_bad_requests(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 400


def test_suggestions(client: FlaskClient) -> None:
    response = client.get("/search/suggest?q=lam")
    assert response.mimetype == "application/x-suggestions+json"
    assert json.loads(response.text) == [
        "lam",
        ["Lamp news", "The Old Lamp"],
        ["document", "tower"],
        [f"{BASE}page/article/news-1", f"{BASE}page/light/alpha"],
    ]
    below = client.get("/search/suggest?q=old", environ_overrides={"SCRIPT_NAME": "/data"})
    assert json.loads(below.text)[3] == [f"{BASE}page/light/alpha"]


def test_the_description(client: FlaskClient) -> None:
    response = client.get("/opensearch.xml?lang=ko")
    assert response.mimetype == "application/opensearchdescription+xml"
    root = ET.fromstring(response.text)
    assert root.tag == f"{SPEC}OpenSearchDescription"
    assert len(root.findtext(f"{SPEC}ShortName", "")) <= 16
    for url in root.iter(f"{SPEC}Url"):
        path = url.attrib["template"].removeprefix(BASE).replace("{searchTerms}", "%EC%95%8C%ED%8C%8C")
        got = client.get(f"/{path}", headers={"Accept": url.attrib["type"]})
        assert (got.status_code, got.mimetype) == (200, url.attrib["type"])
    assert 'type="application/opensearchdescription+xml"' in client.get("/", headers=BROWSER).text


def test_home_has_the_form(client: FlaskClient) -> None:
    text = client.get("/", headers=BROWSER).text
    assert '<form class="search" action="/search" role="search" data-suggest="/search.json">' in text
    assert '<label class="unseen" for="search">' in text


def test_the_query_for_all_of_it(client: FlaskClient) -> None:
    text = client.get('/search?q="old lamp', headers=BROWSER).text
    assert "text:matches" in text
    answer = client.get("/search?q=lamp", headers=BROWSER)
    start = answer.text.index("/sparql?query=")
    address = answer.text[start : answer.text.index('"', start)].replace("&amp;", "&")
    result = client.get(address, headers={"Accept": "text/csv"})
    assert result.status_code == 200
    assert "Lamp news" in result.text


def test_without_an_index(release: Release, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    for path in release.path.iterdir():
        if path.name != "text.sqlite":
            (old / path.name).symlink_to(path)
    app = create_app(replace(release, path=old), limits=LIMITS)
    try:
        client = app.test_client()
        assert "built without a text index" in client.get("/search?q=a", headers=BROWSER).text
        refused = client.get("/search.json?q=a")
        assert (refused.status_code, refused.json["code"]) == (501, "no-text-index")
        assert client.get("/search/suggest?q=a").json == ["a", [], [], []]
        assert client.get("/page/light/alpha").status_code == 200
    finally:
        close(app)


def test_too_many_at_a_time(app: flask.Flask) -> None:
    engine = of(app).search
    places = [engine._turns.taken() for _ in range(4)]
    for place in places:
        place.__enter__()
    try:
        with pytest.raises(BusyError):
            engine.things("alpha", 1, "en")
        refused = app.test_client().get("/search.json?q=alpha+that+nobody+asked+for")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert app.test_client().get("/page/light/alpha").status_code == 200
    finally:
        for place in places:
            place.__exit__(None, None, None)
    assert engine.things("alpha", 1, "en").things


def test_many_threads(app: flask.Flask) -> None:
    barrier = threading.Barrier(8)

    def ask(number: int) -> list[str]:
        barrier.wait()
        return [ask_one(app, text) for text in ("등대", "lamp", "alpah") for _ in range(number + 3)]

    with ThreadPoolExecutor(8) as pool:
        answers = set().union(*map(set, pool.map(ask, range(8))))
    assert len(answers) == 3


def ask_one(app: flask.Flask, text: str) -> str:
    return app.test_client().get("/search.json", query_string={"q": text}).text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60) | st.text(st.sampled_from('ab 등대"*()-^:OR'), max_size=40))
def test_anything_may_be_typed(client: FlaskClient, text: str) -> None:
    for path in ("/search.json", "/search/suggest", "/search"):
        assert client.get(path, query_string={"q": text}, headers=BROWSER).status_code == 200


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    | st.text(st.sampled_from('ab 등대"*-^:OR'), max_size=40)
)
def test_anything_may_be_asked(client: FlaskClient, text: str) -> None:
    quoted = json.dumps(text, ensure_ascii=False)
    query = f"PREFIX text: <https://w3id.org/kclod/text#> ASK {{ (?l ?s) text:matches {quoted} }}"
    response = client.get("/sparql", query_string={"query": query})
    assert (response.status_code, response.status_code == 200 or response.json["code"]) in (
        (200, True),
        (400, "text-search"),
    )


# Order ---------------------------------------------------------------------------------------------------------------

EXAMPLE = "https://order.example/"
SITE = Site(EXAMPLE, f"{EXAMPLE}dataset", {"en": "Order"}, {}, None, {}, "1", {}, {})


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    def named(slug: str, predicate: ox.NamedNode, text: str, tag: str | None = None) -> ox.Quad:
        value = ox.Literal(text, language=tag) if tag else ox.Literal(text)
        return ox.Quad(ox.NamedNode(f"{EXAMPLE}id/{slug}"), predicate, value)

    label, other = SKOS["prefLabel"], SKOS["altLabel"]
    quads = [
        named("whole", label, "Harbour"), named("whole-other", other, "harbour"),
        named("begun", label, "Harbour master"),
        named("begun-long", label, "Harbour master of the north"), named("begun-other", other, "Harbour cat"),
        named("word", label, "Old harbour"), named("part", label, "Winterharbour"),
        named("french", label, "Harboure", "fr"), named("korean", label, "Harbours", "ko"),
        named("near", label, "Harbor", "en"), named("far", label, "Hrbor lock", "en"),
        named("none", label, "Haven", "en"),
        named("both", label, "Tide", "en"), named("both", other, "Tide table", "en"),
        *(named(f"post-{n}", label, "Pilot", "en") for n in range(200)),
        *(named(f"tag-{n}", RDFS["comment"], "Pilot", "en") for n in range(100)),
    ]  # fmt: skip
    quads += [ox.Quad(q.subject, RDF["type"], ox.NamedNode(f"{EXAMPLE}Thing")) for q in quads]
    source = tmp_path_factory.mktemp("order") / "source"
    source.write_text("one", "utf-8")
    release = publish(source.parent / "releases", SITE, quads, inputs={"source": source}, stages={})
    app = create_app(release, limits=LIMITS)
    yield app.test_client()
    close(app)


def slugs(client: FlaskClient, text: str, language: str = "en", limit: int = 50) -> list[str]:
    return [iri.removeprefix(f"{EXAMPLE}id/") for iri in found(client, text, lang=language, limit=limit)]


def test_nearer_before_farther_and_preferred_before_other(names: FlaskClient) -> None:
    assert slugs(names, "harbour") == [
        *("whole", "whole-other"),
        *("begun", "begun-long", "french", "korean", "begun-other"),
        *("word", "part"),
    ]
    assert slugs(names, "harbour", limit=3) == ["whole", "whole-other", "begun"]
    assert slugs(names, "harbours", "ko")[0] == "korean"


def test_the_reader_s_language_first_among_equals(names: FlaskClient) -> None:
    assert slugs(names, "harbour", "fr").index("french") < slugs(names, "harbour", "fr").index("korean")
    assert slugs(names, "harbour", "ko").index("korean") < slugs(names, "harbour", "ko").index("french")


def test_other_spellings(names: FlaskClient) -> None:
    """One change in words of four letters, two in those of eight; where a word is in a name, it is not doubted."""
    assert slugs(names, "harbuor") == ["near", "whole", "word", "begun", "begun-long", "whole-other", "begun-other"]
    assert slugs(names, "winterhrbour") == slugs(names, "winterhrbuor") == ["part"]
    assert slugs(names, "hrbour lcok") == ["far"]
    assert slugs(names, "haxrbuyr") == slugs(names, "tdi") == []


def test_a_thing_once(names: FlaskClient) -> None:
    assert slugs(names, "tide") == ["both"]


def test_a_name_that_hundreds_bear(names: FlaskClient) -> None:
    answer = names.get("/search.json?q=pilot&limit=5").json
    assert len(answer["results"]) == 5
    assert answer["more"] is True


def test_all_names_are_searched(tmp_path: Path) -> None:
    quads = [
        ox.Quad(ox.NamedNode(f"{EXAMPLE}id/{n}"), predicate, ox.Literal(f"Quay {'x' * (n + 1)}"))
        for n, predicate in enumerate((*NAMES, *OTHER_NAMES))
    ]
    (tmp_path / "source").write_text("one", "utf-8")
    release = publish(tmp_path / "r", SITE, quads, inputs={"source": tmp_path / "source"}, stages={})
    app = create_app(release, limits=LIMITS)
    try:
        assert slugs(app.test_client(), "quay") == [str(n) for n in range(len(quads))]
    finally:
        close(app)


def test_long_texts_are_shown_in_part(tmp_path: Path) -> None:
    text = "word " * 300 + "The lantern room. " + "word " * 300
    thing = ox.NamedNode(f"{EXAMPLE}id/tower")
    quads = [
        ox.Quad(thing, RDFS["comment"], ox.Literal(text, language="en")),
        ox.Quad(thing, RDFS["label"], ox.Literal(f"{text} title", language="en")),
    ]
    (tmp_path / "source").write_text("one", "utf-8")
    release = publish(tmp_path / "r", SITE, quads, inputs={"source": tmp_path / "source"}, stages={})
    app = create_app(release, limits=LIMITS)
    try:
        passages = of(app).search.passages("LANTERN roo*", 5).passages
        assert {passage.predicate for passage in passages} == {RDFS["comment"], RDFS["label"]}
        for passage in passages:
            assert "The lantern room." in passage.text.value
            assert passage.text.value.startswith("…")
            assert passage.text.value.endswith("…")
            assert len(passage.text.value) < 400
        assert "lantern room" in app.test_client().get("/search?q=lantern", headers=BROWSER).text
    finally:
        close(app)
