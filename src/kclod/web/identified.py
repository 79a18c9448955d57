"""Things by the identifiers that outside registries give them: what was meant, and which things are linked to it.

Only look-ups of single triples, so that an answer takes the same time whatever the size of the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import pyoxigraph as ox

from kclod.link import LINK_PREDICATES
from kclod.rdf import DEFAULT_GRAPH
from kclod.schemes import Scheme, identifier_iri, recognise, scheme_at
from kclod.site import Site
from kclod.store import Quads
from kclod.vocab import OWL, SCHEMA, SKOS

EXACT = frozenset({SKOS["exactMatch"].value, OWL["sameAs"].value})
_IDENTIFIER = SCHEMA["identifier"]
_THINGS = 100
"""Most things that one identifier leads to; a second one is an error in the data already."""
_COUNTED = 200_000
"""Most links that are counted of each kind."""
_SEPARATORS = re.compile(r"[\s-]+")
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


class NotUnderstoodError(Exception):
    """A text that is no identifier of the scheme, or of any: the message says why; `names` are schemes it may be of."""

    def __init__(self, message: str, names: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.names = tuple(names)


@dataclass(frozen=True, slots=True)
class Meant:
    """An identifier as its registry writes it; `record` is the IRI of the registry's record, where it has one."""

    scheme: Scheme
    value: str

    @property
    def record(self) -> str | None:
        """The IRI of the record."""
        return self.scheme.iri_of(self.value)


@dataclass(frozen=True, slots=True)
class Match:
    """A thing of this dataset, and how it is related to what the identifier stands for."""

    thing: ox.NamedNode
    predicate: ox.NamedNode

    @property
    def exact(self) -> bool:
        """Whether it is the same thing."""
        return self.predicate.value in EXACT or self.predicate == _IDENTIFIER

    @property
    def relation(self) -> str:
        """`exact`, or the kind of mapping: `close`, `broad`, `narrow`, `related`."""
        return "exact" if self.exact else self.predicate.value.rpartition("#")[2].removesuffix("Match")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many things have an identifier of each scheme, by its name; `cut` where there are more than were counted."""

    things: Mapping[str, int]
    cut: bool


class Identified:
    """Finds things of a site by identifier, in its store or in a remote one."""

    def __init__(self, site: Site, store: Quads) -> None:
        self.schemes = site.schemes
        self._store, self._base = store, site.base_iri
        self._links = ox.NamedNode(site.graphs["links"]) if "links" in site.graphs else DEFAULT_GRAPH
        self._counts: Counts | None = None

    def scheme(self, name: str) -> Scheme | None:
        """The scheme of a name, in whatever case."""
        return next((scheme for scheme in self.schemes if scheme.name == name.strip().lower()), None)

    def meant(self, scheme: Scheme | None, text: str) -> Meant:
        """What a text means: an identifier of the scheme, or without one the address of a record, or an identifier that
        only one registry could have given to a thing here. NotUnderstoodError says why it means nothing.
        """
        text = text.strip()
        if scheme is not None:
            value = scheme.value_of(text)
            if value is not None:
                return Meant(scheme, value)
            other = recognise(self.schemes, text)
            if other is not None:
                raise NotUnderstoodError(f"this is an address of `{other[0].name}`", [other[0].name])
            raise NotUnderstoodError(_reason(scheme, text))
        found = scheme_at(self.schemes, text) or recognise(self.schemes, text)
        if found is not None:
            return Meant(*found)
        if _ADDRESS.match(text):
            raise NotUnderstoodError("no registry that this dataset is linked to has records at such an address")
        possible = [Meant(s, value) for s in self.schemes if (value := s.value_of(text)) is not None]
        known = [meant for meant in possible if any(match.exact for match in self.matches(meant))]
        if len(known) == 1:
            return known[0]
        names = [meant.scheme.name for meant in known or possible]
        if not names:
            raise NotUnderstoodError("no registry that this dataset is linked to has identifiers of this form")
        raise NotUnderstoodError(f"say which registry it is of, with `scheme`: {', '.join(names)}", names)

    def matches(self, meant: Meant) -> tuple[Match, ...]:
        """The things that have the identifier, or are mapped to what has it: those that are the same first."""
        found = dict.fromkeys(islice(self._matches(meant), _THINGS))
        return tuple(sorted(found, key=lambda match: (not match.exact, match.thing.value)))

    def counts(self) -> Counts:
        """How many things are identified; counted once, as far as the first 200,000 links of a kind."""
        if self._counts is None:
            things: dict[str, set[str]] = {scheme.name: set() for scheme in self.schemes}
            cut = False
            for predicate, graph, heads in self._counted():
                read = 0
                for quad in islice(self._store.quads_for_pattern(None, predicate, None, graph), _COUNTED):
                    read += 1
                    value = quad.object.value if isinstance(quad.object, ox.NamedNode) else ""
                    name = next((name for head, name in heads if value.startswith(head)), None)
                    if name is not None and isinstance(quad.subject, ox.NamedNode):
                        things[name].add(quad.subject.value)
                cut = cut or read == _COUNTED
            ours = {name: sum(iri.startswith(self._base) for iri in found) for name, found in things.items()}
            self._counts = Counts(ours, cut)
        return self._counts

    def _counted(self) -> Iterator[tuple[ox.NamedNode, ox.NamedNode | ox.DefaultGraph, list[tuple[str, str]]]]:
        """What is counted: property, graph, and what the IRIs of each scheme begin with, the longest first."""
        heads = [(s.template.partition("{")[0], s.name) for s in self.schemes if s.template]
        heads.sort(key=lambda head: -len(head[0]))
        for iri in sorted(EXACT):
            yield ox.NamedNode(iri), self._links, heads
        ours = [(identifier_iri(self._base, scheme.name, ""), scheme.name) for scheme in self.schemes]
        yield _IDENTIFIER, DEFAULT_GRAPH, ours

    def _matches(self, meant: Meant) -> Iterator[Match]:
        related: set[str] = set()
        if meant.record is not None:
            record = ox.NamedNode(meant.record)
            for iri in sorted(LINK_PREDICATES, key=lambda iri: (iri not in EXACT, iri)):
                for thing in self._subjects(ox.NamedNode(iri), record, self._links):
                    if thing.value not in related:
                        related.add(thing.value)
                        yield Match(thing, ox.NamedNode(iri))
        named = ox.NamedNode(identifier_iri(self._base, meant.scheme.name, meant.value))
        for thing in self._subjects(_IDENTIFIER, named, DEFAULT_GRAPH):
            if thing.value not in related:
                yield Match(thing, _IDENTIFIER)

    def _subjects(
        self, predicate: ox.NamedNode, value: ox.NamedNode, graph: ox.NamedNode | ox.DefaultGraph
    ) -> Iterator[ox.NamedNode]:
        for quad in islice(self._store.quads_for_pattern(None, predicate, value, graph), _THINGS):
            if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(self._base):
                yield quad.subject


def _reason(scheme: Scheme, text: str) -> str:
    """What is wrong with a text: its check digits, when that is all that is wrong, else its form."""
    last = text.rstrip("/").rpartition("/")[2] if _ADDRESS.match(text) else text
    for spelling in (last, _SEPARATORS.sub("", last)):
        for cased in (spelling, spelling.lower(), spelling.upper()):
            if re.fullmatch(scheme.pattern, cased):
                return scheme.fault(cased) or f"{text!r} is no address of a record"
    return scheme.fault(last) or f"{text!r} is no identifier"
