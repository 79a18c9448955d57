"""Things that were published and are no longer: 410 Gone (RFC 9110, section 15.5.11) instead of 404.

The content declares them (`pub:withdrew`), or an earlier release beside the one that is served has them.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

from kclod.errors import UsageError
from kclod.release import load
from kclod.site import Site
from kclod.store import Quads, open_read_only
from kclod.vocab import DCT, PUB, RDFS

_EARLIER = 5
"""Earlier releases that are looked at, the newest first."""
_SAID = 50


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What is known of a thing that is gone: the release that had it, what has its place now, and why, by language."""

    release: str | None
    replacements: tuple[str, ...]
    reasons: dict[str, str]


class Gone:
    """Tells what is gone. Earlier releases are opened when something is first not found. Safe for threads."""

    def __init__(self, store: Quads, site: Site, release: Path) -> None:
        self._store, self._site, self._release = store, site, release
        self._earlier: list[tuple[str, ox.Store]] | None = None
        self._lock = threading.Lock()

    def of(self, iri: str) -> Withdrawal | None:
        """What is known of the withdrawal of a thing that this release does not describe; None if it never was."""
        try:
            node = ox.NamedNode(iri)
        except ValueError:
            return None
        declared = self.declared(node)
        release = next((name for name, store in self._others() if _describes(store, node)), None)
        if not declared and release is None:
            return None
        replaced = islice(self._store.quads_for_pattern(node, DCT["isReplacedBy"], None, None), _SAID)
        reasons = islice(self._store.quads_for_pattern(node, RDFS["comment"], None, None), _SAID)
        return Withdrawal(
            release,
            tuple(dict.fromkeys(quad.object.value for quad in replaced if isinstance(quad.object, ox.NamedNode))),
            {quad.object.language or "": quad.object.value for quad in reasons if isinstance(quad.object, ox.Literal)},
        )

    def declared(self, node: ox.NamedNode) -> bool:
        """Whether the dataset says that it withdrew a thing."""
        dataset = ox.NamedNode(self._site.dataset_iri)
        return next(self._store.quads_for_pattern(dataset, PUB["withdrew"], node, None), None) is not None

    def _others(self) -> list[tuple[str, ox.Store]]:
        with self._lock:
            if self._earlier is None:
                self._earlier = list(_opened(self._release, self._site.dataset_iri))
            return self._earlier


def _opened(release: Path, dataset: str) -> list[tuple[str, ox.Store]]:
    """The stores of the releases of the dataset that were made before; one that cannot be read is passed over.

    A release holds no date, as equal inputs must give equal bytes; that of its manifest's file counts.
    """
    manifest = release / "manifest.json"
    if not manifest.is_file():
        return []
    served = manifest.stat().st_mtime
    dated = {
        path.parent: path.stat().st_mtime
        for path in release.parent.glob("*/manifest.json")
        if not path.parent.is_symlink() and path.parent != release
    }
    found: list[tuple[str, ox.Store]] = []
    for path in sorted((path for path, made in dated.items() if made <= served), key=lambda p: -dated[p]):
        try:
            earlier = load(path)
            if earlier.site.dataset_iri == dataset:
                found.append((earlier.version, open_read_only(earlier.store_path)))
        except UsageError:
            continue
        if len(found) == _EARLIER:
            break
    return found


def _describes(store: ox.Store, node: ox.NamedNode) -> bool:
    return next(store.quads_for_pattern(node, None, None, None), None) is not None
