"""A small dataset with everything that a page must cope with; its own domain: lighthouses and who keeps them."""

from __future__ import annotations

import pyoxigraph as ox

from kclod.pictures import Facet, Kind, Picture, Topic
from kclod.site import Section, Site, StoredQuery

BASE = "https://data.example/lights/"
HUB_LINKS = 2_300
_PREFIXES = f"""
@prefix : <{BASE}ontology#> .
@prefix id: <{BASE}id/> .
@prefix g: <{BASE}graph/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
"""
ONTOLOGY = """
<https://data.example/lights/ontology> a owl:Ontology ; dct:title "Lights"@en ; dct:description "Words for lights."@en .
:Light a owl:Class ; rdfs:label "Light"@en, "등대"@ko, "Phare"@fr ; skos:definition "A tower with a lamp."@en ;
  rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :tending ; owl:someValuesFrom :Tending ] .
:Keeper a owl:Class ; rdfs:label "Keeper"@en ; owl:disjointWith :Light .
:Tending a owl:Class ; rdfs:label "Tending"@en .
:tending a owl:ObjectProperty ; rdfs:label "tending"@en ; rdfs:domain :Light ; rdfs:range :Tending .
:keeper a owl:ObjectProperty ; rdfs:label "keeper"@en, "등대지기"@ko .
:keptBy a owl:ObjectProperty ; rdfs:label "kept by"@en .
:near a owl:ObjectProperty ; rdfs:label "near"@en ; owl:inverseOf :near .
:height a owl:DatatypeProperty ; rdfs:label "height"@en .
:lit a owl:DatatypeProperty ; rdfs:label "first lit"@en .
"""
REGISTRY = """
id:light\\/alpha a :Light ; skos:prefLabel "Alpha Light"@en, "알파 등대"@ko ; skos:altLabel "The Old Lamp"@en ;
  :lit "1899-05"^^<http://id.loc.gov/datatypes/edtf/EDTF> ; :height 31.5 ; foaf:homepage <https://alpha.example/> ;
  :near id:light\\/beta ; rdfs:seeAlso <javascript:alert(1)> ; :automatic true .
id:light\\/beta a :Light ; skos:prefLabel "<script>alert('x')</script> & \\u202Eateb"@en .
<https://data.example/lights/id/light/한글등대> a :Light ; skos:prefLabel "한글 등대"@ko ; :near id:light\\/alpha .
id:keeper\\/ann a :Keeper ; skos:prefLabel "Ann"@en .
id:article\\/news-1 a foaf:Document ; dct:title "Lamp news"@en .
id:place\\/hub skos:prefLabel "Hub"@en .
<https://elsewhere.example/thing?a=1> rdfs:label "Elsewhere"@en ; rdfs:seeAlso id:light\\/alpha .
"""
LINKS = "id:light\\/alpha owl:sameAs <http://www.wikidata.org/entity/Q42> ."
INFERRED = "id:light\\/alpha :keptBy id:keeper\\/ann ; a :Tower . id:light\\/beta :near id:light\\/alpha ."
TENDING = """
id:light\\/alpha :tending id:tending\\/alpha.ann . id:tending\\/alpha.ann a :Tending ; :keeper id:keeper\\/ann ;
  :near id:place\\/hub .
"""
DOUBT = "id:light\\/alpha :height 99 . id:keeper\\/ann :near id:light\\/alpha ."
PROVENANCE = """
<https://data.example/lights/claim/news-1/a> a :Claim ; rdfs:label "Ann tends Alpha"@en ;
  prov:hadPrimarySource id:article\\/news-1 ;
  prov:wasDerivedFrom <https://data.example/lights/claim/news-1/a#evidence-1> ;
  :mode id:mode\\/reported ; :confidence 0.95 .
<https://data.example/lights/claim/news-1/a#evidence-1> oa:hasSource id:article\\/news-1 ;
  oa:hasSelector <https://data.example/lights/claim/news-1/a#span-1> .
<https://data.example/lights/claim/news-1/a#span-1> a oa:TextPositionSelector ; oa:start 120 ; oa:end 340 .
<https://data.example/lights/claim/news-1/b> rdfs:label "Alpha is 99 high"@en ;
  prov:hadPrimarySource id:article\\/news-1 ;
  prov:wasDerivedFrom <https://data.example/lights/claim/news-1/b#evidence-1> ;
  :mode id:mode\\/hedged .
<https://data.example/lights/claim/news-1/b#evidence-1> oa:hasSource id:article\\/news-1 .
id:mode\\/hedged skos:prefLabel "hedged"@en . id:mode\\/reported skos:prefLabel "reported"@en .
"""


