"""Puts a release on a server that a test has started."""

from __future__ import annotations

from tests.servers import Server

from kclod.release import Release
from kclod.remote.asking import Credentials
from kclod.remote.publishing import Done, publish_to
from kclod.remote.target import find_target


def secret(server: Server) -> Credentials | None:
    return Credentials(server.user, server.password or "") if server.user else None


def put(release: Release, server: Server, *, timeout: float = 60.0) -> Done:
    who = secret(server)
    target = find_target(server.query, who, timeout, update=None, graph_store=None)
    return publish_to(release, target, who, timeout=timeout, announce=lambda _: None, loaded=False)
