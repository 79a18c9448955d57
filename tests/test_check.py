"""`kclod check`: a small site that does everything right, and the same with one thing wrong at a time."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import socket
import threading
import time
import unicodedata
from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest
from click.testing import CliRunner

from kclod.check import RULES, Client, Report, check
from kclod.cli import main
from kclod.errors import UsageError
from tests.right_site import MODIFIED, THINGS, TYPES, Answer, Fault, Request, Site, serving


def failing(report: Report) -> set[str]:
    return {f"{v.rule.group}/{v.rule.name}" for v in report.verdicts if v.holds is False}


def tried(report: Report) -> set[str]:
    return {f"{v.rule.group}/{v.rule.name}" for v in report.verdicts if v.holds is not None}


def test_a_right_site_is_blamed_for_nothing() -> None:
    with serving(Site()) as address:
        report = check(address, Client(timeout=5))
    assert failing(report) == set(), [
        (v.rule.name, v.said, v.exchange and v.exchange.asked()) for v in report.verdicts if v.holds is False
    ]
    every = {f"{rule.group}/{rule.name}" for rule in RULES}
    assert every - tried(report) == {"negotiation by Accept/location"}
    assert [entity.iri for entity in report.entities] == [f"{address}thing/box", f"{address}thing/상자"]
    assert report.share == 1


def header(name: str, value: str | None, *, when: Callable[[Request, Answer], bool] = lambda _r, _a: True) -> Fault:
    """Sets a field of answers that have it, or takes it away."""

    def fault(request: Request, answer: Answer) -> Answer:
        if when(request, answer) and name in answer.headers:
            if value is None:
                del answer.headers[name]
            else:
                answer.headers[name] = value
        return answer

    return fault


def replace(old: bytes, new: bytes, *, when: Callable[[Request, Answer], bool] = lambda _r, _a: True) -> Fault:
    def fault(request: Request, answer: Answer) -> Answer:
        if when(request, answer) and "Content-Encoding" not in answer.headers:
            answer.body = answer.body.replace(old, new)
        return answer

    return fault


def instead(when: Callable[[Request, Answer], bool], make: Callable[[Request, Answer], Answer]) -> Fault:
    return lambda request, answer: make(request, answer) if when(request, answer) else answer


def is_thing(request: Request, _: Answer) -> bool:
    return request.path.startswith("/thing/")


def is_data(request: Request, _: Answer) -> bool:
    return request.path.startswith("/doc/") and not request.path.endswith(".html")


def without(*fields: str) -> Fault:
    """The site does not see fields of the request."""

    def before(request: Request, answer: Answer) -> Answer:
        for name in fields:
            request.headers.pop(name, None)
        return answer

    return before


def in_place(request: Request, answer: Answer) -> Answer:
    """The document at the thing's address, instead of a redirect."""
    if is_thing(request, answer) and answer.status == 303:
        extension = answer.headers["Location"].rpartition(".")[2]
        site = Site()
        found = site._code(request, site._document(request, unquote(request.path).rpartition("/")[2], extension))
        found.headers["Vary"] = f"Accept, {found.headers['Vary']}"
        found.headers["Access-Control-Allow-Origin"] = "*"
        return site._conditions(request, found)
    return answer


def first_of_accept(request: Request, answer: Answer) -> Answer:
    request.headers["accept"] = request.headers.get("accept", "*/*").partition(";")[0].partition(",")[0]
    return answer


def case_sensitive(request: Request, answer: Answer) -> Answer:
    if is_thing(request, answer) and request.get("accept") in [kind.upper() for kind in TYPES.values()]:
        return Answer(406)
    return answer


def boom(request: Request, answer: Answer) -> Answer:
    raise RuntimeError


def one_tag_in_place(request: Request, answer: Answer) -> Answer:
    found = in_place(request, answer)
    if "ETag" in found.headers and is_thing(request, found):
        found.headers["ETag"] = '"same"'
    return found


COUNT = iter(range(10**9))


def changing(request: Request, answer: Answer) -> Answer:
    if answer.status == 200 and request.path.endswith(".html"):
        answer.body += str(next(COUNT)).encode()
    return answer


