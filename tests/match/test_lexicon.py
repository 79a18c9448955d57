"""Words across languages, learned from names; countries by name."""

import pytest

from kclod.match import Entity, Index, Name
from kclod.match.countries import country_of
from kclod.match.lexicon import Learning, lexicon_of

PLACES = ("Nore", "Arkona", "Skagen", "Ouessant", "Fastnet")


def lights() -> list[Entity]:
    return [
        Entity(place, (Name(f"Lighthouse of {place}", "en"), Name(f"Phare de {place}", "fr"))) for place in PLACES
    ] + [Entity("Kullen", (Name("Phare de Kullen", "fr"),))]


def test_words_that_stand_for_one_another_are_learned() -> None:
    learning = Learning()
    for entity in lights():
        learning.show([(name.language, name.text.lower()) for name in entity.names])
    assert lexicon_of(learning.pairs())["lighthouse"] >= {"phare"}
    assert "nore" not in lexicon_of(learning.pairs())


def test_names_in_one_language_teach_nothing() -> None:
    learning = Learning()
    for place in PLACES:
        learning.show([("en", f"lighthouse {place}"), ("en", f"tower {place}")])
    assert learning.pairs() == []


def test_a_name_in_a_language_that_the_entity_lacks_is_found() -> None:
    (match, *_) = Index.of(lights()).match(Entity("", (Name("Lighthouse of Kullen", "en"),)))
    assert match.entity.id == "Kullen"
    assert match.score.features["wanted_extra"] == 0


@pytest.mark.parametrize(
    ("text", "code"), [("fr", "FR"), ("France", "FR"), ("프랑스", "FR"), ("Nowhere", None), ("EU", None)]
)
def test_countries_by_code_and_name(text: str, code: str | None) -> None:
    assert country_of(text) == code
