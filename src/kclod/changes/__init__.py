"""What changed from one release to another, from their sorted dumps: quads, things, patches and updates."""

from kclod.changes.compare import Difference, TooManyChangesError, compare
from kclod.changes.entities import EntityChange, FactChange, Kind, entity_changes
from kclod.changes.write import added, patch, removed, update

__all__ = [
    "Difference",
    "EntityChange",
    "FactChange",
    "Kind",
    "TooManyChangesError",
    "added",
    "compare",
    "entity_changes",
    "patch",
    "removed",
    "update",
]
