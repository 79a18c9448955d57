"""Registry files in their published forms, and what is wrong with some records."""

import json
import os
import zipfile
from pathlib import Path

import pytest

from kclod.errors import UsageError
from kclod.match import Entity, Name, Reference
from kclod.match.entity import WITHDRAWN
from kclod.match.registries import Table, read_registry
from kclod.match.registries.ror import entity_of
from kclod.proposals.declared import read_target
from tests.bench.registry import published
from tests.match.records import RECORDS, entities

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("KCLOD_REGISTRY") or ROOT.parent / "shared" / "registry")
real = pytest.mark.skipif(not REAL.is_dir(), reason=f"no registry files in {REAL}; set KCLOD_REGISTRY")

V1 = {  # as in ror-community/ror-records, v1.68/v1/0005vby86.json, without what is null
    "id": "https://ror.org/0005vby86",
    "name": "Yonsei Cancer Hospital",
    "types": ["Healthcare"],
    "relationships": [{"label": "Severance Hospital", "type": "Parent", "id": "https://ror.org/044kjp413"}],
    "addresses": [{"city": "Seoul", "geonames_city": {"id": 1835848, "city": "Seoul"}}],
    "links": ["https://yuhs.severance.healthcare/cancer/index.do"],
    "aliases": ["Yonsei Cancer Center", "연세대학교 암병원", "연세대학교 암센터"],
    "acronyms": [],
    "status": "active",
    "labels": [{"label": "연세암병원", "iso639": "ko"}],
    "country": {"country_name": "South Korea", "country_code": "KR"},
    "external_ids": {
        "ISNI": {"preferred": None, "all": ["0000 0001 2325 3578"]},
        "GRID": {"preferred": "g", "all": "g"},
    },
}


def records() -> list[dict[str, object]]:
    return [published(json.loads(line)) for line in RECORDS.read_text("utf-8").splitlines()]


def test_schema_1() -> None:
    assert entity_of(V1) == Entity(
        "https://ror.org/0005vby86",
        (
            Name("Yonsei Cancer Hospital"),
            Name("연세암병원", "ko"),
            Name("Yonsei Cancer Center", "", "alias"),
            Name("연세대학교 암병원", "", "alias"),
            Name("연세대학교 암센터", "", "alias"),
        ),
        ("healthcare",),
        ("KR",),
        (Reference("1835848", ("Seoul",)),),
        (Reference("https://ror.org/044kjp413", ("Severance Hospital",)),),
        ("https://yuhs.severance.healthcare/cancer/index.do",),
        (("isni", "0000000123253578"), ("grid", "g")),
    )


@pytest.mark.parametrize("indent", [None, 2])
def test_the_published_array_of_schema_2_says_what_the_plain_records_say(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "dump"
    path.write_text(json.dumps(records(), ensure_ascii=False, indent=indent), "utf-8")
    found = read_registry([path])
    assert found.problems == ()
    assert found.entities == entities() == read_registry([RECORDS]).entities


def test_the_published_archive(tmp_path: Path) -> None:
    path = tmp_path / "v1.45-ror-data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("v1.45-ror-data.csv", "id,name\n")
        archive.writestr("v1.45-ror-data.json", json.dumps([V1]))
        archive.writestr("v1.45-ror-data_schema_v2.json", json.dumps(records()[:3]))
    assert read_registry([path]).entities == entities()[:3]


def test_withdrawn_records_keep_their_successors() -> None:
    withdrawn = [entity for entity in entities() if entity.status == WITHDRAWN]
    assert withdrawn
    assert any(entity.successors for entity in withdrawn)


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        ({"names": []}, "no name"),
        ({"names": [{"value": "", "types": ["label"], "lang": None}]}, "a name is ''"),
        ({"names": "text"}, "has not the form of the schema"),
        ({"status": "gone"}, "status is 'gone'"),
        ({"id": 7}, "no id"),
        ({"relationships": [{"label": "x"}]}, "has not the form of the schema"),
    ],
)
def test_a_bad_record_is_told_with_its_line_and_the_others_are_read(
    tmp_path: Path, spoilt: object, message: str
) -> None:
    path = tmp_path / "dump.json"
    good, other = records()[:2]
    path.write_text("[\n" + ",\n".join(map(json.dumps, (good, {**other, **spoilt}, records()[2]))) + "\n]", "utf-8")  # type: ignore[dict-item]
    found = read_registry([path])
    assert [entity.id for entity in found.entities] == [entities()[0].id, entities()[2].id]
    (problem,) = found.problems
    assert (problem.rule, problem.file, problem.line) == ("registry.record", str(path), 3)
    assert message in problem.message


