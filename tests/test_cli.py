"""The command line, as a user calls it: output, messages, exit codes."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result

from kclod.cli import MODULES, main
from kclod.project import Project

Edit = Callable[[str, str, str], Project]
PEOPLE = """@prefix : <http://e/> .
:a :knows :b ; :name "Ann"@en . :b :knows :c ; :age 30 .
"""


def kclod(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.ttl"
    path.write_text(PEOPLE)
    return path


def test_help_tells_a_newcomer_enough() -> None:
    text = kclod("--help").output
    for verb in ("build", "serve", "query", "map", "reason", "validate"):
        assert verb in text
    assert "ontology/" in text


def test_build_and_query_the_release(mini: Project) -> None:
    built = kclod("build", "--project", mini.root)
    assert built.exit_code == 0, built.output
    assert (mini.root / "releases" / "current" / "manifest.json").exists()
    found = kclod(
        "query",
        "-e",
        "SELECT ?l WHERE { ?l <https://lights.example/ontology#lit> ?d }",
        "--format",
        "csv",
        "-p",
        mini.root,
    )
    assert found.stdout.split() == ["l", "https://lights.example/id/light/cape-north"]


def test_build_refuses_with_file_and_line(edit: Edit) -> None:
    project = edit("examples/articles/gazette.yaml", "light: nore", "light: nowhere")
    result = kclod("build", "--project", project.root)
    assert result.exit_code == 1
    assert "examples/articles/gazette.yaml:21" in result.stderr
    assert "[record.unknown-entity]" in result.stderr
    assert not list((project.root / "releases").glob("[!.]*"))


def test_no_project_here(tmp_path: Path) -> None:
    result = kclod("build", "--project", tmp_path)
    assert result.exit_code == 2
    assert "--project" in result.stderr


def test_no_release_yet(mini: Project) -> None:
    for verb in (["serve"], ["query", "-e", "ASK {}"]):
        result = kclod(*verb, "--project", mini.root)
        assert result.exit_code == 2
        assert "kclod build" in result.stderr


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("json", "SELECT ?o WHERE { <http://e/b> <http://e/age> ?o }", '"value":"30"'),
        ("csv", "SELECT ?o WHERE { <http://e/b> <http://e/age> ?o }", "o\r\n30\r\n"),
        ("tsv", "SELECT ?o WHERE { <http://e/b> <http://e/age> ?o }", "?o\n30\n"),
        ("xml", "SELECT ?o WHERE { <http://e/b> <http://e/age> ?o }", "<sparql "),
        ("table", "SELECT ?o WHERE { <http://e/a> <http://e/name> ?o }", "Ann @en"),
        ("table", "ASK { <http://e/a> ?p ?o }", "true"),
        ("json", "ASK { <http://e/z> ?p ?o }", '"boolean":false'),
        ("ttl", "CONSTRUCT { ?s <http://e/is> ?o } WHERE { ?s <http://e/age> ?o }", "<http://e/b> <http://e/is> 30 ."),
        ("nt", "DESCRIBE <http://e/a>", '<http://e/a> <http://e/name> "Ann"@en .\n'),
    ],
)
def test_query_formats(people: Path, form: str, text: str, expected: str) -> None:
    result = kclod("query", "-e", text, "--data", people, "--format", form)
    assert result.exit_code == 0, result.output
    assert expected in result.stdout_bytes.decode()


def test_query_from_a_file_over_named_graphs(people: Path, tmp_path: Path) -> None:
    query = tmp_path / "q.rq"
    query.write_text("SELECT (COUNT(*) AS ?n) WHERE { GRAPH <g> { ?s ?p ?o } }")
    result = kclod("query", query, "--named", "http://e/g", people, "--base-iri", "http://e/", "--format", "csv")
    assert result.stdout.split() == ["n", "4"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["query"],
        ["query", "-e", "SELECT", "--data", "PEOPLE"],
        ["query", "-e", "ASK {}", "--data", "missing.ttl"],
        ["query", "-e", "ASK {}", "--named", "no iri", "PEOPLE"],
        ["query", "-e", "SELECT * { ?s ?p ?o }", "--data", "PEOPLE", "--format", "ttl"],
        ["query", "-e", "CONSTRUCT WHERE { ?s ?p ?o }", "--data", "PEOPLE", "--format", "csv"],
        ["query", "-e", "ASK {}", "--data", "PEOPLE", "--endpoint", "http://127.0.0.1:1/"],
        ["query", "-e", "ASK {}", "--endpoint", "http://127.0.0.1:1/sparql"],
        ["map", "--sources", "."],
        ["reason"],
        ["validate", "--data", "PEOPLE"],
        ["fly"],
    ],
)
def test_bad_calls_exit_with_2(people: Path, arguments: list[str]) -> None:
    result = kclod(*[str(people) if argument == "PEOPLE" else argument for argument in arguments])
    assert result.exit_code == 2, result.output
    assert result.stderr
    assert "Traceback" not in result.output


def test_map_any_files(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "people.json").write_text(json.dumps([{"id": 1, "name": "Ann"}, {"id": 2}]))
    mapping = tmp_path / "people.ttl"
    mapping.write_text(
        """@prefix rml: <http://w3id.org/rml/> . @prefix : <http://e/> .
        :P a rml:TriplesMap ;
          rml:logicalSource [ rml:source :file ;
            rml:referenceFormulation rml:JSONPath ; rml:iterator "$[*]" ] ;
          rml:subjectMap [ rml:template "person/{$.id}" ] ;
          rml:predicateObjectMap [ rml:predicate :name ; rml:objectMap [ rml:reference "$.name" ] ] .
        :file a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "people.json" ."""
    )
    out = tmp_path / "out.nq"
    result = kclod("map", mapping, "--sources", tmp_path / "in", "--base-iri", "http://e/", "--out", out)
    assert result.exit_code == 0, result.output
    assert out.read_text() == '<http://e/person/1> <http://e/name> "Ann" .\n'


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    """A mapping of people.csv in a folder `in`, with a date and an IRI that is used as it is."""
    (tmp_path / "in").mkdir()
    path = tmp_path / "people.ttl"
    path.write_text(
        """@prefix rml: <http://w3id.org/rml/> . @prefix : <http://e/> .
        @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
        :P a rml:TriplesMap ;
          rml:logicalSource [ rml:referenceFormulation rml:CSV ; rml:source [ rml:path "people.csv" ] ] ;
          rml:subjectMap [ rml:template "http://e/{id}" ] ;
          rml:predicateObjectMap [ rml:predicate :born ;
            rml:objectMap [ rml:reference "born" ; rml:datatype xsd:date ] ] ;
          rml:predicateObjectMap [ rml:predicate :page ;
            rml:objectMap [ rml:reference "page" ; rml:termType rml:UnsafeIRI ] ] ."""
    )
    return path


def write_people(folder: Path, *rows: str) -> None:
    (folder / "in" / "people.csv").write_text("id,born,page\n" + "".join(f"{row}\n" for row in rows))


def test_map_lists_what_it_rejects(tmp_path: Path, mapping: Path) -> None:
    write_people(tmp_path, "1,2024-01-01,http://e/a b", "2,soon,http://e/c")
    out, rejects = tmp_path / "out.nq", tmp_path / "rejects.jsonl"
    arguments = ["map", mapping, "--sources", tmp_path / "in", "--out", out, "--rejects", rejects]
    result = kclod(*arguments)
    assert result.exit_code == 1
    assert "3 quads, 1 rejected terms" in result.stderr
    assert out.read_text() == (
        '<http://e/1> <http://e/born> "2024-01-01"^^<http://www.w3.org/2001/XMLSchema#date> .\n'
        "<http://e/1> <http://e/page> <http://e/a b> .\n"
        "<http://e/2> <http://e/page> <http://e/c> .\n"
    )
    assert [json.loads(line) for line in rejects.read_text().splitlines()] == [
        {
            "file": "people.csv",
            "record": 2,
            "line": 3,
            "triples_map": "http://e/P",
            "reference": "born",
            "value": "soon",
            "reason": "it is not in the lexical space of <http://www.w3.org/2001/XMLSchema#date>",
        }
    ]
    again = kclod(*arguments, "--keep-going", "--jobs", "2")
    assert again.exit_code == 0
    assert "3 quads, 1 rejected terms" in again.stderr
    assert "people.csv:3" in again.stderr


def test_map_prints_every_rejected_term_that_no_file_lists(tmp_path: Path, mapping: Path) -> None:
    write_people(tmp_path, *(f"{number},soon,http://e/c" for number in range(150)))
    result = kclod("map", mapping, "--sources", tmp_path / "in")
    assert result.exit_code == 1
    assert result.stderr.count("record ") == 150


def test_map_streams_repeats_and_can_leave_them_out(tmp_path: Path, mapping: Path) -> None:
    write_people(tmp_path, *["1,2024-01-01,http://e/c\u2028d"] * 3)
    out, turtle = tmp_path / "out.nq", tmp_path / "out.ttl"
    common = ["map", mapping, "--sources", tmp_path / "in", "--out"]
    assert kclod(*common, out).exit_code == 0
    assert len(out.read_text("utf-8").removesuffix("\n").split("\n")) == 6
    assert kclod(*common, out, "--distinct").exit_code == 0
    assert len(out.read_text("utf-8").removesuffix("\n").split("\n")) == 2
    write_people(tmp_path, *["1,2024-01-01,http://e/c"] * 3)
    assert kclod(*common, turtle).exit_code == 0
    assert len(list(ox.parse(turtle.read_bytes(), ox.RdfFormat.TURTLE))) == 2


def test_map_writes_no_part_of_what_is_refused(tmp_path: Path, mapping: Path) -> None:
    write_people(tmp_path, "1,2024-01-01,http://e/c", "2")
    out, rejects = tmp_path / "out.nq", tmp_path / "rejects.jsonl"
    before = sorted(tmp_path.iterdir())
    result = kclod("map", mapping, "--sources", tmp_path / "in", "--out", out, "--rejects", rejects, "--keep-going")
    assert result.exit_code == 1
    assert "people.csv:3" in result.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_map_refuses_unsafe_iris_where_the_format_cannot_hold_them(tmp_path: Path, mapping: Path) -> None:
    write_people(tmp_path, "1,2024-01-01,http://e/a b")
    result = kclod("map", mapping, "--sources", tmp_path / "in", "--out", tmp_path / "out.ttl")
    assert result.exit_code == 1
    assert "map.unsafe-iri" in result.stderr
    assert not (tmp_path / "out.ttl").exists()


def test_map_to_a_place_that_cannot_be_written(tmp_path: Path, mapping: Path) -> None:
    write_people(tmp_path, "1,2024-01-01,http://e/c")
    result = kclod("map", mapping, "--sources", tmp_path / "in", "--out", tmp_path / "nowhere" / "out.nq")
    assert result.exit_code == 2
    assert "file.unwritable" in result.stderr


def test_a_verb_starts_without_the_rest(tmp_path: Path, mapping: Path) -> None:
    write_people(tmp_path, "1,2024-01-01,http://e/c")
    arguments = ["map", str(mapping), "--sources", str(tmp_path / "in")]
    program = f"""import sys; sys.argv = ["kclod", *{arguments!r}]
