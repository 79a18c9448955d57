"""Record files → rows, each with its origin (file and line)."""

from kclod.records.kinds import read_kinds
from kclod.records.load import (
    ARTICLES,
    ENTITIES,
    ITEMS,
    SOURCES,
    Reader,
    Records,
    Rows,
    claims_of,
    load_records,
    registered,
    vocabulary_of,
)
from kclod.records.located import Located, read_yaml
from kclod.records.rows import entity_iri
from kclod.records.sample import Sample, sample

__all__ = [
    "ARTICLES",
    "ENTITIES",
    "ITEMS",
    "SOURCES",
    "Located",
    "Reader",
    "Records",
    "Rows",
    "Sample",
    "claims_of",
    "entity_iri",
    "load_records",
    "read_kinds",
    "read_yaml",
    "registered",
    "sample",
    "vocabulary_of",
]
