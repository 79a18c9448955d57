"""Record files → rows, each with its origin (file and line)."""

from kclod.records.load import Records, load_records
from kclod.records.sample import Sample, sample

__all__ = ["Records", "Sample", "load_records", "sample"]
