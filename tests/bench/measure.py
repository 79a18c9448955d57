"""Measuring for the benchmarks: each run in a process of its own, medians, peak memory, ratios within one run."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".venv-peers"


@dataclass(frozen=True)
class Measured:
    """Median seconds over all runs, the highest peak of memory in MB, and what the program printed last."""

    name: str
    seconds: float
    megabytes: float
    output: str
    cpu: float = 0.0
    """Median seconds of processor time, children included: what other work on the machine disturbs least."""


def peer(name: str, *packages: str) -> Path:
    """The Python of a virtual environment that holds a peer's packages alone; made on first use."""
    python = PEERS / name / "bin" / "python"
    done = PEERS / name / ".installed"
    wanted = "\n".join(packages)
    if not done.exists() or done.read_text() != wanted:
        venv.create(PEERS / name, with_pip=True, clear=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True
        )
        done.write_text(wanted)
    return python


def timed(name: str, command: Sequence[str | Path], *, runs: int = 3, own_time: bool = False) -> Measured:
    """Run a command several times. Wall time of the whole process; with `own_time`, what it prints as {"seconds": …}.

    A command that fails stops the benchmark: a figure of something that did not work is worth nothing.
    """
    seconds, peaks, processor, output = [], [], [], ""
    for _ in range(runs):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert process.stdout is not None
        output = process.stdout.read().strip()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{name} failed ({process.returncode}): {' '.join(map(str, command))}")
        seconds.append(json.loads(output.splitlines()[-1])["seconds"] if own_time else wall)
        peaks.append(usage.ru_maxrss / 1024)
        processor.append(usage.ru_utime + usage.ru_stime)
    return Measured(name, statistics.median(seconds), max(peaks), output, statistics.median(processor))


def report(title: str, rows: Iterable[Measured], against: Measured, *, faster: bool = True) -> None:
    """Print a table; the last column is how many times the time of `against` a row takes, or is faster than it."""
    print(f"\n{title}")
    for row in rows:
        ratio = row.seconds / against.seconds if faster else against.seconds / row.seconds
        print(f"  {row.name:42} {row.seconds:9.3f} s {row.megabytes:8.0f} MB {ratio:8.2f}×", flush=True)
