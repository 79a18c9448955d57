"""Claims against a reader's copies: what is verified, what is wrong, what is only odd; and finding words."""

import hashlib
import io
import re
import unicodedata
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from kclod.cli import main
from kclod.errors import RefusedError, UsageError
from kclod.evidence import EvidenceReport, Span, check_evidence, find, locate, show_claims
from kclod.evidence.mentions import Passage
from kclod.evidence.show import visible
from kclod.project import Project, labels_of
from kclod.records import load_records

GAZETTE = "examples/articles/gazette.yaml"
KINDS = "mappings/records.yaml"
LIT = "The lamp at Cape North 🕯 was lit in May 1875."
SUNK = "Some say that the “lightship\nof the Nore” has sunk."
ODD = "The crew was saved."
TEXT = f"등대 소식\r\n{LIT}\n{SUNK}\n{ODD}\n"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def span(words: str, text: str = TEXT) -> str:
    """The line of a record for some words of the text."""
    start = text.index(words)
    return f"{{start: {start}, end: {start + len(words)}, sha256: '{digest(words)}'}}"


Spans = Callable[..., Project]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "gazette.txt").write_bytes(TEXT.encode())
    return folder


@pytest.fixture
def spans(mini: Project) -> Spans:
    """The small project, its two items with these spans of evidence, and the true digest and length of its text."""

    def make(first: str = span(LIT), *second: str) -> Project:
        lists = iter("\n".join(f"      - {one}" for one in each) for each in ([first], second or [span(SUNK)]))
        path = mini.root / GAZETTE
        text = re.sub(
            r"text: \{.*\}", f"text: {{file: gazette.txt, sha256: '{digest(TEXT)}', length: {len(TEXT)}}}",
            path.read_text("utf-8"),
        )  # fmt: skip
        text = re.sub(r"(?<=evidence:\n)(      - .*\n?)+", lambda _: next(lists) + "\n", text)
        path.write_text(text, "utf-8")
        return Project(mini.root)

    return make


def check(project: Project, folder: Path, **chosen: list[str]) -> EvidenceReport:
    return check_evidence(load_records(project), labels_of(project.ontology), folder, **chosen)


def only(report: EvidenceReport, item: str) -> Iterator[Span]:
    return (one for claim in report.claims if claim.item == item for one in claim.spans)


def evidence(project: Project, folder: Path, *options: str) -> Result:
    arguments = ["evidence", "--project", str(project.root), "--sources", str(folder), *options]
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def line_of(item: str, project: Project) -> int:
    lines = (project.root / GAZETTE).read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if f"id: {item}" in line)


# --- good evidence ----------------------------------------------------------------------------------------------------


def test_all_is_verified(spans: Spans, sources: Path) -> None:
    report = check(spans(), sources)
    assert (report.mismatches, report.missing, report.flags) == ((), (), ())
    assert [one.words for one in report.spans] == [LIT, SUNK]
    assert all(one.verified for one in report.spans)
    assert [one.mentions for one in only(report, "cape-north-lit")] == [("Cape North Light", "1875-05-01/1875-05-03")]


def test_a_claim_is_told_in_words(spans: Spans, sources: Path) -> None:
    claim, rumour = check(spans(), sources).claims
    assert claim.says == (
        ("light", "Cape North Light"),
        ("lit", "1875-05-01/1875-05-03"),
        ("height", "24.50"),
        ("keepers", "who: The keeper; remark: an old hand"),
    )
    assert [claim.told, rumour.told] == [(("mode", "report"),), (("mode", "rumour"),)]
    assert (claim.iri, claim.kind) == ("https://lights.example/claim/gazette/cape-north-lit", "service")


def test_each_claim_is_printed_beside_its_words(spans: Spans, sources: Path) -> None:
    result = evidence(spans(), sources)
    assert result.exit_code == 0, result.output
    printed = result.stdout
    for part in ("https://lights.example/claim/gazette/nore-sunk", "Nore Lightship", "mode rumour", "gazette.txt"):
        assert part in printed
    assert LIT in printed
    assert "│ Some say that the “lightship\n      │ of the Nore” has sunk." in printed, "line by line"
    assert (
        printed.index("Cape North Light") < printed.index(LIT) < printed.index("nore-sunk") < printed.index("Some say")
    )
    assert "Spans: 2, verified 2, wrong 0, without a text 0, flagged 0. Copies: 1 of 1." in result.stderr


