"""Addresses that a user gives on the command line."""

from __future__ import annotations

import re

from kclod.errors import Problem, UsageError


def checked_url(rule: str, url: str) -> str:
    """The address of a site, with a slash at its end; UsageError under a rule's name where it is none."""
    if not re.fullmatch(r"https?://[^/?#]+(/[^?#]*)?", url):
        fix = "give one such as https://data.example/x/"
        raise UsageError(Problem(rule, f"{url!r} is no http(s) URL of a folder", fix))
    return f"{url.rstrip('/')}/"
