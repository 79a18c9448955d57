"""The terms of RML-Core and RML-IO as frozen data: what a mapping document says, checked and normalised.

Names follow the specification (https://kg-construct.github.io/rml-core/spec/docs/, sections in parentheses below).
Shortcuts, the older vocabulary and default term types are resolved before these objects are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import PurePath

import pyoxigraph as ox


class TermType(Enum):
    """What kind of RDF term a term map makes (8.4)."""

    IRI = "IRI"
    URI = "URI"
    UNSAFE_IRI = "UnsafeIRI"
    UNSAFE_URI = "UnsafeURI"
    BLANK_NODE = "BlankNode"
    LITERAL = "Literal"


class Formulation(Enum):
    """How references are written and evaluated (RML-IO registry)."""

    JSON_PATH = "JSONPath"
    CSV = "CSV"


class Root(Enum):
    """Against what the path of a relative path source is resolved (RML-IO, relative path source)."""

    MAPPING_DIRECTORY = "MappingDirectory"
    WORKING_DIRECTORY = "CurrentWorkingDirectory"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mapping says something; `line` counts from 1 and is None where the text could not be found."""

    file: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same RDF term (8.1)."""

    term: ox.NamedNode | ox.Literal


@dataclass(frozen=True, slots=True)
class Reference:
    """A query into one iteration (8.2), as the mapping writes it."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Template:
    """A string with references in braces (8.3), taken apart: `literals` has one more member than `references`."""

    text: str
    literals: tuple[str, ...]
    references: tuple[Reference, ...]
    place: Place


Expression = Constant | Reference | Template


@dataclass(frozen=True, slots=True)
class TermMap:
    """A rule that makes terms from an iteration (8). No expression means a fresh blank node for each iteration."""

    expression: Expression | None
    term_type: TermType
    place: Place
    language: Expression | None = None
    datatype: TermMap | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """A join condition (9.2): the two sides have an equal value."""

    child: Expression
    parent: Expression


@dataclass(frozen=True, slots=True)
class ReferencingObjectMap:
    """Objects that are the subjects of another triples map (9.1); `parent` is that map's key in the mapping."""

    parent: str
    joins: tuple[Join, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class PredicateObjectMap:
    """Pairs of predicates and objects (7.3), and the graphs that they are put into besides the subject's."""

    predicates: tuple[TermMap, ...]
    objects: tuple[TermMap | ReferencingObjectMap, ...]
    graphs: tuple[TermMap, ...]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited file is written (CSV on the Web, dialect description)."""

    delimiter: str | None = None
    """None: a tab for files named *.tsv, else a comma."""
    quote: str = '"'
    trim: bool = False


@dataclass(frozen=True, slots=True)
class LogicalSource:
    """Where iterations come from. Equal objects are effectively equal logical sources (9.2).

    `typed` tells whether JSON values carry their natural datatypes; they do not in the older vocabulary.
    `root` is a Root or the directory that the mapping names; `mapping_directory` is empty where it does not matter.
    """

    path: str
    root: Root | str
    mapping_directory: str
    formulation: Formulation
    iterator: str | None
    typed: bool = True
    nulls: frozenset[str] = frozenset()
    encoding: str = "utf-8-sig"
    dialect: Dialect = Dialect()

    @property
    def file(self) -> LogicalSource:
        """The same file without what is said of its iterations: equal for all logical sources over one file."""
        return replace(self, iterator=None, typed=True, nulls=frozenset())

    @property
    def is_lines(self) -> bool:
        """Whether each line is a JSON value of its own (JSON Lines): files named *.jsonl or *.ndjson."""
        suffix = PurePath(self.path).suffix.lower()
        return self.formulation is Formulation.JSON_PATH and suffix in {".jsonl", ".ndjson"}


@dataclass(frozen=True, slots=True)
class TriplesMap:
    """One triples map (7). `name` is its IRI, shortened to file and fragment where the mapping gave a relative one.

    `default_base` is used where neither the triples map nor the run has a base IRI: in the older vocabulary, which has
    no rml:baseIRI, processors take what the file declares as its base.
    """

    key: str
    name: str
    place: Place
    source: LogicalSource | None
    source_place: Place
    iterator_place: Place
    base_iri: str | None
    default_base: str | None
    subject: TermMap
    classes: tuple[ox.NamedNode, ...]
    graphs: tuple[TermMap, ...]
    predicate_objects: tuple[PredicateObjectMap, ...]

    def term_maps(self) -> Iterator[TermMap]:
        """All term maps but the datatype maps within others."""
        yield self.subject
        yield from self.graphs
        for rule in self.predicate_objects:
            yield from (*rule.predicates, *rule.graphs)
            yield from (value for value in rule.objects if isinstance(value, TermMap))
