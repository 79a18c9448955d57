"""Mapping 100 thousand records from JSON and from CSV: kclod, morph-kgc, and a writer made for this one mapping by hand.

    python -m tests.bench.mapping [--records N] [--runs N] [--only json|csv|memory|join]

All are whole processes, from start to the last line written; the writer and kclod also tell the time of mapping alone.
What they write is compared as a set of lines first. kclod must be 10 times as fast as morph-kgc on JSON and 4 times on
CSV, and take at most twice the time of the hand-specialised writer; its memory must not grow with a CSV file.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.bench.measure import ROOT, Measured, peer, report, timed

WRITER = Path(__file__).with_name("mapping_by_hand.py")
OWN = Path(__file__).with_name("mapping_own.py")
GIVEN = ("Ann", "Zoë", "민수", "Jean-Paul", "O'Neil", "Mary Jane", "Ödön", "Li")
FAMILY = ("Smith", "Krüger", "김", "de la Cruz", "Lee", 'the "Great"', "Ng", "Ivanova")
TOPICS = ("batteries", "graphs", "ceramics", "photonics", "R & D", "semantics")

MAPPING = """@prefix rml: <http://w3id.org/rml/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix schema: <http://schema.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<http://example.com/Person> a rml:TriplesMap ;
  rml:logicalSource [ %(source)s ] ;
  rml:subjectMap [ rml:template "http://example.com/person/{%(r)sid}" ; rml:class foaf:Person ] ;
  rml:predicateObjectMap [ rml:predicate foaf:name ; rml:objectMap [ rml:reference "%(r)sname" ] ] ;
  rml:predicateObjectMap [ rml:predicate schema:description ;
    rml:objectMap [ rml:reference "%(r)snote" ; rml:language "en" ] ] ;
  rml:predicateObjectMap [ rml:predicate schema:birthDate ;
    rml:objectMap [ rml:reference "%(r)sborn" ; rml:datatype xsd:date ] ] ;
  rml:predicateObjectMap [ rml:predicate schema:identifier ; rml:objectMap [ rml:reference "%(r)scode" ] ] ;
  rml:predicateObjectMap [ rml:predicate foaf:homepage ;
    rml:objectMap [ rml:reference "%(r)spage" ; rml:termType rml:IRI ] ] ;
  rml:predicateObjectMap [ rml:predicate schema:worksFor ;
    rml:objectMap [ rml:template "http://example.com/organization/{%(r)semployer}" ] ] ;
  rml:predicateObjectMap [ rml:predicate foaf:mbox ; rml:objectMap [ rml:reference "%(r)smail" ] ] ;
  rml:predicateObjectMap [ rml:predicate schema:knowsAbout ;
    rml:objectMap [ rml:template "http://example.com/topic/{%(r)stopic}" ] ] .
"""
JSON_SOURCE = """rml:referenceFormulation rml:JSONPath ; rml:iterator "$[*]" ;
    rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "people.json" ]"""
LINES_SOURCE = JSON_SOURCE.replace("people.json", "people.jsonl")
CSV_SOURCE = """rml:referenceFormulation rml:CSV ;
    rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "people.csv" ]"""
OLD_PREFIXES = "@prefix rr: <http://www.w3.org/ns/r2rml#> . @prefix old: <http://semweb.mmlab.be/ns/rml#> .\n"
JOIN = """
<http://example.com/Member> a rml:TriplesMap ;
  rml:logicalSource [ %(source)s ] ;
  rml:subjectMap [ rml:template "http://example.com/person/{%(r)sid}" ] ;
  rml:predicateObjectMap [ rml:predicate schema:colleague ;
    rml:objectMap [ rml:parentTriplesMap <http://example.com/Person> ;
      rml:joinCondition [ rml:child "%(r)smail" ; rml:parent "%(r)smail" ] ] ] .
"""


def people(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Seeded records; a description or an employer is missing now and then."""
    chance = random.Random(seed)
    for number in range(count):
        person = {
            "id": f"p-{number}",
            "name": f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}",
            "born": f"{chance.randint(1930, 2005)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
            "note": f"Works on {chance.choice(TOPICS)} since {chance.randint(1990, 2025)}; see {number}.",
            "code": f"{chance.getrandbits(64):016x}",
            "page": f"https://people.example.org/~{chance.getrandbits(32):08x}/index.html",
            "employer": f"org {chance.randrange(5000)}",
            "mail": f"{chance.getrandbits(40):010x}@example.org",
            "topic": chance.choice(TOPICS),
        }
        yield person


def write_inputs(folder: Path, count: int) -> None:
    """The records as JSON, JSON Lines and CSV, with a mapping for each."""
    names = next(people(1)).keys()
    with (
        (folder / "people.json").open("w", encoding="utf-8") as array,
        (folder / "people.jsonl").open("w", encoding="utf-8") as lines,
        (folder / "people.csv").open("w", encoding="utf-8", newline="") as table,
    ):
        rows = csv.DictWriter(table, list(names))
        rows.writeheader()
        for number, person in enumerate(people(count)):
            text = json.dumps(person, ensure_ascii=False)
            array.write(("[\n" if number == 0 else ",\n") + text)
            lines.write(text + "\n")
            rows.writerow(person)
        array.write("\n]\n")
    for name, source, prefix in (
        ("json", JSON_SOURCE, "$."),
        ("jsonl", LINES_SOURCE, "$."),
        ("csv", CSV_SOURCE, ""),
    ):
        parts = {"source": source, "r": prefix}
        (folder / f"{name}.ttl").write_text(MAPPING % parts, "utf-8")
        (folder / f"{name}-join.ttl").write_text((MAPPING + JOIN) % parts, "utf-8")
