"""The release's files for download, with digests (RFC 9530) and ranges (RFC 9110, section 14)."""

from __future__ import annotations

import base64

import flask

from kclod.release import Dump
from kclod.web.http.negotiation import HTML, Offer
from kclod.web.http.responses import ProblemError, answer, negotiate
from kclod.web.pages import page
from kclod.web.present import Presenter
from kclod.web.publication import current

blueprint = flask.Blueprint("downloads", __name__)
_JSON, _SUMS = Offer("application/json"), "SHA256SUMS"


@blueprint.get("/dumps/")
def listing() -> flask.Response:
    """The dumps with sizes and checksums, as a page or as JSON."""
    choice = negotiate((HTML, _JSON))
    release = current().release
    if choice.offer == HTML:
        return page("dumps.html", Presenter.of_request(), choice, dumps=release.dumps, sums=_SUMS)
    files = [
        {"name": d.name, "href": _href(d), "media_type": d.media_type, "bytes": d.bytes, "sha256": d.sha256}
        for d in release.dumps
    ]
    return answer(flask.json.dumps({"release": release.version, "files": files}, indent=1) + "\n", choice.media_type)


@blueprint.get("/dumps")
def without_slash() -> flask.Response:
    """The list is a folder."""
    return flask.redirect(flask.url_for(".listing"), 308)  # type: ignore[return-value]  # Flask's response


@blueprint.get("/dumps/<name>")
def file(name: str) -> flask.Response:
    """One dump; also the checksums in the form that `sha256sum --check` reads."""
    release = current().release
    if name == _SUMS:
        return answer("".join(f"{dump.sha256}  {dump.name}\n" for dump in release.dumps), "text/plain")
    dump = next((d for d in release.dumps if d.name == name), None)
    if dump is None:
        raise ProblemError(404, "unknown-dump", f"this release has no dump {name!r}; see {flask.url_for('.listing')}")
    response = flask.send_file(
        dump.path, mimetype=dump.media_type, conditional=True, etag=dump.sha256[:32], download_name=name
    )
    if dump.media_type.startswith("text/"):
        response.content_type = f"{dump.media_type}; charset=utf-8"
    response.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(dump.sha256)).decode()}:"
    response.headers["Cache-Control"] = "no-cache"
    return response


def _href(dump: Dump) -> str:
    return flask.url_for("downloads.file", name=dump.name)
