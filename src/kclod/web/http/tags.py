"""Strong validators (RFC 9110, section 8.8.1): the same for the same bytes only."""

from __future__ import annotations

import base64
import hashlib


def tag_of(data: bytes) -> str:
    """The opaque part of the ETag of a representation."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()[:18]).decode()
