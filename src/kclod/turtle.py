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

from kclod.rdf import Term

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_TYPE, _FIRST, _REST, _NIL = (ox.NamedNode(_RDF + name) for name in ("type", "first", "rest", "nil"))

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

_Subject = ox.NamedNode | ox.BlankNode | ox.Triple  # as pyoxigraph's types have it; it makes no triple a subject
_Object = Term | ox.Triple
_Graph = dict[_Subject, dict[ox.NamedNode, list[_Object]]]


def write(triples: Iterable[ox.Triple], prefixes: Mapping[str, str]) -> Iterator[bytes]:
    """The triples as Turtle in UTF-8, a block at a time; only the prefixes that are used are declared.

    A prefix whose name is not a PN_PREFIX, or whose namespace is not an absolute IRI, is left out.
    """
    names = _Names(prefixes)
    writer = _Writer(_by_subject(triples), names)
    blocks = [writer.block(subject).encode() for subject in writer.roots]  # first, to know which prefixes they use
    yield from (f"@prefix {name}: <{namespace}> .\n".encode() for name, namespace in names.used())
    yield from blocks


def serialize(triples: Iterable[ox.Triple], prefixes: Mapping[str, str]) -> bytes:
    """What `write` writes, in one piece."""
    return b"".join(write(triples, prefixes))


def _by_subject(triples: Iterable[ox.Triple]) -> _Graph:
    """Predicates and objects of each subject in the order in which they are written; blank nodes by RDFC-1.0 labels."""
    distinct = set(triples)
    if any(isinstance(term, ox.BlankNode | ox.Triple) for t in distinct for term in (t.subject, t.object)):
        dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in distinct)
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        distinct = {q.triple for q in dataset}
    graph: _Graph = {}
    for triple in distinct:
        graph.setdefault(triple.subject, {}).setdefault(triple.predicate, []).append(triple.object)
    for subject, properties in graph.items():
        for objects in properties.values():
            if len(objects) > 1:
                objects.sort(key=_order)
        if len(properties) > 1:
            graph[subject] = {p: properties[p] for p in sorted(properties, key=_predicate_order)}
    return graph


def _order(term: _Object) -> tuple[int, str, int, str]:
    match term:
        case ox.NamedNode():
            return 0, term.value, 0, ""
        case ox.BlankNode():
            return 1, "", len(term.value), term.value  # c14n9 comes before c14n10
        case ox.Literal():
            return 2, term.language or "", 0, str(term)
        case _:
            return 3, str(term), 0, ""


def _predicate_order(predicate: ox.NamedNode) -> tuple[bool, str]:
    return predicate != _TYPE, predicate.value


def _blank_nodes(term: _Object) -> Iterator[ox.BlankNode]:
    if isinstance(term, ox.BlankNode):
        yield term
    elif isinstance(term, ox.Triple):
        yield from _blank_nodes(term.subject)
        yield from _blank_nodes(term.object)


