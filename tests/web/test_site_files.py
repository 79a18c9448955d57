"""The site as files: under Apache, on hosts without rules, and the folder itself; see test_site_files_servers too."""

from __future__ import annotations

import contextlib
import gzip
import html
import re
import shutil
import tempfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler
from itertools import permutations
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, unquote

import flask
import lights
import pytest
from browsing import CHROMIUM, REQUIRED, browser, visiting
from exported import ACCEPTS, ADDRESSES, KOREAN, PUBLIC, Site, get, vary, wrong
from flask.testing import FlaskClient
from tests import web_servers
from tests.listening import listening

from kclod.check import Client, check
from kclod.errors import RefusedError, UsageError
from kclod.release import Release
from kclod.site_files import export
from kclod.site_files.before import MARK
from kclod.site_files.linking import Gathered, Links
from kclod.site_files.places import SELECTED, SELECTING


@pytest.fixture(scope="module")
def under_apache(exported: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if reason := web_servers.missing("apache"):
        pytest.skip(reason)
    with tempfile.TemporaryDirectory() as name:  # Apache runs as a user who may not look into folders of tests
        root = Path(name)
        root.chmod(0o755)
        shutil.copytree(exported.folder, root / "lights")
        directory = f"<Directory {root}>\nAllowOverride All\nRequire all granted\n</Directory>"
        with web_servers.apache(root / "run", server=f"DocumentRoot {root}\n{directory}") as address:
            yield f"{address}lights"


def test_kclod_check_under_apache(under_apache: str) -> None:
    report = check(f"{under_apache}/id/{KOREAN}", Client())
    outside = {"void"}  # below a prefix the well-known address is that of the host's root
    elsewhere = {"same-site"}  # the files are made for the address of the other server
    assert {w[0] for w in wrong(report)} - outside - elsewhere == {"compressed"}, "that is left to mod_deflate"


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("fields", ACCEPTS, ids=str)
def test_apache_answers_as_the_server(
    under_apache: str, served: flask.Flask, path: str, fields: dict[str, str]
) -> None:
    if path.startswith("/describe"):
        pytest.skip("Apache refuses file names with a question mark")
    wanted = served.test_client().get(path, headers={n.replace("_", "-"): v for n, v in fields.items()})
    status, headers, body = get(f"{under_apache}{path}", **fields)
    assert status == wanted.status_code
    location = headers.get("Location")
    assert (location and location.replace(under_apache, "/lights")) == wanted.headers.get("Location")
    if status == 200:
        assert body == wanted.data
        assert headers.get_content_type() in (wanted.mimetype, "application/rdf+xml")
        assert headers.get("Content-Profile") == wanted.headers.get("Content-Profile")


def test_every_file_is_what_the_server_says(exported: Site, served: flask.Flask) -> None:
    """All of them, found by their names: what is compared is no sample."""
    client, compared = served.test_client(), 0
    for file in sorted(exported.folder.rglob("*.html")) + sorted((exported.folder / "data").rglob("*.*")):
        name = file.relative_to(exported.folder).as_posix()
        variant = re.match(r"(_accept|_lang)/([a-z]+)/|(_profile)/([a-z]+)/", name)
        rest = name[variant.end() :] if variant else name
        if not rest.startswith(("page/", "data/", "pictures/", "index.", "browse.")) or file.suffix == ".gz":
            continue
        path = "/" + quote(rest.removesuffix(".html").removesuffix("index"))
        fields = {"Accept-Language": variant[2]} if variant and variant[1] == "_accept" else {}
        query = f"?lang={variant[2]}" if variant and variant[1] == "_lang" else ""
        assert client.get(path + query, headers=fields).data == file.read_bytes(), name
        compared += 1
    assert compared > 150


def test_rules_do_not_depend_on_who_is_done_first() -> None:
    found = [Links("/page/{raw}", name, text) for name, text in (("a", "x"), ("b", "y"), ("c", "y"), ("d", "z"))]
    for order in permutations(found):
        gathered = Gathered()
        gathered.add(order)
        assert gathered.usual() == {"/page/{raw}": "y"}
        assert gathered.others("/page/{raw}") == {"a": "x", "d": "z"}
    assert Gathered().others("/page/{raw}") == {}


def test_rules_do_not_grow_with_the_documents(exported: Site) -> None:
    """Links are a few texts with gaps: what is told document by document is their classes alone."""
    maps = (exported.folder / "_rules" / "nginx" / "maps.conf").read_text("utf-8")
    named = [line for line in maps.splitlines() if "light/alpha" in line]
    assert [line.split()[0] for line in named] == ['"light/alpha"']
    assert "light/alpha" not in (exported.folder / ".htaccess").read_text("utf-8")


def test_hosts_without_rules_find_pages_and_data(exported: Site, client: FlaskClient) -> None:
    """What GitHub Pages does: a path, else the path with .html, else index.html in a folder."""
    del client
    stub = (exported.folder / "id" / "light" / "alpha.html").read_text("utf-8")
    assert 'url=/lights/page/light/alpha"' in stub
    for path in ("page/light/alpha.html", "data/light/alpha.ttl", "index.html", "404.html", ".nojekyll", "search.html"):
        assert (exported.folder / path).is_file(), path
    assert 'lang="ko"' in (exported.folder / "_lang/ko/page/light/alpha.html").read_text("utf-8")
    assert "alpha light" in (exported.folder / "search/names/0061.json").read_text("utf-8").lower()


@contextlib.contextmanager
def plain_host(folder: Path) -> Iterator[str]:
    """A host that knows files alone, as GitHub Pages: parameters are ignored, `.html` is added, 404.html is sent."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(folder))

        def send_head(self) -> IO[bytes] | None:  # type: ignore[override]  # of GET and HEAD
            self.path = self.path.partition("?")[0].removeprefix("/lights") or "/"
            place = Path(self.translate_path(self.path))
            if not self.path.endswith("/") and not place.is_file():
                if not place.with_name(f"{place.name}.html").is_file():
                    self.send_response(404)
                    self.send_header("Content-Type", "text/html; charset=utf-8")
                    self.end_headers()
                    return (folder / "404.html").open("rb")
                self.path = f"{self.path}.html"
            return super().send_head()

    with listening(Handler) as port:
        yield f"http://127.0.0.1:{port}/lights/"


_LINKS = re.compile(r'<(?:a|link|script|img|form)\b[^>]*?\b(?:href|src|action)="(/[^"]*)"[^>]*>')
_MACHINES = re.compile(r'rel="(?:timegate|timemap|original)"')
"""Links of Memento are for programs, and for those that a server has told of it."""


def test_no_link_is_dead_on_a_host_without_rules(exported: Site) -> None:
    """Every page in every language; parameters are ignored there."""
    leading: dict[str, str] = {}
    for file in exported.folder.rglob("*.html"):
        for found in _LINKS.finditer(file.read_text("utf-8")):
            if not _MACHINES.search(found[0]):
                address = html.unescape(found[1]).partition("#")[0].partition("?")[0]
                leading.setdefault(address, file.relative_to(exported.folder).as_posix())
    assert len(leading) > 60
    with plain_host(exported.folder) as address:
        host = address.removesuffix("/lights/")
        dead = {
            path: file
            for path, file in leading.items()
            if not path.startswith("/lights/") or get(f"{host}{path}")[0] != 200
        }
    assert dead == {}


def test_what_links_ask_for_by_parameters_is_a_file(exported: Site) -> None:
    """The files that the script of a page leads to; what needs a server is told apart."""
    missing, compared = [], 0
    for file in exported.folder.rglob("*.html"):
        for found in _LINKS.finditer(file.read_text("utf-8")):
            path, _, query = html.unescape(found[1]).partition("#")[0].partition("?")
            endpoint = path.removeprefix("/lights/").partition("/")[0]
            values = dict(part.split("=", 1) for part in query.split("&") if "=" in part)
            if endpoint not in ("browse", "cite", "describe", "page") or any(name.startswith("by.") for name in values):
                continue
            parts = [
                f"{n}={values[n].replace('//', '/')}"
                for n in SELECTING
                if n in values and (n, values[n]) != ("page", "1")
            ]
            if not parts:
                continue
            ending = values.get("format", "txt" if endpoint == "cite" else "html")
            name = "/".join((SELECTED, unquote(path.removeprefix("/lights/")), *parts)) + f".{ending}"
            compared += 1
            if not (exported.folder / name).is_file():
                missing.append(name)
    assert compared > 100
    assert missing == []


@pytest.mark.skipif(not CHROMIUM and not REQUIRED, reason="Chromium is not installed (Debian: chromium)")
def test_a_browser_on_a_host_without_rules(exported: Site) -> None:
    with plain_host(exported.folder) as address, browser() as chromium, visiting(chromium, address) as visit:
        visit.open("page/light/alpha?lang=ko")
        visit.page.wait_for_url("**/_lang/ko/page/light/alpha.html")
        assert visit.page.locator("html").get_attribute("lang") == "ko"
        visit.open("id/light/alpha")
        visit.page.wait_for_url("**/page/light/alpha")
        visit.page.locator("input[type=search]").first.press_sequentially("alph")
        option = visit.page.locator("[role=option]").first
        option.wait_for()
        assert "Alpha Light" in option.inner_text()
        visit.open("search?q=old")
        visit.page.locator("ul.members a", has_text="Alpha Light").wait_for()
        visit.open("page/light/alpha?lang=fr")
        visit.page.wait_for_url("**/_lang/fr/page/light/alpha.html")
        visit.open(f"browse?class={lights.BASE}ontology%23Light&lang=ko")
        visit.page.wait_for_url("**/_lang/ko/_selected/browse/class=**")
        visit.page.locator("ul.members a").first.wait_for()
        visit.open(f"browse?class={lights.BASE}ontology%23Light&by.near=1")
        visit.page.get_by_text("kclod serve --data").wait_for()
        visit.open(f"cite?iri={lights.BASE}id/light/alpha&format=bib")
        visit.page.wait_for_url("**/_selected/cite/iri=**.bib")
        visit.open("sparql")
        visit.page.get_by_text("kclod serve --data").wait_for()


def content(folder: Path) -> dict[str, bytes]:
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_nothing_is_done_where_nothing_changed(exported: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("it is written again")

    folder = tmp_path / "a"
    shutil.copytree(exported.folder, folder)
    monkeypatch.setattr("kclod.site_files.making._write_all", never)
    again = export(exported.release, folder, public_url=PUBLIC)
    assert (again.files, again.kept) == (exported.done.files, exported.done.files)
    assert (again.addresses, again.bytes) == (exported.done.addresses, exported.done.bytes)
    with pytest.raises(AssertionError, match="written again"):
        export(exported.release, folder, public_url="https://other.example/lights/")
    (folder / "page" / "light" / "alpha.html").write_text("x", "utf-8")
    with pytest.raises(AssertionError, match="written again"):
        export(exported.release, folder, public_url=PUBLIC)


def test_an_export_keeps_what_is_still_right(exported: Site, tmp_path: Path) -> None:
    """One process now: with the same bytes as several."""
    folder = tmp_path / "a"
    shutil.copytree(exported.folder, folder)
    before = content(folder)
    kept = (folder / "page" / "light" / "beta.html").stat()
    (folder / "stray.html").write_text("x", "utf-8")
    (folder / "data" / "light" / "alpha.ttl").write_text("x", "utf-8")
    (folder / "dumps" / "lights.nq").unlink()
    packed = folder / "page" / "light" / "alpha.html.gz"
    packed.write_bytes(gzip.compress(b"x" * 10_000_000))
    again = export(exported.release, folder, public_url=PUBLIC, processes=1)
    assert content(folder) == before
    assert again.kept == again.files - 2, "those that are not right"
    there = (folder / "page" / "light" / "beta.html").stat()
    assert (there.st_ino, there.st_mtime_ns) == (kept.st_ino, kept.st_mtime_ns)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert again.refused == again.too_long == ()


def test_a_folder_of_others_is_left_alone(small: Release, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", "utf-8")
    with pytest.raises(UsageError, match="holds something else"):
        export(small, tmp_path / "mine")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "letter.txt"]


def test_what_fails_leaves_the_earlier_export(small: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / MARK).write_text("{}", "utf-8")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kclod.site_files.making._write_all", full)
    with pytest.raises(UsageError, match="No space left"):
        export(small, tmp_path / "site")
    assert [path.name for path in tmp_path.rglob("*")] == ["site", MARK]


def test_two_addresses_of_one_file_are_refused(small: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kclod.site_files.making.name_index", lambda _: {"page/light/alpha.html": b""})
    with pytest.raises(RefusedError, match=re.escape("page/light/alpha.html is taken")):
        export(small, tmp_path / "site")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def at_w3id(exported: Site) -> Iterator[str]:
    """An Apache with the file where w3id.org has it: in the folder of the data, which holds nothing else."""
    if reason := web_servers.missing("apache"):
        pytest.skip(reason)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        (root / "lights").mkdir()
        shutil.copy(exported.folder / "_rules" / "w3id.org" / ".htaccess", root / "lights")
        directory = f"<Directory {root}>\nAllowOverride All\nRequire all granted\n</Directory>"
        with web_servers.apache(root / "run", server=f"DocumentRoot {root}\n{directory}") as address:
            yield f"{address}lights"


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("path", "accept", "status", "location"),
    [
        ("id/light/alpha", BROWSER, 303, "page/light/alpha"),
        ("id/light/alpha", None, 303, "page/light/alpha"),
        ("id/light/alpha", "text/turtle", 303, "data/light/alpha.ttl"),
        ("id/light/alpha", "text/html;q=0.3, application/ld+json;q=0.31", 303, "data/light/alpha.jsonld"),
        ("id/light/alpha", "application/n-quads;q=0, application/rdf+xml;q=0.1", 303, "data/light/alpha.rdf"),
        ("id/light/alpha", "image/png", 406, None),
        (f"id/{KOREAN}", BROWSER, 303, f"page/{KOREAN}"),
        (f"id/{KOREAN}", "text/turtle", 303, f"data/{KOREAN}.ttl"),
        ("claim/news-1/a", "text/turtle", 303, "data/claim/news-1/a.ttl"),
        ("claim/news-1/a", BROWSER, 303, "page/claim/news-1/a"),
        ("dataset", "application/ld+json", 303, "data/dataset.jsonld"),
        ("ontology", BROWSER, 303, "ontology"),
        ("ontology", "text/turtle", 303, "ontology.ttl"),
        ("ontology", "image/png", 406, None),
        ("ontology.nt", None, 302, "ontology.nt"),
        ("page/light/alpha?lang=ko", BROWSER, 302, "page/light/alpha?lang=ko"),
        (f"data/{KOREAN}.nq", None, 302, f"data/{KOREAN}.nq"),
        ("dumps/lights.nq", None, 302, "dumps/lights.nq"),
        ("releases/1.0.0-abc", BROWSER, 302, "releases/1.0.0-abc"),
        ("claim/news-1/a", "image/png", 406, None),
        ("", BROWSER, 302, ""),
    ],
)
def test_w3id_leads_to_the_site(at_w3id: str, path: str, accept: str | None, status: int, location: str | None) -> None:
    got, headers, _ = get(f"{at_w3id}/{path}", **({"Accept": accept} if accept else {}))
    assert (got, headers.get("Location")) == (status, location if location is None else f"{PUBLIC}{location}")
    if status == 303:
        assert "Accept" in vary(headers.get_all("Vary"))


def test_w3id_leads_where_the_site_leads(at_w3id: str, served: flask.Flask) -> None:
    """Every kind of IRI of the data, as a client that follows: what the site answers there is a document about it."""
    client = served.test_client()
    for path in ("id/light/alpha", f"id/{KOREAN}", "claim/news-1/a", "ontology"):
        for accept in (BROWSER, "text/turtle", "application/ld+json", "application/n-quads"):
            _, headers, _ = get(f"{at_w3id}/{path}", Accept=accept)
            answer = client.get(f"/{headers['Location'].removeprefix(PUBLIC)}", headers={"Accept": accept})
            assert (answer.status_code, answer.mimetype) == (200, accept.partition(",")[0]), (path, accept)
