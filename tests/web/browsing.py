"""A real browser: Debian's Chromium through Playwright. What a page says on its console and whom it asks is kept."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from kclod.web import built

CHROMIUM = os.environ.get("KCLOD_CHROMIUM") or shutil.which("chromium") or ""
REQUIRED = os.environ.get("KCLOD_BROWSER") == "required"
"""Whether a missing browser is an error, as in CI."""
SCREENSHOTS = os.environ.get("KCLOD_SCREENSHOTS")
"""The folder in which pictures of the pages are kept."""
LONGEST = 6000
"""Pixels of a page that a screenshot shows."""
WIDTHS = {"phone": 390, "tablet": 768, "wide": 1440}
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = Path(__file__).parents[2] / "src/kclod/web/assets/node_modules/axe-core/axe.min.js"


@dataclass
class Visit:
    """A page in a context of its own."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    """Errors on the console, exceptions, and requests to other hosts."""

    def open(self, path: str) -> None:
        """Go to a path."""
        self.page.goto(self.base + path.lstrip("/"))

    def scroll(self) -> None:
        """Look at the whole page, so that every picture is drawn."""
        for figure in self.page.locator("figure.picture[data-state]").all():
            figure.scroll_into_view_if_needed()
            figure.and_(self.page.locator("[data-state=drawn]")).wait_for()

    def picture(self) -> None:
        """Wait for the first picture."""
        self.page.locator("figure.picture[data-state=drawn] .canvas[data-drawn]").first.wait_for()

    def looked_at(self, name: str) -> None:
        """At no width is the page wider than the screen; a picture of it is kept at each where they are wanted."""
        for width, pixels in WIDTHS.items():
            self.page.set_viewport_size({"width": pixels, "height": 900})
            self.page.wait_for_timeout(60)
            wider = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider <= 0, f"the page is {wider} pixels wider than a {width} screen"
            if SCREENSHOTS:
                self.scroll()
                folder = Path(SCREENSHOTS)
                folder.mkdir(parents=True, exist_ok=True)
                height = min(self.page.evaluate("document.documentElement.scrollHeight"), LONGEST)
                clip = {"x": 0, "y": 0, "width": pixels, "height": height}
                self.page.screenshot(path=folder / f"{name}-{width}.png", full_page=True, clip=clip)  # type: ignore[arg-type]  # a dict of the four numbers

    def faults(self) -> list[str]:
        """What axe-core finds on the page: rule, element, and what is wrong."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate("axe.run({ resultTypes: ['violations'] })")
        return [
            f"{rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]


def require() -> None:
    """Skip the module that calls this where there is no browser or nothing bundled to show; fail it in CI."""
    if CHROMIUM and built.entries() and AXE.exists():
        return
    reason = "no Chromium here (apt-get install chromium)" if not CHROMIUM else "scripts are not bundled: make assets"
    if REQUIRED:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """The browser; ended when the block is left."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield started
        finally:
            started.close()


@contextlib.contextmanager
def visiting(browser: Browser, base: str, **options: object) -> Iterator[Visit]:
    """A new context (no cookies, nothing stored), with the options that Playwright takes."""
    defaults: dict[str, object] = {
        "viewport": {"width": 1280, "height": 900},
        "locale": "en-GB",
        "reduced_motion": "reduce",
    }
    context = browser.new_context(**(defaults | options))  # type: ignore[arg-type]
    try:
        visit = Visit(context.new_page(), base)
        visit.page.set_default_timeout(10_000)
        visit.page.on("console", lambda m: visit.complaints.append(m.text) if m.type in ("error", "warning") else None)
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        visit.page.on("request", lambda request: _judge(visit, request.url))
        yield visit
    finally:
        context.close()


def _judge(visit: Visit, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("data", "blob") and parts.netloc != urlsplit(visit.base).netloc:
        visit.complaints.append(f"asks another host: {url}")
