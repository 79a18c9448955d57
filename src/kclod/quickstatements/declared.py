"""What the content declares for QuickStatements: SELECT queries whose variables are the columns of a batch.

Variables are named as the columns of QuickStatements' CSV syntax (Help:QuickStatements, "CSV file syntax"): `?P31` a
statement, `?qal585` a qualifier and `?S854` a reference of the statement before it, `?Len`, `?Den`, `?Aen` a label,
description and alias. `?thing` is what the row is about, `?item` its item, where one is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pyoxigraph as ox

from kclod import rdf
from kclod.errors import Problem, RefusedError
from kclod.project import Description
from kclod.queries import read_queries
from kclod.vocab import PUB, RDF

THING, ITEM = "thing", "item"


class Kind(Enum):
    """What a column holds."""

    TERM = re.compile(r"(?P<kind>[LDA])(?P<language>[a-z]{2,3}(?:_[a-z0-9]+)*)")
    STATEMENT = re.compile(r"(?P<property>P[1-9][0-9]*)(?:_[0-9]+)?")
    QUALIFIER = re.compile(r"qal(?P<number>[1-9][0-9]*)(?:_[0-9]+)?")
    SOURCE = re.compile(r"[Ss](?P<number>[1-9][0-9]*)(?:_[0-9]+)?")


@dataclass(frozen=True)
class Column:
    """A variable: its kind, and what stands in a command for it (`Len`, `P31`, `S854`)."""

    variable: str
    kind: Kind
    key: str


@dataclass(frozen=True)
class Declaration:
    """One query. `labels` say by language what a reviewer looks at; `creates` whether things without item get one."""

    iri: str
    labels: Mapping[str, str]
    text: str
    item_space: str
    creates: bool
    columns: tuple[Column, ...]


def read_declarations(files: Iterable[Path], prefixes: Mapping[str, str]) -> tuple[Declaration, ...]:
    """The declarations of all files, in their order. RefusedError names each that cannot be used, and why."""
    found: list[Declaration] = []
    problems: list[Problem] = []
    for file in files:
        about = Description(rdf.triples_of(rdf.read(file)))
        declared = set(about.subjects(RDF["type"], PUB["QuickStatements"]))
        for query in read_queries([file], prefixes):
            if query.iri not in declared:
                continue
            space = about.value(query.iri, PUB["itemSpace"])
            solutions = ox.Store().query(query.text)
            if space is None or not isinstance(solutions, ox.QuerySolutions):
                fault = "it needs sh:select and pub:itemSpace"
                problems.append(Problem("quickstatements.incomplete", fault, "add them", str(file), item=query.iri))
                continue
            names = [v.value for v in solutions.variables if v.value not in (THING, ITEM)]
            columns = tuple(_column(name) for name in names)
            faults = [f"?{name} is no column" for name, c in zip(names, columns, strict=True) if c is None]
            if THING not in (v.value for v in solutions.variables):
                faults.append("there is no ?thing")
            kept = tuple(c for c in columns if c is not None)
            first = next((c.kind for c in kept if c.kind is not Kind.TERM), Kind.STATEMENT)
            if first is not Kind.STATEMENT:
                faults.append("a qualifier or reference comes before any statement")
            fix = "name variables as in ontology/publisher.ttl, pub:QuickStatements"
            problems.extend(Problem("quickstatements.column", f, fix, str(file), item=query.iri) for f in faults)
            creates = about.value(query.iri, PUB["creates"]) == "true"
            found.append(Declaration(query.iri, query.labels, query.text, space, creates, kept))
    if problems:
        raise RefusedError(problems)
    return tuple(found)


def _column(name: str) -> Column | None:
    for kind in Kind:
        match = kind.value.fullmatch(name)
        if match is None:
            continue
        parts = match.groupdict()
        if kind is Kind.TERM:
            return Column(name, kind, f"{parts['kind']}{parts['language'].replace('_', '-')}")
        if kind is Kind.STATEMENT:
            return Column(name, kind, parts["property"])
        return Column(name, kind, f"{'P' if kind is Kind.QUALIFIER else 'S'}{parts['number']}")
    return None
