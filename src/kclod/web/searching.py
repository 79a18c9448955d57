"""What the search box finds: things by their names, and passages of text about them. Bounded in time and number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import pyoxigraph as ox

from kclod.errors import UsageError
from kclod.rdf import DEFAULT_GRAPH
from kclod.release import Release
from kclod.text import TextIndex, TextQueryError
from kclod.text.index import OutOfTimeError
from kclod.text.names import Names, Nearness
from kclod.text.schema import LONGEST_NAME, value_of
from kclod.vocab import DCT, NAMES, OTHER_NAMES, OWL, RDF, RDFS, SH
from kclod.web.things.reader import TYPE, Reader
from kclod.web.turns import Turns

ABOUT_TERMS = (OWL, RDF, RDFS, SH)
"""Vocabularies that describe vocabularies."""
_SECONDS = 0.25
_AT_A_TIME = 4
_PATIENCE = 0.5
"""Seconds for which a search waits for others; searches must not take the threads that pages need."""
_BEARERS = 10
"""Things that are looked up for one name; some names are borne by thousands."""
_BEFORE, _SHOWN = 60, 300
"""Characters of a long text that are shown, and those of them before a word that was looked for."""
_SAID = 40
"""Statements that are read of one literal before it is asked by property."""
_NAMES_A_THING = 4
"""Names that are looked for, for each thing wanted: most things match in several languages."""
_NAMES = 120
"""Names that are looked for at least, so that those in the reader's language are among them."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing, the name by which it is found, how near that is to what was typed, and its most special class."""

    node: ox.NamedNode
    name: ox.Literal
    nearness: Nearness
    preferred: bool
    kind: str | None


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that is no name, with what it is said of and by which property; of a long one a part, with `…`."""

    node: ox.NamedNode
    predicate: ox.NamedNode
    text: ox.Literal


@dataclass(frozen=True, slots=True)
class Results:
    """The best things or passages, and whether there are more than these."""

    things: tuple[Thing, ...] = ()
    passages: tuple[Passage, ...] = ()
    more_things: bool = False
    more_passages: bool = False


class Search:
    """The searches of a release. Safe for threads."""

    def __init__(self, release: Release, reader: Reader) -> None:
        self._reader = reader
        self._turns = Turns(_AT_A_TIME, _PATIENCE)
        try:
            self._index: TextIndex | None = TextIndex(release.text_path)
        except UsageError:  # a release of an older version
            self._index = None

    @property
    def available(self) -> bool:
        """Whether the release has a text index."""
        return self._index is not None

    def things(self, text: str, most: int, language: str) -> Results:
        """The things whose names match what was typed, of equally near names those in the language before others.

        BusyError where too many search.
        """
        found: dict[ox.NamedNode, Thing] = {}
        if self._index is None:
            return Results()
        with self._turns.taken():
            hits = Names(self._index).search(text, max(_NAMES_A_THING * (most + 1), _NAMES), _SECONDS)
        hits.sort(key=lambda hit: (hit.nearness, not hit.preferred, not _speaks(hit.term, language)))
        for hit in hits:
            name = _literal(hit.term)
            for node, preferred in self._bearers(name):
                if node not in found:
                    found[node] = Thing(node, name, hit.nearness, preferred, self._kind(node))
            if len(found) > most:
                break
        return Results(tuple(found.values())[:most], more_things=len(found) > most)

    def passages(self, text: str, most: int) -> Results:
        """The texts other than names that have all the words, the best first. BusyError where too many search."""
        found: dict[tuple[ox.NamedNode, ox.NamedNode], Passage] = {}
        if self._index is None:
            return Results()
        try:
            with self._turns.taken():
                matches = self._index.best(text, _NAMES_A_THING * (most + 1), _SECONDS)
        except TextQueryError:
            return Results()
        except OutOfTimeError:
            return Results(more_passages=True)
        for match in matches:
            literal = _literal(match.term)
            is_long = len(literal.value) > LONGEST_NAME
            shown = _part(literal, text) if is_long else literal
            for quad in islice(self._reader.store.quads_for_pattern(None, None, literal, DEFAULT_GRAPH), _BEARERS):
                names = quad.predicate in (*NAMES, *OTHER_NAMES, DCT["identifier"]) and not is_long
                if isinstance(quad.subject, ox.NamedNode) and not names:
                    found.setdefault((quad.subject, quad.predicate), Passage(quad.subject, quad.predicate, shown))
            if len(found) > most:
                break
        return Results(passages=tuple(found.values())[:most], more_passages=len(found) > most)

    def _bearers(self, name: ox.Literal) -> Iterator[tuple[ox.NamedNode, bool]]:
        """The things of that name, and whether it is what they prefer to be called; these come first."""
        ask = self._reader.store.quads_for_pattern
        quads = list(islice(ask(None, None, name, DEFAULT_GRAPH), _SAID + 1))
        if len(quads) > _SAID:  # other uses must not hide those as a name
            quads = [q for p in (*NAMES, *OTHER_NAMES) for q in islice(ask(None, p, name, DEFAULT_GRAPH), _BEARERS)]
        for predicates, preferred in ((NAMES, True), (OTHER_NAMES, False)):
            for quad in quads:
                if quad.predicate in predicates and isinstance(quad.subject, ox.NamedNode):
                    yield quad.subject, preferred

    def _kind(self, node: ox.NamedNode) -> str | None:
        """The class of a thing with the fewest members; `owl:Class` and the like only for want of another."""
        quads = self._reader.store.quads_for_pattern(node, TYPE, None, DEFAULT_GRAPH)
        classes = [quad.object.value for quad in quads if isinstance(quad.object, ox.NamedNode)]
        sizes = self._reader.classes()
        return min(classes, key=lambda c: (c.startswith(ABOUT_TERMS), sizes.get(c, 0), c), default=None)


def _speaks(term: str, language: str) -> bool:
    tag = term.rpartition('"')[2]
    return not tag or tag[1:].partition("-")[0] == language


def _part(literal: ox.Literal, text: str) -> ox.Literal:
    """What stands around the first of the words that a long text has as they were typed; its beginning if none."""
    value, folded = literal.value, literal.value.casefold()
    places = [folded.find(word.strip('"*').casefold()) for word in text.split()]
    start = max(min((place for place in places if place >= 0), default=0) - _BEFORE, 0)
    part = value[start : start + _SHOWN]
    part = f"{'…' if start else ''}{part}{'…' if start + _SHOWN < len(value) else ''}"
    return ox.Literal(part, language=literal.language) if literal.language else ox.Literal(part)


def _literal(term: str) -> ox.Literal:
    value, tag = value_of(term) or ("", "")  # the index holds nothing else
    return ox.Literal(value, language=tag) if tag else ox.Literal(value)
