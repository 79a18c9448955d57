"""RML-Core: mappings parsed, compiled once, and run over JSON, CSV and YAML sources."""

from kclod.rml.compile import CompiledMapping, compile_mappings, run, unused_expressions, values_read
from kclod.rml.result import MapResult, Origin, Reject

__all__ = [
    "CompiledMapping",
    "MapResult",
    "Origin",
    "Reject",
    "compile_mappings",
    "run",
    "unused_expressions",
    "values_read",
]
