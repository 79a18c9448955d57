"""The records of the real content: evidence by digest and position, no orphan, no foreign words, expected facts."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kclod.project import Project
from kclod.records import load_records
from kclod.records.located import read_yaml
from tests.content.registry import needs_registry, read_csv

ROOT = Path(__file__).parents[2]
SOURCES = Path(os.environ.get("KCLOD_SOURCES", ROOT.parent / "shared" / "sources"))
needs_sources = pytest.mark.skipif(not SOURCES.is_dir(), reason=f"no copies of the articles in {SOURCES}")

Row = dict[str, Any]
RUN = 8
"""So many words in a row, taken from an article, count as its text."""


@cache
def rows() -> dict[str, list[Row]]:
    return dict(load_records(Project(ROOT)).rows)


@cache
def texts() -> dict[str, str]:
    """Article → its text, as the reader's copy has it."""
    return {
        article["id"]: (SOURCES / article["text"]["file"]).read_bytes().decode("utf-8")
        for article in rows()["articles.json"]
    }


def items(*kinds: str) -> list[Row]:
    return [item for item in rows()["items.json"] if not kinds or item["kind"] in kinds]


def name(item: Row) -> str:
    return item["claim"].split("/claim/")[1]


def ids(values: list[Row] | None) -> set[str]:
    return {value["id"] for value in values or []}


# --- evidence ---------------------------------------------------------------------------------------------------------


@needs_sources
def test_every_article_is_the_one_that_was_read() -> None:
    for article in rows()["articles.json"]:
        raw = (SOURCES / article["text"]["file"]).read_bytes()
        assert hashlib.sha256(raw).hexdigest() == article["text"]["sha256"], article["id"]
        assert len(raw.decode("utf-8")) == article["text"]["length"], article["id"]


@needs_sources
def test_every_copy_is_used_by_an_article() -> None:
    assert {path.name for path in SOURCES.glob("*.txt")} == {a["text"]["file"] for a in rows()["articles.json"]}


@needs_sources
@pytest.mark.parametrize("item", items(), ids=name)
def test_evidence_is_in_the_text_and_says_something(item: Row) -> None:
    text = texts()[item["article"]["id"]]
    passages = []
    for span in item["evidence"]:
        assert 0 <= span["start"] < span["end"] <= len(text)
        passage = text[span["start"] : span["end"]]
        assert hashlib.sha256(passage.encode("utf-8")).hexdigest() == span["sha256"]
        assert passage == passage.strip(), "a span begins and ends with a word"
        passages.append(passage)
    assert max(len(words(passage)) for passage in passages) >= 4, "a mere name is no evidence"
    assert len(set(passages)) == len(passages), "the same words twice"


@needs_sources
def test_entries_lie_where_their_items_are_read() -> None:
    """An item of an entry has its evidence between the title and the date of that entry."""
    for article in rows()["articles.json"]:
        text, end = texts()[article["id"]], 0
        bounds = {}
        for entry in article.get("entries", []):
            start = text.index(f"\n{entry['title']}\n", end)
            end = text.index(f"date{entry['published']['edtf']}", start) + len("date2000-01-01")
            bounds[entry["entry"]] = (start, end)
        assert len(bounds) == len(re.findall(r"^.*date\d{4}-\d\d-\d\d$", text, re.MULTILINE)) or not bounds
        for item in items():
            if item["article"]["id"] != article["id"]:
                continue
            assert ("entry" in item) == bool(bounds), name(item)
            if bounds:
                first, last = bounds[item["entry"]]
                assert all(first <= s["start"] and s["end"] <= last for s in item["evidence"]), name(item)


# --- words ------------------------------------------------------------------------------------------------------------


def words(text: str) -> list[str]:
    """Words, those joined by hyphens as one: so the identifiers in records are single words."""
    return re.findall(r"\w+(?:-\w+)*", text.casefold())


