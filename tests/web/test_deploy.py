"""What docs/deploy.md says, done: the files in deploy/ in front of the real server, the unit, backup and restore."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from editions import edition
from running import running
from tests import web_servers
from tests.dates import dated

from kclod.cli import main
from kclod.history import edition as published
from kclod.release import Release, current

DEPLOY = Path(__file__).parents[2] / "deploy"
DOCS = DEPLOY.parent / "docs" / "deploy.md"
KEPT = ("etag", "memento-datetime", "link", "content-type")
KINDS = ("nginx", "apache", "caddy")
PUBLIC = "https://data.example/lights/"
ASK = "ASK {}"


@contextmanager
def in_front(kind: str, scratch: Path, behind: str) -> Iterator[str]:
    """A proxy with the file of deploy/, which names the port of a server that was started otherwise."""
    file = {"nginx": "nginx.conf", "apache": "apache.conf", "caddy": "Caddyfile"}[kind]
    server = (DEPLOY / file).read_text("utf-8").replace("127.0.0.1:8000", behind.split("/")[2])
    with getattr(web_servers, kind)(scratch, server=server) as address:
        yield address


def ask(
    address: str, path: str, *, method: str = "GET", body: bytes | None = None, source: str = "127.0.0.1", **fields: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(address.split("/")[2], timeout=30, source_address=(source, 0))
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in fields.items()})
        response = connection.getresponse()
        return response.status, response.msg, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("kind", KINDS)
def test_behind_a_proxy(kind: str, release: Release, tmp_path: Path) -> None:
    if reason := web_servers.missing(kind):
        pytest.skip(reason)
    limits = {"client_errors": 3, "trusted_proxies": ["127.0.0.1"]}
    scratch = tmp_path / kind
    with running(release, {"public_url": PUBLIC}, **limits) as site, in_front(kind, scratch, site.address) as proxy:
        direct = site.get("page/light/alpha")
        status, headers, body = ask(
            proxy, "/lights/page/light/alpha", Host="wrong.invalid", X_Forwarded_Host="bad.invalid"
        )
        assert (status, body) == (200, direct[2])
        assert (headers["ETag"], headers["Link"]) == (direct[1]["etag"], direct[1]["link"])
        assert b"invalid" not in body
        assert "invalid" not in str(headers)
        korean = quote("light/한글등대")
        status, headers, _ = ask(proxy, f"/lights/id/{korean}", Accept="text/turtle")
        assert (status, headers["Location"]) == (303, f"/lights/data/{korean}.ttl")
        _, coded, packed = ask(proxy, "/lights/page/light/alpha", Accept_Encoding="br")
        assert coded["Content-Encoding"] == "br"
        assert len(packed) < len(body)
        assert ask(proxy, "/lights/page/light/alpha", If_None_Match=direct[1]["etag"])[0] == 304
        status, headers, part = ask(proxy, "/lights/dumps/lights.nq", Range="bytes=5-104")
        assert (status, len(part), headers["Content-Range"].split("/")[0]) == (206, 100, "bytes 5-104")
        sent = {"method": "POST", "Content_Type": "application/sparql-query"}
        assert ask(proxy, "/lights/sparql", body=f"{ASK} #{'x' * 900_000}".encode(), **sent)[0] == 200
        assert ask(proxy, "/lights/sparql", body=f"{ASK} #{'x' * 2_000_000}".encode(), **sent)[0] in (413, 502)
        assert ask(proxy, f"/lights/sparql?query={quote(ASK)}")[0] == 200
        # each client has a share of its own, and cannot pass for another one
        for _ in range(4):
            ask(proxy, "/lights/sparql?query=nonsense", source="127.0.0.7")
        for says in ("127.0.0.7", "198.51.100.1"):
            assert ask(proxy, "/lights/sparql?query=ASK%7B%7D", source="127.0.0.7", X_Forwarded_For=says)[0] == 429
        assert ask(proxy, "/lights/sparql?query=ASK%7B%7D", source="127.0.0.8", X_Forwarded_For="127.0.0.7")[0] == 200


def test_the_unit_is_well_formed_and_confined(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed")
    unit = tmp_path / "kclod.service"
    text = (DEPLOY / "kclod.service").read_text("utf-8")
    unit.write_text(text.replace("/opt/kclod/bin/kclod", "/bin/true"), "utf-8")
    verified = subprocess.run([program, "verify", unit], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    rated = subprocess.run(
        [program, "security", "--offline=yes", "--threshold=20", unit], capture_output=True, text=True, check=False
    )
    assert rated.returncode == 0, rated.stdout  # exposure of at most 2.0 of 10


def blocks(heading: str) -> list[str]:
    """The commands below a heading of docs/deploy.md, by fenced block."""
    part = DOCS.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^```\n(.*?)^```$", part, re.DOTALL | re.MULTILINE)


def do(block: str, programs: Path, places: dict[str, object]) -> subprocess.CompletedProcess[str]:
    """Run a block of docs/deploy.md, where what it names is replaced: `places` has by what."""
    for written, meant in places.items():
        assert written in block
        block = block.replace(written, str(meant))
    path = f"{programs}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        capture_output=True, text=True, check=False, timeout=60, env=os.environ | {"PATH": path},
    )  # fmt: skip


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with the program as `kclod`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program(folder / "kclod", f'{sys.executable} -m kclod "$@"')
    return folder


def program(path: Path, command: str) -> None:
    path.write_text(f"#!/bin/sh\nexec {command}\n", "utf-8")
    path.chmod(0o755)


def test_backup_and_restore_on_another_host(tmp_path: Path, programs: Path) -> None:
    """The commands as they are written: what is restored verifies, is served as it was, and not when it is damaged."""
    here, backup, there = tmp_path / "here", tmp_path / "backup", tmp_path / "other" / "releases"
    backup.mkdir()
    first, second = edition(here, 1), edition(here, 2)
    dated((first, second), (datetime(2026, 1, day, 12, tzinfo=UTC).timestamp() for day in (1, 2)))
    places = {"/srv/kclod/releases": here, "/backup": backup}
    save, restore, one = blocks("Backup, restore, moving")
    assert (done := do(save, programs, places)).returncode == 0, done.stderr
    places = {"/srv/other/releases": there, "/backup": backup}
    assert (done := do(restore, programs, places)).returncode == 0, done.stderr
    assert {p.name for p in there.iterdir()} >= {first.version, second.version, "current"}
    assert not {p.name for p in there.iterdir()} & {".lock", ".work"}
    for manifest in there.glob("*/manifest.json"):  # as by a copy that does not keep times
        os.utime(manifest)
    paths = (
        "page/light/alpha",
        "data/light/alpha.ttl",
        "dumps/lights.nq",
        f"releases/{first.version}/data/light/alpha.nt",
    )
    options = {"public_url": PUBLIC}
    with running(second, options, follow=here) as before, running(current(there), options, follow=there) as after:
        for path in paths:
            (_, was, body), (status, now, same) = before.get(path), after.get(path)
            assert (status, same) == (200, body)
            assert [now.get(name) for name in KEPT] == [was.get(name) for name in KEPT]
        assert after.get(f"releases/{first.version}/data/light/alpha.nt")[1]["memento-datetime"].startswith(
            "Thu, 01 Jan"
        )
    alone = tmp_path / "alone"
    alone.mkdir()
    places = {"/srv/kclod/releases": here, "/srv/other/releases": alone, "0.1.0-7bacbcc7b118": first.version}
    assert (done := do(one, programs, places)).returncode == 0, done.stderr
    assert current(alone).version == first.version
    assert published(current(alone).path).published == published(first.path).published
    dump = next((there / second.version / "dumps").glob("*.nq"))
    dump.chmod(0o644)
    dump.write_bytes(dump.read_bytes()[:-2])
    assert CliRunner().invoke(main, ["verify", "--releases", str(there)]).exit_code == 1


def test_the_proxy_is_turned_to_another_server_without_a_failed_request(
    release: Release, tmp_path: Path, programs: Path
) -> None:
    """A new version of the program beside the old one: the commands as they are written, under a load."""
    if reason := web_servers.missing("nginx"):
        pytest.skip(reason)
    turn = next(b for b in blocks("Upgrades and rollback") if "nginx -s reload" in b)
    scratch, conf = tmp_path / "nginx", tmp_path / "kclod.conf"
    program(programs / "nginx", f'{web_servers.found("nginx")} -c {scratch}/nginx.conf "$@"')
    outcomes: list[int | str] = []
    ended = threading.Event()

    def load(address: str) -> None:
        while not ended.is_set():
            for path in ("/lights/page/light/alpha", "/lights/sparql?query=ASK%7B%7D", "/lights/health"):
                try:
                    outcomes.append(ask(address, path)[0])
                except (OSError, http.client.HTTPException) as error:
                    outcomes.append(repr(error))

    with ExitStack() as stack:
        new = stack.enter_context(running(release, {"public_url": PUBLIC}))
        old = stack.enter_context(ExitStack())
        server = old.enter_context(running(release, {"public_url": PUBLIC}))
        before, after = server.address.split("/")[2], new.address.split("/")[2]
        conf.write_text((DEPLOY / "nginx.conf").read_text("utf-8").replace("127.0.0.1:8000", before), "utf-8")
        proxy = stack.enter_context(web_servers.nginx(scratch, server=f"include {conf};"))
        threads = [threading.Thread(target=load, args=(proxy,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        program(programs / "systemctl", f'echo systemctl "$@" >> {tmp_path}/systemctl')
        places = {"127.0.0.1:8000": before, "127.0.0.1:8001": after, "/etc/nginx/kclod.conf": conf}
        done = do(turn, programs, places)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "systemctl").read_text("utf-8").startswith("systemctl disable --now kclod")
        old.close()  # which is what that does
        time.sleep(0.5)
        ended.set()
        for thread in threads:
            thread.join()
    assert len(outcomes) > 20
    assert set(outcomes) == {200}
