"""What one row or record of a registry says of a thing, before all of its rows are put together."""

from __future__ import annotations

from dataclasses import dataclass, field

from kclod.errors import Problem
from kclod.match.entity import Entity, Name, Reference


@dataclass
class Parts:
    """Some of what is known of a thing."""

    id: str = ""
    names: list[Name] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    places: list[Reference] = field(default_factory=list)
    parents: list[Reference] = field(default_factory=list)
    homepages: list[str] = field(default_factory=list)
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    status: str = ""
    successors: list[str] = field(default_factory=list)

    def join(self, other: Parts) -> None:
        """Add what another row says."""
        for of in ("names", "types", "countries", "places", "parents", "homepages", "identifiers", "successors"):
            getattr(self, of).extend(getattr(other, of))
        self.status = self.status or other.status


Record = Entity | Parts | Problem
"""What a reader finds, record by record: a whole thing, a part of one, or what is wrong with it."""
