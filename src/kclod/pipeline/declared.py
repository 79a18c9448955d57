"""Whether what a dataset's description declares of itself is so: counts, links and examples, against what is computed.

Everything of the kind is computed (see `kclod.metadata`), so nobody has to declare it; who does is held to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

from kclod import dumps
from kclod.errors import Problem, RefusedError
from kclod.lines import Lines
from kclod.rdf import DEFAULT_GRAPH, Statement, triples_from
from kclod.site import Site
from kclod.vocab import DCAT, VOID

_COUNTS = tuple(
    VOID[name] for name in ("triples", "entities", "distinctSubjects", "distinctObjects", "classes", "properties")
)
_SINGLE = (VOID["uriSpace"], DCAT["version"])
_PARTS = (VOID["class"], VOID["property"])
_FILES = (VOID["dataDump"], DCAT["downloadURL"])
_ENDPOINTS = (VOID["sparqlEndpoint"], DCAT["endpointURL"])


def check_declared(
    own: Iterable[ox.Triple], computed: Iterable[Statement], site: Site, store: ox.Store, file: Path
) -> None:
    """Compare the triples of the description with the computed ones. RefusedError lists every one that is wrong."""
    declared, truth = list(own), triples_from(computed)
    lines = Lines(file.read_text("utf-8"), file.resolve().as_uri())
    problems = [
        *_wrong_values(declared, truth, file),
        *_wrong_links(declared, site, file, lines),
        *_wrong_examples(declared, store, file, lines),
    ]
    if problems:
        raise RefusedError(problems)


def _wrong_values(declared: list[ox.Triple], truth: list[ox.Triple], file: Path) -> Iterator[Problem]:
    """Counts and the like, of the dataset, of its graphs, and of its parts by class and property."""
    known: dict[tuple[object, ox.NamedNode], str] = {
        (t.subject, t.predicate): t.object.value
        for t in truth
        if t.predicate in (*_COUNTS, *_SINGLE) and isinstance(t.object, ox.Literal)
    }
    parts = {(t.predicate, t.object): t.subject for t in truth if t.predicate in _PARTS}
    same = {t.subject: parts.get((t.predicate, t.object)) for t in declared if t.predicate in _PARTS}
    for triple in declared:
        if triple.predicate not in (*_COUNTS, *_SINGLE) or not isinstance(triple.object, ox.Literal):
            continue
        part = same.get(triple.subject, triple.subject)
        value = known.get((part, triple.predicate))
        if part is None:
            yield _problem("count", f"{triple.predicate} of a class or property that the data have not", file)
        elif value is not None and not _equal(triple.object.value, value):
            message = f"{triple.predicate} of {triple.subject} is {value}, declared is {triple.object.value}"
            yield _problem("count", message, file)


def _equal(one: str, other: str) -> bool:
    return one == other or (one.isdigit() and other.isdigit() and int(one) == int(other))


def _wrong_links(declared: list[ox.Triple], site: Site, file: Path, lines: Lines) -> Iterator[Problem]:
    """Files and endpoints below the base IRI that the site will not have; what is elsewhere nobody can promise."""
    files = {f"{site.base_iri}dumps/{name}" for name in dumps.offered_by(site)}
    for triple in declared:
        target = triple.object.value if isinstance(triple.object, ox.NamedNode) else ""
        if not target.startswith(site.base_iri):
            continue
        if (triple.predicate in _FILES and target not in files) or (
            triple.predicate in _ENDPOINTS and target != f"{site.base_iri}sparql"
        ):
            yield _problem("link", f"the site has no <{target}>", file, lines.of_iri(target))


def _wrong_examples(declared: list[ox.Triple], store: ox.Store, file: Path, lines: Lines) -> Iterator[Problem]:
    for triple in declared:
        if triple.predicate != VOID["exampleResource"] or not isinstance(triple.object, ox.NamedNode):
            continue
        if next(iter(store.quads_for_pattern(triple.object, None, None, DEFAULT_GRAPH)), None) is None:
            message = f"the release says nothing of the example {triple.object}"
            yield _problem("example", message, file, lines.of_iri(triple.object.value))


def _problem(rule: str, message: str, file: Path, line: int | None = None) -> Problem:
    fix = "correct it, or leave it out: the build states it by itself"
    return Problem(f"dataset.declared-{rule}", message, fix, str(file), line)
