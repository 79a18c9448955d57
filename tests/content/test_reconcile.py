"""The real names as others write them: each finds its thing, those that are like another's are not taken for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from kclod.release import Release
from kclod.web.app import close, create_app


@pytest.fixture(scope="module")
def client(real_release: Release) -> Iterator[FlaskClient]:
    app = create_app(real_release)
    yield app.test_client()
    close(app)


def ask(client: FlaskClient, queries: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    response = client.post("/reconcile/en", data={"queries": json.dumps(queries)})
    assert response.status_code == 200, response.text
    return {key: found["result"] for key, found in response.json.items()}


def preferred(client: FlaskClient, release: Release) -> list[tuple[str, str]]:
    response = client.get(
        "/sparql",
        query_string={
            "query": "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX org: <http://www.w3.org/ns/org#>"
            " SELECT ?s ?n { ?s a org:FormalOrganization ; skos:prefLabel|skos:altLabel ?n }",
            "format": "json",
        },
    )
    base = f"{release.site.base_iri}id/"
    return [(b["s"]["value"].removeprefix(base), b["n"]["value"]) for b in response.json["results"]["bindings"]]


def test_every_name_of_every_institution_finds_it_first(client: FlaskClient, real_release: Release) -> None:
    names = preferred(client, real_release)
    assert len(names) > 100
    bearers: dict[str, set[str]] = {}
    for identifier, name in names:
        bearers.setdefault(name, set()).add(identifier)
    found = ask(
        client, {name: {"query": name, "type": "org:Organization", "type_strict": "should"} for name in bearers}
    )
    assert {name: result[0]["id"] for name, result in found.items() if result[0]["id"] not in bearers[name]} == {}
    wrong = {
        name: one["id"]
        for name, result in found.items()
        for one in result
        if one["match"] and one["id"] not in bearers[name]
    }
    assert wrong == {}
    matched = sum(result[0]["match"] for result in found.values())
    assert matched > len(found) * 0.6, "what is not matched is short, or another's too"


@pytest.mark.parametrize(
    ("query", "never"),
    [
        ({"query": "National Research Council of Canada"}, "organization/nst"),
        ({"query": "National Research Council of Science and Technology"}, "organization/nrc"),
        ({"query": "국가과학기술연구회"}, "organization/nrc"),
        ({"query": "NRC", "properties": [{"pid": "kclod:country", "v": "South Korea"}]}, "organization/nrc"),
    ],
)
def test_traps(client: FlaskClient, query: dict[str, Any], never: str) -> None:
    [found] = ask(client, {"q": {"type": "org:Organization"} | query}).values()
    assert not any(one["id"] == never and one["match"] for one in found)
    assert found[0]["id"] != never or not found[0]["match"]


def test_columns_beside_the_name_decide(client: FlaskClient) -> None:
    korea = {"pid": "kclod:country", "v": {"id": "place/south-korea", "name": "South Korea"}}
    canada = {"pid": "kclod:country", "v": "Canada"}
    found = ask(client, {"ko": {"query": "National Research Council", "properties": [korea]},
                         "ca": {"query": "National Research Council", "properties": [canada]}})  # fmt: skip
    assert (found["ca"][0]["id"], found["ca"][0]["match"]) == ("organization/nrc", True)
    assert found["ko"][0]["id"] == "organization/nst" or not found["ko"][0]["match"]


def test_the_examples_of_the_documentation(client: FlaskClient) -> None:
    text = (Path(__file__).parents[2] / "docs" / "reconcile.md").read_text("utf-8")
    posted = re.findall(r"/reconcile(\S*) \\\n  --data-urlencode '(queries|extend)=(.*)'", text)
    assert len(posted) == 4
    for language, field, value in posted:
        response = client.post(f"/reconcile{language}", data={field: value})
        assert response.status_code == 200, response.text
        assert "error" not in json.dumps(response.json)
        results = response.json.get("rows") or {key: found["result"] for key, found in response.json.items()}
        assert all(results.values()), value
    for address in re.findall(r"curl '?http://127.0.0.1:8000(/reconcile[^\s']*)", text):
        assert client.get(address).status_code == 200


def test_the_service_in_three_languages(client: FlaskClient) -> None:
    names = {}
    for language in ("en", "ko", "fr"):
        manifest = client.get(f"/reconcile/{language}").json
        names[language] = next(t["name"] for t in manifest["defaultTypes"] if t["id"] == "kclod:Event")
    assert len(set(names.values())) == 3
