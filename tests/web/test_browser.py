"""The site in a real browser, over the real release: what people do with it, and what axe-core finds on its pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date as date_
from pathlib import Path
from urllib.parse import quote

import pytest
from browsing import SCREENSHOTS, WIDTHS, Visit, browser, require, visiting
from playwright.sync_api import Browser, Page, Route, expect
from running import Running, running

from kclod.records.dates import bounds
from kclod.release import Release

require()

K = "https://w3id.org/kclod/ontology%23"
AGREEMENT = "/page/instrument/kimm-nrcan-mou-2025"
MALFORMED = "SELECT ?thing WHERE {\n  ?thing a kclod:Event ;;; }\n}"
SELECT = "SELECT ?kind (COUNT(?s) AS ?count) WHERE { ?s a ?kind } GROUP BY ?kind ORDER BY DESC(?count) LIMIT 12"

EPOCH = date_(1970, 1, 1).toordinal() * 86_400_000

PAGES = {
    "home": "/",
    "classes": "/browse",
    "list": f"/browse?class={K}Event",
    "narrowed": f"/browse?class={K}Event&by.facet-kind={K}Meeting&by.facet-year=2024",
    "timeline": "/pictures/timeline",
    "network": "/pictures/network",
    "map": "/pictures/map",
    "tree": "/pictures/areas",
    "reconcile": "/reconcile",
    "preview": "/reconcile/preview?id=organization/kimm",
    "query": "/sparql",
    "result": f"/sparql?query={quote(SELECT)}",
    "malformed": f"/sparql?query={quote(MALFORMED)}",
    "agreement": AGREEMENT,
    "event": "/page/event/korea-canada-battery-workshop-2025",
    "institution": "/page/organization/kimm",
    "area": "/page/area/battery-technology",
    "person": "/page/person/yoon-chang-hyun",
    "country": "/page/place/canada",
    "dataset": "/page/dataset",
    "doubtful claim": "/page/claim/selflearnhub-battery-workshop/workshop-day-loose-reading",
    "article": "/page/article/offshore-energy-2025-08-07",
    "ontology": "/ontology",
    "downloads": "/dumps/",
    "search": "/search?q=lithium",
    "look-up": "/lookup",
    "nothing found": "/search?q=nothing+of+the+kind",
    "missing": "/page/organization/kim",
    "identifier of nothing": "/lookup?scheme=wikidata&id=Q999999999",
    "wrong parameter": "/page/place/seoul?in=x",
    "scheme": "/page/scheme/role",
}
LOOKS = [
    *((name, "en-GB", "light") for name in PAGES),
    *((name, "ko-KR", "dark") for name in ("home", "narrowed", "result", "agreement", "search")),
    *((name, "fr-FR", "dark") for name in ("timeline", "map", "malformed", "institution")),
]
"""Every kind of page once, and some in the other languages and in the dark."""


@pytest.fixture(scope="module")
def site(real_release: Release) -> Iterator[Running]:
    with running(real_release) as started:
        yield started


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
def visit(chromium: Browser, site: Running) -> Iterator[Callable[..., Visit]]:
    """Opens a path in a new context; at the end nothing may have been complained of."""
    opened: list[Visit] = []
    contexts = []

    def open_(path: str, **options: object) -> Visit:
        context = visiting(chromium, site.address, **options)
        one = context.__enter__()
        contexts.append(context)
        opened.append(one)
        one.open(path)
        return one

    yield open_
    for context in contexts:
        context.__exit__(None, None, None)
    assert [complaint for one in opened for complaint in one.complaints] == []


@pytest.mark.parametrize(("name", "language", "scheme"), LOOKS, ids=lambda value: value)
def test_axe_finds_nothing(visit: Callable[..., Visit], name: str, language: str, scheme: str) -> None:
    one = visit(PAGES[name], locale=language, color_scheme=scheme)
    if name in ("query", "result", "malformed"):
        one.page.locator("html[data-editor=ready]").wait_for()
    if name == "query":
        one.page.locator("#query").focus()
    if name in ("query", "malformed"):
        one.page.locator(".CodeMirror").wait_for()
    if name in ("result", "malformed"):
        one.page.locator("#result-place[data-state=done]").wait_for()
    refused = {"malformed": 400, "missing": 404, "identifier of nothing": 404, "wrong parameter": 400}.get(name)
    if refused:
        one.complaints = [text for text in one.complaints if f"status of {refused}" not in text]
    one.scroll()
    assert one.page.locator("html").get_attribute("lang") == language[:2]
    assert one.faults() == []
    one.looked_at(f"{name}-{language[:2]}-{scheme}")


WEIGHT = """() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
    .reduce((sum, entry) => sum + entry.transferSize, 0)"""
MOST = 60_000
"""Bytes that a page without a picture may take, compressed, its styles and scripts with it."""


@pytest.mark.parametrize(
    "name", ["article", "country", "institution", "list", "missing", "ontology", "query", "result"]
)
def test_weight(visit: Callable[..., Visit], name: str) -> None:
    one = visit(PAGES[name], locale="fr-FR")  # which has the longest words
    one.page.wait_for_load_state("networkidle")
    one.complaints = [text for text in one.complaints if "status of 404" not in text]
    assert 5_000 < one.page.evaluate(WEIGHT) < MOST


def names(page: Page) -> set[str]:
    return set(page.locator(".found .members > li > a").all_inner_texts())


def test_facets(visit: Callable[..., Visit]) -> None:
    page = visit(PAGES["list"]).page
    everything = names(page)
    page.locator(".facet-values a", has_text=re.compile("^meeting$")).click()
    some = names(page)
    assert some < everything
    expect(page.locator(".facet-values [aria-current]")).to_have_text("meeting")
    page.locator(".facet-values a", has_text="2024").first.click()
    fewer = names(page)
    assert fewer < some
    expect(page.get_by_role("status")).to_contain_text(f"{len(fewer)} left")
    page.locator(".chip", has_text="meeting").click()
    assert len(names(page)) > len(fewer)
    page.get_by_role("link", name="Show all").click()
    assert names(page) == everything


def test_timeline(visit: Callable[..., Visit]) -> None:
    one = visit(PAGES["timeline"])
    one.picture()
    page, marks = one.page, one.page.locator("svg.chart a")
    everything = marks.count()
    assert everything > 20
    assert page.locator("svg.chart a .uncertain").count() == 2, "a seminar and a visit in January 2025, perhaps"
    assert page.locator("svg.chart a .open").count() >= 3
    page.get_by_label("event", exact=True).uncheck()
    agreements = marks.count()
    assert 0 < agreements < everything
    page.get_by_label("Status").select_option(label="signed")
    assert 0 < marks.count() < agreements
    expect(page.locator(".drawing [role=status]")).to_contain_text("shown")
    mark = page.get_by_role("link", name=re.compile("KIMM and Natural Resources Canada.*29 July 2025"))
    mark.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{AGREEMENT}")


def download(page: Page, press: Callable[[], None]) -> str:
    with page.expect_download() as waiting:
        press()
    return Path(waiting.value.path()).read_text("utf-8")


@pytest.mark.parametrize("name", ["timeline", "network", "map", "tree"])
def test_a_picture_leads_to_its_query_its_table_and_its_files(visit: Callable[..., Visit], name: str) -> None:
    one = visit(PAGES[name])
    one.picture()
    page = one.page
    drawn = download(page, page.get_by_role("button", name="SVG").click)
    assert drawn.startswith("<svg")
    assert len(re.findall(r"<text[ >]", drawn)) > 5
    assert "var(--" not in drawn, "colours are written out"
    table = download(page, page.get_by_role("link", name="CSV").click)
    rows = page.locator("main table tbody tr").count()
    assert len(table.splitlines()) == rows + 1
    page.locator("figcaption").get_by_role("link", name="Open this query").click()
    page.locator("html[data-editor=ready]").wait_for()
    expect(page.locator("#result-place")).to_contain_text(f"{rows} rows in")
    page.get_by_role("button", name=name.capitalize(), exact=True).click()
    one.picture()


EDTF = ["2025", "2024-02", "1899-12", "2024-02-29", "2025-07-29/2025-07-30", "2022-11/2024-05-10", "2024-01/2024-06"]
EDTF += [
    "2025-01?",
    "2025~",
    "2025-08-07%",
    "../2025-07-29",
    "2024-05-15/..",
    "2024-XX",
    "2025-08-XX",
    "/2024",
    "2023/",
]


def test_dates_mean_to_the_timeline_what_they_mean_to_the_records(visit: Callable[..., Visit]) -> None:
    page = visit("/dumps/").page
    source = (Path(__file__).parents[2] / "src/kclod/web/assets/scripts/edtf.js").read_text("utf-8")
    script = f"(texts) => {{ {source.replace('export function', 'function')}; return texts.map(span); }}"
    day = 86_400_000
    for text, found in zip(EDTF, page.evaluate(script, EDTF), strict=True):
        earliest, latest = bounds(text)
        assert found["openStart"] == (earliest is None), text
        assert found["openEnd"] == (latest is None), text
        if earliest:
            assert found["start"] == date_.fromisoformat(earliest).toordinal() * day - EPOCH, text
        if latest:
            assert found["end"] == (date_.fromisoformat(latest).toordinal() + 1) * day - EPOCH, text
        assert (found["uncertain"], found["approximate"]) == (text[-1] in "?%", text[-1] in "~%")
    assert page.evaluate(script, ["", "soon", "2025-13-01x", "../.."]) == [None] * 4


def test_network(visit: Callable[..., Visit]) -> None:
    one = visit(PAGES["network"])
    one.picture()
    page = one.page
    nodes = page.get_by_label("Show the links of").locator("option")
    everything = nodes.count()
    page.get_by_label("Show the links of").select_option(label="Korea Institute of Machinery and Materials")
    about = page.locator(".about-node")
    expect(about.get_by_role("link", name=re.compile("Memorandum of understanding of KIMM"))).to_be_visible()
    expect(page.locator(".board .node.chosen")).to_have_count(1)
    assert page.locator(".board .node:not(.far)").count() == page.locator(".about-node li").count() + 1
    page.get_by_label("Technology area").select_option(label="battery circular economy")
    assert 2 < nodes.count() < everything
    assert page.locator(".board .node").count() == nodes.count() - 1, "one entry of the list chooses nothing"


OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll(".net .names text")].map((text) => text.getBoundingClientRect());
  return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) =>
    a.left + 3 < b.right && b.left + 3 < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom)).length;
}"""