FAULTS: dict[str, tuple[str, Site]] = {
    "200 in place": ("identification/see-other", Site(in_place)),
    "page and data at one address": ("identification/own-address", Site(in_place)),
    "in place without Content-Location": ("negotiation by Accept/location", Site(in_place)),
    "circle": (
        "identification/answers",
        Site(
            instead(
                is_thing, lambda r, a: Answer(303, {"Location": r.path}) if "html" in (r.get("accept") or "") else a
            )
        ),
    ),
    "leads away": (
        "identification/redirects-end",
        Site(
            header(
                "Location",
                "http://localhost:9/x",
                when=lambda r, a: a.status == 303 and a.headers["Location"].endswith("html"),
            )
        ),
    ),
    "another IRI in the data": ("identification/names-it", Site(replace(b"/thing/", b"/other/", when=is_data))),
    "host from X-Forwarded-Host": (
        "identification/host-not-trusted",
        Site(
            lambda r, a: Answer(
                a.status,
                a.headers | ({"Location": f"http://{r.get('x-forwarded-host')}/"} if r.get("x-forwarded-host") else {}),
                a.body,
            )
        ),
    ),
    "no page": (
        "negotiation by Accept/html",
        Site(
            lambda r, a: (
                Answer(303, a.headers | {"Location": a.headers["Location"].replace(".html", ".ttl")})
                if a.status == 303
                else a
            )
        ),
    ),
    "no Turtle": (
        "negotiation by Accept/turtle",
        Site(lambda r, a: Answer(406) if a.headers.get("Location", "").endswith(".ttl") else a),
    ),
    "no JSON-LD": (
        "negotiation by Accept/json-ld",
        Site(lambda r, a: Answer(406) if a.headers.get("Location", "").endswith(".jsonld") else a),
    ),
    "the first type of Accept": ("negotiation by Accept/quality", Site(before=first_of_accept)),
    "q=0 is sent": (
        "negotiation by Accept/excluded",
        Site(before=lambda r, a: r.headers.update(accept=r.headers.get("accept", "*/*").replace("q=0,", "q=1,")) or a),
    ),
    "ranges before types": (
        "negotiation by Accept/specific",
        Site(
            lambda r, a: (
                Answer(303, a.headers | {"Location": "/doc/box.html"})
                if is_thing(r, a) and "*/*;q=0.2" in (r.get("accept") or "")
                else a
            )
        ),
    ),
    "406 without Accept": (
        "negotiation by Accept/any",
        Site(lambda r, a: Answer(406) if is_thing(r, a) and r.get("accept") in (None, "*/*") else a),
    ),
    "Accept by case": ("negotiation by Accept/case", Site(case_sensitive)),
    "no lists": (
        "negotiation by Accept/lists",
        Site(lambda r, a: Answer(406) if is_thing(r, a) and ",," in (r.get("accept") or "") else a),
    ),
    "HTML for clients of RDF": (
        "negotiation by Accept/clients",
        Site(
            lambda r, a: (
                Answer(303, a.headers | {"Location": "/doc/box.html"})
                if is_thing(r, a) and "html" in (r.get("accept") or "")
                else a
            )
        ),
    ),
    "anything for what is not there": (
        "negotiation by Accept/not-acceptable",
        Site(
            lambda r, a: (
                Answer(303, {"Location": "/doc/box.html", "Vary": "Accept"})
                if a.status == 406 and is_thing(r, a)
                else a
            )
        ),
    ),
    "a bare 406": (
        "negotiation by Accept/says-what-there-is",
        Site(lambda r, a: Answer(406) if a.status == 406 and is_thing(r, a) else a),
    ),
    "failure at a malformed Accept": (
        "negotiation by Accept/malformed",
        Site(lambda r, a: Answer(500) if "q==" in (r.get("accept") or "") else a),
    ),
    "no Vary: Accept": ("negotiation by Accept/vary", Site(header("Vary", None, when=is_thing))),
    "addresses that negotiate again": (
        "negotiation by Accept/extensions",
        Site(
            lambda r, a: (
                Answer(303, {"Location": "/doc/box.html"})
                if is_data(r, a) and (r.get("accept") or "").startswith("text/html, */*")
                else a
            )
        ),
    ),
    "broken Turtle": ("data/well-formed", Site(replace(b" .\n", b" ;\n", when=lambda r, a: r.path.endswith(".ttl")))),
    "a document without triples": (
        "data/not-empty",
        Site(
            instead(
                lambda r, a: r.path.endswith(".rdf") and a.status == 200 and "Content-Encoding" not in a.headers,
                lambda r, a: Answer(
                    200, a.headers, b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'
                ),
            )
        ),
    ),
    "formats that differ": ("data/same", Site(replace(b"a box", b"no box", when=lambda r, a: r.path.endswith(".nt")))),
    "Latin-1": ("data/utf-8", Site(replace(b"filling", "é".encode("latin-1")))),
    "charset": (
        "data/utf-8",
        Site(header("Content-Type", "text/turtle; charset=iso-8859-1", when=lambda r, a: r.path.endswith(".ttl"))),
    ),
    "no CORS": ("data/cors", Site(header("Access-Control-Allow-Origin", None))),
    "language not told": (
        "languages/told",
        Site(lambda r, a: replace(b' lang="en"', b"")(r, header("Content-Language", None)(r, a))),
    ),
    "no Vary: Accept-Language": (
        "languages/vary",
        Site(header("Vary", "Accept-Encoding", when=lambda r, a: r.path.endswith(".html"))),
    ),
    "no lookup": (
        "languages/sub-tags",
        Site(
            before=lambda r, a: (
                r.headers.update({"accept-language": "en"} if "-XX" in (r.get("accept-language") or "") else {}) or a
            )
        ),
    ),
    "406 for a language": (
        "languages/never-406",
        Site(lambda r, a: Answer(406) if r.get("accept-language") == "x-none" else a),
    ),
    "no HEAD": (
        "methods/head",
        Site(instead(lambda r, a: r.method == "HEAD", lambda r, a: Answer(405, {"Allow": "GET"}))),
    ),
    "HEAD without fields": ("methods/head-fields", Site(header("ETag", None, when=lambda r, a: r.method == "HEAD"))),
    "405 without Allow": ("methods/not-allowed", Site(header("Allow", None, when=lambda r, a: a.status == 405))),
    "any method is GET": ("methods/not-allowed", Site(before=lambda r, a: setattr(r, "method", "GET") or a)),
    "no OPTIONS": ("methods/options", Site(lambda r, a: Answer(404) if r.method == "OPTIONS" else a)),
    "no validators": (
        "validators/validator",
        Site(
            lambda r, a: header("Last-Modified", None)(r, header("ETag", None)(r, a)),
            without("if-none-match", "if-modified-since"),
        ),
    ),
    "bare tags": ("validators/well-formed", Site(header("ETag", "abc"))),
    "never 304": ("validators/none-match", Site(before=without("if-none-match"))),
    "strong comparison": (
        "validators/none-match",
        Site(
            before=lambda r, a: (
                r.headers.pop("if-none-match", None) and a if "W/" in (r.get("if-none-match") or "") else a
            )
        ),
    ),
    "304 to another tag": (
        "validators/other-tag",
        Site(
            lambda r, a: (
                Answer(304, {"ETag": a.headers["ETag"]}) if r.get("if-none-match") and "ETag" in a.headers else a
            )
        ),
    ),
    "304 without Vary": ("validators/same-fields", Site(header("Vary", None, when=lambda r, a: a.status == 304))),
    "one tag, changing bytes": ("validators/stable", Site(changing)),
    "one tag for all formats": ("validators/distinct", Site(one_tag_in_place)),
    "no If-Modified-Since": ("validators/modified-since", Site(before=without("if-modified-since"))),
    "the date before the tag": (
        "validators/modified-since",
        Site(lambda r, a: Answer(304) if r.get("if-modified-since") == MODIFIED and "ETag" in a.headers else a),
    ),
    "modified in the future": (
        "validators/not-in-future",
        Site(header("Last-Modified", "Fri, 01 Jan 2100 00:00:00 GMT")),
    ),
    "bad gzip": (
        "content codings/decodes",
        Site(
            instead(
                lambda r, a: "Content-Encoding" in a.headers,
                lambda r, a: Answer(a.status, a.headers, gzip.compress(b"other")),
            )
        ),
    ),
    "no Vary: Accept-Encoding": (
        "content codings/vary",
        Site(lambda r, a: header("Vary", a.headers.get("Vary", "").replace(", Accept-Encoding", ""))(r, a)),
    ),
    "one tag for both codings": (
        "content codings/tags",
        Site(lambda r, a: header("ETag", a.headers.get("ETag", "").replace("-gzip", ""))(r, a)),
    ),
    "no 304 when coded": (
        "content codings/coded-304",
        Site(
            before=lambda r, a: (
                r.headers.pop("if-none-match", None) and a if "gzip" in (r.get("accept-encoding") or "") else a
            )
        ),
    ),
    "gzip for all": (
        "content codings/refused",
        Site(before=lambda r, a: r.headers.update({"accept-encoding": "gzip"}) or a),
    ),
    "nothing is compressed": ("content codings/compressed", Site(before=without("accept-encoding"))),
    "200 for nothing": (
        "errors/not-found",
        Site(
            lambda r, a: (
                Answer(200, {"Content-Type": "text/turtle"})
                if a.status == 404 and "turtle" in (r.get("accept") or "")
                else a
            )
        ),
    ),
    "no page for 404": (
        "errors/page",
        Site(lambda r, a: Answer(404, {"Content-Type": "text/plain"}, b"no") if a.status == 404 else a),
    ),
    "a page for programs": (
        "errors/no-page",
        Site(lambda r, a: Answer(404, {"Content-Type": "text/html"}, b"no") if a.status == 404 else a),
    ),
    "failure at odd addresses": ("errors/no-server-error", Site(lambda r, a: Answer(500) if "%ff" in r.path else a)),
    "a stack trace": (
        "errors/no-inside",
        Site(lambda r, a: Answer(404, a.headers, b"Traceback (most recent call last):\n") if a.status == 404 else a),
    ),
    "escapes are other addresses": (
        "spelling of addresses/percent-encoding",
        Site(lambda r, a: Answer(404) if re.search("%(6|7)", r.path) else a),
    ),
    "two addresses by a slash": (
        "spelling of addresses/slash",
        Site(before=lambda r, a: setattr(r, "path", r.path.rstrip("/") or "/") or a),
    ),
    "two addresses by two": (
        "spelling of addresses/doubled-slash",
        Site(before=lambda r, a: setattr(r, "path", r.path.replace("//", "/")) or a),
    ),
    "escapes in data": (
        "spelling of addresses/unicode",
        Site(replace("상자".encode(), quote("상자").encode(), when=is_data)),
    ),
    "decomposed letters": (
        "spelling of addresses/decomposed",
        Site(
            lambda r, a: (
                Answer(404)
                if a.status == 308 and unquote(r.path) != unicodedata.normalize("NFC", unquote(r.path))
                else a
            )
        ),
    ),
    "malformed Link": ("links/well-formed", Site(header("Link", '/a; rel="x"'))),
    "no link to data": (
        "links/alternate",
        Site(header("Link", '<https://x.example/license>; rel="license"', when=lambda r, a: r.path.endswith(".html"))),
    ),
    "dead links": (
        "links/live",
        Site(lambda r, a: Answer(404) if r.path.endswith(".jsonld") and "*/*;q=0.1" in (r.get("accept") or "") else a),
    ),
    "links to the inside": (
        "links/same-site",
        Site(lambda r, a: header("Link", a.headers.get("Link", "").replace("</doc", "<http://10.0.0.1/doc"))(r, a)),
    ),
    "no cite-as": (
        "links/signpost-cite-as",
        Site(lambda r, a: header("Link", a.headers.get("Link", "").replace("cite-as", "about"))(r, a)),
    ),
    "no describedby": (
        "links/signpost-describedby",
        Site(lambda r, a: header("Link", a.headers.get("Link", "").replace("describedby", "about"))(r, a)),
    ),
    "no type": (
        "links/signpost-type",
        Site(lambda r, a: header("Link", a.headers.get("Link", "").replace('"type"', '"about"'))(r, a)),
    ),
    "no license": (
        "links/signpost-license",
        Site(lambda r, a: header("Link", a.headers.get("Link", "").replace('"license"', '"about"'))(r, a)),
    ),
    "cites another": (
        "links/cite-as",
        Site(
            lambda r, a: header("Link", a.headers.get("Link", "").replace('>; rel="cite-as"', '-x>; rel="cite-as"'))(
                r, a
            )
        ),
    ),
    "data that leads nowhere": (
        "links/describes",
        Site(lambda r, a: header("Link", a.headers.get("Link", "").replace("describes", "about"))(r, a)),
    ),
    "no link set": (
        "links/linkset",
        Site(lambda r, a: header("Link", a.headers.get("Link", "").replace("linkset", "about"))(r, a)),
    ),
    "a bad link set": ("links/linkset", Site(replace(b'"linkset"', b'"links"'))),
    "another profile in Link": (
        "profiles/told",
        Site(lambda r, a: header("Link", a.headers.get("Link", "").replace('rel="profile"', 'rel="about"'))(r, a)),
    ),
    "no Accept-Profile": ("profiles/accept-profile", Site(before=without("accept-profile"))),
    "no Vary: Accept-Profile": (
        "profiles/vary",
        Site(
            lambda r, a: header("Vary", a.headers.get("Vary", "").replace("Accept-Profile, ", ""), when=is_data)(r, a)
        ),
    ),
    "no _profile": ("profiles/argument", Site(before=lambda r, a: setattr(r, "query", "") or a)),
    "failure at an unknown profile": (
        "profiles/unknown",
        Site(
            lambda r, a: (
                Answer(500)
                if "x-none>" in (r.get("accept-profile") or "") and "," not in (r.get("accept-profile") or "")
                else a
            )
        ),
    ),
    "no VoID": (
        "discovery/void",
        Site(lambda r, a: Answer(404, {"Content-Type": "text/html"}, b"no") if "void" in r.path else a),
    ),
    "no service description": (
        "discovery/service-description",
        Site(lambda r, a: Answer(400) if r.path == "/sparql" and not r.query else a),
    ),
    "200 for a malformed query": (
        "discovery/malformed-query",
        Site(lambda r, a: Answer(200, a.headers) if r.path == "/sparql" and a.status == 400 else a),
    ),
    "JSON for all": (
        "discovery/query-formats",
        Site(header("Content-Type", "application/sparql-results+json", when=lambda r, a: "query=" in r.query)),
    ),
    "no Vary of results": (
        "discovery/query-vary",
        Site(header("Vary", None, when=lambda r, a: "query=" in r.query)),
    ),
    "robots as a page": (
        "discovery/robots",
        Site(header("Content-Type", "text/html", when=lambda r, a: r.path == "/robots.txt")),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found(name: str) -> None:
    rule, site = FAULTS[name]
    with serving(site) as address:
        named = f"{address}thing/{quote(THINGS[1])}"
        tried = [one for one in RULES if f"{one.group}/{one.name}" == rule]
        report = check(address if "discovery" in rule else named, Client(timeout=20), rules=tried)
    assert rule in failing(report), failing(report)
    (verdict,) = report.verdicts
    assert verdict.said
    assert verdict.exchange is None or verdict.exchange.asked().startswith(
        ("GET http", "HEAD http", "OPTIONS", "PROPFIND")
    )


def test_every_rule_has_a_fault() -> None:
    rules = {f"{rule.group}/{rule.name}" for rule in RULES}
    assert {rule for rule, _ in FAULTS.values()} == rules
    assert len({(rule.group, rule.name) for rule in RULES}) == len(RULES)
    assert all(rule.source and rule.demands for rule in RULES)


def listening(talk: Callable[[socket.socket], None]) -> tuple[socket.socket, str]:
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.recv(4096)
                talk(connection)

    threading.Thread(target=serve, daemon=True).start()
    return server, f"http://127.0.0.1:{server.getsockname()[1]}/"


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(200):
        connection.sendall(b"a")
        time.sleep(0.05)


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/turtle\r\n\r\n")
    while True:
        connection.sendall(b"# " + b"x" * 65536)


HANGS: dict[str, Callable[[socket.socket], None]] = {
    "silence": lambda connection: time.sleep(3),
    "a byte now and then": drip,
    "a body without end": endless,
    "no HTTP": lambda connection: connection.sendall(b"SSH-2.0-x\r\n"),
    "an end at once": lambda connection: None,
}


@pytest.mark.parametrize("name", HANGS)
def test_nothing_hangs(name: str) -> None:
    server, address = listening(HANGS[name])
    with server:
        started = time.monotonic()
        client = Client(timeout=0.4, bytes=1 << 20)
        with contextlib.suppress(UsageError):
            check(address, client)
        assert time.monotonic() - started < 30
        assert client.made < 80


def test_requests_are_bounded_and_apart() -> None:
    with serving(Site()) as address:
        report = check(address, Client(requests=40, timeout=5))
        assert report.requests == 40
        assert any(verdict.said.startswith("not tried") for verdict in report.verdicts)
        client, started = Client(delay=0.1), time.monotonic()
        for number in range(4):
            client.ask(f"{address}?{number}")
            client.ask(f"{address}?{number}")
        assert client.made == 4
        assert time.monotonic() - started >= 0.3


def test_the_verb() -> None:
    with serving(Site()) as address:
        good = CliRunner().invoke(main, ["check", address, "--all"])
        assert good.exit_code == 0, good.output
        assert "✓ see-other" in good.output
        assert "100%" in good.output
    with serving(FAULTS["no HEAD"][1]) as address:
        bad = CliRunner().invoke(main, ["check", address, "--json"])
        assert bad.exit_code == 1
        report = json.loads(bad.output)
        (rule,) = (rule for rule in report["rules"] if rule["group"] == "methods" and rule["name"] == "head")
        assert rule["holds"] is False
        assert rule["sent"].startswith("HEAD ")
        assert rule["source"] == "RFC 9110, 9.3.2"
        assert report["score"] < 1
        assert CliRunner().invoke(main, ["check", address, "--at-least", "50"]).exit_code == 0
    assert CliRunner().invoke(main, ["check", address]).exit_code == 2
    assert CliRunner().invoke(main, ["check", "ftp://x.example/"]).exit_code == 2