def runs(text: str) -> Iterator[tuple[str, ...]]:
    found = words(text)
    for start in range(len(found) - RUN + 1):
        yield tuple(found[start : start + RUN])


FACTS = frozenset({"title", "address", "label", "alt", "written"})
"""Fields of records that hold titles, addresses and names, which are facts and not prose."""


def facts(value: object, *, is_fact: bool = False) -> Iterator[str]:
    """The strings of a YAML value that stand below a field of FACTS."""
    match value:
        case dict():
            for key, child in value.items():
                yield from facts(child, is_fact=is_fact or key in FACTS)
        case list():
            for child in value:
                yield from facts(child, is_fact=is_fact)
        case str() if is_fact:
            yield value


def prose(path: Path) -> str:
    """A file's text; of a record file, without the titles and names, but with its comments."""
    text = path.read_text("utf-8")
    if path.suffix == ".yaml" and "examples" in path.parts:
        text = re.sub(r"\n\s+", " ", text)  # a folded value is one run of words
        for fact in sorted(set(facts(read_yaml(path, path.name).value)), key=len, reverse=True):
            text = text.replace(fact, " ¶stop ").replace(fact.replace("'", "''"), " ¶stop ")
    return text


@needs_sources
def test_no_words_of_the_articles_are_in_the_project() -> None:
    taken = {run: article for article, text in texts().items() for run in runs(text)}
    folders = ("examples", "mappings", "ontology", "shapes", "docs", "src", "tests")
    kinds = {".yaml", ".ttl", ".tsv", ".md", ".rq", ".py", ".json", ".html"}
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*")) if path.suffix in kinds]
    files += sorted(ROOT.glob("*.md"))
    found = [
        f"{path.relative_to(ROOT)}: {len(run)} words of {taken[run]}, from {run[0]!r} to {run[-1]!r}"
        for path in files
        for run in runs(prose(path))
        if run in taken
    ]
    assert found == []


# --- the registry -----------------------------------------------------------------------------------------------------


def is_reference(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"id", "kind", "iri"}


def references(value: object) -> Iterator[tuple[str, str]]:
    """(kind, id) of every entity that a row names; the copy of the enclosing record in `parent` adds nothing."""
    if isinstance(value, dict):
        if is_reference(value):
            yield value["kind"], value["id"]
        for key, child in value.items():
            if key != "parent" or is_reference(child):
                yield from references(child)
    elif isinstance(value, list):
        for child in value:
            yield from references(child)


def test_no_entity_is_registered_for_nothing() -> None:
    """Each is named by an item or an article, or by an entity that is itself of use, or is seated at a site of use.

    A list of minerals and a reorganisation are facts of the registry itself.
    """
    entities = {(entity["kind"], entity["id"]): entity for entity in rows()["entities.json"]}
    sites = {key for key, entity in entities.items() if entity.get("type", {}).get("id") == "Site"}
    seated = {key: ("place", e["location"]["id"]) for key, e in entities.items() if "location" in e}
    used: set[tuple[str, str]] = set()
    todo = [r for part in ("items.json", "articles.json") for row in rows()[part] for r in references(row)]
    todo += [key for key in entities if key[0] in ("mineral-list", "change")]
    while todo:
        key = todo.pop()
        if key not in used:
            used.add(key)
            todo.extend(references({k: v for k, v in entities[key].items() if k not in ("id", "kind", "iri")}))
            todo.extend(one for one, site in seated.items() if site == key and site in sites)
    assert sorted(set(entities) - used) == []


def test_every_institution_says_where_it_is_known_from() -> None:
    for entity in rows()["entities.json"]:
        if entity["kind"] in ("organization", "unit", "person", "place"):
            assert entity.get("sources"), entity["id"]