@pytest.mark.parametrize("pixels", WIDTHS.values())
def test_no_name_of_the_network_covers_another(visit: Callable[..., Visit], pixels: int) -> None:
    one = visit(PAGES["network"], viewport={"width": pixels, "height": 900})
    one.picture()
    page = one.page
    seen = page.locator(".net .names text").count()
    assert seen > 5
    assert page.evaluate(OVERLAPS) == 0
    for _ in range(3):
        page.get_by_role("button", name="Larger").click()
    assert page.evaluate(OVERLAPS) == 0
    page.get_by_role("button", name="Show everything").click()
    assert page.locator(".net .names text").count() == seen


def test_map(visit: Callable[..., Visit]) -> None:
    one = visit(PAGES["map"])
    one.picture()
    page = one.page
    page.locator("svg.world[data-land] .land").wait_for(state="attached")
    land = page.locator("svg.world .land")
    coarse = len(land.get_attribute("d") or "")
    places = page.locator(".place[role=button]")
    before = places.count()
    page.get_by_role("button", name=re.compile(r"^Santiago: \d$")).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".about-node li")).to_have_count(2)
    page.get_by_role("button", name=re.compile("Daejeon")).click()
    expect(page.locator(".about-node")).to_contain_text("Korea Institute of Energy Research")
    page.get_by_role("button", name="Larger").click()
    page.get_by_role("button", name="Show everything").click()
    assert places.count() == before
    assert len(land.get_attribute("d") or "") > 2 * coarse, "seen from near, the outlines were finer"
    expect(page.locator("details.aside summary")).to_contain_text("not on the map")


