"""What a release tells catalogues, repositories and citation tools of itself; computed from its manifest and its data.

Unlike the metadata graph, these documents are no part of what they describe, so they can state sizes and checksums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from kclod.described.citation import citation_cff, datacite
from kclod.described.crate import ro_crate
from kclod.described.dcat import dcat
from kclod.described.facts import Facts, facts_of
from kclod.errors import Problem, UsageError
from kclod.release import Dump, Release

__all__ = ["CATALOGUE", "DOCUMENTS", "Facts", "documents", "facts_of", "write"]

CATALOGUE = "catalog.ttl"
DOCUMENTS: Mapping[str, tuple[str, Callable[[Facts], bytes]]] = {
    CATALOGUE: ("text/turtle", dcat),
    "CITATION.cff": ("application/yaml", citation_cff),
    "datacite.json": ("application/vnd.datacite.datacite+json", datacite),
    "ro-crate-metadata.json": ("application/ld+json", ro_crate),
}
"""The documents by the names that those who read them look for: media type, and what writes them."""


def documents(release: Release, dumps: Iterable[Dump]) -> dict[str, bytes]:
    """All documents of a release of which these dumps are at hand."""
    facts = facts_of(release, dumps)
    return {name: write(facts) for name, (_, write) in DOCUMENTS.items()}


def write(release: Release, dumps: Iterable[Dump], folder: Path) -> None:
    """Write the documents into the folder of these dumps. UsageError: it cannot be written."""
    for name, text in documents(release, dumps).items():
        try:
            (folder / name).write_bytes(text)
        except OSError as error:
            message = f"cannot write: {error.strerror or error}"
            raise UsageError(
                Problem("described.unwritable", message, "check space and permissions", str(folder / name))
            ) from None
