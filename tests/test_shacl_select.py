"""Leaving out the focus nodes that conform, and what does not bear on the rest, changes no report.

Compared with pySHACL over all focus nodes and all data.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kclod import rdf
from kclod.errors import UndecidedError
from kclod.shacl import Report, engine, select, validate
from kclod.shacl.graph import Memory
from kclod.shacl.shapes import read_shapes
from kclod.shacl.targets import FocusNodes, Target
from kclod.view import Held
from kclod.vocab import RDF

PREFIXES = """@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <http://l.example/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
EX = "http://l.example/"
ROOT = Path(__file__).parent.parent
NOT_SEEN = "(something else that stops pySHACL)"

# Terms and shapes to choose from. Literals include ill-typed ones, and values that cannot be compared.
NODES = ["ex:a", "ex:b", "ex:c", "ex:d", "_:e", "_:f"]
LITERALS = [
    *("1", "7", "1.5", "1e3", '"01"^^xsd:integer', '"x"^^xsd:integer', '"5"^^xsd:int', '"300"^^xsd:byte', "true"),
    *('"yes"^^xsd:boolean', '"2020-01-01"^^xsd:date', '"2020-13-01"^^xsd:date', '"2020"^^xsd:gYear'),
    *('"2020-01-01T00:00:00"^^xsd:dateTime', '"2020-01-01T00:00:00Z"^^xsd:dateTime', '"P1D"^^xsd:duration'),
    *('"a"', '"abc"', '""', '"B"@en', '"a"@en', '"a"@en-GB', '"a"@fr', '"x"^^ex:type', '"<b>"^^rdf:HTML'),
]
PREDICATES = ["ex:p", "ex:p", "ex:q", "ex:r"]
PATHS = [
    *("ex:p", "ex:p", "ex:q", "[ sh:inversePath ex:p ]", "( ex:p ex:q )", "[ sh:alternativePath ( ex:p ex:q ) ]"),
    *("[ sh:oneOrMorePath ex:p ]", "[ sh:zeroOrMorePath ex:p ]", "[ sh:zeroOrOnePath ex:q ]"),
    *("( [ sh:inversePath ex:p ] ex:q ex:p )", "[ sh:inversePath ( ex:p ex:q ) ]", "rdf:type"),
    "[ sh:inversePath [ sh:alternativePath ( ex:p ex:q ) ] ]",
]
ANYWHERE = [
    *("sh:class ex:C", "sh:class ex:C , ex:D", "sh:datatype xsd:integer", "sh:datatype xsd:date"),
    *("sh:datatype xsd:string", "sh:datatype rdf:langString", "sh:datatype ex:type", "sh:datatype xsd:int"),
    *("sh:datatype rdfs:Literal", "sh:datatype xsd:boolean", "sh:datatype xsd:dateTime", "sh:datatype xsd:byte"),
    *(f"sh:nodeKind sh:{k}" for k in ("IRI", "BlankNode", "Literal", "IRIOrLiteral", "BlankNodeOrIRI")),
    *("sh:nodeKind sh:BlankNodeOrLiteral", "sh:minInclusive 1", "sh:maxExclusive 5.5", 'sh:maxInclusive "m"'),
    *('sh:minExclusive "2019-01-01"^^xsd:date', 'sh:maxInclusive "2020-01-01T00:00:00Z"^^xsd:dateTime'),
    *("sh:minInclusive true", "sh:minLength 0", "sh:minLength 2", "sh:maxLength 3", 'sh:pattern "^a"'),
    *('sh:pattern "b$" ; sh:flags "i"', 'sh:pattern "a" , "b"', 'sh:languageIn ( "en" )', 'sh:languageIn ( "EN-gb" )'),
    *('sh:languageIn ( "*" )', "sh:equals ex:q", "sh:disjoint ex:q", "sh:hasValue ex:a", 'sh:hasValue "a"@en , 1'),
    *('sh:in ( ex:a ex:b 1 "a"@en )', "sh:in ()", "sh:closed false", "sh:deactivated true"),
    *("sh:closed true", "sh:closed true ; sh:ignoredProperties ( rdf:type ex:p )", "rdfs:label 'no constraint'"),
]
IN_NODE_SHAPES = [
    f"sh:sparql [ sh:select '''{query}''' ]".replace("ex:", EX)
    for query in (
        "SELECT $this WHERE { $this <ex:p>+ $this }",
        "SELECT $this ?value WHERE { $this <ex:p> ?x ; <ex:q> ?value . FILTER ( ?x != ?value ) }",
        "SELECT DISTINCT $this WHERE { $this <ex:p>/^<ex:q>|<ex:r> ?x . ?x a ?y }",
        "SELECT $this ?value { $this <ex:p> ?value ; <ex:q> ?y FILTER(?value > ?y) . }",
        "SELECT $this ?value { $this <ex:p> ?value ; <ex:q> ?y FILTER(?value <= ?y) }",
        "SELECT $this WHERE { FILTER NOT EXISTS { ?x <ex:p> $this ; <ex:q> ?y . } }",
        "SELECT $this WHERE { $this <ex:p>* ?x . ?x <ex:q> ?y }",
        "SELECT $this WHERE { { $this <ex:p> ?x } UNION { ?x <ex:q> $this } }",
        "SELECT $this ?value WHERE { ?value <ex:p> ?x }",
    )
]
IN_PROPERTY_SHAPES = [
    *("sh:minCount 0", "sh:minCount 1", "sh:minCount 2", "sh:maxCount 0", "sh:maxCount 1", "sh:uniqueLang true"),
    *("sh:uniqueLang false", "sh:lessThan ex:q", "sh:lessThanOrEquals ex:q", "sh:lessThan ex:q , ex:r"),
    "sh:lessThanOrEquals ex:none",
]
TARGETS = [
    *("sh:targetClass ex:C", "sh:targetSubjectsOf ex:p", "sh:targetObjectsOf ex:p"),
    "sh:targetNode ex:a , ex:z , 7 , 'a'@en",
]


