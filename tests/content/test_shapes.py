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

PREFIXES = """
@prefix dc: <http://purl.org/dc/elements/1.1/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix edtf: <http://id.loc.gov/datatypes/edtf/> .
@prefix ex: <https://example.org/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix kclod: <https://w3id.org/kclod/ontology#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix scheme: <https://w3id.org/kclod/id/scheme/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
""" + "".join(
    f"@prefix {name}: <https://w3id.org/kclod/id/concept/{name}/> .\n"
    for name in (
        *("activity", "bound", "date-basis", "extraction-method", "frequency", "identifier-scheme", "measure", "mode"),
        *("organization-type", "role", "scope", "status", "unit"),
    )
)

GOOD = """
ex:canada a kclod:Country ; skos:prefLabel "Canada"@en , "캐나다"@ko ; schema:identifier ex:id ; dct:source ex:register .
ex:montreal a kclod:City ; skos:prefLabel "Montreal"@en ; skos:altLabel "Montréal"@fr ; kclod:within ex:canada .
ex:hall a kclod:Site ; skos:prefLabel "Hall"@en ; kclod:within ex:montreal .
ex:id a schema:PropertyValue ; schema:propertyID identifier-scheme:geonames ; schema:value "6251999" .
ex:register skos:prefLabel "A register"@en ; dct:license <https://example.org/licence> ; foaf:homepage <https://example.org/> .

ex:institute a org:FormalOrganization ; skos:prefLabel "Institute"@en ;
    org:classification organization-type:government-research-institute ; kclod:country ex:canada ;
    kclod:location ex:montreal ; org:subOrganizationOf ex:council ; foaf:homepage <https://example.org/i> ;
    schema:identifier ex:id ; dct:source ex:register .
ex:council a org:FormalOrganization ; skos:prefLabel "Council"@en ; org:classification organization-type:research-council .
ex:lab a org:OrganizationalUnit ; skos:prefLabel "Laboratory"@en ; org:unitOf ex:council ; kclod:location ex:montreal ;
    foaf:homepage <https://example.org/l> ; dct:source ex:register .
ex:person a foaf:Person ; skos:prefLabel "A. Person"@en ; dct:source ex:register .
ex:membership a org:Membership ; org:member ex:person ; org:organization ex:institute ; kclod:post ex:post ;
    kclod:asOf "2025-08-07"^^edtf:EDTF ; kclod:earliest "2025-08-07"^^xsd:date ; kclod:latest "2025-08-07"^^xsd:date ;
    kclod:dateBasis date-basis:entry-date .
ex:post a org:Post ; skos:prefLabel "President"@en ; org:postIn ex:institute .
ex:companies a kclod:UnnamedParty ; skos:prefLabel "eleven companies"@en ; kclod:count 11 ; kclod:country ex:canada .

ex:area a kclod:TechnologyArea ; skos:prefLabel "battery recycling"@en ; skos:definition "Recovery from cells."@en ;
    skos:inScheme scheme:technology-areas ; skos:broader ex:batteries .
ex:batteries a kclod:TechnologyArea ; skos:prefLabel "batteries"@en ; skos:definition "Storage of current."@en ;
    skos:inScheme scheme:technology-areas .
ex:lithium a kclod:Mineral ; skos:prefLabel "lithium"@en ; skos:inScheme scheme:minerals ; skos:broader ex:metals .
ex:metals a kclod:Mineral ; skos:prefLabel "metals"@en ; skos:inScheme scheme:minerals .
ex:list a kclod:CriticalMineralList ; skos:prefLabel "List"@en ; kclod:country ex:canada ;
    dct:issued "2024-06-10"^^xsd:date ; skos:member ex:lithium ; dct:source ex:register .

ex:mou a kclod:MemorandumOfUnderstanding ; skos:prefLabel "Memorandum"@en ;
    kclod:hasSignature ex:signature-1 , ex:signature-2 ; kclod:hasParticipation ex:proposal ;
    kclod:hasStatusAssertion ex:signing ; kclod:technologyArea ex:area ; kclod:topic ex:area ;
    kclod:plansActivity activity:joint-research ; kclod:occasion ex:workshop ; kclod:follows ex:earlier ;
    kclod:concerns ex:centre .
ex:signature-1 a kclod:Signature ; kclod:agent ex:institute ; kclod:role role:signatory ; kclod:signedBy ex:person ;
    kclod:representedBy ex:person .
ex:signature-2 a kclod:Signature ; kclod:agent ex:lab ; kclod:role role:signatory .
ex:proposal a kclod:Participation ; kclod:agent ex:companies ; kclod:role role:proposer ; kclod:representedBy ex:person .
ex:signing a kclod:StatusAssertion ; kclod:status status:signed ; kclod:date "2025-07-29"^^edtf:EDTF ;
    kclod:earliest "2025-07-29"^^xsd:date ; kclod:latest "2025-07-29"^^xsd:date ; kclod:dateBasis date-basis:stated .
ex:quiet-mou a kclod:MemorandumOfUnderstanding ; skos:prefLabel "Quiet memorandum"@en ;
    kclod:hasStatusAssertion ex:quiet-signing ; kclod:signatureGap "No source names who signed."@en .
ex:quiet-signing a kclod:StatusAssertion ; kclod:status status:signed .
ex:earlier a kclod:AgreementToDiscuss ; skos:prefLabel "Agreement to discuss"@en ; kclod:hasStatusAssertion ex:agreed .
ex:agreed a kclod:StatusAssertion ; kclod:status status:agreed .

ex:workshop a kclod:Workshop ; skos:prefLabel "Workshop"@en ; kclod:place ex:montreal ; kclod:inSeries ex:series ;
    kclod:edition 4 ; kclod:attendance 18 ; kclod:topic ex:area ; kclod:technologyArea ex:area ;
    kclod:hasParticipation ex:hosting ; kclod:hasStatusAssertion ex:held ; kclod:presented ex:programme ;
    kclod:follows ex:earlier ; kclod:hasFigure ex:figure .
ex:hosting a kclod:Participation ; kclod:agent ex:institute ; kclod:role role:host .
ex:held a kclod:StatusAssertion ; kclod:status status:held .
ex:session a kclod:Session ; skos:prefLabel "Session"@en ; kclod:partOf ex:workshop .
ex:talks a kclod:Meeting ; skos:prefLabel "Talks"@en ; kclod:onMarginsOf ex:workshop .
ex:series a kclod:EventSeries ; skos:prefLabel "Workshops"@en ; kclod:frequency frequency:annual ;
    kclod:hasParticipation ex:running ; kclod:topic ex:area .
ex:running a kclod:Participation ; kclod:agent ex:institute ; kclod:role role:organizer .
ex:programme a kclod:Programme ; skos:prefLabel "Programme"@en ; kclod:hasFigure ex:money ; kclod:topic ex:area ;
    kclod:technologyArea ex:area ; kclod:plansActivity activity:demonstration ; kclod:hasParticipation ex:funding ;
    kclod:hasStatusAssertion ex:running-programme .
ex:funding a kclod:Participation ; kclod:agent ex:canada ; kclod:role role:funder .
ex:running-programme a kclod:StatusAssertion ; kclod:status status:in-force .
ex:policy a kclod:PolicyDocument ; skos:prefLabel "Roadmap"@en ; kclod:hasParticipation ex:owning ; kclod:topic ex:area ;
    kclod:technologyArea ex:area ; kclod:hasStatusAssertion ex:announced ; kclod:hasFigure ex:share ;
    kclod:follows ex:mou .
ex:owning a kclod:Participation ; kclod:agent ex:council ; kclod:role role:owner .
ex:announced a kclod:StatusAssertion ; kclod:status status:announced .
ex:centre a kclod:Centre ; skos:prefLabel "Centre"@en ; kclod:hasParticipation ex:intending ; kclod:topic ex:area ;
    kclod:technologyArea ex:area ; kclod:hasStatusAssertion ex:discussed .
ex:intending a kclod:Participation ; kclod:agent ex:lab ; kclod:role role:prospective-party .
ex:discussed a kclod:StatusAssertion ; kclod:status status:under-discussion .

ex:money a kclod:MonetaryAmount ; kclod:measure measure:funding ; kclod:minimum 50000000.0 ; kclod:maximum 300000000.0 ;
    kclod:currency "KRW" ; kclod:bound bound:range ; kclod:scope scope:per-project ; kclod:referenceClass ex:area .
ex:share a kclod:Figure ; kclod:measure measure:growth-rate ; kclod:minimum 33.2 ; kclod:maximum 33.2 ;
    kclod:unit unit:percent ; kclod:bound bound:exact .
ex:figure a kclod:Figure ; kclod:measure measure:number-of-persons ; kclod:minimum 200.0 ; kclod:unit unit:person ;
    kclod:bound bound:at-least .
ex:statement a kclod:Statement ; kclod:speaker ex:person ; kclod:addressee ex:companies ; kclod:topic ex:area ;
    kclod:occasion ex:workshop ; dct:description "Calls it a step forward."@en .

ex:article a kclod:Article ; dct:title "A report"@en ; dct:publisher ex:council ; dc:creator "A. Writer" ;
    schema:inLanguage "en" ; schema:url <https://example.org/report> ; kclod:textLength 2000 ;
    kclod:sha256 "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"^^xsd:hexBinary ;
    dct:subject ex:area ; dct:spatial ex:canada .
ex:other-article a kclod:Article ; dct:title "Another"@en ; dct:publisher ex:council ; schema:inLanguage "en" ;
    kclod:textLength 5 ;
    kclod:sha256 "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"^^xsd:hexBinary .
ex:entry a kclod:Entry ; dct:title "First"@en ; kclod:entryOf ex:article .
ex:claim a kclod:Claim ; rdfs:label "They signed."@en ; rdfs:comment "Told twice."@en ; prov:hadPrimarySource ex:article ;
    prov:wasDerivedFrom ex:evidence ; kclod:assertionMode mode:reported ; kclod:confidence 0.95 ;
    kclod:extractionMethod extraction-method:manual ; kclod:contradicts ex:claim-2 ; kclod:inEntry ex:entry .
ex:claim-2 a kclod:Claim ; rdfs:label "They did not."@en ; prov:hadPrimarySource ex:article ;
    prov:wasDerivedFrom ex:evidence ; kclod:assertionMode mode:speculative ; kclod:confidence 0.1 ;
    kclod:extractionMethod extraction-method:model-assisted ; kclod:supports ex:claim .
ex:evidence a kclod:Evidence ; oa:hasSource ex:article ; oa:hasSelector ex:span ;
    kclod:sha256 "2C26B46B68FFC68FF99B453C1D30413413422D706483BFA0F98A5E886266E7AE"^^xsd:hexBinary .
ex:span a oa:TextPositionSelector ; oa:start "12"^^xsd:nonNegativeInteger ; oa:end "80"^^xsd:nonNegativeInteger .
"""


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
    Bad("PreferredLabel-english", "QualifiedMinCount", "hall", 'ex:hall skos:prefLabel "강당"@ko .', 'ex:hall skos:prefLabel "Hall"@en .'),
    Bad("PreferredLabel-unique", "UniqueLang", "hall", 'ex:hall skos:prefLabel "Great Hall"@en .'),
    Bad("PreferredLabel-trimmed", "Pattern", "hall", 'ex:hall skos:prefLabel "Salle "@fr .'),
    Bad("Definition-unique", "UniqueLang", "area", 'ex:area skos:definition "Something else."@en .'),
    Bad("TechnologyArea-definition", "QualifiedMinCount", "area", minus='ex:area skos:definition "Recovery from cells."@en .'),
    Bad("ConceptScheme-label", "MinCount", "new", "ex:new a skos:ConceptScheme ."),
    Bad("ConceptScheme-definition", "QualifiedMinCount", "new", 'ex:new a skos:ConceptScheme ; skos:prefLabel "New"@en .'),
    # dates
    Bad("Dated-order", "LessThanOrEquals", "signing", 'ex:signing kclod:earliest "2025-08-01"^^xsd:date .', 'ex:signing kclod:earliest "2025-07-29"^^xsd:date .'),
    Bad("Bounds", "Or", "held", 'ex:held kclod:latest "2025-08-01"^^xsd:date .'),
    Bad("DateBasis-concept", "MinCount", "held", 'ex:held kclod:date "2025"^^edtf:EDTF .'),
    Bad("DateBasis-scheme", "In", "signing", "ex:signing kclod:dateBasis status:signed .", "ex:signing kclod:dateBasis date-basis:stated ."),
    # instruments and signatures
    Bad("SignedInstrument", "Or", "mou", minus="ex:mou kclod:hasSignature ex:signature-2 ."),
    Bad("SignedInstrument", "Or", "quiet-mou", minus='ex:quiet-mou kclod:signatureGap "No source names who signed."@en .'),
    Bad("InstrumentStatus", "Or", "mou", minus="ex:mou kclod:hasStatusAssertion ex:signing ."),
    Bad("Signature", "SPARQL", "signature-1", "ex:signing kclod:status status:planned .", "ex:signing kclod:status status:signed ."),
    Bad("Signature-role", "HasValue", "signature-1", "ex:signature-1 kclod:role role:host .", "ex:signature-1 kclod:role role:signatory ."),
    Bad("SignatoryRole", "Or", "hosting", "ex:hosting kclod:role role:signatory .", "ex:hosting kclod:role role:host ."),
    Bad("Instrument-activity", "In", "mou", "ex:mou kclod:plansActivity role:host ."),
    Bad("Programme-activity", "In", "programme", "ex:programme kclod:plansActivity role:host ."),
    # participations and status
    Bad("Participation-role-scheme", "In", "hosting", "ex:hosting kclod:role status:held .", "ex:hosting kclod:role role:host ."),
    Bad("Participation-agent", "Class", "hosting", "ex:hosting kclod:agent ex:montreal .", "ex:hosting kclod:agent ex:institute ."),
    Bad("Participation-endeavour", "MinCount", "hosting", minus="ex:workshop kclod:hasParticipation ex:hosting ."),
    Bad("Participation-endeavour", "MaxCount", "hosting", "ex:talks kclod:hasParticipation ex:hosting ."),
    Bad("Participation-endeavour", "Class", "hosting", "ex:montreal kclod:hasParticipation ex:hosting ."),
    Bad("Participation-endeavour", "NodeKind", "hosting", "[] kclod:hasParticipation ex:hosting ."),
    Bad("StatusAssertion-status-scheme", "In", "held", "ex:held kclod:status role:host .", "ex:held kclod:status status:held ."),
    Bad("StatusAssertion-bearer", "MinCount", "held", minus="ex:workshop kclod:hasStatusAssertion ex:held ."),
    Bad("StatusAssertion-bearer", "MaxCount", "held", "ex:talks kclod:hasStatusAssertion ex:held ."),
    Bad("StatusAssertion-bearer", "NodeKind", "held", "[] kclod:hasStatusAssertion ex:held ."),
    # events
    Bad("EventEdition-series", "MinCount", "workshop", minus="ex:workshop kclod:inSeries ex:series ."),
    Bad("EventParts", "SPARQL", "workshop", "ex:workshop kclod:partOf ex:session ."),
    Bad("Series-frequency-scheme", "In", "series", "ex:series kclod:frequency role:host .", "ex:series kclod:frequency frequency:annual ."),
    # organisations, persons, places
    Bad("Organization", "Not", "institute", "ex:institute a org:OrganizationalUnit ."),
    Bad("Organization-type-scheme", "In", "institute", "ex:institute org:classification role:host ."),
    Bad("Person-office", "MinCount", "person", minus="ex:membership org:member ex:person ."),
    Bad("Person-office", "Class", "person", "ex:hall org:member ex:person ."),
    Bad("Person-office", "NodeKind", "person", "[] org:member ex:person ."),
    Bad("Place", "SPARQL", "canada", "ex:canada kclod:within ex:hall ."),
    Bad("PlaceInCountry-country", "QualifiedMinCount", "hall", minus="ex:montreal kclod:within ex:canada ."),
    Bad("Identifier-scheme-scheme", "In", "id", "ex:id schema:propertyID role:host .", "ex:id schema:propertyID identifier-scheme:geonames ."),
    Bad("Identifier-bearer", "MinCount", "unused", 'ex:unused a schema:PropertyValue ; schema:value "1" .'),
    Bad("Identifier-bearer", "NodeKind", "id", "[] schema:identifier ex:id ."),
    Bad("Registry-name", "MinCount", "register", minus='ex:register skos:prefLabel "A register"@en .'),
    # concepts
    Bad("Concept", "SPARQL", "batteries", "ex:batteries skos:broader ex:area ."),
    Bad("TechnologyArea-scheme", "HasValue", "area", "ex:area skos:inScheme scheme:minerals .", "ex:area skos:inScheme scheme:technology-areas ."),
    Bad("TechnologyArea-broader", "Class", "area", "ex:area skos:broader ex:metals ."),
    Bad("Mineral-scheme", "HasValue", "lithium", minus="ex:lithium skos:inScheme scheme:minerals ."),
    # claims and evidence
    Bad("Claim", "SPARQL", "claim", "ex:claim prov:hadPrimarySource ex:other-article .", "ex:claim prov:hadPrimarySource ex:article ."),
    Bad("Claim-evidence", "MinCount", "claim", minus="ex:claim prov:wasDerivedFrom ex:evidence ."),
    Bad("Claim-confidence", "MaxInclusive", "claim", "ex:claim kclod:confidence 1.1 .", "ex:claim kclod:confidence 0.95 ."),
    Bad("Claim-mode", "MaxCount", "claim", "ex:claim kclod:assertionMode mode:hedged ."),
    Bad("Claim-mode-scheme", "In", "claim", "ex:claim kclod:assertionMode role:host .", "ex:claim kclod:assertionMode mode:reported ."),
    Bad("Claim-method-scheme", "In", "claim", "ex:claim kclod:extractionMethod mode:reported ."),
    Bad("Evidence", "SPARQL", "evidence", 'ex:span oa:end "2001"^^xsd:nonNegativeInteger .', 'ex:span oa:end "80"^^xsd:nonNegativeInteger .'),
    Bad("Evidence-claim", "MinCount", "stray", "ex:stray a kclod:Evidence ."),
    Bad("Evidence-claim", "Class", "evidence", "ex:hall prov:wasDerivedFrom ex:evidence ."),
    Bad("Evidence-claim", "NodeKind", "evidence", "[] prov:wasDerivedFrom ex:evidence ."),
    Bad("Span-order", "LessThan", "span", 'ex:span oa:end "12"^^xsd:nonNegativeInteger .', 'ex:span oa:end "80"^^xsd:nonNegativeInteger .'),
    # figures
    Bad("Figure-order", "LessThanOrEquals", "money", "ex:money kclod:minimum 400000000.0 .", "ex:money kclod:minimum 50000000.0 ."),
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
    Bad("MonetaryAmount-currency", "Pattern", "money", 'ex:money kclod:currency "won" .', 'ex:money kclod:currency "KRW" .'),
)  # fmt: skip

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
            str(report.value(result, SH.sourceConstraintComponent)).removeprefix(str(SH)).removesuffix("ConstraintComponent"),
        )
        for result in report.subjects(RDF.type, SH.ValidationResult)
    }


