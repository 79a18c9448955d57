"""Derived dumps: every form holds what the release holds, in every coding, and equal releases give equal bytes."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tracemalloc
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pyoxigraph as ox
import pytest
import rdflib
import zstandard
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from kclod import described, dumps, rdf
from kclod.cli import main
from kclod.dumps import BusyError, Offered, offered
from kclod.dumps.forms import Coding, Kind, Subset
from kclod.dumps.keeping import kept_folder
from kclod.dumps.make import keep
from kclod.dumps.parts import take_apart
from kclod.dumps.write import as_trig, as_turtle, by_graph, write
from kclod.errors import RefusedError, UsageError
from kclod.release import Release, publish
from kclod.site import Site
from kclod.vocab import RDF

BASE = "https://data.example/lights/"
P = f"{BASE}ontology#"
NT = ox.RdfFormat.N_TRIPLES


def some_site(prefixes: dict[str, str] | None = None) -> Site:
    graphs = {role: f"{BASE}graph/{role}" for role in ("ontology", "provenance")}
    return Site(
        base_iri=BASE,
        dataset_iri=f"{BASE}dataset",
        title={"en": "Lights"},
        description={},
        licence=None,
        rights={},
        version="1",
        prefixes=prefixes if prefixes is not None else {"": P, "id": f"{BASE}id/", "g": f"{BASE}graph/"},
        graphs=graphs,
        classes=(f"{P}Light", f"{P}Keeper"),
    )


DATA = f"""
@prefix : <{P}> . @prefix id: <{BASE}id/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
id:a a :Light ; :height 1.00 , "1.0"^^xsd:decimal ;
  :name "Alpha\\u000d\\n \\"x\\" & <y>"@en , "등대"@ko ; :part [ :made "1899" ; :of ( :steel _:glass ) ] .
id:a-b a :Light ; :kin id:a .
id:ann a :Keeper ; :of _:house . _:house :name "House" . _:glass :name "Glass" . _:loose :name "Loose" .
GRAPH <{BASE}graph/ontology> {{ :Light :part _:glass . _:glass :name "Glass" . }}
GRAPH <{BASE}graph/provenance> {{ <{BASE}claim/1> :of id:a . }}
GRAPH <{BASE}claim/1> {{ id:a :height 1.00 . }}
GRAPH <{BASE}claim/2> {{ id:a :height 9 . id:a-b :kin id:ann . }}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Release:
    root = tmp_path_factory.mktemp("small")
    quads = list(ox.parse(DATA, ox.RdfFormat.TRIG))
    return publish(root, some_site(), quads, inputs={}, stages={})


def quads_of(path: Path, item: Offered) -> bytes:
    """Canonical N-Quads of a dump of any form and coding; RDF/XML is read by rdflib, which did not write it."""
    data = path.read_bytes()
    if item.coding is Coding.GZIP:
        data = gzip.decompress(data)
    elif item.coding is Coding.ZSTD:
        data = zstandard.ZstdDecompressor().decompress(data)
    if item.form is rdf.RDF_XML:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rdflib, "NORMALIZE_LITERALS", False)
            data = rdflib.Graph().parse(data=data, format="xml").serialize(format="nt").encode()
        return rdf.canonical(ox.parse(data, NT))
    return rdf.canonical(ox.parse(data, item.form.rdf))


def quads_in(release: Release) -> set[ox.Quad]:
    (dump,) = release.path.glob("dumps/*.nq")
    return set(ox.parse(path=dump))


