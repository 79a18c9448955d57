"""An immutable, versioned release folder; made beside the others and moved into place in one step.

Layout: `<root>/<version>/` holds `manifest.json`, `site.json`, `dumps/<name>.ttl` (default graph, readable),
`dumps/<name>.nq` (whole dataset, canonical), `ontology.ttl` (when there is one), `stages/…`, `columns/` (the default
graph as arrays, where it can be held so), `entities/` (of a large graph: its entities by name), `store/`, `text.sqlite`
(the text index) and `store.json`; `<root>/current` is a relative symlink to the release that is served. Everything but
the store and `store.json` is byte-identical for equal inputs: the files of RocksDB depend on the order of writing, so
their digests are listed apart. The text index is too where it is made anew; one that an incremental build has brought
up to date need not be, so it is listed with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pyoxigraph as ox
from pydantic import TypeAdapter

from kclod import rdf, turtle
from kclod.columnar.build import FOLDER as COLUMNS
from kclod.columnar.build import Columns, NoColumnsError, columns_of
from kclod.columnar.making import Making
from kclod.draft import Draft, drafting, only_writer, point, settle
from kclod.entity_index.making import FOLDER as ENTITIES
from kclod.entity_index.making import Making as MakingCatalogue
from kclod.errors import Problem, RefusedError, UsageError
from kclod.integrity import (
    FileEntry,
    InputEntry,
    digest_of_code,
    file_entry,
    first_links,
    input_entry,
    is_below,
    package_versions,
    problems_of_compressed,
    problems_of_files,
    problems_of_inputs,
    text_digest,
)
from kclod.site import SEGMENT, Section, Site, StoredQuery, from_json_text, json_text, short_name
from kclod.store import load_store
from kclod.text import FILE as TEXT
from kclod.text import make_index

__all__ = [
    "Counts",
    "Dump",
    "Release",
    "Section",
    "Site",
    "StoredQuery",
    "current",
    "load",
    "publish",
    "release_version",
    "short_name",
    "tool_versions",
    "verify",
]

SITE, ONTOLOGY, STORE = "site.json", "ontology.ttl", "store"
_LARGE_GRAPH = 50_000
"""Statements from which on a process of its own is worth its start."""
MANIFEST, _STORE_LIST, CURRENT = "manifest.json", "store.json", "current"


@dataclass(frozen=True)
class Counts:
    """How much a release holds: distinct quads, distinct triples of the default graph, named graphs."""

    quads: int
    default_graph_triples: int
    named_graphs: int


@dataclass(frozen=True)
class Manifest:
    """What `manifest.json` says: the version, how much there is, inputs, files and tools with their digests."""

    version: str
    dataset: str
    dataset_version: str
    counts: Counts
    inputs: list[InputEntry]
    files: list[FileEntry]
    tools: dict[str, str]


@dataclass(frozen=True)
class Dump:
    """A file for download: `name` as it is offered, `path` where it is, size in bytes, SHA-256 in hexadecimal."""

    name: str
    path: Path
    media_type: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Release:
    """A release on disk. `path` is its real folder, not `current`: it stays the same when `current` moves on."""

    path: Path
    version: str
    manifest: Mapping[str, object]
    site: Site

    @property
    def made(self) -> datetime:
        """When it was put in place: the time of its manifest's file, to the second; a release holds no such time."""
        return datetime.fromtimestamp(int((self.path / MANIFEST).stat().st_mtime), UTC)

    @property
    def counts(self) -> Counts:
        """How much it holds."""
        return TypeAdapter(Counts).validate_python(self.manifest["counts"])

    @property
    def store_path(self) -> Path:
        """The folder of the store, for `store.open_read_only`."""
        return self.path / STORE

    @property
    def columns_path(self) -> Path:
        """The folder of the default graph as columns, for `columnar.table.open_table`; not every release has it."""
        return self.path / COLUMNS

    @property
    def entities_path(self) -> Path:
        """The folder of the entities by name, for `catalogue.Catalogue.open`; releases of small graphs have none."""
        return self.path / ENTITIES

    @property
    def text_path(self) -> Path:
        """The file of the text index, for `text.TextIndex`; releases of older versions have none."""
        return self.path / TEXT

    @property
    def dumps(self) -> tuple[Dump, ...]:
        """The dumps that the manifest lists, by name."""
        files = _files_adapter().validate_python(self.manifest["files"])
        return tuple(
            Dump(Path(f.path).name, self.path / f.path, f.media_type, f.bytes, f.sha256)
            for f in files
            if f.path.startswith("dumps/")
        )


def release_version(site: Site, inputs: Mapping[str, Path]) -> str:
    """`<dataset version>-<12 hexadecimal digits>` of the digests of the inputs and the versions of the tools.

    The digest of kclod's own code is one of the tool versions: another code may make other bytes of equal inputs.
    """
    return version_of(site, input_entries(inputs))


