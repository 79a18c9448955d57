"""The terms of other vocabularies, as the pitfall checks read them: which exist, which are not to be used any more."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox
from rdflib.namespace import (
    DC,
    DCAT,
    DCTERMS,
    FOAF,
    ORG,
    OWL,
    PROV,
    RDF,
    RDFS,
    SDO,
    SH,
    SKOS,
    VANN,
    VOID,
    XSD,
    DefinedNamespace,
)

from kclod import vocab
from kclod.project import read_all
from tests.content.conftest import ROOT

LISTED: tuple[type[DefinedNamespace], ...] = (
    *(DC, DCAT, DCTERMS, FOAF, ORG, OWL, PROV, RDF, RDFS, SDO, SH, SKOS, VANN, VOID, XSD),
)
"""The vocabularies of which rdflib has the terms."""
LOOKED_UP = {
    # rdflib has the terms of DCAT 2; of DCAT 3 (https://www.w3.org/TR/vocab-dcat-3/, chapter 6) also
    str(DCAT): "DatasetSeries hasCurrentVersion hasVersion inSeries isVersionOf next prev previousVersion first "
    "last resource seriesMember version",
    # Web Annotation Vocabulary (https://www.w3.org/TR/annotation-vocab/, chapter 3)
    "http://www.w3.org/ns/oa#": "Annotation Choice CssSelector CssStyle DataPositionSelector Direction "
    "FragmentSelector HttpRequestState Motivation RangeSelector ResourceSelection Selector SpecificResource State "
    "Style SvgSelector TextPositionSelector TextQuoteSelector TextualBody TimeState XPathSelector "
    "annotationService bodyValue cachedSource canonical end exact hasBody hasEndSelector hasPurpose hasScope "
    "hasSelector hasSource hasStartSelector hasState hasTarget motivatedBy prefix processingLanguage refinedBy "
    "renderedVia sourceDate sourceDateEnd sourceDateStart start styleClass styledBy suffix textDirection via",
    # what is no attribute of rdflib's lists, because Python keeps the word for itself
    str(VOID): "class",
    str(SH): "and class if in not or",
    # SSSOM 1.0, slots of Mapping and MappingSet (https://mapping-commons.github.io/sssom/)
    "https://w3id.org/sssom/": "Mapping MappingSet author_id author_label comment confidence creator_id "
    "creator_label curation_rule curation_rule_text issue_tracker_item license mapping_cardinality mapping_date "
    "mapping_justification mapping_provider mapping_set_description mapping_set_id mapping_set_title "
    "mapping_set_version mapping_source mapping_tool mapping_tool_version mappings match_string object_category "
    "object_id object_label object_match_field object_preprocessing object_source object_source_version "
    "object_type other predicate_id predicate_label predicate_modifier reviewer_id reviewer_label see_also "
    "similarity_measure similarity_score subject_category subject_id subject_label subject_match_field "
    "subject_preprocessing subject_source subject_source_version subject_type",
    # SEMAPV, matching processes and review (https://mapping-commons.github.io/semantic-mapping-vocabulary/)
    "https://w3id.org/semapv/vocab/": "BackgroundKnowledgeBasedMatching CompositeMatching InstanceBasedMatching "
    "LexicalMatching LexicalSimilarityThresholdMatching LogicalReasoning ManualMappingCuration MappingChaining "
    "MappingInversion MappingReview SemanticSimilarityThresholdMatching StructuralMatching UnspecifiedMatching",
    # FRAPO (http://purl.org/cerif/frapo), EDTF (http://id.loc.gov/datatypes/edtf), and what is only compared with
    "http://purl.org/cerif/frapo/": "FundingProgramme",
    "http://id.loc.gov/datatypes/edtf/": "EDTF",
    "https://w3id.org/semanticarts/ns/ontology/gist/": "Agreement Event",
    "https://spec.edmcouncil.org/fibo/ontology/FND/Agreements/Agreements/": "Agreement",
    "http://data.europa.eu/s66#": "FundingScheme",
    # RML (https://github.com/kg-construct/rml-core and rml-io, folder ontology): what a mapping can say
    "http://w3id.org/rml/": "IRI JSONPath Literal BlankNode CSV LogicalSource MappingDirectory RelativePathSource "
    "TriplesMap child childMap class constant datatype datatypeMap graph graphMap iterator joinCondition language "
    "languageMap logicalSource object objectMap parent parentMap parentTriplesMap path predicate predicateMap "
    "predicateObjectMap reference referenceFormulation root source subject subjectMap template termType",
}
ARCHAIC = {str(FOAF): "dnaChecksum fundedBy givenname holdsAccount surname theme"}
"""Terms that their vocabulary calls archaic (http://xmlns.com/foaf/spec/, vs:term_status)."""


def vocabularies() -> Iterator[ox.Triple]:
    """`<vocabulary> vann:preferredNamespaceUri "namespace"`, `<term> rdfs:isDefinedBy <vocabulary>`, and for what its
    vocabulary has given up `<term> owl:deprecated true`."""
    known = {str(vocabulary): {str(term) for term in dir(vocabulary)} for vocabulary in LISTED}
    for namespace, names in LOOKED_UP.items():
        known.setdefault(namespace, set()).update(namespace + name for name in names.split())
    publisher = read_all([ROOT / "ontology" / "publisher.ttl"])
    known[vocab.PUB] = {t.subject.value for t in publisher if isinstance(t.subject, ox.NamedNode)}
    for namespace, terms in known.items():
        vocabulary = ox.NamedNode(namespace)
        yield ox.Triple(vocabulary, ox.NamedNode(str(VANN.preferredNamespaceUri)), ox.Literal(namespace))
        for term in terms:
            yield ox.Triple(ox.NamedNode(term), vocab.RDFS["isDefinedBy"], vocabulary)
    for namespace, names in ARCHAIC.items():
        for name in names.split():
            yield ox.Triple(ox.NamedNode(namespace + name), vocab.OWL["deprecated"], ox.Literal(True))
