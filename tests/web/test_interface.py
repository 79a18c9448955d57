"""The catalogues of the interface are complete; numbers, dates and plural forms are those of the language."""

from __future__ import annotations

import re
from pathlib import Path

import flask
import pytest
from babel.messages import Message
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from kclod.web import interface
from kclod.web.present import Presenter

WEB = Path(__file__).parents[2] / "src/kclod/web"
LOCALE = WEB / "locale"
TRANSLATIONS = [tag for tag in interface.LANGUAGES if tag != "en"]
DYNAMIC = (
    *("axiom.", "changes.fact.", "changes.kind.", "characteristic.", "error.", "facet.", "graph.", "ontology."),
    *("reconcile.", "rule.", "term "),
)
"""Keys that the code puts together."""
SCRIPTS = ("draw.", "editor.")
"""Keys of the words that pages hand to their scripts, which ask for them without this beginning."""


def messages(name: str, language: str | None = None) -> dict[str, Message]:
    with (LOCALE / name).open("rb") as file:
        read = read_po(file, locale=language, abort_invalid=True)
    found = [message for message in read if message.id]
    assert all(message.context for message in found)
    keyed = {str(message.context): message for message in found}
    assert len(keyed) == len(found), "a key is there twice"
    return keyed


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


TEMPLATE = messages("messages.pot")


@pytest.mark.parametrize("tag", TRANSLATIONS)
def test_every_word_is_translated(tag: str) -> None:
    translated = messages(f"{tag}.po", tag)
    assert list(translated) == list(TEMPLATE), "the same keys in the same order"
    with (LOCALE / f"{tag}.po").open("rb") as file:
        plurals = read_po(file, locale=tag).num_plurals
    for key, message in translated.items():
        assert message.id == TEMPLATE[key].id, f"{key}: the English has changed since it was translated"
        assert not message.fuzzy, key
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        assert len(strings) == (plurals if message.pluralizable else 1), key
        english = message.id[-1] if isinstance(message.id, tuple) else message.id
        for string in strings:
            assert string.strip() or not english.strip(), f"{key} is not translated"
            assert placeholders(string) == placeholders(english), key


def test_every_word_that_the_code_asks_for_is_there_and_no_other() -> None:
    sources = [*WEB.rglob("*.py"), *WEB.rglob("templates/**/*.html"), *WEB.rglob("templates/*.svg")]
    texts = [path.read_text("utf-8") for path in sources if "node_modules" not in path.parts]
    asked = {key for text in texts for key in re.findall(r'\bword\(\s*["\']([\w.-]+)["\']\s*[,)]', text)}
    assert len(asked) > 60
    assert asked - set(TEMPLATE) == set()
    quoted = {key for text in texts for key in re.findall(r'["\']([\w.-]+)["\']', text)}
    assert {key for key in TEMPLATE if key not in quoted and not key.startswith((*DYNAMIC, *SCRIPTS))} == set()


def test_every_word_that_a_script_asks_for_is_there_and_no_other() -> None:
    text = "\n".join(path.read_text("utf-8") for path in WEB.glob("assets/scripts/*.js"))
    asked = set(re.findall(r'\bword\(\s*"([\w-]+)"', text))
    names = {key.partition(".")[2] for key in TEMPLATE if key.startswith(SCRIPTS)}
    assert len(asked) > 30
    assert asked - names == set()
    put_together = {name for name in names if name.startswith(("code-", "status-", "view-"))}
    others = {name for name in names - put_together - asked if f'"{name}"' not in text}
    assert others == set()


def test_plurals() -> None:
    assert [interface.word("en", "query.rows", n=n) for n in (0, 1, 2)] == ["0 rows.", "1 row.", "2 rows."]
    assert [interface.word("fr", "query.rows", n=n) for n in (0, 1, 2)] == ["0 ligne.", "1 ligne.", "2 lignes."]
    assert [interface.word("ko", "query.rows", n=n) for n in (0, 1, 2)] == ["0행.", "1행.", "2행."]


