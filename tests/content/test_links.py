"""The links of the real content against the registry files, read here by other means than the engine's.

Everything that a registry file covers is linked, and every link agrees with the file that it rests on. A thing is
covered where a file has its exact name in its country; acronyms alone are shared by too many.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from kclod.cli import main
from kclod.link import Record, check_records, read_links
from kclod.project import Project
from kclod.records import load_records
from kclod.registries import read_schemes
from kclod.vocab import OWL, SCHEMA
from tests.content.conftest import ROOT
from tests.content.registry import REGISTRY, needs_registry, read_csv

SSSOM = os.environ.get("KCLOD_SSSOM")
"""The Python of an environment that has the package sssom; beside pySHACL and rdflib it would bring seventy others."""

Row = dict[str, Any]
TARGETS = {
    "wikidata": "http://www.wikidata.org/entity/",
    "ror": "https://ror.org/",
    "isni": "https://isni.org/isni/",
    "funder-registry": "https://doi.org/10.13039/",
    "geonames": "https://sws.geonames.org/",
    "euroscivoc": "http://data.europa.eu/8mn/euroscivoc/",
    **{
        name: f"https://w3id.org/kclod/id/identifier/{name}/"
        for name in (
            *("grid", "gc-org", "gc-infobase", "krx", "sec-cik", "iso-3166-1-alpha-2", "iso-3166-1-alpha-3"),
            *("critical-minerals-ca-2024", "critical-minerals-kr-2023"),
        )
    },
}
"""Mapping set → what its objects begin with."""
TRAPS = {
    "https://ror.org/03594dm11": "the embassy in Washington",
    "https://ror.org/0433haa75": "HD Hyundai Heavy Industries, not the holding",
    "https://ror.org/02707mq62": "a research centre of HD Hyundai",
    "https://ror.org/012zp9903": "another Korean council called NRC",
    "https://ror.org/023qdcg29": "Airbus (France)",
    "https://ror.org/02hbhxa68": "Airbus (United Kingdom)",
    "https://ror.org/03rnptb60": "a Chilean institute called IMO",
    "https://ror.org/042ezq693": "a Chilean centre called AMTC",
    "https://ror.org/02xkg9c32": "an association called KASS",
    "https://ror.org/04bksq124": "the Ministry of Environment of Saskatchewan",
    "https://ror.org/010q4q527": "the Government of Canada",
    "http://www.wikidata.org/entity/Q483231": "HD Hyundai Heavy Industries",
    "http://www.wikidata.org/entity/Q170481": "called APEC, G7, SCO and COMECON",
    "https://w3id.org/kclod/id/identifier/krx/329180": "HD Hyundai Heavy Industries",
}
UNLINKED = ("embassy-canada-korea", "enami", "kofst", "kotra", "naek", "kcna", "avikus", "nrc-amtc", "nrc-cei", "kass")
"""Of these no file has a record."""


@cache
def mappings() -> tuple[Row, ...]:
    """The rows of all mapping sets, with `set`, `slug`, `kind` and the object's IRI."""
    found = []
    for file in sorted((ROOT / "mappings").glob("*.sssom.tsv")):
        text = file.read_text("utf-8")
        header = "".join(line[1:] for line in text.splitlines(keepends=True) if line.startswith("#"))
        prefixes = YAML(typ="safe").load(header)["curie_map"]
        body = [line for line in text.splitlines() if not line.startswith("#")]
        for row in csv.DictReader(body, delimiter="\t"):
            prefix, _, rest = row["object_id"].partition(":")
            kind, slug = row["subject_id"].removeprefix("kclodid:").split("/")
            name = file.name.removesuffix(".sssom.tsv")
            found.append(row | {"set": name, "kind": kind, "slug": slug, "object": prefixes[prefix] + rest})
    return tuple(found)


def value(row: Row) -> str:
    return unquote(row["object"].removeprefix(TARGETS[row["set"]])).rstrip("/")


