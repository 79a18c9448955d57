"""The registry files that the real content was linked against, where a machine has them."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from tests.content.conftest import ROOT

REGISTRY = Path(os.environ.get("KCLOD_REGISTRY") or ROOT.parent / "shared" / "registry")
needs_registry = pytest.mark.skipif(not REGISTRY.is_dir(), reason=f"no files in {REGISTRY}; set KCLOD_REGISTRY")


def read_csv(file: str) -> list[dict[str, str]]:
    """The rows of a file."""
    with (REGISTRY / file).open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))
