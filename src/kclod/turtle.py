"""Readable Turtle: grouped by subject, types first, prefixes, stable order, one block a subject.

Follows RDF 1.1 Turtle: prefixed names by productions PN_PREFIX and PN_LOCAL (section 6.5), numbers and truth values
bare where their lexical form allows it (section 2.5.2), blank nodes that are used once written where they are used
(section 2.7), lists as collections (section 2.8). Equal graphs give equal bytes, also when their blank nodes have
other labels.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import pyoxigraph as ox

from kclod.rdf import Statement, has_blank_node, is_iri, relabelled, statement_of

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_TYPE, _FIRST, _REST, _NIL = (f"<{_RDF}{name}>" for name in ("type", "first", "rest", "nil"))

_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_CHARS = _BASE + r"_\-0-9\u00b7\u0300-\u036f\u203f-\u2040"
_PREFIX_NAME = re.compile(rf"(?:[{_BASE}](?:[{_CHARS}.]*[{_CHARS}])?)?")
_PERCENT = "%[0-9A-Fa-f]{2}"
_LOCAL_NAME = re.compile(
    rf"(?:(?:[{_BASE}_:0-9]|{_PERCENT})(?:(?:[{_CHARS}.:]|{_PERCENT})*(?:[{_CHARS}:]|{_PERCENT}))?)?"
)
"""PN_LOCAL without the backslash escapes: an IRI that would need one is written whole, which reads better."""

_BARE = {
    _XSD + "integer": re.compile(r"[+-]?[0-9]+"),
    _XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    _XSD + "double": re.compile(r"[+-]?(?:[0-9]+\.[0-9]*|\.?[0-9]+)[eE][+-]?[0-9]+"),
    _XSD + "boolean": re.compile(r"true|false"),
}
_WIDEST = 100
"""Characters of a blank node or list that is still written in one line."""
_DEEPEST = 30
"""Blank nodes nested deeper than this get a label: no reader follows them, and parsers and Python have their limits."""

_Term = str
"""A term as a statement has it: `<iri>`, `_:label`, `"text"@tag`, `<<( triple )>>`."""
_Graph = dict[_Term, dict[_Term, list[_Term]]]


def write(triples: Iterable[ox.Triple], prefixes: Mapping[str, str]) -> Iterator[bytes]:
    """The triples as Turtle in UTF-8, a block at a time; only the prefixes that are used are declared.

    A prefix whose name is not a PN_PREFIX, or whose namespace is not an absolute IRI, is left out.
    """
    names = Names(prefixes)
    writer = _Writer(_by_subject(map(statement_of, triples)), names)
    blocks = [writer.block(subject).encode() for subject in writer.roots]  # first, to know which prefixes they use
    yield header(names.used())
    yield from blocks


def serialize(triples: Iterable[ox.Triple], prefixes: Mapping[str, str]) -> bytes:
    """What `write` writes, in one piece."""
    return b"".join(write(triples, prefixes))


def write_statements(statements: Iterable[Statement], prefixes: Mapping[str, str]) -> Iterator[bytes]:
    """As `write`, but all prefixes that are usable are declared, so that one block can change without the others."""
    names = Names(prefixes)
    writer = _Writer(_by_subject(statements), names)
    yield header(names.usable())
    for subject in writer.roots:
        yield writer.block(subject).encode()


def header(prefixes: Iterable[tuple[str, str]]) -> bytes:
    """The declarations of prefixes (name, namespace)."""
    return "".join(f"@prefix {name}: <{namespace}> .\n" for name, namespace in prefixes).encode()


def block(statements: Iterable[Statement], names: Names) -> bytes:
    """The block of one subject from all statements about it, which have no blank node; empty if there are none."""
    graph = _by_subject(statements)
    writer = _Writer(graph, names)
    return "".join(map(writer.block, graph)).encode()


def block_order(subject: _Term) -> str:
    """What the blocks of IRIs are ordered by."""
    return subject[1:-1]


def _by_subject(statements: Iterable[Statement]) -> _Graph:
    """Predicates and objects of each subject in the order in which they are written; blank nodes by RDFC-1.0 labels."""
    distinct = set(statements)
    blank = [statement for statement in distinct if has_blank_node(statement)]
    if blank:
        distinct.difference_update(blank)
        distinct.update(relabelled(blank))
    graph: _Graph = {}
    for statement in distinct:
        subject, predicate, object_ = statement.split(" ", 2)
        graph.setdefault(subject, {}).setdefault(predicate, []).append(object_)
    for subject, properties in graph.items():
        for objects in properties.values():
            if len(objects) > 1:
                objects.sort(key=_order)
        if len(properties) > 1:
            graph[subject] = {p: properties[p] for p in sorted(properties, key=_predicate_order)}
    return graph


def _is_blank(term: _Term) -> bool:
    return term.startswith("_:")


def _order(term: _Term) -> tuple[int, str, int, str]:
    if term.startswith('"'):
        return 2, term.rpartition('"')[2].removeprefix("@") if not term.endswith(">") else "", 0, term
    if _is_blank(term):
        return 1, "", len(term), term  # c14n9 comes before c14n10
    return (3, term, 0, "") if term.startswith("<<") else (0, block_order(term), 0, "")


def _predicate_order(predicate: _Term) -> tuple[bool, str]:
    return predicate != _TYPE, predicate[1:-1]


_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')
_LABEL = re.compile(r"_:[^\s()<>]+")


def _blank_nodes(term: _Term) -> Iterable[_Term]:
    if _is_blank(term):
        return (term,)
    return _LABEL.findall(_LITERAL.sub("", term)) if term.startswith("<<") else ()


class Names:
    """Writes IRIs: as prefixed names where the grammar allows it, the longest namespace first, else whole."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        usable = {ns: name for name, ns in sorted(prefixes.items()) if _PREFIX_NAME.fullmatch(name) and is_iri(ns)}
        self._prefix_of = usable
        longest_first = sorted(usable, key=len, reverse=True)
        self._namespace = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")
        self._known: dict[str, str] = {}
        self._used: set[str] = set()

    def __call__(self, term: _Term) -> str:
        """The name of an IRI in angle brackets."""
        name = self._known.get(term)
        if name is None:
            name = term
            match = self._namespace.match(term, 1)
            if match and _LOCAL_NAME.fullmatch(term, match.end(), len(term) - 1):
                name = f"{self._prefix_of[match[0]]}:{term[match.end() : -1]}"
                self._used.add(match[0])
            self._known[term] = name
        return name

    def usable(self) -> list[tuple[str, str]]:
        """All prefixes that can be declared, with their namespaces; ordered by prefix."""
        return sorted((name, namespace) for namespace, name in self._prefix_of.items())

    def used(self) -> list[tuple[str, str]]:
        """The prefixes, with their namespaces, of the names given so far; ordered by prefix."""
        return sorted((self._prefix_of[namespace], namespace) for namespace in self._used)


