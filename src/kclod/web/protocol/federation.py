"""SERVICE clauses (SPARQL 1.1 Federated Query) for endpoints that the operator has allowed; the engine never sees one.

Each clause is asked as a SELECT of its own, and its solutions take its place in the query as VALUES. That is what the
clause means by section 2.4: its solutions, joined with the rest. What the lexer of `guard` finds but this cannot read
exactly stays refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from kclod.web.protocol.guard import LEXEMES, Refusal, refusal

_FORMS = frozenset({"select", "ask", "construct", "describe"})
_GENID = "urn:kclod:blank:"
_NOTHING_KNOWN = "VALUES () { () }"
"""One solution without bindings (section 2.4): what a clause with SILENT has when it fails."""
RESULTS = ox.QueryResultsFormat.JSON


class ServiceRefusedError(Exception):
    """A SERVICE clause that is not evaluated here; the message says why."""


class ServiceFailedError(Exception):
    """An allowed endpoint that gave no usable answer, in a clause without SILENT."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A SERVICE clause: where it stands in the query, its endpoint, and its group (with braces)."""

    start: int
    end: int
    group_start: int
    endpoint: str
    silent: bool
    group: str


@dataclass(frozen=True, slots=True)
class Federated:
    """A query with its SERVICE clauses, outermost only; those inside another's group are refused."""

    text: str
    prologue: str
    clauses: tuple[Clause, ...]

    @property
    def without_services(self) -> str:
        """The query with the groups in place of the clauses, every character at its place: to check its syntax."""
        text = self.text
        for clause in self.clauses:
            head = text[clause.start : clause.group_start]
            text = text[: clause.start] + re.sub(r"[^\r\n]", " ", head) + text[clause.group_start :]
        return text

    def remote(self, clause: Clause, base_iri: str) -> str:
        """What the endpoint is asked."""
        return f"BASE <{base_iri}>\n{self.prologue}\nSELECT * WHERE {clause.group}"

    def evaluated(self, ask: Callable[[Clause], bytes | None], most_rows: int) -> str:
        """The query with the solutions in place of the clauses.

        `ask` gives the SPARQL results in JSON of a clause, or None for one that failed silently: a single solution
        without bindings. ServiceFailedError when the results cannot be read or are more than `most_rows`.
        """
        text = self.text
        for clause in reversed(self.clauses):
            answer = ask(clause)
            values = _NOTHING_KNOWN if answer is None else _values(answer, clause, most_rows)
            text = f"{text[: clause.start]} {values} {text[clause.end :]}"
        if refusal(text) is not None:
            raise ServiceRefusedError("this SERVICE clause cannot be told from the rest of the query")
        return text


def federated(query: str, allowed: Sequence[str]) -> Federated:
    """The query with its clauses found. ServiceRefusedError when one of them is not evaluated here."""
    tokens = [m for m in LEXEMES.finditer(query) if m.lastgroup != "skip"]
    if any(m.lastgroup not in ("string", "iri") and "\\" in m[0] for m in tokens):
        raise ServiceRefusedError("a query with SERVICE is written without escapes outside strings")
    form = next((i for i, m in enumerate(tokens) if m.lastgroup == "word" and m[0].lower() in _FORMS), len(tokens))
    prologue = query[: tokens[form].start()] if form < len(tokens) else ""
    prefixes = _prefixes(tokens[:form])
    found = Federated(query, prologue, tuple(_clauses(query, tokens, prefixes, allowed)))
    if not found.clauses or refusal(found.without_services) is Refusal.SERVICE:
        raise ServiceRefusedError(
            "write it as SERVICE <endpoint> { … }; a SERVICE inside another is not evaluated here"
        )
    return found


def _prefixes(tokens: Sequence[re.Match[str]]) -> dict[str, str]:
    return {
        name[0][:-1]: iri[0][1:-1]
        for word, name, iri in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if word[0].lower() == "prefix" and name[0].endswith(":") and iri.lastgroup == "iri"
    }


def _clauses(
    query: str, tokens: Sequence[re.Match[str]], prefixes: Mapping[str, str], allowed: Sequence[str]
) -> Iterator[Clause]:
    index = 0
    while index < len(tokens):
        start = tokens[index]
        index += 1
        if start.lastgroup != "word" or start[0].lower() != "service":
            continue
        silent = index < len(tokens) and tokens[index][0].lower() == "silent"
        index += silent
        if index + 1 >= len(tokens) or tokens[index + 1][0] != "{":
            raise ServiceRefusedError("SERVICE wants the address of an endpoint and a group: SERVICE <endpoint> { … }")
        endpoint = _endpoint(tokens[index], prefixes)
        if endpoint not in allowed:
            asked = ", ".join(f"<{iri}>" for iri in allowed) or "none"
            raise ServiceRefusedError(f"this endpoint does not ask <{endpoint}>; it asks: {asked}")
        opening = index + 1
        index = _closing(tokens, opening) + 1
        begin, end = tokens[opening].start(), tokens[index - 1].end()
        yield Clause(start.start(), end, begin, endpoint, silent, query[begin:end])


def _endpoint(token: re.Match[str], prefixes: Mapping[str, str]) -> str:
    text = token[0]
    if token.lastgroup == "variable":
        raise ServiceRefusedError(f"the endpoint of a SERVICE must be written out; {text} is a variable")
    if token.lastgroup == "iri" and "\\" not in text:
        return text[1:-1]
    prefix, colon, local = text.partition(":")
    if token.lastgroup == "name" and colon and "\\" not in local and prefix in prefixes:
        return prefixes[prefix] + local
    raise ServiceRefusedError(f"{text} is not the address of an endpoint")


def _closing(tokens: Sequence[re.Match[str]], opening: int) -> int:
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].lastgroup == "other":
            depth += (tokens[index][0] == "{") - (tokens[index][0] == "}")
            if depth == 0:
                return index
    raise ServiceRefusedError("the group of a SERVICE is not closed")


def _values(answer: bytes, clause: Clause, most_rows: int) -> str:
    try:
        return _inlined(answer, clause, most_rows)
    except ServiceFailedError:
        if clause.silent:
            return _NOTHING_KNOWN
        raise


def _inlined(answer: bytes, clause: Clause, most_rows: int) -> str:
    try:
        solutions = ox.parse_query_results(answer, format=RESULTS)
        if not isinstance(solutions, ox.QuerySolutions):
            raise ServiceFailedError(f"<{clause.endpoint}> answered a SELECT with a boolean")
        names = solutions.variables
        rows: list[str] = []
        for solution in solutions:
            if len(rows) == most_rows:
                raise ServiceFailedError(
                    f"<{clause.endpoint}> has more than {most_rows} solutions for this SERVICE; narrow its group"
                )
            rows.append(f"({' '.join('UNDEF' if (t := solution[n]) is None else _term(t, clause) for n in names)})")
    except (SyntaxError, ValueError) as error:
        raise ServiceFailedError(f"<{clause.endpoint}> sent no SPARQL results: {error}") from None
    return f"VALUES ({' '.join(map(str, names))}) {{ {' '.join(rows)} }}"


def _term(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple, clause: Clause) -> str:
    """The term as VALUES can hold it: a blank node as an IRI (RDF 1.1, section 3.5), which it stays in the result."""
    if isinstance(term, ox.BlankNode):
        return f"<{_GENID}{clause.start}:{term.value}>"
    if isinstance(term, ox.Triple):
        raise ServiceFailedError(f"<{clause.endpoint}> sent a quoted triple, which VALUES cannot hold")
    return str(term)
