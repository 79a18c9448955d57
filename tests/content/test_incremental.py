"""Incremental builds on content like the real one: articles change, go and come; each is what a full build makes."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from kclod.pipeline import checks
from kclod.project import Project
from kclod.release import current
from tests.bench.articles import generate, to_yaml
from tests.content.conftest import ROOT
from tests.test_incremental import Agreeing, outcome

SEED = 7


def read(path: Path) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(path.read_text("utf-8"))


def leave_out(path: Path, chance: random.Random) -> str:
    """Take some items out that no other item names."""
    record = read(path)
    named = {name for item in record["items"] for key in ("contradicts", "supports") for name in item.get(key, ())}
    kinds = ("statement", "remark", "aim", "instrument", "event", "organization")
    free = [item for item in record["items"] if item["id"] not in named and item["kind"] in kinds]
    gone = chance.sample(free, min(3, len(free)))
    record["items"] = [item for item in record["items"] if item not in gone]
    path.write_text(to_yaml(record), "utf-8")
    return "left out"


def doubt(path: Path, chance: random.Random) -> str:
    """Take an item for less sure than the policy accepts."""
    record = read(path)
    item = chance.choice(
        [item for item in record["items"] if item["kind"] in ("statement", "remark", "figure", "trade")]
    )
    item["confidence"] = 0.2
    path.write_text(to_yaml(record), "utf-8")
    return "doubted"


def remove(path: Path, _: random.Random) -> str:
    path.unlink()
    return "removed"


def rename(path: Path, _: random.Random) -> str:
    """Give an article another name, and so all its claims."""
    record = read(path)
    record["article"]["id"] += "-renamed"
    path.unlink()
    path.with_name(f"{record['article']['id']}.yaml").write_text(to_yaml(record), "utf-8")
    return "renamed"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project and its releases."""
    folder = tmp_path_factory.mktemp("built")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "start_consistency", Agreeing)
        before = outcome(Project(generate(ROOT, folder / "project", 6, seed=SEED)), folder / "releases")
    assert not isinstance(before, str), before
    return folder


@pytest.mark.parametrize("change", [leave_out, doubt, rename, remove], ids=lambda change: change.__name__)
def test_a_change_gives_the_bytes_of_a_full_build(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Any
) -> None:
    monkeypatch.setattr(checks, "start_consistency", Agreeing)
    chance = random.Random(SEED)
    shutil.copytree(built, tmp_path, symlinks=True, dirs_exist_ok=True)
    project = tmp_path / "project"
    before = (current(tmp_path / "releases").path / "dumps/kclod.nq").read_bytes()
    change(chance.choice(sorted((project / "examples/articles").glob("*.yaml"))), chance)
    after = outcome(Project(project), tmp_path / "releases")
    assert after == outcome(Project(project), tmp_path / "whole")
    if not isinstance(after, str):
        assert after["dumps/kclod.nq"] != before
