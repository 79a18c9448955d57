"""One small release for all tests of the site, and an app over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import flask
import pytest
from bounds import LIMITS
from flask.testing import FlaskClient
from lights import quads, site

from kclod.release import Release, publish
from kclod.web.app import close, create_app


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    source: Path = tmp_path_factory.mktemp("input") / "source.txt"
    source.write_text("one", encoding="utf-8")
    return publish(tmp_path_factory.mktemp("releases"), site(), quads(), inputs={"source.txt": source}, stages={})


@pytest.fixture(scope="session")
def app(release: Release) -> Iterator[flask.Flask]:
    made = create_app(release, limits=LIMITS)
    yield made
    close(made)


@pytest.fixture
def client(app: flask.Flask) -> FlaskClient:
    return app.test_client()
