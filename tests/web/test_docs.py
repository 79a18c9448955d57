"""What docs/sparql.md and docs/negotiation.md say is what the code does."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click
import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from kclod.cli.publishing import serve
from kclod.pictures import PARTS
from kclod.rdf import RDF_FORMATS, RESULT_FORMATS
from kclod.store import memory_store
from kclod.vocab import XSD
from kclod.web.http.table import QUERY, TABLE, Row
from kclod.web.limits import Limits

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "sparql.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line.startswith("|")]
DEFAULTS = {
    "--deadline": "5 s",
    "--memory": "1024 MiB",
    "--max-result": "64 MiB",
    "--max-rows": "1,000,000",
    "--memory-store": "1024 MiB",
    "--cache": "64 MiB",
    "--ready": "64 MiB",
    "--client-queries": "8",
    "--client-seconds": "60",
    "--client-errors": "60",
}


def option(name: str) -> click.Option:
    (found,) = (p for p in serve.params if isinstance(p, click.Option) and name in p.opts)
    return found


@pytest.mark.parametrize("name", DEFAULTS)
def test_options_and_defaults(name: str) -> None:
    (row,) = (row for row in ROWS if row[-1] == f"`{name}`")
    assert row[1] == DEFAULTS[name]
    assert float(option(name).default) == float(row[1].split()[0].replace(",", ""))


def test_every_option_of_the_endpoint_is_told() -> None:
    others = {
        "--project",
        "--releases",
        "--release",
        "--data",
        "--base-iri",
        "--host",
        "--port",
        "--public-url",
        "--prefix",
    }
    options = {max(p.opts, key=len) for p in serve.params}
    assert {name for name in options - others if f"`{name}" not in TEXT and name not in TEXT} == set()


def test_the_command_has_the_defaults_of_the_library() -> None:
    limits = Limits()
    assert option("--deadline").default == limits.deadline_seconds
    assert option("--memory").default << 20 == limits.memory_bytes
    assert option("--max-result").default << 20 == limits.max_result_bytes
    assert option("--max-rows").default == limits.max_rows
    assert option("--cache").default << 20 == limits.cache_bytes
    assert option("--ready").default << 20 == limits.ready_bytes
    assert option("--client-queries").default == limits.client_queries
    assert option("--client-seconds").default == limits.client_seconds
    assert option("--client-errors").default == limits.client_errors
    assert (limits.stream_seconds, limits.table_rows, limits.max_query_bytes) == (60, 1000, 1 << 20)
    assert (limits.service_rows, limits.service_bytes, limits.quick_seconds) == (10_000, 8 << 20, 0.05)


def test_codes() -> None:
    told = {code for row in ROWS if row[0].isdigit() for code in re.findall(r"`([a-z0-9-]+)`", row[1])}
    web = ROOT / "src/kclod/web"
    made = {
        code
        for name in ("asked", "answering")
        for code in re.findall(
            r'ProblemError\(\s*[\w.]+,\s*"([a-z0-9-]+)"', (web / f"protocol/{name}.py").read_text("utf-8")
        )
    }
    text = (web / "engine/matching.py").read_text("utf-8")
    made |= set(re.findall(r'"(text-search|too-many-[a-z]+|no-[a-z-]+)"', text))
    assert made - told == {"query-failed"}  # a fault of ours is no promise
    assert told - made == {"method-not-allowed", "content-too-large"}


@pytest.mark.parametrize(
    ("written", "answered"),
    [
        (ox.Literal("1.00", datatype=XSD["decimal"]), ox.Literal("1", datatype=XSD["decimal"])),
        (ox.Literal("7", datatype=XSD["nonNegativeInteger"]), ox.Literal("7", datatype=XSD["integer"])),
    ],
)
def test_the_store_keeps_literals_by_value(written: ox.Literal, answered: ox.Literal) -> None:
    node = ox.NamedNode("https://data.example/a")
    (quad,) = memory_store([ox.Quad(node, node, written)])
    assert quad.object == answered
    assert all(term in TEXT for term in ('"1.00"^^xsd:decimal', "xsd:nonNegativeInteger"))


def test_formats(client: FlaskClient) -> None:
    (results,) = (row[1] for row in ROWS if row[0] == "SELECT, ASK")
    (graphs,) = (row[1] for row in ROWS if row[0] == "CONSTRUCT, DESCRIBE")
    assert re.findall(r"`(\w+)`", results) == [*(f.name for f in RESULT_FORMATS), "html"]
    assert set(re.findall(r"`(\w+)`", graphs)) == {*(f.name for f in RDF_FORMATS), "html"}
    assert client.put("/sparql").json["code"] == "method-not-allowed"
    large = client.post("/sparql", data=b"x" * 300_000, content_type="application/sparql-query")
    assert large.json["code"] == "content-too-large"


def test_pictures() -> None:
    text = (ROOT / "docs/overview.md").read_text("utf-8")
    told = {
        kind.lower(): (set(re.findall(r"`pub:(\w+)`", needs)), set(re.findall(r"`pub:(\w+)`", others)))
        for kind, needs, others in re.findall(r"^\| `pub:(\w+)` \| (.*?) \| (.*?) \|$", text, re.MULTILINE)
    }
    assert told == {
        kind.value: ({p.name for p in parts if p.required}, {p.name for p in parts if not p.required})
        for kind, parts in PARTS.items()
    }


def described(row: Row) -> str:
    chosen = [offer.format.name if offer.format else offer.media_type.partition("/")[2] for offer in row.offers]
    by = ", ".join(chosen) or ", ".join(f".{name}" for name in row.extensions) or "–"
    fixed = ", ".join(f"`{parameter}=`" for parameter in row.fixed) or "–"
    located = "in RDF" if row.located else "–"
    cells = (
        f"{row.kind}: `{row.address.partition(', and')[0]}`",
        str(row.status),
        by,
        ", ".join(row.vary) or "–",
        fixed,
        "yes" if row.tagged else "–",
        located,
        ", ".join(row.links) or "–",
    )
    return f"| {' | '.join(cells)} |"


def test_the_table_of_negotiation() -> None:
    path = ROOT / "docs" / "negotiation.md"
    text = path.read_text("utf-8")
    titles = (
        "resource",
        "status",
        "offers, the first by default",
        "Vary",
        "decided by",
        "validators",
        "Content-Location",
    )
    lines = [f"| {' | '.join((*titles, 'Link'))} |", "|" + "---|" * (len(titles) + 1)]
    lines += [described(row) for row in dict.fromkeys((*TABLE.values(), QUERY))]
    before, _, rest = text.partition("<!-- table -->\n")
    wanted = f"{before}<!-- table -->\n" + "\n".join(lines) + f"\n<!-- end -->{rest.partition('<!-- end -->')[2]}"
    if os.environ.get("KCLOD_WRITE_DOCS"):
        path.write_text(wanted, "utf-8")
    assert path.read_text("utf-8") == wanted, "KCLOD_WRITE_DOCS=1 makes it"
    assert "`--prefix" in text
    assert "--public-url" in text