def expected(release: Release, item: Offered, whole: set[ox.Quad]) -> bytes:
    """What the subset holds, chosen from the quads of the release by other means than the dumps are."""
    default = {quad for quad in whole if quad.graph_name == rdf.DEFAULT_GRAPH}
    subset = item.subset
    if subset.kind is Kind.DATASET:
        return rdf.canonical(whole)
    if subset.kind is Kind.DEFAULT:
        return rdf.canonical(default)
    if subset.kind is Kind.GRAPH:
        chosen = {q for q in whole if q.graph_name == ox.NamedNode(subset.iri)}
        return rdf.canonical(rdf.in_graph(rdf.triples_of(chosen), rdf.DEFAULT_GRAPH))
    if subset.kind is Kind.CLAIMS:
        roles = {ox.NamedNode(iri) for iri in release.site.graphs.values()}
        return rdf.canonical(whole - default - {q for q in whole if q.graph_name in roles})
    of_subject: dict[object, set[ox.Quad]] = {}
    for quad in default:
        of_subject.setdefault(quad.subject, set()).add(quad)
    waiting = [q.subject for q in default if q.predicate == RDF["type"] and q.object == ox.NamedNode(subset.iri)]
    chosen, seen = set(), set(waiting)
    while waiting:
        for quad in of_subject.get(waiting.pop(), ()):
            chosen.add(quad)
            if isinstance(quad.object, ox.BlankNode) and quad.object not in seen:
                seen.add(quad.object)
                waiting.append(quad.object)
    return rdf.canonical(chosen)


def all_of(release: Release) -> list[Offered]:
    return list(offered(release).values())


def test_every_form_of_every_part_holds_its_part(small: Release, tmp_path: Path) -> None:
    left_out: list[str] = []
    whole = quads_in(small)
    made = dumps.write_all(small, tmp_path / "out", all_of(small), 2, left_out.append)
    assert left_out == []
    names = {dump.name for dump in made}
    assert names == set(offered(small))
    assert len(names) == 75
    for dump in made:
        item = offered(small)[dump.name]
        assert quads_of(dump.path, item) == expected(small, item, whole), dump.name
    sums = (tmp_path / "out" / "SHA256SUMS").read_text()
    checked = subprocess.run(
        ["sha256sum", "--check", "--quiet"], cwd=tmp_path / "out", input=sums, text=True, check=True
    )
    assert checked.returncode == 0
    assert len(sums.splitlines()) == len(names)
    assert {path.name for path in (tmp_path / "out").iterdir()} == names | {"SHA256SUMS"}


def test_the_examples_in_every_form(real_release: Release, tmp_path: Path) -> None:
    """RDF/XML apart, which rdflib would take a minute to read; and of classes one form."""
    chosen = {Kind.DATASET: {rdf.TRIG, rdf.JSON_LD}, Kind.CLAIMS: {rdf.TRIG}, Kind.CLASS: {rdf.TURTLE}}
    items = [
        item
        for item in all_of(real_release)
        if not item.coding and item.form in chosen.get(item.subset.kind, {rdf.TURTLE, rdf.JSON_LD})
    ]
    whole = quads_in(real_release)
    for dump in dumps.write_all(real_release, tmp_path / "out", items, 2):
        item = offered(real_release)[dump.name]
        assert quads_of(dump.path, item) == expected(real_release, item, whole), dump.name


def test_lexical_forms_and_prefixes_stay(small: Release, tmp_path: Path) -> None:
    items = [item for item in all_of(small) if item.form in (rdf.TRIG, rdf.TURTLE) and not item.coding]
    for dump in dumps.write_all(small, tmp_path, items, 1):
        text = dump.path.read_text("utf-8")
        assert text.startswith("@prefix : <")
        if dump.name == "lights.trig":
            assert ":height 1.0 , 1.00 ;" in text
            assert "\nid:a :height 1.00 .\n" in text
            assert f"\n<{BASE}claim/2> {{\n" in text
            assert "\ng:provenance {\n" in text


