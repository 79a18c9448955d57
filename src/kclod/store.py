"""The store of a release: embedded (pyoxigraph) for reading by many processes, or remote (SPARQL 1.1 Protocol)."""

from __future__ import annotations

import ast
import http.client
import math
import mmap
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import pyoxigraph as ox
from SPARQLWrapper import GET, POST, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

from kclod.errors import Problem, UsageError

_LONGEST_URL = 1_900
"""Characters of a GET request; servers and proxies commonly refuse more than 2,000, so longer queries are posted."""
_CHUNK = 65_536
_SHOWN = 2_000
"""Characters of a server's error text that a message repeats."""


def load_store(path: Path, dump: Path) -> None:
    """Make a store folder at `path` (which must not exist) of the quads of an N-Quads file, compacted for reading.

    Literals of numeric and date types are stored by value (`1.00` reads back as `1`), so anything that must keep the
    lexical form is written from the quads, not from the store. UsageError when the folder exists or cannot be written.
    """
    if path.exists():
        raise UsageError(
            Problem(
                "store.exists", "a store is made once and never changed", "name a folder that is not there", str(path)
            )
        )
    try:
        store = ox.Store(str(path))
        _load(store, dump)
        store.optimize()
        store.flush()
    except OSError as error:
        raise _unwritable(path, error) from None


def copy_store(old: Path, new: Path) -> ox.Store:
    """A store like another one that nobody changes any more, to be changed; what is large is shared by hard links.

    RocksDB writes its table files once and then only removes them, so that the old store stays as it is.
    """
    new.mkdir(parents=True)
    for file in old.iterdir():
        if file.suffix == ".sst":
            try:
                (new / file.name).hardlink_to(file)
                continue
            except OSError:  # another file system, or one without hard links
                pass
        shutil.copyfile(file, new / file.name)
    return ox.Store(str(new))


def _unwritable(path: Path, error: Exception) -> UsageError:
    return UsageError(
        Problem("store.unwritable", f"cannot write the store: {error}", "check space and permissions", str(path))
    )


class Loading:
    """A store that is being made by a process of its own, while this one does something else.

    A new process, not a fork: RocksDB's threads do not survive a fork of a process that has used it.
    """

    def __init__(self, path: Path, dump: Path) -> None:
        self.path = path
        self._command = [sys.executable, "-c", _LOAD, str(path), str(dump)]

    def __enter__(self) -> Loading:
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)  # noqa: S603  # our own code
        return self

    def __exit__(self, *_: object) -> None:
        with self._process as process:
            process.kill()

    def opened(self) -> ox.Store:
        """The store, once it is made, to be read and added to. UsageError when it could not be made."""
        _, errors = self._process.communicate()
        if self._process.returncode:
            raise _unwritable(self.path, ChildProcessError(errors.strip().rpartition("\n")[2]))
        return ox.Store(str(self.path))


_LOAD = "import sys, pathlib; from kclod.store import load_store; load_store(*map(pathlib.Path, sys.argv[1:]))"


def open_read_only(path: Path) -> ox.Store:
    """Open a store that `load_store` made; any number of processes may do so at once, and none can change it.

    UsageError when there is no such store or it cannot be read.
    """
    try:
        return ox.Store.read_only(str(path))
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(
            Problem("store.unreadable", f"cannot open the store: {error}", "build the release again", str(path))
        ) from None


def store_in_memory(dump: Path) -> ox.Store:
    """A store in memory of the quads of an N-Quads file. It has no threads, and so survives a fork."""
    store = ox.Store()
    _load(store, dump)
    return store


def _load(store: ox.Store, dump: Path) -> None:
    """Load canonical N-Quads. A bulk load gives blank nodes other labels each time, so that those go another way."""
    if not dump.stat().st_size:
        return
    with dump.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        labels = text.find(b"_:") >= 0  # perhaps in a literal, which then costs nothing but time
    if labels:
        store.bulk_extend(ox.parse(path=str(dump), format=ox.RdfFormat.N_QUADS))
    else:
        store.bulk_load(path=str(dump), format=ox.RdfFormat.N_QUADS)


