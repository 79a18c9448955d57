"""How much changed from one release to another, in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kclod.changes import Difference, EntityChange, Kind
from kclod.rdf import split_line
from kclod.site import Site


@dataclass(frozen=True, slots=True)
class Summary:
    """How many things were added, removed and changed; distinct statements; statements of the graph of links."""

    things: dict[Kind, int]
    added: int
    removed: int
    links_added: int
    links_removed: int


def summary(difference: Difference, entities: Iterable[EntityChange], site: Site) -> Summary:
    """The numbers of a difference. A statement that is in several graphs counts once."""
    things = dict.fromkeys(Kind, 0)
    for entity in entities:
        if not entity.iri.startswith("_:"):
            things[entity.kind] += 1
    links = site.graphs.get("links")
    counts = []
    for lines in (difference.all_added, difference.all_removed):
        pairs = [split_line(line) for line in lines]
        counts.append((len({statement for statement, _ in pairs}), sum(graph == links for _, graph in pairs)))
    (added, links_added), (removed, links_removed) = counts
    return Summary(things, added, removed, links_added, links_removed)
