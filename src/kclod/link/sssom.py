"""A mapping set in SSSOM's TSV form with embedded metadata → mappings, and each mapping in SSSOM's RDF form.

Simple Standard for Sharing Ontological Mappings (SSSOM) 1.0. A mapping becomes a node of its own (an `owl:Axiom` with
annotated source, property and target), so that a reader sees who mapped it, how and how sure.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pyoxigraph as ox
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from kclod.errors import Problem, RefusedError, UsageError
from kclod.vocab import OWL, RDF, SCHEMA, SEMAPV, SKOS, SSSOM, XSD

IDENTIFIER = SCHEMA["identifier"]
"""The predicate of mappings to an identifier, where the records of a registry have no IRIs."""
RELATIONS = ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")
LINK_PREDICATES = frozenset([*(SKOS[name].value for name in RELATIONS), OWL["sameAs"].value])
"""The predicates of links to IRIs of other datasets."""
REQUIRED = ("subject_id", "predicate_id", "object_id", "mapping_justification")
BUILT_IN = {
    "owl": str(OWL),
    "rdf": str(RDF),
    "semapv": str(SEMAPV),
    "skos": str(SKOS),
    "sssom": str(SSSOM),
    "xsd": str(XSD),
}
"""The prefixes that the specification reserves."""

IDS = (
    "subject_id",
    "predicate_id",
    "object_id",
    "mapping_justification",
    "author_id",
    "reviewer_id",
    "license",
    "object_source",
)
DATES = ("mapping_date", "publication_date")
NOT_ANNOTATED = (*REQUIRED[:3], "subject_label", "object_label", "predicate_label", "predicate_modifier")
SET_SLOTS = (
    "license",
    "mapping_date",
    "mapping_tool",
    "object_source",
    "object_source_version",
    "subject_source_version",
)
"""Slots of the set that hold for each of its mappings."""


@dataclass(frozen=True)
class Mapping:
    """A mapping: `triple` is what it says, or denies (`negative`); `iri` is the mapping's own."""

    iri: str
    triple: ox.Triple
    negative: bool
    confidence: Decimal | None
    row: Map[str, str]
    """The slots of the row and those that it has from its set."""
    file: str
    line: int

    @property
    def place(self) -> tuple[str, int]:
        """File and line, from 1."""
        return self.file, self.line

    def problem(self, rule: str, message: str, fix: str) -> Problem:
        """A problem at this mapping."""
        return Problem(f"link.{rule}", message, fix, self.file, self.line)

    def described(self, predicate: ox.NamedNode | None = None) -> Iterator[ox.Triple]:
        """The mapping in SSSOM's RDF form; with a predicate, as one with that predicate, which follows from it."""
        triple = self.triple if predicate is None else ox.Triple(self.triple.subject, predicate, self.triple.object)
        node = ox.NamedNode(self.iri if predicate is None else mapping_iri(self.iri.rpartition("link/")[0], triple))
        yield from _described(node, triple, self.row)


def mapping_iri(base_iri: str, triple: ox.Triple, *, negative: bool = False) -> str:
    """The IRI of a mapping, by what it says."""
    text = f"Not {triple}" if negative else str(triple)
    return f"{base_iri}link/{hashlib.sha256(text.encode()).hexdigest()[:16]}"


@dataclass
class _Set:
    """One file while it is read."""

    name: str
    curie_map: dict[str, str]
    problems: list[Problem]

    def problem(self, line: int, rule: str, message: str, fix: str) -> None:
        self.problems.append(Problem(f"link.{rule}", message, fix, self.name, line))

    def iri(self, value: str, line: int, slot: str) -> ox.NamedNode | None:
        """A CURIE or IRI in full."""
        prefix, colon, rest = value.partition(":")
        full = (
            value
            if rest.startswith("//")
            else f"{self.curie_map[prefix]}{rest}"
            if colon and prefix in self.curie_map
            else ""
        )
        try:
            return ox.NamedNode(full)
        except ValueError:
            self.problem(
                line, "curie", f"{slot}: {value!r} is no IRI and has no declared prefix", "declare it in curie_map"
            )
            return None


def read_set(
    file: Path, name: str, *, base_iri: str, known: Collection[str], problems: list[Problem]
) -> Iterator[Mapping]:
    """The mappings of a file called `name`. `known`: IRIs of the things that may be linked.

    Added to `problems`: a malformed file, an unknown subject, an undeclared prefix, a predicate that is no mapping
    relation, a missing justification. A row with a problem gives no mapping.
    """
    try:
        curie_map, rows = _split(file, name)
    except (RefusedError, UsageError) as error:
        problems.extend(error.problems)
        return
    current = _Set(name, BUILT_IN | curie_map, problems)
    for line, row in rows:
        triple = _mapping(current, line, row, known)
        if triple is None:
            continue
        negative = row.get("predicate_modifier") == "Not"
        confidence = Decimal(row["confidence"]) if "confidence" in row else None
        iri = mapping_iri(base_iri, triple, negative=negative)
        yield Mapping(iri, triple, negative, confidence, row, name, line)


