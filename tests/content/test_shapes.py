"""The shapes of the content: a good data set passes, and each constraint refuses an example that breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyshacl
import pytest
from rdflib import RDF, RDFS, SH, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import SKOS, XSD
from rdflib.term import Node

ROOT = Path(__file__).parents[2]
SHAPES = Namespace("https://w3id.org/kclod/shapes#")
EX = Namespace("https://example.org/")
LANGUAGES = {"en", "ko", "fr"}

GOOD = Path(__file__).with_name("good.ttl").read_text("utf-8")
PREFIXES = "".join(line for line in GOOD.splitlines(keepends=True) if line.startswith("@prefix"))


@dataclass(frozen=True)
class Bad:
    """The good data with `minus` taken away and `plus` added breaks `component` of `shape` at `focus`."""

    shape: str
    component: str
    focus: str
    plus: str = ""
    minus: str = ""

    def __str__(self) -> str:
        return f"{self.shape} {self.component}"


# What cannot be derived from one constraint and one value, and the rules that matter most, spelled out.
BAD = (
    # names
    Bad(
        "PreferredLabel-english",
        "QualifiedMinCount",
        "hall",
        'ex:hall skos:prefLabel "강당"@ko .',
        'ex:hall skos:prefLabel "Hall"@en .',
    ),
    Bad("PreferredLabel-unique", "UniqueLang", "hall", 'ex:hall skos:prefLabel "Great Hall"@en .'),
    Bad("PreferredLabel-trimmed", "Pattern", "hall", 'ex:hall skos:prefLabel "Salle "@fr .'),
    Bad("Definition-unique", "UniqueLang", "area", 'ex:area skos:definition "Something else."@en .'),
    Bad(
        "TechnologyArea-definition",
        "QualifiedMinCount",
        "area",
        minus='ex:area skos:definition "Recovery from cells."@en .',
    ),
    Bad("ConceptScheme-label", "MinCount", "new", "ex:new a skos:ConceptScheme ."),
    Bad(
        "ConceptScheme-definition",
        "QualifiedMinCount",
        "new",
        'ex:new a skos:ConceptScheme ; skos:prefLabel "New"@en .',
    ),
    # dates
    Bad(
        "Dated-order",
        "LessThanOrEquals",
        "signing",
        'ex:signing kclod:earliest "2025-08-01"^^xsd:date .',
        'ex:signing kclod:earliest "2025-07-29"^^xsd:date .',
    ),
    Bad("Bounds", "Or", "held", 'ex:held kclod:latest "2025-08-01"^^xsd:date .'),
    Bad("DateBasis-concept", "MinCount", "held", 'ex:held kclod:date "2025"^^edtf:EDTF .'),
    Bad(
        "DateBasis-scheme",
        "In",
        "signing",
        "ex:signing kclod:dateBasis status:signed .",
        "ex:signing kclod:dateBasis date-basis:stated .",
    ),
    # instruments and signatures
    Bad("SignedInstrument", "Or", "mou", minus="ex:mou kclod:hasSignature ex:signature-2 ."),
    Bad(
        "SignedInstrument",
        "Or",
        "quiet-mou",
        minus='ex:quiet-mou kclod:signatureGap "No source names who signed."@en .',
    ),
    Bad("InstrumentStatus", "Or", "mou", minus="ex:mou kclod:hasStatusAssertion ex:signing ."),
    Bad(
        "Signature",
        "SPARQL",
        "signature-1",
        "ex:signing kclod:status status:planned .",
        "ex:signing kclod:status status:signed .",
    ),
    Bad(
        "Signature-role",
        "HasValue",
        "signature-1",
        "ex:signature-1 kclod:role role:host .",
        "ex:signature-1 kclod:role role:signatory .",
    ),
    Bad(
        "SignatoryRole", "Or", "hosting", "ex:hosting kclod:role role:signatory .", "ex:hosting kclod:role role:host ."
    ),
    Bad(
        "Endeavour-form-scheme",
        "In",
        "mou",
        "ex:mou kclod:formOfCooperation activity:joint-workshops .",
        "ex:mou kclod:formOfCooperation form:joint-research .",
    ),
    Bad("Endeavour-isPartOf", "Class", "policy", "ex:policy dct:isPartOf ex:institute ."),
    Bad("Instrument-activity", "In", "mou", "ex:mou kclod:plansActivity role:host ."),
    Bad("Programme-activity", "In", "programme", "ex:programme kclod:plansActivity role:host ."),
    # participations and status
    Bad(
        "Participation-role-scheme",
        "In",
        "hosting",
        "ex:hosting kclod:role status:held .",
        "ex:hosting kclod:role role:host .",
    ),
    Bad(
        "Participation-agent",
        "Class",
        "hosting",
        "ex:hosting kclod:agent ex:montreal .",
        "ex:hosting kclod:agent ex:institute .",
    ),
    Bad("Participation-endeavour", "MinCount", "hosting", minus="ex:workshop kclod:hasParticipation ex:hosting ."),
    Bad("Participation-endeavour", "MaxCount", "hosting", "ex:talks kclod:hasParticipation ex:hosting ."),
    Bad("Participation-endeavour", "Class", "hosting", "ex:montreal kclod:hasParticipation ex:hosting ."),
    Bad("Participation-endeavour", "NodeKind", "hosting", "[] kclod:hasParticipation ex:hosting ."),
    Bad(
        "StatusAssertion-status-scheme",
        "In",
        "held",
        "ex:held kclod:status role:host .",
        "ex:held kclod:status status:held .",
    ),
    Bad("StatusAssertion-bearer", "MinCount", "held", minus="ex:workshop kclod:hasStatusAssertion ex:held ."),
    Bad("StatusAssertion-bearer", "MaxCount", "held", "ex:talks kclod:hasStatusAssertion ex:held ."),
    Bad("StatusAssertion-bearer", "NodeKind", "held", "[] kclod:hasStatusAssertion ex:held ."),
    # events
    Bad("EventEdition-series", "MinCount", "workshop", minus="ex:workshop kclod:inSeries ex:series ."),
    Bad("EventParts", "SPARQL", "workshop", "ex:workshop kclod:partOf ex:session ."),
    Bad(
        "Series-frequency-scheme",
        "In",
        "series",
        "ex:series kclod:frequency role:host .",
        "ex:series kclod:frequency frequency:annual .",
    ),
    # organisations, persons, places
    Bad("Organization", "Not", "institute", "ex:institute a org:OrganizationalUnit ."),
    Bad("Organization-type-scheme", "In", "institute", "ex:institute org:classification role:host ."),
    Bad("Person-office", "MinCount", "person", minus="ex:membership org:member ex:person ."),
    Bad("Person-office", "Class", "person", "ex:hall org:member ex:person ."),
    Bad("Person-office", "NodeKind", "person", "[] org:member ex:person ."),
    Bad("OfficePost", "Or", "membership", minus="ex:membership kclod:post ex:post ."),
    Bad("Place", "SPARQL", "canada", "ex:canada kclod:within ex:hall ."),
    Bad(
        "Place-latitude",
        "MinInclusive",
        "montreal",
        "ex:montreal schema:latitude -90.5 .",
        "ex:montreal schema:latitude 45.5 .",
    ),
    Bad(
        "Place-latitude",
        "MaxInclusive",
        "montreal",
        "ex:montreal schema:latitude 90.5 .",
        "ex:montreal schema:latitude 45.5 .",
    ),
    Bad(
        "Place-longitude",
        "MinInclusive",
        "montreal",
        "ex:montreal schema:longitude -181.0 .",
        "ex:montreal schema:longitude -73.6 .",
    ),
    Bad(
        "Place-longitude",
        "MaxInclusive",
        "montreal",
        "ex:montreal schema:longitude 181.0 .",
        "ex:montreal schema:longitude -73.6 .",
    ),
    Bad("Place-latitude", "MaxCount", "montreal", "ex:montreal schema:latitude 45.6 ."),
    Bad("Place-longitude", "MaxCount", "montreal", "ex:montreal schema:longitude -73.5 ."),
    Bad("PlaceInCountry-country", "QualifiedMinCount", "hall", minus="ex:montreal kclod:within ex:canada ."),
    Bad(
        "Identifier-scheme-scheme",
        "In",
        "id",
        "ex:id schema:propertyID role:host .",
        "ex:id schema:propertyID identifier-scheme:geonames .",
    ),
    Bad("Identifier-bearer", "MinCount", "unused", 'ex:unused a schema:PropertyValue ; schema:value "1" .'),
    Bad("Identifier-bearer", "NodeKind", "id", "[] schema:identifier ex:id .", "ex:canada schema:identifier ex:id ."),
    Bad("Identifier-bearer", "MaxCount", "id", "ex:montreal schema:identifier ex:id ."),
    Bad("Identifier-url", "NodeKind", "id", 'ex:id schema:url "https://sws.geonames.org/6251999/" .'),
    Bad("Identifier-url", "MaxCount", "id", "ex:id schema:url ex:canada , ex:montreal ."),
    Bad("Registry-name", "MinCount", "register", minus='ex:register skos:prefLabel "A register"@en .'),
    # concepts
    Bad("Concept", "SPARQL", "batteries", "ex:batteries skos:broader ex:area ."),
    Bad(
        "TechnologyArea-scheme",
        "HasValue",
        "area",
        "ex:area skos:inScheme scheme:minerals .",
        "ex:area skos:inScheme scheme:technology-areas .",
    ),
    Bad("TechnologyArea-broader", "Class", "area", "ex:area skos:broader ex:metals ."),
    Bad("Mineral-scheme", "HasValue", "lithium", minus="ex:lithium skos:inScheme scheme:minerals ."),
    # claims and evidence
    Bad(
        "Claim",
        "SPARQL",
        "claim",
        "ex:claim prov:hadPrimarySource ex:other-article .",
        "ex:claim prov:hadPrimarySource ex:article .",
    ),
    Bad("Claim-evidence", "MinCount", "claim", minus="ex:claim prov:wasDerivedFrom ex:evidence ."),
    Bad(
        "Claim-confidence",
        "MaxInclusive",
        "claim",
        "ex:claim kclod:confidence 1.1 .",
        "ex:claim kclod:confidence 0.95 .",
    ),
    Bad("Claim-mode", "MaxCount", "claim", "ex:claim kclod:assertionMode mode:hedged ."),
    Bad(
        "Claim-mode-scheme",
        "In",
        "claim",
        "ex:claim kclod:assertionMode role:host .",
        "ex:claim kclod:assertionMode mode:reported .",
    ),
    Bad("Claim-method-scheme", "In", "claim", "ex:claim kclod:extractionMethod mode:reported ."),
    Bad(
        "Evidence",
        "SPARQL",
        "evidence",
        'ex:span oa:end "2001"^^xsd:nonNegativeInteger .',
        'ex:span oa:end "80"^^xsd:nonNegativeInteger .',
    ),
    Bad("Evidence-claim", "MinCount", "stray", "ex:stray a kclod:Evidence ."),
    Bad("Evidence-claim", "Class", "evidence", "ex:hall prov:wasDerivedFrom ex:evidence ."),
    Bad("Evidence-claim", "NodeKind", "evidence", "[] prov:wasDerivedFrom ex:evidence ."),
    Bad(
        "Span-order",
        "LessThan",
        "span",
        'ex:span oa:end "12"^^xsd:nonNegativeInteger .',
        'ex:span oa:end "80"^^xsd:nonNegativeInteger .',
    ),
    # trade
    Bad(
        "TradeEnds",
        "Or",
        "trade-2",
        'ex:trade-2 a kclod:TradeRelation ; skos:prefLabel "Sold"@en ; kclod:commodity ex:lithium .',
    ),
    # figures
    Bad("Figure-kind-scheme", "In", "money", "ex:money kclod:figureKind unit:percent ."),
    Bad("Figure-rank-scheme", "In", "share", "ex:share kclod:rank unit:percent ."),
    Bad(
        "Figure-order",
        "LessThanOrEquals",
        "money",
        "ex:money kclod:minimum 400000000.0 .",
        "ex:money kclod:minimum 50000000.0 .",
    ),
    Bad("Figure-measure-scheme", "In", "money", "ex:money kclod:measure unit:percent ."),
    Bad("Figure-bound-scheme", "In", "money", "ex:money kclod:bound unit:percent ."),
    Bad("Figure-scope-scheme", "In", "money", "ex:money kclod:scope unit:percent ."),
    Bad("Figure-unit-scheme", "In", "share", "ex:share kclod:unit scope:total ."),
    Bad("Figure-bearer", "MinCount", "share", minus="ex:policy kclod:hasFigure ex:share ."),
    Bad("Figure-bearer", "NodeKind", "share", "[] kclod:hasFigure ex:share ."),
    Bad("FigureValue", "Or", "figure", minus="ex:figure kclod:minimum 200.0 ."),
    Bad("ExactFigure", "Or", "share", "ex:share kclod:maximum 34.0 .", "ex:share kclod:maximum 33.2 ."),
    Bad("FigureUnit", "Xone", "share", minus="ex:share kclod:unit unit:percent ."),
    Bad("FigureUnit", "Xone", "money", "ex:money kclod:unit unit:person ."),
    Bad(
        "MonetaryAmount-currency",
        "Pattern",
        "money",
        'ex:money kclod:currency "won" .',
        'ex:money kclod:currency "KRW" .',
    ),
)

COMPONENTS = {  # parameter → constraint component
    SH.minCount: "MinCount",
    SH.maxCount: "MaxCount",
    SH["class"]: "Class",
    SH.nodeKind: "NodeKind",
    SH.datatype: "Datatype",
    SH.pattern: "Pattern",
    SH.minLength: "MinLength",
    SH.minInclusive: "MinInclusive",
    SH.maxInclusive: "MaxInclusive",
    SH["in"]: "In",
    SH.hasValue: "HasValue",
    SH.uniqueLang: "UniqueLang",
    SH.lessThan: "LessThan",
    SH.lessThanOrEquals: "LessThanOrEquals",
    SH.equals: "Equals",
    SH.qualifiedMinCount: "QualifiedMinCount",
    SH["or"]: "Or",
    SH["not"]: "Not",
    SH.xone: "Xone",
    SH.sparql: "SPARQL",
}


def turtle(text: str) -> Graph:
    return Graph().parse(data=PREFIXES + text, format="turtle")


def shape_files() -> list[Path]:
    return sorted((ROOT / "shapes").glob("*.ttl"))


def background() -> Graph:
    """The class tree, and of the schemes the concepts that the good data names."""
    ontology, schemes = (Graph().parse(ROOT / "ontology" / name) for name in ("kclod.ttl", "schemes.ttl"))
    graph = Graph()
    for triple in ontology.triples((None, RDFS.subClassOf, None)):
        if isinstance(triple[2], URIRef):
            graph.add(triple)
    used = {o for o in turtle(GOOD + NAMED_IN_BAD).objects() if isinstance(o, URIRef)}
    used |= set(schemes.subjects(RDF.type, SKOS.ConceptScheme))
    for node in used:
        for triple in schemes.triples((node, None, None)):
            if triple[1] in (RDF.type, SKOS.prefLabel, SKOS.definition, SKOS.inScheme):
                graph.add(triple)
    return graph


@cache
def shapes_in(files: tuple[Path, ...]) -> Graph:
    graph = Graph()
    for path in files:
        graph.parse(path)
    return graph


ALL = shapes_in(tuple(shape_files()))
FILE_OF = {s: path for path in shape_files() for s in shapes_in((path,)).subjects(RDF.type, SH.NodeShape)}
NAMED_IN_BAD = "".join(bad.plus for bad in BAD)
BACKGROUND = background()
GOOD_GRAPH = turtle(GOOD)
PASSING = BACKGROUND + GOOD_GRAPH


def validate(data: Graph, *files: Path) -> Graph:
    _, report, _ = pyshacl.validate(BACKGROUND + data, shacl_graph=shapes_in(files), inplace=True)
    assert isinstance(report, Graph)
    return report


def found(report: Graph) -> set[tuple[Node, Node, str]]:
    """(focus, shape, component) of each result."""
    return {
        (
            report.value(result, SH.focusNode),
            report.value(result, SH.sourceShape),
            str(report.value(result, SH.sourceConstraintComponent))
            .removeprefix(str(SH))
            .removesuffix("ConstraintComponent"),
        )
        for result in report.subjects(RDF.type, SH.ValidationResult)
    }


@cache
def owner(shape: Node) -> URIRef:
    """The node shape that a property shape belongs to; a node shape is its own."""
    if shape in FILE_OF:
        assert isinstance(shape, URIRef)
        return shape
    return next(s for s in ALL.subjects(SH.property, shape) if isinstance(s, URIRef))


@cache
def targets(shape: URIRef) -> list[Node]:
    """The focus nodes that a node shape has in the good data, by the kinds of target in use."""
    data = PASSING
    nodes: set[Node] = set()
    for cls in ALL.objects(shape, SH.targetClass):
        for sub in data.transitive_subjects(RDFS.subClassOf, cls):
            nodes |= set(data.subjects(RDF.type, sub))
    for predicate in ALL.objects(shape, SH.targetSubjectsOf):
        nodes |= set(data.subjects(predicate))
    for predicate in ALL.objects(shape, SH.targetObjectsOf):
        nodes |= set(data.objects(None, predicate))
    return sorted(nodes)


def constraints() -> Iterator[tuple[URIRef, str]]:
    """Every (named shape, constraint component) of the shapes."""
    for shape in sorted(s for s in set(ALL.subjects()) if isinstance(s, URIRef) and s.startswith(SHAPES)):
        for parameter, component in COMPONENTS.items():
            if (shape, parameter, None) in ALL:
                yield shape, component


SPELLED = {(SHAPES[bad.shape], bad.component) for bad in BAD}
DERIVED = [pair for pair in constraints() if pair not in SPELLED]


def offender(shape: URIRef, component: str) -> Node:
    """A value that breaks one constraint of a shape, whatever else it breaks."""
    datatype = ALL.value(shape, SH.datatype)
    match component:
        case "Class":
            return EX.nothing
        case "NodeKind":
            return Literal("a text") if ALL.value(shape, SH.nodeKind) == SH.IRI else EX.nothing
        case "Datatype":
            return Literal("true", datatype=XSD.boolean)
        case "Pattern":
            return Literal("?", datatype=datatype)
        case "MinLength":
            return Literal("", datatype=datatype)
        case "MinInclusive":
            return Literal("-1", datatype=datatype)
        case "MaxCount":
            return EX.second
    raise AssertionError(f"spell out an example for {shape} {component}")


def test_good_data_passes() -> None:
    report = validate(GOOD_GRAPH, *shape_files())
    assert not found(report)


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_spelled_out_example_is_refused(bad: Bad) -> None:
    data = GOOD_GRAPH + Graph()
    for triple in turtle(bad.minus):
        assert triple in data, "the example takes away what is not there"
        data.remove(triple)
    data += turtle(bad.plus)
    shape = SHAPES[bad.shape]
    assert (EX[bad.focus], shape, bad.component) in found(validate(data, FILE_OF[owner(shape)]))


@cache
def subject_of(shape: URIRef) -> tuple[Node, URIRef]:
    """A focus node of the good data that has a value for the shape's property, and that property."""
    path = ALL.value(shape, SH.path)
    assert isinstance(path, URIRef), f"spell out an example for {shape}: its path is no single property"
    having = [node for node in targets(owner(shape)) if (node, path, None) in GOOD_GRAPH]
    assert having, f"the good data has no value for {path}: {shape} is not seen to pass"
    return having[0], path