def test_equal_releases_give_equal_bytes(small: Release, tmp_path: Path) -> None:
    """Written by several processes at once, by one, and kept one by one in another place and environment."""
    items = all_of(small)
    one = {d.name: d.sha256 for d in dumps.write_all(small, tmp_path / "one", items, 3)}
    other = {d.name: d.sha256 for d in dumps.write_all(small, tmp_path / "other", reversed(items), 1)}
    assert one == other
    for name in ("lights.trig.gz", "lights.rdf", "lights.claims.jsonld.zst"):
        environment = os.environ | {"TZ": "Asia/Seoul", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
        command = [sys.executable, "-m", "kclod.dumps", str(small.path), name]
        assert subprocess.run(command, env=environment, check=False).returncode == 0
        kept = dumps.kept(small, offered(small)[name])
        assert kept is not None
        assert kept.sha256 == one[name] == hashlib.sha256(kept.path.read_bytes()).hexdigest()


def test_no_time_and_no_name_in_what_is_compressed(small: Release) -> None:
    made = keep(small, offered(small)["lights.ttl.gz"]).path.read_bytes()
    assert made[3] == 0
    assert made[4:8] == b"\0\0\0\0"
    frame = zstandard.get_frame_parameters(keep(small, offered(small)["lights.ttl.zst"]).path.read_bytes())
    assert frame.has_checksum
    assert frame.content_size == (small.path / "dumps/lights.ttl").stat().st_size


def test_what_is_damaged_or_half_made_is_made_again(small: Release) -> None:
    item = offered(small)["lights.claims.trig"]
    path = keep(small, item).path
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole[:10])
    assert dumps.kept(small, item) is None
    (path.parent / ".tmp-dead").write_bytes(b"half")
    assert keep(small, item).path.read_bytes() == whole
    assert not (path.parent / ".tmp-dead").exists()


def flip(path: Path) -> bytes:
    """Change a byte in the middle of a file, and give back what it was."""
    whole = path.read_bytes()
    path.chmod(0o644)
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    return whole


def test_one_wrong_byte_is_told_and_goes_nowhere(small: Release, caplog: pytest.LogCaptureFixture) -> None:
    """Neither to who asks, nor into what is made of the file."""
    plain, packed = (offered(small)[name] for name in ("lights.claims.nq", "lights.claims.nq.zst"))
    path = keep(small, plain).path
    keep(small, packed).path.unlink()
    assert dumps.problems_of_kept(small) == []
    whole = flip(path)
    [problem] = dumps.problems_of_kept(small)
    assert (problem.rule, problem.file) == ("dumps.damaged", str(path))
    assert "delete it" in (problem.fix or "")
    verified = CliRunner().invoke(main, ["verify", str(small.path)])
    assert verified.exit_code == 1
    assert verified.output.count("[dumps.damaged]") == 1
    assert dumps.recorded(small, plain) is not None
    assert dumps.kept(small, plain) is None
    assert "is damaged" in caplog.text
    assert zstandard.ZstdDecompressor().decompress(keep(small, packed).path.read_bytes()) == whole
    assert path.read_bytes() == whole
    assert dumps.problems_of_kept(small) == []
    assert CliRunner().invoke(main, ["verify", str(small.path)]).exit_code == 0


@pytest.mark.parametrize("record", ["", "x", f"{'0' * 64} many", "\x00"])
def test_a_record_that_cannot_be_read_is_told(small: Release, record: str) -> None:
    item = offered(small)["lights.claims.trig.gz"]
    path = keep(small, item).path
    place = path.parent / "digests" / item.name
    place.chmod(0o644)
    place.write_text(record)
    assert [problem.rule for problem in dumps.problems_of_kept(small)] == ["dumps.damaged"]
    assert dumps.kept(small, item) is None
    assert keep(small, item).path == path
    assert dumps.problems_of_kept(small) == []


