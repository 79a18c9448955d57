"""Earlier releases as sites of their own, below `/releases/VERSION/`: pages, data, queries, dumps, all of that release.

Each is the whole site of that release, opened when it is first asked for and closed when nobody has asked for a while;
a few are open at a time. They have less memory and fewer query processes than the release that is served, and the same
bounds for each client. What is asked below the address of the served release is answered by itself.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import flask

from kclod.errors import KclodError
from kclod.history import Edition
from kclod.web.versions.serving import Serving

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MEMENTO, PLACE = "kclod.memento", "kclod.place"
"""In the WSGI environment: when the release was made, for an address that names it, and the path of that address."""
_BELOW = re.compile(r"/releases/([^/]+)/(.+)")
_OWN = re.compile(r"manifest\.json|changes(\.[a-z]+)?|(added|removed)\.nq")
"""What is told of a release by the one that is served."""
MOST = 3
"""Earlier releases that are open at a time."""
_IDLE = 300.0
"""Seconds after which one that nobody asks is closed."""
_SWEEP = 15.0
"""Seconds between two looks for those, at most."""
_LEAST = 1.0
"""Seconds for which one stays open after it was asked."""
_PATIENCE = 5.0
"""Seconds for which requests wait when as many are open as may be, and all are at work."""


class Archive:
    """A WSGI application in front of the one of the release that is served."""

    def __init__(
        self,
        inner: WSGIApplication,
        line: Mapping[str, Edition],
        served: str,
        *,
        prefix: str,
        make: Callable[[Edition], flask.Flask],
        close: Callable[[flask.Flask], None],
        most: int = MOST,
        idle: float = _IDLE,
    ) -> None:
        """`line` has the releases by version, `served` is the version of that one among them; `make` opens another."""
        self._inner, self._prefix, self._line, self._served = inner, prefix, line, served
        self._make, self._end, self._most, self._idle = make, close, most, idle
        self._open: OrderedDict[str, tuple[Serving, float]] = OrderedDict()
        self._turn = threading.Condition()
        self._opening: set[str] = set()
        self._ended = threading.Event()
        self._janitor: threading.Thread | None = None

    @property
    def inner(self) -> WSGIApplication:
        """What answers for the release that is served."""
        return self._inner

    @property
    def open(self) -> tuple[str, ...]:
        """The versions that are open, the one that was asked last at the end."""
        with self._turn:
            return tuple(self._open)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The answer of the release that the address names, or of the one that is served (PEP 3333)."""
        path = environ.get("PATH_INFO", "")
        if self._prefix and path.startswith(f"{self._prefix}/"):
            path = path[len(self._prefix) :]
        found = _BELOW.fullmatch(path)
        edition = self._line.get(found[1]) if found else None
        if found is None or edition is None or _OWN.fullmatch(found[2]):
            return self._inner(environ, start_response)
        place = f"/releases/{edition.version}"
        environ |= {MEMENTO: edition.published, PLACE: place, "SCRIPT_NAME": place, "PATH_INFO": f"/{found[2]}"}
        if edition.version == self._served:
            return self._inner(environ, start_response)
        serving = self._enter(edition)
        return _busy(start_response) if serving is None else serving.answer(environ, start_response)

    def close(self) -> None:
        """Close all; no other is opened."""
        self._ended.set()
        with self._turn:
            while self._open:
                self._end(self._open.popitem()[1][0].app)
            self._turn.notify_all()

    def _enter(self, edition: Edition) -> Serving | None:
        """A release for a request, which has entered it; None when there is no room or it cannot be opened."""
        until = time.monotonic() + _PATIENCE
        with self._turn:
            while True:
                if (known := self._open.get(edition.version)) is not None:
                    self._open[edition.version] = (known[0], time.monotonic())
                    self._open.move_to_end(edition.version)
                    known[0].enter()
                    return known[0]
                if self._ended.is_set() or time.monotonic() > until:
                    return None
                if edition.version not in self._opening and self._room():
                    self._opening.add(edition.version)
                    break
                self._turn.wait(0.1)
        made = None
        try:
            made = Serving(edition.version, self._make(edition))
            made.enter()
            return made
        except KclodError:
            return None
        finally:
            with self._turn:
                self._opening.discard(edition.version)
                if made is not None:
                    self._open[edition.version] = (made, time.monotonic())
                    self._watch()
                self._turn.notify_all()

    def _room(self) -> bool:
        """Whether another may be opened; the one that was asked longest ago makes room, if nobody is in it.

        None makes room at once: opening takes half a second of a processor, which nobody shall have us do without end.
        """
        if len(self._open) + len(self._opening) < self._most:
            return True
        late = time.monotonic() - _LEAST
        idle = next((v for v, (serving, asked) in self._open.items() if not serving.users and asked < late), None)
        if idle is None:
            return False
        self._end(self._open.pop(idle)[0].app)
        return True

    def _watch(self) -> None:
        if self._janitor is None or not self._janitor.is_alive():
            self._janitor = threading.Thread(target=self._tidy, name="kclod-archive", daemon=True)
            self._janitor.start()

    def _tidy(self) -> None:
        """Close what nobody asks for any more, until none is open."""
        while not self._ended.wait(min(self._idle / 4, _SWEEP)):
            with self._turn:
                late = time.monotonic() - self._idle
                for version, (serving, asked) in list(self._open.items()):
                    if asked < late and not serving.users:
                        del self._open[version]
                        self._end(serving.app)
                if not self._open:
                    self._janitor = None
                    return


def memento() -> datetime | None:
    """When the release was made, if the present request names it in its address."""
    made = flask.request.environ.get(MEMENTO)
    return made if isinstance(made, datetime) else None


def _busy(start_response: StartResponse) -> Iterable[bytes]:
    problem = {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "code": "archive-busy",
        "detail": "as many earlier releases are open as may be, or this one cannot be opened now",
    }
    body = json.dumps(problem).encode()
    fields = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body))), ("Retry-After", "10")]
    start_response("503 SERVICE UNAVAILABLE", [*fields, ("Cache-Control", "no-store")])
    return (body,)
