"""Serves the release that `current` points to, and moves to another one while it serves.

Each request belongs to one release from its first byte to the last of its answer. When the link has moved, the new
release is verified, opened and warmed beside the old one; from then on new requests get it. The old one is closed when
the last of its requests has ended, or when the longest that a request may take is over: never more than two are open.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import flask

from kclod.errors import KclodError, Problem, RefusedError, UsageError
from kclod.release import Release, load, pointed, verify
from kclod.web.app import close, turn_to
from kclod.web.versions.serving import Serving

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_log = logging.getLogger(__name__)
_LOOK = 0.25
"""Seconds between looks at the link."""
_AGAIN = 30.0
"""Seconds after which a release that could not be opened is tried again, while the link still names it."""


class Switch:
    """The WSGI application in front of those of the releases."""

    def __init__(
        self,
        root: Path,
        first: Release,
        make: Callable[[Release, flask.Flask | None], flask.Flask],
        patience: float,
    ) -> None:
        """`make` opens and warms the application of a release, given the one that is served until then. An old one may
        take `patience` seconds for its last requests."""
        self._root, self._make, self._patience = root, make, patience
        self._now = Serving(first.version, make(first, None))
        self._ended = threading.Event()
        self._failed: tuple[str, float] | None = None
        threading.Thread(target=self._watch, name="kclod-switch", daemon=True).start()

    @property
    def version(self) -> str:
        """The release that is served now."""
        return self._now.version

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The answer of the release that is served as the request comes in."""
        serving = self._now
        serving.enter()
        while serving is not self._now:  # it may have been left, and seen empty, before this request entered
            serving.leave()
            serving = self._now
            serving.enter()
        return serving.answer(environ, start_response)

    def close(self) -> None:
        """Watch no more, and end what the release has started."""
        self._ended.set()
        close(self._now.app)

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK):
            self.look()

    def look(self) -> None:
        """Move to the release that the link names, if that is another one and can be served."""
        wanted = pointed(self._root)
        if wanted is None or wanted == self._now.version:
            return
        if self._failed and self._failed[0] == wanted and time.monotonic() < self._failed[1]:
            return
        try:
            self._move(wanted)
            self._failed = None
        except Exception as error:  # the site goes on with what it has
            self._failed = (wanted, time.monotonic() + _AGAIN)
            told = "; ".join(map(str, error.problems)) if isinstance(error, KclodError) else repr(error)
            _log.error("release %s is not served, %s is still: %s", wanted, self._now.version, told)

    def _move(self, wanted: str) -> None:
        folder = self._root / wanted
        if folder.is_symlink():
            raise UsageError(Problem("release.current", "the folder is a link", "put a release there", str(folder)))
        if problems := verify(folder):
            raise RefusedError(problems)
        old, new = self._now, Serving(wanted, self._make(load(folder), self._now.app))
        self._now = new
        turn_to(new.app)
        if not old.drained(self._patience):
            _log.warning("release %s is closed with %d requests in it", old.version, old.users)
        close(old.app)
        del old
        gc.collect()  # an application is full of cycles, and holds a store
