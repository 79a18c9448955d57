"""Incremental builds on content like the real one: articles change, go and come; each is what a full build makes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from kclod.pipeline import checks
from kclod.project import Project
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


@pytest.mark.parametrize("change", [leave_out, doubt, rename, remove], ids=lambda change: change.__name__)
def test_a_change_gives_the_bytes_of_a_full_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    monkeypatch.setattr(checks, "start_consistency", Agreeing)
    chance = random.Random(SEED)
    project = generate(ROOT, tmp_path / "project", 6, seed=SEED)
    before = outcome(Project(project), tmp_path / "releases")
    assert not isinstance(before, str), before
    change(chance.choice(sorted((project / "examples/articles").glob("*.yaml"))), chance)
    after = outcome(Project(project), tmp_path / "releases")
    assert after == outcome(Project(project), tmp_path / "whole")
    if not isinstance(after, str):
        assert after["dumps/kclod.nq"] != before["dumps/kclod.nq"]
