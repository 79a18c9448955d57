"""The bundled scripts and styles: which file an entry is, and the files themselves, kept in memory.

`hatch_build.py` makes them from `assets/` when the package is installed. Their names hold the digest of their content,
so that a browser may keep them for ever (RFC 8246).
"""

from __future__ import annotations

import json
import logging
import mimetypes
from collections.abc import Mapping
from functools import cache
from importlib import resources

import flask

from kclod.web.http.responses import ProblemError, local_path

blueprint = flask.Blueprint("built", __name__)
_FOLDER = resources.files("kclod.web").joinpath("static", "built")
_MANIFEST = "manifest.json"
_CODINGS = {"br": ".br", "gzip": ".gz"}
"""Content codings in the order of preference, and the endings of the files that were compressed beforehand."""
_log = logging.getLogger(__name__)


@cache
def entries() -> Mapping[str, str]:
    """The files of the bundles by the name of their source; none, and a warning logged, where they were not made."""
    try:
        manifest = json.loads(_FOLDER.joinpath(_MANIFEST).read_text("utf-8"))
    except OSError:
        _log.warning("pages have neither styles nor scripts: they were not bundled; run: make assets")
        return {}
    return {name: str(found["file"]) for name, found in manifest["files"].items()}


def address(name: str) -> str | None:
    """The local path of a bundle; None where it was not made."""
    found = entries().get(name)
    return local_path("built.file", {"name": found}) if found else None


def names() -> list[str]:
    """The files that have addresses."""
    return sorted(n for n in _files() if n != _MANIFEST and not n.endswith(tuple(_CODINGS.values())))


@blueprint.get("/static/built/<name>")
def file(name: str) -> flask.Response:
    """A bundle, in the best content coding that the client takes (RFC 9110, section 12.5.3); 404 for other names."""
    body = _files().get(name)
    if body is None or name == _MANIFEST or name.endswith(tuple(_CODINGS.values())):
        raise ProblemError(404, "not-found", "there is no such file")
    coding = next((c for c in _CODINGS if flask.request.accept_encodings[c] and name + _CODINGS[c] in _files()), None)
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if media_type.startswith("text/") or media_type.endswith("json"):
        media_type += "; charset=utf-8"
    response = flask.Response(_files()[name + _CODINGS[coding]] if coding else body, content_type=media_type)
    if coding:
        response.headers["Content-Encoding"] = coding
    response.vary.update(("Accept-Encoding",))
    hashed = name != "licences.txt"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
    response.add_etag()
    return response.make_conditional(flask.request)  # type: ignore[return-value]  # it is the same response


@cache
def _files() -> Mapping[str, bytes]:
    if not _FOLDER.is_dir():
        return {}
    return {item.name: item.read_bytes() for item in _FOLDER.iterdir() if item.is_file()}
