"""Links to outside registries: SSSOM mapping sets → link triples, identifiers, and the justification of each.

Simple Standard for Sharing Ontological Mappings (SSSOM) 1.0. `sssom` reads a file, `links` puts all of them together,
`checks` finds what cannot all be true.
"""

from kclod.link.checks import Record, check_records
from kclod.link.links import Links, linksets, read_links
from kclod.link.sssom import LINK_PREDICATES, Mapping

__all__ = [
    "LINK_PREDICATES",
    "Links",
    "Mapping",
    "Record",
    "check_records",
    "linksets",
    "read_links",
]
