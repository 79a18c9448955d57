"""Asks the application of the site as a client would, without a server (PEP 3333)."""

from __future__ import annotations

import io
import re
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import flask

from kclod.site_files.places import Selected, query_of
from kclod.web.http.responses import LASTING
from kclod.web.present import KEPT, LANGUAGE

_KEPT = f"kept{secrets.token_hex(16)}"
"""A text that nobody can have written into data, which is followed by a language."""
_FIELD = re.compile(f'<input type="hidden" name="lang" value="{_KEPT}..">')
_FIRST = re.compile(rf"\?lang={_KEPT}..(?:&amp;|\\u0026|&)")
_LAST = re.compile(rf"(?:(?:\?|&amp;|\\u0026|&)lang=|/){_KEPT}..")
LEAST = 512
"""Bytes from which the server compresses an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, fields by name in lower case, body; `compressed` tells whether the server has compressed forms of it."""

    status: int
    fields: Mapping[str, str]
    body: bytes
    compressed: bool

    @property
    def media_type(self) -> str:
        """The media type without parameters."""
        return self.fields.get("content-type", "").partition(";")[0].strip()


def ask(app: flask.Flask, path: str, query: str = "", *, language: str | None = None, accept: str = "") -> Answer:
    """The answer to GET at a decoded path of the site."""
    return _asked(app, _environ(path, query, language, accept))


def ask_both(
    app: flask.Flask, path: str, *query: str, language: str, accept: str = "", selected: Selected = ()
) -> tuple[Answer, Answer]:
    """The two answers that a language has at an address, by Accept-Language and by `lang=`, made by one request.

    They are the same but for links that keep the language and have a text in its place, which nothing else holds.
    """
    kept = f"{_KEPT}{language}"
    environ = _environ(path, query_of(*query, f"lang={kept}", selected=selected), None, accept)
    got = _asked(app, environ | {KEPT: kept, LANGUAGE: language})
    chosen, accepted = _with(got, lambda text: text.replace(kept, language)), _with(got, _without)
    if _KEPT.encode() in accepted.body:
        return ask(app, path, query_of(*query, selected=selected), language=language, accept=accept), chosen
    return accepted, chosen


def _without(text: str) -> str:
    return _LAST.sub("", _FIRST.sub("?", _FIELD.sub("", text)))


def _with(got: Answer, change: Callable[[str], str]) -> Answer:
    body = change(got.body.decode("utf-8")).encode()
    fields = {name: change(value) for name, value in got.fields.items()}
    return Answer(got.status, fields, body, got.compressed)


def _asked(app: flask.Flask, environ: dict[str, object]) -> Answer:
    with _answering(app, environ) as (status, fields, parts):
        body = b"".join(parts)
    plain = "content-encoding" not in fields
    varies = "accept-encoding" in fields.get("vary", "").lower()
    return Answer(status, fields, body, plain and (varies or bool(environ.get(LASTING) and len(body) >= LEAST)))


@contextmanager
def streamed(app: flask.Flask, path: str) -> Iterator[tuple[int, Mapping[str, str], Iterator[bytes]]]:
    """Status, fields and the parts of the body of a long answer."""
    with _answering(app, _environ(path, "", None, "")) as answer:
        yield answer


@contextmanager
def _answering(
    app: flask.Flask, environ: dict[str, object]
) -> Iterator[tuple[int, Mapping[str, str], Iterator[bytes]]]:
    got: list[tuple[str, list[tuple[str, str]]]] = []

    def begin(status: str, headers: list[tuple[str, str]], _: object = None) -> object:
        got.append((status, headers))
        return None

    parts = app(environ, begin)  # type: ignore[arg-type]  # what it gives back is for old applications
    try:
        first = iter(parts)
        status, headers = got[-1]
        yield int(status[:3]), {name.lower(): value for name, value in headers}, first
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()


def _environ(path: str, query: str, language: str | None, accept: str) -> dict[str, object]:
    fields: dict[str, object] = {"HTTP_ACCEPT": accept} if accept else {}
    if language:
        fields["HTTP_ACCEPT_LANGUAGE"] = language
    return fields | {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode("utf-8").decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
