"""A fair share for each client, and who a client is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from bounds import LIMITS, until
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from test_workers import CROSS

from kclod.errors import UsageError
from kclod.release import Release
from kclod.web import publication
from kclod.web.app import close, create_app
from kclod.web.http import clients
from kclod.web.http.clients import ShareError, Shares, client_of, networks
from kclod.web.limits import Limits

PROXIES = networks(("10.0.0.0/8", "2001:db8:ffff::/48", "127.0.0.1"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.7", None, "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),  # not a proxy of ours: what it says is nothing
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "192.0.2.1, 203.0.113.9", "203.0.113.9"),  # the first was written by the client
        ("10.0.0.1", "192.0.2.1, 203.0.113.9, 10.2.3.4", "203.0.113.9"),
        ("10.0.0.1", "10.9.9.9, 10.2.3.4", "10.9.9.9"),
        ("10.0.0.1", "203.0.113.9:51234", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8:1:2:3::4]:443", "2001:db8:1:2::/64"),
        ("10.0.0.1", "2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, garbage", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", ",,,", "10.0.0.1"),
        ("2001:db8:ffff::1", "203.0.113.9", "203.0.113.9"),
        ("", "203.0.113.9", ""),
    ],
)
def test_who_asks(peer: str, forwarded: str | None, client: str) -> None:
    assert client_of(peer, forwarded, PROXIES) == client


@given(st.text(max_size=80))
def test_no_header_makes_another_of_a_client_without_proxy(header: str) -> None:
    assert client_of("198.51.100.7", header, PROXIES) == "198.51.100.7"
    assert client_of("10.0.0.1", f"{header}, 203.0.113.9", PROXIES) == "203.0.113.9"


@pytest.mark.parametrize("text", ["proxy.example", "10.0.0.1/8", ""])
def test_a_proxy_is_an_address(text: str, release: Release) -> None:
    with pytest.raises(UsageError, match=r"serve\.proxy"):
        create_app(release, limits=Limits(trusted_proxies=(text,)))


def test_queries_at_a_time() -> None:
    shares = Shares(2, 60, 60)
    with ExitStack() as running:
        running.enter_context(shares.running("a"))
        running.enter_context(shares.running("a"))
        with pytest.raises(ShareError), shares.running("a"):
            pass
        running.enter_context(shares.running("b"))
    with shares.running("a"):
        pass


@pytest.mark.parametrize("what", ["seconds", "errors"])
def test_shares_run_out_and_come_back(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(clients.time, "monotonic", lambda: now[0])
    shares = Shares(2, 60, 30)

    def use() -> None:
        if what == "seconds":
            shares.spent("a", 2.0)
        else:
            shares.failed("a")

    for _ in range(30):
        shares.check("a")
        use()
    with pytest.raises(ShareError) as caught:
        shares.check("a")
    shares.check("b")
    now[0] += caught.value.seconds
    shares.check("a")
    now[0] += 1_000_000
    for _ in range(30):  # what was saved up is one minute's share and no more
        shares.check("a")
        use()
    with pytest.raises(ShareError):
        shares.check("a")


def test_retry_after_is_when_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(clients.time, "monotonic", lambda: now[0])
    shares = Shares(2, 60, 30)
    shares.spent("a", 75.0)
    with pytest.raises(ShareError) as caught:
        shares.check("a")
    assert 15 <= caught.value.seconds <= 17
    now[0] += caught.value.seconds + 1
    shares.check("a")


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_REMEMBERED", 100)
    shares = Shares(2, 60, 30)
    with shares.running("kept"):
        for number in range(1000):
            shares.failed(f"c{number}")
            assert len(shares._accounts) <= 101
        with shares.running("kept"), pytest.raises(ShareError), shares.running("kept"):
            pass


@contextmanager
def clients_of(release: Release, **limits: object) -> Iterator[FlaskClient]:
    app = create_app(release, limits=replace(LIMITS, **limits))
    yield app.test_client()
    close(app)


def test_errors_over_http(release: Release) -> None:
    with clients_of(release, client_errors=3, trusted_proxies=("127.0.0.1",)) as client:
        for _ in range(3):
            assert client.get("/sparql?query=SELECT").status_code == 400
        refused = client.get("/sparql?query=ASK%7B%7D")
        assert (refused.status_code, refused.json["code"]) == (429, "too-many-requests")
        assert int(refused.headers["Retry-After"]) >= 1
        assert refused.content_type == "application/problem+json"
        assert client.get("/sparql?query=ASK%7B%7D", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 200
        assert client.get("/sparql").status_code == 200  # its pages and the description stay
        assert client.get("/page/light/alpha").status_code == 200


def test_a_header_is_believed_from_proxies_only(release: Release) -> None:
    with clients_of(release, client_errors=1) as client:
        assert client.get("/sparql?query=SELECT").status_code == 400
        for number in range(3):
            forwarded = {"X-Forwarded-For": f"203.0.113.{number}"}
            assert client.get("/sparql?query=ASK%7B%7D", headers=forwarded).status_code == 429


def test_query_seconds_over_http(release: Release) -> None:
    with clients_of(release, client_seconds=0.3, deadline_seconds=0.5) as client:
        assert client.get("/sparql", query_string={"query": CROSS}).status_code == 503
        refused = client.get("/sparql?query=ASK%7B%7D")
        assert refused.status_code == 429
        assert "query seconds" in refused.json["detail"]


@contextmanager
def at_work(client: FlaskClient) -> Iterator[None]:
    """While a query of two seconds is being answered, to the same client."""
    ask = {"query": CROSS, "timeout": "2"}
    thread = threading.Thread(target=lambda: client.application.test_client().get("/sparql", query_string=ask))
    thread.start()
    until(lambda: publication.of(client.application).pool.load().inside == 1)
    yield
    thread.join()


def test_queries_at_a_time_over_http(release: Release) -> None:
    with clients_of(release, client_queries=1, trusted_proxies=("127.0.0.1",)) as client:
        with at_work(client):
            assert client.get("/sparql?query=ASK%7B%7D").status_code == 429
            assert client.get("/sparql?query=ASK%7B%7D", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 200
        assert client.get("/sparql?query=ASK%7B%7D").status_code == 200


def test_kept_answers_cost_nothing(release: Release) -> None:
    with clients_of(release, client_queries=1) as client:
        assert client.get("/sparql?query=ASK%7B%7D").status_code == 200
        with at_work(client):
            kept = client.get("/sparql?query=ASK%7B%7D")
            assert client.get("/sparql?query=ASK%7B%20%7D").status_code == 429
        assert (kept.status_code, kept.headers["Cache-Status"]) == (200, "kclod; hit")


def test_a_stream_is_one_of_the_clients_queries(release: Release) -> None:
    with clients_of(release, client_queries=1, client_seconds=2.0, stream_seconds=30.0) as client:
        endless = {"query": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", "stream": "true", "format": "csv"}
        response = client.get("/sparql", query_string=endless, buffered=False)
        assert response.headers["Preference-Applied"] == "stream"
        assert client.get("/sparql?query=ASK%7B%7D").status_code == 429
        response.close()
        assert client.get("/sparql?query=ASK%7B%7D").status_code == 200
        client.application.extensions["kclod"].shares.spent("127.0.0.1", 2.0)
        assert client.get("/sparql?query=ASK%7B%7D").status_code == 429


def test_a_full_queue_is_told_at_once(release: Release) -> None:
    with clients_of(release, workers=1, queue=1, deadline_seconds=3.0) as client:
        asked = [{"query": CROSS.replace("COUNT(*)", f"COUNT(*) + {n}")} for n in range(2)]
        threads = [
            threading.Thread(target=client.application.test_client().get, args=("/sparql",), kwargs={"query_string": q})
            for q in asked
        ]
        for thread in threads:
            thread.start()
        until(lambda: publication.of(client.application).pool.load().inside == len(threads))
        started = time.monotonic()
        refused = client.get("/sparql?query=ASK%20%7B%7D")
        assert time.monotonic() - started < 1.5
        assert (refused.status_code, refused.json["code"]) == (503, "busy")
        assert int(refused.headers["Retry-After"]) >= 1
        for thread in threads:
            thread.join()
