"""A published release on a server, read: every answer is of that release, or there is none."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from kclod.errors import Problem, UsageError
from kclod.rdf import RESULTS_JSON
from kclod.remote.asking import AskError, Client, Credentials, Reply
from kclod.remote.published import (
    POINTER_NAMES,
    Layout,
    Published,
    Row,
    State,
    read_published,
    rows,
)

_T = TypeVar("_T")
_AGAIN = 0.1
"""Seconds until a request that could not be delivered is tried once more."""
_GLANCE = 3.0
"""Seconds for a look at what the dataset says that it holds."""
_OPENING = 30.0
_PAGE = 1_000
NAMES_LISTED = 5_000
"""Most named graphs that a query lists, on servers that see only those."""


class UnavailableError(Exception):
    """The server gives no answer now, and may later; or the dataset holds another release by now."""


class Reading:
    """A dataset as the site of one release reads it. Safe for any number of threads."""

    def __init__(self, client: Client, published: Published, timeout: float) -> None:
        self.published, self.timeout = published, timeout
        self._client = client
        self._names: tuple[str, ...] | None = None

    @classmethod
    def open(
        cls, address: str, secret: Credentials | None, release: str | None = None, *, timeout: float = 10.0
    ) -> Reading:
        """Look what the dataset holds. `timeout` is for each look-up of a page.

        UsageError when it cannot be asked, is being changed, or holds nothing, or another release than this version.
        """
        client = Client(address, secret, stay=True, vetted=True)
        published = _delivered(lambda: read_published(client, _OPENING))
        if published is None:
            message, fix = "no release is published here", f"run `kclod publish --to {address}`"
            raise UsageError(Problem("store.empty", message, fix, item=address))
        if release is not None and published.release != release:
            message = f"this store holds the release {published.release}, and the site is of {release}"
            fix = f"serve that release (--release), or run `kclod publish --to {address}`"
            raise UsageError(Problem("store.other-release", message, fix, item=address))
        if published.state is not State.READY:
            message, fix = "the store is being changed", "wait for `kclod publish`, or run it again if it was stopped"
            raise UsageError(Problem("store.switching", message, fix, item=address))
        return cls(client, published, timeout)

    @property
    def address(self) -> str:
        """Where it is asked."""
        return self._client.address

    @property
    def client(self) -> Client:
        """What asks; its answers are of this release only if `check` passes after them."""
        return self._client

    def ask(
        self,
        text: str,
        accept: str,
        timeout: float,
        *,
        max_bytes: int | None = None,
        dataset: Sequence[tuple[str, str]] = (),
    ) -> Reply:
        """As `Client.ask`, of this release. UnavailableError when the dataset has changed meanwhile."""
        until = time.monotonic() + timeout

        def once() -> Reply:
            left = max(until - time.monotonic(), 0.001)
            return self._client.ask(text, accept, left, max_bytes=max_bytes, dataset=dataset)

        reply = _delivered(once)
        self.check()
        return reply

    def rows(self, text: str) -> tuple[list[Row], int | None]:
        """The solutions of a query of ours, and the server's bound on them where it was reached.

        UnavailableError when there is no answer.
        """
        try:
            reply = self.ask(text, RESULTS_JSON.media_type, self.timeout)
            return rows(reply), reply.max_rows
        except UsageError as error:
            raise UnavailableError(error.problems[0].message) from None

    def check(self) -> None:
        """UnavailableError unless the dataset still holds what it did when it was opened."""
        try:
            now = _delivered(lambda: read_published(self._client, _GLANCE))
        except UsageError as error:
            raise UnavailableError(error.problems[0].message) from None
        if now == self.published:
            return
        if now is None or now.state is not State.READY:
            raise UnavailableError("the store is being changed")
        raise UnavailableError(f"the store now holds the release {now.release}, published anew")

    def names(self) -> tuple[str, ...]:
        """The named graphs of the release; read once. ValueError when there are more than a query may list."""
        if self._names is None:
            found = graph_names_of(lambda text: self.rows(text)[0], POINTER_NAMES, NAMES_LISTED)
            if len(found) > NAMES_LISTED:
                message = f"the release has more than {NAMES_LISTED} named graphs, and this server must be told each"
                raise ValueError(f"{message}; name those that are asked with named-graph-uri")
            self._names = tuple(found)
        return self._names

    @property
    def own_default(self) -> bool:
        """Whether the default graph is the server's own, and not one with a name."""
        return self.published.layout is Layout.OWN


def graph_names_of(ask: Callable[[str], list[Row]], graph: str, enough: int) -> list[str]:
    """The subjects of a graph that lists names, in order; some more than `enough` at most."""
    found: list[str] = []
    while len(found) <= enough:
        later = f'FILTER(STR(?n) > "{found[-1]}")' if found else ""
        text = f"SELECT DISTINCT ?n {{ GRAPH <{graph}> {{ ?n ?p ?o }} {later} }} ORDER BY STR(?n) LIMIT {_PAGE}"
        page = [str(row["n"])[1:-1] for row in ask(text)]
        found.extend(page)
        if len(page) < _PAGE:
            break
    return found


def _delivered(request: Callable[[], _T]) -> _T:
    """The answer of a request, which is tried once more if it cannot have been answered."""
    try:
        return request()
    except AskError as error:
        if not error.passing or error.late:
            raise
    time.sleep(_AGAIN)
    return request()
