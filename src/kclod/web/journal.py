"""What is written down about each query: one line of JSON, and nothing about who asked.

The query itself is not written either, only its digest: the first 16 hexadecimal digits of the SHA-256 of its text.
"""

from __future__ import annotations

import hashlib
import json
import logging

NAME = "kclod.queries"
_log = logging.getLogger(NAME)


def enabled() -> bool:
    """Whether lines are wanted."""
    return _log.isEnabledFor(logging.INFO)


def record(query: str, outcome: str, seconds: float, **more: object) -> None:
    """Write a line: digest, outcome (`hit`, `miss`, `collapsed`, `bypass`, `stream` or the code of a refusal), time."""
    if enabled():
        digest = hashlib.sha256(query.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        known = {name: value for name, value in more.items() if value is not None}
        _log.info("%s", json.dumps({"query": digest, "outcome": outcome, "seconds": round(seconds, 4)} | known))
