"""Tables of the classes: what CSV, CSVW, SQLite and Parquet hold is what the statements say, and validators agree."""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pyoxigraph as ox
import pytest

from kclod import dumps, rdf
from kclod.dumps import offered
from kclod.dumps.forms import TABULAR
from kclod.layout import Arrangement, Fact, Layout, Step
from kclod.layout import Path as Way
from kclod.release import Release, publish
from kclod.vocab import RDF
from tests.test_dumps import BASE, P, some_site

DATA = f"""
@prefix : <{P}> . @prefix id: <{BASE}id/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
id:a a :Light ; skos:prefLabel "Alpha, \\"old\\"\\n|"@en , "알파 등대"@ko , "the other"@en ;
  :height 31.50 ; :lit "1899-05-01"^^xsd:date ;
  :count 3 , 12 ; :near id:b , id:c ; :tending id:t ; :on true  ;
  :free "1899~"^^<http://e.org/edtf> ; :mixed id:b , "a text" .
id:b a :Light ; skos:prefLabel "Beta"@en ; :lit "1900-01-02"^^xsd:date ; :count 4 ; :on false .
id:c a :Light . [] a :Light ; :height 1.0 .
id:t a :Tending ; :keeper id:ann . id:ann skos:prefLabel "Ann"@en . id:x :near id:a .
"""


def way(*names: str) -> Way:
    steps = tuple(Way(Step.PREDICATE, n if n.startswith("http") else f"{P}{n}") for n in names)
    return steps[0] if len(steps) == 1 else Way(Step.SEQUENCE, parts=steps)


def fact(order: float, title: str, *names: str) -> Fact:
    return Fact(way(*names), {"en": title, "ko": f"{title} (한)"}, order=order)


