"""Fixtures that many tests share."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from kclod import pipeline
from kclod.consistency import Consistency, start_consistency
from kclod.pipeline import checks
from kclod.project import Project
from kclod.release import Release

settings.register_profile("kclod", deadline=None)  # time is measured by the benchmarks; machines are noisy
settings.load_profile("kclod")

_asked: dict[frozenset[str], Consistency] = {}
"""What HermiT has found of each input."""


class Remembered:
    """A check by HermiT of what a build asks, which is not asked again for the same input: it would say the same.

    Many tests build the small project, each in a folder of its own, where no earlier build is remembered.
    """

    def __init__(self, data: Iterable[str], ontology: Iterable[str], **options: float) -> None:
        self._input = frozenset(data) | frozenset(ontology)
        self._check = None if self._input in _asked else start_consistency(data, ontology, **options)

    def result(self) -> Consistency:
        if self._check is not None:
            _asked[self._input] = self._check.result()
        return _asked[self._input]

    def __exit__(self, *error: object) -> None:
        if self._check is not None:
            self._check.__exit__(*error)


@pytest.fixture(scope="session", autouse=True)
def _remember_hermit() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "start_consistency", Remembered)
        yield


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
