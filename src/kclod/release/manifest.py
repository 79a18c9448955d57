"""What a release folder says of itself: its manifest, and the release that is opened by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from kclod.columnar.build import FOLDER as COLUMNS
from kclod.entity_index.making import FOLDER as ENTITIES
from kclod.errors import Problem, UsageError
from kclod.integrity import FileEntry, InputEntry, first_links, is_below
from kclod.site import SEGMENT, Site, from_json_text
from kclod.text import FILE as TEXT

SITE, ONTOLOGY, STORE = "site.json", "ontology.ttl", "store"
MANIFEST, STORE_LIST, CURRENT = "manifest.json", "store.json", "current"


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
        files = files_adapter().validate_python(self.manifest["files"])
        return tuple(
            Dump(Path(f.path).name, self.path / f.path, f.media_type, f.bytes, f.sha256)
            for f in files
            if f.path.startswith("dumps/")
        )


def load(path: Path) -> Release:
    """Open a release folder, or a symlink to one. UsageError when it is none; `verify` checks its digests.

    UsageError too when its manifest lists a path that leads out of it, or one that is a symlink or below one: nothing
    elsewhere is ever read for it.
    """
    if not (path / MANIFEST).is_file():
        raise usage(
            "release.none", "this is no release: it has no manifest.json", "name a release folder, or run a build", path
        )
    path = path.resolve()
    manifest = read_manifest(path)
    listed = [file.path for file in manifest.files]
    unsafe = [name for name in listed if not is_below(name)] or first_links(path, [*listed, SITE, STORE])
    if unsafe:
        message, fix = f"lists {unsafe[0]!r}, which leads elsewhere", "take the release from a source that you trust"
        raise usage("release.unsafe-path", message, fix, path / MANIFEST)
    site = Site.from_json((path / SITE).read_bytes() if (path / SITE).is_file() else b"", name=str(path / SITE))
    return Release(path, manifest.version, asdict(manifest), site)


def current(root: Path) -> Release:
    """The release that `<root>/current` points to. UsageError when there is none, or the link leads elsewhere."""
    link = root / CURRENT
    if not link.exists():
        raise usage("release.none", "nothing is published here", "run `kclod build` first", link)
    version = pointed(root)
    if version is None or (root / version).is_symlink():
        message, fix = "leads elsewhere than to a folder beside it", "name a release: kclod rollback VERSION"
        raise usage("release.current", message, fix, link)
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


def read_manifest(path: Path) -> Manifest:
    """The manifest of a release folder. UsageError when it cannot be read or is malformed."""
    place = path / MANIFEST
    try:
        return from_json_text(_manifest_adapter(), place.read_bytes(), str(place))
    except OSError as error:
        raise usage(
            "release.none", f"cannot read the manifest: {error.strerror}", "name a release folder", place
        ) from None


# Made on first use: nothing is built at import time.
@cache
def _manifest_adapter() -> TypeAdapter[Manifest]:
    return TypeAdapter(Manifest)


@cache
def files_adapter() -> TypeAdapter[list[FileEntry]]:
    """Reads lists of files."""
    return TypeAdapter(list[FileEntry])


def usage(rule: str, message: str, fix: str, place: Path | None = None) -> UsageError:
    """An error of one problem, at a place if it has one."""
    return UsageError(Problem(rule, message, fix, str(place) if place else None))