def graph(text: str) -> list[ox.Triple]:
    return rdf.triples_of(rdf.parse((PREFIXES + text).encode(), rdf.TURTLE, name="data.ttl"))


def one_of_each(found: Iterable[str]) -> list[str]:
    """The constraints, at most one with the same first parameter."""
    return list({text.split()[0]: text for text in found}.values())


def statements(depth: int, *, has_path: bool) -> st.SearchStrategy[str]:
    """What a shape says, `;`-separated, with shapes in it to a depth."""
    simple = st.sampled_from([*ANYWHERE, *(IN_PROPERTY_SHAPES if has_path else IN_NODE_SHAPES)])
    if not depth:
        return st.lists(simple, min_size=1, max_size=2).map(one_of_each).map(" ; ".join)
    inner = st.one_of(node_shapes(depth - 1), property_shapes(depth - 1))
    lists = st.lists(inner, min_size=1, max_size=3).map(lambda shapes: f"( {' '.join(shapes)} )")
    nested = [
        st.tuples(st.sampled_from(["sh:and", "sh:or", "sh:xone"]), lists).map(" ".join),
        inner.map("sh:not ".__add__),
        node_shapes(depth - 1).map("sh:node ".__add__),
        property_shapes(depth - 1).map("sh:property ".__add__),
    ]
    if has_path:
        bounds = ["sh:qualifiedMinCount 1", "sh:qualifiedMaxCount 1", "sh:qualifiedMinCount 1 ; sh:qualifiedMaxCount 2"]
        disjoint = ["", " ; sh:qualifiedValueShapesDisjoint true", " ; sh:qualifiedValueShapesDisjoint false"]
        qualified = st.tuples(inner, st.sampled_from(bounds), st.sampled_from(disjoint))
        nested.append(qualified.map(lambda q: f"sh:qualifiedValueShape {q[0]} ; {q[1]}{q[2]}"))
    return st.lists(st.one_of(simple, *nested), min_size=1, max_size=3).map(one_of_each).map(" ; ".join)


def node_shapes(depth: int) -> st.SearchStrategy[str]:
    return statements(depth, has_path=False).map(lambda text: f"[ a sh:NodeShape ; {text} ]")


def property_shapes(depth: int) -> st.SearchStrategy[str]:
    said = st.tuples(st.sampled_from(PATHS), statements(depth, has_path=True))
    return said.map(lambda pair: f"[ a sh:PropertyShape ; sh:path {pair[0]} ; {pair[1]} ]")


