"""`kclod check` on the real server: every rule that can be tried holds, also behind proxies."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from urllib.parse import quote, urlsplit

import pytest
from lights import BASE
from running import running
from tests.listening import listening

from kclod.check import RULES, Client, Report, check
from kclod.release import Release


def wrong(report: Report) -> list[tuple[str, str, str]]:
    found = [verdict for verdict in report.verdicts if verdict.holds is False]
    return [(v.rule.name, v.said, v.exchange.asked() if v.exchange else "") for v in found]


def untried(report: Report) -> set[str]:
    return {f"{v.rule.group}/{v.rule.name}" for v in report.verdicts if v.holds is None}


IN_PLACE = {"negotiation by Accept/location"}
"""Tried only where a document is chosen at the thing's own address."""


def test_full_score(release: Release) -> None:
    with running(release, client_errors=10_000) as site:
        report = check(f"{site.address}id/light/{quote('한글등대')}", Client())
        assert wrong(report) == []
        assert untried(report) == IN_PLACE
        assert report.held == len(RULES) - len(IN_PLACE)
        assert report.entities[0].iri == f"{BASE}id/light/한글등대"
        found = check(site.address, Client())
        assert wrong(found) == []
        assert found.entities


@contextlib.contextmanager
def proxy(behind: list[str], prefix: str, *, pass_on: bool) -> Iterator[str]:
    """A proxy that shows the site that is named by then, below a prefix that it passes on or takes away."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            if not self.path.startswith(f"{prefix}/"):
                self.send_error(404)
                return
            target = urlsplit(behind[0])
            connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=10)
            path = self.path if pass_on else self.path.removeprefix(prefix)
            headers = {name: value for name, value in self.headers.items() if name != "Connection"}
            connection.request(self.command, path, headers=headers | {"X-Forwarded-Host": self.headers["Host"]})
            response = connection.getresponse()
            body = response.read()
            connection.close()
            self.send_response_only(response.status)
            for name, value in response.getheaders():
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    self.send_header(name, value)
            length = response.getheader("content-length") or str(len(body))
            if response.status not in (204, 304):
                self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_HEAD = do_OPTIONS = do_PROPFIND = handle_any  # noqa: N815 # as http.server calls them

    with listening(Handler) as port:
        yield f"http://127.0.0.1:{port}{prefix}/"


@pytest.mark.parametrize("pass_on", [True, False])
def test_behind_a_proxy_below_a_prefix(release: Release, pass_on: bool) -> None:
    behind: list[str] = []
    with (
        proxy(behind, "/shown", pass_on=pass_on) as address,
        running(release, {"public_url": address}, client_errors=10_000) as site,
    ):
        behind.append(site.address)
        report = check(f"{address}id/light/{quote('한글등대')}", Client())
        outside = {"discovery/" + v.rule.name for v in report.verdicts if v.rule.group == "discovery"}
        assert [w for w in wrong(report) if f"discovery/{w[0]}" not in outside] == []
        assert {f"discovery/{w[0]}" for w in wrong(report)} <= {"discovery/void"}, "at the root of another's host"
