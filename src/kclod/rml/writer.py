"""The text of a function while it is written, and the values that it names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kclod.rml import text


class Fixed(str):
    """Text that is known while a function is written; a plain string is code that gives text."""

    __slots__ = ()


class Writer:
    """A function's text as it grows, and the values that it names. `depth` is how far lines are indented."""

    def __init__(self, memos: dict[object, text.Memo]) -> None:
        self.depth = 1
        self._memos = memos
        self._lines: list[str] = []
        self._count = 0
        self._globals: dict[str, Any] = {}
        self._names: dict[str, str] = {}

    def put(self, line: str) -> None:
        """Add a line."""
        self._lines.append("    " * self.depth + line)

    def open(self, head: str) -> None:
        """Add the head of a compound statement and go into it; setting `depth` back leaves it."""
        self.put(f"{head}:")
        self.depth += 1

    def fresh(self, letter: str) -> str:
        """A name that is not used yet."""
        self._count += 1
        return f"{letter}{self._count}"

    def bind(self, value: object) -> str:
        """A name for a value; the same one for the same text."""
        if isinstance(value, str) and value in self._names:
            return self._names[value]
        name = self.fresh("c")
        self._globals[name] = str(value) if isinstance(value, str) else value
        if isinstance(value, str):
            self._names[value] = name
        return name

    def memo(self, key: object, make: Callable[[str], str | None]) -> text.Memo:
        """A memo; the same one for the same key in all functions of a mapping."""
        if key not in self._memos:
            self._memos[key] = text.Memo(make)
        return self._memos[key]

    def joined(self, parts: Sequence[str]) -> str:
        """An expression for texts put together; neighbours that are known now become one."""
        merged: list[str] = []
        for part in parts:
            if isinstance(part, Fixed) and merged and isinstance(merged[-1], Fixed):
                merged[-1] = Fixed(merged[-1] + part)
            elif part:
                merged.append(part)
        return "f'{}'".format("".join(f"{{{self.bind(p) if isinstance(p, Fixed) else p}}}" for p in merged))

    def compile(self, name: str, parameters: str, about: str) -> Any:
        """The function; `about` stands in tracebacks."""
        source = "\n".join([f"def {name}({parameters}):", *self._lines, ""])
        exec(compile(source, f"<{about}>", "exec"), self._globals)  # noqa: S102  # no value of a mapping is in the text
        return self._globals[name]
