"""A polite HTTP/1.1 client that hides nothing: one request at a time, bounded in number, time and bytes."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit

from kclod import __version__

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 6
AGENT = f"kclod-check/{__version__} (+https://w3id.org/kclod/)"
"""Says who asks, as operators of other sites may want to know."""


class ExhaustedError(Exception):
    """As many requests were made as may be."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what came back: a status, or the `error` that kept the answer away."""

    method: str
    url: str
    sent: tuple[tuple[str, str], ...]
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    error: str | None = None
    cut: bool = False
    """Whether the body is longer than what was read of it."""

    def all(self, name: str) -> list[str]:
        """The values of a field, one for each of its lines."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str | None:
        """The value of a field, its lines joined (RFC 9110, section 5.2); None when it is not there."""
        found = self.all(name)
        return ", ".join(found) if found else None

    def names(self, name: str) -> set[str]:
        """The members of a field that is a list of names, such as Vary, in lower case."""
        return {part.strip().lower() for part in (self.get(name) or "").split(",") if part.strip()}

    @property
    def content(self) -> bytes:
        """The body without gzip, should it be coded so although nobody asked for that."""
        if (self.get("Content-Encoding") or "").strip().lower() == "gzip":
            with contextlib.suppress(OSError, EOFError, zlib.error):
                return gzip.decompress(self.body)
        return self.body

    @property
    def media_type(self) -> str:
        """The media type without parameters, in lower case; empty when there is none."""
        return (self.get("Content-Type") or "").partition(";")[0].strip().lower()

    @property
    def redirects(self) -> bool:
        """Whether it leads elsewhere."""
        return self.status in _REDIRECTS and self.get("Location") is not None

    @property
    def target(self) -> str:
        """The absolute address that it leads to."""
        return absolute(self.url, self.get("Location") or "")

    def asked(self) -> str:
        """The request in one line."""
        return " · ".join([f"{self.method} {self.url}", *(f"{name}: {value}" for name, value in self.sent)])

    def got(self) -> str:
        """The answer in one line: status, and the fields that matter to negotiation."""
        if self.error:
            return self.error
        shown = ("Content-Type", "Location", "Vary", "ETag", "Allow", "Content-Encoding", "Content-Profile")
        return " · ".join([str(self.status), *(f"{n}: {value[:200]}" for n in shown if (value := self.get(n)))])


@dataclass
class Client:
    """Asks within bounds. The answers to equal GET and HEAD requests are kept, so that rules can share them."""

    requests: int = 1000
    """Requests that may be made."""
    delay: float = 0.0
    """Seconds between two requests."""
    timeout: float = 10.0
    """Seconds for a request, from the connection to the last byte."""
    bytes: int = 8 << 20
    """Bytes of a body that are read."""
    made: int = 0
    _kept: dict[tuple[object, ...], Exchange] = field(default_factory=dict)
    _last: float = 0.0

    def ask(self, url: str, method: str = "GET", *, host: str | None = None, **fields: str) -> Exchange:
        """One request; keywords are header fields, `_` standing for `-`. ExhaustedError when there were enough.

        `host` is sent as Host instead of that of the address.
        """
        sent = tuple((name.replace("_", "-"), value) for name, value in fields.items())
        key = (url, method, host, sent)
        if key not in self._kept:
            if self.made >= self.requests:
                raise ExhaustedError
            time.sleep(max(0.0, self._last + self.delay - time.monotonic()))
            self.made += 1
            self._kept[key] = self._exchange(url, method, sent, host)
            self._last = time.monotonic()
        return self._kept[key]

    def follow(self, url: str, method: str = "GET", **fields: str) -> list[Exchange]:
        """The exchanges up to the first answer that is no redirect, or until a redirect leads in a circle."""
        chain = [self.ask(url, method, **fields)]
        while chain[-1].redirects and len(chain) <= _MOST_REDIRECTS:
            target = chain[-1].target.partition("#")[0]
            if any(exchange.url == target for exchange in chain):
                break
            chain.append(self.ask(target, method, **fields))
        return chain

    def _exchange(self, url: str, method: str, sent: tuple[tuple[str, str], ...], host: str | None) -> Exchange:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return Exchange(method, url, sent, error="not an http or https address")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        try:
            connection = kind(parts.hostname, parts.port, timeout=self.timeout)
        except ValueError as error:
            return Exchange(method, url, sent, error=str(error))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        fields = {"User-Agent": AGENT, "Accept-Encoding": "identity", "Connection": "close", **dict(sent)}
        if host is not None:
            fields["Host"] = host
        until = time.monotonic() + self.timeout
        with contextlib.closing(connection), _watched(connection, self.timeout) as expired:
            try:
                connection.putrequest(method, target, skip_host=host is not None, skip_accept_encoding=True)
                for name, value in fields.items():
                    connection.putheader(name, value.encode("utf-8"))
                connection.endheaders()
                response = connection.getresponse()
                body = _read(response, self.bytes + 1, until)
            except (OSError, http.client.HTTPException, ssl.SSLError, ValueError) as error:
                told = f"no answer within {self.timeout:g} seconds" if expired() else str(error) or type(error).__name__
                return Exchange(method, url, sent, error=told)
        headers = tuple((name, _text(value)) for name, value in response.getheaders())
        return Exchange(method, url, sent, response.status, headers, body[: self.bytes], cut=len(body) > self.bytes)


@contextlib.contextmanager
def _watched(connection: http.client.HTTPConnection, seconds: float) -> Iterator[Callable[[], bool]]:
    """Breaks the connection after so many seconds, for a server that sends a byte now and then is no time-out."""
    late = threading.Event()

    def end() -> None:
        late.set()
        if connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    alarm = threading.Timer(seconds, end)
    alarm.daemon = True
    alarm.start()
    try:
        yield late.is_set
    finally:
        alarm.cancel()


def _read(response: http.client.HTTPResponse, most: int, until: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size < most and (part := response.read1(min(most - size, 1 << 16))):
        parts.append(part)
        size += len(part)
        if time.monotonic() > until:
            raise TimeoutError("the body did not end in time")
    return b"".join(parts)


def _text(value: str) -> str:
    """A field's value: bytes that are UTF-8 are read so, whatever http.client takes them for."""
    with contextlib.suppress(UnicodeError):
        return value.encode("latin-1").decode("utf-8")
    return value


def absolute(base: str, reference: str) -> str:
    """The absolute URI of a reference, what is no ASCII percent-encoded (RFC 3987, section 3.1)."""
    try:
        return uri(urljoin(base, reference))
    except ValueError:
        return reference


def uri(iri: str) -> str:
    """The URI of an IRI."""
    return quote(iri, safe=":/?#[]@!$&'()*+,;=%~-._")
