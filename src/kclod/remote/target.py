"""Where a server takes what, by product: queries, updates and graphs; and the requests that change a dataset."""

from __future__ import annotations

import contextlib
import http.client
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from kclod.errors import Problem, UsageError
from kclod.rdf import N_QUADS, N_TRIPLES, RESULTS_JSON
from kclod.remote.asking import AskError, Client, Credentials, check_address, opener_for, server_words
from kclod.remote.published import Row, rows

_T = TypeVar("_T")
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Target:
    """The addresses of a dataset. `dataset` takes N-Quads whole, where the product can (`POST`).

    `atomic` says that an update is one transaction that readers see whole or not at all.
    """

    product: str
    query: str
    update: str
    graph_store: str | None = None
    dataset: str | None = None
    atomic: bool = False


def _beside(address: str, *names: str) -> tuple[str, ...]:
    """Addresses that differ from another one in the last segment of their path."""
    parts = urlsplit(address)
    folder = parts.path.rpartition("/")[0]
    return tuple(parts._replace(path=f"{folder}/{name}", query="").geturl() for name in names)


def _oxigraph(address: str) -> Target:
    update, store = _beside(address, "update", "store")
    return Target("oxigraph", address, update, store, store, atomic=True)


def _virtuoso(address: str) -> Target:
    update, store = _beside(address, "sparql-auth", "sparql-graph-crud-auth")
    return Target("virtuoso", address, update, store)


def _fuseki(address: str) -> Target:
    update, data = _beside(address, "update", "data")
    return Target("fuseki", address, update, data, data, atomic=True)


def _rdf4j(address: str) -> Target:
    whole = address.rstrip("/")
    return Target(
        "rdf4j", address, f"{whole}/statements", f"{whole}/rdf-graphs/service", f"{whole}/statements", atomic=True
    )


def _neptune(address: str) -> Target:
    return Target("neptune", address, address, f"{address.rstrip('/')}/gsp/", atomic=True)


_Recognised = Callable[[str, http.client.HTTPMessage], bool]
_PRODUCTS: Sequence[tuple[_Recognised, Callable[[str], Target]]] = (
    (lambda _, headers: headers.get("Server", "").startswith("Oxigraph"), _oxigraph),
    (lambda _, headers: headers.get("Server", "").startswith("Virtuoso"), _virtuoso),
    (lambda _, headers: "Fuseki-Request-Id" in headers, _fuseki),
    (lambda address, _: "/repositories/" in urlsplit(address).path, _rdf4j),
    (lambda address, _: (urlsplit(address).hostname or "").endswith(".neptune.amazonaws.com"), _neptune),
)


def find_target(
    address: str, secret: Credentials | None, timeout: float, *, update: str | None, graph_store: str | None
) -> Target:
    """The addresses that go with that of the queries; `update` and `graph_store` take precedence.

    UsageError when the server gives no answer, or is not known and no address for updates is given.
    """
    with Client(address, secret, stay=True, vetted=True).opened("ASK {}", RESULTS_JSON.media_type, timeout) as response:
        headers = response.headers
    found = next((make(address) for recognised, make in _PRODUCTS if recognised(address, headers)), None)
    if found is None:
        if update is None:
            message = "this server is none of those whose other addresses kclod knows"
            raise UsageError(
                Problem("publish.server", message, "name its address for updates (--update)", item=address)
            )
        return Target("other", address, update, graph_store)
    return Target(
        found.product,
        address,
        update or found.update,
        graph_store or found.graph_store,
        found.dataset if graph_store is None else None,
        found.atomic,
    )