class _Writer:
    """Knows which blank nodes of a graph are written in place, as a list, or with a label; writes blocks."""

    def __init__(self, graph: _Graph, names: Names) -> None:
        self._graph = graph
        self._names = names
        self._uses = Counter(_uses(graph))
        self._lists = _lists(graph, self._uses)
        self._inline: set[_Term] = set()
        self.roots = sorted(self._choose_roots(), key=_order)
        """The subjects that get a block of their own, in order."""

    def block(self, subject: _Term) -> str:
        """All that is said of one subject, with a blank line before it."""
        name = "[]" if _is_blank(subject) and self._uses[subject] == 0 else self._term(subject, 1)
        return f"\n{name} " + " ;\n    ".join(self._properties(subject, 1)) + " .\n"

    def _choose_roots(self) -> set[_Term]:
        roots = {s for s in self._graph if not _is_blank(s) or self._uses[s] != 1}
        if self._uses:
            for root in sorted(roots, key=_order):
                self._nest(root, roots)
        # What is left hangs only on itself: open each circle at its first node, but no list in its middle.
        middles = {rest for _, rest in self._lists.values()}
        for subject in sorted(filter(_is_blank, self._graph), key=_order):
            if subject not in self._inline and subject not in roots and subject not in middles:
                roots.add(subject)
                self._nest(subject, roots)
        return roots

    def _nest(self, root: _Term, roots: set[_Term]) -> None:
        """Mark what is written in place below a root; what would lie too deep becomes a root."""
        waiting = [(root, 0)]
        while waiting:
            node, depth = waiting.pop()
            for term in self._parts(node):
                if _is_blank(term) and self._uses[term] == 1 and term in self._graph and term not in roots:
                    too_deep = depth >= _DEEPEST
                    (roots if too_deep else self._inline).add(term)
                    waiting.append((term, 0 if too_deep else depth + 1))

    def _parts(self, node: _Term) -> Iterator[_Term]:
        """The objects of a node; for a list its items, its cells being marked as in place."""
        if node not in self._inline or node not in self._lists:
            yield from (term for objects in self._graph[node].values() for term in objects)
            return
        for cell, item in self._cells(node):
            self._inline.add(cell)
            yield item

    def _cells(self, head: _Term) -> Iterator[tuple[_Term, _Term]]:
        cell = head
        while _is_blank(cell):
            item, rest = self._lists[cell]
            yield cell, item
            cell = rest

    def _properties(self, subject: _Term, depth: int) -> list[str]:
        """A predicate with its objects each; what they nest stands at `depth` or deeper."""
        return [
            ("a" if predicate == _TYPE else self._names(predicate))
            + " "
            + " , ".join(self._term(term, depth) for term in objects)
            for predicate, objects in self._graph[subject].items()
        ]

    def _term(self, term: _Term, depth: int) -> str:
        if term.startswith('"'):
            return self._literal(term)
        if _is_blank(term):
            return self._blank_node(term, depth)
        if term == _NIL:
            return "()"
        return term if term.startswith("<<") else self._names(term)

    def _literal(self, text: _Term) -> str:
        quoted, is_typed, datatype = text.rpartition("^^<")
        if not is_typed or not datatype.endswith(">"):
            return text
        bare = _BARE.get(datatype[:-1])
        if bare is not None and bare.fullmatch(quoted, 1, len(quoted) - 1):
            return quoted[1:-1]
        return f"{quoted}^^{self._names(f'<{datatype}')}"

    def _blank_node(self, node: _Term, depth: int) -> str:
        if node not in self._inline:
            return node if node in self._graph or self._uses[node] != 1 else "[]"
        if node in self._lists:
            items = [self._term(item, depth + 1) for _, item in self._cells(node)]
            return _bracketed("()", items, "", depth)
        return _bracketed("[]", self._properties(node, depth + 1), " ;", depth)