def test_tree(visit: Callable[..., Visit]) -> None:
    one = visit(PAGES["tree"])
    one.picture()
    page = one.page
    page.get_by_role("button", name="Close all").click()
    closed = page.locator(".count-tree .line:visible").count()
    page.get_by_role("button", name="Open all").click()
    opened = page.locator(".count-tree .line:visible").count()
    assert closed < 20 < opened
    energy = page.locator(".count-tree > li").first
    assert int(energy.locator("b").first.inner_text()) >= int(energy.locator("b").nth(1).inner_text()) > 0


def ready(page: Page) -> None:
    page.locator("html[data-editor=ready]").wait_for()


def typed(page: Page, text: str) -> None:
    if not page.locator(".CodeMirror").count():
        page.locator("#query").focus()
    page.locator(".CodeMirror").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def test_a_stored_query_runs_in_the_editor(visit: Callable[..., Visit]) -> None:
    page = visit("/sparql?lang=ko").page
    ready(page)
    page.get_by_role("link", name="서명된 협정은 무엇이며").click()
    result = page.locator("#result-place")
    expect(result.get_by_role("table")).to_contain_text("한국기계연구원")
    assert "kclod:signatory" in page.locator("#query").input_value()
    assert "query=" in page.url
    assert "lang=ko" in page.url
    rows = result.locator("tbody tr")
    first = rows.first.inner_text()
    result.get_by_role("columnheader").first.get_by_role("button").click()
    result.get_by_role("columnheader").first.get_by_role("button").click()
    expect(result.get_by_role("columnheader").first).to_have_attribute("aria-sort", "descending")
    assert rows.first.inner_text() != first
    page.go_back()
    assert "query=" not in page.url


