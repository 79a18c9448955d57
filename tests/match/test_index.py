"""The index: what it finds, how it is kept, and what it says of the matches."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import process
from rapidfuzz.fuzz import token_sort_ratio

from kclod.errors import UsageError
from kclod.match import Entity, Index, Name, Reference
from kclod.match.normalise import key
from tests.match.records import entities, index, wanted

NRC, NST, NRC_ECONOMICS = (f"https://ror.org/{key}" for key in ("04mte1k06", "058rymf81", "012zp9903"))
KIMM, EMBASSY, AIRBUS_DS, HHI = (
    f"https://ror.org/{key}" for key in ("01qcq9d74", "03594dm11", "052xgjt73", "0433haa75")
)


def safe(*names: str, **known: tuple[object, ...]) -> list[str]:
    return [match.entity.id for match in index().match(wanted(*names, **known)) if match.score.safe]


@pytest.mark.parametrize(
    "name",
    [
        "Korea Institute of Machinery and Materials",
        "korea institute of MACHINERY & materials",
        "Korea Institute of Machinary and Materials",
        "한국기계연구원",
        "한국 기계 연구원",
    ],
)
def test_one_name_in_other_spellings(name: str) -> None:
    assert index().match(wanted(name))[0].entity.id == KIMM


def test_a_full_name_is_safe_and_an_acronym_never() -> None:
    assert safe("Korea Institute of Machinery and Materials") == [KIMM]
    assert safe("KIMM") == []
    match = index().match(wanted("KIMM"))[0]
    assert match.entity.id == KIMM
    assert match.score.features["acronym"] == 1
    assert "only an acronym agrees" in match.score.doubts


@pytest.mark.parametrize(
    ("names", "known"),
    [
        (["NRC"], {}),
        (["NST"], {}),
        (["National Research Council"], {}),
        (["Embassy of Canada to the Republic of Korea", "주한캐나다대사관"], {"countries": ("KR",)}),
        (["Embassy of Canada in Seoul"], {}),
        (["Embassy of Canada"], {"countries": ("KR",)}),
        (["Embassy of Canada in Washington"], {"countries": ("KR",), "places": (Reference("", ("Seoul",)),)}),
        (["Airbus"], {}),
        (["Airbus"], {"countries": ("DE",)}),
        (["HD Hyundai", "HD현대"], {}),
        (["HD Hyundai"], {"countries": ("KR",)}),
        (["Hyundai"], {"countries": ("KR",)}),
        (["HD Hyundai Mipo"], {"countries": ("KR",)}),
    ],
)
def test_traps_are_not_matched(names: list[str], known: dict[str, tuple[object, ...]]) -> None:
    assert safe(*names, **known) == []


def test_the_two_bodies_with_one_acronym_are_told_apart_by_what_is_known() -> None:
    assert safe("National Research Council", countries=("CA",)) == [NRC]
    assert safe("National Research Council of Science and Technology") == [NST]
    bodies = {match.entity.id for match in index().match(wanted("NRC"))[:2]}
    assert bodies == {NRC, NRC_ECONOMICS}
    assert all(match.score.value < 0.5 for match in index().match(wanted("NRC")))


def test_a_group_and_its_subsidiary() -> None:
    assert safe("Airbus Defence and Space", countries=("DE",)) == [AIRBUS_DS]
    assert HHI not in safe("HD Hyundai", countries=("KR",))
    assert EMBASSY in safe("Embassy of Canada in Washington, D.C.", countries=("US",))


def test_a_homonym_of_another_country_is_no_match() -> None:
    homonyms = Index.of(
        [
            Entity("cl", (Name("Empresa Nacional de Minería"), Name("ENAMI", kind="acronym")), countries=("CL",)),
            *entities(),
        ]
    )
    assert homonyms.match(wanted("Empresa Nacional Minera", "ENAMI", countries=("CL",)))[0].entity.id == "cl"
    for names in (["Empresa Nacional Minera del Ecuador"], ["Empresa Nacional Minera", "ENAMI"], ["ENAMI"]):
        assert not any(match.score.safe for match in homonyms.match(wanted(*names, countries=("EC",))))


def test_an_acronym_of_the_name_that_two_have_tells_nothing() -> None:
    """It would follow from the name of the other as well."""
    name = Name("Harbour Lights Office")
    twins = Index.of([Entity("a", (name, Name("HLO", kind="acronym"))), Entity("b", (name,))])
    first, second = twins.match(wanted("Harbour Lights Office"))
    assert first.score.value == pytest.approx(second.score.value)
    assert not first.score.safe
    asked = twins.match(wanted("Harbour Lights Office", "HLO"))
    assert asked[0].score.features["acronym_too"] == 1, "it does where whoever asks has the acronym too"


def test_two_that_nothing_tells_apart_have_less_than_a_half_each() -> None:
    twins = Index.of([Entity("a", (Name("Harbour Lights Office"),)), Entity("b", (Name("Harbour Lights Office"),))])
    first, second = twins.match(wanted("Harbour Lights Office"))
    assert first.score.value == second.score.value <= 0.5
    assert not first.score.safe
    assert "nearly as likely: Harbour Lights Office" in first.score.doubts


def test_an_identifier_decides() -> None:
    known = Entity("a", (Name("Harbour Lights Office"),), identifiers=(("isni", "1"),))
    found = Index.of([known])
    assert not any(match.score.safe for match in found.match(Entity("", known.names, identifiers=(("isni", "2"),))))
    assert found.match(Entity("", known.names, identifiers=(("isni", "1"),)))[0].score.safe


def test_what_is_saved_is_opened_as_it_was(tmp_path: Path) -> None:
    index().save(tmp_path / "one")
    Index.of(entities()).save(tmp_path / "two")
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in files)
    opened = Index.open(tmp_path / "one")
    assert tuple(opened) == entities()
    for name in ("NRC", "한국기계연구원", "Airbus"):
        assert opened.match(wanted(name)) == index().match(wanted(name))


def test_what_is_no_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"match\.index"):
        Index.open(tmp_path)
    index().save(tmp_path)
    (tmp_path / "owner.npy").unlink()
    with pytest.raises(UsageError, match="owner"):
        Index.open(tmp_path)


def test_an_empty_index_and_an_empty_name(tmp_path: Path) -> None:
    empty = Index.of([])
    assert empty.match(wanted("Lights")) == []
    empty.save(tmp_path)
    assert Index.open(tmp_path).match(wanted("Lights")) == []
    assert index().match(wanted("")) == index().match(wanted()) == index().match(wanted("…")) == []


def test_many_at_once_are_as_one_at_a_time() -> None:
    chosen = [wanted(entity.label) for entity in entities()[::7]]
    assert list(index().match_many(chosen)) == [index().match(each) for each in chosen]


def test_candidates_hold_what_a_comparison_with_every_name_finds() -> None:
    """Names with a slip, compared with all names by brute force: the nearest is nearly always a candidate."""
    names = [(number, key(name.text)) for number, entity in enumerate(entities()) for name in entity.names]
    chance = random.Random(3)
    missed, asked = 0, 0
    for _, text in chance.sample([pair for pair in names if len(pair[1]) > 8], 150):
        place = chance.randrange(len(text))
        slipped = text[:place] + text[place + 1 :]
        _, _, where = process.extractOne(slipped, [text for _, text in names], scorer=token_sort_ratio)
        asked += 1
        missed += names[where][0] not in index().candidates(wanted(slipped))
    assert missed <= asked // 100


WORDS = st.lists(
    st.sampled_from(["harbour", "light", "tower", "등대연구원", "sea", "phare", "북부"]), min_size=1, max_size=4
)


@settings(max_examples=40)
@given(st.lists(WORDS, min_size=1, max_size=8))
def test_every_entity_is_found_by_each_of_its_names(names: list[list[str]]) -> None:
    made = Index.of([Entity(str(number), (Name(" ".join(words)),)) for number, words in enumerate(names)])
    for words in names:
        same = {str(i) for i, other in enumerate(names) if sorted(key(" ".join(other))) == sorted(key(" ".join(words)))}
        best = made.match(wanted(" ".join(words)))[0]
        assert best.entity.id in same
        assert 0 <= best.score.value <= 1
