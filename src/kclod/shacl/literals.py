"""Terms as text: what kind they are, and what a literal is made of (N-Triples, section 2; canonical form)."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_DIRECTIONS = ("--ltr", "--rtl")
XSD_STRING = "<http://www.w3.org/2001/XMLSchema#string>"
LANG_STRING = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#langString>"


def is_iri(term: str) -> bool:
    """Whether a term is an IRI."""
    return term.startswith("<") and not term.startswith("<<")


def is_blank(term: str) -> bool:
    """Whether a term is a blank node."""
    return term.startswith("_")


def is_literal(term: str) -> bool:
    """Whether a term is a literal."""
    return term.startswith('"')


def is_beyond_rdf11(term: str) -> bool:
    """Whether a term is a triple, or a literal with a direction."""
    return term.startswith("<<") or (is_literal(term) and term.endswith(_DIRECTIONS))


def lexical_form(literal: str) -> str:
    """The text of a literal, without quotes and escapes."""
    text = literal[1 : literal.rindex('"')]
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else _ESCAPED.get(found[3], found[3])


def language_of(term: str) -> str:
    """The language tag of a literal; empty for what has none."""
    if not is_literal(term) or term.endswith((">", '"')):
        return ""
    return term[term.rindex('"') + 2 :]


def datatype_of(literal: str) -> str:
    """The datatype of a literal, as a term."""
    if literal.endswith('"'):
        return XSD_STRING
    return literal[literal.rindex('"') + 3 :] if literal.endswith(">") else LANG_STRING


def text_of(term: str) -> str:
    """What SPARQL's STR gives for an IRI or a literal; of a blank node its label."""
    if is_literal(term):
        return lexical_form(term)
    return term[2:] if is_blank(term) else term[1:-1]
