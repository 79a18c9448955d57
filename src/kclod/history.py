"""The releases of a folder in the order in which they were put in place, and moving `current` among them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kclod.draft import only_writer
from kclod.errors import Problem, RefusedError, UsageError
from kclod.integrity import first_links, is_below
from kclod.release import (
    CURRENT,
    MANIFEST,
    Act,
    Counts,
    Kind,
    Release,
    folders,
    load,
    move,
    pointed,
    publication,
    read_log,
    read_manifest,
    verify,
)
from kclod.sorted_dump import SortedLines

_PATIENCE = 60.0


_WHOLE = re.compile(r"dumps/[^/]+\.nq")


@dataclass(frozen=True)
class Edition:
    """A release as its manifest and the log of publications tell of it, its files not looked at."""

    path: Path
    version: str
    dataset: str
    dataset_version: str
    counts: Counts
    published: datetime
    """When it was published first, to the second."""
    recorded: bool
    """Whether the log says so; where it does not, that is the time of the manifest's file."""
    dump: Path | None
    """The whole dataset as sorted N-Quads."""

    def load(self) -> Release:
        """Open it. UsageError as of `load`."""
        return load(self.path)


def edition(path: Path, acts: Sequence[Act] | None = None) -> Edition:
    """What the manifest of a release folder tells, and the log (`acts`, read unless given). UsageError: unreadable."""
    manifest = read_manifest(path)
    published, act = publication(path, read_log(path.parent) if acts is None else acts)
    sizes = {f.path: f.bytes for f in manifest.files if is_below(f.path) and _WHOLE.fullmatch(f.path)}
    whole = max(sizes, key=lambda name: sizes[name], default=None)
    dump = path / whole if whole and not first_links(path, [whole]) else None
    return Edition(
        path,
        manifest.version,
        manifest.dataset,
        manifest.dataset_version,
        manifest.counts,
        published,
        act is not None,
        dump,
    )


def editions(root: Path) -> list[Edition]:
    """The releases of a folder, the oldest first; what is no release, or cannot be read, is passed over.

    The order is that of their publication, and of the lines of the log within a second. UsageError: a line of the log
    is malformed.
    """
    acts = read_log(root)
    dated: list[tuple[datetime, float, int, str, Edition]] = []
    for folder in folders(root):
        try:
            found = edition(folder, acts)
            act, time = publication(folder, acts)[1], (folder / MANIFEST).stat().st_mtime_ns
        except (UsageError, OSError):
            continue
        if found.version == folder.name:
            dated.append((found.published, math.inf if act is None else act, time, folder.name, found))
    return [one[-1] for one in sorted(dated, key=lambda item: item[:-1])]


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

    UsageError when there is no such release, a build is writing here, or nothing can be written; RefusedError when it
    is damaged: `current` then stays.
    """
    with only_writer(root, _PATIENCE):
        if name is not None:
            chosen = find(root, name)
            if chosen.path.parent != root.resolve():
                message, fix = "is not in the folder of releases", "copy it there, and its line of publications.log"
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
        move(root, chosen.version, Kind.ROLLBACK)
        return chosen
