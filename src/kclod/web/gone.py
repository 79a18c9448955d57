"""Things that were published and are no longer: 410 Gone (RFC 9110, section 15.5.11) instead of 404.

The content declares them (`pub:withdrew`), or an earlier release beside the one that is served has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import pyoxigraph as ox

from kclod.history import Edition, describes, said_of
from kclod.site import Site
from kclod.store import Quads
from kclod.vocab import DCT, PUB, RDFS

_SAID = 50


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What is known of a thing that is gone: the release that had it, what has its place now, and why, by language."""

    release: str | None
    replacements: tuple[str, ...]
    reasons: dict[str, str]


class Gone:
    """Tells what is gone. Earlier releases are looked up in their sorted dumps. Safe for threads."""

    def __init__(self, store: Quads, site: Site, earlier: Sequence[Edition]) -> None:
        """`earlier` are the releases of the dataset that were made before, the oldest first."""
        self._store, self._site, self._earlier = store, site, earlier

    def of(self, iri: str) -> Withdrawal | None:
        """What is known of the withdrawal of a thing that this release does not describe; None if it never was."""
        try:
            node = ox.NamedNode(iri)
        except ValueError:
            return None
        declared = self.declared(node)
        release = next((one.version for one in reversed(self._earlier) if self._had(one, iri)), None)
        if not declared and release is None:
            return None
        replaced = islice(self._store.quads_for_pattern(node, DCT["isReplacedBy"], None, None), _SAID)
        reasons = islice(self._store.quads_for_pattern(node, RDFS["comment"], None, None), _SAID)
        return Withdrawal(
            release,
            tuple(dict.fromkeys(quad.object.value for quad in replaced if isinstance(quad.object, ox.NamedNode))),
            {quad.object.language or "": quad.object.value for quad in reasons if isinstance(quad.object, ox.Literal)},
        )

    def _had(self, edition: Edition, iri: str) -> bool:
        """Whether a release describes a thing, more than to say that it is withdrawn."""
        if not describes(edition, iri):
            return False
        return f"<{PUB['withdrew'].value}> <{iri}> ".encode() not in said_of(edition, self._site.dataset_iri)

    def declared(self, node: ox.NamedNode) -> bool:
        """Whether the dataset says that it withdrew a thing."""
        dataset = ox.NamedNode(self._site.dataset_iri)
        return next(self._store.quads_for_pattern(dataset, PUB["withdrew"], node, None), None) is not None
