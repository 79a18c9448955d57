"""Logical sources as mappings describe them (RML-IO, logical source; CSV on the Web, tables and dialects)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from kclod.rml.document import Document, Resource, Value, name_in_rml, query_language
from kclod.rml.model import Dialect, Formulation, LogicalSource, Place, Root

Report = Callable[[str, str, str, Place], None]

_SOURCE = frozenset({"a", "source", "iterator", "referenceFormulation"})
_ACCESS = frozenset({"a", "path", "root", "encoding", "null", "compression"})
_TABLE = frozenset({"csvw:url", "csvw:dialect", "csvw:null"})
_DIALECT = frozenset({"a", "csvw:delimiter", "csvw:quoteChar", "csvw:trim", "csvw:encoding", "csvw:header"})
_ENCODINGS = {"UTF-8": "utf-8-sig", "UTF-16": "utf-16"}


@dataclass(frozen=True, slots=True)
class ReadSource:
    """A logical source with the places of its path and its iterator."""

    source: LogicalSource
    place: Place
    iterator_place: Place


class SourceReader:
    """Reads logical sources out of a document; what is wrong goes to `report` as rule, message, fix and place."""

    def __init__(self, document: Document, report: Report) -> None:
        self._document = document
        self._report = report

    def read(self, values: Sequence[Value], triples_map: Resource, near: Place) -> ReadSource | None:
        """The one logical source of a triples map; None when there is none or it cannot be read."""
        if not values:
            return None
        if len(values) > 1:
            self._report("rml.logical-source", "it has more than one logical source", "keep one", near)
            return None
        node = values[0]
        if isinstance(node, ox.Literal) or not self._document.properties(node):
            place = self._document.said_at(node, triples_map, near)
            self._report("rml.logical-source", f"the logical source {node} is not described", "describe it", place)
            return None
        place = self._document.described_at(node) if isinstance(node, ox.NamedNode) else near
        self._check(node, _SOURCE, "logical source", place)
        formulation = self._formulation(node, place)
        access = self._access(node, place)
        iterator, iterator_place = self._iterator(node, place, formulation)
        if formulation is None or access is None:
            return None
        kind, typed = formulation
        directory = str(self._document.file_of(node).parent) if access.root is Root.MAPPING_DIRECTORY else ""
        source = LogicalSource(
            path=access.path,
            root=access.root,
            mapping_directory=directory,
            formulation=kind,
            iterator=iterator,
            typed=typed,
            nulls=access.nulls,
            encoding=access.encoding,
            dialect=access.dialect,
        )
        return ReadSource(source, access.place, iterator_place)

    def _formulation(self, node: Resource, place: Place) -> tuple[Formulation, bool] | None:
        values = self._document.properties(node).get("referenceFormulation", [])
        value = values[0] if len(values) == 1 else None
        if isinstance(value, ox.NamedNode):
            old = query_language(value.value)
            local = old or name_in_rml(value.value)
            found = next((f for f in Formulation if f.value == local), None)
            if found is not None:
                return found, old is None
        found_text = " and ".join(map(str, values)) or "nothing"
        self._report(
            "rml.reference-formulation",
            f"the reference formulation is {found_text}",
            "give one rml:referenceFormulation: rml:JSONPath (for JSON and YAML) or rml:CSV (for CSV and TSV)",
            self._document.said_at(values[0], node, place) if values else place,
        )
        return None

    def _iterator(
        self, node: Resource, place: Place, formulation: tuple[Formulation, bool] | None
    ) -> tuple[str | None, Place]:
        values = self._document.properties(node).get("iterator", [])
        if not values:
            return None, place
        value = values[0]
        where = self._document.said_at(value, node, place)
        if len(values) > 1 or not isinstance(value, ox.Literal):
            self._report("rml.iterator", "the iterator is not one string", "give one string", where)
            return None, where
        if formulation is not None and formulation[0] is Formulation.CSV:
            self._report(
                "rml.iterator", "a delimited file has no iterator: it goes by rows", "remove rml:iterator", where
            )
            return None, where
        return value.value, where

    # How the source is accessed

    def _access(self, node: Resource, place: Place) -> _Access | None:
        values = self._document.properties(node).get("source", [])
        if len(values) != 1:
            found = "no rml:source" if not values else "more than one rml:source"
            self._report("rml.source", f"the logical source has {found}", "give exactly one", place)
            return None
        value = values[0]
        if isinstance(value, ox.Literal):  # the older vocabulary: a file name
            return _Access(value.value, Root.MAPPING_DIRECTORY, self._document.said_at(value, node, place))
        near = self._document.described_at(value) if isinstance(value, ox.NamedNode) else place
        self._check(value, _ACCESS | _TABLE, "source", near)
        properties = self._document.properties(value)
        paths = [*properties.get("path", ()), *properties.get("csvw:url", ())]
        path = paths[0] if len(paths) == 1 else None
        if path is None or isinstance(path, ox.BlankNode):
            self._report("rml.source", "the source names no single file", "give exactly one rml:path", near)
            return None
        return _Access(
            path=path.value,
            root=self._root(value, near),
            place=self._document.said_at(path, value, near),
            nulls=frozenset(v.value for name in ("null", "csvw:null") for v in properties.get(name, ())),
            encoding=self._encoding(value, near),
            dialect=self._dialect(value, near),
        )

    def _root(self, node: Resource, near: Place) -> Root | str:
        values = self._document.properties(node).get("root", [])
        if not values:
            return Root.WORKING_DIRECTORY
        value = values[0]
        if len(values) == 1 and isinstance(value, ox.Literal):
            return value.value
        local = name_in_rml(value.value) if isinstance(value, ox.NamedNode) else None
        found = next((root for root in Root if root.value == local), None)
        if found is None or len(values) > 1:
            fix = "use rml:MappingDirectory, rml:CurrentWorkingDirectory or the path of a directory"
            self._report("rml.source", f"the root is {' and '.join(map(str, values))}", fix, near)
        return found or Root.WORKING_DIRECTORY

    def _encoding(self, node: Resource, near: Place) -> str:
        properties = self._document.properties(node)
        for value in properties.get("compression", ()):
            if not (isinstance(value, ox.NamedNode) and name_in_rml(value.value) == "none"):
                self._report("rml.unsupported", "compressed sources are not read", "decompress the file first", near)
        dialects = properties.get("csvw:dialect", [])
        values = [
            *properties.get("encoding", ()),
            *(v for dialect in dialects for v in self._document.properties(dialect).get("csvw:encoding", ())),
        ]
        names = {(name_in_rml(v.value) or v.value) if isinstance(v, ox.NamedNode) else v.value.upper() for v in values}
        if not names:
            return _ENCODINGS["UTF-8"]
        if len(names) > 1 or not names <= _ENCODINGS.keys():
            fix = f"use one of {', '.join(_ENCODINGS)}"
            self._report("rml.source", f"the encoding {' and '.join(sorted(names))} is not read", fix, near)
            return _ENCODINGS["UTF-8"]
        return _ENCODINGS[names.pop()]

    def _dialect(self, node: Resource, near: Place) -> Dialect:
        dialects = self._document.properties(node).get("csvw:dialect", [])
        if not dialects or isinstance(dialects[0], ox.Literal):
            return Dialect()
        self._check(dialects[0], _DIALECT, "dialect", near)
        properties = self._document.properties(dialects[0])

        def text(name: str) -> str | None:
            return next((v.value for v in properties.get(f"csvw:{name}", ()) if isinstance(v, ox.Literal)), None)

        if text("header") in {"false", "0"}:
            self._report("rml.unsupported", "a delimited file without header has no names", "add a header row", near)
        delimiter, quote = text("delimiter"), text("quoteChar") or '"'
        for what, character in (("delimiter", delimiter or ","), ("quote", quote)):
            if len(character) != 1:
                self._report("rml.source", f"the {what} {character!r} is not one character", "give one character", near)
                return Dialect()
        return Dialect(delimiter, quote, trim=text("trim") in {"true", "1"})

    def _check(self, node: Resource, allowed: frozenset[str], what: str, near: Place) -> None:
        for name in self._document.properties(node).keys() - allowed:
            self._report(
                "rml.unknown-property",
                f"{name if ':' in name else f'rml:{name}'} is not understood on a {what}",
                f"use {', '.join(sorted(n if ':' in n else f'rml:{n}' for n in allowed - {'a'}))}",
                self._document.property_at(name, node, near),
            )


_COMMA = Dialect()


@dataclass(frozen=True, slots=True)
class _Access:
    path: str
    root: Root | str
    place: Place
    nulls: frozenset[str] = frozenset()
    encoding: str = _ENCODINGS["UTF-8"]
    dialect: Dialect = _COMMA
