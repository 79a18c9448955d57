"""The keeper as the web process sees it: it starts query workers, ends them, and is itself replaced when it dies."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import select
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from kclod.web import wire
from kclod.web.outcomes import WorkerDiedError

_log = logging.getLogger(__name__)
_LOWEST = 19
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""NumPy's libraries start no threads in the keeper, which forks."""


@dataclass(eq=False, slots=True)
class Worker:
    """A worker process and the channel to it."""

    pid: int
    channel: socket.socket

    def idle(self) -> bool:
        """Alive, as far as can be seen: a worker that waits has sent nothing, and a dead one has closed its end."""
        return not self.replies(0)

    def processor_seconds(self) -> float:
        """Processor time that it has used; infinite when it is gone."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        except OSError:
            return math.inf
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def yield_to_others(self) -> None:
        """Have it run at the lowest priority from now on, so that long queries slow short ones little."""
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, self.pid, _LOWEST)

    def replies(self, seconds: float) -> bool:
        """Whether it has sent anything within so many seconds, or closed its end."""
        return bool(select.select([self.channel], [], [], max(seconds, 0))[0])


class Keeper:
    """The keeper process; started again should it die."""

    def __init__(self, store_path: Path, memory_bytes: int) -> None:
        self._arguments = (str(store_path), str(memory_bytes))
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False

    def alive(self) -> bool:
        """Whether it runs, or could be started now."""
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                self._drop()
            try:
                self._connected()
            except (EOFError, OSError, WorkerDiedError):
                return False
            return True

    def start(self) -> Worker:
        """A new worker, which opens its store while its first query is on the way."""
        with self._lock:
            for _ in range(2):
                control = self._connected()
                try:
                    wire.send(control, {"do": "start"})
                    reply, _ = wire.receive(control)
                    _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
                    return Worker(int(str(reply["pid"])), socket.socket(fileno=descriptors[0]))
                except (EOFError, OSError):
                    self._drop()
            raise WorkerDiedError("cannot be started")

    def end(self, pid: int) -> int | None:
        """Kill a worker; its wait status, or None when the keeper is gone, and the worker with it."""
        status = self._tell({"do": "end", "pid": pid}).get("status")
        return status if isinstance(status, int) else None

    def bury(self, worker: Worker) -> int | None:
        """End a worker; its wait status, or None when the keeper is gone, and the worker with it."""
        worker.channel.close()
        return self.end(worker.pid)

    def discard(self, worker: Worker) -> None:
        """Kill a worker whose answer is no longer wanted, and do not wait until it has ended."""
        worker.channel.close()
        self.kill(worker.pid)

    def kill(self, pid: int) -> None:
        """Kill a worker, and do not wait until it has ended."""
        self._tell({"do": "kill", "pid": pid})

    def _tell(self, request: dict[str, object]) -> dict[str, object]:
        with self._lock:
            if self._control is None:
                return {}
            try:
                wire.send(self._control, request)
                return wire.receive(self._control)[0]
            except (EOFError, OSError):
                self._drop()
                return {}

    def close(self) -> None:
        """End it for good."""
        with self._lock:
            self._ended = True
            self._drop()

    def _connected(self) -> socket.socket:
        if self._ended:
            raise WorkerDiedError("the pool is closed")
        if self._control is not None:
            return self._control
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 # our own module and our own paths
                [sys.executable, "-m", "kclod.web.keeper", *self._arguments],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env={**os.environ, **_ONE_THREAD},
                start_new_session=True,  # the terminal's Ctrl-C is the web process's to handle
            )
        self._control = ours
        greeting, _ = wire.receive(ours)
        if greeting.get("network") != "closed":
            _log.warning("this system cannot close the network to query workers; SERVICE is refused by parsing alone")
        return ours

    def _drop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
