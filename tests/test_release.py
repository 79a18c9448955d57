"""A release is whole or not there, the same for equal inputs, and says itself when it is damaged."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kclod import rdf
from kclod.errors import RefusedError, UsageError
from kclod.release import (
    Release,
    Section,
    Site,
    StoredQuery,
    current,
    load,
    publish,
    release_version,
    short_name,
    verify,
)
from kclod.store import open_read_only

QUERY = StoredQuery(
    "http://l.example/id/query/q", {"en": "Which?", "ko": "어느?"}, "SELECT * {?s ?p ?o}", "select", ("a",)
)
SITE = Site(
    base_iri="http://l.example/lamps/",
    dataset_iri="http://l.example/lamps/dataset",
    title={"ko": "등대", "en": "Lamps"},
    description={"en": "All of them"},
    licence="http://l.example/licence",
    rights={"en": "by the keeper"},
    version="1.0",
    prefixes={"l": "http://l.example/lamps/id/", "xsd": "http://www.w3.org/2001/XMLSchema#"},
    graphs={"ontology": "http://l.example/lamps/graph/ontology"},
    sections=(Section(QUERY, ("s", "o"), (("<http://l.example/a>", None), ('"x"@en', "_:b"))),),
    queries=(QUERY,),
)
DATA = b"""
<http://l.example/lamps/id/a> <http://l.example/height> "1.00"^^<http://www.w3.org/2001/XMLSchema#decimal> .
<http://l.example/lamps/id/a> <http://l.example/name> "\xeb\x93\xb1\xeb\x8c\x80"@ko <http://l.example/claim/1> .
<http://l.example/C> <http://l.example/is> _:x <http://l.example/lamps/graph/ontology> .
_:x <http://l.example/is> <http://l.example/D> <http://l.example/lamps/graph/ontology> .
"""


def quads() -> list[ox.Quad]:
    return rdf.parse(DATA, rdf.N_QUADS, name="data.nq")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "data.nq"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def released(tmp_path: Path, source: Path) -> Release:
    return publish(tmp_path / "root", SITE, quads(), inputs={"data.nq": source}, stages={"report/x.txt": b"fine\n"})


def files_below(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def rules(folder: Path) -> set[str]:
    return {problem.rule for problem in verify(folder)}


def test_a_release_holds_what_was_given(released: Release) -> None:
    below = {name for name in files_below(released.path) if not name.startswith("store/")}
    assert below == {
        *("manifest.json", "site.json", "store.json", "text.sqlite", "ontology.ttl"),
        *("dumps/lamps.nq", "dumps/lamps.ttl", "stages/report/x.txt"),
        *(f"columns/{name}.npy" for name in ("offsets", "subjects", "objects", "subjects-inverse", "objects-inverse")),
        *("columns/columns.json", "columns/values.bin", "columns/folded.bin"),
    }
    assert (released.path / "dumps/lamps.nq").read_bytes() == rdf.canonical(quads())
    assert released.site == SITE
    assert verify(released.path) == []
    assert set(open_read_only(released.store_path).quads_for_pattern(None, ox.NamedNode("http://l.example/name"), None))


def test_dumps_keep_the_lexical_form_that_the_store_loses(released: Release) -> None:
    [triple] = [q.triple for q in rdf.read(released.path / "dumps/lamps.ttl")]
    assert triple.object == ox.Literal("1.00", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal"))
    assert "1.00" in (released.path / "dumps/lamps.ttl").read_text()


def test_the_ontology_is_a_file_of_its_own(released: Release) -> None:
    expected = [
        ox.Quad(q.subject, q.predicate, q.object) for q in quads() if str(q.graph_name).endswith("graph/ontology>")
    ]
    assert rdf.canonical(rdf.read(released.path / "ontology.ttl")) == rdf.canonical(expected)


def test_the_manifest_counts_and_lists_with_true_digests(released: Release, source: Path) -> None:
    manifest = json.loads((released.path / "manifest.json").read_text())
    assert manifest == released.manifest
    assert manifest["counts"] == {"quads": 4, "default_graph_triples": 1, "named_graphs": 2}
    assert manifest["inputs"] == [
        {"path": "data.nq", "bytes": len(DATA), "sha256": hashlib.sha256(DATA).hexdigest()},
    ]
    stored = json.loads((released.path / "store.json").read_text())
    contents = files_below(released.path)
    for entry in [*manifest["files"], *stored]:
        content = contents.pop(entry["path"])
        assert (entry["bytes"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert set(contents) == {"manifest.json", "store.json"}
    assert manifest["tools"].keys() >= {"kclod", "kclod-code", "pyoxigraph"}
    assert {e["path"]: e["media_type"] for e in manifest["files"]}["dumps/lamps.ttl"] == "text/turtle"


def test_dumps_are_offered_by_name(released: Release) -> None:
    assert [(d.name, d.media_type) for d in released.dumps] == [
        ("lamps.nq", "application/n-quads"),
        ("lamps.ttl", "text/turtle"),
    ]
    for dump in released.dumps:
        content = dump.path.read_bytes()
        assert (dump.bytes, dump.sha256) == (len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("base", "name"),
    [
        ("https://w3id.org/lamps/", "lamps"),
        ("https://w3id.org/a/b", "b"),
        ("http://127.0.0.1:8000/", "dataset"),
        ("http://l.example/..%2F/", "dataset"),
        ("http://l.example/등대/", "dataset"),
    ],
)
def test_the_name_of_the_dumps_is_a_plain_file_name(base: str, name: str) -> None:
    assert short_name(replace(SITE, base_iri=base)) == name


def test_current_is_a_relative_link(released: Release, tmp_path: Path) -> None:
    link = tmp_path / "root" / "current"
    assert str(link.readlink()) == released.version
    shutil.move(tmp_path / "root", tmp_path / "elsewhere")
    moved = current(tmp_path / "elsewhere")
    assert moved.path == (tmp_path / "elsewhere" / released.version).resolve()
    assert verify(moved.path) == []


def test_a_loaded_release_stays_when_current_moves_on(released: Release, tmp_path: Path, source: Path) -> None:
    before = current(tmp_path / "root")
    source.write_bytes(b"other")
    after = publish(tmp_path / "root", SITE, quads()[:1], inputs={"data.nq": source}, stages={})
    assert before.path != after.path == current(tmp_path / "root").path
    assert verify(before.path) == []


def test_equal_inputs_give_equal_bytes_wherever_they_are(released: Release, tmp_path: Path) -> None:
    other = tmp_path / "copy.nq"
    other.write_bytes(DATA)
    same = quads()
    backwards = reversed([*same, *same])
    again = publish(tmp_path / "b", SITE, backwards, inputs={"data.nq": other}, stages={"report/x.txt": b"fine\n"})

    def comparable(release: Release) -> dict[str, bytes]:
        return {name: c for name, c in files_below(release.path).items() if not name.startswith("store")}

    assert again.version == released.version
    assert comparable(again) == comparable(released)


def test_the_version_follows_each_input_its_name_and_the_dataset_version(tmp_path: Path, source: Path) -> None:
    other = tmp_path / "other.nq"
    other.write_bytes(b"")
    versions = [
        release_version(SITE, {"data.nq": source}),
        release_version(SITE, {"data.nq": other}),
        release_version(SITE, {"renamed.nq": source}),
        release_version(SITE, {"data.nq": source, "other.nq": other}),
        release_version(replace(SITE, version="1.1"), {"data.nq": source}),
    ]
    assert len(set(versions)) == len(versions)
    assert [v.rsplit("-", 1)[0] for v in versions] == ["1.0", "1.0", "1.0", "1.0", "1.1"]
    assert all(len(v.rsplit("-", 1)[1]) == 12 for v in versions)


def again(tmp_path: Path, source: Path, data: list[ox.Quad] | None = None) -> Release:
    given = quads() if data is None else data
    return publish(tmp_path / "root", SITE, given, inputs={"data.nq": source}, stages={"report/x.txt": b"fine\n"})


def test_publishing_again_reuses_the_folder(released: Release, tmp_path: Path, source: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in released.path.rglob("*")}
    (tmp_path / "root" / "current").unlink()
    assert again(tmp_path, source).path == released.path
    assert {p: p.stat().st_mtime_ns for p in released.path.rglob("*")} == before
    assert current(tmp_path / "root").version == released.version


def test_a_damaged_release_is_not_reused(released: Release, tmp_path: Path, source: Path) -> None:
    dump = released.path / "dumps/lamps.nq"
    dump.chmod(0o644)
    dump.write_bytes(b"")
    with pytest.raises(RefusedError, match=r"release\.damaged.*delete the folder") as caught:
        again(tmp_path, source)
    assert {p.rule for p in caught.value.problems} == {"release.damaged", "release.damaged-file"}
    assert dump.read_bytes() == b""


def test_other_content_of_the_same_version_is_refused(released: Release, tmp_path: Path, source: Path) -> None:
    before = files_below(released.path)
    with pytest.raises(RefusedError, match=r"release\.differs"):
        again(tmp_path, source, quads()[:2])
    assert files_below(released.path) == before
    assert not list((tmp_path / "root").glob(".tmp-*"))


def test_files_cannot_be_edited_by_accident(released: Release) -> None:
    assert {p.stat().st_mode & 0o222 for p in released.path.rglob("*") if p.is_file()} == {0}


# Failing


def failing_quads() -> Iterator[ox.Quad]:
    yield quads()[0]
    raise RuntimeError("no more")


def test_a_build_that_fails_leaves_everything_as_it_was(released: Release, tmp_path: Path, source: Path) -> None:
    before = files_below(tmp_path / "root")
    source.write_bytes(b"new")
    with pytest.raises(RuntimeError, match="no more"):
        publish(tmp_path / "root", SITE, failing_quads(), inputs={"data.nq": source}, stages={})
    assert files_below(tmp_path / "root") == before
    assert current(tmp_path / "root").version == released.version


def test_what_dead_builds_left_is_removed(released: Release, tmp_path: Path, source: Path) -> None:
    root = tmp_path / "root"
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "x").write_text("stays")
    (root / ".tmp-dead" / "dumps").mkdir(parents=True)
    (root / ".tmp-current").symlink_to("nowhere")
    (root / ".tmp-link").symlink_to(kept)
    again(tmp_path, source)
    assert sorted(p.name for p in root.iterdir()) == [".lock", released.version, "current", "publications.log"]
    assert (kept / "x").read_text() == "stays"


def test_a_second_build_at_once_is_refused_after_its_patience(released: Release, tmp_path: Path, source: Path) -> None:
    with (tmp_path / "root" / ".lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match=r"release\.busy.*another build"):
            publish(tmp_path / "root", SITE, quads(), inputs={"data.nq": source}, stages={}, patience=0.1)
    assert again(tmp_path, source).path == released.path


def test_current_must_not_be_a_folder(tmp_path: Path, source: Path) -> None:
    (tmp_path / "root" / "current").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"release\.current"):
        again(tmp_path, source)


def test_a_root_that_is_a_file_is_a_usage_error(tmp_path: Path, source: Path) -> None:
    (tmp_path / "root").write_text("")
    with pytest.raises(UsageError, match=r"release\.unwritable"):
        again(tmp_path, source)


def test_a_missing_input_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"release\.input.*gone\.nq"):
        publish(tmp_path / "root", SITE, [], inputs={"data.nq": tmp_path / "gone.nq"}, stages={})
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize("version", ["", "../up", "a/b", ".hidden", "1 0", "-x"])
def test_a_version_must_be_usable_as_a_folder(tmp_path: Path, version: str) -> None:
    with pytest.raises(UsageError, match=r"release\.version-name"):
        publish(tmp_path / "root", replace(SITE, version=version), [], inputs={}, stages={})


@pytest.mark.parametrize("stage", ["../x", "/etc/x", "a//b", "a/../b", ""])
def test_a_stage_cannot_be_written_elsewhere(tmp_path: Path, stage: str) -> None:
    with pytest.raises(UsageError, match=r"release\.file-name"):
        publish(tmp_path / "root", SITE, [], inputs={}, stages={stage: b""})
    assert [p.name for p in (tmp_path / "root").iterdir()] == [".lock"]


KILLER = """
import os, signal, sys
from pathlib import Path
from tests.test_release import SITE, quads
from kclod.release import publish, read_log, verify, current

