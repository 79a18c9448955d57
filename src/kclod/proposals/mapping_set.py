"""SSSOM mapping sets as text: read, added to and written so that a change of one row is a change of one line.

Simple Standard for Sharing Ontological Mappings 1.0, TSV with embedded metadata: comments with YAML, a header, rows.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from kclod.errors import Problem, RefusedError, UsageError

Row = dict[str, str]
COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "predicate_modifier",
    "object_id",
    "object_label",
    "mapping_justification",
    "mapping_date",
    "confidence",
    "reviewer_label",
    "comment",
)
"""The slots of proposals, in order."""


@dataclass(frozen=True)
class MappingSet:
    """A mapping set: its comment lines, its columns, its rows (without empty cells), and its prefixes."""

    comments: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    curie_map: Mapping[str, str] = field(default_factory=dict)

    def iri(self, curie: str) -> str:
        """A CURIE in full; what has no known prefix as it is."""
        prefix, colon, rest = curie.partition(":")
        return f"{self.curie_map[prefix]}{rest}" if colon and prefix in self.curie_map else curie

    def slot(self, name: str) -> str:
        """What the header says of the set as a whole; empty where it says nothing."""
        header = YAML(typ="safe", pure=True).load("\n".join(line[1:] for line in self.comments)) or {}
        return str(header.get(name, ""))

    def with_rows(self, rows: Iterable[Row]) -> MappingSet:
        """The set with other rows; a column that they need and the set has not is put where COLUMNS has it."""
        kept = tuple(rows)
        columns = list(self.columns)
        for name in COLUMNS:
            if name not in columns and any(row.get(name) for row in kept):
                before = [columns.index(each) for each in COLUMNS[: COLUMNS.index(name)] if each in columns]
                columns.insert(max(before, default=-1) + 1, name)
        return replace(self, columns=tuple(columns), rows=kept)

    def text(self) -> str:
        """The file."""
        out = io.StringIO()
        out.writelines(f"{comment}\n" for comment in self.comments)
        writer = csv.DictWriter(
            out, self.columns, delimiter="\t", lineterminator="\n", restval="", extrasaction="raise"
        )
        writer.writeheader()
        writer.writerows(self.rows)
        return out.getvalue()


def new_set(header: Mapping[str, object], curie_map: Mapping[str, str], rows: Iterable[Row]) -> MappingSet:
    """A mapping set with a header of these slots."""
    out = io.StringIO()
    yaml = YAML()
    yaml.width = 4096
    yaml.dump({"curie_map": dict(curie_map), **header}, out)
    comments = tuple(f"#{line}" for line in out.getvalue().splitlines())
    return MappingSet(comments, COLUMNS, (), dict(curie_map)).with_rows(rows)


def read_set(path: Path) -> MappingSet:
    """A mapping set. UsageError where there is none that can be read, RefusedError where it is malformed."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            Problem("file.unreadable", str(error), "give a UTF-8 file that can be read", str(path))
        ) from None
    comments = [line for line in lines if line.startswith("#")]
    try:
        header: Any = YAML(typ="safe", pure=True).load("\n".join(line[1:] for line in comments)) or {}
    except YAMLError as error:
        raise RefusedError(Problem("link.header", str(error), "correct the YAML", str(path), 1)) from None
    reader = csv.DictReader(lines[len(comments) :], delimiter="\t", restkey="", restval="")
    rows = []
    for row in reader:
        if "" in row:
            line = reader.line_num + len(comments)
            raise RefusedError(
                Problem("link.columns", "more cells than columns", "separate cells by one tab", str(path), line)
            )
        rows.append({slot: text for slot, text in row.items() if text})
    missing = {"subject_id", "predicate_id", "object_id"} - set(reader.fieldnames or ())
    if missing:
        raise RefusedError(Problem("link.columns", f"no column {', '.join(sorted(missing))}", "add it", str(path)))
    return MappingSet(tuple(comments), tuple(reader.fieldnames or ()), tuple(rows), header.get("curie_map") or {})


def write_set(path: Path, found: MappingSet) -> None:
    """Write the file at once: whoever reads it sees the old one or the new one. UsageError where that cannot be."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            try:
                file.write(found.text())
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                Path(file.name).unlink()
                raise
        Path(file.name).chmod(path.stat().st_mode if path.exists() else 0o644)
        Path(file.name).replace(path)
    except OSError as error:
        raise UsageError(
            Problem("file.unwritable", error.strerror or str(error), "name another place", str(path))
        ) from None


def added(found: MappingSet, rows: Sequence[Row]) -> MappingSet:
    """The set with more rows, each after those of its subject; in a set that is ordered by subject, in that order."""
    kept = list(found.rows)
    for row in rows:
        subject = row["subject_id"]
        place = next((i for i, each in enumerate(kept) if each["subject_id"] > subject), len(kept))
        same = [i for i, each in enumerate(kept) if each["subject_id"] == subject]
        kept.insert(same[-1] + 1 if same else place, row)
    return found.with_rows(kept)
