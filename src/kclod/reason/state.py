"""The saturated state of a run as it is kept: facts that are not published, and whether `update` can start from it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kclod.rdf import Statement
from kclod.reason.engine import Saturation
from kclod.reason.facts import Fact, Terms
from kclod.reason.graph import Graph
from kclod.reason.labels import stable_labels

_SPACE = re.compile(r"\\(\\|u0020)")


def hidden_statements(
    run: Saturation, facts: Iterable[Fact], ontology: Iterable[Statement]
) -> tuple[Statement, ...] | None:
    """Of the facts that are not published, those that rules read and that cannot be told from the ontology alone.

    Blank nodes of the ontology have the names of `stable_labels`. None when `update` cannot start from this state: an
    axiom in the data, a term of the ontology that is the same as something, blank nodes that cannot be told apart.
    """
    before, graph = run.ontology, run.graph
    labels = stable_labels(ontology)
    if before is None or before.merged or labels is None:
        return None
    if any(number < before.resources for group in graph.members.values() for number in group):
        return None
    read = {table.key for table in graph.relations.values() if table.rules}
    read_classes = {table.key for table in graph.extensions.values() if table.rules}
    kept = (
        fact
        for fact in facts
        if (graph.mirrors_types or fact[2] in read_classes if fact[1] == graph.type else fact[1] in read)
        and fact not in before.derived
        and not is_by_value(graph, fact)
    )
    return tuple(sorted(as_text(graph.terms, fact, labels) for fact in kept))


def is_by_value(graph: Graph, fact: Fact) -> bool:
    """Whether a fact says that a literal is in a datatype, and the literal's value shows it."""
    s, p, o = fact
    if s >= 0 or p != graph.type:
        return False
    datatype = graph.datatype(o)
    return datatype is not None and bool(graph.terms.is_in(s, datatype))


def as_text(terms: Terms, fact: Fact, labels: dict[str, str] | None = None) -> Statement:
    """A fact as a statement that may have no RDF form: its subject can be a literal, in which spaces are escaped."""
    s, p, o = map(terms.term, fact)
    if fact[0] < 0:
        s = s.replace(" ", "\\u0020")
    if labels:
        s, p, o = labels.get(s, s), labels.get(p, p), labels.get(o, o)
    return f"{s} {p} {o}"


def subject_of(text: str) -> str:
    """The term that `as_text` wrote as a subject."""
    if text[0] != '"' or "\\" not in text:
        return text
    return _SPACE.sub(lambda match: " " if match[1] == "u0020" else match[0], text)
