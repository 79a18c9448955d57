"""Registry files → entities: what each form of file looks like, and how it is read."""

from kclod.match.registries.reading import Registry, read_registry
from kclod.match.registries.tables import Table

__all__ = ["Registry", "Table", "read_registry"]
