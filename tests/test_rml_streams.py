"""Mappings run as streams, over several processes, by parts of their rows; what is written as text."""

from __future__ import annotations

import csv
import io
import json
import os
import pickle
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kclod.errors import RefusedError, UndecidedError
from kclod.rml import Batch, compile_mappings, execute, jsonfiles, run, stream
from kclod.rml.jsonpath import compile_path
from kclod.rml.spread import spread
from kclod.rml.text import Memo
from kclod.rml.unreadable import SourceError
from tests.test_rml import JSON_SOURCE, PREFIXES, SUBJECT, one_map, source_map

in_temporary_folders = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

OBJECTS = (
    'rml:predicate ex:name ; rml:objectMap [ rml:reference "%sname" ]',
    'rml:predicate ex:born ; rml:objectMap [ rml:reference "%sborn" ; rml:datatype xsd:date ]',
    'rml:predicate ex:page ; rml:objectMap [ rml:reference "%spage" ; rml:termType rml:IRI ]',
    'rml:predicate ex:at ; rml:objectMap [ rml:template "http://ex.org/at/{%sborn}/{%sname}" ] ; rml:graph ex:g',
    "rml:predicate ex:node ; rml:objectMap [ rml:termType rml:BlankNode ]",
    """rml:predicate ex:same ; rml:objectMap [ rml:parentTriplesMap <#Map> ;
       rml:joinCondition [ rml:child "%sname" ; rml:parent "%sname" ] ]""",
)
NAMES = ("Ann", "Zoë K", 'the "B"', "a\nb", "\x7f\ufffe\u2028", "")


def records(count: int, seed: int = 1) -> list[dict[str, str]]:
    """Seeded records, of which some have a date or an IRI that is none."""
    chance = random.Random(seed)
    return [
        {
            "id": str(number),
            "name": chance.choice(NAMES),
            "born": chance.choice(("1990-01-31", "2024-02-29", "yesterday")),
            "page": chance.choice(("http://ex.org/é", "http://ex.org/a b", "urn:x")),
        }
        for number in range(count)
    ]


