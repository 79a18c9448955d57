"""What a release tells others of itself is so, and who reads such documents accepts it; a wrong word fails a build."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from kclod import described, pipeline
from kclod.cli import main
from kclod.errors import RefusedError
from kclod.pipeline import build
from kclod.project import Project
from kclod.release import Release, load
from kclod.store import memory_store
from kclod.vocab import DCAT, DCT, PROV, RDFS

BASE = "https://lights.example/"
SPDX = "http://spdx.org/rdf/terms#"


@pytest.fixture(scope="module")
def exported(real_release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `kclod export dumps DIR` writes: some forms, and the documents."""
    folder = tmp_path_factory.mktemp("exported")
    arguments = ["export", "dumps", str(folder), "--releases", str(real_release.path.parent)]
    chosen = [f"--only={name}" for name in ("kclod.nq", "kclod.nq.zst", "kclod.ttl.gz", "*.csv")]
    result = CliRunner().invoke(main, [*arguments, *chosen])
    assert result.exit_code == 0, result.output
    return folder


def asked(folder: Path, pattern: str) -> list[ox.QuerySolution]:
    store = memory_store(ox.parse(path=folder / "catalog.ttl"))
    prefixes = (
        f"PREFIX dcat: <{DCAT}> PREFIX dct: <{DCT}> PREFIX prov: <{PROV}> PREFIX spdx: <{SPDX}> PREFIX rdfs: <{RDFS}>"
    )
    return list(store.query(f"{prefixes} SELECT * WHERE {{ {pattern} }}"))  # type: ignore[arg-type]  # of a SELECT


def test_every_distribution_is_the_file_it_says(exported: Path, real_release: Release) -> None:
    found = asked(
        exported,
        "?d a dcat:Distribution ; dcat:downloadURL ?url ; dcat:byteSize ?size ; dcat:mediaType ?type ;"
        "  spdx:checksum ?c . ?c spdx:algorithm spdx:checksumAlgorithm_sha256 ; spdx:checksumValue ?sha256 "
        "OPTIONAL { ?d dcat:compressFormat ?coding }",
    )
    folder = f"{real_release.site.base_iri}dumps/"
    names = {row["url"].value.removeprefix(folder): row for row in found}
    files = {path.name for path in exported.iterdir()} - {*described.DOCUMENTS, "SHA256SUMS"}
    assert names.keys() == files
    assert len(files) > 10
    for name, row in names.items():
        data = (exported / name).read_bytes()
        assert (int(row["size"].value), row["sha256"].value) == (len(data), hashlib.sha256(data).hexdigest())
        assert (row["coding"] is not None) == name.endswith((".gz", ".zst"))
    assert names["kclod.nq.zst"]["type"].value.endswith("/application/n-quads")
    assert str(names["kclod.nq.zst"]["coding"].value).endswith("/application/zstd")
    assert names["kclod.ttl.gz"]["type"].value.endswith("/text/turtle")


def test_the_build_is_told_with_the_digests_of_its_inputs(exported: Path, real: Project) -> None:
    found = asked(
        exported, "?r prov:wasGeneratedBy/prov:used ?i . ?i rdfs:label ?name ; spdx:checksum/spdx:checksumValue ?d"
    )
    told = {row["name"].value: row["d"].value for row in found}
    assert told == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in real.inputs.items()}
    tools = asked(
        exported, "?r prov:wasGeneratedBy/prov:wasAssociatedWith ?a . ?a <https://schema.org/softwareVersion> ?v"
    )
    assert len(tools) > 4


def test_versions_follow_each_other(mini: Project, edit: Callable[[str, str, str], Project], tmp_path: Path) -> None:
    first = build(mini, tmp_path)
    second = build(edit("ontology/dataset.ttl", 'dcat:version "1.0.0"', 'dcat:version "1.1.0"'), tmp_path)
    for release, earlier in ((second, [first.version]), (first, [])):
        folder = tmp_path / f"of-{release.version}"
        folder.mkdir()
        for name, text in described.documents(load(release.path), release.dumps).items():
            (folder / name).write_bytes(text)
        previous = asked(
            folder, "?release dcat:previousVersion ?before ; dcat:version ?version ; dcat:isVersionOf ?dataset"
        )
        assert [row["before"].value for row in previous] == [f"{BASE}releases/{v}/" for v in earlier]
        whole = asked(folder, f"<{BASE}dataset> dcat:hasVersion ?v")
        assert {row["v"].value for row in whole} == {f"{BASE}releases/{v}/" for v in (*earlier, release.version)}
        related = json.loads((folder / "datacite.json").read_text("utf-8")).get("relatedIdentifiers", [])
        assert [one["relatedIdentifier"] for one in related] == [f"{BASE}releases/{v}/" for v in earlier]


