"""Downloads that are derived from a release: other forms, parts, and compressed.

A release holds two dumps (canonical N-Quads, readable Turtle). The others follow from the first one, to the byte, so
they are made when they are asked for, or all at once by `kclod export dumps`, and no build waits for them.
"""

from kclod.dumps.forms import Offered, offered, offered_by
from kclod.dumps.keeping import kept, problems_of_kept, recorded
from kclod.dumps.make import SUMS, BusyError, keep_all, write_all, write_nanopubs
from kclod.dumps.waiting import awaited

__all__ = [
    "SUMS",
    "BusyError",
    "Offered",
    "awaited",
    "keep_all",
    "kept",
    "offered",
    "offered_by",
    "problems_of_kept",
    "recorded",
    "write_all",
    "write_nanopubs",
]
