"""SHACL's constraint components (section 4), compiled to functions from focus nodes and their value nodes to verdicts.

A verdict on a node is: it conforms, it fails, or that is not known, as pySHACL would find. What is not known spreads to
whatever is built on it, because pySHACL evaluates every part, and may refuse to decide at any.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.shacl import values
from kclod.shacl.graph import TYPE, Graph
from kclod.shacl.literals import is_blank, language_of, text_of
from kclod.shacl.paths import list_items
from kclod.shacl.shapes import Shapes
from kclod.shacl.sparql import compile_select
from kclod.shacl.steps import Read
from kclod.vocab import RDFS, SH

_NONE: frozenset[str] = frozenset()


class Verdicts(NamedTuple):
    """Those nodes that fail and those of which nothing is known, of the nodes asked about; the others conform."""

    fails: Set[str] = _NONE
    unknown: Set[str] = _NONE


CONFORM = Verdicts()
"""All conform."""
Check = Callable[[Set[str]], Verdicts]
"""Which nodes conform to a shape."""


class Values:
    """Focus nodes with their distinct value nodes."""

    def __init__(self, by_focus: Mapping[str, Collection[str]]) -> None:
        self.by_focus = by_focus

    @cached_property
    def all(self) -> Set[str]:
        """The value nodes of all."""
        return _NONE.union(*self.by_focus.values())

    def having(self, some: Set[str]) -> Set[str]:
        """The focus nodes with a value node among some."""
        if not some:
            return _NONE
        return {focus for focus, nodes in self.by_focus.items() if not some.isdisjoint(nodes)}


class Selves(Values):
    """Focus nodes each of which is its own value node: those of a node shape."""

    def __init__(self, nodes: Set[str]) -> None:
        self._nodes = nodes

    @cached_property
    def by_focus(self) -> Mapping[str, Collection[str]]:  # type: ignore[override]  # made only where it is asked for
        """Each with itself."""
        return {node: (node,) for node in self._nodes}

    @property
    def all(self) -> Set[str]:  # needs no cache
        """The nodes."""
        return self._nodes

    def having(self, some: Set[str]) -> Set[str]:
        """Those among some."""
        return some


Constraint = Callable[[Values], Verdicts]
"""Which focus nodes satisfy a constraint."""


@dataclass(frozen=True)
class Declared:
    """A parameter as a shape declares it: with its values, and with what is needed to compile it."""

    shapes: Shapes
    graph: Graph
    nested: Callable[[Term], tuple[Check, Iterable[Read] | None]]
    """The check of another shape and what it looks at; None when that has no bounds."""
    shape: Term
    values: list[Term]
    at_focus: list[Read] = field(default_factory=list)
    """What the constraint looks at besides the path, from the focus node."""
    at_values: list[Read | None] = field(default_factory=list)
    """What it looks at from the value nodes; None among them when that has no bounds."""

    def companion(self, name: str) -> list[Term]:
        """The values of another parameter of the same shape."""
        return self.shapes.objects(self.shape, SH[name])

    def check_of(self, shape: Term) -> Check:
        """The check of a shape that value nodes are held against."""
        check, reads = self.nested(shape)
        self.at_values.extend((None,) if reads is None else reads)
        return check

    @property
    def texts(self) -> list[str]:
        """The values as text."""
        return list(map(str, self.values))

    @property
    def integer(self) -> int | None:
        """The value as a number; None when it is not one."""
        return _integer(self.values)

    @property
    def is_true(self) -> bool | None:
        """The value as a truth value; None when it is neither `true` nor `false`."""
        known: Mapping[Term, bool] = {ox.Literal(True): True, ox.Literal(False): False}
        return known.get(self.values[0]) if len(self.values) == 1 else None


def conform_to_all(verdicts: Iterable[Verdicts]) -> Verdicts:
    """Nodes conform that conform by every verdict; those are unknown that are so by any."""
    found = list(verdicts)
    if len(found) == 1:
        return found[0]
    unknown = _NONE.union(*(one.unknown for one in found))
    return Verdicts(_NONE.union(*(one.fails for one in found)) - unknown, unknown)


def _satisfied(_: Values) -> Verdicts:
    return CONFORM


def _integer(found: list[Term]) -> int | None:
    number = found[0] if len(found) == 1 else None
    return int(number.value) if isinstance(number, ox.Literal) and number.value.isascii() else None


def _spread(nodes: Values, verdicts: Verdicts) -> Verdicts:
    """Verdicts on value nodes as those on the focus nodes that have them."""
    unknown = nodes.having(verdicts.unknown)
    return Verdicts(nodes.having(verdicts.fails) - unknown, unknown)


def _for_each(test: Callable[[str], bool | None]) -> Constraint:
    """Every value node passes a test of one node."""

    def constraint(nodes: Values) -> Verdicts:
        failed = {node: verdict for node in nodes.all if (verdict := test(node)) is not True}
        if not failed:
            return CONFORM
        unknown = {node for node, verdict in failed.items() if verdict is None}
        return _spread(nodes, Verdicts(failed.keys() - unknown, unknown))

    return constraint


def _focus(holds: Callable[[str, Collection[str]], bool]) -> Constraint:
    """A focus node and its value nodes satisfy a condition."""
    return lambda nodes: Verdicts({focus for focus, found in nodes.by_focus.items() if not holds(focus, found)})


def _class(declared: Declared) -> Constraint:
    graph, classes = declared.graph, declared.texts
    declared.at_values.extend(Read((), TYPE, below=one) for one in classes)
    return lambda nodes: Verdicts(nodes.having(_NONE.union(*(graph.lacking(one, nodes.all) for one in classes))))


def _datatype(declared: Declared) -> Constraint:
    [datatype] = declared.texts
    return _for_each(values.datatype_test(datatype))


def _node_kind(declared: Declared) -> Constraint:
    [kind] = declared.texts
    return _for_each(lambda node: values.is_of_kind(node, kind))


def _min_count(declared: Declared) -> Constraint | None:
    least = declared.integer
    if least is None:
        return None
    return lambda nodes: Verdicts({focus for focus, found in nodes.by_focus.items() if len(found) < least})


def _max_count(declared: Declared) -> Constraint | None:
    most = declared.integer
    if most is None:
        return None
    return lambda nodes: Verdicts({focus for focus, found in nodes.by_focus.items() if len(found) > most})


def _limit(name: str) -> Callable[[Declared], Constraint]:
    def compiled(declared: Declared) -> Constraint:
        limits = declared.texts
        return _for_each(lambda node: _all(values.within(name, limit, node) for limit in limits))

    return compiled


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    """None if any is None, else whether all are True."""
    found = list(verdicts)
    return None if None in found else all(found)


def _min_length(declared: Declared) -> Constraint | None:
    # pySHACL takes a blank node for long enough when nothing is asked for.
    return _satisfied if declared.integer == 0 else _length(declared, lambda length, least: length >= least)


def _max_length(declared: Declared) -> Constraint | None:
    return _length(declared, lambda length, most: length <= most)


def _length(declared: Declared, holds: Callable[[int, int], bool]) -> Constraint | None:
    bound = declared.integer
    return None if bound is None else _for_each(lambda node: not is_blank(node) and holds(len(text_of(node)), bound))


def _pattern(declared: Declared) -> Constraint:
    flags = "".join(text_of(str(flag)) for flag in declared.companion("flags"))
    tests = [values.matches(text_of(pattern), flags) for pattern in declared.texts]
    return _for_each(lambda node: all(test(node) for test in tests))


def _language_in(declared: Declared) -> Constraint | None:
    items = list_items(declared.shapes, declared.values[0])
    if items is None:
        return None
    ranges = frozenset(text_of(str(item)).lower() for item in items)
    return _for_each(lambda node: values.speaks(node, ranges))


def _unique_lang(declared: Declared) -> Constraint | None:
    def unique(_: str, nodes: Collection[str]) -> bool:
        tags = [tag.lower() for node in nodes if (tag := language_of(node))]
        return len(tags) == len(set(tags))

    if declared.is_true is None:
        return None
    return _focus(unique) if declared.is_true else _satisfied


def _compared(declared: Declared) -> Callable[[str], list[Collection[str]]]:
    """From a focus node to the objects of each predicate that is a value of the parameter."""
    declared.at_focus.extend(Read((), predicate) for predicate in declared.texts)
    ends = [declared.graph.objects_of(predicate) for predicate in declared.texts]
    return lambda focus: [objects(focus) for objects in ends]


def _equals(declared: Declared) -> Constraint:
    compared = _compared(declared)
    return _focus(lambda focus, nodes: all(set(nodes) == set(objects) for objects in compared(focus)))


def _disjoint(declared: Declared) -> Constraint:
    compared = _compared(declared)
    return _focus(lambda focus, nodes: all(set(nodes).isdisjoint(objects) for objects in compared(focus)))


def _ordered(*, or_equal: bool) -> Callable[[Declared], Constraint]:
    def compiled(declared: Declared) -> Constraint:
        compared = _compared(declared)

        def holds(focus: str, nodes: Collection[str]) -> bool | None:
            others = compared(focus)
            if any(is_blank(node) for node in nodes):
                return None  # pySHACL stops at one, also where there is nothing to compare it with
            pairs = ((node, other) for found in others for node in nodes for other in found)
            return _all(values.precedes(node, other, or_equal=or_equal) for node, other in pairs)

        def constraint(nodes: Values) -> Verdicts:
            verdicts = {focus: holds(focus, found) for focus, found in nodes.by_focus.items()}
            return Verdicts(
                {focus for focus, verdict in verdicts.items() if verdict is False},
                {focus for focus, verdict in verdicts.items() if verdict is None},
            )

        return constraint

    return compiled


def _not(declared: Declared) -> Constraint:
    checks = list(map(declared.check_of, declared.values))

    def constraint(nodes: Values) -> Verdicts:
        verdicts = [check(nodes.all) for check in checks]
        turned = [Verdicts(nodes.all - one.fails - one.unknown, one.unknown) for one in verdicts]
        return _spread(nodes, conform_to_all(turned))

    return constraint


def _listed(holds: Callable[[int, int], bool]) -> Callable[[Declared], Constraint | None]:
    """A constraint of lists of shapes: `holds` of how many each value node conforms to, and how many there are."""

    def compiled(declared: Declared) -> Constraint | None:
        lists = [list_items(declared.shapes, head) for head in declared.values]
        # pySHACL takes the lists of sh:and and sh:or as sets, that of sh:xone as it is: only those agree here.
        if any(not items or len(set(items)) < len(items) for items in lists):
            return None
        alternatives = [[declared.check_of(item) for item in items or ()] for items in lists]

        def verdicts(checks: list[Check], nodes: Set[str]) -> Verdicts:
            found = [check(nodes) for check in checks]
            unknown = _NONE.union(*(one.unknown for one in found))
            counted = ((node, sum(node not in one.fails for one in found)) for node in nodes - unknown)
            return Verdicts({node for node, number in counted if not holds(number, len(checks))}, unknown)

        return lambda nodes: _spread(nodes, conform_to_all(verdicts(checks, nodes.all) for checks in alternatives))

    return compiled


def _node(declared: Declared) -> Constraint | None:
    if any(declared.shapes.objects(shape, SH["path"]) for shape in declared.values):
        return None
    return _conforming(declared)


def _conforming(declared: Declared) -> Constraint:
    checks = list(map(declared.check_of, declared.values))
    return lambda nodes: _spread(nodes, conform_to_all(check(nodes.all) for check in checks))


def _qualified(declared: Declared) -> Constraint | None:
    bounds = [declared.companion(f"qualified{which}Count") for which in ("Min", "Max")]
    numbers = [_integer(found) for found in bounds]
    if not any(bounds) or any(found and number is None for found, number in zip(bounds, numbers, strict=True)):
        return None
    least, most = numbers[0] or 0, numbers[1]
    check = declared.check_of(declared.values[0])

    def constraint(nodes: Values) -> Verdicts:
        fails, doubtful = check(nodes.all)
        unknown = nodes.having(doubtful)
        counted = {f: sum(node not in fails for node in found) for f, found in nodes.by_focus.items()}
        outside = {f for f, number in counted.items() if number < least or (most is not None and number > most)}
        return Verdicts(outside - unknown, unknown)

    return constraint


def _qualified_disjoint(declared: Declared) -> Constraint | None:
    return _satisfied if declared.is_true is False else None


def _closed(declared: Declared) -> Constraint | None:
    allowed = {str(path) for p in declared.companion("property") for path in declared.shapes.objects(p, SH["path"])}
    for head in declared.companion("ignoredProperties"):
        allowed.update(map(str, list_items(declared.shapes, head) or ()))
    always = f"{TYPE} {RDFS['Resource']}"  # pySHACL's own exception
    about = declared.graph.about
    if declared.is_true is None:
        return None
    if declared.is_true is False:
        return _satisfied
    declared.at_values.append(Read((), None))

    def says_no_more(node: str) -> bool:
        said = [statement.split(" ", 1)[1] for statement in about(node)]
        return all(one.split(" ", 1)[0] in allowed or one == always for one in said)

    return _for_each(says_no_more)


def _has_value(declared: Declared) -> Constraint:
    wanted = declared.texts
    return _focus(lambda _, nodes: all(value in nodes for value in wanted))


def _in(declared: Declared) -> Constraint | None:
    items = list_items(declared.shapes, declared.values[0])
    members = frozenset(map(str, items or ()))
    return None if items is None else lambda nodes: Verdicts(nodes.having(nodes.all - members))


def _sparql(declared: Declared) -> Constraint | None:
    if declared.companion("path"):
        return None
    selects = [compile_select(declared.shapes, constraint, declared.graph) for constraint in declared.values]
    known = [select for select in selects if select is not None]
    if len(known) < len(selects):
        return None
    declared.at_focus.extend(read for select in known for read in select.reads)

    def constraint(nodes: Values) -> Verdicts:
        violators = [{node for node in nodes.all if select.may_violate(node)} for select in known]
        return Verdicts(unknown=_NONE.union(*violators))

    return constraint


COMPONENTS: Mapping[ox.NamedNode, Callable[[Declared], Constraint | None]] = {
    SH[name]: compiled
    for name, compiled in (
        ("class", _class),
        ("datatype", _datatype),
        ("nodeKind", _node_kind),
        ("minCount", _min_count),
        ("maxCount", _max_count),
        *((name, _limit(name)) for name in ("minExclusive", "minInclusive", "maxExclusive", "maxInclusive")),
        ("minLength", _min_length),
        ("maxLength", _max_length),
        ("pattern", _pattern),
        ("languageIn", _language_in),
        ("uniqueLang", _unique_lang),
        ("equals", _equals),
        ("disjoint", _disjoint),
        ("lessThan", _ordered(or_equal=False)),
        ("lessThanOrEquals", _ordered(or_equal=True)),
        ("not", _not),
        ("and", _listed(lambda number, of: number == of)),
        ("or", _listed(lambda number, _: number > 0)),
        ("xone", _listed(lambda number, _: number == 1)),
        ("node", _node),
        ("property", _conforming),
        ("qualifiedValueShape", _qualified),
        ("qualifiedValueShapesDisjoint", _qualified_disjoint),
        ("closed", _closed),
        ("hasValue", _has_value),
        ("in", _in),
        ("sparql", _sparql),
    )
}
"""Parameter → what compiles it; that gives None for what it cannot compile."""
