"""The questions that researchers put to the graph, each with its complete answer worked out from the articles."""

import hashlib
import os
from pathlib import Path

import pytest

from kclod.project import Project
from kclod.queries import read_queries
from tests.content.complete_answers import COMPLETE
from tests.content.conftest import ROOT, Ask

MOU, LETTER = "instrument/kimm-nrcan-mou-2025", "instrument/kier-nrccei-loi-2025"
AREAS = {
    "area/ammonia-recovery",
    "area/ammonia-removal",
    "area/battery-material-recovery",
    "area/industrial-waste-treatment",
}


def test_signed_between_public_bodies(answer: Ask) -> None:
    rows = answer("01-signed-between-public-bodies-2025")
    assert {(row[0], row[2], row[3], row[4]) for row in rows} == {
        (MOU, "ontology#MemorandumOfUnderstanding", "concept/status/signed", "2025-07-29"),
        (LETTER, "ontology#LetterOfIntent", "concept/status/signed", "2025-07-29/2025-07-30"),
    }
    assert {row[5] for row in rows if row[0] == MOU} == AREAS
    assert {row[5] for row in rows if row[0] == LETTER} == {None}


def test_signed_agreements(answer: Ask) -> None:
    rows = answer("02-signed-agreements")
    signatories: dict[str | None, set[str | None]] = {}
    for agreement, _kind, _date, _basis, signatory in rows:
        signatories.setdefault(agreement, set()).add(signatory)
    assert signatories == {
        MOU: {"organization/kimm", "organization/nrcan"},
        LETTER: {"organization/kier", "unit/nrc-cei"},
        "instrument/motie-airbus-ds-itc-mou-2024": {"organization/motie", "organization/airbus-ds"},
        "instrument/carbon-composites-partnership-mou-2023": {None},
    }
    dates = {row[0]: (row[2], row[3]) for row in rows}
    assert dates[LETTER] == ("2025-07-29/2025-07-30", "concept/date-basis/context"), (
        "the letter's day is stated nowhere"
    )
    assert dates["instrument/carbon-composites-partnership-mou-2023"] == ("2023-07", "concept/date-basis/stated")


def test_discussed_but_not_agreed(answer: Ask) -> None:
    rows = answer("03-discussed-but-not-agreed")
    assert {row[:2] for row in rows} == {
        ("instrument/korea-canada-battery-centre-undertaking", "concept/status/under-discussion"),
        ("instrument/nrccei-kier-intention-2025", "concept/status/intention-expressed"),
        ("instrument/canada-aictd-recycling-intention-2025", "concept/status/intention-expressed"),
    }
    centre = {row[2] for row in rows if row[0] == "instrument/korea-canada-battery-centre-undertaking"}
    assert centre == {"organization/kier", "organization/nrc", "organization/nrcan"}


def test_areas_of_the_memorandum(answer: Ask) -> None:
    assert {row[0] for row in answer("05-areas-of-an-agreement")} == AREAS


def test_planned_activities(answer: Ask) -> None:
    planned = {row[1] for row in answer("06-planned-activities") if row[0] == MOU}
    assert planned == {"concept/activity/joint-workshops", "concept/activity/expert-exchange"}


def test_who_took_part_in_the_workshop(answer: Ask) -> None:
    rows = {(row[0], row[1], row[2]) for row in answer("08-who-took-part-in-the-workshop")}
    assert rows >= {
        ("organization/kier", "concept/role/organizer", None),
        ("organization/kier", "concept/role/host", None),
        ("organization/kimm", "concept/role/co-host", "2025-07-30"),
        ("organization/nst", "concept/role/speaker", None),
        ("unit/nrc-cei", "concept/role/participant", None),
    }


def test_where_and_when(answer: Ask) -> None:
    rows = {row[0]: row[2:] for row in answer("09-where-and-when")}
    assert rows["event/korea-canada-battery-workshop-2025"] == (
        "place/montreal",
        "2025-07-29/2025-07-30",
        "2025-07-29",
        "2025-07-30",
    )
    assert rows["event/kimm-amtc-visit-2025"][1:] == ("../2025-07-29", None, "2025-07-29")


def test_thirteen_people_in_office(answer: Ask) -> None:
    offices = {(row[0], row[1]) for row in answer("13-offices")}
    people = {person for person, _ in offices}
    assert len(people) == len(offices) == 13
    assert offices >= {
        ("person/seog-hyeon-ryu", "organization/kimm"),
        ("person/yi-chang-keun", "organization/kier"),
        ("person/kim-young-sik", "organization/nst"),
        ("person/lee-sang-mok", "organization/kitech"),
        ("person/tamara-mawhinney", "organization/embassy-canada-korea"),
    }


