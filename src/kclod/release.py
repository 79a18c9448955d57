"""An immutable, versioned release folder; made beside the others and moved into place in one step.

Layout: `<root>/<version>/` holds `manifest.json`, `site.json`, `dumps/<name>.ttl` (default graph, readable),
`dumps/<name>.nq` (whole dataset, canonical), `ontology.ttl` (when there is one), `stages/…`, `store/` and
`store.json`; `<root>/current` is a relative symlink to the release that is served. Everything but the store and
`store.json` is byte-identical for equal inputs: RocksDB's files are not, so their digests are listed apart.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox
from pydantic import TypeAdapter

from kclod import rdf, turtle
from kclod.errors import Problem, RefusedError, UsageError
from kclod.integrity import (
    FileEntry,
    InputEntry,
    digest_of_code,
    file_entry,
    input_entry,
    package_versions,
    problems_of_files,
    text_digest,
)
from kclod.site import SEGMENT, Section, Site, StoredQuery, from_json_text, json_text, short_name
from kclod.store import load_store

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

_MANIFEST, _SITE, _STORE, _STORE_LIST, _CURRENT = "manifest.json", "site.json", "store", "store.json", "current"
_TEMPORARY = ".tmp-"


@dataclass(frozen=True)
class Counts:
    """How much a release holds: distinct quads, distinct triples of the default graph, named graphs."""

    quads: int
    default_graph_triples: int
    named_graphs: int


@dataclass(frozen=True)
class _Manifest:
    version: str
    dataset: str
    dataset_version: str
    counts: Counts
    inputs: list[InputEntry]
    files: list[FileEntry]
    tools: dict[str, str]


@dataclass(frozen=True)
class _Draft:
    version: str
    site: Site
    quads: Iterable[ox.Quad]
    inputs: list[InputEntry]
    files: Mapping[str, bytes]


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
    def store_path(self) -> Path:
        """The folder of the store, for `store.open_read_only`."""
        return self.path / _STORE

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
    return _version(site.version, _input_entries(inputs), tool_versions())


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
    whenever this is stopped: the folder is built as `.tmp-…` beside, flushed to disk, renamed, and then the symlink is
    replaced; the next call removes what a dead one left. Only one build writes at a time; another waits `patience`
    seconds and is then refused.

    Publishing a version that exists reuses its folder after verifying it. RefusedError when that folder is damaged or
    holds something else; UsageError when `root` cannot be written or is busy, or a name is not usable.
    """
    entries = _input_entries(inputs)
    version = _version(site.version, entries, tool_versions())
    files = {f"stages/{name}": content for name, content in stages.items()}
    files |= {f"dumps/{name}": content for name, content in (downloads or {}).items()}
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _only_writer(root, patience):
            _sweep(root)
            link = root / _CURRENT
            if link.exists() and not link.is_symlink():
                raise _usage("release.current", "must be a symlink to a release", "move this file or folder away", link)
            scratch = root / f"{_TEMPORARY}{secrets.token_hex(6)}"
            try:
                _settle(root / version, scratch, _Draft(version, site, quads, entries, files))
                _point(link, version)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise _usage(
            "release.unwritable",
            f"cannot write the release: {error}",
            "check space and permissions; nothing was published",
            root,
        ) from None
    return load(root / version)


def load(path: Path) -> Release:
    """Open a release folder, or a symlink to one. UsageError when it is none; `verify` checks its digests."""
    if not (path / _MANIFEST).is_file():
        raise _usage(
            "release.none", "this is no release: it has no manifest.json", "name a release folder, or run a build", path
        )
    path = path.resolve()
    manifest = _read_manifest(path)
    site = Site.from_json((path / _SITE).read_bytes() if (path / _SITE).is_file() else b"", name=str(path / _SITE))
    return Release(path, manifest.version, asdict(manifest), site)


def current(root: Path) -> Release:
    """The release that `<root>/current` points to. UsageError when there is none."""
    if not (root / _CURRENT).exists():
        raise _usage("release.none", "nothing is published here", "run `kclod build` first", root / _CURRENT)
    return load(root / _CURRENT)


def verify(path: Path) -> list[Problem]:
    """Every way in which a release folder differs from its manifest and store list; empty when it is whole.

    Looks for damaged, missing and additional files, links, paths that lead out of the folder, and a version that is
    not that of the inputs and tools that the manifest names.
    """
    try:
        manifest = _read_manifest(path)
        listed = from_json_text(_files_adapter(), (path / _STORE_LIST).read_bytes(), str(path / _STORE_LIST))
    except UsageError as error:
        return list(error.problems)
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        return [Problem("release.missing-file", message, "build the release again", str(path / _STORE_LIST))]
    problems = problems_of_files(path, [*manifest.files, *listed], unlisted={_MANIFEST, _STORE_LIST})
    if manifest.version != _version(manifest.dataset_version, manifest.inputs, manifest.tools):
        problems.append(
            Problem(
                "release.version",
                f"{manifest.version} is not the version of the inputs and tools it lists",
                "build the release again",
                str(path / _MANIFEST),
            )
        )
    return problems


@cache
def tool_versions() -> dict[str, str]:
    """The versions of the packages that can change what a release holds, and the digest of kclod's own code."""
    return package_versions() | {"kclod-code": digest_of_code(Path(__file__).parent)}


