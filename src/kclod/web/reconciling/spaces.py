"""What things, classes and properties go by in the protocol (section 2.5, "Identifier and Schema Spaces").

The identifier of a thing is what follows the identifier space in its IRI. Classes and properties go by `prefix:name`,
which is safe in an address however a client writes it: some put it there without escaping it.
"""

from __future__ import annotations

import re

from kclod.entity_index.entities import identifier_space, is_entity
from kclod.rdf import is_iri
from kclod.site import Site
from kclod.vocab import OWL

_LOCAL = re.compile(r"[\w.-]+")


class Spaces:
    """The two spaces of a dataset, and the way into them and out of them."""

    def __init__(self, site: Site) -> None:
        self.identifiers = identifier_space(site.base_iri)
        self.schema = site.ontology_iri or OWL["Thing"].value
        self._prefixes = sorted(site.prefixes.items(), key=lambda item: (-len(item[1]), item[0]))

    def holds(self, iri: str) -> bool:
        """Whether an IRI is one of the identifier space."""
        return is_entity(iri, self.identifiers)

    def identifier(self, iri: str) -> str:
        """The identifier of a thing whose IRI the space holds."""
        return iri.removeprefix(self.identifiers)

    def iri(self, identifier: str) -> str | None:
        """The IRI that is meant by an identifier or by a whole IRI of the space; None when it can be none."""
        iri = identifier if self.holds(identifier) else f"{self.identifiers}{identifier}"
        return iri if self.holds(iri) and is_iri(iri) else None

    def term(self, iri: str) -> str:
        """What a class or property goes by; its IRI where no prefix is known."""
        for prefix, namespace in self._prefixes:
            if iri.startswith(namespace) and _LOCAL.fullmatch(iri, len(namespace)):
                return f"{prefix}:{iri[len(namespace) :]}" if prefix else iri[len(namespace) :]
        return iri
