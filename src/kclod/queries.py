"""Stored queries: SPARQL that the content declares, with its question by language.

One query a file or several, as `sh:SPARQLExecutable` (SHACL Advanced Features, section 5), the convention that the SIB
example queries use: `sh:select`, `sh:ask`, `sh:construct` or `sh:describe`, `rdfs:comment` for the question,
`schema:keywords`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyoxigraph as ox

from kclod import rdf
from kclod.errors import Problem, RefusedError
from kclod.malformed import explain
from kclod.project import Description
from kclod.site import StoredQuery
from kclod.vocab import RDFS, SCHEMA, SH

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
            used = {prefix: namespace for prefix, namespace in prefixes.items() if f"{prefix}:" in body}
            text = (
                "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in used.items()) + body.strip() + "\n"
            )
            labels = about.texts(iri, RDFS["comment"]) or about.texts(iri, RDFS["label"])
            if not labels:
                problems.append(
                    Problem("query.question", "no question", "add rdfs:comment with a language", str(file), item=iri)
                )
            try:
                checker.query(text)
            except SyntaxError as error:
                problems.append(
                    Problem(
                        "query.syntax", f"malformed query: {explain(error, text)}", "correct it", str(file), item=iri
                    )
                )
            queries.append(StoredQuery(iri, labels, text, form, tuple(about.values(iri, SCHEMA["keywords"]))))
    if problems:
        raise RefusedError(problems)
    return tuple(queries)


def _iri(term: rdf.Term) -> str:
    return term.value if isinstance(term, ox.NamedNode) else str(term)
