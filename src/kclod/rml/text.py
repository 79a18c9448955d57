"""RDF terms as canonical N-Triples text, character for character as pyoxigraph writes them.

RDF 1.1 N-Triples, section 4 (canonical form), and what its successor escapes besides: controls, U+FFFE, U+FFFF.
What is no valid term raises BadTermError, so that nothing but terms is ever written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import blake2b

import pyoxigraph as ox

from kclod.rdf import is_iri
from kclod.rml import xsd
from kclod.rml.document import name_in_rml
from kclod.rml.values import SURROGATE, blank_label, is_encodable

Make = Callable[[str], str]
"""From a string to the text of a term. BadTermError when it cannot become one."""

INTEGER_END = f'"^^<{xsd.XSD}integer>'
DOUBLE_END = f'"^^<{xsd.XSD}double>'
BOOLEAN_END = f'"^^<{xsd.XSD}boolean>'
_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"

_ESCAPED = re.compile('[\x00-\x1f"\\\\\x7f\ufffe\uffff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\b": "\\b", "\n": "\\n", "\r": "\\r", "\f": "\\f"}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_BREAKS_A_LINE = re.compile(r'[\x00-\x1f\x7f<>"{}|^`\\]')
_FITS_AFTER = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:(//[^/?#]*[/?#]|[^/])")


class BadTermError(ValueError):
    """A string that cannot become a term; the message says why."""


class Memo(dict[str, str | None]):
    """Texts of terms by what they are made of, None for what makes none. Looking one up again costs next to nothing.

    Emptied when full, so that it stays small however large the input is.
    """

    LIMIT = 1 << 15

    def __init__(self, make: Callable[[str], str | None]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, value: str) -> str | None:
        try:
            made = self._make(value)
        except BadTermError:
            made = None
        if len(self) >= self.LIMIT:
            self.clear()
        self[value] = made
        return made


def escaped(text: str) -> str:
    """The inside of a literal's quotation marks."""
    if not is_encodable(text):
        raise BadTermError(SURROGATE)
    return _ESCAPED.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return _SHORT.get(match[0]) or f"\\u{ord(match[0]):04X}"


def literal(end: str) -> Make:
    """Literals that end with this text: the closing quotation mark with the datatype or the language."""
    return lambda value: f'"{escaped(value)}{end}'


def end_of(term: ox.Literal) -> str:
    """What follows the lexical form of literals that have the datatype or the language of this one."""
    return str(ox.Literal("", language=term.language) if term.language else ox.Literal("", datatype=term.datatype))[1:]


def datatype_end(datatype: str) -> str:
    """What follows the lexical form of literals of this datatype."""
    return end_of(ox.Literal("", datatype=ox.NamedNode(datatype)))


def typed_literal(datatype: str) -> Make:
    """Literals of a datatype, whose lexical space is checked (RML-Core, section 11.2)."""
    check, end = xsd.check_for(datatype), "" if datatype == _LANG_STRING else datatype_end(datatype)

    def make(value: str) -> str:
        if not end:
            raise BadTermError("rdf:langString needs a language tag")
        if check is not None and not check(value):
            raise BadTermError(f"it is not in the lexical space of <{datatype}>")
        return f'"{escaped(value)}{end}'

    return make


def language_end(tag: str) -> str:
    """What follows the text of a language-tagged string. BadTermError when the tag is not well-formed (BCP 47)."""
    try:
        return end_of(ox.Literal("", language=tag))
    except ValueError as error:
        raise BadTermError(f"it is not a well-formed language tag: {_lower(error)}") from None


def blank(value: str) -> str:
    """A blank node, the same for the same string."""
    return f"_:{blank_label(value)}"


def iri(base: str | None, *, ascii_only: bool = False, unsafe: bool = False) -> Make:
    """Absolute IRIs as they are, any other string after the base IRI; no resolution, as RML-Core says.

    With `unsafe` also what is no valid IRI (rml:UnsafeIRI); the characters that N-Quads does not allow between the
    angle brackets, except the space, are then written as numeric escapes: nothing can end the IRI or the line.
    """

    def make(value: str) -> str:
        allowed = not ascii_only or value.isascii()
        if allowed:
            try:
                ox.NamedNode(value)
            except ValueError:
                pass
            else:
                return f"<{value}>"
        if unsafe and allowed and is_encodable(value) and _SCHEME.match(value):
            return _unsafe(value)
        if base is None:
            raise BadTermError("it is no absolute IRI and there is no base IRI")
        whole = base + value
        if ascii_only and not whole.isascii():
            raise BadTermError("a URI has only ASCII characters")
        try:
            return str(ox.NamedNode(whole))
        except ValueError as error:
            if unsafe and is_encodable(whole):
                return _unsafe(whole)
            raise BadTermError(f"neither it nor {whole!r} is a valid IRI: {_lower(error)}") from None

    return make


def _unsafe(value: str) -> str:
    return f"<{_BREAKS_A_LINE.sub(lambda match: f'{chr(92)}u{ord(match[0]):04X}', value)}>"


def always_valid(literals: tuple[str, ...], base: str | None) -> str | None:
    """What a template of IRI-safe values begins with, if whatever the values are it makes a valid IRI; else None.

    It does where scheme and authority are complete before the first value, in the template or in the base IRI, and
    the rest is valid around values that are empty and around values that are not.
    """
    head, rest = literals[0], literals[1:]
    if not _SCHEME.match(head):
        if base is None or "/" not in head:  # the first value might complete a scheme
            return None
        head = base + head
    samples = (head + "".join(value + text for text in rest) for value in ("", "z"))
    return head if _FITS_AFTER.match(head) and all(map(is_iri, samples)) else None


def graph_end(end: str) -> Make:
    """What follows the object in a line of the graph with this term: nothing before `end` for rml:defaultGraph."""

    def make(term: str) -> str:
        return end if is_default_graph(term) else f" {term}{end}"

    return make


def is_default_graph(term: str) -> bool:
    """Whether the text of a term is rml:defaultGraph, of either vocabulary."""
    return name_in_rml(term[1:-1]) == "defaultGraph"


def scope(term: str) -> str:
    """What the labels of blank nodes get in a graph: a blank node belongs to one graph (RML-Core, section 10.1)."""
    return "" if is_default_graph(term) else f"-{digest(term)}"


def digest(text: str) -> str:
    """A short name for a text, the same on every machine."""
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _lower(error: ValueError) -> str:
    message = str(error)
    return message[:1].lower() + message[1:]