def test_what_is_no_registry_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for text, rule in (("a,b\n1,2\n", "registry.form"), ('[{"id": 1}, oops]', "source.json"), ("", "registry.form")):
        path.write_text(text, "utf-8")
        with pytest.raises(UsageError, match=rule):
            read_registry([path])


LIGHTS = Table.model_validate(
    {
        "country": "FR",
        "delimiter": ";",
        "columns": {
            "no": {"is": "id"},
            "nom": {"is": "name", "language": "fr"},
            "autres": {"is": "name", "kind": "alias", "split": "|"},
            "état": {"is": "status", "values": {"x": "withdrawn"}, "otherwise": "active"},
        },
    }
)
KEEPERS = Table.model_validate({"columns": {"no": {"is": "id"}, "host": {"is": "homepage"}}})


def test_declared_tables_are_put_together_by_id(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "\ufeffno;nom;autres;état\n1;Phare;Feu|La Lumière;\n2;Tour;;x\n3;Seul\n;Rien;;\n", "utf-8"
    )
    (tmp_path / "b.csv").write_text("no,host,more\n1,phare.example,?\n9,nobody.example,?\n", "utf-8")
    found = read_registry([tmp_path / "a.csv", tmp_path / "b.csv"], [LIGHTS, KEEPERS])
    one, two = found.entities
    assert one == Entity(
        "1",
        (Name("Phare", "fr"), Name("Feu", "", "alias"), Name("La Lumière", "", "alias")),
        countries=("FR",),
        homepages=("phare.example",),
    )
    assert (two.id, two.status) == ("2", WITHDRAWN)
    assert [(problem.line, problem.item) for problem in found.problems] == [(4, None), (5, None), (None, "9")]


def test_geonames_in_its_published_form(tmp_path: Path) -> None:
    row = "1835235|Daejeon|Daejeon|Daejeon,Taejon,대전|36|127|P|PPLA|KR||19||||1475221||50|Asia/Seoul|2019".replace(
        "|", "\t"
    )
    path = tmp_path / "cities500.txt"
    path.write_text(f"{row}\nbroken\n", "utf-8")
    found = read_registry([path])
    assert found.entities == (
        Entity(
            "1835235", (Name("Daejeon"), Name("Taejon", "", "alias"), Name("대전", "", "alias")), ("PPLA",), ("KR",)
        ),
    )
    assert [problem.line for problem in found.problems] == [2]


@real
def test_the_real_files_are_read_whole() -> None:
    ror = read_registry([REAL / "ror_kr_ca_subset.jsonl"])
    assert (len(ror.entities), ror.problems) == (2500, ())
    tables = read_target(ROOT, "gc-org").declared.tables
    names = ("gc_org_info", "gc_concordance", "gc_org_aliases")
    found = read_registry([REAL / f"{name}.csv" for name in names], tables)
    council = next(entity for entity in found.entities if entity.id == "2313")
    assert Name("National Research Council of Canada", "en") in council.names
    assert ("gc-infobase", "228") in council.identifiers
    assert found.problems == ()
    cities = read_registry([REAL / "geonames_cities_subset.csv"], read_target(ROOT, "geonames").declared.tables)
    assert len(cities.entities) == 5804