def test_technology_areas_have_a_hierarchy_and_three_languages() -> None:
    areas = {entity["id"]: entity for entity in rows()["entities.json"] if entity["kind"] in ("area", "mineral")}
    for slug, area in areas.items():
        assert {label["lang"] for label in area["label"]} == {"en", "ko", "fr"}, slug
        assert {definition["lang"] for definition in area["definition"]} == {"en", "ko", "fr"}, slug
        above, todo = set(), [slug]
        while todo:
            todo = [b["id"] for one in todo for b in areas[one].get("broader", []) if b["id"] not in above]
            above.update(todo)
        assert slug not in above, f"{slug} is broader than itself"
        redundant = [
            b["id"]
            for b in area.get("broader", [])
            for other in area.get("broader", [])
            if other is not b and b["id"] in ancestors(areas, other["id"])
        ]
        assert not redundant, f"{slug}: {redundant} follow from another broader area"
    assert max(len(ancestors(areas, slug)) for slug in areas) >= 4
    labels = [label["value"].casefold() for area in areas.values() for label in area["label"] if label["lang"] == "en"]
    assert len(labels) == len(set(labels))


def ancestors(areas: dict[str, Row], slug: str) -> set[str]:
    direct = {broader["id"] for broader in areas[slug].get("broader", [])}
    return direct.union(*(ancestors(areas, one) for one in direct))


# --- expected facts ---------------------------------------------------------------------------------------------------


def by_instrument() -> dict[str, Row]:
    """Instrument → what all items together say of it."""
    found: dict[str, Row] = {}
    for item in items("instrument"):
        one = found.setdefault(item["about"]["id"], defaultdict(set))
        for key in ("type", "status"):
            if key in item:
                one[key].add(item[key]["id"])
        if "date" in item:
            one["date"].add((item["date"]["edtf"], item["date_basis"]["id"]))
        one["signatories"] |= {signatory["who"]["id"] for signatory in item.get("signatories", [])}
        for key in ("areas", "forms", "activities"):
            one[key] |= ids(item.get(key))
        one["parties"] |= {(party["who"]["id"], party["role"]["id"]) for party in item.get("parties", [])}
    return found


INSTRUMENTS = {
    "kimm-nrcan-mou-2025": (
        "MemorandumOfUnderstanding",
        "signed",
        {("2025-07-29", "stated")},
        {"kimm", "nrcan"},
    ),
    "kier-nrccei-loi-2025": (
        "LetterOfIntent",
        "signed",
        {("2025-07-29/2025-07-30", "context")},
        {"kier", "nrc-cei"},
    ),
    "nrccei-kier-intention-2025": ("ExpressedIntention", "intention-expressed", set(), set()),
    "korea-canada-battery-centre-undertaking": ("JointUndertaking", "under-discussion", set(), set()),
    "canada-aictd-recycling-intention-2025": ("ExpressedIntention", "intention-expressed", set(), set()),
    "motie-airbus-ds-itc-mou-2024": (
        "MemorandumOfUnderstanding",
        "signed",
        {("2024-05-10", "stated")},
        {"motie", "airbus-ds"},
    ),
    "carbon-composites-partnership-mou-2023": (
        "MemorandumOfUnderstanding",
        "signed",
        {("2023-07", "stated")},
        set(),
    ),
    "carbon-composites-jump-up-partnership": ("PartnershipArrangement", "in-force", set(), set()),
    "korea-chile-lithium-agreement-2023": ("AgreementToDiscuss", "agreed", {("2023-11", "stated")}, set()),
    "ai-autonomous-manufacturing-alliance": ("PartnershipArrangement", "planned", set(), set()),
}


def test_the_agreements_are_these_and_no_others() -> None:
    found = by_instrument()
    assert set(found) == set(INSTRUMENTS)
    for slug, (kind, status, dates, signatories) in INSTRUMENTS.items():
        one = found[slug]
        assert (one["type"], one["status"]) == ({kind}, {status}), slug
        assert (one["date"], one["signatories"]) == (dates, signatories), slug