def _settle(final: Path, scratch: Path, draft: _Draft) -> None:
    """Write the release to `scratch` and rename it to `final`, unless `final` is there already and is the same."""
    dataset = _write_files(scratch, draft)
    if final.exists():
        problems = verify(final)
        if problems:
            fix = f"delete the folder {final} (and what points to it) and build again"
            raise RefusedError(
                [
                    Problem("release.damaged", "a release of this version exists and is damaged", fix, str(final)),
                    *problems,
                ]
            )
        if (final / _MANIFEST).read_bytes() != (scratch / _MANIFEST).read_bytes():
            message = "a release of this version exists and holds something else, though inputs and tools are the same"
            raise RefusedError(
                Problem("release.differs", message, "raise the dataset's version, or delete the folder", str(final))
            )
        return
    load_store(scratch / _STORE, dataset)
    store_files = [file_entry(scratch, p) for p in sorted((scratch / _STORE).rglob("*")) if p.is_file()]
    _write(scratch / _STORE_LIST, json_text([asdict(file) for file in store_files]).encode())
    _harden(scratch)
    scratch.rename(final)
    _sync(final.parent)


def _write_files(folder: Path, draft: _Draft) -> list[ox.Quad]:
    """Write all but the store; returns the distinct quads, ordered and with blank node labels as in the dump."""
    site = draft.site
    text = rdf.canonical(draft.quads)
    dataset = list(ox.parse(text, rdf.N_QUADS.rdf))
    default = [q.triple for q in dataset if q.graph_name == rdf.DEFAULT_GRAPH]
    name = short_name(site)
    _write(folder / _SITE, site.to_json().encode())
    _write(folder / "dumps" / f"{name}.nq", text)
    _write(folder / "dumps" / f"{name}.ttl", turtle.write(default, site.prefixes))
    if "ontology" in site.graphs:
        graph = ox.NamedNode(site.graphs["ontology"])
        ontology = [q.triple for q in dataset if q.graph_name == graph]
        _write(folder / "ontology.ttl", turtle.write(ontology, site.prefixes))
    for path, content in sorted(draft.files.items()):
        if not all(SEGMENT.fullmatch(part) for part in path.split("/")):
            raise _usage(
                "release.file-name", f"{path!r} is not usable as a file name", "use letters, digits, '.', '_', '-'"
            )
        _write(folder / path, content)
    manifest = _Manifest(
        version=draft.version,
        dataset=site.dataset_iri,
        dataset_version=site.version,
        counts=Counts(
            quads=len(dataset),
            default_graph_triples=len(default),
            named_graphs=len({q.graph_name for q in dataset} - {rdf.DEFAULT_GRAPH}),
        ),
        inputs=draft.inputs,
        files=[file_entry(folder, p) for p in sorted(folder.rglob("*")) if p.is_file()],
        tools=tool_versions(),
    )
    _write(folder / _MANIFEST, json_text(asdict(manifest)).encode())
    return dataset


def _version(dataset_version: str, inputs: Iterable[InputEntry], tools: Mapping[str, str]) -> str:
    if not SEGMENT.fullmatch(dataset_version):
        raise _usage(
            "release.version-name",
            f"{dataset_version!r} is not usable as a folder name",
            "use letters, digits, '.', '_', '-'",
        )
    lines = [f"{i.sha256} {i.path}" for i in inputs] + [f"{name} {version}" for name, version in tools.items()]
    return f"{dataset_version}-{text_digest(chr(10).join(sorted(lines)))[:12]}"


def _input_entries(inputs: Mapping[str, Path]) -> list[InputEntry]:
    try:
        return [input_entry(name, inputs[name]) for name in sorted(inputs)]
    except OSError as error:
        raise _usage(
            "release.input", f"cannot read an input: {error}", "name files that exist and can be read"
        ) from None


@contextlib.contextmanager
def _only_writer(root: Path, patience: float) -> Iterator[None]:
    """Hold the lock of `root`; the kernel frees it when the holder dies, so there is no stale lock."""
    deadline = time.monotonic() + patience
    with (root / ".lock").open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise _usage(
                        "release.busy", "another build is writing a release here", "wait until it has ended", root
                    ) from None
                time.sleep(0.05)
        yield


def _sweep(root: Path) -> None:
    """Remove what builds that died have left; nobody else writes while the lock is held."""
    for left in root.glob(f"{_TEMPORARY}*"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()


def _point(link: Path, version: str) -> None:
    """Make the symlink name `version`, replacing an older one in one step (rename(2))."""
    if link.is_symlink() and str(link.readlink()) == version:
        return
    fresh = link.with_name(f"{_TEMPORARY}{_CURRENT}")
    fresh.symlink_to(version)
    fresh.replace(link)
    _sync(link.parent)


def _write(path: Path, content: bytes | Iterable[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.writelines((content,) if isinstance(content, bytes) else content)


def _harden(folder: Path) -> None:
    """Make the files read-only, and flush files and folders to disk, so that the rename cannot come before them."""
    for parent, _, files in os.walk(folder, topdown=False):
        for name in files:
            (Path(parent) / name).chmod(0o444)
            _sync(Path(parent) / name)
        _sync(Path(parent))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_manifest(path: Path) -> _Manifest:
    place = path / _MANIFEST
    try:
        return from_json_text(_manifest_adapter(), place.read_bytes(), str(place))
    except OSError as error:
        raise _usage(
            "release.none", f"cannot read the manifest: {error.strerror}", "name a release folder", place
        ) from None


# Made on first use: nothing is built at import time.
@cache
def _manifest_adapter() -> TypeAdapter[_Manifest]:
    return TypeAdapter(_Manifest)


@cache
def _files_adapter() -> TypeAdapter[list[FileEntry]]:
    return TypeAdapter(list[FileEntry])


def _usage(rule: str, message: str, fix: str, place: Path | None = None) -> UsageError:
    return UsageError(Problem(rule, message, fix, str(place) if place else None))
