"""When releases were published is a recorded fact: it outlives copying, kills, torn lines and full disks."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from kclod import cli
from kclod.errors import UsageError
from kclod.history import editions, roll_back, up_to
from kclod.release import Kind, Release, current, publish, read_log
from tests.dates import dated
from tests.test_release import SITE, quads

LOG = "publications.log"
THEN = 1_600_000_000


def one(root: Path, number: int) -> Release:
    source = root.with_name("data.nq")
    source.write_text(str(number))
    return publish(root, replace(SITE, version=f"{number}.0"), quads(), inputs={"data.nq": source}, stages={})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


def acts(root: Path) -> list[tuple[str, str]]:
    return [(act.kind.value, act.version[:3]) for act in read_log(root)]


def dates(root: Path) -> dict[str, str]:
    return {found.version[:3]: f"{found.published:%Y-%m-%d}" for found in editions(root)}


def touch(root: Path, at: float) -> None:
    for path in root.rglob("*"):
        os.utime(path, (at, at), follow_symlinks=False)


def test_each_move_is_a_line(root: Path) -> None:
    first, second = one(root, 1), one(root, 2)
    roll_back(root)
    one(root, 2)
    one(root, 2)  # is the current one already
    roll_back(root, first.version)
    assert acts(root) == [
        *(("publish", "1.0"), ("publish", "2.0"), ("rollback", "1.0"), ("publish", "2.0"), ("rollback", "1.0")),
    ]
    text = (root / LOG).read_text()
    assert text == "".join(f"{act}\n" for act in read_log(root))
    assert text.splitlines()[1].endswith(f"Z publish {second.version}")
    assert (root / LOG).stat().st_mode & 0o777 == 0o644
    assert not list(root.glob(".tmp-*"))
    assert [found.recorded for found in editions(root)] == [True, True]


def test_the_first_line_dates_a_release(root: Path) -> None:
    first, second = one(root, 1), one(root, 2)
    dated([first, second, first], [THEN, THEN + 86400, THEN + 2 * 86400])
    assert dates(root) == {"1.0": "2020-09-13", "2.0": "2020-09-14"}


def test_a_copy_without_times_keeps_the_dates(root: Path, tmp_path: Path) -> None:
    dated([one(root, 1), one(root, 2)], [THEN, THEN + 86400])
    shutil.copytree(root, tmp_path / "moved", symlinks=True, copy_function=shutil.copyfile)
    touch(tmp_path / "moved", THEN + 10**8)
    assert editions(tmp_path / "moved")[0].published == editions(root)[0].published
    assert dates(tmp_path / "moved") == dates(root) == {"1.0": "2020-09-13", "2.0": "2020-09-14"}
    assert [found.version for found in up_to(current(tmp_path / "moved"))] == [
        found.version for found in editions(root)
    ]


def test_a_folder_without_a_log_goes_by_its_files_until_the_next_release(root: Path) -> None:
    first, second = one(root, 1), one(root, 2)
    (root / LOG).unlink()
    for number, release in enumerate((second, first)):
        at = THEN + number * 86400
        os.utime(release.path / "manifest.json", (at, at))
    by_files = {"2.0": "2020-09-13", "1.0": "2020-09-14"}
    assert dates(root) == by_files
    assert [found.recorded for found in editions(root)] == [False, False]
    assert acts(root) == []
    roll_back(root, first.version)
    third = one(root, 3)
    assert acts(root) == [("found", "2.0"), ("found", "1.0"), ("rollback", "1.0"), ("publish", "3.0")]
    touch(root, THEN + 10**8)
    assert dates(root) == by_files | {"3.0": f"{read_log(root)[-1].at:%Y-%m-%d}"}
    assert [found.version for found in editions(root)] == [second.version, first.version, third.version]


def test_a_release_from_elsewhere_is_found(root: Path, tmp_path: Path) -> None:
    one(root, 1)
    other = one(tmp_path / "other", 7)
    os.utime(other.path / "manifest.json", (THEN, THEN))
    assert [found.published.timestamp() for found in up_to(other)] != [THEN], "the log beside it tells another time"
    shutil.copytree(other.path, root / other.version)
    assert {found.version[:3]: found.recorded for found in editions(root)} == {"7.0": False, "1.0": True}
    one(root, 2)
    assert acts(root) == [("publish", "1.0"), ("found", "7.0"), ("publish", "2.0")]
    assert dates(root)["7.0"] == "2020-09-13"


def test_a_torn_last_line_counts_for_nothing_and_is_mended(root: Path) -> None:
    releases = [one(root, 1), one(root, 2)]
    dated(releases, [THEN, THEN + 86400])
    os.utime(root / "current", (THEN + 86400, THEN + 86400), follow_symlinks=False)
    whole = (root / LOG).read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for length in range(last, len(whole)):
        (root / LOG).write_bytes(whole[:length])
        assert acts(root) == [("publish", "1.0"), ("publish", "2.0")], "by the time of the link"
        assert dates(root) == {"1.0": "2020-09-13", "2.0": "2020-09-14"}
    roll_back(root)
    assert (root / LOG).read_bytes().startswith(whole)
    assert acts(root)[-1] == ("rollback", "1.0")


def test_who_moves_the_link_by_hand_is_noticed(root: Path) -> None:
    first = one(root, 1)
    one(root, 2)
    (root / "current").unlink()
    (root / "current").symlink_to(first.version)
    assert read_log(root)[-1].kind is Kind.ROLLBACK
    assert acts(root)[-1] == ("rollback", "1.0")


@pytest.mark.parametrize(
    "line",
    [
        "2026-13-01T00:00:00Z publish 1.0",
        "2026-11-28T02:14:07Z delete 1.0",
        "2026-11-28T02:14:07Z publish ../1.0",
        "2026-11-28 publish 1.0",
        "2026-11-28T02:14:07Z publish 1.0 x",
        "",
        "\x00",
    ],
)
def test_a_malformed_line_is_named_and_nothing_is_published(root: Path, line: str) -> None:
    first = one(root, 1)
    with (root / LOG).open("a") as log:
        log.write(f"{line}\n")
    for call in (lambda: editions(root), lambda: one(root, 2), lambda: roll_back(root, first.version)):
        with pytest.raises(UsageError, match=r"release\.log.*line 2 ") as refused:
            call()
        assert refused.value.problems[0].file == str(root / LOG)
    assert [path.name for path in root.iterdir() if path.name.startswith("2.0")] == []


def test_what_cannot_be_logged_is_not_done(root: Path) -> None:
    one(root, 1)
    second, before = one(root, 2), (root / LOG).read_bytes()
    (root / f".tmp-{LOG}").mkdir()
    with pytest.raises(UsageError, match=r"release\.unwritable"):
        roll_back(root)
    assert current(root).version == second.version
    assert (root / LOG).read_bytes() == before


def test_the_list_shows_it(root: Path) -> None:
    first, second = one(root, 1), one(root, 2)
    dated([first], [THEN])
    os.utime(root / second.version / "manifest.json", (THEN + 86400, THEN + 86400))
    (root / "current").unlink()
    (root / "current").symlink_to(first.version)

    def told(*more: str) -> str:
        return CliRunner().invoke(cli.main, ["releases", "--releases", str(root), *more]).output

    lines = told().splitlines()
    assert "2020-09-13T12:26:40Z  " in lines[1]
    assert "2020-09-14T12:26:40Z ~" in lines[2]
    rows = json.loads(told("--json"))
    assert rows[0]["log"] == [{"at": "2020-09-13T12:26:40Z", "act": "publish"}]
    assert (rows[1]["log"], rows[1]["recorded"]) == ([], False)
