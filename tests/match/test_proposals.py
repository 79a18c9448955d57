"""`kclod link`: proposals from files and services, and their review."""

import csv
import json
import shutil
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kclod import pipeline
from kclod.cli import main
from kclod.errors import UsageError
from kclod.link import read_links
from kclod.project import Project
from kclod.proposals.mapping_set import read_set
from kclod.proposals.polite import Polite
from kclod.proposals.review import Review
from tests.conftest import MINI

DECLARED = """registries:
  atlas:
    title: Atlas of Lights
    source: https://atlas.example/
    namespace: https://atlas.example/light/
    prefix: atlas
    links: atlas.sssom.tsv
    things: |
      PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
      SELECT ?thing ?what ?value WHERE {
        ?thing skos:prefLabel ?value FILTER(CONTAINS(STR(?thing), "/id/light/")) BIND("name" AS ?what)
      }
    sparql: |
      SELECT ?thing ?what ?value WHERE { VALUES ?value { {names} } ?thing ?p ?value BIND("name" AS ?what) }
    tables:
      - columns:
          no: {is: id}
          name: {is: name, language: en}
          state: {is: status, values: {gone: withdrawn}, otherwise: active}
  wikidata:
    title: Wikidata
    source: https://www.wikidata.org/
    namespace: http://www.wikidata.org/entity/
    prefix: wd
    links: wikidata.sssom.tsv
    things: "SELECT ?thing ?what ?value WHERE { ?thing ?what ?value }"
"""
HEADER = """#curie_map:
#  id: https://lights.example/id/
#  atlas: https://atlas.example/light/
#mapping_set_id: https://lights.example/mapping/atlas
subject_id\tpredicate_id\tobject_id\tmapping_justification\tcomment
"""
ATLAS = (
    "no,name,state\n7,Nore Lightship,\n8,Nore Lightship Museum,\n9,Cape North Light,\n10,Nore Lightship,gone\n11,,\n"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("linking") / "project"
    shutil.copytree(MINI, root)
    pipeline.build(Project(root), root / "releases")
    return root


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    root = tmp_path / "project"
    shutil.copytree(built, root, symlinks=True)
    (root / "mappings" / "registries.yaml").write_text(DECLARED, "utf-8")
    (root / "mappings" / "atlas.sssom.tsv").write_text(HEADER, "utf-8")
    (root / "atlas.csv").write_text(ATLAS, "utf-8")
    return root


def link(root: Path, *arguments: object, answers: str = "") -> Result:
    given = ["link", "--project", root, "--to", "atlas", *arguments]
    result = CliRunner().invoke(main, [str(each) for each in given], input=answers)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def propose(root: Path, *arguments: object) -> list[dict[str, str]]:
    result = link(root, root / "atlas.csv", "--out", root / "found.tsv", "--least", 0.005, *arguments)
    assert result.exit_code == 0, result.output
    return list(read_set(root / "found.tsv").rows)


def review(root: Path, answers: str) -> Result:
    return link(root, "--review", root / "found.tsv", "--reviewer", "A keeper", answers=answers)


def pairs(rows: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(row["subject_id"].rpartition("/")[2], row["object_id"]) for row in rows]


def test_proposals_are_a_mapping_set_that_nobody_has_reviewed(root: Path) -> None:
    rows = propose(root)
    assert pairs(rows)[:2] == [("cape-north", "atlas:9"), ("nore", "atlas:7")]
    best = rows[1]
    assert best["mapping_justification"] == "semapv:LexicalMatching"
    assert best["predicate_id"] == "skos:exactMatch"
    assert float(best["confidence"]) > 0.9
    assert best["comment"].startswith("safe; same name: Nore Lightship | Nore Lightship")
    assert not any("reviewer_label" in row for row in rows)
    assert "atlas:10" not in {row["object_id"] for row in rows}  # it is withdrawn


def test_bad_records_are_told_and_withdrawn_ones_counted(root: Path) -> None:
    result = link(root, root / "atlas.csv", "--out", root / "found.tsv")
    assert "atlas.csv:" not in result.stdout
    assert "no table gives it a name" in result.stderr
    assert "11" in result.stderr
    assert "3 records read" in result.stderr
    assert "1 that are withdrawn" in result.stderr


def test_a_review_is_written_at_once_and_can_be_taken_up_again(root: Path) -> None:
    propose(root)
    first = review(root, "a\nq\n")
    assert first.exit_code == 0, first.output
    (row,) = read_set(root / "mappings" / "atlas.sssom.tsv").rows
    assert (row["subject_id"], row["predicate_id"], row["object_id"]) == (
        "id:light/cape-north",
        "skos:exactMatch",
        "atlas:9",
    )
    assert row["mapping_justification"] == "semapv:ManualMappingCuration"
    assert row["reviewer_label"] == "A keeper"
    assert "confidence" not in row
    second = review(root, "r\nn\n")
    assert "Cape North" not in second.output
    rows = read_set(root / "mappings" / "atlas.sssom.tsv").rows
    assert [(each["object_id"], each["predicate_id"], each.get("predicate_modifier")) for each in rows[1:]] == [
        ("atlas:7", "skos:exactMatch", "Not"),
        ("atlas:8", "skos:narrowMatch", None),
    ]
    assert "0 of 3 proposals are open" in review(root, "").output


def test_what_was_rejected_is_never_proposed_again(root: Path) -> None:
    propose(root)
    review(root, "s\nr\ns\n")
    (root / "found.tsv").unlink()
    assert ("nore", "atlas:7") not in pairs(propose(root))
    assert ("nore", "atlas:8") in pairs(propose(root))


def test_what_is_linked_is_not_asked_for_and_decisions_outlive_a_new_run(root: Path) -> None:
    propose(root)
    review(root, "a\nq\n")
    rows = propose(root)
    assert [row.get("reviewer_label") for row in rows if row["subject_id"].endswith("cape-north")] == ["A keeper"]
    assert "in all 1 " not in link(root, root / "atlas.csv", "--out", root / "other.tsv").output


def test_the_project_reads_what_a_review_wrote(root: Path) -> None:
    propose(root)
    review(root, "a\nr\nq\n")
    project = Project(root)
    links = read_links(
        project.link_files,
        base_iri="https://lights.example/",
        known={f"https://lights.example/id/light/{name}" for name in ("cape-north", "nore")},
        name_of={path: path.name for path in project.link_files},
    )
    found = {triple.object.value for triple in links.links if "atlas" in str(triple.object)}  # type: ignore[union-attr]
    assert found == {"https://atlas.example/light/9"}
    assert any("Not" in str(triple.object) for triple in links.mappings)


def test_a_review_that_broke_off_between_its_two_files_writes_no_row_twice(root: Path) -> None:
    propose(root)
    before = (root / "found.tsv").read_text("utf-8")
    review(root, "a\nq\n")
    (root / "found.tsv").write_text(before, "utf-8")
    review(root, "a\nq\n")
    rows = read_set(root / "mappings" / "atlas.sssom.tsv").rows
    assert [row["object_id"] for row in rows] == ["atlas:9"]


def test_other_rows_and_their_order_stay(root: Path) -> None:
    path = root / "mappings" / "atlas.sssom.tsv"
    kept = "id:keeper/a\tskos:exactMatch\tatlas:1\tsemapv:LexicalMatching\tfirst\n"
    last = "id:office/z\tskos:exactMatch\tatlas:2\tsemapv:LexicalMatching\tlast\n"
    path.write_text(HEADER + kept + last, "utf-8")
    propose(root)
    review(root, "a\nq\n")
    table = list(csv.DictReader(path.read_text("utf-8").splitlines()[4:], delimiter="\t"))
    assert [row["object_id"] for row in table] == ["atlas:1", "atlas:9", "atlas:2"]
    assert table[0]["comment"] == "first"
    assert path.read_text("utf-8").startswith(HEADER[:60])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["atlas.csv", "--service", "http://127.0.0.1:1/"], "one of them only"),
        ([], "one of them only"),
        (["atlas.csv", "--to", "nowhere"], "no registry 'nowhere'"),
        (["atlas.csv", "--to", "wikidata"], r"use one of name, alias"),
        (["--review", "atlas.csv", "--reviewer", "x"], "no column object_id, predicate_id, subject_id"),
    ],
)
def test_what_cannot_be_done_is_told(root: Path, arguments: list[str], message: str) -> None:
    given = [root / each if each == "atlas.csv" else each for each in arguments]
    result = link(root, *given)
    assert result.exit_code in {1, 2}
    assert message in result.output


