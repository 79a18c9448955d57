"""Pages about releases, and of what is gone or refused, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from browsing import browser, require, visiting
from lights import BASE, quads, site
from playwright.sync_api import Browser, Route, expect
from running import Running, running

from kclod.release import Release, publish
from kclod.vocab import DCT, PUB, RDFS, SKOS

require()


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> list[Release]:
    """Two releases: the later one has withdrawn a light and says why, dropped one and renamed one."""
    source: Path = tmp_path_factory.mktemp("input") / "source.txt"
    folder = tmp_path_factory.mktemp("releases")
    old, dropped, new, dataset = (
        ox.NamedNode(f"{BASE}{path}") for path in ("id/light/old", "id/light/dropped", "id/light/beta", "dataset")
    )
    name = SKOS["prefLabel"]
    before = [ox.Quad(one, name, ox.Literal(text)) for one, text in ((old, "Old light"), (dropped, "Dark light"))]
    after = [
        ox.Quad(dataset, PUB["withdrew"], old),
        ox.Quad(old, DCT["isReplacedBy"], new),
        ox.Quad(old, RDFS["comment"], ox.Literal("It is the same light.", language="en")),
        ox.Quad(old, RDFS["comment"], ox.Literal("같은 등대이다.", language="ko")),
        ox.Quad(new, name, ox.Literal("Beta again", language="en")),
    ]
    made = []
    for number, more in enumerate((before, after)):
        source.write_text(str(number), "utf-8")
        made.append(publish(folder, site(), [*quads(), *more], inputs={"source.txt": source}, stages={}))
    return made


@pytest.fixture(scope="module")
def lights(line: list[Release]) -> Iterator[Running]:
    with running(line[-1]) as started:
        yield started


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


PAGES = {
    "releases": ("/releases", 200),
    "release": ("/releases/{1}/", 200),
    "changes": ("/releases/{1}/changes", 200),
    "first changes": ("/releases/{0}/changes", 200),
    "earlier page": ("/releases/{0}/page/light/old", 200),
    "withdrawn": ("/page/light/old", 410),
    "gone": ("/page/light/dropped", 410),
    "unknown release": ("/releases/none/", 404),
    "no form": ("/.well-known/void", 406),
}


LOOKS = [
    *((name, "en-GB", "light") for name in PAGES),
    *((name, "ko-KR", "dark") for name in ("changes", "withdrawn")),
    *((name, "fr-FR", "dark") for name in ("releases", "release")),
]


@pytest.mark.parametrize(("name", "language", "scheme"), LOOKS)
def test_axe_finds_nothing(
    chromium: Browser, lights: Running, line: list[Release], name: str, language: str, scheme: str
) -> None:
    def html_only(route: Route) -> None:
        route.continue_(headers={**route.request.headers, "accept": "text/html"})

    path, status = PAGES[name]
    with visiting(chromium, lights.address, locale=language, color_scheme=scheme) as one:
        if status == 406:
            one.page.route("**/.well-known/void", html_only)
        with one.page.expect_response("**") as waiting:
            one.open(path.format(*(release.version for release in line)))
        assert waiting.value.status == status
        assert one.page.locator("html").get_attribute("lang") == language[:2]
        assert one.faults() == []
        one.looked_at(f"{name}-{language[:2]}-{scheme}")
        assert [text for text in one.complaints if f"status of {status}" not in text] == []


def test_what_is_gone_leads_on(chromium: Browser, lights: Running, line: list[Release]) -> None:
    with visiting(chromium, lights.address) as one:
        page = one.page
        one.open("/page/light/old")
        expect(page.get_by_role("main")).to_contain_text("It is the same light.")
        page.get_by_role("link", name="See it as it was").click()
        page.wait_for_url(f"**/releases/{line[0].version}/page/light/old")
        expect(page.get_by_role("heading", level=1)).to_have_text("Old light")
        page.go_back()
        page.get_by_role("region", name="What has taken its place").get_by_role("link").click()
        page.wait_for_url("**/page/light/beta")


def test_changes_begin_with_what_has_a_name(chromium: Browser, lights: Running, line: list[Release]) -> None:
    with visiting(chromium, lights.address) as one:
        one.open("/releases")
        one.page.get_by_role("link", name="Changes from").click()
        names = one.page.locator("section.change h2").all_inner_texts()
        assert len(names) >= 3
        named = [not name.startswith("http") for name in names]
        assert named == sorted(named, reverse=True)
        expect(one.page.locator("section.change", has_text="Dark light").locator("thead th")).to_have_count(2)