@cache
def derived(component: str) -> set[tuple[Node, Node, str]]:
    """What is found when every shape with this component gets a value that breaks it, or loses its values."""
    data = GOOD_GRAPH + Graph()
    for shape, each in DERIVED:
        if each == component:
            focus, path = subject_of(shape)
            if component == "MinCount":
                data.remove((focus, path, None))
            else:
                data.add((focus, path, offender(shape, component)))
    return found(validate(data, *shape_files()))


@pytest.mark.parametrize(("shape", "component"), DERIVED, ids=lambda part: str(part).removeprefix(SHAPES))
def test_derived_example_is_refused(shape: URIRef, component: str) -> None:
    focus, _ = subject_of(shape)
    assert (focus, shape, component) in derived(component)


def test_no_constraint_was_lost() -> None:
    """Raise the floor when constraints are added; a drop means that rules went missing unnoticed."""
    assert len(list(constraints())) >= CONSTRAINT_FLOOR


CONSTRAINT_FLOOR = 440


def test_every_result_has_a_message_in_each_language() -> None:
    for shape, component in constraints():
        holder: Node = shape
        if component == "SPARQL":
            holder = next(iter(ALL.objects(shape, SH.sparql)))
        languages = {m.language for m in ALL.objects(holder, SH.message) if isinstance(m, Literal)}
        assert languages == LANGUAGES, (shape, component)


def test_every_property_shape_has_a_name_in_each_language() -> None:
    for shape in ALL.subjects(RDF.type, SH.PropertyShape):
        languages = {m.language for m in ALL.objects(shape, SH.name) if isinstance(m, Literal)}
        assert languages == LANGUAGES, shape


def test_every_shape_is_named() -> None:
    for shape in ALL.subjects(RDF.type, SH.NodeShape):
        assert not isinstance(shape, BNode)
        assert str(shape).startswith(SHAPES)


def test_every_group_exists() -> None:
    groups = set(ALL.subjects(RDF.type, SH.PropertyGroup))
    assert set(ALL.objects(None, SH.group)) == groups
