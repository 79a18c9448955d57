"""Which representation an Accept header gets: RFC 9110, section 12.5.1, as a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kclod.rdf import RDF_FORMATS, RESULT_FORMATS
from kclod.web.negotiation import HTML, choose, choose_language, offers_of

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