def test_the_editor_comes_for_who_turns_to_it(visit: Callable[..., Visit]) -> None:
    page = visit("/sparql").page
    ready(page)
    field = page.locator("#query")
    expect(field).to_be_visible()
    assert page.locator(".CodeMirror").count() == 0
    field.evaluate("area => area.setSelectionRange(7, 13)")
    field.focus()
    page.locator(".CodeMirror-focused").wait_for()
    expect(field).to_be_hidden()
    page.keyboard.insert_text("?kind")
    assert page.locator("#query").input_value().startswith("SELECT ?kind (COUNT")


def test_without_the_editor_the_plain_field_runs(visit: Callable[..., Visit]) -> None:
    one = visit("/sparql")
    page = one.page
    ready(page)
    page.route(re.compile(r"/static/built/part-.*\.js$"), lambda route: route.abort())
    page.locator("#query").fill(SELECT)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#result-place")).to_contain_text("12 rows in")
    expect(page.locator("#query")).to_be_visible()
    one.complaints = [text for text in one.complaints if "ERR_FAILED" not in text]


def test_charts_of_any_query(visit: Callable[..., Visit]) -> None:
    page = visit(PAGES["result"]).page
    ready(page)
    page.get_by_role("button", name="Bars").click()
    bars = page.locator("#result-place svg.chart .mark")
    expect(bars).to_have_count(12)
    prefix = "PREFIX kclod: <https://w3id.org/kclod/ontology#>"
    query = f"{prefix} SELECT ?event ?date {{ ?event a kclod:Event ; kclod:date ?date }}"
    typed(page, query)
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Timeline").click()
    expect(page.get_by_role("link", name=re.compile("APEC summit.*2023-11")).first).to_be_attached()


OUTSIDE = "!document.activeElement.closest('.CodeMirror')"


def test_suggestions_in_the_editor(visit: Callable[..., Visit]) -> None:
    page = visit("/sparql?lang=fr").page
    ready(page)
    typed(page, "SELECT * WHERE { ?s a ")
    page.keyboard.type("protoc")
    hint = page.locator(".CodeMirror-hint", has_text="kclod:MemorandumOfUnderstanding")
    expect(hint).to_contain_text("protocole")
    page.evaluate("window.left = 0; document.querySelector('.CodeMirror').addEventListener('focusout', () => left++)")
    hint.click()
    expect(page.locator(".CodeMirror")).to_contain_text("PREFIX kclod: <https://w3id.org/kclod/ontology#>")
    expect(page.locator(".CodeMirror-hint")).to_have_count(0)
    assert page.evaluate("left") == 0, "the focus stays in the text, so that nothing has to bring it back later"
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate(OUTSIDE), "the keyboard gets out of the editor"


def test_suggestions_by_the_keyboard_alone(visit: Callable[..., Visit]) -> None:
    page = visit("/sparql?lang=fr").page
    ready(page)
    typed(page, "PREFIX kclod: <https://w3id.org/kclod/ontology#>\nSELECT * WHERE { ?s a ")
    hints = page.locator(".CodeMirror-hint")
    page.keyboard.type("protoc")
    expect(hints).to_contain_text(["kclod:MemorandumOfUnderstanding"])
    page.keyboard.press("Tab")
    expect(page.locator(".CodeMirror")).to_contain_text("?s a kclod:MemorandumOfUnderstanding")
    expect(hints).to_have_count(0)
    page.keyboard.press("Tab")
    assert page.evaluate(OUTSIDE), "a suggestion taken does not come again"
    page.keyboard.press("Shift+Tab")
    page.keyboard.type(" ; a protoc")
    expect(hints).to_contain_text(["kclod:MemorandumOfUnderstanding"])
    page.keyboard.press("Escape")
    expect(hints).to_have_count(0)
    page.keyboard.press("Tab")
    assert page.evaluate(OUTSIDE), "Escape puts the suggestions away, and Tab goes on"
    assert page.locator("#query").input_value().endswith(" ; a protoc")


