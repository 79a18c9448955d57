"""Tables as CSV (RFC 4180) with their description (Metadata Vocabulary for Tabular Data, CSVW)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import BinaryIO

from kclod.dumps.tables import IRI, Column, Row, Table, languages_of
from kclod.layout import Path, Step
from kclod.site import Site
from kclod.vocab import XSD

_BUILTIN = frozenset(
    {
        "anyURI", "base64Binary", "boolean", "date", "dateTime", "dateTimeStamp", "decimal",
        "integer", "long", "int", "short", "byte", "nonNegativeInteger", "positiveInteger",
        "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte", "nonPositiveInteger", "negativeInteger",
        "double",
        "duration", "dayTimeDuration", "yearMonthDuration", "float", "gDay", "gMonth", "gMonthDay",
        "gYear", "gYearMonth", "hexBinary", "string", "time",
    }
)  # fmt: skip
"""Datatypes of XML Schema that CSVW has by the same name (Metadata Vocabulary, section 5.11.1), without those of names
and language tags, which readers do not know; these are strings."""
_XSD = str(XSD)


def write_csv(table: Table, rows: Iterable[Row], out: BinaryIO) -> None:
    """Write a table: a header of column names, lines that end in CRLF, UTF-8."""
    text = io.TextIOWrapper(out, "utf-8", newline="", write_through=False)
    writer = csv.writer(text)
    writer.writerow(column.name for column in table.columns)
    for row in rows:
        writer.writerow((c.separator or "").join(cell) for c, cell in zip(table.columns, row, strict=True))
    text.flush()
    text.detach()


def metadata_of(site: Site, tables: Iterable[Table], labels: Mapping[str, Mapping[str, str]]) -> bytes:
    """The description of a group of tables; `labels` are the names of the classes by language."""
    group = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": languages_of(site)[0]}],
        "dc:title": _texts(site.title),
        **({"dc:license": {"@id": site.licence}} if site.licence else {}),
        "dc:source": {"@id": site.dataset_iri},
        "tables": [_table(table, labels.get(table.kind, {})) for table in tables],
    }
    return (json.dumps(group, ensure_ascii=False, indent=1) + "\n").encode()


def _table(table: Table, labels: Mapping[str, str]) -> dict[str, object]:
    return {
        "url": table.name,
        **({"dc:title": _texts(labels)} if labels else {}),
        "tableSchema": {
            "columns": [_column(column) for column in table.columns],
            "primaryKey": IRI,
            "aboutUrl": f"{{+{IRI}}}",
        },
    }


def _column(column: Column) -> dict[str, object]:
    found: dict[str, object] = {"name": column.name, "titles": _titles(column)}
    if column.path is None:
        return found | {"datatype": "anyURI", "required": True, "suppressOutput": True}
    predicate = _property(column.path)
    found["datatype"] = _datatype(column)
    if column.language:
        found["lang"] = column.language
    if column.separator:
        found["separator"] = column.separator
    if column.part == "label" or predicate is None:
        found["suppressOutput"] = True  # it is for reading: the statement is about the IRI
    else:
        found["propertyUrl"] = predicate
        if column.part == IRI:
            found["valueUrl"] = f"{{+{column.name}}}" if column.separator is None else None
    return {key: value for key, value in found.items() if value is not None}


def _titles(column: Column) -> dict[str, object]:
    """The titles by language; the name too, as it is what the header of the file has."""
    titles: dict[str, object] = dict(column.titles)
    language = next(iter(titles), "en")
    return {**titles, language: [column.name, titles.get(language, column.name)]}


def _datatype(column: Column) -> object:
    if column.part == IRI:
        return "anyURI"
    if column.datatype is None or column.datatype == f"{_XSD}string":
        return "string"
    local = column.datatype.removeprefix(_XSD)
    if local == column.datatype:
        return {"base": "string", "@id": column.datatype}
    return local if local in _BUILTIN else "string"


def _property(path: Path) -> str | None:
    return path.iri if path.step is Step.PREDICATE else None


def _texts(texts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@value": text, **({"@language": tag} if tag else {})} for tag, text in texts.items()]
