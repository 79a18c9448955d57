"""YAML files as the JSON they stand for: YAML 1.2 core schema, of which dates stay strings."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from kclod.rml.jsonfiles import readable
from kclod.rml.unreadable import refuse


class _JsonLikeConstructor(SafeConstructor):
    """Builds only what JSON has: a date stays the string that it is written as."""


_JsonLikeConstructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def read_yaml(path: Path, encoding: str) -> object:
    """A YAML document as the JSON that it stands for. SourceError with the place of what is wrong."""
    with readable(path, encoding) as file:
        text = file.read()
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _JsonLikeConstructor
    try:
        value: object = yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        message = f"not well-formed YAML: {error.problem or error.context}"
        refuse(path, "source.yaml", message, "correct the YAML at this place", line=line, column=column)
    except (YAMLError, ValueError, RecursionError) as error:
        refuse(path, "source.yaml", f"not well-formed YAML: {error}", "correct the YAML")
    try:
        keys = sorted(_other_keys(value, set(), set()))
    except _CycleError:
        refuse(path, "source.yaml", "an anchor contains an alias of itself", "remove the alias")
    if keys:
        message = f"{', '.join(keys)} cannot be a name: JSONPath names are strings"
        refuse(path, "source.yaml", message, "put the name in quotes")
    return value


class _CycleError(Exception):
    """A value that contains itself."""


def _other_keys(value: object, done: set[int], within: set[int]) -> set[str]:
    """The keys of mappings, anywhere in a value, that are not strings. What several aliases share is looked at once."""
    if not isinstance(value, (dict, list)) or id(value) in done:
        return set()
    if id(value) in within:
        raise _CycleError
    within.add(id(value))
    members = list(value.values()) if isinstance(value, dict) else value
    found = {repr(key) for key in value if not isinstance(key, str)} if isinstance(value, dict) else set()
    for member in members:
        found |= _other_keys(member, done, within)
    within.discard(id(value))
    done.add(id(value))
    return found
