"""kclod: a linked-data publisher. Records → map → link → reason → validate → release → serve."""

from importlib.metadata import version

__version__ = version("kclod")
