"""One small release for all tests of the site, and an app over it: embedded, and on the servers of others.

Tests in the modules of `EVERYWHERE` run once for each kind of store, unless a mark `stores` names some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import exported as exporting
import flask
import lights
import pytest
from bounds import LIMITS
from flask.testing import FlaskClient
from lights import quads, site
from stores import put
from tests.servers import KINDS, Server, missing, server

from kclod.release import Release, publish
from kclod.site_files import export
from kclod.web.app import close, create_app


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    source: Path = tmp_path_factory.mktemp("input") / "source.txt"
    source.write_text("one", encoding="utf-8")
    return publish(tmp_path_factory.mktemp("releases"), site(), quads(), inputs={"source.txt": source}, stages={})


EMBEDDED = "embedded"
EVERYWHERE = {"test_pages", "test_sparql", "test_ontology_page"}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "stores(kind, ...): for these kinds of stores only")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "store_kind" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("stores")
        everywhere = (EMBEDDED, *KINDS) if metafunc.module.__name__ in EVERYWHERE else (EMBEDDED,)
        kinds = mark.args if mark else everywhere
        metafunc.parametrize("store_kind", kinds, scope="session")


@pytest.fixture(scope="session")
def store_kind() -> str:
    """Where the release is; parametrised above."""
    return EMBEDDED


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Server]]:
    """The server of a kind, started when it is first asked for."""
    running: dict[str, Server] = {}
    with ExitStack() as stack:

        def get(kind: str) -> Server:
            if reason := missing(kind):
                pytest.skip(reason)
            if kind not in running:
                running[kind] = stack.enter_context(server(kind, tmp_path_factory.mktemp(kind) / "data"))
            return running[kind]

        yield get


@pytest.fixture(scope="session")
def app(release: Release, store_kind: str, servers: Callable[[str], Server]) -> Iterator[flask.Flask]:
    if store_kind == EMBEDDED:
        made = create_app(release, limits=LIMITS)
    else:
        there = servers(store_kind)
        put(release, there)
        made = create_app(release, limits=LIMITS, store=there.query)
    yield made
    close(made)


@pytest.fixture
def client(app: flask.Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Release:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lights, "HUB_LINKS", 3)
        source = tmp_path_factory.mktemp("input") / "source.txt"
        source.write_text("three", "utf-8")
        few = quads()
    root = tmp_path_factory.mktemp("small")
    return publish(root, site(), few, inputs={"source.txt": source}, stages={})


@pytest.fixture(scope="session")
def exported(small: Release, tmp_path_factory: pytest.TempPathFactory) -> exporting.Site:
    return exporting.Site(small, export(small, tmp_path_factory.mktemp("files") / "site", public_url=exporting.PUBLIC))


@pytest.fixture(scope="session")
def served(exported: exporting.Site) -> Iterator[flask.Flask]:
    limits = replace(LIMITS, deadline_seconds=60)  # what a busy machine leaves out of a page would be a difference
    app = create_app(exported.release, limits=limits, public_url=exporting.PUBLIC)
    yield app
    close(app)
