"""Lexical forms, IRI-safe versions, templates, lexical spaces, older references."""

from __future__ import annotations

import re
from decimal import Decimal
from urllib.parse import unquote

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kclod.rml.oldpaths import modern_path
from kclod.rml.template import TemplateError, split
from kclod.rml.values import (
    NotScalarError,
    blank_label,
    canonical_double,
    decimal_lexical,
    iri_safe,
    lexical,
    shown,
    uri_safe,
)
from kclod.rml.xsd import XSD, check_for

texts = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (100.0, "1.0E2"),
        (-5.9, "-5.9E0"),
        (0.00014770215, "1.4770215E-4"),
        (1000.0, "1.0E3"),
        (0.0, "0.0E0"),
        (-0.0, "-0.0E0"),
        (1e300, "1.0E300"),
        (5e-324, "5.0E-324"),
        (123456.789, "1.23456789E5"),
        (float("inf"), "INF"),
        (float("-inf"), "-INF"),
        (float("nan"), "NaN"),
    ],
)
def test_canonical_double(value: float, expected: str) -> None:
    assert canonical_double(value) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_canonical_double_keeps_the_value(value: float) -> None:
    text = canonical_double(value)
    assert float(text) == value
    assert re.fullmatch(r"-?[0-9]\.(0|[0-9]*[1-9])E(0|-?[1-9][0-9]*)", text)
    assert text[0] != "0" or value == 0


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimal_form_is_a_decimal_and_keeps_the_value(value: float) -> None:
    check = check_for(f"{XSD}decimal")
    assert check is not None
    assert check(decimal_lexical(value))
    assert Decimal(decimal_lexical(value)) == Decimal(repr(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, "true"), (False, "false"), (0, "0"), (-12, "-12"), (10**40, "1" + "0" * 40), ("é", "é")],
)
def test_lexical(value: object, expected: str) -> None:
    assert lexical(value) == expected


@pytest.mark.parametrize("value", [[], [1], {}, {"a": 1}, None, b"x", Decimal(1)])
def test_no_lexical_form(value: object) -> None:
    with pytest.raises(NotScalarError):
        lexical(value)


@pytest.mark.parametrize(
    ("text", "iri", "uri"),
    [
        ("42", "42", "42"),
        ("Hello World!", "Hello%20World%21", "Hello%20World%21"),
        ("2011-08-23T22:17:00Z", "2011-08-23T22%3A17%3A00Z", "2011-08-23T22%3A17%3A00Z"),
        ("~A_17.1-2¢", "~A_17.1-2¢", "~A_17.1-2%C2%A2"),
        ("Zoë Krüger", "Zoë%20Krüger", "Zo%C3%AB%20Kr%C3%BCger"),
        ("서울/한국", "서울%2F한국", "%EC%84%9C%EC%9A%B8%2F%ED%95%9C%EA%B5%AD"),
        ("50%", "50%25", "50%25"),
        ("\ue000\U000fffff", "%EE%80%80%F3%BF%BF%BF", "%EE%80%80%F3%BF%BF%BF"),
        ("\U0001f600", "\U0001f600", "%F0%9F%98%80"),
    ],
)
def test_safe_versions(text: str, iri: str, uri: str) -> None:
    assert iri_safe(text) == iri
    assert uri_safe(text) == uri


@given(texts)
def test_safe_versions_are_valid_and_reversible(text: str) -> None:
    for safe in (iri_safe(text), uri_safe(text)):
        assert ox.NamedNode(f"http://example.org/{safe}").value.endswith(safe)
        assert unquote(safe) == text
    assert uri_safe(text).isascii()


@given(texts, texts)
def test_blank_labels_are_valid_and_tell_texts_apart(one: str, other: str) -> None:
    assert ox.BlankNode(blank_label(one)).value == blank_label(one)
    assert (blank_label(one) == blank_label(other)) == (one == other)


def test_long_values_are_shown_cut_with_an_ellipsis() -> None:
    assert shown([1, "é"]) == '[1, "é"]'
    assert shown("\ud800") == "\\ud800"
    assert len(shown("x" * 500)) == 200
    assert shown("x" * 500).endswith("…")


# Templates


@pytest.mark.parametrize(
    ("text", "literals", "references"),
    [
        ("", ("",), ()),
        ("plain", ("plain",), ()),
        ("{a}", ("", ""), ("a",)),
        ("x{$.a}y{$.b}z", ("x", "y", "z"), ("$.a", "$.b")),
        (r"\{\{ {a} \\o/ \}", ("{{ ", r" \o/ }"), ("a",)),
        (r"{$['\{Name\}']}", ("", ""), ("$['{Name}']",)),
        (r"{$['a\\b']}", ("", ""), (r"$['a\b']",)),
    ],
)
def test_templates(text: str, literals: tuple[str, ...], references: tuple[str, ...]) -> None:
    assert split(text) == (literals, references)


@pytest.mark.parametrize("text", ["{", "}", "{}", "{a", "a}", "{{a}}", r"\a", "\\", r"{a\b}", "{a}}", "{a{b}"])
def test_bad_templates(text: str) -> None:
    with pytest.raises(TemplateError):
        split(text)