SHAPES = st.lists(st.tuples(st.sampled_from(TARGETS), statements(2, has_path=False)), min_size=1, max_size=2).map(
    lambda found: "\n".join(f"ex:S{n} a sh:NodeShape ; {target} ; {text} ." for n, (target, text) in enumerate(found))
)
TRIPLES = st.one_of(
    st.tuples(st.sampled_from(NODES), st.sampled_from(PREDICATES), st.sampled_from(NODES + LITERALS)),
    st.tuples(st.sampled_from(NODES), st.just("a"), st.sampled_from(["ex:C", "ex:D", "rdfs:Resource"])),
)
DATA = st.lists(TRIPLES, min_size=3, max_size=25).map(lambda found: "\n".join(f"{' '.join(t)} ." for t in found))


def outcome(run: Callable[[], Report]) -> Report | str:
    try:
        return run()
    except UndecidedError:
        return NOT_SEEN


def both(data: list[ox.Triple], shapes: list[Path], extra: list[ox.Triple]) -> tuple[Report | str, Report | str]:
    """What comes out with the selection, and without it."""
    selected = outcome(lambda: validate(data, shapes, extra=extra))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(select, "choose", lambda shapes, focus_nodes, data, whole: select.Choice(focus_nodes, whole))
        return selected, outcome(lambda: validate(data, shapes, extra=extra))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(shapes=SHAPES, data=DATA, extra=st.sampled_from(["", "ex:D rdfs:subClassOf ex:C .", "ex:a a ex:C ."]))
def test_random_shapes_and_data(tmp_path: Path, shapes: str, data: str, extra: str) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(PREFIXES + shapes, "utf-8")
    selected, full = both(graph(data), [file], graph(extra))
    assert selected == full


@pytest.mark.parametrize("constraint", [*ANYWHERE, *IN_PROPERTY_SHAPES], ids=str)
@pytest.mark.parametrize("form", ["%s", "sh:not [ %s ]", "sh:node [ sh:property [ sh:path ex:p ; %s ] ]"])
def test_each_constraint_on_each_kind_of_value(tmp_path: Path, form: str, constraint: str) -> None:
    if constraint in IN_PROPERTY_SHAPES and form == "sh:not [ %s ]":
        constraint = f"sh:path ex:p ; {constraint}"
    file = tmp_path / "shapes.ttl"
    said = f"sh:path ex:p ; {form % constraint}"
    file.write_text(f"{PREFIXES} ex:S sh:targetClass ex:C ; sh:property [ {said} ] .")
    values = [*LITERALS, "ex:a", "ex:b", "_:b"]
    data = "".join(f"ex:n{n} a ex:C ; ex:p {value} , 'a'@en ; ex:q 5 , ex:a .\n" for n, value in enumerate(values))
    data += "".join(f"ex:m{n} a ex:C ; ex:p {value} ; ex:q {value} .\n" for n, value in enumerate(values))
    data += "".join(f"ex:o{n} a ex:C ; ex:p ex:m{n} .\n" for n, _ in enumerate(values))
    selected, full = both(graph(data + "ex:a a ex:D ."), [file], graph("ex:D rdfs:subClassOf ex:C ."))
    assert selected == full


def chosen_from(file: Path, data: list[ox.Triple]) -> set[str]:
    """The focus nodes that pySHACL would be given for the shape with targets."""
    shapes = read_shapes([file])
    [shape] = shapes.targeted
    whole = list(map(str, data))
    memory = Memory(whole)
    focus_nodes = {shape: FocusNodes(memory, Held()).of(Target.of(shapes, shape))}
    return set(*select.choose(shapes, focus_nodes, memory, whole).focus_nodes.values())


def mutated(triples: list[ox.Triple], chance: random.Random) -> list[ox.Triple]:
    """The triples with some dropped, some given another subject or object, and some other literals put in."""
    changed = list(triples)
    others = [t.object for t in graph("".join(f"ex:a ex:p {literal} .\n" for literal in LITERALS))]
    for _ in range(20):
        place = chance.randrange(len(changed))
        t, other = changed[place], chance.choice(triples)
        match chance.randrange(5):
            case 0:
                del changed[place]
            case 1:
                changed.append(ox.Triple(t.subject, t.predicate, other.object))
            case 2:
                changed[place] = ox.Triple(other.subject, t.predicate, t.object)
            case 3:
                changed[place] = ox.Triple(t.subject, t.predicate, chance.choice(others))
            case _:
                changed.append(ox.Triple(other.subject, t.predicate, chance.choice([t.object, *others])))
    return changed


@pytest.fixture(scope="module")
def ontology() -> list[ox.Triple]:
    return rdf.triples_of(quad for path in sorted((ROOT / "ontology").glob("*.ttl")) for quad in rdf.read(path))


