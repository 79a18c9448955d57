"""Line numbers of strings, IRIs and descriptions in Turtle text."""

from __future__ import annotations

import pytest

from kclod.lines import Lines

TEXT = r'''@prefix ex: <http://ex.org/ns#> .
PREFIX : <#>
@base <http://ex.org/base/> .
# "in a comment" ex:comment
ex:a ex:p "one", 'two' ; ex:q ex:b ;
  ex:r """long "quoted"
text""" , "esc\"aped\u00e9\t" .
<rel> ex:p [ ex:q ex:b ; ex:s ( ex:c ex:d ) ] , 1.5 , 42 .
ex:b ex:p "one" ; ex:local.name "1"^^ex:c ,
 "x"@en-GB .
:e a ex:f.
[] ex:p ex:g .
ex:g.h ex:p ex:a .
'''


@pytest.fixture
def lines() -> Lines:
    return Lines(TEXT, "file:///dir/mapping.ttl")


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("one", 5),
        ("two", 5),
        ('long "quoted"\ntext', 6),
        ('esc"apedé\t', 7),
        ("x", 10),
        ("in a comment", None),
        ("no", None),
    ],
)
def test_strings(lines: Lines, value: str, line: int | None) -> None:
    assert lines.of_string(value) == line


def test_the_nearest_from_a_line_on(lines: Lines) -> None:
    assert lines.of_string("one", after=6) == 9
    assert lines.of_string("one", after=10) == 5  # none follows: the first
    assert lines.of_iri("http://ex.org/ns#b", after=6) == 8


@pytest.mark.parametrize(
    ("iri", "line"),
    [
        ("http://ex.org/ns#c", 8),
        ("http://ex.org/ns#local.name", 9),
        ("http://ex.org/ns#f", 11),
        ("http://ex.org/base/rel", 8),
        ("http://ex.org/ns#comment", None),
    ],
)
def test_iris(lines: Lines, iri: str, line: int | None) -> None:
    assert lines.of_iri(iri) == line


@pytest.mark.parametrize(
    ("iri", "line"),
    [
        ("http://ex.org/ns#a", 5),
        ("http://ex.org/ns#b", 9),  # an object on line 5 before
        ("http://ex.org/base/rel", 8),
        ("file:///dir/mapping.ttl#e", 11),
        ("http://ex.org/ns#g", 12),  # never described: where it is named
        ("http://ex.org/ns#p", 5),
        ("http://ex.org/ns#g.h", 13),
    ],
)
def test_descriptions(lines: Lines, iri: str, line: int) -> None:
    assert lines.of_subject(iri) == line


def test_what_follows_a_blank_node_is_no_description() -> None:
    lines = Lines("[] <x:p> <x:o> .\n<x:p> <x:q> <x:o> .\n", "")
    assert lines.of_subject("x:p") == 2


def test_graphs_of_trig() -> None:
    text = "@prefix ex: <http://ex.org/> .\nex:g {\n ex:a ex:p ex:b .\n ex:b ex:p ex:c\n}\nex:c ex:p ex:a .\n"
    lines = Lines(text, "http://ex.org/doc")
    assert [lines.of_subject(f"http://ex.org/{name}") for name in "abc"] == [3, 4, 6]


def test_damaged_text_does_not_fail() -> None:
    assert Lines('ex:a ex:p "open', "").of_string("open") is None
    assert Lines("]]] } <", "").of_iri("x") is None
