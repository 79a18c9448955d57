"""The ontology's document: trees, terms in words, examples, diagram, languages, versions; nothing in it trusted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import flask
import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from lights import BASE, quads, site

from kclod.rdf import RDF_FORMATS
from kclod.release import publish
from kclod.web import interface
from kclod.web.app import close, create_app
from kclod.web.ontology.axioms import Statements, Value, expression, in_words
from kclod.web.ontology.diagram import draw, text_width
from kclod.web.ontology.layout import Arrow, Box, forward, lay_out
from kclod.web.ontology.terms import Terms

OWN = f"{BASE}ontology#"
MORE = """
@prefix : <https://data.example/lights/ontology#> .
@prefix id: <https://data.example/lights/id/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix vann: <http://purl.org/vocab/vann/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<https://data.example/lights/ontology> owl:versionIRI <https://data.example/lights/ontology/1.2> ;
  owl:versionInfo "1.2" ;
  dct:license <https://creativecommons.org/licenses/by/4.0/> ; dct:creator id:keeper\\/ann ;
  dct:issued "2026-01-31"^^xsd:date ; dct:title "등불"@ko ; vann:preferredNamespacePrefix "lights" .
:Light skos:example "A tall one."@en ; skos:scopeNote "Towers only."@en, "Les tours."@fr ;
  skos:closeMatch <https://other.example/Tower> ; rdfs:seeAlso <javascript:alert(2)> ; rdfs:subClassOf foaf:Agent .
:Lightship a owl:Class ; rdfs:label "Lightship"@en ; rdfs:subClassOf :Light , [ a owl:Restriction ;
  owl:onProperty :keeper ; owl:allValuesFrom [ owl:unionOf ( :Keeper foaf:Agent ) ] ] , [ a owl:Restriction ;
  owl:onProperty :height ; owl:maxCardinality 1 ] ; owl:hasKey ( :height :lit ) .
:Harbour a owl:Class ; rdfs:label "Harbour"@en . :Island a owl:Class ; rdfs:label "Ísland"@en .
:Loop a owl:Class ; rdfs:label "Loop"@en ; rdfs:subClassOf :Noose . :Noose a owl:Class ; rdfs:subClassOf :Loop .
[] a owl:AllDisjointClasses ; owl:members ( :Harbour :Island :Keeper ) .
:tending a owl:AsymmetricProperty ; owl:propertyDisjointWith :near .
:keeper rdfs:domain :Tending ; rdfs:range :Keeper .
:keptBy rdfs:domain :Light ; rdfs:range :Keeper ; owl:propertyChainAxiom ( :tending :keeper ) .
:keeps a owl:ObjectProperty ; rdfs:label "keeps"@en ; owl:inverseOf :keptBy ; rdfs:domain :Keeper ; rdfs:range :Light .
:near a owl:SymmetricProperty , owl:TransitiveProperty . :beside a owl:ObjectProperty ; rdfs:label "beside"@en ;
  rdfs:subPropertyOf :near ; rdfs:domain :Light ; rdfs:range :Light .
:named a owl:DatatypeProperty ; rdfs:label "<img src=x>"@en ; owl:deprecated true .
:confidence a owl:DatatypeProperty ; rdfs:label "confidence"@en . :Claim a owl:Class ; rdfs:label "Claim"@en .
:Metres a rdfs:Datatype ; rdfs:label "metres"@en . :height rdfs:range :Metres .
id:colour\\/red skos:broader id:colour\\/warm . id:colour\\/warm a skos:Concept ; skos:inScheme id:scheme\\/colours ;
  skos:prefLabel "warm"@en . id:colour\\/orange a skos:Concept ; skos:inScheme id:scheme\\/colours ;
  skos:prefLabel "orange"@en ; skos:broader id:colour\\/red , id:colour\\/warm .
id:colour\\/x skos:inScheme id:scheme\\/colours ; skos:prefLabel "x"@en ; skos:broader id:colour\\/y .
id:colour\\/y skos:inScheme id:scheme\\/colours ; skos:prefLabel "y"@en ; skos:broader id:colour\\/x .
foaf:Agent a owl:Class ; rdfs:isDefinedBy foaf: ; rdfs:label "agent"@en .
id:scheme\\/colours a skos:ConceptScheme ; skos:prefLabel "colours"@en ; skos:definition "Of the lamp."@en .
id:colour\\/red a skos:Concept ; skos:inScheme id:scheme\\/colours ; skos:prefLabel "red"@en ;
  skos:definition "Warm."@en .
