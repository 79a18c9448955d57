"""How text is cut into what is looked for: folded words, and pairs of characters where a script has no spaces.

A run of Hangul, Han, Kana or another such script becomes its overlapping pairs and, at its end, the last character
alone: `등대지기` is `등대 대지 지기 기`. So a word of two characters is a token, a longer one a phrase of tokens, and
a single character the beginning of one, wherever in a run they stand.
"""

from __future__ import annotations

import unicodedata

import regex

_RUNS = (
    r"\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}"
    r"\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}\u30fc"
)
"""Scripts that are written without spaces, or, as Hangul is, with words that go on into endings and compounds."""
PIECES = regex.compile(rf"(?P<run>[{_RUNS}]+)|(?P<word>[[\p{{L}}\p{{M}}\p{{N}}]--[{_RUNS}]]+)", regex.V1)
_ACCENTS = regex.compile(r"[\u0300-\u036f]+")


def fold(text: str) -> str:
    """Without the differences that nobody types: compatibility forms (NFKC), case, accents.

    Accents are the combining marks for alphabets in general (U+0300 to U+036F); those that belong to a script, such as
    the voicing of Kana, stay.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded.isascii():
        return folded
    return unicodedata.normalize("NFKC", _ACCENTS.sub("", unicodedata.normalize("NFD", folded)))


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order."""
    found: list[str] = []
    for match in PIECES.finditer(fold(text)):
        piece = match[0]
        if match.lastgroup == "run":
            found += [piece[i : i + 2] for i in range(len(piece))]
        else:
            found.append(piece)
    return found


def spelled(text: str) -> list[str]:
    """The words of a name, runs whole, their characters in parts: a syllable of Hangul as its letters (NFD).

    A name is looked for as it is typed: `등ㄷ` is on the way from `등` to `등대`.
    """
    return [unicodedata.normalize("NFD", piece) for match in PIECES.finditer(fold(text)) if (piece := match[0])]
