"""Names without the differences that tell nothing: case, accents, punctuation, legal forms, small words, spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import regex
from ruamel.yaml import YAML

from kclod.match.entity import ACRONYM, PREFERRED, Name
from kclod.text.tokens import PIECES, fold

_DOTTED = regex.compile(r"(?<![\p{L}\p{N}])(?:(?:\p{L}\.)+\p{L}(?![\p{L}\p{N}])|(?:\p{L}\.){2,})")
"""Letters with dots, as in U.S.A. and D.C"""
_BRACKETS = regex.compile(r"[()\[\]（）]")
_ASCII = re.compile(r"[a-z0-9]+")
_LONGEST_ACRONYM = 10
_LONGEST = 500
_DENSE = "\u1100"
"""From here on scripts may be written without spaces."""


class Words(NamedTuple):
    """The words of `words.yaml`."""

    stop: frozenset[str]
    legal: frozenset[str]
    legal_runs: tuple[str, ...]
    """Legal forms in scripts without spaces that are longer than a character, the longest first."""


@lru_cache(1)
def words_of_names() -> Words:
    """The declared words that tell no two bodies apart."""
    data = YAML(typ="safe", pure=True).load(files("kclod.match").joinpath("words.yaml").read_text("utf-8"))
    stop = frozenset(word for group in data["stop"].values() for word in group)
    legal = frozenset(word for group in data["legal"] for word in group)
    runs = sorted((word for word in legal if len(word) > 1 and _is_run(word)), key=lambda word: (-len(word), word))
    return Words(stop, legal, tuple(runs))


def _is_run(word: str) -> bool:
    match = PIECES.fullmatch(word)
    return match is not None and match.lastgroup == "run"


class Spelled(NamedTuple):
    """A name as it is looked up. `key`: its words with spaces between; `initials`: the acronyms it may have."""

    key: str
    initials: tuple[str, ...]


def spelled(text: str) -> Spelled:
    """The words of a name that tell it from others, in order, and the first letters of words.

    A run of a script without spaces is one word. The key is never empty where the text has a letter: a name of small
    words alone keeps them. Initials are of the words before any bracket, without small words and with them, where that
    makes three letters or more. Of a longer text only the first 500 characters are looked at: no name has more, and to
    compare names must cost little, whoever sends them.
    """
    text = unicodedata.normalize("NFC", text[: 4 * _LONGEST])[:_LONGEST]
    kept: list[str] = []
    whole: list[str] = []
    made: list[str] = []
    joined = False  # whether the last word is a run that the next one continues
    if "." in text:
        text = _DOTTED.sub(lambda match: match[0].replace(".", "") + " " * match[0].endswith("."), text)
    for number, segment in enumerate(_BRACKETS.split(fold(text))):
        pieces = _pieces(segment)
        whole += (word for word, _ in pieces)
        for word, is_run in _without_forms(pieces):
            if is_run and joined:
                kept[-1] += word
            else:
                kept.append(word)
            joined = is_run
        if number == 0 and len(pieces) > 2:
            made = ["".join(word[0] for word, is_run in pieces if not is_run and word not in words_of_names().stop)]
            made.append("".join(word[0] for word, is_run in pieces if not is_run))
    return Spelled(" ".join(kept or whole), tuple(dict.fromkeys(each for each in made if len(each) > 2)))


def key(text: str) -> str:
    """A name's words with spaces between."""
    return spelled(text).key


def _pieces(segment: str) -> list[tuple[str, bool]]:
    """The words of a text, and whether each is a run."""
    if segment.isascii():
        return [(word, False) for word in _ASCII.findall(segment)]
    found = ((match[0], match.lastgroup == "run") for match in PIECES.finditer(segment))
    return [piece for piece in found if any(map(str.isalnum, piece[0]))]  # marks alone are no word


def _without_forms(pieces: list[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
    """A part of a name without small words, and without the legal forms at its end (or, in a run, its beginning)."""
    stop, legal, runs = words_of_names()
    kept = [piece for piece in pieces if piece[0] not in stop]
    while kept and kept[-1][0] in legal:
        kept.pop()
    for word, is_run in kept:
        if not is_run:
            yield word, False
        elif rest := _bare(word, runs) if word not in legal else "":
            yield rest, True


def _bare(run: str, forms: tuple[str, ...]) -> str:
    for form in forms:
        if len(run) > len(form) + 1:
            run = run.removeprefix(form)
        if len(run) > len(form) + 1:
            run = run.removesuffix(form)
    return run


def tokens(key: str) -> list[str]:
    """What two names are compared by: words, and of a run its overlapping pairs of characters."""
    found = []
    for word in key.split():
        if len(word) > 2 and word[0] >= _DENSE and _is_run(word):
            found += [word[i : i + 2] for i in range(len(word) - 1)]
        else:
            found.append(word)
    return found


def is_dense(text: str) -> bool:
    """Whether a text is, or is partly, in a script of which two characters say as much as a word."""
    return not text.isascii() and any(c >= _DENSE for c in text)


def looks_like_acronym(text: str) -> bool:
    """Whether a text is one short word of an alphabet with more capitals than small letters, such as UNESCO."""
    letters = text.replace(".", "").replace("-", "").replace("&", "")
    capitals = sum(c.isupper() for c in letters)
    return 1 < len(letters) <= _LONGEST_ACRONYM and letters.isalnum() and capitals * 2 > len(letters)


def is_acronymic(name: Name) -> bool:
    """Whether a name is an acronym: said to be one, or another than the preferred name that looks like one."""
    return name.kind == ACRONYM or (name.kind != PREFERRED and looks_like_acronym(name.text))
