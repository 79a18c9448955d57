"""The text of a query as it goes to the server that holds the release, so that it is asked of that release alone.

What is added is found by the lexer of `guard`, in a query that the engine's own parser has taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kclod.remote.published import DEFAULT, OURS, Layout, Published
from kclod.web.protocol.guard import LEXEMES, form_of

_NOTHING = f"{OURS}nothing"
"""A graph that is never there: what is not named is empty, and some servers would take it for everything."""
_FORMS = frozenset({"select", "construct", "ask", "describe"})
_SQL = re.compile(r"(?:bif|sql):", re.IGNORECASE)
_ESCAPED = re.compile(r"\\[uU]")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query ready to be sent: its text, and the protocol's dataset parameters."""

    text: str
    dataset: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str | None
    text: str
    start: int
    end: int


def asked(
    query: str,
    base_iri: str,
    default_graphs: Sequence[str] | None,
    named_graphs: Sequence[str] | None,
    *,
    published: Published,
    names: Sequence[str],
) -> Asked:
    """The query over the dataset that the request names, else that it names itself, else the release's.

    `names` are the release's named graphs, where the server sees only those that it is told.
    """
    tokens = list(_tokens(query))
    own = list(_own_dataset(tokens))
    describe = form_of(query) == "describe"
    text, dataset = query, []
    if default_graphs is not None or named_graphs is not None:
        # what is not named is empty, in every layout; and the query's own clauses count for nothing (Protocol, 2.1.4)
        text = _without_clauses(query, tokens)
        dataset += [("default-graph-uri", g) for g in default_graphs or (_NOTHING,)]
        dataset += [("named-graph-uri", g) for g in named_graphs or (_NOTHING,)]
    elif own:
        text = _completed(query, own)
    elif published.layout is Layout.OWN:
        text = _inserted(query, _filters(tokens, published))
    elif published.layout is Layout.LISTED or describe:
        dataset = [("default-graph-uri", DEFAULT), *(("named-graph-uri", name) for name in names or (_NOTHING,))]
    else:
        # Virtuoso takes GRAPH wrongly where a default graph is named; so the whole pattern is asked of that graph
        text = _inserted(query, [*_filters(tokens, published), *_wrapped(query, tokens)])
    text = f"BASE <{base_iri}>\n{text}"
    if published.product == "virtuoso" and describe:
        text = f'define sql:describe-mode "CBD"\n{text}'
    return Asked(text, tuple(dataset))


def lists_graphs(query: str, published: Published) -> bool:
    """Whether the named graphs must be listed with a query."""
    visible = published.layout is Layout.OWN or (published.layout is Layout.VISIBLE and form_of(query) != "describe")
    return not visible and any(t.kind == "word" and t.text.lower() == "graph" for t in _tokens(query))


def calls_server(query: str) -> bool:
    """Whether a query might call the functions of Virtuoso's SQL, whose names begin with `bif:` or `sql:`."""
    before: _Token | None = None
    for token in _tokens(query):
        if token.kind == "iri":
            iri = token.text[1:-1]
            declares = before is not None and before.kind == "name"  # a prefix may hold a part of such a name
            if _ESCAPED.search(iri) or _SQL.match(iri) or (declares and ":" not in iri):
                return True
        elif token.kind == "name" and _SQL.match(token.text):
            return True
        before = token
    return False


def solutions_of(query: str) -> str:
    """A CONSTRUCT as a SELECT with a row for each of its solutions."""
    tokens = list(_tokens(query))
    at = next(i for i, t in enumerate(tokens) if t.kind == "word" and t.text.lower() == "construct")
    end = tokens[at].end
    if at + 1 < len(tokens) and tokens[at + 1].text == "{":
        end = tokens[_closing(tokens, at + 1)].end
    return f"{query[: tokens[at].start]}SELECT (1 AS ?kclod){query[end:]}"


def _tokens(query: str) -> Iterator[_Token]:
    return (_Token(m.lastgroup, m[0], m.start(), m.end()) for m in LEXEMES.finditer(query) if m.lastgroup != "skip")


def _closing(tokens: Sequence[_Token], opening: int) -> int:
    """The place of the brace that closes one."""
    depth = 0
    for place in range(opening, len(tokens)):
        depth += {"{": 1, "}": -1}.get(tokens[place].text, 0) if tokens[place].kind == "other" else 0
        if depth == 0:
            return place
    return len(tokens) - 1


