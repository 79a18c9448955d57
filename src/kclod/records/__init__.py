"""Record files → rows, each with its origin (file and line)."""

from kclod.records.load import Records, load_records
from kclod.records.rows import sample_rows

__all__ = ["Records", "load_records", "sample_rows"]
