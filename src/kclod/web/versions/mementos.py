"""Documents as they were: Memento (RFC 7089), with the releases as the moments of which states are kept.

The original resource is a document at its plain address, `/page/X` or `/data/X.ttl`; its mementos are the same below
`/releases/VERSION/`. `/timegate/page/X` negotiates by Accept-Datetime (pattern 1.2: another address than the original),
and so does the original itself when it is asked with that field (pattern 1.1); `/timemap/page/X` lists all mementos.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

import flask
import pyoxigraph as ox

from kclod.history import Edition, describes, said_of
from kclod.web.http.responses import ACCEPT_DATETIME, ProblemError, answer, ascii_uri, link
from kclod.web.publication import Publication, current
from kclod.web.versions.archive import PLACE, memento

blueprint = flask.Blueprint("mementos", __name__)
_LINK_FORMAT = "application/link-format"
_ORIGINALS = ("documents.page", "documents.data")
_SHOWN = 8
"""Earlier releases that the page about a thing names."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A thing in another release: where it is, when that was made, and whether it says the same of the thing."""

    version: str
    made: datetime
    href: str
    same: bool


def root() -> str:
    """The path of the site of the release that is served, also for a request to an earlier one."""
    return flask.request.script_root.removesuffix(flask.request.environ.get(PLACE, ""))


def href(version: str, document: str) -> str:
    """The local address of a document in a release."""
    return ascii_uri(f"{root()}/releases/{version}/{document}")


def links(document: str, iri: str) -> list[str]:
    """The links of a document or memento (section 2.2): original, time gate, time map, first and last memento."""
    found = [
        link(f"{root()}/{document}", "original"),
        link(f"{root()}/timegate/{document}", "timegate"),
        link(f"{root()}/timemap/{document}", "timemap", _LINK_FORMAT),
    ]
    if memento() is not None:
        line = _holding(current(), [iri])
        for one, relation in _related(line):
            found.append(link(href(one.version, document), relation, datetime=_date(one.published)))
    return found


def address(line: Sequence[Edition], version: str | None, iri: str) -> str | None:
    """Where a release has the page about a thing that was withdrawn later."""
    publication = current()
    place = publication.addresses.of(iri)
    if version is None or place is None or version not in {one.version for one in line}:
        return None
    return href(version, f"page/{place.path}")


def earlier(node: ox.NamedNode, path: str) -> list[Earlier]:
    """The other releases that describe a thing, the newest first."""
    publication = current()
    here = next(one for one in publication.line if one.version == publication.release.version)
    said, found = said_of(here, node.value), []
    for one in reversed(publication.line):
        if one.version != here.version and (then := said_of(one, node.value)):
            found.append(Earlier(one.version, one.published, href(one.version, f"page/{path}"), then == said))
            if len(found) == _SHOWN:
                break
    return found


@blueprint.before_app_request
def by_datetime() -> flask.Response | None:
    """Leads from an original that is asked for a time to its memento (section 4.1.1)."""
    request = flask.request
    if request.endpoint not in _ORIGINALS or ACCEPT_DATETIME not in request.headers or memento() is not None:
        return None
    if request.method not in ("GET", "HEAD"):
        return None
    return _lead(request.path.removeprefix("/"))


@blueprint.after_app_request
def tell(response: flask.Response) -> flask.Response:
    """A memento says when it was the state of its original (section 2.1.1); search engines keep to the original."""
    made = memento()
    if made is not None:
        response.headers["X-Robots-Tag"] = "noindex"
        if flask.request.endpoint in _ORIGINALS and response.status_code in (200, 304):
            response.headers["Memento-Datetime"] = _date(made)
    return response


@blueprint.get("/timegate/<path:document>")
def timegate(document: str) -> flask.Response:
    """302 to the memento of a document for the time in Accept-Datetime, the newest without (sections 3.2 and 4.2)."""
    return _lead(document)


@blueprint.get("/timemap/<path:document>")
def timemap(document: str) -> flask.Response:
    """All mementos of a document (section 5), as links (RFC 6690)."""
    line = _mementos(document)
    values = [
        link(f"{root()}/{document}", "original"),
        link(
            f"{root()}/timemap/{document}",
            "self",
            _LINK_FORMAT,
            **{"from": _date(line[0].published), "until": _date(line[-1].published)},
        ),
        link(f"{root()}/timegate/{document}", "timegate"),
    ]
    relations = {one.version: relation for one, relation in _related(line)}
    for one in line:
        relation = relations.get(one.version, "memento")
        values.append(link(href(one.version, document), relation, datetime=_date(one.published)))
    return answer(",\n".join(values) + "\n", _LINK_FORMAT, links=[values[0], values[2]])


def _lead(document: str) -> flask.Response:
    line = _mementos(document)
    wanted = flask.request.headers.get(ACCEPT_DATETIME)
    chosen = line[-1]
    if wanted is not None:
        when = _read(wanted)
        chosen = next((one for one in reversed(line) if one.published <= when), line[0])
    query = flask.request.query_string.decode("ascii", "replace")
    response = flask.Response(status=302, content_type="text/plain; charset=utf-8")
    response.headers["Location"] = href(chosen.version, document) + (f"?{query}" if query else "")
    found = [
        link(f"{root()}/{document}", "original"),
        link(f"{root()}/timegate/{document}", "timegate"),
        link(f"{root()}/timemap/{document}", "timemap", _LINK_FORMAT),
    ]
    found += [
        link(href(one.version, document), relation, datetime=_date(one.published)) for one, relation in _related(line)
    ]
    response.headers["Link"] = ", ".join(found)
    response.headers["Vary"] = ACCEPT_DATETIME
    response.headers["Cache-Control"] = "no-cache"
    return response


def _related(line: Sequence[Edition]) -> Iterator[tuple[Edition, str]]:
    """The first and the last of some mementos, with their relations."""
    if len(line) == 1:
        yield line[0], "first last memento"
    elif line:
        yield line[0], "first memento"
        yield line[-1], "last memento"


def _mementos(document: str) -> list[Edition]:
    """The releases that have a document; a 404 when none has."""
    publication = current()
    kind, _, path = document.partition("/")
    if kind not in ("page", "data"):
        raise ProblemError(404, "no-memento", "there are mementos of /page/X and /data/X.EXT")
    if kind == "data":
        path = path.rpartition(".")[0]
    line = _holding(publication, list(publication.addresses.candidates(path)))
    if not line:
        raise ProblemError(404, "no-memento", f"no release describes what /{document} is about")
    return line


def _holding(publication: Publication, iris: Sequence[str]) -> list[Edition]:
    """The releases that have a document about one of the IRIs: this one by its store, others by what they say of it."""
    here = any(_has(publication, iri) for iri in iris)
    return [
        one
        for one in publication.line
        if (here if one.version == publication.release.version else any(describes(one, iri) for iri in iris))
    ]


def _has(publication: Publication, iri: str) -> bool:
    node = publication.reader.exists(iri)
    return node is not None and not publication.gone.declared(node)


def _date(moment: datetime) -> str:
    """As RFC 1123 writes it (section 2.1.1.2)."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _read(text: str) -> datetime:
    try:
        read = parsedate_to_datetime(text)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"Accept-Datetime is a date such as {_date(datetime(2026, 1, 1, tzinfo=UTC))}"
        raise ProblemError(400, "bad-datetime", message) from None
