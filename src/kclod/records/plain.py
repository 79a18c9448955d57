"""Plain YAML read fast: values, and the places of the outer two levels.

libyaml's parser is about fifty times as fast as ruamel.yaml, but reads YAML 1.1 and has coarse messages. So it reads
what is plain, and leaves the rest: at an alias, a tag, a repeated or compound key, a second document or a syntax error
it gives up, and `located` reads the file again with places and messages for everything.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from yaml import YAMLError
from yaml.cyaml import CParser
from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

Steps = tuple[str | int, ...]
Places = dict[Steps, tuple[int, int]]
TAG = "tag:yaml.org,2002:"
_PLACED = 2
"""How many steps of a path have their places noted: a file's parts, and the records in them."""
_DEEPEST = 100
"""Deeper nesting is left to the other reader, which is not written in C and cannot overflow its stack."""


class NotPlainError(Exception):
    """The text has something that this reader leaves to the other one."""


def read_plain(text: str) -> tuple[object, Places]:
    """The value of the one document of a text, and (line, column) from 1 at the paths of up to two steps.

    Raises NotPlainError for anything but maps with distinct text keys, lists and untagged scalars.
    """
    reader = _Plain(text)
    try:
        return reader.document(), reader.places
    except YAMLError as error:
        raise NotPlainError from error


class _Plain:
    def __init__(self, text: str) -> None:
        # libyaml's nulls and byte order marks differ from YAML 1.2's; neither belongs into a record
        if "\x00" in text or "\ufeff" in text:
            raise NotPlainError
        self._next = CParser(text).get_event
        self.places: Places = {}

    def document(self) -> object:
        self._expect(StreamStartEvent)
        self._expect(DocumentStartEvent)
        value = self._value(self._next(), ())
        self._expect(DocumentEndEvent)
        self._expect(StreamEndEvent)
        return value

    def _expect(self, kind: type) -> None:
        if type(self._next()) is not kind:
            raise NotPlainError

    def _place(self, event: Any, path: Steps) -> None:
        mark = event.start_mark
        self.places.setdefault(path, (mark.line + 1, mark.column + 1))

    def _value(self, event: Any, path: Steps) -> object:
        if len(path) <= _PLACED:
            self._place(event, path)
        elif len(path) > _DEEPEST:
            raise NotPlainError
        kind = type(event)
        if kind is ScalarEvent:
            return _scalar(event)
        if event.anchor is not None or event.tag is not None:
            raise NotPlainError
        if kind is MappingStartEvent:
            return self._mapping(path)
        if kind is SequenceStartEvent:
            return self._sequence(path)
        raise NotPlainError  # an alias

    def _mapping(self, path: Steps) -> dict[str, object]:
        result: dict[str, object] = {}
        following = self._next
        while type(event := following()) is not MappingEndEvent:
            if type(event) is not ScalarEvent or event.anchor is not None or event.tag is not None:
                raise NotPlainError
            key = event.value
            if key in result or key == "<<":
                raise NotPlainError
            step = (*path, key)
            if len(step) <= _PLACED:
                self._place(event, step)
            result[key] = self._value(following(), step)
        return result

    def _sequence(self, path: Steps) -> list[object]:
        result: list[object] = []
        following = self._next
        while type(event := following()) is not SequenceEndEvent:
            result.append(self._value(event, (*path, len(result))))
        return result


def _scalar(event: Any) -> object:
    if event.anchor is not None or event.tag is not None:
        raise NotPlainError
    return scalar_value(event.value) if event.implicit[0] else event.value


@lru_cache(maxsize=1 << 14)
def scalar_value(text: str) -> object:
    """The value of an unquoted scalar by the YAML 1.2 core schema; what looks like a date stays text."""
    tag = str(_resolver().resolve(ScalarNode, text, (True, False))).removeprefix(TAG)
    return value_of(tag, text)


@cache
def _resolver() -> VersionedResolver:
    return VersionedResolver()


def value_of(tag: str, text: str) -> object:
    """The value of a scalar with a tag of the core schema; NotPlainError for another tag."""
    match tag:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return _number(lambda digits: int(digits, 0 if digits.startswith(("0x", "0o")) else 10), text)
        case "float":
            return _number(lambda digits: float(digits.lower().replace(".inf", "inf").replace(".nan", "nan")), text)
        case "str" | "timestamp":
            return text
        case _:
            raise NotPlainError


def _number(read: Callable[[str], float], text: str) -> object:
    """What ruamel takes for a number and Python does not, such as `0b1`, stays text: where it may not, that is told."""
    try:
        return read(text.replace("_", ""))
    except ValueError:
        return text
