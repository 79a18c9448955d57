"""Whether what a dataset's description declares of itself is so, against what is computed and what the data hold.

Counts, links, examples, vocabularies, languages and patterns of IRIs. All but the last two are computed (see
`kclod.metadata`), so nobody has to declare them; who does is held to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import cast

import pyoxigraph as ox

from kclod import dumps
from kclod.errors import Problem, RefusedError
from kclod.lines import Lines
from kclod.rdf import DEFAULT_GRAPH, Statement, triples_from
from kclod.site import Site
from kclod.vocab import DCAT, DCT, RDF, VOID, Namespace

_COUNTS = tuple(
    VOID[name]
    for name in ("triples", "entities", "distinctSubjects", "distinctObjects", "classes", "properties", "documents")
)
_SINGLE = (VOID["uriSpace"], VOID["uriRegexPattern"], DCAT["version"])
_PARTS = (VOID["class"], VOID["property"])
_BELOW = (VOID["subset"], VOID["classPartition"], VOID["propertyPartition"])
_FILES = (VOID["dataDump"], DCAT["downloadURL"])
_ENDPOINTS = (VOID["sparqlEndpoint"], DCAT["endpointURL"])
_OF_BYTES = (DCAT["byteSize"], Namespace("http://spdx.org/rdf/terms#")["checksum"])
_THINGS = (VOID["exampleResource"], VOID["rootResource"])
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_NAMESPACE = re.compile(r"[^#/]*\Z")
_LANGUAGE = re.compile(r"[a-z]{2}")


def check_declared(
    own: Iterable[ox.Triple],
    computed: Iterable[Statement],
    site: Site,
    store: ox.Store,
    *,
    file: Path,
    note: Callable[[str], None],
) -> None:
    """Compare the triples of the description with the computed ones. RefusedError lists every one that is wrong.

    `note` hears of vocabularies that the data use and a list of vocabularies leaves out; the build adds them.
    """
    declared, truth = list(own), triples_from(computed)
    lines = Lines(file.read_text("utf-8"), file.resolve().as_uri())
    problems = [
        *_wrong_values(declared, truth, site, file),
        *_wrong_links(declared, site, file, lines),
        *_wrong_examples(declared, truth, store, file, lines),
        *_wrong_vocabularies(declared, truth, site, store, file=file, lines=lines),
        *_wrong_languages(declared, site, store, file, lines),
        *_wrong_pattern(declared, site, store, file),
    ]
    if problems:
        raise RefusedError(problems)
    vocabularies, known = _objects(declared, site, VOID["vocabulary"]), _objects(truth, site, VOID["vocabulary"])
    left_out = sorted(v for v in known if not any(v in (f"{d}", f"{d}#", f"{d}/") for d in vocabularies))
    if vocabularies and left_out:
        note(f"{file}: void:vocabulary leaves out what the data use and the build adds: {', '.join(left_out)}")


def _objects(triples: Iterable[ox.Triple], site: Site, predicate: ox.NamedNode) -> set[str]:
    dataset = ox.NamedNode(site.dataset_iri)
    return {
        t.object.value
        for t in triples
        if t.subject == dataset and t.predicate == predicate and isinstance(t.object, ox.NamedNode | ox.Literal)
    }


def _wrong_values(declared: list[ox.Triple], truth: list[ox.Triple], site: Site, file: Path) -> Iterator[Problem]:
    """Counts and the like, of the dataset, of its graphs, and of its parts by class and property."""
    known: dict[tuple[object, ox.NamedNode], set[str]] = {}
    for t in truth:
        if t.predicate in (*_COUNTS, *_SINGLE) and isinstance(t.object, ox.Literal):
            known.setdefault((t.subject, t.predicate), set()).add(t.object.value)
    parts = {(t.predicate, t.object): t.subject for t in truth if t.predicate in _PARTS}
    same = {t.subject: parts.get((t.predicate, t.object)) for t in declared if t.predicate in _PARTS}
    ours = _ours(declared, site)
    for triple in declared:
        if triple.predicate in _PARTS and triple.subject in ours and same[triple.subject] is None:
            yield _problem("count", f"the data have not the {triple.predicate} {triple.object}", file)
        if triple.predicate not in (*_COUNTS, *_SINGLE) or not isinstance(triple.object, ox.Literal):
            continue
        part = same.get(triple.subject, triple.subject)
        values = known.get((part, triple.predicate), set())
        if values and not any(_equal(triple.object.value, value) for value in values):
            message = f"{triple.predicate} of {triple.subject} is {' or '.join(sorted(values))}"
            yield _problem("count", f"{message}, declared is {triple.object.value}", file)
        elif not values and part in ours and triple.predicate in _COUNTS:
            message = f"{triple.predicate} of {triple.subject} is not computed, so that nobody can say whether it is so"
            yield _problem("count", message, file)


def _ours(declared: list[ox.Triple], site: Site) -> set[object]:
    """The dataset, its graphs, and what is declared to be a part of these."""
    found: set[object] = {ox.NamedNode(iri) for iri in (site.dataset_iri, *site.graphs.values())}
    below = [(t.subject, t.object) for t in declared if t.predicate in _BELOW]
    while new := {part for whole, part in below if whole in found} - found:
        found |= new
    return found


def _equal(one: str, other: str) -> bool:
    return one == other or (one.isdigit() and other.isdigit() and int(one) == int(other))


def _wrong_links(declared: list[ox.Triple], site: Site, file: Path, lines: Lines) -> Iterator[Problem]:
    """Files and endpoints below the base IRI that the site will not have; what is elsewhere nobody can promise."""
    files = {f"{site.base_iri}dumps/{name}": item for name, item in dumps.offered_by(site).items()}
    described = {t.subject: files[iri] for t in declared if t.predicate in _FILES and (iri := _iri(t.object)) in files}
    for triple in declared:
        target = _iri(triple.object)
        if target.startswith(site.base_iri) and (
            (triple.predicate in _FILES and target not in files)
            or (triple.predicate in _ENDPOINTS and target != f"{site.base_iri}sparql")
        ):
            yield _problem("link", f"the site has no <{target}>", file, lines.of_iri(target))
        item = described.get(triple.subject)
        if item is None or ox.NamedNode(site.dataset_iri) == triple.subject:
            continue
        if triple.predicate in _OF_BYTES:
            message = f"{triple.predicate} of {item.name}, which holds this very statement"
            yield _problem("count", message, file, lines.of_iri(target) if target else None)
        kind = target.removeprefix(_MEDIA_TYPES)
        if triple.predicate == DCAT["mediaType"] and kind not in (item.form.media_type, item.media_type):
            yield _problem("link", f"{item.name} is {item.form.media_type}, declared is {kind}", file)


def _iri(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""


def _wrong_examples(
    declared: list[ox.Triple], truth: list[ox.Triple], store: ox.Store, file: Path, lines: Lines
) -> Iterator[Problem]:
    """Examples that the release says nothing of; those of a registry are to begin as its IRIs do."""
    spaces: dict[object, list[str]] = {}
    for t in truth:
        if t.predicate == VOID["uriSpace"] and isinstance(t.object, ox.Literal):
            spaces.setdefault(t.subject, []).append(t.object.value)
    registries = {t.subject for t in truth if t.predicate == VOID["uriRegexPattern"]}
    for triple in declared:
        if triple.predicate not in _THINGS or not isinstance(triple.object, ox.NamedNode):
            continue
        if triple.subject in registries:
            if triple.object.value.startswith(tuple(spaces[triple.subject])):
                continue
            message = f"the example {triple.object} is none of {triple.subject}: {', '.join(spaces[triple.subject])}"
        elif next(iter(store.quads_for_pattern(triple.object, None, None, DEFAULT_GRAPH)), None) is None:
            message = f"the release says nothing of the example {triple.object}"
        else:
            continue
        yield _problem("example", message, file, lines.of_iri(triple.object.value))


def _wrong_vocabularies(
    declared: list[ox.Triple], truth: list[ox.Triple], site: Site, store: ox.Store, *, file: Path, lines: Lines
) -> Iterator[Problem]:
    """Vocabularies that are declared and of which neither a graph nor the description uses a property or class."""
    used = _objects(truth, site, VOID["vocabulary"])
    for t in (*declared, *truth):
        terms = [t.predicate] + (
            [t.object] if t.predicate == RDF["type"] and isinstance(t.object, ox.NamedNode) else []
        )
        used |= {_NAMESPACE.sub("", term.value) for term in terms}
    for vocabulary in sorted(_objects(declared, site, VOID["vocabulary"])):
        names = (vocabulary, f"{vocabulary}#", f"{vocabulary}/")
        if used.isdisjoint(names) and not _in_named_graphs(store, names):
            message = f"the data have no property or class of <{vocabulary}>"
            yield _problem("vocabulary", message, file, lines.of_iri(vocabulary))


def _in_named_graphs(store: ox.Store, namespaces: Iterable[str]) -> bool:
    """Whether a property or class has such a namespace; quick where one has, as the first that is found will do."""
    wanted = ", ".join(str(ox.Literal(name)) for name in namespaces)
    begin = f'REPLACE(STR(?term), "[^#/]*$", "") IN ({wanted})'
    for pattern in ("?s ?term ?o", f"?s {RDF['type']} ?term"):
        if bool(cast("ox.QueryBoolean", store.query(f"ASK {{ GRAPH ?g {{ {pattern} }} FILTER({begin}) }}"))):
            return True
    return False


def _wrong_languages(
    declared: list[ox.Triple], site: Site, store: ox.Store, file: Path, lines: Lines
) -> Iterator[Problem]:
    """Languages of which the data have no text; those that are named by two letters, as the tags of texts are."""
    for value in sorted(_objects(declared, site, DCT["language"])):
        tag = value.rstrip("/").rpartition("/")[2]
        if _LANGUAGE.fullmatch(tag) and not bool(
            cast("ox.QueryBoolean", store.query(f'ASK {{ ?s ?p ?o FILTER(LANGMATCHES(LANG(?o), "{tag}")) }}'))
        ):
            yield _problem("language", f"the data have no text in {tag!r}", file, lines.of_iri(value))


def _wrong_pattern(declared: list[ox.Triple], site: Site, store: ox.Store, file: Path) -> Iterator[Problem]:
    """Patterns of the dataset's IRIs (void:uriRegexPattern) that one of its own things does not match."""
    for pattern in sorted(_objects(declared, site, VOID["uriRegexPattern"])):
        base, wanted = ox.Literal(site.base_iri), ox.Literal(pattern)
        matches = f"REGEX(STR(?s), {wanted})"
        others = f"SELECT ?s {{ ?s ?p ?o FILTER(STRSTARTS(STR(?s), {base}) && !COALESCE({matches}, false)) }} LIMIT 1"
        for row in cast("ox.QuerySolutions", store.query(others)):
            yield _problem("pattern", f"{row['s']} does not match {pattern!r}", file)


def _problem(rule: str, message: str, file: Path, line: int | None = None) -> Problem:
    fix = "correct it, or leave it out: what can be stated the build states by itself"
    return Problem(f"dataset.declared-{rule}", message, fix, str(file), line)