def test_lines_are_folded_in_a_narrow_terminal(spans: Spans, sources: Path) -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=40)
    show_claims(check(spans(), sources), screen)
    lines = screen.file.getvalue().splitlines()  # type: ignore[attr-defined]  # a StringIO
    assert max(map(len, lines)) <= 60, "an IRI cannot be folded; all else can"
    folded = " ".join(line.strip(" │") for line in lines if "│" in line)
    assert folded == " ".join(f"{LIT} {SUNK}".split())


def test_quiet_prints_no_claim(spans: Spans, sources: Path) -> None:
    result = evidence(spans(), sources, "--quiet")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "verified 2" in result.stderr


def test_words_are_written_to_no_file(spans: Spans, sources: Path) -> None:
    project = spans()
    before = {path: path.read_bytes() for path in project.root.parent.rglob("*") if path.is_file()}
    evidence(project, sources)
    evidence(project, sources, "--locate", "gazette", LIT)
    assert {path: path.read_bytes() for path in project.root.parent.rglob("*") if path.is_file()} == before


def test_a_copy_cannot_steer_the_terminal() -> None:
    assert visible("a\x1b[2Jb\r\nc\td\x00\x9b") == "a�[2Jb\nc   d��"


# --- copies -----------------------------------------------------------------------------------------------------------


def test_a_renamed_copy_is_found(spans: Spans, sources: Path) -> None:
    (sources / "a.txt").write_text("something else")
    (sources / "folder").mkdir()
    (sources / "gazette.txt").rename(sources / "received.txt")
    report = check(spans(), sources)
    copy = report.copies["gazette"]
    assert copy
    assert (copy.path.name, copy.renamed, report.mismatches) == ("received.txt", True, ())
    assert "received.txt, found by its digest" in evidence(spans(), sources).stdout


def test_a_missing_copy_is_reported_and_refuses_nothing(spans: Spans, sources: Path) -> None:
    (sources / "gazette.txt").unlink()
    result = evidence(spans(), sources)
    assert result.exit_code == 0
    assert f"{GAZETTE}:1: [evidence.copy-missing]" in result.stderr
    assert "Nothing was checked: there is no copy of any of the 1 texts" in result.stderr
    assert "verified" not in result.stderr
    assert "not checked" in result.stdout


def test_a_file_outside_the_folder_is_no_copy(spans: Spans, sources: Path, edit: Callable[..., Project]) -> None:
    spans()
    (sources / "gazette.txt").rename(sources.parent / "gazette.txt")
    report = check(edit(GAZETTE, "file: gazette.txt", "file: ../gazette.txt"), sources)
    assert report.copies == {"gazette": None}


def test_no_folder(spans: Spans, sources: Path) -> None:
    assert evidence(spans(), sources / "nowhere").exit_code == 2


@pytest.mark.parametrize(
    ("content", "rules"),
    [
        (TEXT.replace("sunk", "sank").encode(), ["copy-digest", "span-digest"]),
        (TEXT.replace("\r\n", "\n").encode(), ["copy-digest", "copy-length", "span-digest", "span-digest"]),
        ("\ufeff".encode() + TEXT.encode(), ["copy-digest", "copy-length", "span-digest", "span-digest"]),
        (TEXT.encode("utf-16"), ["copy-digest", "copy-encoding"]),
        (TEXT[:50].encode(), ["copy-digest", "copy-length", "span-outside", "span-outside"]),
        ((TEXT + " ").encode(), ["copy-digest", "copy-length"]),
        (b"", ["copy-digest", "copy-length", "span-outside", "span-outside"]),
    ],
    ids=["a word", "line ends", "byte order mark", "encoding", "cut off", "a space more", "empty"],
)
def test_another_text_is_refused(spans: Spans, sources: Path, content: bytes, rules: list[str]) -> None:
    (sources / "gazette.txt").write_bytes(content)
    result = evidence(spans(), sources, "--quiet")
    assert result.exit_code == 1
    assert re.findall(r"\[evidence\.([\w-]+)\]", result.stderr) == rules
    assert result.stderr.count("→") == len(rules), "every message says what to do"