def links_of(slug: str, name: str, kind: str = "organization") -> dict[str, str]:
    """Identifier → predicate, of a thing in one mapping set."""
    return {
        value(row): row["predicate_id"]
        for row in mappings()
        if (row["slug"], row["kind"], row["set"]) == (slug, kind, name)
    }


@cache
def entities() -> dict[tuple[str, str], Row]:
    return {(row["kind"], row["id"]): row for row in load_records(Project(ROOT)).rows["entities.json"]}


def names(entity: Row) -> set[str]:
    return {normal(name["value"]) for name in (*entity["label"], *entity.get("alt", []))}


def normal(name: str) -> str:
    """Case, accents, punctuation and the ampersand make no difference."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFC", plain).replace("&", " and ")))


@cache
def ror() -> dict[str, Row]:
    with (REGISTRY / "ror_kr_ca_subset.jsonl").open(encoding="utf-8") as lines:
        return {record["id"].removeprefix("https://ror.org/"): record for record in map(json.loads, lines)}


@cache
def seeds() -> dict[str, Row]:
    return {row["slug"]: row for row in read_csv("seed_entity_ids.csv")}


@cache
def countries() -> dict[str, Row]:
    """Slug of a country → its row, found by name."""
    by_code = {row["ISO3166-1-Alpha-2"]: row for row in read_csv("country-codes.csv")}
    by_name = {
        normal(row["name"]): by_code[row["iso2"]]
        for row in read_csv("geonames_countries.csv")
        if row["iso2"] in by_code
    }
    found = {}
    for (kind, slug), entity in entities().items():
        if kind == "place" and entity["type"]["id"] == "Country":
            (found[slug],) = [by_name[name] for name in names(entity) if name in by_name]
    return found


def country_code(entity: Row) -> str | None:
    return countries()[entity["country"]["id"]]["ISO3166-1-Alpha-2"] if "country" in entity else None


def spelled(record: Row, *, acronyms: bool = False) -> set[str]:
    return {normal(name["value"]) for name in record["names"] if acronyms or name["types"] != ["acronym"]}


# --- everything that is covered is linked -----------------------------------------------------------------------------


@needs_registry
def test_every_organisation_that_ror_covers_is_linked_to_it() -> None:
    covered = {}
    for (kind, slug), entity in entities().items():
        if kind not in ("organization", "unit", "centre", "programme", "party"):
            continue
        for record_id, record in ror().items():
            code = country_code(entity)
            here = code is None or code in {place["country_code"] for place in record["locations"]}
            if here and record["status"] == "active" and names(entity) & spelled(record):
                assert slug not in covered, f"{slug}: {record_id} and {covered[slug]}"
                covered[slug] = record_id
    assert len(covered) >= 15
    for slug, record_id in covered.items():
        assert links_of(slug, "ror") == {record_id: "skos:exactMatch"}, slug
        record = ror()[record_id]
        for name, key in (("wikidata", "wikidata"), ("isni", "isni"), ("funder-registry", "fundref"), ("grid", "grid")):
            known = record["external_ids"].get(key)
            if known:
                (linked,) = links_of(slug, name)
                spellings = [text.replace(" ", "") for text in known["all"]]
                assert linked in spellings, (slug, name)
                assert known["preferred"] in (None, next(i for i in known["all"] if i.replace(" ", "") == linked))


@needs_registry
def test_every_identifier_that_the_seed_list_verifies_is_linked() -> None:
    columns = {
        "ror": "ror",
        "wikidata": "wikidata",
        "isni": "isni",
        "crossref_funder": "funder-registry",
        "gc_orgID": "gc-org",
        "gc_infobaseID": "gc-infobase",
        "krx_code": "krx",
        "geonames": "geonames",
        "other_id": "sec-cik",
    }
    counted = 0
    for slug, seed in seeds().items():
        kind = next((kind for kind, name in entities() if name == slug and kind in ("organization", "place")), None)
        if kind is None or not seed["verified_where"]:
            continue
        for column, name in columns.items():
            if not seed[column] or (column == "geonames" and kind != "place"):
                continue  # an organisation's is that of its seat
            wanted = seed[column].removeprefix("https://ror.org/").removeprefix("SEC CIK ").replace(" ", "")
            predicate = links_of(slug, name, kind)[wanted]
            near = slug == "airbus-ds"  # a division or its German company
            assert predicate == ("skos:closeMatch" if near else predicate), slug
            assert near or predicate in ("skos:exactMatch", "schema:identifier")
            counted += 1
    assert counted > 75


@needs_registry
def test_every_organisation_of_the_canadian_list_is_linked_to_it() -> None:
    known = {row["name"]: row["gc_orgID"] for row in read_csv("gc_org_aliases.csv")}
    infobase = {row["gc_orgID"]: row["infobaseID"] for row in read_csv("gc_concordance.csv")}
    full = {normal(row[c]): row["gc_orgID"] for row in read_csv("gc_org_info.csv") for c in row if "name" in c}
    covered = {}
    for (kind, slug), entity in entities().items():
        if kind in ("organization", "unit", "programme", "centre") and country_code(entity) in ("CA", None):
            spellings = names(entity)
            found = {full[name] for name in spellings if name in full}
            if found:
                found |= {known[name] for name in spellings if name in known}
                assert len(found) == 1, (slug, found)
                covered[slug] = found.pop()
    assert set(covered) == {"nrcan", "nrc", "gac"}
    for slug, number in covered.items():
        assert set(links_of(slug, "gc-org")) == {number}
        assert set(links_of(slug, "gc-infobase")) == {infobase[number]}


@needs_registry
def test_every_country_is_linked_by_its_codes() -> None:
    geonames = {row["iso2"]: row for row in read_csv("geonames_countries.csv")}
    assert len(countries()) >= 6
    for slug, row in countries().items():
        code = row["ISO3166-1-Alpha-2"]
        assert set(links_of(slug, "iso-3166-1-alpha-2", "place")) == {code}
        assert set(links_of(slug, "iso-3166-1-alpha-3", "place")) == {row["ISO3166-1-Alpha-3"]}
        assert set(links_of(slug, "geonames", "place")) == {geonames[code]["geonameid"]} == {row["Geoname ID"]}
        assert set(links_of(slug, "wikidata", "place")) == {row["wikidata_id"].rsplit("/", 1)[1]}


def within(entity: Row) -> str:
    """The slug of the country that a place is in."""
    while entity["type"]["id"] != "Country":
        entity = entities()["place", entity["within"]["id"]]
    return str(entity["id"])


@needs_registry
def test_every_city_is_linked_to_the_gazetteer() -> None:
    cities = read_csv("geonames_cities_subset.csv")
    covered = 0
    for (kind, slug), entity in entities().items():
        if kind != "place" or entity["type"]["id"] != "City":
            continue
        code = countries()[within(entity)]["ISO3166-1-Alpha-2"]
        found = {c["geonameid"]: c for c in cities if c["countrycode"] == code and normal(c["name"]) in names(entity)}
        if found:
            covered += 1
            (linked,) = links_of(slug, "geonames", "place")
            largest = max(found.values(), key=lambda city: int(city["population"]))
            assert linked == largest["geonameid"], slug
            place = float(entity["latitude"]), float(entity["longitude"])
            assert place == (float(largest["latitude"]), float(largest["longitude"])), slug
    assert covered >= 9


@needs_registry
def test_every_mineral_of_the_lists_is_linked_to_them() -> None:
    minerals = {
        name: slug for (kind, slug), entity in entities().items() if kind == "mineral" for name in names(entity)
    }
    sets = {"CA-2024": "critical-minerals-ca-2024", "KR-2023": "critical-minerals-kr-2023"}
    rows = read_csv("critical_minerals_lists.csv")
    assert {row["list"] for row in rows} == set(sets)
    expected = {(sets[row["list"]], minerals[normal(row["label"])], row["label"]) for row in rows}
    linked = {(row["set"], row["slug"], value(row)) for row in mappings() if row["set"] in sets.values()}
    assert linked == expected
    members = {
        (name, member["id"])
        for slug, name in (("ca-2024", sets["CA-2024"]), ("kr-2023", sets["KR-2023"]))
        for member in entities()["mineral-list", slug]["minerals"]
    }
    assert members == {(name, slug) for name, slug, _ in linked}, "the lists as things have the same minerals"


# --- every link agrees with its registry ------------------------------------------------------------------------------


@needs_registry
def test_no_link_says_what_its_registry_does_not() -> None:
    gc = {row["gc_orgID"]: row for row in read_csv("gc_org_info.csv")}
    infobase = {row["infobaseID"]: row["gc_orgID"] for row in read_csv("gc_concordance.csv")}
    cities = {row["geonameid"]: row for row in read_csv("geonames_cities_subset.csv")}
    lands = {row["geonameid"]: row for row in read_csv("geonames_countries.csv")}
    minerals = {(row["list"].lower(), row["label"]) for row in read_csv("critical_minerals_lists.csv")}
    external = {"isni": "isni", "funder-registry": "fundref", "grid": "grid"}
    for row in mappings():
        entity, found, name, slug = entities()[row["kind"], row["slug"]], value(row), row["set"], row["slug"]
        verified = seeds()[slug] if slug in seeds() and seeds()[slug]["verified_where"] else {}
        if name == "ror":
            record = ror()[found]
            assert record["status"] == "active", slug
            assert country_code(entity) in (None, *(place["country_code"] for place in record["locations"])), slug
            exact = row["predicate_id"] == "skos:exactMatch"
            assert not exact or names(entity) & spelled(record), slug
            assert normal(row["object_label"]) in spelled(record), slug
        elif name in external:
            (record_id,) = links_of(slug, "ror")
            known = ror()[record_id]["external_ids"][external[name]]["all"]
            assert found in [text.replace(" ", "") for text in known], slug
        elif name == "wikidata" and slug not in countries():
            record_ids = links_of(slug, "ror")
            known = [i for r in record_ids for i in ror()[r]["external_ids"].get("wikidata", {"all": []})["all"]]
            assert found in known or found == verified.get("wikidata"), slug
        elif name in ("gc-org", "gc-infobase"):
            record = gc[found if name == "gc-org" else infobase[found]]
            assert record["status_statut"] == "a", slug
            assert names(entity) & {normal(record["harmonized_name"]), normal(record["legal_title"])}, slug
        elif name == "krx":
            assert verified["krx_code"] == found, slug
        elif name == "sec-cik":
            assert verified["other_id"] == f"SEC CIK {found}", slug
        elif name == "geonames":
            place = lands.get(found) or cities[found]
            assert normal(row["object_label"]) == normal(place["name"])
            code = place.get("iso2") or place["countrycode"]
            assert countries()[within(entity)]["ISO3166-1-Alpha-2"] == code, slug
        elif name.startswith("critical-minerals-"):
            assert (name.removeprefix("critical-minerals-"), found) in minerals
            assert normal(found) in names(entity), slug
        else:
            assert name in ("wikidata", "iso-3166-1-alpha-2", "iso-3166-1-alpha-3", "euroscivoc"), name


@needs_registry
def test_nothing_is_linked_to_a_withdrawn_record() -> None:
    project = Project(ROOT)
    read = read_links(
        project.link_files,
        base_iri=project.dataset.base_iri,
        known={entity["iri"] for entity in entities().values()},
        name_of={path: project.name_of(path) for path in project.link_files},
        schemes=(schemes := read_schemes(project.dataset, project.ontology)),
    )
    (scheme,) = (scheme for scheme in schemes if scheme.name == "ror")
    records = {
        record_id: Record(
            record["status"],
            tuple(r["id"].rpartition("/")[2] for r in record["relationships"] if r["type"] == "successor"),
        )
        for record_id, record in ror().items()
    }
    assert check_records(read.read, scheme, records) == []
    merged = next(i for i, record in records.items() if record.status == "withdrawn" and record.successors)
    spoilt = {links: Record("withdrawn", (merged,)) for links in links_of("kimm", "ror")}
    (problem,) = check_records(read.read, scheme, records | spoilt)
    assert problem.file == "mappings/ror.sssom.tsv"
    assert f"https://ror.org/{merged}" in problem.fix


@needs_registry
def test_the_verb_checks_links_against_a_file(tmp_path: Path) -> None:
    for folder in ("ontology", "mappings", "shapes", "examples"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    command = ["link", "--to", "ror", "--check", str(REGISTRY / "ror_kr_ca_subset.jsonl"), "--project", str(tmp_path)]
    good = CliRunner().invoke(main, command)
    assert good.exit_code == 0, good.output
    (linked,) = links_of("kimm", "ror")
    withdrawn = next(i for i, r in ror().items() if r["status"] == "withdrawn" and r["relationships"])
    path = tmp_path / "mappings" / "ror.sssom.tsv"
    path.write_text(path.read_text("utf-8").replace(f"ror:{linked}", f"ror:{withdrawn}", 1), "utf-8")
    bad = CliRunner().invoke(main, command)
    assert bad.exit_code == 1
    line = 1 + [withdrawn in text for text in path.read_text("utf-8").splitlines()].index(True)
    said = " ".join(bad.output.split())
    assert f"mappings/ror.sssom.tsv:{line}: [link.withdrawn]" in said, said


def test_no_trap_is_a_target() -> None:
    assert {row["object"]: TRAPS[row["object"]] for row in mappings() if row["object"] in TRAPS} == {}
    near = [row for row in mappings() if row["slug"] == "airbus-ds"]
    assert [(row["set"], row["predicate_id"]) for row in near] == [("ror", "skos:closeMatch")]
    assert not [row for row in mappings() if row["slug"] in UNLINKED]
    nrc, nst = links_of("nrc", "ror"), links_of("nst", "ror")
    assert nrc
    assert nst
    assert not set(nrc) & set(nst)


@needs_registry
def test_what_comes_from_memory_is_not_published(store: ox.Store) -> None:
    memory = " ".join(seed["unverified"] for seed in seeds().values() if seed["unverified"])
    unverified = set(re.findall(r"\bQ\d+\b|\b[0-9A-Z]{20}\b", memory))
    assert {"Q2887", "Q8684", "988400E5HRVX81AYLM04"} <= unverified
    assert not unverified & {value(row) for row in mappings()}
    published = {q.object.value for q in store.quads_for_pattern(None, SCHEMA["value"], None, None)}  # type: ignore[union-attr]
    assert not unverified & published


# --- the form of the mapping sets -------------------------------------------------------------------------------------


def test_one_file_a_target_and_every_row_is_explained() -> None:
    assert {row["set"] for row in mappings()} == set(TARGETS)
    for row in mappings():
        assert row["object"].startswith(TARGETS[row["set"]]), row
        for slot in ("subject_label", "mapping_justification", "author_label", "mapping_date", "confidence", "comment"):
            assert row[slot], (row["set"], row["slug"], slot)
        assert row["subject_label"] in [label["value"] for label in entities()[row["kind"], row["slug"]]["label"]]
    for file in (ROOT / "mappings").glob("*.sssom.tsv"):
        header = [line for line in file.read_text("utf-8").splitlines() if line.startswith("#")]
        for slot in ("mapping_set_id", "license", "object_source", "object_source_version", "subject_source"):
            assert any(line.startswith(f"#{slot}: ") for line in header), (file.name, slot)


def test_concepts_of_euroscivoc_have_one_name_each() -> None:
    """The vocabulary is not among the registry files: its rows are checked among themselves."""
    rows = [row for row in mappings() if row["set"] == "euroscivoc"]
    assert len(rows) > 20
    by_concept = {(value(row), row["object_label"]) for row in rows}
    assert len(by_concept) == len({concept for concept, _ in by_concept}) == len({label for _, label in by_concept})
    for row in rows:
        if row["predicate_id"] == "skos:exactMatch":
            assert normal(row["object_label"]) in names(entities()[row["kind"], row["slug"]]), row["slug"]


def sssom_says(*files: Path) -> dict[str, Row]:
    assert SSSOM
    command = [SSSOM, str(ROOT / "tests" / "sssom_peer.py"), *map(str, files)]
    env = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    checked = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    found: dict[str, Row] = json.loads(checked.stdout.splitlines()[-1])
    return {Path(path).name: said for path, said in found.items()}


@pytest.mark.skipif(not SSSOM, reason="KCLOD_SSSOM names no Python with the package sssom")
def test_sssom_validates(tmp_path: Path) -> None:
    files = sorted((ROOT / "mappings").glob("*.sssom.tsv"))
    wrong = tmp_path / "wrong.sssom.tsv"
    wrong.write_text(files[0].read_text("utf-8").replace("\t0.99\t", "\t1.99\t", 1), "utf-8")
    said = sssom_says(*files, wrong)
    assert said.pop("wrong.sssom.tsv")["problems"], "it looks"
    assert {name: one["problems"] for name, one in said.items()} == {file.name: [] for file in files}
    rows = {file.name: sum(f"{row['set']}.sssom.tsv" == file.name for row in mappings()) for file in files}
    assert {name: one["rows"] for name, one in said.items()} == rows, "it drops no row"


# --- in the release ---------------------------------------------------------------------------------------------------


def test_identifiers_of_the_release_are_those_of_the_exact_links(store: ox.Store, real: Project) -> None:
    schemes = {scheme.iri: scheme for scheme in read_schemes(real.dataset, real.ontology)}
    published = set()
    for quad in store.quads_for_pattern(None, SCHEMA["identifier"], None, ox.DefaultGraph()):
        (value_of,) = store.quads_for_pattern(quad.object, SCHEMA["value"], None, ox.DefaultGraph())  # type: ignore[arg-type]
        (of_scheme,) = store.quads_for_pattern(quad.object, SCHEMA["propertyID"], None, ox.DefaultGraph())  # type: ignore[arg-type]
        urls = list(store.quads_for_pattern(quad.object, SCHEMA["url"], None, ox.DefaultGraph()))  # type: ignore[arg-type]
        scheme = schemes[of_scheme.object.value]  # type: ignore[union-attr]
        assert scheme.fault(value_of.object.value) is None  # type: ignore[union-attr]
        assert [q.object.value for q in urls] == [i for i in [scheme.iri_of(value_of.object.value)] if i]  # type: ignore[union-attr]
        slug = str(quad.subject.value).rsplit("/", 1)[1]  # type: ignore[union-attr]
        published.add((slug, scheme.name, value_of.object.value))  # type: ignore[union-attr]
    exact = {
        (row["slug"], "crossref-funder" if row["set"] == "funder-registry" else row["set"], value(row))
        for row in mappings()
        if row["predicate_id"] in ("skos:exactMatch", "schema:identifier")
    }
    assert published == exact
    assert len(published) > 180


def test_no_same_as_is_published(store: ox.Store) -> None:
    assert not list(store.quads_for_pattern(None, OWL["sameAs"], None, None))


def test_linksets_count_the_links(store: ox.Store) -> None:
    found = store.query(
        """PREFIX void: <http://rdfs.org/ns/void#>
        SELECT ?registry ?predicate ?n WHERE { GRAPH <https://w3id.org/kclod/graph/metadata> {
          ?set a void:Linkset ; void:objectsTarget ?registry ; void:linkPredicate ?predicate ; void:triples ?n } }"""
    )
    assert isinstance(found, ox.QuerySolutions)
    linksets = {(s["registry"].value, s["predicate"].value.rpartition("#")[2]): int(s["n"].value) for s in found}
    counted: dict[tuple[str, str], int] = {}
    for row in mappings():
        name = "crossref-funder" if row["set"] == "funder-registry" else row["set"]
        if row["predicate_id"].startswith("skos:"):
            key = (f"https://w3id.org/kclod/dataset#registry-{name}", row["predicate_id"].removeprefix("skos:"))
            counted[key] = counted.get(key, 0) + 1
    assert linksets == counted
