"""The terms of an ontology: what each is, what is said of it, what it is related to, and the trees that they form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from kclod.vocab import DCT, OWL, RDF, RDFS, SKOS, Namespace
from kclod.web.ontology.axioms import Composed, Expression, Named, Statements, expression, listed, mentioned
from kclod.web.things.labels import folded

VANN = Namespace("http://purl.org/vocab/vann/")
CLASSES, OBJECTS, DATATYPES = "classes", "object-properties", "datatypes"
KINDS = (
    (CLASSES, (OWL["Class"], RDFS["Class"])),
    (OBJECTS, (OWL["ObjectProperty"],)),
    ("datatype-properties", (OWL["DatatypeProperty"],)),
    ("annotation-properties", (OWL["AnnotationProperty"],)),
    ("other-properties", (RDF["Property"],)),
    (DATATYPES, (RDFS["Datatype"],)),
    ("individuals", (OWL["NamedIndividual"],)),
)
CHARACTERISTICS = tuple(
    f"{name}Property"
    for name in (
        *("Functional", "InverseFunctional", "Transitive", "Symmetric", "Asymmetric", "Reflexive", "Irreflexive"),
    )
)
DEFINITIONS = (SKOS["definition"], RDFS["comment"], DCT["description"])
MATCHES = (
    *(SKOS["exactMatch"], SKOS["closeMatch"], SKOS["broadMatch"], SKOS["narrowMatch"], SKOS["relatedMatch"]),
    RDFS["seeAlso"],
)
_UP = {CLASSES: RDFS["subClassOf"]}
_ABOVE = RDFS["subPropertyOf"]
Name = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Described:
    """A term. `facets` are relations by key, each with the terms or expressions at its other end, in reading order."""

    iri: str
    anchor: str
    kind: str
    own: bool
    vocabulary: str
    definitions: Mapping[str, str]
    notes: tuple[Mapping[str, str], ...]
    examples: tuple[Mapping[str, str], ...]
    characteristics: tuple[str, ...]
    facets: Mapping[str, tuple[Expression, ...]]
    matches: tuple[tuple[ox.NamedNode, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """A term in a tree of subclasses or subproperties."""

    iri: str
    below: tuple[Branch, ...]


class Terms:
    """The named terms that an ontology declares, each of one kind; `name` gives the names by which they are sorted."""

    def __init__(self, triples: Iterable[ox.Triple], ontology: str, compact: Callable[[str], str], name: Name) -> None:
        self.about = Statements(triples)
        self.ontology = ontology
        self._compact, self._name = compact, name
        self.kinds = dict(self._declared())
        self.anchors = {iri: self._anchor(iri) for iri in self.kinds}
        self._groups = tuple(self._disjoint_groups())

    def own(self, iri: str) -> bool:
        """Whether a term is in the ontology's own namespace."""
        return iri.startswith(f"{self.ontology}#")

    def of(self, kind: str, *, own: bool) -> list[str]:
        """The terms of a kind, by name."""
        return self._sorted(iri for iri, known in self.kinds.items() if known == kind and self.own(iri) == own)

    def vocabulary(self, iri: str) -> str:
        """What defines a term, or its namespace."""
        return next(iter(self.about.named(iri, RDFS["isDefinedBy"])), iri[: max(iri.rfind("#"), iri.rfind("/")) + 1])

    def above(self, iri: str) -> list[str]:
        """The named classes or properties right above a term."""
        return [other for other in self.about.named(iri, _UP.get(self.kinds.get(iri, ""), _ABOVE)) if other != iri]

    def below(self, iri: str) -> list[str]:
        """The named ones right below it."""
        found = self.about.having(_UP.get(self.kinds.get(iri, ""), _ABOVE), iri)
        return self._sorted(other for other in found if other in self.kinds and other != iri)

    def ancestors(self, iri: str) -> list[str]:
        """All above a term, nearest first."""
        found, pending = [iri], self.above(iri)
        while pending:
            found += [other for other in dict.fromkeys(pending) if other not in found]
            pending = [above for other in pending for above in self.above(other) if above not in found]
        return found[1:]

    def tree(self, kind: str) -> tuple[Branch, ...]:
        """The own terms of a kind, each below the own terms above it; one that several are above stands below each."""
        own = self.of(kind, own=True)
        roots = [iri for iri in own if not any(self.own(other) and other in self.kinds for other in self.above(iri))]
        placed: set[str] = set()
        branches = [self._branch(iri, (), placed) for iri in roots]
        while left := [iri for iri in own if iri not in placed]:  # they hang in a circle: it is cut at the first
            branches.append(self._branch(left[0], (), placed))
        return tuple(branches)

    def _branch(self, iri: str, path: tuple[str, ...], placed: set[str]) -> Branch:
        again = iri in placed
        placed.add(iri)
        below = [] if again else [other for other in self.below(iri) if self.own(other) and other not in path]
        return Branch(iri, tuple(self._branch(other, (*path, iri), placed) for other in below))

    def described(self, iri: str) -> Described:
        """All that is said of a term."""
        about, kind = self.about, self.kinds[iri]
        types = {name.removeprefix(OWL) for name in about.named(iri, RDF["type"])}
        deprecated = any(
            isinstance(t, ox.Literal) and t.value in ("true", "1") for t in about.objects(iri, OWL["deprecated"])
        )
        found = dict(self._facets(iri))
        found["used"] = self._named(self._users.get(iri, ()))
        return Described(
            iri=iri,
            anchor=self.anchors[iri],
            kind=kind,
            own=self.own(iri),
            vocabulary=self.vocabulary(iri),
            definitions=about.texts(iri, DEFINITIONS),
            notes=self._texts(iri, SKOS["scopeNote"]),
            examples=self._texts(iri, SKOS["example"]),
            characteristics=(
                *(name for name in CHARACTERISTICS if name in types),
                *(["deprecated"] if deprecated else []),
            ),
            facets={key: values for key, values in found.items() if values},
            matches=tuple(
                (relation, tuple(sorted(targets))) for relation in MATCHES if (targets := about.named(iri, relation))
            ),
        )

    def properties_of(self, iri: str) -> list[str]:
        """The properties that have a class as their domain."""
        return self._sorted(other for other in self.about.having(RDFS["domain"], iri) if other in self.kinds)

    def _facets(self, iri: str) -> Iterator[tuple[str, tuple[Expression, ...]]]:
        kind = self.kinds[iri]
        if kind == CLASSES:
            yield from self._class_facets(iri)
        elif kind == DATATYPES:
            yield "same", self._expressions(iri, OWL["equivalentClass"])
            yield "values-of", self._named(self._sorted(self.about.having(RDFS["range"], iri)))
        else:
            yield from self._property_facets(iri)

    def _class_facets(self, iri: str) -> Iterator[tuple[str, tuple[Expression, ...]]]:
        about = self.about
        above = self.above(iri)
        yield "broader", self._named(above)
        yield "ancestors", self._named(other for other in self.ancestors(iri) if other not in above)
        yield "narrower", self._named(self.below(iri))
        yield "always", self._expressions(iri, RDFS["subClassOf"])
        yield (
            "same",
            (
                *self._named(self._both_ways(iri, OWL["equivalentClass"])),
                *self._expressions(iri, OWL["equivalentClass"]),
            ),
        )
        yield "made-of", self._lists(iri, OWL["disjointUnionOf"], "or")
        yield "key", self._lists(iri, OWL["hasKey"], "key")
        yield "properties", self._named(self.properties_of(iri))
        yield "values-of", self._named(self._sorted(about.having(RDFS["range"], iri)))
        yield "disjoint", self._named(self._disjoint(iri, OWL["disjointWith"]))

    def _property_facets(self, iri: str) -> Iterator[tuple[str, tuple[Expression, ...]]]:
        yield "domain", self._values(iri, RDFS["domain"])
        yield "range", self._values(iri, RDFS["range"])
        yield "broader-property", self._named(self.above(iri))
        yield "narrower-property", self._named(self.below(iri))
        yield "inverse", self._named(self._both_ways(iri, OWL["inverseOf"]))
        yield "follows", self._lists(iri, OWL["propertyChainAxiom"], "chain")
        yield "same", self._named(self._both_ways(iri, OWL["equivalentProperty"]))
        yield "disjoint", self._named(self._disjoint(iri, OWL["propertyDisjointWith"]))

    def _declared(self) -> Iterator[tuple[str, str]]:
        for iri in self.about.subjects():
            types = self.about.objects(iri, RDF["type"])
            kind = next((kind for kind, classes in KINDS if any(c in types for c in classes)), None)
            if kind is not None and not iri.startswith("_:"):
                yield iri, kind

    def _anchor(self, iri: str) -> str:
        return iri.removeprefix(f"{self.ontology}#") if self.own(iri) else self._compact(iri)

    def _disjoint_groups(self) -> Iterator[list[str]]:
        for kind in ("AllDisjointClasses", "AllDisjointProperties"):
            for node in self.about.having(RDF["type"], OWL[kind].value):
                for head in self.about.objects(node, OWL["members"]):
                    yield [t.value for t in self.about.members(head) if isinstance(t, ox.NamedNode)]

    def _disjoint(self, iri: str, predicate: ox.NamedNode) -> list[str]:
        found = set(self._both_ways(iri, predicate))
        for group in self._groups:
            if iri in group:
                found |= {*group}
        return self._sorted(found - {iri})

    def _both_ways(self, iri: str, predicate: ox.NamedNode) -> list[str]:
        there = (other for other in self.about.having(predicate, iri) if not other.startswith("_:"))
        return self._sorted({*self.about.named(iri, predicate), *there})

    def _expressions(self, iri: str, predicate: ox.NamedNode) -> tuple[Expression, ...]:
        made = (expression(self.about, t) for t in self.about.objects(iri, predicate) if isinstance(t, ox.BlankNode))
        return tuple(sorted((e for e in made if e is not None), key=self._key))

    def _values(self, iri: str, predicate: ox.NamedNode) -> tuple[Expression, ...]:
        made = (expression(self.about, term) for term in self.about.objects(iri, predicate))
        return tuple(sorted((e for e in made if e is not None), key=self._key))

    def _lists(self, iri: str, predicate: ox.NamedNode, form: str) -> tuple[Expression, ...]:
        made = (listed(self.about, form, head) for head in self.about.objects(iri, predicate))
        return tuple(sorted((e for e in made if e is not None), key=self._key))

    def _texts(self, iri: str, predicate: ox.NamedNode) -> tuple[Mapping[str, str], ...]:
        """The texts of a property in rounds: the first of each language, then the second …"""
        by_language: dict[str, list[str]] = {}
        for term in self.about.objects(iri, predicate):
            if isinstance(term, ox.Literal):
                by_language.setdefault(term.language or "", []).append(term.value)
        longest = max(map(len, by_language.values()), default=0)
        return tuple(
            {language: sorted(texts)[n] for language, texts in by_language.items() if n < len(texts)}
            for n in range(longest)
        )

    @cached_property
    def _users(self) -> Mapping[str, tuple[str, ...]]:
        """Term → the terms in whose expressions it stands."""
        found: dict[str, set[str]] = {}
        for iri in self.kinds:
            for _, values in self._facets(iri):
                for value in values:
                    for other in mentioned(value) if isinstance(value, Composed) else ():
                        found.setdefault(other, set()).add(iri)
        return {iri: tuple(self._sorted(users - {iri})) for iri, users in found.items()}

    def _key(self, item: Expression) -> tuple[bool, str, str]:
        return (
            isinstance(item, Composed),
            folded(self._name(item.iri)) if isinstance(item, Named) else "",
            str(item),
        )

    def _sorted(self, iris: Iterable[str]) -> list[str]:
        return sorted(set(iris), key=lambda iri: (folded(self._name(iri)), iri))

    @staticmethod
    def _named(iris: Iterable[str]) -> tuple[Expression, ...]:
        return tuple(Named(iri) for iri in iris)