def version_of(site: Site, inputs: Iterable[InputEntry]) -> str:
    """As `release_version`, from the entries of the inputs. UsageError: the dataset's version is no folder name."""
    return _version(site.version, inputs, tool_versions())


def publish(
    root: Path,
    site: Site,
    quads: Iterable[ox.Quad],
    *,
    inputs: Mapping[str, Path],
    stages: Mapping[str, bytes],
    downloads: Mapping[str, bytes] | None = None,
    patience: float = 60.0,
) -> Release:
    """Make the release below `root` and point `current` at it.

    `inputs` maps the name that the manifest shows to each file the release was made from; `stages` the name below
    `stages/` to its bytes, `downloads` the name beside the dumps to its bytes. Nothing of an older release changes,
    whenever this is stopped. Another build that writes below `root` is waited for `patience` seconds.

    Publishing a version that exists reuses its folder after verifying it. RefusedError when that folder is damaged or
    holds something else; UsageError when `root` cannot be written or is busy, or a name is not usable.
    """
    entries = input_entries(inputs)
    version_of(site, entries)
    with only_writer(root, patience), drafting(root) as draft:
        lines = rdf.canonical_lines(map(str, quads))
        content = Content.of(lines, site)
        content.write(draft, site)
        for name, text in {f"stages/{n}": t for n, t in stages.items()}.items():
            draft.write(usable(name), text)
        for name, text in (downloads or {}).items():
            draft.write(usable(f"dumps/{name}"), text)
        return finish(root, draft, site, content.counts, entries)


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
        raise _usage(
            "release.file-name", f"{path!r} is not usable as a file name", "use letters, digits, '.', '_', '-'"
        )
    return path


def finish(
    root: Path,
    draft: Draft,
    site: Site,
    counts: Counts,
    inputs: list[InputEntry],
    *,
    before: Release | None = None,
) -> Release:
    """Complete a draft that has its dumps, move it into place, and point `current` at it.

    The store and the text index are made from the dump, unless they are there already; the store may share files with
    that of the release `before`.
    Errors as those of `publish`.
    """
    version = version_of(site, inputs)
    link = root / CURRENT
    if link.exists() and not link.is_symlink():
        raise _usage("release.current", "must be a symlink to a release", "move this file or folder away", link)
    manifest = Manifest(version, site.dataset_iri, site.version, counts, inputs, draft.entries, tool_versions())
    draft.write(MANIFEST, json_text(asdict(manifest)).encode())
    final = root / version
    if final.exists():
        _check_same(final, draft.folder)
    else:
        store, text, dump = (draft.folder / name for name in (STORE, TEXT, dump_name(site, rdf.N_QUADS)))
        if not store.exists():
            load_store(store, dump)
        if not text.exists():
            make_index(text, dump)
        draft.write(_STORE_LIST, json_text([asdict(file) for file in _store_entries(draft.folder, before)]).encode())
        settle(draft, final)
    point(link, version)
    return load(final)


def _store_entries(folder: Path, before: Release | None) -> list[FileEntry]:
    """The entries of the store's files and of the text index; what is a hard link of another release's is known."""
    known: dict[str, FileEntry] = {}
    if before is not None:
        place = before.path / _STORE_LIST
        known = {entry.path: entry for entry in from_json_text(_files_adapter(), place.read_bytes(), str(place))}
    entries = []
    for path in [*sorted((folder / STORE).rglob("*")), folder / TEXT]:
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            shared = before is not None and name in known and path.samefile(before.path / name)
            entries.append(known[name] if shared else file_entry(folder, path))
    return entries


def _check_same(final: Path, draft: Path) -> None:
    """RefusedError when the release that is there is damaged, or is not what the draft is."""
    problems = verify(final)
    if problems:
        fix = f"delete the folder {final} (and what points to it) and build again"
        message = "a release of this version exists and is damaged"
        raise RefusedError([Problem("release.damaged", message, fix, str(final)), *problems])
    if (final / MANIFEST).read_bytes() != (draft / MANIFEST).read_bytes():
        message = "a release of this version exists and holds something else, though inputs and tools are the same"
        raise RefusedError(
            Problem("release.differs", message, "raise the dataset's version, or delete the folder", str(final))
        )


def load(path: Path) -> Release:
    """Open a release folder, or a symlink to one. UsageError when it is none; `verify` checks its digests.

    UsageError too when its manifest lists a path that leads out of it, or one that is a symlink or below one: nothing
    elsewhere is ever read for it.
    """
    if not (path / MANIFEST).is_file():
        raise _usage(
            "release.none", "this is no release: it has no manifest.json", "name a release folder, or run a build", path
        )
    path = path.resolve()
    manifest = read_manifest(path)
    listed = [file.path for file in manifest.files]
    unsafe = [name for name in listed if not is_below(name)] or first_links(path, [*listed, SITE, STORE])
    if unsafe:
        message, fix = f"lists {unsafe[0]!r}, which leads elsewhere", "take the release from a source that you trust"
        raise _usage("release.unsafe-path", message, fix, path / MANIFEST)
    site = Site.from_json((path / SITE).read_bytes() if (path / SITE).is_file() else b"", name=str(path / SITE))
    return Release(path, manifest.version, asdict(manifest), site)