def test_doubtful_claims(answer: Ask) -> None:
    rows = {(row[0], row[1]) for row in answer("21-doubtful-claims")}
    assert ("claim/selflearnhub-battery-workshop/machine-china", "concept/mode/machine-generated") in rows
    assert len({claim for claim, mode in rows if mode == "concept/mode/machine-generated"}) == 3


def test_status_of_the_joint_centre(answer: Ask) -> None:
    rows = answer("04-status-of-the-joint-centre")
    assert {row[:3] for row in rows} == {
        (
            "instrument/korea-canada-battery-centre-undertaking",
            "concept/status/under-discussion",
            "article/selflearnhub-battery-workshop",
        )
    }
    assert all(int(row[3] or -1) < int(row[4] or -1) for row in rows)


def test_visits(answer: Ask) -> None:
    visits: dict[str | None, set[str | None]] = {}
    for _visit, visited, topic, _earliest, _latest in answer("07-visits"):
        visits.setdefault(visited, set()).add(topic)
    assert visits == {
        "unit/nrc-amtc": {
            "area/manufacturing-automation",
            "area/composite-aircraft-production",
            "area/maintenance-technology",
        },
        "organization/mila": {"area/manufacturing-ai", "area/data-driven-research", "area/ai-robotics"},
    }
    bounds = {row[1]: row[3:] for row in answer("07-visits")}
    assert bounds == {"unit/nrc-amtc": (None, "2025-07-29"), "organization/mila": (None, None)}


def test_series_of_the_workshop(answer: Ask) -> None:
    assert answer("10-series-of-the-workshop") == [
        ("series/korea-canada-battery-rd-workshop", "2022/..", "concept/frequency/annual", "4")
    ]


def test_parts_of_the_workshop(answer: Ask) -> None:
    assert [row[0] for row in answer("11-parts-of-the-workshop")] == ["event/hydrogen-energy-technology-session-2025"]


def test_topics_of_the_workshop(answer: Ask) -> None:
    assert {row[1] for row in answer("12-topics-of-the-workshop")} == {
        "area/battery-technology",
        "area/lithium-ion-anode-materials",
        "area/solid-state-batteries",
        "area/battery-recycling",
        "area/critical-mineral-supply-chain",
        "area/hydrogen-demonstration",
        "area/hydrogen-production",
        "area/hydrogen-storage",
        "area/hydrogen-utilization",
    }


def test_who_proposed_and_co_hosts_the_seminar(answer: Ask) -> None:
    rows = answer("15-who-proposed-and-co-hosts-the-seminar")
    assert {agent for role, agent in rows if role == "concept/role/co-host"} == {
        "organization/kitech",
        "organization/embassy-canada-korea",
    }
    assert len([agent for role, agent in rows if role == "concept/role/proposer"]) == 1


def test_presented_at_the_seminar(answer: Ask) -> None:
    assert {row[0] for row in answer("17-presented-at-the-seminar")} == {
        "policy/canada-indo-pacific-strategy",
        "programme/aictd",
        "programme/demonstration-support-funds",
        "policy/battery-industry-promotion-support-policy",
        "policy/circular-economy-commercialization-support-policy",
        "programme/nrc-irap",
    }


def test_delegation_before_the_seminar(answer: Ask) -> None:
    assert {(row[1], row[3]) for row in answer("18-delegation-before-the-seminar")} == {
        ("organization/gac", None),
        ("organization/nrc", None),
        ("party/canadian-delegation-companies", "11"),
    }


def test_names_as_written(answer: Ask) -> None:
    names = {(row[0], row[1]) for row in answer("19-names-as-written")}
    assert names >= {
        ("organization/kitech", "KIIT"),
        ("organization/mila", "Montreal Institute for Learning Algorithms"),
        ("unit/nrc-amtc", "Advanced Manufacturing and Technology Centre"),
        ("organization/gac", "Department of Foreign Affairs, Trade and Development"),
    }
    assert all(row[1] != row[2] for row in answer("19-names-as-written"))


def test_battery_recycling_between_the_two_countries(answer: Ask) -> None:
    assert {row[0] for row in answer("20-battery-recycling-between-the-two-countries")} >= {
        MOU,
        "event/korea-canada-battery-workshop-2025",
        "event/battery-circular-economy-seminar-2025",
        "instrument/korea-canada-battery-centre-undertaking",
        "instrument/canada-aictd-recycling-intention-2025",
    }


def test_told_by_two_entries(answer: Ask) -> None:
    assert {row[0] for row in answer("22-told-by-two-entries")} >= {
        "event/ai-industrial-policy-committee-inauguration-2024",
        "event/carbon-composites-partnership-meeting-2024",
        "instrument/motie-airbus-ds-itc-mou-2024",
    }


