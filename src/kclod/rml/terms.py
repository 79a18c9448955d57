"""Term maps compiled to closures from a record to RDF terms (RML-Core, section 12.2, generated RDF terms).

A closure gives no term where there is no value, and notes a reject where a value cannot become a term.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from kclod.rml import xsd
from kclod.rml.cursor import Cursor, Term, Terms, digest
from kclod.rml.model import Constant, Expression, LogicalSource, Reference, Template, TermMap, TermType
from kclod.rml.strings import Strings, compile_reference, compile_strings, lexical_of
from kclod.rml.values import (
    SURROGATE,
    NotScalarError,
    blank_label,
    decimal_lexical,
    iri_safe,
    is_encodable,
    lexical,
    uri_safe,
)

TermsOf = Callable[[object, Cursor], Terms]
"""From a record to the terms that a term map makes of it."""
Make = Callable[[str, Cursor], Term | None]
"""From a string to a term; None, with a reject noted, where it cannot become one."""

_INTEGER = ox.NamedNode(f"{xsd.XSD}integer")
_DOUBLE = ox.NamedNode(f"{xsd.XSD}double")
_TRUE, _FALSE = ox.Literal(True), ox.Literal(False)
_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"

_ESCAPES = {TermType.IRI: iri_safe, TermType.URI: uri_safe}
_URIS = frozenset({TermType.URI, TermType.UNSAFE_URI})


@dataclass(frozen=True, slots=True)
class Context:
    """What the term maps of a triples map share: its name, its source, its own base IRI."""

    name: str
    source: LogicalSource | None
    base_iri: str | None


def compile_term(term_map: TermMap, context: Context, role: str) -> TermsOf:
    """The closure of a term map. `role` tells fresh blank nodes of one triples map apart. PathError when invalid."""
    expression = term_map.expression
    if expression is None:
        return _fresh(f"{context.name} {role}")
    if isinstance(expression, Constant):
        return _always((expression.term,))
    if term_map.term_type is not TermType.LITERAL:
        strings = compile_strings(expression, context.source, _ESCAPES.get(term_map.term_type))
        return _each_string(strings, _maker(term_map.term_type, expression, context), text_of(expression), context)
    if term_map.language is not None:
        return _tagged(term_map.language, expression, context)
    if term_map.datatype is not None:
        return _typed(term_map.datatype, expression, context)
    if isinstance(expression, Reference) and (context.source is None or context.source.typed):
        return _natural(expression, context)
    return _each_string(
        compile_strings(expression, context.source), _plain(expression, context), text_of(expression), context
    )


def constant_terms(maps: Sequence[TermMap]) -> Terms | None:
    """The terms of constant term maps; None when one of them is not constant."""
    terms = [m.expression.term for m in maps if isinstance(m.expression, Constant)]
    return tuple(dict.fromkeys(terms)) if len(terms) == len(maps) else None


def _always(terms: Terms) -> TermsOf:
    return lambda _record, _cursor: terms


def text_of(expression: Expression) -> str:
    """An expression as the mapping writes it."""
    return expression.text if isinstance(expression, (Reference, Template)) else expression.term.value


def _fresh(identity: str) -> TermsOf:
    """A blank node for each iteration, named after the term map and the iteration."""
    prefix = f"n{digest(identity)}-"
    return lambda _record, cursor: (ox.BlankNode(f"{prefix}{cursor.index}"),)


def _each_string(strings: Strings, make: Make, text: str, context: Context) -> TermsOf:
    """The terms of all strings of an expression."""
    one, many, name = strings.one, strings.many, context.name

    def of_one(record: object, cursor: Cursor) -> Terms:
        try:
            value = one(record)
        except NotScalarError as error:
            cursor.reject(name, text, error.value, str(error))
            return ()
        except UnicodeEncodeError as error:
            cursor.reject(name, text, error.object, SURROGATE)
            return ()
        if value is None:
            return ()
        term = make(value, cursor)
        return () if term is None else (term,)

    def of_many(record: object, cursor: Cursor) -> Terms:
        def bad(value: object, reason: str) -> None:
            cursor.reject(name, text, value, reason)

        made = [make(value, cursor) for value in many(record, bad)]
        return tuple([term for term in made if term is not None])

    return of_one if strings.singular else of_many


# IRIs and blank nodes


def _maker(term_type: TermType, expression: Expression, context: Context) -> Make:
    if term_type is TermType.BLANK_NODE:
        return lambda value, _cursor: ox.BlankNode(blank_label(value))
    return _iri(context, text_of(expression), ascii_only=term_type in _URIS)


def _iri(context: Context, text: str, *, ascii_only: bool) -> Make:
    """An absolute IRI as it is, any other string after the base IRI; no resolution, as RML-Core says."""
    name, own_base = context.name, context.base_iri

    def make(value: str, cursor: Cursor) -> ox.NamedNode | None:
        if not ascii_only or value.isascii():
            try:
                return ox.NamedNode(value)
            except ValueError:
                pass
        base = own_base or cursor.run.base_iri
        reason = "it is no absolute IRI and there is no base IRI"
        if base is not None:
            whole = base + value
            try:
                if not ascii_only or whole.isascii():
                    return ox.NamedNode(whole)
                reason = "a URI has only ASCII characters"
            except ValueError as error:
                reason = f"neither it nor {whole!r} is a valid IRI: {_lower(error)}"
        cursor.reject(name, text, value, reason)
        return None

    return make


def _lower(error: ValueError) -> str:
    message = str(error)
    return message[:1].lower() + message[1:]


# Literals


def _natural(reference: Reference, context: Context) -> TermsOf:
    """Literals with the natural datatypes of JSON values (RML-IO registry)."""
    path = compile_reference(reference, context.source)
    first, find, name, text = path.first, path.find, context.name, reference.text

    def make(value: object, cursor: Cursor) -> ox.Literal | None:
        try:
            if isinstance(value, str):
                return ox.Literal(value)
            if isinstance(value, bool):
                return _TRUE if value else _FALSE
            return ox.Literal(lexical(value), datatype=_INTEGER if isinstance(value, int) else _DOUBLE)
        except NotScalarError as error:
            cursor.reject(name, text, value, str(error))
        except ValueError:
            cursor.reject(name, text, value, SURROGATE)
        return None

    def of_one(record: object, cursor: Cursor) -> Terms:
        value = first(record)
        if value is None:
            return ()
        literal = make(value, cursor)
        return () if literal is None else (literal,)

    def of_many(record: object, cursor: Cursor) -> Terms:
        made = [make(value, cursor) for value in find(record) if value is not None]
        return tuple([literal for literal in made if literal is not None])

    return of_one if path.singular else of_many


def _plain(expression: Expression, context: Context, language: str | None = None) -> Make:
    """A plain literal, or one with a language tag that is known to be well-formed."""
    name, text = context.name, text_of(expression)

    def make(value: str, cursor: Cursor) -> ox.Literal | None:
        try:
            return ox.Literal(value, language=language)
        except ValueError:
            cursor.reject(name, text, value, SURROGATE)
            return None

    return make


def _with_datatype(datatype: ox.NamedNode, expression: Expression, context: Context) -> Make:
    check, name, text = xsd.check_for(datatype.value), context.name, text_of(expression)
    needs_tag = datatype.value == _LANG_STRING

    def make(value: str, cursor: Cursor) -> ox.Literal | None:
        if needs_tag:
            cursor.reject(name, text, value, "rdf:langString needs a language tag")
            return None
        if check is not None and not check(value):
            cursor.reject(name, text, value, f"it is not in the lexical space of {datatype}")
            return None
        try:
            return ox.Literal(value, datatype=datatype)
        except ValueError:
            cursor.reject(name, text, value, SURROGATE)
            return None

    return make


def _typed(datatype: TermMap, expression: Expression, context: Context) -> TermsOf:
    """Datatype-override literals: every value with every datatype (RML-Core, sections 8.6 and 11.2)."""
    if isinstance(datatype.expression, Constant) and isinstance(datatype.expression.term, ox.NamedNode):
        constant = datatype.expression.term
        return _with_one_datatype(constant, expression, context)
    datatypes = compile_term(datatype, context, "datatype")
    compiled: dict[ox.NamedNode, TermsOf] = {}

    def terms(record: object, cursor: Cursor) -> Terms:
        made: list[Term] = []
        for term in datatypes(record, cursor):
            if not isinstance(term, ox.NamedNode):
                continue  # never: a datatype map makes IRIs only
            of_type = compiled.get(term)
            if of_type is None:
                of_type = compiled[term] = _with_one_datatype(term, expression, context)
            made.extend(of_type(record, cursor))
        return tuple(made)

    return terms


def _with_one_datatype(datatype: ox.NamedNode, expression: Expression, context: Context) -> TermsOf:
    to_text = decimal_lexical if xsd.wants_decimal(datatype.value) else lexical_of(context.source)
    strings = compile_strings(expression, context.source, to_text=to_text)
    return _each_string(strings, _with_datatype(datatype, expression, context), text_of(expression), context)


def _tagged(language: Expression, expression: Expression, context: Context) -> TermsOf:
    """Language-tagged strings: every value with every language tag (RML-Core, section 8.5)."""
    if isinstance(language, Constant):
        strings = compile_strings(expression, context.source)
        return _each_string(strings, _plain(expression, context, language.term.value), text_of(expression), context)
    name, tag_text = context.name, text_of(language)
    tags, values, text = (
        compile_strings(language, context.source),
        compile_strings(expression, context.source),
        text_of(expression),
    )

    def terms(record: object, cursor: Cursor) -> Terms:
        def bad_tag(value: object, reason: str) -> None:
            cursor.reject(name, tag_text, value, reason)

        def bad_value(value: object, reason: str) -> None:
            cursor.reject(name, text, value, reason)

        literals: list[Term] = []
        for value in values.many(record, bad_value):
            for tag in tags.many(record, bad_tag):
                try:
                    literals.append(ox.Literal(value, language=tag))
                except ValueError as error:
                    if is_encodable(value):
                        bad_tag(tag, f"it is not a well-formed language tag: {_lower(error)}")
                    else:
                        bad_value(value, SURROGATE)
        return tuple(literals)

    return terms
