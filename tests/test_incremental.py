"""An incremental build gives what a full build gives: the same bytes, or the same refusal."""

from __future__ import annotations

import importlib
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kclod import pipeline, rdf
from kclod.consistency import Consistency
from kclod.errors import KclodError
from kclod.pipeline import checks
from kclod.pipeline.state import State
from kclod.pipeline.task import STATE, WORK
from kclod.project import Project
from kclod.release import Release, current, verify
from kclod.store import open_read_only
from tests.indexed import indexed

build_module = importlib.import_module("kclod.pipeline.build")  # the package has a function of that name
MINI = Path(__file__).parent / "mini"
DIGEST = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
Article = dict[str, dict[str, Any]]


class Agreeing:
    """Takes the place of HermiT, which is not what is tested here and takes seconds."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass

    def result(self) -> Consistency:
        return Consistency(True, (), "")


@pytest.fixture(autouse=True)
def _no_hermit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "start_consistency", Agreeing)


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes each build that is done in full."""
    notes: list[str] = []

    def noting(task: Any) -> Release:
        notes.append(task.root.name)
        return before(task)

    before = build_module.build_whole
    monkeypatch.setattr(build_module, "build_whole", noting)
    return notes


_item = st.fixed_dictionaries(
    {"kind": st.just("service"), "light": st.sampled_from(["cape-north", "nore", "third"])},
    optional={
        "mode": st.sampled_from(["report", "rumour"]),
        "height": st.sampled_from(["24.50", "24.5", 12, 300]),
        "lit": st.sampled_from(["1875-05-01", "1870/1875-04", "1990"]),
        "keepers": st.just([{"who": "등대지기", "remark": {"en": 'old "hand"\n', "ko": "늙은 손"}}]),
        "contradicts": st.sampled_from([["gazette/a"], ["gazette/b", "gazette/a"], ["herald/c"]]),
    },
)
_article = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), _item, max_size=4)
_base: Article = {"a": {"kind": "service", "light": "cape-north"}, "b": {"kind": "service", "light": "nore"}}
_content = st.fixed_dictionaries(
    {"gazette": _article.map(lambda items: {**_base, **items})},
    optional={"herald": _article, "times": _article, "third": st.booleans()},
)


def write(root: Path, content: dict[str, Any]) -> Project:
    """A project of these articles; `third` says whether a third light is registered."""
    folder = root / "examples" / "articles"
    for path in folder.glob("*"):
        path.unlink()
    for name, items in content.items():
        if name == "third":
            continue
        records = [
            {"id": key, **item, "evidence": [{"start": 0, "end": 9, "sha256": DIGEST}]} for key, item in items.items()
        ]
        text = {"file": "x", "sha256": DIGEST, "length": 300}
        head = {"id": name, "title": f"The {name}", "text": text}
        article = {"article": head, "defaults": {"mode": "report"}, "items": records}
        (folder / f"{name}.yaml").write_text(json.dumps(article, ensure_ascii=False), "utf-8")
    lights = [{"id": "cape-north", "label": {"en": "Cape", "ko": "갑"}, "type": "Lighthouse"}]
    lights.append({"id": "nore", "label": {"en": "Nore"}, "type": "Lightship"})
    if content.get("third"):
        lights.append({"id": "third", "label": {"en": "Third"}, "type": "Light"})
    (root / "examples/entities/light.yaml").write_text(json.dumps({"kind": "light", "entities": lights}), "utf-8")
    return Project(root)