def test_the_memorandum_covers_four_areas_two_forms_and_two_activities() -> None:
    one = by_instrument()["kimm-nrcan-mou-2025"]
    assert one["areas"] == {
        "ammonia-recovery",
        "ammonia-removal",
        "battery-material-recovery",
        "industrial-waste-treatment",
    }
    assert one["forms"] == {"joint-research", "information-exchange"}
    assert one["activities"] == {"joint-workshops", "expert-exchange"}


def test_talks_on_the_joint_centre_bind_nobody() -> None:
    one = by_instrument()["korea-canada-battery-centre-undertaking"]
    assert one["parties"] == {(who, "prospective-party") for who in ("kier", "nrc", "nrcan")}


def test_signed_agreements_have_two_signatories_or_say_why_not() -> None:
    for slug, one in by_instrument().items():
        if "signed" in one["status"] and len(one["signatories"]) < 2:
            assert any(i.get("signature_gap") for i in items("instrument") if i["about"]["id"] == slug), slug
        if "signed" not in one["status"]:
            assert not one["signatories"], slug


def test_a_general_article_yields_general_remarks_and_nothing_else() -> None:
    found = [item for item in items() if item["article"]["id"] == "eunews24-vital-minerals"]
    assert found
    kinds = {"coverage", "remark", "trade"}
    assert {(item["kind"], item["mode"]["id"]) for item in found} == {(kind, "generic") for kind in kinds}
    assert len([item for item in found if item["kind"] == "remark"]) >= 20


def test_machine_written_sentences_are_marked_and_distrusted() -> None:
    machine = [item for item in items() if item["mode"]["id"] == "machine-generated"]
    assert {name(item) for item in machine} == {
        f"selflearnhub-battery-workshop/machine-{one}" for one in ("supply", "workshop", "china")
    }
    assert all(float(item["confidence"]) <= 0.5 for item in machine)
    about_china = [item for item in items() if ("place", "china") in set(references(item))]
    assert [name(item) for item in about_china] == ["selflearnhub-battery-workshop/machine-china"]
    assert about_china[0]["contradicts"]


def test_no_organisation_of_china_and_no_signature_of_mila() -> None:
    assert not [e["id"] for e in rows()["entities.json"] if e.get("country", {}).get("id") == "china"]
    assert "mila" not in {who for one in by_instrument().values() for who in one["signatories"]}


OFFICES = {
    "seog-hyeon-ryu": ("kimm", "president"),
    "yi-chang-keun": ("kier", "president"),
    "han-seong-ok": ("kier", "vice-president"),
    "kim-young-sik": ("nst", "chairperson"),
    "tamara-mawhinney": ("embassy-canada-korea", "ambassador"),
    "lee-sang-mok": ("kitech", "president"),
    "lee-seung-ryeol": ("motie", "deputy-minister-industrial-policy"),
    "yoon-chang-hyun": ("motie", "director-general-resources-industry-policy"),
    "aurora-williams": ("chile-ministry-of-mining", "minister"),
    "sascha-pristrom": ("imo", "head-of-marine-technology"),
    "francisco-sanchez-segura": ("airbus-ds", "chief-operating-officer"),
    "dukgeun-ahn": ("motie", "minister"),
    "kim-kinam": ("naek", "president"),
}


def test_thirteen_people_hold_office() -> None:
    found = {(i["person"]["id"], i["organization"]["id"], i["post"]) for i in items("office")}
    assert found == {(person, *office) for person, office in OFFICES.items()}


def test_what_is_told_twice_is_one_thing() -> None:
    """Both entries speak of the same resource, and the later names the earlier as what it supports."""
    twice = {
        name(item): {one["iri"].split("/claim/")[1] for one in item["supports"]}
        for item in items()
        if "supports" in item
    }
    about = {name(item): item["about"]["iri"] for item in items() if "about" in item}
    for later, earlier in twice.items():
        for one in earlier:
            assert about.get(later) == about.get(one)
    assert twice.keys() >= {
        f"motie-press-2024-05/{one}"
        for one in (
            "partnership-meeting",
            "airbus-mou",
            "airbus-signing",
            "ai-ceremony",
            "ahn-office",
            "kim-kinam-office",
        )
    }


