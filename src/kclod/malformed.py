"""What is wrong with a malformed SPARQL query, in words that a person can use.

The engine's messages list every token of the grammar that could follow, character classes included; this gives the
place, what stands there, and the tokens that a person would write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLACE = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_ITEM = re.compile(r"""\[(?:[^\]'"]|'(?:\\.|[^'\\])*')*\]|"(?:\\.|[^"\\])*"|[^,\["]+""")
_REASONS = {"Prefix not found": "the prefix is not declared"}
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Malformed:
    """Where a query is malformed (line and column from 1, None where the engine does not say) and why."""

    message: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return self.message if self.line is None else f"line {self.line}, column {self.column}: {self.message}"


def explain(error: SyntaxError, query: str) -> Malformed:
    """The engine's error about a query → place and reason."""
    text = str(error.msg)
    found = _PLACE.fullmatch(text)
    if found is None:
        return Malformed(text)
    line, column = int(found[1]), int(found[2])
    items = [item.strip() for item in _ITEM.findall(found[3]) if item.strip()]
    words = [item for item in items if not item.startswith("[") and not re.search(r"[a-z] [a-z]", item)]
    reasons = [_REASONS.get(item, item) for item in items if re.search(r"[a-z] [a-z]", item)]
    lines = query.splitlines()
    rest = lines[line - 1][column - 1 :].strip() if line <= len(lines) else ""
    if reasons:
        return Malformed("; ".join(reasons), line, column)
    parts = [f"unexpected {rest[:30]!r}" if rest else "the query ends too early"]
    if words:
        listed = " ".join(words[:_SHOWN])
        parts.append(f"expected {'one of ' if len(words) > 1 else ''}{listed}{' …' if len(words) > _SHOWN else ''}")
    return Malformed("; ".join(parts), line, column)
