"""What one query works with: the table, terms that the graph does not have, and membership tests."""

from __future__ import annotations

from itertools import count

import numpy as np
import pyoxigraph as ox

from kclod.columnar.algebra import Var
from kclod.columnar.dictionary import Dictionary, Ids, Term
from kclod.columnar.relation import Mask
from kclod.columnar.table import Table


class Context:
    """A query's view of a table. Terms of the query alone have numbers above those of the dictionary."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.dictionary: Dictionary = table.dictionary
        self.engine = ox.Store()
        """Evaluates expressions, over nothing but the terms in them."""
        self._terms: list[Term] = []
        self._numbers: dict[Term, int] = {}
        self._fresh = count()

    @property
    def size(self) -> int:
        """Above every number."""
        return len(self.dictionary) + len(self._terms)

    def fresh(self) -> Var:
        """A variable that no query has."""
        return Var(f". {next(self._fresh)}")

    def number(self, term: Term) -> int:
        """The number of a term, which may be one of the query alone."""
        known = self._numbers.get(term)
        if known is None:
            found = self.dictionary.number(term)
            if found is None:
                found = self.size
                self._terms.append(term)
            known = self._numbers[term] = found
        return known

    def terms(self, numbers: Ids) -> list[Term]:
        """The terms of numbers, none of them `UNBOUND`."""
        dictionary, own = self.dictionary, len(self.dictionary)
        if not self._terms or (numbers < own).all():
            kinds = np.searchsorted(np.asarray(dictionary.starts), numbers, "right") - 1
            names = dictionary.kinds
            texts = dictionary.texts(numbers)
            return [Term(names[kind], text) for kind, text in zip(kinds.tolist(), texts, strict=True)]
        return [dictionary.term(n) if n < own else self._terms[n - own] for n in numbers.tolist()]

    def among(self, numbers: Ids, members: Ids) -> Mask:
        """Which of the numbers are among the members, none of them `UNBOUND`."""
        if len(members) <= 1:
            return np.equal(numbers, members[0] if len(members) else -2)
        if len(numbers) < 512 and len(members) < 512:
            return np.isin(numbers, members)
        table = np.zeros(self.size + 1, np.bool_)  # the last one for UNBOUND, which is -1
        table[members] = True
        table[-1] = False
        found: Mask = table[numbers]
        return found
