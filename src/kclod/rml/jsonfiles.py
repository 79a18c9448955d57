"""JSON and JSON Lines files as values (RFC 8259).

A JSON array is read one member after the other, in pieces of the file, so that a file of any size takes little memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TextIO

from kclod.rml.unreadable import refuse

PIECE = 1 << 20
"""How many characters of an array are read at a time."""

_NEXT = (",\n{", ", {", ",\n[", ", [")
"""What usually stands between two members, and what the next one then begins with."""
_ENDS = (",", "]")
"""What follows a member that is read whole."""
_SPACE = re.compile(r"[ \t\n\r]*")


def read_json(path: Path, encoding: str) -> object:
    """A JSON document, whole. SourceError with the place of what is wrong."""
    with readable(path, encoding) as file:
        return _parsed(path, file.read())


@contextmanager
def readable(path: Path, encoding: str) -> Iterator[TextIO]:
    """A text file for reading. What goes wrong while it is open is a SourceError."""
    try:
        with path.open(encoding=encoding) as file:
            yield file
    except OSError as error:
        refuse(path, "file.unreadable", error.strerror or str(error), "name a file that can be read")
    except UnicodeDecodeError as error:
        name = encoding.removesuffix("-sig")
        refuse(path, "source.encoding", f"not {name}: {error}", "save the file in that encoding")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object; of two members with one name, one would be lost, so that is refused."""
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has two members with the name {twice!r}")
    return members


def _no_constant(name: str) -> object:
    raise ValueError(f"JSON has no {name}")


class _Decoder(json.JSONDecoder):
    """A decoder whose scanner may be used: it gives the value at a place and the place after it.

    StopIteration when there is no value.
    """

    scan_once: Callable[[str, int], tuple[object, int]]


_DECODER = _Decoder(object_pairs_hook=_object, parse_constant=_no_constant)
_SKIMMER = _Decoder(parse_constant=_no_constant)


def _parsed(path: Path, text: str, line: int | None = None) -> object:
    """The value of a text, which is the whole file or, if a number is given, that line of it."""
    fix = "correct the JSON at this place"
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        where = error.lineno if line is None else line
        refuse(path, "source.json", f"not well-formed JSON: {error.msg}", fix, line=where, column=error.colno)
    except ValueError as error:
        refuse(path, "source.json", str(error), "correct the JSON", line=line)
    except RecursionError:
        refuse(path, "source.json", "arrays and objects are nested too deeply", "nest them less deeply", line=line)


class JsonLines:
    """The lines of a file, each a JSON value; blank lines are none. `line` counts from 1."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._path, self._encoding = path, encoding
        self.line = 0

    def __iter__(self) -> Iterator[str]:
        with readable(self._path, self._encoding) as file:
            for self.line, text in enumerate(file, 1):
                if not text.isspace():
                    yield text

    def parse(self, text: str) -> object:
        """The value of the line that was read last."""
        try:
            value, end = _DECODER.scan_once(text, 0)
        except (StopIteration, ValueError, RecursionError):
            return _parsed(self._path, text, self.line)  # which says what is wrong
        return value if text[end:] in {"\n", ""} else _parsed(self._path, text, self.line)


class JsonArray:
    """The members of a file that is one JSON array, read as a stream."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._path, self._encoding = path, encoding
        self._lines_before = 0
        self._text = ""
        self._start = 0
        self._decoder = _DECODER

    def skim(self, on: bool) -> None:
        """Read the next members without looking for names that come twice: whoever uses them does."""
        self._decoder = _SKIMMER if on else _DECODER

    @property
    def line(self) -> int:
        """The line on which the member begins that was read last."""
        return self._lines_before + self._text.count("\n", 0, self._start) + 1

    def is_array(self) -> bool:
        """Whether the file starts as an array."""
        with readable(self._path, self._encoding) as file:
            while text := file.read(PIECE):
                start = text.lstrip(" \t\n\r")
                if start:
                    return start[0] == "["
        return False

    def __iter__(self) -> Iterator[object]:
        self._lines_before, self._text, self._start = 0, "", 0
        with readable(self._path, self._encoding) as file:
            position = self._skip(file, 0)
            position = self._skip(file, position + 1)
            while self._text[position : position + 1] != "]":
                self._start = position
                try:
                    value, position = self._decoder.scan_once(self._text, position)
                except (StopIteration, ValueError, RecursionError):
                    value, position = self._member(file)
                if self._text.startswith(_NEXT, position):
                    yield value
                    position += 2
                    continue
                position = _after_space(self._text, position)
                if self._text[position : position + 1] not in _ENDS:
                    value, position = self._member(file)
                yield value
                if self._text[position : position + 1] == ",":
                    position = self._skip(file, position + 1)
                    if self._text[position : position + 1] != "]":
                        continue
                elif self._text[position : position + 1] == "]":
                    continue
                self._refuse()
            if self._skip(file, position + 1) < len(self._text):
                self._refuse()

    def _member(self, file: TextIO) -> tuple[object, int]:
        """The member that starts at the current place, and the place of what follows it."""
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._start)
            except json.JSONDecodeError:
                if not self._more(file, self._start):
                    self._refuse()
                continue
            except (ValueError, RecursionError):
                self._refuse()
            follows = _after_space(self._text, end)
            # "1" may become "12" with the next piece, and "1." 1.5
            if self._text[follows : follows + 1] in _ENDS or not self._more(file, self._start):
                return value, follows

    def _skip(self, file: TextIO, position: int) -> int:
        """The place of what follows white space."""
        while True:
            position = _after_space(self._text, position)
            if position < len(self._text) or not self._more(file, position):
                return position
            position = self._start

    def _more(self, file: TextIO, keep: int) -> bool:
        """Read on, keeping the text from a place, which becomes the start. False at the end of the file."""
        piece = file.read(max(PIECE, len(self._text) - keep))
        if not piece:
            return False
        self._lines_before += self._text.count("\n", 0, keep)
        self._text = self._text[keep:] + piece
        self._start = 0
        return True

    def _refuse(self) -> NoReturn:
        """Read the file again as a whole, which says what is wrong and where."""
        read_json(self._path, self._encoding)
        refuse(self._path, "source.json", "the file has changed while it was read", "read it again")


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
