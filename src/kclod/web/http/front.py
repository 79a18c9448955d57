"""Answers that are ready, given before Flask is asked: a shared HTTP cache (RFC 9111) in front of the application.

A release never changes, so an answer that says that it lasts (`responses.LASTING`) is kept for every request that its
Vary does not tell apart, with its compressed forms. Each content coding has a strong ETag of its own (RFC 9110, section
8.8.3.3); conditions are judged on the form that the request would get (section 13).
"""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import brotli
from werkzeug.http import is_resource_modified, parse_etags

from kclod.web import journal
from kclod.web.http.clients import Network, ShareError, Shares, client_of
from kclod.web.http.negotiation import choose_encoding
from kclod.web.http.responses import LASTING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_READS = ("GET", "HEAD")
_CODINGS = ("br", "gzip")
"""In the order of preference."""
_BROTLI_QUALITY, _GZIP_LEVEL = 7, 6
_LEAST = 512
"""Bytes from which an answer is worth compressing."""
_OVERHEAD = 2_048
"""Bytes that an entry takes beside its body, roughly."""
_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
_RARE_CONDITIONS = _CONDITIONS[1:]
_NOT_OF_304 = frozenset({"content-type", "content-length", "content-encoding", "content-language"})
_HIT = "kclod; hit"
_KEPT_STATUSES = ("200", "303", "308")
_Headers = list[tuple[str, str]]
_coding = lru_cache(maxsize=1024)(choose_encoding)
_client = lru_cache(maxsize=4096)(client_of)


@dataclass(slots=True)
class _Form:
    """An answer in one content coding, ready to be sent."""

    body: bytes
    headers: _Headers
    unmodified: _Headers
    tag: str | None


@dataclass(slots=True)
class _Kept:
    """An answer in the forms that were asked for. `users` counts the entries that share it."""

    status: str
    plain: _Form
    coded: dict[str, _Form]
    compressible: bool
    fair: bool
    """Whether the client's share of the endpoint is looked at before."""
    size: int
    users: int = 0


@dataclass(slots=True)
class _Place:
    """What is kept of an address: the request fields that tell answers apart, and the answers by their values."""

    fields: tuple[str, ...]
    variants: dict[tuple[str | None, ...], _Kept] = field(default_factory=dict)


@dataclass(slots=True)
class _Entry:
    """One variant of one place, for the order in which they are dropped."""

    used: bool = False


_Key = tuple[str, str, str]
_Full = tuple[_Key, tuple[str | None, ...]]


