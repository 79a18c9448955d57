"""What docs/deploy.md says, done: the files in deploy/ in front of the real server, the unit, backup and restore."""

from __future__ import annotations

import http.client
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from running import running
from tests import web_servers

from kclod.cli import main
from kclod.history import edition
from kclod.release import Release, current

DEPLOY = Path(__file__).parents[2] / "deploy"
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


def test_backup_and_restore_on_another_host(release: Release, tmp_path: Path) -> None:
    """A copy of the folder and the log is all: it verifies, it is served as of its date, and a damaged one is not."""
    there, back = tmp_path / "backup", tmp_path / "other" / "releases"
    there.mkdir()
    log = release.path.parent / "publications.log"
    subprocess.run(["cp", "-a", release.path, log, there], check=True)
    back.mkdir(parents=True)
    subprocess.run(["cp", "-r", there / release.version, there / log.name, back], check=True)  # with other times
    (back / "current").symlink_to(release.version)
    assert current(back).version == release.version
    assert edition(back / release.version).published == edition(release.path).published
    assert edition(back / release.version).recorded
    verified = CliRunner().invoke(main, ["verify", "--releases", str(back)])
    assert verified.exit_code == 0, verified.output
    with running(current(back)) as site:
        assert site.get("data/light/alpha.nt")[0] == 200
    dump = next((back / release.version / "dumps").glob("*.nq"))
    dump.chmod(0o644)
    dump.write_bytes(dump.read_bytes()[:-2])
    assert CliRunner().invoke(main, ["verify", "--releases", str(back)]).exit_code == 1