def write_sources(folder: Path, rows: list[dict[str, str]]) -> None:
    (folder / "data.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")
    (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    table = io.StringIO()
    writer = csv.DictWriter(table, ["id", "name", "born", "page"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (folder / "data.csv").write_text(table.getvalue(), "utf-8", newline="")


def write_mapping(folder: Path, kind: str, objects: tuple[str, ...] = OBJECTS, more: str = "") -> Path:
    prefix = "" if kind == "csv" else "$."
    parts = [part.replace("%s", prefix) for part in objects]
    source = source_map(f"data.{kind}", "rml:CSV", "") if kind == "csv" else source_map(f"data.{kind}")
    path = folder / f"{kind}.ttl"
    subject = SUBJECT.replace("$.", prefix)
    path.write_text(PREFIXES + one_map(*parts, subject=subject, source=source, more=more), "utf-8")
    return path


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of three rows, so that few rows are many blocks."""
    monkeypatch.setattr(execute, "BLOCK", 3)


# A stream is a run


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", ["json", "jsonl", "csv"])
def test_a_stream_gives_what_a_run_gives_however_many_processes(tmp_path: Path, kind: str) -> None:
    write_sources(tmp_path, records(20))
    mapping = compile_mappings([write_mapping(tmp_path, kind)])
    whole = run(mapping, sources=tmp_path)
    assert whole.rejects
    streams = [list(stream(mapping, sources=tmp_path, jobs=jobs)) for jobs in (1, 2, 3)]
    assert streams[0] == streams[1] == streams[2]
    batches = streams[0]
    assert len(batches) >= 7
    text = "".join(batch.text for batch in batches)
    lines = text.removesuffix("\n").split("\n")
    assert sum(batch.quads for batch in batches) == len(lines)
    assert list(dict.fromkeys(lines)) == [f"{line} ." for line in whole.lines]
    assert tuple(reject for batch in batches for reject in batch.rejects) == whole.rejects
    assert sorted(map(str, ox.parse(text, ox.RdfFormat.N_QUADS))) == sorted(line.removesuffix(" .") for line in lines)


def test_all_kinds_of_files_give_the_same(tmp_path: Path) -> None:
    write_sources(tmp_path, records(30))
    results = [
        run(compile_mappings([write_mapping(tmp_path, kind)]), sources=tmp_path) for kind in ("json", "jsonl", "csv")
    ]
    plain = [[line for line in result.lines if "_:" not in line] for result in results]
    assert plain[0] == plain[1] == plain[2]
    assert [len(result.rejects) for result in results] == [len(results[0].rejects)] * 3


@pytest.mark.parametrize(("kind", "lines"), [("json", [2, 3, 5]), ("jsonl", [1, 2, 4]), ("csv", [2, 4, 6])])
def test_rejects_name_record_and_line(tmp_path: Path, kind: str, lines: list[int]) -> None:
    rows = [
        {"id": "1", "name": "x", "born": "soon", "page": "urn:x"},
        {"id": "2", "name": "x\ny", "born": "late", "page": "urn:x"},
        {"id": "3", "name": "x", "born": "2024-01-01", "page": "urn:x"},
        {"id": "4", "name": "x", "born": "never", "page": "urn:x"},
    ]
    write_sources(tmp_path, rows)
    (tmp_path / "data.json").write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]", "utf-8")
    result = run(compile_mappings([write_mapping(tmp_path, kind, OBJECTS[1:2])]), sources=tmp_path)
    assert [(r.value, r.origin.index, r.origin.line) for r in result.rejects] == [
        ("soon", 0, lines[0]),
        ("late", 1, lines[1]),
        ("never", 3, lines[2]),
    ]
    assert result.rejects[1].to_problem().line == lines[1]


def test_a_process_that_ends_too_early_is_told() -> None:
    def share(number: int, jobs: int) -> Iterator[Batch]:
        yield Batch(str(number), 1, ())
        if number == 1:
            os._exit(3)
        yield Batch(str(number), 1, ())

    with pytest.raises(UndecidedError):
        list(spread(2, share, lambda: ()))


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("jobs", [1, 2])
def test_what_cannot_be_read_is_refused_at_the_end(tmp_path: Path, jobs: int) -> None:
    (tmp_path / "data.csv").write_text("id,name,born,page\n" + "1,x,2024-01-01,urn:x\n" * 20 + "2,x\n", "utf-8")
    batches = stream(compile_mappings([write_mapping(tmp_path, "csv", OBJECTS[:1])]), sources=tmp_path, jobs=jobs)
    assert next(batches).quads == 3
    with pytest.raises(RefusedError) as caught:
        list(batches)
    assert [(p.rule, p.line) for p in caught.value.problems] == [("source.row", 22)]


def test_missing_sources_are_refused_before_anything_is_given(tmp_path: Path) -> None:
    mapping = compile_mappings([write_mapping(tmp_path, "json")])
    with pytest.raises(RefusedError):
        stream(mapping, sources=tmp_path)


# Files


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@in_temporary_folders
@given(
    members=st.lists(json_values, max_size=8),
    indent=st.sampled_from([None, 0, 3]),
    separators=st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " : ")]),
    piece=st.integers(1, 40),
    ascii_only=st.booleans(),
)
@example(members=[0.0, -1e-7, 12], indent=None, separators=(",", ":"), piece=1, ascii_only=True)
def test_an_array_read_in_pieces_is_the_array(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    members: list[object],
    indent: int | None,
    separators: tuple[str, str],
    piece: int,
    ascii_only: bool,
) -> None:
    monkeypatch.setattr(jsonfiles, "PIECE", piece)
    path = tmp_path / "a.json"
    text = json.dumps(members, indent=indent, separators=separators, ensure_ascii=ascii_only)
    path.write_text(f" \n{text}\n ", "utf-8", errors="surrogatepass")
    try:
        expected = json.loads(path.read_text("utf-8"))
    except UnicodeDecodeError:
        return
    array = jsonfiles.JsonArray(path, "utf-8-sig")
    assert array.is_array()
    assert repr(list(array)) == repr(expected)


@in_temporary_folders
@given(
    members=st.lists(st.integers(-20, 999) | st.text("ab", max_size=2), max_size=4),
    place=st.integers(0, 30),
    what=st.sampled_from(["", ",", "]", "[", "x", '"', "1", " ", "{}", "NaN", "\n"]),
    piece=st.integers(1, 12),
)
def test_a_broken_array_is_refused_as_the_whole_document_would_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, members: list[object], place: int, what: str, piece: int
) -> None:
    monkeypatch.setattr(jsonfiles, "PIECE", piece)
    text = json.dumps(members)
    place = min(place, len(text))
    path = tmp_path / "a.json"
    path.write_text(text[:place] + what + text[place + (not what) :], "utf-8")
    array = jsonfiles.JsonArray(path, "utf-8-sig")
    if not array.is_array():
        return
    outcomes = []
    for read in (lambda: jsonfiles.read_json(path, "utf-8-sig"), lambda: list(array)):
        try:
            outcomes.append(repr(read()))
        except SourceError as error:
            outcomes.append(repr(error.problem))
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(
    ("iterator", "made"),
    [
        ("", ["1", "2"]),
        ('rml:iterator "$" ;', ["1", "2"]),
        ('rml:iterator "$[*]" ;', ["1", "2"]),
        ("rml:iterator \"$[?@.kind=='x']\" ;", ["2"]),
        ('rml:iterator "$.parts[*]" ;', ["3", "4"]),
        ('rml:iterator "$[*].parts[*]" ;', ["3", "4"]),
    ],
)
@pytest.mark.parametrize("name", ["data.jsonl", "data.ndjson"])
def test_json_lines(tmp_path: Path, iterator: str, made: list[str], name: str) -> None:
    rows = [{"id": 1, "parts": [{"id": 3}, {"id": 4}]}, {"id": 2, "kind": "x"}]
    (tmp_path / name).write_text("\n \n".join(map(json.dumps, rows)), "utf-8")
    path = tmp_path / "m.ttl"
    path.write_text(
        PREFIXES + one_map("rml:predicate ex:p ; rml:object ex:o", source=source_map(name, iterator=iterator))
    )
    mapping = compile_mappings([path])
    expected = [f"<http://ex.org/{number}> <http://ex.org/p> <http://ex.org/o>" for number in made]
    assert run(mapping, sources=tmp_path).lines == expected
    assert run(mapping, sources={name: rows}).lines == expected
    assert mapping.is_row_wise(name)


def test_a_broken_line_is_refused_with_its_number(tmp_path: Path) -> None:
    (tmp_path / "data.jsonl").write_text('{"id": 1}\n\n{"id": }\n{"id": 3}\n', "utf-8")
    path = tmp_path / "m.ttl"
    path.write_text(PREFIXES + one_map("rml:predicate ex:p ; rml:object ex:o", source=source_map("data.jsonl")))
    with pytest.raises(RefusedError) as caught:
        run(compile_mappings([path]), sources=tmp_path)
    assert [(p.rule, p.line) for p in caught.value.problems] == [("source.json", 3)]


# Parts of the rows

ROW_WISE = [
    'rml:predicate ex:p ; rml:objectMap [ rml:reference "$.v" ]',
    'rml:predicate ex:p ; rml:objectMap [ rml:template "http://ex.org/{$.v}" ] ; rml:graphMap [ rml:reference "$.w" ]',
    'rml:predicate ex:p ; rml:objectMap [ rml:reference "$.v" ; rml:termType rml:BlankNode ]',
    "rml:predicate ex:p ; rml:objectMap [ rml:parentTriplesMap <#Map> ]",
]
BY_WHOLE = [
    "rml:predicate ex:p ; rml:objectMap [ rml:termType rml:BlankNode ]",
    """rml:predicate ex:p ; rml:objectMap [ rml:parentTriplesMap <#Map> ;
       rml:joinCondition [ rml:child "$.v" ; rml:parent "$.id" ] ]""",
]
ITERATORS = {
    "$[*]": True,
    "$[?@.v]": True,
    "$[?@.kind=='x']": True,
    "$[?@.kind=='x' || @.v > 1].parts[*]": True,
    "$[?length(@.kind) > 0]": True,
    "$[*].parts[0]": True,
    "$": False,
    "$[0]": False,
    "$[1:]": False,
    "$[0,1]": False,
    "$[*,0]": False,
    "$..parts": False,
    "$.parts[*]": False,
    "$[?@.v == $[0].v]": False,
    "$[*].parts[?@.id == $[0].id]": False,
    "$[?count($[*]) > 1]": False,
    "$[?!(@.v == 1 && $[0].v)]": False,
}


@pytest.mark.parametrize(("iterator", "expected"), ITERATORS.items())
def test_which_iterators_go_by_row(tmp_path: Path, iterator: str, expected: bool) -> None:
    path = tmp_path / "m.ttl"
    path.write_text(PREFIXES + one_map(ROW_WISE[0], source=JSON_SOURCE.replace("$[*]", iterator)))
    mapping = compile_mappings([path])
    assert mapping.is_row_wise("data.json") == expected
    assert mapping.is_row_wise("other.json")
    assert (compile_path(iterator).by_row is not None) == expected


@pytest.mark.parametrize(("objects", "expected"), [(o, True) for o in ROW_WISE] + [(o, False) for o in BY_WHOLE])
def test_which_maps_go_by_row(tmp_path: Path, objects: str, expected: bool) -> None:
    path = tmp_path / "m.ttl"
    path.write_text(PREFIXES + one_map(objects))
    assert compile_mappings([path]).is_row_wise("data.json") == expected


def test_neither_side_of_a_join_goes_by_row(tmp_path: Path) -> None:
    path = tmp_path / "m.ttl"
    join = BY_WHOLE[1].replace("<#Map>", "<#Other>")
    other = one_map(source=source_map("other.json")).replace("<#Map>", "<#Other>")
    third = one_map(source=source_map("third.json")).replace("<#Map>", "<#Third>")
    path.write_text(PREFIXES + one_map(join) + other + third)
    mapping = compile_mappings([path])
    assert [mapping.is_row_wise(f"{name}.json") for name in ("data", "other", "third")] == [False, False, True]


parts = st.lists(st.fixed_dictionaries({"id": st.integers(0, 3)}), max_size=2)
row = st.fixed_dictionaries(
    {"id": st.integers(0, 4)},
    optional={
        "v": st.integers(0, 3) | st.sampled_from(["a b", 'q"\\\n', None, 1.5, True, []]),
        "w": st.sampled_from(["urn:g", "no graph", "http://w3id.org/rml/defaultGraph"]),
        "kind": st.sampled_from(["x", "y", 1]),
        "parts": parts,
    },
)


@in_temporary_folders
@given(
    rows=st.lists(row, max_size=8),
    cuts=st.lists(st.integers(0, 8), max_size=3),
    iterators=st.lists(st.sampled_from([i for i, by_row in ITERATORS.items() if by_row]), min_size=1, max_size=3),
    objects=st.sampled_from(ROW_WISE),
)
def test_mapping_parts_of_the_rows_gives_the_same_lines(
    tmp_path: Path, rows: list[dict[str, Any]], cuts: list[int], iterators: list[str], objects: str
) -> None:
    path = tmp_path / "m.ttl"
    maps = [
        one_map(objects, source=JSON_SOURCE.replace("$[*]", i)).replace("#Map>", f"#M{n}>")
        for n, i in enumerate(iterators)
    ]
    path.write_text(PREFIXES + "".join(maps))
    mapping = compile_mappings([path])
    assert mapping.is_row_wise("data.json")
    whole = run(mapping, sources={"data.json": rows}, origins=True)
    places = sorted({0, len(rows), *(min(cut, len(rows)) for cut in cuts)})
    results = [run(mapping, sources={"data.json": rows[a:b]}, origins=True) for a, b in pairwise(places)]
    assert {line for result in results for line in result.lines} == set(whole.lines)
    assert [r.value for result in results for r in result.rejects] == [r.value for r in whole.rejects]
    assert {iri for result in results for iri in result.origins} == whole.origins.keys()


def test_a_mapping_can_be_pickled(tmp_path: Path) -> None:
    path = tmp_path / "m.ttl"
    path.write_text(PREFIXES + one_map(ROW_WISE[0]))
    mapping = compile_mappings([path])
    data = {"data.json": [{"id": 1, "v": 2}]}
    first = run(mapping, sources=data)
    assert run(pickle.loads(pickle.dumps(mapping)), sources=data) == first


# Text


@given(value=st.text() | st.sampled_from(["\x7f", "\ufffe\uffff", "\x85\u2028\xa0", '"\\', "\x00\x1f"]))
def test_literals_are_written_as_pyoxigraph_writes_them(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    path = tmp_path_factory.mktemp("text") / "m.ttl"
    path.write_text(
        PREFIXES + one_map('rml:predicate ex:p ; rml:objectMap [ rml:reference "$.v" ; rml:language "EN-gb" ]')
    )
    (line,) = run(compile_mappings([path]), sources={"data.json": [{"id": 1, "v": value}]}).lines
    assert line == f"<http://ex.org/1> <http://ex.org/p> {ox.Literal(value, language='EN-gb')}"


@in_temporary_folders
@given(value=st.text() | st.text('<>"{}|^`\\ \n\r./:#?%[]ab\ud800'), kind=st.sampled_from(["UnsafeIRI", "UnsafeURI"]))
def test_nothing_can_break_out_of_an_unsafe_iri(tmp_path: Path, value: str, kind: str) -> None:
    path = tmp_path / "m.ttl"
    path.write_text(
        PREFIXES
        + one_map(
            f'rml:predicate ex:p ; rml:objectMap [ rml:template "http://ex.org/{{$.v}}" ; rml:termType rml:{kind} ]'
        )
    )
    mapping = compile_mappings([path])
    data = {"data.json": [{"id": 1, "v": value}]}
    (text, count, rejects), *_ = [(b.text, b.quads, b.rejects) for b in stream(mapping, sources=data, unsafe=True)]
    if rejects:
        assert text == ""
        assert "\ud800" in value or (kind == "UnsafeURI" and not value.isascii())
        return
    assert count == 1
    (quad,) = ox.parse(text, ox.RdfFormat.N_QUADS, lenient=True)
    assert isinstance(quad.object, ox.NamedNode)
    assert quad.object.value == f"http://ex.org/{value}"
    strict = run(mapping, sources=data)
    assert len(strict.lines) + len(strict.rejects) == 1
    assert all(ox.NamedNode(q.object.value) for q in strict.quads)


def test_a_quad_in_a_named_and_in_the_default_graph(tmp_path: Path) -> None:
    path = tmp_path / "m.ttl"
    path.write_text(PREFIXES + one_map("rml:predicate ex:p ; rml:object ex:o ; rml:graph ex:g, rml:defaultGraph"))
    result = run(compile_mappings([path]), sources={"data.json": [{"id": 1}]})
    statement = "<http://ex.org/1> <http://ex.org/p> <http://ex.org/o>"
    assert set(result.lines) == {f"{statement} <http://ex.org/g>", statement}


def test_values_of_a_mapping_never_become_code(tmp_path: Path) -> None:
    """Quotes, braces and line ends of Python in every place where a mapping may have them."""
    nasty = "a'\"{x}\n\\"
    template = "'\"\n\\\\\\{x\\}{$.v}"
    reference = "$['it\\'s \"{}']"
    path = tmp_path / "m.ttl"
    text = one_map(
        f"rml:predicate ex:p ; rml:objectMap [ rml:constant {ox.Literal(nasty)} ]",
        f"rml:predicate ex:p ; rml:objectMap [ rml:template {ox.Literal(template)} ; rml:termType rml:Literal ]",
        f"rml:predicate ex:p ; rml:objectMap [ rml:reference {ox.Literal(reference)} ]",
    )
    path.write_text(PREFIXES + text)
    result = run(compile_mappings([path]), sources={"data.json": [{"id": 1, "v": "w", "it's \"{}": "z"}]})
    assert [q.object.value for q in result.quads] == [nasty, "'\"\n\\{x}w", "z"]


def test_a_memo_stays_small() -> None:
    memo = Memo(str.upper)
    for number in range(3 * Memo.LIMIT):
        assert memo[f"a{number}"] == f"A{number}"
    assert len(memo) <= Memo.LIMIT