def test_a_wrong_declaration_is_told_with_its_place(root: Path) -> None:
    path = root / "mappings" / "registries.yaml"
    path.write_text(DECLARED.replace("no: {is: id}", "no: {is: number}"), "utf-8")
    result = link(root, root / "atlas.csv")
    assert result.exit_code == 1
    assert "registries.atlas.tables.0.columns.no.is" in result.output


def test_a_number_without_an_iri_is_a_things_or_is_not(root: Path) -> None:
    path = root / "mappings" / "registries.yaml"
    path.write_text(DECLARED.replace("prefix: atlas\n", "prefix: atlas\n    exact: schema:identifier\n"), "utf-8")
    propose(root)
    assert "[c]lose" not in review(root, "a\nr\nq\n").output
    found = read_set(root / "mappings" / "atlas.sssom.tsv")
    assert [(row["predicate_id"], row.get("predicate_modifier")) for row in found.rows] == [
        ("schema:identifier", None),
        ("schema:identifier", "Not"),
    ]
    assert found.curie_map["schema"] == "https://schema.org/"


@dataclass
class Service:
    """A service of others: what it answers, and what it was asked."""

    address: str
    asked: list[str] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    """Statuses with which the next requests are refused."""
    answer: Callable[[str], Any] = lambda _: {}