def test_names_that_are_not_the_registrys() -> None:
    found = {(i["entity"]["id"], written["value"]) for i in items("name") for written in i["written"]}
    assert found >= {
        ("kitech", "KIIT"),
        ("mila", "Montreal Institute for Learning Algorithms"),
        ("nrc-amtc", "Advanced Manufacturing and Technology Centre"),
        ("gac", "Department of Foreign Affairs, Trade and Development"),
    }
    preferred = {(entity["id"], label["value"]) for entity in rows()["entities.json"] for label in entity["label"]}
    assert not found & preferred, "a name is recorded only where it differs from the registry's"


def test_the_workshop() -> None:
    said = [item for item in items("event") if item["about"]["id"] == "korea-canada-battery-workshop-2025"]
    said = [item for item in said if item["mode"]["id"] == "reported"]
    roles = {
        (p["who"]["id"], p["role"]["id"], p.get("date", {}).get("edtf"), *ids(p.get("by")))
        for item in said
        for p in item.get("participants", [])
    }
    assert roles == {
        ("kier", "organizer", None),
        ("kier", "host", None),
        ("kimm", "co-host", "2025-07-30"),
        ("institutions-at-the-battery-workshop", "participant", None),
        ("nst", "speaker", None, "kim-young-sik"),
    }
    sure = [i for i in said if float(i["confidence"]) >= 0.5]
    assert {i["date"]["edtf"] for i in sure if "date" in i} == {"2025-07-29/2025-07-30"}
    assert {i["place"]["id"] for i in said if "place" in i} == {"montreal"}
    assert {i["edition"] for i in said if "edition" in i} == {4}
    assert {i["attendance"] for i in said if "attendance" in i} == {18}


# --- completeness -----------------------------------------------------------------------------------------------------

AT_LEAST = {
    "offshore-energy-2025-08-07": "instrument 7, event 8, statement 4, organization 2, name 2, aim 1, remark 1",
    "selflearnhub-battery-workshop": "event 13, instrument 6, endeavour 3, statement 4, remark 11, office 3, name 8",
    "asiae-2025-01-14": "event 16, endeavour 10, statement 2, figure 1, aim 5, name 6, office 2, instrument 1",
    "eunews24-vital-minerals": "coverage 8, remark 22, trade 1",
    "motie-press-2024-05": "event 37, endeavour 30, figure 37, organization 16, remark 21, aim 16, instrument 10, "
    "office 13, trade 5, statement 3, name 8",
}
"""Items of each article by kind: lower a number when items were joined or wrong, never because some are missing."""


@pytest.mark.parametrize("article", AT_LEAST)
def test_no_item_was_lost(article: str) -> None:
    found = Counter(item["kind"] for item in items() if item["article"]["id"] == article)
    floor = {kind: int(least) for kind, least in (pair.split() for pair in AT_LEAST[article].split(","))}
    assert not {kind: (found[kind], least) for kind, least in floor.items() if found[kind] < least}


def test_every_article_has_its_floor() -> None:
    assert {article["id"] for article in rows()["articles.json"]} == set(AT_LEAST)


@pytest.mark.parametrize("field", ["heading", "gist", "aim"])
def test_what_we_tell_in_our_words_is_told_in_three_languages(field: str) -> None:
    told = [item for item in items() if field in item]
    assert told
    for item in told:
        assert {text["lang"] for text in item[field]} == {"en", "ko", "fr"}, name(item)


# --- statements -------------------------------------------------------------------------------------------------------

