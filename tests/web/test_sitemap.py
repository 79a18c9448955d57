"""The sitemap: every page once, and parts where they are many."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from lights import BASE

from kclod.web import sitemap

_NS = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def places(text: str, tag: str) -> list[str]:
    found = [element.findtext(f"{_NS}loc") or "" for element in ET.fromstring(text).iter(f"{_NS}{tag}")]
    assert len(found) == len(set(found))
    return found


def test_lists_the_pages_of_members(client: FlaskClient) -> None:
    assert f"Sitemap: {BASE}sitemap.xml" in client.get("/robots.txt").text.splitlines()
    found = places(client.get("/sitemap.xml").text, "url")
    assert {f"{BASE}", f"{BASE}page/light/alpha", f"{BASE}page/light/{quote('한글등대')}"} <= set(found)
    for place in found:
        assert client.get(place.removeprefix(BASE.rstrip("/"))).status_code == 200


def test_parts_where_they_are_many(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = places(client.get("/sitemap.xml?a").text, "url")
    monkeypatch.setattr(sitemap, "_MOST", 3)
    parts = places(client.get("/sitemap.xml?b").text, "sitemap")
    assert len(parts) == -(-len(whole) // 3)
    found = [place for part in parts for place in places(client.get(part.removeprefix(BASE.rstrip("/"))).text, "url")]
    assert found == whole
    assert client.get(f"/sitemap/{len(parts) + 1}.xml").status_code == 404
    assert re.search("no such part", client.get("/sitemap/0.xml").text)