@pytest.fixture
def service() -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(urllib.parse.unquote_plus(self.path))

        def do_POST(self) -> None:
            self.reply(urllib.parse.unquote_plus(self.rfile.read(int(self.headers["Content-Length"])).decode()))

        def reply(self, text: str) -> None:
            made.asked.append(text)
            if made.failures:
                self.send_response(made.failures.pop(0))
                self.send_header("Retry-After", "3")
                self.end_headers()
                return
            body = json.dumps(made.answer(text)).encode()
            self.send_response(200)
            kind = "application/sparql-results+json" if "SELECT" in text else "application/json"
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Service(f"http://127.0.0.1:{server.server_port}/reconcile")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def reconciled(text: str) -> object:
    if not text.startswith("queries="):
        return {"versions": ["0.2"], "name": "Atlas", "identifierSpace": "https://atlas.example/light/", "batchSize": 2}
    queries = json.loads(text.removeprefix("queries="))
    found = {"Nore Lightship": {"id": "7", "name": "Nore Lightship"}, "북갑등대": {"id": "9", "name": "북갑등대"}}
    return {
        key: {"result": [{**found[q["query"]], "score": 90, "match": True}] if q["query"] in found else []}
        for key, q in queries.items()
    }


def test_a_reconciliation_service(root: Path, service: Service, tmp_path: Path) -> None:
    service.answer = reconciled
    arguments = ["--service", service.address, "--cache", tmp_path / "cache", "--out", root / "found.tsv"]
    result = link(root, *arguments)
    assert result.exit_code == 0, result.output
    assert pairs(list(read_set(root / "found.tsv").rows)) == [("cape-north", "atlas:9"), ("nore", "atlas:7")]
    batches = [json.loads(text.removeprefix("queries=")) for text in service.asked[1:]]
    assert [len(batch) for batch in batches] == [2, 2]
    asked = len(service.asked)
    assert link(root, *arguments).exit_code == 0
    assert len(service.asked) == asked  # the second time from the cache


