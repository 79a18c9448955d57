"""When releases were published: a log beside them, which keeps that where files are copied, restored or moved.

`<root>/publications.log` has a line for each time that `current` was moved, the oldest first:

    2026-11-28T02:14:07Z publish 0.1.0-7bacbcc7b118

An instant in UTC, what was done, and the version; `rollback` where one went back or forth by hand, `found` for a
release that lay there before the log knew it, with the time of its manifest's file. A release is dated by the first
line that names it; one that no line names, by the time of its manifest's file. A manifest holds no time, as equal
inputs must give equal bytes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from kclod.draft import TEMPORARY, sync, unwritable
from kclod.release.manifest import CURRENT, MANIFEST, pointed, usage
from kclod.site import SEGMENT

LOG = "publications.log"
_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (publish|rollback|found) (\S+)")
_MODE = 0o644


class Kind(StrEnum):
    """What was done."""

    PUBLISH = "publish"
    ROLLBACK = "rollback"
    FOUND = "found"


@dataclass(frozen=True)
class Act:
    """A line of the log; the instant in UTC, to the second."""

    at: datetime
    kind: Kind
    version: str

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%dT%H:%M:%SZ} {self.kind} {self.version}"


def read_log(root: Path) -> list[Act]:
    """What was done with the releases of a folder, in its order; nothing where there is no log.

    A line that has no end was being written when that was stopped, and counts for nothing. Where `current` names
    another release than the last line, somebody was stopped after moving it, or moved it by hand: the time of the link
    tells when. UsageError names any other line that is malformed.
    """
    place = root / LOG
    try:
        text = place.read_bytes().decode("ascii", "replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise usage("release.log", f"cannot be read: {error.strerror}", "make it readable", place) from None
    acts = [_act(line, number, place) for number, line in enumerate(text.split("\n")[:-1], 1)]
    now = pointed(root)
    if now is not None and now != next((act.version for act in reversed(acts) if act.kind != Kind.FOUND), None):
        kind = Kind.ROLLBACK if any(act.version == now for act in acts) else Kind.PUBLISH
        with suppress(FileNotFoundError):
            acts.append(Act(_instant((root / CURRENT).lstat().st_mtime), kind, now))
    return acts


def _act(line: str, number: int, place: Path) -> Act:
    found = _LINE.fullmatch(line)
    try:
        if found is not None and SEGMENT.fullmatch(found[3]):
            return Act(datetime.fromisoformat(found[1]), Kind(found[2]), found[3])
    except ValueError:  # such as a thirteenth month
        pass
    message = f"line {number} is no '2026-01-31T12:00:00Z publish VERSION' (or rollback, found): {line[:80]!r}"
    raise usage("release.log", message, "correct it, or put back a copy of the file", place)


def publication(folder: Path, acts: Sequence[Act]) -> tuple[datetime, int | None]:
    """When a release was published, and which act says so; None where its manifest's time has to do."""
    known = next((number for number, act in enumerate(acts) if act.version == folder.name), None)
    return (_instant((folder / MANIFEST).stat().st_mtime) if known is None else acts[known].at), known


def move(root: Path, version: str, kind: Kind, *, fresh: bool = False) -> None:
    """Point `current` at a release and log that, with the folder's lock held; what lies there unlogged is logged too.

    The log is written anew beside the old one before the link is moved, and gets its name after that: a full disk
    moves nothing, and whoever is stopped between the two leaves a link whose time tells the rest. `fresh`: the release
    was put there just now. UsageError: the folder cannot be written; `current` stays.
    """
    acts = read_log(root)
    logged = {act.version for act in acts}
    acts += _found(root, logged | ({version} if fresh else set()))
    link, log = root / f"{TEMPORARY}{CURRENT}", root / f"{TEMPORARY}{LOG}"
    moves = pointed(root) != version
    try:
        for left in (link, log):
            left.unlink(missing_ok=True)
        link.symlink_to(version)
        if moves or (fresh and version not in logged):
            acts.append(Act(_instant(link.lstat().st_mtime), kind, version))
        _write(log, acts)
        if moves:
            link.replace(root / CURRENT)
            sync(root)
    except OSError as error:
        raise unwritable(root, error) from None
    with suppress(OSError):  # the link has been moved, and its time stands for the line
        link.unlink(missing_ok=True)
        log.replace(root / LOG)
        sync(root)


def folders(root: Path) -> Iterator[Path]:
    """The folders below a root that have a manifest and are neither links nor drafts."""
    for manifest in root.glob(f"*/{MANIFEST}"):
        if not manifest.parent.is_symlink() and not manifest.parent.name.startswith(TEMPORARY):
            yield manifest.parent


def _found(root: Path, known: set[str]) -> list[Act]:
    """Releases that no line names, the oldest first by the time of their manifests' files."""
    times = [((path / MANIFEST).stat().st_mtime_ns, path.name) for path in folders(root) if path.name not in known]
    return [Act(_instant(ns / 1e9), Kind.FOUND, name) for ns, name in sorted(times) if SEGMENT.fullmatch(name)]


def _write(path: Path, acts: Iterable[Act]) -> None:
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, _MODE)) as file:
        file.writelines(f"{act}\n".encode() for act in acts)
        file.flush()
        os.fsync(file.fileno())


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
