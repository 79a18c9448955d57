"""Web servers of others, started for tests with rules that are given: nginx, Apache and Caddy (Debian packages).

`missing(kind)` says why a kind cannot be started here. With KCLOD_SERVERS=required nothing may be missing (CI).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tests.servers import free_port

_PROGRAMS = {"nginx": "nginx", "apache": "apache2", "caddy": "caddy"}
_PATIENCE = 20.0
_NGINX = """
{user}
daemon off;
pid {scratch}/nginx.pid;
error_log {scratch}/error.log warn;
worker_processes 1;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {scratch}/1; proxy_temp_path {scratch}/2; fastcgi_temp_path {scratch}/3;
    uwsgi_temp_path {scratch}/4; scgi_temp_path {scratch}/5;
    {http}
    server {{
        listen 127.0.0.1:{port};
        {server}
    }}
}}
"""


def missing(kind: str) -> str | None:
    """Why a kind of server cannot be started on this machine; None when it can."""
    program = _PROGRAMS[kind]
    reason = None if found(program) else f"{program} is not installed (Debian: {program})"
    assert reason is None or os.environ.get("KCLOD_SERVERS") != "required", reason
    return reason


def found(program: str) -> str | None:
    """The path of a program; Debian has those of administrators in folders that are not everybody's."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@contextlib.contextmanager
def nginx(scratch: Path, *, http: str = "", server: str = "", port: int = 0) -> Iterator[str]:
    """The address of an nginx with these directives in `http` and `server`."""
    port = port or free_port()
    scratch.mkdir(parents=True, exist_ok=True)
    configuration = scratch / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # folders of tests are for who runs them
    configuration.write_text(_NGINX.format(user=user, scratch=scratch, port=port, http=http, server=server), "utf-8")
    tested = subprocess.run(
        [found("nginx") or "nginx", "-t", "-c", configuration], capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stderr
    assert "[warn]" not in tested.stderr.replace('the "user" directive', ""), tested.stderr
    with running([found("nginx") or "nginx", "-c", str(configuration)], port):
        yield f"http://127.0.0.1:{port}/"


_MODULES = ("mpm_event", "authz_core", "headers", "rewrite", "setenvif", "mime", "dir", "alias", "proxy", "proxy_http")
_APACHE = """
ServerName localhost
ServerRoot {scratch}
PidFile {scratch}/apache.pid
Mutex file:{scratch} default
ErrorLog {scratch}/error.log
Listen 127.0.0.1:{port}
{modules}
TypesConfig /dev/null
{user}
{server}
"""
_CADDY = """
{{
	admin off
	auto_https off
}}
http://:{port} {{
	bind 127.0.0.1
{server}
}}
"""


@contextlib.contextmanager
def apache(scratch: Path, *, server: str) -> Iterator[str]:
    """The address of an Apache with these directives. What it serves must be readable by everybody."""
    port = free_port()
    scratch.mkdir(parents=True, exist_ok=True)
    modules = "\n".join(f"LoadModule {n}_module /usr/lib/apache2/modules/mod_{n}.so" for n in _MODULES)
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    configuration = scratch / "apache.conf"
    text = _APACHE.format(scratch=scratch, port=port, modules=modules, user=user, server=server)
    configuration.write_text(text, "utf-8")
    command = [found("apache2") or "apache2", "-f", str(configuration)]
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    with running([*command, "-DFOREGROUND"], port):
        yield f"http://127.0.0.1:{port}/"


@contextlib.contextmanager
def caddy(scratch: Path, *, server: str, port: int = 0) -> Iterator[str]:
    """The address of a Caddy with these directives."""
    port = port or free_port()
    scratch.mkdir(parents=True, exist_ok=True)
    configuration = scratch / "Caddyfile"
    configuration.write_text(_CADDY.format(port=port, server=server), "utf-8")
    command = [found("caddy") or "caddy", "run", "--adapter", "caddyfile", "--config", str(configuration)]
    with running(command, port, {"HOME": str(scratch)}):
        yield f"http://127.0.0.1:{port}/"


@contextlib.contextmanager
def running(command: list[str], port: int, environment: dict[str, str] | None = None) -> Iterator[None]:
    """A server, from when it takes connections; ended as the block is left."""
    with tempfile.TemporaryFile() as log:  # a pipe that nobody reads would stop it when full
        process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stderr=log)
        try:
            yield from _until_up(process, port, log)
        finally:
            process.terminate()
            process.wait(10)


def _until_up(process: subprocess.Popen[bytes], port: int, log: IO[bytes]) -> Iterator[None]:
    """Nothing, once, as it takes connections; AssertionError with what it logged when it ends before."""
    until = time.monotonic() + _PATIENCE
    while True:
        if process.poll() is not None:
            log.seek(0)
            raise AssertionError(log.read().decode("utf-8", "replace"))
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            break
        assert time.monotonic() < until, f"{process.args!r} does not answer"
        time.sleep(0.05)
    yield