def _split(file: Path, name: str) -> tuple[dict[str, str], list[tuple[int, dict[str, str]]]]:
    """The prefixes that the header declares, and the rows, with the set's own slots, by line number."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(Problem("file.unreadable", str(error), "give a UTF-8 file that can be read", name)) from None
    comments = [line for line in lines if line.startswith("#")]
    try:
        header = YAML(typ="safe", pure=True).load("\n".join(line[1:] for line in comments)) or {}
    except YAMLError as error:
        raise RefusedError(
            Problem("link.header", f"the header is not well-formed YAML: {error}", "correct it", name, 1)
        ) from None
    if not isinstance(header, dict) or not isinstance(header.get("curie_map", {}), dict):
        raise RefusedError(
            Problem("link.header", "the header is no map, or its curie_map is none", "correct it", name, 1)
        )
    body = lines[len(comments) :]
    reader = csv.DictReader(body, delimiter="\t", restkey="", restval="")
    missing = [slot for slot in REQUIRED if slot not in (reader.fieldnames or ())]
    if missing:
        raise RefusedError(
            Problem("link.columns", f"no column {', '.join(missing)}", "add the column", name, len(comments) + 1)
        )
    rows = []
    for row in reader:
        line = reader.line_num + len(comments)
        if "" in row:
            raise RefusedError(
                Problem("link.columns", "more cells than columns", "separate cells by one tab", name, line)
            )
        rows.append((line, {slot: text for slot, text in row.items() if text}))
    inherited = {slot: str(header[slot]) for slot in SET_SLOTS if slot in header}
    return header.get("curie_map", {}), [(line, inherited | row) for line, row in rows]


def _mapping(current: _Set, line: int, row: Map[str, str], known: Collection[str]) -> ox.Triple | None:
    missing = [slot for slot in REQUIRED if not row.get(slot)]
    if missing:
        current.problem(line, "missing", f"no {', '.join(missing)}", "fill the cell")
        return None
    subject, predicate, target, _ = (current.iri(row[slot], line, slot) for slot in REQUIRED)
    if not (subject and predicate and target):
        return None
    faults = len(current.problems)
    if subject.value not in known:
        current.problem(
            line, "unknown-subject", f"<{subject.value}> is registered nowhere", "register it or correct its name"
        )
    if predicate.value not in LINK_PREDICATES and predicate != IDENTIFIER:
        current.problem(
            line,
            "predicate",
            f"{row['predicate_id']} is no mapping relation",
            "use a SKOS mapping relation, or schema:identifier where records have no IRIs",
        )
    if not row["mapping_justification"].startswith(("semapv:", BUILT_IN["semapv"])):
        current.problem(
            line,
            "justification",
            "the justification is no semapv term",
            "use one, such as semapv:ManualMappingCuration",
        )
    if "confidence" in row:
        try:
            between = 0 <= Decimal(row["confidence"]) <= 1
        except InvalidOperation:
            between = False
        if not between:
            current.problem(line, "confidence", f"{row['confidence']!r} is no number from 0 to 1", "correct it")
    return ox.Triple(subject, predicate, target) if len(current.problems) == faults else None


def _described(node: ox.NamedNode, link: ox.Triple, row: Map[str, str]) -> Iterator[ox.Triple]:
    """The mapping in SSSOM's RDF form."""
    yield ox.Triple(node, RDF["type"], OWL["Axiom"])
    yield ox.Triple(node, OWL["annotatedSource"], link.subject)
    yield ox.Triple(node, OWL["annotatedProperty"], link.predicate)
    yield ox.Triple(node, OWL["annotatedTarget"], link.object)
    for slot, text in row.items():
        if slot in NOT_ANNOTATED:
            if slot == "predicate_modifier":
                yield ox.Triple(node, SSSOM[slot], ox.Literal(text))
            continue
        for value in text.split("|") if slot.endswith(("_label", "_id")) else [text]:
            yield ox.Triple(node, SSSOM[slot], _value(slot, value))


def _value(slot: str, text: str) -> ox.NamedNode | ox.Literal:
    if slot in IDS:
        prefix, _, rest = text.partition(":")
        return ox.NamedNode(f"{BUILT_IN[prefix]}{rest}" if prefix in BUILT_IN else text)
    if slot == "confidence":
        return ox.Literal(text, datatype=XSD["decimal"])
    if slot in DATES:
        return ox.Literal(text, datatype=XSD["date"])
    return ox.Literal(text)