PLAIN = ("height", "lit", "count", "near", "on", "free", "mixed")
LAYOUT = Layout(
    arrangements=(
        Arrangement((fact(1, "name", "http://www.w3.org/2004/02/skos/core#prefLabel"),), subjects_of=("http://www.w3.org/2004/02/skos/core#prefLabel",)),
        Arrangement(
            (
                *(fact(n, name, name) for n, name in enumerate(PLAIN, 2)),
                fact(20, "keeper", "tending", "keeper"),
                fact(21, "tending", "tending"),
                fact(22, "never", "never"),
                Fact(Way(Step.INVERSE, parts=(way("near"),)), {"en": "said"}, order=0),
            ),
            classes=(f"{P}Light",),
        ),
        Arrangement((fact(1, "kept by", "keeper"),), classes=(f"{P}Tending",)),
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tables")
    site = replace(some_site(), layout=LAYOUT, title={"en": "Lights", "ko": "등대"}, classes=(f"{P}Light",))
    release = publish(root / "releases", site, list(ox.parse(DATA, ox.RdfFormat.TURTLE)), inputs={}, stages={})
    items = [item for item in offered(release).values() if item.form in TABULAR]
    dumps.write_all(release, root / "out", items, 1)
    return root / "out"


def rows_in(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def schema_in(folder: Path) -> dict[str, dict[str, object]]:
    (table,) = json.loads((folder / "csv-metadata.json").read_text("utf-8"))["tables"]
    return {column["name"]: column for column in table["tableSchema"]["columns"]}


def test_the_table(out: Path) -> None:
    first, second, third = rows_in(out / "lights.class-Light.csv")
    assert first == {
        "iri": f"{BASE}id/a",
        "name_en": 'Alpha, "old"\n|¦the other',
        "name_ko": "알파 등대",
        "height": "31.50",
        "lit": "1899-05-01",
        "count": "12|3",
        "near": f"Beta|{BASE}id/c",
        "near_iri": f"{BASE}id/b|{BASE}id/c",
        "on": "true",
        "free": "1899~",
        "mixed": "Beta",
        "mixed_iri": f"{BASE}id/b",
        "mixed_value": "a text",
        "keeper": "Ann",
        "keeper_iri": f"{BASE}id/ann",
        "tending": "Ann",  # it has no label: what its facts lead to
        "tending_iri": f"{BASE}id/t",
    }
    assert (second["name_en"], second["height"], second["count"]) == ("Beta", "", "4")
    assert third == dict.fromkeys(third, "") | {"iri": f"{BASE}id/c"}
    assert (out / "lights.class-Light.csv").read_bytes().count(b"\r\n") == 4


def test_the_description(out: Path) -> None:
    schema = schema_in(out)
    assert list(schema) == list(rows_in(out / "lights.class-Light.csv")[0])
    assert schema["height"]["datatype"] == "decimal"
    assert schema["lit"]["datatype"] == "date"
    assert schema["lit"]["titles"] == {"en": ["lit", "lit"], "ko": "lit (한)"}
    assert (schema["count"]["datatype"], schema["count"]["separator"]) == ("integer", "|")
    assert (schema["name_en"]["lang"], schema["name_en"]["separator"]) == ("en", "¦")
    assert "separator" not in schema["name_ko"]
    assert schema["free"]["datatype"] == {"base": "string", "@id": "http://e.org/edtf"}
    assert schema["near_iri"]["propertyUrl"] == f"{P}near"


def validated(folder: Path) -> subprocess.CompletedProcess[str]:
    """By the `csvw` package, which reads every cell by its datatype and looks for keys that are there twice."""
    command = [Path(sys.executable).with_name("csvwvalidate"), folder / "csv-metadata.json"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_independent_validator_agrees(out: Path) -> None:
    done = validated(out)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("old", "new"), [("1899-05-01", "1899-05-99"), ("12|3", "12|x"), (f"{BASE}id/b,", f"{BASE}id/a,")]
)
def test_the_validator_would_see_it(out: Path, tmp_path: Path, old: str, new: str) -> None:
    for path in (out / "lights.class-Light.csv", out / "csv-metadata.json"):
        text = path.read_bytes().decode()
        (tmp_path / path.name).write_bytes(text.replace(old, new).encode() if path.suffix == ".csv" else text.encode())
    assert (tmp_path / "lights.class-Light.csv").read_bytes() != (out / "lights.class-Light.csv").read_bytes()
    assert validated(tmp_path).returncode != 0


def test_sqlite(out: Path) -> None:
    with closing(sqlite3.connect(f"file:{out / 'lights.tables.sqlite'}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        light = dict(connection.execute("SELECT iri, lit FROM Light").fetchall())
        assert light[f"{BASE}id/b"] == "1900-01-02"
        counts = (
            "SELECT l.name_ko, c.place, c.value FROM Light l JOIN Light__count c USING (iri) WHERE l.iri LIKE '%/a'"
        )
        assert connection.execute(counts).fetchall() == [("알파 등대", 1, 12), ("알파 등대", 2, 3)]


def test_parquet(out: Path) -> None:
    table = pq.read_table(out / "lights.class-Light.parquet")
    first, _, third = table.to_pylist()
    assert (first["count"], first["on"], first["lit"].isoformat(), first["height"]) == (
        [12, 3],
        True,
        "1899-05-01",
        "31.50",
    )
    assert first["near_iri"] == [f"{BASE}id/b", f"{BASE}id/c"]
    assert (third["on"], third["count"]) == (None, [])


def test_the_examples(real_release: Release, tmp_path: Path) -> None:
    """Their tables validate; each has the things of its class, and each cell's IRIs are what the dump says."""
    items = [i for i in offered(real_release).values() if i.form in TABULAR and not i.coding]
    dumps.write_all(real_release, tmp_path, items, 2)
    done = validated(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    default = {
        q for q in ox.parse(path=next(real_release.path.glob("dumps/*.nq"))) if q.graph_name == rdf.DEFAULT_GRAPH
    }
    facts = Counter((q.subject, q.predicate.value) for q in default)
    tables = json.loads((tmp_path / "csv-metadata.json").read_text("utf-8"))["tables"]
    kinds = dict(zip([t["url"] for t in tables], real_release.site.classes, strict=True))
    checked = 0
    for table in tables:
        rows = rows_in(tmp_path / table["url"])
        things = {
            q.subject for q in default if q.predicate == RDF["type"] and q.object == ox.NamedNode(kinds[table["url"]])
        }
        assert {ox.NamedNode(row["iri"]) for row in rows} == things
        for column in table["tableSchema"]["columns"]:
            assert {"en", "ko", "fr"} <= column["titles"].keys(), column
            if column["name"].endswith("_iri") and "propertyUrl" in column:
                for row in rows:
                    cell = row[column["name"]]
                    values = (
                        cell.split(column["separator"]) if column.get("separator") and cell else [cell] if cell else []
                    )
                    assert len(values) <= facts[ox.NamedNode(row["iri"]), column["propertyUrl"]]
                    for value in values:
                        checked += 1
                        quad = (row["iri"], column["propertyUrl"], value)
                        assert ox.Quad(*map(ox.NamedNode, quad)) in default
    assert checked > 500
