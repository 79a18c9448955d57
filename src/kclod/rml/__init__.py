"""RML-Core: mappings parsed, compiled once, and run over JSON, CSV and YAML sources."""

from kclod.rml.compile import CompiledMapping, compile_mappings
from kclod.rml.result import Batch, MapResult, Origin, Reject
from kclod.rml.running import run, stream
from kclod.rml.unused import unused_expressions, values_read

__all__ = [
    "Batch",
    "CompiledMapping",
    "MapResult",
    "Origin",
    "Reject",
    "compile_mappings",
    "run",
    "stream",
    "unused_expressions",
    "values_read",
]