def current(root: Path) -> Release:
    """The release that `<root>/current` points to. UsageError when there is none, or the link leads elsewhere."""
    link = root / CURRENT
    if not link.exists():
        raise _usage("release.none", "nothing is published here", "run `kclod build` first", link)
    version = pointed(root)
    if version is None or (root / version).is_symlink():
        message, fix = "leads elsewhere than to a folder beside it", "name a release: kclod rollback VERSION"
        raise _usage("release.current", message, fix, link)
    return load(root / version)


def pointed(root: Path) -> str | None:
    """The name that `<root>/current` holds, without looking whether that is there; None if it is none of a release."""
    try:
        name = str((root / CURRENT).readlink())
    except OSError:
        return None
    return name if SEGMENT.fullmatch(name) else None


def is_current(root: Path, version: str) -> bool:
    """Whether `<root>/current` points to this release, and it is there."""
    link = root / CURRENT
    return link.is_symlink() and str(link.readlink()) == version and (link / MANIFEST).is_file()


def verify(path: Path, inputs: Path | None = None) -> list[Problem]:
    """Every way in which a release folder differs from its manifest and store list; empty when it is whole.

    Looks for damaged, missing and additional files, links, paths that lead out of the folder, compressed files that do
    not unpack to the file beside them, what others may write, and a version that is not that of the inputs and tools
    that the manifest names. With the folder `inputs`, also whether the inputs below it are the ones listed.
    """
    try:
        manifest = read_manifest(path)
        listed = from_json_text(_files_adapter(), (path / _STORE_LIST).read_bytes(), str(path / _STORE_LIST))
    except UsageError as error:
        return list(error.problems)
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        return [Problem("release.missing-file", message, "build the release again", str(path / _STORE_LIST))]
    problems = problems_of_files(path, [*manifest.files, *listed], unlisted={MANIFEST, _STORE_LIST})
    problems += problems_of_compressed(path, manifest.files)
    if inputs is not None:
        problems += problems_of_inputs(inputs, manifest.inputs)
    if manifest.version != _version(manifest.dataset_version, manifest.inputs, manifest.tools):
        problems.append(
            Problem(
                "release.version",
                f"{manifest.version} is not the version of the inputs and tools it lists",
                "build the release again",
                str(path / MANIFEST),
            )
        )
    return problems


@cache
def tool_versions() -> dict[str, str]:
    """The versions of the packages that can change what a release holds, and the digest of kclod's own code."""
    return package_versions() | {"kclod-code": digest_of_code(Path(__file__).parent)}


def _version(dataset_version: str, inputs: Iterable[InputEntry], tools: Mapping[str, str]) -> str:
    if not SEGMENT.fullmatch(dataset_version):
        raise _usage(
            "release.version-name",
            f"{dataset_version!r} is not usable as a folder name",
            "use letters, digits, '.', '_', '-'",
        )
    lines = [f"{i.sha256} {i.path}" for i in inputs] + [f"{name} {version}" for name, version in tools.items()]
    return f"{dataset_version}-{text_digest(chr(10).join(sorted(lines)))[:12]}"


def input_entries(inputs: Mapping[str, Path]) -> list[InputEntry]:
    """The entries of input files, by name. UsageError when one cannot be read."""
    try:
        return [input_entry(name, inputs[name]) for name in sorted(inputs)]
    except OSError as error:
        raise _usage(
            "release.input", f"cannot read an input: {error}", "name files that exist and can be read"
        ) from None


def read_manifest(path: Path) -> Manifest:
    """The manifest of a release folder. UsageError when it cannot be read or is malformed."""
    place = path / MANIFEST
    try:
        return from_json_text(_manifest_adapter(), place.read_bytes(), str(place))
    except OSError as error:
        raise _usage(
            "release.none", f"cannot read the manifest: {error.strerror}", "name a release folder", place
        ) from None


# Made on first use: nothing is built at import time.
@cache
def _manifest_adapter() -> TypeAdapter[Manifest]:
    return TypeAdapter(Manifest)


@cache
def _files_adapter() -> TypeAdapter[list[FileEntry]]:
    return TypeAdapter(list[FileEntry])


def _usage(rule: str, message: str, fix: str, place: Path | None = None) -> UsageError:
    return UsageError(Problem(rule, message, fix, str(place) if place else None))
