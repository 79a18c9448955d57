"""What `kclod export site` takes: new, again where nothing changed, and where all is rendered and is the same.

    python -m tests.bench.site_files [--articles N] [--releases DIR]

Without releases a project of that many articles is generated and built: 40 are about 100 thousand quads. Wall time and
the processor time of all processes are printed; on a machine that does other things only the latter means much.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kclod.release import current
from kclod.site_files.before import MARK
from tests.bench.hubs import build
from tests.bench.measure import ROOT


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", type=int, default=40, help="how many articles are generated")
    parser.add_argument("--releases", type=Path, help="releases that are there already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        releases = options.releases or build(Path(scratch), options.articles)
        counts = json.loads((current(releases).path / "manifest.json").read_text("utf-8"))["counts"]
        print(f"\nThe site as files; {counts['quads']:,} quads, {os.cpu_count()} processors")
        folder = Path(scratch) / "site"
        for what in ("new", "again", "rendered again"):
            if what == "rendered again":
                mark = json.loads((folder / MARK).read_text("utf-8"))
                (folder / MARK).write_text(json.dumps(mark | {"made_from": {}}), "utf-8")
            print(f"  {what:15} {_export(releases, folder)}")


def _export(releases: Path, folder: Path) -> str:
    command = [sys.executable, "-m", "kclod", "export", "site", folder, "--releases", releases]
    before, began = os.times(), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    wall, after = time.perf_counter() - began, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    told = next(line for line in done.stderr.splitlines() if line.startswith("Release "))
    return f"{wall:6.1f} s, {cpu:6.1f} s of processor; {told.partition(': ')[2]}"


if __name__ == "__main__":
    main()
