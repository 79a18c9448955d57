"""owl:sameAs by union-find: eq-sym, eq-trans, eq-rep-* and eq-diff* (OWL 2 Profiles, section 4.3, table 4)."""

from __future__ import annotations

from itertools import combinations

from kclod.reason.compiler import Compiler
from kclod.reason.facts import Extension, Fact, Pair
from kclod.reason.graph import Graph


def merge(graph: Graph, compiler: Compiler) -> bool:
    """Join what was found to be the same, and say every fact about it of its representative.

    Returns whether two terms that rules mention were joined: then all rules have to be made anew.
    """
    pairs, graph.to_merge = graph.to_merge, []
    moved: set[int] = set()
    rules_changed = False
    for one, other in pairs:
        roots = {graph.root.get(one, one), graph.root.get(other, other)}
        if len(roots) == 1:
            continue
        # a term that rules mention represents one that they do not, so that the rules stay right
        winner, loser = sorted(roots, key=lambda n: (not _is_in_rules(n, graph, compiler), n))
        rules_changed = rules_changed or _is_in_rules(loser, graph, compiler)
        joining = graph.members.pop(loser, [loser])
        graph.members.setdefault(winner, [winner]).extend(joining)
        graph.root.update(dict.fromkeys(joining, winner))
        moved.update(joining)
    if moved:
        _rewrite(graph, moved)
    return rules_changed


def settle(graph: Graph) -> None:
    """Say of representatives what was read after things had been joined."""
    if graph.root:
        _rewrite(graph, {loser for loser, winner in graph.root.items() if loser != winner})


def _is_in_rules(number: int, graph: Graph, compiler: Compiler) -> bool:
    return number in compiler.constants or number in graph.relations or number in graph.extensions


def _rewrite(graph: Graph, moved: set[int]) -> None:
    for table in graph.tables():
        members: set[int] = set()
        pairs: set[Pair] = set()
        derived: set[Fact]
        if isinstance(table, Extension):
            members = set(table.items) if table.key in moved else table.items & moved
            derived = {(x, graph.type, table.key) for x in members & table.derived}
            stale = {(x, graph.type, table.key) for x in members}
            table.remove(members)
            graph.unmirror({(x, table.key) for x in members})
        else:
            pairs = {pair for pair in table.items if table.key in moved or pair[0] in moved or pair[1] in moved}
            derived = {(s, table.key, o) for s, o in pairs & table.derived}
            stale = {(s, table.key, o) for s, o in pairs}
            table.remove(pairs)
        graph.replaced |= stale - derived
        for old in sorted(stale):
            new = (graph.root.get(old[0], old[0]), graph.root.get(old[1], old[1]), graph.root.get(old[2], old[2]))
            changes = [(a, graph.same, b) for a, b in zip(old, new, strict=True) if a != b]
            graph.restate(old, new, changes)
    for key in moved:
        graph.relations.pop(key, None)
        graph.extensions.pop(key, None)


def check_different(graph: Graph, compiler: Compiler) -> None:
    """eq-diff1 to eq-diff3: nothing that is the same may be called different."""
    different = graph.number("owl:differentFrom")
    written = {fact for fact in graph.replaced if fact[1] == different}
    rewritten = {tuple(graph.root.get(number, number) for number in fact) for fact in written}
    # what was written says more than the same about representatives
    said = written | {fact for fact in graph.facts(graph.relation(different)) if fact not in rewritten}
    for s, p, o in sorted(said):
        if _are_same(graph, s, o):
            message = "{x} and {y} are said to be different, and are the same"
            graph.contradict("eq-diff1", message, {"?x": s, "?y": o}, [(s, p, o), (s, graph.same, o)])
    group = graph.number("owl:AllDifferent")
    for name, rule in (("owl:members", "eq-diff2"), ("owl:distinctMembers", "eq-diff3")):
        key = graph.number(name)
        for axiom, cell in sorted(graph.relation(key).items):
            if axiom in graph.extension(group).items:
                members = _as_written(graph, compiler.cells(cell))
                for one, other in combinations(members, 2):
                    if _are_same(graph, one, other):
                        message = "{x} and {y} are listed as all different, and are the same"
                        facts = [(axiom, graph.type, group), (axiom, key, cell), (one, graph.same, other)]
                        graph.contradict(rule, message, {"?x": one, "?y": other}, facts)


def _are_same(graph: Graph, one: int, other: int) -> bool:
    return graph.root.get(one, one) == graph.root.get(other, other)


def _as_written(graph: Graph, cells: list[int]) -> list[int]:
    """The members of a list before they gave way to representatives."""
    first = graph.number("rdf:first")
    written = {s: o for s, p, o in graph.replaced if p == first}
    firsts = graph.relation(first).objects()
    return [written.get(cell, firsts[cell][0]) for cell in cells]