def _bracketed(brackets: str, parts: list[str], separator: str, depth: int) -> str:
    """In one line if that is short, else one part a line."""
    line = f"{brackets[0]} {f'{separator} '.join(parts)} {brackets[1]}"
    if len(line) <= _WIDEST and "\n" not in line:
        return line
    indent = "\n" + "    " * (depth + 1)
    return f"{brackets[0]}{indent}{f'{separator}{indent}'.join(parts)}\n{'    ' * depth}{brackets[1]}"


def _uses(graph: _Graph) -> Iterator[_Term]:
    """The blank nodes, as often as they are objects; inside a triple term twice, so that they get a label there."""
    for properties in graph.values():
        for term in (term for objects in properties.values() for term in objects):
            yield from _blank_nodes(term)
            if term.startswith("<<"):
                yield from _blank_nodes(term)


def _lists(graph: _Graph, uses: Mapping[_Term, int]) -> dict[_Term, tuple[_Term, _Term]]:
    """The cells (item, rest) of well-formed lists: used once, with nothing but one item and one rest, ending in nil."""
    cells: dict[_Term, tuple[_Term, _Term]] = {
        node: (properties[_FIRST][0], properties[_REST][0])
        for node, properties in graph.items()
        if _is_blank(node)
        and uses[node] == 1
        and properties.keys() == {_FIRST, _REST}
        and len(properties[_FIRST]) == len(properties[_REST]) == 1
    }
    before: dict[_Term, _Term] = {rest: node for node, (_, rest) in cells.items() if rest != _NIL}
    well_formed: dict[_Term, tuple[_Term, _Term]] = {}
    for last in (node for node, (_, rest) in cells.items() if rest == _NIL):
        cell: _Term | None = last
        while cell is not None:
            well_formed[cell] = cells[cell]
            cell = before.get(cell)
    return well_formed
