"""Releases that were published at given times, as the log beside them tells."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from kclod.release import Release


def dated(releases: Iterable[Release], times: Iterable[float]) -> None:
    """Have the log beside releases say that they were published at these times (seconds since 1970)."""
    for number, (one, at) in enumerate(zip(releases, times, strict=True)):
        with (one.path.parent / "publications.log").open("a" if number else "w") as log:
            log.write(f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ} publish {one.version}\n")
