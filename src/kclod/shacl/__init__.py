"""Validation by SHACL: shapes checked themselves, targets found, pySHACL's report."""

from kclod.shacl.validate import Report, Result, validate

__all__ = ["Report", "Result", "validate"]
