"""deploy/kclod.service and the commands of docs/deploy.md under a real systemd: a Debian of its own in systemd-nspawn.

With KCLOD_SYSTEMD=1 only (`make deploy-check`), as root and with Debian's debootstrap and systemd-container: it
installs a system (1.5 GB in pytest's temporary folder) and the program in it, from the registries, which takes minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_deploy import DEPLOY, blocks

pytestmark = pytest.mark.skipif(
    not os.environ.get("KCLOD_SYSTEMD"), reason="KCLOD_SYSTEMD=1 installs and boots a Debian"
)

ROOT = DEPLOY.parent
PACKAGES = "systemd,systemd-sysv,dbus,python3,python3-venv,ca-certificates,curl,procps,nginx-light"
PATHS = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(STRLEN(STR(?a)) = STRLEN(STR(?d))) }"
LARGE = "SELECT ?x { ?a ?b ?c . ?d ?e ?f BIND(CONCAT(STR(?a), STR(?c), STR(?d), STR(?f)) AS ?x) } ORDER BY ?x"
NGINX = "server { listen 80 default_server; include /etc/nginx/kclod.conf; }\n"
LOAD = """
import collections, http.client, os
seen = collections.Counter()
while not os.path.exists("/tmp/enough"):
    for path in ("/lights/", "/lights/sparql?query=ASK%7B%7D", "/lights/health"):
        connection = http.client.HTTPConnection("127.0.0.1", timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            seen[str(answer.status)] += 1
        except Exception as error:
            seen[repr(error)] += 1
        connection.close()
import json
print(json.dumps(seen))
"""


@dataclass(frozen=True)
class Machine:
    """A booted system: where its files are, and its first process."""

    root: Path
    first: int

    def enter(self, command: str) -> list[str]:
        """What runs a command of bash in it, as root."""
        spaces = ["nsenter", "-t", str(self.first), "-m", "-p", "-u", "-i", "-n", "-C"]
        return [
            *spaces,
            "env",
            "-i",
            *(f"{k}={v}" for k, v in PATHS.items()),
            "bash",
            "-euo",
            "pipefail",
            "-c",
            command,
        ]

    def run(self, command: str, code: int = 0) -> str:
        done = subprocess.run(self.enter(command), capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == code, (command, done.stdout, done.stderr)
        return done.stdout

    def install(self, command: str) -> None:
        """Run what needs the network, which the booted system has not."""
        environment = PATHS | {"PIP_CERT": CERTIFICATES}
        subprocess.run(["chroot", self.root, "bash", "-euc", f"cd /root; {command}"], check=True, env=environment)

    def shown(self, *properties: str, unit: str = "kclod") -> list[str]:
        return [self.run(f"systemctl show {unit} -P {name}").strip() for name in properties]

    def query(self, text: str, port: int = 8000) -> tuple[int, str]:
        address = f"http://127.0.0.1:{port}/sparql"
        out = self.run(
            f"curl -sS -w '\n%{{http_code}}' -H 'Accept: text/csv' {address} --data-urlencode 'query={text}'"
        )
        body, _, status = out.rpartition("\n")
        return int(status), body

    def workers(self) -> list[str]:
        return self.run("pgrep -f engine.keeper || true").split()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Debian with the program, the project and the server, made by the commands of docs/deploy.md."""
    for program in ("debootstrap", "systemd-nspawn"):
        assert shutil.which(program), f"{program} is not installed (Debian: debootstrap, systemd-container)"
    root = tmp_path_factory.mktemp("debian")
    root.chmod(0o755)
    debian = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", root]
    subprocess.run(debian, check=True, stdout=subprocess.DEVNULL)
    shutil.copy(CERTIFICATES, f"{root}{CERTIFICATES}")
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", root / "root", ROOT], check=True)
    shutil.copytree(DEPLOY, root / "root" / "deploy")
    off = Machine(root, 0)
    program, build, start = blocks("A server")
    off.install(program)
    for folder in ("ontology", "mappings", "shapes", "examples"):
        shutil.copytree(ROOT / folder, root / "srv" / "kclod" / folder)
    off.install("chown -R publisher /srv/kclod; systemctl disable nginx; systemctl set-default multi-user.target")
    (root / "etc" / "nginx" / "sites-enabled" / "default").unlink()
    (root / "etc" / "nginx" / "conf.d" / "kclod.conf").write_text(NGINX, "utf-8")
    shutil.copy(DEPLOY / "nginx.conf", root / "etc" / "nginx" / "kclod.conf")
    command = ["systemd-nspawn", "-q", "-D", str(root), "--boot", "--private-network", "--console=pipe"]
    if not Path("/run/systemd/system").exists():
        command += ["--register=no", "--keep-unit"]
    with (root.parent / "console").open("w") as console:
        nspawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
    try:
        booted = Machine(root, first(nspawn.pid))
        booted.run("for i in $(seq 100); do systemctl is-system-running && exit; sleep 0.3; done; exit 1")
        booted.run(f"su publisher -s /bin/bash -c {json.dumps(build.strip())}")
        booted.run(f"cd /root; {start}")
        yield booted
        booted.run("systemctl poweroff")
        nspawn.wait(60)
    finally:
        if nspawn.poll() is None:
            nspawn.kill()
            nspawn.wait(20)
        shutil.rmtree(root)


def first(nspawn: int) -> int:
    """The first process of the system that it boots."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for child in Path(f"/proc/{nspawn}/task/{nspawn}/children").read_text("utf-8").split():
            if Path(f"/proc/{child}/comm").read_text("utf-8").strip() == "systemd":
                return int(child)
        time.sleep(0.1)
    raise AssertionError("nothing was booted")


def test_it_answers_once_it_is_started_and_is_confined(machine: Machine) -> None:
    assert machine.shown("ActiveState", "NRestarts", "Type") == ["active", "0", "notify"]
    machine.run("systemctl restart kclod; curl -sSf http://127.0.0.1:8000/health")
    assert machine.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[0] == 200
    processes = machine.run("pgrep -f /opt/kclod/").split()
    assert len(processes) >= 4
    for process in processes:
        status = dict(
            line.split(":\t", 1) for line in machine.run(f"cat /proc/{process}/status").splitlines() if ":\t" in line
        )
        assert int(status["Uid"].split()[0]) > 1000
        assert (int(status["CapEff"], 16), int(status["CapBnd"], 16)) == (0, 0)
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    mounts = [line.split() for line in machine.run(f"cat /proc/{processes[0]}/mountinfo").splitlines()]
    assert [m[5].split(",")[0] for m in mounts if m[4] == "/"] == ["ro"]
    assert not [m[4] for m in mounts if m[4].startswith(("/srv", "/opt", "/home", "/etc")) and "rw" in m[5].split(",")]
    machine.run("systemd-analyze verify /etc/systemd/system/kclod.service")


def test_query_processes_are_ended_and_replaced(machine: Machine) -> None:
    before = machine.shown("MainPID")
    assert machine.query(SLOW)[0] == 503
    for number in range(3):
        machine.run(f"kill -9 {' '.join(machine.workers())} || true")
        assert machine.query(f"SELECT (COUNT(*) AS ?n{number}) {{ ?s ?p ?o }}")[0] == 200
    (machine.root / "etc" / "kclod.env").write_text("KCLOD_SERVE_MEMORY=200\nKCLOD_SERVE_DEADLINE=60\n", "utf-8")
    assert machine.shown("MainPID", "NRestarts") == [*before, "0"]
    machine.run("systemctl restart kclod")
    status, body = machine.query(LARGE)
    assert (status, json.loads(body)["code"]) == (503, "memory")
    assert machine.query("ASK {}")[0] == 200
    (machine.root / "etc" / "kclod.env").unlink()
    machine.run("systemctl restart kclod")


def test_it_starts_again_when_it_is_killed(machine: Machine) -> None:
    old = machine.run("pgrep -f /opt/kclod/").split()
    machine.run("kill -9 $(systemctl show kclod -P MainPID)")
    machine.run("for i in $(seq 100); do curl -sf http://127.0.0.1:8000/health && exit; sleep 0.3; done; exit 1")
    assert machine.shown("ActiveState", "NRestarts") == ["active", "1"]
    assert not set(old) & set(machine.run("pgrep -f /opt/kclod/").split())


def test_it_answers_what_it_has_accepted_before_it_stops(machine: Machine) -> None:
    ask = f"curl -sS -w '%{{http_code}}' -o /dev/null http://127.0.0.1:8000/sparql --data-urlencode 'query={SLOW}'"
    with subprocess.Popen(machine.enter(ask), stdout=subprocess.PIPE, text=True) as asking:
        time.sleep(1)
        machine.run("systemctl stop kclod")
        assert asking.communicate(timeout=30)[0] == "503"
    assert machine.shown("ActiveState", "Result", "ExecMainStatus") == ["inactive", "success", "0"]
    machine.run("pgrep -f /opt/kclod/", code=1)
    machine.run("systemctl start kclod")


def test_what_cannot_start_is_told_and_not_tried_again(machine: Machine) -> None:
    environment = machine.root / "etc" / "kclod.env"
    environment.write_text("KCLOD_SERVE_WORKERS=many\n", "utf-8")
    machine.run("systemctl restart kclod", code=1)
    time.sleep(4)
    assert machine.shown("ActiveState", "NRestarts", "ExecMainStatus") == ["failed", "0", "2"]
    assert "'many' is not a valid integer" in machine.run("journalctl -u kclod -n 10 -o cat")
    environment.unlink()
    machine.run("systemctl start kclod")


def test_a_build_a_rollback_and_another_program_fail_no_request(machine: Machine) -> None:
    """Behind nginx with deploy/nginx.conf, under a load; the upgrade by the commands of docs/deploy.md."""
    setting = "KCLOD_SERVE_PUBLIC_URL=https://data.example/lights/\nKCLOD_SERVE_TRUSTED_PROXY=127.0.0.1\n"
    (machine.root / "etc" / "kclod.env").write_text(setting, "utf-8")
    machine.run("systemctl restart kclod; systemctl start nginx")
    beside, turn = blocks("Upgrades and rollback")
    environment, unit = beside.split("\n", 1)
    machine.install(environment)
    (machine.root / "root" / "load.py").write_text(LOAD, "utf-8")
    release = machine.run("readlink /srv/kclod/releases/current").strip()
    health = "curl -sSf http://127.0.0.1/lights/health"

    def until(fact: str) -> None:
        machine.run(f"for i in $(seq 100); do {fact} && exit; sleep 0.3; done; exit 1")

    with subprocess.Popen(machine.enter("python3 /root/load.py"), stdout=subprocess.PIPE, text=True) as load:
        machine.run('sed -i \'s/"0.1.0"/"0.1.1"/\' /srv/kclod/ontology/dataset.ttl')
        machine.run("su publisher -s /bin/bash -c 'cd /srv/kclod && kclod build'")
        assert machine.run("readlink /srv/kclod/releases/current").strip() != release
        until(f"! {health} | grep {release}")
        machine.run("su publisher -s /bin/bash -c 'cd /srv/kclod && kclod rollback'")
        until(f"{health} | grep {release}")
        machine.run(unit)
        machine.run(turn)
        time.sleep(2)
        machine.run("touch /tmp/enough")
        seen = json.loads(load.communicate(timeout=60)[0])
    assert machine.shown("ActiveState") == ["inactive"]
    assert machine.shown("ActiveState", unit="kclod-next") == ["active"]
    assert "/opt/kclod-next/" in machine.run("pgrep -fa engine.keeper")
    assert set(seen) == {"200"}
    assert seen["200"] > 100