def test_participants_of_the_symposium(answer: Ask) -> None:
    assert {(row[0], row[2]) for row in answer("23-participants-of-the-symposium")} == {
        ("organization/motie", "concept/role/organizer"),
        ("organization/lx-international", "concept/role/participant"),
        ("organization/posco-holdings", "concept/role/participant"),
        ("organization/sqm", "concept/role/participant"),
        ("organization/enami", "concept/role/participant"),
    }


def test_heads_of_delegation(answer: Ask) -> None:
    assert set(answer("24-heads-of-delegation")) == {
        ("place/south-korea", "person/yoon-chang-hyun", "place/santiago", "2024-05-15"),
        ("place/chile", "person/aurora-williams", "place/santiago", "2024-05-15"),
    }


def test_events_by_country(answer: Ask) -> None:
    countries: dict[str | None, set[str | None]] = {}
    for country, event, _place in answer("28-events-by-country"):
        countries.setdefault(country, set()).add(event)
    assert set(countries) == {"place/canada", "place/south-korea", "place/chile"}
    assert countries["place/canada"] == {"event/korea-canada-battery-workshop-2025"}
    assert countries["place/chile"] == {"event/korea-chile-resources-committee-meeting-2024"}


def test_statements_of_persons(answer: Ask) -> None:
    rows = answer("14-statements-of-persons")
    assert {(row[1], row[3]) for row in rows} == {
        ("person/seog-hyeon-ryu", "article/offshore-energy-2025-08-07"),
        ("person/kim-young-sik", "article/selflearnhub-battery-workshop"),
        ("person/han-seong-ok", "article/selflearnhub-battery-workshop"),
        ("person/lee-sang-mok", "article/asiae-2025-01-14"),
        ("person/dukgeun-ahn", "article/motie-press-2024-05"),
    }


def test_funding_of_aictd(answer: Ask) -> None:
    amount = ("50000000", "300000000", "KRW", "concept/scope/per-project")
    assert set(answer("16-funding-of-aictd")) == {
        (*amount, "concept/role/beneficiary", "party/canadian-smes"),
        (*amount, "concept/role/partner", "party/indo-pacific-companies"),
    }


def test_lithium_of_chile(answer: Ask) -> None:
    assert {row[:4] for row in answer("25-lithium-of-chile")} == {
        ("concept/measure/reserves", "9300000", "9300000", "concept/unit/metric-ton"),
        ("concept/measure/share-of-world-reserves", "33.2", "33.2", "concept/unit/percent"),
    }


def test_policies_announced_or_established(answer: Ask) -> None:
    assert {(row[0], row[2], row[3]) for row in answer("26-policies-announced-or-established")} == {
        ("policy/aerospace-carbon-composites-roadmap", "concept/status/established", "../2024-05-22"),
        ("policy/reshoring-support-strategy-2", "concept/status/announced", "2024-05-07"),
        ("policy/ai-autonomous-manufacturing-strategy-1", "concept/status/announced", "2024-05-08"),
    }


def test_amounts_of_money(answer: Ask) -> None:
    amounts = {(row[0], row[1], row[2], row[3]) for row in answer("27-amounts-of-money")}
    assert amounts == {
        ("KRW", "concept/bound/range", "50000000", "300000000"),
        ("KRW", "concept/bound/at-least", "100000000000", None),
        ("KRW", "concept/bound/at-least", "1000000000000", None),
        ("KRW", "concept/bound/exact", "10000000000", "10000000000"),
        ("KRW", "concept/bound/exact", "200000000000", "200000000000"),
        ("USD", "concept/bound/exact", "6800000000", "6800000000"),
        ("USD", "concept/bound/exact", "6500000000", "6500000000"),
        ("USD", "concept/bound/exact", "2300000000", "2300000000"),
        ("USD", "concept/bound/exact", "24300000000", "24300000000"),
    }
    scopes = {row[2]: row[4] for row in answer("27-amounts-of-money")}
    assert scopes["2300000000"] == scopes["10000000000"] == "concept/scope/unclear", "what they count is ambiguous"


def test_critical_minerals_named(answer: Ask) -> None:
    rows = {row[0]: row[1:] for row in answer("29-critical-minerals-named")}
    assert rows["mineral/lithium"] == rows["mineral/cobalt"] == ("true", "true")
    assert rows["mineral/rare-earth-elements"][0] == "true"


def test_evidence_of_the_signed_agreements(answer: Ask) -> None:
    rows = answer("30-evidence-of-the-signed-agreements")
    articles = {(row[0], row[2]) for row in rows}
    assert articles >= {(MOU, "article/offshore-energy-2025-08-07"), (LETTER, "article/selflearnhub-battery-workshop")}
    for row in rows:
        assert 0 <= int(row[3] or -1) < int(row[4] or -1)
        assert row[5] == "concept/extraction-method/model-assisted"