@pytest.mark.parametrize("seed", range(6))
def test_the_projects_shapes_on_changed_data(ontology: list[ox.Triple], seed: int) -> None:
    good = rdf.triples_of(rdf.read(ROOT / "tests" / "content" / "good.ttl"))
    data = mutated(good, random.Random(seed))
    selected, full = both(data, sorted((ROOT / "shapes").glob("*.ttl")), ontology)
    assert selected == full
    assert isinstance(full, Report)
    assert full.results


# What is selected, and that pySHACL is left alone where nothing is.

CHOSEN = [
    ("sh:property [ sh:path ex:p ; sh:minCount 1 ; sh:datatype xsd:integer ]", {"b", "c"}),
    ("sh:property [ sh:path ex:p ; sh:lessThan ex:q ]", {"a", "b"}),  # 1 < "x" cannot be compared
    ("sh:not [ sh:property [ sh:path ex:p ; sh:nodeKind sh:Literal ; sh:minCount 1 ] ]", {"a", "b"}),
    ("sh:or ( [ sh:class ex:D ] [ sh:property [ sh:path ex:p ; sh:maxCount 0 ] ] )", {"a", "b"}),
    ("sh:sparql [ sh:select 'SELECT $this { $this <http://l.example/p> ?x . }' ]", {"a", "b"}),
    ("sh:sparql [ sh:select 'SELECT $this { FILTER (!BOUND($this)) }' ]", {"a", "b", "c"}),  # not understood: all
    ("sh:property [ sh:path [ sh:inversePath ( ex:p ex:q ) ] ; sh:maxCount 9 ]", {"a", "b", "c"}),  # nor that
    ("sh:node ex:Loop", {"c"}),  # a shape within itself, where the data lead into it again
]


@pytest.mark.parametrize(("constraint", "chosen"), CHOSEN, ids=lambda value: value if isinstance(value, str) else "")
def test_focus_nodes_that_may_fail(tmp_path: Path, constraint: str, chosen: set[str]) -> None:
    file = tmp_path / "shapes.ttl"
    loop = "ex:Loop a sh:NodeShape ; sh:property [ sh:path ex:r ; sh:node ex:Loop ] ."
    file.write_text(f"{PREFIXES} ex:S a sh:NodeShape ; sh:targetClass ex:C ; {constraint} . {loop}")
    data = graph("ex:a a ex:C ; ex:p 1 ; ex:q 'x' . ex:b a ex:C ; ex:p 'x' ; ex:q 1 . ex:c a ex:C ; ex:r 1 .")
    assert chosen_from(file, data) == {f"<{EX}{name}>" for name in chosen}


COMPARED = [
    (">", {"equal": False, "less": False, "more": True, "decimal": True, "ill": True}),
    ("!=", {"equal": False, "less": True, "more": True, "decimal": True, "ill": True}),
    ("<=", {"equal": True, "less": True, "more": False, "decimal": True, "ill": True}),
]


@pytest.mark.parametrize(("operator", "may_hold"), COMPARED)
def test_a_comparison_in_sparql_is_trusted_for_integers_only(
    tmp_path: Path, operator: str, may_hold: dict[str, bool]
) -> None:
    file = tmp_path / "shapes.ttl"
    query = f"SELECT $this {{ $this <{EX}p> ?x ; <{EX}q> ?y FILTER ( ?x {operator} ?y ) }}"
    file.write_text(f"{PREFIXES} ex:S a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:sparql [ sh:select '{query}' ] .")
    data = graph("""ex:equal ex:p 1 ; ex:q 01 . ex:less ex:p 9 ; ex:q 10 . ex:more ex:p 10 ; ex:q 9 .
        ex:decimal ex:p 1.0 ; ex:q 1 . ex:ill ex:p "x"^^xsd:integer ; ex:q 1 .""")
    assert chosen_from(file, data) == {f"<{EX}{name}>" for name, may in may_hold.items() if may}


REACHED = [("ex:p", 1), ("[ sh:inversePath ex:p ]", 2), ("( ex:p ex:p )", 1), ("( [ sh:inversePath ex:p ] ex:q )", 2)]
REACHED += [("[ sh:alternativePath ( ex:p ex:q ) ]", 3), ("[ sh:oneOrMorePath ex:p ]", 3)]
REACHED += [("[ sh:zeroOrMorePath ex:p ]", 4), ("[ sh:zeroOrOnePath ex:p ]", 2)]


