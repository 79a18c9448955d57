"""The fast reader gives what the careful one gives, or gives up; dates likewise."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kclod.errors import RefusedError
from kclod.records import dates
from kclod.records.located import read_located
from kclod.records.plain import NotPlainError, read_plain

ROOT = Path(__file__).parent.parent
FILES = sorted([*ROOT.glob("examples/*/*.yaml"), ROOT / "mappings/records.yaml", *ROOT.glob("tests/mini/**/*.yaml")])


def same(text: str) -> None:
    try:
        value, places = read_plain(text)
    except NotPlainError:
        return
    careful = read_located(text, "x")
    assert value == careful.value
    assert repr(value) == repr(careful.value), "types too"
    assert places.items() <= careful.outer.items()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_record_files_are_plain_and_read_alike(file: Path) -> None:
    text = file.read_text("utf-8")
    read_plain(text)
    same(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1\nb: *x",
        "a: !!str 1",
        "a: 1\na: 2",
        "? [a]\n: 1",
        "a: 1\n---\nb: 2",
        "<<: {a: 1}",
        "a: [",
        "",
        "\ufeffa: 1",
    ],
)
def test_what_is_not_plain_is_left(text: str) -> None:
    with pytest.raises(NotPlainError):
        read_plain(text)


@given(st.text(alphabet="ab01:-[]{}, \n\"'#~.+_exoTrueNlyYn", max_size=40))
@example("a: 0o17\nb: 0x1F\nc: 1_000\nd: 017\ne: yes\nf: 1e3\ng: .inf\nh: ~\ni: 2025-07-29\nj: 12:30:00\nk: =")
@example("a:\n  - b\n  -\n  - 'it''s'\n  - \"\\u00e9\"\nb: >\n  x\n   y\nc: {d: e, f: [g]}")
def test_whatever_it_reads_it_reads_alike(text: str) -> None:
    with suppress(RefusedError):  # what only the fast one reads would be seen here as an error
        same(text)


@pytest.mark.parametrize("text", ["a: b: c", "a: [1, 2", "a:\n\tb: 1", "- a\nb: c", "a: 'x"])
def test_bad_yaml_is_refused_by_both(text: str) -> None:
    with pytest.raises(NotPlainError):
        read_plain(text)
    with pytest.raises(RefusedError):
        read_located(text, "x")


_day = st.from_regex(
    re.compile(r"(0000|1900|2000|2023|2024|9999)(-(00|01|02|06|12|13)(-(00|01|28|29|30|31|32))?)?"), fullmatch=True
)


def bounds(text: str) -> object:
    """The bounds; of a text that is refused, that it is: the messages differ."""
    try:
        return dates.bounds.__wrapped__(text)
    except ValueError:
        return "refused"


@settings(deadline=None)  # the library takes its time
@given(st.one_of(_day, st.builds("{}/{}".format, _day, _day), st.builds("{}/..".format, _day)))
def test_plain_dates_have_the_bounds_that_the_library_gives(text: str) -> None:
    quick = bounds(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dates, "_PLAIN", re.compile("(?!)"))
        assert bounds(text) == quick
