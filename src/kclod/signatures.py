"""A selection of large data in which every kind of individual is met: for reasoners that cannot take all.

An individual's signature is the set of its types, of its properties (whether it has one value or several, and of which
datatypes), and of the properties that lead to it. Two of one signature are alike to most axioms, though not to all: one
that compares values, or looks further than a step, can be broken by an individual that is not in the selection.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

import pyoxigraph as ox

from kclod.rdf import Statement
from kclod.vocab import RDF

_TYPE = str(RDF["type"])
_INCOMING = 3  # for an individual and a property that leads to it


@dataclass(frozen=True)
class Selection:
    """Statements of the data, and how many of its individuals they show whole."""

    statements: tuple[Statement, ...]
    looked_at: int
    total: int

    @property
    def is_whole(self) -> bool:
        """Whether all individuals are shown."""
        return self.looked_at == self.total

    def __str__(self) -> str:
        return f"{self.looked_at} of {self.total} individuals"


def consistency_input(
    data: Iterable[Statement | ox.Triple],
    ontology: Iterable[Statement | ox.Triple],
    *,
    most: int = 8_000,
    chosen: int = 3_000,
) -> Selection:
    """What a complete reasoner is to see of data, besides the ontology: all of up to `most` statements.

    Of more, for each signature the first individual by its name, with all that is said of it, some of what leads to it,
    and the types of what it is linked with; where that is more than `chosen` statements, those that show a type or
    property for the first time before others. The same data give the same selection, in whatever order they come.
    Statements of the ontology are not repeated.

    Where it is asked for consistency alone, HermiT takes some four seconds of a processor for the default of `most`
    statements; where it is asked for inferences too, half a minute, for that time grows with the square of the data.
    """
    axioms = frozenset(map(str, ontology))
    statements = [statement for statement in map(str, data) if statement not in axioms]
    signatures = _signatures(statements)
    if len(statements) <= most:
        return Selection(tuple(sorted(statements)), len(signatures), len(signatures))
    first: dict[int, str] = {}
    for individual, signature in signatures.items():
        known = first.get(signature)
        if known is None or individual < known:
            first[signature] = individual
    in_order = _by_novelty(sorted((individual, signature) for signature, individual in first.items()))
    found, looked_at = _surroundings(statements, in_order, min(chosen, most))
    return Selection(tuple(sorted(found)), looked_at, len(signatures))


def outgoing_signatures(statements: Iterable[Statement]) -> dict[str, str]:
    """Individual → what is said of it, as text: its types, and its properties as in its signature."""
    said: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for statement in statements:
        s, p, o = statement.split(" ", 2)
        value = o if p == _TYPE else "" if o[0] != '"' else "@" if o[-1] not in '">' else o[o.rindex('"') :]
        said[s][f"{p} {value}"] += 1
    return {s: "\n".join(sorted(f"{kind} {min(n, 2)}" for kind, n in kinds.items())) for s, kinds in said.items()}


def _signatures(statements: Iterable[Statement]) -> dict[str, int]:
    """Individual → its signature as a set of bits; only equality of two and common bits mean something."""
    bits: dict[object, int] = {}
    found: defaultdict[str, int] = defaultdict(int)
    for statement in statements:
        s, p, o = statement.split(" ", 2)
        if p == _TYPE:
            found[s] |= bits.get(o) or bits.setdefault(o, 1 << len(bits))
            continue
        literal = o[0] == '"'
        kind = (p, "@" if o[-1] not in '">' else o[o.rindex('"') :]) if literal else p
        bit = bits.get(kind)
        if bit is None:
            # two bits: one value, and several values
            bit = bits[kind] = 1 << len(bits)
            bits["several", kind] = 1 << len(bits)
        known = found[s]
        found[s] = known | (bit << 1 if known & bit else bit)
        if not literal:
            found[o] |= bits.get(("to", p)) or bits.setdefault(("to", p), 1 << len(bits))
    return found


def _by_novelty(individuals: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Those first that show something that none before them did."""
    seen = 0
    later: list[str] = []
    for individual, signature in individuals:
        if signature & ~seen:
            seen |= signature
            yield individual
        else:
            later.append(individual)
    yield from later


def _surroundings(statements: Iterable[Statement], chosen: Iterable[str], most: int) -> tuple[Set[Statement], int]:
    """What there is to show of individuals, as many of them as come to `most` statements, and how many they were."""
    said: dict[str, list[Statement]] = {individual: [] for individual in chosen}
    leading: defaultdict[str, defaultdict[str, list[Statement]]] = defaultdict(lambda: defaultdict(list))
    for statement in statements:
        s, p, o = statement.split(" ", 2)
        if s in said:
            said[s].append(statement)
        if o in said and p != _TYPE:
            leading[o][p].append(statement)
    found: set[Statement] = set()
    looked_at = 0
    for individual, about in said.items():
        if len(found) + len(about) > most:
            break
        found.update(about)
        for stated in leading[individual].values():
            found.update(sorted(stated)[:_INCOMING])
        looked_at += 1
    ends = {term for statement in found for term in statement.split(" ", 2)[::2]}
    found.update(
        st for st in statements if _TYPE in st and (terms := st.split(" ", 2))[1] == _TYPE and terms[0] in ends
    )
    return found, looked_at
