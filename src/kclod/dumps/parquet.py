"""Tables as Parquet, by Apache Arrow, which is the extra `kclod[parquet]`: it weighs more than kclod and all else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from itertools import islice
from typing import Any, BinaryIO

from kclod.dumps.tables import Row, Table
from kclod.vocab import XSD

_GROUP = 10_000
_BOOLEAN = {"true": True, "1": True, "false": False, "0": False}
_READ: dict[str, tuple[str, Callable[[str], Any]]] = {
    XSD["integer"].value: ("int64", int),
    XSD["double"].value: ("float64", float),
    XSD["boolean"].value: ("bool_", _BOOLEAN.__getitem__),
    XSD["date"].value: ("date32", date.fromisoformat),
}
"""Datatypes whose values have a type of Arrow; decimals stay texts, as they have no one scale."""


def write_parquet(table: Table, rows: Callable[[], Iterable[Row]], out: BinaryIO) -> None:
    """Write a table; `rows` gives its rows anew each time. A column with a value that its type cannot hold is text."""
    import pyarrow as pa  # noqa: PLC0415  # an extra
    import pyarrow.parquet as pq  # noqa: PLC0415  # the same extra

    readers = [_READ.get(column.datatype or "") for column in table.columns]
    for row in rows():
        for n, cell in enumerate(row):
            found = readers[n]
            if found is not None and not all(_fits(found, text) for text in cell):
                readers[n] = None
    types = [getattr(pa, found[0])() if found else pa.string() for found in readers]
    fields = [
        pa.field(column.name, pa.list_(kind) if column.separator else kind, nullable=number > 0)
        for number, (column, kind) in enumerate(zip(table.columns, types, strict=True))
    ]
    schema = pa.schema(fields)
    left = iter(rows())
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        while group := list(islice(left, _GROUP)):
            arrays = []
            for n, (column, field) in enumerate(zip(table.columns, fields, strict=True)):
                found = readers[n]
                read: Callable[[str], Any] = found[1] if found else str
                cells = [[read(text) for text in row[n]] for row in group]
                values = cells if column.separator else [cell[0] if cell else None for cell in cells]
                arrays.append(pa.array(values, field.type))
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _fits(found: tuple[str, Callable[[str], Any]], text: str) -> bool:
    try:
        value = found[1](text)
    except (ValueError, KeyError):
        return False
    return found[0] != "int64" or -(2**63) <= value < 2**63
