"""Metrics: true counts, for those who may read them, and none of what clients send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import flask
import pytest
from bounds import LIMITS
from flask.testing import FlaskClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain
from running import running

from kclod.errors import UsageError
from kclod.release import Release
from kclod.web.app import close, create_app

GUIDE = (Path(__file__).parents[2] / "docs" / "sparql.md").read_text("utf-8").partition("## Metrics")[2]


@pytest.fixture
def app(release: Release) -> Iterator[flask.Flask]:
    made = create_app(release, limits=replace(LIMITS, trusted_proxies=("10.0.0.1",)))
    yield made
    close(made)


def read(client: FlaskClient) -> dict[tuple[str, ...], float]:
    """Samples by name and the values of their labels, those of buckets apart."""
    response = client.get("/metrics")
    assert response.status_code == 200, response.text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in plain(response.text)
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


def test_queries(app: flask.Flask) -> None:
    client = app.test_client()
    for query in ("ASK {}", "ASK {}", "SELECT (RAND() AS ?x) {}", "SELECT ?", "INSERT DATA {}"):
        client.get("/sparql", query_string={"query": query, "format": "json"})
    size = len(client.get("/sparql", query_string={"query": "SELECT (1 AS ?x) {}", "stream": "true"}).data)
    found = read(client)
    queries = {key[1]: value for key, value in found.items() if key[0] == "kclod_queries_total"}
    assert queries == {"miss": 1, "hit": 1, "bypass": 2, "malformed-query": 1, "read-only": 1}
    assert found["kclod_ready_answers_total",] == 1
    assert found["kclod_query_seconds_count",] == 5
    assert found["kclod_query_seconds_sum",] > 0
    assert found["kclod_query_bytes_total",] > size
    assert found["kclod_cache_answers",] == 1
    assert found["kclod_cache_bytes",] > 10
    assert found["kclod_requests_total", "sparql.ask", "200"] == 3
    assert found["kclod_requests_total", "sparql.ask", "400"] == 1
    assert found["kclod_request_seconds_count", "sparql.ask"] == 5
    assert found["kclod_workers", "idle"] >= 1
    assert found["kclod_workers", "long"] == found["kclod_queries_waiting",] == found["kclod_streams",] == 0


def test_killed_workers(app: flask.Flask) -> None:
    client = app.test_client()
    cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    assert client.get("/sparql", query_string={"query": cross, "timeout": "0.3"}).status_code == 503
    found = read(client)
    assert found["kclod_queries_total", "deadline"] == 1
    assert found["kclod_workers_killed_total",] >= 1
    assert found["kclod_workers_started_total",] > found["kclod_workers_killed_total",] - 1


def test_pages_and_the_release(app: flask.Flask, release: Release) -> None:
    client = app.test_client()
    client.get("/", headers={"Accept": "text/html"})
    client.get("/page/light/alpha")
    client.get("/page/light/none")
    client.get("/no/such/thing?secret=1")
    client.post("/health")
    found = read(client)
    requests = {key[1:]: value for key, value in found.items() if key[0] == "kclod_requests_total"}
    assert requests == {
        ("overview.home", "200"): 1,
        ("documents.page", "200"): 1,
        ("documents.page", "404"): 1,
        ("documents.other_thing", "404"): 1,
        ("nothing", "405"): 1,
    }
    assert (("kclod_release_info", release.version, release.site.dataset_iri) in found) or (
        ("kclod_release_info", release.site.dataset_iri, release.version) in found
    )
    assert "secret" not in client.get("/metrics").text


def test_a_failing_page_is_counted(app: flask.Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError

    monkeypatch.setitem(app.view_functions, "overview.robots", broken)
    app.test_client().get("/robots.txt")
    assert read(app.test_client())["kclod_requests_total", "overview.robots", "500"] == 1


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.8.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("192.0.2.7", {}, 403),
        ("2001:db8::1", {}, 403),
        ("", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 403),  # a proxy here that nobody named
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"X-Forwarded-For": ""}, 403),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.7"}, 403),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 403),
        ("10.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 403),
        ("10.0.0.1", {"X-Forwarded-For": "127.0.0.1, 192.0.2.7"}, 403),
        ("10.0.0.1", {"X-Forwarded-For": "192.0.2.7, 127.0.0.1"}, 200),
        ("10.0.0.1", {}, 403),
    ],
)
def test_who_may_read(app: flask.Flask, peer: str, headers: dict[str, str], status: int) -> None:
    response = app.test_client().get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": peer})
    assert response.status_code == status
    if status == 403:
        assert response.json["code"] == "not-a-reader"
    assert "Access-Control-Allow-Origin" not in response.headers


def test_readers_can_be_named(release: Release) -> None:
    app = create_app(release, limits=replace(LIMITS, metrics_readers=("192.0.2.0/24",)))
    try:
        get = app.test_client().get
        assert get("/metrics", environ_overrides={"REMOTE_ADDR": "192.0.2.9"}).status_code == 200
        assert get("/metrics").status_code == 403
    finally:
        close(app)
    with pytest.raises(UsageError, match="not an address"):
        create_app(release, limits=replace(LIMITS, metrics_readers=("somewhere",)))


@pytest.mark.parametrize("accept", ["", "*/*", "text/plain", "application/openmetrics-text;version=x", "image/png"])
def test_the_text_format(app: flask.Flask, accept: str) -> None:
    response = app.test_client().get("/metrics", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert {family.name for family in plain(response.text)} >= {"kclod_workers", "kclod_cache_bytes"}


def test_open_metrics(app: flask.Flask) -> None:
    accept = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.3"
    response = app.test_client().get("/metrics", headers={"Accept": accept})
    assert response.mimetype == "application/openmetrics-text"
    assert {family.name for family in open_metrics(response.text)} >= {"kclod_requests", "kclod_workers"}


def test_every_metric_is_documented(app: flask.Flask) -> None:
    client = app.test_client()
    client.get("/sparql", query_string={"query": "ASK {}"})
    client.get("/health")
    text = client.get("/metrics").text
    made = {f.name + ("_total" if f.type == "counter" else "") for f in plain(text) if f.name.startswith("kclod_")}
    made = {name for name in made if not name.endswith("_created")}
    assert set(re.findall(r"`(kclod_\w+)", GUIDE)) == made


def test_a_real_server(release: Release) -> None:
    with running(release) as server:
        server.query("ASK {}")
        status, headers, body = server.get("metrics")
        assert status == 200
        assert headers["content-type"].startswith("text/plain")
        assert b'kclod_queries_total{outcome="miss"} 1.0' in body
        assert b"process_resident_memory_bytes" in body
        assert server.get("metrics", **{"X-Forwarded-For": "127.0.0.1"})[0] == 403
