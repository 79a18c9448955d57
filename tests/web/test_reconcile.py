"""The reconciliation service: as OpenRefine uses it, by the specification's schemas, and whatever else is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import flask
import pyoxigraph as ox
import pytest
from bounds import LIMITS
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lights import BASE
from reconciliation import EXTENDED, MANIFEST, QUERIES, RESULTS, OpenRefine, conforms
from running import running
from tests.servers import KINDS
from werkzeug.test import TestResponse

from kclod.release import Release, publish
from kclod.site import Site
from kclod.web.app import close, create_app
from kclod.web.engine.outcomes import BusyError
from kclod.web.http.responses import FRAMED_POLICY, POLICY
from kclod.web.publication import of

ALPHA, BETA, KOREAN, ANN = "light/alpha", "light/beta", "light/한글등대", "keeper/ann"
FORM = "application/x-www-form-urlencoded"
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def refine(client: FlaskClient) -> OpenRefine:
    return OpenRefine(client)


def ask(client: FlaskClient, queries: object, path: str = "/reconcile") -> TestResponse:
    text = queries if isinstance(queries, str) else json.dumps(queries)
    return client.post(path, data={"queries": text})


def one(client: FlaskClient, **query: Any) -> list[dict[str, Any]]:
    response = ask(client, {"q": query})
    assert response.status_code == 200, response.text
    return response.json["q"]["result"]


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [each["id"] for each in found]


# As OpenRefine uses it ----------------------------------------------------------------------------------------------


@pytest.mark.stores("embedded", *KINDS)
def test_an_exchange(refine: OpenRefine) -> None:
    assert refine.manifest["identifierSpace"] == f"{BASE}id/"
    assert refine.manifest["batchSize"] == LIMITS.reconcile_queries
    kinds = refine.manifest["defaultTypes"]
    assert {"id": "Light", "name": "Light"} in kinds
    guessed = refine.reconcile(
        [{"query": "Alpha Light", "limit": 3}, {"query": "Ann", "limit": 3}]
    )  # types are guessed
    assert [found[0]["type"][0]["id"] for found in guessed] == ["Tower", "Keeper"]
    typed = {"type": "Light", "type_strict": "should"}
    cells = [
        {"query": "alpha light", **typed, "properties": [{"pid": "height", "v": "31.5"}]},
        {"query": "한글 등대", **typed, "properties": [{"pid": "near", "v": {"id": ALPHA, "name": "Alpha Light"}}]},
        {"query": "Ann", **typed},
    ]
    alpha, korean, nobody = refine.reconcile(cells)
    assert ids(alpha)[0] == ALPHA
    assert alpha[0]["match"]
    assert {"id": "property:height", "value": 1.0} in alpha[0]["features"]
    assert ids(korean)[0] == KOREAN
    assert korean[0]["match"]
    assert nobody == []
    [suggested] = refine.suggest("entity", "알파", type="Light", type_strict="any")
    assert (suggested["id"], suggested["name"]) == (ALPHA, "Alpha Light")
    assert refine.suggest("type", "lig")[0]["id"] == "Light"
    assert [each["id"] for each in refine.suggest("property", "ke")] == ["keeper", "keptBy"]
    assert "Alpha Light" in refine.flyout("entity", ALPHA)
    assert "A tower with a lamp." in refine.flyout("type", "Light")
    assert refine.flyout("property", "near")
    proposed = [each["id"] for each in refine.propose("Light")]
    assert {"near", "height", "keptBy"} <= set(proposed)
    assert "near" in [each["id"] for each in refine.propose("")]
    columns = [{"id": "keptBy"}, {"id": "height", "settings": {"limit": "1", "content": "entity"}}]
    extended = refine.extend([ALPHA, KOREAN], columns)
    assert extended["rows"][ALPHA] == {"keptBy": [{"id": ANN, "name": "Ann"}], "height": [{"float": 31.5}]}
    assert extended["rows"][KOREAN] == {"keptBy": [], "height": []}
    preview = refine.preview(KOREAN)
    assert preview.status_code == 200
    assert "한글 등대" in preview.text
    assert refine.view(KOREAN).headers["Location"] == f"/id/{quote(KOREAN)}"


@pytest.mark.parametrize("language", ["en", "ko", "fr"])
def test_a_service_in_a_language(client: FlaskClient, language: str) -> None:
    refine = OpenRefine(client, f"/reconcile/{language}")
    assert refine.manifest["suggest"]["entity"]["service_url"].endswith(f"/reconcile/{language}")
    assert {"id": "Light", "name": {"en": "Light", "ko": "등대", "fr": "Phare"}[language]} in refine.manifest[
        "defaultTypes"
    ]
    [[alpha, *_]] = refine.reconcile([{"query": "The Old Lamp"}])
    assert alpha["name"] == ("알파 등대" if language == "ko" else "Alpha Light")
    assert refine.preview(ALPHA).headers["Content-Language"] == language
    assert f'lang="{language}"' in refine.preview(ALPHA).text
    assert refine.view(ALPHA).headers["Location"].endswith(f"?lang={language}")
    negotiated = client.get("/reconcile", headers={"Accept-Language": language})
    assert negotiated.json["name"] == refine.manifest["name"]
    assert negotiated.json["suggest"]["entity"]["service_url"].endswith("/reconcile")
    assert set(negotiated.vary) >= {"Accept", "Accept-Language"}
    assert "Accept-Language" not in client.get(f"/reconcile/{language}").vary
    assert client.get(f"/reconcile?lang={language}").json["name"] == refine.manifest["name"]


def test_the_default_place_of_a_client_that_reads_addresses_from_outside(release: Release) -> None:
    app = create_app(release, limits=LIMITS, public_url="https://lights.example/data/")
    try:
        manifest = app.test_client().get("/data/reconcile").json
        conforms(manifest, MANIFEST)
        assert manifest["preview"]["url"] == "https://lights.example/data/reconcile/preview?id={{id}}"
        found = app.test_client().get("/data/reconcile/view", query_string={"id": ALPHA})
        assert found.headers["Location"] == f"/data/id/{ALPHA}"
    finally:
        close(app)


# Queries ------------------------------------------------------------------------------------------------------------


def test_whole_names_and_identifiers_come_first(client: FlaskClient) -> None:
    for text in ("Alpha Light", "ALPHA LIGHT", "알파 등대", "The Old Lamp"):
        assert ids(one(client, query=text))[0] == ALPHA
    for text in (ALPHA, f"{BASE}id/{ALPHA}"):
        [meant, *others] = one(client, query=text)
        assert (meant["id"], meant["score"], meant["match"]) == (ALPHA, 100.0, True)
        assert meant["features"] == [{"id": "is_identifier", "value": True}]
        assert not any(other["match"] for other in others)
    assert ids(one(client, query=ALPHA, type="Keeper")) == []


def test_a_candidate_tells_all_that_the_specification_has(client: FlaskClient) -> None:
    found = one(client, query="Alpha Light")
    scores = [each["score"] for each in found]
    assert scores == sorted(scores, reverse=True)
    assert {"id", "name", "type", "score", "features", "match"} <= set(found[0])
    assert sum(each["match"] for each in found) <= 1
    names = [feature["id"] for feature in found[0]["features"]]
    assert len(names) == len(set(names))


def test_limits_of_candidates(client: FlaskClient) -> None:
    assert len(one(client, query="light", limit=1)) == 1
    assert len(one(client, query="한글 알파 등대", limit=2.0)) == 2


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"type": "Light"}, [ALPHA]),
        ({"type": f"{BASE}ontology#Light"}, [ALPHA]),
        ({"type": [{"id": "Light"}]}, [ALPHA]),
        ({"type": ["Keeper", "Light"]}, [ALPHA]),
        ({"type": ["Tower", "Light"], "type_strict": "all"}, [ALPHA]),
        ({"type": ["Keeper", "Light"], "type_strict": "all"}, []),
        ({"type": "Keeper"}, []),
        ({"type": []}, [ALPHA]),
    ],
)
def test_types(client: FlaskClient, more: dict[str, Any], found: list[str]) -> None:
    assert ids(one(client, query="Alpha Light", **more))[:1] == found


@pytest.mark.parametrize(
    ("pid", "value", "agrees"),
    [
        ("near", {"id": BETA}, True),
        ("near", {"id": f"{BASE}id/{BETA}"}, True),
        ("near", BETA, True),
        ("near", {"id": ANN}, False),
        ("keptBy", "Ann", True),
        ("keptBy", "ann", True),
        ("keptBy", ["Bert", "Ann"], True),
        ("keptBy", "Bert", False),
        ("height", 31.5, True),
        ("height", "31.50", True),
        ("height", "31", False),
        ("height", "tall", False),
        ("lit", "1899", True),
        ("lit", "1899-05-03", True),
        ("lit", "1899-0", False),
        ("lit", "1900", False),
        ("automatic", True, True),
        ("automatic", "false", False),
        ("foaf:homepage", "https://alpha.example/", True),
        ("owl:sameAs", "http://www.wikidata.org/entity/Q42", True),
        ("skos:altLabel", "the old lamp", True),
    ],
)
def test_properties(client: FlaskClient, pid: str, value: object, agrees: bool) -> None:
    prefixes = {"foaf": "http://xmlns.com/foaf/0.1/", "owl": "http://www.w3.org/2002/07/owl#"}
    prefix, _, local = pid.partition(":")
    pid = f"{prefixes[prefix]}{local}" if prefix in prefixes else pid  # this dataset has no prefix for them
    plain = one(client, query="Alpha Light")[0]
    [told, *_] = one(client, query="Alpha Light", properties=[{"pid": pid, "v": value}])
    assert told["id"] == ALPHA
    features = {each["id"]: each["value"] for each in told["features"]}
    assert (features[f"property:{pid}"] >= 0.85) == agrees
    assert (told["score"] > plain["score"]) == agrees or plain["score"] == told["score"] == 100.0
    assert told["match"] == agrees


def test_a_property_that_the_data_does_not_give_speaks_neither_for_nor_against(client: FlaskClient) -> None:
    plain = one(client, query="한글 등대")[0]
    told = one(client, query="한글 등대", properties=[{"pid": "height", "v": 3}])[0]
    assert told["match"] == plain["match"]
    assert plain["score"] <= told["score"] < plain["score"] + 0.1, "others, which it speaks against, are less likely"
    assert not any(each["id"].startswith("property:") for each in told["features"])


def test_namesakes_are_told_apart_by_a_property_and_not_without(two_springs: FlaskClient) -> None:
    plain = one(two_springs, query="Spring")
    assert {each["id"] for each in plain[:2]} == {"place/a", "place/b"}
    assert not any(each["match"] for each in plain)
    told = one(two_springs, query="Spring", properties=[{"pid": "o:in", "v": "Northland"}])
    assert (told[0]["id"], told[0]["match"]) == ("place/a", True)
    other = one(two_springs, query="Spring", properties=[{"pid": "o:in", "v": {"id": "place/south"}}])
    assert (other[0]["id"], other[0]["match"]) == ("place/b", True)


def test_a_namesake_with_one_name_more_is_not_taken_for_that(two_springs: FlaskClient) -> None:
    for more in ({}, {"limit": 1}, {"properties": [{"pid": "o:in", "v": "Northland"}]}):
        found = one(two_springs, query="Sound of Long Reefs", **more)
        assert found[0]["id"] in ("place/e", "place/f")
        assert not any(each["match"] for each in found), "both are in the north"


@pytest.fixture
def two_springs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    text = """
    @prefix o: <https://s.example/o#> . @prefix i: <https://s.example/id/place/> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
    i:a a o:Place ; rdfs:label "Spring"@en ; o:in i:north . i:b a o:Place ; rdfs:label "Spring"@en ; o:in i:south .
    i:north a o:Place ; rdfs:label "Northland"@en . i:south a o:Place ; rdfs:label "Southland"@en .
    i:e a o:Place ; rdfs:label "Sound of Long Reefs"@en ; skos:altLabel "SLR" ; o:in i:north .
    i:f a o:Place ; rdfs:label "Sound of Long Reefs"@en ; o:in i:north .
    i:c a o:Place . i:d rdfs:label "no class"@en . i:a rdfs:comment "A spring."@en .
    """
    folder = tmp_path_factory.mktemp("springs")
    (folder / "in.txt").write_text("x")
    site = Site("https://s.example/", "https://s.example/d", {"en": "Springs"}, {"en": ""}, None, {}, "1",
                {"o": "https://s.example/o#"}, {})  # fmt: skip
    quads = list(ox.parse(text.encode(), ox.RdfFormat.TURTLE))
    app = create_app(publish(folder / "r", site, quads, inputs={"in": folder / "in.txt"}, stages={}), limits=LIMITS)
    yield app.test_client()
    close(app)


def test_only_named_things_with_a_class_are_entities(two_springs: FlaskClient) -> None:
    assert ids(one(two_springs, query="no class")) == []
    assert one(two_springs, query="place/c") == []
    assert two_springs.get("/reconcile").json["schemaSpace"] == "http://www.w3.org/2002/07/owl#Thing"


def test_queries_without_a_name(client: FlaskClient) -> None:
    [found] = one(client, properties=[{"pid": "keptBy", "v": {"id": ANN}}])
    assert (found["id"], found["match"]) == (ALPHA, False)
    assert ids(one(client, properties=[{"pid": "keptBy", "v": "Ann"}])) == [ALPHA]
    assert ids(one(client, properties=[{"pid": "lit", "v": "1899-05"}])) == [ALPHA]
    assert set(ids(one(client, properties=[{"pid": "near", "v": {"id": ALPHA}}]))) == {BETA, KOREAN}
    assert ids(one(client, type="Keeper", properties=[{"pid": "near", "v": {"id": ALPHA}}])) == []
    assert one(client, properties=[{"pid": "height", "v": 99}]) == [], "a doubtful claim is not in the default graph"


def test_queries_do_not_depend_on_one_another(client: FlaskClient) -> None:
    queries = {"a": {"query": "alpha"}, "b": {"query": "beta", "type": "Light"}, "c": {"query": "ann", "limit": 1}}
    together = ask(client, queries).json
    assert together == {key: ask(client, {key: query}).json[key] for key, query in queries.items()}
    assert ask(client, {}).json == {}


def test_what_is_wrong_with_one_query_is_told_in_its_place(client: FlaskClient) -> None:
    found = ask(
        client,
        {
            "fine": {"query": "Ann"},
            "typeless": {"query": "Ann", "type": "Lighthouse"},
            "odd/~": {"query": "Ann", "properties": [{"pid": "keptBy", "v": "x"}, {"pid": "nosuch", "v": 1}]},
            "empty": {"query": " "},
        },
    )
    assert found.status_code == 200
    conforms(found.json, RESULTS)
    assert ids(found.json["fine"]["result"])[0] == ANN
    errors = {
        key: (each["error"]["code"], each["error"]["pointer"]) for key, each in found.json.items() if "error" in each
    }
    assert errors == {
        "typeless": ("unknown-type", "/typeless/type"),
        "odd/~": ("unknown-property", "/odd~1~0/properties/1/pid"),
        "empty": ("bad-query", "/empty"),
    }


@pytest.mark.parametrize(
    ("query", "place"),
    [
        (None, ""),
        ("Ann", ""),
        ({}, ""),
        ({"query": ""}, ""),
        ({"properties": []}, ""),
        ({"query": 3}, "/query"),
        ({"query": "x" * 1001}, "/query"),
        ({"query": "Ann", "props": []}, "/props"),
        ({"query": "Ann", "type": 3}, "/type"),
        ({"query": "Ann", "type": [""]}, "/type"),
        ({"query": "Ann", "type": [{}]}, "/type"),
        ({"query": "Ann", "type": ["x"] * 21}, "/type"),
        ({"query": "Ann", "type_strict": "maybe"}, "/type_strict"),
        ({"query": "Ann", "type_strict": []}, "/type_strict"),
        *(({"query": "Ann", "limit": limit}, "/limit") for limit in (0, -1, 1.5, "3", None, True, 101, 1e400, [])),
        ({"query": "Ann", "properties": {}}, "/properties"),
        ({"query": "Ann", "properties": ["near"]}, "/properties/0"),
        ({"query": "Ann", "properties": [{"pid": "near"}]}, "/properties/0"),
        ({"query": "Ann", "properties": [{"pid": 1, "v": "x"}]}, "/properties/0"),
        ({"query": "Ann", "properties": [{"pid": "near", "v": None}]}, "/properties/0/v"),
        ({"query": "Ann", "properties": [{"pid": "near", "v": {"name": "x"}}]}, "/properties/0/v"),
        ({"query": "Ann", "properties": [{"pid": "near", "v": [["x"]]}]}, "/properties/0/v"),
        ({"query": "Ann", "properties": [{"pid": "near", "v": "x" * 1001}]}, "/properties/0/v"),
        ({"query": "Ann", "properties": [{"pid": "near", "v": "x"}] * 21}, "/properties"),
    ],
)
def test_a_query_that_is_none(client: FlaskClient, query: object, place: str) -> None:
    text = json.dumps({"q": query}).replace("Infinity", "1e400")
    response = ask(client, text)
    assert response.status_code == 400
    assert response.json["code"] == ("malformed-json" if "1e400" in text and not place else "bad-query")
    assert response.json["errors"]["q"]["pointer"] == f"/q{place}"
    assert response.json["errors"]["q"]["detail"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "malformed-json"),
        ("{", "malformed-json"),
        ('{"q": {"query": "a"}', "malformed-json"),
        ('{"q": {"query": "a"}, "q": {"query": "b"}}', "malformed-json"),
        ('{"q": {"query": NaN}}', "malformed-json"),
        ('{"q": {"query": "\\ud800"}}', "malformed-json"),
        (f'{{"q": {{"query": "x", "limit": {"9" * 5000}}}}}', "malformed-json"),
        ("[" * 100_000, "malformed-json"),
        ("[]", "bad-batch"),
        ('[{"query": "a"}]', "bad-batch"),
        ('"a"', "bad-batch"),
        ("null", "bad-batch"),
    ],
)
def test_a_batch_that_is_none(client: FlaskClient, text: str, code: str) -> None:
    response = ask(client, text)
    assert response.status_code == 400
    assert response.json["code"] == code
    assert response.json["detail"]
    if text == "{":
        assert (response.json["line"], response.json["column"]) == (1, 2)


# HTTP ---------------------------------------------------------------------------------------------------------------


def test_queries_by_get_are_those_by_post(client: FlaskClient) -> None:
    queries = json.dumps({"q": {"query": "알파 등대"}})
    by_get = client.get("/reconcile", query_string={"queries": queries})
    assert by_get.json == ask(client, queries).json
    assert by_get.headers["ETag"]
    again = client.get(
        "/reconcile", query_string={"queries": queries}, headers={"If-None-Match": by_get.headers["ETag"]}
    )
    assert again.status_code == 304
    assert ask(client, queries).headers["Cache-Control"] == "no-store"
    extend = json.dumps({"ids": [ALPHA], "properties": [{"id": "height"}]})
    found = client.get("/reconcile", query_string={"extend": extend})
    conforms(found.json, EXTENDED)


ADDRESSES = [
    "/reconcile",
    "/reconcile/ko",
    "/reconcile/suggest/entity?prefix=a",
    "/reconcile/fr/suggest/type?prefix=a",
    "/reconcile/suggest/property?prefix=a",
    f"/reconcile/flyout/entity?id={ALPHA}",
    "/reconcile/properties?type=Light",
    f"/reconcile/preview?id={ALPHA}",
    f"/reconcile/view?id={ALPHA}",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_methods_and_origins(client: FlaskClient, address: str) -> None:
    got, head = client.get(address), client.head(address)
    assert got.status_code == head.status_code == (303 if "/view" in address else 200)
    assert head.data == b""
    assert {k: v for k, v in head.headers if k != "Date"} == {k: v for k, v in got.headers if k != "Date"}
    assert got.headers["Access-Control-Allow-Origin"] == "*"
    allowed = {"GET", "HEAD", "OPTIONS"} | ({"POST"} if address in ("/reconcile", "/reconcile/ko") else set())
    asked = client.options(address, headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"})
    assert asked.status_code == 200
    assert set(asked.headers["Access-Control-Allow-Methods"].split(", ")) == allowed
    refused = client.put(address)
    assert refused.status_code == 405
    assert set(refused.headers["Allow"].split(", ")) == allowed
    assert refused.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("address", [a for a in ADDRESSES if "/preview" not in a and "/view" not in a])
def test_jsonp_is_refused(client: FlaskClient, address: str) -> None:
    response = client.get(f"{address}{'&' if '?' in address else '?'}callback=jQuery123&_=17")
    assert (response.status_code, response.json["code"]) == (400, "jsonp-refused")
    assert "CORS" in response.json["detail"]
    assert client.get(f"{address}{'&' if '?' in address else '?'}_=17").status_code == 200, "jQuery's against caches"


def test_bodies_that_are_no_form(client: FlaskClient) -> None:
    text = '{"q": {"query": "Ann"}}'
    wrong = client.post("/reconcile", data=text, content_type="application/json")
    assert (wrong.status_code, wrong.headers["Accept-Post"]) == (415, FORM)
    for body, code in (
        (b"queries=%FF", "not-utf-8"),
        (b"queries=\xff", "not-utf-8"),
        (b"", "missing-query"),
        (b"query=Ann", "missing-query"),
        (b"queries={}&extend={}", "missing-query"),
        (b"queries={}&queries={}", "duplicate-parameter"),
        (b"a=1&" * 30, "bad-parameter"),
    ):
        response = client.post("/reconcile", data=body, content_type=FORM)
        assert (response.status_code, response.json["code"]) == (400, code), body
    assert client.post("/reconcile", data=f"queries={text}".encode(), content_type=f"{FORM}; charset=UTF-8").is_json


def test_one_page_may_be_framed_and_nothing_else(client: FlaskClient) -> None:
    preview = client.get(f"/reconcile/preview?id={ALPHA}")
    assert preview.headers["Content-Security-Policy"] == FRAMED_POLICY
    assert "frame-ancestors" not in FRAMED_POLICY
    assert set(POLICY.split("; ")) - set(FRAMED_POLICY.split("; ")) == {"frame-ancestors 'none'"}
    assert "<script" not in preview.text.replace("&lt;script", "")
    for address in ("/", "/reconcile", f"/page/{ALPHA}", f"/reconcile/view?id={ALPHA}"):
        assert client.get(address, headers={"Accept": "text/html"}).headers["Content-Security-Policy"] == POLICY


def test_nothing_of_the_data_is_markup(client: FlaskClient) -> None:
    assert "<script>alert" not in client.get(f"/reconcile/preview?id={BETA}").text
    assert "<script>" not in client.get(f"/reconcile/flyout/entity?id={BETA}").json["html"]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/reconcile/preview?id=light/nosuch", "unknown-entity"),
        ("/reconcile/preview", "unknown-entity"),
        ("/reconcile/preview?id=%00", "unknown-entity"),
        ("/reconcile/view?id=https://elsewhere.example/thing?a=1", "unknown-entity"),
        ("/reconcile/view?id=tending/alpha.ann%23x", "unknown-entity"),
        ("/reconcile/flyout/entity?id=x", "unknown-entity"),
        ("/reconcile/flyout/type?id=x", "unknown-type"),
        ("/reconcile/flyout/property?id=x", "unknown-property"),
        ("/reconcile/properties?type=x", "unknown-type"),
        ("/reconcile/suggest/entity?prefix=a&type=x", "unknown-type"),
    ],
)
def test_what_there_is_not(client: FlaskClient, address: str, code: str) -> None:
    response = client.get(address)
    assert (response.status_code, response.json["code"]) == (404, code)


def test_parameters_that_are_no_numbers(client: FlaskClient) -> None:
    for address in ("suggest/entity?prefix=a&cursor=-1", "suggest/type?cursor=x", "properties?limit=1e3"):
        assert client.get(f"/reconcile/{address}").json["code"] == "bad-parameter"
    assert client.get("/reconcile/de").status_code == 404
    assert client.get("/reconcile/suggest/thing").status_code == 404


def test_the_page_for_who_reads(client: FlaskClient) -> None:
    for language, word in (
        ("en", "Reconciliation service"),
        ("ko", "대조 서비스"),
        ("fr", "Service de réconciliation"),
    ):
        page = client.get("/reconcile", headers={"Accept": "text/html", "Accept-Language": language})
        assert page.mimetype == "text/html"
        assert word in page.text
        assert f"{BASE}reconcile" in page.text
        assert "<code>Light</code>" in page.text
    refused = client.get("/reconcile/ko?callback=x", headers={"Accept": "text/html"})
    assert refused.status_code == 400
    assert 'href="/reconcile/fr?callback=x"' in refused.text
    assert client.get("/search?q=x", headers={"Accept": "text/html"}).text.count("/reconcile") == 2


# Suggestions --------------------------------------------------------------------------------------------------------


def test_suggestions_of_entities(refine: OpenRefine) -> None:
    assert [each["id"] for each in refine.suggest("entity", ALPHA)][:1] == [ALPHA]
    assert [each["id"] for each in refine.suggest("entity", "alp")] == [ALPHA]
    assert refine.suggest("entity", "alp", type="Keeper") == []
    assert refine.suggest("entity", "") == []
    light = [each["id"] for each in refine.suggest("entity", "등대")]
    assert set(light) == {ALPHA, KOREAN}
    assert [each["id"] for each in refine.suggest("entity", "등대", cursor="1")] == light[1:]
    assert refine.suggest("entity", "등대", cursor="2") == []
    assert {"id": "Light", "name": "Light"} in refine.suggest("entity", "alpha")[0]["notable"]


def test_suggestions_of_types_and_properties(refine: OpenRefine) -> None:
    everything = [each["id"] for each in refine.suggest("type", "")]
    assert "Light" in everything
    assert [each["id"] for each in refine.suggest("type", "등대")] == ["Light"]
    assert refine.suggest("type", "Light")[0]["id"] == "Light"
    assert refine.suggest("type", "zzz") == refine.suggest("type", "!") == []
    assert [each["id"] for each in refine.suggest("property", "first")] == ["lit"]
    assert "keptBy" in [each["id"] for each in refine.suggest("property", "", type="Light")]
    many = refine.suggest("property", "")
    assert refine.suggest("property", "", cursor="3")[: len(many) - 3] == many[3:]


# Data extension -----------------------------------------------------------------------------------------------------


def test_values_and_their_settings(refine: OpenRefine) -> None:
    def values(pid: str, **chosen: object) -> list[dict[str, Any]]:
        return refine.extend([ALPHA], [{"id": pid, "settings": chosen}])["rows"][ALPHA][pid]

    assert values("skos:prefLabel") == [{"str": "Alpha Light"}]
    assert values("skos:prefLabel", language="ko") == [{"str": "알파 등대"}]
    assert values("skos:prefLabel", language="fr") == []
    assert values("skos:prefLabel", language="all") == [{"str": "Alpha Light"}, {"str": "알파 등대"}]
    assert values("skos:prefLabel", language="all", limit=1) == [{"str": "Alpha Light"}]
    assert values("keptBy") == [{"id": ANN, "name": "Ann"}]
    assert values("keptBy", content="literal") == [{"str": "Ann"}]
    assert values("keptBy", content="id", limit="") == [{"str": f"{BASE}id/{ANN}"}]
    assert values("lit") == [{"str": "1899-05"}]
    assert values("automatic") == [{"str": "true"}]
    assert values("http://www.w3.org/2002/07/owl#sameAs") == [{"str": "http://www.wikidata.org/entity/Q42"}]
    found = refine.extend(["light/nosuch", ALPHA], [{"id": "near"}])
    assert found["rows"]["light/nosuch"] == {"near": []}
    assert [(each["code"], each["pointer"]) for each in found["errors"]] == [("unknown-entity", "/ids/0")]
    assert [each["id"] for each in found["meta"]] == ["near"]
    tending = refine.extend([ALPHA], [{"id": "tending"}])["meta"][0]
    assert tending == {"id": "tending", "name": "tending"}, "the class of the range has no entity with a name"


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ("[]", 400, "bad-extension"),
        ("{}", 400, "bad-extension"),
        ('{"ids": [], "properties": {}}', 400, "bad-extension"),
        ('{"ids": [1], "properties": []}', 400, "bad-extension"),
        ('{"ids": [""], "properties": []}', 400, "bad-extension"),
        ('{"ids": [], "properties": ["near"]}', 400, "bad-extension"),
        ('{"ids": [], "properties": [{"id": "near"}, {"id": "near"}]}', 400, "bad-extension"),
        ('{"ids": [], "properties": [{"id": "near", "settings": []}]}', 400, "bad-extension"),
        ('{"ids": [], "properties": [{"id": "nosuch"}]}', 400, "unknown-property"),
        ('{"ids": [], "properties": [{"id": "near", "settings": {"limit": "many"}}]}', 400, "bad-setting"),
        ('{"ids": [], "properties": [{"id": "near", "settings": {"limit": -1}}]}', 400, "bad-setting"),
        ('{"ids": [], "properties": [{"id": "near", "settings": {"content": "x"}}]}', 400, "bad-setting"),
        ('{"ids": [], "properties": [{"id": "near", "settings": {"language": "x"}}]}', 400, "bad-setting"),
        ('{"ids": [], "properties": [{"id": "near", "settings": {"rank": "best"}}]}', 400, "bad-setting"),
        (json.dumps({"ids": ["x"] * 1001, "properties": []}), 413, "extension-too-large"),
        (json.dumps({"ids": [], "properties": [{"id": str(n)} for n in range(51)]}), 413, "extension-too-large"),
    ],
)
def test_extensions_that_are_none(client: FlaskClient, asked: str, status: int, code: str) -> None:
    response = client.post("/reconcile", data={"extend": asked})
    assert (response.status_code, response.json["code"]) == (status, code)
    assert "pointer" in response.json


# Limits -------------------------------------------------------------------------------------------------------------


def test_the_size_of_a_batch(client: FlaskClient) -> None:
    most = LIMITS.reconcile_queries
    full = ask(client, {str(n): {"query": "Ann", "limit": 1} for n in range(most)})
    assert full.status_code == 200
    assert len(full.json) == most
    over = ask(client, {str(n): {"query": "Ann"} for n in range(most + 1)})
    assert (over.status_code, over.json["code"]) == (413, "batch-too-large")
    assert over.json["batchSize"] == client.get("/reconcile").json["batchSize"] == most


def test_the_size_of_a_body(client: FlaskClient) -> None:
    fits = "x" * (LIMITS.max_query_bytes + 1000)
    assert ask(client, {"q": {"query": "Ann"}, "too-long": {"query": fits}}).status_code == 200, "more than for SPARQL"
    over = ask(client, "x" * LIMITS.reconcile_bytes)
    assert (over.status_code, over.json["code"]) == (413, "content-too-large")
    assert client.post("/sparql", data={"query": fits}).status_code == 413, "that of others has not changed"


def test_a_batch_that_takes_too_long_is_refused_whole(release: Release) -> None:
    app = create_app(release, limits=replace(LIMITS, reconcile_seconds=1e-6))
    try:
        of(app).reconciliation.service()
        refused = ask(app.test_client(), {"q": {"query": "Ann"}, "r": {"query": "Alpha Light"}})
        assert (refused.status_code, refused.json["code"]) == (503, "deadline")
        assert (refused.json["queries"], refused.json["seconds"]) == (2, 1e-6)
        assert "Retry-After" in refused.headers
        assert not {"q", "r"} & set(refused.json)
    finally:
        close(app)


def test_a_busy_service_says_when_to_come_again(app: flask.Flask, client: FlaskClient) -> None:
    places = of(app).reconciliation
    entered, leave = threading.Barrier(LIMITS.reconcile_batches + 1), threading.Event()

    def hold() -> None:
        with places.turns.taken():
            entered.wait(10)
            leave.wait(10)

    threads = [threading.Thread(target=hold) for _ in range(LIMITS.reconcile_batches)]
    for thread in threads:
        thread.start()
    entered.wait(10)
    with pytest.raises(BusyError), places.turns.taken():
        pass
    response = ask(client, {"q": {"query": "Ann"}})
    assert (response.status_code, response.json["code"]) == (503, "busy")
    assert response.headers["Retry-After"]
    assert client.get("/reconcile").status_code == 200, "the manifest is there all the same"
    leave.set()
    for thread in threads:
        thread.join()
    assert ask(client, {"q": {"query": "Ann"}}).status_code == 200


def test_a_client_has_its_share(release: Release) -> None:
    app = create_app(release, limits=replace(LIMITS, client_errors=3))
    try:
        client = app.test_client()
        statuses = [ask(client, "{").status_code for _ in range(5)]
        assert statuses == [400, 400, 400, 429, 429]
        assert ask(client, {"q": {"query": "Ann"}}).headers["Retry-After"]
    finally:
        close(app)


def test_over_http(release: Release) -> None:
    with running(release) as site:
        status, headers, body = site.get(f"reconcile?queries={quote(json.dumps({'q': {'query': 'Alpha Light'}}))}")
        assert status == 200
        assert json.loads(body)["q"]["result"][0]["id"] == ALPHA
        status, headers, body = site.get("reconcile", **{"Accept-Encoding": "gzip"})
        assert (status, headers["content-encoding"]) == (200, "gzip")
        status, _, _ = site.get(f"reconcile/view?id={quote(KOREAN, safe='')}")
        assert status == 200, "the redirects lead to the thing"


# Whatever is sent ---------------------------------------------------------------------------------------------------

PLAIN = st.none() | st.booleans() | st.integers(-5, 200) | st.floats() | st.text(max_size=12)
FLAT = PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(st.text(max_size=6), PLAIN, max_size=3)
JSON = FLAT | st.lists(FLAT, max_size=3) | st.dictionaries(st.text(max_size=6), FLAT, max_size=3)
FIELD = st.sampled_from(["query", "type", "limit", "properties", "type_strict", "other"])
TERM = st.sampled_from(["Light", "Keeper", "near", "lit", "height", "nosuch", ""])
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "query": st.text(max_size=30) | st.sampled_from(["Alpha Light", "등대", "A.L.", ALPHA]),
        "type": TERM | st.lists(TERM, max_size=3),
        "limit": st.integers(-1, 120),
        "properties": st.lists(st.fixed_dictionaries({"pid": TERM, "v": JSON}), max_size=2),
        "type_strict": st.sampled_from(["any", "should", "all", "no"]),
    },
)
EXPECTED = {200, 304, 303, 400, 404, 406, 413, 415}


def sound(response: TestResponse) -> None:
    assert response.status_code in EXPECTED, response.text
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    if response.status_code >= 400:
        assert response.json["detail"]


@relaxed
@given(st.dictionaries(st.text(max_size=4), LIKELY | st.dictionaries(FIELD, JSON, max_size=4) | JSON, max_size=4))
def test_any_batch(client: FlaskClient, batch: dict[str, object]) -> None:
    response = ask(client, json.dumps(batch))
    sound(response)
    if response.status_code == 200:
        conforms(response.json, RESULTS)
        assert list(response.json) == list(json.loads(json.dumps(batch)))
        for key, query in batch.items():
            if "error" not in response.json[key]:
                conforms({key: query}, QUERIES)


@relaxed
@given(JSON | st.fixed_dictionaries({"ids": st.lists(TERM, max_size=3), "properties": st.lists(JSON, max_size=2)}))
def test_any_extension(client: FlaskClient, asked: object) -> None:
    response = client.post("/reconcile", data={"extend": json.dumps(asked)})
    sound(response)
    if response.status_code == 200:
        conforms(response.json, EXTENDED)


@relaxed
@given(st.binary(max_size=60), st.sampled_from([FORM, "text/plain", "", "multipart/form-data; boundary=x"]))
def test_any_body(client: FlaskClient, body: bytes, kind: str) -> None:
    sound(client.post("/reconcile", data=body, content_type=kind))
    sound(client.post("/reconcile", data=b"queries=" + body, content_type=FORM))


@relaxed
@given(
    st.sampled_from(["", "/suggest/entity", "/suggest/type", "/suggest/property", "/flyout/entity", "/properties"])
    | st.sampled_from(["/preview", "/view", "/flyout/type", "/flyout/property"]),
    st.dictionaries(
        st.sampled_from(["prefix", "id", "type", "cursor", "limit", "lang", "queries", "extend"]), st.text(max_size=12)
    ),
)
def test_any_parameters(client: FlaskClient, path: str, parameters: dict[str, str]) -> None:
    sound(client.get(f"/reconcile{path}", query_string=parameters))