class Front:
    """Keeps up to `bound` bytes of answers; those that nobody asked for again go first. Safe for threads."""

    def __init__(
        self,
        inner: WSGIApplication,
        bound: int,
        shares: Shares,
        proxies: tuple[Network, ...],
        endpoint: str,
        *,
        answered: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """`answered` is called for each answer from here, and told whether it is one of the endpoint's."""
        self._answered = answered
        self._inner, self._bound = inner, bound
        self._shares, self._proxies, self._endpoint = shares, proxies, endpoint
        self._places: dict[_Key, _Place] = {}
        self._order: OrderedDict[_Full, _Entry] = OrderedDict()
        self._same: dict[tuple[object, ...], _Kept] = {}
        self._size = 0
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes that the kept answers take."""
        return self._size

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The kept answer, or the application's (PEP 3333)."""
        if environ["REQUEST_METHOD"] not in _READS or not self._bound:
            return self._inner(environ, start_response)
        key = (environ["SCRIPT_NAME"], environ["PATH_INFO"], environ["QUERY_STRING"])
        place = self._places.get(key)
        if place is not None:
            names = tuple([environ.get(name) for name in place.fields])
            kept = place.variants.get(names)
            if kept is not None and (not kept.fair or self._has_share(environ)):
                entry = self._order.get((key, names))
                if entry is not None:
                    entry.used = True
                self._answered(kept.fair)
                return self._send(kept, environ, start_response)
        return self._fetch(key, environ, start_response)

    def _has_share(self, environ: WSGIEnvironment) -> bool:
        """Whether the client may be answered from here; else the application refuses, or writes its log."""
        if journal.enabled():
            return False
        try:
            self._shares.check(
                _client(environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR"), self._proxies)
            )
        except ShareError:
            return False
        return True

    def _send(self, kept: _Kept, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        form = kept.plain
        if kept.compressible:
            coding = _coding(environ.get("HTTP_ACCEPT_ENCODING"), _CODINGS)
            if coding != "identity":
                form = kept.coded.get(coding) or self._encode(kept, coding)
        wish = environ.get("HTTP_IF_NONE_MATCH")
        if form.tag is not None and (wish is not None or any(name in environ for name in _RARE_CONDITIONS)):
            status = "304 NOT MODIFIED" if wish == form.tag else _judge(environ, form)
            if status is not None:
                start_response(status, form.unmodified)
                return ()
        start_response(kept.status, form.headers)
        return () if environ["REQUEST_METHOD"] == "HEAD" else (form.body,)

    def _fetch(self, key: _Key, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Ask the application, and keep what it answers where that lasts and is whole."""
        seen = dict(environ)
        got: list[tuple[str, _Headers, Callable[[bytes], object]]] = []

        def begin(status: str, headers: _Headers, exc_info: object = None) -> Callable[[bytes], object]:
            if not environ.get(LASTING):
                write = start_response(status, headers, exc_info) if exc_info else start_response(status, headers)  # type: ignore[arg-type]  # as given
                got.append((status, headers, write))
                return write
            got.append((status, headers, _no_write))
            return _no_write

        parts = self._inner(environ, begin)
        if not environ.get(LASTING) or not got:
            return parts
        body = _whole(parts)
        status, headers, _ = got[-1]
        if environ["REQUEST_METHOD"] == "HEAD" or status[:3] in ("304", "412"):
            # What conditions and HEAD are judged on is the whole answer, which is asked for once.
            again = {name: value for name, value in seen.items() if name not in _CONDITIONS}
            got.clear()
            environ = again | {"REQUEST_METHOD": "GET"}
            body = _whole(self._inner(environ, begin))
            status, headers, _ = got[-1]
        kept = self._made(key, status, headers, body)
        if status[:3] in _KEPT_STATUSES and environ.get(LASTING) and kept.size <= self._bound // 8:
            self._keep(key, seen, _again(kept))
        return self._send(kept, seen, start_response)

    def _made(self, key: _Key, status: str, headers: _Headers, body: bytes) -> _Kept:
        fair = key[1].endswith(self._endpoint)
        headers = [(name, value) for name, value in headers if name.lower() != "date"]
        known = {name.lower(): value for name, value in headers}
        compressible = len(body) >= _LEAST and "content-encoding" not in known and status.startswith("200")
        if compressible:
            headers = [pair for pair in headers if pair[0].lower() != "vary"]
            headers.append(("Vary", ", ".join(filter(None, (known.get("vary"), "Accept-Encoding")))))
        plain = _form(body, headers, known.get("etag"))
        return _Kept(status, plain, {}, compressible, fair, len(body) + _OVERHEAD)

    def _encode(self, kept: _Kept, coding: str) -> _Form:
        plain = kept.plain
        body = (
            brotli.compress(plain.body, quality=_BROTLI_QUALITY)
            if coding == "br"
            else gzip.compress(plain.body, _GZIP_LEVEL, mtime=0)
        )
        tag = f'{plain.tag[:-1]}-{coding}"' if plain.tag is not None else None
        replaced = {"etag": tag, "content-length": str(len(body))}
        headers = [(name, replaced.get(name.lower()) or value) for name, value in plain.headers]
        form = _form(body, [*headers, ("Content-Encoding", coding)], tag)
        with self._lock:
            if coding not in kept.coded:
                kept.coded[coding] = form
                kept.size += len(body)
                if kept.users:
                    self._size += len(body)
                    self._make_room()
        return form

    def _keep(self, key: _Key, environ: WSGIEnvironment, kept: _Kept) -> None:
        told = {name.lower(): value for name, value in kept.plain.headers}
        vary = [name.strip().lower() for name in told.get("vary", "").split(",") if name.strip()]
        if "*" in vary:
            return
        fields = {f"HTTP_{name.upper().replace('-', '_')}" for name in vary if name != "accept-encoding"}
        with self._lock:
            place = self._places.get(key)
            if place is None or not fields <= set(place.fields):
                known = set(place.fields) if place else set()
                for names in list(place.variants) if place else ():
                    self._drop((key, names))
                place = self._places[key] = _Place(tuple(sorted(fields | known)))
            names = tuple(environ.get(name) for name in place.fields)
            if names in place.variants:
                return
            same = self._same.setdefault((kept.status, tuple(kept.plain.headers), kept.fair, kept.plain.body), kept)
            same.users += 1
            if same.users == 1:
                self._size += same.size
            self._size += _OVERHEAD
            place.variants[names] = same
            self._order[(key, names)] = _Entry()
            self._make_room()

    def _make_room(self) -> None:
        """Drop entries from the oldest on, passing over those that were used since they were last looked at."""
        while self._size > self._bound and self._order:
            full, entry = next(iter(self._order.items()))
            if entry.used:
                entry.used = False
                self._order.move_to_end(full)
            else:
                self._drop(full)

    def _drop(self, full: _Full) -> None:
        key, names = full
        del self._order[full]
        place = self._places[key]
        kept = place.variants.pop(names)
        self._size -= _OVERHEAD
        kept.users -= 1
        if not kept.users:
            self._size -= kept.size
            self._same.pop((kept.status, tuple(kept.plain.headers), kept.fair, kept.plain.body), None)
        if not place.variants:
            del self._places[key]


def _again(kept: _Kept) -> _Kept:
    """The answer as it is given again: where the endpoint tells that it ran a query, it did not (RFC 9211)."""
    told = [(name, _HIT if name.lower() == "cache-status" else value) for name, value in kept.plain.headers]
    return replace(kept, plain=_form(kept.plain.body, told, kept.plain.tag), coded={})


def _form(body: bytes, headers: _Headers, tag: str | None) -> _Form:
    unmodified = [pair for pair in headers if pair[0].lower() not in _NOT_OF_304]
    return _Form(body, headers, unmodified, tag)


def _judge(environ: WSGIEnvironment, form: _Form) -> str | None:
    """The status that the conditions of a request ask for (RFC 9110, section 13.2.2); None when it is served."""
    modified = next((value for name, value in form.headers if name.lower() == "last-modified"), None)
    if (matched := environ.get("HTTP_IF_MATCH")) is not None:
        tags = parse_etags(matched)
        if not (tags.star_tag or tags.is_strong((form.tag or "").strip('"'))):
            return "412 PRECONDITION FAILED"
    if "HTTP_IF_NONE_MATCH" not in environ and "HTTP_IF_MODIFIED_SINCE" not in environ:
        return None
    asked: dict[str, str] = {
        name: environ[name] for name in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE") if name in environ
    }
    changed = is_resource_modified({"REQUEST_METHOD": "GET", **asked}, form.tag, None, modified)
    return None if changed else "304 NOT MODIFIED"


def _whole(parts: Iterable[bytes]) -> bytes:
    try:
        return b"".join(parts)
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()


def _no_write(_: bytes) -> object:
    raise RuntimeError("the application returns its body")
