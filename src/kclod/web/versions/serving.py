"""An application in use: how many requests are in it, so that it can be closed when the last has ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Serving:
    """One release that is open, and how many requests are in it."""

    def __init__(self, version: str, app: flask.Flask) -> None:
        self.version, self.app = version, app
        self._users = 0
        self._turn = threading.Condition()

    def enter(self) -> None:
        """A request begins."""
        with self._turn:
            self._users += 1

    def leave(self) -> None:
        """A request has ended."""
        with self._turn:
            self._users -= 1
            if not self._users:
                self._turn.notify_all()

    @property
    def users(self) -> int:
        """Requests that are in it."""
        return self._users

    def drained(self, seconds: float) -> bool:
        """Whether no request is in it any more, after so many seconds at most."""
        with self._turn:
            return self._turn.wait_for(lambda: not self._users, seconds)

    def answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The answer of a request that has entered; it leaves with the last byte (PEP 3333)."""
        try:
            parts = self.app(environ, start_response)
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
