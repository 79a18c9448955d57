"""The site as files under nginx and Caddy: with the written rules they answer as the server does, byte for byte."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from itertools import product
from urllib.parse import quote

import flask
import lights
import pytest
from exported import ACCEPTS, ADDRESSES, FIELDS, KOREAN, PORT, Site, get, vary, wrong
from tests import web_servers

from kclod.check import Client, check


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def program(request: pytest.FixtureRequest) -> str:
    if reason := web_servers.missing(request.param):
        pytest.skip(reason)
    return str(request.param)


@pytest.fixture(scope="module")
def under(program: str, exported: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the files are served; both programs have the address that the files were made for, one after the other."""
    files, rules, folder = exported.folder, exported.folder / "_rules" / program, tmp_path_factory.mktemp(program)
    if program == "nginx":
        running = web_servers.nginx(
            folder,
            http=f"include {rules}/maps.conf;",
            server=f"root {files}; include {rules}/site.conf;",
            port=PORT,
        )
    else:
        running = web_servers.caddy(folder, server=f"root * {files}\nimport {rules}/site.caddy", port=PORT)
    with running as address:
        yield f"{address}lights"


def test_kclod_check_finds_nothing_wrong(under: str) -> None:
    report = check(f"{under}/id/{KOREAN}", Client())
    outside = {"void"}  # below a prefix the well-known address is that of the host's root
    assert [w for w in wrong(report) if w[0] not in outside] == []
    untried = {f"{v.rule.group}/{v.rule.name}" for v in report.verdicts if v.holds is None}
    assert untried == {
        "negotiation by Accept/location",
        *(f"discovery/{name}" for name in ("service-description", "malformed-query", "query-formats", "query-vary")),
    }, "what asks an endpoint is not tried where there is none, all else is"


@pytest.mark.parametrize(("path", "fields"), list(product(ADDRESSES, ACCEPTS)), ids=str)
def test_answers_as_the_server(
    under: str, program: str, served: flask.Flask, path: str, fields: dict[str, str]
) -> None:
    wanted = served.test_client().get(path, headers={n.replace("_", "-"): v for n, v in fields.items()})
    if path.startswith("/describe") and program == "caddy":
        pytest.skip("a question mark in a file's name cannot be spelled in a rewrite")
    if path.startswith("/describe") and "Accept_Profile" in fields:
        pytest.skip("descriptions of any IRI are exported by their default profile")
    status, headers, body = get(f"{under}{path}", **fields)
    assert status == wanted.status_code
    assert headers.get("Location") == wanted.headers.get("Location")
    if status == 200:
        assert body == wanted.data
        shown = {n: ", ".join(headers.get_all(n) or []) for n in FIELDS}
        expected = {n: wanted.headers.get(n, "") for n in FIELDS}
        if path == "/.well-known/void" and "application/xml" in expected["Content-Type"]:
            expected["Content-Type"] = "application/rdf+xml; charset=utf-8"  # the name of a format, never an alias
        if path == "/robots.txt" or path.startswith("/static/icon"):
            expected["Cache-Control"] = shown["Cache-Control"]
        memento = r", <[^>]*>; rel=\"(?:original|timegate|timemap)\"(?:; type=\"[^\"]*\")?"
        expected["Link"] = re.sub(memento, "", expected["Link"])  # one release has no past
        if path.startswith("/describe"):  # that cannot be spelled from the parameter
            expected["Link"] = re.sub(r", <[^>]*>; rel=\"describes\"", "", expected["Link"])
        assert shown == expected
    if status in (200, 303):
        assert vary(headers.get_all("Vary")) == vary(wanted.headers.getlist("Vary"))
    if status == 406:
        assert headers["Content-Type"] == wanted.content_type
        whole = "Accept_Profile" not in fields and "_profile" not in path and path != "/search"
        if headers["Content-Type"] == "application/problem+json" and whole:
            said = json.loads(wanted.data)
            del said["alternates"]  # files have one body for all addresses of a kind
            assert json.loads(body) == said
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Content-Security-Policy"] == wanted.headers["Content-Security-Policy"]


def test_refusals_methods_and_spellings(under: str) -> None:
    for path, status in (
        ("/sparql?query=ASK%7B%7D", 501),
        ("/lookup?id=1", 501),
        ("/releases", 501),
        ("/reconcile/ko", 501),
        ("/describe", 400),
        ("/cite?format=bib", 400),
        (f"/browse?class={lights.BASE}ontology%23Light&by.near=1", 501),
        ("/page/light/alpha.html", 404),
        ("/_accept/ko/page/light/alpha", 404),
        ("/_errors/404", 404),
        ("/id/light/alpha?in=../../../../etc/x", 404),
        ("/data/light/alpha.ttl?_profile=evidence", 406),
        ("/data/light/alpha.xyz", 404),
    ):
        assert get(f"{under}{path}")[0] == status, path
    status, headers, _ = get(f"{under}/page/light/alpha", "POST")
    assert (status, headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    status, headers, body = get(f"{under}/sparql", Accept="text/html", Accept_Language="fr")
    assert "kclod serve --data" in body.decode()
    assert 'lang="fr"' in body.decode()
    apart = quote(unicodedata.normalize("NFD", "light/한글등대"))
    for spelled, location in (
        ("/id/light/alpha/", "/lights/id/light/alpha"),
        ("/id/light//alpha", "/lights/id/light/alpha"),
        ("/dumps", "/lights/dumps/"),
        (f"/id/{apart}?lang=ko", f"/lights/id/{KOREAN}?lang=ko"),
    ):
        status, headers, _ = get(f"{under}{spelled}")
        assert (status, headers["Location"]) == (308, location)


def test_conditions_ranges_and_codings(under: str) -> None:
    url = f"{under}/page/light/alpha"
    _, headers, body = get(url)
    assert get(url, If_None_Match=headers["ETag"])[0] == 304
    status, coded, packed = get(url, Accept_Encoding="gzip")
    assert (status, coded["Content-Encoding"]) == (200, "gzip")
    assert len(packed) < len(body)
    assert coded["ETag"] != headers["ETag"]
    assert get(url, Accept_Language="ko")[1]["ETag"] != headers["ETag"]
    status, part, some = get(f"{under}/dumps/lights.nq", Range="bytes=10-19")
    assert (status, len(some), part["Content-Range"].partition("/")[0]) == (206, 10, "bytes 10-19")


def test_placeholders_of_clients_are_nothing(under: str) -> None:
    """What a client sends in the form of Caddy's placeholders stays what it is."""
    status, headers, _ = get(f"{under}/id/light/alpha?lang={{env.HOME}}", Accept="text/html")
    assert (status, headers["Location"]) == (303, "/lights/page/light/alpha?lang={env.HOME}")
