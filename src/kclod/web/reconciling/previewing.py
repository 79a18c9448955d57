"""What a preview shows of an entity beside its name and description (section 5): a few short statements."""

from __future__ import annotations

from itertools import islice

import pyoxigraph as ox

from kclod.rdf import DEFAULT_GRAPH
from kclod.vocab import DCT, NAMES, OTHER_NAMES, RDFS, SCHEMA, SKOS
from kclod.web.present import Presenter, View
from kclod.web.things.reader import TYPE

_LOOKED_AT, _PROPERTIES, _VALUES, _LONGEST = 300, 8, 4, 120
_TOLD_ELSEWHERE = frozenset(
    {
        *NAMES,
        *OTHER_NAMES,
        TYPE,
        DCT["identifier"],
        DCT["description"],
        SKOS["definition"],
        SCHEMA["description"],
        RDFS["comment"],
    }
)


def facts_of(presenter: Presenter, iri: str) -> list[tuple[View, list[View]]]:
    """Up to eight properties with up to four values each: those that few others of the entity's statements share."""
    found: dict[ox.NamedNode, list[View]] = {}
    quads = presenter.publication.reader.store.quads_for_pattern(ox.NamedNode(iri), None, None, DEFAULT_GRAPH)
    for quad in sorted(islice(quads, _LOOKED_AT), key=lambda quad: (str(quad.predicate), str(quad.object))):
        if quad.predicate in _TOLD_ELSEWHERE or isinstance(quad.object, ox.BlankNode | ox.Triple):
            continue
        view = presenter.brief(quad.object)
        if len(view.text) <= _LONGEST and (view.language is None or presenter.language == view.language):
            found.setdefault(quad.predicate, []).append(view)
    order = sorted(found, key=lambda node: (len(found[node]), node.value))
    return [(presenter.term(node.value), found[node][:_VALUES]) for node in order[:_PROPERTIES]]
