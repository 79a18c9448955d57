"""Makes a release folder beside the others, moves it into place in one step, and points `current` at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

import pyoxigraph as ox

from kclod import rdf
from kclod.draft import Draft, drafting, only_writer, settle
from kclod.errors import Problem, RefusedError
from kclod.integrity import FileEntry, InputEntry, file_entry
from kclod.release.content import Content, dump_name, usable
from kclod.release.manifest import (
    CURRENT,
    MANIFEST,
    STORE,
    STORE_LIST,
    Counts,
    Manifest,
    Release,
    files_adapter,
    load,
    usage,
)
from kclod.release.publications import Kind, move, read_log
from kclod.release.verifying import verify
from kclod.release.version import input_entries, tool_versions, version_of
from kclod.site import Site, from_json_text, json_text
from kclod.store import load_store
from kclod.text import FILE as TEXT
from kclod.text import make_index


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
    read_log(root)  # what is wrong with it is told before anything is in place
    link = root / CURRENT
    if link.exists() and not link.is_symlink():
        raise usage("release.current", "must be a symlink to a release", "move this file or folder away", link)
    manifest = Manifest(version, site.dataset_iri, site.version, counts, inputs, draft.entries, tool_versions())
    draft.write(MANIFEST, json_text(asdict(manifest)).encode())
    final = root / version
    fresh = not final.exists()
    if not fresh:
        _check_same(final, draft.folder)
    else:
        store, text, dump = (draft.folder / name for name in (STORE, TEXT, dump_name(site, rdf.N_QUADS)))
        if not store.exists():
            load_store(store, dump)
        if not text.exists():
            make_index(text, dump)
        draft.write(STORE_LIST, json_text([asdict(file) for file in _store_entries(draft.folder, before)]).encode())
        settle(draft, final)
    move(root, version, Kind.PUBLISH, fresh=fresh)
    return load(final)


def _store_entries(folder: Path, before: Release | None) -> list[FileEntry]:
    """The entries of the store's files and of the text index; what is a hard link of another release's is known."""
    known: dict[str, FileEntry] = {}
    if before is not None:
        place = before.path / STORE_LIST
        known = {entry.path: entry for entry in from_json_text(files_adapter(), place.read_bytes(), str(place))}
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