def test_a_wrong_copy_tells_of_the_right_one(spans: Spans, sources: Path) -> None:
    (sources / "gazette.txt").rename(sources / "right.txt")
    (sources / "gazette.txt").write_text("another gazette")
    assert "use right.txt, which has it" in evidence(spans(), sources, "--quiet").stderr


def test_the_length_alone_is_wrong(spans: Spans, sources: Path, edit: Callable[..., Project]) -> None:
    spans()
    result = evidence(edit(GAZETTE, f"length: {len(TEXT)}", f"length: {len(TEXT.encode())}"), sources, "--quiet")
    assert result.exit_code == 1
    assert f"has {len(TEXT)} code points, not {len(TEXT.encode())}" in result.stderr


# --- spans ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [-1, 1])
def test_a_span_beside_its_words_is_refused(spans: Spans, sources: Path, shift: int) -> None:
    start = TEXT.index(LIT) + shift
    project = spans(f"{{start: {start}, end: {start + len(LIT)}, sha256: '{digest(LIT)}'}}")
    result = evidence(project, sources)
    assert result.exit_code == 1
    assert f"{GAZETTE}:{line_of('cape-north-lit', project)}: [evidence.span-digest]" in result.stderr
    assert "wrong 1" in result.stderr
    assert "these are not the words that the record means" in result.stdout


def test_positions_count_code_points_and_not_bytes_or_utf16(spans: Spans, sources: Path) -> None:
    after = "was lit"
    assert TEXT.index(after) < len(TEXT[: TEXT.index(after)].encode("utf-16-le")) // 2, (
        "the text has an astral character"
    )
    assert check(spans(span(after)), sources).mismatches == ()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1), st.data())
