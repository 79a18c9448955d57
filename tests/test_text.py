"""The text index: what is found, against plain reading of the texts; and the same after a change as anew."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kclod import rdf
from kclod.errors import UsageError
from kclod.text import Indexing, TextIndex, TextQueryError, TooManyMatchesError, change_index, make_index
from kclod.text import schema as schema_module
from kclod.text.index import OutOfTimeError
from kclod.text.names import Names, Nearness
from kclod.text.query import expression
from kclod.text.tokens import PIECES, fold, spelled, tokens
from tests.indexed import indexed

LABEL = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
OTHER = ox.NamedNode("http://www.w3.org/2004/02/skos/core#altLabel")
NOTE = ox.NamedNode("http://www.w3.org/2004/02/skos/core#definition")


def literal(text: str, tag: str | None = None) -> ox.Literal:
    return ox.Literal(text, language=tag) if tag else ox.Literal(text)


def said(predicate: ox.NamedNode, text: str, tag: str | None = None, graph: str | None = None) -> ox.Quad:
    name = ox.NamedNode(graph) if graph else ox.DefaultGraph()
    return ox.Quad(ox.NamedNode("http://l.example/x"), predicate, literal(text, tag), name)


def made(folder: Path, quads: list[ox.Quad], name: str = "text.sqlite") -> TextIndex:
    dump = folder / f"{name}.nq"
    dump.write_bytes(rdf.canonical(quads))
    (folder / name).unlink(missing_ok=True)
    make_index(folder / name, dump)
    return TextIndex(folder / name)


TEXTS = [
    said(LABEL, "한국지질자원연구원", "ko"),
    said(LABEL, "Institute of Lamps", "en"),
    said(LABEL, "Institut des lampes", "fr"),
    said(OTHER, "KIGAM"),
    said(OTHER, "Institute of Lamps and Lenses, formerly of Lamps", "en"),
    said(LABEL, "등대 전지", "ko"),
    said(LABEL, "이차전지", "ko"),
    said(LABEL, "École Polytechnique", "fr-CA"),
    said(LABEL, "lamplight", "en"),
    said(LABEL, "Straße 12", "de"),
    said(LABEL, "ランプ研究所", "ja"),
    said(NOTE, 'Keeps the "lamp" of \\ each tower\nlit.', "en"),
    said(NOTE, "only in another graph", "en", "http://l.example/g"),
    ox.Quad(
        ox.NamedNode("http://l.example/x"),
        NOTE,
        ox.Literal("12", datatype=ox.NamedNode("http://l.example/t")),
        ox.DefaultGraph(),
    ),
    ox.Quad(ox.NamedNode("http://l.example/x"), NOTE, ox.NamedNode("http://l.example/lamp"), ox.DefaultGraph()),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> TextIndex:
    return made(tmp_path_factory.mktemp("index"), TEXTS)


def values(index: TextIndex, text: str, language: str | None = None) -> list[str]:
    found = [match.term for match in index.matches(text, language)]
    return [t.object.value for t in rdf.triples_from(f"<x:s> <x:p> {term}" for term in found)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("자원", ["한국지질자원연구원"]),
        ("자원연구", ["한국지질자원연구원"]),
        ("자연", []),
        ("전지", ["등대 전지", "이차전지"]),
        ("등", ["등대 전지"]),
        ("지", ["등대 전지", "이차전지", "한국지질자원연구원"]),
        ('"등대 전지"', ["등대 전지"]),
        ('"대 전"', ["등대 전지"]),
        ('"등 전지"', []),
        ("전지 등대", ["등대 전지"]),
        ("institute", ["Institute of Lamps", "Institute of Lamps and Lenses, formerly of Lamps"]),
        ("institut", ["Institut des lampes"]),
        (
            "institut*",
            ["Institut des lampes", "Institute of Lamps", "Institute of Lamps and Lenses, formerly of Lamps"],
        ),
        ("LAMPS lenses", ["Institute of Lamps and Lenses, formerly of Lamps"]),
        ('"lamps lenses"', []),
        ('"lamps and len"*', ["Institute of Lamps and Lenses, formerly of Lamps"]),
        ('"lamps and len*"', ["Institute of Lamps and Lenses, formerly of Lamps"]),
        ("kigam OR école", ["KIGAM", "École Polytechnique"]),
        ("ecole", ["École Polytechnique"]),
        ("ＥＣＯＬＥ", ["École Polytechnique"]),
        ("strasse", ["Straße 12"]),
        ("ランプ", ["ランプ研究所"]),
        ("ﾗﾝﾌﾟ", ["ランプ研究所"]),
        ("研究", ["ランプ研究所"]),
        ("lamp tower", ['Keeps the "lamp" of \\ each tower\nlit.']),
        ("lamp & tower", ['Keeps the "lamp" of \\ each tower\nlit.']),
        ("graph", []),
        ("12", ["Straße 12"]),
    ],
)
def test_what_is_found(index: TextIndex, text: str, found: list[str]) -> None:
    assert sorted(values(index, text)) == sorted(found)


def test_languages(index: TextIndex) -> None:
    assert values(index, "institut*", "fr") == ["Institut des lampes"]
    assert values(index, "ecole", "fr") == values(index, "ecole", "FR-ca") == ["École Polytechnique"]
    assert values(index, "ecole", "f") == values(index, "kigam", "en") == []


def test_scores(index: TextIndex) -> None:
    scores = {match.term: match.score for match in index.matches("lamps", scored=True)}
    assert scores['"Institute of Lamps"@en'] > 0
    assert [match.term for match in index.best("lamp*", 1, seconds=9)] == ['"lamplight"@en']


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1), ("   ", 3), ("&", 1), ('"', 1), ('lamp "tower', 6), ('a"b', 2), ("OR", 1), ("a OR", 4), ("OR a", 1),
        ("a OR OR b", 6), ("a *", 3), ("**", 1), ('""*', 1), ("a" * 1001, 1001), ("a " * 51, 102),
    ],
)  # fmt: skip
def test_malformed_texts(text: str, column: int) -> None:
    with pytest.raises(TextQueryError) as caught:
        expression(text)
    assert caught.value.column == column


def test_too_many(index: TextIndex) -> None:
    assert len(index.matches("lamps", most=2)) == 2
    with pytest.raises(TooManyMatchesError):
        index.matches("lamps", most=1)


# Against plain reading -----------------------------------------------------------------------------------------------

_text = st.text(st.sampled_from("ab1éÉ -ʼ\"'한국어字かがｶ゛ไ\u0301\u0300ß"), max_size=12)


def pieces(text: str) -> list[tuple[str, bool]]:
    return [(match[0], match.lastgroup == "run") for match in PIECES.finditer(fold(text))]


def matches_at(text: list[tuple[str, bool]], start: int, phrase: list[tuple[str, bool]], *, is_open: bool) -> bool:
    window = text[start : start + len(phrase)]
    if [run for _, run in window] != [run for _, run in phrase]:
        return False
    for number, ((have, run), (want, _)) in enumerate(zip(window, phrase, strict=True)):
        first, last = number == 0, number == len(phrase) - 1
        if run:
            good = (
                want in have
                if first and last
                else have.endswith(want)
                if first
                else have.startswith(want)
                if last
                else have == want
            )
        else:
            good = have.startswith(want) if last and is_open else have == want
        if not good:
            return False
    return True


@settings(max_examples=300)
@given(
    texts=st.lists(_text, min_size=1, max_size=6, unique=True),
    phrase=_text,
    is_open=st.booleans(),
    cut=st.integers(0, 8),
)
def test_phrases_as_read_plainly(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], phrase: str, is_open: bool, cut: int
) -> None:
    phrase = (phrase if cut > 5 else texts[0][cut:]).replace('"', "")
    if not pieces(phrase):
        return
    index = made(tmp_path_factory.getbasetemp(), [said(NOTE, text) for text in texts])
    found = values(index, f'"{phrase}"{"*" if is_open else ""}')
    expected = [
        text
        for text in texts
        if any(matches_at(pieces(text), i, pieces(phrase), is_open=is_open) for i in range(len(pieces(text))))
    ]
    assert sorted(found) == sorted(expected)


@given(text=st.text(max_size=30))
def test_tokens_are_what_sqlite_reads(text: str) -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize = 'ascii')")
        connection.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)")
        connection.execute("INSERT INTO t VALUES (?)", (" ".join(tokens(text)),))
        found = [term for (term,) in connection.execute("SELECT term FROM v ORDER BY offset")]
    connection.close()
    assert found == tokens(text)


# Names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("KIGAM", [("KIGAM", "WHOLE", False)]),
        ("kig", [("KIGAM", "BEGINNING", False)]),
        ("한국지", [("한국지질자원연구원", "BEGINNING", True)]),
        ("한국짖", []),
        ("한국ㅈ", [("한국지질자원연구원", "BEGINNING", True)]),
        ("자원연구", [("한국지질자원연구원", "PART", True)]),
        ("한국지질자언연구원", [("한국지질자원연구원", "SPELLING", True)]),
        ("전지", [("등대 전지", "WORDS", True), ("이차전지", "PART", True)]),
        ("lam", [("lamplight", "BEGINNING", True), ("Institute of Lamps", "WORDS", True),
                 ("Institut des lampes", "WORDS", True),
                 ("Institute of Lamps and Lenses, formerly of Lamps", "WORDS", False)]),
        ("lenses institute", [("Institute of Lamps and Lenses, formerly of Lamps", "WORDS", False)]),
        ("Insitute Lamps", [("Institute of Lamps", "SPELLING", True),
                            ("Institute of Lamps and Lenses, formerly of Lamps", "SPELLING", False)]),
        ("ecole politechnique", [("École Polytechnique", "SPELLING", True)]),
        ("plight", [("lamplight", "PART", True)]),
        ("kegim", []),
        ("tower", []),
        ("", []), ("&", []),
    ],
)  # fmt: skip
def test_names(index: TextIndex, typed: str, names: list[tuple[str, str, bool]]) -> None:
    found = Names(index).search(typed, 10)
    shown = [(hit.term.rpartition('"')[0][1:], hit.nearness.name, hit.preferred) for hit in found]
    assert shown == names


@given(name=st.text(min_size=1, max_size=40), change=st.integers(0, 39), letter=st.sampled_from("abc전"))
@settings(max_examples=60)
def test_a_name_is_found_by_itself_and_with_a_letter_changed(
    tmp_path_factory: pytest.TempPathFactory, name: str, change: int, letter: str
) -> None:
    words = spelled(name)
    names = Names(made(tmp_path_factory.getbasetemp(), [said(LABEL, name), said(NOTE, "another")]))
    if not words:
        assert names.search(name, 5) == []
        return
    if len(words) <= 8:
        assert [hit.nearness for hit in names.search(name, 5)] == [Nearness.WHOLE]
    if len(words) == 1 and words[0].isascii() and 4 <= len(words[0]) <= 40:
        place = change % len(words[0])
        wrong = words[0][:place] + letter + words[0][place + 1 :]
        if len(spelled(wrong)) == 1:
            assert [hit.term for hit in names.search(wrong, 5)] == [str(ox.Literal(name))]


def test_a_search_that_takes_long_ends(index: TextIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kclod.text.index._STEPS", 1)
    assert Names(index).search("lam", 10, seconds=-1.0) == []
    with pytest.raises(OutOfTimeError):
        index.best("lamp*", 1, seconds=-1.0)
    assert len(Names(index).search("lam", 10)) == 4


# Making and changing -------------------------------------------------------------------------------------------------

_quad = st.builds(
    said,
    st.sampled_from([LABEL, OTHER, NOTE]),
    st.sampled_from(["Lamp", "lamp room", "등대", "등대지기", 'say "lamp"\n', "", "&"]),
    st.sampled_from([None, "en", "ko"]),
    st.sampled_from([None, None, "http://l.example/g"]),
)


@settings(max_examples=60)
@given(before=st.sets(_quad), after=st.sets(_quad), again=st.sets(_quad))
def test_changed_is_as_made_anew(
    tmp_path_factory: pytest.TempPathFactory, before: set[ox.Quad], after: set[ox.Quad], again: set[ox.Quad]
) -> None:
    folder = tmp_path_factory.mktemp("change")
    path = made(folder, list(before), "changed").path
    for old, new in ((before, after), (after, again)):
        store = ox.Store()
        store.extend(new)
        objects = {str(q.object) for q in old ^ new if isinstance(q.graph_name, ox.DefaultGraph)}
        change_index(path, objects, store)
    anew = made(folder, list(again), "anew")
    assert indexed(path) == indexed(anew.path)
    for text in ("lamp*", "등대", "say OR room"):
        assert TextIndex(path).matches(text, scored=True) == anew.matches(text, scored=True)


def test_equal_inputs_give_equal_bytes(tmp_path: Path) -> None:
    assert made(tmp_path, TEXTS, "a").path.read_bytes() == made(tmp_path, TEXTS[::-1], "b").path.read_bytes()


def test_made_by_another_process(tmp_path: Path, index: TextIndex) -> None:
    dump = tmp_path / "dump.nq"
    dump.write_bytes(rdf.canonical(TEXTS))
    with Indexing(tmp_path / "text", dump) as making:
        making.finished()
    assert indexed(tmp_path / "text") == indexed(index.path)
    with (
        Indexing(tmp_path / "other", tmp_path / "none.nq") as making,
        pytest.raises(UsageError, match=r"unwritable.*none\.nq"),
    ):
        making.finished()


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="this release has none"):
        TextIndex(tmp_path / "none")
    (tmp_path / "damaged").write_bytes(b"no database at all, but long enough to be looked at as one" * 100)
    with pytest.raises(UsageError, match="not a database"):
        TextIndex(tmp_path / "damaged")
    path = made(tmp_path, TEXTS).path
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE about SET value = '0'")
    connection.close()
    with pytest.raises(UsageError, match="its form is 0"):
        TextIndex(path)


def test_sqlite_without_full_text_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Poor:
        def execute(self, _: str) -> None:
            raise sqlite3.OperationalError("no such module: fts5")

        def close(self) -> None:
            pass

    monkeypatch.setattr(schema_module.sqlite3, "connect", lambda *_, **__: Poor())
    with pytest.raises(UsageError, match="no full-text search"):
        made(tmp_path, TEXTS)
    with pytest.raises(UsageError, match="no full-text search"):
        Indexing(tmp_path / "text", tmp_path / "dump").__enter__()
