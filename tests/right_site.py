"""A small site that does everything right by linked data over HTTP, at addresses unlike those of kclod's own site."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import quote, unquote, urlsplit

from kclod.web.http.negotiation import Offer, choose, choose_encoding, choose_language, choose_profile
from tests.listening import listening

MODIFIED, SCHEMA = "Mon, 02 Nov 2026 10:00:00 GMT", "https://schema.org/Thing"
THINGS = ("box", "상자")
PROFILES = ("urn:profile:short", "urn:profile:long")
TYPES = {
    "html": "text/html",
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
}
RESULTS = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
)
ROUTES = r"/thing/(\w+)|/doc/(\w+)\.(\w+)|/links/(\w+)|/(robots\.txt)?|/(\.well-known/void)|/sparql"
SERVICE = "http://www.w3.org/ns/sparql-service-description#Service"
OFFERS = tuple(Offer(kind) for kind in TYPES.values())
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"


@dataclass
class Request:
    method: str
    path: str
    query: str
    host: str
    headers: dict[str, str]

    def get(self, name: str) -> str | None:
        return self.headers.get(name.lower())


@dataclass
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


Fault = Callable[[Request, Answer], Answer]


class Site:
    """Things at /thing/X, documents at /doc/X.EXT: addresses that are not those of kclod's own site."""

    def __init__(self, fault: Fault | None = None, before: Fault | None = None) -> None:
        self.fault, self.before = fault, before

    def iri(self, request: Request, name: str) -> str:
        return f"http://{request.host}/thing/{name}"

    def answer(self, request: Request) -> Answer:
        if self.before is not None:
            self.before(request, Answer())
        found = self._conditions(request, self._code(request, self._found(request)))
        found.headers.setdefault("Access-Control-Allow-Origin", "*")
        return self.fault(request, found) if self.fault else found

    def _found(self, request: Request) -> Answer:
        try:
            path = unquote(request.path, errors="strict")
        except UnicodeDecodeError:
            return self._missing(request)
        plain = unicodedata.normalize("NFC", re.sub("/+", "/", path)).rstrip("/") or "/"
        route = re.fullmatch(ROUTES, plain)
        name = route and (route[1] or route[2] or route[4])
        if route is None or (name and name not in THINGS) or (route[2] and route[3] not in TYPES):
            return self._missing(request)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            return Answer(405, {"Allow": "GET, HEAD, OPTIONS"})
        if request.method == "OPTIONS":
            return Answer(204, {"Allow": "GET, HEAD, OPTIONS"})
        if plain != path:
            return Answer(308, {"Location": quote(plain)})
        if route[1]:
            return self._thing(request, route[1])
        if route[2]:
            return self._document(request, route[2], route[3])
        if route[4]:
            links = {
                "anchor": f"/doc/{quote(route[4])}.html",
                "cite-as": [{"href": self.iri(request, quote(route[4]))}],
            }
            return Answer(200, {"Content-Type": "application/linkset+json"}, json.dumps({"linkset": [links]}).encode())
        if route[5]:
            return Answer(200, {"Content-Type": "text/plain"}, b"User-agent: *\n")
        if plain == "/sparql":
            return self._query(request)
        if route[6]:
            text = f"<http://{request.host}/> a <http://rdfs.org/ns/void#Dataset> ; " + " , ".join(
                f"<http://rdfs.org/ns/void#exampleResource> <{self.iri(request, name)}>" for name in THINGS
            ).replace(" , <http://rdfs.org/ns/void#exampleResource>", " ,")
            return Answer(200, {"Content-Type": "text/turtle"}, f"{text} .".encode())
        anchors = "".join(f'<a href="/thing/{quote(name)}">{name}</a>' for name in THINGS)
        return Answer(200, {"Content-Type": "text/html"}, f'<html lang="en">{anchors}</html>'.encode())

    def _query(self, request: Request) -> Answer:
        """An endpoint for queries with one row, and its description."""
        query = unquote(request.query.partition("query=")[2])
        if not query:
            return Answer(200, {"Content-Type": "text/turtle"}, f"[] a <{SERVICE}> .".encode())
        if query.count("{") != query.count("}"):
            return Answer(400, {"Content-Type": "text/plain"}, b"malformed")
        choice = choose(request.get("accept"), tuple(Offer(kind) for kind in RESULTS))
        kind = choice.media_type if choice else "application/sparql-results+json"
        answer = {"head": {}, "boolean": True} if query.startswith("ASK") else {"head": {}, "results": {"bindings": []}}
        return Answer(200, {"Content-Type": kind, "Vary": "Accept"}, json.dumps(answer).encode())

    def _missing(self, request: Request) -> Answer:
        choice = choose(request.get("accept"), (Offer("application/problem+json"), Offer("text/html")))
        kind = choice.media_type if choice else "application/problem+json"
        return Answer(
            404, {"Content-Type": kind, "Vary": "Accept"}, b"<p>Nothing here.</p>" if "html" in kind else b"{}"
        )

    def _thing(self, request: Request, name: str) -> Answer:
        choice = choose(request.get("accept"), OFFERS)
        if choice is None:
            return Answer(406, {"Content-Type": "text/plain", "Vary": "Accept"}, "\n".join(TYPES.values()).encode())
        (extension,) = (key for key, kind in TYPES.items() if kind == choice.media_type)
        return Answer(303, {"Location": f"/doc/{quote(name)}.{extension}", "Vary": "Accept, Accept-Profile"})

    def _document(self, request: Request, name: str, extension: str) -> Answer:
        iri, kind, stem = self.iri(request, name), TYPES[extension], f"/doc/{quote(name)}"
        headers = {"Content-Type": f"{kind}; charset=utf-8", "Last-Modified": MODIFIED, "Cache-Control": "no-cache"}
        links = [f'<{stem}.{other}>; rel="alternate"; type="{TYPES[other]}"' for other in TYPES if other != extension]
        if extension == "html":
            language = choose_language(request.get("accept-language"), ("en", "ko"))
            headers |= {"Content-Language": language, "Vary": "Accept-Language, Accept-Encoding"}
            links += [
                f'<{quote(iri, safe=":/")}>; rel="cite-as"',
                f'<{stem}.ttl>; rel="describedby"; type="text/turtle"',
            ]
            links += [f'<{SCHEMA}>; rel="type"', '<https://x.example/license>; rel="license"']
            links += [f'</links/{quote(name)}>; rel="linkset"; type="application/linkset+json"']
            body = f'<html lang="{language}"><p>{name}</p>{"<p>filling</p>" * 200}</html>'
        else:
            profile = request.query.partition("_profile=")[2] or None
            chosen = choose_profile(f"<{unquote(profile)}>" if profile else request.get("accept-profile"), PROFILES)
            if chosen is None:
                return Answer(406, {"Vary": "Accept-Profile, Accept-Encoding"})
            headers |= {"Vary": "Accept-Profile, Accept-Encoding", "Content-Profile": f"<{chosen[0]}>"}
            links += [f'<{chosen[0]}>; rel="profile"', f'<{quote(iri, safe=":/")}>; rel="describes"']
            links += [f'<{stem}.{extension}>; rel="alternate"; type="{kind}"; profile="{one}"' for one in PROFILES]
            body = self._data(iri, extension, long=chosen[0] == PROFILES[1])
        headers["Link"] = ", ".join(links)
        headers["ETag"] = f'"{abs(hash((body, extension))):x}"'
        return Answer(200, headers, body.encode())

    def _data(self, iri: str, extension: str, *, long: bool) -> str:
        label = "a box" if not long else "a box, said at length"
        match extension:
            case "rdf":
                about = f'<rdf:Description rdf:about="{iri}"><r:label>{label}</r:label></rdf:Description>'
                rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
                return f'<rdf:RDF xmlns:rdf="{rdf}" xmlns:r="{LABEL[:-5]}">{about}</rdf:RDF>'
            case "jsonld":
                return json.dumps({"@id": iri, LABEL: [{"@value": label}]}, ensure_ascii=False)
        return f'<{iri}> <{LABEL}> "{label}" .\n'

    def _code(self, request: Request, found: Answer) -> Answer:
        varies = found.status == 200 and "Accept-Encoding" in found.headers.get("Vary", "")
        if varies and choose_encoding(request.get("accept-encoding"), ("gzip",)) == "gzip":
            found.body = gzip.compress(found.body, mtime=0)
            found.headers |= {"Content-Encoding": "gzip", "ETag": found.headers["ETag"][:-1] + '-gzip"'}
        return found

    def _conditions(self, request: Request, found: Answer) -> Answer:
        tag, wish, since = found.headers.get("ETag"), request.get("if-none-match"), request.get("if-modified-since")
        same = wish == "*" or (tag or "-") in (wish or "").replace("W/", "").split(", ")
        if found.status == 200 and tag and (same if wish else since == MODIFIED):
            kept = ("ETag", "Vary", "Cache-Control", "Last-Modified", "Date")
            return Answer(304, {name: value for name, value in found.headers.items() if name in kept})
        return found


@contextlib.contextmanager
def serving(site: Site) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = "/" + self.path.partition("?")[0].removeprefix("/")
            request = Request(self.command, path, parts.query, headers["host"], headers)
            try:
                found = site.answer(request)
            except Exception:  # a fault that is raised
                found = Answer(500, {"Content-Type": "text/plain"}, b"failed")
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            if found.status not in (204, 304):
                self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            if self.command != "HEAD" and found.status not in (204, 304):
                self.wfile.write(found.body)

        do_GET = do_HEAD = do_OPTIONS = do_PROPFIND = handle_any  # noqa: N815 # as http.server calls them

    with listening(Handler) as port:
        yield f"http://127.0.0.1:{port}/"
