"""A client of SPARQL 1.1 servers: queries by the protocol (section 2.1), and every failure in words."""

from __future__ import annotations

import http.client
import os
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO
from urllib.parse import urlsplit

from SPARQLWrapper import GET, POST, SELECT, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

from kclod.errors import Problem, UsageError

USER, PASSWORD, TOKEN = "KCLOD_STORE_USER", "KCLOD_STORE_PASSWORD", "KCLOD_STORE_TOKEN"
"""The environment variables with what a server asks for; an address with a password in it would get into logs."""
_LONGEST_URL = 1_900
"""Characters of a GET request; servers and proxies commonly refuse more than 2,000, so longer queries are posted."""
_CHUNK = 65_536
_SHOWN = 2_000
"""Characters of a server's error text that a message repeats."""
_PASSING = frozenset({"refused", "network", "timeout"})
_PASSING_STATUS = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a server asks for by Basic or Digest authentication (RFC 7617, RFC 7616); and a token for who may write.

    The token (RFC 6750) goes with updates only, and unasked.
    """

    user: str
    password: str = field(repr=False)
    token: str | None = field(repr=False, default=None)


def credentials() -> Credentials | None:
    """Those in the environment; None when there are none."""
    user, password, token = (os.environ.get(name) for name in (USER, PASSWORD, TOKEN))
    return Credentials(user or "", password or "", token or None) if user or token else None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its media type (lower case, no parameters) and its body, undecoded.

    `max_rows` is the most rows that the server sends, where it says that it has sent as many (Virtuoso does).
    """

    media_type: str
    body: bytes
    max_rows: int | None = None


