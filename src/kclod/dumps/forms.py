"""Which dumps there are of a release: subsets, forms and codings, each with a file name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec

from kclod import rdf
from kclod.integrity import text_digest
from kclod.release import Release, short_name
from kclod.site import Site

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_TRIPLES = (rdf.N_TRIPLES, rdf.TURTLE, rdf.JSON_LD, rdf.RDF_XML)
_QUADS = (rdf.N_QUADS, rdf.TRIG, rdf.JSON_LD)
CSV = rdf.Format("csv", "text/csv", title="CSV")
PARQUET = rdf.Format("parquet", "application/vnd.apache.parquet", title="Parquet")
SQLITE = rdf.Format("sqlite", "application/vnd.sqlite3", title="SQLite")
CSVW = rdf.Format("json", "application/csvm+json", title="CSVW")
METADATA = "csv-metadata.json"
"""Where readers look for the description of tables (Model for Tabular Data, section 5.3): beside the files."""
TABULAR = (CSV, PARQUET, SQLITE, CSVW)
"""Forms of tables. Parquet is offered where Apache Arrow is installed, the extra `kclod[parquet]`."""


class Kind(StrEnum):
    """What a subset is."""

    DATASET = "dataset"
    """All quads."""
    DEFAULT = "default"
    """The default graph."""
    CLASS = "class"
    """What the default graph says of the things of a class, with the blank nodes below them."""
    GRAPH = "graph"
    """A named graph that the site names by its role."""
    CLAIMS = "claims"
    """The other named graphs: one a claim."""
    TABLES = "tables"
    """The tables of all classes."""


class Coding(StrEnum):
    """How the bytes of a file are compressed; the value is its extension."""

    NONE = ""
    GZIP = "gz"
    ZSTD = "zst"

    @property
    def media_type(self) -> str | None:
        """The media type of a file so compressed (RFC 6713, RFC 8878)."""
        return {Coding.GZIP: "application/gzip", Coding.ZSTD: "application/zstd"}.get(self)


@dataclass(frozen=True)
class Subset:
    """A part of a dataset: `name` as files have it, nothing for the whole; `iri` of the class or graph."""

    kind: Kind
    name: str = ""
    iri: str = ""

    @property
    def base(self) -> rdf.Format:
        """The line-based form from which the other forms of it are made."""
        return rdf.N_QUADS if self.kind in (Kind.DATASET, Kind.CLAIMS) else rdf.N_TRIPLES


@dataclass(frozen=True)
class Offered:
    """One file that can be had. `within` says whether the release holds it itself."""

    name: str
    subset: Subset
    form: rdf.Format
    coding: Coding = Coding.NONE
    within: bool = False

    @property
    def media_type(self) -> str:
        """The media type of the file."""
        return self.coding.media_type or self.form.media_type

    @property
    def plain(self) -> str:
        """The name of the file that it unpacks to."""
        return self.name.removesuffix(f".{self.coding}") if self.coding else self.name


def subsets(site: Site) -> Iterator[Subset]:
    """The parts of a dataset that are offered: the whole, its graphs, and the classes that its site counts."""
    yield Subset(Kind.DATASET)
    yield Subset(Kind.DEFAULT)
    if "provenance" in site.graphs:
        yield Subset(Kind.CLAIMS, "claims")
    for role, iri in sorted(site.graphs.items()):
        yield Subset(Kind.GRAPH, f"graph-{role}", iri)
    names = [_class_name(iri, site) for iri in site.classes]
    for name, iri in zip(names, site.classes, strict=True):
        yield Subset(Kind.CLASS, name if names.count(name) == 1 else f"class-{text_digest(iri)[:16]}", iri)
    if site.classes and site.layout.arrangements:
        yield Subset(Kind.TABLES, "tables")


def offered(release: Release) -> dict[str, Offered]:
    """All dumps by name, also those that have not been made yet; ordered by subset, form and coding."""
    return offered_by(release.site, {dump.name for dump in release.dumps})


def offered_by(site: Site, within: Collection[str] = ()) -> dict[str, Offered]:
    """All dumps of a site by name; `within` names those that its release holds itself."""
    stem, found = short_name(site), dict[str, Offered]()
    for subset in subsets(site):
        for form in _forms(subset, site):
            plain = METADATA if form is CSVW else ".".join(filter(None, (stem, subset.name, form.name)))
            for coding in Coding if form not in (PARQUET, CSVW) else (Coding.NONE,):  # Parquet is compressed itself
                name = f"{plain}.{coding}" if coding else plain
                found[name] = Offered(name, subset, form, coding, name in within)
    return found


def base_name(site: Site, subset: Subset) -> str:
    """The name of the line-based file of a subset."""
    return ".".join(filter(None, (short_name(site), subset.name, subset.base.name)))


def _forms(subset: Subset, site: Site) -> tuple[rdf.Format, ...]:
    match subset.kind:
        case Kind.TABLES:
            return SQLITE, CSVW
        case Kind.DATASET | Kind.CLAIMS:
            return _QUADS
        case Kind.DEFAULT:  # shares a stem with the dataset, and with it one name for JSON-LD: that of the dataset
            return tuple(form for form in _TRIPLES if form is not rdf.JSON_LD)
        case Kind.CLASS if site.layout.arrangements:
            return (*_TRIPLES, CSV, PARQUET) if find_spec("pyarrow") else (*_TRIPLES, CSV)
        case _:
            return _TRIPLES


def _class_name(iri: str, site: Site) -> str:
    """`class-PREFIX-Name`, by the longest namespace that has a prefix; by a digest where it has none."""
    for prefix, namespace in sorted(site.prefixes.items(), key=lambda item: (-len(item[1]), item[0])):
        local = iri.removeprefix(namespace)
        if local != iri and _NAME.fullmatch(local) and (not prefix or _NAME.fullmatch(prefix)):
            return "-".join(filter(None, ("class", prefix, local)))
    return f"class-{text_digest(iri)[:16]}"