STATEMENTS = {  # item → speaker
    "offshore-energy-2025-08-07/mou-framework": "kimm",
    "offshore-energy-2025-08-07/mou-expansion": "kimm",
    "offshore-energy-2025-08-07/ryu-milestone": "seog-hyeon-ryu",
    "offshore-energy-2025-08-07/ryu-future": "seog-hyeon-ryu",
    "selflearnhub-battery-workshop/kim-supply-chains": "kim-young-sik",
    "selflearnhub-battery-workshop/kim-cooperation": "kim-young-sik",
    "selflearnhub-battery-workshop/han-bilateral-policy": "han-seong-ok",
    "selflearnhub-battery-workshop/nrc-cei-statement": "nrc-cei",
    "asiae-2025-01-14/lee-information-system": "lee-sang-mok",
    "asiae-2025-01-14/lee-cooperation-model": "lee-sang-mok",
    "motie-press-2024-05/task-force-topics": "motie-autonomous-ship-task-force",
    "motie-press-2024-05/imo-talks-statement": "motie",
    "motie-press-2024-05/ahn-announcement": "dukgeun-ahn",
}


def test_statements_and_their_speakers() -> None:
    assert {name(item): item["speaker"]["id"] for item in items("statement")} == STATEMENTS
    assert {item["mode"]["id"] for item in items("statement")} == {"attributed"}


# --- figures ----------------------------------------------------------------------------------------------------------


def figures() -> dict[str, Row]:
    """Figure → what the items that are sure of it say, each field once."""
    found: dict[str, Row] = {}
    for item in items("figure"):
        if float(item["confidence"]) > 0.6:
            one = found.setdefault(item["figure"], {})
            assert not {key for key in one if key in item and key not in SHARED}, name(item)
            one |= item
    return found


