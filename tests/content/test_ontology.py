"""The ontology, the concept schemes and the description of the dataset: complete, well formed, and true to OWL 2 DL."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import OWL, RDF, RDFS, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import DC, DCAT, DCTERMS, FOAF, ORG, PROV, SDO, SH, SKOS, VANN, XSD, DefinedNamespace
from rdflib.term import Node

from kclod.consistency import check_consistency, owl_dl_violations
from kclod.rdf import read, triples_of
from kclod.reason import infer

ROOT = Path(__file__).parents[2]
BASE = "https://w3id.org/kclod/"
ONTOLOGY = URIRef(BASE + "ontology")
DATASET = URIRef(BASE + "dataset")
KCLOD = Namespace(BASE + "ontology#")
PUB = Namespace(BASE + "publisher#")
EX = Namespace("https://example.org/")
LANGUAGES = ["en", "fr", "ko"]


def load(*names: str) -> Graph:
    graph = Graph()
    for name in names:
        graph.parse(ROOT / "ontology" / name)
    return graph


G = load("kclod.ttl")
SCHEMES = load("schemes.ttl")
DESCRIPTION = load("dataset.ttl")
PUBLISHER, SEARCH = load("publisher.ttl"), load("text.ttl")


def own(graph: Graph, namespace: str) -> list[URIRef]:
    return sorted({s for s in graph.subjects(RDF.type) if isinstance(s, URIRef) and s.startswith(namespace)})


def languages(graph: Graph, term: Node, prop: Node) -> list[str]:
    return sorted(str(o.language) for o in graph.objects(term, prop) if isinstance(o, Literal))


def local(term: object) -> str:
    return re.split(r"[#/]", str(term))[-1]


TERMS = own(G, str(KCLOD))
CLASSES = [t for t in TERMS if (t, RDF.type, OWL.Class) in G]
PROPERTIES = [t for t in TERMS if t not in CLASSES]
OBJECT_PROPERTIES = {p for p in G.subjects(RDF.type, OWL.ObjectProperty) if isinstance(p, URIRef)}
ALL_TERMS = [(G, t) for t in TERMS] + [(PUBLISHER, t) for t in own(PUBLISHER, str(PUB))]
ALL_TERMS += [(SEARCH, t) for t in own(SEARCH, BASE + "text#")]


# ---------------------------------------------------------------------------------------------------------------------
#  Documentation
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("graph", "term"), ALL_TERMS, ids=local)
def test_term_is_documented(graph: Graph, term: URIRef) -> None:
    assert languages(graph, term, RDFS.label) == LANGUAGES
    assert languages(graph, term, SKOS.definition) == LANGUAGES
    assert languages(graph, term, SKOS.example) == ["en"]
    assert graph.value(term, RDFS.isDefinedBy) == URIRef(str(term).split("#", maxsplit=1)[0])


@pytest.mark.parametrize(
    ("name", "iri"),
    [("kclod.ttl", ONTOLOGY), *((f"{name}.ttl", URIRef(BASE + name)) for name in ("publisher", "text"))],
)
def test_header(name: str, iri: URIRef) -> None:
    graph = load(name)
    version = graph.value(iri, OWL.versionInfo)
    assert graph.value(iri, OWL.versionIRI) == URIRef(f"{iri}/{version}")
    assert languages(graph, iri, DCTERMS.title) == languages(graph, iri, DCTERMS.description) == LANGUAGES
    assert graph.value(iri, DCTERMS.license) == URIRef("https://creativecommons.org/licenses/by/4.0/")
    assert isinstance(graph.value(iri, DCTERMS.creator), URIRef)
    assert str(graph.value(iri, VANN.preferredNamespaceUri)) == f"{iri}#"
    assert not list(graph.objects(iri, OWL.imports)), "nothing is fetched"


def twice(graph: Graph, terms: list[URIRef], prop: URIRef) -> list[str]:
    labels = Counter(
        (str(o).casefold(), o.language) for t in terms for o in graph.objects(t, prop) if isinstance(o, Literal)
    )
    return sorted(f"{text}@{language}" for (text, language), n in labels.items() if n > 1)


def test_no_two_terms_have_one_label() -> None:
    assert not twice(G, TERMS, RDFS.label)


@pytest.mark.parametrize("term", PROPERTIES, ids=local)
def test_property_has_domain_and_range_or_says_why_not(term: URIRef) -> None:
    note = str(G.value(term, SKOS.scopeNote, default="")).lower()
    for prop, word in ((RDFS.domain, "no domain"), (RDFS.range, "no range")):
        assert ((term, prop, None) in G) != (word in note), f"{word}: state it, or say why in a scope note"


# ---------------------------------------------------------------------------------------------------------------------
#  Declarations
# ---------------------------------------------------------------------------------------------------------------------

CONTENT = sorted(
    path
    for folder, pattern in (
        *(("ontology", "*.ttl"), ("shapes", "*.ttl"), ("mappings", "*.ttl")),
        *(("examples/queries", "*.ttl"), ("tests/content", "good.ttl")),
    )
    for path in (ROOT / folder).glob(pattern)
)


@pytest.mark.parametrize("path", CONTENT, ids=lambda path: path.name)
def test_only_declared_terms_are_used(path: Path) -> None:
    text = path.read_text("utf-8")
    used = {KCLOD[name] for name in re.findall(rf"(?:\bkclod:|{re.escape(KCLOD)})([A-Za-z]\w*)", text)}
    used |= {PUB[name] for name in re.findall(rf"(?:\bpub:|{re.escape(PUB)})([A-Za-z]\w*)", text)}
    assert sorted(used - {term for _, term in ALL_TERMS}) == []


BUILT_IN = tuple(str(namespace) for namespace in (RDF, RDFS, OWL, XSD))
KINDS = {
    *(OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, OWL.Ontology),
    RDFS.Datatype,
}


def test_every_term_in_an_axiom_is_declared_once() -> None:
    mentioned = {p for p in G.predicates() if isinstance(p, URIRef)}
    for prop in (RDFS.subClassOf, RDFS.domain, RDFS.range, RDFS.subPropertyOf, OWL.inverseOf, OWL.onProperty):
        mentioned |= {o for o in G.objects(None, prop) if isinstance(o, URIRef)}
    mentioned |= {o for o in G.objects(None, RDF.first) if isinstance(o, URIRef)}
    for term in mentioned | set(TERMS):
        if not str(term).startswith(BUILT_IN):
            assert len(KINDS & set(G.objects(term, RDF.type))) == 1, term


VOCABULARIES: dict[str, type[DefinedNamespace] | set[str]] = {
    str(DC): DC,
    str(DCTERMS): DCTERMS,
    str(FOAF): FOAF,
    str(ORG): ORG,
    str(PROV): PROV,
    str(SDO): SDO,
    str(SKOS): SKOS,
    str(DCAT): DCAT,
    str(VANN): VANN,
    # looked up in their published vocabularies; rdflib has no list of them
    "http://www.w3.org/ns/oa#": {
        *("SpecificResource", "Selector", "TextPositionSelector", "hasSource", "hasSelector", "start", "end"),
    },
    "http://purl.org/cerif/frapo/": {"FundingProgramme"},
    "http://id.loc.gov/datatypes/edtf/": {"EDTF"},
    "https://w3id.org/semanticarts/ns/ontology/gist/": {"Agreement", "Event"},
    "https://spec.edmcouncil.org/fibo/ontology/FND/Agreements/Agreements/": {"Agreement"},
    "http://data.europa.eu/s66#": {"FundingScheme"},
}


def test_reused_terms_exist_in_their_vocabulary() -> None:
    reused = {s for s in G.subjects(RDF.type) if isinstance(s, URIRef)} | set(G.objects(None, SKOS.closeMatch))
    for term in reused:
        if term in TERMS or term == ONTOLOGY:
            continue
        namespace = next(n for n in VOCABULARIES if str(term).startswith(n))
        assert str(term).removeprefix(namespace) in VOCABULARIES[namespace], term


# ---------------------------------------------------------------------------------------------------------------------
#  Axioms
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prop", [RDFS.subClassOf, RDFS.subPropertyOf], ids=local)
def test_no_cycle(prop: URIRef) -> None:
    for term in {s for s in G.subjects(prop) if isinstance(s, URIRef)}:
        above = {a for parent in G.objects(term, prop) for a in G.transitive_objects(parent, prop)}
        assert term not in above


def chains() -> Iterator[tuple[URIRef, list[Node]]]:
    for prop, chain in G.subject_objects(OWL.propertyChainAxiom):
        assert isinstance(prop, URIRef)
        yield prop, list(Collection(G, chain))


def test_chains_are_well_formed() -> None:
    found = dict(chains())
    assert {KCLOD.participant, KCLOD.signatory, KCLOD.country} <= set(found)
    for prop, links in found.items():
        assert prop in OBJECT_PROPERTIES
        assert len(links) >= 2
        assert set(links) <= OBJECT_PROPERTIES
        assert prop not in links[:-1], "OWL 2 DL: a property may close its own chain, not stand within it"


def test_only_simple_properties_where_owl_dl_wants_them() -> None:
    """OWL 2 Structural Specification, section 11.2: transitive and chained properties are not simple."""
    complex_ones: set[Node] = set(G.subjects(RDF.type, OWL.TransitiveProperty)) | {prop for prop, _ in chains()}
    for _ in range(len(OBJECT_PROPERTIES)):
        complex_ones |= {o for s in complex_ones for o in G.objects(s, RDFS.subPropertyOf)}
        complex_ones |= {o for s in complex_ones for o in (*G.objects(s, OWL.inverseOf), *G.subjects(OWL.inverseOf, s))}
    restricted: set[Node] = set()
    for kind in (
        *(OWL.FunctionalProperty, OWL.InverseFunctionalProperty),
        *(OWL.IrreflexiveProperty, OWL.AsymmetricProperty),
    ):
        restricted |= set(G.subjects(RDF.type, kind))
    for s, o in G.subject_objects(OWL.propertyDisjointWith):
        restricted |= {s, o}
    assert not complex_ones & restricted


def test_inverses_exchange_domain_and_range() -> None:
    for prop, inverse in G.subject_objects(OWL.inverseOf):
        assert G.value(prop, RDFS.domain) == G.value(inverse, RDFS.range)
        assert G.value(prop, RDFS.range) == G.value(inverse, RDFS.domain)


def test_every_kind_of_instrument_is_disjoint_from_the_others() -> None:
    groups = [set(Collection(G, node)) for node in G.objects(None, OWL.members)]
    kinds = set(G.subjects(RDFS.subClassOf, KCLOD.CooperationInstrument))
    assert len(kinds) == 6
    assert any(kinds <= group for group in groups)


# ---------------------------------------------------------------------------------------------------------------------
#  Reasoning
# ---------------------------------------------------------------------------------------------------------------------

AXIOMS = triples_of([*read(ROOT / "ontology/kclod.ttl"), *read(ROOT / "ontology/schemes.ttl")])
GOOD_FILE = Path(__file__).with_name("good.ttl")
GOOD = triples_of(read(GOOD_FILE))


def with_good(text: str) -> list[ox.Triple]:
    prefixes = "".join(line for line in GOOD_FILE.read_text("utf-8").splitlines(True) if line.startswith("@prefix"))
    return [*GOOD, *triples_of(ox.parse((prefixes + text).encode(), ox.RdfFormat.TURTLE))]


def test_ontology_is_owl_2_dl() -> None:
    assert owl_dl_violations(triples_of(read(ROOT / "ontology/kclod.ttl"))) == []


def test_good_data_is_consistent() -> None:
    result = check_consistency(GOOD, AXIOMS)
    assert result.consistent, result.explanation
    assert result.unsatisfiable == ()


def test_wrong_data_is_inconsistent() -> None:
    wrong = with_good(
        "ex:someone a kclod:Participation . ex:signature-1 kclod:agent ex:area . ex:area a skos:Concept ."
    )
    assert not check_consistency(wrong, AXIOMS).consistent


@pytest.mark.parametrize(
    "wrong",
    [
        "ex:mou a kclod:LetterOfIntent .",
        "ex:workshop a kclod:MemorandumOfUnderstanding .",
        "ex:institute kclod:place ex:montreal .",
        "ex:workshop kclod:place ex:institute .",
        "ex:hosting kclod:agent ex:montreal . ex:montreal a foaf:Person .",
        "ex:montreal a kclod:Country .",
        "ex:lithium a kclod:TechnologyArea .",
        "ex:person a org:FormalOrganization .",
        "ex:talks kclod:follows ex:session . ex:session kclod:follows ex:talks .",
        "ex:claim kclod:supports ex:claim-2 .",
        "ex:claim kclod:contradicts ex:claim .",
        "ex:workshop kclod:hasSignature ex:hosting .",
        "ex:session a kclod:Visit .",
        (
            "ex:id-1 a schema:PropertyValue ; schema:propertyID ex:scheme ; schema:value '7' . "
            "ex:id-2 a schema:PropertyValue ; schema:propertyID ex:scheme ; schema:value '7' ; "
            "<http://www.w3.org/2002/07/owl#differentFrom> ex:id-1 ."
        ),
    ],
)
def test_rules_find_a_wrong_statement(wrong: str) -> None:
    assert infer(with_good(wrong), AXIOMS).clashes


def inferred(data: list[ox.Triple]) -> set[tuple[str, str, str]]:
    return {
        (local(t.subject.value), local(t.predicate.value), local(str(t.object)[1:-1]))
        for t in infer(data, AXIOMS).triples
    }


def test_shortcuts_follow() -> None:
    result = inferred(GOOD)
    assert not infer(GOOD, AXIOMS).clashes
    expected = {
        ("mou", "signatory", "institute"),
        ("mou", "signatory", "lab"),
        ("mou", "participant", "lab"),
        ("mou", "participant", "companies"),
        ("lab", "participatesIn", "mou"),
        ("signature-2", "participationIn", "mou"),
        ("hall", "within", "canada"),
        ("lab", "country", "canada"),
        ("workshop", "hasPart", "session"),
        ("workshop", "type", "Endeavour"),
        ("area", "broaderTransitive", "batteries"),
        ("lab", "transitiveSubOrganizationOf", "council"),
        ("claim-2", "contradicts", "claim"),
    }
    assert expected <= result


def test_who_has_not_signed_is_no_signatory() -> None:
    assert not {(s, p, o) for s, p, o in inferred(GOOD) if p == "signatory"} - {
        ("mou", "signatory", "institute"),
        ("mou", "signatory", "lab"),
    }


def test_inference_does_not_flood_the_graph() -> None:
    """As many triples may be inferred as there are stated ones, no more; no label is copied."""
    schema = set(infer([], AXIOMS).triples)
    new = [t for t in infer(GOOD, AXIOMS).triples if t not in schema]
    assert len(new) <= len(GOOD)
    assert not [t for t in new if isinstance(t.object, ox.Literal)]


# ---------------------------------------------------------------------------------------------------------------------
#  Concept schemes
# ---------------------------------------------------------------------------------------------------------------------

SCHEME_LIST = own(SCHEMES, BASE + "id/scheme/")
CONCEPTS = own(SCHEMES, BASE + "id/concept/")
FROM_REGISTRY = {"technology-areas", "minerals"}
SUFFICIENT = {  # what the articles need, at least
    "status": "intention-expressed proposed under-discussion planned signed in-force established ended announced held",
    "role": "organizer host co-host participant speaker presenter chair head-of-delegation visitor visited proposer "
    "signatory prospective-party intending-party owner funder beneficiary sponsor",
    "mode": "reported attributed hedged speculative generic machine-generated",
    "date-basis": "stated entry-date address relative context",
    "organization-type": "public-body ministry government-department government-research-institute research-council "
    "public-agency diplomatic-mission state-company company research-institute association academy intergovernmental "
    "publisher",
    "activity": "joint-workshops expert-exchange demonstration",
    "cooperation-form": "joint-research information-exchange",
    "extraction-method": "model-assisted manual",
    "identifier-scheme": "ror wikidata isni crossref-funder gc-org gc-infobase krx geonames",
    "frequency": "annual",
    "bound": "exact at-least range",
    "scope": "total per-project unclear",
    "measure": "export-value reserves funding",
    "unit": "percent metric-ton vehicle",
    "figure-kind": "actual planned target",
    "rank": "record highest-since largest-in-world",
}


@pytest.mark.parametrize("node", [*SCHEME_LIST, *CONCEPTS], ids=lambda n: str(n).removeprefix(BASE + "id/"))
def test_concept_is_documented(node: URIRef) -> None:
    assert languages(SCHEMES, node, SKOS.prefLabel) == LANGUAGES
    assert languages(SCHEMES, node, SKOS.definition) == LANGUAGES


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda n: str(n).removeprefix(BASE + "id/concept/"))
def test_concept_stands_in_its_scheme(concept: URIRef) -> None:
    slug = str(concept).removeprefix(BASE + "id/concept/").split("/", maxsplit=1)[0]
    scheme = URIRef(f"{BASE}id/scheme/{slug}")
    assert list(SCHEMES.objects(concept, SKOS.inScheme)) == [scheme]
    parents = list(SCHEMES.objects(concept, SKOS.broader))
    is_top = (scheme, SKOS.hasTopConcept, concept) in SCHEMES
    assert is_top == ((concept, SKOS.topConceptOf, scheme) in SCHEMES) == (not parents)
    for parent in parents:
        assert (parent, SKOS.inScheme, scheme) in SCHEMES
        assert concept not in SCHEMES.transitive_objects(parent, SKOS.broader)


@pytest.mark.parametrize("scheme", SCHEME_LIST, ids=local)
def test_scheme_is_sufficient_and_unambiguous(scheme: URIRef) -> None:
    members = sorted(s for s in SCHEMES.subjects(SKOS.inScheme, scheme) if isinstance(s, URIRef))
    assert not twice(SCHEMES, members, SKOS.prefLabel)
    if local(scheme) in FROM_REGISTRY:
        assert not members, "its concepts come from the registry"
    else:
        assert set(SUFFICIENT[local(scheme)].split()) <= {local(m) for m in members}


def test_schemes_are_all_there() -> None:
    assert {local(s) for s in SCHEME_LIST} == set(SUFFICIENT) | FROM_REGISTRY


# ---------------------------------------------------------------------------------------------------------------------
#  Dataset
# ---------------------------------------------------------------------------------------------------------------------


def test_dataset_is_described() -> None:
    assert languages(DESCRIPTION, DATASET, DCTERMS.title) == LANGUAGES
    assert languages(DESCRIPTION, DATASET, DCTERMS.description) == LANGUAGES
    assert DESCRIPTION.value(DATASET, DCTERMS.license) == URIRef("https://creativecommons.org/licenses/by/4.0/")
    assert str(DESCRIPTION.value(DATASET, URIRef("http://rdfs.org/ns/void#uriSpace"))) == BASE
    rights = " ".join(map(str, DESCRIPTION.objects(DATASET, DCTERMS.rights)))
    assert {"GeoNames", "Open Government Licence – Canada", "CC0"} <= {
        name for name in ("GeoNames", "Open Government Licence – Canada", "CC0") if name in rights
    }


def test_dataset_has_no_blank_nodes() -> None:
    assert all(isinstance(t, URIRef | Literal) for triple in DESCRIPTION for t in triple)


@pytest.mark.parametrize("name", ["registry", "links", "inferred", "ontology", "provenance", "metadata"])
def test_named_graph_has_labels(name: str) -> None:
    assert languages(DESCRIPTION, URIRef(f"{BASE}graph/{name}"), RDFS.label) == LANGUAGES


def test_default_graph_holds_what_the_release_vouches_for() -> None:
    graphs = {local(o) for o in DESCRIPTION.objects(DATASET, PUB.defaultGraph)}
    assert graphs == {"registry", "links", "inferred", "ontology"}


def test_home_page_names_stored_queries() -> None:
    home = DESCRIPTION.value(DATASET, PUB.home)
    assert home is not None
    stored = {local(s) for path in (ROOT / "examples/queries").glob("*.ttl") for s in Graph().parse(path).subjects()}
    named = [local(item) for item in Collection(DESCRIPTION, home)]
    assert named[0] == "newest-agreements"
    assert not set(named) - stored


def test_prefixes_are_declared_once_and_cover_the_ontology() -> None:
    declared = [
        (str(DESCRIPTION.value(node, SH.prefix)), str(DESCRIPTION.value(node, SH.namespace)))
        for node in DESCRIPTION.objects(DATASET, SH.declare)
    ]
    assert len({p for p, _ in declared}) == len({n for _, n in declared}) == len(declared)
    used = re.findall(r"@prefix (\w+): +<(.+?)>", (ROOT / "ontology/kclod.ttl").read_text("utf-8"))
    assert set(used) - {("vann", str(VANN))} <= set(declared)


# claim: mode, confidence, contradicts
ACCEPTANCE = {
    "reported": ("reported", "0.95", []),
    "attributed": ("attributed", "0.5", []),
    "hedged": ("hedged", "0.6", []),
    "unsure": ("reported", "0.49", []),
    "speculative": ("speculative", "0.9", []),
    "generic": ("generic", "0.9", []),
    "machine": ("machine-generated", "0.9", []),
    "stronger": ("reported", "0.9", ["weaker"]),
    "weaker": ("reported", "0.8", []),
    "tie-1": ("reported", "0.7", ["tie-2"]),
    "tie-2": ("hedged", "0.7", []),
    "challenged": ("reported", "0.6", []),
    "guess": ("speculative", "0.95", ["challenged"]),
}
ACCEPTED = {"reported", "attributed", "hedged", "stronger", "challenged"}


def test_acceptance_policy() -> None:
    lines = []
    for claim, (mode, confidence, others) in ACCEPTANCE.items():
        lines.append(f"<{EX}{claim}> <{KCLOD}assertionMode> <{BASE}id/concept/mode/{mode}> .")
        lines.append(f'<{EX}{claim}> <{KCLOD}confidence> "{confidence}"^^<{XSD.decimal}> .')
        lines += [f"<{EX}{claim}> <{KCLOD}contradicts> <{EX}{other}> ." for other in others]
    store = ox.Store()
    store.load("\n".join(lines).encode(), ox.RdfFormat.N_TRIPLES)
    policy = DESCRIPTION.value(DATASET, PUB.acceptance)
    assert (policy, RDF.type, SH.SPARQLSelectExecutable) in DESCRIPTION
    assert languages(DESCRIPTION, policy, RDFS.comment) == LANGUAGES
    solutions = store.query(str(DESCRIPTION.value(policy, SH["select"])))
    assert isinstance(solutions, ox.QuerySolutions)
    assert {local(solution["claim"].value) for solution in solutions} == ACCEPTED
