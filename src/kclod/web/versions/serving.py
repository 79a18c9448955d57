"""An application in use: how many requests are in it, so that it can be closed when the last has ended."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_LOOK = 0.02


class Serving:
    """One release that is open, and how many requests are in it. Counting takes no lock: a deque's ends are atomic."""

    def __init__(self, version: str, app: flask.Flask) -> None:
        self.version, self.app = version, app
        self._inside: deque[None] = deque()

    def enter(self) -> None:
        """A request begins."""
        self._inside.append(None)

    def leave(self) -> None:
        """A request has ended."""
        self._inside.pop()

    @property
    def users(self) -> int:
        """Requests that are in it."""
        return len(self._inside)

    def drained(self, seconds: float) -> bool:
        """Whether no request is in it any more, after so many seconds at most."""
        until = time.monotonic() + seconds
        while self._inside:
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK)
        return True

    def answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The answer of a request that has entered; it leaves with the last byte (PEP 3333)."""
        try:
            parts = self.app.wsgi_app(environ, start_response)
        except BaseException:
            self.leave()
            raise
        if isinstance(parts, tuple):  # bytes that are ready need the release no more
            self.leave()
            return parts
        return _Answer(parts, self.leave)


class _Answer:
    """The parts of an answer; whoever reads them closes them."""

    def __init__(self, parts: Iterable[bytes], ended: Callable[[], None]) -> None:
        self._parts, self._ended = parts, ended

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def close(self) -> None:
        """Let the release know; once."""
        ended, self._ended = self._ended, _nothing
        try:
            close = getattr(self._parts, "close", None)
            if close is not None:
                close()
        finally:
            ended()


def _nothing() -> None:
    pass