def test_every_place_found_is_the_words(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    words = text[start : data.draw(st.integers(start + 1, len(text)))]
    places = find(words, text)
    assert start in [place.start for place in places]
    for place in places:
        assert text[place.start : place.end] == words
        assert place.sha256 == digest(words)


# --- flags ------------------------------------------------------------------------------------------------------------


def test_words_that_mention_nothing_are_flagged_only(spans: Spans, sources: Path) -> None:
    project = spans(span(LIT), span(SUNK), span(ODD))
    result = evidence(project, sources)
    assert result.exit_code == 0
    assert f"note: {GAZETTE}:{line_of('nore-sunk', project)}: [evidence.mentions-nothing] nore-sunk" in result.stderr
    assert "flagged 1" in result.stderr
    assert [one.flagged for one in only(check(project, sources), "nore-sunk")] == [False, True]
    strict = evidence(project, sources, "--strict", "--quiet")
    assert strict.exit_code == 1
    assert strict.stderr.count("[evidence.mentions-nothing]") == 1


def test_wrong_words_are_not_flagged_too(spans: Spans, sources: Path) -> None:
    project = spans(span(ODD).replace(digest(ODD), digest("")))
    report = check(project, sources)
    assert (len(report.mismatches), report.flags) == (1, ())


def test_a_name_written_by_the_article_counts_for_its_other_items(
    spans: Spans, sources: Path, edit: Callable[..., Project]
) -> None:
    naming = "{light: {type: ref, to: [light], required: true}, written: {type: text, required: true}}"
    edit(KINDS, "items:\n", f"items:\n  name: {{fields: {naming}}}\n")
    project = spans(span(LIT), span(ODD))
    assert len(check(project, sources).flags) == 1
    with (project.root / GAZETTE).open("a", encoding="utf-8") as file:
        file.write(
            "  - {id: nore-name, kind: name, light: nore, written: {en: The crewed light}, "
            f"evidence: [{span(ODD)}]}}\n"
        )
    report = check(Project(project.root), sources)
    assert [one.mentions for one in only(report, "nore-sunk")] == [("Nore Lightship",)]
    assert report.flags == ()


MENTIONED = [
    ("Cape North Light", "the CAPE-NORTH light"),
    ("Cape North Light", "north of the cape"),
    ("Phare du cap Nord", "au phare du Cap Nord"),
    ("북갑등대", "북갑등대에서"),
    ("등대", "그 등대는"),
    ("R&D", "an R & D plan"),
    ("Léger", unicodedata.normalize("NFD", "LÉGER")),
    ("battery", "of batteries"),
    ("recycling", "recycled"),
    ("Nore Lightship (of 1875)", "the Nore lightship"),
    ("MASS Code", "code for MASS"),
]
NOT_MENTIONED = [
    ("Cape North Light", "the cape"),
    ("Nore Lightship", "a lightship"),
    ("Nore Lightship (of 1875)", "in 1875"),
    ("등대", "등"),
    ("mine", "the mining of it"),
    ("NRC", "NRCan"),
    ("Cape of Good Hope", "of of of"),
    ("Léger", "a ledger"),
    ("Nore", ""),
    ("—", "a — b"),
]


@pytest.mark.parametrize(("name", "words"), MENTIONED)
def test_names_that_are_mentioned(name: str, words: str) -> None:
    assert Passage.of(words).has_name(name)


@pytest.mark.parametrize(("name", "words"), NOT_MENTIONED)
def test_names_that_are_not(name: str, words: str) -> None:
    assert not Passage.of(words).has_name(name)


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Lo", "Nd"], max_codepoint=0xD7FF), min_size=1))
def test_a_name_mentions_itself_in_either_normalization_form(name: str) -> None:
    for form in ("NFC", "NFD"):
        passage = Passage.of(unicodedata.normalize(form, name))
        assert passage.has_name(name) == bool(passage.words)


@pytest.mark.parametrize(
    ("number", "words", "expected"),
    [
        ("4", "the 4th of them", True),
        ("4", "the fourth of them", True),
        ("4", "le quatrième", True),
        ("18", "eighteen ships", True),
        ("2300000000", "2.3 billion", True),
        ("300000000", "3억", True),
        ("1250", "1,250 lamps", True),
        ("1250", "1 250 lampes", True),
        ("24.50", "24.5 feet", True),
        ("24.50", "24,5 pieds", True),
        ("30", "30 percent", True),
        ("-5", "5 below", True),
        ("4", "14 or 40", False),
        ("250", "1,250 lamps", False),
        ("2300000000", "2.3", False),
        ("23", "2.3 billion", False),
        ("4", "forth", False),
        ("0", "1875", False),
    ],
)
def test_numbers(number: str, words: str, expected: bool) -> None:
    assert Passage.of(words).has_number(Decimal(number)) == expected


@pytest.mark.parametrize(
    ("date", "words", "expected"),
    [
        ("1875-05-03", "in 1875", True),
        ("1875-05-03", "on the 3rd", True),
        ("1875-05-03", "last May", True),
        ("1875-05", "au mois de mai", True),
        ("1875-08", "Aug. 9", True),
        ("1875-05-03", "5월 3일", True),
        ("../1875-05-03", "by 3 May", True),
        ("1875-05-01/1876-02", "until February", True),
        ("1875-05?", "May", True),
        ("1875-05-03", "it may be", False),
        ("1875-05", "on the 3rd of June 1876", False),
        ("1875", "187 or 18750", False),
        ("1875-21", "in spring", False),
        ("187X", "in the seventies", False),
    ],
)
def test_dates(date: str, words: str, expected: bool) -> None:
    assert Passage.of(words).has_date(date) == expected


# --- what to look at --------------------------------------------------------------------------------------------------


def test_only_the_items_that_are_named(spans: Spans, sources: Path) -> None:
    project = spans()
    for name in ("nore-sunk", "gazette/nore-sunk"):
        assert [claim.item for claim in check(project, sources, items=[name]).claims] == ["nore-sunk"]
    assert len(check(project, sources, articles=["gazette"]).claims) == 2
    both = evidence(project, sources, "--article", "gazette", "--item", "nore-sunk")
    assert "cape-north-lit" not in both.stdout
    assert "Claims: 1." in both.stderr


def test_unknown_names_are_all_told(spans: Spans, sources: Path) -> None:
    result = evidence(spans(), sources, "--article", "herald", "--item", "fog", "--item", "herald/fog")
    assert result.exit_code == 2
    assert re.findall(r"\[evidence\.([\w-]+)\]", result.stderr) == ["unknown-article", "unknown-item", "unknown-item"]
    assert "name one of gazette" in result.stderr


# --- finding words ----------------------------------------------------------------------------------------------------


def test_the_line_that_is_printed_is_evidence(spans: Spans, sources: Path) -> None:
    result = evidence(spans(), sources, "--locate", "gazette", ODD)
    assert result.exit_code == 0, result.stderr
    line = result.stdout.strip().removeprefix("- ")
    assert re.fullmatch(r"\{start: \d+, end: \d+, sha256: '?[0-9a-f]{64}'?\}", line)
    report = check(spans(span(LIT), line), sources)
    assert report.mismatches == ()
    assert [one.words for one in only(report, "nore-sunk")] == [ODD]


def test_every_occurrence() -> None:
    assert [(place.start, place.end) for place in find("aa", "aaa aa")] == [(0, 2), (1, 3), (4, 6)]


def test_white_space_and_quotation_marks_do_not_matter(spans: Spans, sources: Path) -> None:
    [place] = locate(spans(), "gazette", 'the "lightship  of the Nore"', sources)
    words = TEXT[place.start : place.end]
    assert words == "the “lightship\nof the Nore”"
    assert place.sha256 == digest(words)


def test_the_exact_words_come_first() -> None:
    assert [place.start for place in find("a b", "ab a b")] == [3]
    assert [place.start for place in find("a  b", "ab a b")] == [0, 3]
    assert find("\u200bab", "a\u00adb") == find("a\u00adb", "a\u00adb")


def test_a_digest_that_yaml_would_read_as_a_number_is_quoted() -> None:
    [place] = find("a", "a")
    assert str(place) == f"- {{start: 0, end: 1, sha256: {place.sha256}}}"
    for numeric in ("1" * 64, f"1e{'2' * 62}"):
        assert f"sha256: '{numeric}'" in str(type(place)(0, 1, numeric))


def test_words_can_be_found_while_the_items_are_unfinished(spans: Spans, sources: Path) -> None:
    project = spans()
    with (project.root / GAZETTE).open("a", encoding="utf-8") as file:
        file.write("  - {id: unfinished}\n")
    with pytest.raises(RefusedError):
        load_records(project)
    assert locate(project, "gazette", ODD, sources)


@pytest.mark.parametrize(
    ("article", "words", "error", "rule"),
    [
        ("gazette", "the moon", RefusedError, "evidence.not-found"),
        ("gazette", " \n\u200b", UsageError, "evidence.no-words"),
        ("gazette", "", UsageError, "evidence.no-words"),
        ("herald", ODD, UsageError, "evidence.unknown-article"),
    ],
)
def test_what_cannot_be_found(
    spans: Spans, sources: Path, article: str, words: str, error: type[RefusedError | UsageError], rule: str
) -> None:
    with pytest.raises(error) as caught:
        locate(spans(), article, words, sources)
    assert [problem.rule for problem in caught.value.problems] == [rule]
    assert evidence(spans(), sources, "--locate", article, words).exit_code == error.exit_code


def test_nothing_is_found_in_another_text(spans: Spans, sources: Path) -> None:
    (sources / "gazette.txt").write_text(f"{ODD} {TEXT}")
    with pytest.raises(RefusedError, match=r"copy-digest"):
        locate(spans(), "gazette", ODD, sources)
    (sources / "gazette.txt").unlink()
    with pytest.raises(UsageError, match=r"copy-missing"):
        locate(spans(), "gazette", ODD, sources)


def test_broken_heads_are_told(spans: Spans, sources: Path, edit: Callable[..., Project]) -> None:
    spans()
    with pytest.raises(RefusedError, match=r"gazette\.yaml: \[record\.missing-field\]"):
        locate(edit(GAZETTE, f"length: {len(TEXT)}", "length: long"), "gazette", ODD, sources)
    with pytest.raises(UsageError, match=r"yaml\.syntax"):
        locate(edit(GAZETTE, "title: ", "title: ["), "gazette", ODD, sources)


def test_locate_stands_alone(spans: Spans, sources: Path) -> None:
    result = evidence(spans(), sources, "--locate", "gazette", ODD, "--strict")
    assert result.exit_code == 2
    assert "--locate" in result.stderr
