"""A release folder while it is made: beside the others, written once, moved into place in one step.

Only one build works below a root at a time. Whatever happens, older releases stay as they are: a draft is a folder
`.tmp-…` until it is whole and flushed to disk; what a dead build left is removed by the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from kclod.errors import Problem, UsageError
from kclod.integrity import FileEntry, digest, media_type_of

TEMPORARY = ".tmp-"
_LARGE = 1 << 24
_FOLDER_MODE, _FILE_MODE, _FINAL_MODE = 0o755, 0o644, 0o444
"""Nobody but the owner writes below the folder of releases, whatever the umask is."""


class Draft:
    """Files below a folder, each written once, with the entries that the manifest lists."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._entries: dict[str, FileEntry] = {}
        self._flushing: list[threading.Thread] = []

    def write(self, name: str, content: bytes | Iterable[bytes]) -> None:
        """Write a file, its path given below the folder with `/`; pieces are written as they come."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        sha256, size = hashlib.sha256(), 0
        with path.open("xb") as file:
            for piece in (content,) if isinstance(content, bytes) else content:
                file.write(piece)
                sha256.update(piece)
                size += len(piece)
        self._entries[name] = FileEntry(name, size, sha256.hexdigest(), media_type_of(name))
        if size > _LARGE:  # the disk can begin while other files are made
            self._flushing.append(threading.Thread(target=_sync_early, args=(path,)))
            self._flushing[-1].start()

    def add(self, name: str) -> None:
        """List a file that another process has written below the folder."""
        path = self.folder / name
        self._entries[name] = FileEntry(name, path.stat().st_size, digest(path), media_type_of(name))

    def take(self, name: str, other: Path) -> None:
        """Take over a file of another release, which nobody changes any more: by a hard link, or as a copy."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.hardlink_to(other)
        except OSError:  # another file system, or one without hard links
            shutil.copyfile(other, path)
        self._entries[name] = FileEntry(name, path.stat().st_size, digest(path), media_type_of(name))

    def clear(self) -> None:
        """Begin again."""
        self.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._entries.clear()

    def wait(self) -> None:
        """Wait for files that are being flushed to disk; those that fail will do so again in `settle`."""
        while self._flushing:
            self._flushing.pop().join()

    @property
    def entries(self) -> list[FileEntry]:
        """The files written so far, by name."""
        return [self._entries[name] for name in sorted(self._entries)]


@contextlib.contextmanager
def only_writer(root: Path, patience: float) -> Iterator[None]:
    """Make the folder and hold its lock; the kernel frees it when the holder dies, so there is no stale lock.

    UsageError when the folder cannot be written, or another build holds the lock for longer than `patience` seconds.
    """
    try:
        root.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
        lock = open(root / ".lock", "a", opener=lambda path, flags: os.open(path, flags, _FILE_MODE))  # noqa: SIM115 # closed below; Path.open takes no opener
    except OSError as error:
        raise unwritable(root, error) from None
    with lock:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    message, fix = "another build is writing a release here", "wait until it has ended"
                    raise UsageError(Problem("release.busy", message, fix, str(root))) from None
                time.sleep(0.05)
        yield


@contextlib.contextmanager
def drafting(root: Path) -> Iterator[Draft]:
    """A draft below a folder whose lock is held; what is left of it at the end, and of dead builds, is removed."""
    scratch = root / f"{TEMPORARY}{secrets.token_hex(6)}"
    draft = Draft(scratch)
    try:
        _sweep(root)
        yield draft
    except OSError as error:
        raise unwritable(root, error) from None
    finally:
        draft.wait()
        shutil.rmtree(scratch, ignore_errors=True)


def unwritable(root: Path, error: OSError) -> UsageError:
    """What a full disk or a missing permission becomes."""
    message = f"cannot write the release: {error}"
    return UsageError(
        Problem("release.unwritable", message, "check space and permissions; nothing was published", str(root))
    )


def settle(draft: Draft, final: Path) -> None:
    """Make a whole draft read-only, flush it to disk, and give it its name."""
    draft.wait()
    for parent, _, files in os.walk(draft.folder, topdown=False):
        for name in files:
            (Path(parent) / name).chmod(_FINAL_MODE)
            sync(Path(parent) / name)
        Path(parent).chmod(_FOLDER_MODE)
        sync(Path(parent))
    draft.folder.rename(final)
    sync(final.parent)


def _sweep(root: Path) -> None:
    for left in root.glob(f"{TEMPORARY}*"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()


def _sync_early(path: Path) -> None:
    with contextlib.suppress(OSError):  # what is wrong shows when the draft is settled
        sync(path)


def sync(path: Path) -> None:
    """Flush a file or folder to disk. OSError when that fails."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