def test_the_dataset_is_taken_apart_once(small: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(kept_folder(small), ignore_errors=True)
    calls: list[Path] = []

    def counted(dump: Path, parts: dict[Subset, BinaryIO]) -> None:
        calls.append(dump)
        take_apart(dump, parts)

    monkeypatch.setattr("kclod.dumps.make.take_apart", counted)
    keep(small, offered(small)["lights.claims.trig"])
    parts = [
        n for n, item in offered(small).items() if item.form is item.subset.base and not (item.coding or item.within)
    ]
    assert len(parts) > 3
    for name in parts:
        assert (
            keep(small, offered(small)[name]).sha256
            == hashlib.sha256((kept_folder(small) / name).read_bytes()).hexdigest()
        )
    assert len(calls) == 1


def test_what_is_kept_of_releases_that_are_gone_is_removed(small: Release) -> None:
    gone = kept_folder(small).parent / "0-gone"
    gone.mkdir()
    item = offered(small)["lights.claims.nq.gz"]
    dumped = dumps.kept(small, item)
    assert dumped is None
    keep(small, item)
    assert not gone.exists()


def test_one_at_a_time(small: Release) -> None:
    item = offered(small)["lights.graph-provenance.ttl.zst"]
    kept_folder(small).mkdir(parents=True, exist_ok=True)
    with (kept_folder(small).parent / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BusyError):
            keep(small, item)
        with pytest.raises(BusyError):
            dumps.awaited(small, item, 30)
    assert dumps.awaited(small, item, 30).bytes > 0


def test_many_who_ask_start_one_process(small: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    started, begin = [], subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *given, **named: started.append(begin(*given, **named)) or started[-1]
    )
    item = offered(small)["lights.claims.jsonld.gz"]
    for _ in range(20):
        with pytest.raises(BusyError):
            dumps.awaited(small, item, 0)
    assert dumps.awaited(small, item, 60).bytes > 0
    assert len(started) == 1


def test_nowhere_to_keep_it(small: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    for module in ("make", "keeping"):
        monkeypatch.setattr(f"kclod.dumps.{module}.kept_folder", lambda release: tmp_path / "file" / "x")
    with pytest.raises(UsageError, match="kclod export dumps"):
        keep(small, offered(small)["lights.trig"])
    with pytest.raises(UsageError, match="cannot write dumps"):
        dumps.write_all(small, tmp_path / "file" / "x", all_of(small), 1)


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ('<http://e/a> <http://e/p> "a\x0bb"', "control character"),
        ("<http://e/a> <http://e/1> <http://e/b>", "does not end in a name"),
        ("<http://e/a> <http://e/p/> <http://e/b>", "does not end in a name"),
        ("<http://e/a> <http://e/p> <<( <http://e/a> <http://e/p> <http://e/b> )>>", "triple term"),
    ],
)
def test_what_rdf_xml_cannot_hold_is_refused(statement: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "x.nt").write_text(f"{statement} .\n", "utf-8")
    with pytest.raises(RefusedError, match=why):
        write(tmp_path / "x.nt", rdf.RDF_XML, {}, io.BytesIO())


def test_left_out_is_told(tmp_path: Path) -> None:
    quads = list(ox.parse(f'<{BASE}id/a> <{P}1> "x" .', NT))
    release = publish(tmp_path / "releases", some_site(), quads, inputs={}, stages={})
    told: list[str] = []
    made = {dump.name for dump in dumps.write_all(release, tmp_path / "out", all_of(release), 1, told.append)}
    assert set(offered(release)) - made == {"lights.rdf", "lights.rdf.gz", "lights.rdf.zst"}
    assert len(told) == 1
    assert "lights.rdf is left out" in told[0]
    more: list[str] = []
    assert {d.name for d in dumps.keep_all(release, all_of(release), more.append)} == made
    assert len(more) == 3


TERMS = st.sampled_from([f"<{BASE}id/{c}>" for c in ("a", "a-b", "ab", "é", "x%20")])
BLANK = st.sampled_from(["_:b0", "_:b1", "_:b2"])
VALUES = st.one_of(
    TERMS,
    BLANK,
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6).map(lambda t: str(ox.Literal(t))),
)
GRAPHS = st.sampled_from(["", f"{BASE}graph/a", f"{BASE}graph/a-b", "_:b0"])
QUADS = st.lists(st.tuples(st.one_of(TERMS, BLANK), TERMS, VALUES, GRAPHS), max_size=14)