def memory_store(quads: Iterable[ox.Quad]) -> ox.Store:
    """A store in memory that holds the quads."""
    store = ox.Store()
    store.bulk_extend(quads)
    return store


def remote_query(
    endpoint: str, text: str, accept: str, timeout: float, *, max_bytes: int | None = None, stay: bool = False
) -> tuple[str, bytes]:
    """Ask a remote endpoint a query by the SPARQL 1.1 Protocol (section 2.1).

    `accept` is the Accept header as it is to be sent; `timeout` is in seconds, for the answer as a whole. Comes out:
    the media type of the answer (lower case, no parameters) and its body, undecoded. With `stay`, a redirect to
    another scheme, host or port is not followed. UsageError for an update, a bad address, a refused connection, a
    passed deadline, a body of more than `max_bytes`, an HTTP error (with the server's words) or an answer of a media
    type that was not asked for.
    """
    deadline = time.monotonic() + timeout
    try:
        result = _prepare(endpoint, text, accept, timeout, SPARQLWrapper if not stay else _Staying).query()
        with result.response as response:
            media_type = response.headers.get_content_type().lower()
            body = _read_until(response, deadline, max_bytes)
    except _TooLargeError:
        message, fix = f"the answer is larger than {max_bytes} bytes", "ask for less"
        raise _remote_problem("size", message, fix, endpoint) from None
    except (SPARQLWrapperException, OSError, http.client.HTTPException) as error:
        raise _explained(endpoint, error, timeout) from None
    if not _accepted(media_type, accept):
        excerpt = body[:_SHOWN].decode("utf-8", "replace").strip()
        raise _remote_problem(
            "media-type",
            f"the answer is {media_type}, asked for was {accept}: {excerpt}",
            "check that it is a SPARQL endpoint",
            endpoint,
        )
    return media_type, body


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


class _Staying(SPARQLWrapper):
    """A client that is not sent elsewhere."""

    def _query(self) -> tuple[http.client.HTTPResponse, str]:
        opener = urllib.request.build_opener(_SameOrigin)
        return opener.open(self._createRequest(), timeout=self.timeout), self.returnFormat


def _prepare(
    endpoint: str, text: str, accept: str, timeout: float, kind: type[SPARQLWrapper] = SPARQLWrapper
) -> SPARQLWrapper:
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _remote_problem("address", "not an http or https address", "name the endpoint as http(s)://…", endpoint)
    client = kind(endpoint)
    with warnings.catch_warnings():
        # SPARQLWrapper warns of a query form that it does not know; the endpoint is the judge of that.
        warnings.simplefilter("ignore", RuntimeWarning)
        client.setQuery(text)
    if client.isSparqlUpdateRequest():
        raise _remote_problem("update", "this is an update, and only queries are sent", "ask a query", endpoint)
    client.setMethod(GET if len(endpoint) + len(text.encode()) * 1.5 < _LONGEST_URL else POST)
    client.setOnlyConneg(True)  # no `format=` parameters beside the Accept header
    client.addCustomHttpHeader("Accept", accept)
    client.setTimeout(max(1, math.ceil(timeout)))
    return client


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


def _explained(endpoint: str, error: Exception, timeout: float) -> UsageError:
    cause: object = error
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
        case urllib.error.HTTPError() | SPARQLWrapperException():
            rule, message, fix = "http", _server_words(cause), "correct the query or the address"
        case _:
            rule, message, fix = "network", f"no answer: {cause}", "check the address and the network"
    return _remote_problem(rule, message, fix, endpoint)


def _server_words(error: urllib.error.HTTPError | SPARQLWrapperException) -> str:
    """Status and body of an error answer; SPARQLWrapper reads the body of some and keeps only its `repr`."""
    if isinstance(error, SPARQLWrapperException):
        quoted = str(error).partition("Response:\n")[2]
        status, body = str(error.__context__), ast.literal_eval(quoted or "b''")
    else:
        status, body = str(error), error.read()
    words = body.decode("utf-8", "replace").strip()[:_SHOWN]
    return f"the endpoint answered {status}" + (f": {words}" if words else "")


def _remote_problem(rule: str, message: str, fix: str, endpoint: str) -> UsageError:
    return UsageError(Problem(f"remote.{rule}", message, fix, item=endpoint))