def test_a_service_of_another_registry_is_refused(root: Path, service: Service, tmp_path: Path) -> None:
    service.answer = lambda _: {"identifierSpace": "https://other.example/"}
    result = link(root, "--service", service.address, "--cache", tmp_path)
    assert result.exit_code == 2
    assert "its identifiers are of <https://other.example/>" in result.output


@pytest.mark.parametrize("answer", [[], {}, {"identifierSpace": "https://atlas.example/light/"}])
def test_answers_that_are_none_of_the_specification(
    root: Path, service: Service, tmp_path: Path, answer: object
) -> None:
    service.answer = lambda _: answer
    result = link(root, "--service", service.address, "--cache", tmp_path)
    assert result.exit_code == 2
    assert "linking.service" in result.output


def test_a_sparql_endpoint(root: Path, service: Service, tmp_path: Path) -> None:
    binding = {
        "thing": {"type": "uri", "value": "https://atlas.example/light/7"},
        "what": {"type": "literal", "value": "name"},
        "value": {"type": "literal", "xml:lang": "en", "value": "Nore Lightship"},
    }
    service.answer = lambda _: {"head": {"vars": ["thing", "what", "value"]}, "results": {"bindings": [binding]}}
    result = link(root, "--endpoint", service.address, "--cache", tmp_path / "c", "--out", root / "found.tsv")
    assert result.exit_code == 0, result.output
    assert pairs(list(read_set(root / "found.tsv").rows)) == [("nore", "atlas:7")]
    assert '"Nore Lightship"@en' in service.asked[0]


def test_a_busy_service_is_asked_again_later_and_not_for_ever(service: Service, tmp_path: Path) -> None:
    waits: list[float] = []
    polite = Polite(tmp_path, seconds=60, pause=0, sleep=waits.append)
    service.failures = [503, 429]
    service.answer = lambda _: {"good": True}
    assert polite.get_json(service.address) == {"good": True}
    assert [wait for wait in waits if wait] == [3.0, 3.0]  # as Retry-After says
    service.failures = [503] * 9
    with pytest.raises(UsageError, match="503"):
        polite.get_json(f"{service.address}?other")
    assert len(service.failures) == 4
    service.failures = [404]
    with pytest.raises(UsageError, match="404"):
        polite.get_json(f"{service.address}?third")


def test_requests_are_not_hurried_and_the_deadline_is_kept(service: Service, tmp_path: Path) -> None:
    waits: list[float] = []
    polite = Polite(tmp_path, seconds=60, pause=2, sleep=waits.append)
    polite.get_json(service.address)
    polite.get_json(f"{service.address}?second")
    assert len(waits) == 1
    assert 1 < waits[0] <= 2
    late = Polite(tmp_path, seconds=0)
    with pytest.raises(UsageError, match="within 0 s"):
        late.get_json(f"{service.address}?late")


def test_offline_is_told_with_what_to_do(root: Path, tmp_path: Path) -> None:
    result = link(root, "--service", "http://127.0.0.1:1/", "--cache", tmp_path, "--timeout", 0.5)
    assert result.exit_code == 2
    assert "cannot be reached" in result.output
    assert "work offline from a file of the registry" in result.output


def test_a_decision_in_a_registry_without_links_stays_with_the_proposals(root: Path) -> None:
    propose(root)
    made = Review(root / "found.tsv", None, "A keeper")
    (place, row), *_ = made.open_rows()
    decided = made.decide(place, "accept", date(2026, 1, 2))
    assert decided["object_id"] == row["object_id"]
    assert made.counts() == (1, 3)
    assert read_set(root / "mappings" / "atlas.sssom.tsv").rows == ()
