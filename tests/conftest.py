"""Fixtures that many tests share."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from kclod import pipeline
from kclod.project import Project
from kclod.release import Release

settings.register_profile("kclod", deadline=None)  # time is measured by the benchmarks; machines are noisy
settings.load_profile("kclod")

MINI = Path(__file__).parent / "mini"
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def real() -> Project:
    """The project in this repository."""
    return Project(ROOT)


@pytest.fixture(scope="session")
def real_release(real: Project, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Its release, built once for all tests that look at it."""
    return pipeline.build(real, tmp_path_factory.mktemp("releases"))


@pytest.fixture
def mini(tmp_path: Path) -> Project:
    """A copy of the small lighthouse project: it shows that the engine knows nothing of the real content."""
    shutil.copytree(MINI, tmp_path / "project")
    return Project(tmp_path / "project")


@pytest.fixture
def edit(mini: Project) -> Callable[[str, str, str], Project]:
    """Replaces text in a file of the small project, once, and gives the project anew."""

    def replace(file: str, old: str, new: str) -> Project:
        path = mini.root / file
        text = path.read_text("utf-8")
        assert text.count(old) >= 1, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), "utf-8")
        return Project(mini.root)

    return replace
