"""Addresses that are spelled another way: 308 Permanent Redirect (RFC 9110, section 15.4.9) to the one.

Things and documents are compared with the data (see `addresses`); here are slashes that no route has. Percent-encoding
is decoded before it gets here, so that variants of it (RFC 3986, section 6.2.2) have the same answer at once.
"""

from __future__ import annotations

import flask
from werkzeug.exceptions import HTTPException

from kclod.web.http.responses import ascii_uri, redirect


def one_spelling() -> flask.Response | None:
    """The redirect from an address with slashes in front or at the end that are too many; None for any other."""
    path = flask.request.path
    if flask.request.environ["PATH_INFO"].startswith("//"):
        return _moved(path)  # Werkzeug has dropped the others already
    if path.endswith("/") and flask.request.endpoint in ("documents.other_thing", None):
        shorter = path.rstrip("/")
        try:
            endpoint, _ = flask.current_app.create_url_adapter(flask.request).match(shorter)  # type: ignore[union-attr]  # there is one during a request
        except HTTPException:
            return None
        if endpoint != "documents.other_thing":
            return _moved(shorter)
    return None


def _moved(path: str) -> flask.Response:
    query = flask.request.query_string.decode("ascii", "replace")
    return redirect(flask.request.script_root + ascii_uri(path) + (f"?{query}" if query else ""), 308)