root, source = Path(sys.argv[1]), Path(sys.argv[2])
STEPS = set(sys.argv[4].split())

def build(number, last_step):
    source.write_text(str(number))
    steps = 0
    def hook(event, args):
        nonlocal steps
        if event in STEPS:
            steps += 1
            if steps == last_step:
                os.kill(os.getpid(), signal.SIGKILL)
    if last_step:
        sys.addaudithook(hook)
    publish(root, SITE, quads(), inputs={"data.nq": source}, stages={"s.txt": b"s"})

def in_child(number, last_step):
    child = os.fork()  # the parent opens no store, so no thread of RocksDB is lost in the child
    if not child:
        build(number, last_step)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

assert in_child("first", 0) == 0
step, killed, before = 1, 0, read_log(root)
while in_child(f"build {step}", step) == -signal.SIGKILL:
    killed += 1
    for manifest in root.glob("[!.]*/manifest.json"):
        assert verify(manifest.parent.resolve()) == [], (step, manifest)
    acts = read_log(root)
    assert acts[-1].version == current(root).version, (step, acts)
    assert acts[: len(before)] == before, (step, acts)
    before = acts
    step += int(sys.argv[3])
assert not list(root.glob(".tmp-*"))
acts = read_log(root)
assert "".join(f"{act}\\n" for act in acts) == (root / "publications.log").read_text()
assert len({act.version for act in acts}) == len(list(root.glob("[!.]*-*/manifest.json")))
print(killed)
"""


@pytest.mark.parametrize(
    ("steps", "every", "least"),
    [("open os.mkdir os.rename os.symlink os.chmod os.remove os.rmdir", 3, 20), ("os.rename os.symlink", 1, 4)],
    ids=["files", "names"],
)
def test_killed_at_any_step_it_leaves_whole_releases(tmp_path: Path, steps: str, every: int, least: int) -> None:
    """SIGKILL before file operations in turn: what is there is whole and dated, and the next build works."""
    command = [sys.executable, "-c", KILLER, str(tmp_path / "root"), str(tmp_path / "data.nq"), str(every), steps]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= least


# Loading and verifying


def test_a_folder_that_is_no_release_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"release\.none.*no manifest"):
        load(tmp_path)
    with pytest.raises(UsageError, match=r"release\.none.*kclod build"):
        current(tmp_path)


@pytest.mark.parametrize("name", ["manifest.json", "site.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 1}', b"\xff"])
def test_malformed_json_is_a_usage_error_that_names_the_file(released: Release, name: str, content: bytes) -> None:
    (released.path / name).unlink()
    (released.path / name).write_bytes(content)
    with pytest.raises(UsageError, match=name.replace(".", r"\.")):
        load(released.path)


def test_every_missing_field_is_listed(released: Release) -> None:
    with pytest.raises(UsageError) as caught:
        Site.from_json('{"base_iri": "http://x/", "title": {"en": 1}}')
    items = {problem.item for problem in caught.value.problems}
    assert {"dataset_iri", "version", "title.en"} <= items


def test_verify_finds_each_kind_of_damage(released: Release) -> None:
    folder = released.path
    for name in ("dumps/lamps.nq", "site.json"):
        (folder / name).chmod(0o644)
    text = (folder / "site.json").read_bytes()
    (folder / "site.json").write_bytes(text.replace(b"keeper", b"Keeper"))  # of equal length
    (folder / "dumps/lamps.nq").write_bytes(b"")
    (folder / "dumps/lamps.ttl").unlink()
    (folder / "stages/more.txt").write_text("x")
    (folder / "stages/link").symlink_to("/etc")
    next((folder / "store").glob("CURRENT")).unlink()
    found = {
        (p.rule.removeprefix("release."), Path(p.file or "").relative_to(folder).as_posix()) for p in verify(folder)
    }
    assert found == {
        ("damaged-file", "site.json"),
        ("damaged-file", "dumps/lamps.nq"),
        ("missing-file", "dumps/lamps.ttl"),
        ("missing-file", "store/CURRENT"),
        ("unlisted-file", "stages/more.txt"),
        ("symlink", "stages/link"),
    }


def changed_manifest(released: Release, change: dict[str, object]) -> None:
    path = released.path / "manifest.json"
    manifest = json.loads(path.read_text()) | change
    path.chmod(0o644)
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize("path", ["../data.nq", "/etc/hostname", "dumps/../../data.nq"])
def test_verify_follows_no_path_out_of_the_folder(released: Release, path: str) -> None:
    files = [{"path": path, "bytes": 0, "sha256": "", "media_type": "text/plain"}]
    changed_manifest(released, {"files": [*released.manifest["files"], *files]})  # type: ignore[misc]
    assert rules(released.path) == {"release.unsafe-path"}


def test_verify_follows_no_link(released: Release, source: Path) -> None:
    (released.path / "dumps/lamps.nq").unlink()
    (released.path / "dumps/lamps.nq").symlink_to(source)
    assert rules(released.path) == {"release.symlink"}


def test_verify_knows_the_version_of_the_inputs(released: Release) -> None:
    changed_manifest(released, {"inputs": []})
    assert rules(released.path) == {"release.version"}


def test_verify_says_when_lists_are_missing(released: Release, tmp_path: Path) -> None:
    (released.path / "store.json").unlink()
    assert rules(released.path) == {"release.missing-file"}
    assert rules(tmp_path) == {"release.none"}


TEXTS = st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=3)


@given(TEXTS, st.lists(st.tuples(st.none() | st.text(), st.text())), st.none() | st.text())
def test_a_site_reads_back_as_it_was(
    texts: dict[str, str], rows: list[tuple[str | None, ...]], text: str | None
) -> None:
    section = Section(replace(QUERY, labels=texts), ("a", "b"), tuple(rows))
    site = replace(SITE, title=texts, prefixes=texts, licence=text, ontology_iri=text, sections=(section,))
    assert Site.from_json(site.to_json()) == site
    assert Site.from_json(site.to_json().encode()).to_json() == site.to_json()