def test_a_fault_is_shown_at_its_place(visit: Callable[..., Visit]) -> None:
    one = visit("/sparql")
    page = one.page
    ready(page)
    typed(page, MALFORMED)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("malformed at line 2")
    expect(page.locator(".CodeMirror .fault-line")).to_have_count(1)
    assert page.locator(".CodeMirror .fault").count() >= 1
    one.complaints = [text for text in one.complaints if "status of 400" not in text]


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [(429, "too-many-requests", "had your share"), (503, "busy", "Too many queries"), (503, "deadline", "was stopped")],
)
def test_refusals_say_what_to_do(visit: Callable[..., Visit], status: int, code: str, message: str) -> None:
    one = visit("/sparql")
    page = one.page
    ready(page)

    def refuse(route: Route) -> None:
        problem = f'{{"status": {status}, "code": "{code}", "detail": "said by the server", "seconds": 5}}'
        headers = {"Content-Type": "application/problem+json", "Retry-After": "2"}
        route.fulfill(status=status, headers=headers, body=problem)

    page.route("**/sparql", refuse)
    page.get_by_role("button", name="Run", exact=True).click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(message)
    expect(alert).to_contain_text("said by the server")
    again = alert.get_by_role("button", name="Run again")
    expect(again).to_be_disabled()
    page.unroute("**/sparql")
    expect(again).to_be_enabled(timeout=5000)
    again.click()
    expect(page.locator("#result-place")).to_contain_text("rows in")
    one.complaints = [text for text in one.complaints if f"status of {status}" not in text]


def test_the_language_is_switched_and_kept(visit: Callable[..., Visit]) -> None:
    page = visit(AGREEMENT, locale="fr-CA").page
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.get_by_role("link", name="한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    page.get_by_role("link", name="둘러보기").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    page.locator(".tiles a").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    assert page.context.cookies() == []


def test_dark_by_the_system_and_by_choice(visit: Callable[..., Visit]) -> None:
    def lightness(page: Page) -> float:
        found: float = page.evaluate(
            "getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).slice(0, 3).reduce((a, b) => a + +b, 0)"
        )
        return found

    assert lightness(visit("/", color_scheme="dark").page) < 150
    page = visit("/", color_scheme="light").page
    assert lightness(page) > 600
    page.get_by_label("Appearance").select_option(label="Dark")
    assert lightness(page) < 150
    page.get_by_role("link", name="Browse").click()
    assert lightness(page) < 150
    page.get_by_label("Appearance").select_option(label="System")
    assert lightness(page) > 600


def test_search(visit: Callable[..., Visit]) -> None:
    page = visit("/").page
    form = page.get_by_role("search")
    field = form.get_by_role("combobox")
    field.press_sequentially("기계연구")
    option = form.get_by_role("option").first
    expect(option).to_contain_text("Korea Institute of Machinery and Materials")
    field.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    field.press("Enter")
    page.wait_for_url("**/page/organization/kimm")
    field = page.get_by_role("search").get_by_role("combobox")
    field.fill("Natral Resources")
    field.press("Enter")
    page.wait_for_url("**/search?*")
    expect(page.locator("main")).to_contain_text("Natural Resources Canada")


def test_the_first_key_skips_to_the_content(visit: Callable[..., Visit]) -> None:
    page = visit("/").page
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_without_scripts_the_tables_and_the_form_are_there(visit: Callable[..., Visit]) -> None:
    page = visit("/pictures/timeline", java_script_enabled=False).page
    expect(page.get_by_role("table")).to_contain_text("29 July 2025")
    page.goto(page.url.replace("/pictures/timeline", "/sparql"))
    page.get_by_label("Query", exact=True).fill(SELECT)
    page.get_by_role("button", name="Run").click()
    assert page.get_by_role("table").locator("tbody tr").count() == 12


@pytest.mark.parametrize("sandbox", ['sandbox=""', ""])
def test_a_preview_stands_in_a_frame_of_another_site_and_no_other_page_does(
    chromium: Browser, site: Running, sandbox: str
) -> None:
    """As OpenRefine shows it: from another origin, since 3.8 in a sandbox without anything allowed."""
    manifest = json.loads(site.get("reconcile")[2])["preview"]
    with chromium.new_context() as context:
        page = context.new_page()
        page.set_content(
            f'''<iframe {sandbox} id="preview" width="{manifest["width"]}" height="{manifest["height"]}"
                 src="{site.address}reconcile/preview?id=organization%2Fkimm"></iframe>
                 <iframe {sandbox} id="page" src="{site.address}page/organization/kimm"></iframe>'''
        )
        frame = page.frame_locator("#preview")
        expect(frame.get_by_role("heading")).to_have_text("Korea Institute of Machinery and Materials")
        expect(frame.locator("body")).to_have_css("margin", "0px")  # its sheet is there
        expect(frame.locator("dl")).to_contain_text("Daejeon")
        if SCREENSHOTS:
            Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
            page.locator("#preview").screenshot(path=Path(SCREENSHOTS) / "preview-in-frame.png")
        expect(page.frame_locator("#page").get_by_role("heading", name="Korea Institute")).to_have_count(0)
