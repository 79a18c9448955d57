"""`make bench`: all benchmarks, or those named; see each module for what it compares."""

from __future__ import annotations

import runpy
import sys

ALL = (
    "mapping",
    "shapes",
    "inference",
    "build",
    "dumps",
    "hubs",
    "linking",
    "pages",
    "queries",
    "reconcile",
    "scaling",
    "site_files",
)

chosen, sys.argv[1:] = sys.argv[1:], []  # each reads its own options, and there are none
for name in chosen or ALL:
    runpy.run_module(f"tests.bench.{name}", run_name="__main__")
