"""The ontology as a reader meets it: header, trees, diagram, every term with examples from the data, schemes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

import flask
import pyoxigraph as ox
from markupsafe import Markup

from kclod.rdf import Term
from kclod.vocab import DCT, OWL, RDFS, Namespace
from kclod.web.ontology import schemes
from kclod.web.ontology.axioms import Expression, Piece, in_words
from kclod.web.ontology.diagram import draw
from kclod.web.ontology.examples import Instances, Uses, instances, uses
from kclod.web.ontology.terms import CLASSES, DEFINITIONS, KINDS, VANN, Branch, Described, Terms
from kclod.web.pages import render
from kclod.web.present import Presenter
from kclod.web.things.reader import TYPE, Reader

_DC = Namespace("http://purl.org/dc/elements/1.1/")
_HEADER = (
    ("version", (OWL["versionInfo"],)),
    ("version-iri", (OWL["versionIRI"],)),
    ("prior-version", (OWL["priorVersion"],)),
    ("namespace", (VANN["preferredNamespaceUri"],)),
    ("prefix", (VANN["preferredNamespacePrefix"],)),
    ("creator", (DCT["creator"], _DC["creator"])),
    ("contributor", (DCT["contributor"], _DC["contributor"])),
    ("publisher", (DCT["publisher"], _DC["publisher"])),
    ("issued", (DCT["issued"], DCT["created"])),
    ("modified", (DCT["modified"],)),
    ("licence", (DCT["license"], DCT["rights"])),
    ("citation", (DCT["bibliographicCitation"],)),
    ("imports", (OWL["imports"],)),
    ("see-also", (RDFS["seeAlso"],)),
)
_KEPT = 24
"""Guides that are kept: one for each language, with and without it in the links, for each prefix of the site."""
_SLOT = "kclod.ontology"
_MOST_TYPES = 50


@dataclass(frozen=True, slots=True)
class Section:
    """The own terms of a kind: as a tree for the contents, and one by one."""

    kind: str
    tree: tuple[Branch, ...]
    terms: tuple[Described, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Another vocabulary, and which of its terms are used."""

    iri: str
    terms: tuple[Described, ...]


class _Guides:
    """Guides by what they depend on; a release does not change, so they do not either."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[tuple[object, ...], Markup] = OrderedDict()

    def get(self, key: tuple[object, ...], make: Callable[[], Markup]) -> Markup:
        with self._lock:
            found = self._made.get(key)
        if found is None:
            found = make()
            with self._lock:
                self._made[key] = found
                while len(self._made) > _KEPT:
                    self._made.popitem(last=False)
        return found


def guide(presenter: Presenter, triples: Callable[[], Iterable[ox.Triple]]) -> Markup:
    """The guide in the reader's language; rendered once for a release, and kept. `triples` are the ontology's."""
    kept = flask.current_app.extensions.setdefault(_SLOT, _Guides())
    key = (presenter.language, presenter.url("ontology.page"))
    made: Markup = kept.get(key, lambda: _render(presenter, triples()))
    return made


def _render(presenter: Presenter, triples: Iterable[ox.Triple]) -> Markup:
    publication = presenter.publication
    reader, labels = publication.reader, publication.labels
    ontology = (publication.release.site.ontology_iri or "").rstrip("#")

    def name(iri: str) -> str:
        return presenter.term(iri).text

    terms = Terms(triples, ontology, labels.compact, name)
    sections = [
        Section(kind, terms.tree(kind), tuple(terms.described(iri) for iri in own))
        for kind, _ in KINDS
        if (own := terms.of(kind, own=True))
    ]
    described = [term for section in sections for term in section.terms]
    reused = _reused(terms)
    found: dict[str, Instances | Uses | None] = {
        term.iri: (instances if term.kind == CLASSES else uses)(reader, term.iri, labels.has)
        for term in (*described, *(term for vocabulary in reused for term in vocabulary.terms))
    }
    text = render(
        "ontology_guide.html",
        presenter,
        ontology=ontology,
        texts=terms.about.texts(ontology, DEFINITIONS),
        header=_header(terms, ontology),
        sections=sections,
        reused=reused,
        terms=terms,
        examples=found,
        drawing=draw(terms, name, presenter.word("ontology.anything")),
        schemes=schemes.schemes(terms.about, reader, lambda iri: labels.of(iri, presenter.language).text),
        definitions=lambda iri: schemes.definitions(reader, iri),
        alignments=[(term, match) for term in described for match in term.matches],
        in_words=lambda item: _pieces(presenter, item),
        compact=labels.compact,
        kind_of=lambda iri: _kind_of(terms, reader, iri),
    )
    return Markup(text)  # noqa: S704 # the template has escaped it


def _kind_of(terms: Terms, reader: Reader, iri: str) -> str | None:
    """The class by which a thing without a name is called: the most special of its classes."""
    quads = islice(reader.store.quads_for_pattern(ox.NamedNode(iri), TYPE, None, None), _MOST_TYPES)
    classes = {q.object.value for q in quads if isinstance(q.object, ox.NamedNode) and q.object.value in terms.kinds}
    return max(sorted(classes), key=lambda c: (len(terms.ancestors(c)), terms.own(c)), default=None)


def _header(terms: Terms, ontology: str) -> Mapping[str, list[Term]]:
    found = {
        key: [term for predicate in predicates for term in terms.about.objects(ontology, predicate)]
        for key, predicates in _HEADER
    }
    return {key: sorted(values, key=str) for key, values in found.items() if values}


def _reused(terms: Terms) -> list[Vocabulary]:
    by_vocabulary: dict[str, list[Described]] = {}
    for kind, _ in KINDS:
        for iri in terms.of(kind, own=False):
            by_vocabulary.setdefault(terms.vocabulary(iri), []).append(terms.described(iri))
    return [Vocabulary(iri, tuple(by_vocabulary[iri])) for iri in sorted(by_vocabulary)]


def _pieces(presenter: Presenter, item: Expression) -> list[Piece]:
    return list(in_words(item, presenter.word))
