"""The whole build of generated projects, and the build after one article has changed.

    python -m tests.bench.build [--articles N …] [--edits N] [--keep DIR]

Each build is the command `kclod build` in a process of its own, start-up and all. It is measured against pyoxigraph's
bulk load (with compaction, which a release has too) of the very quads that the release holds. The incremental builds
change one article each as a curator would; the last one is compared, file by file, with a full build of the same state.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.bench.articles import edit, generate
from tests.bench.measure import ROOT, Measured, report, timed

KCLOD = [sys.executable, "-m", "kclod", "build"]
LOAD = "import sys, pathlib; from kclod.store import load_store; load_store(*map(pathlib.Path, sys.argv[1:]))"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", type=int, nargs="+", default=[40, 400], help="how many, for a project each")
    parser.add_argument("--edits", type=int, default=3, help="how many incremental builds")
    parser.add_argument("--keep", type=Path, help="the folder to work in, which is then kept")
    options = parser.parse_args()
    for articles in options.articles:
        with tempfile.TemporaryDirectory() as scratch:
            _measure((options.keep or Path(scratch)) / str(articles), articles, options.edits)


def _measure(folder: Path, articles: int, edits: int) -> None:
    project = generate(ROOT, folder / "project", articles)
    whole = _build("full build", project, folder / "releases")
    manifest = json.loads((folder / "releases/current/manifest.json").read_text("utf-8"))
    quads = manifest["counts"]["quads"]
    (dump,) = (folder / "releases/current/dumps").glob("*.nq")
    load = timed("bulk load of its quads (pyoxigraph)", [sys.executable, "-c", LOAD, folder / "store", dump], runs=1)
    report(f"Full build of {articles} articles, {quads:,} quads: times the bulk load", [load, whole], load)
    files = sorted((project / "examples/articles").glob("*.yaml"))
    changed: list[Measured] = []
    for number in range(edits):
        edit(files[number * len(files) // edits], seed=number)
        changed.append(_build(f"build after one changed article, {number + 1}", project, folder / "releases"))
    report("Build after a change: times faster than the full build", [whole, *changed], whole, faster=False)
    _build("full build", project, folder / "again")
    _same(folder / "releases/current", folder / "again/current")
    print("  the last release has the bytes of a full build")


def _build(name: str, project: Path, releases: Path) -> Measured:
    return timed(name, [*KCLOD, "--project", project, "--releases", releases], runs=1)


def _same(one: Path, other: Path) -> None:
    if different := _files(one) ^ _files(other):
        sys.exit(f"the releases have other files: {sorted(map(str, different))}")
    for name in sorted(_files(one)):
        if (one / name).read_bytes() != (other / name).read_bytes():
            sys.exit(f"{name} differs from that of a full build")


def _files(release: Path) -> set[Path]:
    """All files but those of the store and the text index, whose bytes depend on the order of writing."""
    found = (path.relative_to(release.resolve()) for path in release.resolve().rglob("*") if path.is_file())
    return {name for name in found if not name.as_posix().startswith(("store", "text"))}


if __name__ == "__main__":
    main()
