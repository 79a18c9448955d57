"""Where the conformance suites are: data only, not part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def suites() -> Path:
    """The directory of the suites: KCLOD_SUITES, or `../shared/suites` beside the repository."""
    path = Path(os.environ.get("KCLOD_SUITES") or Path(__file__).parents[3] / "shared" / "suites")
    if not path.is_dir():
        pytest.skip(f"the conformance suites are not at {path}; set KCLOD_SUITES to where they are")
    return path
