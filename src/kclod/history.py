"""The releases of a folder in the order in which they were put in place, and moving `current` among them."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kclod.draft import TEMPORARY, only_writer, point
from kclod.errors import Problem, RefusedError, UsageError
from kclod.integrity import first_links, is_below
from kclod.release import CURRENT, MANIFEST, Counts, Release, load, pointed, read_manifest, verify
from kclod.sorted_dump import SortedLines

_PATIENCE = 60.0


_WHOLE = re.compile(r"dumps/[^/]+\.nq")


@dataclass(frozen=True)
class Edition:
    """A release as its manifest tells of it, its files not looked at; `made` is as of `Release.made`."""

    path: Path
    version: str
    dataset: str
    dataset_version: str
    counts: Counts
    made: datetime
    dump: Path | None
    """The whole dataset as sorted N-Quads."""

    def load(self) -> Release:
        """Open it. UsageError as of `load`."""
        return load(self.path)


def edition(path: Path) -> Edition:
    """What the manifest of a release folder tells. UsageError when it cannot be read."""
    manifest = read_manifest(path)
    made = datetime.fromtimestamp(int((path / MANIFEST).stat().st_mtime), UTC)
    sizes = {f.path: f.bytes for f in manifest.files if is_below(f.path) and _WHOLE.fullmatch(f.path)}
    whole = max(sizes, key=lambda name: sizes[name], default=None)
    dump = path / whole if whole and not first_links(path, [whole]) else None
    return Edition(path, manifest.version, manifest.dataset, manifest.dataset_version, manifest.counts, made, dump)


def editions(root: Path) -> list[Edition]:
    """The releases of a folder, the oldest first; what is no release, or cannot be read, is passed over.

    A release holds no date, as equal inputs must give equal bytes: the order is that of the times of the manifests'
    files. Copy releases with their times (`cp -p`, `rsync -t`).
    """
    dated: list[tuple[int, str, Edition]] = []
    for manifest in root.glob(f"*/{MANIFEST}"):
        folder = manifest.parent
        if folder.is_symlink() or folder.name.startswith(TEMPORARY):
            continue
        try:
            found = edition(folder)
        except UsageError:
            continue
        if found.version == folder.name:
            dated.append((manifest.stat().st_mtime_ns, folder.name, found))
    return [found for _, _, found in sorted(dated, key=lambda item: item[:2])]


def up_to(release: Release) -> list[Edition]:
    """The releases of the same dataset beside this one that were put in place before it, the oldest first, and it.

    What is newer is not among them: who has gone back to a release has taken the newer ones from the public.
    """
    beside = [one for one in editions(release.path.parent) if one.dataset == release.site.dataset_iri]
    place = next((number for number, one in enumerate(beside) if one.version == release.path.name), None)
    return [edition(release.path)] if place is None else beside[: place + 1]


def describes(edition: Edition, iri: str) -> bool:
    """Whether a release says anything of a thing, by its dump; False where that cannot be read."""
    return bool(said_of(edition, iri))


def said_of(edition: Edition, iri: str) -> bytes:
    """The lines about a thing in a release's dump."""
    if edition.dump is None:
        return b""
    try:
        with closing(SortedLines(edition.dump)) as lines:
            return lines.stretch(f"<{iri}>")
    except OSError:  # deleted since
        return b""


def find(root: Path, name: str) -> Release:
    """A release by its version, or by the beginning of it that no other has; a path names any release folder.

    UsageError when there is none, or more than one.
    """
    if "/" in name:
        return load(Path(name))
    if name == CURRENT and (version := pointed(root)) is not None:
        name = version
    known = editions(root)
    found = [one for one in known if one.version == name] or [one for one in known if one.version.startswith(name)]
    if len(found) != 1:
        message = f"{len(found)} releases here have a version that begins with {name!r}"
        fix = "name one of: " + ", ".join(one.version for one in (found or known)) if known else "run `kclod build`"
        raise UsageError(Problem("release.unknown", message, fix, str(root)))
    return found[0].load()


def roll_back(root: Path, name: str | None = None) -> Release:
    """Point `current` at another release, by default the one that was put in place before it; verified first.

    UsageError when there is no such release, or a build is writing here; RefusedError when it is damaged: `current`
    then stays.
    """
    with only_writer(root, _PATIENCE):
        if name is not None:
            chosen = find(root, name)
            if chosen.path.parent != root.resolve():
                message, fix = "is not in the folder of releases", "copy it there, with its times"
                raise UsageError(Problem("release.elsewhere", message, fix, str(chosen.path)))
        else:
            known, version = editions(root), pointed(root)
            place = next((number for number, one in enumerate(known) if one.version == version), 0)
            if place == 0:
                message, fix = "no release here was put in place before the current one", "name one: kclod releases"
                raise UsageError(Problem("release.none-before", message, fix, str(root)))
            chosen = known[place - 1].load()
        if problems := verify(chosen.path):
            raise RefusedError(problems)
        point(root / CURRENT, chosen.version)
        return chosen