def test_equal_releases_are_told_of_in_equal_bytes(real_release: Release) -> None:
    assert described.documents(real_release, real_release.dumps) == described.documents(
        load(real_release.path), reversed(real_release.dumps)
    )


VALIDATED = """
import json, sys
from datacite import schema45
found = json.load(open(sys.argv[1], encoding="utf-8"))
errors = [f"{list(e.path)}: {e.message[:200]}" for e in schema45.validator.iter_errors(found)]
sys.exit("\\n".join(errors) or 0)
"""
READ = """
import json, sys
from rocrate.rocrate import ROCrate
crate = ROCrate(sys.argv[1])
files = {e.id: [e["contentSize"], e["sha256"]] for e in crate.data_entities}
json.dump([crate.name, crate.root_dataset["version"], str(crate.root_dataset["license"].id), files], sys.stdout)
"""


def python(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """In a process of its own: these packages warn of things that are not ours."""
    command = [sys.executable, "-W", "ignore", "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_datacite_accepts_it(exported: Path, tmp_path: Path) -> None:
    done = python(VALIDATED, exported / "datacite.json")
    assert done.returncode == 0, done.stderr
    found = json.loads((exported / "datacite.json").read_text("utf-8"))
    assert found["rightsList"][0]["rightsIdentifier"] == "CC-BY-4.0"
    assert "doi" not in json.dumps(found).lower(), "no repository has given one"
    (tmp_path / "wrong.json").write_text(json.dumps(found | {"titles": [{"titel": "x"}]}), "utf-8")
    assert python(VALIDATED, tmp_path / "wrong.json").returncode != 0


def test_the_folder_is_a_crate(exported: Path, real_release: Release) -> None:
    done = python(READ, exported)
    assert done.returncode == 0, done.stderr
    name, version, licence, files = json.loads(done.stdout)
    site = real_release.site
    assert (name, version, licence) == (site.title["en"], real_release.version, site.licence)
    for path in exported.iterdir():
        if path.name not in {*described.DOCUMENTS, "SHA256SUMS"}:
            data = path.read_bytes()
            assert files[path.name] == [str(len(data)), hashlib.sha256(data).hexdigest()]


@pytest.mark.skipif(
    "KCLOD_CFFCONVERT" not in os.environ, reason="KCLOD_CFFCONVERT names no cffconvert; .ci/run installs it"
)
def test_cffconvert_accepts_it(exported: Path, tmp_path: Path) -> None:
    def validated(folder: Path) -> subprocess.CompletedProcess[str]:
        command = [os.environ["KCLOD_CFFCONVERT"], "--validate"]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    done = validated(exported)
    assert done.returncode == 0, done.stdout + done.stderr
    text = (exported / "CITATION.cff").read_text("utf-8")
    (tmp_path / "CITATION.cff").write_text(text.replace('type: "dataset"', 'type: "lamp"'), "utf-8")
    assert validated(tmp_path).returncode != 0


def test_the_citation_is_yaml(exported: Path, real_release: Release) -> None:
    found = YAML(typ="safe").load((exported / "CITATION.cff").read_text("utf-8"))
    assert found["license"] == "CC-BY-4.0"
    assert found["version"] == real_release.version
    assert found["date-released"] == real_release.site.issued


NQUADS = "dcat:distribution [ dcat:downloadURL <https://lights.example/dumps/dataset.nq> ;"


@pytest.mark.parametrize(
    ("added", "rule"),
    [
        ("void:triples 1", "count"),
        ("void:entities 4711", "count"),
        ("void:classPartition [ void:class l:Light ; void:entities 4711 ]", "count"),
        ("void:classPartition [ void:class l:Nothing ; void:entities 1 ]", "count"),
        ("void:exampleResource <https://lights.example/id/light/none>", "example"),
        ("void:dataDump <https://lights.example/dumps/dataset.zip>", "link"),
        ("void:sparqlEndpoint <https://lights.example/query>", "link"),
        ("void:documents 12", "count"),
        ("void:classPartition [ void:class l:Nothing ]", "count"),
        ("void:subset [ void:subset [ void:distinctSubjects 3 ] ]", "count"),
        (f"{NQUADS} dcat:byteSize 12 ]", "count"),
        (f"{NQUADS} dcat:mediaType <https://www.iana.org/assignments/media-types/text/csv> ]", "link"),
        ("void:rootResource <https://lights.example/id/light/none>", "example"),
        ("void:vocabulary <http://purl.org/ontology/bibo/>", "vocabulary"),
        ("void:vocabulary <https://lights.example/>", "vocabulary"),
        ("dct:language <http://id.loc.gov/vocabulary/iso639-1/de>", "language"),
        ('void:uriRegexPattern "^https://lights.example/id/light/"', "pattern"),
        ('void:uriRegexPattern "("', "pattern"),
    ],
)
def test_what_is_declared_and_wrong_fails_the_build(
    edit: Callable[[str, str, str], Project], tmp_path: Path, added: str, rule: str
) -> None:
    added = added.replace("l:", f"<{BASE}ontology#").replace("Light ", "Light> ").replace("Nothing ", "Nothing> ")
    project = edit("ontology/dataset.ttl", 'void:uriSpace "', f'{added} ; void:uriSpace "')
    with pytest.raises(RefusedError) as refused:
        build(project, tmp_path / "releases")
    assert [problem.rule for problem in refused.value.problems] == [f"dataset.declared-{rule}"]
    assert refused.value.problems[0].file == str(project.dataset.file)
    if rule in ("example", "vocabulary", "language") or "https://lights.example/query" in added:
        assert refused.value.problems[0].line is not None
    assert not (tmp_path / "releases" / "current").exists()


def test_what_is_declared_and_right_is_kept(
    mini: Project, edit: Callable[[str, str, str], Project], tmp_path: Path
) -> None:
    first = pipeline.build(mini, tmp_path / "first")
    quads = list(ox.parse(path=next(first.path.glob("dumps/*.nq"))))
    void = "http://rdfs.org/ns/void#"
    (entities,) = {
        q.object.value for q in quads if q.predicate.value == f"{void}entities" and q.subject.value == f"{BASE}dataset"
    }
    (example, *_) = sorted(q.object.value for q in quads if q.predicate.value == f"{void}exampleResource")
    vocabularies = {q.object.value for q in quads if q.predicate.value == f"{void}vocabulary"}
    assert "http://www.w3.org/ns/oa#" not in vocabularies
    media_type = "<https://www.iana.org/assignments/media-types/application/trig>"
    added = (
        f"void:entities {entities} ; void:exampleResource <{example}> ; void:dataDump <{BASE}dumps/dataset.trig.gz> ;"
        f" dcat:distribution [ dcat:downloadURL <{BASE}dumps/dataset.trig.gz> ; dcat:mediaType {media_type} ] ;"
        f' dct:language <http://id.loc.gov/vocabulary/iso639-1/ko> ; void:uriRegexPattern "^{BASE}" ;'
        f" void:vocabulary {' , '.join(f'<{iri}>' for iri in sorted(vocabularies))} , <http://www.w3.org/ns/oa>"
    )
    notes: list[str] = []
    project = edit("ontology/dataset.ttl", 'void:uriSpace "', f'{added} ; void:uriSpace "')
    assert pipeline.build(project, tmp_path / "second", note=notes.append)
    assert not [note for note in notes if "void:vocabulary" in note]


def test_vocabularies_that_are_left_out_are_told(edit: Callable[[str, str, str], Project], tmp_path: Path) -> None:
    """And the build states them by itself."""
    added = 'void:vocabulary <http://www.w3.org/2004/02/skos/core> ; void:uriSpace "'
    notes: list[str] = []
    release = pipeline.build(
        edit("ontology/dataset.ttl", 'void:uriSpace "', added), tmp_path / "releases", note=notes.append
    )
    [told] = [note for note in notes if "void:vocabulary" in note]
    assert f"{BASE}ontology#" in told
    assert "skos" not in told
    assert f"<http://rdfs.org/ns/void#vocabulary> <{BASE}ontology#>" in release.dumps[0].path.read_text("utf-8")
