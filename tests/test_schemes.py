"""Identifier schemes: values from what people write, IRIs from values, and what the content may declare."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kclod.errors import RefusedError
from kclod.project import Project
from kclod.registries import read_schemes
from kclod.schemes import Scheme, identifier_iri, recognise, scheme_at
from kclod.site import Site

Edit = Callable[[str, str, str], Project]

ITEM = Scheme(
    name="item",
    iri="https://lights.example/id/concept/item",
    registry="https://items.example/",
    labels={"en": "item"},
    titles={"en": "Items"},
    pattern="Q[1-9][0-9]*",
    template="http://www.items.example/entity/{id}",
    others=("https://www.items.example/wiki/{id}",),
)
NAME = Scheme(
    name="name",
    iri="https://lights.example/id/concept/name",
    registry="https://names.example/",
    labels={"en": "name number"},
    titles={"en": "Names"},
    pattern="[0-9]{15}[0-9X]",
    template="https://names.example/{id}/about",
    check="iso7064-mod11-2",
)
CODE = Scheme(
    name="code",
    iri="https://lights.example/id/concept/code",
    registry="https://codes.example/",
    labels={"en": "code"},
    titles={"en": "Codes"},
    pattern="[A-Z]{3}[0-9]{3}",
)
ALL = (ITEM, NAME, CODE)


@pytest.mark.parametrize(
    ("scheme", "text", "value"),
    [
        (ITEM, "Q16", "Q16"),
        (ITEM, " q16 ", "Q16"),
        (ITEM, "http://www.items.example/entity/Q16", "Q16"),
        (ITEM, "https://items.example/wiki/Q16", "Q16"),
        (ITEM, "https://www.items.example/wiki/Q16?uselang=fr#names", "Q16"),
        (ITEM, "https://www.items.example/wiki/Q16/sixteen.html", "Q16"),
        (ITEM, "https://other.example/wiki/Q16", None),
        (ITEM, "https://items.example/wiki/", None),
        (ITEM, "P16", None),
        (ITEM, "Q16 and more", None),
        (NAME, "0000 0001 2325 3578", "0000000123253578"),
        (NAME, "0000-0004-7781-685x", "000000047781685X"),
        (NAME, "http://names.example/0000%200001%202325%203578/about/", "0000000123253578"),
        (NAME, "https://names.example/0000000123253578", None),
        (NAME, "0000 0001 2325 3579", None),
        (CODE, "abc123", "ABC123"),
        (CODE, "https://codes.example/ABC123", None),
    ],
)
def test_value_that_a_person_means(scheme: Scheme, text: str, value: str | None) -> None:
    assert scheme.value_of(text) == value


def test_iris_are_exact() -> None:
    assert ITEM.iri_of("Q16") == "http://www.items.example/entity/Q16"
    assert ITEM.value_at("http://www.items.example/entity/Q16") == "Q16"
    assert ITEM.value_at("https://www.items.example/entity/Q16") is None, "another IRI than the registry's"
    assert ITEM.value_at("http://www.items.example/entity/") is None
    assert NAME.value_at("https://names.example/x/about") == "x", "its form is another question"
    assert CODE.iri_of("ABC123") is None
    assert CODE.value_at("https://codes.example/ABC123") is None


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_what_an_iri_is_made_of_is_read_from_it(value: str) -> None:
    iri = NAME.iri_of(value)
    assert iri is not None
    assert NAME.value_at(iri) == value


def test_scheme_of_an_address() -> None:
    assert recognise(ALL, "https://items.example/wiki/Q16") == (ITEM, "Q16")
    assert recognise(ALL, "https://elsewhere.example/Q16") is None
    assert recognise(ALL, "ABC123") is None, "that is no address"
    nested = Scheme("deep", "x:d", "x:r", {"en": "d"}, {"en": "r"}, "[a-z]+", "http://www.items.example/entity/Q{id}")
    assert scheme_at([ITEM, nested], "http://www.items.example/entity/Qx") == (nested, "x"), "the longer template"
    assert scheme_at(ALL, "https://elsewhere.example/") is None


def test_faults() -> None:
    assert NAME.fault("0000000123253578") is None
    assert "form" in (NAME.fault("123") or "")
    assert "check digits" in (NAME.fault("0000000123253579") or "")


def test_identifier_as_a_thing() -> None:
    iri = identifier_iri("https://lights.example/", "list", "Rare earths/2")
    assert iri == "https://lights.example/id/identifier/list/Rare%20earths%2F2"


def test_site_carries_schemes() -> None:
    site = Site("b", "d", {}, {}, None, {}, "1", {}, {}, schemes=ALL)
    assert Site.from_json(site.to_json()).schemes == ALL


DECLARED = """
    pub:registry <https://lights.example/dataset#items> ;
    pub:expects <https://lights.example/dataset#expect-lights>"""