@given(st.lists(texts), st.lists(texts.filter(bool)))
def test_templates_survive_escaping(literals: list[str], references: list[str]) -> None:
    def escaped(text: str) -> str:
        return re.sub(r"([\\{}])", r"\\\1", text)

    literals = (literals + [""] * (len(references) + 1))[: len(references) + 1]
    text = escaped(literals[0])
    for reference, literal in zip(references, literals[1:], strict=True):
        text += "{" + escaped(reference) + "}" + escaped(literal)
    assert split(text) == (tuple(literals), tuple(references))


# Older references


@pytest.mark.parametrize(
    ("old", "modern"),
    [
        ("$.a", "$.a"),
        ("ID", "$.ID"),
        ("a.b[*].c", "$.a.b[*].c"),
        ("[*]", "$[*]"),
        ("@.a", "$.a"),
        ("Country Code", '$["Country Code"]'),
        ('say "hi"', '$["say \\"hi\\""]'),
    ],
)
def test_older_references(old: str, modern: str) -> None:
    assert modern_path(old) == modern


# Lexical spaces

GOOD = {
    "string": ["", "anything"],
    "boolean": ["true", "false", "0", "1"],
    "decimal": ["1", "-1.5", "+.5", "1.", "0001"],
    "integer": ["0", "-05", "+333", "9" * 50],
    "int": ["2147483647", "-2147483648", "000000000000000000000000001"],
    "unsignedByte": ["0", "255", "+1", "-0"],
    "nonNegativeInteger": ["0", "9" * 50],
    "negativeInteger": ["-1", "-" + "9" * 50],
    "double": ["1", "-5.90", "+01E+3", "1e-10", "INF", "-INF", "NaN", "+INF"],
    "date": ["2024-02-29", "2023-12-31Z", "-0044-03-15", "2023-01-01+14:00", "12023-01-01", "0000-02-29"],
    "dateTime": ["2011-08-23T22:17:00.000+00:00", "2011-08-23T24:00:00", "2011-08-23T00:00:00Z"],
    "dateTimeStamp": ["2011-08-23T00:00:00Z"],
    "time": ["22:17:34.885+00:00", "24:00:00.0", "00:00:00"],
    "gYear": ["2025", "-0044", "12025", "2025Z"],
    "gYearMonth": ["2025-12"],
    "gMonth": ["--12"],
    "gMonthDay": ["--02-29"],
    "gDay": ["---31"],
    "duration": ["P1Y", "-P1Y2M3DT4H5M6.7S", "PT0S", "P0D"],
    "dayTimeDuration": ["P3DT4H", "PT1M"],
    "yearMonthDuration": ["P1Y2M"],
    "hexBinary": ["", "5232524d4c"],
    "base64Binary": ["", "YWJj", "YW Jj", "YQ=="],
    "language": ["en", "en-GB"],
    "token": ["a b"],
    "normalizedString": [" a  b "],
    "anyURI": ["anything at all"],
}
BAD = {
    "boolean": ["True", "yes", "", "2", "X"],
    "decimal": ["1e3", "", ".", "1,5", " 1", "1\n", "INF", "١"],
    "integer": ["1.0", "", "+", "1 ", "ten", "1_000"],
    "int": ["2147483648", "-2147483649", "9" * 50],
    "unsignedByte": ["256", "-1"],
    "nonNegativeInteger": ["-1", "-" + "9" * 50],
    "negativeInteger": ["0", "1", "9" * 50],
    "positiveInteger": ["0"],
    "double": ["", "1.5.0", "inf", "nan", "1e", "-NaN"],
    "date": [
        "yesterday",
        "2023-02-29",
        "1900-02-29",
        "2023-13-01",
        "2023-00-01",
        "2023-04-31",
        "2023-1-1",
        "23-01-01",
        "2023-01-01T00:00:00",
        "2023-01-01+14:01",
        "02023-01-01",
    ],
    "dateTime": [
        "2011-08-23 22:17:00",
        "2011-08-23",
        "2011-08-23T24:00:01",
        "2011-08-23T22:60:00",
        "2011-02-29T00:00:00",
    ],
    "dateTimeStamp": ["2011-08-23T00:00:00"],
    "time": ["22:17", "25:00:00", "22:17:34."],
    "gYear": ["25", "02025", "2025-01", "two thousand"],
    "gYearMonth": ["2025-13", "2025"],
    "gMonth": ["12", "--13"],
    "gMonthDay": ["--02-30", "--04-31"],
    "gDay": ["---32", "31"],
    "duration": ["P", "PT", "P1YT", "1Y", "P1H", "P-1Y"],
    "dayTimeDuration": ["P1Y", "P1M"],
    "yearMonthDuration": ["P1D", "P"],
    "hexBinary": ["5", "xy", "52 32"],
    "base64Binary": ["a", "YWJj ", "YW  Jj", "YQ=", "Y*=="],
    "language": ["", "abcdefghi", "en_GB"],
    "token": [" a", "a  b", "a\n"],
    "normalizedString": ["a\tb"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, listed in GOOD.items() for text in listed])
def test_in_the_lexical_space(name: str, text: str) -> None:
    check = check_for(XSD + name)
    assert check is None or check(text)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, listed in BAD.items() for text in listed])
def test_not_in_the_lexical_space(name: str, text: str) -> None:
    check = check_for(XSD + name)
    assert check is not None
    assert not check(text)


def test_other_datatypes_are_not_checked() -> None:
    assert check_for("http://example.org/date") is None
    assert check_for(f"{XSD}string") is None
