"""Runs the site: granian in front, one web process, and the query workers that it keeps."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from kclod.errors import Problem, UsageError
from kclod.release import Release, current, load
from kclod.web import journal
from kclod.web.app import create_app, warm
from kclod.web.engine import confinement
from kclod.web.limits import Limits
from kclod.web.switch import Switch
from kclod.web.versions.archive import MOST

_PAGE_THREADS = 16
"""Threads for pages, beside those that wait for queries."""
_ARCHIVE_THREADS = 10
"""Threads for queries of an earlier release: those that run, are streamed, and wait."""
_STOP_SECONDS = 3
"""For which a server that is told to stop waits beyond the deadline of queries, so that what it has accepted is
answered."""
_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"}},
    "loggers": {"_granian": {"propagate": True}, "granian.access": {"propagate": True}},
    "root": {"level": "WARNING", "handlers": ["console"]},
}


def serve(
    release: Release,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    limits: Limits | None = None,
    public_url: str | None = None,
    prefix: str | None = None,
    announce: Callable[[str], None] | None = None,
    log_queries: bool = False,
    store: str | None = None,
    follow: Path | None = None,
) -> None:
    """Serve a release until SIGTERM or SIGINT; every process it started is gone when it returns.

    A request that was accepted is answered before; only a result that is streamed for longer than the deadline of
    queries, and three seconds, is broken off. A service manager (NOTIFY_SOCKET) is told once the site answers.

    `follow` is the folder of releases whose `current` is to be served from now on, whatever it points to; where that
    link moves, the site moves without a request failing (see `switch`). Then `store` may hold `{release}`.

    `port` 0 takes a free one. `public_url`, `prefix` and `store` are those of `create_app`. `announce` is called with
    the address once the site answers. `log_queries` has a line for each query written (see `journal`). UsageError when
    the port is taken or the address is not this machine's. Call it from the main thread, before starting others.
    """
    port = _free(host, port)
    limits = limits or Limits()
    threads = limits.workers + limits.streams + limits.queue + limits.followers + _PAGE_THREADS
    threads += MOST * _ARCHIVE_THREADS
    server = _AnnouncingServer(
        "kclod.web.app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=threads,
        backpressure=4 * threads,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=math.ceil(limits.deadline_seconds + _STOP_SECONDS),
        log_level=LogLevels.error,
        log_dictconfig=_LOGGING if not log_queries else _logging_queries(),
    )
    shown = f"[{host}]" if ":" in host else host
    server.address = f"http://{shown}:{port}{prefix or ''}/"
    server.announce = announce
    server.reader_seconds = limits.reader_seconds
    make = partial(_make, limits=limits, public_url=public_url, prefix=prefix, store=store)
    loader = partial(_load, os.getpid(), release.path, follow, make, limits.deadline_seconds + limits.stream_seconds)
    server.serve(target_loader=loader, wrap_loader=False)


def _logging_queries() -> dict[str, Any]:
    lines = {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}
    return _LOGGING | {
        "formatters": _LOGGING["formatters"] | {"line": {"format": "%(asctime)s %(message)s"}},
        "handlers": _LOGGING["handlers"] | {"lines": lines},
        "loggers": _LOGGING["loggers"] | {journal.NAME: {"level": "INFO", "handlers": ["lines"], "propagate": False}},
    }


def _load(
    supervisor: int, path: Path, follow: Path | None, make: Callable[..., flask.Flask], patience: float
) -> Callable[..., Any]:
    """The application, made in the process that runs it; that process ends with the one that supervises it."""
    confinement.die_with_parent(supervisor)
    return make(load(path), None) if follow is None else Switch(follow, current(follow), make, patience)


def _make(
    release: Release,
    before: flask.Flask | None,
    *,
    limits: Limits,
    public_url: str | None,
    prefix: str | None,
    store: str | None,
) -> flask.Flask:
    store = store.replace("{release}", release.version) if store else None
    app = create_app(release, limits=limits, public_url=public_url, prefix=prefix, store=store, before=before)
    warm(app)
    return app


class _AnnouncingServer(MPServer):
    """Granian, and a word when it answers."""

    address: str
    announce: Callable[[str], None] | None
    reader_seconds: float

    def _init_shared_socket(self) -> None:
        """Have the system drop connections whose reader takes nothing: each would keep a thread for ever.

        Connections inherit that option from the socket that listens. On Linux granian would have the web process make
        that socket; here it is made beforehand, as granian does elsewhere.
        """
        super()._init_shared_socket()  # type: ignore[no-untyped-call]  # granian's is not annotated
        if self._shd is None:
            address: Any = self._ssp
            holder = address.build()
            self._ssp, self._shd, self._sfd = None, holder, holder.get_fd()
            self._sso = socket.socket(fileno=self._sfd)
            self._sso.set_inheritable(True)
        self._sso.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(self.reader_seconds * 1000))

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]  # granian's is not annotated
        threading.Thread(target=self._announce_when_up, daemon=True).start()

    def _announce_when_up(self) -> None:
        pause = 0.05
        probe = self.address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:") + "health/live"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while not self.interrupt_signal:  # a busy machine may take its time
            with contextlib.suppress(urllib.error.URLError, OSError), opener.open(probe, timeout=2):
                _notify()
                if self.announce is not None:
                    self.announce(self.address)
                return
            time.sleep(pause)
            pause = min(pause * 1.1, 1.0)


def _notify() -> None:
    """Say READY=1 to the service manager that started this process, where one did (sd_notify(3), the protocol)."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@"):
        return
    if address[0] == "@":  # a name of Linux's own, not a file
        address = f"\0{address[1:]}"
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.sendto(b"READY=1", address)


def _free(host: str, port: int) -> int:
    """The port when nobody listens on it; granian itself would share it silently (SO_REUSEPORT)."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return int(probe.getsockname()[1])
    except OverflowError:
        raise _unusable(host, port, "is not a port", "name a port from 1 to 65535") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise _unusable(
                host, port, "is taken by another program", "stop that program, or name another port"
            ) from None
        if error.errno == errno.EACCES:
            raise _unusable(host, port, "needs privileges", "name a port from 1024") from None
        raise _unusable(host, port, f"cannot be used: {error.strerror}", "name an address of this machine") from None


def _unusable(host: str, port: int, message: str, fix: str) -> UsageError:
    return UsageError(Problem("serve.address", f"{host}:{port} {message}", fix))