REGISTRY = """
<https://lights.example/dataset#items> a void:Dataset ; dct:title "Items"@en ;
    pub:identifierScheme <https://lights.example/id/concept/scheme/item> ;
    pub:identifierPattern "Q[1-9][0-9]*" ;
    pub:identifierTemplate "http://www.wikidata.org/entity/{id}" ;
    pub:otherTemplate "https://www.wikidata.org/wiki/{id}" ;
    pub:checkDigits "ror" ; pub:sameAsFrom 0.9 .
"""
LABEL = '<https://lights.example/id/concept/scheme/item> rdfs:label "item"@en, "항목"@ko .\n'


def declare(project: Project, edit: Edit, registry: str = REGISTRY, label: str = LABEL) -> Project:
    edit("ontology/dataset.ttl", "\n    pub:expects <https://lights.example/dataset#expect-lights>", DECLARED)
    for file, text in (("dataset.ttl", registry), ("lights.ttl", label)):
        path = project.root / "ontology" / file
        path.write_text(path.read_text("utf-8") + text, "utf-8")
    return Project(project.root)


def test_schemes_are_declared_by_the_content(mini: Project, edit: Edit) -> None:
    project = declare(mini, edit)
    (scheme,) = read_schemes(project.dataset, project.ontology)
    assert scheme == Scheme(
        name="item",
        iri="https://lights.example/id/concept/scheme/item",
        registry="https://lights.example/dataset#items",
        labels={"en": "item", "ko": "항목"},
        titles={"en": "Items"},
        pattern="Q[1-9][0-9]*",
        template="http://www.wikidata.org/entity/{id}",
        others=("https://www.wikidata.org/wiki/{id}",),
        check="ror",
        same_from="0.9",
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("pub:identifierScheme <https://lights.example/id/concept/scheme/item> ;", "", "does not end in a name"),
        ("scheme/item>", "scheme/other>", "no label"),
        ('dct:title "Items"@en ;', "", "no dct:title"),
        ('pub:identifierPattern "Q[1-9][0-9]*" ;', "", "no pub:identifierPattern"),
        ("Q[1-9][0-9]*", "Q[1-9", "no regular expression"),
        ("entity/{id}", "entity/", "no web address"),
        ("wiki/{id}", "{id}/{id}", "no web address"),
        ('"ror"', '"luhn"', "is none of iso7064-mod11-2"),
        ("0.9", "2", "no number from 0 to 1"),
        ("0.9", '"high"', "no number from 0 to 1"),
    ],
)
def test_refused_declarations(mini: Project, edit: Edit, old: str, new: str, message: str) -> None:
    assert old in REGISTRY
    project = declare(mini, edit, REGISTRY.replace(old, new, 1))
    with pytest.raises(RefusedError) as caught:
        read_schemes(project.dataset, project.ontology)
    problem = caught.value.problems[0]
    assert message in problem.message
    assert (problem.rule, problem.item) == ("dataset.registry", "https://lights.example/dataset#items")
    assert Path(problem.file or "").name == "dataset.ttl"


def test_two_registries_of_one_scheme(mini: Project, edit: Edit) -> None:
    twice = REGISTRY + REGISTRY.replace("dataset#items", "dataset#again")
    project = declare(mini, edit, twice)
    path = project.root / "ontology/dataset.ttl"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace(
            "dataset#items> ;\n    pub:exp", "dataset#items>, <https://lights.example/dataset#again> ;\n    pub:exp"
        )
    )
    project = Project(project.root)
    with pytest.raises(RefusedError, match="another registry's too"):
        read_schemes(project.dataset, project.ontology)
