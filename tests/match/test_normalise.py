"""Names without what tells nothing."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kclod.match import Name
from kclod.match.normalise import is_acronymic, key, looks_like_acronym, spelled, tokens

NAMES = st.text(
    st.characters(categories=("Lu", "Ll", "Lo", "Nd", "Zs", "Po", "Pd", "Ps", "Pe", "Mn"), exclude_characters="\0"),
    max_size=40,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Harbour Lights Ltd.", "HARBOUR LIGHTS LIMITED"),
        ("Harbour Lights, Inc.", "Harbour Lights"),
        ("Phare et Mer S.A.", "Phare & Mer"),
        ("Société des Phares d’Océan", "Societe des phares d'ocean"),
        ("The Office of Lights and Buoys", "Office for Lights & Buoys"),
        ("주식회사 등대", "등대"),
        ("(주)등대불빛", "등대불빛 주식회사"),
        ("㈜등대불빛", "등대불빛"),
        ("한국 등대 연구원", "한국등대연구원"),
        ("등대 및 항로 협회", "등대항로협회"),
        ("경제·인문사회연구회", "경제인문사회연구회"),
        ("U.S.A. Lights", "USA Lights"),
        ("Ｌｉｇｈｔｓ", "lights"),
        ("Leuchtturm GmbH & Co. KG", "Leuchtturm"),
    ],
)
def test_spellings_of_one_name(one: str, other: str) -> None:
    assert key(one) == key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Harbour Lights", "Harbour Light House"),
        ("등대연구원", "등대기술원"),
        ("Company of Lights", "Lights"),  # a legal form ends a name
        ("대학교 등대", "등대 대학교"),
    ],
)
def test_what_is_not_the_same_stays_so(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_a_name_of_small_words_keeps_them() -> None:
    assert key("The And") == "the and"
    assert key("주식회사") == "주식회사"


def test_initials_are_of_the_words_before_a_bracket() -> None:
    assert spelled("Office of Lights and Buoys (North)").initials == ("olb", "oolab")
    assert spelled("Two Words").initials == ()


def test_runs_are_compared_by_pairs() -> None:
    assert tokens(key("LG 등대연구원")) == ["lg", "등대", "대연", "연구", "구원"]


def test_what_an_acronym_is() -> None:
    assert looks_like_acronym("UNESCO")
    assert looks_like_acronym("R&D-X")
    assert not looks_like_acronym("Unesco")
    assert not looks_like_acronym("등대")
    assert is_acronymic(Name("nst", kind="acronym"))
    assert is_acronymic(Name("NST", kind="alias"))
    assert not is_acronymic(Name("POSCO"))


@given(NAMES)
@example("Ē.A")
def test_case_composition_and_spaces_around_make_no_difference(text: str) -> None:
    assert key(text) == key(unicodedata.normalize("NFD", text)) == key(f"  {text} ")
    if text.upper().casefold() == text.casefold():
        assert key(text) == key(text.upper())


@given(NAMES)
def test_a_key_is_its_own_key_or_loses_what_now_ends_it(text: str) -> None:
    once = key(text)
    assert (once == "") == (not any(unicodedata.category(c)[0] in "LN" for c in unicodedata.normalize("NFKC", text)))
    assert len(key(once)) <= len(once)


def test_a_text_without_end_costs_no_more_than_a_long_name() -> None:
    assert len(key("light " * 100_000)) <= 500