class Writer:
    """Changes a dataset. A request that was lost is sent again: each has the same effect twice as once.

    (Save for blank nodes, of which there would be two; but then the counts are not right, and nothing is published.)

    AskError when the server refuses, or gives no answer however often it is asked.
    """

    def __init__(self, target: Target, secret: Credentials | None, timeout: float) -> None:
        self.target, self.timeout = target, timeout
        self.client = Client(target.query, secret, stay=True, vetted=True)
        self._secret = secret

    def rows(self, text: str, dataset: Sequence[tuple[str, str]] = ()) -> list[Row]:
        """The solutions of a query, all of them. UsageError where the server says that it has cut them."""
        reply = self._again(lambda: self.client.ask(text, RESULTS_JSON.media_type, self.timeout, dataset=dataset))
        if reply.max_rows is not None:
            message = f"the server sends no more than {reply.max_rows} rows"
            fix = "raise that bound (Virtuoso: ResultSetMaxRows)"
            raise UsageError(Problem("publish.rows", message, fix, item=self.target.query))
        return rows(reply)

    def number(self, text: str) -> int:
        """The value of `?n` in the one solution of a query."""
        return int(str(getattr(self.rows(text)[0]["n"], "value", "0")))

    def ask(self, pattern: str, dataset: Sequence[tuple[str, str]] = ()) -> bool:
        """Whether a pattern has a solution."""
        return bool(self.rows(f"SELECT (1 AS ?yes) {{ {pattern} }} LIMIT 1", dataset))

    def update(self, text: str) -> None:
        """A SPARQL 1.1 update (Protocol, section 2.2.1)."""
        # Virtuoso takes updates as queries, and only so; others want them under their name.
        name = "query" if self.target.product == "virtuoso" else "update"
        body = urllib.parse.urlencode({name: text}).encode()
        self._again(lambda: self._send(self.target.update, "POST", body, "application/x-www-form-urlencoded"))

    def put(self, graph: str, statements: Iterable[str], *, more: bool = False) -> None:
        """Make a graph of statements (Graph Store Protocol, section 5.3), or add them (5.5)."""
        assert self.target.graph_store is not None  # noqa: S101  # callers ask first
        address = f"{self.target.graph_store}?graph={urllib.parse.quote(graph, safe='')}"
        body = "".join(f"{statement} .\n" for statement in statements).encode()
        self._again(lambda: self._send(address, "POST" if more else "PUT", body, N_TRIPLES.media_type))

    def load(self, body: bytes) -> None:
        """Add N-Quads to the dataset."""
        assert self.target.dataset is not None  # noqa: S101  # callers ask first
        address = self.target.dataset
        self._again(lambda: self._send(address, "POST", body, N_QUADS.media_type))

    def _again(self, request: Callable[[], _T]) -> _T:
        for attempt in range(1, _TRIES):
            with contextlib.suppress(_LostError):
                try:
                    return request()
                except AskError as error:
                    if not error.passing or error.late:
                        raise
                    raise _LostError from None
            time.sleep(0.2 * 4**attempt / 4)
        return request()

    def _send(self, address: str, method: str, body: bytes, media_type: str) -> None:
        check_address(address)
        request = urllib.request.Request(address, body, {"Content-Type": media_type}, method=method)  # noqa: S310  # checked
        if self._secret is not None and self._secret.token:
            request.add_unredirected_header("Authorization", f"Bearer {self._secret.token}")
        try:
            with opener_for(address, self._secret, stay=True).open(request, timeout=self.timeout) as response:
                response.read()
        except urllib.error.HTTPError as error:
            fix = "set KCLOD_STORE_USER and KCLOD_STORE_PASSWORD to a user who may change this dataset"
            known = "see what the server says"
            problem = Problem(
                "remote.http", server_words(error), fix if error.code in (401, 403) else known, item=address
            )
            raise AskError(problem, error.code) from None
        except (OSError, http.client.HTTPException) as error:
            cause = error.reason if isinstance(error, urllib.error.URLError) else error
            late = isinstance(cause, TimeoutError)
            message = f"no answer within {self.timeout:g} s" if late else f"no answer: {cause}"
            fix = "allow more time (--timeout)" if late else "check the server, and run `kclod publish` again"
            raise AskError(Problem(f"remote.{'timeout' if late else 'network'}", message, fix, item=address)) from None


class _LostError(Exception):
    pass
