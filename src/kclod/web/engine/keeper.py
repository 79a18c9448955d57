"""The keeper: a small process of one thread that forks query workers, kills them and tells how they ended.

With a dump it first reads that into a store in memory, which is there once for all its workers. The web process has
threads, and a process with threads must not fork; a worker must also die when the web process does, however that ends.
So the web process starts this program once (`python -m kclod.web.engine.keeper`), and asks it over its standard input,
a socket: `{"do": "start"}` answers `{"pid": …}` with the worker's channel as ancillary data;
`{"do": "end", "pid": …}` kills the worker if it still lives and answers `{"status": …}`, its wait status;
`{"do": "kill", "pid": …}` kills it and answers at once, for a worker of low priority on a busy machine takes its time
to die. The end of that socket ends the keeper and every worker.
"""

from __future__ import annotations

import array
import contextlib
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from kclod.store import store_in_memory
from kclod.web.engine import confinement, wire, worker

_REAPING = 0.02
"""Seconds between looks at whether killed workers have ended."""
_NICENESS = 5
"""Workers yield to the web process, so that pages stay fast while queries take every processor."""


def run(control: socket.socket, store_path: Path, memory_bytes: int, dump: Path | None = None) -> None:
    """Serve the control channel until it is closed; then kill every worker and return."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    confined = confinement.forbid_network()
    held = None if dump is None else store_in_memory(dump)
    living: set[int] = set()
    dying: set[int] = set()
    try:
        wire.send(control, {"network": "closed" if confined else "open"})
        while True:
            while dying and not select.select([control], [], [], _REAPING)[0]:
                _reap(dying)
            request, _ = wire.receive(control)
            if request["do"] == "start":
                pid, channel = _start(control, partial(worker.serve, store_path, memory_bytes, held))
                living.add(pid)
                with channel:
                    wire.send(control, {"pid": pid})
                    descriptors = array.array("i", [channel.fileno()]).tobytes()
                    control.sendmsg([b"+"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
            elif request["do"] == "kill":
                pid = int(str(request["pid"]))
                if pid in living:
                    os.kill(pid, signal.SIGKILL)
                    living.discard(pid)
                    dying.add(pid)
                wire.send(control, {})
            else:
                wire.send(control, {"status": _end(int(str(request["pid"])), living)})
    except (EOFError, OSError):
        return
    finally:
        for pid in list(living):
            _end(pid, living)


def _start(control: socket.socket, serve: Callable[[socket.socket], None]) -> tuple[int, socket.socket]:
    ours, theirs = socket.socketpair()
    keeper = os.getpid()
    pid = os.fork()
    if pid:
        theirs.close()
        return pid, ours
    status = 1
    try:
        confinement.die_with_parent(keeper)
        control.close()
        ours.close()
        os.nice(_NICENESS)
        _silence()
        serve(theirs)
        status = 0
    finally:
        os._exit(status)


def _silence() -> None:
    """The engine prints to standard error as it aborts for want of memory; the keeper tells the outcome instead."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _reap(dying: set[int]) -> None:
    """Take leave of the killed workers that have ended."""
    for pid in list(dying):
        if os.waitpid(pid, os.WNOHANG)[0]:
            dying.discard(pid)


def _end(pid: int, living: set[int]) -> int | None:
    """Kill and reap a worker. A process id is only used while it is certainly this child's: before it is reaped."""
    if pid not in living:
        return None
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    living.discard(pid)
    return os.waitpid(pid, 0)[1]


if __name__ == "__main__":
    run(socket.socket(fileno=os.dup(0)), Path(sys.argv[1]), int(sys.argv[2]), *map(Path, sys.argv[3:]))
