"""Mapping files as one graph of resources, whichever vocabulary they use, with the places of what they say.

Two vocabularies name the same things: today's RML (http://w3id.org/rml/) and the older one, which is R2RML
(http://www.w3.org/ns/r2rml#) with additions (http://semweb.mmlab.be/ns/rml#). Properties are read by their local names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyoxigraph as ox

from kclod.errors import KclodError, Problem, RefusedError
from kclod.lines import Lines
from kclod.rdf import N_QUADS, N_TRIPLES, TRIG, TURTLE, format_of, read
from kclod.rml.model import Place

Resource = ox.NamedNode | ox.BlankNode
Value = ox.NamedNode | ox.BlankNode | ox.Literal

_RML = "http://w3id.org/rml/"
_OLD_RML = "http://semweb.mmlab.be/ns/rml#"
_R2RML = "http://www.w3.org/ns/r2rml#"
_QUERY_LANGUAGES = "http://semweb.mmlab.be/ns/ql#"
_CSVW = "http://www.w3.org/ns/csvw#"
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

_RENAMED = {"column": "reference"}


def name_in_rml(iri: str) -> str | None:
    """The local name of a term of either vocabulary; None for any other IRI."""
    for namespace in (_RML, _R2RML, _OLD_RML):
        if iri.startswith(namespace):
            local = iri.removeprefix(namespace)
            return _RENAMED.get(local, local)
    return None


def query_language(iri: str) -> str | None:
    """The local name of a reference formulation of the older vocabulary; None for any other IRI."""
    return iri.removeprefix(_QUERY_LANGUAGES) if iri.startswith(_QUERY_LANGUAGES) else None


def _property(iri: str) -> str | None:
    if iri == _TYPE:
        return "a"
    if iri.startswith(_CSVW):
        return "csvw:" + iri.removeprefix(_CSVW)
    return name_in_rml(iri)


class Document:
    """The resources of all mapping files, with the file that describes each. Other vocabularies are left aside."""

    def __init__(self) -> None:
        self._properties: dict[Resource, dict[str, list[Value]]] = {}
        self._files: dict[Resource, Path] = {}
        self._lines: dict[Path, Lines] = {}

    def add(self, path: Path) -> None:
        """Read one more file. RefusedError for a syntax error, UsageError for a file that cannot be read."""
        fmt = format_of(path)
        base_iri = path.resolve().as_uri()
        for quad in read(path, base_iri=base_iri):
            local = _property(quad.predicate.value)
            if local is None or isinstance(quad.subject, ox.Triple) or isinstance(quad.object, ox.Triple):
                continue
            values = self._properties.setdefault(quad.subject, {}).setdefault(local, [])
            if quad.object not in values:
                values.append(quad.object)
            self._files.setdefault(quad.subject, path)
        text = path.read_text(encoding="utf-8") if fmt in (TURTLE, TRIG, N_TRIPLES, N_QUADS) else ""
        self._lines[path] = Lines(text, base_iri)

    def resources(self) -> Iterator[Resource]:
        """Every described resource, in document order."""
        return iter(self._properties)

    def files(self) -> Iterator[Path]:
        """The files in the order in which they were read."""
        return iter(self._lines)

    def properties(self, resource: Value) -> dict[str, list[Value]]:
        """What is said of a resource, by local name; empty for a literal or when nothing is said."""
        return {} if isinstance(resource, ox.Literal) else self._properties.get(resource, {})

    def file_of(self, resource: Resource) -> Path:
        """The file that describes a resource; the first of them all when none does."""
        return self._files.get(resource) or next(iter(self._lines))

    def declared_base(self, resource: Resource) -> str | None:
        """The base IRI that the file which describes a resource declares (`@base`), if it does."""
        path = self.file_of(resource)
        base = self._lines[path].base
        return None if base == path.resolve().as_uri() else base

    def described_at(self, resource: Resource) -> Place:
        """Where the statements about a resource begin."""
        path = self.file_of(resource)
        line = self._lines[path].of_subject(resource.value) if isinstance(resource, ox.NamedNode) else None
        return Place(str(path), line)

    def said_at(self, value: Value, within: Resource, near: Place) -> Place:
        """Where a value is written in the file that describes `within`, at or after the line of `near`."""
        path = self.file_of(within)
        after = near.line if near.file == str(path) else None
        lines = self._lines[path]
        if isinstance(value, ox.Literal):
            return Place(str(path), lines.of_string(value.value, after) or after)
        found = lines.of_iri(value.value, after) if isinstance(value, ox.NamedNode) else None
        return Place(str(path), found or after)

    def property_at(self, name: str, within: Resource, near: Place) -> Place:
        """Where a property is used, by its local name, in the file that describes `within`."""
        iris = (
            (f"{_CSVW}{name.removeprefix('csvw:')}",)
            if name.startswith("csvw:")
            else (f"{_RML}{name}", f"{_R2RML}{name}", f"{_OLD_RML}{name}")
        )
        places = (self.said_at(ox.NamedNode(iri), within, near) for iri in iris)
        return next((place for place in places if place.line != near.line), near)

    def short_name(self, resource: Resource) -> str:
        """An IRI as it is, but without the directory of the mapping file for a relative one; `_:` and a number else."""
        if isinstance(resource, ox.BlankNode):
            same = [
                r for r in self._properties if isinstance(r, ox.BlankNode) and "logicalSource" in self._properties[r]
            ]
            number = same.index(resource) + 1 if resource in same else 0
            return f"{self.file_of(resource).name}#_:{number}"
        for path in self._lines:
            own = path.resolve().as_uri()
            if resource.value.startswith(own):
                return path.name + resource.value.removeprefix(own)
        return resource.value


def load(paths: Sequence[Path]) -> Document:
    """All files as one document. RefusedError with the problems of every file that cannot be read."""
    document = Document()
    problems: list[Problem] = []
    for path in paths:
        try:
            document.add(path)
        except KclodError as error:
            problems.extend(error.problems)
    if problems:
        raise RefusedError(problems)
    return document
