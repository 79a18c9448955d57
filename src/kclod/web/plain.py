"""Texts of the data where markup cannot isolate them: titles, metadata, files to download."""

from __future__ import annotations

import re

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+")
"""Control characters, and those that turn the direction of the text around them (UAX #9, section 2)."""


def plain(text: str, most: int | None = None) -> str:
    """The text in one line, without control characters; cut after `most` characters, visibly."""
    line = " ".join(_CONTROLS.sub(" ", text).split())
    return line if most is None or len(line) <= most else f"{line[: most - 1].rstrip()}…"