from kclod.cli.start import start
try:
    start()
finally:
    heavy = {{"pyshacl", "owlready2", "flask", "rdflib"}}
    print(sorted(heavy & sys.modules.keys()), file=sys.stderr)"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 2
    assert done.stderr.splitlines()[-1] == "[]"


def test_every_verb_has_its_module() -> None:
    assert sorted(verb for verbs in MODULES.values() for verb in verbs) == sorted(main.commands)


def test_reason(tmp_path: Path, people: Path) -> None:
    ontology = tmp_path / "o.ttl"
    ontology.write_text("@prefix owl: <http://www.w3.org/2002/07/owl#> . <http://e/knows> a owl:SymmetricProperty .")
    out = tmp_path / "g.nt"
    assert kclod("reason", "--data", people, "--ontology", ontology, "--out", out).exit_code == 0
    assert "<http://e/b> <http://e/knows> <http://e/a> .\n" in out.read_text()


def test_reason_over_contradictions(tmp_path: Path, people: Path) -> None:
    ontology = tmp_path / "o.ttl"
    ontology.write_text(
        "@prefix owl: <http://www.w3.org/2002/07/owl#> ."
        "<http://e/knows> a owl:IrreflexiveProperty, owl:ObjectProperty ."
        "<http://e/a> <http://e/knows> <http://e/a> ."
    )
    result = kclod("reason", "--data", people, "--ontology", ontology)
    assert result.exit_code == 1
    assert "http://e/knows" in result.stderr


