"""`make bench`: all benchmarks, or those named; see each module for what it compares."""

from __future__ import annotations

import runpy
import sys

ALL = ("mapping", "shapes", "inference", "build", "hubs", "pages", "queries", "scaling")

for name in sys.argv[1:] or ALL:
    runpy.run_module(f"tests.bench.{name}", run_name="__main__")
