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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kclod.web.engine import wire
from kclod.web.engine.outcomes import WorkerDiedError

_log = logging.getLogger(__name__)
_LOWEST = 19
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""NumPy's libraries start no threads in the keeper, which forks."""
_PATIENCE = 5.0


@dataclass(eq=False, slots=True)
class Worker:
    """A worker process, the channel to it, and the keeper process that has started it."""

    pid: int
    channel: socket.socket
    parent: KeeperProcess

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

    def end(self) -> int | None:
        """Kill it, if it still lives; its wait status, or None when its keeper is gone, and it with that."""
        status = self.parent.part("end", self.pid).get("status")
        return status if isinstance(status, int) else None

    def bury(self) -> int | None:
        """As `end`, and close the channel."""
        self.channel.close()
        return self.end()

    def kill(self) -> None:
        """Kill it, and do not wait until it has ended."""
        self.parent.part("kill", self.pid)

    def discard(self) -> None:
        """Kill a worker whose answer is no longer wanted, and do not wait until it has ended."""
        self.channel.close()
        self.kill()


@dataclass(slots=True)
class Tally:
    """Workers since the start: those that were begun, and those that were ended."""

    begun: int = 0
    killed: int = 0


class KeeperProcess:
    """One process of the keeper. Its start returns once it is ready to start workers."""

    def __init__(self, *arguments: str, tally: Tally) -> None:
        """EOFError or OSError when it ends before it is ready."""
        self._tally = tally
        self._lock = threading.Lock()
        self._living: set[int] = set()
        self._last = False
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 # our own module and our own paths
                [sys.executable, "-m", "kclod.web.engine.keeper", *arguments],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env={**os.environ, **_ONE_THREAD},
                start_new_session=True,  # the terminal's Ctrl-C is the web process's to handle
            )
        self._control: socket.socket | None = ours
        try:
            greeting, _ = wire.receive(ours)
        except (EOFError, OSError):
            self.close()
            raise
        if greeting.get("network") != "closed":
            _log.warning("this system cannot close the network to query workers; SERVICE is refused by parsing alone")

    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None and self._control is not None

    def start(self) -> Worker | None:
        """A new worker; None when this process is gone."""
        with self._lock:
            if self._control is None:
                return None
            try:
                wire.send(self._control, {"do": "start"})
                reply, _ = wire.receive(self._control)
                _, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
                worker = Worker(int(str(reply["pid"])), socket.socket(fileno=descriptors[0]), self)
                self._living.add(worker.pid)
                self._tally.begun += 1
                return worker
            except (EOFError, OSError):
                self._let_go()
                return None

    def part(self, how: str, pid: int) -> dict[str, object]:
        """What it answers when asked to end or to kill a worker; nothing when it is gone itself."""
        with self._lock:
            if self._control is None:
                return {}
            self._tally.killed += 1
            try:
                wire.send(self._control, {"do": how, "pid": pid})
                answer = wire.receive(self._control)[0]
            except (EOFError, OSError):
                answer, self._last = {}, True
                self._living.clear()
            self._living.discard(pid)
            self._end_if_last()
            return answer

    def retire(self) -> None:
        """End when the last of its workers has ended; it is asked for no more."""
        with self._lock:
            self._last = True
            self._end_if_last()

    def _end_if_last(self) -> None:
        if self._last and not self._living:
            self._let_go()

    def close(self) -> None:
        """End it, and every worker that it has started."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Keeper:
    """Starts workers, at first over the store on disk.

    With a dump, it is read into memory meanwhile, by a second keeper process whose workers all have that store; when
    it is ready, `changed` is called, and workers of the first one are to be replaced. Should that process die, the
    store on disk has to do.
    """

    def __init__(
        self, store_path: Path, memory_bytes: int, dump: Path | None = None, changed: Callable[[], None] = lambda: None
    ) -> None:
        self._arguments = (str(store_path), str(memory_bytes))
        self._dump, self._changed = dump, changed
        self._lock = threading.Lock()
        self._process: KeeperProcess | None = None
        self._retired: KeeperProcess | None = None
        self._ended = False
        self.tally = Tally()

    def alive(self) -> bool:
        """Whether it runs, or could be started now."""
        with self._lock:
            try:
                return self._running().alive()
            except (EOFError, OSError, WorkerDiedError):
                return False

    def start(self) -> Worker:
        """A new worker, which opens its store while its first query is on the way. WorkerDiedError: none can start."""
        with self._lock:
            for _ in range(2):
                with contextlib.suppress(EOFError, OSError):
                    worker = self._running().start()
                    if worker is not None:
                        return worker
            raise WorkerDiedError("cannot be started")

    @property
    def in_memory(self) -> bool:
        """Whether workers have the store in memory."""
        return self._retired is not None and self._process is not None and self._process.alive()

    def started(self, worker: Worker) -> bool:
        """Whether a worker is of the process that starts workers now."""
        return worker.parent is self._process

    def close(self) -> None:
        """End it for good, and all workers."""
        with self._lock:
            self._ended = True
            for process in (self._process, self._retired):
                if process is not None:
                    process.close()
            self._process = self._retired = None

    def _running(self) -> KeeperProcess:
        """The process that starts workers, a new one if it has died."""
        if self._ended:
            raise WorkerDiedError("the pool is closed")
        if self._process is None or not self._process.alive():
            if self._process is not None:
                self._process.close()
            self._retired = None
            self._process = KeeperProcess(*self._arguments, tally=self.tally)
            if self._dump is not None:
                dump, self._dump = self._dump, None  # tried once: a store that memory cannot hold will not fit later
                threading.Thread(target=self._read, args=(dump,), daemon=True).start()
        return self._process

    def _read(self, dump: Path) -> None:
        """Have a process read the store into memory, and start workers from then on."""
        try:
            process = KeeperProcess(*self._arguments, str(dump), tally=self.tally)
        except (EOFError, OSError):
            _log.warning("the store could not be read into memory; it is read from disk")
            return
        with self._lock:
            if self._ended or self._process is None:
                process.close()
                return
            before, self._process = self._process, process
            self._retired = before
        self._changed()
        before.retire()