SHAPE = """@prefix sh: <http://www.w3.org/ns/shacl#> .
<http://e/S> a sh:NodeShape ; sh:targetSubjectsOf <http://e/knows> ;
  sh:property [ sh:path <http://e/name> ; sh:minCount %s ] .
"""


@pytest.mark.parametrize(("count", "code"), [("0", 0), ("1", 1), ('"one"', 2)])
def test_validate(tmp_path: Path, people: Path, count: str, code: int) -> None:
    shapes, report = tmp_path / "s.ttl", tmp_path / "report.ttl"
    shapes.write_text(SHAPE % count)
    result = kclod("validate", "--data", people, "--shapes", shapes, "--out", report)
    assert result.exit_code == code, result.output
    if code == 1:
        assert "http://e/b" in result.stderr
    if code < 2:
        assert "ValidationReport" in report.read_text()


def test_validate_says_when_a_shape_looked_at_nothing(tmp_path: Path, people: Path) -> None:
    shapes = tmp_path / "s.ttl"
    shapes.write_text((SHAPE % "1").replace("knows", "hates"))
    result = kclod("validate", "--data", people, "--shapes", shapes)
    assert result.exit_code == 0
    assert "http://e/S" in result.stderr


def test_query_as_file_and_as_text_at_once(tmp_path: Path) -> None:
    query = tmp_path / "q.rq"
    query.write_text("ASK {}")
    assert kclod("query", query, "-e", "ASK {}").exit_code == 2


