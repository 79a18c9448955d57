"""Validation by SHACL: shapes checked themselves, targets found, pySHACL's report."""

from kclod.shacl.incremental import revalidate
from kclod.shacl.report import Report, Result, Standing
from kclod.shacl.validate import validate

__all__ = ["Report", "Result", "Standing", "revalidate", "validate"]
