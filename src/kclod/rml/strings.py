"""Expressions compiled to closures that give strings: reference values and templates (RML-Core, section 6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

from kclod.rml.jsonpath import Path, compile_path
from kclod.rml.model import Constant, Expression, Formulation, LogicalSource, Reference, Template
from kclod.rml.oldpaths import modern_path
from kclod.rml.values import SURROGATE, NotScalarError, lexical, plain_lexical

Lexical = Callable[[object], str]
Escape = Callable[[str], str]
Bad = Callable[[object, str], None]
"""Told of a value that has no lexical form, and why."""


@dataclass(frozen=True, slots=True)
class Strings:
    """A compiled expression.

    When `singular`, `one` gives the only string of a record, or None when there is no value; it raises
    NotScalarError for a value without lexical form. `many` gives all strings of a record and tells of such values.
    """

    singular: bool
    one: Callable[[object], str | None]
    many: Callable[[object, Bad], Sequence[str]]


def compile_reference(reference: Reference, source: LogicalSource | None) -> Path:
    """A reference as a query over an iteration of its source; PathError when it is not valid."""
    if source is None or source.formulation is Formulation.JSON_PATH:
        is_old = source is not None and not source.typed
        path = compile_path(modern_path(reference.text) if is_old else reference.text)
    else:
        path = _column(reference.text)
    return _without(path, source.nulls) if source is not None and source.nulls else path


def lexical_of(source: LogicalSource | None) -> Lexical:
    """How values of a source become strings."""
    return lexical if source is None or source.typed else plain_lexical


def compile_strings(
    expression: Expression,
    source: LogicalSource | None,
    escape: Escape | None = None,
    to_text: Lexical | None = None,
) -> Strings:
    """An expression as strings; PathError when it is not valid.

    `escape` is applied to what references of a template give, `to_text` replaces the lexical forms of the source.
    """
    to_text = to_text or lexical_of(source)
    if isinstance(expression, Constant):
        return _constant(expression.term.value)
    if isinstance(expression, Reference):
        return _reference(compile_reference(expression, source), to_text)
    return _template(expression, source, escape, to_text)


def _constant(text: str) -> Strings:
    return Strings(True, lambda _record: text, lambda _record, _bad: (text,))


def _column(name: str) -> Path:
    def first(record: object) -> object:
        return record.get(name) if isinstance(record, dict) else None

    def find(record: object) -> list[object]:
        return [record[name]] if isinstance(record, dict) and name in record else []

    return Path(name, True, first, find, lambda record: iter(find(record)))


def _without(path: Path, nulls: frozenset[str]) -> Path:
    def first(record: object) -> object:
        value = path.first(record)
        return None if isinstance(value, str) and value in nulls else value

    def find(record: object) -> list[object]:
        return [value for value in path.find(record) if not (isinstance(value, str) and value in nulls)]

    return Path(path.text, path.singular, first, find, lambda record: iter(find(record)))


def _reference(path: Path, to_text: Lexical) -> Strings:
    first, find = path.first, path.find

    def one(record: object) -> str | None:
        value = first(record)
        return None if value is None else to_text(value)

    def many(record: object, bad: Bad) -> Sequence[str]:
        return _texts(find(record), to_text, bad)

    return Strings(path.singular, one, many)


def _texts(values: Sequence[object], to_text: Lexical, bad: Bad) -> list[str]:
    texts = []
    for value in values:
        if value is None:
            continue
        try:
            texts.append(to_text(value))
        except NotScalarError as error:
            bad(value, str(error))
        except UnicodeEncodeError:
            bad(value, SURROGATE)
    return texts


def _template(template: Template, source: LogicalSource | None, escape: Escape | None, to_text: Lexical) -> Strings:
    paths = [compile_reference(reference, source) for reference in template.references]
    convert = to_text if escape is None else _escaped(escape, to_text)
    head, *tails = template.literals

    def many(record: object, bad: Bad) -> Sequence[str]:
        columns = [_texts(path.find(record), convert, bad) for path in paths]
        return [
            head + "".join([text + tail for text, tail in zip(row, tails, strict=True)]) for row in product(*columns)
        ]

    one = _one_of_one(head, paths, tails, convert) if len(paths) == 1 else _one_of_several(head, paths, tails, convert)
    return Strings(all(path.singular for path in paths), one, many)


def _escaped(escape: Escape, to_text: Lexical) -> Lexical:
    return lambda value: escape(value if isinstance(value, str) else to_text(value))


def _one_of_one(
    head: str, paths: Sequence[Path], tails: Sequence[str], convert: Lexical
) -> Callable[[object], str | None]:
    first, tail = paths[0].first, tails[0]

    def one(record: object) -> str | None:
        value = first(record)
        return None if value is None else f"{head}{convert(value)}{tail}"

    return one


def _one_of_several(
    head: str, paths: Sequence[Path], tails: Sequence[str], convert: Lexical
) -> Callable[[object], str | None]:
    pairs = [(path.first, tail) for path, tail in zip(paths, tails, strict=True)]

    def one(record: object) -> str | None:
        pieces = [head]
        for first, tail in pairs:
            value = first(record)
            if value is None:
                return None
            pieces.append(convert(value))
            pieces.append(tail)
        return "".join(pieces)

    return one
