"""QuickStatements: the batch is read here by a reader of its own, written after Help:QuickStatements."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from hypothesis import assume, given
from hypothesis import strategies as st

from kclod import pipeline, quickstatements
from kclod.cli import main
from kclod.errors import RefusedError
from kclod.project import Project
from kclod.quickstatements.values import UnwritableError, text_of, time_of, value_of
from kclod.release import Release
from kclod.store import open_read_only
from kclod.vocab import XSD

WIKIDATA = "http://www.wikidata.org/entity/"


@dataclass
class Command:
    """A command as the tool would run it."""

    subject: str
    key: str = ""
    value: object = None
    qualifiers: list[tuple[str, object]] = field(default_factory=list)
    sources: list[tuple[str, object]] = field(default_factory=list)


def read(text: str) -> list[Command]:
    """The commands of a batch: `||` and new lines part commands, `|` and tabs their parts."""
    assert text == "" or text.endswith("\n")
    commands = []
    for line in text.replace("||", "\n").replace("|", "\t").split("\n"):
        if not line.strip():
            continue
        assert not re.search(r"/\*.*\*/\s*$", line), "the end of the line would be taken for a comment"
        parts = line.split("\t")
        if parts == ["CREATE"]:
            commands.append(Command("CREATE"))
            continue
        subject, key, value, *rest = parts
        assert re.fullmatch(r"LAST|Q[1-9]\d*", subject), line
        assert len(rest) % 2 == 0, line
        command = Command(subject, key, read_value(value))
        if re.fullmatch(r"[LDA][a-z]{2,}(-[a-z0-9]+)*", key):
            assert rest == [], line
            assert isinstance(command.value, str), line
        else:
            assert re.fullmatch(r"P[1-9]\d*", key), line
        for name, inner in zip(rest[::2], rest[1::2], strict=True):
            assert re.fullmatch(r"[PS][1-9]\d*", name), line
            (command.qualifiers if name.startswith("P") else command.sources).append((name, read_value(inner)))
        names = [name[0] for name in rest[::2]]
        assert names == sorted(names), "references come last"
        commands.append(command)
    return commands


def read_value(text: str) -> object:
    """A value: item, text between the outer quotation marks, text of a language, time with precision, or quantity."""
    text = text.strip().replace("“", '"').replace("”", '"')
    if re.fullmatch(r"Q[1-9]\d*|LAST", text):
        return ("item", text)
    if re.fullmatch(r'"""(.*)"""', text):
        return ("raw", text[3:-3])
    if found := re.fullmatch(r'([a-z_-]+):"(.*)"', text):
        return (found[1], found[2].strip())
    if found := re.fullmatch(r'"(.*)"', text):
        return found[1].strip()
    if found := re.fullmatch(r"\+(\d{4})-(\d\d)-(\d\d)T00:00:00Z/(\d+)", text):
        return ("time", int(found[1]), int(found[2]), int(found[3]), int(found[4]))
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", text):
        return Decimal(text)
    raise AssertionError(f"no value: {text!r}")


@given(st.text())
def test_a_text_is_read_as_it_was_written_or_refused(text: str) -> None:
    try:
        written = text_of(text)
    except UnwritableError:
        assert "|" in text or not text.split() or '"' in text or "“" in text or "”" in text
        return
    command = read(f"LAST\tLen\t{written}\n")[0]
    assert command.value == " ".join(text.split()).replace("“", '"').replace("”", '"')


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('The "Great" Light', 'The "Great" Light'),
        ('"Great" Light', '"Great" Light'),
        ("Two\tlines\nof  text ", "Two lines of text"),
        ("a /* b */", "a /* b */"),
        ("back\\slash", "back\\slash"),
        ("등대 – Phare d’été", "등대 – Phare d’été"),
    ],
)
def test_texts(text: str, value: str) -> None:
    assert read(f"Q1\tDen\t{text_of(text)}\n")[0].value == value


@pytest.mark.parametrize("text", ["", " \n", "a|b", 'a "b" | c', '""x""', '"“x”"'])
def test_texts_that_the_syntax_cannot_carry(text: str) -> None:
    with pytest.raises(UnwritableError):
        text_of(text)


@given(st.dates())
def test_days_keep_their_precision(day: date) -> None:
    assume(day.year > 0)
    assert read_value(time_of(day.isoformat())) == ("time", day.year, day.month, day.day, 11)
    assert read_value(time_of(day.isoformat()[:7])) == ("time", day.year, day.month, 0, 10)
    assert read_value(time_of(day.isoformat()[:4])) == ("time", day.year, 0, 0, 9)


def test_other_dates() -> None:
    assert time_of("2025-01-14") == "+2025-01-14T00:00:00Z/11"
    assert time_of("2025-01-14T10:00:00Z") == "+2025-01-14T00:00:00Z/11"
    assert time_of("202X") == "+2020-00-00T00:00:00Z/8"
    for inexact in ("2025-01/2025-03", "2025?", "2025~", "2025-01-14/..", "20XX", "2025-XX", "202X-01", "", "0000"):
        with pytest.raises(UnwritableError):
            time_of(inexact)


def test_terms() -> None:
    def item(iri: str) -> str | None:
        return iri.removeprefix("http://w/") if iri.startswith("http://w/") else None

    def value(term: object) -> object:
        return read_value(value_of(term, item, "https://own/"))  # type: ignore[arg-type]  # any RDF term

    assert value(ox.NamedNode("http://w/Q42")) == ("item", "Q42")
    assert value(ox.NamedNode("http://a.example/b?c=d%7Ce")) == "http://a.example/b?c=d%7Ce"
    assert value(ox.Literal("Phare", language="fr")) == ("fr", "Phare")
    assert value(ox.Literal("Faro", language="pt-BR")) == ("pt-br", "Faro")
    assert value(ox.Literal("12.50", datatype=XSD["decimal"])) == Decimal("12.50")
    assert value(ox.Literal("2025-01", datatype=XSD["gYearMonth"])) == ("time", 2025, 1, 0, 10)
    for term in (
        ox.NamedNode("https://own/id/x"),
        ox.BlankNode(),
        ox.Literal("INF", datatype=XSD["decimal"]),
        ox.Literal("1e3", datatype=XSD["double"]),
    ):
        with pytest.raises(UnwritableError):
            value(term)


LIGHTS = """@prefix pub: <https://w3id.org/kclod/publisher#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
<https://lights.example/q> a pub:QuickStatements, sh:SPARQLSelectExecutable ;
    rdfs:label "Lights"@en ;
    pub:itemSpace "http://www.wikidata.org/entity/" ;
    pub:creates %s ;
    sh:select '''%s''' .
