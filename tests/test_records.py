"""Record files: what is accepted, what is refused, and where the messages point."""

import contextlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kclod.errors import KclodError, RefusedError
from kclod.project import Project
from kclod.records import load_records, sample
from kclod.records.dates import bounds
from kclod.records.located import read_yaml

Edit = Callable[[str, str, str], Project]
GAZETTE = "examples/articles/gazette.yaml"
LIGHTS = "examples/entities/light.yaml"


def refused(project: Project) -> list[str]:
    with pytest.raises(KclodError) as caught:
        load_records(project)
    return [str(problem) for problem in caught.value.problems]


def line_of(project: Project, file: str, text: str) -> int:
    lines = (project.root / file).read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_rows(mini: Project) -> None:
    rows = load_records(mini).rows
    light = next(row for row in rows["entities.json"] if row["id"] == "cape-north")
    assert light["iri"] == "https://lights.example/id/light/cape-north"
    assert light["type"] == {"id": "Lighthouse", "iri": "https://lights.example/ontology#Lighthouse"}
    assert [(text["lang"], text["value"]) for text in light["label"]][1] == ("ko", "북갑등대")
    assert light["origin"] == {"file": LIGHTS, "line": 3}
    lit, sunk = rows["items.json"]
    assert lit["claim"] == "https://lights.example/claim/gazette/cape-north-lit"
    assert lit["lit"] == {"edtf": "1875-05-01/1875-05-03", "earliest": "1875-05-01", "latest": "1875-05-03"}
    assert lit["height"] == "24.50"
    assert lit["keepers"][0]["who"]["iri"] == "https://lights.example/id/keeper/등대지기"
    assert lit["keepers"][0]["parent"]["claim"] == lit["claim"]
    assert lit["evidence"][0]["parent"]["article"]["id"] == "gazette"
    assert (lit["mode"]["id"], sunk["mode"]["id"]) == ("report", "rumour")
    assert sunk["origin"]["line"] == line_of(mini, GAZETTE, "id: nore-sunk")


def test_rows_are_the_same_every_time(mini: Project) -> None:
    assert load_records(mini).to_files() == load_records(Project(mini.root)).to_files()
    for content in load_records(mini).to_files().values():
        json.loads(content)


BAD = [
    (GAZETTE, "    lit: 1875-05-01/1875-05-03", "    lights: yes", "record.unknown-field", "lights: yes"),
    (
        GAZETTE,
        "sha256: 3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7, ",
        "",
        "record.missing-field",
        "text:",
    ),
    (GAZETTE, "1875-05-01/1875-05-03", "1875-05-03/1875-05-01", "record.date", "lit:"),
    (GAZETTE, "1875-05-01/1875-05-03", "1875-02-30", "record.date", "lit:"),
    (GAZETTE, "issued: 1875-05", "issued: last spring", "record.date", "issued:"),
    (GAZETTE, "light: cape-north\n", "light: cape-south\n", "record.unknown-entity", "light: cape-south"),
    (GAZETTE, "who: 등대지기", "who: nore", "record.unknown-entity", "who: nore"),
    (GAZETTE, "mode: rumour", "mode: gossip", "record.unknown-concept", "mode: gossip"),
    (GAZETTE, "mode: rumour", "contradicts: [nothing]", "record.unknown-claim", "contradicts:"),
    (GAZETTE, "  mode: report\n", "  {}\n", "record.missing-field", "id: cape-north-lit"),
    (GAZETTE, "kind: service", "kind: voyage", "record.unknown-kind", "id: cape-north-lit"),
    (GAZETTE, "{start: 41, end: 80", "{start: 80, end: 41", "record.span", "start: 80"),
    (GAZETTE, "{start: 41, end: 80", "{start: 41, end: 301", "record.span", "end: 301"),
    (
        GAZETTE,
        "    evidence:\n      - {start: 0",
        "    proof:\n      - {start: 0",
        "record.missing-field",
        "id: cape-north-lit",
    ),
    (GAZETTE, "id: nore-sunk", "id: cape-north-lit", "record.duplicate-id", None),
    (GAZETTE, "{en: an old hand}", "{english: an old hand}", "record.form", "remark:"),
    (GAZETTE, "length: 300", "length: long", "record.int-parsing", "length:"),
    (GAZETTE, "  id: gazette", "  id: the gazette", "record.form", "id: the gazette"),
    (GAZETTE, "title: The Gazette on lights", "title: [", "yaml.syntax", None),
    (GAZETTE, "title: The Gazette on lights", "title: a\n  title: b", "yaml.duplicate-key", "title: b"),
    (GAZETTE, "title: The Gazette on lights", "title: &a x\n  note: *a", "yaml.alias", None),
    (GAZETTE, "title: The Gazette on lights", "title: !!python/name:os.system x", "yaml.tag", "title:"),
    (LIGHTS, "type: Lightship", "type: Airship", "record.unknown-class", "type: Airship"),
    (LIGHTS, "id: nore", "id: cape-north", "record.duplicate-id", None),
    (LIGHTS, "kind: light", "kind: lamp", "record.unknown-kind", "kind: lamp"),
    (LIGHTS, "    label: {en: Nore Lightship}\n", "", "record.missing-field", "id: nore"),
    ("mappings/records.yaml", "      height:", "      origin:", "kinds.reserved-field", "origin: {type: decimal}"),
    ("mappings/records.yaml", "to: [light]", "to: []", "kinds.incomplete", "light: {type: ref"),
    ("mappings/records.yaml", "type: decimal", "type: number", "record.literal-error", "type: number"),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "rule", "place"), BAD, ids=[f"{case[3]}-{n}" for n, case in enumerate(BAD)]
)
def test_bad_records_are_refused_with_their_line(
    edit: Edit, file: str, old: str, new: str, rule: str, place: str | None
) -> None:
    project = edit(file, old, new)
    messages = refused(project)
    found = [message for message in messages if f"[{rule}]" in message]
    assert found, messages
    where = re.match(r"(.+?):(\d+):", found[0])
    assert where, found
    assert where[1] == file
    if place:
        assert int(where[2]) == line_of(project, file, place), found
    assert "→" in found[0], "every message says what to do"


