"""Equal inputs give equal bytes, on any machine: built in other folders, locales, time zones, hash seeds and umasks.

Exempt are the files of the store, for RocksDB's bytes depend on the order in which its threads write, and `store.json`,
the list of their digests. What the stores hold is compared instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kclod import rdf
from kclod.project import Project
from kclod.release import Release, load, verify
from kclod.store import open_read_only

ELSEWHERE = {"LC_ALL": "C", "LANG": "C", "TZ": "Asia/Seoul", "PYTHONHASHSEED": "1", "HOME": "/nonexistent"}
ANYWHERE = {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TZ": "America/St_Johns", "PYTHONHASHSEED": "4242"}
CONTENT = ("ontology", "mappings", "shapes", "examples")


def built(project: Path, releases: Path, environment: dict[str, str], umask: int) -> Release:
    done = subprocess.run(
        [sys.executable, "-m", "kclod", "build", "--project", str(project), "--releases", str(releases)],
        env={name: value for name, value in os.environ.items() if not name.startswith("LC_")} | environment,
        capture_output=True,
        text=True,
        check=False,
        umask=umask,
        cwd=releases.parent,
    )
    assert done.returncode == 0, done.stderr
    return load(Path(done.stdout.strip().splitlines()[-1]))


def compared(release: Release) -> dict[str, bytes]:
    """Every file but the exempt ones."""
    files = {path.relative_to(release.path).as_posix(): path for path in release.path.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes()
        for name, path in files.items()
        if name != "store.json" and not name.startswith("store/")
    }


def are_the_same(one: Release, other: Release) -> None:
    assert one.version == other.version
    assert one.path != other.path
    first, second = compared(one), compared(other)
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []
    stores = [rdf.canonical(open_read_only(release.store_path)) for release in (one, other)]
    assert stores[0] == stores[1]
    for release in (one, other):
        assert verify(release.path) == []


def test_the_small_project_twice(mini: Project, tmp_path: Path) -> None:
    shutil.copytree(mini.root, tmp_path / "a folder with spaces" / "프로젝트")
    one = built(mini.root, tmp_path / "one", ANYWHERE, 0o077)
    other = built(tmp_path / "a folder with spaces" / "프로젝트", tmp_path / "둘", ELSEWHERE, 0o000)
    are_the_same(one, other)
    modes = {path.stat().st_mode & 0o777 for path in other.path.rglob("*")}
    assert modes == {0o755, 0o444}, "whatever the umask"
    assert not other.path.parent.stat().st_mode & 0o022


def test_the_examples_again(real: Project, real_release: Release, tmp_path: Path) -> None:
    """Once by this process, once by another in another place."""
    for name in CONTENT:
        shutil.copytree(real.root / name, tmp_path / "copy" / name)
    are_the_same(real_release, built(tmp_path / "copy", tmp_path / "releases", ELSEWHERE, 0o027))


@pytest.mark.parametrize("form", ["nq", "ttl"])
def test_dumps_keep_what_the_store_would_change(mini: Project, tmp_path: Path, form: str) -> None:
    """`1.00` stays `1.00`, from a record's file to each dump."""
    for path in sorted(mini.root.rglob("*.ttl")):
        if path.parent.name == "ontology" and "dataset" not in path.name:
            text = path.read_text("utf-8")
            path.write_text(
                text + "\n<https://lights.example/scale> <https://lights.example/factor> "
                '"1.00"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n',
                "utf-8",
            )
            break
    release = built(mini.root, tmp_path / "releases", ANYWHERE, 0o022)
    (dump,) = (dump for dump in release.dumps if dump.name.endswith(f".{form}"))
    values = {
        quad.object.value for quad in rdf.read(dump.path) if quad.predicate.value == "https://lights.example/factor"
    }
    assert values == {"1.00"}