def quads() -> list[ox.Quad]:
    """The dataset: named graphs, and the copies that the default graph holds."""
    graphs = {
        "graph/ontology": ONTOLOGY,
        "graph/registry": REGISTRY,
        "graph/links": LINKS,
        "graph/inferred": INFERRED,
        "graph/provenance": PROVENANCE,
        "claim/news-1/a": TENDING,
        "claim/news-1/b": DOUBT,
    }
    default = {"graph/ontology", "graph/registry", "graph/links", "graph/inferred", "claim/news-1/a"}
    found: list[ox.Quad] = []
    for name, text in graphs.items():
        for quad in ox.parse(f"{_PREFIXES}{text}".encode(), ox.RdfFormat.TURTLE):
            found.append(ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(f"{BASE}{name}")))
            if name in default:
                found.append(quad)
    near, hub = ox.NamedNode(f"{BASE}ontology#near"), ox.NamedNode(f"{BASE}id/place/hub")
    graph = ox.NamedNode(f"{BASE}graph/registry")
    for number in range(HUB_LINKS):
        buoy = ox.NamedNode(f"{BASE}id/buoy/{number}")
        found += [ox.Quad(buoy, near, hub), ox.Quad(buoy, near, hub, graph)]
    return found


def site() -> Site:
    """The site of the dataset, with one section and two stored queries."""
    query = StoredQuery(
        f"{BASE}query/lights",
        {"en": "Which lights are there?", "ko": "어떤 등대가 있나요?"},
        f"SELECT ?light WHERE {{ ?light a <{BASE}ontology#Light> }}",
        "select",
    )
    graph = StoredQuery(
        f"{BASE}query/all", {"en": "Everything near"}, "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 5", "construct"
    )
    rows = (
        (f"<{BASE}id/light/alpha>", '"1899-05"^^<http://id.loc.gov/datatypes/edtf/EDTF>'),
        (None, '"<b>bold</b>"@en'),
    )
    drawn = StoredQuery(
        f"{BASE}query/first-lit",
        {"en": "When were lights first lit?", "ko": "등대는 언제 처음 켜졌나?"},
        f"SELECT ?light ?lit ?kind WHERE {{ ?light <{BASE}ontology#lit> ?lit ; a ?kind }}",
        "select",
        topic=f"{BASE}topic/lamps",
        headings={"lit": {"en": "First lit", "ko": "처음 켜진 때"}},
        picture=Picture(Kind.TIMELINE, {"item": ("light",), "date": ("lit",), "category": ("kind",)}),
    )
    lit = (
        (
            f"<{BASE}id/light/alpha>",
            '"1899-05"^^<http://id.loc.gov/datatypes/edtf/EDTF>',
            f"<{BASE}ontology#Light>",
        ),
        (f"<{BASE}id/light/beta>", None, f"<{BASE}ontology#Light>"),
    )
    return Site(
        base_iri=BASE,
        dataset_iri=f"{BASE}dataset",
        title={"en": "Lights", "ko": "등대"},
        description={"en": "Lights and their keepers."},
        licence="https://creativecommons.org/licenses/by/4.0/",
        rights={"en": "Names by the Board of Lights."},
        version="1.0",
        prefixes={"": f"{BASE}ontology#", "skos": "http://www.w3.org/2004/02/skos/core#"},
        graphs={role: f"{BASE}graph/{role}" for role in ("registry", "links", "inferred", "ontology", "provenance")},
        ontology_iri=f"{BASE}ontology",
        sections=(Section(query, ("light", "first_lit"), rows),),
        queries=(query, graph, drawn),
        topics=(Topic(f"{BASE}topic/lamps", {"en": "Lamps", "ko": "등불"}),),
        pictures=(Section(drawn, ("light", "lit", "kind"), lit),),
        facets=(
            Facet(
                f"{BASE}facet/near",
                {"en": "Near", "fr": "Près de"},
                f"SELECT ?thing ?value WHERE {{ ?thing <{BASE}ontology#near> ?value }}",
                (f"{BASE}ontology#Light",),
            ),
            Facet(
                f"{BASE}facet/lit",
                {"en": "First lit"},
                f"SELECT ?thing ?value WHERE {{ ?thing <{BASE}ontology#lit> ?value }}",
                (f"{BASE}ontology#Light",),
            ),
        ),
    )