class AskError(UsageError):
    """A request that got no usable answer. `status` is the server's, where it answered."""

    def __init__(self, problem: Problem, status: int | None = None) -> None:
        super().__init__(problem)
        self.status = status

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later: the server is down, busy or slow."""
        return self.problems[0].rule.removeprefix("remote.") in _PASSING or self.status in _PASSING_STATUS

    @property
    def late(self) -> bool:
        """Whether the time was over."""
        return self.problems[0].rule == "remote.timeout"

    @property
    def too_large(self) -> bool:
        """Whether the answer was larger than was wanted."""
        return self.problems[0].rule == "remote.size"


@dataclass(frozen=True, slots=True)
class Client:
    """Asks one address. With `stay`, and always with credentials, a redirect to another origin is not followed.

    `vetted` says that the texts are known to be queries; otherwise an update is recognised, and not sent.
    """

    address: str
    credentials: Credentials | None = None
    stay: bool = False
    vetted: bool = False

    def ask(
        self,
        text: str,
        accept: str,
        timeout: float,
        *,
        max_bytes: int | None = None,
        dataset: Sequence[tuple[str, str]] = (),
    ) -> Reply:
        """The whole answer, within `timeout` seconds. `dataset` are parameters of the protocol's section 2.1.4.

        AskError for a bad address, a refused connection, a passed deadline, a body of more than `max_bytes`, an HTTP
        error (with the server's words) or an answer of a media type that was not asked for.
        """
        deadline = time.monotonic() + timeout
        with self.opened(text, accept, timeout, dataset=dataset) as response:
            media_type = response.headers.get_content_type().lower()
            try:
                body = _read_until(response, deadline, max_bytes)
            except _TooLargeError:
                message = f"the answer is larger than {max_bytes} bytes"
                raise self._problem("size", message, "ask for less") from None
            except (OSError, http.client.HTTPException) as error:
                raise self._explained(error, timeout) from None
            most = response.headers.get("X-SPARQL-MaxRows", "")
            if response.headers.get("X-SQL-State") == "S1TAT":  # Virtuoso's "anytime" answers: what it had in time
                raise self._explained(TimeoutError(), timeout)
        if not _accepted(media_type, accept):
            excerpt = body[:_SHOWN].decode("utf-8", "replace").strip()
            message = f"the answer is {media_type}, asked for was {accept}: {excerpt}"
            raise self._problem("media-type", message, "check that it is a SPARQL endpoint")
        return Reply(media_type, body, int(most) if most.isascii() and most.isdigit() else None)

    def opened(
        self, text: str, accept: str, timeout: float, *, dataset: Sequence[tuple[str, str]] = ()
    ) -> http.client.HTTPResponse:
        """The answer, to be read and closed by the caller. Errors as of `ask`, as far as they show by then."""
        try:
            response: http.client.HTTPResponse = self._prepared(text, accept, timeout, dataset).query().response
            return response
        except (SPARQLWrapperException, OSError, http.client.HTTPException) as error:
            raise self._explained(error, timeout) from None

    def _prepared(self, text: str, accept: str, timeout: float, dataset: Sequence[tuple[str, str]]) -> _Wrapper:
        check_address(self.address)
        client = _Wrapper(self.address)
        client.trusted, client.stay, client.secret = self.vetted, self.stay, self.credentials
        with warnings.catch_warnings():
            # SPARQLWrapper warns of a query form that it does not know; the endpoint is the judge of that.
            warnings.simplefilter("ignore", RuntimeWarning)
            client.setQuery(text)
        if client.isSparqlUpdateRequest():
            raise self._problem("update", "this is an update, and only queries are sent", "ask a query")
        size = len(self.address) + len(text.encode()) * 1.5
        for name, value in dataset:
            client.addParameter(name, value)
            size += len(name) + len(value.encode()) * 1.5
        client.setMethod(GET if size < _LONGEST_URL else POST)
        client.setOnlyConneg(True)  # no `format=` parameters beside the Accept header
        client.addCustomHttpHeader("Accept", accept)
        client.seconds = max(timeout, 0.001)
        return client

    def _explained(self, error: Exception, timeout: float) -> AskError:
        cause: object = error
        status: int | None = None
        if isinstance(error, urllib.error.URLError) and not isinstance(error, urllib.error.HTTPError):
            cause = error.reason
        match cause:
            case TimeoutError():
                rule, message, fix = (
                    "timeout",
                    f"no whole answer within {timeout:g} s",
                    "simplify the query or allow more time",
                )
            case ConnectionRefusedError():
                rule, message, fix = (
                    "refused",
                    "nothing listens at this address",
                    "start the endpoint or correct the address",
                )
            case urllib.error.HTTPError():
                rule, message, fix = "http", server_words(cause), "correct the query or the address"
                status = cause.code
                if status == 401:  # Unauthorized
                    fix = f"set {USER} and {PASSWORD} to a user who may do this"
            case _:
                rule, message, fix = "network", f"no answer: {cause}", "check the address and the network"
        return self._problem(rule, message, fix, status)

    def _problem(self, rule: str, message: str, fix: str, status: int | None = None) -> AskError:
        return AskError(Problem(f"remote.{rule}", message, fix, item=self.address), status)


def remote_query(
    endpoint: str, text: str, accept: str, timeout: float, *, max_bytes: int | None = None, stay: bool = False
) -> tuple[str, bytes]:
    """The media type and body of a query's answer; errors and parameters as of `Client.ask`."""
    reply = Client(endpoint, stay=stay).ask(text, accept, timeout, max_bytes=max_bytes)
    return reply.media_type, reply.body


def check_address(address: str) -> None:
    """UsageError unless it is an http or https address without a user in it."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            Problem(
                "remote.address",
                "not an http or https address",
                "name the endpoint as http(s)://…",
                item=address.rpartition("@")[2],
            )
        )
    if parts.username is not None:
        shown = address.replace(parts.netloc, parts.netloc.rpartition("@")[2])
        message = "the address has a user in it, and addresses get into logs"
        raise UsageError(Problem("remote.address", message, f"set {USER} and {PASSWORD} instead", item=shown))


def opener_for(address: str, secret: Credentials | None, *, stay: bool) -> urllib.request.OpenerDirector:
    """Opens requests to an address, with what it asks for by Basic or Digest, which is sent nowhere else."""
    handlers: list[urllib.request.BaseHandler] = []
    if stay or secret is not None:
        handlers.append(_SameOrigin())
    if secret is not None and secret.user:
        known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        known.add_password(None, address, secret.user, secret.password)
        # Digest first: where a server offers both, the password itself is not sent.
        handlers += [urllib.request.HTTPDigestAuthHandler(known), urllib.request.HTTPBasicAuthHandler(known)]
    return urllib.request.build_opener(*handlers)


def server_words(error: urllib.error.HTTPError) -> str:
    """Status and body of an error answer."""
    try:
        words = error.read(_CHUNK).decode("utf-8", "replace").strip()[:_SHOWN]
    except (OSError, http.client.HTTPException):
        words = ""
    return f"the endpoint answered {error}" + (f": {words}" if words else "")


class _TooLargeError(Exception):
    pass


class _SameOrigin(urllib.request.HTTPRedirectHandler):
    """Follows redirects only to where the request went."""

    def redirect_request(  # noqa: PLR0917  # the signature is urllib's
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            reason = f"a redirect to {urlsplit(newurl).netloc}, which is not followed"
            raise urllib.error.HTTPError(req.full_url, code, reason, headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Wrapper(SPARQLWrapper):
    """A client with an opener of its own; SPARQLWrapper's way to Digest changes that of the whole process."""

    trusted = False
    stay = False
    seconds = 0.0
    secret: Credentials | None = None

    def _parseQueryType(self, query: str) -> str | None:  # noqa: N802  # SPARQLWrapper's name
        """A text that is known to be a query is not searched for its form by regular expressions."""
        return SELECT if self.trusted else super()._parseQueryType(query)

    def _query(self) -> tuple[http.client.HTTPResponse, str]:
        opener = opener_for(self.endpoint, self.secret, stay=self.stay)
        return opener.open(self._createRequest(), timeout=self.seconds), self.returnFormat


def _read_until(response: http.client.HTTPResponse, deadline: float, max_bytes: int | None) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := response.read1(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if max_bytes is not None and size > max_bytes:
            raise _TooLargeError
        if time.monotonic() > deadline:
            raise TimeoutError
    if response.length:  # read1 does not tell a cut connection from the end of the body
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(chunks)


def _accepted(media_type: str, accept: str) -> bool:
    ranges = {part.split(";")[0].strip().lower() for part in accept.split(",")}
    return bool(ranges & {media_type, media_type.partition("/")[0] + "/*", "*/*", ""})
