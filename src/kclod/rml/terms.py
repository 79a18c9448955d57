"""Term maps compiled to closures from a record to the texts of RDF terms (RML-Core, section 12.2).

This is the whole of what a term map can mean. `kclod.rml.generate` writes the usual cases as code of their own and
comes here for the rest: several values, values that are no strings, values that are rejected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from kclod.rml import text, xsd
from kclod.rml.cursor import Cursor
from kclod.rml.model import Constant, Expression, LogicalSource, Reference, Template, TermMap, TermType
from kclod.rml.strings import Columns, Strings, compile_reference, compile_strings, lexical_of
from kclod.rml.text import BadTermError, Make
from kclod.rml.values import NotScalarError, decimal_lexical, iri_safe, lexical, uri_safe

TextsOf = Callable[[object, Cursor], list[str]]
"""From a record to the terms that a term map makes of it. What cannot become a term is told to the cursor."""
Note = Callable[[Cursor, object, str], None]
"""Told where a value cannot become a term, the value, and why."""

ESCAPES: Final = {TermType.IRI: iri_safe, TermType.URI: uri_safe}
_URIS = frozenset({TermType.URI, TermType.UNSAFE_URI})
_UNSAFE = frozenset({TermType.UNSAFE_IRI, TermType.UNSAFE_URI})


@dataclass(frozen=True, slots=True)
class Context:
    """What the term maps of a triples map share in one way of running it.

    `base_iri` is the triples map's own or that of the run. `columns` are given where records are rows of cells. With
    `unsafe` what rml:UnsafeIRI makes need not be a valid IRI. `silent`: rejects are told elsewhere.
    """

    name: str
    source: LogicalSource | None
    base_iri: str | None
    columns: Columns = None
    unsafe: bool = False
    silent: bool = False

    def note_for(self, expression: Expression) -> Note:
        """What tells the cursor that a value of an expression was rejected."""
        if self.silent:
            return lambda _cursor, _value, _reason: None
        name, written = self.name, text_of(expression)
        return lambda cursor, value, reason: cursor.reject(name, written, value, reason)

    def strings(self, expression: Expression, term_type: TermType | None = None, datatype: str = "") -> Strings:
        """The strings of an expression, as a term of this type and datatype needs them."""
        to_text = decimal_lexical if xsd.wants_decimal(datatype) else lexical_of(self.source)
        escape = ESCAPES.get(term_type) if term_type else None
        return compile_strings(expression, self.source, self.columns, escape, to_text)


def text_of(expression: Expression) -> str:
    """An expression as the mapping writes it."""
    return expression.text if isinstance(expression, (Reference, Template)) else expression.term.value


def is_natural(term_map: TermMap, context: Context) -> bool:
    """Whether literals get the datatypes of the JSON values that they are made of (RML-IO registry)."""
    return (
        isinstance(term_map.expression, Reference)
        and term_map.term_type is TermType.LITERAL
        and (context.source is None or context.source.typed)
        and term_map.language is None
        and term_map.datatype is None
    )


def is_uniform(term_map: TermMap) -> bool:
    """Whether a string becomes the same term in all records: neither language nor datatype depends on the record."""
    datatype = term_map.datatype.expression if term_map.datatype else None
    return all(part is None or isinstance(part, Constant) for part in (term_map.language, datatype))


def maker_of(term_map: TermMap, context: Context) -> Make:
    """How one string becomes the term of a uniform term map."""
    if term_map.term_type is TermType.BLANK_NODE:
        return text.blank
    if term_map.term_type is not TermType.LITERAL:
        unsafe = context.unsafe and term_map.term_type in _UNSAFE
        return text.iri(context.base_iri, ascii_only=term_map.term_type in _URIS, unsafe=unsafe)
    datatype = constant_datatype(term_map)
    return text.literal(literal_end(term_map) or '"') if datatype is None else text.typed_literal(datatype)


def constant_datatype(term_map: TermMap) -> str | None:
    """The datatype that all literals of a term map have; None when there is none, or several."""
    expression = term_map.datatype.expression if term_map.datatype else None
    return expression.term.value if isinstance(expression, Constant) else None


def literal_end(term_map: TermMap) -> str | None:
    """The end of the literals of a term map without datatype; None when it is not the same for all records."""
    if term_map.datatype is not None:
        return None
    if term_map.language is None:
        return '"'
    return text.language_end(term_map.language.term.value) if isinstance(term_map.language, Constant) else None


def compile_term(term_map: TermMap, context: Context, role: str) -> TextsOf:
    """The closure of a term map. `role` tells fresh blank nodes of one triples map apart. PathError when invalid."""
    expression = term_map.expression
    if expression is None:
        prefix = f"_:n{text.digest(f'{context.name} {role}')}-"
        return lambda _record, cursor: [f"{prefix}{cursor.number()}"]
    if isinstance(expression, Constant):
        term = str(expression.term)
        return lambda _record, _cursor: [term]
    if is_natural(term_map, context) and isinstance(expression, Reference):
        return _natural(expression, context)
    if term_map.language is not None and not isinstance(term_map.language, Constant):
        return _tagged(term_map.language, expression, context)
    if term_map.datatype is not None and constant_datatype(term_map) is None:
        return _typed(term_map.datatype, expression, context, role)
    strings = context.strings(expression, term_map.term_type, constant_datatype(term_map) or "")
    return _each(strings, maker_of(term_map, context), context.note_for(expression))


def _each(strings: Strings, make: Make, note: Note) -> TextsOf:
    """The terms of all strings of an expression."""

    def texts(record: object, cursor: Cursor) -> list[str]:
        made = []
        for value in strings(record, lambda value, reason: note(cursor, value, reason)):
            try:
                made.append(make(value))
            except BadTermError as error:
                note(cursor, value, str(error))
        return made

    return texts


def _natural(reference: Reference, context: Context) -> TextsOf:
    """Literals with the natural datatypes of JSON values."""
    find, note = compile_reference(reference, context.source, context.columns).find, context.note_for(reference)

    def texts(record: object, cursor: Cursor) -> list[str]:
        made = []
        for value in find(record):
            if value is None:
                continue
            try:
                made.append(natural(value))
            except (NotScalarError, BadTermError) as error:
                note(cursor, value, str(error))
        return made

    return texts


def natural(value: object) -> str:
    """The literal that a JSON value stands for. NotScalarError for arrays and objects, BadTermError for surrogates."""
    if isinstance(value, str):
        return f'"{text.escaped(value)}"'
    if isinstance(value, bool):
        return f'"{lexical(value)}{text.BOOLEAN_END}'
    return f'"{lexical(value)}{text.INTEGER_END if isinstance(value, int) else text.DOUBLE_END}'


def _typed(datatype_map: TermMap, expression: Expression, context: Context, role: str) -> TextsOf:
    """Datatype-override literals: every value with every datatype (RML-Core, sections 8.6 and 11.2)."""
    datatypes = compile_term(datatype_map, replace(context, unsafe=False), f"datatype of {role}")
    note = context.note_for(expression)
    compiled: dict[str, TextsOf] = {}

    def texts(record: object, cursor: Cursor) -> list[str]:
        made: list[str] = []
        for term in datatypes(record, cursor):
            of_type = compiled.get(term)
            if of_type is None:
                datatype = term[1:-1]
                strings = context.strings(expression, TermType.LITERAL, datatype)
                of_type = compiled[term] = _each(strings, text.typed_literal(datatype), note)
            made += of_type(record, cursor)
        return made

    return texts


def _tagged(language: Expression, expression: Expression, context: Context) -> TextsOf:
    """Language-tagged strings: every value with every language tag (RML-Core, section 8.5)."""
    tags, values = context.strings(language), context.strings(expression)
    note_tag, note_value = context.note_for(language), context.note_for(expression)

    def texts(record: object, cursor: Cursor) -> list[str]:
        ends = []
        found = values(record, lambda value, reason: note_value(cursor, value, reason))
        if not found:
            return []
        for tag in tags(record, lambda value, reason: note_tag(cursor, value, reason)):
            try:
                ends.append(text.language_end(tag))
            except BadTermError as error:
                note_tag(cursor, tag, str(error))
        made = []
        for value in found if ends else ():
            try:
                inside = text.escaped(value)
            except BadTermError as error:
                note_value(cursor, value, str(error))
            else:
                made += [f'"{inside}{end}' for end in ends]
        return made

    return texts


def key_of(expression: Expression, context: Context) -> Callable[[object, Cursor], list[str]]:
    """The strings of one side of a join condition."""
    strings, note = context.strings(expression), context.note_for(expression)
    return lambda record, cursor: list(strings(record, lambda value, reason: note(cursor, value, reason)))


def constant_of(term_map: TermMap) -> str | None:
    """The text of the term of a constant term map; None for all others."""
    return str(term_map.expression.term) if isinstance(term_map.expression, Constant) else None
