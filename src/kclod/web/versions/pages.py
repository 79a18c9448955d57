"""The releases of the dataset: a list, a page for each, what changed with it, and a feed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape, quoteattr

import flask

from kclod.changes import TooManyChangesError, added, patch, removed, update
from kclod.errors import UsageError
from kclod.history import Edition
from kclod.rdf import TURTLE, Format
from kclod.web.documents import page_number
from kclod.web.http.negotiation import HTML, Offer
from kclod.web.http.responses import ProblemError, answer, negotiate
from kclod.web.http.table import TABLE
from kclod.web.pages import page
from kclod.web.present import Presenter
from kclod.web.publication import current
from kclod.web.versions.archive import PLACE
from kclod.web.versions.catalogue import PREFIXES, describe_all, describe_one, version_iri
from kclod.web.versions.differences import Step
from kclod.web.versions.mementos import root
from kclod.web.versions.wording import Wording
from kclod.web.writing import write_triples

blueprint = flask.Blueprint("releases", __name__)
_JSON = Offer("application/json")
_ATOM = "application/atom+xml"
_SIZE = 50
"""Things on a page of changes."""
_FED = 20
"""Releases in the feed."""


@blueprint.before_request
def of_the_line() -> flask.Response | None:
    """The releases are told of by the site of the one that is served, below whose address others are."""
    if PLACE not in flask.request.environ:
        return None
    query = flask.request.query_string.decode("ascii", "replace")
    return flask.redirect(f"{root()}{flask.request.path}{f'?{query}' if query else ''}", 308)  # type: ignore[return-value]  # Flask's response


@blueprint.get("/releases")
def listing() -> flask.Response:
    """All releases up to the one that is served, the newest first, or in RDF as versions of the dataset."""
    choice = negotiate(TABLE["releases.listing"].offers)
    publication = current()
    if choice.offer.format is not None:
        return _rdf(choice.offer.format, choice.media_type, listing=True)
    newest_first = [(one, publication.differences.previous(one.version)) for one in reversed(publication.line)]
    return page("releases.html", Presenter.of_request(), choice, line=newest_first)


@blueprint.get("/releases/<version>")
def without_slash(version: str) -> flask.Response:
    """A release is a folder."""
    _edition(version)
    return flask.redirect(flask.url_for(".release", version=version), 308)  # type: ignore[return-value]  # Flask's response


@blueprint.get("/releases/<version>/")
def release(version: str) -> flask.Response:
    """A release: how much it holds, its files, where it can be read and queried, what changed with it."""
    edition = _edition(version)
    choice = negotiate(TABLE["releases.release"].offers)
    if choice.offer.format is not None:
        return _rdf(choice.offer.format, choice.media_type, edition)
    publication, presenter = current(), Presenter.of_request()
    before = publication.differences.previous(version)
    numbers: list[str] | None = None
    if before is not None:
        try:
            wording = Wording(presenter.language, [publication.labels])
            numbers = wording.summary(before.version, version, publication.differences.numbers(version))[1:]
        except TooManyChangesError:
            numbers = None
    shown = edition.load()
    return page(
        "release.html",
        presenter,
        choice,
        edition=edition,
        shown=shown,
        before=before,
        numbers=numbers,
        place=f"{flask.request.script_root}/releases/{version}",
    )


@blueprint.get("/releases/<version>/manifest.json")
def manifest(version: str) -> flask.Response:
    """The manifest as it is in the folder: inputs, files and tools with their digests."""
    return answer((_edition(version).path / "manifest.json").read_bytes(), _JSON.media_type)


@blueprint.get("/releases/<version>/changes")
def changes(version: str) -> flask.Response:
    """What changed with a release, by thing, in words or as JSON."""
    step, presenter = _step(version), Presenter.of_request()
    choice = negotiate((HTML, _JSON))
    number = page_number()
    wording = Wording(presenter.language, step.labels)
    some = step.listed[(number - 1) * _SIZE : number * _SIZE]
    if not some and number > 1:
        raise ProblemError(404, "no-such-page", "the page is past the last")
    if choice.offer == _JSON:
        flask.g.worded = True
        told = {
            "before": step.before.version if step.before else None,
            "after": version,
            "things": {kind.value: n for kind, n in step.numbers.things.items()},
            "statements": {"added": step.numbers.added, "removed": step.numbers.removed},
            "links": {"added": step.numbers.links_added, "removed": step.numbers.links_removed},
            "page": number,
            "pages": -(-len(step.entities) // _SIZE),
            "changes": [wording.as_json(entity) for entity in some],
        }
        return answer(flask.json.dumps(told, ensure_ascii=False, indent=1) + "\n", choice.media_type)
    before = step.before.version if step.before else ""
    return page(
        "changes.html",
        presenter,
        choice,
        step=step,
        wording=wording,
        entities=some,
        before=before,
        after=version,
        numbers=wording.summary(before, version, step.numbers),
        page=number,
        size=_SIZE,
    )


_WRITERS: dict[str, tuple[str, Callable[[Step, str, str], Iterator[str]]]] = {
    "patch": ("application/rdf-patch", lambda step, before, after: patch(step.difference, before, after)),
    "ru": ("application/sparql-update", lambda step, _before, _after: update(step.difference)),
}


@blueprint.get("/releases/<version>/changes.<any(patch, ru):extension>")
def changes_as(version: str, extension: str) -> flask.Response:
    """What changed with a release as RDF Patch or SPARQL 1.1 Update."""
    step = _step(version)
    media_type, writer = _WRITERS[extension]
    publication = current()
    before = version_iri(publication, step.before.version) if step.before else "urn:x-nothing"
    return answer("".join(writer(step, before, version_iri(publication, version))), media_type)


@blueprint.get("/releases/<version>/<any(added, removed):which>.nq")
def quads(version: str, which: str) -> flask.Response:
    """The quads that were added or removed with a release."""
    difference = _step(version).difference
    return answer("".join((added if which == "added" else removed)(difference)), "application/n-quads")


@blueprint.get("/releases.atom")
def feed() -> flask.Response:
    """The newest releases with how much changed with each (Atom, RFC 4287)."""
    publication, presenter = current(), Presenter.of_request()
    site, language = publication.release.site, presenter.language
    here = f"{publication.public_url}releases"
    title = presenter.text(site.title).text
    author = presenter.text(site.publisher).text or title
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}">',
        f"<id>{escape(here)}</id>",
        f"<title>{escape(title)}</title>",
        f"<updated>{_time(publication.line[-1])}</updated>",
        f"<author><name>{escape(author)}</name></author>",
        f'<link rel="self" type="{_ATOM}" href={quoteattr(f"{here}.atom")}/>',
        f'<link rel="alternate" type="text/html" href={quoteattr(here)}/>',
    ]
    for one in list(reversed(publication.line))[:_FED]:
        address = f"{here}/{one.version}/"
        before = publication.differences.previous(one.version)
        lines += [
            "<entry>",
            f"<id>{escape(version_iri(publication, one.version))}</id>",
            f"<title>{escape(one.version)}</title>",
            f"<updated>{_time(one)}</updated>",
            f'<link rel="alternate" type="text/html" href={quoteattr(address)}/>',
        ]
        if before is not None:
            lines += [
                f'<link rel="related" type="text/html" href={quoteattr(f"{address}changes")}/>',
                f"<summary>{escape(_told(presenter, before, one))}</summary>",
            ]
        else:
            lines.append(f"<summary>{escape(presenter.word('releases.first'))}</summary>")
        lines.append("</entry>")
    return answer("\n".join([*lines, "</feed>", ""]), _ATOM, language=language)


def _told(presenter: Presenter, before: Edition, after: Edition) -> str:
    publication = presenter.publication
    wording = Wording(presenter.language, [publication.labels])
    try:
        numbers = publication.differences.numbers(after.version)
    except (TooManyChangesError, UsageError):
        return presenter.word("changes.title", before=before.version, after=after.version)
    return " · ".join(wording.summary(before.version, after.version, numbers))


def _time(edition: Edition) -> str:
    return edition.published.isoformat().replace("+00:00", "Z")


def _edition(version: str) -> Edition:
    found = next((one for one in current().line if one.version == version), None)
    if found is None:
        raise ProblemError(404, "unknown-release", f"there is no release {version!r}; see {flask.url_for('.listing')}")
    return found


def _step(version: str) -> Step:
    _edition(version)
    try:
        return current().differences.to(version)
    except TooManyChangesError:
        message = "more changed with this release than is shown here; `kclod diff` tells all of it"
        raise ProblemError(503, "too-many-changes", message) from None
    except UsageError as error:
        raise ProblemError(503, "release-unreadable", error.problems[0].message) from None


def _rdf(fmt: Format, media_type: str, edition: Edition | None = None, *, listing: bool = False) -> flask.Response:
    publication = current()
    triples = describe_all(publication) if listing or edition is None else describe_one(publication, edition)
    prefixes = dict(publication.release.site.prefixes) | PREFIXES
    return answer(write_triples(triples, fmt or TURTLE, prefixes), media_type)
