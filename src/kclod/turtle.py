"""Readable Turtle: grouped by subject, types first, prefixes, stable order, one block a subject.

Follows RDF 1.1 Turtle: prefixed names by productions PN_PREFIX and PN_LOCAL (section 6.5), numbers and truth values
bare where their lexical form allows it (section 2.5.2), blank nodes that are used once written where they are used
(section 2.7), lists as collections (section 2.8). Equal graphs give equal bytes, also when their blank nodes have
other labels.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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
_DEEPEST = 30
"""Blank nodes nested deeper than this get a label: no reader follows them, and parsers and Python have their limits."""

_Properties = dict[ox.NamedNode, list[Term]]


def write(triples: Iterable[ox.Triple], prefixes: Mapping[str, str]) -> Iterator[bytes]:
    """The triples as Turtle in UTF-8, a block at a time; only the prefixes that are used are declared.

    A prefix whose name is not a PN_PREFIX, or whose namespace is not an absolute IRI, is left out.
    """
    graph = _by_subject(triples)
    names = _Names(prefixes)
    writer = _Writer(graph, names, *_nested(graph))
    for properties in graph.values():
        for predicate, objects in properties.items():
            names.use(predicate)
            for term in objects:
                names.use(term.datatype if isinstance(term, ox.Literal) else term)
    for subject in graph:
        names.use(subject)
    yield from (f"@prefix {name}: <{names.namespaces[name]}> .\n".encode() for name in sorted(names.used))
    for subject in writer.roots:
        yield writer.block(subject).encode()


def serialize(triples: Iterable[ox.Triple], prefixes: Mapping[str, str]) -> bytes:
    """What `write` writes, in one piece."""
    return b"".join(write(triples, prefixes))