SHARED = ("id", "kind", "claim", "article", "origin", "evidence", "figure", "of", "mode", "confidence", "method")
SHARED += ("entry", "note", "announcement")
MILLION, BILLION = 10**6, 10**9
FIGURES = {  # figure → of, measure, minimum, maximum, unit or currency, bound, period
    "aictd-support-per-project": ("aictd", "funding", 50 * MILLION, 300 * MILLION, "KRW", "range", None),
    "chile-lithium-reserves": ("chile", "reserves", 9.3 * MILLION, 9.3 * MILLION, "metric-ton", "exact", None),
    "chile-lithium-share": ("chile", "share-of-world-reserves", 33.2, 33.2, "percent", "exact", None),
    "automobile-exports-2024-04": (
        "south-korea",
        "export-value",
        6.8 * BILLION,
        6.8 * BILLION,
        "USD",
        "exact",
        "2024-04",
    ),
    "automobile-exports-2024-04-growth": ("south-korea", "growth-rate", 10.3, 10.3, "percent", "exact", "2024-04"),
    "automobile-exports-2023-11": (
        "south-korea",
        "export-value",
        6.5 * BILLION,
        6.5 * BILLION,
        "USD",
        "exact",
        "2023-11",
    ),
    "automobile-exports-2024-01-to-04": (
        *("south-korea", "export-value", 24.3 * BILLION, 24.3 * BILLION, "USD", "exact", "2024-01/2024-04"),
    ),
    "automobile-exports-2024-01-to-04-growth": (
        *("south-korea", "growth-rate", 4.7, 4.7, "percent", "exact", "2024-01/2024-04"),
    ),
    "eco-friendly-exports-2024-04": (
        *("south-korea", "export-value", 2.3 * BILLION, 2.3 * BILLION, "USD", "exact", "2024-04"),
    ),
    "eco-friendly-exports-2024-04-growth": ("south-korea", "growth-rate", 11.6, 11.6, "percent", "exact", "2024-04"),
    "automobile-production-2024-04": (
        *("south-korea", "production-volume", 394457, 394457, "vehicle", "exact", "2024-04"),
    ),
    "automobile-production-2024-04-growth": ("south-korea", "growth-rate", 3.5, 3.5, "percent", "exact", "2024-04"),
    "automobile-production-2023-03": (
        *("south-korea", "production-volume", 410000, None, "vehicle", "at-least", "2023-03"),
    ),
    "automobile-sales-2024-04": ("south-korea", "sales-volume", 141110, 141110, "vehicle", "exact", "2024-04"),
    "automobile-sales-2024-04-growth": ("south-korea", "growth-rate", -5.5, -5.5, "percent", "exact", "2024-04"),
    "hybrid-sales-2024-04": ("south-korea", "sales-volume", 39576, 39576, "vehicle", "exact", "2024-04"),
    "hybrid-sales-2024-04-growth": ("south-korea", "growth-rate", 35, 35, "percent", "exact", "2024-04"),
    "ai-era-policies-period": ("ai-era-industrial-policies", "duration", 6, 6, "month", "exact", None),
    "ai-committee-experts": ("ai-industrial-policy-committee", "number-of-persons", 200, 200, "person", "exact", None),
    "ai-strategy-funding-2024": (
        *("ai-autonomous-manufacturing-strategy-1", "funding", 100 * BILLION, None, "KRW", "at-least", "2024"),
    ),
    "ai-diffusion-target-2030": (
        *("ai-autonomous-manufacturing-strategy-1", "diffusion", 30, 30, "percent", "exact", "../2030"),
    ),
    "ai-diffusion-2024": ("south-korea", "diffusion-rate", 9, 9, "percent", "exact", "2024-05"),
    "ai-productivity-target-2030": (
        *("ai-autonomous-manufacturing-strategy-1", "productivity-growth", 20, 20, "percent", "exact", "../2030"),
    ),
    "ai-anchor-projects": (
        *("ai-manufacturing-anchor-projects", "number-of-projects", 200, 200, "project", "exact", None),
    ),
    "ai-priority-projects-2024": (
        *("ai-manufacturing-anchor-projects", "number-of-projects", 10, 10, "project", "exact", "2024"),
    ),
    "ai-priority-funding-2024": (
        *("ai-manufacturing-anchor-projects", "funding", 10 * BILLION, 10 * BILLION, "KRW", "exact", "2024"),
    ),
    "robot-testbed-funding": (
        *("national-robot-testbed", "funding", 200 * BILLION, 200 * BILLION, "KRW", "exact", "2024/2028"),
    ),
    "ai-private-investment": (
        *(
            "ai-autonomous-manufacturing-strategy-1",
            "private-investment",
            1000 * BILLION,
            None,
            "KRW",
            "at-least",
            None,
        ),
    ),
    "ai-private-investment-period": (
        *("ai-autonomous-manufacturing-strategy-1", "duration", 5, 5, "year", "exact", None),
    ),
    "ai-professionals": (
        *("ai-autonomous-manufacturing-strategy-1", "number-of-persons", 13000, 13000, "person", "exact", None),
    ),
    "ai-solution-companies": (
        *("ai-autonomous-manufacturing-strategy-1", "number-of-companies", 250, None, "company", "at-least", None),
    ),
}


def test_the_figures_are_these_and_no_others() -> None:
    def number(value: str | None) -> float | None:
        return None if value is None else float(value)

    def brief(one: Row) -> tuple[object, ...]:
        return (
            one["of"]["id"],
            one["measure"]["id"],
            number(one.get("minimum")),
            number(one.get("maximum")),
            one["currency"] if "currency" in one else one["unit"]["id"],
            one["bound"]["id"],
            one["period"]["edtf"] if "period" in one else None,
        )

    assert {figure: brief(one) for figure, one in figures().items()} == FIGURES


def test_what_a_figure_names_is_there() -> None:
    """The figures that one is compared with, or of which it gives the growth, are recorded; a growth has a base."""
    known = figures()
    for item in items("figure"):
        for key in ("compared_with", "change_of"):
            assert item.get(key) is None or item[key] in known, name(item)
    growths = {figure: one for figure, one in known.items() if one["measure"]["id"] == "growth-rate"}
    assert all("change_of" in one for one in growths.values())
    without_base = {figure for figure, one in growths.items() if "base_period" not in one}
    assert without_base == {"automobile-sales-2024-04-growth"}, "the article does not say against what"


