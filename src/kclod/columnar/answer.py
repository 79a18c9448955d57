"""From a query to its result."""

from __future__ import annotations

from dataclasses import dataclass

from kclod.columnar.algebra import Select, UnsupportedError
from kclod.columnar.context import Context
from kclod.columnar.evaluate import exists_any, solutions
from kclod.columnar.relation import Relation
from kclod.columnar.table import Table


@dataclass(frozen=True)
class Solutions:
    """The result of a SELECT query: its variables, in order, and its solutions."""

    context: Context
    relation: Relation

    @property
    def variables(self) -> list[str]:
        """The names of the variables."""
        return list(self.relation.columns)


def answer(table: Table, asked: Select) -> Solutions | bool:
    """The result of a query on the default graph, which the store has found well-formed.

    UnsupportedError when it is the store's to answer.
    """
    context = Context(table)
    if asked.form == "ask":
        return exists_any(context, asked.where)
    if _lazy(asked):
        raise UnsupportedError("a few of any solutions, which the store finds without finding all")
    return Solutions(context, solutions(context, asked))


def _lazy(select: Select) -> bool:
    """Whether the first solutions that come are wanted, in any order."""
    if (
        select.limit is None
        or select.ordering
        or select.distinct
        or select.grouping is not None
        or select.where.filters
    ):
        return False
    return not any(expression is not None for _, expression in select.projection)
