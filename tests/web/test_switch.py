"""The server moves to another release, and back, while it is read: no request fails and none mixes two releases.

Three moves in the ordinary run; KCLOD_SWITCHES=20 is the long form (`make soak`).
"""

from __future__ import annotations

import gc
import json
import os
import random
import re
import shutil
import signal
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from bounds import LIMITS
from editions import NUMBER, edition
from lights import BASE
from running import Running, running
from test_serve import descendants, gone
from werkzeug.test import EnvironBuilder

from kclod.history import editions, roll_back
from kclod.release import current
from kclod.web import publication
from kclod.web.app import create_app
from kclod.web.switch import Switch

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SWITCHES = int(os.environ.get("KCLOD_SWITCHES", "3"))
PAIR = f"SELECT ?a ?b {{ <{BASE}id/light/alpha> <{NUMBER.value}> ?a . <{BASE}id/light/beta> <{NUMBER.value}> ?b }}"
ALL = "SELECT ?s ?p ?o { ?s ?p ?o }"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "releases"
    for number in (1, 2):
        edition(folder, number)
    return folder


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "releases", symlinks=True)
    return tmp_path / "releases"


def numbers(root: Path) -> dict[str, int]:
    """The edition of each version."""
    found = {}
    for one in editions(root):
        told = re.search(r"Alpha Light (\d+)", one.load().dumps[0].path.read_text("utf-8"))
        assert told
        found[one.version] = int(told[1])
    return found


class Readers:
    """Threads that ask all the time; what was wrong with what they got."""

    def __init__(self, server: Running, versions: dict[str, int]) -> None:
        self.server, self.versions = server, versions
        self.over = threading.Event()
        self.wrong: list[str] = []
        self.asked: Counter[str] = Counter()
        self.seen: Counter[tuple[str, int]] = Counter()
        self.bodies: dict[tuple[str, str], bytes] = {}
        self.threads: list[threading.Thread] = []

    def start(self, kind: str, ask: Callable[[random.Random], set[int]]) -> None:
        chance = random.Random(len(self.threads))

        def run() -> None:
            while not self.over.is_set():
                try:
                    found = ask(chance)
                    if len(found) != 1:
                        self.wrong.append(f"{kind}: of releases {found}")
                    else:
                        self.seen[kind, found.pop()] += 1
                except (AssertionError, OSError, ValueError) as error:
                    self.wrong.append(f"{kind}: {error!r}")
                self.asked[kind] += 1
                self.over.wait(0.005)

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def got(self, path: str, **headers: str) -> bytes:
        """The body of a 200 whose ETag is that of these bytes only."""
        status, told, body = self.server.get(path, **headers)
        assert status == 200, f"{path}: {status} {body[:200]!r}"
        if tag := told.get("etag"):
            assert self.bodies.setdefault((path, tag), body) == body, f"{path}: two bodies with the tag {tag}"
        return body

    def page(self, chance: random.Random) -> set[int]:
        text = self.got("page/light/alpha", Accept="text/html").decode()
        version = re.search(r"<footer.*?<code>([^<]+)</code>", text, re.DOTALL)
        assert version
        return {*map(int, re.findall(r"Alpha Light (\d+)", text)), self.versions[version[1]]}

    def data(self, chance: random.Random) -> set[int]:
        text = self.got(f"data/light/{chance.choice(('alpha', 'beta'))}.nt").decode()
        numbers = re.findall(r'(?:#number> "|Alpha Light )(\d+)', text)
        assert numbers
        return set(map(int, numbers))

    def thing(self, chance: random.Random) -> set[int]:
        return set(
            map(int, re.findall(r"Alpha Light (\d+)", self.got("id/light/alpha", Accept="text/turtle").decode()))
        )

    def query(self, chance: random.Random) -> set[int]:
        another = chance.randrange(1 << 30)
        body = self.got(f"sparql?format=json&query={quote(f'{PAIR} #{another}', safe='')}")
        (row,) = json.loads(body)["results"]["bindings"]
        return {int(cell["value"]) for cell in row.values()}

    def long(self, chance: random.Random) -> set[int]:
        body = self.got(f"sparql?format=csv&stream=true&query={quote(ALL, safe='')}").decode()
        assert len(body.splitlines()) > 50
        return set(map(int, re.findall(r"(?:#number,|Alpha Light )(\d+)", body)))