@given(QUADS)
def test_trig_holds_any_dataset(quads: list[tuple[str, str, str, str]]) -> None:
    lines = []
    for *parts, graph in quads:
        name = f" {graph}" if graph.startswith("_:") else f" <{graph}>" if graph else ""
        lines.append(" ".join(parts) + name)
    lines = rdf.canonical_lines(lines)
    written = b"".join(as_trig(by_graph(lines), {"": f"{BASE}id/", "g": f"{BASE}graph/"}))
    assert rdf.canonical(ox.parse(written, ox.RdfFormat.TRIG)) == rdf.nquads(lines)


@given(QUADS)
def test_turtle_holds_any_graph(quads: list[tuple[str, str, str, str]]) -> None:
    lines = rdf.canonical_lines(" ".join(parts) for *parts, _ in quads)
    written = b"".join(as_turtle(lines, {"": f"{BASE}id/"}))
    assert rdf.canonical(ox.parse(written, ox.RdfFormat.TURTLE)) == rdf.nquads(lines)


def test_sorting_in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kclod.dumps.write._AT_ONCE", 7)
    lines = [f'<{BASE}{n % 10}> <{P}p> "{n}" <{BASE}{n % 3}>' for n in range(50)] + [f'<{BASE}x> <{P}p> "\\n\t"']
    found = list(by_graph(lines))
    assert found == sorted(found)
    assert Counter(rdf.line_of(s, g) for g, s in found) == Counter(lines)
    assert len(list(by_graph(lines[:14]))) == 14


@pytest.mark.parametrize("form", [rdf.TURTLE, rdf.TRIG, rdf.JSON_LD, rdf.RDF_XML])
def test_memory_does_not_grow(form: rdf.Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times the subjects, as much memory, within a quarter."""
    monkeypatch.setattr("kclod.dumps.write._AT_ONCE", 2_000)
    monkeypatch.setattr("kclod.dumps.write._NAMED", 500)
    peaks = []
    for size in (1_000, 4_000):
        base = tmp_path / f"{size}.{'nq' if form is rdf.TRIG else 'nt'}"
        lines = (f'<{BASE}id/{n:09}> <{P}p{m}> "value {n}"' for n in range(size) for m in range(4))
        base.write_text("".join(f"{line} .\n" for line in lines), "utf-8")
        with (tmp_path / f"{size}.out").open("wb") as out:
            write(base, form, {"": P}, out)  # once before, so that what is made once is not counted
            tracemalloc.start()
            write(base, form, {"": P}, out)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < 1.25 * peaks[0] + 100_000, peaks


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["export", "dumps", *arguments])
    return result.exit_code, result.output


def test_the_verb(small: Release, tmp_path: Path) -> None:
    root = str(small.path.parent)
    code, text = run(str(tmp_path / "out"), "--releases", root, "--only", "*.claims.*", "--jobs", "1")
    assert (code, "9 dumps" in text) == (0, True)
    assert len(list((tmp_path / "out").iterdir())) == 10 + len(described.DOCUMENTS)
    assert run("--releases", root, "--only", "*.zip")[0] == 2
    (tmp_path / "out" / "CITATION.cff").unlink()
    (tmp_path / "out" / "CITATION.cff").mkdir()
    code, text = run(str(tmp_path / "out"), "--releases", root, "--only", "*.claims.nq")
    assert (code, "cannot write" in text) == (2, True)
    code, text = run("--releases", root, "--only", "*.graph-ontology.*")
    assert (code, "12 dumps" in text) == (0, True)
    assert (kept_folder(small) / "lights.graph-ontology.rdf.zst").is_file()


def test_classes_with_equal_names_have_distinct_files(tmp_path: Path) -> None:
    classes = (f"{P}Light", "http://other.example/Light", "http://third.example/Light")
    quads = list(ox.parse(f"<{BASE}x> a <{P}Light> .", ox.RdfFormat.TURTLE))
    release = publish(tmp_path, replace(some_site({"a": P}), classes=classes), quads, inputs={}, stages={})
    names = {item.subset.name for item in all_of(release) if item.subset.kind is Kind.CLASS}
    assert "class-a-Light" in names
    assert len(names) == 3