def owner(shape: Node) -> URIRef:
    """The node shape that a property shape belongs to; a node shape is its own."""
    if shape in FILE_OF:
        assert isinstance(shape, URIRef)
        return shape
    return next(s for s in ALL.subjects(SH.property, shape) if isinstance(s, URIRef))


def targets(shape: URIRef) -> list[Node]:
    """The focus nodes that a node shape has in the good data, by the kinds of target in use."""
    data = BACKGROUND + GOOD_GRAPH
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


@pytest.mark.parametrize(("shape", "component"), DERIVED, ids=lambda part: str(part).removeprefix(SHAPES))
def test_derived_example_is_refused(shape: URIRef, component: str) -> None:
    path = ALL.value(shape, SH.path)
    assert isinstance(path, URIRef), "spell out an example for a shape whose path is no single property"
    having = [node for node in targets(owner(shape)) if (node, path, None) in GOOD_GRAPH]
    assert having, "the good data has no value for this property: the shape is not seen to pass"
    focus = having[0]
    data = GOOD_GRAPH + Graph()
    if component == "MinCount":
        data.remove((focus, path, None))
    else:
        data.add((focus, path, offender(shape, component)))
    assert (focus, shape, component) in found(validate(data, FILE_OF[owner(shape)]))


def test_no_constraint_was_lost() -> None:
    """Raise the floor when constraints are added; a drop means that rules went missing unnoticed."""
    assert len(list(constraints())) >= CONSTRAINT_FLOOR


CONSTRAINT_FLOOR = 376


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