def test_unclear_figures_have_two_readings_that_exclude_each_other() -> None:
    unclear = {figure for figure, one in figures().items() if one.get("scope", {}).get("id") == "unclear"}
    assert unclear == {
        "eco-friendly-exports-2024-04",
        "eco-friendly-exports-2024-04-growth",  # through the figure whose growth it is
        "ai-diffusion-target-2030",
        "ai-priority-funding-2024",
    }
    readings: dict[str, list[Row]] = defaultdict(list)
    for item in items("figure"):
        if float(item["confidence"]) == 0.6:
            readings[item["figure"]].append(item)
    assert set(readings) == unclear - {"eco-friendly-exports-2024-04-growth"}
    for first, second in readings.values():
        assert [one["iri"] for one in second["contradicts"]] == [first["claim"]]


# --- contradictions ---------------------------------------------------------------------------------------------------


def test_contradictions() -> None:
    found = {(name(i), one["iri"].split("/claim/")[1]) for i in items() for one in i.get("contradicts", [])}
    assert {(one.split("/")[1], other.split("/")[1]) for one, other in found} == {
        ("machine-china", "outlook-scaling"),
        ("workshop-day-loose-reading", "workshop-days"),
        ("seminar-past", "seminar-still-to-come"),
        ("eco-exports-of-hybrids", "eco-exports-of-all"),
        ("ai-diffusion-as-level", "ai-diffusion-as-growth"),
        ("ai-priority-funding-each", "ai-priority-funding-total"),
    }


# --- facts of the registry --------------------------------------------------------------------------------------------


@needs_registry
def test_lists_of_critical_minerals_are_those_of_the_registry() -> None:
    minerals = {entity["id"]: entity for entity in rows()["entities.json"] if entity["kind"] == "mineral"}
    lists = {entity["id"]: entity for entity in rows()["entities.json"] if entity["kind"] == "mineral-list"}
    table = read_csv("critical_minerals_lists.csv")
    expected = {
        "ca-2024": ("2024-06-10", {r["label"] for r in table if r["list"] == "CA-2024"}),
        "ca-2021": ("2021-03-11", {r["label"] for r in table if r["list"] == "CA-2024" and r["added_in"] == "2021"}),
        "kr-2023": ("2023-02-27", {r["label"] for r in table if r["list"] == "KR-2023"}),
        "kr-2023-strategic": ("2023-02-27", {r["label"] for r in table if r["strategic"] == "yes"}),
    }
    assert set(lists) == set(expected)
    for slug, (issued, labels) in expected.items():
        assert lists[slug]["issued"]["edtf"] == issued
        listed = [minerals[mineral["id"]] for mineral in lists[slug]["minerals"]]
        english = [
            {n["value"].casefold() for n in (*m["label"], *m.get("alt", [])) if n["lang"] == "en"} for m in listed
        ]
        assert len(listed) == len(labels)
        assert all(any(label.casefold() in names for names in english) for label in labels), slug
    assert lists["ca-2024"]["replaces"]["id"] == "ca-2021"
    narrower = {r["label"].casefold() for r in table if "narrower than" in r["relation_note"]}
    assert narrower <= {slug for slug, mineral in minerals.items() if mineral.get("broader")}


def test_the_ministry_of_2024_is_not_that_of_today() -> None:
    (change,) = [entity for entity in rows()["entities.json"] if entity["kind"] == "change"]
    assert "motie" in ids(change["original"])
    assert ids(change["resulting"]) == {"motir", "korea-climate-ministry"}
    assert change["date"]["edtf"] == "2025-10-01"
    assert "seed-entity-list" not in ids(change["sources"])
    later = ids(change["resulting"])
    assert not [name(i) for i in items() if {slug for _, slug in references(i)} & later], "no article knows of it"
