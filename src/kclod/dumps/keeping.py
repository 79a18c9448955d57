"""Derived dumps that have been made and kept, each with the digest that it had when it was made.

A kept file is `<releases>/.work/dumps/<version>/<name>`; `digests/<name>` beside it holds its SHA-256 and size. Without
these a file counts for nothing. All of it can be deleted at any time.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path

from kclod.dumps.forms import Offered
from kclod.errors import Problem
from kclod.integrity import digest
from kclod.release import Dump, Release

DIGESTS = "digests"
_log = logging.getLogger(__name__)


def kept_folder(release: Release) -> Path:
    """Where derived dumps of a release are kept."""
    return release.path.parent / ".work" / "dumps" / release.version


def recorded(release: Release, item: Offered) -> Dump | None:
    """A dump that the release holds, or that is kept and as long as it was made; None where it is not there."""
    if item.within:
        return next(dump for dump in release.dumps if dump.name == item.name)
    folder = kept_folder(release)
    path = folder / item.name
    try:
        sha256, size = _record(folder / DIGESTS / item.name)
        if path.stat().st_size != size:
            return None
    except (OSError, ValueError):
        return None
    return Dump(item.name, path, item.media_type, size, sha256)


def kept(release: Release, item: Offered) -> Dump | None:
    """As `recorded`, and None where the bytes of a kept dump are not those that were made: it has to be made again.

    They are looked at once, and again when the file has changed.
    """
    dump = recorded(release, item)
    if dump is None or item.within:
        return dump
    try:
        found = dump.path.stat()
        if _is(dump.path, (found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size), dump.sha256):
            return dump
    except OSError:
        return None
    _log.warning("%s is damaged, and is made again", dump.path)
    return None


def keep_digest(folder: Path, name: str) -> bytes:
    """What is recorded of a file that was made in a folder. OSError when it cannot be read."""
    path = folder / name
    return f"{digest(path)} {path.stat().st_size}\n".encode()


def problems_of_kept(release: Release) -> list[Problem]:
    """Each kept dump that is not what was made; one that has been deleted is none of them."""
    folder, problems = kept_folder(release), []
    for place in sorted((folder / DIGESTS).glob("[!.]*")):
        path = folder / place.name
        try:
            sha256, size = _record(place)
            if path.stat().st_size != size:
                found = f"has {path.stat().st_size} bytes, made were {size}"
            elif digest(path) != sha256:
                found = "its SHA-256 is not that of the file that was made"
            else:
                continue
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            found = f"cannot be checked: {error}"
        fix = "delete it: it is made again when it is asked for, or by `kclod export dumps`"
        problems.append(Problem("dumps.damaged", found, fix, str(path)))
    return problems


def _record(place: Path) -> tuple[str, int]:
    """Digest and size that were recorded. OSError or ValueError where they cannot be read."""
    sha256, size = place.read_text("ascii").split()
    return sha256, int(size)


@lru_cache(maxsize=1024)
def _is(path: Path, _state: tuple[int, ...], sha256: str) -> bool:
    return digest(path) == sha256
