"""Joins (RML-Core, section 9.2): the parent's subjects by the values of the conditions, found in a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from kclod.rml.cursor import Cursor, JoinIndex
from kclod.rml.model import Expression, LogicalSource, TermMap
from kclod.rml.terms import Context, TextsOf, compile_term, key_of


@dataclass(frozen=True, slots=True)
class Join:
    """The parent's side of a join: where its records are, what it is matched by, and the subjects it gives."""

    source: LogicalSource | None
    conditions: tuple[Expression, ...]
    subject: TermMap
    context: Context

    def index(self, records: Iterable[object], cursor: Cursor) -> JoinIndex:
        """The table over all records; made once for a run. Of several values of one condition, each may match."""
        index: JoinIndex = {}
        telling = Context(self.context.name, self.source, self.context.base_iri, self.context.columns)
        keys = [key_of(expression, telling) for expression in self.conditions]
        subjects_of = compile_term(self.subject, self.context, "subject")
        for record in records:
            found = list(product(*[key(record, cursor) for key in keys]))
            subjects = subjects_of(record, cursor) if found else []
            if subjects:
                for values in dict.fromkeys(found):
                    index.setdefault(values, []).extend(subjects)
        return index

    def lookup(self, conditions: Sequence[Expression], context: Context) -> TextsOf:
        """The closure from a child's record to the distinct subjects that its values of the conditions lead to."""
        keys = [key_of(expression, context) for expression in conditions]

        def joined(record: object, cursor: Cursor) -> list[str]:
            index = cursor.joins[self]
            found = [
                subject
                for values in product(*[key(record, cursor) for key in keys])
                for subject in index.get(values, ())
            ]
            return found if len(found) < 2 else list(dict.fromkeys(found))

        return joined