def test_numbers() -> None:
    assert [interface.number(tag, 1234567) for tag in interface.LANGUAGES] == [
        "1,234,567",
        "1,234,567",
        "1\u202f234\u202f567",
    ]


@pytest.mark.parametrize(
    ("lexical", "shown"),
    [
        ("1899", ("1899", "1899년", "1899")),
        ("1899-05", ("May 1899", "1899년 5월", "mai 1899")),
        ("2025-08-07", ("7 August 2025", "2025년 8월 7일", "7 août 2025")),
        ("2025-13", (None, None, None)),
        ("2025-02-30", (None, None, None)),
        ("2025-08~", ("about August 2025", "2025년 8월경", "vers août 2025")),
        ("2025?", ("2025 (uncertain)", "2025년(불확실)", "2025 (incertain)")),
        ("2025/2026", ("2025\u2009–\u20092026", "2025년 ~ 2026년", "2025–2026")),
        ("2024-05-07/2024-05-24", ("7–24 May 2024", "2024년 5월 7일~24일", "7–24 mai 2024")),
        (
            "2025-07-28/2025-08-01",
            ("28 July\u2009–\u20091 August 2025", "2025년 7월 28일~8월 1일", "28 juillet\u2009–\u20091 août 2025"),
        ),
        ("2024-01/2024-06", ("January\u2009–\u2009June 2024", "2024년 1월~6월", "janvier–juin 2024")),
        (
            "2022-11/2024-05-10",
            ("November 2022 – 10 May 2024", "2022년 11월 ~ 2024년 5월 10일", "novembre 2022 – 10 mai 2024"),
        ),
        ("2024-06/2024-01", ("June 2024 – January 2024", "2024년 6월 ~ 2024년 1월", "juin 2024 – janvier 2024")),
        ("../2025-07-29", ("29 July 2025 or before", "2025년 7월 29일 또는 그 이전", "29 juillet 2025 ou avant")),
        ("2025-07/..", ("July 2025 or after", "2025년 7월 또는 그 이후", "juillet 2025 ou après")),
        ("../..", (None, None, None)),
        ("2025-13/2026", (None, None, None)),
        ("2025-XX", (None, None, None)),
        ("2025~?", (None, None, None)),
        ("~", (None, None, None)),
        ("", (None, None, None)),
    ],
)
def test_dates(lexical: str, shown: tuple[str | None, ...]) -> None:
    assert tuple(interface.date(tag, lexical) for tag in interface.LANGUAGES) == shown


def test_names_of_languages() -> None:
    assert [interface.language_name(tag, "ko") for tag in interface.LANGUAGES] == ["Korean", "한국어", "coréen"]
    assert interface.language_name("fr", "en-CA") == "anglais (Canada)"
    assert interface.language_name("en", "no such tag") is None


def test_no_french_line_begins_with_its_punctuation() -> None:
    for key, forms in interface.catalogue("fr").forms.items():
        for form in forms:
            assert not re.search(r" [?!:;»](\s|$)|« ", form), key


def test_french_texts_of_the_data_keep_their_spaces(app: flask.Flask) -> None:
    with app.test_request_context("/?lang=fr"):
        presenter = Presenter.of_request()
        shown = presenter.unbroken('Qui <i>a</i> "signé" ?', None)
        assert Markup(shown).striptags() == 'Qui <i>a</i> "signé" ?'
        assert "<i>" not in escape(shown)
        assert str(escape(shown)).endswith('<span class="unbroken">&#34;signé&#34; ?</span>')
        assert escape(presenter.unbroken("« Un mot : deux »", "fr")).count("unbroken") == 3
        for text, language in (("Who signed ?", "en"), ("a;b", None), ("x" * 60 + " ?", None)):
            assert escape(presenter.unbroken(text, language)) == escape(text)
