"""The release's files for download, with digests (RFC 9530) and ranges (RFC 9110, section 14).

Those that the release does not hold are made when they are asked for (see `kclod.dumps`) and kept; their bytes are
those of every time they are made.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import groupby

import flask

from kclod import described, dumps
from kclod.dumps import Offered
from kclod.dumps.forms import Kind, Subset
from kclod.errors import RefusedError
from kclod.release import Dump, Release
from kclod.remote.reading import UnavailableError
from kclod.site import short_name
from kclod.vocab import SCHEMA
from kclod.web.http.negotiation import HTML, Offer
from kclod.web.http.responses import ProblemError, answer, link, negotiate
from kclod.web.pages import page
from kclod.web.present import Presenter
from kclod.web.publication import current
from kclod.web.things.labels import Label, in_words, local_name

blueprint = flask.Blueprint("downloads", __name__)
_JSON, _SUM = Offer("application/json"), ".sha256"
_PATIENCE = 20.0
"""Seconds that a request waits for a dump that is being made."""
_AGAIN = 10


@blueprint.get("/dumps/")
def listing() -> flask.Response:
    """The dumps with sizes and checksums, and those that can be made, as a page or as JSON."""
    choice = negotiate((HTML, _JSON))
    release = current().release
    derived = [item for item in dumps.offered(release).values() if not item.within]
    if choice.offer == HTML:
        presenter = Presenter.of_request()
        groups = [(subset, list(items)) for subset, items in groupby(derived, key=lambda item: item.subset)]
        try:
            names, named = [_called(presenter, subset) for subset, _ in groups], True
        except UnavailableError:  # the files are here, whether the store can be asked or not
            names, named = (
                [Label(in_words(local_name(subset.iri))) if subset.iri else None for subset, _ in groups],
                False,
            )
        parts = [(subset, name, items) for (subset, items), name in zip(groups, names, strict=True)]
        response = page(
            "dumps.html",
            presenter,
            choice,
            links=list(_links(release)),
            dumps=release.dumps,
            parts=parts,
            stem=short_name(release.site),
            documents=list(described.DOCUMENTS),
            sums=dumps.SUMS,
            sum=_SUM,
        )
        if not named:
            flask.g.lasting, response.last_modified = False, None
        return response
    files = [
        {"name": d.name, "href": _href(d.name), "media_type": d.media_type, "bytes": d.bytes, "sha256": d.sha256}
        for d in release.dumps
    ]
    more = [
        {"name": i.name, "href": _href(i.name), "media_type": i.media_type, "checksum": _href(f"{i.name}{_SUM}")}
        for i in derived
    ]
    listed = {"release": release.version, "files": files, "derived": more}
    return answer(flask.json.dumps(listed, indent=1) + "\n", choice.media_type, links=list(_links(release)))


def _called(presenter: Presenter, subset: Subset) -> Label | None:
    """What a part is called that is a class or a graph; None for the others."""
    if not subset.iri:
        return None
    view = presenter.term(subset.iri) if subset.kind is Kind.CLASS else presenter.iri(subset.iri)
    return Label(view.text, view.language)


@blueprint.get("/dumps")
def without_slash() -> flask.Response:
    """The list is a folder."""
    return flask.redirect(flask.url_for(".listing"), 308)  # type: ignore[return-value]  # Flask's response


@blueprint.get("/dumps/<name>")
def file(name: str) -> flask.Response:
    """One dump; also the checksums in the form that `sha256sum --check` reads, of the release or of one dump."""
    release = current().release
    if name == dumps.SUMS:
        return answer("".join(map(_line, release.dumps)), "text/plain")
    if name in described.DOCUMENTS:
        media_type, write = described.DOCUMENTS[name]
        return answer(write(_facts(release, name)), media_type, lasting=False)
    if name.endswith(_SUM):
        return answer(_line(_dump(release, name.removesuffix(_SUM))), "text/plain")
    dump = _dump(release, name)
    response = flask.send_file(
        dump.path,
        mimetype=dump.media_type,
        conditional=True,
        etag=dump.sha256[:32],
        last_modified=current().modified,
        as_attachment=True,
        download_name=name,
    )
    if dump.media_type.startswith("text/"):
        response.content_type = f"{dump.media_type}; charset=utf-8"
    response.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(dump.sha256)).decode()}:"
    response.headers["Cache-Control"] = "no-cache"
    return response


def _facts(release: Release, name: str) -> described.Facts:
    """For the catalogue all that can be had, with sizes and checksums where it has been made; else what is held."""
    if name != described.CATALOGUE:
        return described.facts_of(release, release.dumps)
    items = dumps.offered(release).values()
    made = {item.name: dump for item in items if (dump := dumps.recorded(release, item)) is not None}
    files = [*release.dumps, *(dump for dump in made.values() if dump not in release.dumps)]
    return described.facts_of(release, files, [item for item in items if item.name not in made])


def _links(release: Release) -> Iterator[str]:
    """What the list leads to (FAIR Signposting, level 1): what to cite, the files, their description, the licence."""
    site = release.site
    yield link(site.dataset_iri, "cite-as")
    yield link(SCHEMA["Dataset"].value, "type")
    yield link(SCHEMA["AboutPage"].value, "type")
    for dump in release.dumps:
        yield link(_href(dump.name), "item", dump.media_type)
    for name, (media_type, _) in described.DOCUMENTS.items():
        yield link(_href(name), "describedby", media_type)
    if site.licence:
        yield link(site.licence, "license")


def _dump(release: Release, name: str) -> Dump:
    """The dump of this name, made where it has to be."""
    dump = next((d for d in release.dumps if d.name == name), None)
    item = dumps.offered(release).get(name) if dump is None else None
    if item is not None:
        dump = _made(release, item)
    if dump is None:
        raise ProblemError(404, "unknown-dump", f"this release has no dump {name!r}; see {flask.url_for('.listing')}")
    return dump


def _made(release: Release, item: Offered) -> Dump:
    try:
        return dumps.awaited(release, item, _PATIENCE)
    except dumps.BusyError:
        message = f"dumps are being made, {item.name} or another one; it can be had in a while"
        raise ProblemError(503, "dump-in-the-making", message, headers={"Retry-After": str(_AGAIN)}) from None
    except RefusedError as error:
        raise ProblemError(404, "no-such-form", f"{item.name}: {error.problems[0].message}") from None


def _line(dump: Dump) -> str:
    return f"{dump.sha256}  {dump.name}\n"


def _href(name: str) -> str:
    return flask.url_for("downloads.file", name=name)
