"""Matching: which entity of a registry is the one that somebody names.

`Index.of(entities)` makes an index, `Index.match(wanted)` answers with scored candidates. Entities come from registry
files (`kclod.match.registries`) or from whoever builds them.
"""

from kclod.match.entity import Entity, Name, Reference
from kclod.match.index import Index, Match
from kclod.match.score import Score

__all__ = ["Entity", "Index", "Match", "Name", "Reference", "Score"]