def test_all_problems_of_all_files_at_once(edit: Edit) -> None:
    edit(GAZETTE, "light: cape-north\n", "light: cape-south\n")
    edit(GAZETTE, "mode: rumour", "mode: gossip")
    edit(GAZETTE, "issued: 1875-05", "issued: 1875-13")
    messages = refused(edit(LIGHTS, "type: Lightship", "type: Airship"))
    assert len(messages) == 4
    assert {message.split(":")[0] for message in messages} == {GAZETTE, LIGHTS}


def test_not_utf8(mini: Project) -> None:
    (mini.root / GAZETTE).write_bytes(b"article:\n  id: \xff\n")
    assert refused(mini)[0].startswith(f"{GAZETTE}:2: [file.encoding]")


def test_empty_file(mini: Project) -> None:
    (mini.root / GAZETTE).write_text("# nothing yet\n")
    assert "[yaml.empty]" in refused(mini)[0]


def test_sample_rows_fill_every_field(mini: Project) -> None:
    records = load_records(mini)
    filled = sample(records.kinds, "https://lights.example/")
    for name, rows in records.rows.items():
        for row in rows:
            like = next(one for one in filled.rows[name] if one.get("kind") == row.get("kind"))
            assert set(row) <= set(like)
    assert "item.service.keepers.who" in filled.marks
    assert len(set(map(str, filled.marks.values()))) == len(filled.marks), "each field has a value of its own"


def test_json_schema_is_made_from_the_model(mini: Project) -> None:
    schema = load_records(mini).reader.models.json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    modes = schema["$defs"]["defaults"]["properties"]["mode"]
    assert {"enum": ["report", "rumour"], "type": "string"} in modes["anyOf"]
    assert schema["$defs"]["entities-light"]["additionalProperties"] is False
    assert "evidence" in schema["$defs"]["item-service"]["required"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025", ("2025-01-01", "2025-12-31")),
        ("2024-02", ("2024-02-01", "2024-02-29")),
        ("2025-07-29", ("2025-07-29", "2025-07-29")),
        ("2025-07-29/2025-07-30", ("2025-07-29", "2025-07-30")),
        ("../2025-07-29", (None, "2025-07-29")),
        ("/2025-07-29", (None, "2025-07-29")),
        ("2024-05/..", ("2024-05-01", None)),
        ("[2025-07-29..2025-07-30]", ("2025-07-29", "2025-07-30")),
        ("[..2025-07-29]", (None, "2025-07-29")),
        ("2025-01-13~", ("2025-01-13", "2025-01-13")),
        ("2024-XX", ("2024-01-01", "2024-12-31")),
    ],
)
def test_bounds(text: str, expected: tuple[str | None, str | None]) -> None:
    assert bounds(text) == expected


@pytest.mark.parametrize(
    "text", ["", "soon", "2025-02-29", "2025-13", "2025-07-30/2025-07-29", "../..", "/", "2025/07/29", "XXXX"]
)
def test_no_bounds(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        bounds(text)


@given(st.dates(), st.dates())
def test_bounds_of_any_interval(first: object, second: object) -> None:
    start, end = sorted([str(first), str(second)])
    assert bounds(f"{start}/{end}") == (start, end)
    if start != end:
        with pytest.raises(ValueError, match="ends before"):
            bounds(f"{end}/{start}")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 12", 12),
        ("a: 012", 12),
        ("a: 0x1F", 31),
        ("a: -3", -3),
        ("a: 1.5", 1.5),
        ("a: true", True),
        ("a: no", "no"),
        ("a: ~", None),
        ("a: 2025-07-29", "2025-07-29"),
        ("a: '12'", "12"),
        ("a: [x, y]", ["x", "y"]),
    ],
)
def test_yaml_values(tmp_path: Path, text: str, value: object) -> None:
    (tmp_path / "f.yaml").write_text(text)
    assert read_yaml(tmp_path / "f.yaml", "f.yaml").value == {"a": value}


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, "utf-8")
    with contextlib.suppress(RefusedError):
        read_yaml(path, "any.yaml")