def outcome(project: Project, root: Path) -> dict[str, bytes] | str:
    """The files of the release, or what is wrong."""
    try:
        release = pipeline.build(project, root)
    except KclodError as error:
        return str(error)
    assert verify(release.path) == []
    store = open_read_only(release.store_path)
    files = {path.relative_to(release.path).as_posix(): path for path in release.path.rglob("*") if path.is_file()}
    content = {name: path.read_bytes() for name, path in files.items() if not name.startswith("store")}
    content["store"] = rdf.canonical(store)
    content["text.sqlite"] = indexed(release.text_path)
    return content


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(contents=st.lists(_content, min_size=2, max_size=4))
def test_random_edits(tmp_path_factory: pytest.TempPathFactory, contents: list[dict[str, Any]]) -> None:
    folder = tmp_path_factory.mktemp("edits")
    shutil.copytree(MINI, folder / "project")
    for number, content in enumerate(contents):
        project = write(folder / "project", content)
        step_by_step = outcome(project, folder / "releases")
        assert step_by_step == outcome(project, folder / f"whole-{number}")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small project of two articles, built once."""
    shutil.copytree(MINI, tmp_path / "project")
    herald = {"c": {"kind": "service", "light": "nore", "height": "9.0"}}
    write(tmp_path / "project", {"gazette": _base, "herald": herald})
    pipeline.build(Project(tmp_path / "project"), tmp_path / "releases")
    return tmp_path


def edited(root: Path, **herald: Any) -> Project:
    item = {"kind": "service", "light": "nore", "height": "9.0", **herald}
    return write(root / "project", {"gazette": _base, "herald": {"c": item}})


@pytest.mark.parametrize(
    "change",
    [{"height": "9.00"}, {"mode": "rumour"}, {"lit": "1870"}, {"light": "cape-north"}, {"contradicts": ["gazette/a"]}],
    ids=str,
)
def test_a_changed_article_is_built_without_the_rest(root: Path, whole: list[str], change: dict[str, Any]) -> None:
    project = edited(root, **change)
    files = outcome(project, root / "releases")
    assert whole == []
    assert files == outcome(project, root / "again")
    assert whole == ["again"]


def test_a_file_that_goes_and_one_that_comes(root: Path, whole: list[str]) -> None:
    project = write(root / "project", {"gazette": _base, "times": {"d": {"kind": "service", "light": "nore"}}})
    files = outcome(project, root / "releases")
    assert whole == []
    assert files == outcome(project, root / "again")


def test_a_build_can_be_done_anew(root: Path, whole: list[str]) -> None:
    before = current(root / "releases")
    assert pipeline.build(Project(root / "project"), root / "releases", anew=True).version == before.version
    assert whole == ["releases"]


def test_an_entity_that_becomes_another_kind_is_seen_in_files_that_name_it(tmp_path: Path, whole: list[str]) -> None:
    root = tmp_path / "project"
    shutil.copytree(MINI, root)
    kinds = root / "mappings/records.yaml"
    kinds.write_text(kinds.read_text("utf-8").replace("to: [keeper]", "to: [keeper, light]"), "utf-8")
    item = {"kind": "service", "light": "nore", "mode": "rumour", "keepers": [{"who": "third"}]}
    content = {"gazette": _base, "herald": {"c": item}}
    project = write(root, content)
    keepers = root / "examples/entities/keeper.yaml"
    registered = json.dumps({"kind": "keeper", "entities": [{"id": "third", "label": {"en": "Third"}}]})
    text = keepers.read_text("utf-8")
    keepers.write_text(registered, "utf-8")
    first = outcome(project, tmp_path / "releases")
    assert not isinstance(first, str), first
    assert b"id/keeper/third" in first["store"]
    keepers.write_text(text, "utf-8")
    project = write(root, {**content, "third": True})
    whole.clear()
    files = outcome(project, tmp_path / "releases")
    assert whole == []
    assert not isinstance(files, str), files
    assert b"id/keeper/third" not in files["store"]
    assert files == outcome(project, tmp_path / "again")


def test_two_files_of_one_article_are_refused(root: Path) -> None:
    articles = root / "project/examples/articles"
    record = json.loads((articles / "herald.yaml").read_text("utf-8"))
    (articles / "other.yaml").write_text(json.dumps({**record, "items": []}, ensure_ascii=False), "utf-8")
    for releases in (root / "releases", root / "again"):
        problems = outcome(Project(root / "project"), releases)
        assert isinstance(problems, str)
        assert "record.duplicate-id" in problems
        assert "other.yaml" in problems


def test_a_comment_in_a_record_file_changes_nothing_but_the_inputs(root: Path, whole: list[str]) -> None:
    path = root / "project/examples/articles/herald.yaml"
    path.write_text(path.read_text("utf-8") + "\n# read again\n", "utf-8")
    files = outcome(Project(root / "project"), root / "releases")
    assert whole == []
    assert files == outcome(Project(root / "project"), root / "again")


def test_damaged_lines_of_a_build_before_are_not_used(root: Path) -> None:
    for path in (root / "releases" / WORK / "mapped").iterdir():
        path.write_bytes(path.read_bytes().replace(b"nore", b"more"))
    shapes = root / "project/shapes/light.ttl"
    shapes.write_text(shapes.read_text("utf-8") + "\n", "utf-8")
    refused = outcome(Project(root / "project"), root / "releases")
    assert isinstance(refused, str)
    assert "build.damaged-work" in refused
    shutil.rmtree(root / "releases" / WORK)
    assert outcome(Project(root / "project"), root / "releases") == outcome(Project(root / "project"), root / "again")


def test_only_changed_files_are_mapped(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kclod.pipeline import mapped  # noqa: PLC0415  # what is patched

    names: list[str] = []
    one = mapped._Maker.one
    monkeypatch.setattr(mapped._Maker, "one", lambda self, name: names.append(name) or one(self, name))
    pipeline.build(edited(root, height="8.0"), root / "releases")
    assert names == ["examples/articles/herald.yaml"]


def test_nothing_changed(root: Path, whole: list[str]) -> None:
    before = current(root / "releases")
    assert pipeline.build(Project(root / "project"), root / "releases").path == before.path
    assert whole == []


@pytest.mark.parametrize(
    "file", ["shapes/light.ttl", "ontology/lights.ttl", "mappings/lights.rml.ttl", "mappings/wikidata.sssom.tsv"]
)
def test_anything_but_records_is_a_full_build(root: Path, whole: list[str], file: str) -> None:
    path = root / "project" / file
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    pipeline.build(Project(root / "project"), root / "releases")
    assert whole == ["releases"]


@pytest.mark.parametrize("harm", ["no state", "bad state", "older state", "no lines", "rolled back"])
def test_what_the_build_before_left_may_be_gone(root: Path, harm: str) -> None:
    releases = root / "releases"
    if harm == "no state":
        (releases / STATE).unlink()
    elif harm == "bad state":
        (releases / STATE).write_bytes(b"SQLite format 3\x00 and more")
    elif harm == "older state":
        with closing(sqlite3.connect(releases / STATE)) as connection:
            connection.executescript("DROP TABLE mapped; CREATE TABLE mapped (other TEXT)")
    elif harm == "no lines":
        shutil.rmtree(releases / WORK / "mapped")
    else:
        first = current(releases).version
        pipeline.build(edited(root, height="7.0"), releases)
        (releases / "current").unlink()
        (releases / "current").symlink_to(first)
    project = edited(root, height="6.0")
    assert outcome(project, releases) == outcome(project, root / "again")


@pytest.mark.parametrize("file", ["dumps/*.nq", "dumps/*.ttl", "stages/inferred.nt", "store/*.sst", "text.sqlite"])
def test_damage_does_not_get_into_the_next_release(root: Path, whole: list[str], file: str) -> None:
    (path, *_) = sorted(current(root / "releases").path.glob(file))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    project = edited(root, height="5.0")
    assert outcome(project, root / "releases") == outcome(project, root / "again")
    assert whole == ["releases", "again"]


def test_a_state_that_cannot_be_written_costs_only_the_next_build(
    root: Path, whole: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(State, "keep", full)
        first = pipeline.build(edited(root, height="5.0"), root / "releases")
        assert whole == ["releases"]
    assert current(root / "releases").version == first.version
    project = edited(root, height="4.0")
    assert outcome(project, root / "releases") == outcome(project, root / "again")


def test_a_refused_change_leaves_the_state_as_it_was(root: Path, whole: list[str]) -> None:
    refused = outcome(edited(root, height="300"), root / "releases")
    assert isinstance(refused, str)
    assert "herald.yaml" in refused
    assert refused == outcome(edited(root, height="300"), root / "again")
    whole.clear()
    project = edited(root, height="8.0")
    files = outcome(project, root / "releases")
    assert whole == []
    assert files == outcome(project, root / "another")


def test_records_mapped_in_several_processes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kclod.pipeline import mapped  # noqa: PLC0415  # what is patched

    monkeypatch.setattr(mapped, "WORTH_FORKING", 0)
    project = Project(root / "project")
    assert outcome(project, root / "spread") == outcome(project, root / "releases")
    broken = edited(root, light="nowhere", mode="unheard")
    problems = outcome(broken, root / "spread")
    assert isinstance(problems, str)
    assert "herald.yaml" in problems
    assert "nowhere" in problems
    assert "unheard" in problems