@pytest.mark.skipif(
    not Path(os.environ.get("KCLOD_SOURCES", ROOT.parent / "shared" / "sources")).is_dir(),
    reason="no copies of the articles here",
)
def test_the_evidence_holds_the_words(answer: Ask) -> None:
    """One join away from the two agreements stand positions at which the articles name both parties."""
    folder = Path(os.environ.get("KCLOD_SOURCES", ROOT.parent / "shared" / "sources"))
    texts = {
        "article/offshore-energy-2025-08-07": (folder / "000_15387100fc17416a.txt").read_text("utf-8"),
        "article/selflearnhub-battery-workshop": (folder / "001_46e4a10be128b740.txt").read_text("utf-8"),
    }
    words: dict[str | None, str] = {MOU: "", LETTER: ""}
    for agreement, _claim, article, start, end, *_ in answer("30-evidence-of-the-signed-agreements"):
        if agreement in words:
            words[agreement] += texts[article or ""][int(start or 0) : int(end or 0)]
    assert "Natural Resources Canada" in words[MOU]
    assert "signed" in words[MOU]
    assert "KIER" in words[LETTER]
    assert "LOI" in words[LETTER]
    assert len({hashlib.sha256(text.encode()).digest() for text in words.values()}) == 2


@pytest.mark.parametrize("slug", COMPLETE)
def test_the_whole_answer(answer: Ask, slug: str) -> None:
    columns, text = COMPLETE[slug]
    expected = {tuple(line.split(" | ")) for line in text.split("\n") if line}
    assert {tuple(row[at] or "-" for at in columns) for row in answer(slug)} == expected


NEGATIVE = {
    "signed with a Canadian party in 2024": """SELECT ?a WHERE {
        ?a kclod:signatory/org:unitOf*/kclod:country <https://w3id.org/kclod/id/place/canada> .
        ?a kclod:hasStatusAssertion ?s .
        ?s kclod:status status:signed ; kclod:earliest ?e ; kclod:latest ?l .
        FILTER(?e <= "2024-12-31"^^xsd:date && ?l >= "2024-01-01"^^xsd:date) }""",
    "Mila as a signatory": "SELECT ?a WHERE { ?a kclod:signatory <https://w3id.org/kclod/id/organization/mila> }",
    "organisations from China": """SELECT ?o WHERE { ?o kclod:country ?c . ?c skos:prefLabel ?name
        FILTER(CONTAINS(?name, "China") || CONTAINS(?name, "중국")) }""",
    "agreements in source 003": """SELECT DISTINCT ?a WHERE { GRAPH ?claim { ?a ?p ?o }
        GRAPH <https://w3id.org/kclod/graph/provenance> {
            ?claim prov:hadPrimarySource <https://w3id.org/kclod/id/article/eunews24-vital-minerals> }
        ?a a kclod:CooperationInstrument }""",
}


@pytest.mark.parametrize("question", NEGATIVE)
def test_questions_that_must_return_nothing(ask: Ask, question: str) -> None:
    assert ask(NEGATIVE[question]) == []


def test_the_negative_questions_could_find_something(ask: Ask) -> None:
    """The same patterns with other constants do find: an empty answer above is no accident of spelling."""
    assert ask(NEGATIVE["signed with a Canadian party in 2024"].replace("2024-", "2025-"))
    assert ask(NEGATIVE["Mila as a signatory"].replace("organization/mila", "organization/kimm"))
    assert ask(NEGATIVE["organisations from China"].replace("China", "Canada"))
    assert ask(NEGATIVE["agreements in source 003"].replace("eunews24-vital-minerals", "offshore-energy-2025-08-07"))


def test_doubtful_claims_contribute_to_no_answer(ask: Ask) -> None:
    """Nothing that only a machine-written or speculative claim states stands in the default graph."""
    assert ask("SELECT * WHERE { GRAPH ?c { ?s ?p ?o } } LIMIT 1")
    rows = ask(
        """SELECT ?s ?p ?o WHERE {
        GRAPH <https://w3id.org/kclod/graph/provenance> {
            ?c kclod:assertionMode ?mode FILTER(?mode IN (mode:machine-generated, mode:speculative, mode:generic)) }
        GRAPH ?c { ?s ?p ?o } ?s ?p ?o
        FILTER NOT EXISTS { GRAPH ?other { ?s ?p ?o } FILTER(?other != ?c) } }"""
    )
    assert rows == []


def test_every_stored_query_answers(real: Project, answer: Ask) -> None:
    for query in read_queries(real.query_files, real.dataset.prefixes):
        assert set(query.labels) == {"en", "ko", "fr"}, query.iri
        if not query.federated:  # tests/web/test_together.py asks those
            assert answer(query.iri.rsplit("/", 1)[-1]), query.iri
