"""An export of a small release for the tests of web servers with its rules: where it is reached, what is asked for."""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import quote

import lights
from tests.servers import free_port

from kclod.check import Report
from kclod.rdf import RDF_FORMATS
from kclod.release import Release
from kclod.site_files import Export

PORT = free_port()
PUBLIC = f"http://127.0.0.1:{PORT}/lights/"
KOREAN = quote("light/한글등대")
FIELDS = ("Content-Type", "Link", "Content-Language", "Content-Location", "Content-Profile", "Cache-Control")


@dataclass(frozen=True)
class Site:
    """An export, and the release that it is of."""

    release: Release
    done: Export

    @property
    def folder(self) -> Path:
        return self.done.folder


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))


def get(url: str, method: str = "GET", **fields: str) -> tuple[int, Message, bytes]:
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    try:
        with _OPENER.open(urllib.request.Request(url, headers=headers, method=method), timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def wrong(report: Report) -> list[tuple[str, str, str]]:
    return [
        (v.rule.name, v.said, v.exchange.asked() if v.exchange else "") for v in report.verdicts if v.holds is False
    ]


ADDRESSES = [
    *("/", "/browse", "/search", "/ontology", "/dumps/", "/.well-known/void", "/pictures/first-lit"),
    *("/page/light/alpha", "/page/claim/news-1/a", f"/page/{KOREAN}", "/page/dataset", "/page/nothing"),
    *("/id/light/alpha", f"/id/{KOREAN}", "/claim/news-1/a", "/light/alpha", "/id/nothing", "/nothing"),
    *(f"/data/light/alpha.{fmt.name}" for fmt in RDF_FORMATS),
    *(f"/data/{KOREAN}.ttl", "/data/nothing.ttl", f"/linkset/{KOREAN}.json", "/linkset/light/alpha.txt"),
    *(f"/ontology.{fmt.name}" for fmt in RDF_FORMATS),
    *("/robots.txt", "/sitemap.xml", "/opensearch.xml", "/pictures/first-lit.json", "/static/icon.svg"),
    *("/dumps/SHA256SUMS", "/dumps/lights.nq", "/dumps/lights.ttl"),
    f"/browse?class={lights.BASE}ontology%23Light",
    "/describe?iri=https://elsewhere.example/thing?a%3D1",
    "/describe?iri=https://elsewhere.example/thing?a%3D1&format=nq",
    f"/cite?iri={lights.BASE}id/light/alpha&format=bib",
    "/page/light/alpha?lang=fr",
    f"/browse?class={lights.BASE}ontology%23Light&lang=ko",
    *("/data/light/alpha.ttl?_profile=plain", "/data/light/alpha.jsonld?_profile=evidence"),
    *("/id/light/alpha?_profile=plain", "/id/light/alpha?lang=ko"),
]
ACCEPTS = [
    {},
    {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept_Language": "ko-KR,ko;q=0.9"},
    {"Accept": "text/html;q=0.31, text/turtle;q=0.3, */*;q=0.01", "Accept_Language": "de, fr-CA;q=0.85, ko;q=0.8"},
    {"Accept": "Application/LD+JSON ; q=0.9,, text/*;q=0.2"},
    {"Accept": "application/n-quads", "Accept_Profile": "<https://w3id.org/kclod/publisher#profilePlain>"},
    {"Accept": "image/png"},
]


def vary(values: list[str] | None) -> set[str]:
    return {name.strip() for value in values or [] for name in value.split(",")} - {
        "Accept-Encoding",
        "Accept-Datetime",
        "",
    }
