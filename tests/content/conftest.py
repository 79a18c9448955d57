"""The real content, built once for all tests that look at it."""

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from kclod.project import Project
from kclod.queries import read_queries
from kclod.release import Release
from kclod.store import open_read_only

ROOT = Path(__file__).parent.parent.parent
SHORT = {
    "https://w3id.org/kclod/id/": "",
    "https://w3id.org/kclod/": "",
    "http://www.w3.org/2001/XMLSchema#": "xsd:",
}
Ask = Callable[[str], list[tuple[str | None, ...]]]


@pytest.fixture(scope="session")
def release(real_release: Release) -> Release:
    """The release of the real content."""
    return real_release


@pytest.fixture(scope="session")
def store(release: Release) -> ox.Store:
    """The release's store."""
    return open_read_only(release.store_path)


def short(term: object) -> str | None:
    """IRIs of the dataset without its base; literals as their text."""
    if term is None:
        return None
    text = term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term)
    for long, brief in SHORT.items():
        if text.startswith(long):
            return text.replace(long, brief, 1)
    return text


@pytest.fixture
def ask(store: ox.Store, real: Project) -> Ask:
    """Solutions of a query's text, each as a tuple of short terms."""

    def solutions(text: str) -> list[tuple[str | None, ...]]:
        found = store.query(text, prefixes=dict(real.dataset.prefixes))
        assert isinstance(found, ox.QuerySolutions)
        return [tuple(short(term) for term in solution) for solution in found]

    return solutions


@pytest.fixture
def answer(real: Project, ask: Ask) -> Ask:
    """Solutions of a stored query, by its slug."""
    queries = {
        query.iri.rsplit("/", 1)[-1]: query.text for query in read_queries(real.query_files, real.dataset.prefixes)
    }
    return lambda slug: ask(queries[slug])