@pytest.mark.parametrize(("path", "number"), REACHED)
def test_value_nodes_at_the_end_of_a_path(tmp_path: Path, path: str, number: int) -> None:
    file = tmp_path / "shapes.ttl"
    data = graph("ex:x ex:p ex:a ; ex:q 1 , 2 . ex:y ex:p ex:a . ex:a ex:p ex:b ; ex:q 1 , 2 . ex:b ex:p ex:c .")
    data += graph("ex:c ex:p ex:b , ex:d .")
    for count, fails in ((number, False), (number - 1, True)):
        file.write_text(
            f"{PREFIXES} ex:S a sh:PropertyShape ; sh:targetNode ex:a ; sh:path {path} ; sh:maxCount {count} ."
        )
        assert bool(chosen_from(file, data)) == fails


def test_nothing_is_left_out_when_terms_or_components_are_unknown(tmp_path: Path) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(f"{PREFIXES} ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:nodeKind sh:IRI .")
    plain = graph("ex:a a ex:C .")
    a, c = ox.NamedNode(EX + "a"), ox.NamedNode(EX + "C")
    turned = ox.Literal("x", language="en", direction=ox.BaseDirection.LTR)
    for data, said, expected in (
        (plain, "", set()),
        ([*plain, ox.Triple(a, c, turned)], "", {a}),
        ([*plain, ox.Triple(a, c, ox.Triple(a, RDF["type"], c))], "", {a}),
        (plain, "ex:Own a sh:ConstraintComponent .", {a}),
    ):
        file.write_text(f"{PREFIXES} ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:nodeKind sh:IRI . {said}")
        assert chosen_from(file, data) == set(map(str, expected))


def test_pyshacl_is_not_run_on_data_that_certainly_conform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(f"{PREFIXES} ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:nodeKind sh:IRI .")
    runs: list[list[str]] = []
    run = engine.run

    def counted(data: Iterable[str], shapes: Iterable[str], *, advanced: bool = False) -> list[ox.Triple]:
        runs.append(list(data))
        return run(runs[-1], shapes, advanced=advanced)

    monkeypatch.setattr(engine, "run", counted)
    assert validate(graph("ex:a a ex:C ."), [file]).conforms
    assert [data for data in runs if data] == []
    assert not validate(graph("ex:a a ex:C . _:b a ex:C ."), [file]).conforms
    assert len([data for data in runs if data]) == 1


NEAR = [
    ("sh:property [ sh:path ( ex:p ex:q ) ; sh:class ex:D ]", "p q type above"),
    ("sh:property [ sh:path [ sh:inversePath ex:p ] ; sh:maxCount 0 ; sh:minCount 2 ]", "back"),
    ("sh:property [ sh:path ex:p ; sh:equals ex:r ]", "p r"),
    ("sh:closed true", "own p r"),
    ("sh:sparql [ sh:select 'SELECT $this { $this <http://l.example/p>/<http://l.example/q> ?x }' ]", "p q"),
    ("sh:nodeKind sh:Literal", ""),
    ("sh:sparql [ sh:select 'SELECT $this { $this ?any ?x }' ]", "p q r own type above back far"),  # not followed: all
]


@pytest.mark.parametrize(("constraint", "near"), NEAR, ids=lambda value: value[:60])
def test_pyshacl_is_given_what_bears_on_its_nodes(tmp_path: Path, constraint: str, near: str) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(f"{PREFIXES} ex:S a sh:NodeShape ; sh:targetNode ex:a ; {constraint} .")
    named = {
        "p": "ex:a ex:p ex:b .",
        "q": "ex:b ex:q ex:c .",
        "r": "ex:a ex:r 1 .",
        "own": "ex:a ex:s 2 .",
        "type": "ex:c a ex:E .",
        "above": "ex:E rdfs:subClassOf ex:F .",
        "back": "ex:z ex:p ex:a .",
        "far": "ex:x ex:p ex:y .",
    }
    whole = [str(t) for text in named.values() for t in graph(text)]
    shapes = read_shapes([file])
    [shape] = shapes.targeted
    choice = select.choose(shapes, {shape: {f"<{EX}a>"}}, Memory(whole), whole)
    assert choice.focus_nodes == {shape: {f"<{EX}a>"}}
    assert set(choice.statements) == {str(t) for name in near.split() for t in graph(named[name])}
