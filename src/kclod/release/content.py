"""The files that every release has of its dataset: dumps, ontology, columns, the index of entities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kclod import rdf, turtle
from kclod.columnar.build import FOLDER as COLUMNS
from kclod.columnar.build import Columns, NoColumnsError, columns_of
from kclod.columnar.making import Making
from kclod.draft import Draft
from kclod.entity_index.making import FOLDER as ENTITIES
from kclod.entity_index.making import Making as MakingCatalogue
from kclod.release.manifest import ONTOLOGY, SITE, Counts, Release, usage
from kclod.site import SEGMENT, Site, short_name
from kclod.store import Quads

_LARGE_GRAPH = 50_000
"""Statements from which on a process of its own is worth its start."""


@dataclass(frozen=True)
class Content:
    """A whole dataset as the dumps hold it: canonical lines, and the statements of two of its graphs."""

    lines: Sequence[rdf.Line]
    default: Sequence[rdf.Statement]
    ontology: Sequence[rdf.Statement]
    counts: Counts

    @classmethod
    def of(cls, lines: Sequence[rdf.Line], site: Site) -> Content:
        """From canonical lines."""
        sizes: Counter[str] = Counter()
        default: list[rdf.Statement] = []
        ontology: list[rdf.Statement] = []
        ontology_graph = site.graphs.get("ontology")
        for line in lines:
            statement, graph = rdf.split_line(line)
            sizes[graph] += 1
            if not graph:
                default.append(statement)
            elif graph == ontology_graph:
                ontology.append(statement)
        named = len(sizes) - ("" in sizes)
        return cls(lines, default, ontology, Counts(len(lines), sizes[""], named))

    def write(self, draft: Draft, site: Site) -> None:
        """Write the files that every release has."""
        dump = dump_name(site, rdf.N_QUADS)
        draft.write(dump, rdf.in_pieces(self.lines))
        with self._columns(draft, dump), making_entities(draft, site, self.counts):
            draft.write(SITE, site.to_json().encode())
            draft.write(dump_name(site, rdf.TURTLE), turtle.write_statements(self.default, site.prefixes))
            if "ontology" in site.graphs:
                draft.write(ONTOLOGY, turtle.write_statements(self.ontology, site.prefixes))

    @contextmanager
    def _columns(self, draft: Draft, dump: str) -> Iterator[None]:
        """Make the columns of the default graph meanwhile; those of a small one are made at once."""
        if len(self.default) < _LARGE_GRAPH:
            with suppress(NoColumnsError):
                write_columns(draft, columns_of(self.default))
            yield
            return
        with Making(draft.folder / dump, draft.folder / COLUMNS) as making:
            yield
            making.finish()
            for path in sorted((draft.folder / COLUMNS).glob("*")):
                draft.add(f"{COLUMNS}/{path.name}")


@contextmanager
def making_entities(draft: Draft, site: Site, counts: Counts) -> Iterator[None]:
    """Make the index of entities meanwhile, of the dump that the draft has; that of a small graph is not kept.

    It takes less time to make when a site is started than it would take here.
    """
    if counts.default_graph_triples < _LARGE_GRAPH:
        yield
        return
    dump = draft.folder / dump_name(site, rdf.N_QUADS)
    with MakingCatalogue(dump, draft.folder / ENTITIES, site.base_iri) as making:
        yield
        for path in making.finish():
            draft.add(f"{ENTITIES}/{path.name}")


@contextmanager
def changing_entities(
    draft: Draft, site: Site, counts: Counts, *, before: Release, changed: Iterable[rdf.Statement], store: Quads
) -> Iterator[None]:
    """The same where statements of the default graph have `changed` since the release before, to what `store` has.

    Its index is taken over where they do not concern it.
    """
    known = before.path / ENTITIES
    if counts.default_graph_triples < _LARGE_GRAPH or not known.is_dir() or _concerned(known, changed, store, site):
        with making_entities(draft, site, counts):
            yield
    else:
        for path in sorted(known.glob("*")):
            draft.take(f"{ENTITIES}/{path.name}", path)
        yield


def _concerned(entities: Path, changed: Iterable[rdf.Statement], store: Quads, site: Site) -> bool:
    from kclod.entity_index.entities import Catalogue  # noqa: PLC0415  # takes a while, and few builds come here

    return Catalogue.open(entities).concerned(changed, store, site.base_iri)


def write_columns(draft: Draft, columns: Columns) -> None:
    """Write the files of columns."""
    for name, data in columns.files():
        draft.write(f"{COLUMNS}/{name}", data)


def dump_name(site: Site, fmt: rdf.Format) -> str:
    """The path of a dump below a release's folder."""
    return f"dumps/{short_name(site)}.{fmt.name}"


def usable(path: str) -> str:
    """The path itself; UsageError when a part of it is no plain file name."""
    if not all(SEGMENT.fullmatch(part) for part in path.split("/")):
        raise usage("release.file-name", f"{path!r} is not usable as a file name", "use letters, digits, '.', '_', '-'")
    return path
