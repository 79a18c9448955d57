"""Stored queries: SPARQL that the content declares, with its question by language.

One query a file or several, as `sh:SPARQLExecutable` (SHACL Advanced Features, section 5), the convention that the SIB
example queries use: `sh:select`, `sh:ask`, `sh:construct` or `sh:describe`, `rdfs:comment` for the question,
`schema:keywords`. The publisher vocabulary adds the topic, the headings of variables, and how answers are drawn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import pyoxigraph as ox

from kclod import rdf
from kclod.errors import Problem, RefusedError
from kclod.malformed import explain
from kclod.pictures import PARTS, Facet, Kind, Picture
from kclod.project import Description
from kclod.site import StoredQuery
from kclod.vocab import PUB, RDF, RDFS, SCHEMA, SH

FORMS = ("select", "ask", "construct", "describe")


def read_queries(files: Iterable[Path], prefixes: Mapping[str, str]) -> tuple[StoredQuery, ...]:
    """All stored queries, in the order of the files. `prefixes` are declared for those that the text uses.

    RefusedError names each query that is malformed (with the engine's message) or has no question.
    """
    queries: list[StoredQuery] = []
    problems: list[Problem] = []
    checker = ox.Store()
    for file in files:
        try:
            triples = rdf.triples_of(rdf.read(file))
        except RefusedError as error:
            problems.extend(error.problems)
            continue
        about = Description(triples)
        found = [(_iri(t.subject), form) for t in triples for form in FORMS if t.predicate == SH[form]]
        if not found:
            problems.append(Problem("query.none", "the file declares no query", "add sh:select, sh:ask …", str(file)))
        for iri, form in found:
            body = about.value(iri, SH[form]) or ""
            text = _with_prefixes(body, prefixes)
            labels = about.texts(iri, RDFS["comment"]) or about.texts(iri, RDFS["label"])
            if not labels:
                problems.append(
                    Problem("query.question", "no question", "add rdfs:comment with a language", str(file), item=iri)
                )
            federated = PUB["FederatedQuery"].value in about.values(iri, RDF["type"])
            if federated and form not in ("select", "construct"):  # the others are run to be checked
                fault = "a federated query is a SELECT or CONSTRUCT"
                problems.append(Problem("query.federated", fault, "write it as one", str(file), item=iri))
                continue
            variables: Collection[str] = ()
            try:
                variables = _variables(checker.query(text))
            except SyntaxError as error:
                problems.append(
                    Problem(
                        "query.syntax", f"malformed query: {explain(error, text)}", "correct it", str(file), item=iri
                    )
                )
            else:
                problems.extend(
                    Problem("query.picture", fault, "correct pub:drawnAs or pub:heading", str(file), item=iri)
                    for fault in _faults(about, iri, variables)
                )
            queries.append(
                StoredQuery(
                    iri,
                    labels,
                    text,
                    form,
                    tuple(about.values(iri, SCHEMA["keywords"])),
                    about.value(iri, PUB["topic"]),
                    {name: about.texts(node, RDFS["label"]) for node, name in _headings(about, iri)},
                    _picture(about, iri),
                    federated,
                    about.value(iri, SCHEMA["target"]),
                )
            )
    if problems:
        raise RefusedError(problems)
    return tuple(queries)


def read_facets(
    dataset: Description, iris: Iterable[str], prefixes: Mapping[str, str], file: Path
) -> tuple[Facet, ...]:
    """The facets of these IRIs, in the order of their sh:order. RefusedError names each that cannot be used."""
    facets: list[tuple[float, Facet]] = []
    problems: list[Problem] = []
    for iri in iris:
        text = _with_prefixes(dataset.value(iri, SH["select"]) or "", prefixes)
        facet = Facet(iri, dataset.texts(iri, RDFS["label"]), text, tuple(sorted(dataset.values(iri, PUB["facetOf"]))))
        try:
            missing = {"thing", "value"} - set(_variables(ox.Store().query(text)))
            faults = [f"the query gives no variable ?{name}" for name in sorted(missing)]
        except SyntaxError as error:
            faults = [f"malformed query: {explain(error, text)}"]
        if not facet.labels or not facet.classes:
            faults.append("no rdfs:label or no pub:facetOf")
        problems.extend(Problem("dataset.facet", fault, "correct it", str(file), item=iri) for fault in faults)
        facets.append((float(dataset.value(iri, SH["order"]) or "inf"), facet))
    if problems:
        raise RefusedError(problems)
    return tuple(facet for _, facet in sorted(facets, key=lambda pair: (pair[0], pair[1].iri)))


def _with_prefixes(body: str, prefixes: Mapping[str, str]) -> str:
    used = {prefix: namespace for prefix, namespace in prefixes.items() if f"{prefix}:" in body}
    return "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in used.items()) + body.strip() + "\n"


def _variables(found: object) -> tuple[str, ...]:
    return tuple(v.value for v in found.variables) if isinstance(found, ox.QuerySolutions) else ()


def _headings(about: Description, iri: str) -> Iterator[tuple[str, str]]:
    for node in about.values(iri, PUB["heading"]):
        yield node, about.value(node, PUB["variable"]) or ""


def _picture(about: Description, iri: str) -> Picture | None:
    node = about.value(iri, PUB["drawnAs"])
    kinds = {PUB[kind.value.capitalize()].value: kind for kind in Kind}
    kind = next((kinds[found] for found in about.values(node or "", RDF["type"]) if found in kinds), None)
    if node is None or kind is None:
        return None
    names = dict.fromkeys(part.name for parts in PARTS.values() for part in parts)
    return Picture(kind, {name: tuple(used) for name in names if (used := about.values(node, PUB[name]))})


def _faults(about: Description, iri: str, variables: Collection[str]) -> Iterator[str]:
    picture = _picture(about, iri)
    if picture is not None:
        yield from picture.faults(variables)
    elif about.value(iri, PUB["drawnAs"]):
        kinds = ", ".join(f"pub:{kind.value.capitalize()}" for kind in Kind)
        yield f"the picture is of no known kind: type it as one of {kinds}"
    yield from (
        f"a heading is for ?{name}, which the query does not give"
        for _, name in _headings(about, iri)
        if name not in variables
    )


def _iri(term: rdf.Term) -> str:
    return term.value if isinstance(term, ox.NamedNode) else str(term)
