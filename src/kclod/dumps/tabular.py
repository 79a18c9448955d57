"""Writes the tables of a release in one of their forms."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from kclod import rdf
from kclod.dumps.csvw import metadata_of, write_csv
from kclod.dumps.forms import CSV, CSVW, PARQUET, Offered, Subset
from kclod.dumps.parquet import write_parquet
from kclod.dumps.sqlite import write_sqlite
from kclod.dumps.tables import Statements, Table, literal, rows_of, table_of
from kclod.release import Release, dump_name, short_name
from kclod.vocab import RDFS


def write_tables(release: Release, item: Offered, things: Sequence[tuple[Subset, Path]], out: BinaryIO) -> None:
    """Write one form; `things` are the classes with the files of what is said of their things."""
    site, dump = release.site, release.path / dump_name(release.site, rdf.N_QUADS)
    with closing(Statements(dump, site)) as statements:

        def table(subset: Subset, file: Path) -> Table:
            name = f"{short_name(site)}.{subset.name}.{CSV.name}"
            return table_of(site, subset.iri, name, file, statements)

        if item.form is CSVW:
            tables = [table(*pair) for pair in things]
            out.write(metadata_of(site, tables, {t.kind: _labels(t.kind, statements) for t in tables}))
        elif item.form in (CSV, PARQUET):
            (file,) = (file for subset, file in things if subset == item.subset)
            found = table(item.subset, file)
            if item.form is CSV:
                write_csv(found, rows_of(found, file, statements), out)
            else:
                write_parquet(found, lambda: rows_of(found, file, statements), out)
        else:
            with tempfile.TemporaryDirectory() as scratch:
                path = Path(scratch) / "tables.sqlite"
                found_tables = ((subset, table(subset, file), file) for subset, file in things)
                write_sqlite(
                    ((_sql_name(s), t, rows_of(t, file, statements)) for s, t, file in found_tables),
                    path,
                )
                with path.open("rb") as written:
                    shutil.copyfileobj(written, out)


def _labels(kind: str, statements: Statements) -> dict[str, str]:
    found = {}
    for value in statements.about(f"<{kind}>").get(str(RDFS["label"]), ()):
        text, language, _ = literal(value)
        found[language or ""] = text
    return found


def _sql_name(subset: Subset) -> str:
    """`class-PREFIX-Name` as `PREFIX_Name`."""
    return subset.name.removeprefix("class-").replace("-", "_")
