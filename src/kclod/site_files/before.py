"""What an earlier export in the same place is good for: it is left alone, or its files that are still right are kept.

What an export is made of (release, public address, program) and what came of it (a sum over the digests of all files)
stand in its mark, `_site.json`.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zlib
from collections.abc import Iterator
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path

from kclod.release import Release

MARK = "_site.json"
"""By this file a folder is known to be an export, and may be replaced by the next."""
_MODULUS = 2**256


def made_from(release: Release, public_url: str) -> dict[str, str]:
    """All that decides the files of an export."""
    manifest = hashlib.sha256((release.path / "manifest.json").read_bytes()).hexdigest()
    return {"release": release.version, "manifest": manifest, "public_url": public_url, "program": _program()}


def _program() -> str:
    """A digest of this package, of all that is installed beside it, and of the interpreter."""
    digest = hashlib.sha256(sys.version.encode())
    for name, version in sorted({(d.name or "", d.version) for d in metadata.distributions()}):
        digest.update(f"{name} {version}\n".encode())
    for name, file in _files(resources.files("kclod"), ""):
        digest.update(summand(name, file.read_bytes()).to_bytes(32))
    return digest.hexdigest()


def _files(folder: Traversable, start: str) -> Iterator[tuple[str, Traversable]]:
    for item in sorted(folder.iterdir(), key=lambda one: one.name):
        if item.is_dir():
            if item.name != "__pycache__":
                yield from _files(item, f"{start}{item.name}/")
        else:
            yield f"{start}{item.name}", item


def summand(name: str, content: bytes) -> int:
    """What a file adds to the sum over an export, below 2**256; the order of the files does not matter to it."""
    return of_digest(name, hashlib.sha256(content).digest())


def of_digest(name: str, digest: bytes) -> int:
    """The same by the SHA-256 of its content."""
    return int.from_bytes(hashlib.sha256(name.encode() + b"\0" + digest).digest())


def added(first: int, second: int) -> int:
    """The sum of two sums."""
    return (first + second) % _MODULUS


def unchanged(folder: Path, wanted: dict[str, str]) -> dict[str, object] | None:
    """The mark of an export in a folder, when it was made from the same and each of its files is as it was written."""
    try:
        mark = json.loads((folder / MARK).read_bytes())
        if not isinstance(mark, dict) or mark.get("made_from") != wanted:
            return None
        return mark if _sum(folder) == mark.get("content") else None
    except (OSError, ValueError):
        return None


def _sum(folder: Path) -> str:
    total = 0
    for place, folders, names in os.walk(folder):
        here = Path(place)
        if any((here / name).is_symlink() for name in folders):
            return ""
        for name in names:
            file = here / name
            path = file.relative_to(folder).as_posix()
            if path != MARK:
                with file.open("rb") as opened:
                    total = added(total, of_digest(path, hashlib.file_digest(opened, "sha256").digest()))
    return written_sum(total)


def written_sum(total: int) -> str:
    """A sum as it stands in the mark."""
    return f"{total:064x}"


def kept(old: Path, new: Path, content: bytes, *, packed: bool = False) -> bytes | None:
    """What an old file holds, which is now also the new one with the time it had; None where that is not a content.

    `packed` says that the file holds the content compressed by gzip.
    """
    try:
        if old.is_symlink():
            return None
        known = old.read_bytes()
        if (zlib.decompressobj(31).decompress(known, len(content) + 1) if packed else known) != content:
            return None
        new.parent.mkdir(parents=True, exist_ok=True)
        os.link(old, new)
    except FileExistsError:
        raise
    except (OSError, zlib.error):  # it is not there, or such links are unknown here
        return None
    return known


def same_file(old: Path, new: Path, digest: bytes) -> bool:
    """Whether a long file that was written has the SHA-256 of the old one, which then has its place."""
    beside = new.with_name(f"{new.name}.old")
    try:
        if old.is_symlink():
            return False
        with old.open("rb") as opened:
            if hashlib.file_digest(opened, "sha256").digest() != digest:
                return False
        os.link(old, beside)
        beside.replace(new)
    except OSError:
        return False
    return True
