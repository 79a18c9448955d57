"""YAML 1.2 read into plain values, with the line and column of each.

The safe subset: no tags but the core schema's, dates stay text, keys are text and unique. An alias is refused, so that
a small file cannot unfold into a large one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from kclod.errors import Problem, RefusedError, UsageError
from kclod.records.plain import TAG, NotPlainError, Places, Steps, read_plain, value_of


@dataclass(frozen=True)
class Located:
    """A YAML document: its value, and (line, column), from 1, of the value or key at each path."""

    name: str
    value: object
    text: str
    outer: Places
    """The places of the outer paths at least; those of the rest are looked for when they are asked for."""

    @cached_property
    def places(self) -> Places:
        """The places of all paths."""
        return read_located(self.text, self.name).outer

    def place(self, path: Steps) -> tuple[int, int]:
        """Line and column of the deepest part of the path that the document has.

        Steps that the document lacks are passed over: error locations hold the names of union members and of missing
        fields.
        """
        if path in self.outer:
            return self.outer[path]
        found: Steps = ()
        for step in path:
            if (*found, step) in self.places:
                found = (*found, step)
        return self.places[found]


@dataclass
class _Reader:
    name: str
    places: Places = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def problem(self, node: Node, rule: str, message: str, fix: str) -> None:
        mark = node.start_mark
        self.problems.append(Problem(rule, message, fix, self.name, mark.line + 1, mark.column + 1))

    def value(self, node: Node, path: Steps) -> object:
        if id(node) in self.seen:
            self.problem(node, "yaml.alias", "an alias repeats another node", "write the value out")
            return None
        self.seen.add(id(node))
        self.places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        if isinstance(node, MappingNode):
            return self.mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
        return self.scalar(node)

    def mapping(self, node: MappingNode, path: Steps) -> dict[str, object]:
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self.problem(key_node, "yaml.key", "a key is a list or a map", "use text as key")
                continue
            key = str(key_node.value)
            if key in result:
                self.problem(
                    key_node, "yaml.duplicate-key", f"the key {key!r} stands twice in one map", "keep one of them"
                )
                continue
            self.places[(*path, key)] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            result[key] = self.value(value_node, (*path, key))
        return result

    def scalar(self, node: Node) -> object:
        tag = str(node.tag).removeprefix(TAG)
        try:
            return value_of(tag, str(node.value))
        except NotPlainError:
            self.problem(node, "yaml.tag", f"the tag {tag!r} is not allowed", "use plain values")
            return None


def read_yaml(path: Path, name: str) -> Located:
    """A YAML file with one document. RefusedError with all problems of structure, or the first syntax error."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(
            Problem("file.unreadable", error.strerror or str(error), "name a file that can be read", name)
        ) from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise RefusedError(Problem("file.encoding", "not UTF-8", "save the file as UTF-8", name, line)) from None
    try:
        value, outer = read_plain(text)
    except NotPlainError:
        return read_located(text, name)
    return Located(name, value, text, outer)


def read_located(text: str, name: str) -> Located:
    """As `read_yaml`, of a text, with the places of everything: slow."""
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise RefusedError(
            Problem(
                "yaml.syntax",
                " ".join(filter(None, (error.context, error.problem))) or "not well-formed YAML",
                "correct the YAML at this place",
                name,
                mark.line + 1 if mark else None,
                mark.column + 1 if mark else None,
            )
        ) from None
    except ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise RefusedError(
            Problem("yaml.character", f"the character U+{error.character:04X} is not allowed", "remove it", name, line)
        ) from None
    if node is None:
        raise RefusedError(Problem("yaml.empty", "the file holds no document", "fill or remove it", name, 1))
    reader = _Reader(name)
    value = reader.value(node, ())
    if reader.problems:
        raise RefusedError(reader.problems)
    return Located(name, value, text, reader.places)
