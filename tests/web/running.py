"""The real server in a process of its own, with the limits that a test wants; and requests to it byte by byte."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from kclod.release import Release

PROGRAM = """
import json, sys
from pathlib import Path
from kclod.release import load
from kclod.web.limits import Limits
from kclod.web.serve import serve

limits = {name: tuple(v) if isinstance(v, list) else v for name, v in json.loads(sys.argv[2]).items()}
options = json.loads(sys.argv[3])
if "follow" in options:
    options["follow"] = Path(options["follow"])
serve(load(Path(sys.argv[1])), port=0, limits=Limits(**limits), **options,
      announce=lambda address: print(address, flush=True))
"""


@dataclass(frozen=True)
class Running:
    address: str
    pid: int

    @property
    def endpoint(self) -> str:
        return f"{self.address}sparql"

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in lower case, and body of a path below the address."""
        request = urllib.request.Request(f"{self.address}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, {k.lower(): v for k, v in response.headers.items()}, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()

    def query(self, text: str, *, more: str = "", **headers: str) -> tuple[int, dict[str, str], bytes]:
        return self.get(f"sparql?query={quote(text)}{more}", **headers)

    def connect(self) -> socket.socket:
        parts = urlsplit(self.address)
        return socket.create_connection((parts.hostname, parts.port), timeout=30)

    def raw(self, request: bytes) -> bytes:
        """All that comes back until the server closes the connection."""
        with self.connect() as connection:
            connection.sendall(request)
            return received(connection)


def received(connection: socket.socket) -> bytes:
    parts: list[bytes] = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(1 << 16):
            parts.append(part)
    return b"".join(parts)


@contextlib.contextmanager
def running(
    release: Release, options: dict[str, str] | None = None, *, follow: Path | None = None, **limits: object
) -> Iterator[Running]:
    """A server over the release, `options` those of `serve`; ended, with all its processes, as the block is left."""
    options = dict(options or {}) | ({"follow": str(follow)} if follow else {})
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(release.path), json.dumps(limits), json.dumps(options)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), address
        yield Running(address, process.pid)
    finally:
        process.terminate()
        assert process.wait(15) == 0
        process.stdout.close()
