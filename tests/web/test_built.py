"""The bundles of the pages: their names, their headers, the licences, and that they are of the present sources."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kclod.web import built

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "src/kclod/web/assets"
FOLDER = ROOT / "src/kclod/web/static/built"

pytestmark = pytest.mark.skipif(not (FOLDER / "manifest.json").exists(), reason="not bundled here: make assets")


def test_a_page_names_bundles_that_are_there(client: FlaskClient) -> None:
    page = client.get("/").text
    found = re.findall(r'(?:href|src)="(/static/built/[^"]+)"', page)
    assert {re.sub(r"-[A-Z0-9]{8}", "", Path(address).name) for address in found} >= {"site.css", "site.js", "theme.js"}
    for address in found:
        assert client.get(address).status_code == 200, address


def test_bundles_are_kept_for_ever_and_compressed_beforehand(client: FlaskClient) -> None:
    address = f"/static/built/{built.entries()['site.css']}"
    plain = client.get(address)
    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in plain.headers
    packed = client.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "br"
    assert len(packed.data) < len(plain.data) / 2
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert client.get(address, headers={"Accept-Encoding": "br;q=0"}).data == plain.data
    again = client.get(address, headers={"Accept-Encoding": "gzip, br", "If-None-Match": packed.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["manifest.json", "no-such.js", "no-such.css.br", "licences.txt.br"])
def test_other_names_are_not_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/built/{name}").status_code == 404


def test_the_licence_of_every_bundled_package_is_served(client: FlaskClient) -> None:
    served = client.get("/static/built/licences.txt").text
    lock = json.loads((ASSETS / "package-lock.json").read_text("utf-8"))
    names = {
        path.rpartition("node_modules/")[2] for path, one in lock["packages"].items() if path and not one.get("dev")
    }
    assert len(names) > 10
    assert {name for name in names if not re.search(rf"^{re.escape(name)} \d", served, re.MULTILINE)} == set()


def test_no_style_or_script_asks_another_host() -> None:
    for path in (*ASSETS.glob("styles/*.css"), *ASSETS.glob("scripts/**/*.js")):
        text = path.read_text("utf-8")
        assert not re.search(r"(?:url\(|@import |from |import\(|fetch\()[\s\"'(]*(?:https?:)?//", text), path


def test_bundles_are_of_the_present_sources() -> None:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec
    assert spec.loader
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    made = json.loads((FOLDER / "manifest.json").read_text("utf-8"))["sources"]
    assert made == hook.digest_of(ASSETS), "the sources have changed since: make assets"
