"""Expressions compiled to closures that give strings: reference values and templates (RML-Core, section 6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

from kclod.rml.jsonpath import Path, compile_path
from kclod.rml.model import Constant, Expression, Formulation, LogicalSource, Reference, Template
from kclod.rml.oldpaths import modern_path
from kclod.rml.values import SURROGATE, NotScalarError, lexical, plain_lexical

Lexical = Callable[[object], str]
Escape = Callable[[str], str]
Columns = tuple[str, ...] | None
"""The names of the columns where records are rows of cells; None where they are values with names."""
Bad = Callable[[object, str], None]
"""Told of a value that has no lexical form, and why."""
Strings = Callable[[object, Bad], Sequence[str]]
"""From a record to the strings of an expression."""


def compile_reference(reference: Reference, source: LogicalSource | None, columns: Columns = None) -> Path:
    """A reference as a query over an iteration of its source; PathError when it is not valid.

    With `columns` iterations are rows of cells. A name that is no column gives no value.
    """
    if source is None or source.formulation is Formulation.JSON_PATH:
        is_old = source is not None and not source.typed
        path = compile_path(modern_path(reference.text) if is_old else reference.text)
    elif columns is None:
        path = _member(reference.text)
    else:
        path = _cell(reference.text, columns)
    return _without(path, source.nulls) if source is not None and source.nulls else path


def lexical_of(source: LogicalSource | None) -> Lexical:
    """How values of a source become strings."""
    return lexical if source is None or source.typed else plain_lexical


def compile_strings(
    expression: Expression,
    source: LogicalSource | None,
    columns: Columns = None,
    escape: Escape | None = None,
    to_text: Lexical | None = None,
) -> Strings:
    """An expression as strings; PathError when it is not valid.

    `escape` is applied to what references of a template give, `to_text` replaces the lexical forms of the source.
    """
    to_text = to_text or lexical_of(source)
    if isinstance(expression, Constant):
        text = expression.term.value
        return lambda _record, _bad: (text,)
    if isinstance(expression, Reference):
        find = compile_reference(expression, source, columns).find
        return lambda record, bad: _texts(find(record), to_text, bad)
    return _template(
        expression, [compile_reference(r, source, columns) for r in expression.references], escape, to_text
    )


def _member(name: str) -> Path:
    def first(record: object) -> object:
        return record.get(name) if isinstance(record, dict) else None

    def find(record: object) -> list[object]:
        return [record[name]] if isinstance(record, dict) and name in record else []

    return Path(name, True, first, find, lambda record: iter(find(record)), (name,))


def _cell(name: str, columns: tuple[str, ...]) -> Path:
    index = columns.index(name) if name in columns else None

    def first(record: object) -> object:
        return record[index] if index is not None and isinstance(record, list) else None

    def find(record: object) -> list[object]:
        return [record[index]] if index is not None and isinstance(record, list) else []

    return Path(name, True, first, find, lambda record: iter(find(record)))


def _without(path: Path, nulls: frozenset[str]) -> Path:
    def first(record: object) -> object:
        value = path.first(record)
        return None if isinstance(value, str) and value in nulls else value

    def find(record: object) -> list[object]:
        return [value for value in path.find(record) if not (isinstance(value, str) and value in nulls)]

    return Path(path.text, path.singular, first, find, lambda record: iter(find(record)))


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


def _template(template: Template, paths: Sequence[Path], escape: Escape | None, to_text: Lexical) -> Strings:
    convert = to_text if escape is None else _escaped(escape, to_text)
    head, *tails = template.literals

    def many(record: object, bad: Bad) -> Sequence[str]:
        found = [[value for value in path.find(record) if value is not None] for path in paths]
        if not all(found):  # without one of the values there is no string, so the others may be what they are
            return []
        columns = [_texts(values, convert, bad) for values in found]
        return [
            head + "".join([text + tail for text, tail in zip(row, tails, strict=True)]) for row in product(*columns)
        ]

    return many


def _escaped(escape: Escape, to_text: Lexical) -> Lexical:
    return lambda value: escape(value if isinstance(value, str) else to_text(value))
