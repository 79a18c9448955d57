"""What a site needs to know beyond the quads of its release: titles, prefixes, graphs by role, declared queries."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from kclod.errors import Problem, UsageError
from kclod.layout import Layout
from kclod.pictures import Facet, Picture, Topic
from kclod.schemes import Scheme

_T = TypeVar("_T")
SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
"""What is used as the name of a file or folder."""


@dataclass(frozen=True)
class StoredQuery:
    """A query that the content declares. Labels: the question by language; form: select, ask, construct or describe.

    `headings` names variables by language, where the content does; `picture` says how the answers are drawn. A
    `federated` query asks other endpoints (SPARQL 1.1 Federated Query), and is never run by itself; `target` is the
    endpoint that it is meant for, None where any will do.
    """

    iri: str
    labels: Mapping[str, str]
    text: str
    form: str
    keywords: tuple[str, ...] = ()
    topic: str | None = None
    headings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    picture: Picture | None = None
    federated: bool = False
    target: str | None = None


@dataclass(frozen=True)
class Section:
    """A stored query and its answers when the release was built; a cell is an N-Triples term, None if unbound."""

    query: StoredQuery
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]


@dataclass(frozen=True)
class Site:
    """What a site needs to know beyond the quads. Titles, descriptions and rights by language tag; graphs by role.

    `classes` are those that the home page counts, in order; without any it counts them all. `topics` are those of the
    stored queries, in order; `pictures` are drawn by the overview; `facets` narrow the lists of a class's things.
    `layout` is how pages are laid out; `publisher` names by language who answers for the dataset, `issued` is its date.
    `schemes` are those of the registries that things are linked to, by name.
    """

    base_iri: str
    dataset_iri: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    licence: str | None
    rights: Mapping[str, str]
    version: str
    prefixes: Mapping[str, str]
    graphs: Mapping[str, str]
    ontology_iri: str | None = None
    sections: tuple[Section, ...] = ()
    queries: tuple[StoredQuery, ...] = ()
    classes: tuple[str, ...] = ()
    topics: tuple[Topic, ...] = ()
    pictures: tuple[Section, ...] = ()
    facets: tuple[Facet, ...] = ()
    layout: Layout = field(default_factory=Layout)
    publisher: Mapping[str, str] = field(default_factory=dict)
    issued: str | None = None
    schemes: tuple[Scheme, ...] = ()

    def to_json(self) -> str:
        """The same text for equal sites: keys sorted, UTF-8 as it is, a newline at the end."""
        return json_text(_adapter().dump_python(self, mode="json"))

    @classmethod
    def from_json(cls, text: str | bytes, *, name: str = "site.json") -> Site:
        """Read what `to_json` wrote; UsageError that lists every field that is missing or of the wrong type."""
        return from_json_text(_adapter(), text, name)


def short_name(site: Site) -> str:
    """The name of the dumps: the last path segment of the base IRI (`…/kclod/` → `kclod`), else `dataset`."""
    segment = urlsplit(site.base_iri).path.rstrip("/").rpartition("/")[2]
    return segment if SEGMENT.fullmatch(segment) else "dataset"


def json_text(value: object) -> str:
    """Equal values give equal text: keys sorted, UTF-8 as it is, indented by two, a newline at the end."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def from_json_text(adapter: TypeAdapter[_T], text: str | bytes, name: str) -> _T:
    """What the text holds, as the adapter's type; UsageError that lists every field that is missing or wrong."""
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        raise UsageError(
            Problem(
                "release.malformed",
                e["msg"],
                "build the release again",
                name,
                item=".".join(map(str, e["loc"])) or None,
            )
            for e in error.errors()
        ) from None


@cache  # made on first use: nothing is built at import time
def _adapter() -> TypeAdapter[Site]:
    return TypeAdapter(Site)
