"""Which representation an Accept header gets: RFC 9110, section 12.5.1, as a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kclod.rdf import RDF_FORMATS, RESULT_FORMATS
from kclod.web.http.negotiation import HTML, choose, choose_encoding, choose_language, choose_profile, offers_of

GRAPHS = (HTML, *offers_of(RDF_FORMATS))
RESULTS = (*offers_of(RESULT_FORMATS), HTML)
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "text/html"),
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/turtle", "text/turtle"),
        ("TEXT/Turtle", "text/turtle"),
        ("text/turtle;charset=utf-8", "text/turtle"),
        ('application/ld+json;profile="http://a.example/x,y;q=0"', "application/ld+json"),
        ("text/turtle;q=0.5, application/n-triples", "application/n-triples"),
        ("text/turtle;q=0.5, application/n-triples;q=0.4", "text/turtle"),
        ("text/turtle ; q=0.500 ,application/trig;Q=0.501", "application/trig"),
        ("text/*;q=0.3, application/rdf+xml;q=0.4", "application/rdf+xml"),
        ("text/*", "text/html"),
        ("text/*, text/html;q=0", "text/turtle"),
        ("*/*, text/html;q=0", "text/turtle"),
        ("*/*;q=0.1, application/n-quads", "application/n-quads"),
        ("application/*", "application/n-triples"),
        ("application/xml", "application/xml"),
        ("text/plain", "text/plain"),
        ("image/png", None),
        ("text/html;q=0", None),
        ("*/*;q=0", None),
        ("*/*;q=0, text/turtle", "text/turtle"),
        ("text/turtle;q=0, */*", "text/html"),
        (FIREFOX, "text/html"),
        ("garbage", "text/html"),
        ("garbage, text/turtle", "text/turtle"),
        ("text/turtle;q=2, application/trig", "application/trig"),
        ("text/turtle;q=abc", "text/html"),
        (", ,text/turtle,,", "text/turtle"),
        ("*/turtle, application/trig", "application/trig"),
    ],
)
def test_graphs(accept: str | None, expected: str | None) -> None:
    choice = choose(accept, GRAPHS)
    assert (choice.media_type if choice else None) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/json", "application/json"),
        ("application/sparql-results+xml;q=0.9,text/csv", "text/csv"),
        ("application/xml", "application/xml"),
        (FIREFOX, "text/html"),
        ("text/*", "text/csv"),
        ("text/turtle", None),
        ("text/tab-separated-values,text/csv;q=0.9", "text/tab-separated-values"),
    ],
)
def test_results(accept: str | None, expected: str | None) -> None:
    choice = choose(accept, RESULTS)
    assert (choice.media_type if choice else None) == expected


@given(st.text(max_size=200))
def test_any_header_is_answered_with_an_offer_or_none(header: str) -> None:
    choice = choose(header, GRAPHS)
    assert choice is None or choice.offer in GRAPHS


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "en"),
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("fr-CA", "fr"),
        ("de, fr;q=0.5", "fr"),
        ("de", "en"),
        ("en;q=0.1, fr;q=0.2", "fr"),
        ("fr;q=0, en;q=0.1", "en"),
        ("*", "en"),
        ("en;q=0, *", "ko"),
        ("ko;q=x, fr", "fr"),
        ("!!", "en"),
    ],
)
def test_languages(header: str | None, expected: str) -> None:
    assert choose_language(header, ("en", "ko", "fr")) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP;q=1.0, br;q=0.5", "gzip"),
        ("*", "br"),
        ("*;q=0.5, br;q=0", "gzip"),
        ("identity, gzip;q=0.5", "identity"),
        ("gzip;q=0", "identity"),
        ("identity;q=0, deflate", "identity"),
        ("deflate", "identity"),
        ("gzip;q=x", "identity"),
        (";;,=", "identity"),
    ],
)
def test_encodings(header: str | None, expected: str) -> None:
    assert choose_encoding(header, ("br", "gzip")) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "urn:a"),
        ("<urn:b>", "urn:b"),
        ("<urn:b>;q=0.5, <urn:a>;q=0.4", "urn:b"),
        ("<urn:b>;q=0.5,*;q=0.6", "urn:a"),
        ("<urn:a>;q=0, *", "urn:b"),
        ("<urn:c,d>, <urn:b>", "urn:b"),
        ("<urn:c>", None),
        ("<urn:a", "urn:a"),
        ("<urn:b>;q=7", "urn:a"),
    ],
)
def test_profiles(header: str | None, expected: str | None) -> None:
    found = choose_profile(header, ("urn:a", "urn:b"))
    assert (found[0] if found else None) == expected


@given(st.text(max_size=200))
def test_any_header_has_an_encoding_and_a_profile_or_none(header: str) -> None:
    assert choose_encoding(header, ("br", "gzip")) in ("br", "gzip", "identity")
    found = choose_profile(header, ("urn:a", "urn:b"))
    assert found is None or found[0] in ("urn:a", "urn:b")