id:colour\\/scarlet a skos:Concept ; skos:inScheme id:scheme\\/colours ; skos:prefLabel "scarlet"@en ;
  skos:broader id:colour\\/red .
"""
SKIPPED = frozenset({"meta", "link", "input", "br", "hr", "img"})


class Part(HTMLParser):
    """The text inside the element with an id, and the addresses that its links lead to."""

    def __init__(self, page: str, anchor: str) -> None:
        super().__init__()
        self._anchor, self._depth, self.words, self.links = anchor, 0, "", list[str]()
        self.feed(page)
        assert self.words, f"no element has the id {anchor}"
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if self._depth and "href" in values:
            self.links.append(values["href"] or "")
        if (self._depth or values.get("id") == self._anchor) and tag not in SKIPPED:
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        self._depth = max(self._depth - 1, 0)

    def handle_data(self, data: str) -> None:
        if self._depth:
            self.words += f"{data} " if data.strip() else " "


@pytest.fixture(scope="module")
def lights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[flask.Flask]:
    source: Path = tmp_path_factory.mktemp("input") / "source.txt"
    source.write_text("ontology", encoding="utf-8")
    graph = ox.NamedNode(f"{BASE}graph/ontology")
    added = [q.triple for q in ox.parse(MORE.encode(), ox.RdfFormat.TURTLE)]
    known = [
        *quads(),
        *(ox.Quad(t.subject, t.predicate, t.object, g) for t in added for g in (graph, ox.DefaultGraph())),
    ]
    release = publish(tmp_path_factory.mktemp("releases"), site(), known, inputs={"source.txt": source}, stages={})
    app = create_app(release)
    yield app
    close(app)


@pytest.fixture(scope="module")
def page(lights: flask.Flask) -> str:
    return get(lights.test_client(), "/ontology")


def get(client: FlaskClient, address: str, accept: str = "text/html") -> str:
    response = client.get(address, headers={"Accept": accept})
    assert response.status_code == 200, response.text
    return response.text


def term(page: str, name: str) -> Part:
    return Part(page, name)


def contents(page: str) -> str:
    found = re.search(r'<nav class="contents".*?</nav>', page, re.DOTALL)
    assert found
    return found[0]


# ---------------------------------------------------------------------------------------------------------------------
#  Header and trees
# ---------------------------------------------------------------------------------------------------------------------


def test_header(page: str) -> None:
    found = re.search(r'<dl class="facts about">.*?</dl>', page, re.DOTALL)
    assert found
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())
    assert words.startswith(
        "Version 1.2 Version IRI https://data.example/lights/ontology/1.2 Prefix lights Created by Ann"
    )
    assert "Issued 31 January 2026" in words
    assert "Licence https://creativecommons.org/licenses/by/4.0/" in words
    assert 'href="/ontology/1.2"' in found[0]


def test_classes_stand_below_those_above_them(page: str) -> None:
    tree = contents(page)
    nested = re.search(r'<a href="#Light"[^>]*>.*?<ul>(.*?)</ul>', tree, re.DOTALL)
    assert nested
    assert re.findall(r'href="#(\w+)"', nested[1]) == ["Lightship"]
    assert "⊑" in tree
    assert re.search(r'href="#near".*?<ul>\s*<li><a href="#beside"', tree, re.DOTALL)


def test_terms_are_sorted_without_regard_to_accents(page: str) -> None:
    names = re.findall(r'<div class="term" id="(\w+)"', page)
    assert names.index("Harbour") < names.index("Island") < names.index("Keeper")


def test_a_cycle_of_classes_is_cut(page: str) -> None:
    assert contents(page).count('href="#Loop"') == contents(page).count('href="#Noose"') == 1
    assert "is a kind of noose" in term(page, "Loop").words


def test_reused_terms_stand_apart(page: str) -> None:
    own, apart = page.split('id="reused"')
    assert 'id="http://xmlns.com/foaf/0.1/Agent"' in apart
    assert 'id="http://xmlns.com/foaf/0.1/Agent"' not in own
    assert "kinds Light" in Part(page, "http://xmlns.com/foaf/0.1/Agent").words


# ---------------------------------------------------------------------------------------------------------------------
#  Terms
# ---------------------------------------------------------------------------------------------------------------------

SAID = [
    ("Light", "A tower with a lamp. Note: Towers only. Example: A tall one."),
    ("Light", "each one has tending : at least one Tending"),
    ("Light", "domain of beside , kept by , tending"),
    ("Light", "range of beside , keeps"),
    ("Light", "never also Keeper"),
    ("Light", "kinds Lightship"),
    ("Lightship", "keeper : nothing but ( agent or Keeper )"),
    ("Lightship", "height : at most 1"),
    ("Lightship", "identified by height with first lit"),
    ("Lightship", "is a kind of Light and so of agent"),
    ("Harbour", "never also Ísland , Keeper"),
    ("Keeper", "never also Harbour , Ísland , Light"),
    ("keptBy", "domain Light range Keeper"),
    ("keptBy", "inverse of keeps"),
    ("keptBy", "follows from the chain tending , then keeper"),
    ("keeps", "inverse of kept by"),
    ("tending", "asymmetric"),
    ("tending", "never also near"),
    ("tending", "used in axioms of kept by , Light"),
    ("Metres", "range of height"),
    ("near", "transitive"),
    ("near", "symmetric"),
    ("near", "implied by beside"),
    ("beside", "implies near"),
    ("named", "deprecated"),
]


@pytest.mark.parametrize(("name", "words"), SAID)
def test_axioms_are_said_in_words(page: str, name: str, words: str) -> None:
    said = term(page, name).words
    if "nothing but" in words:  # a union has no order
        assert words in said or words.replace("agent or Keeper", "Keeper or agent") in said
    else:
        assert words in said, said


def test_terms_are_linked_within_the_page(page: str) -> None:
    links = term(page, "keptBy").links
    assert {"#Light", "#Keeper", "#keeps", "#tending", "#keeper", "#keptBy"} <= set(links)


def test_examples_come_from_the_data(page: str) -> None:
    light = term(page, "Light")
    assert "in the data 3 instances : " in light.words
    assert "/page/light/alpha" in light.links
    assert f"/browse?class={OWN}Light".replace("#", "%23") in light.links
    lit = term(page, "lit").words
    assert "in the data 1 statement Alpha Light → May 1899" in lit
    assert "in the data" not in term(page, "Harbour").words, "nothing is said where there is nothing"


def test_a_thing_without_a_name_is_called_by_its_class(page: str) -> None:
    assert "in the data 1 statement Alpha Light → Tending" in term(page, "tending").words
    assert "/page/tending/alpha.ann" in term(page, "tending").links
    assert "in the data 1 instance : alpha.ann" in term(page, "Tending").words


def test_what_is_said_of_claims_has_examples_too(page: str) -> None:
    """The provenance graph is no part of the default graph, and its classes have no list of members."""
    assert "in the data 1 statement Ann tends Alpha → 0.95" in term(page, "confidence").words
    claim = term(page, "Claim")
    assert "in the data 1 instance: Ann tends Alpha" in claim.words
    assert not [link for link in claim.links if "/browse" in link]


def test_alignments_are_gathered(page: str) -> None:
    section = page.split('id="alignments"')[1].split("<h2", maxsplit=1)[0]
    assert 'href="https://other.example/Tower"' in section
    assert "closely matches" in section


def test_concept_schemes_are_trees(page: str) -> None:
    scheme = Part(page, "scheme-1")
    assert scheme.words.startswith("colours 6 Of the lamp.")
    assert scheme.words.endswith("warm orange red Warm. orange scarlet x y x")
    assert "/page/colour/scarlet" in scheme.links


def test_table_of_properties(page: str) -> None:
    table = page.split('id="properties"')[1].split("</table>", maxsplit=1)[0]
    rows = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in table.split("<tr>")[2:]]
    assert "Light kept by Keeper keeps" in rows
    assert "anything near anything near" in rows
    assert len(rows) == len(set(rows)) == 10


def test_nothing_of_the_data_is_markup_or_script(page: str) -> None:
    assert re.findall(r'<img(?! src="/static/icon\.svg")', page) == []
    assert "&lt;img src=x&gt;" in page
    assert "javascript:" not in "".join(re.findall(r'href="([^"]*)"', page))
    assert "style=" not in page, "the content security policy forbids it"


def test_ids_exist_once_and_lead_somewhere(page: str) -> None:
    ids = re.findall(r'\sid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert {unescape(link) for link in re.findall(r'href="#([^"]*)"', page)} <= set(ids)


# ---------------------------------------------------------------------------------------------------------------------
#  Expressions
# ---------------------------------------------------------------------------------------------------------------------


def said(turtle: str) -> str | None:
    """The value of `:x :is`, in words with local names; None when it has none."""
    head = "".join(line for line in MORE.splitlines(keepends=True) if line.startswith("@prefix"))
    triples = [q.triple for q in ox.parse(f"{head} {turtle}".encode(), ox.RdfFormat.TURTLE)]
    term = next(t.object for t in triples if t.predicate.value == f"{OWN}is")
    found = expression(Statements(triples), term)
    if found is None:
        return None
    pieces = in_words(found, lambda key: interface.word("en", key))
    texts = [p if isinstance(p, str) else p.term.value if isinstance(p, Value) else p.iri for p in pieces]
    return " ".join("".join(text.removeprefix(OWN) for text in texts).split())


@pytest.mark.parametrize(
    ("turtle", "words"),
    [
        (":x :is :A .", "A"),
        (":x :is [ owl:onProperty :p ; owl:someValuesFrom :A ] .", "p: at least one A"),
        (":x :is [ owl:onProperty :p ; owl:allValuesFrom :A ] .", "p: nothing but A"),
        (":x :is [ owl:onProperty :p ; owl:hasValue 3 ] .", "p: always 3"),
        (":x :is [ owl:onProperty :p ; owl:hasSelf true ] .", "p: itself"),
        (":x :is [ owl:onProperty :p ; owl:cardinality 2 ] .", "p: exactly 2"),
        (":x :is [ owl:onProperty :p ; owl:minQualifiedCardinality 2 ; owl:onClass :A ] .", "p: at least 2 of A"),
        (":x :is [ owl:onProperty [ owl:inverseOf :p ] ; owl:maxCardinality 1 ] .", "(the inverse of p): at most 1"),
        (":x :is [ owl:intersectionOf ( :A [ owl:complementOf :B ] ) ] .", "A and (not B)"),
        (":x :is [ owl:oneOf ( :A :B :C ) ] .", "one of A, B, C"),
        (":x :is [ a owl:Class ] .", None),
        (":x :is [ owl:onProperty :p ] .", None),
        (":x :is [ owl:someValuesFrom :A ] .", None),
        (":x :is [ owl:onProperty :p ; owl:someValuesFrom [ a owl:Class ] ] .", None),
        (":x :is [ owl:unionOf () ] .", None),
        (":x :is [ owl:unionOf _:l ] . _:l rdf:first :A ; rdf:rest _:l .", "A"),
        (":x :is _:n . _:n owl:complementOf _:n .", None),
    ],
)
def test_expressions(turtle: str, words: str | None) -> None:
    assert said(turtle) == words


# ---------------------------------------------------------------------------------------------------------------------
#  Diagram
# ---------------------------------------------------------------------------------------------------------------------


def test_diagram_shows_classes_and_main_properties(page: str) -> None:
    svg = page[page.index("<svg") : page.index("</svg>")]
    names = re.findall(r'<a href="#(\w+)" tabindex="-1"><text class="(?:top|row)"', svg)
    assert set(names) == {"Light", "Lightship", "Keeper", "Tending", "Harbour", "Island", "Loop", "Noose", "Claim"}
    drawn = re.findall(r'<a href="#(\w+)" tabindex="-1"><text class="(?:name|note)"', svg)
    assert {"keeps", "keeper", "tending", "beside"} == set(drawn), "of two inverses only the declaring one"
    assert "<title" in svg
    assert "<desc" in svg
    assert svg.count('class="edge') == 3


def test_diagram_speaks_the_readers_language(lights: flask.Flask) -> None:
    svg = get(lights.test_client(), "/ontology?lang=fr").split("<svg")[1].split("</svg>")[0]
    assert ">Phare</text>" in svg
    assert "Diagramme" in svg


def drawn(turtle: str) -> tuple[list[list[str]], list[tuple[str, bool]], list[str]] | None:
    """The boxes with the names in them, the arrows with whether they are turned, and what is left out."""
    head = "".join(line for line in MORE.splitlines(keepends=True) if line.startswith("@prefix"))
    triples = [q.triple for q in ox.parse(f"{head} {turtle}".encode(), ox.RdfFormat.TURTLE)]

    def name(iri: str) -> str:
        return re.split("[#/]", iri)[-1]

    drawing = draw(Terms(triples, f"{BASE}ontology", str, name), name, "anything")
    if drawing is None:
        return None
    boxes = [
        [text for row in frame.rows for text in (row.text, *(note for _, note, _ in row.notes))]
        for frame in drawing.frames
    ]
    for frame in drawing.frames:
        assert max(row.x + text_width(row.text, 13) for row in frame.rows) <= frame.x + frame.width
    return boxes, [(edge.text, edge.turned) for edge in drawing.edges], [name(iri) for iri in drawing.left_out]


AB = ":p a owl:ObjectProperty ; rdfs:domain :A ; rdfs:range :B . "
Q = ":q a owl:ObjectProperty ; rdfs:domain :B ; rdfs:range :A . "
CLASSES = ":A a owl:Class . :B a owl:Class . :C a owl:Class ; rdfs:subClassOf :A . "


@pytest.mark.parametrize(
    ("turtle", "boxes", "arrows"),
    [
        ("", [["A", "C"], ["B"]], []),
        (AB, [["A", "C"], ["B"]], [("p", False)]),
        (":p a owl:ObjectProperty ; rdfs:domain :A ; rdfs:range :A .", [["A", "↺ p", "C"], ["B"]], []),
        (":p a owl:ObjectProperty ; rdfs:domain :A ; rdfs:range :C .", [["A", "↺ p → C", "C"], ["B"]], []),
        (":p a owl:ObjectProperty ; rdfs:range :B .", [["B"], ["anything"], ["A", "C"]], [("p", False)]),
        (":p a owl:ObjectProperty .", [["A", "C"], ["B"]], []),
        (":B rdfs:subClassOf :X .", [["A", "C"], ["B"]], []),
        (
            f"foaf:G a owl:Class . :B rdfs:subClassOf foaf:G . {AB.replace(':B', 'foaf:G')}",
            [["A", "C"], ["B"], ["G"]],
            [("p", False), ("", False)],
        ),
        (f"{AB} {Q} :q owl:inverseOf :p .", [["A", "C"], ["B"]], [("q", False)]),
        (f"{AB} {Q} :q owl:inverseOf :p . :p owl:inverseOf :q .", [["A", "C"], ["B"]], [("p", False)]),
        (f"{AB} {Q}", [["A", "C"], ["B"]], [("p", False), ("q", True)]),
        (f"{AB} {Q} :q rdfs:subPropertyOf :p .", [["A", "C"], ["B"]], [("p", False)]),
    ],
)
def test_what_is_drawn(turtle: str, boxes: list[list[str]], arrows: list[tuple[str, bool]]) -> None:
    found = drawn(CLASSES + turtle)
    assert found
    assert sorted(found[0]) == sorted(boxes)
    assert sorted(found[1]) == sorted(arrows)


def test_a_class_that_everything_leads_to_is_left_out() -> None:
    many = "".join(f":p{n} a owl:ObjectProperty ; rdfs:domain :A ; rdfs:range foaf:Hub . " for n in range(6))
    found = drawn(f"{CLASSES} foaf:Hub a owl:Class . {many}")
    assert found == ([["A", "C"], ["B"]], [], ["Hub"])


def test_nothing_is_drawn_of_an_ontology_that_has_no_class_or_too_many() -> None:
    assert drawn(":p a owl:ObjectProperty .") is None
    assert drawn("".join(f":C{n} a owl:Class . " for n in range(500))) is None


def test_arrows_run_forward_where_they_can() -> None:
    assert forward(3, [(0, 1), (1, 2), (0, 2)]) == [True, True, True]
    assert sorted(forward(3, [(0, 1), (1, 2), (2, 0)])) == [False, True, True], "one of a circle is turned"


@pytest.mark.parametrize(
    "edges",
    [[], [(0, 1)], [(0, 1), (1, 2), (2, 3), (0, 3)], [(0, 3), (1, 3), (2, 3)], [(0, 1), (0, 2), (0, 3), (2, 3)]],
)
def test_boxes_do_not_overlap_and_lines_go_right(edges: list[tuple[int, int]]) -> None:
    boxes = [Box(80, 40), Box(120, 90), Box(60, 20), Box(100, 60)]
    layout = lay_out(boxes, [Arrow(s, 10, t, 10, 50) for s, t in edges])
    placed = [(x, y, x + width, y + box.height) for (x, y, width), box in zip(layout.boxes, boxes, strict=True)]
    for n, (left, top, right, bottom) in enumerate(placed):
        assert left >= 0
        assert top >= 0
        assert right <= layout.width
        assert bottom <= layout.height
        for other in placed[n + 1 :]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
    for (source, target), line in zip(edges, layout.lines, strict=True):
        assert [x for x, _ in line] == sorted(x for x, _ in line)
        assert line[0] == (placed[source][2], placed[source][1] + 10)
        assert line[-1] == (placed[target][0], placed[target][1] + 10)
        assert line[1][1] == line[0][1], "there is room for the name"
        for x, y in line[1:-1]:
            inside = [box for box in placed if box[0] < x < box[2] and box[1] < y < box[3]]
            assert not inside, "a long arrow passes beside the boxes"


# ---------------------------------------------------------------------------------------------------------------------
#  Addresses and languages
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/ontology", "/ontology/1.2"])
def test_the_document_and_its_version_negotiate(lights: flask.Flask, address: str) -> None:
    client = lights.test_client()
    assert client.get(address, headers={"Accept": "text/html"}).mimetype == "text/html"
    for fmt in RDF_FORMATS:
        response = client.get(address, headers={"Accept": fmt.media_type})
        assert response.status_code == 200
        assert response.mimetype == fmt.media_type
        assert response.headers["Content-Location"] == f"{address}.{fmt.name}"
        assert client.get(f"{address}.{fmt.name}").data == response.data
        triples = {q.triple for q in ox.parse(response.data, fmt.rdf)}
        assert (
            ox.Triple(
                ox.NamedNode(f"{BASE}ontology"),
                ox.NamedNode("http://www.w3.org/2002/07/owl#versionIRI"),
                ox.NamedNode(f"{BASE}ontology/1.2"),
            )
            in triples
        )
    refused = client.get(address, headers={"Accept": "image/png"})
    assert refused.status_code == 406
    assert f"{address}.ttl" in refused.headers["Link"]


@pytest.mark.parametrize(
    "address", ["/ontology/1.3", "/ontology/1.3.ttl", "/ontology/1.2.pdf", "/ontology/%3Cx%3E", "/ontology.pdf"]
)
def test_what_is_not_there_is_not_found(lights: flask.Flask, address: str) -> None:
    assert lights.test_client().get(address, headers={"Accept": "text/html"}).status_code == 404


def test_languages(lights: flask.Flask, page: str) -> None:
    client = lights.test_client()
    korean, french = get(client, "/ontology?lang=ko"), get(client, "/ontology?lang=fr")
    assert "정의역" in korean
    assert '<html lang="ko">' in korean
    assert ">등대</bdi>" in korean
    assert "/page/light/alpha?lang=ko" in korean
    assert "Note : Les tours." in Part(french, "Light").words
    assert "puis" in Part(french, "keptBy").words
    assert get(client, "/ontology") == page, "a kept guide in one language does not show in another"
    by_header = client.get("/ontology", headers={"Accept": "text/html", "Accept-Language": "fr"}).text
    assert "codomaine" in by_header
    assert "lang=fr" not in Part(by_header, "Light").links[1]


def test_a_guide_is_rendered_once(lights: flask.Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = lights.test_client()
    first = get(client, "/ontology?lang=fr")

    def never(*_: object, **__: object) -> str:
        raise AssertionError("rendered again")

    monkeypatch.setattr("kclod.web.ontology.guide.render", never)
    assert get(client, "/ontology?lang=fr") == first


def test_links_keep_the_prefix_that_the_site_is_reached_under(lights: flask.Flask) -> None:
    client = lights.test_client()
    text = client.get("/ontology", headers={"Accept": "text/html"}, environ_overrides={"SCRIPT_NAME": "/mounted"}).text
    assert 'href="/mounted/page/light/alpha"' in text
    assert 'href="/page/light/alpha"' not in text
    assert 'href="/page/light/alpha"' in get(client, "/ontology")