"""
ROWS = """SELECT ?thing ?item ?Len ?Aen ?P31 ?S854 ?P571 ?qal585 ?S854_2 WHERE {
  VALUES (?thing ?item ?Len ?Aen ?P31 ?S854 ?P571 ?qal585 ?S854_2) {
    (<http://t/new> UNDEF "New | light" "Neu"@de <http://www.wikidata.org/entity/Q39715> <http://s/1> "1901" UNDEF <http://s/1>)
    (<http://t/new> UNDEF "New light" UNDEF <http://www.wikidata.org/entity/Q39715> <http://s/1> UNDEF UNDEF UNDEF)
    (<http://t/old> <http://www.wikidata.org/entity/Q1> UNDEF UNDEF UNDEF UNDEF "a \\"b\\"" "1902" <http://s/2>)
    (<http://t/bare> UNDEF "Bare" UNDEF <http://www.wikidata.org/entity/Q39715> UNDEF UNDEF UNDEF UNDEF)
    (<http://t/own> <http://www.wikidata.org/entity/Q2> UNDEF UNDEF <https://lights.example/x> <http://s/2> UNDEF
      UNDEF UNDEF)
  }
} ORDER BY ?thing ?Len"""


def batch(folder: Path, rows: str = ROWS, creates: str = "true") -> quickstatements.Batch:
    file = folder / "lights.quickstatements.ttl"
    file.write_text(LIGHTS % (creates, rows.replace("\\", "\\\\")))
    declarations = quickstatements.read_declarations([file], {})
    return quickstatements.batch_of(declarations, ox.Store(), "https://lights.example/")


def test_rows_become_items_old_and_new(tmp_path: Path) -> None:
    found = batch(tmp_path)
    assert [(c.subject, c.key, c.value, c.qualifiers, c.sources) for c in read(found.text)] == [
        ("CREATE", "", None, [], []),
        ("LAST", "Len", "New light", [], []),
        ("LAST", "Aen", "Neu", [], []),
        ("LAST", "P31", ("item", "Q39715"), [], [("S854", "http://s/1")]),
        ("LAST", "P571", "1901", [], [("S854", "http://s/1")]),
        ("Q1", "P571", 'a "b"', [("P585", "1902")], [("S854", "http://s/2")]),
    ]
    assert found.created == ("http://t/new",)
    assert found.known == ("http://t/old",)
    assert {(left.thing[-3:], left.key) for left in found.left_out} == {
        ("new", "Len"), ("are", "P31"), ("own", "P31"),
    }  # fmt: skip


def test_things_without_item_stay_out_when_none_is_to_be_made(tmp_path: Path) -> None:
    found = batch(tmp_path, creates="false")
    assert {c.subject for c in read(found.text)} == {"Q1"}
    assert sum(left.reason == "no item is known for it" for left in found.left_out) == 2


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("SELECT ?thing ?height ?S854 { }", "?height is no column"),
        ("SELECT ?P31 ?S854 { }", "no ?thing"),
        ("SELECT ?thing ?S854 ?P31 { }", "before any statement"),
        ("ASK { }", "sh:select"),
    ],
)
def test_declarations_that_cannot_be_used(tmp_path: Path, rows: str, fault: str) -> None:
    with pytest.raises(RefusedError) as error:
        batch(tmp_path, rows)
    assert fault in str(error.value)


def test_the_command(mini: Project, edit: Callable[[str, str, str], Project], tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    pipeline.build(mini, releases)
    call = ["export", "quickstatements", "--project", str(mini.root), "--releases", str(releases)]
    nothing_declared = CliRunner().invoke(main, call)
    assert nothing_declared.exit_code == 2
    assert "mappings/NAME.quickstatements.ttl" in nothing_declared.stderr
    rows = """SELECT ?thing ?item ?P31 ?S854 { ?thing a l:Light . OPTIONAL { ?thing skos:exactMatch ?item
        FILTER STRSTARTS(STR(?item), "http://www.wikidata.org/entity/") }
        BIND (<http://www.wikidata.org/entity/Q39715> AS ?P31)
        BIND (IRI("http://elsewhere.example/") AS ?S854) }"""
    (mini.root / "mappings" / "wikidata.quickstatements.ttl").write_text(LIGHTS % ("false", rows))
    done = CliRunner().invoke(main, call)
    assert done.exit_code == 0, done.stderr
    assert [(c.subject, c.key, c.value) for c in read(done.stdout)] == [("Q1", "P31", ("item", "Q39715"))]
    assert "no item is known for it" in done.stderr
    assert "Lights" in done.stderr
    out = tmp_path / "batch.tsv"
    assert CliRunner().invoke(main, [*call, "--out", str(out)]).exit_code == 0
    assert out.read_text("utf-8") == done.stdout


def test_the_real_batch(real: Project, real_release: Release) -> None:
    """Every new item has a name in three languages; every statement a reference; nothing comes from doubtful claims."""
    store = open_read_only(real_release.store_path)
    found = quickstatements.batch_of(
        quickstatements.read_declarations(real.quickstatements_files, real.dataset.prefixes),
        store,
        real.dataset.base_iri,
    )
    commands = read(found.text)
    assert found.created
    assert found.known
    assert sum(c.subject == "CREATE" for c in commands) == len(found.created)
    terms = [c.key for c in commands if c.key[:1] in "LD" and c.key]
    assert {key: terms.count(key) for key in ("Len", "Lko", "Lfr", "Den", "Dko", "Dfr")} == dict.fromkeys(
        ("Len", "Lko", "Lfr", "Den", "Dko", "Dfr"), len(found.created)
    )
    statements = [c for c in commands if c.key.startswith("P")]
    assert statements
    assert all(c.sources for c in statements)
    known = store.query(
        "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> SELECT ?item { ?thing skos:exactMatch ?item }"
    )
    assert isinstance(known, ox.QuerySolutions)
    items = {row["item"].value for row in known}
    assert {f"{WIKIDATA}{c.subject}" for c in commands if c.subject.startswith("Q")} <= items
    signed = [c for c in statements if c.key == "P1891"]
    assert signed
    assert all(f"{WIKIDATA}{c.value[1]}" in items for c in signed)  # type: ignore[index]  # ("item", number)
    assert all(dict(c.qualifiers)["P585"] == ("time", 2025, 7, 29, 11) for c in signed)
