"""Matching of the real things with the real registry files: what is linked is found, and traps are not taken."""

import os
from pathlib import Path

import pytest

from kclod.match import Index, Match
from kclod.match.entity import WITHDRAWN
from kclod.match.registries import read_registry
from kclod.project import Project
from kclod.proposals.declared import read_target
from kclod.proposals.mapping_set import read_set
from kclod.proposals.things import query_things
from kclod.release import Release
from kclod.store import open_read_only

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("KCLOD_REGISTRY") or ROOT.parent / "shared" / "registry")
FILES = {"ror": ["ror_kr_ca_subset.jsonl"], "geonames": ["geonames_cities_subset.csv"]}
TRAPS = ("embassy-canada-korea", "airbus", "hd-hyundai", "enami", "samsung-heavy-industries", "imo")
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"no registry files in {REAL}; set KCLOD_REGISTRY")


def matched(release: Release, name: str) -> dict[str, list[Match]]:
    target = read_target(ROOT, name)
    things = query_things(open_read_only(release.store_path), target.declared.things, name)
    registry = read_registry([REAL / file for file in FILES[name]], target.declared.tables)
    index = Index.of(entity for entity in registry.entities if entity.status != WITHDRAWN)
    return {thing.id: found for thing, found in zip(things, index.match_many(things), strict=True)}


@pytest.mark.parametrize("name", FILES)
def test_what_is_linked_is_the_best_match_and_no_other_record_is_safe(
    real: Project, real_release: Release, name: str
) -> None:
    target = read_target(ROOT, name)
    assert target.links
    links = read_set(target.links)
    linked = {links.iri(row["subject_id"]): links.iri(row["object_id"]) for row in links.rows}
    found = matched(real_release, name)
    compared = 0
    for thing, record in linked.items():
        if found.get(thing):
            best = found[thing][0]
            assert target.declared.iri(best.entity.id) == record, thing
            compared += 1
    assert compared > 5
    for thing, matches in found.items():
        for match in matches:
            if match.score.safe and thing in linked:
                assert target.declared.iri(match.entity.id) == linked[thing]


def test_traps_are_not_safe(real_release: Release) -> None:
    found = matched(real_release, "ror")
    seen = [thing for thing in found if thing.rpartition("/")[2] in TRAPS]
    assert len(seen) >= 5
    assert not [match.entity.id for thing in seen for match in found[thing] if match.score.safe]
