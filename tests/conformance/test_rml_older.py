"""The RML-Core cases said in the older vocabulary (R2RML with http://semweb.mmlab.be/ns/rml#), over JSON and over CSV.

The suite of the older vocabulary (kg-construct/rml-test-cases) has the same cases; its files are not here, so they are
made from today's: properties renamed, `$.` left out of references, sources named by their file, records as rows. What
the older vocabulary does not have (expression maps, rml:baseIRI, URIs, JSONPath beyond names in a row) is left out.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pyoxigraph as ox
import pytest
from tests.conformance.test_rml_core import rows

from kclod import rdf
from kclod.errors import KclodError
from kclod.rml import compile_mappings, run

RML = "http://w3id.org/rml/"
OLD = "http://semweb.mmlab.be/ns/rml#"
R2RML = "http://www.w3.org/ns/r2rml#"
QUERY = "http://semweb.mmlab.be/ns/ql#"
RENAMED = {"logicalSource", "source", "iterator", "referenceFormulation", "reference"}
NEW = {"languageMap", "datatypeMap", "baseIRI", "childMap", "parentMap", "URI", "UnsafeIRI", "UnsafeURI"}
NAME = re.compile(r"\$\.([\w ]+)|\$\['([^'\]{}]*)'\]")
PLACE = re.compile(r"(?<!\\)\{(\$[^{}]*?)(?<!\\)\}")
TYPED = re.compile(r"\^\^<http://www\.w3\.org/2001/XMLSchema#(integer|double|boolean)>")

LEAST = {"json": 40, "csv": 30}
"""How many cases there must be, so that the making of them cannot lose them unseen."""

NOT_IN_CSV = {
    "RMLTC0002g-JSON": "its iterator is what is wrong, and a table has none",
    "RMLTC0013a-JSON": "a cell cannot be null",
    "RMLTC0023f-JSON": "its reference is JSONPath with braces",
    "RMLTC0025b-JSON": "a cell cannot be an array",
}


class NotExpressibleError(Exception):
    """The older vocabulary cannot say this."""


def older(text: str) -> str:
    match = NAME.fullmatch(text)
    if match is None:
        raise NotExpressibleError(text)
    return match[1] or match[2]


def older_mapping(path: Path, base_iri: str, kind: str) -> list[ox.Triple]:
    quads = list(ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE, base_iri=base_iri))
    files = {q.subject: q.object.value for q in quads if q.predicate.value == f"{RML}path"}
    triples = []
    for quad in quads:
        local, value = quad.predicate.value.removeprefix(RML), quad.object
        if quad.subject in files or (local == "iterator" and kind == "csv"):
            continue
        name = value.value.removeprefix(RML)
        if local in NEW or name in NEW:
            raise NotExpressibleError(local)
        if local == "source":
            value = ox.Literal(str(Path(files[value]).with_suffix(f".{kind}")))
        elif local == "referenceFormulation":
            value = ox.NamedNode(QUERY + {"json": "JSONPath", "csv": "CSV"}[kind])
        elif local in {"reference", "child", "parent"}:
            value = ox.Literal(older(value.value))
        elif local == "template":
            value = ox.Literal(PLACE.sub(lambda match: f"{{{older(match[1])}}}", value.value))
        elif isinstance(value, ox.NamedNode) and value.value.startswith(RML):
            value = ox.NamedNode(R2RML + name)
        space = (OLD if local in RENAMED else R2RML) if quad.predicate.value.startswith(RML) else ""
        triples.append(ox.Triple(quad.subject, ox.NamedNode(space + local), value))
    return triples


def write_table(source: Path, target: Path) -> None:
    data = json.loads(source.read_text("utf-8"))
    records = data if isinstance(data, list) else next(v for v in data.values() if isinstance(v, list))
    columns = list(dict.fromkeys(name for record in records for name in record)) or ["Name"]
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(records)


def write_case(suites: Path, row: dict[str, str], kind: str, folder: Path) -> Path | None:
    """The case in the older vocabulary; None where that cannot be."""
    case = suites / "rml-core" / row["ID"]
    try:
        triples = older_mapping(case / row["mapping"], row["base_iri"], kind)
    except (NotExpressibleError, SyntaxError):  # some error cases are no Turtle
        return None
    folder.mkdir(exist_ok=True)
    mapping = folder / "mapping.ttl"
    mapping.write_bytes(ox.serialize(triples, format=ox.RdfFormat.TURTLE))
    for source in case.glob("*.json"):
        if kind == "json":
            (folder / source.name).write_bytes(source.read_bytes())
        else:
            write_table(source, folder / f"{source.stem}.csv")
    return mapping


def outcome(mapping: Path, base_iri: str) -> tuple[list[ox.Quad], bool]:
    """The quads, and whether anything was told."""
    try:
        result = run(compile_mappings([mapping]), sources=mapping.parent, base_iri=base_iri)
    except KclodError:
        return [], True
    return result.quads, bool(result.rejects)


def untyped(text: bytes | str) -> list[ox.Quad]:
    """Quads without the natural datatypes of JSON, which the older vocabulary does not have."""
    lines = text.decode() if isinstance(text, bytes) else text
    return list(ox.parse(TYPED.sub("", lines), ox.RdfFormat.N_QUADS, lenient=True))


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_the_older_vocabulary_gives_the_same(suites: Path, tmp_path: Path, kind: str) -> None:
    different, done = [], 0
    for row in rows():
        if kind == "csv" and row["ID"] in NOT_IN_CSV:
            continue
        mapping = write_case(suites, row, kind, tmp_path / row["ID"])
        if mapping is None:
            continue
        done += 1
        quads, told = outcome(mapping, row["base_iri"])
        if row["error"] == "true":
            good = told
        else:
            expected = (suites / "rml-core" / row["ID"] / "output.nq").read_bytes()
            made = "".join(f"{quad} .\n" for quad in quads)
            good = not told and rdf.canonical(untyped(made)) == rdf.canonical(untyped(expected))
        if not good:
            different.append(row["ID"])
    assert different == []
    assert done >= LEAST[kind]
