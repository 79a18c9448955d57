"""Builds that are killed at any moment, that meet a full disk, or each other: what is published is whole.

Six kills in the ordinary run; KCLOD_KILLS=200 is the long form (`make soak`).
"""

from __future__ import annotations

import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kclod.history import editions
from kclod.project import Project
from kclod.release import current, load, problems_of_store, read_log, verify
from tests.conftest import MINI

KILLS = int(os.environ.get("KCLOD_KILLS", "6"))
BUILD = [sys.executable, "-m", "kclod", "build", "--project"]


def build(project: Path, *options: str) -> list[str]:
    return [*BUILD, str(project), *options]


def run(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(build(project, *options), capture_output=True, text=True, timeout=120, check=False)


def change(project: Path, number: int) -> None:
    """Another name of a light, so that there is something to build: only a record file changes."""
    path = project / "examples" / "entities" / "light.yaml"
    path.write_text(re.sub(r"Nore Lightship[ 0-9]*", f"Nore Lightship {number}", path.read_text("utf-8")), "utf-8")


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The small project with its release, and the seconds that its build took."""
    folder = tmp_path_factory.mktemp("once") / "project"
    shutil.copytree(MINI, folder)
    started = time.monotonic()
    assert run(folder).returncode == 0
    return folder, time.monotonic() - started


@pytest.fixture
def mini(once: tuple[Path, float], tmp_path: Path) -> Project:
    """A copy of the small project with its release."""
    shutil.copytree(once[0], tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


def everything_is_whole(root: Path) -> int:
    """How many releases there are; each is whole, and the current one is among them."""
    folders = [path for path in root.iterdir() if path.is_dir() and not path.is_symlink() and path.name[0] != "."]
    for folder in folders:
        assert verify(folder) == [], folder
        assert problems_of_store(load(folder)) == [], folder
    if (root / "current").is_symlink():
        assert current(root).path in [folder.resolve() for folder in folders]
        assert read_log(root)[-1].version == current(root).version
    return len(folders)


def test_killed_at_random_it_loses_nothing(mini: Project, once: tuple[Path, float]) -> None:
    chance = random.Random(7)
    root, usual = mini.root / "releases", dict.fromkeys([(), ("--anew",)], once[1])
    builds, killed, how = 0, 0, {"alone": 0, "with its children": 0}
    while killed < KILLS:
        builds += 1
        change(mini.root, builds)
        options = ("--anew",) if chance.random() < 0.5 else ()
        process = subprocess.Popen(
            build(mini.root, *options), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        started = time.monotonic()
        alone = chance.random() < 0.5
        try:
            process.wait(usual[options] * chance.uniform(0.1, 1.1))
            usual[options] = time.monotonic() - started  # the machine is less busy now, or there was less to do
        except subprocess.TimeoutExpired:
            killed += 1
            how["alone" if alone else "with its children"] += 1
            (os.kill if alone else os.killpg)(process.pid, signal.SIGKILL)
        finally:
            process.wait(60)
        everything_is_whole(root)
        if builds % 10 == 0 or killed == KILLS:
            done = run(mini.root)
            assert done.returncode == 0, done.stderr
            assert everything_is_whole(root)
            assert not list(root.glob(".tmp-*")), "what dead builds left is gone"
            for old in editions(root)[:-3]:  # or the disk is full in the end
                shutil.rmtree(old.path)
    print(f"{builds} builds of {once[1]:.1f} s, {killed} killed before their end {how}, nothing lost")
    again = run(mini.root, "--releases", str(mini.root / "other"), "--anew")
    assert again.returncode == 0
    assert current(mini.root / "other").manifest == current(root).manifest, (
        "every digest is that of an undisturbed build"
    )


def limited(bytes_: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_))


@pytest.mark.parametrize("kib", [4, 64])
def test_a_file_that_cannot_grow_publishes_nothing(mini: Project, kib: int) -> None:
    """Writing fails in the middle of a file (EFBIG), in one stage or another."""
    root = mini.root / "releases"
    before = current(root)
    change(mini.root, 1)
    done = subprocess.run(
        build(mini.root),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: limited(kib << 10),
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "nothing was published" in done.stderr
    assert current(root).version == before.version
    everything_is_whole(root)
    after = run(mini.root)
    assert after.returncode == 0, after.stderr
    assert current(root).version != before.version
    everything_is_whole(root)


DISK = """
set -e
mkdir -p "$1"
mount -t tmpfs -o size="$2" tmpfs "$1"
cp -a "$3"/. "$1"
shift 3
"$@" && echo published || echo refused $?
"""


OWN = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]


def can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*OWN, "mount -t tmpfs tmpfs /mnt"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="this system lets nobody mount a file system in a namespace of their own")
def test_a_full_disk_publishes_nothing(mini: Project, tmp_path: Path) -> None:
    """A real file system of a size that the new release does not fit into, at several sizes."""
    root, disk = mini.root / "releases", tmp_path / "disk"
    change(mini.root, 1)
    used = sum(-(-path.lstat().st_size // 4096) * 4096 for path in root.rglob("*"))
    outcomes = []
    for spare in (20 << 10, 200 << 10, 500 << 10, 50 << 20):
        check = f"""
import shutil, subprocess, sys
from pathlib import Path
from kclod.release import current, verify
root = Path({str(disk)!r})
before = current(root).version
done = subprocess.run({build(mini.root, "--releases", str(disk))!r}, capture_output=True, text=True)
for path in root.iterdir():
    if path.is_dir() and not path.is_symlink() and path.name[0] != ".":
        assert verify(path) == [], path
now = current(root).version
print(done.returncode, now != before, "Traceback" in done.stderr, "nothing was published" in done.stderr, flush=True)
print(done.stderr, file=sys.stderr)
"""
        done = subprocess.run(
            [*OWN, DISK, "sh", str(disk), str(used + spare), str(root), sys.executable, "-c", check],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        outcomes.append(done.stdout.splitlines()[0])
    assert outcomes == ["2 False False True"] * 3 + ["0 True False False"], outcomes


@pytest.mark.skipif(not can_mount(), reason="this system lets nobody mount a file system in a namespace of their own")
def test_a_full_disk_moves_nothing(mini: Project, tmp_path: Path) -> None:
    """To go back takes a line of the log, for which a disk may have no room."""
    assert run(mini.root).returncode == 0
    change(mini.root, 1)
    assert run(mini.root).returncode == 0
    root, disk = mini.root / "releases", tmp_path / "disk"
    check = f"""
from pathlib import Path
from kclod.errors import UsageError
from kclod.history import roll_back
from kclod.release import current, read_log
root = Path({str(disk)!r})
before, acts = current(root).version, read_log(root)
filled = root / "filled"
try:
    with filled.open("wb") as file:
        while True:
            file.write(bytes(4096))
            file.flush()
except OSError:
    pass
try:
    roll_back(root)
except UsageError as error:
    print(error.problems[0].rule, end=" ")
assert (current(root).version, read_log(root)) == (before, acts)
filled.unlink()
assert roll_back(root).version == current(root).version == read_log(root)[-1].version != before
assert read_log(root)[:-1] == acts
"""
    done = subprocess.run(
        [*OWN, DISK, "sh", str(disk), "64m", str(root), sys.executable, "-c", check],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == "release.unwritable published\n", done.stderr


def test_two_builds_at_once_are_both_right(mini: Project, tmp_path: Path) -> None:
    """Of two projects into one folder of releases: each waits for the other, and both are there."""
    other = tmp_path / "other"
    shutil.copytree(mini.root, other)
    change(other, 2)
    root = tmp_path / "releases"
    both = [
        subprocess.Popen(
            build(project, "--releases", str(root)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for project in (mini.root, other)
    ]
    made = set()
    for process in both:
        told, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        made.add(Path(told.strip()).name)
    assert len(made) == 2
    assert everything_is_whole(root) == 2
    assert current(root).version in made
