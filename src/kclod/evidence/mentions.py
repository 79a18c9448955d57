"""Whether words mention a name, a number or a date: a coarse test that tolerates inflection.

Text is compared word by word, case-folded, in Normalization Form C. A word is a run of letters or a run of digits, so
"4th" is 4 and th. No dictionary is used, and no stemmer:

- Words of a script with capitals are one word when they are equal, or when they share their beginning, at least four
  letters, and neither goes on for more than three letters after it: study and studies, light and lighting.
- A word of a script without capitals is mentioned where the text's word contains it, if it has two letters or more:
  such scripts join particles to a word, or set no space between words.
- A name is mentioned where half of its telling words are there or more, in any order, but two at least unless it has
  only one. A telling word has four letters or more, or is no plain lower-case word: R&D, Nord, 등대, 2025. What stands
  in brackets in a name is left out: there labels explain themselves.
- A number is mentioned by its digits, with or without separators of thousands, followed by a word for a power of ten
  or not (2.3 billion), or by a number word up to twenty (English, French).
- A date is mentioned by its year, the name of its month (English, French), or its day or month as a number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

WORD = re.compile(r"[0-9]+|[^\W\d_]+")
BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
NUMBER = re.compile(r"[0-9]+(?:[.,\u0020\u00a0\u202f'’][0-9]+)*")
DATE = re.compile(r"([0-9]{4})(?:[?~%]?-[?~%]?([0-9]{2}))?(?:[?~%]?-[?~%]?([0-9]{2}))?")

SHARED = 4
"""Letters that two inflected forms share at least."""
ENDING = 3
"""Letters that either may have beyond them."""
POWERS = range(2, 16)
"""Powers of ten that a word after a number may stand for, from hundred to quadrillion."""

MONTHS = (
    ("January", "janvier"),
    ("February", "février"),
    ("March", "mars"),
    ("April", "avril"),
    ("May", "mai"),
    ("June", "juin"),
    ("July", "juillet"),
    ("August", "août"),
    ("September", "septembre"),
    ("October", "octobre"),
    ("November", "novembre"),
    ("December", "décembre"),
)
NUMBERS = (
    "one first un une premier première",
    "two second deux deuxième seconde",
    "three third trois troisième",
    "four fourth quatre quatrième",
    "five fifth cinq cinquième",
    "six sixth sixième",
    "seven seventh sept septième",
    "eight eighth huit huitième",
    "nine ninth neuf neuvième",
    "ten tenth dix dixième",
    "eleven eleventh onze onzième",
    "twelve twelfth douze douzième",
    "thirteen thirteenth treize treizième",
    "fourteen fourteenth quatorze quatorzième",
    "fifteen fifteenth quinze quinzième",
    "sixteen sixteenth seize seizième",
    "seventeen seventeenth",
    "eighteen eighteenth",
    "nineteen nineteenth",
    "twenty twentieth vingt vingtième",
)


@dataclass(frozen=True)
class Passage:
    """A stretch of text made ready for comparison: made once, asked many times."""

    text: str
    words: tuple[str, ...]
    folded: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Passage:
        """Any text, in any normalization form."""
        composed = unicodedata.normalize("NFC", text)
        words = tuple(WORD.findall(composed))
        return cls(composed, words, frozenset(word.casefold() for word in words))

    def has_word(self, word: str) -> bool:
        """Whether a case-folded word is there in any form."""
        return word in self.folded or any(same_word(word, one) for one in self.folded)

    def has_name(self, name: str) -> bool:
        """Whether half of a name's telling words are there, but two at least unless it has only one."""
        telling = telling_words(name)
        needed = min(len(telling), max(2, (len(telling) + 1) // 2))
        return bool(telling) and sum(map(self.has_word, telling)) >= needed

    def has_number(self, number: Decimal) -> bool:
        """Whether a number is there in digits, scaled by a word or not, or as a number word."""
        if 1 <= number <= len(NUMBERS) and number == int(number) and self.has_any(NUMBERS[int(number) - 1].split()):
            return True
        return any(
            same_number(value, number, scaled=self.text[match.end() :].lstrip(" -\u00a0\u202f")[:1].isalpha())
            for match in NUMBER.finditer(self.text)
            for value in readings(match[0])
        )

    def has_any(self, forms: Iterable[str]) -> bool:
        """Whether one of some case-folded words is there just so."""
        return not self.folded.isdisjoint(forms)

    def has_date(self, edtf: str) -> bool:
        """Whether the year, month or day of one of the days in an EDTF date is there."""
        return any(
            self.has_any(numerals(parts)) or (1 <= int(parts[1] or 0) <= len(MONTHS) and self.has_month(int(parts[1])))
            for parts in DATE.findall(edtf)
        )

    def has_month(self, month: int) -> bool:
        """Whether a month's name or its abbreviation of three letters or more is there, with its capital if it has one
        ("may" is no month)."""
        return any(
            len(word) >= 3
            and name.casefold().startswith(word.casefold())
            and not (name[0].isupper() and word[0].islower())
            for name in MONTHS[month - 1]
            for word in self.words
        )


def telling_words(name: str) -> Sequence[str]:
    """The words of a name by which it is known, case-folded, each once; all of its words if none tells anything."""
    composed = unicodedata.normalize("NFC", name)
    words = WORD.findall(BRACKETS.sub(" ", composed)) or WORD.findall(composed)
    telling = [word for word in words if len(word) >= SHARED or not word.islower()]
    return list(dict.fromkeys(word.casefold() for word in telling or words))


def same_word(one: str, other: str) -> bool:
    """Whether two case-folded words may be forms of one; `one` is the name's, `other` the text's."""
    if one == other:
        return True
    if one.isdigit() or other.isdigit():
        return False
    if one.upper() == one:  # a script without capitals
        return len(one) >= 2 and one in other
    shared = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= SHARED and max(len(one), len(other)) - shared <= ENDING


def readings(digits: str) -> Iterable[Decimal]:
    """The numbers that digits with separators may be: `1,250` is 1250 or 1.25; `29.30` is 29.30, or 29 and 30."""
    pieces = re.split(r"[^0-9]", digits)
    if len(pieces) > 1 and digits[-len(pieces[-1]) - 1] in ".,":
        yield Decimal(f"{''.join(pieces[:-1])}.{pieces[-1]}")
    if len(pieces) == 1 or (len(pieces[0]) <= 3 and all(len(piece) == 3 for piece in pieces[1:])):
        yield Decimal("".join(pieces))
    else:
        yield from map(Decimal, pieces)


def same_number(found: Decimal, wanted: Decimal, *, scaled: bool) -> bool:
    """Whether two numbers are equal, or, where a word follows, the one found is the other but for a power of ten."""
    size = abs(wanted)
    return found == size or (scaled and found != 0 and any(found.scaleb(power) == size for power in POWERS))


def numerals(parts: Sequence[str]) -> Iterable[str]:
    """Year, month and day as digits, with and without a leading zero."""
    for part in filter(None, parts):
        yield part
        yield part.lstrip("0")