def test_records_are_what_the_mappings_read(mini: Project, tmp_path: Path) -> None:
    assert kclod("records", "-p", mini.root, "--out", tmp_path / "rows").exit_code == 0
    mapping = mini.root / "mappings/lights.rml.ttl"
    base = ("--base-iri", mini.dataset.base_iri)
    mapped = kclod("map", mapping, "--sources", tmp_path / "rows", *base, "--distinct", "--out", tmp_path / "m.nq")
    assert mapped.exit_code == 0, mapped.output
    kclod("build", "-p", mini.root)
    (dump,) = (mini.root / "releases/current/dumps").glob("*.nq")
    lines = set((tmp_path / "m.nq").read_text("utf-8").splitlines())
    assert lines < set(dump.read_text("utf-8").splitlines())
    assert sum("/claim/" in line for line in lines) > 5
    (tmp_path / "file").write_text("")
    assert kclod("records", "-p", mini.root, "--out", tmp_path / "file" / "rows").exit_code == 2


def test_schema(mini: Project) -> None:
    assert json.loads(kclod("schema", "--project", mini.root).stdout)["$defs"]


class _Endpoint(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(
            {"head": {"vars": ["x"]}, "results": {"bindings": [{"x": {"type": "literal", "value": "far"}}]}}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/sparql-results+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815  # the name that http.server asks for

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/sparql"
    server.shutdown()
    thread.join()
    server.server_close()


def test_query_a_remote_endpoint(endpoint: str) -> None:
    result = kclod("query", "-e", "SELECT ?x WHERE { ?s ?p ?x }", "--endpoint", endpoint)
    assert result.exit_code == 0, result.output
    assert "far" in result.stdout


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        ("--public-url", "data.example", "serve.public-url"),
        ("--public-url", "ftp://data.example/", "serve.public-url"),
        ("--public-url", "https://data.example/?x", "serve.public-url"),
        ("--prefix", "lights", "serve.prefix"),
        ("--prefix", "/a//b", "serve.prefix"),
        ("--prefix", "/a?b", "serve.prefix"),
    ],
)
def test_where_a_site_is_reached(option: str, value: str, rule: str) -> None:
    result = CliRunner().invoke(main, ["serve", option, value])
    assert result.exit_code == 2
    assert rule in result.output
