"""What is found in the texts of many terms at once: prefixes, and text anywhere."""

from __future__ import annotations

import re
from mmap import mmap
from typing import NamedTuple

import numpy as np

from kclod.columnar.dictionary import BLANK, STRING, Dictionary, Ids
from kclod.columnar.relation import Mask

_PLAIN_PATTERN = re.compile(r"(\^?)([\w ,;:'\"/&%#@!~=<>-]+)")
"""A regular expression without special characters but a `^` at its start."""


class Needle(NamedTuple):
    """Text that is looked for: at the start only, or anywhere; `folded` without regard to case."""

    text: str
    start: bool
    folded: bool


def needle_of(function: str, arguments: list[str]) -> Needle | None:
    """What a call of STRSTARTS, CONTAINS or REGEX looks for; None when that is no plain text."""
    if function != "REGEX":
        return Needle(arguments[0], function == "STRSTARTS", folded=False)
    match = _PLAIN_PATTERN.fullmatch(arguments[0])
    flags = arguments[1] if len(arguments) > 1 else ""
    if match is None or flags not in ("", "i"):
        return None
    return Needle(match[2], bool(match[1]), flags == "i")


def matching(dictionary: Dictionary, column: Ids, needle: Needle, *, lowered: bool, any_term: bool) -> Mask | None:
    """For which terms of a column the text is found; None when their bytes do not tell it.

    `lowered`: in the lower case of the term's text. `any_term`: in the text of any term, else of strings alone.
    """
    text = needle.text
    if "\0" in text:
        return None
    if needle.folded:
        text, lowered = text.lower(), True
    if lowered and not _same_in_lower_case(dictionary, text):
        return None
    kinds = [k for k in dictionary.kinds if (k != BLANK if any_term else k == STRING or k[:1] == "@")]
    if not text:
        found = np.zeros(len(dictionary) + 1, np.bool_)
        for kind in kinds:
            found[slice(*dictionary.range_of(kind))] = True
    elif needle.start and not lowered:
        found = np.zeros(len(dictionary) + 1, np.bool_)
        for kind in kinds:
            found[slice(*dictionary.prefixed(kind, text.encode()))] = True
    elif needle.start:
        return _starting(dictionary, column, text.encode(), kinds)
    else:
        found = np.zeros(len(dictionary) + 1, np.bool_)
        values = dictionary.folded if lowered else dictionary.values
        for kind in kinds:
            _mark(dictionary, values, text.encode(), dictionary.range_of(kind), found)
    return found[column]  # the last entry is that of UNBOUND


def _same_in_lower_case(dictionary: Dictionary, text: str) -> bool:
    """Whether lower case of ASCII letters is all that matters: no other letter of the text has case."""
    if any(not c.isascii() and (c.lower() != c or c.upper() != c) for c in text) or text != text.lower():
        return False
    return not dictionary.turning_letters


def _starting(dictionary: Dictionary, column: Ids, needle: bytes, kinds: list[str]) -> Mask:
    """By the first bytes of each term in the column."""
    mask = np.zeros(len(column), np.bool_)
    for kind in kinds:
        low, high = dictionary.range_of(kind)
        mask |= (column >= low) & (column < high)
    places = np.flatnonzero(mask)
    data = np.frombuffer(dictionary.folded, np.uint8)
    starts = dictionary.offsets[column[places]]
    for shift, byte in enumerate(needle):  # a NUL ends each text, so that none reads on into the next
        kept = data[np.minimum(starts + shift, len(data) - 1)] == byte
        places, starts = places[kept], starts[kept]
    mask[:] = False
    mask[places] = True
    return mask


def _mark(dictionary: Dictionary, values: bytes | mmap, needle: bytes, terms: tuple[int, int], found: Mask) -> None:
    """Mark the terms of a range that have the bytes somewhere."""
    low, high = terms
    if low == high:
        return
    place, end = int(dictionary.offsets[low]), int(dictionary.offsets[high])
    places: list[int] = []
    while (place := values.find(needle, place, end)) >= 0:
        places.append(place)
        place += 1
    if places:
        found[dictionary.offsets.searchsorted(places, "right") - 1] = True
