"""The tables of GeoNames in their published form: allCountries.txt, cities500.txt and the like.

UTF-8, separated by tabs, without a header, 19 columns: "The main 'geoname' table" of
https://download.geonames.org/export/dump/readme.txt. `types` are its feature codes, `places` the country's division.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kclod.errors import Problem
from kclod.match.entity import ALIAS, Entity, Name
from kclod.match.registries.parts import Record

COLUMNS = 19


def is_geonames(line: str) -> bool:
    """Whether a file's first line is a row of such a table."""
    cells = line.rstrip("\n").split("\t")
    return len(cells) == COLUMNS and cells[0].isdigit()


def read_geonames(path: Path, name: str) -> Iterator[Record]:
    """The places of a table, row by row; what is no row is a problem with its line."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            cells = line.rstrip("\r\n").split("\t")
            if len(cells) != COLUMNS or not cells[0].isdigit() or not cells[1]:
                message = f"it has {len(cells)} cells, not {COLUMNS}" if len(cells) != COLUMNS else "no id or no name"
                yield Problem("registry.record", message, "correct the row", name, number)
                continue
            others = dict.fromkeys([cells[2], *cells[3].split(",")])
            yield Entity(
                cells[0],
                (Name(cells[1]), *(Name(other, "", ALIAS) for other in others if other and other != cells[1])),
                tuple(filter(None, [cells[7]])),
                tuple(filter(None, [cells[8]])),
            )
