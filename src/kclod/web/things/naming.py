"""By which names one reader sees things, and what has no name of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.web.things.labels import folded
from kclod.web.things.reader import is_part


@dataclass(frozen=True)
class Naming:
    """`base_iri` bounds the publisher's own things; `labelled` tells whether the data gives an IRI a label.

    `name` and `term_name` give the text that stands for a thing, and for a class or property.
    """

    base_iri: str
    labelled: Callable[[str], bool]
    name: Callable[[str], str]
    term_name: Callable[[str], str]

    def has_name(self, term: Term) -> bool:
        """Whether the data gives a label."""
        return isinstance(term, ox.NamedNode) and self.labelled(term.value)

    def sort_name(self, term: Term) -> str:
        """The text by which a term is sorted."""
        if isinstance(term, ox.NamedNode):
            return folded(self.name(term.value))
        return folded(term.value) if isinstance(term, ox.Literal) else str(term)

    def nameless(self, value: Term, parent: Term) -> bool:
        """Whether a value is to be shown by what it says: the publisher's own, without a label, no part of the page."""
        return (
            isinstance(value, ox.NamedNode)
            and value != parent
            and value.value.startswith(self.base_iri)
            and not self.labelled(value.value)
            and not (isinstance(parent, ox.NamedNode) and is_part(parent, value))
        )
