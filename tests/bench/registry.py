"""A registry of any size in ROR's published form (schema 2.1), made from real records by exchanging words.

The names keep the frequencies of real ones: a few words stand in thousands of names, most in one. Seeded: the same
arguments give the same file.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REAL = Path(os.environ.get("KCLOD_REGISTRY") or Path(__file__).parents[3] / "shared" / "registry")
SUBSET = REAL / "ror_kr_ca_subset.jsonl"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_SYLLABLES = 2


def real_records() -> list[dict[str, Any]]:
    """The records of the subset, as the file has them."""
    return [json.loads(line) for line in SUBSET.read_text("utf-8").splitlines()]


def published(record: dict[str, Any]) -> dict[str, Any]:
    """A record of the subset in the form in which ROR publishes schema 2.1."""
    stamp = {"date": "2026-06-23", "schema_version": "2.1"}
    return {
        "admin": {"created": stamp, "last_modified": stamp},
        "domains": [],
        "established": record["established"],
        "external_ids": [{"type": kind, **values} for kind, values in record["external_ids"].items()],
        "id": record["id"],
        "links": [
            {"type": "wikipedia" if ".wikipedia.org/" in link else "website", "value": link} for link in record["links"]
        ],
        "locations": [
            {
                "geonames_id": each["geonames_id"],
                "geonames_details": {
                    **{key: each[key] for key in ("country_code", "lat", "lng", "name")},
                    "continent_code": None,
                    "continent_name": None,
                    "country_name": None,
                    "country_subdivision_code": None,
                    "country_subdivision_name": None,
                },
            }
            for each in record["locations"]
        ],
        "names": [{"lang": each["lang"], "types": each["types"], "value": each["value"]} for each in record["names"]],
        "relationships": record["relationships"],
        "status": record["status"],
        "types": record["types"],
    }


def generated(count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """So many records: the real ones first, then variations of them."""
    real = [published(record) for record in real_records()]
    words: dict[str, list[str]] = {}
    for record in real:
        for name in record["names"]:
            words.setdefault(name["lang"] or "", []).extend(name["value"].split())
    chance = random.Random(seed)
    for number in range(count):
        yield real[number] if number < len(real) else _varied(real[number % len(real)], number, words, chance)


def _varied(record: dict[str, Any], number: int, words: dict[str, list[str]], chance: random.Random) -> dict[str, Any]:
    made = dict(record)
    made["id"] = f"https://ror.org/0{''.join(_ALPHABET[number >> shift & 31] for shift in range(30, -1, -5))}00"
    made["names"] = [
        {**name, "value": _other_words(name["value"], words[name["lang"] or ""], chance)} for name in record["names"]
    ]
    made["external_ids"] = []
    return made


def _other_words(name: str, words: list[str], chance: random.Random) -> str:
    """A name with a word in three exchanged, and at least one; acronyms and words without spaces by letter."""
    parts = name.split()
    if len(parts) == 1:
        letters = list(name)
        for _ in range(min(_SYLLABLES, len(letters))):
            letters[chance.randrange(len(letters))] = chance.choice(chance.choice(words))
        return "".join(letters)
    for _ in range(1 + len(parts) // 3):
        parts[chance.randrange(len(parts))] = chance.choice(words)
    return " ".join(parts)


def write(path: Path, count: int) -> None:
    """A file with so many records, indented as the published ones are."""
    with path.open("w", encoding="utf-8") as file:
        for number, record in enumerate(generated(count)):
            file.write("[\n" if number == 0 else ",\n")
            json.dump(record, file, ensure_ascii=False, indent=2)
        file.write("\n]\n")
