"""The search for people: a page, the same as JSON, suggestions while one types, and the description of all that."""

from __future__ import annotations

import json
from xml.sax.saxutils import escape, quoteattr

import flask

from kclod.site import short_name
from kclod.web.engine.outcomes import BusyError
from kclod.web.http.negotiation import HTML, Offer
from kclod.web.http.responses import ProblemError, answer, negotiate
from kclod.web.interface import LANGUAGES
from kclod.web.pages import page
from kclod.web.present import Presenter
from kclod.web.searching import Results, Thing

blueprint = flask.Blueprint("search", __name__)

_JSON = Offer("application/json")
_SUGGESTIONS, _DESCRIPTION = "application/x-suggestions+json", "application/opensearchdescription+xml"
_THINGS, _PASSAGES = 50, 20
_SUGGESTED, _MOST_SUGGESTED = 10, 50
_LONGEST = 500
"""Characters of what is looked for."""


@blueprint.get("/search")
def search() -> flask.Response:
    """What matches `q`: things by class, and passages; as a page or as JSON by Accept."""
    choice = negotiate((HTML, _JSON))
    if choice.offer == _JSON:
        return _as_json()
    presenter, text = Presenter.of_request(), _text()
    engine = presenter.publication.search
    things, passages = _results(text, _THINGS, presenter, passages=True)
    groups: dict[str | None, list[Thing]] = {}
    for thing in things.things:
        groups.setdefault(thing.kind, []).append(thing)
    return page(
        "search.html",
        presenter,
        choice,
        sought=text,
        groups=groups,
        things=things,
        passages=passages,
        available=engine.available,
        sparql=_as_query(text),
    )


@blueprint.get("/search.json")
def as_json() -> flask.Response:
    """The things that match `q`, at most `limit` of them, as JSON."""
    return _as_json()


@blueprint.get("/search/suggest")
def suggest() -> flask.Response:
    """Names that what is typed may become, as OpenSearch suggestions: text, names, descriptions, addresses."""
    presenter, text = Presenter.of_request(), _text()
    things, _ = _results(text, _limit(), presenter)
    rows = [_shown(thing, presenter) for thing in things.things]
    site, root = presenter.publication.public_url.rstrip("/"), flask.request.script_root
    addresses = [f"{site}{(row['href'] or presenter.url('.search', q=row['name'])).removeprefix(root)}" for row in rows]
    columns = [[row["name"] for row in rows], [row["kind"] or "" for row in rows], addresses]
    body = json.dumps([text, *columns], ensure_ascii=False)
    return answer(body, _SUGGESTIONS, language=presenter.language)


@blueprint.get("/opensearch.xml")
def description() -> flask.Response:
    """The OpenSearch 1.1 description document, by which a browser adds the site to its search engines."""
    presenter = Presenter.of_request()
    publication = presenter.publication
    title = presenter.text(publication.release.site.title).text
    site = publication.public_url
    addresses = [
        ("text/html", "results", "search?q={searchTerms}"),
        (_SUGGESTIONS, "suggestions", "search/suggest?q={searchTerms}"),
        (_JSON.media_type, "results", "search.json?q={searchTerms}"),
        (_DESCRIPTION, "self", "opensearch.xml"),
    ]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">',
        f"  <ShortName>{escape(short_name(publication.release.site)[:16])}</ShortName>",
        f"  <LongName>{escape(title[:48].strip())}</LongName>",
        f"  <Description>{escape(presenter.word('search.label'))}</Description>",
        *(
            f"  <Url type={quoteattr(kind)} rel={quoteattr(relation)} template={quoteattr(site + path)}/>"
            for kind, relation, path in addresses
        ),
        *(f"  <Language>{tag}</Language>" for tag in LANGUAGES),
        "  <InputEncoding>UTF-8</InputEncoding>",
        "  <OutputEncoding>UTF-8</OutputEncoding>",
        "</OpenSearchDescription>",
    ]
    return answer("\n".join(lines) + "\n", _DESCRIPTION, language=presenter.language)


def _as_json() -> flask.Response:
    presenter, text = Presenter.of_request(), _text()
    if not presenter.publication.search.available:
        raise ProblemError(501, "no-text-index", presenter.word("search.unavailable"))
    things, _ = _results(text, _limit(), presenter)
    value = {
        "query": text,
        "results": [_shown(thing, presenter) for thing in things.things],
        "more": things.more_things,
    }
    return answer(json.dumps(value, ensure_ascii=False) + "\n", _JSON.media_type, language=presenter.language)


def _text() -> str:
    text = flask.request.args.get("q", "").strip()
    if len(text) > _LONGEST:
        raise ProblemError(400, "too-long", f"what is looked for has at most {_LONGEST} characters")
    return text


def _limit() -> int:
    text = flask.request.args.get("limit", str(_SUGGESTED))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST_SUGGESTED):
        raise ProblemError(400, "bad-parameter", f"`limit` is a number from 1 to {_MOST_SUGGESTED}")
    return int(text)


def _results(text: str, most: int, presenter: Presenter, *, passages: bool = False) -> tuple[Results, Results]:
    engine = presenter.publication.search
    try:
        return engine.things(text, most, presenter.language), engine.passages(
            _wanted(text), _PASSAGES
        ) if passages else Results()
    except BusyError:
        detail = "too many searches at a time; ask again soon"
        raise ProblemError(503, "busy", detail, headers={"Retry-After": "1"}) from None


def _wanted(text: str) -> str:
    """What was typed as a text search: the last word as the beginning of one, and no quotation mark without another."""
    text = text if text.count('"') % 2 == 0 else text.replace('"', " ")
    return f"{text}*" if text[-1:].isalnum() else text


def _shown(thing: Thing, presenter: Presenter) -> dict[str, str | None]:
    """A thing as JSON: its label and the name that matched (which may be the same), with their languages."""
    label = presenter.publication.labels.of(thing.node.value, presenter.language)
    return {
        "iri": thing.node.value,
        "label": label.text,
        "language": label.language,
        "name": thing.name.value,
        "nameLanguage": thing.name.language,
        "match": thing.nearness.name.lower(),
        "kind": presenter.term(thing.kind).text if thing.kind else None,
        "class": thing.kind,
        "href": presenter.href(thing.node.value),
    }


def _as_query(text: str) -> str:
    """The same search for the query form."""
    quoted = json.dumps(_wanted(text), ensure_ascii=False)
    return (
        "PREFIX text: <https://w3id.org/kclod/text#>\n\n"
        "SELECT ?thing ?property ?literal WHERE {\n"
        f"  (?literal ?score) text:matches {quoted} .\n"
        "  ?thing ?property ?literal .\n"
        "}\nORDER BY DESC(?score)\n"
    )
