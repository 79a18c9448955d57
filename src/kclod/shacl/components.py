"""SHACL's constraint components (section 4), compiled to functions from a focus node and its value nodes to a verdict.

A verdict is True (conforms), False (does not) or None (not known), as pySHACL would find. None spreads to whatever is
built on it, because pySHACL evaluates every part, and may refuse to decide at any.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from kclod.rdf import Term
from kclod.shacl import values
from kclod.shacl.graph import Index
from kclod.shacl.paths import list_items
from kclod.shacl.shapes import Shapes
from kclod.shacl.sparql import possible_violators
from kclod.vocab import RDF, RDFS, SH

Verdict = bool | None
Check = Callable[[Term], Verdict]
"""Whether a node conforms to a shape."""
Constraint = Callable[[Term, Collection[Term]], Verdict]
"""Whether a focus node and its distinct value nodes satisfy a constraint."""


@dataclass(frozen=True)
class Declared:
    """A parameter as a shape declares it: with its values, and with what is needed to compile it."""

    shapes: Shapes
    index: Index
    check_of: Callable[[Term], Check]
    shape: Term
    values: list[Term]

    def companion(self, name: str) -> list[Term]:
        """The values of another parameter of the same shape."""
        return self.shapes.objects(self.shape, SH[name])

    @property
    def integer(self) -> int | None:
        """The value as a number; None when it is not one."""
        return _integer(self.values)

    @property
    def is_true(self) -> bool | None:
        """The value as a truth value; None when it is neither `true` nor `false`."""
        known: Mapping[Term, bool] = {ox.Literal(True): True, ox.Literal(False): False}
        return known.get(self.values[0]) if len(self.values) == 1 else None


def conforms_to_all(verdicts: Iterable[Verdict]) -> Verdict:
    """None if any is None, else whether all are True."""
    result = True
    for verdict in verdicts:
        if verdict is None:
            return None
        result = result and verdict
    return result


def _satisfied(_: Term, __: Collection[Term]) -> Verdict:
    return True


def _integer(found: list[Term]) -> int | None:
    number = found[0] if len(found) == 1 else None
    return int(number.value) if isinstance(number, ox.Literal) and number.value.isascii() else None


def _for_each(test: Check) -> Constraint:
    return lambda _, nodes: conforms_to_all(map(test, nodes))


def _class(declared: Declared) -> Constraint:
    instances = [declared.index.instances(one) for one in declared.values]
    return lambda _, nodes: all(members.issuperset(nodes) for members in instances)


def _datatype(declared: Declared) -> Constraint:
    [datatype] = declared.values
    return _for_each(lambda node: values.has_datatype(node, datatype))


def _node_kind(declared: Declared) -> Constraint:
    [kind] = declared.values
    return _for_each(lambda node: values.is_of_kind(node, kind))


def _counted(holds: Callable[[int, int], bool]) -> Callable[[Declared], Constraint | None]:
    def compiled(declared: Declared) -> Constraint | None:
        bound = declared.integer
        return None if bound is None else lambda _, nodes: holds(len(nodes), bound)

    return compiled


def _limit(name: str) -> Callable[[Declared], Constraint]:
    return lambda declared: (
        lambda _, nodes: conforms_to_all(
            values.within(name, limit, node) for limit in declared.values for node in nodes
        )
    )


def _min_length(declared: Declared) -> Constraint | None:
    # pySHACL takes a blank node for long enough when nothing is asked for.
    return _satisfied if declared.integer == 0 else _length(declared, lambda length, least: length >= least)


def _max_length(declared: Declared) -> Constraint | None:
    return _length(declared, lambda length, most: length <= most)


def _length(declared: Declared, holds: Callable[[int, int], bool]) -> Constraint | None:
    bound = declared.integer
    if bound is None:
        return None
    return _for_each(lambda node: not isinstance(node, ox.BlankNode) and holds(len(values.text_of(node)), bound))


def _pattern(declared: Declared) -> Constraint:
    flags = "".join(map(values.text_of, declared.companion("flags")))
    tests = [values.matches(values.text_of(pattern), flags) for pattern in declared.values]
    return lambda _, nodes: all(test(node) for test in tests for node in nodes)


def _language_in(declared: Declared) -> Constraint | None:
    items = list_items(declared.shapes, declared.values[0])
    if items is None:
        return None
    ranges = frozenset(values.text_of(item).lower() for item in items)
    return _for_each(lambda node: values.speaks(node, ranges))


def _unique_lang(declared: Declared) -> Constraint | None:
    def constraint(_: Term, nodes: Collection[Term]) -> Verdict:
        tags = [node.language.lower() for node in nodes if isinstance(node, ox.Literal) and node.language]
        return len(tags) == len(set(tags))

    if declared.is_true is None:
        return None
    return constraint if declared.is_true else _satisfied


def _equals(declared: Declared) -> Constraint:
    ends = [declared.index.objects(one) for one in declared.values]
    return lambda focus, nodes: all(set(objects.get(focus, ())) == set(nodes) for objects in ends)


def _disjoint(declared: Declared) -> Constraint:
    ends = [declared.index.objects(one) for one in declared.values]
    return lambda focus, nodes: all(set(nodes).isdisjoint(objects.get(focus, ())) for objects in ends)


def _ordered(*, or_equal: bool) -> Callable[[Declared], Constraint]:
    def compiled(declared: Declared) -> Constraint:
        ends = [declared.index.objects(one) for one in declared.values]

        def constraint(focus: Term, nodes: Collection[Term]) -> Verdict:
            if any(isinstance(node, ox.BlankNode) for node in nodes):
                return None  # pySHACL stops at one, also where there is nothing to compare it with
            return conforms_to_all(
                values.precedes(node, other, or_equal=or_equal)
                for objects in ends
                for node in nodes
                for other in objects.get(focus, ())
            )

        return constraint

    return compiled


def _not(declared: Declared) -> Constraint:
    checks = [declared.check_of(shape) for shape in declared.values]

    def negated(verdict: Verdict) -> Verdict:
        return None if verdict is None else not verdict

    return lambda _, nodes: conforms_to_all(negated(check(node)) for check in checks for node in nodes)


def _listed(holds: Callable[[int, int], bool]) -> Callable[[Declared], Constraint | None]:
    """A constraint of lists of shapes: `holds` of how many each value node conforms to, and how many there are."""

    def compiled(declared: Declared) -> Constraint | None:
        lists = [list_items(declared.shapes, head) for head in declared.values]
        # pySHACL takes the lists of sh:and and sh:or as sets, that of sh:xone as it is: only those agree here.
        if any(not items or len(set(items)) < len(items) for items in lists):
            return None
        alternatives = [[declared.check_of(item) for item in items or ()] for items in lists]

        def constraint(_: Term, nodes: Collection[Term]) -> Verdict:
            numbers = [(_number(check(n) for check in checks), len(checks)) for checks in alternatives for n in nodes]
            return conforms_to_all(None if number is None else holds(number, of) for number, of in numbers)

        return constraint

    return compiled


def _number(verdicts: Iterable[Verdict]) -> int | None:
    """How many are True; None if any is None."""
    known = list(verdicts)
    return None if None in known else known.count(True)


def _node(declared: Declared) -> Constraint | None:
    if any(declared.shapes.objects(shape, SH["path"]) for shape in declared.values):
        return None
    return _conforming(declared)


def _conforming(declared: Declared) -> Constraint:
    checks = [declared.check_of(shape) for shape in declared.values]
    return lambda _, nodes: conforms_to_all(check(node) for check in checks for node in nodes)


def _qualified(declared: Declared) -> Constraint | None:
    bounds = [declared.companion(f"qualified{which}Count") for which in ("Min", "Max")]
    numbers = [_integer(found) for found in bounds]
    if not any(bounds) or any(found and number is None for found, number in zip(bounds, numbers, strict=True)):
        return None
    least, most = numbers
    check = declared.check_of(declared.values[0])

    def constraint(_: Term, nodes: Collection[Term]) -> Verdict:
        number = _number(map(check, nodes))
        return None if number is None else number >= (least or 0) and (most is None or number <= most)

    return constraint


def _qualified_disjoint(declared: Declared) -> Constraint | None:
    return _satisfied if declared.is_true is False else None


def _closed(declared: Declared) -> Constraint | None:
    allowed = {path for p in declared.companion("property") for path in declared.shapes.objects(p, SH["path"])}
    for head in declared.companion("ignoredProperties"):
        allowed.update(list_items(declared.shapes, head) or ())
    always = (RDF["type"], RDFS["Resource"])  # pySHACL's own exception
    about = declared.index.about
    if declared.is_true is None:
        return None
    if declared.is_true is False:
        return _satisfied
    return _for_each(lambda node: all(t.predicate in allowed or (t.predicate, t.object) == always for t in about(node)))


def _has_value(declared: Declared) -> Constraint:
    return lambda _, nodes: all(value in nodes for value in declared.values)


def _in(declared: Declared) -> Constraint | None:
    items = list_items(declared.shapes, declared.values[0])
    members = frozenset(items or ())
    return None if items is None else lambda _, nodes: members.issuperset(nodes)


def _sparql(declared: Declared) -> Constraint | None:
    if declared.companion("path"):
        return None
    tests = [possible_violators(declared.shapes, constraint, declared.index) for constraint in declared.values]
    known = [test for test in tests if test is not None]
    if len(known) < len(tests):
        return None
    return lambda focus, _: None if any(test(focus) for test in known) else True


COMPONENTS: Mapping[ox.NamedNode, Callable[[Declared], Constraint | None]] = {
    SH[name]: compiled
    for name, compiled in (
        ("class", _class),
        ("datatype", _datatype),
        ("nodeKind", _node_kind),
        ("minCount", _counted(lambda number, least: number >= least)),
        ("maxCount", _counted(lambda number, most: number <= most)),
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