def _graphs_by_variable(tokens: Sequence[_Token]) -> Iterator[tuple[_Token, _Token, _Token]]:
    """Each GRAPH with a variable: the word, the variable, and the brace at its end."""
    for place, (word, variable, brace) in enumerate(zip(tokens, tokens[1:], tokens[2:], strict=False)):
        if word.kind == "word" and word.text.lower() == "graph" and variable.kind == "variable" and brace.text == "{":
            yield word, variable, tokens[_closing(tokens, place + 2)]


def _own_dataset(tokens: Sequence[_Token]) -> Iterator[tuple[bool, _Token]]:
    """Each dataset clause (SPARQL 1.1, section 13.2): whether it is FROM NAMED, and its IRI."""
    for before, this, after in zip(tokens, tokens[1:], [*tokens[2:], None], strict=False):
        if before.kind == "word" and before.text.lower() == "from":
            if this.kind in ("iri", "name"):
                yield False, this
            elif this.text.lower() == "named" and after is not None and after.kind in ("iri", "name"):
                yield True, after


def _without_clauses(query: str, tokens: Sequence[_Token]) -> str:
    """Without its dataset clauses."""
    parts, last = [], 0
    for place, token in enumerate(tokens):
        ends = [iri.end for _, iri in _own_dataset(tokens[place : place + 3])][:1]
        if token.kind == "word" and token.text.lower() == "from" and ends:
            parts.append(query[last : token.start])
            last = ends[0]
    return "".join((*parts, query[last:]))


def _completed(query: str, own: Sequence[tuple[bool, _Token]]) -> str:
    """With what its dataset clauses leave out named as nothing."""
    end = own[-1][1].end
    named = {is_named for is_named, _ in own}
    more = f" FROM NAMED <{_NOTHING}>" if True not in named else f" FROM <{_NOTHING}>" if False not in named else ""
    return f"{query[:end]}{more}{query[end:]}"


_Insertion = tuple[int, int, str]
"""Where, in which order at that place, and what."""


def _inserted(query: str, insertions: Iterable[_Insertion]) -> str:
    parts, last = [], 0
    for place, _, more in sorted(insertions):
        parts += [query[last:place], more]
        last = place
    return "".join((*parts, query[last:]))


def _filters(tokens: Sequence[_Token], published: Published) -> Iterator[_Insertion]:
    """At each GRAPH with a variable, a filter that has it not find graphs that are not the release's."""
    for word, variable, end in _graphs_by_variable(tokens):
        others = f" && {variable.text} NOT IN ({', '.join(f'<{g}>' for g in published.beside)})"
        others = others if published.beside else ""
        condition = f'!BOUND({variable.text}) || !STRSTARTS(STR({variable.text}), "{OURS}"){others}'
        yield word.start, 1, "{ "
        yield end.end, 0, f" FILTER({condition}) }}"


def _wrapped(query: str, tokens: Sequence[_Token]) -> Iterator[_Insertion]:
    """The pattern of a query asked of the graph `DEFAULT`; ValueError where a pattern stands elsewhere, too."""
    start = next(i for i, t in enumerate(tokens) if t.kind == "word" and t.text.lower() in _FORMS)
    place, template = start + 1, None
    if tokens[start].text.lower() == "construct" and tokens[place].text == "{":
        template = place
        place = _closing(tokens, place) + 1
    before = place
    while place < len(tokens) and tokens[place].text != "{":
        place += 1
    end = _closing(tokens, place)
    if _has_exists(tokens[before:place]) or _has_exists(tokens[end + 1 :]):
        raise ValueError("EXISTS outside of WHERE")
    if tokens[start].text.lower() == "construct" and template is None:  # the short form: its pattern is its template
        yield tokens[start].end, 0, f" {query[tokens[place].start : tokens[end].end]}"
    yield tokens[place].end, 0, f" GRAPH <{DEFAULT}> {{"
    yield tokens[end].start, 2, "} "


def _has_exists(tokens: Sequence[_Token]) -> bool:
    """Whether there is EXISTS, which alone may have a pattern beside that of a query."""
    return any(t.kind == "word" and t.text.lower() == "exists" for t in tokens)
