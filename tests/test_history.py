"""Releases in their order, going back and forth among them, and release folders from elsewhere that mean harm."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
import zstandard
from click.testing import CliRunner

from kclod import cli, rdf
from kclod.errors import RefusedError, UsageError
from kclod.history import editions, roll_back, up_to
from kclod.release import Release, current, load, publish, verify
from tests.dates import dated
from tests.test_release import SITE, changed_manifest, quads, rules


@pytest.fixture
def three(tmp_path: Path) -> list[Release]:
    source, made = tmp_path / "data.nq", []
    for number in range(3):
        source.write_text(str(number))
        site = replace(SITE, version=f"{3 - number}.0", issued="2026-01-01")  # by name the order is the other way round
        data = [*quads(), ox.Quad(ox.NamedNode("http://x/a"), ox.NamedNode("http://x/p"), ox.Literal(number))]
        made.append(publish(tmp_path / "root", site, data, inputs={"data.nq": source}, stages={}))
    dated(made, range(1_700_000_000, 1_700_000_003))
    return made


def test_the_order_is_that_of_their_making(three: list[Release], tmp_path: Path) -> None:
    assert [one.version for one in editions(tmp_path / "root")] == [one.version for one in three]
    assert [one.version for one in up_to(three[1])] == [one.version for one in three[:2]]
    assert [one.published.timestamp() - 1_700_000_000 for one in editions(tmp_path / "root")] == [0, 1, 2]


def test_back_and_forth(three: list[Release], tmp_path: Path) -> None:
    root = tmp_path / "root"
    assert roll_back(root).path == three[1].path == current(root).path
    assert roll_back(root).path == three[0].path == current(root).path
    with pytest.raises(UsageError, match=r"release\.none-before"):
        roll_back(root)
    assert roll_back(root, three[2].version[:7]).path == three[2].path == current(root).path
    with pytest.raises(UsageError, match=r"release\.unknown.*3\.0"):
        roll_back(root, "9")
    assert current(root).path == three[2].path


def test_a_damaged_release_is_not_gone_back_to(three: list[Release], tmp_path: Path) -> None:
    (three[1].path / "dumps/lamps.ttl").unlink()
    with pytest.raises(RefusedError, match=r"release\.missing-file"):
        roll_back(tmp_path / "root")
    assert current(tmp_path / "root").version == three[2].version


def test_a_release_elsewhere_is_not_pointed_to(three: list[Release], tmp_path: Path) -> None:
    shutil.copytree(three[0].path, tmp_path / "elsewhere" / three[0].version)
    with pytest.raises(UsageError, match=r"release\.elsewhere"):
        roll_back(tmp_path / "root", str(tmp_path / "elsewhere" / three[0].version))


def test_links_among_the_releases_are_no_releases(three: list[Release], tmp_path: Path) -> None:
    root = tmp_path / "root"
    shutil.move(three[0].path, tmp_path / "outside")
    (root / three[0].version).symlink_to(tmp_path / "outside")
    assert [one.version for one in editions(root)] == [one.version for one in three[1:]]
    (root / "current").unlink()
    for target in (three[0].version, "../outside", str(tmp_path / "outside")):
        (root / "current").symlink_to(target)
        with pytest.raises(UsageError, match=r"release\.current"):
            current(root)
        (root / "current").unlink()


def run(*arguments: str) -> str:
    done = CliRunner().invoke(cli.main, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_verbs(three: list[Release], tmp_path: Path) -> None:
    where = ("--releases", str(tmp_path / "root"))
    rows = json.loads(run("releases", "--json", *where))
    assert [row["version"] for row in rows] == [one.version for one in three]
    assert [row["current"] for row in rows] == [False, False, True]
    assert rows[0]["published"] == "2023-11-14T22:13:20Z"
    table = run("releases", *where).splitlines()
    assert [line.split()[0] for line in table[1:]] == [three[0].version, three[1].version, "→"]
    assert run("rollback", *where).strip().endswith(three[1].version)
    assert "is whole" in run("verify", *where)
    told = run("diff", three[0].version, "current", *where)
    assert "“0” → “1”" in told
    assert "Choses" in run("diff", three[0].version, "current", "--lang", "fr", *where)
    assert json.loads(run("diff", "3.0", "2.0", "--format", "json", *where))["statements"] == {"added": 1, "removed": 1}
    run("diff", "3.0", "2.0", "--format", "nquads", "--out", str(tmp_path / "out"), *where)
    before, after = ox.Store(), ox.Store()
    before.load(path=str(three[0].dumps[0].path))
    after.load(path=str(three[1].dumps[0].path))
    before.update(run("diff", "3.0", "2.0", "--format", "update", *where))
    assert rdf.canonical(before) == rdf.canonical(after)
    removed, added = ((tmp_path / "out" / name).read_text() for name in ("removed.nq", "added.nq"))
    assert (removed.count("\n"), added.count("\n")) == (1, 1)
    patch = run("diff", "3.0", "2.0", "--format", "patch", *where).splitlines()
    assert [line[:2] for line in patch] == ["H ", "H ", "TX", "D ", "A ", "TC"]


def test_inputs_are_checked(three: list[Release], tmp_path: Path) -> None:
    where = ("--releases", str(tmp_path / "root"), "--inputs", str(tmp_path))
    assert "is whole" in run("verify", *where)
    (tmp_path / "data.nq").write_text("other")
    done = CliRunner().invoke(cli.main, ["verify", *where])
    assert done.exit_code == 1
    (tmp_path / "data.nq").unlink()
    assert CliRunner().invoke(cli.main, ["verify", *where]).exit_code == 1


# Folders from elsewhere


def entry(path: str) -> dict[str, object]:
    return {"path": path, "bytes": 1, "sha256": "", "media_type": "text/plain"}


@pytest.mark.parametrize(
    "path", ["dumps/../../secret", "/etc/passwd", "dumps//x", "./x", "dumps/.", "", "dumps/..", "a\\..\\b", "a\0b"]
)
def test_no_listed_path_leads_out(three: list[Release], path: str) -> None:
    changed_manifest(three[0], {"files": [*three[0].manifest["files"], entry(path)]})  # type: ignore[misc]
    with pytest.raises(UsageError, match=r"release\.unsafe-path"):
        load(three[0].path)
    assert "release.unsafe-path" in rules(three[0].path)


@pytest.mark.parametrize("name", ["dumps/lamps.nq", "dumps", "site.json", "store"])
def test_no_link_is_followed_as_a_release_is_opened(three: list[Release], tmp_path: Path, name: str) -> None:
    shutil.move(three[0].path / name, tmp_path / "moved")
    (three[0].path / name).symlink_to(tmp_path / "moved")
    with pytest.raises(UsageError, match=r"release\.unsafe-path"):
        load(three[0].path)


def test_what_everybody_may_write_is_told(three: list[Release]) -> None:
    assert verify(three[0].path) == []
    (three[0].path / "dumps").chmod(0o777)
    (three[0].path / "site.json").chmod(0o646)
    assert [p.rule for p in verify(three[0].path)] == ["release.writable", "release.writable"]


PACKERS = {"gz": lambda data: gzip.compress(data, mtime=0), "zst": zstandard.compress}
packed = pytest.mark.parametrize("suffix", sorted(PACKERS))


def with_packed(release: Release, suffix: str, data: bytes) -> None:
    name = f"dumps/lamps.nq.{suffix}"
    (release.path / name).write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    one = {"path": name, "bytes": len(data), "sha256": sha256, "media_type": "application/octet-stream"}
    changed_manifest(release, {"files": [*release.manifest["files"], one]})  # type: ignore[misc]


@packed
def test_a_compressed_dump_unpacks_to_the_plain_one(three: list[Release], suffix: str) -> None:
    with_packed(three[0], suffix, PACKERS[suffix]((three[0].path / "dumps/lamps.nq").read_bytes()))
    assert rules(three[0].path) == set()


@packed
@pytest.mark.parametrize("damage", ["other", "nothing", "cut", "none", "longer"])
def test_another_one_is_told(three: list[Release], suffix: str, damage: str) -> None:
    plain = (three[0].path / "dumps/lamps.nq").read_bytes()
    data = {
        "other": PACKERS[suffix](b"x"),
        "nothing": b"no such format",
        "cut": PACKERS[suffix](plain)[:-9],
        "none": b"",
        "longer": PACKERS[suffix](plain) + PACKERS[suffix](b"more"),
    }[damage]
    with_packed(three[0], suffix, data)
    assert rules(three[0].path) == {"release.compressed-file"}


@packed
def test_a_bomb_is_not_unpacked(three: list[Release], suffix: str) -> None:
    """4 GiB of nothing in few bytes: it is let go after the length of the plain file."""
    with_packed(three[0], suffix, PACKERS[suffix](b"\0" * (64 << 20)) * 64)
    started = time.process_time()
    assert rules(three[0].path) == {"release.compressed-file"}
    assert time.process_time() - started < 1