def test_readers_see_whole_releases_only(root: Path) -> None:
    versions = numbers(root)
    assert sorted(versions.values()) == [1, 2]
    limits = {"workers": 2, "client_seconds": 100_000.0, "client_queries": 100, "client_errors": 1_000_000}
    with running(current(root), follow=root, **limits) as server:
        readers = Readers(server, versions)
        for kind, count in (("page", 2), ("data", 2), ("thing", 1), ("query", 2), ("long", 1)):
            for _ in range(count):
                readers.start(kind, getattr(readers, kind))
        processes: list[int] = []
        memory: list[int] = []
        moves: list[float] = []
        try:
            for _ in range(SWITCHES):
                time.sleep(0.3)
                wanted = next(v for v in versions if v != current(root).version)
                roll_back(root, wanted)
                moved = time.monotonic()
                while readers.data(random.Random(0)) != {versions[wanted]}:
                    assert time.monotonic() - moved < 60
                    time.sleep(0.05)
                moves.append(time.monotonic() - moved)
                time.sleep(0.5)
                processes.append(len(descendants(server.pid)))
                memory.append(resident(server.pid))
        finally:
            readers.over.set()
            for thread in readers.threads:
                thread.join()
        print(
            f"{sum(readers.asked.values())} requests, {SWITCHES} moves of {max(moves):.1f} s at most, {readers.asked}"
        )
        print(f"processes after each {processes}; MiB of the web process {[m >> 20 for m in memory]}")
        assert readers.wrong == []
        for kind in ("page", "data", "thing", "query", "long"):
            assert {number for seen, number in readers.seen if seen == kind} == {1, 2}, kind
        started = time.monotonic()
        while len(descendants(server.pid)) > 2 + 2 * 3 + 1:  # web process, keepers, workers of one release
            assert time.monotonic() - started < 20, descendants(server.pid)
            time.sleep(0.1)
        if SWITCHES > 10:
            assert memory[-1] < memory[len(memory) // 2] * 1.2 + (16 << 20)
        left = descendants(server.pid)
    assert gone(left, 10)


def resident(pid: int) -> int:
    """Bytes of memory of the web process, the first below the server."""
    (web,) = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split())
    return int(Path(f"/proc/{web}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def switch(root: Path) -> Iterator[Switch]:
    made = Switch(root, current(root), lambda release, before: create_app(release, limits=LIMITS, before=before), 5.0)
    yield made
    made.close()


def moved(switch: Switch, version: str) -> bool:
    deadline = time.monotonic() + 10
    while switch.version != version and time.monotonic() < deadline:
        time.sleep(0.02)
    return switch.version == version


def test_the_old_release_is_let_go(switch: Switch, root: Path) -> None:
    old = weakref.ref(publication.of(switch._now.app))
    shares = old().shares
    roll_back(root)
    assert moved(switch, current(root).version)
    deadline = time.monotonic() + 10
    while old() is not None and time.monotonic() < deadline:
        time.sleep(0.05)
        gc.collect()
    assert old() is None
    assert publication.of(switch._now.app).shares is shares, "what clients have had goes on"


def test_a_request_keeps_its_release(switch: Switch, root: Path) -> None:
    """An answer that has begun is given to its end by the release that began it, which is closed only then."""
    old = switch._now
    parts, told = begun(switch, "/dumps/lights.nq")
    iterator = iter(parts)
    first = next(iterator)
    roll_back(root)
    assert moved(switch, current(root).version)
    assert old.users == 1
    whole = first + b"".join(iterator)
    parts.close()
    assert old.users == 0
    assert whole == (root / old.version / "dumps/lights.nq").read_bytes()
    assert told["status"] == "200 OK"


def begun(
    application: WSGIApplication, path: str, headers: Mapping[str, str] | None = None
) -> tuple[Iterable[bytes], dict[str, str]]:
    """The parts of an answer, and its head."""
    told: dict[str, str] = {}

    def start(status: str, fields: list[tuple[str, str]], exc_info: object = None) -> None:
        told.update(fields, status=status)

    return application(EnvironBuilder(path, headers=headers).get_environ(), start), told


def head(application: WSGIApplication, path: str, headers: Mapping[str, str] | None = None) -> dict[str, str]:
    parts, told = begun(application, path, headers)
    b"".join(parts)
    if close := getattr(parts, "close", None):
        close()
    return told


def test_a_damaged_release_is_not_served(switch: Switch, root: Path, caplog: pytest.LogCaptureFixture) -> None:
    served = switch.version
    (other,) = (folder for folder in numbers(root) if folder != served)
    dump = root / other / "dumps/lights.nq"
    dump.chmod(0o644)
    dump.write_bytes(dump.read_bytes().replace(b"Alpha", b"Omega"))
    (root / "link").symlink_to(other)
    (root / "link").rename(root / "current")
    deadline = time.monotonic() + 10
    while "is not served" not in caplog.text and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "damaged-file" in caplog.text
    assert switch.version == served


@pytest.mark.parametrize("target", ["../elsewhere", "/tmp", ".", "nothing", "linked"])
def test_a_link_that_leads_elsewhere_is_not_followed(switch: Switch, root: Path, target: str) -> None:
    served = switch.version
    shutil.copytree(root / served, root.parent / "elsewhere")
    (root / "linked").symlink_to("../elsewhere")
    (root / "link").symlink_to(target)
    (root / "link").rename(root / "current")
    time.sleep(0.6)
    switch.look()
    assert switch.version == served


def test_a_memory_of_what_was_asked_with_a_date_does_not_outlive_the_release(switch: Switch, root: Path) -> None:
    """Going back makes pages older, but never "not modified" for who has the newer one."""
    newer = head(switch, "/page/light/alpha")
    time.sleep(1.1)
    roll_back(root)
    assert moved(switch, current(root).version)
    told = head(switch, "/page/light/alpha", {"If-Modified-Since": newer["Last-Modified"]})
    assert told["status"] == "200 OK"
    told = head(switch, "/page/light/alpha", {"If-None-Match": newer["ETag"]})
    assert told["status"] == "200 OK"


def test_a_release_of_the_time_before_is_loaded_after_a_crash(root: Path) -> None:
    """The web process that dies is replaced by one that serves what is current then."""
    with running(current(root), follow=root) as server:
        roll_back(root)
        version = current(root).version
        (web,) = map(int, Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text("ascii").split())
        os.kill(web, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if f"<code>{version}</code>".encode() in server.get("", Accept="text/html")[2]:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the site did not come back")