class _Names:
    """Writes IRIs: as prefixed names where the grammar allows it, the longest namespace first, else whole."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        usable = {ns: name for name, ns in sorted(prefixes.items()) if _PREFIX_NAME.fullmatch(name) and _is_iri(ns)}
        self._prefix_of = usable
        longest_first = sorted(usable, key=len, reverse=True)
        self._namespace = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")
        self._known: dict[str, str] = {}
        self._used: set[str] = set()

    def __call__(self, iri: str) -> str:
        name = self._known.get(iri)
        if name is None:
            name = f"<{iri}>"
            match = self._namespace.match(iri)
            if match and _LOCAL_NAME.fullmatch(local := iri[match.end() :]):
                name = f"{self._prefix_of[match[0]]}:{local}"
                self._used.add(match[0])
            self._known[iri] = name
        return name

    def used(self) -> list[tuple[str, str]]:
        """The prefixes, with their namespaces, of the names given so far; ordered by prefix."""
        return sorted((self._prefix_of[namespace], namespace) for namespace in self._used)


def _is_iri(text: str) -> bool:
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


class _Writer:
    """Knows which blank nodes of a graph are written in place, as a list, or with a label; writes blocks."""

    def __init__(self, graph: _Graph, names: _Names) -> None:
        self._graph = graph
        self._names = names
        self._uses = Counter(_uses(graph))
        self._lists = _lists(graph, self._uses)
        self._inline: set[_Subject] = set()
        self.roots = sorted(self._choose_roots(), key=_order)
        """The subjects that get a block of their own, in order."""

    def block(self, subject: _Subject) -> str:
        """All that is said of one subject, with a blank line before it."""
        name = "[]" if isinstance(subject, ox.BlankNode) and self._uses[subject] == 0 else self._term(subject, 1)
        return f"\n{name} " + " ;\n    ".join(self._properties(subject, 1)) + " .\n"

    def _choose_roots(self) -> set[_Subject]:
        roots = {s for s in self._graph if isinstance(s, ox.NamedNode) or self._uses[s] != 1}
        if self._uses:
            for root in sorted(roots, key=_order):
                self._nest(root, roots)
        # What is left hangs only on itself: open each circle at its first node, but no list in its middle.
        middles = {rest for _, rest in self._lists.values()}
        for subject in sorted((s for s in self._graph if isinstance(s, ox.BlankNode)), key=_order):
            if subject not in self._inline and subject not in roots and subject not in middles:
                roots.add(subject)
                self._nest(subject, roots)
        return roots

    def _nest(self, root: _Subject, roots: set[_Subject]) -> None:
        """Mark what is written in place below a root; what would lie too deep becomes a root."""
        waiting = [(root, 0)]
        while waiting:
            node, depth = waiting.pop()
            for term in self._parts(node):
                if (
                    isinstance(term, ox.BlankNode)
                    and self._uses[term] == 1
                    and term in self._graph
                    and term not in roots
                ):
                    too_deep = depth >= _DEEPEST
                    (roots if too_deep else self._inline).add(term)
                    waiting.append((term, 0 if too_deep else depth + 1))

    def _parts(self, node: _Subject) -> Iterator[_Object]:
        """The objects of a node; for a list its items, its cells being marked as in place."""
        if node not in self._inline or node not in self._lists:
            yield from (term for objects in self._graph[node].values() for term in objects)
            return
        for cell, item in self._cells(node):
            self._inline.add(cell)
            yield item

    def _cells(self, head: _Object) -> Iterator[tuple[_Subject, _Object]]:
        cell = head
        while isinstance(cell, ox.BlankNode):
            item, rest = self._lists[cell]
            yield cell, item
            cell = rest

    def _properties(self, subject: _Subject, depth: int) -> list[str]:
        """A predicate with its objects each; what they nest stands at `depth` or deeper."""
        return [
            ("a" if predicate == _TYPE else self._names(predicate.value))
            + " "
            + " , ".join(self._term(term, depth) for term in objects)
            for predicate, objects in self._graph[subject].items()
        ]

    def _term(self, term: _Object, depth: int) -> str:
        match term:
            case ox.NamedNode():
                return "()" if term == _NIL else self._names(term.value)
            case ox.Literal():
                return self._literal(term)
            case ox.BlankNode():
                return self._blank_node(term, depth)
            case _:
                return f"<<( {term} )>>"

    def _literal(self, literal: ox.Literal) -> str:
        text = str(literal)
        quoted, is_typed, _ = text.rpartition("^^<")
        if not is_typed or not text.endswith(">"):
            return text
        datatype = literal.datatype.value
        bare = _BARE.get(datatype)
        if bare is not None and bare.fullmatch(literal.value):
            return literal.value
        return f"{quoted}^^{self._names(datatype)}"

    def _blank_node(self, node: ox.BlankNode, depth: int) -> str:
        if node not in self._inline:
            return str(node) if node in self._graph or self._uses[node] != 1 else "[]"
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


def _uses(graph: _Graph) -> Iterator[_Subject]:
    """The blank nodes, as often as they are objects; inside a triple term twice, so that they get a label there."""
    for properties in graph.values():
        for term in (term for objects in properties.values() for term in objects):
            yield from _blank_nodes(term)
            if isinstance(term, ox.Triple):
                yield from _blank_nodes(term)


def _lists(graph: _Graph, uses: Mapping[_Subject, int]) -> dict[_Subject, tuple[_Object, _Object]]:
    """The cells (item, rest) of well-formed lists: used once, with nothing but one item and one rest, ending in nil."""
    cells: dict[_Subject, tuple[_Object, _Object]] = {
        node: (properties[_FIRST][0], properties[_REST][0])
        for node, properties in graph.items()
        if isinstance(node, ox.BlankNode)
        and uses[node] == 1
        and properties.keys() == {_FIRST, _REST}
        and len(properties[_FIRST]) == len(properties[_REST]) == 1
    }
    before: dict[_Object, _Subject] = {rest: node for node, (_, rest) in cells.items() if rest != _NIL}
    well_formed: dict[_Subject, tuple[_Object, _Object]] = {}
    for last in (node for node, (_, rest) in cells.items() if rest == _NIL):
        cell: _Subject | None = last
        while cell is not None:
            well_formed[cell] = cells[cell]
            cell = before.get(cell)
    return well_formed
