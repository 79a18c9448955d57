"""The usual kinds of term maps written out in the text of a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kclod.rml import text
from kclod.rml.jsonpath import Path
from kclod.rml.model import Constant, Reference, Template, TermMap, TermType
from kclod.rml.strings import Escape, Lexical, compile_reference, lexical_of
from kclod.rml.terms import (
    ESCAPES,
    Context,
    TextsOf,
    compile_term,
    constant_datatype,
    is_natural,
    is_uniform,
    literal_end,
    maker_of,
)
from kclod.rml.values import NOT_IUNRESERVED, NOT_UNRESERVED, NotScalarError, decimal_lexical
from kclod.rml.writer import Fixed, Writer
from kclod.rml.xsd import wants_decimal

QUOTE = "'\"'"
"""Code for the text that is one quotation mark."""
_NOT_SAFE = {TermType.IRI: NOT_IUNRESERVED, TermType.URI: NOT_UNRESERVED}


@dataclass(frozen=True, slots=True)
class Assigned:
    """What a function has of a term map: a name that is None where there is no term, or the name of a list of texts.

    `parts` put together are the text of the term, where there is one.
    """

    name: str
    parts: tuple[str, ...] = ()
    is_list: bool = False


class Inline:
    """Writes term maps into one function."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._read: dict[tuple[str, Context], str] = {}

    def assign(self, term_map: TermMap, context: Context, role: str) -> Assigned:
        """Write what makes the terms of a term map."""
        writer, expression = self._writer, term_map.expression
        if isinstance(expression, Constant):
            return Assigned(writer.bind(str(expression.term)))
        texts = compile_term(term_map, context, role)
        paths = self._paths(term_map, context)
        if paths is None or expression is None:
            tagged = self._tagged(term_map, context, texts)
            if tagged is not None:
                return tagged
            name = writer.fresh("t")
            writer.put(f"{name} = {writer.bind(self._listed(term_map, context, texts))}(record, at)")
            return Assigned(name, is_list=True)
        values = [self._value(path, context) for path in paths]
        if isinstance(expression, Template):
            return self._template(expression, term_map, context, values, texts)
        end = literal_end(term_map)
        if term_map.term_type is not TermType.LITERAL or end is None:
            return self._memorised_reference(term_map, context, values[0], texts)
        if is_natural(term_map, context) and context.columns is None:
            return self._natural(values[0], texts)
        return self._literal(end, context, values[0], texts)

    def assign_text(self, term_map: TermMap, context: Context, role: str) -> Assigned:
        """As `assign`, for terms that are used often: the text is put together once and has the name."""
        assigned = self.assign(term_map, context, role)
        if len(assigned.parts) < 2:
            return assigned
        name = self._writer.fresh("t")
        self._writer.put(f"{name} = None if {assigned.name} is None else {self._writer.joined(assigned.parts)}")
        return Assigned(name)

    def _paths(self, term_map: TermMap, context: Context) -> list[Path] | None:
        """The paths of a term map that gives at most one term, made in the same way of each record; else None."""
        expression = term_map.expression
        if not isinstance(expression, (Reference, Template)) or term_map.term_type is TermType.BLANK_NODE:
            return None
        if not is_uniform(term_map):
            return None
        references = [expression] if isinstance(expression, Reference) else expression.references
        paths = [compile_reference(reference, context.source, context.columns) for reference in references]
        return paths if paths and all(path.singular for path in paths) else None

    def _listed(self, term_map: TermMap, context: Context, texts: TextsOf) -> TextsOf:
        """The closure of a term map that may give several terms; for IRIs that it knows a shorter way."""
        expression = term_map.expression
        is_iri = term_map.term_type not in (TermType.LITERAL, TermType.BLANK_NODE)
        if not isinstance(expression, Reference) or not is_iri:
            return texts
        find = compile_reference(expression, context.source, context.columns).find
        memo = self._memo(term_map, context)

        def listed(record: object, at: Any) -> list[str]:
            found = find(record)
            known = [memo[value] if value.__class__ is str else None for value in found]
            return texts(record, at) if None in known else known  # type: ignore[return-value]  # as just tested

        return listed

    # Values

    def _value(self, path: Path, context: Context) -> str:
        """A name that has the value of a singular path; read once where each later use can see it."""
        writer = self._writer
        key = (path.text, context)
        if key in self._read:
            return self._read[key]
        name = writer.fresh("v")
        if context.columns is not None and path.text in context.columns:
            writer.put(f"{name} = record[{context.columns.index(path.text)}]")
        elif path.names is not None and context.columns is None:
            writer.put(f"{name} = get({writer.bind(path.names[0])})")
            for inner in path.names[1:]:
                writer.put(f"{name} = {name}.get({writer.bind(inner)}) if isinstance({name}, dict) else None")
        else:
            writer.put(f"{name} = {writer.bind(path.first)}(record)")
        nulls = context.source.nulls if context.source else None
        if nulls:
            writer.put(f"if {name}.__class__ is str and {name} in {writer.bind(nulls)}: {name} = None")
        if writer.depth == 1:
            self._read[key] = name
        return name

    # Terms

    def _open_if_there(self, values: Sequence[str], context: Context, name: str) -> None:
        """Go on where all values are there, else there is no term. A cell lacks only where some text means that."""
        if context.columns is None or (context.source and context.source.nulls):
            self._writer.put(f"if {' or '.join(f'{value} is None' for value in values)}: {name} = None")
            self._writer.open("else")

    def _literal(self, end: str, context: Context, value: str, texts: TextsOf) -> Assigned:
        """A literal that ends as all of them do: the name has what is between the quotation marks."""
        writer, name, depth = self._writer, self._writer.fresh("t"), self._writer.depth
        self._open_if_there([value], context, name)
        inside = f"{writer.bind(_first(texts, 1, len(end)))}(record, at)"
        fits = _is_plain(value)
        if context.columns is None:
            fits = f"{value}.__class__ is str and {fits} or {value}.__class__ is int"
        writer.put(f"{name} = {value} if {fits} else {inside}")
        writer.depth = depth
        return Assigned(name, (Fixed('"'), name, Fixed(end)))

    def _natural(self, value: str, texts: TextsOf) -> Assigned:
        """A literal that ends as the type of the value wants it: a second name has the end."""
        writer, name, end = self._writer, self._writer.fresh("t"), self._writer.fresh("e")
        writer.put(f"if {value} is None: {name} = None")
        writer.put(f"elif {value}.__class__ is str and {_is_plain(value)}: {name} = {value}; {end} = {QUOTE}")
        writer.put(f"elif {value}.__class__ is int: {name} = {value}; {end} = {writer.bind(text.INTEGER_END)}")
        writer.put(f"else: {name} = {writer.bind(_first(texts, 1))}(record, at); {end} = ''")
        return Assigned(name, (Fixed('"'), name, end))

    def _tagged(self, term_map: TermMap, context: Context, texts: TextsOf) -> Assigned | None:
        """A literal whose text and language are one value each; None for any other term map."""
        text_map, language = term_map.expression, term_map.language
        if not isinstance(text_map, Reference) or not isinstance(language, Reference):
            return None
        paths = [compile_reference(part, context.source, context.columns) for part in (text_map, language)]
        if not all(path.singular for path in paths):
            return None
        writer, name, end = self._writer, self._writer.fresh("t"), self._writer.fresh("e")
        value, tag = [self._value(path, context) for path in paths]
        ends = writer.bind(writer.memo("language", text.language_end))
        writer.put(f"{end} = {ends}[{tag}] if {tag}.__class__ is str else None")
        writer.put(f"if {end} is not None and {value}.__class__ is str and {_is_plain(value)}: {name} = {value}")
        writer.put(f"else: {name} = {writer.bind(_first(texts, 1))}(record, at); {end} = ''")
        return Assigned(name, (Fixed('"'), name, end))

    def _memorised_reference(self, term_map: TermMap, context: Context, value: str, texts: TextsOf) -> Assigned:
        """An IRI, or a literal whose lexical form is checked."""
        writer, name, depth = self._writer, self._writer.fresh("t"), self._writer.depth
        self._open_if_there([value], context, name)
        memo = writer.bind(self._memo(term_map, context))
        if context.columns is None:
            is_number = f"{memo}[f'{{{value}}}'] if {value}.__class__ is int else None"
            writer.put(f"{name} = {memo}[{value}] if {value}.__class__ is str else {is_number}")
        else:
            writer.put(f"{name} = {memo}[{value}]")
        writer.put(f"if {name} is None: {name} = {writer.bind(_first(texts))}(record, at)")
        writer.depth = depth
        return Assigned(name)

    def _template(
        self, template: Template, term_map: TermMap, context: Context, values: Sequence[str], texts: TextsOf
    ) -> Assigned:
        writer, name, depth = self._writer, self._writer.fresh("t"), self._writer.depth
        self._open_if_there(values, context, name)
        pieces = [self._piece(value, term_map, context) for value in values]
        missing = " or ".join(f"{piece} is None" for piece in pieces)
        literals, end = template.literals, literal_end(term_map)
        slow = f"{writer.bind(_first(texts))}(record, at)"  # where it tells what is wrong
        head = text.always_valid(literals, context.base_iri) if term_map.term_type in ESCAPES else None
        if head is not None and (head.isascii() or term_map.term_type is TermType.IRI):
            writer.put(f"{name} = {slow} if {missing} else {pieces[0]}")
            writer.depth = depth
            return Assigned(name, (Fixed(f"<{head}"), *_alternating(pieces, literals[1:]), Fixed(">")))
        whole = writer.joined([Fixed(literals[0]), *_alternating(pieces, literals[1:])])
        writer.put(f"{name} = None if {missing} else {whole}")
        if term_map.term_type is TermType.LITERAL and end is not None:
            plain = writer.joined([Fixed('"'), name, Fixed(end)])
            writer.put(f"{name} = {plain} if {name} is not None and {_is_plain(name)} else {slow}")
        else:
            writer.put(f"if {name} is not None: {name} = {writer.bind(self._memo(term_map, context))}[{name}]")
            writer.put(f"if {name} is None: {name} = {slow}")
        writer.depth = depth
        return Assigned(name)

    def _piece(self, value: str, term_map: TermMap, context: Context) -> str:
        """The name of a value as it stands in the template: IRI-safe where it must be; None where it has no text."""
        writer, piece = self._writer, self._writer.fresh("p")
        to_text = _text_of(ESCAPES.get(term_map.term_type), _lexical_of(term_map, context))
        other = f"{writer.bind(to_text)}({value})"
        cells, unsafe = context.columns is not None, _NOT_SAFE.get(term_map.term_type)
        tests = [] if cells else [f"{value}.__class__ is str"]
        if unsafe is not None:
            found = f"{writer.bind(unsafe.search)}({value})"
            tests.append(f"({value}.isalnum() and {value}.isascii() or {found} is None)")
            memo = writer.bind(writer.memo(("piece", term_map.term_type), to_text))
            other = f"{memo}[{value}]" if cells else f"{memo}[{value}] if {value}.__class__ is str else {other}"
        fits = " and ".join(tests) if cells else f"{' and '.join(tests)} or {value}.__class__ is int"
        writer.put(f"{piece} = {value} if {fits} else {other}" if fits else f"{piece} = {value}")
        return piece

    def _memo(self, term_map: TermMap, context: Context) -> text.Memo:
        make = maker_of(term_map, context)
        if term_map.term_type is TermType.LITERAL:
            return self._writer.memo(("literal", constant_datatype(term_map)), make)
        return self._writer.memo((term_map.term_type, context.base_iri, context.unsafe), make)


def _is_plain(name: str) -> str:
    """A test for texts that a literal holds as they are."""
    return f"""{name}.isprintable() and '"' not in {name} and '\\\\' not in {name}"""


def _alternating(pieces: Sequence[str], literals: Sequence[str]) -> list[str]:
    return [part for piece, literal in zip(pieces, literals, strict=True) for part in (piece, Fixed(literal))]


def _first(texts: TextsOf, skip: int = 0, cut: int = 0) -> Callable[[object, Any], str | None]:
    """The text of the only term, or None; without so many characters at its start and at its end."""

    def first(record: object, at: Any) -> str | None:
        made = texts(record, at)
        return made[0][skip : len(made[0]) - cut] if made else None

    return first


def _lexical_of(term_map: TermMap, context: Context) -> Lexical:
    return decimal_lexical if wants_decimal(constant_datatype(term_map) or "") else lexical_of(context.source)


def _text_of(escape: Escape | None, to_text: Lexical) -> Callable[[object], str | None]:
    """What puts a value into a template; None for one that has no text."""

    def text_of(value: object) -> str | None:
        try:
            found = value if isinstance(value, str) else to_text(value)
            return escape(found) if escape is not None else found
        except (NotScalarError, UnicodeEncodeError):
            return None

    return text_of
