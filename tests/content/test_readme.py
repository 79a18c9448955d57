"""What the README and the guide to the endpoint invite a reader to try, tried."""

import re
import shlex
from collections.abc import Iterator
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from kclod.release import Release
from kclod.web.app import close, create_app
from tests.content.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
QUERIES = re.findall(r"```sparql\n(.*?)```", README, re.DOTALL)
GUIDE = re.findall(r"```sparql\n(.*?)```", (ROOT / "docs" / "sparql.md").read_text("utf-8"), re.DOTALL)
CALLS = [shlex.split(line) for line in re.findall(r"^curl .*$", README, re.MULTILINE)]


@pytest.fixture(scope="module")
def client(release: Release) -> Iterator[FlaskClient]:
    app = create_app(release)
    yield app.test_client()
    close(app)


def test_there_are_three_of_each() -> None:
    assert len(QUERIES) == len(CALLS) == 3


@pytest.mark.parametrize("query", QUERIES)
def test_queries_find_something(store: ox.Store, query: str) -> None:
    found = store.query(query)
    assert isinstance(found, ox.QuerySolutions)
    assert list(found)


@pytest.mark.parametrize("query", GUIDE)
def test_queries_of_the_guide_find_something(client: FlaskClient, query: str) -> None:
    response = client.post("/sparql", data={"query": query, "format": "csv"})
    assert response.status_code == 200, response.text
    assert len(response.text.splitlines()) > 1


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call[-1][:40])
def test_curl_lines_answer(client: FlaskClient, call: list[str]) -> None:
    url = next(part for part in call if part.startswith("http"))
    headers = [tuple(call[at + 1].split(": ", 1)) for at, part in enumerate(call) if part == "-H"]
    data = next((call[at + 1] for at, part in enumerate(call) if part == "--data-urlencode"), None)
    path = urlsplit(url).path
    if data:
        name, _, value = data.partition("=")
        response = client.post(path, data={name: value}, headers=headers)
    else:
        response = client.get(path, headers=headers, follow_redirects="-L" in call)
    assert response.status_code == 200
    assert "kimm" in response.text or "한국" in response.text
