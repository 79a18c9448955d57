"""Has a dump made by a process of its own and waits for it, but not for ever."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from kclod.dumps.forms import Offered
from kclod.dumps.keeping import kept
from kclod.dumps.make import BusyError
from kclod.errors import Problem, RefusedError
from kclod.release import Dump, Release

FAILED, BUSY = 1, 3

_making = threading.Lock()
"""Held while a process of ours makes a dump: whoever asks again and again starts no second one."""


def awaited(release: Release, item: Offered, patience: float) -> Dump:
    """The dump, made unless it is there.

    BusyError: it is not there after `patience` seconds, or another one is being made; the process goes on.
    RefusedError: it cannot be made.
    """
    found = kept(release, item)
    if found is not None:
        return found
    until = time.monotonic() + patience
    if not _making.acquire(timeout=patience):
        raise BusyError
    goes_on = False
    try:
        found = kept(release, item)  # it may have been made meanwhile
        if found is not None:
            return found
        process = subprocess.Popen(  # noqa: S603  # our own code; the name is one of those offered
            [sys.executable, "-m", "kclod.dumps", str(release.path), item.name],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            _, errors = process.communicate(timeout=max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            goes_on = True
            threading.Thread(target=_see_to_its_end, args=(process,), daemon=True).start()
            raise BusyError from None
    finally:
        if not goes_on:
            _making.release()
    if process.returncode == BUSY:
        raise BusyError
    found = kept(release, item)
    if process.returncode or found is None:
        message = errors.strip().rpartition("\n")[2] or "the dump could not be made"
        raise RefusedError(Problem("dumps.failed", message, "take another form", item.name))
    return found


def _see_to_its_end(process: subprocess.Popen[str]) -> None:
    process.communicate()
    _making.release()
